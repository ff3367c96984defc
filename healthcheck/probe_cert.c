/* SPDX-License-Identifier: MIT */
/* probe_cert.c - is a certificate valid, and for how long yet? */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "der.h"
#include "net.h"
#include "supervisor/clock.h"

enum { FILE_MAX = 262144, CERT_MAX = 16384, DAY = 86400 };

/* The soonest end and the latest beginning of a chain. */
struct chain {
	int count, soonest, latest; /* which one ends, begins */
	bool malformed;
	struct der_validity validity;
};

static void
add(void *arg, const uint8_t *data, size_t size)
{
	struct chain *chain = arg;
	struct der_validity v;

	if (der_validity(&v, data, size) < 0) {
		chain->malformed = true;
		return;
	}
	if (chain->count == 0 || v.not_after < chain->validity.not_after) {
		chain->validity.not_after = v.not_after;
		chain->soonest = chain->count;
	}
	if (chain->count == 0 || v.not_before > chain->validity.not_before) {
		chain->validity.not_before = v.not_before;
		chain->latest = chain->count;
	}
	chain->count++;
}

/* "certificate" for the first, "certificate 2 of the chain" for others. */
static enum outcome
say_when(struct run *run, int which, enum outcome outcome, const char *what,
    int64_t seconds)
{
	bool days = seconds >= DAY;

	return answer_say(run->answer, outcome,
	    outcome == OUTCOME_PASS ? REASON_OK : REASON_EXPIRED,
	    "%s%s %lld %s", which == 0 ? "" : "an issuer ", what,
	    (long long)(days ? seconds / DAY : seconds / 60),
	    days ? "days" : "minutes");
}

static enum outcome
judge(struct run *run, const struct chain *chain)
{
	int64_t now = clock_wall_ms() / 1000;
	int64_t left = chain->validity.not_after - now;

	if (chain->count == 0 || chain->malformed)
		return answer_say(run->answer, OUTCOME_FAIL, REASON_PROTOCOL,
		    "not a certificate");
	if (chain->validity.not_before > now)
		return say_when(run, chain->latest, OUTCOME_FAIL,
		    "is not valid yet, for", chain->validity.not_before - now);
	if (left < 0)
		return say_when(
		    run, chain->soonest, OUTCOME_FAIL, "expired since", -left);
	if (left < run->probe->days * DAY)
		return say_when(run, chain->soonest, OUTCOME_FAIL,
		    "expires too soon, in", left);
	return say_when(run, chain->soonest, OUTCOME_PASS, "valid for", left);
}

static enum outcome
from_file(struct run *run)
{
	static char text[FILE_MAX];
	static uint8_t der[CERT_MAX];
	struct chain chain = { 0 };
	const char *p = text;
	size_t size = 0;
	ssize_t n = 1;
	long length;
	int fd = open(run->probe->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return run_fail(run, errno, REASON_MISSING);
	while (size < sizeof(text) && n > 0) {
		n = read(fd, text + size, sizeof(text) - size);
		size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (n < 0)
		return run_fail(run, errno, REASON_PROTOCOL);
	if (size == 0)
		return answer_say(run->answer, OUTCOME_FAIL, REASON_PROTOCOL,
		    "the file is empty");
	if (text[0] == 0x30) {
		add(&chain, (const uint8_t *)text, size);
		return judge(run, &chain);
	}
	while ((length = der_from_pem(der, sizeof(der), &p, text + size)) > 0)
		add(&chain, der, (size_t)length);
	if (chain.count == 0 && length == 0 &&
	    memmem(text, size, "PRIVATE KEY-----", 16) != NULL)
		return answer_say(run->answer, OUTCOME_FAIL, REASON_PROTOCOL,
		    "a private key, not a certificate");
	chain.malformed |= length < 0;
	return judge(run, &chain);
}

static enum outcome
from_server(struct run *run)
{
	const struct probe *probe = run->probe;
	struct chain chain = { 0 };
	struct answer trust;
	struct stream stream;
	int opened;

	if (net_open(&stream, run, probe->host, probe->port, NULL) < 0)
		return (enum outcome)run->answer->outcome;
	opened = net_secure(&stream, probe->host, NULL, add, &chain);
	net_close(&stream);
	if (opened == 0)
		return judge(run, &chain);
	/* How it ends says more than that it is not trusted. */
	trust = *run->answer;
	if (chain.count == 0 || trust.reason == REASON_TLS ||
	    judge(run, &chain) == OUTCOME_PASS)
		*run->answer = trust;
	return (enum outcome)run->answer->outcome;
}

enum outcome
run_cert(struct run *run)
{
	return run->probe->host == NULL ? from_file(run) : from_server(run);
}
