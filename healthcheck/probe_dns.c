/* SPDX-License-Identifier: MIT */
/* probe_dns.c - does the name resolve? */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "resolve.h"

enum outcome
run_dns(struct run *run)
{
	struct resolve_addresses found;
	char text[48];

	if (resolve_name(run, run->probe->host, run->probe->port, &found) < 0)
		return (enum outcome)run->answer->outcome;
	for (size_t i = 0; i < found.count; i++) {
		resolve_text(&found.list[i], text, sizeof(text));
		answer_keep(run->answer, text, strlen(text));
		answer_keep(run->answer, "\n", 1);
	}
	resolve_text(&found.list[0], text, sizeof(text));
	return answer_say(run->answer, OUTCOME_PASS, REASON_OK,
	    found.count == 1 ? "resolves to %s" : "resolves to %s and %d more",
	    text, (int)found.count - 1);
}
