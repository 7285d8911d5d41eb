"""Faults of the ledger, of its disk, and of the way to it."""

import random
import signal
import time

import grpc

from chaos_stack import ChaosTest, Load, stubs, wait_until, seed_of
from evidence import ANSWERED, REFUSED, UNKNOWN
from proxy import DOWN, UP


class LedgerFaultTestCase(ChaosTest):
    """What several rows need."""

    def under_load(self, rounds, fault):
        """Lets `fault(rng)` strike again and again while callers call; the promises must hold."""
        seed = seed_of(self)
        rng = random.Random(seed)
        with Load(self.stack, seed) as load:
            for _ in range(rounds):
                # The moment at which it strikes is what is random here.
                time.sleep(rng.uniform(0.05, 0.5))
                fault(rng)
                load.wait_for_answers(3)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def events_of(self, cid):
        return self.stack.rows("SELECT job_events.* FROM job_events JOIN job_customers"
                               " USING(job_id) WHERE cid = ? ORDER BY number", cid)

    def wait_until_it_ended(self):
        """The ledger's exit code, when it ends by itself."""
        wait_until(lambda: not self.stack.ledger.running, "the ledger ends by itself")
        return self.stack.ledger.wait()


class KilledTest_F03(LedgerFaultTestCase):
    """kill -9 of the ledger at random under load."""

    ROUNDS = 10

    def kill(self, _rng):
        self.stack.ledger.kill()
        self.stack.ledger.start()

    def test_at_random(self):
        self.under_load(self.ROUNDS, self.kill)


class KilledTest_F03_Full(KilledTest_F03):
    ROUNDS = 100


