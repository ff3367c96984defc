/* SPDX-License-Identifier: MIT */
/*
 * documents.h - bodies of answers, shared by the clients that asked the same.
 *
 * A fixed pool; each has room for the longest answer, in memory that is only
 * touched as far as it was ever used.
 */
#ifndef HALE_HEALTHCHECK_DOCUMENTS_H
#define HALE_HEALTHCHECK_DOCUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "writer.h"

struct document {
	struct writer writer;
	unsigned readers; /* clients that still send it */
	int kind;         /* what may be had again; 0: made for one client */
	uint64_t version;
	int64_t made_ms;
};

/* Room for bodies of up to bytes.  Returns 0, or -1 with errno. */
int documents_init(size_t bytes);

/* One of this kind and version that is younger than a second, or NULL. */
struct document *document_again(int kind, uint64_t version, int64_t now_ms);

/* An empty one, or NULL when all are being read. */
struct document *document_new(int kind, uint64_t version, int64_t now_ms);

#endif
