#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""faults.py - every system call that hale makes, made to fail, in every mode.

    faults.py INJECT HALE [--mode M]... [--sample N] [--random N]
              [--table FILE] [--jobs N] [--seed N] [--steps N]

For each mode (a command line and what surrounds it) the calls of PID 1 are
counted first.  Then each is made to fail with each errno of plausible.txt, the
n-th time that it is made (1 2 3 4 5 8 13 ...) and from the first time on, one
run each; then, --random, any call now and then.  A run may end in two ways:

    goes on   with the exit status that it has without the fault
    ends      with a documented status of hale's own, having said why

A death by a signal, a run that sleeps or spins past its time, another exit
status, an end without a word: a bug, printed with the line that repeats it.
--sample: so many of the runs, spread over all.  --table: what came out.
"""
import argparse
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = [1, 2, 3, 4, 5, 8, 13, 21, 34, 55, 89, 144]
# For one call an errno that the kernel gives once, by its nature: for ever, it
# would be a broken kernel, not a fault.
ONCE = {"EINTR", "EAGAIN", "ECONNABORTED", "ECHILD", "ETIMEDOUT"}
# Before any service ran; killed at the end of the grace period.
OWN = {125, 126, 127, 137}


class Mode:
    def __init__(self, name, argv, good, who="pid1", files=(), ends=(),
                 plain=False):
        self.name, self.argv, self.good = name, argv, set(good)
        self.who, self.files, self.plain = who, dict(files), plain
        self.ends = OWN | set(ends)


SCENE = """
(sleep 0.02 &)
(setsid sh -c 'sleep 0.01' &)
trap 'n=1' USR1 USR2 HUP WINCH
kill -USR1 1; kill -HUP 1; kill -WINCH 1
sleep 0.05
exit 7
"""
DEAF = """
trap '' TERM
sleep 0.6 &
kill -TERM 1
wait
sleep 2
"""
RUN = """
services:
  main:
    command: ["sh", "scene"]
    depends_on:
      job: {condition: service_completed_successfully}
      told: {condition: service_started, required: false}
    stop_grace_period: 1s
    listen: ["tcp://127.0.0.1:80", "unix:///run/l.sock"]
    environment: {S: {secret: s}}
    healthcheck: {test: ["CMD", "true"], interval: 40ms, timeout: 1s}
    pre_stop: [{command: ["true"], timeout: 1s}]
  job:
    command: ["sh", "-c", "echo job; echo err >&2"]
    logging: {prefix: true}
  told:
    command: ["sh", "told"]
    notify: true
    watchdog: 5s
    essential: false
    restart: always
    restart_policy: {delay: 10ms, max_delay: 20ms}
    post_start: [{command: ["true"], timeout: 1s}]
    logging: {json: true}
  web:
    command: ["sh", "-c", "sleep 0.03; exit 1"]
    user: "1000:1000"
    restart: always
    restart_policy: {delay: 10ms, max_delay: 20ms}
    essential: false
    ulimits: {nofile: 64}
    read_only_paths: [/usr, /lib, /bin, /etc]
    landlock: best-effort
secrets: {s: {file: secret}}
hale: {stop_grace_period: 1500ms, log_level: info}
"""
RUN_SCENE = """
(sleep 0.02 &)
(setsid sh -c 'sleep 0.01' &)
trap 'n=1' USR1 HUP
kill -USR1 1; kill -HUP 1
sleep 0.15
exit 7
"""
TOLD = """
[ -z "$NOTIFY_SOCKET" ] || python3 -c '
import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
for m in b"STATUS=x", b"READY=1", b"WATCHDOG=1", b"junk":
    s.send(m)
'
sleep 0.1
"""
CLIENTS = """
h="timeout -k 1 0.7 $H"
for verb in status "status --json" metrics events health "health main" \\
    "restart web" "reload web" "signal USR1 web" "stop web" "start web" \\
    "exec web -- true" "inspect web"; do
	$h $verb >/dev/null 2>&1
done
timeout 0.1 $H events --follow >/dev/null 2>&1
exit 7
"""
CLIENTS_RUN = """
services:
  main: {command: ["sh", "scene"], stop_grace_period: 1s}
  web:
    command: ["sleep", "1000"]
    essential: false
    stop_grace_period: 300ms
    reload: {signal: HUP}
hale: {stop_grace_period: 1500ms, listen: "127.0.0.1:0"}
"""
PROBES = """
services:
  main: {command: ["sh", "-c", "sleep 0.3; exit 7"], stop_grace_period: 1s}
%s
dependencies:
  d: {tcp: "127.0.0.1:1", interval: 50ms, timeout: 500ms}
