"""The same request_id again: while the ledger can't decide, by those who accept a possible repeat;
and while its first call is lost."""

from chaos_stack import ChaosTest, wait_until
from evidence import ANSWERED, REFUSED, UNKNOWN
from spool_case import SpoolTestCase


class PossibleRepeatTest_F24(SpoolTestCase):

    def jobs_of(self, request_id):
        return self.stack.rows("SELECT * FROM jobs WHERE request_id = ? ORDER BY number", request_id)

    def test_on_an_instance_that_is_cut_off(self):
        """Who says so may run it a second time; the twin is marked, and both outcomes are kept."""
        proxy, second = self.start_second()
        request = self.stack.request(request_id="twins")
        first = self.stack.send(request)
        proxy.cut()
        self.assertEqual(self.stack.send(request, actions=second).kind, REFUSED)
        self.assertEqual(len(self.stack.hits(request.cids[0])), 1)
        request.accept_possible_repeat = True
        again = self.stack.send(request, actions=second)
        self.assertEqual((again.kind, again.effect), (ANSWERED, "APPLIED"))
        self.assertEqual(len(self.stack.hits(request.cids[0])), 2)
        proxy.heal()
        wait_until(lambda: len(self.jobs_of("twins")) == 2, "the twin has a row")
        wait_until(lambda: self.jobs_of("twins")[1]["status"] == "SUCCESS", "and its outcome")
        job, twin = self.jobs_of("twins")
        self.assertEqual((job["job_id"], job["effect"]), (first.job_id, "APPLIED"))
        self.assertEqual((twin["job_id"], twin["twin_of"]), (again.job_id, first.job_id))
        self.assert_promises_kept()

    def test_what_the_spool_holds_is_not_run_again(self):
        """Neither at once, nor after a restart, nor when the ledger is back."""
        self.away()
        request = self.stack.request(request_id="spooled")
        self.assertEqual(self.stack.send(request).kind, REFUSED)
        request.accept_possible_repeat = True
        first = self.stack.send(request)
        self.assertEqual((first.kind, first.effect), (ANSWERED, "APPLIED"))
        for again in (self.stack.send(request), self.after_a_restart(request)):
            self.assertEqual((again.kind, again.job_id), (ANSWERED, first.job_id))
        self.come_back()
        wait_until(lambda: self.stack.send(request).job_id == first.job_id, "the ledger knows it")
        self.assertEqual(len(self.stack.hits(request.cids[0])), 1)
        self.assert_promises_kept()

    def after_a_restart(self, request):
        self.stack.action.kill()
        self.stack.action.start()
        return self.stack.send(request)

    def test_on_two_instances_that_are_both_cut_off(self):
        """Only the spools see the twins. Each has its row and its own outcome, one is marked."""
        proxy, second = self.start_second()
        self.away()
        proxy.cut()
        cid = self.stack.new_cid()
        told = [self.stack.call(behaviour, cids=[cid], actions=actions, request_id="unseen",
                                accept_possible_repeat=True)
                for behaviour, actions in (("accepted", self.stack.actions), ("401", second))]
        self.assertEqual([(call.kind, call.effect) for call in told],
                         [(ANSWERED, "APPLIED"), (ANSWERED, "NOT_APPLIED")])
        self.assertEqual(self.jobs_of("unseen"), [])
        self.come_back()
        proxy.heal()
        wait_until(lambda: [row["outcome_source"] for row in self.jobs_of("unseen")] ==
                   ["TOLD", "TOLD"], "both have their rows and outcomes")
        earlier, later = self.jobs_of("unseen")
        self.assertEqual({row["job_id"]: row["effect"] for row in (earlier, later)},
                         {call.job_id: call.effect for call in told})
        self.assertEqual((earlier["twin_of"], later["twin_of"]), (None, earlier["job_id"]))
        self.assertEqual(len(self.stack.hits(cid)), 2)
        self.assert_promises_kept()


class TwinWaitsTest_F24(ChaosTest):

    def test_whoever_made_the_call_is_killed_while_its_twin_waits(self):
        """The twin gets the job and what is known of it, and calls nobody."""
        _, second = self.start_second()
        cid = self.stack.new_cid()
        made = self.stack.call_later("never", cids=[cid], request_id="waiting", timeout=60)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        twin = self.stack.call_later("never", cids=[cid], request_id="waiting", timeout=60,
                                     actions=second)
        wait_until(lambda: self.stack.rows(
            "SELECT 1 FROM job_events WHERE verdict = 'DUPLICATE_OF'"), "the twin waits")
        self.stack.action.kill()
        self.assertEqual(made.result().kind, UNKNOWN)
        # When it is back, it has what it left behind settled.
        self.stack.action.start()
        row = self.stack.wait_for_row(cid, failure_reason="INTERRUPTED")
        told = twin.result()
        self.assertEqual((told.kind, told.job_id), (ANSWERED, row["job_id"]))
        self.assertEqual((told.failure_reason, told.effect), ("INTERRUPTED", "UNKNOWN"))
        self.assertEqual(len(self.stack.hits(cid)), 1)
        self.assert_promises_kept()
