/* SPDX-License-Identifier: MIT */
/* tree_compose.c - the events of libyaml to nodes, within bounds. */
#include "supervisor/interpolate.h"
#include "supervisor/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define SCALAR_MAX ((size_t)1024 * 1024) /* with its variables filled in */

struct anchor {
	const char *name;
	struct tree_node *node;
};

struct composer {
	struct tree *tree;
	yaml_parser_t parser;
	struct anchor *anchors;
	size_t anchor_count;
	uint16_t file;
	bool stopped; /* the reason has been told */
};

static struct tree_mark
mark_of(const struct composer *c, yaml_mark_t mark)
{
	return (struct tree_mark){ .line = (uint32_t)mark.line + 1,
		.column = (uint32_t)mark.column + 1,
		.file = c->file };
}

static struct tree_node *
stop(struct composer *c, struct tree_mark mark, const char *text)
{
	if (!c->stopped)
		tree_error(c->tree, mark, NULL, text);
	c->stopped = true;
	return NULL;
}

static struct tree_mark
mark_at(const struct composer *c, size_t offset)
{
	const struct tree_file *file = &c->tree->files[c->file];
	struct tree_mark mark = { 1, 1, c->file };

	for (size_t i = 0; i < offset && i < file->size; i++)
		if (file->bytes[i] == '\n') {
			mark.line++;
			mark.column = 1;
		} else {
			mark.column++;
		}
	return mark;
}

/* Says what libyaml says, with a word on what is most often meant. */
static void
stop_at_error(struct composer *c)
{
	const yaml_parser_t *p = &c->parser;
	const struct tree_file *file = &c->tree->files[c->file];
	/* At the end, libyaml counts a line that is not there. */
	struct tree_mark mark = p->problem_mark.index < file->size
	                            ? mark_of(c, p->problem_mark)
	                            : mark_at(c, file->size);
	struct conf_error err;

	if (p->error == YAML_MEMORY_ERROR) {
		stop(c, (struct tree_mark){ .file = c->file }, "out of memory");
	} else if (p->error == YAML_READER_ERROR) {
		conf_refuse(&err, "not YAML: %s", p->problem);
		stop(c, mark_at(c, p->problem_offset), err.text);
	} else if (p->problem_mark.index < file->size &&
	           file->bytes[p->problem_mark.index] == '\t') {
		stop(c, mark_of(c, p->problem_mark),
		    "not YAML: a tab can't indent, use spaces");
	} else {
		conf_refuse(&err, "not YAML: %s%s%s",
		    p->problem == NULL ? "can't be read" : p->problem,
		    p->context == NULL ? "" : " ",
		    p->context == NULL ? "" : p->context);
		if (p->context != NULL && p->context_mark.line + 1 < mark.line)
			snprintf(err.text + strlen(err.text),
			    sizeof(err.text) - strlen(err.text),
			    " that starts on line %zu",
			    p->context_mark.line + 1);
		stop(c, mark, err.text);
	}
}

static int
next_event(struct composer *c, yaml_event_t *event)
{
	if (c->stopped)
		return -1;
	if (yaml_parser_parse(&c->parser, event))
		return 0;
	stop_at_error(c);
	return -1;
}

static struct tree_node *
new_node(struct composer *c, enum tree_kind kind, yaml_mark_t mark)
{
	struct tree_node *node = NULL;

	if (++c->tree->node_count <= TREE_NODES_MAX)
		node = tree_alloc(c->tree, sizeof(*node));
	if (node == NULL)
		return stop(c, mark_of(c, mark), "too much for one config");
	node->kind = (uint8_t)kind;
	node->mark = mark_of(c, mark);
	node->weight = 1;
	return node;
}

static void
set_anchor(struct composer *c, const yaml_char_t *name, struct tree_node *node)
{
	size_t size;
	char *copy;

	if (name == NULL || node == NULL)
		return;
	if (c->anchors == NULL)
		c->anchors =
		    tree_alloc(c->tree, TREE_ANCHORS_MAX * sizeof(*c->anchors));
	size = strlen((const char *)name) + 1;
	copy = tree_alloc(c->tree, size);
	if (c->anchors == NULL || copy == NULL ||
	    c->anchor_count == TREE_ANCHORS_MAX) {
		stop(c, node->mark, "too many anchors");
		return;
	}
	memcpy(copy, name, size);
	c->anchors[c->anchor_count++] = (struct anchor){ copy, node };
}

