/* SPDX-License-Identifier: MIT */
/* Times of certificates, PEM, name servers' replies, hosts and answers. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "healthcheck/answer.h"
#include "healthcheck/der.h"
#include "healthcheck/dns.h"
#include "healthcheck/hosts.h"

/* The least certificate with these two times, on the heap. */
static int
validity_of(struct der_validity *v, const char *from, const char *to)
{
	uint8_t text[128], *heap;
	size_t a = strlen(from), b = strlen(to), times = a + b + 4;
	size_t tbs = 3 + 2 + 2 + 2 + times;
	uint8_t *p = text;
	int done;

	*p++ = 0x30, *p++ = (uint8_t)(tbs + 2);
	*p++ = 0x30, *p++ = (uint8_t)tbs;
	*p++ = 0x02, *p++ = 1, *p++ = 7; /* serial */
	*p++ = 0x30, *p++ = 0;           /* algorithm */
	*p++ = 0x30, *p++ = 0;           /* issuer */
	*p++ = 0x30, *p++ = (uint8_t)times;
	*p++ = a == 13 ? 0x17 : 0x18, *p++ = (uint8_t)a;
	memcpy(p, from, a);
	p += a;
	*p++ = b == 13 ? 0x17 : 0x18, *p++ = (uint8_t)b;
	memcpy(p, to, b);
	p += b;
	heap = malloc((size_t)(p - text));
	if (heap == NULL)
		abort();
	assert_non_null(heap);
	memcpy(heap, text, (size_t)(p - text));
	done = der_validity(v, heap, (size_t)(p - text));
	free(heap);
	return done;
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		bool refused;
	} rows[] = {
		{ "700101000000Z", 0, false },
		{ "491231235959Z", 2524607999, false }, /* 2049 */
		{ "500101000000Z", -631152000, false }, /* 1950 */
		{ "20500101000000Z", 2524608000, false },
		{ "99991231235959Z", 253402300799, false },
		{ "240229120000Z", 1709208000, false }, /* a leap day */
		{ "20000229000000Z", 951782400, false },
		{ "230229120000Z", 0, true },
		{ "21000229000000Z", 0, true },
		{ "241301000000Z", 0, true },
		{ "240001000000Z", 0, true },
		{ "240132000000Z", 0, true },
		{ "240101240000Z", 0, true },
		{ "240101006000Z", 0, true },
		{ "2401010000000", 0, true }, /* no Z */
		{ "24010100000 Z", 0, true },
		{ "00000101000000Z", 0, true },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct der_validity v = { 77, 77 };

		assert_int_equal(validity_of(&v, "700101000000Z", rows[i].text),
		    rows[i].refused ? -1 : 0);
		assert_int_equal(
		    v.not_after, rows[i].refused ? 77 : rows[i].seconds);
	}
}

static void
test_every_cut_of_a_certificate_is_refused(void **state)
{
	static const char text[] =
	    "-----BEGIN CERTIFICATE-----\n"
	    "MDMwMQIBBzAAMAAwKBcNNzAwMTAxMDAwMDAwWhcXMjA1MDAxMDEwMDAwMDBa\n"
	    "-----END CERTIFICATE-----\n";
	struct der_validity v;
	uint8_t out[128];
	const char *p = text;
	(void)state;

	assert_true(
	    der_from_pem(out, sizeof(out), &p, text + strlen(text)) > 40);
	assert_int_equal(
	    der_from_pem(out, sizeof(out), &p, text + strlen(text)), 0);
	for (size_t n = 0; n < 50; n++) {
		uint8_t *cut = malloc(n == 0 ? 1 : n);

		if (cut == NULL)
			abort();
		memcpy(cut, out, n);
		assert_int_equal(der_validity(&v, cut, n), -1);
		free(cut);
	}
	p = "-----BEGIN CERTIFICATE-----\nAAAA";
	assert_int_equal(der_from_pem(out, sizeof(out), &p, p + 32), -1);
	p = text;
	assert_int_equal(der_from_pem(out, 8, &p, text + strlen(text)), -1);
}

static void
test_names_to_ask_for(void **state)
{
	static const struct {
		const char *name;
		bool asked;
	} rows[] = {
		{ "db", true },
		{ "db.example.", true },
		{ "a-b_c.d", true },
		{ "", false },
		{ ".", false },
		{ "a..b", false },
		{ ".a", false },
		{ "a..", false },
	};
	uint8_t query[DNS_QUERY_MAX];
	char name[300];
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(dns_query(query, rows[i].name, DNS_A, 1) != 0,
		    rows[i].asked);
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_int_equal(dns_query(query, name, DNS_A, 1), 0);
	for (size_t i = 0; i < 250; i += 2)
		name[i] = 'a', name[i + 1] = '.';
	name[250] = '\0';
	assert_true(dns_query(query, name, DNS_A, 1) > 0);
	name[250] = 'a';
	memset(name + 250, 'b', 49);
	name[299] = '\0';
	assert_int_equal(dns_query(query, name, DNS_A, 1), 0);
}

