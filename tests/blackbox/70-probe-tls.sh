#!/bin/bash
# SPDX-License-Identifier: MIT
#
# https and cert against openssl s_server in its good and bad set-ups.

. "${BASH_SOURCE%/*}/lib.sh"
. "$TOP/tests/blackbox/probe.sh"

have openssl openssl && have "$PYTHON" python3 || { done_testing; exit; }
plain probe https://127.0.0.1:1/ -k
[[ $out != *"without TLS"* ]] || {
	skip "TLS" "this hale was built with TLS=none"
	done_testing
	exit
}

# ca NAME; leaf NAME CA DAYS SAN [EC|RSA]
ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$1.key" -out "$1.pem" -days 3650 -subj "/CN=$1" \
	    -addext basicConstraints=critical,CA:TRUE 2>>log
}
leaf()
{
	local new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
	[ "${5:-EC}" = EC ] || new=(-newkey rsa:2048)
	openssl req "${new[@]}" -nodes -keyout "$1.key" -out "$1.csr" \
	    -subj "/CN=$1" 2>>log
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" \
	    -out "$1.pem" -days "$3" -CAcreateserial \
	    -extfile <(echo "subjectAltName=$4") 2>>log
}
ca good-ca
ca other-ca
leaf good good-ca 90 DNS:localhost,IP:127.0.0.1
leaf rsa good-ca 90 DNS:localhost,IP:127.0.0.1 RSA
leaf soon good-ca 3 DNS:localhost,IP:127.0.0.1
leaf wrong good-ca 90 DNS:elsewhere.example
leaf client good-ca 90 DNS:client
openssl req -new -key good.key -subj /CN=expired -out expired.csr 2>>log
cat >ca.conf <<'C'
[ca]
default_ca=d
[d]
database=index
new_certs_dir=.
serial=serial
default_md=sha256
policy=p
copy_extensions=copy
[p]
commonName=supplied
C
: >index; echo 01 >serial
dated() # NAME FROM TO
{
	openssl req -new -key good.key -subj "/CN=$1" -out "$1.csr" \
	    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>>log
	openssl ca -config ca.conf -batch -notext -cert good-ca.pem \
	    -keyfile good-ca.key -startdate "$2" -enddate "$3" \
	    -in "$1.csr" -out "$1.pem" 2>>log
	cp good.key "$1.key"
}
dated expired 20200101000000Z 20210101000000Z
dated future 20900101000000Z 20950101000000Z

port=0
server() # CERT [s_server option]...
{
	local cert=$1
	shift
	port=$(free_port)
	openssl s_server -accept "127.0.0.1:$port" -cert "$cert.pem" \
	    -key "$cert.key" -www -quiet "$@" >>"$T/s_server" 2>&1 &
	wait_for 10 listening "$port" || nok "s_server $cert $* starts"
}
ca=(--ca-file "$T/good-ca.pem")
url() { echo "https://127.0.0.1:$port/"; }

server good
passes "$(url)" "${ca[@]}"
passes "https://localhost:$port/" "${ca[@]}"
passes "$(url)" --insecure
passes "$(url)#insecure=true"
SSL_CERT_FILE=$T/good-ca.pem plain probe "$(url)"
is "$rc" 0 "SSL_CERT_FILE is honoured"
fails "not signed by an authority that is trusted" "$(url)" \
    --ca-file "$T/other-ca.pem"
fails "ca_file: .* can't be used: no such file" "$(url)" --ca-file "$T/none.pem"
fails "ca_file: .* can't be used: not PEM" "$(url)" --ca-file "$T/log"
passes "cert://127.0.0.1:$port?days=80" "${ca[@]}"
fails "expires too soon, in (89|90) days" "cert://127.0.0.1:$port?days=100" \
    "${ca[@]}"
fails "is for another name" "$(url)" "${ca[@]}" --server-name other.example
fails "does not speak HTTP/2|not an HTTP|closed|another protocol|timed out" \
    "grpcs://127.0.0.1:$port" --timeout 2s "${ca[@]}"
fails "HTTP response|closed|TLS" "http://127.0.0.1:$port/"

server good -tls1_3
passes "$(url)" "${ca[@]}"
server good -tls1_2
passes "$(url)" "${ca[@]}"
server rsa -tls1_2
passes "$(url)" "${ca[@]}"
server rsa -tls1_3
passes "$(url)" "${ca[@]}"
server rsa -tls1_2 -serverpref -sigalgs RSA-PSS+SHA256:RSA+SHA256
passes "$(url)" "${ca[@]}"
server good -tls1_1 -cipher ALL:@SECLEVEL=0
fails "TLS: .*" "$(url)" "${ca[@]}"

