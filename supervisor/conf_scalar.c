/* SPDX-License-Identifier: MIT */
/* conf_scalar.c - one scalar's text, strictly: durations, sizes, numbers. */
#include "supervisor/conf.h"

#include <string.h>
#include <strings.h>

/* The digits at *text, moved behind them; -1: none, or too many. */
static int
digits(int64_t *out, const char **text)
{
	int64_t n = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *p - '0', &n))
			return -1;
	if (p == *text)
		return -1;
	*out = n;
	*text = p;
	return 0;
}

/* A number with a decimal fraction, in whole parts and millionths. */
struct fixed {
	int64_t whole, millionths;
};

static int
fixed(struct fixed *out, const char **text)
{
	int64_t scale = 100000;

	out->millionths = 0;
	if (digits(&out->whole, text) < 0)
		return -1;
	if (**text != '.')
		return 0;
	if ((*text)[1] < '0' || (*text)[1] > '9')
		return -1;
	for (++*text; **text >= '0' && **text <= '9'; ++*text, scale /= 10)
		out->millionths += (**text - '0') * scale;
	return 0;
}

/* *sum += number times unit; -1: too large. */
static int
add_units(int64_t *sum, const struct fixed *number, int64_t unit)
{
	int64_t whole;

	if (__builtin_mul_overflow(number->whole, unit, &whole) ||
	    __builtin_add_overflow(
	        whole, number->millionths * unit / 1000000, &whole) ||
	    __builtin_add_overflow(*sum, whole, sum))
		return -1;
	return 0;
}

int
conf_number(int64_t *out, const char *text)
{
	bool minus = *text == '-';
	const char *p = text + minus;
	int64_t n;

	if (p[0] == '0' && p[1] != '\0') /* octal to some: no guess */
		return -1;
	if (digits(&n, &p) < 0 || *p != '\0')
		return -1;
	*out = minus ? -n : n;
	return 0;
}

int
conf_duration(int64_t *ms, const char *text)
{
	static const struct {
		char name[4];
		int64_t us;
	} units[] = {
		{ "us", 1 },
		{ "ms", 1000 },
		{ "s", 1000000 },
		{ "m", 60000000 },
		{ "h", 3600000000 },
	};
	int64_t us = 0;

	if (strcmp(text, "0") == 0) {
		*ms = 0;
		return 0;
	}
	do {
		struct fixed number;
		int64_t unit_us = 0;
		size_t length;

		if (fixed(&number, &text) < 0)
			return -1;
		length = strspn(text, "umsh");
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strlen(units[i].name) == length &&
			    memcmp(text, units[i].name, length) == 0)
				unit_us = units[i].us;
		if (unit_us == 0 || add_units(&us, &number, unit_us) < 0)
			return -1;
		text += length;
	} while (*text != '\0');

	if (us > INT64_MAX / 1000 * 1000) /* rounded, it would not fit */
		return -1;
	/* Less than a millisecond is not nothing. */
	*ms = us / 1000 + (us % 1000 != 0);
	return 0;
}

int
conf_size(int64_t *bytes, const char *text)
{
	static const char units[] = "bkmgt";
	struct fixed number;
	const char *unit;
	int64_t sum = 0;

	if (fixed(&number, &text) < 0)
		return -1;
	unit = *text == '\0' ? units : strchr(units, *text | 0x20);
	if (unit == NULL)
		return -1;
	/* "k", "kb" and "kib" are all 1024, as Docker reads them. */
	if (*text != '\0' && *++text != '\0' && unit != units &&
	    (strcasecmp(text, "b") == 0 || strcasecmp(text, "ib") == 0))
		text = "";
	if (*text != '\0' ||
	    add_units(&sum, &number, INT64_C(1) << (10 * (unit - units))) < 0)
		return -1;
	*bytes = sum;
	return 0;
}

int
conf_bool(int *out, const char *text)
{
	static const char words[][6] = { "false", "true", "no", "yes", "off",
		"on" };

	for (int i = 0; i < 6; i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i & 1;
			return 0;
		}
	return -1;
}

int
conf_octal(int64_t *out, const char *text)
{
	size_t length = strspn(text, "01234567");
	int64_t n = 0;

	if (length == 0 || length > 7 || text[length] != '\0')
		return -1;
	for (; *text != '\0'; text++)
		n = n * 8 + (*text - '0');
	*out = n;
	return 0;
}

int
conf_decimal(int64_t *thousandths, const char *text)
{
	struct fixed number;
	int64_t sum = 0;

	if (fixed(&number, &text) < 0 || *text != '\0' ||
	    add_units(&sum, &number, 1000) < 0)
		return -1;
	*thousandths = sum;
	return 0;
}

void
conf_show_duration(char *out, int64_t ms)
{
	static const struct {
		char name[4];
		int64_t ms;
	} units[] = { { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
		{ "ms", 1 } };

	if (ms <= 0)
		memcpy(out, "0s", 3);
	for (size_t i = 0; i < 4 && ms > 0; i++) {
		int64_t n = ms / units[i].ms;

		if (n == 0)
			continue;
		ms -= n * units[i].ms;
		out += conf_show_number(out, n);
		memcpy(out, units[i].name, 4);
		out += strlen(out);
	}
}

size_t
conf_show_number(char *out, int64_t n)
{
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
	char digit[24];
	size_t at = sizeof(digit), length = 0;

	do
		digit[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (n < 0)
		out[length++] = '-';
	memcpy(out + length, digit + at, sizeof(digit) - at);
	length += sizeof(digit) - at;
	out[length] = '\0';
	return length;
}
