#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stack.sh: the whole stack with one command: images, secrets and certificate
# where they are missing, then compose; and its health in one table.

set -eu
usage() {
	cat <<-'TXT'
	usage: stack.sh up [--admin] [--monitoring] [--dev]
	       stack.sh health [NAME]... | status [NAME]... | stop | down

	  up         builds what is missing and starts everything, hardened, with
	             ports 80 and 443 open (--dev: without either)
	  health     one line a service: healthy, or why not; exit 1 if any is not
	             or has no container
	  status     what hale has to say in each container
	  stop       stops everything, in order
	  down       removes everything, the database too
	  -h, --help this text
	TXT
}
cd "$(dirname "$0")/.."
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-stack}
docker=${DOCKER:-docker} prefix=${STACK_IMAGE:-hale-stack}
secrets=${SECRETS_DIR:-$PWD/secrets}
compose() {
	if command -v docker-compose >/dev/null; then docker-compose "$@"; else "$docker" compose "$@"; fi
}
answers() {
	"$docker" version >/dev/null 2>&1 && return
	echo "stack.sh: $docker does not answer: is it installed, and its daemon running?" >&2
	exit 3
}
files=(-f docker-compose.yml -f docker-compose.prod.yml -f docker-compose.proxy.yml)
each() { # FUNCTION NAME...: NAME and container of every service, or of those named
	local _do=$1 _id _name _bad=0
	shift
	while read -r _id _name; do
		[ $# = 0 ] || [[ " $* " = *" $_name "* ]] || continue
		"$_do" "$_name" "$_id" || _bad=1
	done < <("$docker" ps -a -f "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
		--format '{{.ID}} {{.Label "com.docker.compose.service"}}' | sort -k 2)
	return $_bad
}
# services: those of the compose file; with `all` those of its profiles, too
services() {
	awk -v every="${1-}" '/^[a-z]/ { on = /^services:/ } !on { next }
		/^  [a-z0-9_-]+:$/ { name = $1; sub(":", "", name); all[name] = 1 }
		/^    profiles:/ && !every { delete all[name] }
		END { for (name in all) print name }' docker-compose.yml
}
known() { # NAME...
	local _name _all
	_all=" $(services all | sort | tr '\n' ' ')"
	for _name; do
		[[ $_all == *" $_name "* ]] || { echo "stack.sh: no service $_name: there are$_all" >&2 && exit 2; }
	done
}
# without NAME...: services (but for profiles) that have no container
without() {
	local _name
	for _name in $(services); do
		[[ $# = 0 || " $* " = *" $_name "* ]] || continue
		[ -n "$("$docker" ps -aq -f "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
			-f "label=com.docker.compose.service=$_name")" ] || echo "$_name: has no container: scripts/stack.sh up"
	done
}
health() {
	local _line _rc=0 _state _said _lacks
	_state=$("$docker" inspect -f '{{.State.Status}}' "$2")
	if [ "$_state" = running ]; then
		_line=$("$docker" exec "$2" /usr/sbin/hale health 2>&1 </dev/null) || _rc=1
		# an error without a word, an end: the service's own last word says why
		[[ ! $_line =~ :\ status\ [45][0-9][0-9](,|$) && $_line != *"exited with status "* ]] ||
			_line="$_line: $("$docker" logs --tail 50 "$2" 2>&1 | grep -v '^hale: ' | tail -1)"
		# healthy, but something that it would have is not there
		_lacks=$("$docker" exec "$2" /usr/sbin/hale status 2>/dev/null </dev/null |
			awk '$2 == "-" && $3 == "unhealthy" { $2 = $3 = $4 = $5 = $6 = $7 = $8 = ""; gsub(/ +/, " "); sub(" ", ": "); print; exit }')
		if [ $_rc = 0 ] && [ -n "$_lacks" ]; then _line="ok, but without $_lacks" _rc=1; fi
	else
		# a container that does not run: its last words, or the engine's
		_line="$1: $_state (status $("$docker" inspect -f '{{.State.ExitCode}}{{with .State.Error}}: {{.}}{{end}}' "$2"))" _rc=1
		_said=$("$docker" logs --tail 20 "$2" 2>&1 | grep '^[^ ]' | tail -1)
		[ "$_state" = paused ] || [ -z "$_said" ] || _line="$_line: $_said"
	fi
	case $_line in "$1":*) echo "$_line" ;; *) echo "$1: $_line" ;; esac
	return $_rc
}
status() {
	echo "== $1"
	"$docker" exec "$2" /usr/sbin/hale status </dev/null
}

verb=${1:-}
[ $# = 0 ] || shift
case $verb in up | health | status | stop | down) answers ;; esac
case $verb in health | status) known "$@" ;; esac
case $verb in
up)
	profiles=()
	for option; do
		case $option in
		--admin) profiles+=(--profile admin) ;;
		--monitoring) profiles+=(--profile monitoring) ;;
		--dev) files=(-f docker-compose.yml) ;;
		*) echo "stack.sh: up: unknown option $option" >&2 && usage >&2 && exit 2 ;;
		esac
	done
	"$docker" image inspect "$prefix-proxy" >/dev/null 2>&1 || scripts/build-optimized.sh
	mkdir -p "$secrets" && chmod 700 "$secrets"
	if ! [ -s "$secrets/db_password" ]; then
		openssl rand -hex 24 >"$secrets/db_password"
		chmod 644 "$secrets/db_password"
	fi
	[ -s "$secrets/tls_cert" ] || scripts/setup-ssl.sh
	compose "${files[@]}" "${profiles[@]}" up -d
	;;
health)
	rc=0
	each health "$@" || rc=1
	missing=$(without "$@")
	[ -z "$missing" ] || { echo "$missing" && rc=1; }
	exit $rc
	;;
status) each status "$@" ;;
stop) compose "${files[@]}" --profile admin --profile monitoring stop ;;
down) compose "${files[@]}" --profile admin --profile monitoring down -v ;;
-h | --help) usage ;;
*) usage >&2 && exit 2 ;;
esac
