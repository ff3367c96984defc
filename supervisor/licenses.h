/* SPDX-License-Identifier: MIT */
#ifndef HALE_LICENSES_H
#define HALE_LICENSES_H

#include "packed.h"

/*
 * licenses.h - what `hale licenses` prints: each piece of the binary with its licence, its
 * authors and the notices that have to go where the binary goes. The names are
 * those of build/versions.txt; tests/packaging.sh compares the two.
 */
PACKED_ENTRY int verb_licenses(int argc, char **argv);

#endif
