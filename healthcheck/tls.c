/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <errno.h>

#include "hello.h"
#include "net.h"
#include "run.h"

#ifndef HALE_TLS

int
tls_open(struct stream *stream, const char *host, const char *protocol,
    tls_seen *seen, void *arg)
{
	(void)protocol;
	if (seen != NULL) /* they come in clear, from most servers */
		return hello_certificates(stream,
		    stream->run->probe->server_name != NULL
		        ? stream->run->probe->server_name
		        : host,
		    seen, arg);
	answer_say(stream->run->answer, OUTCOME_ERROR, REASON_TLS,
	    "this hale was built without TLS");
	return -1;
}

ssize_t
tls_read(struct tls *tls, struct run *run, void *data, size_t size)
{
	(void)tls, (void)run, (void)data, (void)size;
	errno = EPROTO;
	return -1;
}

ssize_t
tls_write(struct tls *tls, struct run *run, const void *data, size_t size)
{
	(void)tls, (void)run, (void)data, (void)size;
	errno = EPROTO;
	return -1;
}

void
tls_close(struct tls *tls)
{
	(void)tls;
}

#else

#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

enum { FILE_MAX = 2 << 20 };

struct tls {
	int fd;
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;
	mbedtls_x509_crt authorities, own;
	mbedtls_pk_context key;
};

/* Where systems keep the authorities that they trust. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
	"/etc/ssl/ca-bundle.pem",             /* openSUSE */
	"/etc/ssl/cert.pem",
};

/* All the randomness that mbedTLS gets; the kernel's pool never runs out. */
psa_status_t
mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
    uint8_t *out, size_t size, size_t *got)
{
	(void)context;
	*got = size;
	while (size > 0) {
		ssize_t n = getrandom(out, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PSA_ERROR_INSUFFICIENT_ENTROPY;
		out += n;
		size -= (size_t)n;
	}
	return PSA_SUCCESS;
}

static int
random_bytes(void *arg, unsigned char *out, size_t size)
{
	size_t got;

	(void)arg;
	return mbedtls_psa_external_get_random(NULL, out, size, &got) ==
	               PSA_SUCCESS
	           ? 0
	           : -1;
}

static int
on_send(void *arg, const unsigned char *data, size_t size)
{
	ssize_t n = send(((struct tls *)arg)->fd, data, size, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	return n < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)n;
}

static int
on_receive(void *arg, unsigned char *data, size_t size)
{
	ssize_t n = recv(((struct tls *)arg)->fd, data, size, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return MBEDTLS_ERR_SSL_WANT_READ;
	return n <= 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)n;
}

static const char *
alert_text(unsigned char alert)
{
	static const struct {
		unsigned char number;
		const char *text;
	} alerts[] = {
		{ 40, "the server finds nothing in common, or wants a client "
		      "certificate" },
		{ 42, "the server refuses our certificate" },
		{ 43, "the server refuses our kind of certificate" },
		{ 44, "our certificate is revoked, says the server" },
		{ 45, "our certificate has expired, says the server" },
		{ 46, "the server refuses our certificate" },
		{ 48, "the server does not know who signed our certificate" },
		{ 49, "the server denies access" },
		{ 70, "the server speaks no TLS 1.2 or 1.3" },
		{ 80, "the server has an internal error" },
		{ 112, "the server does not know that name" },
		{ 116, "the server wants a client certificate" },
		{ 120, "the server speaks another protocol" },
	};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].number == alert)
			return alerts[i].text;
	return "the server sent a fatal alert";
}

