#!/bin/bash
# SPDX-License-Identifier: MIT
#
# together.sh TEST…: tests that can share one dockerd and its images, one after
# the other; what each leaves behind is removed before the next.

. "$(dirname "$0")/lib.sh"
. "$HERE/docker-lib.sh"
cd "$HERE" || exit 1
. "$HERE/runner.sh"

on_exit engine_stop engine
engine_start engine || skip_all "dockerd does not start here: $*"
build_images || { not_ok "images FROM scratch" && done_testing && exit 1; }
base_image && export ENGINE_BASE=1
export ENGINE_DIR=$T
run_tests "$@"
passed=$sum_passed failed=$sum_failed skipped=$sum_skipped
done_testing
