# SPDX-License-Identifier: MIT
#
# kubelet.py SOCKET PROTO MANIFESTS SECRETS WORK: the stack's Kubernetes
# manifests, run by a real CRI runtime as a cluster of one node would: pods of
# each Deployment and StatefulSet with their volumes and security context,
# startup before readiness and liveness, restarts, a cluster's DNS that names
# the ready pods of a Service, a rolling update. The files in SECRETS are the
# cluster's secrets. What is missing of a cluster: its API, and VIPs (a Service
# is headless here).

import concurrent.futures
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import grpc
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "engines/cri"))
from runtime import Runtime  # noqa: E402

address, proto, manifests, secrets, work = sys.argv[1:6]
NODE = "198.18.0.1"
DOMAIN = "product.svc.cluster.local"
DEADLINE = 240
failed = 0


def check(what, good, detail=""):
    global failed
    failed += not good
    print(f"{'ok' if good else 'not ok'} - kubernetes: {what}{'' if good else f' ({detail})'}", flush=True)


def within(seconds, probe):
    end = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


class Pod:
    """One pod of a workload: its sandbox, its one container, its probes."""

    def __init__(self, workload, number, env=()):
        self.spec = workload["spec"]["template"]["spec"]
        self.labels = workload["spec"]["template"]["metadata"]["labels"]
        self.box = self.spec["containers"][0]
        self.name = f"{workload['metadata']['name']}-{number}"
        self.env = [*self.box.get("env", []), *env]
        self.started = self.ready = self.gone = False
        self.attempt, self.log, self.exits = -1, [], []
        self.lock = threading.Lock()
        self.cri = Runtime(address, proto)
        self.config = {
            "metadata": {"name": self.name, "uid": self.name, "namespace": "product"},
            "hostname": self.name, "log_directory": work,
            "dns_config": {"servers": [NODE], "searches": [DOMAIN, "svc.cluster.local"],
                           "options": ["ndots:5"]},
            "linux": {"cgroup_parent": "/hale-product",
                      "security_context": {"namespace_options": {"pid": 1}}}}
        self.mounts = [self.mount(m) for m in self.box.get("volumeMounts", [])]
        self.sandbox = self.cri.RunPodSandbox(config=self.config).pod_sandbox_id
        self.ip = self.cri.PodSandboxStatus(pod_sandbox_id=self.sandbox).status.network.ip
        self.create()
        self.thread = threading.Thread(target=self.sync, daemon=True)
        self.thread.start()

    def mount(self, mount):
        """A volume as the kubelet makes it: of the group fsGroup."""
        volume = next((v for v in self.spec.get("volumes", []) if v["name"] == mount["name"]), {})
        shared = not volume  # of a claim: it outlives its pod
        path = pathlib.Path(work, "claims" if shared else self.name, mount["name"])
        path.mkdir(parents=True, exist_ok=True)
        group = self.spec["securityContext"]["fsGroup"]
        if "secret" in volume or "configMap" in volume:
            kind = "secret" if "secret" in volume else "configMap"
            source = pathlib.Path(secrets, volume[kind].get("secretName") or volume[kind]["name"])
            items = volume[kind].get("items") or [{"key": f.name, "path": f.name} for f in source.iterdir()]
            for item in items:
                to = path / item["path"]
                to.write_bytes((source / item["key"]).read_bytes())
                to.chmod(volume[kind].get("defaultMode", 0o644))
                os.chown(to, 0, group)
        elif not os.path.ismount(path) and "emptyDir" in volume:
            size = str(volume["emptyDir"].get("sizeLimit", "50%")).removesuffix("i")
            subprocess.check_call(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)])
        os.chown(path, 0, group)
        path.chmod(0o2775)
        return {"container_path": mount["mountPath"], "readonly": mount.get("readOnly", False),
                "host_path": str(path / mount["subPath"] if "subPath" in mount else path)}

    def create(self):
        user, security = self.spec["securityContext"], self.box["securityContext"]
        self.attempt += 1
        self.started = self.ready = False
        memory = self.box["resources"]["limits"]["memory"]
        config = {
            "metadata": {"name": self.box["name"], "attempt": self.attempt},
            "image": {"image": "docker.io/library/" + self.box["image"]},
            "envs": [{"key": e["name"], "value": e["value"]} for e in self.env],
            "mounts": self.mounts, "log_path": f"{self.name}-{self.attempt}.log",
            "linux": {
                "resources": {"memory_limit_in_bytes": int(memory.removesuffix("Mi")) << 20, "oom_score_adj": 999},
                "security_context": {
                    "capabilities": {"drop_capabilities": security["capabilities"]["drop"]},
                    "namespace_options": {"pid": 1},
                    "run_as_user": {"value": user["runAsUser"]}, "run_as_group": {"value": user["runAsGroup"]},
                    "supplemental_groups": [user["fsGroup"]],
                    "readonly_rootfs": security["readOnlyRootFilesystem"],
                    "no_new_privs": not security["allowPrivilegeEscalation"],
                    "seccomp": {"profile_type": 0}}}}
        self.container = self.cri.CreateContainer(
            pod_sandbox_id=self.sandbox, config=config, sandbox_config=self.config).container_id
        self.cri.StartContainer(container_id=self.container)

    def exec(self, *command, timeout=30):
        try:
            ran = self.cri.ExecSync(container_id=self.container, cmd=command, timeout=timeout)
            return ran.exit_code, (ran.stdout + ran.stderr).decode(errors="replace")
        except grpc.RpcError as error:
            return None, str(error.code())

    def port(self, name):
        return next(p["containerPort"] for p in self.box["ports"] if p["name"] == name)

    def probe(self, kind):
        """The kubelet's own probe, with its defaults; (passed, what it said)"""
        probe = self.box[kind]
        timeout = probe.get("timeoutSeconds", 1)
        if "exec" in probe:
            code, out = self.exec(*probe["exec"]["command"], timeout=timeout)
            return code == 0, out
        get = probe["httpGet"]
        try:
            url = f"http://{self.ip}:{self.port(get['port'])}{get['path']}"
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return True, answer.read().decode()
        except urllib.error.HTTPError as error:
            return False, error.read().decode()
        except OSError as error:
            return False, str(error)

    def sync(self):
        """startupProbe until it passes; then the other two; an end is a new start"""
        failures = {"startupProbe": 0, "readinessProbe": 0, "livenessProbe": 0}
        due = {}
        while not self.gone:
            time.sleep(0.1)
            with self.lock:
                if self.gone:
                    return
                status = self.cri.ContainerStatus(container_id=self.container).status
                if status.state != 1:
                    self.exits.append(status.exit_code)
                    self.create()
                    failures, due = dict.fromkeys(failures, 0), {}
                    continue
                kinds = ["readinessProbe", "livenessProbe"] if self.started else ["startupProbe"]
                for kind in kinds:
                    if time.monotonic() < due.get(kind, 0):
                        continue
                    due[kind] = time.monotonic() + self.box[kind].get("periodSeconds", 10)
                    passed, said = self.probe(kind)
                    failures[kind] = 0 if passed else failures[kind] + 1
                    over = failures[kind] >= self.box[kind].get("failureThreshold", 3)
                    self.log.append((kind, passed, said.strip()))
                    if kind == "startupProbe" and passed:
                        self.started = True
                    elif kind == "readinessProbe" and (passed or over):
                        self.ready = passed
                    elif over:
                        self.cri.StopContainer(container_id=self.container, timeout=self.grace())

    def grace(self):
        return self.spec["terminationGracePeriodSeconds"]

    def end(self):
        """Out of the endpoints and SIGTERM, at the same time; its exit status"""
        self.ready, self.gone = False, True
        with self.lock:
            self.cri.StopContainer(container_id=self.container, timeout=self.grace())
            code = self.cri.ContainerStatus(container_id=self.container).status.exit_code
        self.cri.StopPodSandbox(pod_sandbox_id=self.sandbox)
        self.cri.RemovePodSandbox(pod_sandbox_id=self.sandbox)
        return code


