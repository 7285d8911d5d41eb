"""A person settles what nobody knows, and then the truth arrives."""

import grpc

from chaos_stack import ChaosTest, Job, stubs, wait_until
from evidence import UNKNOWN
from proxy import DOWN, UP

ADMIN = (("x-tms-user", "grace"), ("x-tms-roles", "admin"))


class SettledByAPersonTest_F27(ChaosTest):
    """The way to the ledger is frozen during a call; the ledger presumes its owner dead, a person
    settles the job, and then what really happened arrives."""

    # Long enough for the answer to come in time on a busy machine.
    TIMEOUT = 2

    def settle(self, job_id, **columns):
        """As someone who looked at the cluster."""
        job = self.stack.get_job(job_id)
        update = stubs.ledger.UpdateJobRequest(
            job=Job(job_id=job_id, **columns), etag=job.etag, reason="looked at the cluster",
            update_mask=stubs.FieldMask(paths=list(columns)))
        return self.stack.jobs.UpdateJob(update, metadata=ADMIN)

    def settled_before_the_truth(self, behaviour, **columns):
        """(cid, future of the call, row after the person's word); the truth is on its way."""
        cid = self.stack.new_cid()
        self.stack.cluster_proxy.freeze(DOWN)
        call = self.stack.call_later(behaviour, cids=[cid], cluster="proxied",
                                     timeout=self.TIMEOUT)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        self.stack.ledger_proxy.freeze(UP)
        self.stack.cluster_proxy.heal()
        job_id = self.stack.wait_for_row(cid, failure_reason="INTERRUPTED")["job_id"]
        self.settle(job_id, **columns)
        row = self.stack.wait_for_row(cid, outcome_source="RESOLVED")
        return cid, call, row

    def check(self, behaviour, resolved, told, conflict):
        """`resolved` and `told` are (status, effect)."""
        cid, call, row = self.settled_before_the_truth(
            behaviour, status=Job.Status.Value(resolved[0]), effect=Job.Effect.Value(resolved[1]))
        self.assertEqual((row["status"], row["effect"]), resolved)
        self.stack.ledger_proxy.heal()
        row = self.stack.wait_for_row(cid, outcome_source="TOLD")
        self.assertEqual((row["status"], row["effect"], row["conflict"]), (*told, int(conflict)))
        self.assertEqual(self.stack.get_job(row["job_id"]).conflict, conflict)
        self.assertEqual(len(self.stack.hits(cid)), 1)
        call.result()
        return row

    def test_truth_wins_and_says_that_it_contradicts(self):
        self.check("404", ("SUCCESS", "APPLIED"), ("FAILED", "NOT_APPLIED"), True)
        self.check("accepted", ("FAILED", "NOT_APPLIED"), ("SUCCESS", "APPLIED"), True)
        self.assert_promises_kept()

    def test_truth_that_agrees_is_no_conflict(self):
        self.check("404", ("FAILED", "NOT_APPLIED"), ("FAILED", "NOT_APPLIED"), False)
        self.assert_promises_kept()

    def test_nobody_settles_what_was_told(self):
        row = self.check("404", ("SUCCESS", "APPLIED"), ("FAILED", "NOT_APPLIED"), True)
        with self.assertRaises(grpc.RpcError) as caught:
            self.settle(row["job_id"], effect=Job.APPLIED)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assert_promises_kept()

    def test_the_owner_never_comes_back(self):
        cid, call, row = self.settled_before_the_truth("404", effect=Job.NOT_APPLIED)
        self.stack.action.kill()
        self.stack.ledger_proxy.cut()
        self.stack.ledger_proxy.heal()
        self.assertEqual(call.result().kind, UNKNOWN)
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assertEqual(self.stack.job_of(cid), row)
        self.assert_promises_kept()
