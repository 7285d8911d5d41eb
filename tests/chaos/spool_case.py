"""What the tests of the spool share."""

from chaos_stack import ChaosTest, stubs, wait_until
from evidence import ANSWERED, REFUSED


class SpoolTestCase(ChaosTest):

    action_flags = ("--ledger-down", "spool", "--ack-wait", "500ms", "--decision-wait", "1s")
    # Customers of a call, so that a small spool is full after a few.
    MANY = 2000

    def away(self):
        """The ledger can't be reached, and that is known."""
        self.stack.ledger_proxy.cut()
        wait_until(lambda: self.stack.logged(self.stack.action, "ledger_stream_lost"),
                   "the ledger is known to be away")

    def come_back(self):
        """The ledger can be reached again, and the action service is up."""
        self.stack.ledger_proxy.cut()
        self.stack.ledger_proxy.heal()
        if not self.stack.action.running:
            self.stack.action.start()
        self.stack.wait_until_it_works()

    def wait_until_spool_is_empty(self):
        """What the ledger has is removed a little later."""
        question = stubs.action.GetSpoolStateRequest()
        wait_until(lambda: self.stack.actions.GetSpoolState(question).event_count == 0,
                   "the spool is empty")

    def large_cids(self):
        return [self.stack.new_cid(), *(f"{number:0100d}" for number in range(self.MANY))]

    def call_until_refused(self, limit=100):
        """Large calls, one after the other, until the spool is full; those that were answered."""
        answered = []
        for _ in range(limit):
            told = self.stack.call(cids=self.large_cids(), timeout=5)
            if told.kind == REFUSED:
                self.assertIn("RESOURCE_EXHAUSTED", told.error)
                self.assertEqual(self.stack.hits(told.cid), [])
                return answered
            self.assertEqual((told.kind, told.effect), (ANSWERED, "APPLIED"), told)
            answered.append(told)
        raise AssertionError(f"{limit} calls, and the spool is not full")

    def assert_all_delivered(self, calls):
        for told in calls:
            self.stack.wait_for_job(told, effect=told.effect, outcome_source="TOLD")
