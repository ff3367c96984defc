/* SPDX-License-Identifier: MIT */
/*
 * emit.h - writes mappings and lists as YAML or as JSON, by the same calls.
 *
 * In YAML, mappings are indented and lists stand on one line.
 */
#ifndef HALE_SUPERVISOR_EMIT_H
#define HALE_SUPERVISOR_EMIT_H

#include "supervisor/text.h"

struct emit {
	struct text *out;
	bool json;
	unsigned depth; /* of mappings around the next key */
	unsigned lists; /* of lists around it: within one, all is JSON */
	bool some;      /* the innermost mapping or list has something in it */
};

void emit_open(struct emit *emit);  /* a mapping: the file, or a value */
void emit_close(struct emit *emit); /* and its end */
void emit_list(struct emit *emit);
void emit_list_end(struct emit *emit);
void emit_item(struct emit *emit); /* before each value in a list */
void emit_key(struct emit *emit, const char *key);

void emit_string(struct emit *emit, const char *value);
void emit_raw(struct emit *emit, const char *value); /* a number, true, {} */
void emit_number(struct emit *emit, long long value);

#endif
