# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# containerd.sh: a containerd of its own with the CRI plugin and a CNI bridge,
# 198.18.0.0/24, whose gateway is this side; pods want an image
# localhost/pause:1. Sourced after lib.sh.
#
#   cri_start     1 where it does not start; CRI is its socket, C its ctr
#   $python       one that can talk to it

need containerd ctr protoc
python=/usr/bin/python3
[ -x $python ] || python=python3
$python -c 'import grpc, google.protobuf' 2>/dev/null || skip_all "python3-grpcio is not installed"
cni=/usr/lib/cni
[ -x $cni/bridge ] || cni=/opt/cni/bin
[ -x $cni/bridge ] || skip_all "the CNI bridge plugin is not installed"

CRI=$T/c/run/containerd.sock
C() { ctr -a "$CRI" -n k8s.io "$@"; }
cri_start() {
	# a dockerd that was here before let nothing pass between containers
	iptables -P FORWARD ACCEPT 2>/dev/null
	local _c=$T/c _daemon
	mkdir -p "$_c/cni"
	jq -n --arg dir "$_c/ipam" '{cniVersion: "0.4.0", name: "hale", plugins: [{type: "bridge",
		bridge: "cni0", isGateway: true, ipam: {type: "host-local", dataDir: $dir,
		ranges: [[{subnet: "198.18.0.0/24"}]]}}]}' >"$_c/cni/10-hale.conflist"
	containerd config default | sed -e "s|/var/lib/containerd|$_c/root|; s|/run/containerd|$_c/run|" \
		-e "s|/opt/containerd|$_c/opt|; s|conf_dir = \"/etc/cni.*|conf_dir = \"$_c/cni\"|" \
		-e "s|bin_dir = .*|bin_dir = \"$cni\"|" \
		-e 's|sandbox_image = .*|sandbox_image = "localhost/pause:1"|' \
		-e 's|restrict_oom_score_adj = false|restrict_oom_score_adj = true|' >"$_c/config.toml"
	setsid containerd -c "$_c/config.toml" </dev/null >"$_c/containerd.log" 2>&1 &
	_daemon=$!
	on_exit "kill $_daemon; wait_for 20 eval '! kill -0 $_daemon'"
	wait_for 60 C version
}
