"""A silent partition between the action service and the ledger: packets vanish, nobody is told."""

import random
import time

import grpc

from chaos_stack import ChaosStack, ChaosTest, Load, seed_of, stubs, wait_until
from evidence import ANSWERED
from network import Network, may_make_networks
from proxy import DOWN, UP

# By when gRPC's keepalive must have noticed: 30 s until a ping, 10 s for its answer; and a margin.
NOTICED = 60.0


class PartitionedStack(ChaosStack):
    """The ledger is in a network of its own, `partition` between it and everybody else."""

    def _define_processes(self, *flags_and_environment):
        super()._define_processes(*flags_and_environment)
        self.partition = Network()
        self._ledger_address = f"{self.partition.address}:{self.ledger_port}"
        self.ledger = self.ledger.twin({"--listen": self._ledger_address}, "ledger.log")
        # Nothing else is on that network.
        self.ledger.argv = self.partition.argv([*self.ledger.argv, "--insecure-listen"])
        self.action = self.action.twin({"--ledger": self._ledger_address}, "action_service.log")

    def _open_channels(self):
        super()._open_channels()
        self.ledger_channel.close()
        self.ledger_channel = grpc.insecure_channel(
            self._ledger_address, [("grpc.enable_http_proxy", 0),
                                   ("grpc.max_reconnect_backoff_ms", 200)])
        self.jobs = stubs.ledger_grpc.JobLedgerServiceStub(self.ledger_channel)

    def stop(self):
        self.partition.heal()
        problems = super().stop()
        self.partition.close()
        return problems


class StandInStack(ChaosStack):
    """Without the right to make networks: the proxy lets nothing pass and closes nothing."""

    @property
    def partition(self):
        return self

    def lose(self, *directions):
        self.ledger_proxy.freeze(*directions)

    def heal(self):
        self.ledger_proxy.heal()


class PartitionTest_F06(ChaosTest):

    @staticmethod
    def make_stack(*args, **fields):
        kind = PartitionedStack if may_make_networks() else StandInStack
        return kind(*args, **fields)

    def wait_until_noticed(self):
        wait_until(lambda: self.stack.logged(self.stack.action, "ledger_stream_lost"),
                   "the partition is noticed", NOTICED)

    def test_during_calls(self):
        """Their outcomes arrive once, when the partition is healed."""
        in_flight = self.stack.new_cid()
        waiting = self.stack.call_later("delay~ms=2000", cids=[in_flight])
        wait_until(lambda: self.stack.hits(in_flight), "the call reaches the cluster")
        self.stack.partition.lose()
        meanwhile = [self.stack.call_later() for _ in range(5)]
        self.wait_until_noticed()
        for call in meanwhile:
            call.result()
        # If it was noticed late, the ledger has presumed something meanwhile.
        self.assertNotEqual(self.stack.job_of(in_flight)["outcome_source"], "TOLD")
        self.stack.partition.heal()
        self.stack.wait_for_row(in_flight, effect="APPLIED", outcome_source="TOLD")
        told = waiting.result()
        self.assertEqual((told.kind, told.effect), (ANSWERED, "APPLIED"))
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_short_ones_at_random(self):
        seed = seed_of(self)
        rng = random.Random(seed)
        with Load(self.stack, seed) as load:
            for _ in range(4):
                self.stack.partition.lose(*rng.choice(((UP,), (DOWN,), (UP, DOWN))))
                time.sleep(rng.uniform(0.1, 2))  # so long it lasts
                self.stack.partition.heal()
                load.wait_for_answers(3)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class IdlePartitionTest_F06_Full(PartitionTest_F06):
    """Nothing is under way that could show it: only keepalive's pings."""

    def test_while_nothing_happens(self):
        self.stack.partition.lose()
        self.wait_until_noticed()
        self.stack.partition.heal()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class PartitionStandInTest_F06_Full(PartitionTest_F06):
    """The stand-in also where the real thing is allowed."""

    make_stack = staticmethod(StandInStack)
