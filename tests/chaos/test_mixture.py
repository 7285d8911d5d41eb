"""Faults that meet: two at a time, at random, under load."""

import collections
import os
import random
import signal
import time
import unittest

from chaos_stack import ChaosStack, Load, promises_kept, seed_of, wait_until
from evidence import ANSWERED, write_calls
from network import may_make_networks
from proxy import DOWN, UP
from test_crash_points import known_points
from test_partition_faults import PartitionedStack
from test_restore_faults import back_up, restore

YEAR = 365 * 24 * 3600


class Faults:
    """What can begin in a round; repair() ends it all."""

    def __init__(self, stack, rng):
        self._stack = stack
        self._rng = rng
        self._sides = ((stack.ledger, stack.ledger_machine), (stack.action, stack.action_machine))
        self._failed_syncs = dict.fromkeys(("job_ledger_service", "action_service"), 0)
        self._armed = set()
        self._points = sorted(known_points())
        self.kinds = [
            self.kill_ledger, self.kill_action, self.stop_ledger, self.stop_action,
            self.kill_at_a_point, self.kill_at_a_step, self.fill_ledgers_disk, self.fill_spools_disk,
            self.fill_the_spool, self.fail_syncs, self.slow_syncs, self.lose_power,
            self.restore_a_backup, self.jump_the_clock, self.cut, *self._faults_of_the_way()]

    def _faults_of_the_way(self):
        """Between the two services: in a network of its own a partition, else what a proxy can do."""
        if isinstance(self._stack, PartitionedStack):
            return [self.partition] * 3
        return [self.freeze, self.swallow]

    def begin(self):
        """Of a round."""
        if self._rng.random() < 0.3:
            back_up(self._stack)

    # Processes.

    def kill_ledger(self):
        self._kill(self._stack.ledger)

    def kill_action(self):
        self._kill(self._stack.action)

    def stop_ledger(self):
        self._signal(self._stack.ledger, signal.SIGSTOP)

    def stop_action(self):
        self._signal(self._stack.action, signal.SIGSTOP)

    def kill_at_a_point(self):
        """A new start, which dies at a named crash point, now or later."""
        process, _ = self._rng.choice(self._sides)
        points = self._points
        if process is self._stack.ledger:
            points = [point for point in points if point.startswith("sqlite.")]
        self._kill(process)
        process.set_environment(
            "TMS_CRASH_AT", f"{self._rng.choice(points)}:{self._rng.randrange(1, 20)}")
        self._armed.add(process)
        process.launch()

    def kill_at_a_step(self):
        _, machine = self._rng.choice(self._sides)
        machine.kill_at_step(self._rng.randrange(50))

    def lose_power(self):
        process, machine = self._rng.choice(self._sides)
        self._kill(process)
        machine.cut_power(self._rng)

    def restore_a_backup(self):
        if (self._stack.directory / "backup.db").exists():
            self._kill(self._stack.ledger)
            restore(self._stack, start=False)

    # Disks and clocks.

    def fill_ledgers_disk(self):
        self._stack.ledger_machine.limit_room(self._rng.randrange(100_000))

    def fill_spools_disk(self):
        self._stack.action_machine.limit_room(self._rng.randrange(100_000))

    def fill_the_spool(self):
        """With calls whose starts are as large as half of it, while the ledger is away."""
        self._lose_the_ledger()
        for _ in range(3):
            others = [f"{number:0100d}" for number in range(5_000)]
            self._stack.call_later(cids=[self._stack.new_cid(), *others], timeout=2, limit=10)

    def fail_syncs(self):
        _, machine = self._rng.choice(self._sides)
        machine.fail_syncs(after=self._rng.randrange(5), times=self._rng.choice((1, -1)))

    def slow_syncs(self):
        _, machine = self._rng.choice(self._sides)
        machine.slow_syncs(self._rng.uniform(0.05, 0.4))

    def jump_the_clock(self):
        _, machine = self._rng.choice(self._sides)
        machine.shift_clock(self._rng.choice((YEAR, -YEAR, 60, -60)))

    # The way between the two.

    def _lose_the_ledger(self):
        if isinstance(self._stack, PartitionedStack):
            self._stack.partition.lose()
        else:
            self._stack.ledger_proxy.cut()

    def partition(self):
        self._stack.partition.lose(*self._rng.choice(((UP,), (DOWN,), (UP, DOWN))))

    def freeze(self):
        self._stack.ledger_proxy.freeze(*self._rng.choice(((UP,), (DOWN,), (UP, DOWN))))

    def swallow(self):
        self._stack.ledger_proxy.swallow(self._rng.choice((UP, DOWN)))

    def cut(self):
        """In a network of its own nothing passes the proxy to the ledger; clusters are behind one."""
        self._rng.choice((self._stack.ledger_proxy, self._stack.cluster_proxy)).cut()

    # The end.

    def repair(self):
        for proxy in (self._stack.ledger_proxy, self._stack.cluster_proxy):
            proxy.cut()
            proxy.heal()
        if isinstance(self._stack, PartitionedStack):
            self._stack.partition.heal()
        for process, machine in self._sides:
            self._signal(process, signal.SIGCONT)
            failed = machine.count("failed_syncs")
            machine.mend()
            if failed > self._failed_syncs[process.name]:
                wait_until(lambda p=process: not p.running, f"{process.name} ends by itself")
                self._failed_syncs[process.name] = failed
            if process in self._armed:
                self._kill(process)
                process.set_environment("TMS_CRASH_AT", None)
            # One that was about to die when all was mended answers no more.
            wait_until(lambda p=process: not p.running or p.is_ready(), f"{process.name} serves")
            if not process.running:
                process.start()
        self._armed.clear()

    @staticmethod
    def _kill(process):
        if process.running:
            process.kill()

    @staticmethod
    def _signal(process, number):
        if process.running:
            process.signal(number)


