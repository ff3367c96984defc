#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: kube-play.py [--print] up | health | down

The Kubernetes manifests on one machine's podman, by `podman kube play`, without a
cluster: a pod a workload, in the order of this stack, in networks `product` and
`product-database` (which is internal), under the names of their Services.

  up      makes the secrets that are missing, and plays every workload; ports 80 and
          443 are the proxy's
  health  one line a service: healthy, or why not; exit 1 if any is not
  down    removes everything, the database too

  --print       what podman is given, and do nothing
  SECRETS_DIR   where db_password, tls_cert and tls_key are; ./secrets
  PODMAN        the podman to call

kubernetes/stack.yaml is as a cluster takes it. podman takes less, and this is all that
is changed for it (podman 4.3):

  - a StatefulSet, a Service: podman has neither; a pod that has the Service's name
  - replicas: one of each, on one machine
  - containerPort: podman 4 publishes it on the machine, where 9110 can't be had
    twice; only the proxy's ports stay
  - secret: podman 4.3 crashes where `optional` isn't said, ignores `items`, and hands out
    base64; the files of SECRETS_DIR are mounted, as compose does
  - emptyDir: podman 4 shares one between all pods that call it the same
  - probes: podman has the container run a shell or a curl for them, which no image has
    but postgres, whose liveness stays; hale itself restarts what hangs
  - resolver: the network's own, in place of the cluster's
"""
import argparse
import os
import pathlib
import subprocess
import sys
from subprocess import DEVNULL

import yaml

HERE = pathlib.Path(__file__).resolve().parent.parent
SECRETS = pathlib.Path(os.environ.get("SECRETS_DIR", HERE / "secrets"))
PODMAN = os.environ.get("PODMAN", "podman")
ORDER = ["postgres", "redis", "api", "worker", "beat", "bot", "mtproto", "frontend", "proxy"]
DATABASE = {"postgres": ["product-database"], "api": ["product", "product-database"]}
SHELL = ["postgres"]
PUBLISHED = {"main": 443, "http": 80}
FILES = {"db-password": ["db_password"], "proxy": ["tls_cert", "tls_key"]}


def podman(*words, text=None, check=True):
    return subprocess.run(
        [PODMAN, *words], input=text, capture_output=True, text=True, check=check
    )


def secret_files(spec):
    """The secret's volume becomes the files below SECRETS_DIR."""
    for volume in [volume for volume in spec["volumes"] if "secret" in volume]:
        spec["volumes"].remove(volume)
        files = FILES[volume["secret"]["secretName"]]
        for file in files:
            source = {"path": str(SECRETS / file), "type": "File"}
            spec["volumes"].append({"name": file, "hostPath": source})
        for box in spec["containers"]:
            for mount in [m for m in box["volumeMounts"] if m["name"] == volume["name"]]:
                box["volumeMounts"].remove(mount)
                box["volumeMounts"] += [
                    {"name": file, "mountPath": f"{mount['mountPath']}/{file}", "readOnly": True}
                    for file in files
                ]


def pod(workload):
    """What podman is given for one Deployment or StatefulSet."""
    name = workload["metadata"]["name"]
    template = workload["spec"]["template"]
    spec = template["spec"]
    spec.setdefault("volumes", [])
    secret_files(spec)
    for volume in spec["volumes"]:
        if "emptyDir" in volume:
            volume["name"] = f"{name}-{volume['name']}"
    documents = []
    for claim in workload["spec"].get("volumeClaimTemplates", []):
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim}
        volume = claim["metadata"]["name"]
        claim["metadata"] = {"name": f"{name}-{volume}"}
        documents.append(claim)
        spec["volumes"].append(
            {"name": volume, "persistentVolumeClaim": {"claimName": f"{name}-{volume}"}}
        )
    names = {volume["name"].removeprefix(name + "-"): volume["name"] for volume in spec["volumes"]}
    for box in spec["containers"]:
        for mount in box.get("volumeMounts", []):
            mount["name"] = names[mount["name"]]
        box["image"] = "localhost/" + box["image"]
        box["ports"] = [
            {**port, "hostPort": PUBLISHED[port["name"]]}
            for port in box.get("ports", [])
            if name == "proxy" and port["name"] in PUBLISHED
        ]
        for probe in "startupProbe", "readinessProbe", "livenessProbe":
            if probe != "livenessProbe" or name not in SHELL:
                box.pop(probe, None)
    metadata = {**template["metadata"], "name": name}
    documents.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    return documents


