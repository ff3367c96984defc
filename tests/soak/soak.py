#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""soak.py - 200 services that crash, restart, talk and are probed, for an hour.

    soak.py HALE SERVICE [SECONDS]

hale is PID 1 of a PID namespace.  Meanwhile clients ask for status and metrics,
follow the events, reload and restart.  Then it is compared:

    memory, descriptors   the last quarter of the run with the second one
    wake-ups per event    the same
    zombies               none, whenever looked
    starts, ends          each that a service wrote down is in the event stream,
                          with its exit status, in its order, and no other
    restarts              the counter in the status with the starts
    lines                 each that a service wrote came out, once, in order
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

KINDS = (("crash", 130, 12000), ("job", 8, 1), ("talk", 20, 20000),
         ("notify", 16, 20000), ("steady", 26, 1))
passed = failed = 0


def check(good, name, seen=""):
    global passed, failed
    if good:
        passed += 1
        print("ok - %s%s" % (name, " (%s)" % seen if seen else ""))
    else:
        failed += 1
        print("not ok - %s: %s" % (name, seen))
    sys.stdout.flush()


def config(work, service):
    probes = ['test: ["CMD", "true"], interval: 2s',
              'tcp: "127.0.0.1:9", interval: 1s',
              'file: "/etc/passwd", interval: 500ms',
              'http: "http+unix://%s/sock:/livez", interval: 2s' % work,
              'process: "", rss: 100m, interval: 2s']
    out = ["services:"]
    for kind, count, life in KINDS:
        for i in range(count):
            name = "%s%d" % (kind, i)
            delay = 4000 if kind == "job" else 100
            # The default is SIGHUP, which ends them.
            extra = ", reload: {signal: CONT}"
            if kind == "talk":
                extra += ", logging: {prefix: true}"
            elif kind == "notify":
                extra += ", notify: true, watchdog: 30s"
            elif kind == "steady":
                extra += ", healthcheck: {%s, " \
                    "timeout: 5s}" % probes[i % len(probes)]
            out.append(
                "  %s: {command: [%s, %s, %s, %s/truth, '%d'], restart: always,"
                " essential: false, stop_grace_period: 3s, restart_policy: "
                "{delay: %dms, max_delay: %dms}%s}" %
                (name, service, name, kind, work, life, delay, delay * 2,
                 extra))
    out.append("hale: {socket: %s/sock, stop_grace_period: 20s, "
               "log_level: error}" % work)
    return "\n".join(out) + "\n"


