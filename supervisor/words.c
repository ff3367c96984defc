/* SPDX-License-Identifier: MIT */
#include "supervisor/words.h"

#include "supervisor/conf.h"
#include "supervisor/confine.h"
#include "supervisor/exec.h"

#include <stdio.h>
#include <string.h>

/* Where nothing may become executable any more, the kernel's word must do. */
void
exec_explain(
    char *text, size_t size, const char *program, char *const *envp, int error)
{
	if (packed_load(PACKED_VERBS) == 0)
		packed_exec_explain(text, size, program, envp, error);
	else
		snprintf(text, size, "cannot execute %s: %s", program,
		    strerror(error));
}

const char *
confine_explain(const struct confinement *confinement,
    const struct confine_failure *why, char *out, size_t out_size)
{
	if (packed_load(PACKED_VERBS) == 0)
		return packed_confine_explain(confinement, why, out, out_size);
	snprintf(
	    out, out_size, "step %d: %s", (int)why->step, strerror(why->error));
	return out;
}

const char *
conf_nearest(const char *word, const char *const *known, size_t count)
{
	return packed_load(PACKED_VERBS) == 0
	           ? packed_nearest(word, known, count)
	           : NULL;
}

const char *
conf_nearest_key(const char *word, const struct conf_table *table)
{
	return packed_load(PACKED_VERBS) == 0 ? packed_nearest_key(word, table)
	                                      : NULL;
}
