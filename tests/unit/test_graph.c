/* SPDX-License-Identifier: MIT */
/* Graphs are written as pairs of letters: "ba" is "b needs a". */
#include "unit.h"

#include "supervisor/graph.h"

#include <errno.h>
#include <string.h>

#define MAX 2000

static void
make(struct graph *graph, uint32_t count, const char *pairs)
{
	struct graph_edge edges[64];
	uint32_t n = 0;

	for (const char *p = pairs; *p != '\0'; p += 2)
		edges[n++] = (struct graph_edge){
			.node = (uint32_t)(p[0] - 'a'),
			.need = (uint32_t)(p[1] - 'a'),
			.required = true,
		};
	assert_int_equal(graph_init(graph, count, count, edges, n), 0);
}

static void
assert_needs_first(const struct graph *graph)
{
	uint32_t place[MAX] = { 0 };

	for (uint32_t i = 0; i < graph->count; i++)
		place[graph->order[i]] = i;
	for (uint32_t i = 0; i < graph->count; i++)
		GRAPH_EACH_NEED(graph, i, edge)
			assert_true(place[edge->need] < place[i]);
}

static void
test_needs_come_first(void **state)
{
	static const char *const rows[] = { "", "ba", "cbba", "dbdcbaca",
		"abbccdde", "eaebeced", "cacacbcb" };
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct graph graph;
		uint32_t path[8];

		make(&graph, 5, rows[i]);
		assert_int_equal(graph.ordered, 5);
		assert_needs_first(&graph);
		assert_int_equal(graph_cycle(&graph, path), 0);
		graph_finish(&graph);
	}
}

static void
test_a_cycle_is_told_whole(void **state)
{
	static const struct {
		const char *pairs, *cycle;
	} rows[] = {
		{ "aa", "a" },
		{ "abba", "ab" },
		{ "eaabbcca", "abc" },
		{ "debaaccbde", "acb" },
		{ "edcddc", "cd" },
		/* on the way to it are nodes that are not on it */
		{ "abbccb", "bc" },
		{ "abbccddc", "cd" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct graph graph;
		uint32_t path[8], n, at = 0;
		char doubled[20];

		make(&graph, 5, rows[i].pairs);
		n = graph_cycle(&graph, path);
		assert_int_equal(n, strlen(rows[i].cycle));
		/* Any of its nodes may come first. */
		strcpy(doubled, rows[i].cycle);
		strcat(doubled, rows[i].cycle);
		while (doubled[at] != (char)('a' + path[0]))
			at++;
		for (uint32_t j = 0; j < n; j++)
			assert_int_equal(doubled[at + j], 'a' + path[j]);
		graph_finish(&graph);
	}
}

static void
test_neighbours_both_ways(void **state)
{
	struct graph graph;
	char seen[20] = "";
	(void)state;

	make(&graph, 5, "dbdcbaca");
	GRAPH_EACH_NEED(&graph, 3, edge)
		strncat(seen, &"abcde"[edge->need], 1);
	assert_string_equal(seen, "bc");
	seen[0] = '\0';
	GRAPH_EACH_USER(&graph, 0, edge)
		strncat(seen, &"abcde"[edge->node], 1);
	assert_string_equal(seen, "bc");
	GRAPH_EACH_USER(&graph, 3, edge)
		fail_msg("nobody needs d, not even %u", edge->node);
	graph_finish(&graph);
}

static void
test_edges_keep_what_they_carry(void **state)
{
	const struct graph_edge edges[] = {
		{ .node = 1, .need = 2, .condition = 3, .restart = true },
		{ .node = 0, .need = 2, .condition = 1, .required = true },
	};
	struct graph graph;
	(void)state;

	assert_int_equal(graph_init(&graph, 3, 2, edges, 2), 0);
	assert_int_equal(graph.services, 2);
	GRAPH_EACH_NEED(&graph, 1, edge) {
		assert_int_equal(edge->condition, 3);
		assert_true(edge->restart);
		assert_false(edge->required);
	}
	graph_finish(&graph);
}

static void
test_an_edge_into_nowhere_is_refused(void **state)
{
	struct graph_edge edge = { .node = 0, .need = 1 };
	struct graph graph = { .count = 77 };
	(void)state;

	errno = 0;
	assert_int_equal(graph_init(&graph, 1, 1, &edge, 1), -1);
	assert_int_equal(errno, EINVAL);
	/* Either end may be it. */
	edge = (struct graph_edge){ .node = 1, .need = 0 };
	assert_int_equal(graph_init(&graph, 1, 1, &edge, 1), -1);
	edge = (struct graph_edge){ .node = 0, .need = 1 };
	assert_int_equal(graph_init(&graph, 1, 1, &edge, 1), -1);
	assert_int_equal(graph.count, 77);
}

static void
test_a_chain_of_two_thousand(void **state)
{
	static struct graph_edge edges[MAX];
	static uint32_t path[MAX];
	struct graph graph;
	(void)state;

	for (uint32_t i = 0; i < MAX; i++)
		edges[i] =
		    (struct graph_edge){ .node = i, .need = (i + 1) % MAX };
	assert_int_equal(graph_init(&graph, MAX, MAX, edges, MAX - 1), 0);
	assert_needs_first(&graph);
	graph_finish(&graph);
	assert_int_equal(graph_init(&graph, MAX, MAX, edges, MAX), 0);
	assert_int_equal(graph_cycle(&graph, path), MAX);
	graph_finish(&graph);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs_come_first),
		cmocka_unit_test(test_a_cycle_is_told_whole),
		cmocka_unit_test(test_neighbours_both_ways),
		cmocka_unit_test(test_edges_keep_what_they_carry),
		cmocka_unit_test(test_an_edge_into_nowhere_is_refused),
		cmocka_unit_test(test_a_chain_of_two_thousand),
	};

	return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