static int
say_error(struct run *run, const struct tls *tls, int code)
{
	struct answer *answer = run->answer;

	switch (code) {
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		answer->code = tls->ssl.in_msg == NULL ? 0 : tls->ssl.in_msg[1];
		answer_say(answer, OUTCOME_FAIL, REASON_TLS,
		    "TLS: %s (alert %d)",
		    alert_text((unsigned char)answer->code), answer->code);
		break;
	case MBEDTLS_ERR_SSL_INVALID_RECORD:
	case MBEDTLS_ERR_SSL_UNEXPECTED_RECORD:
		answer_say(answer, OUTCOME_FAIL, REASON_TLS,
		    "the server does not speak TLS");
		break;
	case MBEDTLS_ERR_SSL_CONN_EOF:
		answer_say(answer, OUTCOME_FAIL, REASON_CLOSED,
		    "the server closed the connection during the TLS "
		    "handshake");
		break;
	case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
		answer_say(answer, OUTCOME_FAIL, REASON_TLS,
		    "TLS: the server speaks no TLS 1.2 or 1.3");
		break;
	default:
		answer_say(answer,
		    code == MBEDTLS_ERR_SSL_ALLOC_FAILED ? OUTCOME_ERROR
		                                         : OUTCOME_FAIL,
		    REASON_TLS, "TLS: the handshake failed (-0x%04x)",
		    (unsigned)-code);
		break;
	}
	return -1;
}

