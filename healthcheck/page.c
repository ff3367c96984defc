/* SPDX-License-Identifier: MIT */
#include "page.h"

#include "supervisor/packed.h"

#ifdef HALE_PAGE

/* Its path is seen from the top of the tree, where the compiler runs. */
__asm__(".pushsection .packed_text.page,\"a\"\n"
        ".global hale_page\n"
        ".hidden hale_page\n"
        ".global hale_page_end\n"
        ".hidden hale_page_end\n"
        "hale_page:\n"
        "	.incbin \"healthcheck/page.html\"\n"
        "hale_page_end:\n"
        ".popsection\n");

extern const char hale_page[] __attribute__((visibility("hidden")));
extern const char hale_page_end[] __attribute__((visibility("hidden")));

const char *
page_text(void)
{
	return packed_text(hale_page);
}

size_t
page_size(void)
{
	return (size_t)(hale_page_end - hale_page);
}

#else

const char *
page_text(void)
{
	return "";
}

size_t
page_size(void)
{
	return 0;
}

#endif
