#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kubernetes.sh: the stack's manifests for Kubernetes: each field is one that
# kubectl knows, and all of them run, by containerd's CRI with kubelet.py for a
# cluster.

. "$(dirname "$0")/../engines/lib.sh"
. "$(dirname "$0")/../engines/cri/containerd.sh"
. "$(dirname "$0")/../engines/docker-lib.sh"
. "$TOP/tests/stack/stacklib.sh"
"$python" -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is not installed"
FILE=kubernetes/stack.yaml

# ---- every field has a meaning: kubectl keeps what its own types know, and a
# word that it doesn't know is lost
if have kubectl; then
	K=(kubectl set --local --dry-run=client -o json -f "$FILE")
	"${K[@]}" resources --limits=cpu=1 >"$T/known.json" 2>>"$T/kubectl.log"
	"${K[@]}" selector app=x >>"$T/known.json" 2>>"$T/kubectl.log"
	"$python" "$TOP/tests/stack/manifests.py" "$FILE" "$T/known.json" >"$T/fields.log" 2>&1
	is "kubectl knows every field" "$(cat "$T/fields.log")" ""
	sed 's/failureThreshold: 120/failureTreshold: 120/' "$FILE" >"$T/typo.yaml"
	kubectl set --local --dry-run=client -o json -f "$T/typo.yaml" resources --limits=cpu=1 >"$T/typo.json" 2>/dev/null
	like "…and one that it doesn't would be seen" "$("$python" "$TOP/tests/stack/manifests.py" "$T/typo.yaml" "$T/typo.json")" failureTreshold
else
	skip "kubectl's view of the manifests: kubectl is not installed"
fi

# ---- images: built by a Docker, run without one
services=(api beat bot frontend mtproto postgres proxy redis worker)
on_exit engine_stop stack
engine_start stack || skip_all "dockerd, which builds the images, does not start here"
stack_images "${services[@]}"
mkdir -p "$T/pause"
cp "$INIT" "$T/pause/pause" && build_guest "$T/pause/guest"
printf '%s\n' 'FROM scratch' 'COPY pause guest /' \
	'ENTRYPOINT ["/pause","--","/guest","web","9","0"]' >"$T/pause/Dockerfile"
build localhost/pause:1 "$T/pause"
$D save -o "$T/images.tar" localhost/pause:1 "${services[@]/#/hale-stack-}" ||
	{ not_ok "images" && done_testing && exit 1; }
engine_stop stack
cri_start || { not_ok "containerd starts" && done_testing && exit 1; }
C images import "$T/images.tar" >/dev/null
is "images import" $? 0

# ---- the cluster's secrets, and everything
scripts/setup-ssl.sh --host localhost >>"$T/ssl.log" 2>&1
mkdir -p "$T/cluster/db-password" "$T/cluster/proxy"
openssl rand -hex 24 >"$T/cluster/db-password/db_password"
cp secrets/tls_cert "$T/cluster/proxy/tls.crt"
cp secrets/tls_key "$T/cluster/proxy/tls.key"
cp secrets/ca_cert "$T/cluster/"
timeout -k 5 900 "$python" "$TOP/tests/stack/kubelet.py" "$CRI" "$HERE/cri/cri.proto" \
	"$FILE" "$T/cluster" "$T/pods" >"$T/kubelet.log" 2>&1
cat "$T/kubelet.log"
passed=$((passed + $(grep -c '^ok ' "$T/kubelet.log")))
failed=$((failed + $(grep -c '^not ok ' "$T/kubelet.log")))
is "the scenario came to its end" "$(grep -c '^kubelet end' "$T/kubelet.log")" 1
done_testing
