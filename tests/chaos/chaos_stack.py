"""The system of tests/e2e with faults: its processes on machines of their own, proxies between
them, callers that write down what they were told, and the checker at the end.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

# pylint: disable=wrong-import-position
import grpc  # noqa: E402

import stubs  # noqa: E402
from process import BIN, POLL_INTERVAL, Process, free_port, wait_until  # noqa: E402,F401
from stack import RPC_LIMIT, Stack, error_details  # noqa: E402

import checker  # noqa: E402
import evidence  # noqa: E402
from fault_shim import FaultyMachine  # noqa: E402
from proxy import Proxy  # noqa: E402

Job = stubs.job.Job

# Of the ledger here: the shortest that it takes, so that what nobody tells ends soon.
GRACE = 1.0
# By when a job must have ended whose call may last a few seconds.
END_LIMIT = 30.0
# How much later than it should be something may be on a busy machine.
LATENESS = 10.0
# By when everything in a spool must have been delivered, once the ledger answers.
DELIVERY_LIMIT = 20.0
# Most faults are about what happens without a way around the ledger.
WITHOUT_SPOOL = {"--ledger-down": "reject", "--ack-wait": "30s"}
# In one test at a time.
_MOST_CALLERS = 32


def seed_of(test):
    """A new seed, or the one that CHAOS_SEED gives, in order to run a failure again. It is printed,
    and ctest shows it when the test fails."""
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(1 << 32)))
    print(f"{test.id()}: CHAOS_SEED={seed}", flush=True)
    return seed


class ChaosStack(Stack):
    """Without the spool, unless the flags say otherwise. The ledger is in `directory/ledger` on `ledger_machine`, the action service in
    `directory/action` on `action_machine`; it reaches the ledger through `ledger_proxy`. The cluster
    "proxied" is the fake one behind `cluster_proxy`."""

    def __init__(self, ledger_flags=(), action_flags=(), **more):
        self.calls = []
        self.forgotten = set()
        self._calls_lock = threading.Lock()
        self._cid_lock = threading.Lock()
        self._callers = concurrent.futures.ThreadPoolExecutor(_MOST_CALLERS)
        super().__init__(["--grace", f"{GRACE:g}s", *ledger_flags],
                         _with_defaults(action_flags, WITHOUT_SPOOL), **more)

    def _write_clusters(self, more):
        self.cluster_proxy = Proxy(self.fake_port)
        proxied = {"name": "proxied", "base_url": f"http://127.0.0.1:{self.cluster_proxy.port}",
                   "allowed_networks": ["127.0.0.0/8"]}
        super()._write_clusters([proxied, *more])

    def _define_processes(self, *flags_and_environment):
        self.ledger_machine = self._machine("ledger")
        self.action_machine = self._machine("action")
        self.db = self.directory / "ledger" / "jobs.db"
        self.ledger_proxy = Proxy(self.ledger_port)
        super()._define_processes(*flags_and_environment)
        self.ledger = self._on_machine(
            self.ledger, self.ledger_machine, lambda: self.is_serving(self.ledger_channel),
            {"--db": self.db})
        self.action = self._on_machine(
            self.action, self.action_machine, lambda: self.is_serving(self.action_channel),
            {"--ledger": f"127.0.0.1:{self.ledger_proxy.port}",
             "--spool": self.directory / "action" / "spool.db"})

    def _machine(self, name):
        return FaultyMachine(self.directory / f"{name}_shim", self.directory / name)

    def _on_machine(self, process, machine, is_ready, changes):
        return Process(process.name, _with_flags(process.argv, changes), self.directory, is_ready,
                       machine.environment)

    def second_action_service(self, ledger_port):
        """Another instance, not started; (process, stub)."""
        port = free_port()
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)])
        flags = _with_flags(self.action.argv, {
            "--listen": f"127.0.0.1:{port}", "--ledger": f"127.0.0.1:{ledger_port}",
            "--spool": self.directory / "second_spool.db"})
        second = Process("action_service", flags, self.directory, lambda: self.is_serving(channel))
        second.log_path = self.directory / "second_action_service.log"
        return second, stubs.action_grpc.ActionServiceStub(channel)

    def stop(self):
        for proxy in (self.ledger_proxy, self.cluster_proxy):
            proxy.cut()
            proxy.heal()
        problems = super().stop()
        self._callers.shutdown()
        self.ledger_proxy.close()
        self.cluster_proxy.close()
        return problems

    # Calls that are written down.

    def new_cid(self):
        with self._cid_lock:
            return super().new_cid()

    def skip_cids(self, count):
        """Earlier data has customers of its own."""
        with self._cid_lock:
            self._cid_count += count

    def call(self, behaviour="accepted", limit=RPC_LIMIT, method="SetAction", actions=None,
             **fields):
        """Calls and returns the checker.Call that says what came of it."""
        request = self.request(behaviour, **fields)
        return self.send(request, limit, method, actions)

    def send(self, request, limit=RPC_LIMIT, method="SetAction", actions=None):
        told = self._send(request, limit, method, actions or self.actions)
        with self._calls_lock:
            self.calls.append(told)
        return told

    def call_later(self, *args, **fields):
        """A future of call()."""
        return self._callers.submit(self.call, *args, **fields)

    @staticmethod
    def _send(request, limit, method, actions):
        of_request = {"cid": request.cids[0], "user_id": request.user_id,
                      "request_id": request.request_id,
                      "accept_possible_repeat": request.accept_possible_repeat}
        try:
            job = getattr(actions, method)(request, timeout=limit).job
        except grpc.RpcError as error:
            info, _ = error_details(error)
            ours = info is not None and info.domain == "tms"
            return evidence.Call(kind=evidence.REFUSED if ours else evidence.UNKNOWN,
                                error=f"{error.code().name}: {error.details()}", **of_request)
        return evidence.Call(
            kind=evidence.ANSWERED, job_id=job.job_id, status=_word(Job.Status, job.status),
            failure_reason=_word(Job.FailureReason, job.failure_reason),
            effect=_word(Job.Effect, job.effect), **of_request)

    # What becomes of them.

    def job_of(self, cid):
        """The one row of the action, or None."""
        rows = self.rows("SELECT jobs.* FROM jobs JOIN job_customers USING(job_id) WHERE cid = ?",
                         cid)
        assert len(rows) <= 1, rows
        return rows[0] if rows else None

    def wait_for_row(self, cid, **wanted):
        """The row of the action once its columns are as wanted."""
        def row():
            found = self.job_of(cid)
            return found if found and all(found[key] == wanted[key] for key in wanted) else None
        return wait_until(row, f"the row of {cid} says {wanted}, not {self.job_of(cid)}", END_LIMIT)

    def wait_for_job(self, told, **wanted):
        """The row of the job that was told, which need not be the action's only one: a request that
        was not called may be made again."""
        def row():
            found = self.rows("SELECT * FROM jobs WHERE job_id = ?", told.job_id)
            return found and all(found[0][key] == wanted[key] for key in wanted)
        wait_until(row, f"the row of {told} says {wanted}", END_LIMIT)

    def logged(self, process, *words):
        """Whether a line of the log has all the words."""
        lines = process.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return any(all(word in line for word in words) for line in lines)

    def wait_until_all_ended(self):
        """By their deadlines and the grace. These count from the ledger's start, which was a moment
        ago at most."""
        def unended():
            return self.rows("SELECT job_id, timeout_ms FROM jobs WHERE status = 'IN_PROGRESS'")
        timeout = max((row["timeout_ms"] / 1000 for row in unended()), default=0)
        wait_until(lambda: not unended(), "all jobs end", timeout + GRACE + LATENESS)

    def wait_until_it_works(self):
        """An action goes through, so the processes have found each other."""
        wait_until(lambda: self.call().status == "SUCCESS", "an action goes through")

    def evidence(self):
        return evidence.Evidence(self.db, self.hits_file, self.calls, frozenset(self.forgotten),
                                 self.directory, self.canary)


def _with_defaults(flags, defaults):
    """The flags, and those of the defaults that are not among them."""
    more = [(flag, value) for flag, value in defaults.items() if flag not in flags]
    return [*flags, *(word for pair in more for word in pair)]


def _with_flags(argv, changes):
    """The flags of a program, some with other values."""
    flags = argv[1:]
    for flag, value in changes.items():
        flags[flags.index(flag) + 1] = str(value)
    return flags


def _word(enum, value):
    """As jobs.db has it: empty for none."""
    return enum.Name(value) if value else ""


class Load:
    """Callers who call as fast as they are answered, until the block ends."""

    # What real clusters do, and what hurts; each as often as it is written.
    BEHAVIOURS = ("accepted",) * 6 + (
        "delay~ms=50", "delay~ms=200", "401", "refused-state", "504", "reset-before-answer",
        "cut-body", "close", "not-json")

    def __init__(self, stack, seed, callers=6, behaviours=BEHAVIOURS, patient=True):
        """Callers who are not `patient` accept a possible repeat now and then."""
        self._stack = stack
        self._patient = patient
        self._behaviours = behaviours
        self._stop = threading.Event()
        self._answers = 0
        self._threads = [threading.Thread(target=self._run, args=(random.Random(seed + number),))
                         for number in range(callers)]
        self.problems = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self.problems, self.problems

    def wait_for_answers(self, count):
        """So many more calls are answered with a job."""
        wanted = self._answers + count
        wait_until(lambda: self._answers >= wanted or self.problems, "calls are answered")

    def _run(self, rng):
        try:
            while not self._stop.is_set():
                self._call(rng)
        except Exception as problem:  # pylint: disable=broad-except
            self.problems.append(repr(problem))

    def _call(self, rng):
        request = self._stack.request(rng.choice(self._behaviours), timeout=2)
        if rng.random() < 0.5:
            request.request_id = f"request-{request.cids[0]}"
            request.accept_possible_repeat = not self._patient and rng.random() < 0.3
        method = rng.choice(("SetAction", "SetAction", "SubmitAction"))
        told = self._stack.send(request, limit=10, method=method)
        if told.kind == evidence.ANSWERED:
            self._answers += 1
            return
        self._stop.wait(0.05)
        # Programs ask again when they do not know, and so do people.
        if request.request_id and not self._stop.is_set():
            self._stack.send(request, limit=10, method=method)


def promises_kept(stack):
    """The violations, with all processes up again. What is still in a spool then is on its way and
    gets its time."""
    stack.wait_until_all_ended()
    end = time.monotonic() + DELIVERY_LIMIT
    while found := checker.violations(stack.evidence()):
        if time.monotonic() > end:
            return found
        time.sleep(POLL_INTERVAL)
    return findings(stack.db)


def findings(db):
    """Of `ledgerctl verify`, line by line; none when all is as it was written."""
    verify = subprocess.run([BIN / "ledgerctl", "verify", "--db", db], capture_output=True,
                            text=True, timeout=END_LIMIT, check=False)
    return [] if verify.returncode == 0 else (verify.stdout + verify.stderr).splitlines()


class ChaosTest(unittest.TestCase):
    """A stack of its own for each test, and the checker after it."""

    ledger_flags = ()
    action_flags = ()
    clusters = ()
    with_gateway = False
    make_stack = ChaosStack

    def setUp(self):
        self.stack = self.make_stack(self.ledger_flags, self.action_flags, clusters=self.clusters)
        self.addCleanup(self._put_away)
        self.stack.start(self.with_gateway)
        self.stack.wait_until_it_works()

    def run(self, result=None):
        self._failed_before = len(result.failures) + len(result.errors)
        self._result = result
        return super().run(result)

    def _put_away(self):
        problems = self.stack.stop()
        failed = len(self._result.failures) + len(self._result.errors) > self._failed_before
        if failed or problems:
            with contextlib.suppress(OSError):
                evidence.write_calls(self.stack.directory / "calls.jsonl", self.stack.calls)
            print(f"left for inspection: {self.stack.directory}")
        else:
            self.stack.remove()
        self.assertEqual(problems, [])

    def start_second(self):
        """An instance with a spool of its own; (its way to the ledger, its stub)."""
        proxy = Proxy(self.stack.ledger_port)
        self.addCleanup(proxy.close)
        process, actions = self.stack.second_action_service(proxy.port)
        process.start()
        self.addCleanup(process.stop)
        return proxy, actions

    def assert_promises_kept(self):
        """To be called last, with all processes up again."""
        self.assertEqual(promises_kept(self.stack), [])
