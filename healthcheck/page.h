/* SPDX-License-Identifier: MIT */
/* page.h - the status page, as it is in page.html. */
#ifndef HALE_HEALTHCHECK_PAGE_H
#define HALE_HEALTHCHECK_PAGE_H

#include <stddef.h>

/* Its bytes; without an end. */
const char *page_text(void);

/* 0: built without it, by make PAGE=none. */
size_t page_size(void);

#endif
