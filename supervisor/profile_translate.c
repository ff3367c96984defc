/* SPDX-License-Identifier: MIT */
/* profile_translate.c - Docker's JSON into a filter; in a child. */
#include "profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <yaml.h>

#include "bpf.h"
#include "caps.h"
#include "conf.h"

enum { MATCHES_MAX = 512, CODE_MAX = 4096 };

struct translation {
	yaml_document_t document;
	struct bpf_profile profile;
	uint32_t fallback; /* the default action */
	bool said[CALLS_KNOWN];
	struct bpf_match matches[MATCHES_MAX];
	struct sock_filter code[CODE_MAX];
	uint64_t capabilities;
	struct conf_error *err;
};

static const yaml_node_t *
node(struct translation *t, int index)
{
	return yaml_document_get_node(&t->document, index);
}

static const char *
text_of(const yaml_node_t *n)
{
	return n != NULL && n->type == YAML_SCALAR_NODE
	           ? (const char *)n->data.scalar.value
	           : "";
}

static const yaml_node_t *
member(struct translation *t, const yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++)
		if (strcmp(text_of(node(t, pair->key)), key) == 0)
			return node(t, pair->value);
	return NULL;
}

static size_t
items(const yaml_node_t *list)
{
	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return 0;
	return (size_t)(list->data.sequence.items.top -
	                list->data.sequence.items.start);
}

static const yaml_node_t *
item(struct translation *t, const yaml_node_t *list, size_t i)
{
	return node(t, list->data.sequence.items.start[i]);
}

static int
number_of(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return end == text || *end != '\0' || errno != 0 ? -1 : 0;
}

/* errnoRet may be missing: EPERM. */
static int
read_action(struct translation *t, const yaml_node_t *of, const char *key,
    const char *errno_key, uint32_t *action)
{
	const char *word = text_of(member(t, of, key));
	const char *error = text_of(member(t, of, errno_key));
	uint64_t number = EPERM;

	if (*error != '\0' && (number_of(error, &number) < 0 || number > 4095))
		return conf_refuse(
		    t->err, "%s: \"%s\" is not an errno", errno_key, error);
	if (strcmp(word, "SCMP_ACT_ALLOW") == 0)
		*action = SECCOMP_RET_ALLOW;
	else if (strcmp(word, "SCMP_ACT_ERRNO") == 0)
		*action = SECCOMP_RET_ERRNO | (uint32_t)number;
	else if (strcmp(word, "SCMP_ACT_KILL_PROCESS") == 0)
		*action = SECCOMP_RET_KILL_PROCESS;
	else if (strcmp(word, "SCMP_ACT_KILL") == 0 ||
	         strcmp(word, "SCMP_ACT_KILL_THREAD") == 0)
		*action = SECCOMP_RET_KILL_THREAD;
	else if (strcmp(word, "SCMP_ACT_TRAP") == 0)
		*action = SECCOMP_RET_TRAP;
	else if (strcmp(word, "SCMP_ACT_LOG") == 0)
		*action = SECCOMP_RET_LOG;
	else
		return conf_refuse(
		    t->err, "%s: \"%.40s\" can't be done here", key, word);
	return 0;
}

