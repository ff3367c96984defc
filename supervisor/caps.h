/* SPDX-License-Identifier: MIT */
/*
 * caps.h - capabilities by name, as masks, and as the kernel holds them.
 */
#ifndef HALE_SUPERVISOR_CAPS_H
#define HALE_SUPERVISOR_CAPS_H

#include <stddef.h>
#include <stdint.h>

struct conf_error;
struct conf_list;

enum { CAPS_COUNT = 41 };

#define CAPS_ALL    ((UINT64_C(1) << CAPS_COUNT) - 1)
#define CAPS_BIT(c) (UINT64_C(1) << (c))

struct caps_state {
	uint64_t effective, permitted, inheritable;
};

/* "NET_RAW" for 13; NULL for a number that has no name. */
const char *caps_name(unsigned capability);

/*
 * Reads one of Docker's words: "NET_RAW", "CAP_NET_RAW", any case, or "ALL".
 * Returns 0, or -1 with err->text set and *mask unchanged.
 */
int caps_parse(const char *word, uint64_t *mask, struct conf_error *err);

/*
 * base changed by add and drop as Docker does it: `drop: ALL` leaves what is
 * added, `add: ALL` leaves what is not dropped; else base, less drop, and add.
 * all is what ALL means.  Returns 0, or -1 with err->text set.
 */
int caps_tweak(uint64_t base, uint64_t all, const struct conf_list *add,
    const struct conf_list *drop, uint64_t *out, struct conf_error *err);

/* Raw calls, fit for a child: 0, or -errno. */
long caps_get(struct caps_state *state);
long caps_set(const struct caps_state *state);

/* The bounding set of this process; makes one call for each capability. */
uint64_t caps_bounding(void);

/* Takes all but keep out of it, which is present, as far as CAP_SETPCAP allows;
 * raw calls. */
void caps_drop_bounding(uint64_t present, uint64_t keep);

/* "NET_RAW, SYS_TIME", "none" or "all"; NUL-terminated.  Returns out. */
const char *caps_text(uint64_t mask, char *out, size_t out_size);

#endif
