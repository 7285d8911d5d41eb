"""The same request_id again while the ledger can't decide, by those who accept a possible repeat."""

from chaos_stack import wait_until
from evidence import ANSWERED, REFUSED
from proxy import Proxy
from spool_case import SpoolTestCase


class PossibleRepeatTest_F24(SpoolTestCase):

    def start_second(self):
        """An instance with a spool of its own; (its way to the ledger, its stub)."""
        proxy = Proxy(self.stack.ledger_port)
        self.addCleanup(proxy.close)
        process, actions = self.stack.second_action_service(proxy.port)
        process.start()
        self.addCleanup(process.stop)
        return proxy, actions

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