pods = []


def of(app):
    return [p for p in pods if p.labels["app"] == app and not p.gone]


def serve_dns():
    """A Service's name is the addresses of its ready pods; nobody else has one."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((NODE, 53))
    while True:
        query, client = server.recvfrom(512)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, kind = ".".join(labels).lower(), query[at + 2]
        ips, known = [], True
        if name == "kube-dns.kube-system.svc.cluster.local":
            ips = [NODE]
        elif name.endswith("." + DOMAIN) and name.removesuffix("." + DOMAIN) in services:
            ips = [p.ip for p in of(name.removesuffix("." + DOMAIN)) if p.ready]
        else:
            known = False
        if kind != 1:
            ips = []
        head = query[:2] + (b"\x85\x80" if known else b"\x85\x83")
        head += b"\0\1" + len(ips).to_bytes(2, "big") + b"\0\0\0\0"
        answers = (b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(ip) for ip in ips)
        server.sendto(head + query[12:at + 5] + b"".join(answers), client)


documents = [d for d in yaml.safe_load_all(pathlib.Path(manifests).read_text()) if d]
workloads = {d["metadata"]["name"]: d for d in documents if d["kind"] in ("Deployment", "StatefulSet")}
services = {d["metadata"]["name"] for d in documents if d["kind"] == "Service"}
for document in documents:
    if document["kind"] == "ConfigMap":
        folder = pathlib.Path(secrets, document["metadata"]["name"])
        folder.mkdir(exist_ok=True)
        for key, text in document["data"].items():
            (folder / key).write_text(text)

trust = ssl.create_default_context(cafile=str(pathlib.Path(secrets, "ca_cert")))
trust.check_hostname = False


def get(path, data=None):
    """A client outside: any ready proxy pod, as a load balancer would choose"""
    proxies = [p for p in of("proxy") if p.ready]
    if not proxies:
        return 0, "no proxy is ready"
    url = f"https://{proxies[0].ip}:{proxies[0].port('main')}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=20, context=trust) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def why(app):
    return [(p.name, p.attempt, p.log[-1:]) for p in of(app)]


def up(app):
    return all(p.ready for p in of(app))


# ---- all pods, at once, in no order: they wait for each other
(pathlib.Path(work) / "claims").mkdir(parents=True)
subprocess.check_call(["ip", "link", "add", "cni0", "type", "bridge"])
subprocess.check_call(["ip", "addr", "add", NODE + "/24", "dev", "cni0"])
subprocess.check_call(["ip", "link", "set", "cni0", "up"])
threading.Thread(target=serve_dns, daemon=True).start()
wanted = [(w, n) for w in workloads.values() for n in range(w["spec"].get("replicas", 1))]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    pods += pool.map(lambda wanted: Pod(*wanted), wanted)
for app in workloads:
    check(f"{app}: {len(of(app))} ready", within(DEADLINE, lambda app=app: up(app)), why(app))
for app in workloads:
    kinds = [kind for pod in of(app) for kind, passed, _ in pod.log if passed]
    check(f"{app}: startup before readiness and liveness",
          kinds and kinds[0] == "startupProbe" and {"readinessProbe", "livenessProbe"} <= {*kinds}
          or within(30, lambda app=app: {"livenessProbe"} <= {k for p in of(app) for k, ok, _ in p.log if ok}), why(app))
    out = of(app)[0].exec("/usr/sbin/hale", "inspect")[1]
    words = " ".join(out.split())
    check(f"{app}: nobody is root, has a capability or can get one",
          "ok bounding set none" in words and "ok no_new_privs on" in words and "\n  bad" not in out, out)

# ---- it works
status, body = get("/api/items", b'{"name":"pod"}')
check("proxy → api → postgres: write", status == 200 or status == 201, (status, body))
check("proxy → api → postgres: read", '"name":"pod"' in get("/api/items")[1])
check("proxy → api → worker → api", '"sum":42' in get("/api/add/2/40")[1], get("/api/add/2/40"))
check("proxy → frontend", "<h1>hale stack</h1>" in get("/")[1])
code, out = of("api")[0].exec("/usr/sbin/hale", "probe", "cert:///run/secrets/db_password")
check("api: reads its secret", "denied" not in out.lower(), out)

# ---- the database's container ends: the kubelet starts it again, with its data, once
# its back-off is over; here, once the API has missed it
database, api = of("postgres")[0], of("api")
before = [p.attempt for p in api]
with database.lock:
    database.cri.StopContainer(container_id=database.container, timeout=0)
    database.ready = False
    check("postgres killed: api unready", within(60, lambda: not any(p.ready for p in api)), why("api"))
    said = [p.probe("readinessProbe")[1] for p in api]
    check("postgres killed: api's readiness names it", all("postgres" in s for s in said), said)
check("postgres killed: started again", within(DEADLINE, lambda: database.attempt == 1 and database.ready), why("postgres"))
check("postgres killed: api ready again", within(DEADLINE, lambda: up("api")), why("api"))
check("postgres killed: api was not restarted", before == [p.attempt for p in api], why("api"))
check("postgres killed: its data are there", '"name":"pod"' in get("/api/items")[1])

# ---- a rolling update under load: surge 1, unavailable 0, no preStop
answers, enough = [], threading.Event()


def load():
    while not enough.is_set():
        answers.extend(get(path) for path in ("/api/hits", "/", "/app.js", "/api/items"))
        time.sleep(0.2)  # below the proxy's rate limit


loaders = [threading.Thread(target=load) for _ in range(4)]
for loader in loaders:
    loader.start()
codes = []
for app in ("api", "frontend"):
    for number, old in enumerate(of(app)):
        new = Pod(workloads[app], f"new-{number}")
        pods.append(new)
        check(f"update: {new.name} ready", within(DEADLINE, lambda new=new: new.ready), why(app))
        codes.append(old.end())
check("update: the old pods end with 0", set(codes) == {0}, codes)
time.sleep(2)
enough.set()
for loader in loaders:
    loader.join()
bad = [a for a in answers if a[0] != 200]
check(f"update: {len(answers)} requests, none failed", len(answers) > 200 and not bad, bad[:5])

# ---- liveness: a container whose hale hangs is replaced
frozen = of("redis")[0]
group = pathlib.Path("/proc").glob("[0-9]*/cmdline")
frozen_pid = next((int(f.parent.name) for f in group
                   if f.read_bytes().startswith(b"/usr/sbin/hale\0run") and any(
                       c.read_bytes().startswith(b"redis-server") for c in (
                           pathlib.Path("/proc", child, "cmdline") for child in
                           (f.parent / "task" / f.parent.name / "children").read_text().split()))), 0)
check("liveness: redis' PID 1 is found", frozen_pid > 1)
if frozen_pid > 1:
    os.kill(frozen_pid, 19)
check("liveness: a PID 1 that hangs is replaced", within(DEADLINE, lambda: frozen.attempt == 1 and frozen.ready), why("redis"))
check("liveness: all ready again", within(DEADLINE, lambda: all(p.ready for p in pods if not p.gone)),
      [why(app) for app in workloads])

# ---- the end: each by itself, well inside its grace period
ends = {}
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    live = [p for p in pods if not p.gone]
    ends = dict(zip((p.name for p in live), pool.map(Pod.end, live)))
check("delete: all end with 0", set(ends.values()) == {0}, ends)
print(f"kubelet end {failed}")
sys.exit(failed != 0)
