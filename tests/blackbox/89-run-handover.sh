#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2119,SC2120 # arguments may be left out
# What hale was given for its services, where it supervises: descriptors,
# announced sockets, the working directory, the limit of open files.
. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

: >"$T/held"
mkdir "$T/here"
held_by() { find "/proc/$1/fd" -lname "$T/held" | wc -l; }
report() { wait_for 10 has "$T/report" "$1"; }
holds_none() { [ "$(held_by "$pid1")" = 0 ]; }
is_main() { tr '\0' ' ' <"/proc/$1/cmdline" | grep -q "out=$T/report "; }
find_main()
{
	local p
	for p in $(children_of "$pid1"); do
		! is_main "$p" || echo "$p"
	done
}

# ---- one command, with more declared: it gets what it would get without

handed=("$PUPPET" open=4:"$T/held" open=77:"$T/held" exec env)
PID1_WRAP=("${handed[@]}" LISTEN_PID=1 LISTEN_FDS=2 LISTEN_FDNAMES=a:b
    MAINPID=1 WATCHDOG_PID=1)
pid1_start --socket none --health file:/// -- "$PUPPET" out="$T/report" fds \
    env=LISTEN_FDS env=LISTEN_FDNAMES env=LISTEN_PID env=MAINPID \
    env=WATCHDOG_PID say=told pause
report told
is "$(grep fds= "$T/report")" 'fds=0,1,2,4,77,' \
    "--health: the command keeps descriptors that hale inherits, gets no other"
is "$(grep -c '^LISTEN_PID=2$\|^MAINPID=2$\|^WATCHDOG_PID=2$' "$T/report")" 3 \
    "--health: LISTEN_PID, MAINPID and WATCHDOG_PID name it"
is "$(grep -c '^LISTEN_FDS=2$\|^LISTEN_FDNAMES=a:b$' "$T/report")" 2 \
    "--health: LISTEN_FDS and LISTEN_FDNAMES are passed on"
check "--health: hale itself closes them, as it starts nothing again" \
    wait_for 10 holds_none
is "$(held_by "$(find_main)")" 2 "--health: the command has them still"
stop

PID1_WRAP=("${handed[@]}" LISTEN_PID=77 LISTEN_FDS=1)
rm -f report
pid1_start --socket none --restart always -- "$PUPPET" out="$T/report" fds \
    env=LISTEN_PID env=LISTEN_FDS say=told pause
report told
is "$(tr '\n' ' ' <report)" 'fds=0,1,2,4,77, LISTEN_PID=77 LISTEN_FDS=1 told ' \
    "--restart: variables that name another process are left alone"
rm -f report
kill -KILL "$(find_main)"
report told
is "$(grep fds= report)" 'fds=0,1,2,4,77,' \
    "--restart: a successor has the descriptors, too"
stop
pid1_defaults

# ---- with a file: main gets what was announced, others nothing

cat >look <<'EOF'
#!/bin/sh
echo "${LISTEN_FDS-none} $(ls -l /proc/self/fd | grep -c held)" >probed.new
mv probed.new probed
EOF
chmod 755 look
conf <<EOF
services:
  main:
    command: [$PUPPET, "out=$T/report", fds, env=LISTEN_PID, env=LISTEN_FDS,
      env=LISTEN_FDNAMES, say=told, pause]
    restart: always
    restart_policy: {delay: 0s}
    healthcheck: {test: [CMD, ./look]}
    depends_on: [b]
  b:
    command: [$PUPPET, "out=$T/report.b", fds, env=LISTEN_PID, env=LISTEN_FDS,
      pause]
EOF
announced=("$PUPPET" open=3:"$T/held" open=4:"$T/held" exec env)
PID1_WRAP=("${announced[@]}" LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=web)
rm -f report report.b
run_start
report told
is "$(tr '\n' ' ' <report)" \
    "fds=0,1,2,3, LISTEN_PID=3 LISTEN_FDS=1 LISTEN_FDNAMES=web told " \
    "a file: main gets the sockets of LISTEN_FDS, and nothing else"
is "$(tr '\n' ' ' <report.b)" \
    'fds=0,1,2, LISTEN_PID=(unset) LISTEN_FDS=(unset) ' \
    "a file: another service gets none of them"
check "a file: main's probe runs" wait_for 10 test -e probed
is "$(cat probed)" 'none 0' "a file: but gets none of them"
rm -f report
kill -KILL "$(find_main)"
report told
is "$(grep fds= report)" 'fds=0,1,2,3,' "a file: a successor has them, too"
stop

