/* SPDX-License-Identifier: MIT */
/* probe_file.c - a worker's heartbeat: the file exists, and is young. */
#include "run.h"

#include <errno.h>
#include <sys/stat.h>

#include "supervisor/clock.h"

enum { FUTURE_MS = 2000 }; /* coarse file time, clocks of two machines */

enum outcome
run_file(struct run *run)
{
	const struct probe *probe = run->probe;
	struct stat st;
	int64_t age_ms;

	if (stat(probe->path, &st) < 0)
		return run_fail(run, errno,
		    errno == ENOENT ? REASON_MISSING : REASON_CONNECT);
	if (probe->max_age_ms == 0)
		return answer_say(
		    run->answer, OUTCOME_PASS, REASON_OK, "exists");
	age_ms = clock_wall_ms() - ((int64_t)st.st_mtim.tv_sec * 1000 +
	                               st.st_mtim.tv_nsec / 1000000);
	if (age_ms < -FUTURE_MS - probe->max_age_ms)
		return answer_say(run->answer, OUTCOME_FAIL, REASON_STALE,
		    "was changed %lld s in the future",
		    (long long)(-age_ms / 1000));
	if (age_ms < 0)
		age_ms = 0;
	if (age_ms > probe->max_age_ms) {
		int unit_ms = probe->max_age_ms < 10000 ? 1 : 1000;
		const char *unit = unit_ms == 1 ? "ms" : "s";

		return answer_say(run->answer, OUTCOME_FAIL, REASON_STALE,
		    "is %lld %s old, more than %lld %s",
		    (long long)age_ms / unit_ms, unit,
		    (long long)probe->max_age_ms / unit_ms, unit);
	}
	return answer_say(run->answer, OUTCOME_PASS, REASON_OK, "is %lld s old",
	    (long long)(age_ms / 1000));
}