server wrong
fails "is for another name" "$(url)" "${ca[@]}"
passes "$(url)" "${ca[@]}" --server-name elsewhere.example
passes "$(url)" -k
server expired
fails "has expired" "$(url)" "${ca[@]}"
fails "expired since .* days" "cert://127.0.0.1:$port" "${ca[@]}"
fails "expired since .* days" "cert://127.0.0.1:$port" -k
passes "$(url)" -k
server future
fails "is not valid yet" "$(url)" "${ca[@]}"
fails "is not valid yet" "cert://127.0.0.1:$port" "${ca[@]}"
server good-ca
fails "not signed by an authority|another name" "$(url)" \
    --ca-file "$T/other-ca.pem"
server soon
passes "cert://127.0.0.1:$port?days=1" "${ca[@]}"
fails "expires too soon, in [23] days" "cert://127.0.0.1:$port" "${ca[@]}"

server good -Verify 1 -CAfile good-ca.pem
fails "client certificate|alert" "$(url)" "${ca[@]}"
fails "error: client_key: .* can't be used: not PEM" "$(url)" -k \
    --client-cert "$T/client.pem" --client-key "$T/client.pem"
fails "error: client_key: .* can't be used: no such file" "$(url)" -k \
    --client-cert "$T/client.pem" --client-key "$T/none.key"
passes "$(url)" "${ca[@]}" --client-cert "$T/client.pem" \
    --client-key "$T/client.key"

# ---- who only finds out on the way, and inside PID 1
# redirector: sends every request on to https, at $port
redirector()
{
	local from=$1
	"$PYTHON" - "$from" "$port" >>"$T/redirector" 2>&1 <<'P' &
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(20)
while True:
    c, _ = s.accept()
    if c.recv(4096):
        c.sendall(b"HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:"
                  + sys.argv[2].encode() + b"/\r\nContent-Length: 0\r\n\r\n")
    c.close()
P
	wait_for 10 listening "$from" || nok "the redirector starts"
}
server good
moved=$(free_port)
redirector "$moved"
passes "http://127.0.0.1:$moved/" "${ca[@]}"
fails "not signed by an authority that is trusted" "http://127.0.0.1:$moved/" \
    --ca-file "$T/other-ca.pem"
for asked in "https: 127.0.0.1:$port" "http: 127.0.0.1:$moved"; do
	cat >tls.yaml <<-Y
	services:
	  s:
	    command: [sleep, "600"]
	    healthcheck: {$asked, ca_file: $T/good-ca.pem, interval: 100ms}
	hale: {socket: none, log_level: info}
	Y
	pid1_start run -c tls.yaml
	check "in PID 1: $asked" \
	    wait_for 20 has "$T/err" "s: healthy: .*status 200"
	pid1_signal TERM
	pid1_wait 20
done

# Where written memory can't become code, TLS comes out of a file of memory.
no_gain=("$PYTHON" -c 'import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit(99)
os.execv(sys.argv[1], sys.argv[1:])')
out=$("${no_gain[@]}" "$HALE" probe --timeout 10s "$(url)" "${ca[@]}" 2>&1)
rc=$?
if [ "$rc" = 99 ]; then
	skip "PR_SET_MDWE" "this kernel is older than 6.3"
else
	is "$rc" 0 "passes under PR_SET_MDWE"
	[ "$rc" = 0 ] || echo "  $out"
fi

# ---- certificates in files
passes "cert://$T/good.pem?days=80"
fails "expires too soon" "cert://$T/good.pem?days=91"
fails "expired since" "cert://$T/expired.pem"
fails "is not valid yet" "cert://$T/future.pem"
cat future.pem good.pem >younger.pem # the issuer ends first; the other is to blame
fails 'younger.pem: is not valid yet' "cert://$T/younger.pem"
cat good.pem future.pem >older.pem
fails 'older.pem: an issuer is not valid yet' "cert://$T/older.pem"
fails "private key" "cert://$T/good.key"
fails "no such file" "cert://$T/none.pem"
: >empty.pem
fails "empty" "cert://$T/empty.pem"
fails "is a directory" "cert://$T"
head -c 300 good.pem >half.pem
fails "not a certificate" "cert://$T/half.pem"
openssl x509 -in good.pem -outform DER -out good.der
passes "cert://$T/good.der"
sed 's/$/\r/' good.pem >crlf.pem
passes "cert://$T/crlf.pem"
cat good.pem soon.pem >both.pem
fails "an issuer expires too soon, in [23] days" "cert://$T/both.pem"

# ---- a scratch image has no authorities: say so
mount -t tmpfs tmpfs /etc/ssl
server good
fails "no authorities to trust .*give ca_file, or insecure" "$(url)"

done_testing
