# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# stacklib.sh: what the tests of examples/stack share, sourced after lib.sh and
# docker-lib.sh: a copy of the example to work in, its images on a daemon.

need openssl jq curl python3
S=$T/stack
cp -a "$TOP/examples/stack" "$S" && rm -rf "$S/hale" "$S/secrets"
mkdir -p "$T/bin" && ln -s "$D" "$T/bin/docker"
export PATH=$T/bin:$PATH HALE=$INIT COMPOSE_PROJECT_NAME=stack DOCKER=$D
export SECRETS_DIR=$S/secrets COMPOSE_INTERACTIVE_NO_CLI=1
cd "$S" || exit 1

# stack_base: the Debian that the images are made from; among the engines' tests
# (together.sh) it is theirs
stack_base() {
	local _from=$SECONDS
	if [ -n "${ENGINE_DIR-}" ]; then
		[ -n "${ENGINE_BASE-}" ] || skip_all "no Debian base to make the stack's images from"
		$D tag t/debian hale-stack-base
		return
	fi
	scripts/build-base.sh --image hale-stack-base >>"$T/base.log" 2>&1 ||
		skip_all "no Debian base: $(tail -1 "$T/base.log")"
	note "base: $((SECONDS - _from)) s"
}
# stack_images NAME...
stack_images() {
	stack_base
	scripts/build-optimized.sh --base hale-stack-base "$@" >"$T/build.log" 2>&1
	is "the images build" $? 0
}
