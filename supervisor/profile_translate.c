/* SPDX-License-Identifier: MIT */
/* profile_translate.c - Docker's JSON into libseccomp's rules; in a child. */
#include "profile.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <yaml.h>

#include "calls.h"
#include "caps.h"
#include "conf.h"

enum { ARGS_MAX = 6, CHECKS_MAX = 32 };

/* An argument whose upper half must be zero: it is compared for being unequal,
 * and the kernel may not look at that half. */
struct check {
	uint16_t number;
	uint8_t arg;
};

struct translation {
	yaml_document_t document;
	scmp_filter_ctx filter;
	uint32_t fallback; /* the default action */
	uint64_t capabilities;
	struct check checks[CHECKS_MAX];
	size_t check_count;
	struct conf_error *err;
};

/* One entry of "syscalls", as far as it is the same for all its names. */
struct rule {
	uint32_t action;
	struct scmp_arg_cmp args[ARGS_MAX];
	unsigned arg_count;
	unsigned unequal; /* 1 << index of an argument compared so */
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
		*action = SCMP_ACT_ALLOW;
	else if (strcmp(word, "SCMP_ACT_ERRNO") == 0)
		*action = SCMP_ACT_ERRNO((uint32_t)number);
	else if (strcmp(word, "SCMP_ACT_KILL_PROCESS") == 0)
		*action = SCMP_ACT_KILL_PROCESS;
	else if (strcmp(word, "SCMP_ACT_KILL") == 0 ||
	         strcmp(word, "SCMP_ACT_KILL_THREAD") == 0)
		*action = SCMP_ACT_KILL_THREAD;
	else if (strcmp(word, "SCMP_ACT_TRAP") == 0)
		*action = SCMP_ACT_TRAP;
	else if (strcmp(word, "SCMP_ACT_LOG") == 0)
		*action = SCMP_ACT_LOG;
	else
		return conf_refuse(
		    t->err, "%s: \"%.40s\" can't be done here", key, word);
	return 0;
}

static bool
allows(uint32_t action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
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

static bool
kernel_is_at_least(const char *wanted)
{
	struct utsname name;
	unsigned have[2] = { 0 }, want[2] = { 0 };

	uname(&name);
	if (sscanf(name.release, "%u.%u", &have[0], &have[1]) != 2 ||
	    sscanf(wanted, "%u.%u", &want[0], &want[1]) != 2)
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
 * libseccomp 2.5 can get ordered comparisons of 64 bits wrong, so there are
 * none.  What refuses by equality looks at the lower half alone.
 */
static int
read_arg(struct translation *t, const yaml_node_t *from, struct rule *rule)
{
	const char *op = text_of(member(t, from, "op"));
	uint64_t index, value, two = 0;
	const char *second = text_of(member(t, from, "valueTwo"));

	if (rule->arg_count == ARGS_MAX ||
	    number_of(text_of(member(t, from, "index")), &index) < 0 ||
	    index >= ARGS_MAX ||
	    number_of(text_of(member(t, from, "value")), &value) < 0 ||
	    (*second != '\0' && number_of(second, &two) < 0))
		return conf_refuse(t->err, "malformed args");
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0) {
		rule->args[rule->arg_count++] =
		    SCMP_CMP64((unsigned)index, SCMP_CMP_MASKED_EQ, value, two);
	} else if (strcmp(op, "SCMP_CMP_NE") == 0) {
		rule->unequal |= 1u << index;
		rule->args[rule->arg_count++] =
		    SCMP_CMP64((unsigned)index, SCMP_CMP_NE, value);
	} else if (strcmp(op, "SCMP_CMP_EQ") == 0) {
		if (!allows(rule->action) && value <= UINT32_MAX)
			rule->args[rule->arg_count++] =
			    SCMP_CMP64((unsigned)index, SCMP_CMP_MASKED_EQ,
			        UINT32_MAX, value);
		else
			rule->args[rule->arg_count++] =
			    SCMP_CMP64((unsigned)index, SCMP_CMP_EQ, value);
	} else {
		return conf_refuse(t->err,
		    "op: \"%.40s\": only SCMP_CMP_EQ, NE and MASKED_EQ", op);
	}
	return 0;
}

static int
add_checks(struct translation *t, unsigned number, const struct rule *rule)
{
	for (uint8_t arg = 0; arg < ARGS_MAX; arg++) {
		if ((rule->unequal & 1u << arg) == 0 || !allows(rule->action))
			continue;
		if (t->check_count == CHECKS_MAX)
			return conf_refuse(t->err, "too many SCMP_CMP_NE");
		t->checks[t->check_count++] =
		    (struct check){ (uint16_t)number, arg };
	}
	return 0;
}

/* A name that we don't know can be allowed to be missing, never refused. */
static int
add_name(struct translation *t, const char *name, const struct rule *rule)
{
	int number = calls_number(name);
	int result;

	if (number < 0)
		number = seccomp_syscall_resolve_name(name);
	if (number == CALLS_NONE)
		return 0;
	if (number < 0) {
		if (allows(rule->action) || !allows(t->fallback) ||
		    number != __NR_SCMP_ERROR)
			return 0;
		return conf_refuse(
		    t->err, "unknown system call \"%.40s\"", name);
	}
	if (rule->action == t->fallback)
		return 0;
	result = seccomp_rule_add_array(
	    t->filter, rule->action, number, rule->arg_count, rule->args);
	if (result < 0 && result != -EEXIST)
		return conf_refuse(
		    t->err, "%s: libseccomp: %s", name, strerror(-result));
	return add_checks(t, (unsigned)number, rule);
}

static int
add_entry(struct translation *t, const yaml_node_t *entry)
{
	const yaml_node_t *names = member(t, entry, "names");
	const yaml_node_t *args = member(t, entry, "args");
	const char *name = text_of(member(t, entry, "name"));
	struct rule rule = { 0 };
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

/* What stands before libseccomp's program: calls that are newer than the
 * profile are not there, so that libraries go back to older ones. */
static size_t
prologue(struct translation *t, struct sock_filter *code)
{
	const uint16_t load = BPF_LD | BPF_W | BPF_ABS;
	const uint16_t equal = BPF_JMP | BPF_JEQ | BPF_K;
	size_t n = 0;

	if (!allows(t->fallback)) {
		code[n++] = (struct sock_filter){ load, 0, 0, 0 };
#if defined(__arm__)
		code[n++] = (struct sock_filter){ BPF_JMP | BPF_JGE | BPF_K, 2,
			0, 0xf0000 };
#endif
		code[n++] = (struct sock_filter){ BPF_JMP | BPF_JGE | BPF_K, 0,
			1, CALLS_KNOWN };
		code[n++] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0,
			SCMP_ACT_ERRNO(ENOSYS) };
	}
	for (size_t i = 0; i < t->check_count; i++) {
		uint32_t upper = 16 + 8u * t->checks[i].arg + 4;

		code[n++] = (struct sock_filter){ load, 0, 0, 0 };
		code[n++] =
		    (struct sock_filter){ equal, 0, 3, t->checks[i].number };
		code[n++] = (struct sock_filter){ load, 0, 0, upper };
		code[n++] = (struct sock_filter){ equal, 1, 0, 0 };
		code[n++] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0,
			SCMP_ACT_ERRNO(EPERM) };
	}
	return n;
}

