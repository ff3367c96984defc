/* SPDX-License-Identifier: MIT */
/* lzma.h - unpacks what mk/pack.c packed into the binary: raw LZMA. */
#ifndef HALE_SUPERVISOR_LZMA_H
#define HALE_SUPERVISOR_LZMA_H

#include <stddef.h>
#include <stdint.h>

/*
 * Unpacks size bytes from in to out, as `xz --format=raw` packs them with
 * lc=3, lp=0 and pb=0. in is a part of this very binary and trusted as its code
 * is; out is never left, whatever in says.
 */
void lzma_unpack(uint8_t *out, size_t size, const uint8_t *in);

#endif
