"""The ledger is away for long; what the spool is for, and what happens when it can't help."""

import random
import time

from chaos_stack import ChaosStack, Load, seed_of, wait_until
from evidence import ANSWERED, REFUSED
from small_disk import SmallDisk, may_mount
from spool_case import SpoolTestCase


class LedgerAwayTest_F05(SpoolTestCase):

    action_flags = (*SpoolTestCase.action_flags, "--spool-limit", "1")
    SECONDS = 5

    def test_actions_go_on(self):
        seed = seed_of(self)
        with Load(self.stack, seed) as load:
            load.wait_for_answers(5)
            self.stack.ledger.kill()
            load.wait_for_answers(20)
            time.sleep(self.SECONDS)  # so long it is away
            load.wait_for_answers(1)
            self.stack.ledger.start()
            load.wait_for_answers(10)
        self.stack.wait_until_it_works()
        self.assert_all_delivered(call for call in self.stack.calls if call.kind == ANSWERED
                                  and call.status != "IN_PROGRESS")
        self.assert_promises_kept()

    def test_full_spool(self):
        self.away()
        answered = self.call_until_refused()
        self.assertGreater(len(answered), 1)
        self.come_back()
        self.assert_all_delivered(answered)
        # There is room again.
        self.wait_until_spool_is_empty()
        self.away()
        self.assertEqual(self.stack.call(cids=self.large_cids()).effect, "APPLIED")
        self.come_back()
        self.assert_promises_kept()

    def test_full_spool_over_a_restart(self):
        self.away()
        answered = self.call_until_refused()
        self.stack.action.kill()
        self.stack.action.start()
        self.assertEqual(self.stack.call(cids=self.large_cids()).kind, REFUSED)
        self.come_back()
        self.assert_all_delivered(answered)
        self.assert_promises_kept()


class LedgerAwayTest_F05_Full(LedgerAwayTest_F05):
    SECONDS = 120


class BrokenDiskTestCase(SpoolTestCase):
    """What a disk that fails under the spool must not cost."""

    ROUNDS = 3

    def at_random(self, fault):
        """`fault(rng)` strikes, and ends the process, while actions go by the spool."""
        seed = seed_of(self)
        rng = random.Random(seed)
        with Load(self.stack, seed) as load:
            for _ in range(self.ROUNDS):
                self.stack.ledger_proxy.cut()
                load.wait_for_answers(5)
                fault(rng)
                self.stack.action_machine.mend()
                self.stack.action.start()
                load.wait_for_answers(3)
                self.stack.ledger_proxy.heal()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class FailingSyncOfTheSpoolTest_F12(BrokenDiskTestCase):

    def fail(self, rng):
        """What it knows by then it may still tell the ledger, so that must come back first."""
        machine = self.stack.action_machine
        failed = machine.count("failed_syncs")
        machine.fail_syncs(after=rng.randrange(20), times=rng.choice((1, -1)))
        wait_until(lambda: machine.count("failed_syncs") > failed, "a sync fails")
        self.stack.ledger_proxy.heal()
        wait_until(lambda: not self.stack.action.running, "it ends by itself")
        self.assertNotEqual(self.stack.action.wait(), 0)

    def test_at_random(self):
        self.at_random(self.fail)


class PowerLossOfTheSpoolTest_F13(BrokenDiskTestCase):

    ROUNDS = 4

    def lose_power(self, rng):
        self.stack.action.kill()
        self.stack.action_machine.cut_power(rng if rng.random() < 0.7 else None)

    def test_at_random(self):
        self.at_random(self.lose_power)


class SmallDiskStack(ChaosStack):
    """The action service's folder is on a disk of its own, a small one."""

    SIZE = 8 << 20

    def _define_processes(self, *args):
        self.disk = SmallDisk(self.directory / "action", self.SIZE)
        super()._define_processes(*args)

    def fill_disk(self):
        self.disk.fill()

    def free_disk(self):
        self.disk.free()

    def remove(self):
        self.disk.unmount()
        super().remove()


class QuotaStack(ChaosStack):
    """Without the right to mount: the shim says that the disk is full."""

    def fill_disk(self):
        self.action_machine.limit_room(0)

    def free_disk(self):
        self.action_machine.limit_room(None)


class FullDiskTest_F10(SpoolTestCase):
    """The spool's disk is full: others have filled it, or the spool itself."""

    action_flags = (*SpoolTestCase.action_flags, "--spool-limit", "4")
    # Calls in flight when the disk fills up.
    IN_FLIGHT = 8

    @staticmethod
    def make_stack(*args, **fields):
        return (SmallDiskStack if may_mount() else QuotaStack)(*args, **fields)

    def test_others_fill_it(self):
        self.away()
        in_flight = [self.stack.call_later("delay~ms=1500", timeout=20)
                     for _ in range(self.IN_FLIGHT)]
        wait_until(lambda: len(self.stack.hits()) > self.IN_FLIGHT, "the calls reach the cluster")
        self.stack.fill_disk()
        refused = [self.stack.call() for _ in range(self.IN_FLIGHT)]
        self.assertEqual({call.kind for call in refused}, {REFUSED}, refused)
        # The outcomes fit all the same: the room for them was held.
        told = [call.result() for call in in_flight]
        self.assertEqual({(call.kind, call.effect) for call in told}, {(ANSWERED, "APPLIED")})
        # They are durable.
        self.stack.action.kill()
        self.stack.free_disk()
        self.stack.action.start()
        self.come_back()
        self.assert_all_delivered(told)
        self.assert_promises_kept()

    def test_room_comes_back(self):
        self.away()
        self.stack.fill_disk()
        wait_until(lambda: self.stack.call().kind == REFUSED, "actions are refused")
        self.stack.free_disk()
        wait_until(lambda: self.stack.call().effect == "APPLIED", "they go on")
        self.come_back()
        self.assert_promises_kept()

    def test_nothing_matters_while_the_ledger_answers(self):
        self.stack.fill_disk()
        self.assertEqual(self.stack.call().effect, "APPLIED")
        self.stack.free_disk()
        self.assert_promises_kept()


class FullDiskStandInTest_F10_Full(FullDiskTest_F10):
    """The stand-in also where the real thing is allowed."""

    make_stack = staticmethod(QuotaStack)
