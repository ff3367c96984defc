/* SPDX-License-Identifier: MIT */
/* confine_filter.c - which seccomp filters a service gets, and W^X. */
#include "confine_making.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "baseline.h"
#include "bpf.h"
#include "packed.h"
#include "profile.h"
#include "seccomp.h"

#define GET_MDWE 66 /* PR_GET_MDWE, younger than some headers */

static void
add_filter(
    struct confine_making *m, const struct sock_filter *code, size_t length)
{
	m->plan.filters[m->plan.filter_count].code = code;
	m->plan.filters[m->plan.filter_count++].length = (uint16_t)length;
	confine_add(m, STEP_SECCOMP);
}

static int
assemble(struct confine_making *m, const struct seccomp_wants *wants)
{
	struct sock_filter code[BPF_LENGTH_MAX];
	struct sock_filter *kept;
	struct bpf_rules rules;
	size_t length;
	int needed = seccomp_rules(wants, &rules, m->err);

	if (needed <= 0)
		return needed;
	length = bpf_assemble(&rules, code, BPF_LENGTH_MAX);
	kept = conf_alloc(length * sizeof(*kept));
	if (length == 0 || kept == NULL)
		return conf_refuse(m->err, "no memory for a seccomp filter");
	memcpy(kept, code, length * sizeof(*kept));
	if (seccomp_check("system_call_filter", kept, length, m->err) < 0)
		return -1;
	add_filter(m, kept, length);
	return 0;
}

/* The preset, and the path of a profile, that sandbox: and seccomp: name. */
static void
choose_preset(const struct confine_making *m, enum seccomp_preset *preset,
    const char **path)
{
	const char *word = m->wants->seccomp;

	*path = NULL;
	*preset = m->sandbox == SANDBOX_STRICT    ? SECCOMP_STRICT
	          : m->sandbox == SANDBOX_DEFAULT ? SECCOMP_DEFAULT
	                                          : SECCOMP_NONE;
	if (word == NULL)
		return;
	*preset = SECCOMP_NONE;
	if (strcmp(word, "default") == 0)
		*preset = SECCOMP_DEFAULT;
	else if (strcmp(word, "strict") == 0)
		*preset = SECCOMP_STRICT;
	else if (strcmp(word, "none") != 0 && strcmp(word, "unconfined") != 0)
		*path = word;
}

static bool
kernel_has_mdwe(void)
{
	return prctl(GET_MDWE, 0, 0, 0, 0) >= 0;
}

static int
want_calls(struct confine_making *m, enum seccomp_preset preset,
    struct seccomp_wants *out)
{
	const struct confine_wants *wants = m->wants;
	const struct conf_list *families = &wants->restrict_address_families;
	bool preset_given = preset != SECCOMP_NONE;
	bool deny = wants->memory_deny_write_execute >= 0
	                ? wants->memory_deny_write_execute == 1
	                : m->sandbox == SANDBOX_STRICT;

	*out = (struct seccomp_wants){
		.preset = preset,
		.calls = &wants->system_call_filter,
		.restrict_families = preset_given || families->count > 0,
		.families = SECCOMP_FAMILIES,
		.namespaces = preset_given ? SECCOMP_NAMESPACES : 0,
		.deny_typing = preset_given,
	};
	if (deny && kernel_has_mdwe())
		confine_add(m, STEP_WRITE_EXECUTE);
	else
		out->deny_write_execute = deny;
	if (caps_tweak(0, 0, &wants->cap_add, &(struct conf_list){ 0 },
	        &out->capabilities, m->err) < 0)
		return -1;
	if ((out->capabilities & CAPS_BIT(CAP_BIT_SYS_ADMIN)) != 0)
		out->namespaces = 0;
	if (families->count > 0 &&
	    seccomp_families(families, &out->families, m->err) < 0)
		return -1;
	if (wants->restrict_namespaces != NULL &&
	    seccomp_namespaces(
	        wants->restrict_namespaces, &out->namespaces, m->err) < 0)
		return -1;
	return 0;
}

/* Nothing was asked of the default preset, or against it. */
static bool
is_baseline(const struct seccomp_wants *calls)
{
	return calls->preset == SECCOMP_DEFAULT && calls->calls->count == 0 &&
	       calls->families == SECCOMP_FAMILIES &&
	       calls->namespaces == SECCOMP_NAMESPACES &&
	       calls->capabilities == 0 && !calls->deny_write_execute;
}

int
confine_plan_filter(struct confine_making *m)
{
	struct seccomp_wants calls;
	enum seccomp_preset preset;
	struct confine_filter profile;
	const char *path;

	choose_preset(m, &preset, &path);
	if (want_calls(m, preset, &calls) < 0)
		return -1;
	if (is_baseline(&calls))
		add_filter(m, baseline_filter, baseline_length);
	else if (assemble(m, &calls) < 0)
		return -1;
	m->plan.baseline = path == NULL && is_baseline(&calls);
	/* Last: it may refuse seccomp() itself. */
	if (path != NULL) {
		if (packed_load(PACKED_FILES) < 0)
			return conf_refuse(m->err,
			    "seccomp: can't unpack the reader of profiles: %s",
			    strerror(errno));
		if (profile_compile(path,
		        confine_has(m, STEP_CAPABILITIES) ? m->plan.capabilities
		                                          : m->held.permitted,
		        &profile, m->err) < 0)
			return -1;
		add_filter(m, profile.code, profile.length);
	}
	return 0;
}
