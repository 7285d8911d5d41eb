"""Faults that can strike every process: its clock, its descriptors, its end."""

import os
import random
import resource
import socket
import time

from chaos_stack import END_LIMIT, GRACE, ChaosTest, Load, stubs, wait_until, seed_of
from evidence import ANSWERED, REFUSED, UNKNOWN

YEAR = 365 * 24 * 3600


class WrongClockTest_F14(ChaosTest):
    """The wall clock is off by a year, or jumps there while everything runs."""

    # What a wall clock must not change: much less than a year.
    MARGIN = 3.0

    def machines(self):
        return self.stack.ledger_machine, self.stack.action_machine

    def shift(self, seconds):
        for machine in self.machines():
            machine.shift_clock(seconds)

    def check_times(self):
        """Deadlines, the sweep and the order of things are as ever."""
        for behaviour, timeout in (("accepted", 2), ("never", 1.2)):
            began = time.monotonic()
            told = self.stack.call(behaviour, timeout=timeout)
            self.assertEqual(told.kind, ANSWERED, told)
            self.assertEqual(told.failure_reason, "TIMEOUT" if behaviour == "never" else "")
            self.assertLess(time.monotonic() - began, timeout + self.MARGIN)
        self.check_sweep()
        first_kinds = self.stack.rows("SELECT kind, min(number) FROM job_events GROUP BY job_id")
        self.assertEqual({row["kind"] for row in first_kinds}, {"STARTED"})

    def check_sweep(self):
        cid, timeout = self.stack.new_cid(), 1.5
        call = self.stack.call_later("never", cids=[cid], timeout=timeout)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        self.stack.action.kill()
        began = time.monotonic()
        self.stack.wait_for_row(cid, failure_reason="INTERRUPTED")
        took = time.monotonic() - began
        self.assertLess(took, timeout + GRACE + self.MARGIN)
        self.assertEqual(call.result().kind, UNKNOWN)
        self.stack.action.start()
        self.stack.wait_until_it_works()

    def listed(self):
        """Every job once, by pages."""
        ids, token = [], ""
        while True:
            page = self.stack.jobs.ListJobs(
                stubs.ledger.ListJobsRequest(page_size=3, page_token=token), timeout=END_LIMIT)
            ids += [job.job_id for job in page.jobs]
            token = page.next_page_token
            if not token:
                return ids

    def check(self):
        self.check_times()
        ids = self.listed()
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(len(ids), self.stack.job_count())

    def test_jumps_while_they_run(self):
        for seconds in (YEAR, 0, -YEAR):
            self.shift(seconds)
            self.check()
        self.assert_promises_kept()

    def test_wrong_from_the_start(self):
        for seconds in (YEAR, -YEAR):
            self.stack.action.stop()
            self.stack.ledger.stop()
            self.shift(seconds)
            self.stack.ledger.start()
            self.stack.action.start()
            self.check()
        self.assert_promises_kept()

    def test_of_the_ledger_alone(self):
        for seconds in (YEAR, -YEAR):
            self.stack.ledger_machine.shift_clock(seconds)
            self.check()
        self.assert_promises_kept()

    def test_jumps_during_a_call(self):
        for seconds in (YEAR, -YEAR, 0):
            began = time.monotonic()
            answered, timed_out = self.stack.new_cid(), self.stack.new_cid()
            calls = [self.stack.call_later("delay~ms=500", cids=[answered], timeout=5),
                     self.stack.call_later("never", cids=[timed_out], timeout=2)]
            wait_until(lambda a=answered, t=timed_out: self.stack.hits(a) and self.stack.hits(t),
                       "both reach the cluster")
            self.shift(seconds)
            told = [call.result() for call in calls]
            self.assertEqual([(call.status, call.failure_reason) for call in told],
                             [("SUCCESS", ""), ("FAILED", "TIMEOUT")])
            self.assertLess(time.monotonic() - began, 2 + self.MARGIN)
        self.assert_promises_kept()

    def test_reconnects_after_a_jump_back(self):
        """gRPC's timers go on: common/runtime/steady_waits.h says what there is to it."""
        self.stack.ledger.kill()
        self.addCleanup(self.shift, 0)
        for years in range(1, 6):
            # Meanwhile it tries to connect; one of the jumps meets a wait between two attempts.
            self.assertEqual(self.stack.call().kind, REFUSED)
            self.shift(-years * YEAR)
        self.stack.ledger.start()
        wait_until(lambda: self.stack.call(limit=3).kind == ANSWERED, "they are connected again",
                   END_LIMIT / 3)

    def test_jumps_before_sigterm(self):
        """A drain is not stretched by it."""
        for process in (self.stack.action, self.stack.ledger):
            cid = self.stack.new_cid()
            call = self.stack.call_later("delay~ms=500", cids=[cid])
            wait_until(lambda cid=cid: self.stack.hits(cid), "the call reaches the cluster")
            self.shift(-YEAR)
            began = time.monotonic()
            self.assertEqual(process.stop(), 0)
            self.assertLess(time.monotonic() - began, 0.5 + self.MARGIN)
            process.start()
            self.assertEqual(call.result().kind, ANSWERED)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class SecondGatewayTest_F17(ChaosTest):
    """The rest of F17 is in tests/e2e."""

    with_gateway = True

    def test_on_the_same_port(self):
        second = self.stack.gateway.twin({}, "second_gateway.log")
        second.launch()
        self.assertNotEqual(second.wait(), 0)
        self.assertIn(str(self.stack.gateway_port), second.log())
        self.assertEqual(self.stack.http("GET", "/readyz").status, 200)


