/* SPDX-License-Identifier: MIT */
/*
 * lzma.c - a decoder of raw LZMA, small rather than fast: 25 MB a second.
 *
 * The format as xz's lzma-file-format.txt and the specification in 7-Zip's
 * LZMA SDK have it. The end marker isn't looked for: we know the size.
 */
#include "supervisor/lzma.h"

#include <string.h>

enum {
	STATES = 12,
	FIRST_MATCH = 7,       /* states from here on: no literal before */
	LITERAL_BITS = 3,      /* lc: so much of the byte before is context */
	LITERAL_PROBS = 0x300, /* three trees of 256 */
	SLOT_KINDS = 4,        /* of distances, by length */
	SLOT_BITS = 6,
	FIRST_MODELLED = 4, /* slots below are the distance itself */
	FIRST_DIRECT = 14,  /* slots from here on have plain bits */
	ALIGN_BITS = 4,
	LENGTH_MIN = 2,
	PROB_BITS = 11,
	PROB_SHIFT = 5,
	RANGE_MIN = 1 << 24,
};

typedef uint16_t prob;

struct lengths {
	prob is_long, is_longest, low[8], mid[8], high[256];
};

struct models {
	prob match[STATES], rep[STATES], rep0_not[STATES], rep1_not[STATES],
	    rep2_not[STATES], rep0_long[STATES];
	struct lengths fresh, repeated;
	prob slot[SLOT_KINDS][1 << SLOT_BITS];
	prob place[128], align[1 << ALIGN_BITS];
	prob literal[LITERAL_PROBS << LITERAL_BITS];
};

struct decoder {
	const uint8_t *in;
	uint32_t range, code;
	struct models models;
};

static void
refill(struct decoder *d)
{
	if (d->range < RANGE_MIN) {
		d->range <<= 8;
		d->code = d->code << 8 | *d->in++;
	}
}

static uint32_t
bit(struct decoder *d, prob *p)
{
	uint32_t bound;

	refill(d);
	bound = (d->range >> PROB_BITS) * *p;
	if (d->code < bound) {
		d->range = bound;
		*p = (prob)(*p + (((1 << PROB_BITS) - *p) >> PROB_SHIFT));
		return 0;
	}
	d->range -= bound;
	d->code -= bound;
	*p = (prob)(*p - (*p >> PROB_SHIFT));
	return 1;
}

/* bits bits, each with the ones before it as context; lowest comes first. */
static uint32_t
lowest_first(struct decoder *d, prob *tree, uint32_t bits)
{
	uint32_t node = 1, value = 0, i, b;

	for (i = 0; i < bits; i++) {
		b = bit(d, &tree[node]);
		node = node << 1 | b;
		value |= b << i;
	}
	return value;
}

static uint32_t
highest_first(struct decoder *d, prob *tree, uint32_t bits)
{
	uint32_t node = 1;

	while (node >> bits == 0)
		node = node << 1 | bit(d, &tree[node]);
	return node - (UINT32_C(1) << bits);
}

static uint32_t
direct(struct decoder *d, uint32_t bits)
{
	uint32_t value = 0;

	for (; bits > 0; bits--) {
		refill(d);
		d->range >>= 1;
		value <<= 1;
		if (d->code >= d->range) {
			d->code -= d->range;
			value |= 1;
		}
	}
	return value;
}

static uint32_t
length(struct decoder *d, struct lengths *l)
{
	if (!bit(d, &l->is_long))
		return LENGTH_MIN + highest_first(d, l->low, 3);
	if (!bit(d, &l->is_longest))
		return LENGTH_MIN + 8 + highest_first(d, l->mid, 3);
	return LENGTH_MIN + 16 + highest_first(d, l->high, 8);
}

static uint32_t
distance(struct decoder *d, uint32_t len)
{
	struct models *m = &d->models;
	uint32_t kind = len - LENGTH_MIN, slot, bits, base;

	slot = highest_first(
	    d, m->slot[kind < SLOT_KINDS ? kind : SLOT_KINDS - 1], SLOT_BITS);
	if (slot < FIRST_MODELLED)
		return slot;
	bits = (slot >> 1) - 1;
	base = (2 | (slot & 1)) << bits;
	if (slot < FIRST_DIRECT)
		return base + lowest_first(d, m->place + base - slot, bits);
	base += direct(d, bits - ALIGN_BITS) << ALIGN_BITS;
	return base + lowest_first(d, m->align, ALIGN_BITS);
}

/* After a match, the byte that it would have gone on with is context, too. */
static uint8_t
literal(struct decoder *d, uint8_t before, uint32_t expected, uint32_t follows)
{
	prob *tree =
	    d->models.literal + LITERAL_PROBS * (before >> (8 - LITERAL_BITS));
	uint32_t node = 1, was, b;

	while (node < 0x100) {
		expected <<= 1;
		was = expected & follows;
		b = bit(d, &tree[follows + was + node]);
		node = node << 1 | b;
		follows = b ? was : follows ^ was;
	}
	return (uint8_t)node;
}

/* Which of the last four distances comes again; it becomes the first. */
static void
repeat(struct decoder *d, uint32_t state, uint32_t *last)
{
	uint32_t which = 1, found;

	if (bit(d, &d->models.rep1_not[state]))
		which = 2 + bit(d, &d->models.rep2_not[state]);
	found = last[which];
	for (; which > 0; which--)
		last[which] = last[which - 1];
	last[0] = found;
}

/* A match: its length; its distance is last[0] then. */
static uint32_t
match(struct decoder *d, uint32_t *state, uint32_t *last)
{
	struct models *m = &d->models;
	uint32_t old = *state, len;

	if (!bit(d, &m->rep[old])) {
		*state = old < FIRST_MATCH ? 7 : 10;
		memmove(last + 1, last, 3 * sizeof(*last));
		len = length(d, &m->fresh);
		last[0] = distance(d, len);
		return len;
	}
	*state = old < FIRST_MATCH ? 8 : 11;
	if (bit(d, &m->rep0_not[old]))
		repeat(d, old, last);
	else if (!bit(d, &m->rep0_long[old])) {
		*state = old < FIRST_MATCH ? 9 : 11;
		return 1;
	}
	return length(d, &m->repeated);
}

static void
start(struct decoder *d, const uint8_t *in)
{
	prob *p = (prob *)&d->models;

	for (size_t i = 0; i < sizeof(d->models) / sizeof(*p); i++)
		p[i] = 1 << (PROB_BITS - 1);
	d->range = UINT32_MAX;
	d->code = (uint32_t)in[1] << 24 | (uint32_t)in[2] << 16 |
	          (uint32_t)in[3] << 8 | in[4];
	d->in = in + 5;
}

void
lzma_unpack(uint8_t *out, size_t size, const uint8_t *in)
{
	struct decoder d;
	uint32_t last[4] = { 0 }, state = 0, len;
	size_t at = 0;

	start(&d, in);
	while (at < size) {
		if (!bit(&d, &d.models.match[state])) {
			out[at] = literal(&d, at > 0 ? out[at - 1] : 0,
			    at > last[0] ? out[at - last[0] - 1] : 0,
			    state < FIRST_MATCH ? 0 : 0x100);
			at++;
			state = state < 4    ? 0
			        : state < 10 ? state - 3
			                     : state - 6;
			continue;
		}
		len = match(&d, &state, last);
		if (last[0] >= at)
			return;
		for (; len > 0 && at < size; len--, at++)
			out[at] = out[at - last[0] - 1];
	}
}