PID1_WRAP=("${announced[@]}" LISTEN_PID=77 LISTEN_FDS=1)
rm -f report
run_start
report told
is "$(tr '\n' ' ' <report)" \
    'fds=0,1,2, LISTEN_PID=(unset) LISTEN_FDS=(unset) LISTEN_FDNAMES=(unset) told ' \
    "a file: what was announced to another process is nobody's"
stop
pid1_defaults

# ---- sockets of a real service manager, for a real server

cat >app.py <<'EOF'
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"activated"]
EOF
if [ "$real_root" = yes ] && type -P systemd-socket-activate >/dev/null &&
    type -P gunicorn >/dev/null && type -P curl >/dev/null &&
    type -P ip >/dev/null; then
	unshare --net bash -c 'ip link set lo up; exec "$@"' bash \
	    systemd-socket-activate -l 127.0.0.1:18999 -E HOME=/ \
	    "$HALE" --socket none --health http://127.0.0.1:18999/ -- \
	    gunicorn -w 1 app:app >activated 2>&1 &
	activator=$!
	answers()
	{
		[ "$(nsenter --net -t "$activator" curl -s --max-time 20 \
		    http://127.0.0.1:18999/)" = activated ]
	}
	check "systemd's socket reaches gunicorn through hale" \
	    wait_for 60 answers
	check "and its health" wait_for 20 has activated 'main: healthy'
	like "$(cat activated)" 'Listening at: http://127.0.0.1:18999' \
	    "gunicorn took that socket, and made none"
	kill -TERM $activator
	wait $activator
else
	skip "sockets of systemd" "no systemd-socket-activate, or no gunicorn"
fi

# ---- the working directory

PID1_WRAP=("$PUPPET" chdir="$T/here" exec)
printf '#!/bin/sh\npwd >>%s/seen\n' "$T" >here/where
chmod 755 here/where
: >seen
pid1_start --socket "$T/s.sock" --restart always --health 'exec:./where' -- \
    "$PUPPET" out="$T/report" pause
wait_for 10 has seen .
main=$(find_main)
is "$(readlink "/proc/$pid1/cwd")" / "hale's working directory is /"
is "$(readlink "/proc/$main/cwd")" "$T/here" "the command's is the one it was given"
is "$(head -n 1 seen)" "$T/here" "and so is that of a probe, by a relative path"
kill -KILL "$main"
again()
{
	main=$(find_main)
	[ -n "$main" ] && [ "$(readlink "/proc/$main/cwd")" = "$T/here" ]
}
check "and that of a successor" wait_for 10 again
is "$(HALE_SOCKET=$T/s.sock nsenter -p -t "$pid1" "$HALE" exec main -- pwd)" \
    "$T/here" "and that of hale exec"
rm -r here
kill -KILL "$main"
gone_is_told()
{
	has "$T/err" "main: not started: entering working directory $T/here: no such file or directory"
}
check "where it is gone, a successor starts nowhere else, and hale says so" \
    wait_for 10 gone_is_told
stop
pid1_defaults

mkdir "$T/mnt"
mount -t tmpfs tmpfs "$T/mnt"
PID1_WRAP=("$PUPPET" chdir="$T/mnt" exec)
conf <<EOF
services:
  main: {command: [sleep, "60"], working_dir: /}
EOF
pid1_start run -c "$T/c.yaml"
wait_for 10 has "$T/err" 'main: up'
# Its namespace has a mount of its own there.
check "a mount that hale was started in is not busy" \
    wait_for 10 nsenter -m -t "$pid1" umount "$T/mnt"
stop
umount "$T/mnt"
pid1_defaults

# ---- the limit of open files

for n in 3 4 5; do
	PID1_WRAP=(bash -c "ulimit -Sn $n; exec \"\$@\"" bash)
	pid1 --socket none --health file:/// -- "$PUPPET" limits exit=7
	is "$rc" 7 "a soft limit of $n open files: hale raises its own"
	like "$out" " files=$n " "a soft limit of $n: the command has it"
done
for n in 3 4 5; do
	PID1_WRAP=("$PUPPET" "limit=nofile:$n" exec)
	pid1 --socket none --health file:/// -- "$PUPPET" exit=7
	is "$rc" 125 "a hard limit of $n: too little"
	like "$err" "hale: can't begin: No file descriptors available" \
	    "a hard limit of $n: and hale says so"
done
pid1_defaults

{
	echo services:
	for i in $(seq 100); do
		echo "  s$i: {command: [./svc, s$i], logging: {prefix: true}, notify: true}"
	done
} | conf
PID1_WRAP=(bash -c 'ulimit -Sn 64; exec "$@"' bash)
run_start
all_up() { [ "$(sort -u ev | grep -c ' up$')" = 100 ]; }
check "100 services with pipes and sockets within a soft limit of 64" \
    wait_for 30 all_up
stop
pid1_defaults
done_testing