static int export(struct translation *t, int fd)
{
	struct sock_filter code[4 + 5 * CHECKS_MAX];
	size_t size = prologue(t, code) * sizeof(code[0]);
	int result;

	if (write(fd, code, size) != (ssize_t)size)
		return conf_refuse(t->err, "%s", strerror(errno));
	result = seccomp_export_bpf(t->filter, fd);
	if (result < 0)
		return conf_refuse(t->err, "libseccomp: %s", strerror(-result));
	return 0;
}

static int
compile(struct translation *t, int fd)
{
	const yaml_node_t *root = yaml_document_get_root_node(&t->document);
	int result = -1;

	if (root == NULL || root->type != YAML_MAPPING_NODE)
		return conf_refuse(t->err, "not a JSON object");
	if (read_action(
	        t, root, "defaultAction", "defaultErrnoRet", &t->fallback) < 0)
		return -1;
	t->filter = seccomp_init(t->fallback);
	if (t->filter == NULL)
		return conf_refuse(t->err, "libseccomp: no memory");
	seccomp_attr_set(
	    t->filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(t->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (add_entries(t, root) == 0)
		result = export(t, fd);
	seccomp_release(t->filter);
	return result;
}

int
profile_translate(const char *text, size_t size, uint64_t capabilities, int fd,
    struct conf_error *err)
{
	struct translation t = { .capabilities = capabilities, .err = err };
	yaml_parser_t parser;
	int result = -1;

	if (!yaml_parser_initialize(&parser))
		return conf_refuse(err, "no memory");
	yaml_parser_set_input_string(
	    &parser, (const unsigned char *)text, size);
	if (!yaml_parser_load(&parser, &t.document)) {
		conf_refuse(err, "line %zu: %s", parser.problem_mark.line + 1,
		    parser.problem != NULL ? parser.problem : "unreadable");
	} else {
		result = compile(&t, fd);
		yaml_document_delete(&t.document);
	}
	yaml_parser_delete(&parser);
	return result;
}
