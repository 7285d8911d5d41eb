"""Faults that meet: two at a time, at random, under load."""

import random
import signal
import time

from chaos_stack import ChaosTest, Load, seed_of, wait_until
from proxy import DOWN, UP


class Faults:
    """What can begin in a round; repair() ends it all."""

    def __init__(self, stack, rng):
        self._stack = stack
        self._rng = rng
        self._failed_syncs = dict.fromkeys(("job_ledger_service", "action_service"), 0)
        self.kinds = [self.kill_ledger, self.kill_action, self.stop_ledger, self.stop_action,
                      self.fill_disk, self.fail_syncs, self.lose_power, self.freeze, self.swallow,
                      self.cut]

    def kill_ledger(self):
        self._kill(self._stack.ledger)

    def kill_action(self):
        self._kill(self._stack.action)

    def stop_ledger(self):
        self._signal(self._stack.ledger, signal.SIGSTOP)

    def stop_action(self):
        self._signal(self._stack.action, signal.SIGSTOP)

    def fill_disk(self):
        self._stack.ledger_machine.limit_room(self._rng.randrange(100_000))

    def fail_syncs(self):
        self._stack.ledger_machine.fail_syncs(after=self._rng.randrange(5))

    def lose_power(self):
        process, machine = self._rng.choice([
            (self._stack.ledger, self._stack.ledger_machine),
            (self._stack.action, self._stack.action_machine)])
        self._kill(process)
        machine.cut_power(self._rng)

    def freeze(self):
        self._stack.ledger_proxy.freeze(*self._rng.choice(((UP,), (DOWN,), (UP, DOWN))))

    def swallow(self):
        self._stack.ledger_proxy.swallow(self._rng.choice((UP, DOWN)))

    def cut(self):
        self._stack.ledger_proxy.cut()

    def repair(self):
        self._stack.ledger_proxy.cut()
        self._stack.ledger_proxy.heal()
        for process, machine in ((self._stack.ledger, self._stack.ledger_machine),
                                 (self._stack.action, self._stack.action_machine)):
            self._signal(process, signal.SIGCONT)
            failed = machine.count("failed_syncs")
            machine.mend()
            if failed > self._failed_syncs[process.name]:
                wait_until(lambda p=process: not p.running, f"{process.name} ends by itself")
                self._failed_syncs[process.name] = failed
            if not process.running:
                process.start()

    @staticmethod
    def _kill(process):
        if process.running:
            process.kill()

    @staticmethod
    def _signal(process, number):
        if process.running:
            process.signal(number)


class MixtureTest(ChaosTest):

    ROUNDS = 15

    def test_at_random(self):
        seed = seed_of(self)
        rng = random.Random(seed)
        faults = Faults(self.stack, rng)
        with Load(self.stack, seed) as load:
            for number in range(self.ROUNDS):
                kinds = rng.sample(faults.kinds, 2)
                print(f"round {number}: {', '.join(kind.__name__ for kind in kinds)}", flush=True)
                for kind in kinds:
                    kind()
                    time.sleep(rng.uniform(0, 0.6))  # so long it lasts
                faults.repair()
                load.wait_for_answers(3)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class MixtureTest_Full(MixtureTest):
    ROUNDS = 200
