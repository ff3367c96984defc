/* SPDX-License-Identifier: MIT */
#include "supervisor/grace.h"

void
grace_paths(const struct graph *graph, const int64_t *own_ms, int64_t *path_ms)
{
	for (uint32_t i = 0; i < graph->ordered; i++) {
		uint32_t node = graph->order[i];
		int64_t longest_ms = 0;

		if (node >= graph->services)
			continue;
		GRAPH_EACH_NEED(graph, node, edge)
			if (edge->need < graph->services &&
			    path_ms[edge->need] > longest_ms)
				longest_ms = path_ms[edge->need];
		path_ms[node] = own_ms[node] + longest_ms;
	}
}

int64_t
grace_share(int64_t left_ms, int64_t own_ms, int64_t path_ms)
{
	if (left_ms <= 0)
		return 0;
	if (path_ms <= left_ms)
		return own_ms;

	/* Both factors below 2^31: the product fits.  Nobody stops for 24
	 * days, and of a ratio only the leading bits matter. */
	if (left_ms > INT32_MAX)
		left_ms = INT32_MAX;
	while (path_ms > INT32_MAX) {
		path_ms /= 2;
		own_ms /= 2;
	}
	return left_ms * own_ms / path_ms;
}
