#!/bin/bash
# SPDX-License-Identifier: MIT
#
# privilege.sh: hale gives up privileges in a real dockerd: a user of hale's
# own making under every way to start a container, for one command and for the
# services of a file, and secrets that only their service sees.

. "$(dirname "$0")/lib.sh"
is_hale || skip_all "$(basename "$INIT") is not hale"
. "$HERE/docker-lib.sh"

on_exit engine_stop privilege
engine_start privilege || skip_all "dockerd does not start here"
build_images || { not_ok "images FROM scratch" && done_testing && exit 1; }

# H ARGUMENT…: hale is called as they say; F: hale run of the file $T/FILE
H() { run --entrypoint /sbin/hale "$@"; }
none=0000000000000000

# ---- what --user makes of the engine's root
out=$(H t/box --user app -- guest report)
like "--user: ids by name" "$out" "ids 1001:1001"
like "--user: no capability" "$out" "CapPrm 0000000000000000"
like "--user: none to be had" "$out" "CapBnd 0000000000000000"
like "--user: no_new_privs" "$out" "NoNewPrivs 1"
like "--user: USER" "$out" "USER app"
is "--user: none of root's groups" "$(sed -n 's/^Groups *//p' <<<"$out")" ""
out=$(H t/box --user 1001:extra --group-add 2003 --cap-add NET_BIND_SERVICE -- guest report)
like "--user: ids by number and name" "$out" "ids 1001:2002"
like "--group-add" "$out" "Groups 2003"
like "--cap-add is kept by a user" "$out" "CapEff 0000000000000400"
like "…and is ambient" "$out" "CapAmb 0000000000000400"
out=$(H --cap-drop ALL --cap-add SETUID --cap-add SETGID --cap-add SETPCAP t/box \
	--user app -- guest report)
like "--user with three capabilities of the engine's" "$out" "ids 1001:1001"
like "…keeps none" "$out" "CapBnd 0000000000000000"
out=$(H --security-opt no-new-privileges --read-only t/box --user app -- guest report)
like "--user under no-new-privileges, read-only" "$out" "ids 1001:1001"
out=$(H --cap-drop ALL t/box --user app -- guest report 2>&1)
is "--user without CAP_SETUID fails closed" $? 125
like "…and says what is missing" "$out" CAP_SET
out=$(H t/box --user nobody-here -- guest report 2>&1)
is "an unknown user is 125" $? 125
like "…and named" "$out" nobody-here
out=$(H --user 1001 --cap-drop ALL t/box --user 0 -- guest report 2>&1)
is "a user can't become root" $? 125
like "--sandbox strict runs a program" \
	"$(H t/box --user app --sandbox strict -- guest report)" "Seccomp 2"
start drop --cap-drop KILL --entrypoint /sbin/hale t/box --user app -- guest until 15 7
stop drop 60
is "--user without CAP_KILL: SIGTERM arrives" "$rc" 7
start drop --entrypoint /sbin/hale t/box --user app --stop-grace-period 1s -- guest until 0 0
stop drop 100
is "--user: a deaf child is killed" "$rc" 137
is "--user: HOME is the user's" "$(H t/box --user app -- guest env HOME)" HOME=/tmp
is "…but for one that is given" "$(H -e HOME=/else t/box --user app -- guest env HOME)" HOME=/else

