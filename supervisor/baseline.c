/* SPDX-License-Identifier: MIT */
#include "baseline.h"

#include "machine.h"

const struct sock_filter baseline_filter[] = {
#include "baseline.def"
};

const uint16_t baseline_length =
    sizeof(baseline_filter) / sizeof(baseline_filter[0]);
