/* SPDX-License-Identifier: MIT */
/* tree_message.c - FILE:LINE:COLUMN: path: text, the line, a caret. */
#include "supervisor/text.h"
#include "supervisor/tree.h"

#include <string.h>

#define SHOWN_MAX 120 /* bytes of a source line */

static void
add_path(struct text *out, const struct tree_path *path)
{
	if (path->up != NULL)
		add_path(out, path->up);
	if (path->name == NULL) {
		text_format(out, "[%zu]", path->index);
		return;
	}
	if (path->up != NULL)
		text_char(out, '.');
	/* Names are the user's: nothing in them may move the cursor. */
	for (const char *p = path->name; *p != '\0' && p < path->name + 64; p++)
		text_char(out, (unsigned char)*p < ' ' ? '?' : *p);
}

void
tree_path_text(char *out, size_t size, const struct tree_path *path)
{
	struct text whole = { .limit = 4096 };

	add_path(&whole, path);
	if (whole.size >= size)
		whole.size = size - 1;
	if (whole.size > 0)
		memcpy(out, whole.data, whole.size);
	out[whole.size] = '\0';
	text_finish(&whole);
}

static size_t
line_start(const struct tree_file *file, uint32_t line)
{
	const char *p = file->bytes, *end = p + file->size;

	for (; line > 1; line--) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (newline == NULL)
			break;
		p = newline + 1;
	}
	return (size_t)(p - file->bytes);
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The bytes before character number column of a line. */
static size_t
column_bytes(const char *line, size_t size, uint32_t column)
{
	size_t at = 0;

	for (; column > 1 && at < size; column--)
		do
			at++;
		while (at < size && is_continuation(line[at]));
	return at;
}

static void
add_line(struct text *out, const struct tree_file *file, struct tree_mark mark)
{
	const char *line = file->bytes + line_start(file, mark.line);
	size_t left = file->size - (size_t)(line - file->bytes);
	const char *newline = memchr(line, '\n', left);
	size_t size = newline == NULL ? left : (size_t)(newline - line);
	size_t at = column_bytes(line, size, mark.column), from = 0;

	/* Of a line without end, the part around the mark. */
	if (at > SHOWN_MAX / 2 && size > SHOWN_MAX)
		from = at - SHOWN_MAX / 2;
	while (from > 0 && is_continuation(line[from]))
		from--;
	if (size - from > SHOWN_MAX)
		size = from + SHOWN_MAX;
	while (size > from && size < left && is_continuation(line[size]))
		size--;
	text_char(out, '\n');
	for (size_t i = from; i < size; i++)
		text_char(
		    out, ((unsigned char)line[i] < ' ' && line[i] != '\t') ||
		                 line[i] == 0x7f
		             ? '?'
		             : line[i]);
	text_char(out, '\n');
	for (size_t i = from; i < at; i++)
		if (!is_continuation(line[i]))
			text_char(out, line[i] == '\t' ? '\t' : ' ');
	text_char(out, '^');
}

static void
add_message(struct tree *tree, struct conf_list *to, struct tree_mark mark,
    const struct tree_path *path, const char *prefix, const char *text)
{
	static const struct tree_file none = { .name = "hale" };
	const struct tree_file *file =
	    tree->file_count == 0 ? &none : &tree->files[mark.file];
	struct text out = { .limit = 4096 };
	char *kept;

	text_add(&out, file->name);
	if (mark.line > 0)
		text_format(
		    &out, ":%u:%u", (unsigned)mark.line, (unsigned)mark.column);
	text_add(&out, prefix);
	if (path != NULL) {
		add_path(&out, path);
		text_add(&out, ": ");
	}
	text_add(&out, text);
	if (mark.line > 0)
		add_line(&out, file, mark);
	kept = out.data == NULL ? NULL : conf_copy(out.data, out.size);
	if (kept != NULL)
		conf_list_add(to, kept);
	text_finish(&out);
}

void
tree_error(struct tree *tree, struct tree_mark mark,
    const struct tree_path *path, const char *text)
{
	if (++tree->error_count <= TREE_ERRORS_MAX)
		add_message(tree, tree->errors, mark, path, ": ", text);
}

void
tree_warning(struct tree *tree, struct tree_mark mark,
    const struct tree_path *path, const char *text)
{
	if (tree->warnings->count < TREE_ERRORS_MAX)
		add_message(
		    tree, tree->warnings, mark, path, ": warning: ", text);
}
