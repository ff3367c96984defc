/* SPDX-License-Identifier: MIT */
#include "supervisor/graph.h"

#include <errno.h>
#include <stdlib.h>

/* Puts edges[] in order of node, users[] in order of need: counting sorts. */
static void
sort_edges(struct graph *graph, const struct graph_edge *edges)
{
	uint32_t *first = graph->first_edge, *user = graph->first_user;

	for (uint32_t i = 0; i < graph->edge_count; i++) {
		first[edges[i].node + 1]++;
		user[edges[i].need + 1]++;
	}
	for (uint32_t i = 0; i < graph->count; i++) {
		first[i + 1] += first[i];
		user[i + 1] += user[i];
	}
	for (uint32_t i = 0; i < graph->edge_count; i++)
		graph->edges[first[edges[i].node]++] = edges[i];
	for (uint32_t i = 0; i < graph->edge_count; i++)
		graph->users[user[graph->edges[i].need]++] = i;

	/* Each start has moved to the next one's: move them back. */
	for (uint32_t i = graph->count; i > 0; i--) {
		first[i] = first[i - 1];
		user[i] = user[i - 1];
	}
	first[0] = user[0] = 0;
}

/* Whoever has no unordered need left is next; a cycle never gets there. */
static int
sort_nodes(struct graph *graph)
{
	uint32_t *missing = calloc(graph->count + 1, sizeof(*missing));
	uint32_t *order = graph->order, done = 0, known = 0;

	if (missing == NULL)
		return -1;
	for (uint32_t i = 0; i < graph->count; i++) {
		missing[i] = graph->first_edge[i + 1] - graph->first_edge[i];
		if (missing[i] == 0)
			order[known++] = i;
	}
	for (; done < known; done++)
		GRAPH_EACH_USER(graph, order[done], edge)
			if (--missing[edge->node] == 0)
				order[known++] = edge->node;
	graph->ordered = known;
	free(missing);
	return 0;
}

int
graph_init(struct graph *graph, uint32_t count, uint32_t services,
    const struct graph_edge *edges, uint32_t edge_count)
{
	struct graph made = {
		.count = count, .services = services, .edge_count = edge_count
	};

	for (uint32_t i = 0; i < edge_count; i++)
		if (edges[i].node >= count || edges[i].need >= count) {
			errno = EINVAL;
			return -1;
		}

	made.edges = calloc(edge_count + 1, sizeof(*made.edges));
	made.users = calloc(edge_count + 1, sizeof(*made.users));
	made.first_edge = calloc(count + 1, sizeof(*made.first_edge));
	made.first_user = calloc(count + 1, sizeof(*made.first_user));
	made.order = calloc(count + 1, sizeof(*made.order));
	if (made.edges == NULL || made.users == NULL ||
	    made.first_edge == NULL || made.first_user == NULL ||
	    made.order == NULL) {
		graph_finish(&made);
		return -1;
	}
	sort_edges(&made, edges);
	if (sort_nodes(&made) < 0) {
		graph_finish(&made);
		return -1;
	}
	*graph = made;
	return 0;
}

void
graph_finish(struct graph *graph)
{
	free(graph->edges);
	free(graph->users);
	free(graph->first_edge);
	free(graph->first_user);
	free(graph->order);
	*graph = (struct graph){ 0 };
}

static bool
is_ordered(const struct graph *graph, uint32_t node)
{
	for (uint32_t i = 0; i < graph->ordered; i++)
		if (graph->order[i] == node)
			return true;
	return false;
}

/* A need of node that was never ordered: it is on a cycle, or needs one. */
static uint32_t
unordered_need(const struct graph *graph, uint32_t node)
{
	GRAPH_EACH_NEED(graph, node, edge)
		if (!is_ordered(graph, edge->need))
			return edge->need;
	return graph->count;
}

uint32_t
graph_cycle(const struct graph *graph, uint32_t *path)
{
	uint32_t length = 0, node = 0, start;

	if (graph->ordered == graph->count)
		return 0;
	while (is_ordered(graph, node))
		node++;

	/* Each unordered node has an unordered need: we must come back. */
	for (;;) {
		for (start = 0; start < length; start++)
			if (path[start] == node)
				goto found;
		path[length++] = node;
		node = unordered_need(graph, node);
	}
found:
	for (uint32_t i = start; i < length; i++)
		path[i - start] = path[i];
	return length - start;
}
