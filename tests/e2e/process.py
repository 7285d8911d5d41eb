"""Real processes of this project: started, waited for, stopped, killed."""

import copy
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

SOURCE_ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("E2E_BIN", SOURCE_ROOT / "build" / "dev" / "bin"))

# Sanitizers and a loaded machine make everything slow; nothing here waits longer than it must.
START_LIMIT = 30.0
STOP_LIMIT = 40.0
POLL_INTERVAL = 0.02


def wait_until(condition, what, limit=START_LIMIT):
    """Polls until `condition()` is true and returns its value; fails after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit:g} s: {what}")
        time.sleep(POLL_INTERVAL)


# Sockets whose names say which ports are given away. The system closes them with this process.
_claims = []


def free_port():
    """A port that nothing listens on, outside the range that the system hands out by itself, and
    that no test that runs now has been given."""
    while True:
        port = random.randint(20_000, 32_000)
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            try:
                claim.bind(f"\0tms-test-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
        _claims.append(claim)
        return port


def accepts_connections(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _state(task):
    """The letter of a thread's state; what is between its name's brackets may hold anything."""
    return (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


class Process:
    """One program with its flags; may be started again after it ended."""

    def __init__(self, name, flags, directory, is_ready, environment=None):
        self.name = name
        self.argv = [str(BIN / name)] + [str(flag) for flag in flags]
        self.log_path = pathlib.Path(directory) / f"{name}.log"
        self._is_ready = is_ready
        self._environment = {key: value for key, value in os.environ.items()
                             if not key.startswith("TMS_")}
        self._environment.update(environment or {})
        self._popen = None

    def twin(self, changes, log_name):
        """The same program with other values of some flags, not yet started."""
        twin = copy.copy(self)
        twin._popen = None
        twin.argv = list(self.argv)
        twin._environment = dict(self._environment)
        for flag, value in changes.items():
            twin.argv[twin.argv.index(flag) + 1] = str(value)
        twin.log_path = self.log_path.with_name(log_name)
        return twin

    def start(self, limit=START_LIMIT):
        self.launch()
        wait_until(self._ready_or_dead, f"{self.name} is ready", limit)
        if self._popen.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self._popen.returncode}:\n{self.log()}")

    def launch(self):
        """Starts without waiting for readiness."""
        with open(self.log_path, "ab") as log:
            self._popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log,
                                           stderr=log, env=self._environment)

    def _ready_or_dead(self):
        return self._popen.poll() is not None or self._is_ready()

    def is_ready(self):
        """Whether it serves by now."""
        return self.running and self._is_ready()

    def set_environment(self, name, value):
        """For later starts; None: the variable is not set."""
        self._environment.pop(name, None)
        if value is not None:
            self._environment[name] = value

    @property
    def pid(self):
        return self._popen.pid

    @property
    def running(self):
        return self._popen is not None and self._popen.poll() is None

    def signal(self, number):
        self._popen.send_signal(number)

    def pause(self):
        """SIGSTOP; returns once no thread runs any more."""
        self.signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{self.pid}/task")
        wait_until(lambda: all(_state(task) == "T" for task in tasks.iterdir()),
                   f"{self.name} stands still")

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """As a crash does."""
        self.signal(signal.SIGKILL)
        self._popen.wait(STOP_LIMIT)

    def wait(self, limit=STOP_LIMIT):
        """The exit code."""
        return self._popen.wait(limit)

    def stop(self):
        """SIGTERM; returns the exit code."""
        if not self.running:
            return self._popen.returncode if self._popen else 0
        self.resume()
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end after SIGTERM:\n{self.log()}") from None

    def log(self, tail=4000):
        return self.log_path.read_text(encoding="utf-8", errors="replace")[-tail:]
