#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [PEER]...: the test suites that dumb-init and tini have themselves, on
# hale under their names. They are fetched with the sources of the distribution
# (build/src), and are no part of ours; what can't be fetched, or lacks a module
# here, is skipped and counted.
set -u
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
cd "${0%/*}/../.." || exit 1
top=$PWD
hale=$(readlink -f "${HALE:-build/hale}")
T=$(mktemp -d "${TMPDIR:-/tmp}/hale-peers.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
passed=0 failed=0 skipped=0

ok()   { passed=$((passed + 1)); echo "ok - $1"; }
nok()  { failed=$((failed + 1)); echo "not ok - $1"; }
skip() { skipped=$((skipped + 1)); echo "ok - $1 # SKIP $2"; }

# fetched PEER MODULE...: its sources are there, and what its tests import
fetched()
{
	local peer=$1 module
	shift
	for module; do
		/usr/bin/python3 -c "import $module" 2>/dev/null && continue
		skip "$peer's own tests" "no $module for python3"
		return 1
	done
	sh mk/getsrc.sh -t build/src "$peer" >"$T/fetch" 2>&1 && return
	skip "$peer's own tests" "$(tail -n 1 "$T/fetch")"
	return 1
}

# confined SECONDS COMMAND...: in namespaces of its own, as PID 1 there.  make
# leaves signals 32 and 33 ignored, for which tini's tests have no name.
confined()
{
	local seconds=$1 map=()
	shift
	[ "$EUID" = 0 ] || map=(--map-root-user)
	timeout -k 5 "$seconds" build/puppet default=32 default=33 exec \
		env --default-signal unshare "${map[@]}" \
		--mount --propagation private --pid --fork --mount-proc \
		--kill-child -- "$@" </dev/null
}

# Somebody has to reap what outlives dumb-init: hale does.
peer_dumb_init()
{
	local test result rest
	fetched dumb-init pytest py || return
	mkdir "$T/dumb-init"
	ln -s "$hale" "$T/dumb-init/dumb-init"
	PATH=$T/dumb-init:$PATH confined 150 "$hale" -- \
		env -C build/src/dumb-init /usr/bin/python3 -m pytest \
		-p no:cacheprovider -v --tb=short tests >"$T/dumb-init.log" 2>&1
	while read -r test result rest; do
		case $result in
		PASSED) ok "dumb-init: ${test#tests/}" ;;
		SKIPPED) skip "dumb-init: ${test#tests/}" "$rest" ;;
		FAILED | ERROR) nok "dumb-init: ${test#tests/}" ;;
		esac
	done < <(grep '^tests/.*::' "$T/dumb-init.log")
	if ! grep -qE '^=+ .*[0-9]+ passed' "$T/dumb-init.log"; then
		nok "dumb-init: its suite ends"
		tail -n 20 "$T/dumb-init.log" | sed 's/^/#   /'
	fi
	sed -n '/= FAILURES =/,/= short test summary/s/^/#   /p' "$T/dumb-init.log"
}

# Its tests want that nobody else reaps: the test itself is PID 1.
peer_tini()
{
	local line name=
	fetched tini psutil prctl || return
	mkdir -p "$T/tini" "$T/bin"
	ln -s "$hale" "$T/tini/tini"
	ln -s /usr/bin/python3 "$T/bin/python"
	ln -s /usr/bin/python3 "$T/bin/python3"
	# Of the module bitmap they want the numbers of the bits that are set.
	cat >"$T/bin/bitmap.py" <<'E'
class BitMap:
    def __init__(self, bits):
        self.bits = bits
    @classmethod
    def fromstring(cls, text):
        return cls([n for n, bit in enumerate(reversed(text)) if bit == "1"])
    def nonzero(self):
        return self.bits
E
	cc -o "$T/tini/sigconf-test" build/src/tini/test/sigconf/sigconf-test.c \
		2>"$T/tini.log" || { nok "tini: sigconf-test builds"; return; }
	# Its process group test signals a child that may still ignore that: on a
	# busy machine it fails with tini, too.
	for _ in 1 2 3; do
		PATH=$T/bin:$PATH PYTHONPATH=$T/bin FORCE_SUBREAPER=1 \
			SOURCE_DIR=$top/build/src/tini BUILD_DIR=$T/tini \
			confined 150 /usr/bin/python3 -u \
			build/src/tini/test/run_inner_tests.py >"$T/tini.log" 2>&1
		grep -q '^All done' "$T/tini.log" && break
	done
	# What it says before each part; the next such line says that it passed.
	while read -r line; do
		line=${line//$T/}
		case $line in
		[Rr]unning*) [ -z "$name" ] || ok "tini: $name" ;;
		All\ done*) ok "tini: $name" ;;
		*) continue ;;
		esac
		name=$line
	done <"$T/tini.log"
	[[ $name == All\ done* ]] && return
	nok "tini: ${name:-its suite begins}"
	tail -n 20 "$T/tini.log" | sed 's/^/#   /'
}

[ $# -gt 0 ] || set -- dumb-init tini
for peer; do "peer_${peer//-/_}"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
