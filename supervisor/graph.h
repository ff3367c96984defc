/* SPDX-License-Identifier: MIT */
/*
 * graph.h - who needs whom: order, cycles, neighbours.
 *
 * Nodes are numbered: services first, as in the config, then dependencies
 * (what lives elsewhere).  Both directions are kept, so that one change looks
 * at its neighbours only, whatever the number of services.
 *
 * graph_init() allocates; all else is pure.
 */
#ifndef HALE_SUPERVISOR_GRAPH_H
#define HALE_SUPERVISOR_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* node needs need. */
struct graph_edge {
	uint32_t node, need;
	uint8_t condition; /* enum config_condition */
	bool required;     /* false: go on without it if it fails */
	bool restart;      /* true: restart node when need is restarted */
};

struct graph {
	uint32_t count;    /* of nodes */
	uint32_t services; /* the first of them */
	uint32_t edge_count;
	struct graph_edge *edges; /* by node: the needs of one are together */
	uint32_t *first_edge;     /* [count + 1]: of node i in edges[] */
	uint32_t *users;          /* edge numbers, by need */
	uint32_t *first_user;     /* [count + 1]: of need i in users[] */
	uint32_t *order;          /* [count]: needs before who needs them */
	uint32_t ordered;         /* less than count: there is a cycle */
};

/*
 * Makes the graph of `count` nodes, the first `services` of which are
 * services.  The edges are copied.  Returns 0, or -1 with errno (ENOMEM, or
 * EINVAL when an edge names no node).  A cycle is not an error here.
 */
int graph_init(struct graph *graph, uint32_t count, uint32_t services,
    const struct graph_edge *edges, uint32_t edge_count);

void graph_finish(struct graph *graph);

/*
 * Finds one cycle: path[0] needs path[1] ... needs path[n - 1] needs path[0].
 * path has room for graph->count.  Returns n, or 0 when there is none.
 */
uint32_t graph_cycle(const struct graph *graph, uint32_t *path);

/* The needs of node: edges[first] to edges[end - 1]. */
#define GRAPH_EACH_NEED(graph, node_, edge)                                    \
	for (const struct graph_edge *edge =                                   \
	         (graph)->edges + (graph)->first_edge[node_];                  \
	     edge < (graph)->edges + (graph)->first_edge[(node_) + 1]; edge++)

/* The edges of those who need node. */
#define GRAPH_EACH_USER(graph, node_, edge)                                    \
	for (const uint32_t *edge##_at =                                       \
	         (graph)->users + (graph)->first_user[node_];                  \
	     edge##_at < (graph)->users + (graph)->first_user[(node_) + 1];    \
	     edge##_at++)                                                      \
		for (const struct graph_edge *edge =                           \
		         (graph)->edges + *edge##_at;                          \
		     edge != NULL; edge = NULL)

#endif
