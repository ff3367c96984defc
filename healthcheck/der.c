/* SPDX-License-Identifier: MIT */
#include "der.h"

#include <stdbool.h>
#include <string.h>

enum {
	TAG_INTEGER = 0x02,
	TAG_UTC_TIME = 0x17,
	TAG_GENERALIZED_TIME = 0x18,
	TAG_SEQUENCE = 0x30,
	TAG_VERSION = 0xa0,
};

struct span {
	const uint8_t *p, *end;
};

/* Takes the next element off *from; indefinite lengths are not DER. */
static int
take(struct span *from, uint8_t *tag, struct span *value)
{
	const uint8_t *p = from->p;
	size_t n;

	if (from->end - p < 2)
		return -1;
	*tag = *p++;
	n = *p++;
	if ((n & 0x80) != 0) {
		int bytes = (int)(n & 0x7f);

		if (bytes < 1 || bytes > 3 || from->end - p < bytes)
			return -1;
		for (n = 0; bytes > 0; bytes--)
			n = n << 8 | *p++;
	}
	if ((size_t)(from->end - p) < n)
		return -1;
	*value = (struct span){ p, p + n };
	from->p = p + n;
	return 0;
}

static int
take_tag(struct span *from, uint8_t wanted, struct span *value)
{
	uint8_t tag;

	return take(from, &tag, value) == 0 && tag == wanted ? 0 : -1;
}

static int
two_digits(const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since the Epoch of a date of the Gregorian calendar. */
static int64_t
days_since_epoch(int year, int month, int day)
{
	static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212,
		243, 273, 304, 334 };
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162 +
	       before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

static int
days_in(int year, int month)
{
	if (month == 2)
		return is_leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, nothing else. */
static int
take_time(struct span *from, int64_t *seconds)
{
	struct span text;
	uint8_t tag;
	int year, high = 0, part[5];
	static const uint8_t most[5] = { 12, 31, 23, 59, 60 };

	if (take(from, &tag, &text) < 0 ||
	    (tag != TAG_UTC_TIME && tag != TAG_GENERALIZED_TIME) ||
	    text.end - text.p != (tag == TAG_UTC_TIME ? 13 : 15) ||
	    text.end[-1] != 'Z')
		return -1;
	if (tag == TAG_GENERALIZED_TIME) {
		high = two_digits(text.p);
		text.p += 2;
	}
	year = two_digits(text.p);
	if (year < 0 || high < 0)
		return -1;
	year += tag == TAG_GENERALIZED_TIME ? high * 100
	        : year < 50                 ? 2000
	                                    : 1900;
	for (int i = 0; i < 5; i++) {
		part[i] = two_digits(text.p + 2 + 2 * i);
		if (part[i] < (i < 2) || part[i] > most[i])
			return -1;
	}
	if (year < 1 || part[1] > days_in(year, part[0]))
		return -1;
	*seconds = days_since_epoch(year, part[0], part[1]) * 86400 +
	           part[2] * 3600 + part[3] * 60 + part[4];
	return 0;
}

int
der_validity(struct der_validity *validity, const uint8_t *data, size_t size)
{
	struct span all = { data, data + size }, cert, tbs, value, times;
	struct der_validity found;
	uint8_t tag;

	if (take_tag(&all, TAG_SEQUENCE, &cert) < 0 ||
	    take_tag(&cert, TAG_SEQUENCE, &tbs) < 0 ||
	    take(&tbs, &tag, &value) < 0)
		return -1;
	if (tag == TAG_VERSION && take(&tbs, &tag, &value) < 0)
		return -1;
	if (tag != TAG_INTEGER ||                       /* the serial number */
	    take_tag(&tbs, TAG_SEQUENCE, &value) < 0 || /* the algorithm */
	    take_tag(&tbs, TAG_SEQUENCE, &value) < 0 || /* the issuer */
	    take_tag(&tbs, TAG_SEQUENCE, &times) < 0 ||
	    take_time(&times, &found.not_before) < 0 ||
	    take_time(&times, &found.not_after) < 0)
		return -1;
	*validity = found;
	return 0;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static long
decode(uint8_t *out, size_t out_size, const char *p, const char *end)
{
	uint32_t bits = 0;
	int count = 0;
	size_t n = 0;

	for (; p < end && *p != '='; p++) {
		int value = base64_value(*p);

		if (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t')
			continue;
		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (n == out_size)
			return -1;
		out[n++] = (uint8_t)(bits >> count);
	}
	return n == 0 ? -1 : (long)n;
}

long
der_from_pem(uint8_t *out, size_t out_size, const char **text, const char *end)
{
	static const char *const begins[] = { "-----BEGIN CERTIFICATE-----",
		"-----BEGIN TRUSTED CERTIFICATE-----" };
	const char *begin = NULL, *stop;

	for (int i = 0; i < 2; i++) {
		size_t n = strlen(begins[i]);
		const char *at =
		    memmem(*text, (size_t)(end - *text), begins[i], n);

		if (at != NULL && (begin == NULL || at + n < begin))
			begin = at + n;
	}
	if (begin == NULL)
		return 0;
	stop = memmem(begin, (size_t)(end - begin), "-----END", 8);
	if (stop == NULL)
		return -1;
	*text = stop + 8;
	return decode(out, out_size, begin, stop);
}