class KilledAtEachStepTest_F03(LedgerFaultTestCase):
    """kill -9 of the ledger in place of a write or a sync, at steps all along an action."""

    ROUNDS = 12

    def steps_of_an_action(self):
        before = self.stack.ledger_machine.count("steps")
        self.stack.call()
        return self.stack.ledger_machine.count("steps") - before

    def test_each(self):
        steps = self.steps_of_an_action()
        deaths = 0
        for step in range(0, steps, max(1, steps // self.ROUNDS)):
            self.stack.ledger_machine.kill_at_step(step)
            call = self.stack.call_later("delay~ms=50", request_id=f"step {step}")
            wait_until(lambda c=call: c.done() or not self.stack.ledger.running, "it dies or not")
            self.stack.ledger_machine.mend()
            if not self.stack.ledger.running:
                deaths += 1
                self.stack.ledger.start()
            call.result()
        self.assertGreater(deaths, min(steps, self.ROUNDS) // 2)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class KilledAtEachStepTest_F03_Full(KilledAtEachStepTest_F03):
    ROUNDS = 1000


class AckLostTest_F07(LedgerFaultTestCase):
    """The ledger has committed, and its ack never arrives."""

    def check_outcome(self, behaviour, effect):
        cid = self.stack.new_cid()
        self.stack.cluster_proxy.freeze(DOWN)
        call = self.stack.call_later(behaviour, cids=[cid], cluster="proxied")
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        lost = self.stack.ledger_proxy.dropped(DOWN)
        self.stack.ledger_proxy.swallow(DOWN)
        self.stack.cluster_proxy.heal()
        row = self.stack.wait_for_row(cid, effect=effect)
        events = self.events_of(cid)
        wait_until(lambda: self.stack.ledger_proxy.dropped(DOWN) > lost, "the ack is lost")
        self.assertFalse(call.done())
        self.stack.ledger_proxy.cut()
        self.stack.ledger_proxy.heal()
        told = call.result()
        self.assertEqual((told.kind, told.effect), (ANSWERED, effect))
        self.assertEqual(self.stack.job_of(cid), row)
        self.assertEqual(self.events_of(cid), events)

    def test_of_an_outcome(self):
        self.check_outcome("accepted", "APPLIED")
        self.check_outcome("404", "NOT_APPLIED")
        self.check_outcome("500", "UNKNOWN")
        self.assert_promises_kept()

    def test_of_a_start(self):
        self.stack.ledger_proxy.swallow(DOWN)
        request = self.stack.request(request_id="ack of the start lost")
        cid = request.cids[0]
        told = self.stack.send(request)
        self.assertEqual(told.kind, REFUSED, told)
        self.assertIsNotNone(self.stack.job_of(cid))
        self.stack.ledger_proxy.cut()
        self.stack.ledger_proxy.heal()
        self.stack.wait_for_row(cid, failure_reason="NOT_CALLED", effect="NOT_APPLIED")
        self.assertEqual(self.stack.hits(cid), [])
        self.assertEqual(self.stack.send(request).status, "SUCCESS")
        self.assertEqual(len(self.stack.hits(cid)), 1)
        self.assert_promises_kept()

    def lose(self, rng):
        self.stack.ledger_proxy.swallow(rng.choice((UP, DOWN)))
        time.sleep(rng.uniform(0, 0.3))  # so much is lost
        self.stack.ledger_proxy.cut()
        self.stack.ledger_proxy.heal()

    def test_at_random(self):
        self.under_load(8, self.lose)


class FullDiskTest_F11(LedgerFaultTestCase):
    """The ledger's disk is full, and then it is not."""

    def test_refused_until_there_is_room(self):
        self.stack.ledger_machine.limit_room(0)
        for _ in range(3):
            cid = self.stack.new_cid()
            told = self.stack.call(cids=[cid])
            self.assertEqual(told.kind, REFUSED, told)
            self.assertEqual(self.stack.hits(cid), [])
        self.assertGreater(self.stack.ledger_machine.count("refused_writes"), 0)
        self.assertTrue(self.stack.ledger.running)
        self.stack.ledger_machine.limit_room(None)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_an_outcome_waits_for_room(self):
        cid = self.stack.new_cid()
        call = self.stack.call_later("delay~ms=1500", cids=[cid])
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        self.stack.ledger_machine.limit_room(0)
        wait_until(lambda: self.stack.ledger_machine.count("refused_writes"), "the disk is full")
        self.assertEqual(self.stack.job_of(cid)["status"], "IN_PROGRESS")
        self.stack.ledger_machine.limit_room(None)
        self.assertEqual(call.result().effect, "APPLIED")
        self.assert_promises_kept()

    def test_started_on_a_full_disk(self):
        """For the first time or again: one line that says so, and the next start finds the room."""
        ledger, machine = self.stack.ledger, self.stack.ledger_machine
        ledger.stop()
        first = ledger.twin({"--db": self.stack.db.with_name("first.db")}, "first.log")
        for process in (ledger, first):
            for room in (0, 40_000, 140_000):
                machine.limit_room(room)
                process.launch()
                wait_until(lambda p=process: not p.running or p.is_ready(), "it serves or ends")
                if process.running:
                    process.stop()
                    continue
                self.assertEqual(process.wait(), 1)
                self.assertTrue(self.stack.logged(process, "event=disk_full", "make room"))
                self.assertNotIn("_failed", process.log())
            self.assertTrue(self.stack.logged(process, "event=disk_full"))
            machine.limit_room(None)
            process.start()
            process.stop()
        ledger.start()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def fill(self, rng):
        machine = self.stack.ledger_machine
        refused = machine.count("refused_writes")
        machine.limit_room(rng.randrange(100_000))
        wait_until(lambda: machine.count("refused_writes") > refused, "the disk is full")
        time.sleep(rng.uniform(0, 0.3))  # so long it is
        machine.limit_room(None)

    def test_at_random(self):
        self.under_load(6, self.fill)


class FailingSyncTest_F12(LedgerFaultTestCase):
    """fsync fails on the ledger's disk: nothing is acked, the process ends, a new one tells the
    truth."""

    def strike(self, rng, times):
        machine = self.stack.ledger_machine
        machine.fail_syncs(after=rng.randrange(20), times=times)
        self.assertNotEqual(self.wait_until_it_ended(), 0)
        self.assertGreater(machine.count("failed_syncs"), 0)
        machine.mend()
        self.stack.ledger.start()

    def test_the_nth(self):
        self.under_load(4, lambda rng: self.strike(rng, times=1))

    def test_for_ever(self):
        self.under_load(4, lambda rng: self.strike(rng, times=-1))

    def test_while_the_file_is_made(self):
        """Whatever a start that failed has left behind, the next one begins with it."""
        self.stack.ledger.stop()
        calls, hits = list(self.stack.calls), self.stack.hits_file.read_bytes()
        folder, machine = self.stack.db.parent, self.stack.ledger_machine
        for after in range(100):
            path = folder / f"new{after}.db"
            new = self.stack.ledger.twin({"--db": path}, f"new{after}.log")
            failures = machine.count("failed_syncs")
            machine.fail_syncs(after=after)
            new.launch()
            wait_until(lambda new=new: not new.running or self.stack.logged(new, "serving"),
                       "it serves or ends")
            if machine.count("failed_syncs") == failures:
                break
            self.assertNotEqual(new.wait(), 0)
            machine.mend()
            new.start()
            self.stack.wait_until_it_works()
            self.assertEqual(new.stop(), 0)
        self.assertGreater(after, 1)
        machine.mend()
        new.stop()
        self.stack.ledger.start()
        # What happened in between is recorded in those other files.
        self.stack.calls = calls
        self.stack.hits_file.write_bytes(hits)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class PowerLossTest_F13(LedgerFaultTestCase):
    """The ledger's machine loses what was not synced."""

    ROUNDS = 6

    def lose_power(self, rng):
        self.stack.ledger.kill()
        # Everything unsynced gone, or any part of it.
        self.stack.ledger_machine.cut_power(rng if rng.random() < 0.7 else None)
        self.stack.ledger.start()

    def test_at_random(self):
        self.under_load(self.ROUNDS, self.lose_power)

    def test_as_soon_as_it_was_told(self):
        for number in range(5):
            self.stack.wait_until_it_works()
            told = self.stack.call(("accepted", "401", "504")[number % 3])
            self.assertEqual(told.kind, ANSWERED)
            self.lose_power(random.Random(number))
            self.stack.wait_for_row(told.cid, status=told.status, effect=told.effect)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class PowerLossAfterAFailedSyncTest_F12_F13(PowerLossTest_F13):
    """A sync fails, a new process reads what was written but is on no disk, and power is lost."""

    ROUNDS = 3

    def lose_power(self, rng):
        machine = self.stack.ledger_machine
        machine.fail_syncs()
        # Whatever the load does: there is something to be written.
        self.stack.call_later(cids=[self.stack.new_cid()], limit=5)
        self.assertNotEqual(self.wait_until_it_ended(), 0)
        machine.mend()
        # Reads the log, and signs its end.
        self.stack.ledger.start()
        super().lose_power(rng)

    def test_nobody_tells_it_more(self):
        for seed in range(3):
            self.stack.ledger_machine.fail_syncs()
            call = self.stack.call_later(cids=[self.stack.new_cid()])
            self.assertNotEqual(self.wait_until_it_ended(), 0)
            call.result()
            self.stack.action.stop()
            self.stack.ledger_machine.mend()
            self.stack.ledger.start()
            super().lose_power(random.Random(seed))
            self.stack.action.start()
            self.stack.wait_until_it_works()
        self.assert_promises_kept()


class PowerLossTest_F13_Full(PowerLossTest_F13):
    ROUNDS = 60


class StoppedTest_F16(LedgerFaultTestCase):
    """SIGSTOP of the ledger."""

    def test_callers_deadlines_hold(self):
        in_flight = self.stack.new_cid()
        waiting = self.stack.call_later("delay~ms=1500", cids=[in_flight])
        wait_until(lambda: self.stack.hits(in_flight), "the call reaches the cluster")
        self.stack.ledger.pause()
        calls = []
        for limit in (0.5, 1, 1.5):
            cid, began = self.stack.new_cid(), time.monotonic()
            told = self.stack.call(cids=[cid], limit=limit, request_id=f"limit {limit}")
            self.assertLess(time.monotonic() - began, limit + 5)
            self.assertIn(told.kind, (REFUSED, UNKNOWN))
            self.assertEqual(self.stack.hits(cid), [])
            calls.append(told)
        with self.assertRaises(grpc.RpcError) as caught:
            self.stack.jobs.ListJobs(stubs.ledger.ListJobsRequest(), timeout=0.5)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertFalse(waiting.done())
        self.stack.ledger.resume()
        self.assertEqual(waiting.result().effect, "APPLIED")
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def stop(self, rng):
        self.stack.ledger.signal(signal.SIGSTOP)
        time.sleep(rng.uniform(0.1, 1))  # so long it stands still
        self.stack.ledger.signal(signal.SIGCONT)

    def test_at_random(self):
        self.under_load(5, self.stop)
