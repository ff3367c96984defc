#!/bin/bash
# SPDX-License-Identifier: MIT
# Users and groups: who the command is, what is refused, gosu and su-exec.
. "${BASH_SOURCE[0]%/*}/lib.sh"

[ "$real_root" = yes ] || { skip "identity" "needs root"; done_testing; }

# A passwd and group of our own, in our own mount namespace.
cat >"$T/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/sh
app:x:1000:1001:App:/srv/app:/bin/sh
bad:x:4294967296:5::/:/bin/sh
0:x:1234:1234::/:/bin/sh
last:x:77:78::/home/last:/bin/sh
EOF
cat >"$T/group" <<'EOF'
root:x:0:
tls:x:30:app,other
logs:x:40:app
web:x:50:
EOF
mount --bind "$T/passwd" /etc/passwd
mount --bind "$T/group" /etc/group

ids='grep -E "^(Uid|Gid|Groups)" /proc/self/status | tr "\t\n" "  " | tr -s " "'

who() # SPEC EXPECTED NAME
{
	pid1 --user "$1" -- sh -c "$ids"
	is "${out% }" "$2" "$3"
}

who app "Uid: 1000 1000 1000 1000 Gid: 1001 1001 1001 1001 Groups: 30 40" \
    "a name brings its group and its groups"
who app:web "Uid: 1000 1000 1000 1000 Gid: 50 50 50 50 Groups:" \
    "a group that is given brings no others"
who 1000 "Uid: 1000 1000 1000 1000 Gid: 1001 1001 1001 1001 Groups:" \
    "a number brings no groups"
who 5000 "Uid: 5000 5000 5000 5000 Gid: 5000 5000 5000 5000 Groups:" \
    "a number without an entry is its own group, not root's"
who 5000:6000 "Uid: 5000 5000 5000 5000 Gid: 6000 6000 6000 6000 Groups:" \
    "numbers for both"
who last:0 "Uid: 77 77 77 77 Gid: 0 0 0 0 Groups:" "group 0 if it is asked for"
who 0 "Uid: 0 0 0 0 Gid: 0 0 0 0 Groups:" "a number wins over a name of digits"

pid1 --user app --group-add web --group-add 7 -- sh -c "$ids"
like "$out" 'Groups: 7 30 40 50 ?$' "--group-add adds names and numbers"

for bad in 4294967296 4294967295 -1 +1 0x0 01000 ' 1000' 1000abc '' nosuch \
    app:nosuch 'app:' ':web' bad "$(printf 'a\nb')" app:tls:x; do
	pid1 "--user=$bad" -- id
	is "$rc,$out" "125," "--user '$bad' is refused, and nothing runs"
done

for file in fifo huge nuls; do
	umount /etc/passwd
	case $file in
	fifo) mkfifo "$T/$file" ;;
	huge) truncate -s 100M "$T/$file" ;;
	nuls) printf 'root:x:0:0::/:\napp\0:x:0:0::/:\n' >"$T/$file" ;;
	esac
	mount --bind "$T/$file" /etc/passwd
	PID1_TIMEOUT=10
	pid1 --user app -- id
	is "$rc,$out" "125," "/etc/passwd: $file neither hangs nor makes root"
	who 4242 "Uid: 4242 4242 4242 4242 Gid: 4242 4242 4242 4242 Groups:" \
	    "/etc/passwd: $file, and a number works"
done
umount /etc/passwd
mount --bind "$T/passwd" /etc/passwd
pid1_defaults

PID1_WRAP=(env -u HOME -u USER -u LOGNAME)
pid1 --user app -- sh -c 'echo $HOME $USER $LOGNAME'
is "$out" "/srv/app app app" "HOME, USER and LOGNAME are the user's"
pid1_defaults

PID1_WRAP=(env HOME=/root USER=root)
pid1 --user app -- sh -c 'echo $HOME $USER'
is "$out" "/srv/app app" "root's, which an engine sets, do not stay"
PID1_WRAP=(env HOME=/given)
pid1 --user app -- sh -c 'echo $HOME'
is "$out" "/given" "a HOME that was given does"
pid1_defaults

# ---- gosu and su-exec, by their names
mkdir "$T/bin"
cp "$HALE" "$T/bin/hale"
chmod 755 "$T/bin/hale"
ln -s hale "$T/bin/gosu"
ln -s hale "$T/bin/su-exec"

PID1_EXE=$T/bin/gosu
plain app sh -c "$ids; echo \$HOME"
like "$out" 'Uid: 1000 .* Gid: 1001 .* Groups: 30 40' "gosu: a name's groups"
like "$out" '/srv/app$' "gosu: HOME is set"
plain app:web sh -c "$ids"
like "$out" 'Gid: 50 .* Groups: ?$' "gosu: user:group"
plain app sh -c 'exit 7'
is "$rc" 7 "gosu: it becomes the command"
plain nosuch true
is "$rc,$err" '1,error: failed switching to "nosuch": unable to find user nosuch: no matching entries in passwd file' \
    "gosu: an unknown user, in gosu's words"
plain app
is "$rc" 1 "gosu: no command"
like "$err" '^Usage: gosu user-spec command' "gosu: its usage"
plain app /nosuch/x
is "$rc,$err" '1,error: exec: "/nosuch/x": stat /nosuch/x: no such file or directory' \
    "gosu: a command that is not there"
plain 4294967296 id
is "$rc,$out" "1," "gosu: a number too large is not root"

PID1_EXE=$T/bin/su-exec
plain app sh -c "$ids; echo \$HOME"
like "$out" 'Uid: 1000 .* Gid: 1001 .* Groups: 30 40 1001' \
    "su-exec: a name's groups, and its own"
plain app:web sh -c "$ids"
like "$out" 'Gid: 50 .* Groups: 50' "su-exec: the group alone, if given"
plain app
is "$rc,${out%% *}" "0,Usage:" "su-exec: usage, exit 0"
plain nosuch id
is "$rc,$out" "1," "su-exec: an unknown user is refused"
plain 4294967296 id
is "$rc,$out" "1," "su-exec: a number too large is not root"
done_testing
