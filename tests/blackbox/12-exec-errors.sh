#!/bin/bash
# SPDX-License-Identifier: MIT
# The command can't be run: 126, 127 or 125, and one line that says why.
. "${BASH_SOURCE[0]%/*}/lib.sh"

lines() { printf '%s' "$err" | grep -c ''; }

pid1 -- /nonexistent/prog
is "$rc" 127 "row 03: not found is 127"
like "$err" '/nonexistent/prog' "row 08: the message names the program"
like "$err" 'ot found|No such file' "row 08: and says what is wrong with it"
is "$(lines)" 1 "row 08: in one line"
like "$err" '^hale: ' "row 08: that starts with hale:"

pid1 -- no-such-prog-anywhere
is "$rc" 127 "row 03: not in PATH is 127"
like "$err" 'no-such-prog-anywhere' "row 08: not in PATH: named"
like "$err" 'PATH|path' "row 08: not in PATH: says that PATH was searched"

mkdir "$T/dir"
pid1 -- "$T/dir"
is "$rc" 126 "row 03: a directory is 126"
like "$err" "$T/dir" "row 08: a directory: named"

echo 'exit 0' >"$T/noexec"
pid1 -- "$T/noexec"
is "$rc" 126 "row 03: not executable is 126"
like "$err" 'ermission denied|not executable' "row 08: not executable: said so"

mkdir "$T/path1" "$T/path2"
printf '#!/bin/sh\nexit 5\n' | tee "$T/path1/tool" >"$T/path2/tool"
chmod 755 "$T/path2/tool"
PID1_WRAP=(env PATH="$T/path1:$T/path2:$PATH")
pid1 -- tool
is "$rc" 5 "row 03: one without x earlier in PATH does not hide the next"
chmod 644 "$T/path2/tool"
pid1 -- tool
is "$rc" 126 "row 03: found in PATH, but not executable, is 126"
PID1_WRAP=(env -u PATH)
pid1 -- sh -c 'exit 6'
is "$rc" 6 "without PATH a default one is searched"
pid1_defaults

ln -s loop "$T/loop"
pid1 -- "$T/loop"
like "$rc" '^12[67]$' "row 04: ELOOP is 126 or 127"
like "$err" "$T/loop.*(ymbolic link|loop)" "row 04: ELOOP: said"
pid1 -- "$T/noexec/prog"
like "$rc" '^12[67]$' "row 04: ENOTDIR is 126 or 127"
like "$err" "$T/noexec/prog" "row 04: ENOTDIR: named"

printf '#!/no/such/interp -x\n' >"$T/badinterp"
chmod 755 "$T/badinterp"
pid1 -- "$T/badinterp"
is "$rc" 127 "row 05: a missing interpreter is 127"
like "$err" '/no/such/interp' "row 05: and is named"
like "$err" 'badinterp' "row 05: and so is the script"

printf 'echo this ran; exit 0\n' >"$T/text"
chmod 755 "$T/text"
pid1 -- "$T/text"
is "$rc" 126 "row 06: a text file without #! is 126"
is "$out" '' "row 06: and no shell runs it"
like "$err" 'xec format|format|#!' "row 06: and it says that it is the format"

# An ELF file of the wrong class and machine: a 32-bit big-endian header.
printf '\177ELF\1\2\1\0\0\0\0\0\0\0\0\0\0\2\0\10\0\0\0\1' >"$T/elf"
head -c 200 /dev/zero >>"$T/elf"
chmod 755 "$T/elf"
pid1 -- "$T/elf"
is "$rc" 126 "row 06: another machine's program is 126"
like "$err" 'xec format|architecture|machine' "row 06: and it says so"

: >"$T/empty"
chmod 755 "$T/empty"
pid1 -- "$T/empty"
is "$rc" 126 "row 06: an empty file is 126"

pid1 -- ''
is "$rc" 125 "row 07: an empty command is a usage error"
like "$err" 'empty|ommand' "row 07: and it says so"

PID1_WRAP=("$PUPPET" open=2:/dev/full exec)
pid1 -- /nonexistent/prog
is "$rc" 127 "row 42: stderr on a full disk: still 127"
PID1_WRAP=("$PUPPET" close=2 exec)
pid1 -- /nonexistent/prog
is "$rc" 127 "row 42: stderr closed: still 127"
pid1_defaults

if [ "$real_root" = yes ]; then
	PID1_WRAP=(setpriv --reuid 54321 --clear-groups "$PUPPET" limit=np:1 exec)
	pid1 -- true
	is "$rc" 125 "row 41: no process to be had is 125"
	like "$err" 'esource|process|fork' "row 41: and says so"
	is "$(lines)" 1 "row 41: in one line"
	pid1_defaults
else
	skip "row 41: no process to be had is 125" "needs root"
fi

# Arguments too long, a name too long.
pid1 -- "/$(printf 'x%.0s' {1..300})"
like "$rc" '^12[67]$' "ENAMETOOLONG is 126 or 127"

done_testing