class MixtureTest(unittest.TestCase):

    # Each stack has its own seed and is judged by itself.
    STACKS = 2
    ROUNDS = 7
    FLAGS = ("--ledger-down", "spool", "--ack-wait", "300ms", "--decision-wait", "1s",
             "--spool-limit", "1")

    def test_at_random(self):
        seed = seed_of(self)
        totals = collections.Counter()
        for number in range(self.STACKS):
            with self.subTest(stack=number):
                totals += self.run_stack(random.Random(f"{seed} {number}"), number)
        print(", ".join(f"{key}: {count}" for key, count in sorted(totals.items())), flush=True)

    def run_stack(self, rng, number):
        """Counts of what happened."""
        apart = number % 2 == 1 and may_make_networks()
        stack = (PartitionedStack if apart else ChaosStack)((), self.FLAGS)
        totals = collections.Counter(stacks=1)
        try:
            stack.start()
            stack.wait_until_it_works()
            self.run_rounds(stack, rng, totals)
            stack.wait_until_it_works()
            found = promises_kept(stack)
        except BaseException:
            print(f"left for inspection: {stack.directory}", flush=True)
            stack.stop()
            raise
        totals.update(self.figures(stack))
        totals["violations"] += len(found)
        problems = stack.stop()
        if not found and not problems:
            stack.remove()
        else:
            write_calls(stack.directory / "calls.jsonl", stack.calls)
            print(f"left for inspection: {stack.directory}; forgotten: {sorted(stack.forgotten)}")
            print("\n".join(found), flush=True)
        self.assertEqual((found, problems), ([], []), stack.directory)
        return totals

    def run_rounds(self, stack, rng, totals):
        faults = Faults(stack, rng)
        with Load(stack, rng.randrange(1 << 32), patient=False) as load:
            for number in range(self.ROUNDS):
                kinds = rng.sample(faults.kinds, 2)
                print(f"round {number}: {', '.join(kind.__name__ for kind in kinds)}", flush=True)
                faults.begin()
                for kind in kinds:
                    kind()
                    totals[f"fault {kind.__name__}"] += 1
                    time.sleep(rng.uniform(0, 0.6))  # so long it lasts
                faults.repair()
                load.wait_for_answers(3)
                totals["rounds"] += 1

    @staticmethod
    def figures(stack):
        return {"calls": len(stack.calls), "jobs": stack.job_count(), "hits": len(stack.hits()),
                "answered": sum(call.kind == ANSWERED for call in stack.calls),
                "forgotten by restores": len(stack.forgotten)}


class MixtureTest_Full(MixtureTest):
    """CHAOS_STACKS=40 makes 1,000 rounds of it."""

    STACKS = int(os.environ.get("CHAOS_STACKS", "10"))
    ROUNDS = 25
