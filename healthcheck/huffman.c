/* SPDX-License-Identifier: MIT */
/* huffman.c - HPACK's Huffman code, which its lengths alone define. */
#include "h2.h"

enum { SYMBOLS = 257, LONGEST = 30, END_OF_STRING = 256 };

/* RFC 7541, appendix B: the code is canonical, so lengths are enough. */
static const uint8_t lengths[SYMBOLS] = { 13, 23, 28, 28, 28, 28, 28, 28, 28,
	24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
	28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6,
	6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7,
	7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
	13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5,
	5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
	22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
	22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24,
	21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22,
	22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
	19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24,
	20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26,
	27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30 };

/* How many codes there are of each length. */
static void
count_lengths(uint16_t counts[LONGEST + 1])
{
	for (int i = 0; i < SYMBOLS; i++)
		counts[lengths[i]]++;
}

/* The symbol that is number nth of those with that length. */
static int
find(int length, uint32_t nth)
{
	int i = 0;

	for (; i < SYMBOLS; i++)
		if (lengths[i] == length && nth-- == 0)
			break;
	return i;
}

int
h2_huffman(char *out, size_t out_size, const uint8_t *data, size_t size)
{
	uint16_t counts[LONGEST + 1] = { 0 };
	uint32_t code = 0, first = 0; /* first: of the codes this long */
	int bits = 0, n = 0;

	count_lengths(counts);
	for (size_t i = 0; i < size * 8; i++) {
		int symbol;

		code = code << 1 | ((uint32_t)data[i / 8] >> (7 - i % 8) & 1u);
		first <<= 1;
		if (++bits > LONGEST)
			return -1;
		if (code - first >= counts[bits]) {
			first += counts[bits];
			continue;
		}
		symbol = find(bits, code - first);
		if (symbol == END_OF_STRING)
			return -1;
		if ((size_t)n + 1 < out_size)
			out[n++] = (char)symbol;
		code = 0;
		first = 0;
		bits = 0;
	}
	if (bits > 7 || code != (1u << bits) - 1)
		return -1; /* padding is ones, and less than a byte */
	out[n] = '\0';
	return n;
}