static void
test_replies(void **state)
{
	uint8_t query[DNS_QUERY_MAX], data[512];
	size_t q = dns_query(query, "Db.example", DNS_A, 0x1234), n;
	static const uint8_t alias[] = { 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, 2,
		0xc0, 12 };
	static const uint8_t address[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0,
		4, 127, 0, 0, 9 };
	struct dns_reply reply;
	(void)state;

	memcpy(data, query, q);
	data[2] = 0x81;
	data[3] = 0x80;
	data[7] = 2;
	data[13] = 'd'; /* another case is as good */
	memcpy(data + q, alias, sizeof(alias));
	n = q + sizeof(alias);
	memcpy(data + n, address, sizeof(address));
	n += sizeof(address);
	assert_int_equal(dns_reply(&reply, data, n, query, q), 0);
	assert_int_equal(reply.count, 1);
	assert_int_equal(reply.list[0].bytes[3], 9);
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *heap = malloc(cut == 0 ? 1 : cut);

		if (heap == NULL)
			abort();
		memcpy(heap, data, cut);
		assert_int_equal(dns_reply(&reply, heap, cut, query, q), -1);
		free(heap);
	}
	data[2] |= 2; /* truncated: as far as it goes */
	assert_int_equal(dns_reply(&reply, data, n - 3, query, q), 0);
	assert_true(reply.truncated);
	data[0] ^= 1; /* the answer to somebody else */
	assert_int_equal(dns_reply(&reply, data, n, query, q), -1);
	data[0] ^= 1;
	data[14] = 'x';
	assert_int_equal(dns_reply(&reply, data, n, query, q), -1);
	data[14] = 'b';
	data[2] = 0x81;
	data[3] = 0x83;
	assert_int_equal(dns_reply(&reply, data, q, query, q), -1);
	data[7] = 0;
	assert_int_equal(dns_reply(&reply, data, q, query, q), 0);
	assert_string_equal(dns_code_text(reply.code), "no such host");
}

static void
test_hosts_and_resolv_conf(void **state)
{
	char hosts[] = "# c\n127.0.0.1 a b#db\n10.0.0.1\tdb DB.x # z\n"
	               "nonsense db\n::1 db\n1.2.3.4";
	char conf[] = "nameserver 10.0.0.1\nnameserver 10.0.0.2\n"
	              "nameserver ::1\nnameserver 10.0.0.4\n"
	              "domain old\nsearch a.b c.d # x\n"
	              "options ndots:5 timeout:2 attempts:99 rotate\n";
	char none[] = "";
	struct dns_address list[8];
	struct hosts_resolver r;
	(void)state;

	assert_int_equal(hosts_find_in(hosts, "db", list, 8), 2);
	assert_int_equal(list[0].size, 4);
	assert_int_equal(list[1].size, 16);
	hosts_resolver_in(conf, &r);
	assert_int_equal(r.server_count, 3);
	assert_string_equal(r.servers[2], "::1");
	assert_int_equal(r.search_count, 2);
	assert_string_equal(r.search[1], "c.d");
	assert_int_equal(r.ndots, 5);
	assert_int_equal(r.timeout_ms, 2000);
	assert_int_equal(r.attempts, 5);
	hosts_resolver_in(none, &r);
	assert_string_equal(r.servers[0], "127.0.0.1");
	assert_int_equal(r.ndots, 1);
}

static bool
check_copy(struct answer *copy, const struct answer *answer, size_t size)
{
	*copy = *answer;
	return answer_check(copy, size);
}

static void
test_an_answer_is_trusted_in_nothing(void **state)
{
	static struct answer good, bad, read;
	size_t size;
	(void)state;

	answer_say(&good, OUTCOME_FAIL, REASON_REFUSED, "a\nb\x7f%s", "c");
	assert_string_equal(good.text, "a?b?c");
	answer_keep(&good, "hello", 5);
	size = answer_size(&good);
	assert_true(check_copy(&read, &good, size));
	assert_int_equal(read.output_size, 5);
	assert_memory_equal(read.output, "hello", 5);
	assert_false(check_copy(&read, &good, size - 1));
	assert_false(check_copy(&read, &good, size + 1));
	assert_false(check_copy(&read, &good, 0));

	bad = good, bad.outcome = OUTCOME_END;
	assert_false(check_copy(&read, &bad, size));
	bad = good, bad.outcome = -1;
	assert_false(check_copy(&read, &bad, size));
	bad = good, bad.reason = REASON_END;
	assert_false(check_copy(&read, &bad, size));
	bad = good, bad.duration_us = -1;
	assert_false(check_copy(&read, &bad, size));
	bad = good, bad.output_size = UINT32_MAX;
	assert_false(check_copy(&read, &bad, size));
	bad = good;
	memset(bad.text, 'x', sizeof(bad.text)); /* no NUL */
	assert_false(check_copy(&read, &bad, size));
	bad = good;
	bad.text[0] = '\033';
	assert_true(check_copy(&read, &bad, size));
	assert_int_equal(read.text[0], '?');

	memset(&good, 0, sizeof(good));
	for (int i = 0; i < 3000; i++)
		answer_keep(&good, "abc", 3);
	assert_int_equal(good.output_size, ANSWER_OUTPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_every_cut_of_a_certificate_is_refused),
		cmocka_unit_test(test_names_to_ask_for),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_hosts_and_resolv_conf),
		cmocka_unit_test(test_an_answer_is_trusted_in_nothing),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
