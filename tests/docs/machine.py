# SPDX-License-Identifier: MIT
"""hale as PID 1 over a root file system that root.sh made."""
import os
import subprocess
import time

PATH = "/srv/bin:/usr/local/bin:/usr/bin:/bin"


class Machine:
    """hale WORDS as a real PID 1; dead with the with-block at the latest."""

    def __init__(self, root, words, quick=False, **environment):
        self.root = root
        os.utime(os.path.join(root, "run/app/beat"))
        self.log = open(os.path.join(root, "tmp/log"), "w+")
        os.chmod(self.log.name, 0o666)
        environment = dict({"PATH": PATH, "HOME": "/root", "TOKEN": "secret",
                            "SSL_CERT_FILE": "/etc/tls/ca.pem"}, **environment)
        if quick:
            environment["QUICK"] = "1"
        self.job = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child",
             "--root", root, "--wd", "/srv", "--mount-proc", "--"] + words,
            env=environment, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT)
        self.pid1 = None

    def __enter__(self):
        children = "/proc/%d/task/%d/children" % (self.job.pid, self.job.pid)
        until = time.monotonic() + 20
        while not self.pid1 and self.job.poll() is None:
            try:
                with open(children) as file:
                    self.pid1 = (file.read().split() or [None])[0]
                if os.readlink("/proc/%s/root" % self.pid1) != self.root:
                    self.pid1 = None
            except OSError:
                self.pid1 = None
            if time.monotonic() > until:
                break
        return self

    def __exit__(self, *_):
        if self.job.poll() is None: # PID 1 first, so that it is over, not only doomed
            os.kill(int(self.pid1 or self.job.pid), 9)
            self.job.wait()
        self.log.close()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def inside(self, words, seconds=30):
        """(status, output) of a command in the container; 124: not over."""
        try:
            done = subprocess.run(
                ["nsenter", "-t", self.pid1, "-p", "-m", "-r", "-w", "--"]
                + words, env={"PATH": PATH, "SSL_CERT_FILE": "/etc/tls/ca.pem",
                              "QUICK": "1"},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=seconds)
        except subprocess.TimeoutExpired as late:
            return 124, (late.stdout or b"").decode()
        return done.returncode, done.stdout.decode()

    def end(self, seconds=40):
        """The exit status of PID 1; 124: it did not end."""
        try:
            return self.job.wait(seconds)
        except subprocess.TimeoutExpired:
            return 124

    def stop(self):
        if self.pid1:
            os.kill(int(self.pid1), 15)
        return self.end()
