#!/bin/bash
# SPDX-License-Identifier: MIT
# At a terminal: as PID 1 of `docker run -it`, and below an interactive shell.
. "${BASH_SOURCE[0]%/*}/lib.sh"

shell=(env PS1='$ ' bash --norc --noprofile -i)
said() { has "$T/tty" "$1"; }

on_tty -- -- "$PUPPET" ids exit=3
is "$rc" 3 "row 51: on a terminal: the exit status"
like "$out" 'pid=([0-9]+) .*pgid=([0-9]+) .*tpgid=([0-9]+) ' "row 51: the command has the terminal"
is "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" "row 51: its group is the foreground"
is "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "row 51: and its own"

on_tty 'expect=\$ ' 'send=sleep 40 | cat &\r' 'expect=\[1\]' 'send=jobs\r' \
    'expect=Running' 'send=kill %1\r' 'send=echo o$((20+1))k\r' 'expect=o21k' 'send=exit 7\r' \
    -- -- "${shell[@]}"
is "$rc" 7 "row 52: an interactive bash works and ends"
unlike "$out" 'no job control|cannot set terminal' "row 52: with job control, without a warning"

on_tty 'expect=\$ ' 'send=sleep 40\r' 'expect=sleep' 'sleep=300' 'send=\x1a' \
    'expect=Stopped' 'send=fg\r' 'expect=sleep 40' 'sleep=200' 'send=\x03' 'expect=\$ ' \
    'send=exit 9\r' -- -- "${shell[@]}"
is "$rc" 9 "row 52: Ctrl-Z, fg and Ctrl-C inside that shell"

on_tty 'expect=up' 'send=\x03' -- -- "$PUPPET" say=up pause
is "$rc" 130 "row 53: Ctrl-C is 130"
on_tty 'expect=up' 'send=\x1c' -- -- "$PUPPET" say=up pause
is "$rc" 131 "row 53: Ctrl-\\ is 131"
on_tty 'expect=up' signal=INT -- -- "$PUPPET" say=up pause
is "$rc" 130 "row 53: SIGINT from outside is 130"

on_tty 'expect=ready' 'send=\x03' 'expect=got 2 ' 'sleep=300' signal=TERM -- -- "$PUPPET" listen
is "$(grep -ac 'got 2 ' "$T/tty")" 1 "row 54: one Ctrl-C is one SIGINT"
is "$rc" 0 "row 54: and the end is as ever"
on_tty 'expect=ready' size=50x100 'expect=got 28 ' 'sleep=300' signal=TERM -- -- "$PUPPET" listen
is "$(grep -ac 'got 28 ' "$T/tty")" 1 "row 55: one resize is one SIGWINCH"

on_tty 'expect=up' 'send=\x1a' 'sleep=500' 'send=\x03' -- -- "$PUPPET" say=up pause
is "$rc" 130 "row 56: Ctrl-Z as PID 1 leaves nothing stopped: Ctrl-C still ends it"
on_tty 'expect=up' 'send=\x1a' 'sleep=500' signal=TERM -- -- "$PUPPET" say=up pause
is "$rc" 143 "row 56: and so does SIGTERM"
on_tty 'expect=ready' 'send=\x1a' 'expect=got 20 ' signal=TERM -- -- "$PUPPET" listen
is "$rc" 0 "row 56: one that catches SIGTSTP has it"

on_tty 'expect=up' hangup -- -- "$PUPPET" say=up pause
is "$rc" 129 "row 57: the terminal hangs up: 129"
on_tty 'expect=\$ ' hangup -- -- "${shell[@]}"
# It may read the end of its input before the signal reaches it.
like "$rc" '^(129|0|1)$' "row 57: an interactive bash ends, too"
on_tty 'expect=up' hangup -- -- "$PUPPET" trap=HUP:5 say=up pause
is "$rc" 5 "row 57: one that catches SIGHUP ends as it wants"

PID1_WRAP=("$PUPPET" open=0:/dev/null exec)
on_tty 'expect=reading' 'send=typed\r' -- -- "$PUPPET" say=reading readline=/dev/tty exit=0
is "$rc" 0 "row 58: stdin on /dev/null: the command ends"
like "$out" 'readline=typed' "row 58: and can read from /dev/tty"
pid1_defaults

