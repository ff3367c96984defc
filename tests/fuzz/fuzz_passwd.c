/* SPDX-License-Identifier: MIT */
/* /etc/passwd and /etc/group: cut anywhere, it must say the same. */
#include "supervisor/passwd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
scan(struct passwd_scan *scan, const char *text, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece)
		passwd_feed(
		    scan, text + at, size - at < piece ? size - at : piece);
	passwd_end(scan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	for (int kind = PASSWD_USER_NAME; kind <= PASSWD_MEMBERSHIPS; kind++) {
		struct passwd_scan whole = { .kind = (enum passwd_kind)kind,
			.name = "app",
			.number = 1000 };
		struct passwd_scan cut = whole;

		scan(&whole, (const char *)data, size, size);
		scan(&cut, (const char *)data, size, 1 + data[0] % 7u);
		if (whole.found != cut.found ||
		    whole.malformed != cut.malformed || whole.uid != cut.uid ||
		    whole.gid != cut.gid || whole.gid_count != cut.gid_count ||
		    strcmp(whole.home, cut.home) != 0)
			abort();
		if (whole.found && !whole.malformed &&
		    memchr(whole.entry_name, '\0', IDENTITY_NAME_MAX) == NULL)
			abort();
	}
	return 0;
}
