#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents say is so: every example of README, docs/ and man/ is
# checked or run, and what they say comes out is what comes out.
top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
export BLACKBOX_TIMEOUT=300
. "${BASH_SOURCE[0]%/*}/lib.sh"

if ! command -v python3 >/dev/null; then
	skip 'docs: examples' 'no python3'
	done_testing
	exit
fi
extract=$top/tests/blackbox/examples.py

# ---- files: each example is a file that `hale check` takes
files() # WHAT MINIMUM SOURCE...: what examples.py found, one file each
{
	local what=$1 least=$2 dir=$T/files n=0 file said bad=''
	shift 2
	rm -rf "$dir"
	mkdir "$dir"
	python3 "$extract" files "$dir" "$@" || { nok "$what: found"; return; }
	for file in "$dir"/*.yaml; do
		[ -e "$file" ] || break
		n=$((n + 1))
		said=$("$HALE" check "$file" 2>&1) || bad+="$said"$'\n'
	done
	is "$bad" '' "$what: \`hale check\` takes all $n"
	check "$what: at least $least" test $n -ge "$least"
}
files 'hale.yaml.5: an example of each key' 130 "$top/man/hale.yaml.5"
files 'README, docs, examples' 1 "$top"/README.md "$top"/docs/*.md \
    "$top"/examples/*.yaml
printf 'x\n```yaml\nservices: {a: {comand: x}}\n```\n' >"$T/wrong.md"
mkdir "$T/wrong"
python3 "$extract" files "$T/wrong" "$T/wrong.md"
like "$("$HALE" check "$T"/wrong/*.yaml 2>&1)" 'unknown key' \
    'a wrong example would be seen'

# ---- every key of the tables has an example in the page
"$HALE" schema >"$T/schema.json"
is "$(python3 "$extract" keys "$T/schema.json" "$top/man/hale.yaml.5")" '' \
    'hale.yaml.5: no key without an example'

is "$(python3 "$extract" unshown "$top/man/hale.1")" '' \
    'hale.1: no option or verb without an example'
sed '/^\.Dl hale metrics/d' "$top/man/hale.1" >no-metrics.1
is "$(python3 "$extract" unshown no-metrics.1)" 'no example: Cm metrics' \
    'one without would be seen'

# ---- command lines: options and verbs that exist
"$HALE" --help >"$T/help"
words() # WORD...: what is wrong with `hale WORD...`; nothing, if all is well
{
	local word
	case $1 in
	-*) { "$HALE" "$@" --help >/dev/null; } 2>&1 ;;
	*)
		grep -Eq "^  $1 " "$T/help" || echo "no verb: $1"
		for word; do
			case $word in
			--*) word=${word%%=*}
				grep -qF -e "$word" "$T/help" ||
				grep -Eq "Fl -${word:2}\b" "$top/man/hale.1" ||
				echo "$1: no option $word" ;;
			esac
		done
		;;
	esac
}
lines=0 bad=''
while IFS=$'\t' read -ra line; do
	lines=$((lines + 1))
	said=$(words "${line[@]}")
	[ -z "$said" ] || bad+="${line[*]}: $said"$'\n'
done < <(python3 "$extract" commands "$top"/README.md "$top"/docs/*.md \
    "$top/man/hale.1")
is "$bad" '' "command lines: each of $lines has options and verbs that exist"
check 'command lines: many' test $lines -ge 10
is "$(words --no-such-option)" \
    'hale: unknown option --no-such-option (see hale --help)' \
    'a wrong command line would be seen'

# ---- each verb and option has its words in the page
unsaid=''
for word in $(sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p' "$T/help"); do
	grep -Eq "^\.It Cm .*\b$word\b" "$top/man/hale.1" || unsaid+=" $word"
done
for word in $(grep -Eo '^  (-.,|   ) --[a-z-]+' "$T/help" | sed 's/.*--//'); do
	grep -Eq "^\.It .*Fl -$word\b" "$top/man/hale.1" || unsaid+=" --$word"
done
is "$unsaid" '' 'hale.1: every verb and every option'

# ---- messages: each that troubleshooting.md explains is one that hale says
# Some are packed in the binary: they are read from what it was made of.
words=$top/build/$(uname -m)/hale.debug
[ "$HALE" -ef "$top/build/hale" ] && [ -e "$words" ] || words=$HALE
is "$(python3 "$extract" messages "$words" "$top/docs/troubleshooting.md")" '' \
    'troubleshooting: each message is one that hale can say'

# shellcheck disable=SC2046 # paths of ours have no blanks
is "$(python3 "$extract" explained "$top/docs/troubleshooting.md" \
    $(find "$top/init.c" "$top/supervisor" "$top"/healthcheck/{ask,monitor,status}.c \
    -name '*.c' | sort))" '' \
    'troubleshooting: each message of a start or of hale check is explained'
cat >new.c <<'C'
	return conf_refuse(err, "\"%s\" is a new refusal that nobody explains", x);
C
like "$(python3 "$extract" explained "$top/docs/troubleshooting.md" new.c)" \
    'a new refusal' 'a new message would be seen'

# ---- the states are those of the code, the walk-through is what happens
if command -v cc >/dev/null; then
	cp "$top/docs/how-it-works.md" "$T/states.md"
	sh "$top/docs/states.sh" "$T/states.md"
	check 'how-it-works: the diagram is that of the code (docs/states.sh)' \
	    cmp -s "$top/docs/how-it-works.md" "$T/states.md"
else
	skip 'how-it-works: the diagram is that of the code' 'no C compiler'
fi

same() # leaves out what differs from run to run
{
	sed -E 's/[0-9]{4}-[0-9-]+T[0-9:.]+Z/WHEN/g; s/[0-9]+ [smhd]\b/N s/g
		s/pid [0-9]+/pid N/g; s/^hale [0-9.]+,/hale V,/; s/  +/ /g
		s/^([a-z]+ .* N s) [0-9]+ ([0-9]+ )/\1 N \2/'
}
net=no
[ "$real_root" = yes ] && command -v ip nsenter >/dev/null && net=yes
if [ $net = yes ]; then
	timeout 60 sh "$top/docs/record.sh" "$HALE" >"$T/walk" 2>"$T/err"
	same <"$T/walk" >"$T/walk.now"
	same <"$top/docs/walkthrough.txt" >"$T/walk.then"
	is "$(diff "$T/walk.then" "$T/walk.now")" '' \
	    'walkthrough: it happens as it was recorded (docs/record.sh)'
	shown=$(sed -n '/^\$ hale status$/,/^```$/{/^```/d;p}' "$top/README.md" |
	    same)
	walk=$(<"$T/walk.now")
	check 'README: hale status is that of the walk-through' \
	    test "${walk/"$shown"/}" != "$walk"
else
	skip 'walkthrough: it happens as it was recorded' 'no root, ip or nsenter'
fi

# ---- the README's Dockerfile, FROM scratch: made and run as an engine would
in_image() # COMMAND...: as `docker exec` would
{
	nsenter -t "$inside" -p -m -n -r -- "$@"
}
healthy()
{
	in_image "${health[@]}" >health.out
}
if [ $net = yes ] && cc -static -o server "$top/examples/scratch/server.c" 2>/dev/null; then
	mkdir -p root/proc root/run root/dev/shm
	cp "$HALE" root/hale
	cp server root/server
	mapfile -t entry < <(python3 "$extract" entrypoint "$top/README.md")
	mapfile -t health < <(python3 "$extract" healthcheck "$top/README.md")
	# shellcheck disable=SC2016 # another shell expands it
	unshare --net -- bash -c 'ip link set lo up
	    exec env -i unshare --pid --fork --kill-child --mount-proc \
	    --root "$0" -- "$@"' "$T/root" "${entry[@]}" \
	    >image.out 2>image.err </dev/null &
	image=$!
	wait_for 10 has image.out '^serving'
	inside=$(child_of $image)
	err=$(<image.err)
	is "$(head -n 1 image.out)" 'serving as user 1001' \
	    'README: the service is not root'
	check 'README: its HEALTHCHECK passes' wait_for 20 healthy
	like "$(in_image /hale status)" 'main  *up  *healthy' 'README: hale status'
	kill -TERM "$inside"
	wait $image
	is $? 0 'README: it ends on SIGTERM, with the status of the service'
else
	skip 'README: the image' 'no root, ip, nsenter or static C library'
fi

done_testing