wrong=0
for _ in {1..25}; do
	on_tty 'expect=ready' 'sleep=30' signal=TERM -- -- "$PUPPET" listen
	[ "$(grep -ac '^got' "$T/tty")" = 1 ] || wrong=$((wrong + 1))
done
is "$wrong" 0 "row 59: no SIGHUP or SIGCONT that nobody sent, 25 times"
on_tty 'expect=ready' signal=HUP 'expect=got 1 ' signal=TERM -- -- "$PUPPET" listen
is "$rc" 0 "row 59: the first real SIGHUP is delivered"

# Not PID 1: below a script without job control, at a terminal.
cat >"$T/script" <<'END'
"$H" -- "$PUPPET" ids exit=0
echo after=$?
read -r line </dev/tty && echo "line=$line"
END
at_prompt "send=bash $T/script\\r" 'expect=after=0' 'send=hello\r' 'expect=line=hello' 'send=exit 6\r'
is "$rc" 6 "row 60: after hale the script that ran it can read the terminal"

at_prompt 'send=$H -- sleep 30 &\r' 'expect=\[1\]' 'send=echo a$((1+1))b\r' 'expect=a2b' \
    'send=kill %1; wait %1; echo s$?e\r' 'expect=s143e' 'send=exit 6\r'
is "$rc" 6 "row 61: hale in the background does not take the terminal"

at_prompt 'send=$H -- sleep 30\r' 'expect=sleep 30' 'sleep=400' 'send=\x1a' 'expect=Stopped' \
    'send=echo a$((1+1))b\r' 'expect=a2b' 'send=fg\r' 'expect=sleep 30' 'sleep=300' 'send=\x03' \
    'expect=\$ ' 'send=echo s$?e\r' 'expect=s130e' 'send=exit 6\r'
is "$rc" 6 "row 62: Ctrl-Z below a shell: the prompt is back, fg goes on, Ctrl-C ends it"

at_prompt 'send=$H -- sleep 30\r' 'expect=sleep 30' 'sleep=400' 'send=\x1a' 'expect=Stopped' \
    'send=bg\r' 'expect=&' 'send=kill %1; wait %1; echo s$?e\r' 'expect=s143e' 'send=exit 6\r'
is "$rc" 6 "row 62: and with bg"

at_prompt 'send=$H -- cat\r' 'expect=cat' 'sleep=300' 'send=typed\r' 'expect=typed.*typed' \
    'send=\x04' 'expect=\$ ' 'send=echo s$?e\r' 'expect=s0e' 'send=exit 6\r'
is "$rc" 6 "below a shell: the command reads the terminal"

at_prompt 'send=$H -- cat &\r' 'expect=\[1\]' 'sleep=300' 'send=\r' 'expect=Stopped' \
    'send=fg\r' 'expect=cat' 'sleep=200' 'send=typed\r' 'expect=typed.*typed' 'send=\x04' 'expect=\$ ' 'send=exit 6\r'
is "$rc" 6 "row 62: a background command that reads stops, and fg lets it"

on_tty 'expect=\$ ' signal=TERM -- -- "${shell[@]}"
is "$rc" 129 "row 63: SIGTERM to an interactive bash: SIGHUP follows, 129"
on_tty 'expect=up' signal=TERM -- -- "$PUPPET" trap=TERM:4 say=up pause
is "$rc" 4 "row 63: one that heeds SIGTERM has no SIGHUP"
# A shell that was about to read a line, when SIGTERM came, ignores it later.
late=('expect=up' signal=TERM 'expect=trapped' 'send=on\r')
on_tty "${late[@]}" -- -- "$PUPPET" trap=TERM say=up readline=/dev/tty \
    ignore=TSTP ignore=TTOU ignore=TERM pause
is "$rc" 129 "row 63: a shell that ignores SIGTERM only afterwards: SIGHUP follows"
on_tty "${late[@]}" -- -- "$PUPPET" trap=TERM say=up readline=/dev/tty \
    ignore=TERM sleep=1000 exit=4
is "$rc" 4 "row 63: one that ignores SIGTERM while it ends is left alone"

# vi-like: raw mode, alternate screen; the terminal is usable afterwards.
if command -v stty >/dev/null; then
	at_prompt 'send=$H -- stty raw -echo; stty sane; echo b$((2+2))d\r' 'expect=b4d' 'send=exit 6\r'
	is "$rc" 6 "a command may change the terminal's modes"
fi

done_testing
