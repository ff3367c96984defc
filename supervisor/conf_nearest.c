/* SPDX-License-Identifier: MIT */
/* conf_nearest.c - "did you mean": the known word that is fewest slips away. */
#include "supervisor/conf.h"
#include "supervisor/words.h"

#include <string.h>

#define WORD_MAX 40

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Letters added, dropped, changed or swapped with their neighbour. */
static unsigned
slips(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	memset(rows, 0, sizeof(rows));
	for (unsigned j = 0; j <= b_len; j++)
		above[j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *spare = before;

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
			    above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] =
				    least(row[j], row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

struct search {
	const char *word, *best;
	size_t length;
	unsigned best_slips;
};

static void
consider(struct search *search, const char *known)
{
	size_t length = strlen(known);
	size_t longer = length > search->length ? length : search->length;
	unsigned n, allowed = longer < 6 ? 1 : longer < 9 ? 2 : 3;

	if (search->length > WORD_MAX || length > WORD_MAX)
		return;
	n = slips(search->word, search->length, known, length);
	if (n <= allowed && n < longer &&
	    (search->best == NULL || n < search->best_slips)) {
		search->best = known;
		search->best_slips = n;
	}
}

const char *
packed_nearest(const char *word, const char *const *known, size_t count)
{
	struct search search = { .word = word, .length = strlen(word) };

	for (size_t i = 0; i < count; i++)
		consider(&search, known[i]);
	return search.best;
}

static void
consider_table(struct search *search, const struct conf_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->keys[i].type == CONF_INLINE ||
		    table->keys[i].type == CONF_SHARED)
			consider_table(search, table->keys[i].table);
		else
			consider(search, table->keys[i].name);
}

const char *
packed_nearest_key(const char *word, const struct conf_table *table)
{
	struct search search = { .word = word, .length = strlen(word) };

	consider_table(&search, table);
	return search.best;
}
