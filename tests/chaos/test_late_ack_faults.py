"""STARTED is committed, and its ack comes late or never: then the action service must decide alone."""

from chaos_stack import ChaosTest, wait_until
from evidence import ANSWERED, REFUSED
from proxy import DOWN


class LateAckTestCase(ChaosTest):

    # How a start that nobody acked in time must end.
    ENDS = ()

    def lose_acks(self):
        self.stack.ledger_proxy.swallow(DOWN)

    def delay_acks(self):
        self.stack.ledger_proxy.freeze(DOWN)

    def come_back(self):
        """Lost acks leave a hole in their connection; late ones arrive now."""
        if self.stack.ledger_proxy.dropped(DOWN):
            self.stack.ledger_proxy.cut()
        self.stack.ledger_proxy.heal()

    def check_end(self, cid, told):
        """The row says what is true of it, and the request may be asked again."""
        row = self.stack.wait_for_row(cid, outcome_source="TOLD")
        hits = len(self.stack.hits(cid))
        if told.kind == REFUSED:
            self.assertEqual(hits, 0)
        self.assertIn((row["failure_reason"], row["effect"], hits),
                      [("NOT_CALLED", "NOT_APPLIED", 0), (None, "APPLIED", 1)])
        if hits == 0 and row["request_id"]:
            wait_until(lambda: self.stack.call(
                cids=[cid], request_id=row["request_id"]).status == "SUCCESS", "a retry runs")
            self.assertEqual(len(self.stack.hits(cid)), 1)

    @staticmethod
    def named(named, cid):
        """With a request_id or without; only the ledger can decide about one."""
        return {"request_id": f"of {cid}"} if named else {}

    def check_refused(self, named):
        for spoil in (self.delay_acks, self.lose_acks):
            with self.subTest(spoil.__name__):
                spoil()
                cid = self.stack.new_cid()
                told = self.stack.call(cids=[cid], timeout=5, **self.named(named, cid))
                self.assertEqual(told.kind, REFUSED, told)
                # It was committed all the same; that it was not called may be known there already.
                self.assertIn(self.stack.wait_for_row(cid)["status"], ("IN_PROGRESS", "FAILED"))
                self.come_back()
                self.check_end(cid, told)
                self.stack.wait_until_it_works()

    def check_drained(self, named):
        for spoil in (self.delay_acks, self.lose_acks):
            with self.subTest(spoil.__name__):
                spoil()
                cid = self.stack.new_cid()
                call = self.stack.call_later(cids=[cid], timeout=5, **self.named(named, cid))
                self.stack.wait_for_row(cid)
                self.assertIn(self.stack.action.stop(), (0, 1))
                told = call.result()
                self.come_back()
                self.stack.action.start()
                self.check_end(cid, told)
                self.stack.wait_until_it_works()


class RejectedTest_F25(LateAckTestCase):
    """--ledger-down=reject."""

    action_flags = ("--ledger-down", "reject", "--ack-wait", "300ms", "--decision-wait", "500ms",
                    "--drain-limit", "5s")

    def test_rejected(self):
        self.check_refused(named=True)
        self.assert_promises_kept()

    def test_drained(self):
        self.check_drained(named=True)
        self.assert_promises_kept()


class SpooledTest_F25(LateAckTestCase):
    """--ledger-down=spool."""

    action_flags = ("--ledger-down", "spool", "--ack-wait", "300ms", "--decision-wait", "500ms",
                    "--drain-limit", "5s")

    def test_goes_on_by_the_spool(self):
        self.lose_acks()
        cid = self.stack.new_cid()
        told = self.stack.call(cids=[cid], timeout=5)
        self.assertEqual((told.kind, told.effect), (ANSWERED, "APPLIED"))
        self.come_back()
        self.check_end(cid, told)
        self.assert_promises_kept()

    def test_spool_full(self):
        self.stack.action_machine.limit_room(0)
        self.addCleanup(self.stack.action_machine.limit_room, None)
        self.check_refused(named=False)
        self.stack.action_machine.limit_room(None)
        self.assert_promises_kept()

    def test_drained(self):
        self.check_drained(named=False)
        self.assert_promises_kept()
