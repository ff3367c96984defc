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
    command: ["sh", "-c", "echo api=\$\$PW file=\$\$(cat \$\$PW_FILE); sleep 60"]
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
like "$out" "api=hunter2 file=hunter2" "the service that names it has it"
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

# ---- as a file
printf 'a\nb\0c' >"$T/pw"
chmod 600 "$T/pw"
chown 0 "$T/pw"
cat >"$T/look.sh" <<'EOF'
f=$KEY_FILE
cmp -s "$f" "$1" && echo same
stat -L -c 'mode=%a owner=%u' "$f"
(echo x >"$f") 2>/dev/null || echo 'not writable'
readlink "$f"
python3 - "${f##*/}" <<'END'
import fcntl, os, sys
fd = int(sys.argv[1])
print('seals', fcntl.fcntl(fd, 1034))
for name, call in (('write', lambda: os.write(fd, b'x')),
                   ('truncate', lambda: os.ftruncate(fd, 0)),
                   ('seal', lambda: fcntl.fcntl(fd, 1033, 16))):
    try:
        call()
        print(name, 'done')
    except OSError as e:
        print(name, e.strerror)
END
ls /proc/self/fd | sort -n | tail -n 1
EOF
cp "$T/pw" "$T/copy"
chmod 644 "$T/copy"
as_file() # SANDBOX: as user 1000
{
	cat >"$T/hale.yaml" <<EOF
services:
  main:
    command: [sh, "$T/look.sh", "$T/copy"]
    user: "1000"
    sandbox: $1
    read_only_paths: [/]
    environment: {KEY_FILE: {secret: pw}}
secrets:
  pw: {file: "$T/pw"}
hale: {socket: none}
EOF
}
want='same
mode=400 owner=1000
not writable
/memfd:secret (deleted)
write Operation not permitted
truncate Operation not permitted
seal Operation not permitted'
for sandbox in default strict; do
	as_file $sandbox
	pid1 run -c "$T/hale.yaml"
	is "$(grep -vE '^[0-9]+$|^seals' <<<"$out")" "$want" \
	    "_FILE, sandbox $sandbox: a sealed copy that its user alone opens"
	check "_FILE, sandbox $sandbox: all four seals" \
	    test $(($(sed -n 's/^seals //p' <<<"$out") & 15)) = 15
	unlike "$err" 'hunter|Traceback' "_FILE, sandbox $sandbox: nothing goes wrong"
done
cat >"$T/two.yaml" <<EOF
services:
  main:
    command: [sleep, "60"]
    user: "1000"
    environment: {KEY_FILE: {secret: pw}}
  other:
    command: ["sh", "-c", "cat /proc/[0-9]*/fd/230; echo other \$\$(ls /proc/self/fd | wc -l); sleep 60"]
    user: "1001"
    depends_on: [main]
  twin:
    command: ["sh", "-c", "echo twin \$\$(ls /proc/self/fd | wc -l); sleep 60"]
    user: "1000"
    depends_on: [main]
secrets:
  pw: {file: "$T/pw"}
hale: {socket: none}
EOF
pid1_start run -c "$T/two.yaml"
wait_for 10 has "$T/out" '^other'
wait_for 10 has "$T/out" '^twin'
is "$(tr -d '\0' <"$T/out" | sort)" "other 4
twin 4" "_FILE: another service has no such descriptor, nor opens it in /proc"
pid1_signal KILL
pid1_wait 10
PID1_WRAP=(setpriv "--bounding-set=-all,+setuid,+setgid")
pid1 run -c "$T/hale.yaml"
is "$(head -n 2 <<<"$out")" "same
mode=400 owner=1000" "_FILE: without CAP_CHOWN and CAP_DAC_OVERRIDE"
pid1_defaults
PID1_WRAP=(env KEY=abracadabra)
sed -i "s,file: \"$T/pw\",environment: KEY," "$T/hale.yaml"
printf abracadabra >"$T/copy"
pid1 run -c "$T/hale.yaml"
is "$(head -n 1 <<<"$out")" same "_FILE: of a variable, too"
pid1_defaults
as_file default
truncate -s 1048577 "$T/pw"
pid1 run -c "$T/hale.yaml"
is "$rc" 125 "_FILE: more than 1 MiB: refused"
like "$err" 'larger than 1048576 bytes' "_FILE: and why"
cat >"$T/hale.yaml" <<EOF
services:
  main:
    command: ["true"]
    user: "1000"
    environment: {PW: {secret: pw}}
secrets:
  pw: {file: "$T/pw"}
EOF

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
