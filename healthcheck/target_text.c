/* SPDX-License-Identifier: MIT */
/* target_text.c - escapes of a URL, escapes of C, and amounts. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
target_unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		int high = p[0] == '%' ? hex_digit(p[1]) : -1;
		int low = high < 0 ? -1 : hex_digit(p[2]);

		if (low < 0) {
			*out++ = *p;
			continue;
		}
		*out++ = (char)(high << 4 | low);
		p += 2;
	}
	*out = '\0';
	return (size_t)(out - text);
}

/* One escape after its backslash; returns its last character, or NULL. */
static const char *
one_escape(const char *p, char *byte)
{
	static const char names[] = "abfnrtv\\'\"?e";
	static const char bytes[] = "\a\b\f\n\r\t\v\\'\"?\033";
	const char *name = *p == '\0' ? NULL : strchr(names, *p);
	int n = 0;

	if (name != NULL) {
		*byte = bytes[name - names];
		return p;
	}
	if (*p == 'x') {
		int high = hex_digit(p[1]);
		int low = high < 0 ? -1 : hex_digit(p[2]);

		if (low < 0)
			return NULL;
		*byte = (char)(high << 4 | low);
		return p + 2;
	}
	if (*p < '0' || *p > '7')
		return NULL;
	for (int i = 0; i < 3 && *p >= '0' && *p <= '7'; i++, p++)
		n = n * 8 + (*p - '0');
	if (n > 255)
		return NULL;
	*byte = (char)n;
	return p - 1;
}

long
target_bytes(char *out, size_t out_size, const char *text)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0'; p++) {
		char byte = *p;

		if (byte == '\\' && (p = one_escape(p + 1, &byte)) == NULL)
			return -1;
		if (n >= out_size)
			return -1;
		out[n++] = byte;
	}
	return (long)n;
}

int
target_amount(struct probe_amount *amount, const char *text)
{
	char *end;
	long percent = strtol(text, &end, 10);
	int64_t bytes;

	if (*text < '0' || *text > '9')
		return -1;
	if (strcmp(end, "%") == 0) {
		if (percent > 100)
			return -1;
		*amount = (struct probe_amount){ percent, true };
		return 0;
	}
	if (conf_size(&bytes, text) < 0)
		return -1;
	*amount = (struct probe_amount){ bytes, false };
	return 0;
}
