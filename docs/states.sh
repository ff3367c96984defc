#!/bin/sh
# SPDX-License-Identifier: MIT
# states.sh [FILE]: asks the code itself, supervisor/service.c, what each event
# does in each state, and puts the answer as a diagram into docs/how-it-works.md,
# between its marks (or into FILE). Needs a C compiler.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
page=${1:-$top/docs/how-it-works.md}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/main.c" <<'E'
#include "supervisor/service.h"
#include <stdio.h>

int
main(void)
{
	for (int from = 1; from < SERVICE_STATE_END; from++)
		for (int event = 0; event < EVENT_END; event++) {
			int to = service_step((enum service_state)from,
			    (enum service_event)event).next;

			if (to != 0 && to != from)
				printf("    %s --> %s: %s\n",
				    service_state_name((enum service_state)from),
				    service_state_name((enum service_state)to),
				    service_event_name((enum service_event)event));
		}
	return 0;
}
E
${CC:-cc} -std=c11 -I"$top" -o "$dir/states" "$dir/main.c" \
	"$top/supervisor/service.c"
{
	echo '```mermaid'
	echo 'stateDiagram-v2'
	# Events that lead the same way are one arrow.
	"$dir/states" | awk -F ': ' '
	!($1 in seen) { seen[$1] = $2; order[++n] = $1; next }
	{ seen[$1] = seen[$1] ", " $2 }
	END { for (i = 1; i <= n; i++) print order[i] ": " seen[order[i]] }'
	echo '```'
} | sh "$top/mk/between.sh" states "$page"