static struct tree_node *
find_anchor(struct composer *c, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct tree_mark mark = mark_of(c, event->start_mark);

	for (size_t i = c->anchor_count; i-- > 0;) {
		struct tree_node *node = c->anchors[i].node;

		if (strcmp(c->anchors[i].name, name) != 0)
			continue;
		if (node->open)
			return stop(c, mark, "an alias to what it stands in");
		return node;
	}
	return stop(c, mark, "an alias to an unknown anchor");
}

/* Tags say how to guess a type; here, keys do that. */
static void
check_tag(struct composer *c, const yaml_char_t *tag, yaml_mark_t mark)
{
	static const char core[] = "tag:yaml.org,2002:";

	if (tag == NULL || strcmp((const char *)tag, "!") == 0 ||
	    strncmp((const char *)tag, core, sizeof(core) - 1) == 0)
		return;
	tree_refuse(c->tree, mark_of(c, mark), NULL,
	    "the tag %.40s is not known here", (const char *)tag);
}

static bool
is_null(const yaml_event_t *event)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	const char *text = (const char *)event->data.scalar.value;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* The text of a value: variables filled in. */
static const char *
fill_in(struct composer *c, const char *text, struct tree_mark mark,
    const struct tree_path *path)
{
	struct text out = { .limit = SCALAR_MAX };
	struct conf_error err;
	char missing[64], *copy;

	if (interpolate(&out, text, interpolate_environ, c->tree->environ,
	        missing, &err) < 0) {
		tree_error(c->tree, mark, path, err.text);
		text_finish(&out);
		return "";
	}
	if (missing[0] != '\0') {
		conf_refuse(&err, "%s is not set: taken as empty", missing);
		tree_warning(c->tree, mark, path, err.text);
	}
	copy = tree_alloc(c->tree, out.size + 1);
	if (copy != NULL && out.size > 0)
		memcpy(copy, out.data, out.size);
	text_finish(&out);
	return copy;
}

static struct tree_node *
scalar(struct composer *c, const yaml_event_t *event,
    const struct tree_path *path, bool is_key)
{
	struct tree_node *node = new_node(c, TREE_SCALAR, event->start_mark);
	const char *text = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;

	if (node == NULL)
		return NULL;
	if (strlen(text) != size)
		return stop(c, node->mark, "a NUL character can't be used");
	check_tag(c, event->data.scalar.tag, event->start_mark);
	node->is_null = is_null(event);
	if (is_key || memchr(text, '$', size) == NULL) {
		char *copy = tree_alloc(c->tree, size + 1);

		if (copy != NULL)
			memcpy(copy, text, size);
		node->text = copy;
	} else {
		node->text = fill_in(c, text, node->mark, path);
	}
	if (node->text == NULL)
		return stop(c, node->mark, "too much for one config");
	node->hash = tree_hash(node->text);
	/* Each use of an alias costs a copy: its length weighs, too. */
	node->weight += (uint32_t)(strlen(node->text) / 32);
	set_anchor(c, event->data.scalar.anchor, node);
	return node;
}

static struct tree_node *compose(struct composer *c, yaml_event_t *event,
    const struct tree_path *path, int depth, bool is_key);

static uint32_t
heavier(uint32_t weight, const struct tree_node *node)
{
	return weight > TREE_WEIGHT_MAX ? weight : weight + node->weight;
}