# ---- each way to start a container: it works, or one line names what lacks.
# The same for one command and for a service of a file.
printf '%s\n' 'services: {main: {command: [guest, report], user: "1001:1001"}}' >"$T/user.yaml"
printf '%s\n' 'services: {main: {command: [guest, report]}}' >"$T/plain.yaml"
F() { # FILE DOCKER_ARGUMENT…
	local _file=$1
	shift
	run -v "$T/$_file.yaml:/etc/hale.yaml:ro" --entrypoint /sbin/hale "$@" t/box run
}
works() { # WHAT IDS OUTPUT
	like "$1: works" "$3" "ids $2"
	like "$1: no capability" "$3" "CapPrm $none"
	like "$1: no_new_privs" "$3" "NoNewPrivs 1"
	like "$1: seccomp" "$3" "Seccomp 2"
}
both() { # WHAT IDS DOCKER_ARGUMENT…
	local _what=$1 _ids=$2
	shift 2
	works "$_what" "$_ids" "$(H "$@" t/box --user 1001:1001 -- guest report 2>&1)"
	works "$_what, hale run" "$_ids" "$(F user "$@" 2>&1)"
}
refused() { # WHAT WORD DOCKER_ARGUMENT…
	local _what=$1 _word=$2 _out
	shift 2
	_out=$(H "$@" t/box --user 1001:1001 -- guest report 2>&1)
	is "$_what: refused" $? 125
	like "$_what: names what lacks" "$_out" "$_word"
	is "$_what: in one line" "$(wc -l <<<"$_out")" 1
	_out=$(F user "$@" 2>&1)
	is "$_what, hale run: refused" $? 125
	like "$_what, hale run: names what lacks" "$_out" "$_word"
	unlike "$_what, hale run: nothing ran" "$_out" "ids "
}
both "Docker's defaults" 1001:1001
both "no-new-privileges, read-only" 1001:1001 --security-opt no-new-privileges --read-only
both "seccomp=unconfined" 1001:1001 --security-opt seccomp=unconfined
both "SETUID and SETGID alone" 1001:1001 --cap-drop ALL --cap-add SETUID --cap-add SETGID
both "the engine's user is that user" 1001:1001 --user 1001:1001 --cap-drop ALL \
	--security-opt no-new-privileges --read-only
refused "--cap-drop ALL" CAP_SETUID --cap-drop ALL
refused "SETUID alone" CAP_SETGID --cap-drop ALL --cap-add SETUID
refused "another user of the engine's" CAP_SET --user 1002:1002
shift_args=(--user 1000680000:0 --cap-drop ALL --security-opt no-new-privileges)
is "an arbitrary uid with gid 0" "$(run "${shift_args[@]}" t/box guest report 2>&1 | grep ^ids)" \
	"ids 1000680000:0"
is "…and --user of itself" "$(H "${shift_args[@]}" t/box --user 1000680000 -- guest report 2>&1 | grep ^ids)" \
	"ids 1000680000:0"
works "an arbitrary uid, hale run" 1000680000:0 "$(F plain "${shift_args[@]}" --read-only 2>&1)"

# ---- what PID 1 keeps for itself
start peer --entrypoint /sbin/hale t/box --user app -- guest until 15 7
is "command and user: PID 1 keeps CAP_KILL alone" \
	"$($D exec peer sh -c 'sed -n "s/^CapPrm:\t//p" /proc/1/status')" 0000000000000020
stop peer 60
is "…and still stops it" "$rc" 7

# ---- secrets of Compose, as its file mounts them
if have docker-compose; then
	mkdir -p "$T/compose"
	printf s3cr3t >"$T/compose/word"
	chmod 600 "$T/compose/word"
	cat >"$T/secret.yaml" <<-'YAML'
		services:
		  main:
		    command: [sh, -c, "guest env WORD; exec guest until 15 7"]
		    user: "1001:1001"
		    environment: {WORD: {secret: word}}
		    depends_on: [other]
		  other:
		    command: [sh, -c, "guest env WORD; cat /run/secrets/word; exec guest until 15 0"]
		    user: "1002:1002"
		secrets: {word: {file: /run/secrets/word}}
	YAML
	cat >"$T/compose/docker-compose.yml" <<-YAML
		version: "3.8"
		services:
		  app:
		    image: t/box
		    network_mode: none
		    entrypoint: [/sbin/hale, run]
		    command: []
		    stop_grace_period: 60s
		    volumes: ["$T/secret.yaml:/etc/hale.yaml:ro"]
		    secrets: [word]
		secrets: {word: {file: ./word}}
	YAML
	compose() { (cd "$T/compose" && docker-compose -p priv "$@" >>"$T/compose.log" 2>&1); }
	compose up -d
	is "compose: up with a secret" $? 0
	app=priv_app_1
	eventually "compose: the service that names the secret has it" 30 said $app WORD=s3cr3t
	eventually "compose: another has not" 30 said $app "WORD=(unset)"
	is "compose: …nor in its file" "$($D logs $app 2>&1 | grep -c s3cr3t)" 1
	is "compose: not in PID 1's environment or command line" \
		"$($D exec $app sh -c 'cat /proc/1/environ /proc/1/cmdline 2>/dev/null' | grep -c s3cr3t)" 0
	is "compose: not in the status" "$($D exec $app hale status --json | grep -c s3cr3t)" 0
	compose stop
	is "compose: stops with main's status" "$(state $app ExitCode)" 7
	compose down
else
	skip "secrets of Compose: docker-compose is not installed"
fi
done_testing