/* A whole PEM file with the NUL that mbedTLS wants; NULL: errno. */
static unsigned char *
read_pem(const char *path, size_t *size)
{
	unsigned char *text = malloc(FILE_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	*size = 0;
	if (fd < 0 || text == NULL) {
		free(text);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while (n > 0 && *size < FILE_MAX - 1) {
		n = read(fd, text + *size, FILE_MAX - 1 - *size);
		*size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	text[(*size)++] = '\0';
	return text;
}

/* text: what was read of it; NULL: errno says why nothing was. */
static int
refuse_file(struct run *run, const char *what, const char *path,
    const unsigned char *text)
{
	answer_say(run->answer, OUTCOME_ERROR, REASON_CERTIFICATE,
	    "%s: %s can't be used: %s", what, path,
	    text == NULL ? run_errno(errno) : "not PEM, or of another kind");
	return -1;
}

static int
load_certificates(
    struct run *run, mbedtls_x509_crt *list, const char *what, const char *path)
{
	size_t size;
	unsigned char *text = read_pem(path, &size);
	int bad = text == NULL || mbedtls_x509_crt_parse(list, text, size) < 0;

	/* Some of a bundle may be of kinds that we don't read. */
	bad =
	    bad || list->raw.p == NULL ? refuse_file(run, what, path, text) : 0;
	free(text);
	return bad;
}

static int
load_authorities(struct run *run, struct tls *tls)
{
	const char *path = run->probe->ca_file;

	if (path != NULL)
		return load_certificates(
		    run, &tls->authorities, "ca_file", path);
	path = getenv("SSL_CERT_FILE");
	if (path != NULL && access(path, R_OK) == 0)
		return load_certificates(
		    run, &tls->authorities, "SSL_CERT_FILE", path);
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return load_certificates(
			    run, &tls->authorities, "authorities", bundles[i]);
	answer_say(run->answer, OUTCOME_FAIL, REASON_CERTIFICATE,
	    "no authorities to trust (%s, ...): give ca_file, or insecure",
	    bundles[0]);
	return -1;
}

static int
load_own(struct run *run, struct tls *tls)
{
	const struct probe *probe = run->probe;
	size_t size;
	unsigned char *text;
	int bad;

	if (probe->client_cert == NULL)
		return 0;
	if (load_certificates(
	        run, &tls->own, "client_cert", probe->client_cert) < 0)
		return -1;
	text = read_pem(probe->client_key, &size);
	bad = text == NULL ||
	      mbedtls_pk_parse_key(
	          &tls->key, text, size, NULL, 0, random_bytes, NULL) != 0 ||
	      mbedtls_ssl_conf_own_cert(&tls->conf, &tls->own, &tls->key) != 0;
	if (bad)
		refuse_file(run, "client_key", probe->client_key, text);
	if (text != NULL)
		explicit_bzero(text, size);
	free(text);
	return bad ? -1 : 0;
}

static const char *
distrust_text(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *text;
	} texts[] = {
		{ MBEDTLS_X509_BADCERT_EXPIRED, "has expired" },
		{ MBEDTLS_X509_BADCERT_FUTURE, "is not valid yet" },
		{ MBEDTLS_X509_BADCERT_CN_MISMATCH, "is for another name" },
		{ MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "is not for a server" },
		{ MBEDTLS_X509_BADCERT_NOT_TRUSTED,
		    "is not signed by an authority that is trusted" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if ((flags & texts[i].flag) != 0)
			return texts[i].text;
	return "uses weak or unknown cryptography";
}

/* Judges the server's chain; the handshake itself has not. */
static int
verify(struct run *run, struct tls *tls, const char *name)
{
	const mbedtls_x509_crt *chain = mbedtls_ssl_get_peer_cert(&tls->ssl);
	uint32_t flags = 0;
	int code;

	if (run->probe->insecure == 1)
		return 0;
	if (chain == NULL) {
		answer_say(run->answer, OUTCOME_FAIL, REASON_CERTIFICATE,
		    "the server shows no certificate");
		return -1;
	}
	code = mbedtls_x509_crt_verify((mbedtls_x509_crt *)(uintptr_t)chain,
	    &tls->authorities, NULL, name, &flags, NULL, NULL);
	if (code == 0 && mbedtls_x509_crt_check_extended_key_usage(chain,
	                     MBEDTLS_OID_SERVER_AUTH,
	                     MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0)
		flags = MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
	if (code == 0 && flags == 0)
		return 0;
	answer_say(run->answer, OUTCOME_FAIL,
	    (flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0 ? REASON_EXPIRED
	                                                : REASON_CERTIFICATE,
	    "the server's certificate %s", distrust_text(flags));
	return -1;
}

static bool
is_address(const char *name)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 ||
	       inet_pton(AF_INET6, name, bytes) == 1;
}

/*
 * PKCS#1 before PSS: mbedTLS 3.6 offers PSS for TLS 1.2, and then refuses it.
 * The short list is for servers that insist on PSS.
 */
static const uint16_t algorithms[] = { 0x0403, 0x0503, 0x0401, 0x0501, 0x0601,
	0x0804, 0x0805, 0x0806, 0 };
static const uint16_t no_pss[] = { 0x0403, 0x0503, 0x0401, 0x0501, 0x0601, 0 };

/* Returns 0, or a code of mbedTLS. */
static int
set_up(struct tls *tls, const char *name, const char *protocol, bool careful)
{
	static const char *offered[2];
	int code =
	    mbedtls_ssl_config_defaults(&tls->conf, MBEDTLS_SSL_IS_CLIENT,
	        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

	if (code != 0)
		return code;
	mbedtls_ssl_conf_rng(&tls->conf, random_bytes, NULL);
	mbedtls_ssl_conf_authmode(&tls->conf, MBEDTLS_SSL_VERIFY_NONE);
	mbedtls_ssl_conf_sig_algs(&tls->conf, careful ? no_pss : algorithms);
	if (careful)
		mbedtls_ssl_conf_max_tls_version(
		    &tls->conf, MBEDTLS_SSL_VERSION_TLS1_2);
	offered[0] = protocol;
	if (protocol != NULL)
		mbedtls_ssl_conf_alpn_protocols(&tls->conf, offered);
	code = mbedtls_ssl_setup(&tls->ssl, &tls->conf);
	if (code == 0 && name != NULL && !is_address(name))
		code = mbedtls_ssl_set_hostname(&tls->ssl, name);
	mbedtls_ssl_set_bio(&tls->ssl, tls, on_send, on_receive, NULL);
	return code;
}

/* Returns 0, 1 when the deadline passed, or a code of mbedTLS. */
static int
shake_hands(struct run *run, struct tls *tls)
{
	for (;;) {
		int code = mbedtls_ssl_handshake(&tls->ssl);

		if (code != MBEDTLS_ERR_SSL_WANT_READ &&
		    code != MBEDTLS_ERR_SSL_WANT_WRITE)
			return code;
		if (net_wait(run, tls->fd,
		        code == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT) <
		    0)
			return 1;
	}
}

static struct tls *
make(int fd)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL || psa_crypto_init() != PSA_SUCCESS) {
		free(tls);
		return NULL;
	}
	tls->fd = fd;
	mbedtls_ssl_init(&tls->ssl);
	mbedtls_ssl_config_init(&tls->conf);
	mbedtls_x509_crt_init(&tls->authorities);
	mbedtls_x509_crt_init(&tls->own);
	mbedtls_pk_init(&tls->key);
	return tls;
}

/* Gives each certificate of the server to the one who asked for them. */
static void
show_chain(const struct tls *tls, tls_seen *seen, void *arg)
{
	const mbedtls_x509_crt *c = mbedtls_ssl_get_peer_cert(&tls->ssl);

	for (; seen != NULL && c != NULL; c = c->next)
		if (c->raw.p != NULL)
			seen(arg, c->raw.p, c->raw.len);
}

/* All that a handshake takes.  Returns 0, or -1 with the answer settled. */
static int
prepare(
    struct stream *stream, const char *host, const char *protocol, bool careful)
{
	struct run *run = stream->run;
	struct tls *tls = make(stream->fd);
	int code;

	if (tls == NULL) {
		answer_say(run->answer, OUTCOME_ERROR, REASON_RESOURCE,
		    "no memory for TLS");
		return -1;
	}
	stream->tls = tls;
	code = set_up(tls, host, protocol, careful);
	if (code != 0)
		return say_error(run, tls, code);
	if (load_own(run, tls) < 0)
		return -1;
	return run->probe->insecure == 1 ? 0 : load_authorities(run, tls);
}

/* One try.  Returns 0, 1: try again carefully, -1: the answer is settled. */
static int
try_open(
    struct stream *stream, const char *host, const char *protocol, bool careful)
{
	struct run *run = stream->run;
	struct tls *tls;
	int code;

	if (prepare(stream, host, protocol, careful) < 0)
		return -1;
	tls = stream->tls;
	code = shake_hands(run, tls);
	if (code == 1)
		return run_timed_out(run, "in the TLS handshake"), -1;
	if (code == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER && !careful)
		return 1;
	if (code != 0)
		return say_error(run, tls, code);
	run_note(run, "%s, %s", mbedtls_ssl_get_version(&tls->ssl),
	    mbedtls_ssl_get_ciphersuite(&tls->ssl));
	return 0;
}

int
tls_open(struct stream *stream, const char *host, const char *protocol,
    tls_seen *seen, void *arg)
{
	struct run *run = stream->run;
	const char *name = run->probe->server_name;
	int done;

	if (name == NULL)
		name = host;
	done = try_open(stream, name, protocol, false);
	if (done == 1) {
		net_close(stream);
		if (net_open(stream, run, stream->host, stream->port,
		        stream->path) < 0)
			return -1;
		done = try_open(stream, name, protocol, true);
	}
	if (done < 0)
		return -1;
	show_chain(stream->tls, seen, arg);
	return verify(run, stream->tls, name);
}

/* Turns a code into what read() and write() return. */
static ssize_t
result(struct tls *tls, struct run *run, int code)
{
	if (code >= 0)
		return code;
	if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ||
	    code == MBEDTLS_ERR_SSL_CONN_EOF)
		return 0;
	errno = EAGAIN;
	if (code == MBEDTLS_ERR_SSL_WANT_READ ||
	    code == MBEDTLS_ERR_SSL_WANT_WRITE)
		return -1;
	say_error(run, tls, code);
	errno = EPROTO;
	return -1;
}

ssize_t
tls_read(struct tls *tls, struct run *run, void *data, size_t size)
{
	int code;

	do
		code = mbedtls_ssl_read(&tls->ssl, data, size);
	while (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
	return result(tls, run, code);
}

ssize_t
tls_write(struct tls *tls, struct run *run, const void *data, size_t size)
{
	return result(tls, run, mbedtls_ssl_write(&tls->ssl, data, size));
}

void
tls_close(struct tls *tls)
{
	mbedtls_ssl_free(&tls->ssl);
	mbedtls_ssl_config_free(&tls->conf);
	mbedtls_x509_crt_free(&tls->authorities);
	mbedtls_x509_crt_free(&tls->own);
	mbedtls_pk_free(&tls->key);
	free(tls);
}

#endif