def resolver(document, address):
    """The proxy's upstreams: in this network, by its own resolver."""
    text = document["data"]["upstreams.conf"].replace(".product.svc.cluster.local", "")
    document["data"]["upstreams.conf"] = text.replace("kube-dns.kube-system.svc.cluster.local", address)


def networks():
    for name, extra in (("product", []), ("product-database", ["--internal"])):
        if podman("network", "exists", name, check=False).returncode:
            podman("network", "create", *extra, name)
    out = podman("network", "inspect", "product").stdout
    return yaml.safe_load(out)[0]["subnets"][0]["gateway"]


def secrets():
    """Those that are missing, as stack.sh makes them."""
    SECRETS.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = SECRETS / "db_password"
    if not password.exists():
        password.write_text(os.urandom(24).hex() + "\n")
    password.chmod(0o644)  # the directory protects it
    if not (SECRETS / "tls_cert").exists():
        subprocess.run([HERE / "scripts/setup-ssl.sh"], stdout=DEVNULL, check=True)


def up(show):
    if not show:
        secrets()
    address = "10.89.0.1" if show else networks()
    manifests = list(yaml.safe_load_all((HERE / "kubernetes/stack.yaml").read_text()))
    workloads = {
        d["metadata"]["name"]: d for d in manifests if d["kind"] in ("Deployment", "StatefulSet")
    }
    maps = [d for d in manifests if d["kind"] == "ConfigMap"]
    for document in maps:
        resolver(document, address)
    for name in ORDER:
        documents = pod(workloads[name])
        if name == "proxy":
            documents = maps + documents
        text = yaml.safe_dump_all(documents)
        if show:
            print("---\n" + text, end="")
            continue
        nets = [f"{net}:alias={name}" for net in DATABASE.get(name, ["product"])]
        done = podman("kube", "play", *(f"--network={net}" for net in nets), "-", text=text, check=False)
        if done.returncode:
            sys.exit(f"{name}: podman kube play: {done.stderr.strip().splitlines()[-1]}")
        print(f"{name}: started", flush=True)
    return 0


def health():
    bad = 0
    for name in ORDER:
        done = podman("exec", f"{name}-{name}", "/usr/sbin/hale", "health", check=False)
        line = (done.stdout + done.stderr).strip().splitlines()
        line = line[-1] if line else "no answer"
        print(line if line.startswith(name + ":") else f"{name}: {line}")
        bad |= done.returncode != 0
    return int(bad)


def down():
    # all at once: each drains for as long as it is told to
    stops = [
        subprocess.Popen([PODMAN, "stop", "-t", "25", f"{name}-{name}"], stdout=DEVNULL, stderr=DEVNULL)
        for name in ORDER
    ]
    for stop in stops:
        stop.wait()
    for name in ORDER:
        podman("pod", "rm", "-f", name, check=False)
    volumes = [f"{name}-tmp" for name in ORDER]
    podman("volume", "rm", "-f", "postgres-data", *volumes, "upstreams", check=False)
    podman("network", "rm", "-f", "product", "product-database", check=False)
    return 0


parser = argparse.ArgumentParser(usage=__doc__.partition("usage: ")[2], add_help=True)
parser.add_argument("verb", choices=["up", "health", "down"])
parser.add_argument("--print", action="store_true", dest="show")
arguments = parser.parse_args()
try:
    sys.exit({"up": lambda: up(arguments.show), "health": health, "down": down}[arguments.verb]())
except (OSError, subprocess.CalledProcessError) as error:
    sys.exit(f"kube-play.py: {error}: {getattr(error, 'stderr', '') or ''}".strip())
