#!/bin/bash
# SPDX-License-Identifier: MIT
#
# readme.sh: what README.md tells a stranger to type, typed: an image FROM
# scratch with health, another user and a clean stop; then the lines that
# recipes.md has for Docker. What a line prints there is what it prints here.
# The packages and the build are this machine's own, so that `apt-get install` is
# simulated, and `make demo` is what it does once hale is built.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"
need python3
is_hale || skip_all "$(basename "$INIT") is not hale"
have gcc || skip_all "no gcc for the example's server"
on_exit engine_stop readme
engine_start readme || skip_all "dockerd does not start here"

# shown PAGE: the console blocks of it that speak of docker, or of a file
shown() {
	python3 - "$TOP/$1" <<-'P'
	import re, sys
	for body in re.findall(r"^```console\n(.*?)^```$", open(sys.argv[1]).read(), re.M | re.S):
	    if "docker" in body:
	        print(body, end="")
	P
}
# same: without what differs from run to run
same() {
	sed -E 's/up [0-9]+ s/up N s/; s/Up [0-9a-zA-Z ]+ \(/Up a while (/; s/pid [0-9]+/pid N/g
		s/ +[0-9]+ s +[0-9]+ /  N s  N /; s/  +/ /g; s/^hale [0-9.]+,/hale V,/'
}
healthy() { [ "$(state hello Health.Status)" = healthy ]; }

# type LINE WANT…: runs it as a shell does, compares what it prints line by
# line; a line "..." stands for the rest
type_it() {
	local _line=$1 _got _want
	_want=$(same <<<"$2")
	case $_line in
	'make demo') _line='sh examples/demo/demo.sh build/hale' ;; # once it is built
	apt-get*) _line=${_line/install/-s install} ;;
	'docker ps'*) wait_for 60 healthy ;;
	esac
	_got=$(eval "${_line//docker /$D }" 2>"$T/type.log") || {
		not_ok "README: $_line: $(tail -n 3 "$T/type.log")"
		return
	}
	[ -n "$2" ] || { ok "README: $_line"; return; }
	_got=$(cat - "$T/type.log" <<<"$_got" | sed '/^$/d' | same)
	_want=$(sed '/^$/d' <<<"$_want")
	if [[ $_want == *$'\n '... ]]; then
		_want=${_want%$'\n '...}
		_got=$(head -n "$(wc -l <<<"$_want")" <<<"$_got")
	fi
	# what a container says comes out of two pipes, in either order
	is "README: $_line" "$(sort <<<"$_got")" "$(sort <<<"$_want")"
}

mkdir -p "$T/clone/build"
cp "$INIT" "$T/clone/build/hale"
cp -r "$TOP/examples" "$T/clone/"
cd "$T/clone" || exit 1
line='' want=''
while IFS= read -r said; do
	case $said in
	'$ '*)
		[ -z "$line" ] || type_it "$line" "$want"
		line=${said#\$ } want=''
		;;
	*) want+=${want:+$'\n'}$said ;;
	esac
done < <(shown README.md)
[ -z "$line" ] || type_it "$line" "$want"
is "the Dockerfile of the README is that of examples/scratch" \
	"$(sed -n '/^```dockerfile$/,/^```$/{/^```/d;p}' "$TOP/README.md")" \
	"$(cat "$TOP/examples/scratch/Dockerfile")"

# ---- recipes.md: "image" and "NAME" are the reader's own
$D tag hello image >/dev/null
while IFS= read -r said; do
	line=${said#\$ }
	case $line in
	'docker run --init-path'*) continue ;; # the daemon of these tests has it
	'docker run '*) line=${line/run /run -d --name NAME } ;;
	esac
	eval "${line//docker /$D }" >"$T/type.log" 2>&1
	is "recipes.md: ${said#\$ }" "$?:$(grep -c . "$T/type.log" | sed 's/^[1-9].*/said/')" 0:said
done < <(shown docs/recipes.md)
done_testing
