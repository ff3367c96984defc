/* SPDX-License-Identifier: MIT */
/* emit.c - writes mappings and lists as YAML or as JSON. */
#include "supervisor/emit.h"

#include <string.h>
#include <strings.h>

static bool
braces(const struct emit *emit)
{
	return emit->json || emit->lists > 0;
}

static void
new_line(struct emit *emit)
{
	if (emit->lists > 0) {
		if (emit->some)
			text_char(emit->out, ' ');
		return;
	}
	if (emit->out->size > 0)
		text_char(emit->out, '\n');
	text_repeat(emit->out, ' ', 2 * (size_t)emit->depth);
}

/* Between "key:" and its value. */
static void
space(struct emit *emit)
{
	if (!braces(emit) && emit->out->size > 0)
		text_char(emit->out, ' ');
}

void
emit_open(struct emit *emit)
{
	if (braces(emit)) {
		text_char(emit->out, '{');
		emit->depth++;
	} else if (emit->out->size > 0) {
		emit->depth++;
	}
	emit->some = false;
}

void
emit_close(struct emit *emit)
{
	if (emit->depth > 0)
		emit->depth--;
	if (!braces(emit)) {
		if (!emit->some)
			text_add(emit->out, " {}");
	} else {
		if (emit->some && emit->lists == 0)
			new_line(emit);
		text_char(emit->out, '}');
	}
	emit->some = true;
}

void
emit_list(struct emit *emit)
{
	space(emit);
	text_char(emit->out, '[');
	emit->lists++;
	emit->some = false;
}

void
emit_list_end(struct emit *emit)
{
	text_char(emit->out, ']');
	emit->lists--;
	emit->some = true;
}

void
emit_item(struct emit *emit)
{
	if (emit->some)
		text_add(emit->out, ", ");
	emit->some = true;
}

/* Words that are something else than text to some reader of YAML. */
static bool
is_plain(const char *value)
{
	static const char words[][6] = { "true", "false", "yes", "no", "on",
		"off", "null", "y", "n" };
	size_t size = strspn(value,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_./-");

	if (size == 0 || value[size] != '\0' ||
	    strchr("0123456789.-", value[0]) != NULL)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return false;
	return true;
}

static void
add_string(struct emit *emit, const char *value)
{
	if (!braces(emit) && is_plain(value))
		text_add(emit->out, value);
	else
		text_json(emit->out, value);
}

void
emit_key(struct emit *emit, const char *key)
{
	if (braces(emit) && emit->some)
		text_char(emit->out, ',');
	new_line(emit);
	add_string(emit, key);
	text_add(emit->out, braces(emit) ? ": " : ":");
	emit->some = true;
}

void
emit_string(struct emit *emit, const char *value)
{
	space(emit);
	add_string(emit, value);
}

void
emit_raw(struct emit *emit, const char *value)
{
	space(emit);
	text_add(emit->out, value);
}

void
emit_number(struct emit *emit, long long value)
{
	space(emit);
	text_format(emit->out, "%lld", value);
}
