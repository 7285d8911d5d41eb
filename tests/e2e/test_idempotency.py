"""One request_id, one call: whatever the order in which the twins come."""

import concurrent.futures
import unittest

import grpc

from process import wait_until
from stack import FAILED, IN_PROGRESS, RPC_LIMIT, SUCCESS, StackTest


class RequestIdTest_S05(StackTest):

    def twins(self, behaviour="accepted", **fields):
        """Two equal requests."""
        fields.setdefault("cids", [self.stack.new_cid()])
        return [self.stack.request(behaviour, **fields) for _ in range(2)]

    def one_hit(self, request):
        self.assertEqual(len(self.stack.hits(request.cids[0])), 1)

    def test_one_after_the_other(self):
        first, second = self.twins(request_id="sequential")
        made = self.stack.actions.SetAction(first, timeout=RPC_LIMIT)
        again = self.stack.actions.SetAction(second, timeout=RPC_LIMIT)
        self.assertEqual((made.deduplicated, again.deduplicated), (False, True))
        self.assertEqual(again.job.job_id, made.job.job_id)
        self.assertEqual(again.job.status, SUCCESS)
        self.one_hit(first)

    def test_a_failed_one_is_given_as_it_is(self):
        first, second = self.twins("504", request_id="failed")
        made = self.stack.actions.SetAction(first, timeout=RPC_LIMIT)
        again = self.stack.actions.SetAction(second, timeout=RPC_LIMIT)
        self.assertEqual((again.job.job_id, again.job.status), (made.job.job_id, FAILED))
        self.one_hit(first)

    def test_many_at_once(self):
        cids = [self.stack.new_cid()]
        requests = [self.stack.request("delay~ms=300", request_id="at once", cids=cids)
                    for _ in range(16)]
        with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
            answers = list(pool.map(
                lambda request: self.stack.actions.SetAction(request, timeout=RPC_LIMIT),
                requests))
        self.assertEqual(len({answer.job.job_id for answer in answers}), 1)
        self.assertEqual({answer.job.status for answer in answers}, {SUCCESS})
        self.assertEqual(sum(not answer.deduplicated for answer in answers), 1)
        self.one_hit(requests[0])

    def test_token_timeout_and_source_do_not_matter(self):
        first, second = self.twins(request_id="same content")
        second.bearer_token = self.stack.token("503")
        second.timeout.FromSeconds(7)
        second.source_ip = "192.0.2.1"
        made = self.stack.actions.SetAction(first, timeout=RPC_LIMIT)
        again = self.stack.actions.SetAction(second, timeout=RPC_LIMIT)
        self.assertEqual(again.job.job_id, made.job.job_id)
        self.one_hit(first)

    def test_other_content_is_refused(self):
        changes = {"action": "PE-Direct", "cluster": "short", "batch_id": "another",
                   "cids": [self.stack.new_cid()]}
        first, _ = self.twins(request_id="reused")
        self.stack.actions.SetAction(first, timeout=RPC_LIMIT)
        for field, value in changes.items():
            with self.subTest(changed=field), self.assert_nothing_changes():
                fields = {"request_id": "reused", "cids": list(first.cids), field: value}
                self.assert_rpc_error(lambda fields=fields: self.stack.set_action(**fields),
                                      grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")

    def test_the_order_of_the_cids_matters(self):
        one, two = self.stack.new_cid(), self.stack.new_cid()
        self.stack.set_action(request_id="ordered", cids=[one, two])
        with self.assert_nothing_changes():
            self.assert_rpc_error(
                lambda: self.stack.set_action(request_id="ordered", cids=[two, one]),
                grpc.StatusCode.ALREADY_EXISTS)

    def test_users_do_not_share_request_ids(self):
        one = self.stack.set_action(request_id="mine", user_id="ada")
        other = self.stack.set_action(request_id="mine", user_id="bob")
        self.assertNotEqual(one.job.job_id, other.job.job_id)

    def test_requests_without_one_are_never_twins(self):
        jobs = {self.stack.set_action(cids=[self.stack.new_cid()]).job.job_id for _ in range(3)}
        self.assertEqual(len(jobs), 3)

    def test_a_twin_that_cannot_wait_is_told_that_it_runs(self):
        first, second = self.twins("delay~ms=6000", request_id="running")
        running = self.stack.actions.SetAction.future(first, timeout=RPC_LIMIT)
        wait_until(lambda: self.stack.hits(first.cids[0]), "the call reached the cluster")
        submitted = self.stack.actions.SubmitAction(second, timeout=RPC_LIMIT)
        self.assertEqual((submitted.job.status, submitted.deduplicated), (IN_PROGRESS, True))
        told = self.stack.actions.SetAction(second, timeout=3)
        self.assertEqual((told.job.status, told.deduplicated), (IN_PROGRESS, True))
        self.assertEqual(running.result().job.job_id, told.job.job_id)
        self.one_hit(first)


if __name__ == "__main__":
    unittest.main()
