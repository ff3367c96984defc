#!/bin/bash
# SPDX-License-Identifier: MIT
# Secrets: one service has it, nobody else sees it.
. "${BASH_SOURCE[0]%/*}/lib.sh"

[ "$real_root" = yes ] || { skip "secrets" "needs root"; done_testing; }
printf 'hunter2\n' >"$T/pw"
chmod 600 "$T/pw"
cat >"$T/hale.yaml" <<EOF
services:
  api:
    command: ["sh", "-c", "echo api=\$\$PW file=\$\$PW_FILE; sleep 60"]
    user: "1000"
    environment: {PW: {secret: pw}, PW_FILE: {secret: pw}}
  other:
    command: ["sh", "-c", "echo other=\$\$PW token=\$\$TOKEN; sleep 60"]
    user: "1001"
  third:
    command: ["sh", "-c", "echo third=\$\$T; sleep 60"]
    environment: {T: {secret: token}}
secrets:
  pw: {file: "$T/pw"}
  token: {environment: TOKEN}
EOF
PID1_WRAP=(env TOKEN=abracadabra)
pid1_start run -c "$T/hale.yaml"
said() { has "$T/out" "third=" && has "$T/out" "other=" && has "$T/out" "api="; }
wait_for 10 said
collect
like "$out" "api=hunter2 file=$T/pw" "the service that names it has it"
like "$out" "third=abracadabra" "one from hale's environment too"
like "$out" $'other= token=(\n|$)' "another service has neither"
unlike "$(tr '\0' '\n' <"/proc/$pid1/environ")" 'abracadabra' \
    "PID 1's environ does not show it"
unlike "$(tr '\0' ' ' <"/proc/$pid1/cmdline")$err" 'hunter2|abracadabra' \
    "nor its command line, nor the log"
pid1_signal KILL
pid1_wait 10
pid1_defaults

# 0600 of another owner, and root without CAP_DAC_OVERRIDE
chown 1000 "$T/pw"
cat >"$T/hale.yaml" <<EOF
services:
  main:
    command: ["sh", "-c", "echo got=\$\$PW"]
    user: "1000"
    environment: {PW: {secret: pw}}
secrets:
  pw: {file: "$T/pw"}
EOF
PID1_WRAP=(setpriv "--bounding-set=-all,+setuid,+setgid")
pid1 run -c "$T/hale.yaml"
is "$out" "got=hunter2" "a 0600 file is read as its owner"
pid1_defaults

bad() # CONTENT REGEX NAME
{
	printf %b "$1" >"$T/pw"
	pid1 run -c "$T/hale.yaml"
	is "$rc,$out" "125," "$3: refused"
	like "$err" "$2" "$3: why"
	unlike "$err" 'qwert' "$3: the value is not told"
}
bad 'qwert\0y' 'NUL or a newline' "a NUL inside"
bad 'qwert\ny\n' 'NUL or a newline' "a newline inside"
truncate -s 2M "$T/pw"
pid1 run -c "$T/hale.yaml"
is "$rc" 125 "2 MiB: refused"
rm "$T/pw"
pid1 run -c "$T/hale.yaml"
is "$rc" 125 "not there: refused"
like "$err" 'secret "pw": .*No such file' "not there: why"
mkfifo "$T/pw"
PID1_TIMEOUT=10
pid1 run -c "$T/hale.yaml"
is "$rc" 125 "a FIFO does not hang"
done_testing