/* The items of *node, up to its end event. */
static int
compose_items(struct composer *c, struct tree_node *node,
    const struct tree_path *up, int depth)
{
	yaml_event_t event;

	for (size_t i = 0; next_event(c, &event) == 0; i++) {
		struct tree_path path = { .up = up, .index = i };
		struct tree_node *key = NULL, *value;

		if (event.type == YAML_SEQUENCE_END_EVENT ||
		    event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return 0;
		}
		if (node->kind == TREE_MAPPING) {
			key = compose(c, &event, up, depth, true);
			if (key == NULL || next_event(c, &event) < 0)
				return -1;
			path.name = key->text;
		}
		value = compose(c, &event, &path, depth, false);
		if (value == NULL)
			return -1;
		if (tree_add(c->tree, node, key, value) < 0) {
			stop(c, value->mark, "too much for one config");
			return -1;
		}
	}
	return -1;
}

static struct tree_node *
collection(struct composer *c, struct tree_node *node,
    const struct tree_path *path, int depth)
{
	if (node == NULL)
		return NULL;
	if (depth >= TREE_DEPTH_MAX)
		return stop(c, node->mark, "nested too deep");
	node->open = true;
	if (compose_items(c, node, path, depth + 1) < 0)
		return NULL;
	node->open = false;
	if (node->kind == TREE_MAPPING &&
	    tree_close_mapping(c->tree, node, path) < 0)
		return stop(c, node->mark, "too much for one config");
	for (struct tree_item *i = node->items; i != NULL; i = i->next)
		node->weight = heavier(node->weight, i->value);
	if (node->weight > TREE_WEIGHT_MAX)
		return stop(c, node->mark, "its aliases unfold to too much");
	return node;
}

/* The node that *event begins; *event is deleted. */
static struct tree_node *
compose(struct composer *c, yaml_event_t *event, const struct tree_path *path,
    int depth, bool is_key)
{
	struct tree_node *node = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		node = scalar(c, event, path, is_key);
	} else if (event->type == YAML_ALIAS_EVENT) {
		node = find_anchor(c, event);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		node = new_node(c, TREE_SEQUENCE, event->start_mark);
		set_anchor(c, event->data.sequence_start.anchor, node);
		check_tag(c, event->data.sequence_start.tag, event->start_mark);
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		node = new_node(c, TREE_MAPPING, event->start_mark);
		set_anchor(c, event->data.mapping_start.anchor, node);
		check_tag(c, event->data.mapping_start.tag, event->start_mark);
	}
	if (is_key && node != NULL && node->kind != TREE_SCALAR)
		node = stop(c, node->mark, "a key must be plain text");
	if (event->type == YAML_SEQUENCE_START_EVENT ||
	    event->type == YAML_MAPPING_START_EVENT)
		node = collection(c, node, path, depth);
	yaml_event_delete(event);
	return node;
}

/* Stream and document events around the one node. */
static struct tree_node *
document(struct composer *c)
{
	struct tree_node *root = NULL;
	yaml_event_t event;
	bool more = true, seen = false;

	while (more && next_event(c, &event) == 0) {
		yaml_event_type_t type = event.type;
		struct tree_mark mark = mark_of(c, event.start_mark);

		if (type == YAML_DOCUMENT_START_EVENT && seen)
			stop(c, mark, "a second document begins");
		if (type == YAML_STREAM_START_EVENT ||
		    type == YAML_DOCUMENT_START_EVENT ||
		    type == YAML_DOCUMENT_END_EVENT ||
		    type == YAML_STREAM_END_EVENT || c->stopped) {
			yaml_event_delete(&event);
			seen |= type == YAML_DOCUMENT_START_EVENT;
			more = type != YAML_STREAM_END_EVENT;
			continue;
		}
		root = compose(c, &event, NULL, 0, false);
	}
	return c->stopped ? NULL : root;
}

struct tree_node *
tree_compose(struct tree *tree, uint16_t file)
{
	struct composer c = { .tree = tree, .file = file };
	struct tree_node *root;

	if (!yaml_parser_initialize(&c.parser))
		return stop(
		    &c, (struct tree_mark){ .file = file }, "out of memory");
	/* What is no UTF-8 is refused, not guessed. */
	yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&c.parser,
	    (const unsigned char *)tree->files[file].bytes,
	    tree->files[file].size);
	root = document(&c);
	yaml_parser_delete(&c.parser);
	return root;
}