class NoDescriptorsTest_F18(ChaosTest):
    """Idle sockets have taken all descriptors; when they go, service is back within 10 s."""

    with_gateway = True
    RELIEF = 10.0

    def exhaust(self, process, port):
        """Idle connections until the process has no descriptor left. A list of sockets."""
        used = len(os.listdir(f"/proc/{process.pid}/fd"))
        limit = used + 32
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        sockets = []
        for _ in range(64):
            sock = socket.socket()
            sock.settimeout(1)
            sockets.append(sock)
            if sock.connect_ex(("127.0.0.1", port)) != 0:
                break
        wait_until(lambda: len(os.listdir(f"/proc/{process.pid}/fd")) >= limit - 1,
                   "its descriptors are used up")
        return sockets

    def check(self, process, port, works):
        sockets = self.exhaust(process, port)
        # Whatever is asked now may fail or not; it must not kill.
        self.stack.call(limit=2)
        self.assertTrue(process.running)
        for sock in sockets:
            sock.close()
        wait_until(works, "it serves again", self.RELIEF)
        self.assertTrue(process.running)
        self.assert_promises_kept()

    def acts(self):
        return self.stack.call().status == "SUCCESS"

    def test_ledger(self):
        self.check(self.stack.ledger, self.stack.ledger_port, self.acts)

    def test_action_service(self):
        self.check(self.stack.action, self.stack.action_port, self.acts)

    def test_gateway(self):
        self.check(self.stack.gateway, self.stack.gateway_port,
                   lambda: self.stack.http("GET", "/readyz").status == 200)


class SigtermTest_F22(ChaosTest):
    """SIGTERM under load: drained, or truthfully classified; ended within the limit."""

    def test_under_load(self):
        seed = seed_of(self)
        rng = random.Random(seed)
        with Load(self.stack, seed) as load:
            for _ in range(6):
                time.sleep(rng.uniform(0.05, 0.3))
                process = rng.choice((self.stack.action, self.stack.ledger))
                self.assertEqual(process.stop(), 0, process.log())
                process.start()
                load.wait_for_answers(3)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class SigtermWithLongCallTest_F22(ChaosTest):
    """A call that lasts longer than the drain may."""

    # Beyond the limit of the drain: to close files and connections.
    MARGIN = 8.0
    DRAIN = 1.0
    action_flags = ("--drain-limit", f"{DRAIN:g}s")

    def test_of_a_call_that_lasts_longer_than_the_drain(self):
        cid = self.stack.new_cid()
        call = self.stack.call_later("never", cids=[cid], timeout=5)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        began = time.monotonic()
        self.assertNotEqual(self.stack.action.stop(), 0)
        self.assertLess(time.monotonic() - began, self.DRAIN + self.MARGIN)
        # It was called, so its caller gets the job or no answer at all, but no refusal.
        told = call.result()
        self.assertIn((told.kind, told.status), ((ANSWERED, "IN_PROGRESS"), (UNKNOWN, "")))
        self.stack.action.start()
        row = self.stack.wait_for_row(cid, status="FAILED")
        self.assertEqual((row["failure_reason"], row["effect"]), ("INTERRUPTED", "UNKNOWN"))
        self.stack.wait_until_it_works()
        self.assert_promises_kept()