hale: {stop_grace_period: 1500ms}
""" % "".join(
    "  p%d: {command: [sleep, '100'], essential: false, stop_grace_period: 300ms,"
    " healthcheck: {%s, interval: 60ms, timeout: 500ms}}\n" % (i, probe)
    for i, probe in enumerate([
        'http: "http://127.0.0.1:1/x"', 'https: "https://127.0.0.1:1/x"',
        'tcp: "localhost:1"', 'unix: "/run/hale.sock"',
        'grpc: "127.0.0.1:1"', 'file: "/etc/passwd"', 'disk: "/", free: 1k',
        'memory: "", free: 1k', 'process: "", fds: 100', 'dns: "localhost"',
        'test: ["CMD-SHELL", "echo x"]']))
STOP = """
services:
  main: {command: ["sh", "scene"], stop_grace_period: 300ms}
  deaf: {command: ["sh", "deaf"], stop_grace_period: 200ms}
  base: {command: ["sleep", "100"], user: "1000", stop_grace_period: 300ms}
hale: {stop_grace_period: 600ms, log_level: info}
"""


def modes():
    run_files = {"c.yaml": RUN, "scene": RUN_SCENE, "told": TOLD, "secret": "s"}
    run = ["run", "-c", "c.yaml"]
    scene = {"scene": SCENE, "deaf": DEAF}
    yield Mode("command", ["--", "sh", "scene"], {7}, files=scene)
    yield Mode("command", ["--", "sh", "scene"], {7}, "child", files=scene)
    yield Mode("command-options", ["-g", "-w", "-vvv", "-s", "-r", "10:12", "-e",
                                   "9", "--", "sh", "scene"], {7}, files=scene)
    yield Mode("command-stop", ["--", "sh", "deaf"], {143, 137, 9}, files={
        "deaf": "trap 'exit 143' TERM\nsleep 1 & kill -TERM 1; wait; exit 9"})
    yield Mode("command-grace", ["--stop-grace-period", "200ms", "--", "sh",
                                 "deaf"], {137, 143, 0}, files=scene)
    yield Mode("user", ["--user", "1000:1000", "--", "sh", "scene"], {7},
               files={"scene": "(sleep 0.02 &)\nsleep 0.05; exit 7"})
    yield Mode("user", ["--user", "1000:1000", "--", "sh", "scene"], {7},
               "child", files={"scene": "exit 7"})
    yield Mode("declared", ["--health", "file:///etc/passwd", "--interval",
                            "50ms", "--restart", "on-failure:1", "--user",
                            "1000", "--", "sh", "-c", "sleep 0.1; exit 7"], {7})
    yield Mode("run", run, {7}, files=run_files)
    yield Mode("run", run, {7}, "child", files=run_files)
    clients = {"c.yaml": CLIENTS_RUN, "scene": CLIENTS}
    yield Mode("clients", run, {7}, files=clients)
    yield Mode("clients", run, {7}, "child", files=clients)
    yield Mode("probes", run, {7}, files={"c.yaml": PROBES})
    yield Mode("probes", run, {7}, "child", files={"c.yaml": PROBES})
    stop = {"c.yaml": STOP, "scene": "sleep 0.05; kill -TERM 1; sleep 9",
            "deaf": "trap '' TERM; sleep 9; sleep 9"}
    yield Mode("stop", run, {143, 137, 0}, files=stop)
    for link in "tini", "dumb-init", "catatonit":
        yield Mode(link, ["--", "sh", "scene"], {7}, files=scene,
                   ends={1, 2, 3})
    yield Mode("gosu", ["1000:1000", "sh", "-c", "exit 7"], {7}, ends={1})
    # The verbs, beside a server of their own, or none.
    check = {"c.yaml": RUN, "secret": "s", "none": "", "x.json": "{}"}
    none = ["--timeout", "500ms"]
    for name, argv, good in (
            ("check", ["check", "c.yaml"], {0}),
            ("config", ["config", "c.yaml"], {0}),
            ("graph", ["graph", "c.yaml"], {0}),
            ("schema", ["schema"], {0}),
            ("help", ["help", "health"], {0}),
            ("probe", ["probe", "tcp://localhost:1"] + none, {1}),
            ("probe-exec", ["probe", "exec:true"] + none, {0}),
            ("wait-for", ["wait-for", "file:///etc/passwd"] + none +
             ["--", "sh", "-c", "exit 7"], {7}),
            ("status", ["status"], {0}),
            ("health", ["health", "web"], {0}),
            ("metrics", ["metrics"], {0}),
            ("events", ["events"], {0}),
            ("restart", ["restart", "web"], {0}),
            ("exec", ["exec", "web", "--", "sh", "-c", "exit 7"], {7}),
            ("inspect", ["inspect"], {0})):
        yield Mode("verb-" + name, argv, good, files=check, plain=True,
                   ends={1, 2, 124, 125, 126, 127})


class Runner:
    def __init__(self, inject, hale, work):
        self.inject, self.hale, self.work = inject, hale, work
        self.plausible = {}
        with open(os.path.join(HERE, "plausible.txt"), encoding="ascii") as f:
            for line in f:
                if not line.startswith("#"):
                    call, errors = line.split(":")
                    self.plausible[call] = errors.replace("-", "").split()
        self.servers = []

    def place(self, mode, slot):
        """A directory with the mode's files, one for each that runs at once."""
        path = os.path.join(self.work, "%s-%s-%d" % (mode.name, mode.who, slot))
        if not os.path.isdir(path):
            os.mkdir(path, 0o755)
            for name, text in mode.files.items():
                with open(os.path.join(path, name), "w", encoding="ascii") as f:
                    f.write(text)
            for link in "tini", "dumb-init", "catatonit", "gosu":
                os.symlink(self.hale, os.path.join(path, link))
        return path

    def serve(self, slot):
        """One hale for the verbs to ask, per slot."""
        path = os.path.join(self.work, "server%d" % slot)
        os.mkdir(path, 0o755)
        with open(os.path.join(path, "c.yaml"), "w", encoding="ascii") as f:
            f.write("services:\n"
                    "  web: {command: [sleep, '10000'], essential: false}\n"
                    "hale: {socket: %s/hale.sock}\n" % path)
        server = subprocess.Popen([self.hale, "run", "-c", "c.yaml"], cwd=path,
                                  stdin=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.servers.append(server)
        for _ in range(500):
            if os.path.exists(path + "/hale.sock"):
                return path + "/hale.sock"
            time.sleep(0.02)
        raise SystemExit("faults: no server")

    def command(self, mode, slot, specs, seed=1, seconds=30):
        path = self.place(mode, slot)
        exe = self.hale
        if mode.name in ("tini", "dumb-init", "catatonit", "gosu"):
            exe = os.path.join(path, mode.name)
        out = os.path.join(path, "report")
        argv = [self.inject] + (["-c"] if mode.who == "child" else []) + \
            (["-n"] if mode.plain else []) + \
            ["-t", str(seconds), "-s", str(seed), "-o", out] + specs + \
            ["--", exe] + mode.argv
        return path, out, argv

    def run(self, mode, slot, specs, seed=1):
        """Returns (counts, injected, verdict, what was said)."""
        path, out, argv = self.command(mode, slot, specs, seed)
        env = {"PATH": os.environ["PATH"], "H": self.hale, "LC_ALL": "C"}
        if mode.plain:
            env["HALE_SOCKET"] = self.sockets[slot]
        with open(path + "/err", "wb") as err:
            made = subprocess.run(argv, cwd=path, env=env, check=False,
                                  stdin=subprocess.DEVNULL,
                                  stdout=err if mode.plain else
                                  subprocess.DEVNULL, stderr=err)
        with open(path + "/err", encoding="utf-8", errors="replace") as f:
            said = f.read()
        if made.returncode != 0:
            raise SystemExit("faults: %s: %s" % (" ".join(argv), said))
        counts, injected, verdict = {}, 0, "none"
        with open(out, encoding="ascii") as f:
            for line in f:
                word, _, rest = line.strip().partition(" ")
                if word in ("exit", "signal", "hang", "spin", "skip"):
                    verdict = line.strip()
                elif word == "injected":
                    injected = int(rest)
                else:
                    counts[word] = int(rest)
        return counts, injected, verdict, said

    @staticmethod
    def judge(mode, specs, verdict, said):
        """The outcome in words, and whether it is a bug."""
        # Who can't write, or not be told when, can't say so either.
        mute = any(re.match(r"(write|writev|poll|ppoll):\w+:(1\+|p)", spec)
                   for spec in specs)
        kind, _, code = verdict.partition(" ")
        own = [line for line in said.splitlines()
               if re.match(r"(hale|c\.yaml|tini|\[WARN|\[FATAL|\[dumb-init|"
                           r"ERROR \(catatonit|gosu|error)", line) or
               mode.plain]
        if kind != "exit":
            return verdict, True
        if int(code) in mode.good:
            return "goes on", False
        if int(code) not in mode.ends:
            return "exit %s" % code, True
        if not own and not mute:
            return "exit %s without a word" % code, True
        return "ends %s" % code, False


def plan(runner, mode, counts, steps):
    """All the runs of one mode: (call, errno, when)."""
    for call in sorted(counts):
        if call not in runner.plausible:
            yield call, None, None
            continue
        for error in runner.plausible[call]:
            for step in steps:
                if step <= counts[call]:
                    yield call, error, str(step)
            if error not in ONCE:
                yield call, error, "1+"


def chances(runner, counts, chance):
    return ["%s:%s:p%d" % (call, error, chance)
            for call in sorted(counts)
            for error in runner.plausible.get(call, [])
            if call not in ("execve",)]


def write_table(path, table):
    """A row for each call and errno: in how many modes it goes on, and in which
    it ends; "/c" is a child before it executes something."""
    rows = {}
    for (mode, who, call, error), outcomes in table.items():
        row = rows.setdefault((call, error), {})
        for outcome in outcomes:
            row.setdefault(outcome, set()).add(
                mode + ("/c" if who == "child" else ""))
    with open(path, "w", encoding="ascii") as f:
        f.write("# call\terrno\toutcome: modes; faults.py --table wrote it\n")
        for key in sorted(rows):
            row = rows[key]
            goes_on = row.pop("goes on", set())
            words = ["goes on: %d" % len(goes_on)] if goes_on else []
            words += ["%s: %s" % (outcome, " ".join(sorted(row[outcome])))
                      for outcome in sorted(row)]
            f.write("\t".join(key) + "\t" + "; ".join(words) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inject")
    parser.add_argument("hale")
    parser.add_argument("--mode", action="append")
    parser.add_argument("--call", action="append")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--table")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=len(STEPS))
    args = parser.parse_args()

    work = tempfile.mkdtemp(prefix="hale-faults.")
    os.chmod(work, 0o755)
    runner = Runner(os.path.abspath(args.inject), os.path.realpath(args.hale),
                    work)
    passed, bugs, table = 0, [], {}
    chosen = [mode for mode in modes()
              if not args.mode or mode.name in args.mode]
    began = time.monotonic()
    try:
        runner.sockets = [runner.serve(slot) for slot in range(args.jobs)]
        runs = []
        for mode in chosen:
            counts, _, verdict, said = runner.run(mode, 0, [])
            if verdict.startswith("skip"):
                print("skip", verdict[5:])
                print("0 passed, 0 failed, 1 skipped")
                return 0
            outcome, bug = runner.judge(mode, [], verdict, said)
            if bug or outcome != "goes on":
                bugs.append("%s: without any fault: %s\n%s" %
                            (mode.name, verdict, said))
                continue
            for call, error, when in plan(runner, mode, counts,
                                          STEPS[:args.steps]):
                if error is None:
                    bugs.append("%s: plausible.txt does not know %s" %
                                (mode.name, call))
                elif not args.call or call in args.call:
                    runs.append((mode, ["%s:%s:%s" % (call, error, when)], 1))
            for i in range(args.random):
                runs.append((mode, chances(runner, counts,
                                           (3, 10, 30, 100)[i % 4]),
                             args.seed + i))
        order = random.Random(args.seed)
        if args.sample:
            order.shuffle(runs)
            runs = runs[:args.sample]
        free = list(range(args.jobs))

        def one(run):
            mode, specs, seed = run
            slot = free.pop()
            try:
                for _ in range(3):  # on a busy machine one may be late
                    _, injected, verdict, said = runner.run(mode, slot, specs,
                                                            seed)
                    outcome, bug = runner.judge(mode, specs, verdict,
                                                said)
                    if not bug:
                        break
            finally:
                free.append(slot)
            return injected, outcome, bug, verdict, said

        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            for run, result in zip(runs, pool.map(one, runs)):
                mode, specs, seed = run
                injected, outcome, bug, verdict, said = result
                if bug:
                    _, _, argv = runner.command(mode, 0, specs, seed)
                    if len(specs) > 1:
                        argv = [args.inject, "(random: --mode %s --seed %d)" %
                                (mode.name, seed)]
                    bugs.append("%s (%s): %s\n  %s\n%s" % (
                        mode.name, mode.who,
                        specs[0] if len(specs) == 1 else "random", outcome,
                        "\n".join("  | " + line
                                  for line in said.splitlines()[-6:])))
                    print("not ok - " + bugs[-1], flush=True)
                else:
                    passed += 1
                if injected and len(specs) == 1:
                    call, error, _ = specs[0].split(":")
                    table.setdefault((mode.name, mode.who, call, error),
                                     set()).add(outcome)
    finally:
        for server in runner.servers:
            server.terminate()
            server.wait()
        shutil.rmtree(work, ignore_errors=True)
    if args.table:
        write_table(args.table, table)
    for bug in bugs:
        if "without any fault" in bug or "does not know" in bug:
            print("not ok - " + bug)
    print("# %d runs in %d s" % (passed + len(bugs),
                                 time.monotonic() - began))
    print("%d passed, %d failed" % (passed, len(bugs)))
    return 1 if bugs else 0


if __name__ == "__main__":
    sys.exit(main())
