#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cri.sh: hale in pods, without a kubelet: containerd's own CRI plugin and CNI
# bridge, driven by cri/kubelet.py; the pause container runs hale as well, and
# so PID 1 of a pod whose containers share a PID namespace.

. "$(dirname "$0")/lib.sh"
. "$HERE/cri/containerd.sh"
. "$HERE/docker-lib.sh"

on_exit engine_stop cri
engine_start cri || skip_all "dockerd, which builds the images, does not start here"
build_images
mkdir -p "$T/ctx/pause"
cp "$INIT" "$T/ctx/pause/pause"
cp "$T/ctx/scratch/guest" "$T/ctx/pause/"
printf '%s\n' 'FROM scratch' 'COPY pause guest /' \
	'ENTRYPOINT ["/pause","--","/guest","signals","0"]' >"$T/ctx/pause/Dockerfile"
build localhost/pause:1 "$T/ctx/pause"
$D save -o "$T/images.tar" t/box localhost/pause:1 || { not_ok "images" && done_testing && exit 1; }
engine_stop cri

cri_start || { not_ok "containerd starts" && done_testing && exit 1; }
C images import "$T/images.tar" >/dev/null
is "images import" $? 0

what=()
is_hale && what=(hale)
timeout -k 5 180 "$python" "$HERE/cri/kubelet.py" "$CRI" "$HERE/cri/cri.proto" \
	docker.io/t/box:latest "$T/pods" "${what[@]}" >"$T/kubelet.log" 2>&1
cat "$T/kubelet.log"
passed=$((passed + $(grep -c '^ok ' "$T/kubelet.log")))
failed=$((failed + $(grep -c '^not ok ' "$T/kubelet.log")))
is "the scenario came to its end" "$(grep -c '^kubelet end' "$T/kubelet.log")" 1
done_testing
