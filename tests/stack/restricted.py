# SPDX-License-Identifier: MIT
#
# restricted.py MANIFESTS: what of the workloads breaks the Pod Security Standard
# "restricted" or this stack's own rules (three probes of hale, no preStop, a root
# file system that is read only), and references to what is not there; a line each.

import sys

import yaml

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
PROBES = {"startupProbe": "startup", "readinessProbe": "ready", "livenessProbe": "live"}
POLICY = {
    "spec": {"podSelector", "policyTypes", "ingress", "egress"},
    "ingress": {"from", "ports"}, "egress": {"to", "ports"},
    "from": {"podSelector", "namespaceSelector", "ipBlock"}, "ports": {"port", "protocol", "endPort"},
}


def pod(spec):
    user = spec.get("securityContext", {})
    for word in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(word):
            yield f"{word} is set"
    if user.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if user.get("runAsUser", 0) == 0:
        yield "runAsUser is root or not said"
    if user.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile is neither RuntimeDefault nor Localhost"
    if spec.get("automountServiceAccountToken") is not False:
        yield "a service account's token is mounted"
    for volume in spec.get("volumes", []):
        if not VOLUMES & set(volume):
            yield f"volume {volume['name']} is of a kind that is not allowed"


def container(box):
    may = box.get("securityContext", {})
    caps = may.get("capabilities", {})
    if may.get("privileged"):
        yield "privileged"
    if may.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if may.get("readOnlyRootFilesystem") is not True:
        yield "the root file system can be written"
    if "ALL" not in caps.get("drop", []):
        yield "capabilities: ALL is not dropped"
    if set(caps.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities: more than NET_BIND_SERVICE is added"
    if may.get("runAsUser") == 0 or may.get("runAsNonRoot") is False:
        yield "root again"
    if any("hostPort" in port for port in box.get("ports", [])):
        yield "hostPort"
    if "memory" not in box.get("resources", {}).get("limits", {}):
        yield "no limit of memory"
    if "lifecycle" in box:
        yield "a hook, which hale's drain makes needless"
    ports = {port["name"] for port in box.get("ports", [])}
    for key, kind in PROBES.items():
        probe = box.get(key, {})
        get, words = probe.get("httpGet", {}), probe.get("exec", {}).get("command", [])
        page = {"startup": "/startupz", "ready": "/readyz", "live": "/livez"}[kind]
        if words != ["/usr/sbin/hale", "health", "--kind", kind] and not (
            get.get("path") == page and get.get("port") in ports
        ):
            yield f"{key} is not hale's"


def policy(name, value):
    """NetworkPolicy, which kubectl writes back as it was: its words, by hand."""
    for key, below in value.items() if isinstance(value, dict) else ():
        if key not in POLICY[name]:
            yield f"{name}.{key}: no such word"
        for item in below if isinstance(below, list) and key in POLICY else ():
            yield from policy(key, item)


with open(sys.argv[1], encoding="utf-8") as file:
    documents = [document for document in yaml.safe_load_all(file) if document]
pods = [d["spec"]["template"] for d in documents if "template" in d.get("spec", {})]
maps = {d["metadata"]["name"] for d in documents if d["kind"] == "ConfigMap"}
for document in documents:
    spec, found = document.get("spec", {}), []
    if "template" in spec:
        template = spec["template"]
        below = template["spec"]
        found += pod(below)
        for box in below["containers"] + below.get("initContainers", []):
            found += container(box)
            volumes = {v["name"] for v in below.get("volumes", []) + [
                c["metadata"] for c in spec.get("volumeClaimTemplates", [])]}
            found += [f"no volume {m['name']}" for m in box.get("volumeMounts", []) if m["name"] not in volumes]
        found += [f"no ConfigMap {v['configMap']['name']}" for v in below.get("volumes", [])
                  if "configMap" in v and v["configMap"]["name"] not in maps]
        if spec["selector"]["matchLabels"].items() - template["metadata"]["labels"].items():
            found.append("its selector is not its pods'")
    elif document["kind"] == "Service":
        behind = [p for p in pods if spec["selector"].items() <= p["metadata"]["labels"].items()]
        names = {port["name"] for p in behind for box in p["spec"]["containers"] for port in box["ports"]}
        found += [f"no port {port['targetPort']} behind it" for port in spec["ports"] if port["targetPort"] not in names]
    elif document["kind"] == "NetworkPolicy":
        found += policy("spec", spec)
        if not any(spec["podSelector"]["matchLabels"].items() <= p["metadata"]["labels"].items() for p in pods):
            found.append("it is of no pod")
    for line in found:
        print(f"{document['kind']}/{document['metadata']['name']}: {line}")
