/* SPDX-License-Identifier: MIT */
#include "documents.h"

#include <stdbool.h>
#include <sys/mman.h>

#define DOCUMENTS 16
#define FRESH_MS  1000 /* figures of the kernel's are never older */

static struct document documents[DOCUMENTS];

int
documents_init(size_t bytes)
{
	char *room = mmap(NULL, bytes * DOCUMENTS, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return -1;
	/* No child needs them, and a fork is dearer by each mapping. */
	madvise(room, bytes * DOCUMENTS, MADV_DONTFORK);
	for (size_t i = 0; i < DOCUMENTS; i++) {
		documents[i].writer.text = room + i * bytes;
		documents[i].writer.size = bytes;
	}
	return 0;
}

struct document *
document_again(int kind, uint64_t version, int64_t now_ms)
{
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (documents[i].kind == kind &&
		    documents[i].version == version &&
		    now_ms - documents[i].made_ms < FRESH_MS)
			return &documents[i];
	return NULL;
}

/* The first that is free, preferring those that hold nothing of use. */
static struct document *
pick(bool useless)
{
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (documents[i].readers == 0 &&
		    (!useless || documents[i].kind == 0))
			return &documents[i];
	return NULL;
}

struct document *
document_new(int kind, uint64_t version, int64_t now_ms)
{
	struct document *document = NULL;

	/* The one that this replaces, then any: few pages stay touched. */
	for (size_t i = 0; kind != 0 && i < DOCUMENTS; i++)
		if (documents[i].kind == kind && documents[i].readers == 0)
			document = &documents[i];
	if (document == NULL)
		document = pick(true);
	if (document == NULL)
		document = pick(false);
	if (document == NULL)
		return NULL;
	document->writer.used = 0;
	document->writer.full = false;
	document->writer.more = false;
	document->kind = kind;
	document->version = version;
	document->made_ms = now_ms;
	return document;
}