static bool
allows(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool
lists_arch(struct translation *t, const yaml_node_t *list)
{
#if defined(__x86_64__)
	const char *here = "amd64";
#elif defined(__aarch64__)
	const char *here = "arm64";
#elif defined(__arm__)
	const char *here = "arm";
#else
	const char *here = "riscv64";
#endif
	for (size_t i = 0; i < items(list); i++)
		if (strcmp(text_of(item(t, list, i)), here) == 0)
			return true;
	return false;
}

/* "includes": all of them are needed; "excludes": any of them is enough. */
static int
lists_caps(struct translation *t, const yaml_node_t *list, bool all, bool *yes)
{
	*yes = all;
	for (size_t i = 0; i < items(list); i++) {
		uint64_t mask;
		bool has;

		if (caps_parse(text_of(item(t, list, i)), &mask, t->err) < 0)
			return -1;
		has = (t->capabilities & mask) == mask;
		if (has != all)
			*yes = has;
	}
	return 0;
}

/* The two numbers that a version begins with. */
static bool
version_of(const char *text, unsigned long version[2])
{
	char *end;

	version[0] = strtoul(text, &end, 10);
	if (end == text || *end != '.')
		return false;
	text = end + 1;
	version[1] = strtoul(text, &end, 10);
	return end != text;
}

static bool
kernel_is_at_least(const char *wanted)
{
	struct utsname name;
	unsigned long have[2], want[2];

	uname(&name);
	if (!version_of(name.release, have) || !version_of(wanted, want))
		return false;
	return have[0] > want[0] || (have[0] == want[0] && have[1] >= want[1]);
}

/* Is an entry for this machine and this service? */
static int
applies(struct translation *t, const yaml_node_t *entry, bool *yes)
{
	const yaml_node_t *in = member(t, entry, "includes");
	const yaml_node_t *out = member(t, entry, "excludes");
	const char *least = text_of(member(t, in, "minKernel"));
	const char *most = text_of(member(t, out, "minKernel"));
	bool has_caps, has_not = false;

	if (lists_caps(t, member(t, in, "caps"), true, &has_caps) < 0 ||
	    lists_caps(t, member(t, out, "caps"), false, &has_not) < 0)
		return -1;
	*yes = has_caps && !has_not &&
	       (items(member(t, in, "arches")) == 0 ||
	           lists_arch(t, member(t, in, "arches"))) &&
	       !lists_arch(t, member(t, out, "arches")) &&
	       (*least == '\0' || kernel_is_at_least(least)) &&
	       (*most == '\0' || !kernel_is_at_least(most));
	return 0;
}

/*
 * The kernel reads only 32 bits of many arguments, so what refuses by equality
 * looks at the lower half alone, and what allows by being unequal wants the
 * upper half zero: nobody gets past either with a bit that is never read.
 */
static enum bpf_op
choose_op(const char *op, uint64_t value, bool allowed)
{
	bool small = value <= UINT32_MAX;

	if (strcmp(op, "SCMP_CMP_EQ") == 0)
		return !allowed && small ? BPF_LOW_EQUAL : BPF_EQUAL;
	if (strcmp(op, "SCMP_CMP_NE") == 0)
		return allowed && small ? BPF_LOW_UNEQUAL : BPF_UNEQUAL;
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		return BPF_MASKED;
	if (strcmp(op, "SCMP_CMP_GT") == 0)
		return BPF_GREATER;
	if (strcmp(op, "SCMP_CMP_GE") == 0)
		return BPF_GREATER_EQUAL;
	if (strcmp(op, "SCMP_CMP_LT") == 0)
		return BPF_LESS;
	return BPF_LESS_EQUAL;
}

static int
read_arg(struct translation *t, const yaml_node_t *from, struct bpf_match *rule)
{
	const char *op = text_of(member(t, from, "op"));
	const char *second = text_of(member(t, from, "valueTwo"));
	struct bpf_compare *compare = &rule->compare[rule->count];
	uint64_t index, value, two = 0;

	if (rule->count == BPF_ARGS ||
	    number_of(text_of(member(t, from, "index")), &index) < 0 ||
	    index >= BPF_ARGS ||
	    number_of(text_of(member(t, from, "value")), &value) < 0 ||
	    (*second != '\0' && number_of(second, &two) < 0))
		return conf_refuse(t->err, "malformed args");
	compare->arg = (uint8_t)index;
	compare->op = (uint8_t)choose_op(op, value, allows(rule->action));
	compare->value = value;
	if (compare->op == BPF_MASKED) {
		compare->mask = value;
		compare->value = two;
	} else if (compare->op == BPF_LESS_EQUAL &&
	           strcmp(op, "SCMP_CMP_LE") != 0) {
		return conf_refuse(t->err, "unknown op \"%.40s\"", op);
	}
	rule->count++;
	return 0;
}

/* A name that we don't know can be allowed to be missing, never refused. */
static int
add_name(struct translation *t, const char *name, struct bpf_match *rule)
{
	int number = calls_number(name);

	if (number == CALLS_NONE ||
	    (number < 0 && (allows(rule->action) || !allows(t->fallback))))
		return 0;
	if (number < 0)
		return conf_refuse(
		    t->err, "unknown system call \"%.40s\"", name);
	if (rule->count > 0) {
		if (t->profile.match_count == MATCHES_MAX)
			return conf_refuse(t->err, "too many args");
		rule->number = (uint16_t)number;
		t->matches[t->profile.match_count++] = *rule;
	} else if (!t->said[number] || !allows(rule->action)) {
		/* Said twice: what refuses counts. */
		t->profile.action[number] = rule->action;
		t->said[number] = true;
	}
	return 0;
}

static int
add_entry(struct translation *t, const yaml_node_t *entry)
{
	const yaml_node_t *names = member(t, entry, "names");
	const yaml_node_t *args = member(t, entry, "args");
	const char *name = text_of(member(t, entry, "name"));
	struct bpf_match rule = { 0 };
	bool is_for_us;

	if (entry == NULL || entry->type != YAML_MAPPING_NODE)
		return conf_refuse(t->err, "syscalls: not a list of objects");
	if (applies(t, entry, &is_for_us) < 0)
		return -1;
	if (!is_for_us)
		return 0;
	if (read_action(t, entry, "action", "errnoRet", &rule.action) < 0)
		return -1;
	for (size_t i = 0; i < items(args); i++)
		if (read_arg(t, item(t, args, i), &rule) < 0)
			return -1;
	if (*name != '\0' && add_name(t, name, &rule) < 0)
		return -1;
	for (size_t i = 0; i < items(names); i++)
		if (add_name(t, text_of(item(t, names, i)), &rule) < 0)
			return -1;
	return 0;
}

static int
add_entries(struct translation *t, const yaml_node_t *root)
{
	const yaml_node_t *entries = member(t, root, "syscalls");

	if (entries == NULL || entries->type != YAML_SEQUENCE_NODE)
		return conf_refuse(t->err, "no list of syscalls");
	for (size_t i = 0; i < items(entries); i++)
		if (add_entry(t, item(t, entries, i)) < 0)
			return -1;
	return 0;
}

/* Calls that are newer than any list are not there, so that libraries go back
 * to older ones; those that it could have named are refused. */
static void
start(struct translation *t)
{
	for (size_t i = 0; i < CALLS_KNOWN; i++)
		t->profile.action[i] = t->fallback;
	t->profile.unknown =
	    allows(t->fallback) ? t->fallback : SECCOMP_RET_ERRNO | ENOSYS;
	t->profile.matches = t->matches;
}

static int
compile(struct translation *t, int fd)
{
	const yaml_node_t *root = yaml_document_get_root_node(&t->document);
	size_t size;

	if (root == NULL || root->type != YAML_MAPPING_NODE)
		return conf_refuse(t->err, "not a JSON object");
	if (read_action(
	        t, root, "defaultAction", "defaultErrnoRet", &t->fallback) < 0)
		return -1;
	start(t);
	if (add_entries(t, root) < 0)
		return -1;
	size = bpf_assemble_profile(&t->profile, t->code, CODE_MAX) *
	       sizeof(t->code[0]);
	if (size == 0)
		return conf_refuse(t->err, "too large for the kernel");
	if (write(fd, t->code, size) != (ssize_t)size)
		return conf_refuse(t->err, "%s", strerror(errno));
	return 0;
}

int
profile_translate(const char *text, size_t size, uint64_t capabilities, int fd,
    struct conf_error *err)
{
	struct translation *t = calloc(1, sizeof(*t));
	yaml_parser_t parser;
	int result = -1;

	if (t == NULL || !yaml_parser_initialize(&parser))
		return conf_refuse(err, "no memory");
	t->capabilities = capabilities;
	t->err = err;
	yaml_parser_set_input_string(
	    &parser, (const unsigned char *)text, size);
	if (!yaml_parser_load(&parser, &t->document)) {
		conf_refuse(err, "line %zu: %s", parser.problem_mark.line + 1,
		    parser.problem != NULL ? parser.problem : "unreadable");
	} else {
		result = compile(t, fd);
		yaml_document_delete(&t->document);
	}
	yaml_parser_delete(&parser);
	free(t);
	return result;
}
