"""Faults that strike while a process recovers from the one before."""

import random
import time

from chaos_stack import Load, seed_of, wait_until
from spool_case import SpoolTestCase


class RecoveryTestCase(SpoolTestCase):

    def steps_of_a_start(self, process, machine):
        """Its writes and syncs until it serves, after a crash."""
        process.kill()
        before = machine.count("steps")
        process.start()
        return machine.count("steps") - before

    def die_while_starting(self, process, machine, step):
        """Whether it died; otherwise it serves."""
        machine.kill_at_step(step)
        process.launch()
        def is_decided():
            return not process.running or process.is_ready()
        wait_until(is_decided, "it dies or serves")
        machine.mend()
        # It may have been about to die; then it answers no more.
        wait_until(is_decided, "it dies or serves")
        return not process.running

    def at_random(self, process, machine, rounds):
        seed = seed_of(self)
        rng = random.Random(seed)
        deaths = 0
        with Load(self.stack, seed) as load:
            load.wait_for_answers(10)
            steps = self.steps_of_a_start(process, machine)
            self.assertGreater(steps, 0)
            for _ in range(rounds):
                if rng.random() < 0.5:
                    self.stack.ledger_proxy.cut()
                time.sleep(rng.uniform(0.05, 0.5))  # so much there is to recover
                process.kill()
                self.stack.ledger_proxy.heal()
                while self.die_while_starting(process, machine, rng.randrange(steps)):
                    deaths += 1
                    if rng.random() < 0.5:
                        process.start()
                        break
                load.wait_for_answers(3)
        self.assertGreater(deaths, 0)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class KilledWhileRecoveringTest_F04(RecoveryTestCase):
    """kill -9 in place of a write or a sync of a start that follows a kill -9."""

    ROUNDS = 5

    def test_ledger(self):
        self.at_random(self.stack.ledger, self.stack.ledger_machine, self.ROUNDS)

    def test_action_service(self):
        self.at_random(self.stack.action, self.stack.action_machine, self.ROUNDS)


class KilledWhileRecoveringTest_F04_Full(KilledWhileRecoveringTest_F04):
    ROUNDS = 50