class Soak:
    def __init__(self, hale, service, work):
        self.hale, self.work = hale, work
        self.sock = work + "/sock"
        self.over = threading.Event()
        self.events, self.samples, self.lines = [], [], []
        self.asked = self.refused = self.zombies = 0
        with open(work + "/c.yaml", "w", encoding="ascii") as f:
            f.write(config(work, service))
        open(work + "/truth", "w", encoding="ascii").close()
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
             hale, "run", "-c", "c.yaml"], cwd=work, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3000):
            try:
                with open("/proc/%d/task/%d/children" %
                          ((self.process.pid,) * 2), encoding="ascii") as f:
                    self.pid1 = int(f.read().split()[0])
                if os.path.exists(self.sock):
                    break
            except (OSError, IndexError):
                pass
            time.sleep(0.01)
        else:
            raise SystemExit("soak: hale does not start")

    def connect(self, request, timeout=30):
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(timeout)
        one.connect(self.sock)
        one.sendall(request.encode() + b" HTTP/1.1\r\nHost: h\r\n"
                    b"Connection: close\r\n\r\n")
        return one.makefile("rb")

    def ask(self, request):
        with self.connect(request) as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")
        self.asked += 1
        return head.split()[1].decode(), body

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def follow(self):
        with self.connect("GET /v1/events?follow", None) as stream:
            for line in stream:
                if line.startswith(b"{"):
                    self.events.append(json.loads(line))

    def poll(self):
        turn = 0
        while not self.over.wait(0.5):
            turn += 1
            for path in "/v1/status", "/metrics", "/readyz?verbose":
                if not self.ask("GET " + path)[1]:
                    self.refused += 1
            if turn % 4 == 0:
                subprocess.run(
                    [self.hale, "health", "steady0"], check=False,
                    env={"HALE_SOCKET": self.sock}, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, timeout=60)

    def steer(self):
        turn = 0
        while not self.over.wait(7):
            turn += 1
            deed = ("restart", "reload", "signal?name=CONT")[turn % 3]
            code, _ = self.ask("POST /v1/services/steady%d/%s" %
                               (turn % 26, deed))
            if code != "200":
                self.refused += 1
            if turn % 5 == 0:
                os.kill(self.pid1, 1)  # reload of all

    def sample(self):
        one = {"time": time.monotonic(), "events": len(self.events)}
        with open("/proc/%d/smaps_rollup" % self.pid1, encoding="ascii") as f:
            for line in f:
                key, _, value = line.partition(":")
                if key == "Rss":
                    one["Rss"] = int(value.split()[0])
                # Shared: with the children that run just then.
                if key in ("Private_Dirty", "Shared_Dirty"):
                    one["Dirty"] = one.get("Dirty", 0) + \
                        int(value.split()[0])
        with open("/proc/%d/status" % self.pid1, encoding="ascii") as f:
            one["wakeups"] = int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)",
                                           f.read()).group(1))
        with open("/proc/%d/stat" % self.pid1, encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
            one["ticks"] = int(fields[11]) + int(fields[12])
        one["fds"] = len(os.listdir("/proc/%d/fd" % self.pid1))
        self.samples.append(one)
        if len(self.samples) > 5:  # 200 of them at once take their time
            self.zombies += self.lasting_zombies()

    def lasting_zombies(self):
        """Children of PID 1 that stay zombies: seen again after 5 seconds, for
        the machine may be busy."""
        def seen():
            found = set()
            with open("/proc/%d/task/%d/children" % ((self.pid1,) * 2),
                      encoding="ascii") as f:
                for pid in f.read().split():
                    try:
                        with open("/proc/%s/stat" % pid, encoding="ascii") as s:
                            if s.read().rpartition(")")[2].split()[0] == "Z":
                                found.add(pid)
                    except OSError:
                        pass
            return found
        first = seen()
        if not first:
            return 0
        time.sleep(5)
        return len(first & seen())

    def run(self, seconds):
        self.seconds = seconds
        threads = [threading.Thread(target=one, daemon=True) for one in
                   (self.read_lines, self.follow, self.poll, self.steer)]
        for one in threads:
            one.start()
        until = time.monotonic() + seconds
        step = max(1, min(10, seconds / 60))
        while time.monotonic() < until and self.process.poll() is None:
            self.sample()
            time.sleep(step)
        self.over.set()
        for one in threads[2:]:
            one.join(60)
        self.status = json.loads(self.ask("GET /v1/status")[1])
        with open(self.work + "/truth", encoding="ascii") as f:
            self.early = f.read()
        os.kill(self.pid1, 15)
        try:
            self.code = self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.code = "none: it does not end"
        for one in threads[:2]:
            one.join(30)


def means(samples, key, quarter):
    part = samples[len(samples) * quarter // 4:len(samples) * (quarter + 1) // 4]
    return sum(one[key] for one in part) / len(part)


def per_event(samples, key, quarter):
    part = samples[len(samples) * quarter // 4:len(samples) * (quarter + 1) // 4]
    seconds = part[-1]["time"] - part[0]["time"]
    return (part[-1][key] - part[0][key]) / seconds


def judge_flat(soak):
    # What is set aside for histories and events is filled in the first minutes.
    slack = 24 if soak.seconds >= 900 else 512
    for key in "Rss", "Dirty":
        a, b = means(soak.samples, key, 1), means(soak.samples, key, 3)
        check(b - a <= slack, "%s stays the same" % key,
              "%.0f kB, then %.0f kB" % (a, b))
    a = min(one["fds"] for one in soak.samples[len(soak.samples) // 4:])
    b = soak.samples[-1]["fds"]
    half = len(soak.samples) // 2
    c = min(one["fds"] for one in soak.samples[half:])
    check(c <= a + 2, "descriptors stay the same",
          "at least %d, then %d, %d at last" % (a, c, b))
    a, b = (per_event(soak.samples, "wakeups", 1),
            per_event(soak.samples, "wakeups", 3))
    check(b <= a * 1.3 + 5, "wake-ups stay the same",
          "%.0f/s, then %.0f/s" % (a, b))
    a, b = (per_event(soak.samples, "ticks", 1),
            per_event(soak.samples, "ticks", 3))
    check(b <= a * 1.5 + 2, "processor time stays the same",
          "%.1f %%, then %.1f %%" % (a, b))
    check(soak.zombies == 0, "no zombie stays", str(soak.zombies))


def truth_of(text):
    starts, ends = {}, {}
    for line in text.splitlines():
        name, what, number = line.split()
        if what == "start":
            starts[name] = starts.get(name, 0) + 1
        else:
            ends.setdefault(name, []).append(int(number))
    return starts, ends


def judge_truth(soak):
    with open(soak.work + "/truth", encoding="ascii") as f:
        starts, ends = truth_of(f.read())
    codes, generations = {}, {}
    for event in soak.events:
        name, generation = event["service"], event["generation"]
        seen = generations.setdefault(name, [])
        if generation != (seen[-1] if seen else 0):
            seen.append(generation)
        if event["why"] == "exited":
            codes.setdefault(name, {}).setdefault(generation,
                                                  event["exit_code"])
    wrong = [name for name in starts
             if generations[name] != list(range(1, starts[name] + 1))]
    check(not wrong, "each start is an event, and each such event a start",
          "%d starts" % sum(starts.values()) if not wrong else
          "; ".join("%s: %d starts, not %s..." %
                    (name, starts[name], generations[name][-5:])
                    for name in wrong[:5]))
    wrong = []
    for name, truth in ends.items():
        seen = codes.get(name, {})
        for generation, code in enumerate(truth, 1):
            # The stop of all may come between what it writes and its end.
            if generation == len(truth) and generation not in seen:
                continue
            if seen.get(generation) != code:
                wrong.append("%s %d: %s, not %d" %
                             (name, generation, seen.get(generation), code))
    check(not wrong, "each end is an event with its exit status",
          "%d ends" % sum(map(len, ends.values())) if not wrong
          else "; ".join(wrong[:3]))
    early, _ = truth_of(soak.early)
    wrong = []
    for one in soak.status["services"]:
        name = one["name"]
        # It goes on while the status is asked for.
        if not name.startswith("steady") and not (
                early[name] - 2 <= one["restarts"] + 1 <= starts[name] + 1):
            wrong.append("%s: %d restarts, %d starts" %
                         (name, one["restarts"], early[name]))
    check(not wrong, "each restart is counted", "; ".join(wrong[:5]))


def judge_lines(soak):
    seen, wrong, other = {}, [], []
    for line in soak.lines:
        match = re.fullmatch(r"(talk\d+) \| (\d+) (\d+)", line)
        if not match:
            other.append(line)
            continue
        key, number = match.group(1, 2), int(match.group(3))
        seen.setdefault(key, []).append(number)
    for key, numbers in seen.items():
        # stdout and stderr are two streams: sort, then none may be missing.
        if sorted(numbers) != list(range(len(numbers))):
            wrong.append(str(key))
    check(not wrong, "each line came out, once",
          "%d lines" % len(soak.lines) if not wrong else "; ".join(wrong[:5]))
    check(not other, "no other line", "; ".join(other[:5]))


def main():
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 3600.0
    work = tempfile.mkdtemp(prefix="hale-soak.")
    os.chmod(work, 0o755)
    try:
        soak = Soak(os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]),
                    work)
        soak.run(seconds)
        print("# %d services, %d s, %d events, %d requests, %d samples" %
              (sum(count for _, count, _ in KINDS), seconds, len(soak.events),
               soak.asked, len(soak.samples)))
        check(soak.code in (0, 137), "it ends when it is told to",
              str(soak.code))
        check(soak.refused == 0, "each request was answered",
              "%d of %d" % (soak.asked - soak.refused, soak.asked))
        judge_flat(soak)
        judge_truth(soak)
        judge_lines(soak)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
