# SPDX-License-Identifier: MIT
#
# kubelet.py SOCKET PROTO IMAGE LOGS [hale]: what a kubelet does to a pod, asked
# of a real CRI runtime: sandbox, container, exec, httpGet and tcp probes with
# timeouts and thresholds, an end with a grace period, a restart; with a PID
# namespace for each container and with one for the pod. With the last word
# also hale's own health, which only hale has.

import socket
import sys
import time
import urllib.error
import urllib.request

import grpc
from runtime import Runtime

address, proto, image, logs = sys.argv[1:5]
hale = sys.argv[5:] == ["hale"]
failed = 0


def check(what, good, detail=""):
    global failed
    failed += not good
    print(f"{'ok' if good else 'not ok'} - cri: {what}{'' if good else f' ({detail})'}", flush=True)


cri = Runtime(address, proto)


class Pod:
    """One sandbox and the one container in it."""

    def __init__(self, shared, name):
        self.namespaces = {"network": 0, "pid": 0 if shared else 1, "ipc": 0}
        self.config = {
            "metadata": {"name": name, "uid": name, "namespace": "default"},
            "hostname": "pod", "log_directory": logs,
            "linux": {"cgroup_parent": "/hale-cri",
                      "security_context": {"namespace_options": self.namespaces}}}
        self.id = cri.RunPodSandbox(config=self.config).pod_sandbox_id
        self.ip = cri.PodSandboxStatus(pod_sandbox_id=self.id).status.network.ip

    def start(self, attempt, command, env=()):
        security = {
            "capabilities": {"drop_capabilities": ["ALL"]}, "namespace_options": self.namespaces,
            "run_as_user": {"value": 1001}, "run_as_group": {"value": 1001},
            "no_new_privs": True, "readonly_rootfs": True, "seccomp": {"profile_type": 0}}
        config = {
            "metadata": {"name": "web", "attempt": attempt}, "image": {"image": image},
            "command": command, "envs": [{"key": k, "value": v} for k, v in env], "log_path": f"web-{self.config['metadata']['name']}-{attempt}.log",
            "linux": {"resources": {"memory_limit_in_bytes": 64 << 20, "oom_score_adj": 999},
                      "security_context": security}}
        self.container = cri.CreateContainer(
            pod_sandbox_id=self.id, config=config, sandbox_config=self.config).container_id
        cri.StartContainer(container_id=self.container)

    def exec(self, *command, timeout=30):
        """(exit status, output); status None when the runtime's timeout struck"""
        try:
            ran = cri.ExecSync(container_id=self.container, cmd=command, timeout=timeout)
            return ran.exit_code, ran.stdout.decode() + ran.stderr.decode()
        except grpc.RpcError as error:
            return None, str(error.code())

    def ask(self, port=8080, path="/"):
        """(status, body) of an httpGet probe; (0, why) without an answer"""
        try:
            with urllib.request.urlopen(f"http://{self.ip}:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, OSError) as error:
            return 0, str(error)

    def http(self, port=8080, path="/"):
        return self.ask(port, path)[0] == 200

    def tcp(self):
        try:
            socket.create_connection((self.ip, 8080), timeout=5).close()
            return True
        except OSError:
            return False

    def wait(self, probe, want=True, seconds=30):
        end = time.monotonic() + seconds
        while probe() != want:
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def stop(self, grace):
        cri.StopContainer(container_id=self.container, timeout=grace)
        return cri.ContainerStatus(container_id=self.container).status

    def remove(self):
        cri.StopPodSandbox(pod_sandbox_id=self.id)
        cri.RemovePodSandbox(pod_sandbox_id=self.id)


def scenario(shared):
    tag = "pod's PID namespace" if shared else "own PID namespace"
    pod = Pod(shared, "pod-shared" if shared else "pod-own")
    command = ["/sbin/hale"] + (["-s"] if shared else []) + ["--", "guest", "web", "8080", "7"]
    try:
        pod.start(0, command)
        check(f"{tag}: httpGet probe passes", pod.wait(pod.http))
        check(f"{tag}: tcp probe passes", pod.tcp())
        code, out = pod.exec("wget", "-q", "-O-", "http://127.0.0.1:8080/")
        check(f"{tag}: exec probe passes", code == 0 and out == "ok\n", out)
        check(f"{tag}: exec probe fails", pod.exec("false")[0] == 1)
        code, out = pod.exec("sleep", "60", timeout=1)
        check(f"{tag}: exec probe that hangs is ended", code is None and "DEADLINE" in out, out)
        code, out = pod.exec("cat", "/proc/1/cmdline")
        first = out.split("\0")
        check(f"{tag}: PID 1", ("/pause" if shared else "/sbin/hale") == first[0], out)
        code, out = pod.exec("sh", "-c", "cat /proc/$(pidof guest | tr ' ' '\\n' | sort -n | tail -1)/status")
        check(f"{tag}: no capability", "CapBnd:\t0000000000000000" in out, out)
        check(f"{tag}: no_new_privs", "NoNewPrivs:\t1" in out, out)
        code, out = pod.exec("guest", "orphans", "20")
        check(f"{tag}: orphans are adopted", out in ("adopter hale\n", "adopter pause\n"), out)
        code, out = pod.exec("guest", "zombies")
        check(f"{tag}: no zombie", out == "zombies 0\n", out)

        # liveness: two failures in a row, then an end and a new container
        pod.exec("sh", "-c", "kill -USR1 $(pidof guest)")
        check(f"{tag}: liveness fails", pod.wait(pod.http, False) and not pod.http())
        ended = pod.stop(60)
        check(f"{tag}: stop forwards SIGTERM", ended.exit_code == 7, ended)
        pod.start(1, command)
        check(f"{tag}: the new container passes", pod.wait(pod.http))
        check(f"{tag}: …and stops well", pod.stop(60).exit_code == 7)
        pod.start(2, ["/sbin/hale"] + (["-s"] if shared else []) + ["--", "guest", "until", "0"])
        deaf = ["sh", "-c", "grep -q '^SigIgn.*4000$' /proc/[0-9]*/status"]
        pod.wait(lambda: pod.exec(*deaf)[0] == 0)
        check(f"{tag}: a deaf one is killed", pod.stop(1).exit_code == 137)
    finally:
        pod.remove()


def health(shared):
    """hale's own health behind a kubelet's probes, in an image without curl.

    Behind the PID 1 of a pod the socket has to be named; the listener hasn't.
    """
    tag = "health, " + ("pod's PID namespace" if shared else "own PID namespace")
    pod = Pod(shared, "health-shared" if shared else "health-own")
    command = ["/sbin/hale", "--listen", "0.0.0.0:9110", "--health", "http://127.0.0.1:8080/",
               "--interval", "500ms", "--timeout", "5s", "--retries", "2",
               "--", "guest", "web", "8080", "7"]
    env = [("HALE_SOCKET", "/dev/shm/hale.sock")] if shared else []

    def probe():
        return pod.exec("hale", "health")[0] == 0

    def get(path):
        return pod.wait(lambda: pod.http(9110, path))

    try:
        pod.start(0, command, env)
        check(f"{tag}: exec hale health passes", pod.wait(probe), pod.exec("hale", "health"))
        for path in ("/livez", "/readyz", "/startupz", "/healthz"):
            check(f"{tag}: httpGet {path} passes", get(path), pod.ask(9110, path))
        pod.exec("sh", "-c", "kill -USR1 $(pidof guest)")
        check(f"{tag}: exec hale health fails", pod.wait(probe, False))
        code, out = pod.exec("hale", "health")
        check(f"{tag}: …with 1 and the reason", code == 1 and "503" in out, (code, out))
        code, out = pod.ask(9110, "/readyz")
        check(f"{tag}: httpGet /readyz is 503 and the reason", code == 503 and "503" in out, (code, out))
        code, out = pod.ask(9110, "/livez")
        check(f"{tag}: httpGet /livez passes: a readiness failure is no restart", code == 200, (code, out))
        code, out = pod.ask(9110, "/metrics")
        check(f"{tag}: /metrics", code == 200 and "hale_service_up" in out, (code, out))
        pod.exec("sh", "-c", "kill -USR2 $(pidof guest)")
        check(f"{tag}: passes again", pod.wait(probe) and get("/readyz"))
        check(f"{tag}: stop forwards SIGTERM", pod.stop(60).exit_code == 7)
        check(f"{tag}: …and closes the listener", pod.ask(9110, "/livez")[0] == 0)
    finally:
        pod.remove()


scenario(False)
scenario(True)
if hale:
    health(False)
    health(True)
print(f"kubelet end {failed}")
sys.exit(failed != 0)
