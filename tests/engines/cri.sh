#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cri.sh: hale in pods, without a kubelet: containerd's own CRI plugin and CNI
# bridge, driven by cri/kubelet.py; the pause container runs hale as well, and
# so PID 1 of a pod whose containers share a PID namespace.

. "$(dirname "$0")/lib.sh"
need containerd ctr protoc
python=/usr/bin/python3
[ -x $python ] || python=python3
$python -c 'import grpc, google.protobuf' 2>/dev/null || skip_all "python3-grpcio is not installed"
cni=/usr/lib/cni
[ -x $cni/bridge ] || cni=/opt/cni/bin
[ -x $cni/bridge ] || skip_all "the CNI bridge plugin is not installed"
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

c=$T/c
mkdir -p "$c/cni"
jq -n --arg dir "$c/ipam" '{cniVersion: "0.4.0", name: "hale", plugins: [{type: "bridge",
	bridge: "cni0", isGateway: true, ipam: {type: "host-local", dataDir: $dir,
	ranges: [[{subnet: "198.18.0.0/24"}]]}}]}' >"$c/cni/10-hale.conflist"
containerd config default | sed -e "s|/var/lib/containerd|$c/root|; s|/run/containerd|$c/run|" \
	-e "s|/opt/containerd|$c/opt|; s|conf_dir = \"/etc/cni.*|conf_dir = \"$c/cni\"|" \
	-e "s|bin_dir = .*|bin_dir = \"$cni\"|" \
	-e 's|sandbox_image = .*|sandbox_image = "localhost/pause:1"|' \
	-e 's|restrict_oom_score_adj = false|restrict_oom_score_adj = true|' >"$c/config.toml"
setsid containerd -c "$c/config.toml" </dev/null >"$c/containerd.log" 2>&1 &
daemon=$!
on_exit "kill $daemon; wait_for 20 eval '! kill -0 $daemon'"
C() { ctr -a "$c/run/containerd.sock" -n k8s.io "$@"; }
wait_for 60 C version || { not_ok "containerd starts" && done_testing && exit 1; }
C images import "$T/images.tar" >/dev/null
is "images import" $? 0

what=()
is_hale && what=(hale)
timeout -k 5 180 $python "$HERE/cri/kubelet.py" "$c/run/containerd.sock" "$HERE/cri/cri.proto" \
	docker.io/t/box:latest "$T/pods" "${what[@]}" >"$T/kubelet.log" 2>&1
cat "$T/kubelet.log"
passed=$((passed + $(grep -c '^ok ' "$T/kubelet.log")))
failed=$((failed + $(grep -c '^not ok ' "$T/kubelet.log")))
is "the scenario came to its end" "$(grep -c '^kubelet end' "$T/kubelet.log")" 1
done_testing
