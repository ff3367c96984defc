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
ask() { nsenter -t "$pid1" -p -m "$HALE" "$@" 2>&1; }
wait_for 10 ask metrics >/dev/null
for verb in "status --json" metrics "events --json" "inspect api" "inspect 1"; do
	# shellcheck disable=SC2086 # a list of words
	said=$(ask $verb)
	isnt "$said" '' "hale $verb answers"
	unlike "$said" 'hunter2|abracadabra' "  and tells no secret"
done
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

# ---- as a link: Kubernetes has two of them, one after the other
mkdir -p vol/..2026
cp "$T/pw" vol/..2026/pw
ln -s ..2026 vol/..data
ln -s ..data/pw vol/pw
sed -i "s,file: .*,file: \"$T/vol/pw\"}," "$T/hale.yaml"
pid1 run -c "$T/hale.yaml"
is "$out" "got=hunter2" "links inside of a volume are followed"
for to in /proc/1/environ /proc/self/cmdline /dev/zero; do
	ln -sf $to vol/pw
	pid1 run -c "$T/hale.yaml"
	is "$rc,$out" "125," "a link to $to: refused"
	like "$err" 'not a regular file' "  and why"
done

# ---- a crash
if ! command -v python3 >/dev/null; then
	skip "a crash leaves no core file" "no python3"
else
	mkdir core
	cp "$T/pw" vol/..2026/plain
	chmod 644 vol/..2026/plain
	sed "s,$T/vol/pw,$T/vol/..2026/plain,; s,echo got.*,sleep 60\"]," \
	    hale.yaml >core/hale.yaml
	cat >crash.py <<'EOF'
import os, resource, signal, subprocess, sys, time
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
def end(process):
    status = os.waitpid(process.pid, 0)[1]
    return os.WIFSIGNALED(status), os.WCOREDUMP(status)
other = subprocess.Popen(['sleep', '60'], cwd='core')
os.kill(other.pid, signal.SIGSEGV)
print('others', end(other)[1])
hale = subprocess.Popen([sys.argv[1], 'run', '-c', 'hale.yaml'], cwd='core',
                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
while b'main: up' not in hale.stderr.readline(): pass
where = last = None
while where is None or where != last or where[0] == 'running': # till it rests
    last = where
    time.sleep(0.2)
    where = open('/proc/%d/syscall' % hale.pid).read().split()
memory = os.open('/proc/%d/mem' % hale.pid, os.O_RDWR)
os.pwrite(memory, b'\0\0\0\0', int(where[-1], 16)) # no instruction
os.kill(hale.pid, signal.SIGWINCH)
print('hale', *end(hale))
EOF
	crashed=$(timeout 60 python3 crash.py "$HALE" 2>&1)
	case $crashed in
	"others True"*)
		is "${crashed#*$'\n'}" "hale True False" \
		    "a crash leaves no core file, where others leave one"
		;;
	*) skip "a crash leaves no core file" "nobody leaves one: $crashed" ;;
	esac
fi

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
