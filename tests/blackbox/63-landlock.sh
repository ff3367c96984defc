#!/bin/bash
# SPDX-License-Identifier: MIT
# Landlock: paths and ports, required and best effort.
. "${BASH_SOURCE[0]%/*}/lib.sh"

mkdir -p "$T"/{ro,rw,other}
chmod 777 "$T"/{ro,rw,other}
service() # COMMAND EXTRA-LINES
{
	printf 'services:\n  main:\n    command: ["sh", "-c", %s]\n%s\n' \
	    "\"$1\"" "$2" >"$T/hale.yaml"
	pid1 run -c "$T/hale.yaml"
}
paths="    read_only_paths: [/usr, /bin, /lib, /lib64, /etc, \"-/nosuch\", $T/ro]
    read_write_paths: [$T/rw]"

if ! grep -qw landlock /sys/kernel/security/lsm 2>/dev/null &&
    ! "$HALE" --sandbox strict -- true 2>/dev/null; then
	skip "landlock" "this kernel has none"
	done_testing
fi
service "echo x > $T/rw/a && cat $T/rw/a; echo x > $T/ro/b; cat $T/other/c; echo y > /dev/null && echo null" "$paths"
like "$out" '^x' "what is listed can be written"
like "$out" 'null' "/dev/null can always be written"
check "what is read-only can't" test ! -e "$T/ro/b"
service "echo x > $T/rw/a" "    read_only_paths: [/usr, /bin, /lib, /lib64, /nosuch]"
like "$err" 'adding to the Landlock ruleset /nosuch: no such file' \
    "a listed path must exist, but for -/path"
service "echo x > $T/other/d; ls / > /dev/null && echo read" \
    "    read_write_paths: [$T/rw]"
is "$out" read "with only read_write_paths all may be read"
check "and nothing else written" test ! -e "$T/other/d"
service "true" "    landlock: required
    sandbox: strict"
is "$rc" 0 "required: this kernel has all that strict wants"
done_testing
