#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the child of a probe may do while it waits for an answer that never
# comes: its user, its groups, its capabilities, its filter.  One of them is the
# process that makes the children of probes that only ask the network.

BLACKBOX_NET=own
. "${BASH_SOURCE%/*}/lib.sh"

if [ "$real_root" != yes ]; then
	skip "the powers of a probe" "not root"
	done_testing
	exit
fi
if [ "$HALE" -ef "$TOP/build/san/hale" ]; then
	skip "powers" "a sanitizer can do with no filter and no stack of ours"
	done_testing
	exit
fi

# PID 1 listens, nobody accepts: whoever asks there waits.
cat >p.yaml <<E2
x-never: &never
  command: [sleep, "2000"]
  healthcheck: {http: "http://127.0.0.1:10402/", timeout: 100s, start_period: 1s, interval: 1s}
services:
  none:
    <<: *never
    listen: ["tcp://127.0.0.1:10402"]
  other:
    <<: *never
    user: "1234:2345"
  seldom:
    <<: *never
    user: "1234:2345"
    healthcheck: {http: "http://127.0.0.1:10402/", timeout: 100s, interval: 2s}
  secretive:
    <<: *never
    user: "1234:2345"
    healthcheck: {http: "http://127.0.0.1:10402/", timeout: 100s, headers: {X-Word: {secret: word}}}
  tls:
    <<: *never
    healthcheck: {https: "https://127.0.0.1:10402/", timeout: 100s}
  grpc:
    <<: *never
    healthcheck: {grpc: "127.0.0.1:10402", timeout: 100s}
  with-ca:
    <<: *never
    healthcheck: {https: "https://127.0.0.1:10402/", timeout: 100s, ca_file: $T/ca}
dependencies:
  outside: {tcp: "127.0.0.1:10402", expect: never, timeout: 100s, interval: 1s}
secrets: {word: {file: $T/word}}
hale: {socket: $T/hale.sock, log_level: info}
E2
echo a-word >word
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout key -out ca -subj /CN=ca >log 2>&1 || nok "a certificate is made"
chmod 600 ca
# Which of PID 1's children are still hale: the probes.
probes()
{
	local p
	for p in $(children_of "$pid1"); do
		[ ! "/proc/$p/exe" -ef "$PID1_EXE" ] || echo "$p"
	done 2>/dev/null
}
# Sandboxed, which is the last that happens before they ask.
asking()
{
	local p count=0
	for p in $(probes); do
		[ "$(status_of "$p" Seccomp)" != 2 ] || count=$((count + 1))
	done
	[ "$count" = 9 ]
}
pid1_start run -c p.yaml
check "eight probes wait for an answer" wait_for 30 asking
for p in $(probes); do
	status_of "$p" Uid
done | sort >uids
is "$(tr '\n' ';' <uids)" \
    "0;1234;65534;65534;65534;65534;65534;65534;65534;" \
    "each is nobody, the user whose secret it has, or root for a file of root's"
for p in $(probes); do
	for what in CapPrm CapEff CapInh CapAmb; do
		printf '%s ' "$((16#$(status_of "$p" "$what")))"
	done
	printf '%s %s;' "$(status_of "$p" NoNewPrivs)" "$(status_of "$p" Groups)"
done | tr -s ' ' >powers
is "$(tr -d ' ' <powers)" "$(printf '00001;%.0s' 1 2 3 4 5 6 7 8 9)" \
    "  without a capability, a way to one, or another group"
pid1_signal TERM
pid1_wait 30
is "$rc" 0 "it stops while they wait"
done_testing
