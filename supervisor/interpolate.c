/* SPDX-License-Identifier: MIT */
/* interpolate.c - ${VAR} in values, by the rules of Compose. */
#include "supervisor/interpolate.h"

#include <string.h>

#define DEPTH_MAX    16
#define MISSING_SIZE 64

struct run {
	struct text *out;
	interpolate_lookup *lookup;
	const void *context;
	char *missing;
	struct conf_error *err;
};

const char *
interpolate_environ(const void *context, const char *name, size_t size)
{
	char *const *environ = context;

	for (; environ != NULL && *environ != NULL; environ++)
		if (strncmp(*environ, name, size) == 0 &&
		    (*environ)[size] == '=')
			return *environ + size + 1;
	return NULL;
}

static size_t
name_length(const char *p)
{
	size_t n = 0;

	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') ||
	       p[n] == '_' || (n > 0 && p[n] >= '0' && p[n] <= '9'))
		n++;
	return n;
}

/* The } that closes the { before p, or NULL. */
static const char *
closing(const char *p)
{
	for (int depth = 0; *p != '\0'; p++) {
		if (p[0] == '$' && p[1] == '$')
			p++;
		else if (p[0] == '$' && p[1] == '{')
			depth++;
		else if (*p == '}' && depth-- == 0)
			return p;
	}
	return NULL;
}

static int expand(struct run *run, const char *p, const char *end, int depth);

static void
note_missing(struct run *run, const char *name, size_t size)
{
	if (run->missing[0] != '\0' || size >= MISSING_SIZE)
		return;
	memcpy(run->missing, name, size);
	run->missing[size] = '\0';
}

/* `required variable X is missing a value: word`, word filled in. */
static int
refuse_required(struct run *run, const char *name, int size, const char *word,
    const char *end, int depth)
{
	struct text why = { .limit = 200 };
	struct run sub = *run;

	sub.out = &why;
	if (expand(&sub, word, end, depth + 1) < 0) {
		text_finish(&why);
		return -1;
	}
	conf_refuse(run->err, "required variable %.*s is missing a value%s%s",
	    size > 60 ? 60 : size, name, why.size > 0 ? ": " : "",
	    why.size > 0 ? why.data : "");
	text_finish(&why);
	return -1;
}

/* ${ ... } with inside..end between the braces. */
static int
braced(struct run *run, const char *inside, const char *end, int depth)
{
	size_t size = name_length(inside);
	const char *value, *op = inside + size, *word;
	bool colon = *op == ':', has;

	if (size == 0)
		return conf_refuse(run->err,
		    "\"${%.*s}\" is no variable: write $$ for a plain $",
		    end - inside > 40 ? 40 : (int)(end - inside), inside);
	value = run->lookup(run->context, inside, size);
	if (op == end) {
		if (value == NULL)
			note_missing(run, inside, size);
		else
			text_add(run->out, value);
		return 0;
	}
	op += colon;
	word = op + 1;
	has = value != NULL && (!colon || *value != '\0');
	switch (op < end ? *op : '\0') {
	case '-':
		if (!has)
			return expand(run, word, end, depth + 1);
		text_add(run->out, value);
		return 0;
	case '+':
		return has ? expand(run, word, end, depth + 1) : 0;
	case '?':
		if (!has)
			return refuse_required(
			    run, inside, (int)size, word, end, depth);
		text_add(run->out, value);
		return 0;
	default:
		return conf_refuse(run->err,
		    "\"${%.*s}\" is no variable: write $$ for a plain $",
		    end - inside > 40 ? 40 : (int)(end - inside), inside);
	}
}

static int
expand(struct run *run, const char *p, const char *end, int depth)
{
	if (depth > DEPTH_MAX)
		return conf_refuse(run->err, "variables are nested too deep");
	while (p < end) {
		const char *dollar = memchr(p, '$', (size_t)(end - p)), *value;
		size_t size;

		if (dollar == NULL)
			dollar = end;
		text_bytes(run->out, p, (size_t)(dollar - p));
		if (dollar == end)
			break;
		p = dollar + 1;
		if (p < end && *p == '$') {
			text_char(run->out, '$');
			p++;
		} else if (p < end && *p == '{') {
			const char *close = closing(p + 1);

			if (close == NULL || close > end)
				return conf_refuse(run->err,
				    "\"%.40s\" has no closing }", dollar);
			if (braced(run, p + 1, close, depth) < 0)
				return -1;
			p = close + 1;
		} else if ((size = name_length(p)) > 0) {
			value = run->lookup(run->context, p, size);
			if (value == NULL)
				note_missing(run, p, size);
			else
				text_add(run->out, value);
			p += size;
		} else {
			return conf_refuse(run->err,
			    "\"%.40s\" is no variable: write $$ for a plain $",
			    dollar);
		}
	}
	return 0;
}

int
interpolate(struct text *out, const char *string, interpolate_lookup *lookup,
    const void *context, char *missing, struct conf_error *err)
{
	struct run run = { out, lookup, context, missing, err };

	missing[0] = '\0';
	if (expand(&run, string, string + strlen(string), 0) < 0)
		return -1;
	if (out->failed)
		return conf_refuse(err, "is too long with its variables");
	return 0;
}
