#!/bin/bash
# SPDX-License-Identifier: MIT
#
# setup-ssl.sh: the proxy's certificate: self-signed for development, ACME for
# production, renewed in place; nginx reads it again through hale.

set -eu
usage() {
	cat <<-'TXT'
	usage: setup-ssl.sh [self-signed] [--host NAME]... [--days N] [--force]
	       setup-ssl.sh acme --host NAME... --email ADDRESS [--staging] [--dry-run]
	       setup-ssl.sh renew [--force] [--now]

	  self-signed   an authority and a certificate that it signed, for
	                development (default; the name is localhost)
	  acme          asks an ACME authority (Let's Encrypt) by http-01, through
	                the proxy's port 80; wants certbot
	  renew         renews what acme made, when it is due; for a daily cron job

	  --host NAME   a name in the certificate; more than one may be given
	  --days N      how long a self-signed one is valid; 365 (0: it is over
	                already, to see what hale says then)
	  --force       replace a certificate that is there, renew one that isn't due
	  --now         renew: don't wait a random while first, as a cron job should
	  --server URL  another ACME authority
	  --staging     the authority's test system
	  --dry-run     acme: ask, keep nothing
	  -h, --help    this text

	  SECRETS_DIR   where tls_cert and tls_key are written; ./secrets
	  PROXY         container that reads them again; the one of compose
	TXT
}
cd "$(dirname "$0")/.."
secrets=${SECRETS_DIR:-$PWD/secrets}
docker=${DOCKER:-docker}
wrong() {
	echo "setup-ssl.sh: $*" >&2
	echo "setup-ssl.sh --help says what it takes" >&2
	exit 2
}
# want OPTION PATTERN WHAT VALUE: the value of an option
want() {
	[[ ${4-} =~ ^$2$ ]] || wrong "$1 wants $3${4:+, not $4}"
	value=$4
}
mode=self-signed hosts=() days=365 email='' force='' now='' acme=()
while [ $# != 0 ]; do
	case $1 in
	self-signed | acme | renew) mode=$1 ;;
	--host) want "$1" '[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?' "a host name" "${@:2:1}" && hosts+=("$value") && shift ;;
	--days) want "$1" '[0-9]{1,5}' "a number of days" "${@:2:1}" && days=$value && shift ;;
	--email) want "$1" '[^@ ]+@[^@ ]+' "an address" "${@:2:1}" && email=$value && shift ;;
	--server) want "$1" 'https://.+' "an https URL" "${@:2:1}" && acme+=(--server "$value") && shift ;;
	--staging | --dry-run) acme+=("$1") ;;
	--force) force=1 ;;
	--now) now=1 ;;
	-h | --help) usage && exit 0 ;;
	*) wrong "unknown argument $1" ;;
	esac
	shift
done
mkdir -p "$secrets"
chmod 700 "$secrets"

# put FILE NAME: in place, so that a container's bind mount sees it
put() {
	touch "$secrets/$2"
	cat "$1" >"$secrets/$2"
	# the proxy's user has no account on this machine: the directory protects
	chmod 644 "$secrets/$2"
}

# reload: nginx reads the certificate again; hale knows how
reload() {
	local _id=${PROXY:-$("$docker" ps -q -f label=com.docker.compose.service=proxy \
		-f "label=com.docker.compose.project=${COMPOSE_PROJECT_NAME:-stack}" 2>/dev/null | head -1)}
	[ -n "$_id" ] || return 0
	"$docker" exec "$_id" /usr/sbin/hale reload proxy && echo "proxy: reloaded"
}

self_signed() {
	local _t _alt='' _name
	[ ${#hosts[@]} != 0 ] || hosts=(localhost)
	if [ -s "$secrets/tls_cert" ] && [ -z "$force" ]; then
		echo "$secrets/tls_cert is there (--force replaces it)"
		return
	fi
	_t=$(mktemp -d)
	# shellcheck disable=SC2064 # now
	trap "rm -rf '$_t'" EXIT
	for _name in "${hosts[@]}"; do _alt=$_alt,DNS:$_name; done
	sign "$_t" "${_alt#,}" 2>"$_t/log" || {
		cat "$_t/log" >&2
		echo "setup-ssl.sh: openssl failed; the certificate is what it was" >&2
		exit 3
	}
	put "$_t/tls.key" tls_key
	put "$_t/tls.crt" tls_cert
	put "$_t/ca.crt" ca_cert
	echo "self-signed for ${hosts[*]}, $days days; clients trust $secrets/ca_cert"
}

# sign DIRECTORY NAMES: an authority there, and a certificate of it
sign() {
	local _t=$1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-subj "/CN=hale stack development CA" -keyout "$_t/ca.key" -out "$_t/ca.crt" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-subj "/CN=${hosts[0]}" -keyout "$_t/tls.key" -out "$_t/tls.csr" &&
		printf '%s\n' "subjectAltName=$2" "basicConstraints=critical,CA:false" \
			"extendedKeyUsage=serverAuth" >"$_t/ext" &&
		if [ "$days" -gt 0 ]; then
			openssl x509 -req -in "$_t/tls.csr" -CA "$_t/ca.crt" -CAkey "$_t/ca.key" \
				-CAcreateserial -days "$days" -extfile "$_t/ext" -out "$_t/tls.crt"
		else
			mkdir "$_t/db" && : >"$_t/db/index" && echo 01 >"$_t/db/serial" &&
				openssl ca -batch -notext -md sha256 -in "$_t/tls.csr" \
					-cert "$_t/ca.crt" -keyfile "$_t/ca.key" -outdir "$_t/db" -out "$_t/tls.crt" \
					-startdate 20200101000000Z -enddate 20200201000000Z -extfile "$_t/ext" \
					-config <(printf '%s\n' '[ca]' 'default_ca=d' '[d]' "database=$_t/db/index" \
						"serial=$_t/db/serial" 'policy=p' '[p]' 'commonName=supplied')
		fi &&
		cat "$_t/ca.crt" >>"$_t/tls.crt"
}

# certbot's directories are kept in the secrets directory, no root needed
certbot_run() {
	command -v certbot >/dev/null || {
		echo "setup-ssl.sh: certbot is not installed" >&2
		exit 3
	}
	local _root
	_root=${ACME_ROOT:-$("$docker" volume inspect -f '{{.Mountpoint}}' "${COMPOSE_PROJECT_NAME:-stack}_acme")}
	certbot "$@" --webroot --webroot-path "$_root" --non-interactive \
		--config-dir "$secrets/acme" --work-dir "$secrets/acme/work" --logs-dir "$secrets/acme/log"
}
install_acme() {
	local _live
	_live=$(find "$secrets/acme/live" -mindepth 1 -maxdepth 1 -type d | head -1)
	cmp -s "$_live/fullchain.pem" "$secrets/tls_cert" && return
	put "$_live/privkey.pem" tls_key
	put "$_live/fullchain.pem" tls_cert
	reload
}

case $mode in
self-signed)
	self_signed
	reload
	;;
acme)
	[ ${#hosts[@]} != 0 ] || wrong "acme wants a --host"
	[ -n "$email" ] || wrong "acme wants an --email"
	names=()
	for name in "${hosts[@]}"; do names+=(-d "$name"); done
	certbot_run certonly --agree-tos -m "$email" "${names[@]}" "${acme[@]}"
	case " ${acme[*]-} " in *" --dry-run "*) ;; *) install_acme ;; esac
	;;
renew)
	certbot_run renew ${force:+--force-renewal} ${now:+--no-random-sleep-on-renew}
	install_acme
	;;
esac
