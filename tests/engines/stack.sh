#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stack.sh: the short form of `make stack-test`, for every check: of examples/stack
# the API, its database and its Redis, each broken once. One of together.sh's tests:
# the daemon and the Debian base are theirs.

QUICK=1 exec bash "$(dirname "$0")/../stack/run.sh"
