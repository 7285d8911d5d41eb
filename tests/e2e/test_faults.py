"""Processes that die, stall, drain, or are started twice."""

import concurrent.futures
import time
import unittest

import grpc

import stubs
from process import wait_until
from stack import RPC_LIMIT, SUCCESS, StackTest

Job = stubs.job.Job


class KillWhileIdleTest(StackTest):
    """kill -9 of each process in turn: all rows are there afterwards, and work goes on."""

    with_gateway = True

    def all_jobs(self):
        return {job["job_id"]: job for job in self.stack.rows("SELECT * FROM jobs")}

    def check(self, process):
        for behaviour in ("accepted", "401", "504"):
            self.stack.set_action(behaviour)
        before = self.all_jobs()
        process.kill()
        process.start()
        self.assertEqual(self.all_jobs(), before)
        listed = self.stack.jobs.ListJobs(stubs.ledger.ListJobsRequest(page_size=500),
                                          wait_for_ready=True, timeout=RPC_LIMIT).jobs
        self.assertEqual({job.job_id for job in listed}, set(before))
        wait_until(lambda: self.stack.http("GET", "/readyz").status == 200, "gateway is ready")
        answer = self.stack.http("GET", "/api/v1/jobs?page_size=500")
        self.assertEqual({job["job_id"] for job in answer.body["jobs"]}, set(before))
        self.stack.wait_until_it_acts()

    def test_ledger(self):
        self.check(self.stack.ledger)

    def test_action_service(self):
        self.check(self.stack.action)

    def test_gateway(self):
        self.check(self.stack.gateway)


class LedgerAwayTest_F05_F16(StackTest):

    action_flags = ()

    def tearDown(self):
        if self.stack.ledger.running:
            self.stack.ledger.resume()
        else:
            self.stack.ledger.start()
        self.stack.wait_until_it_acts()
        self.assertEqual(self.stack.problems_once_delivered(), [])

    def test_a_request_id_is_not_called_without_it(self):
        cid = self.stack.new_cid()
        self.stack.ledger.stop()
        for call in (self.stack.set_action, self.stack.submit_action):
            self.assert_rpc_error(
                lambda call=call: call(cids=[cid], request_id=f"away {call.__name__}"),
                grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.stack.hits(cid), [])

    def test_actions_go_on_from_the_spool_and_are_recorded_on_its_return(self):
        self.stack.ledger.kill()
        answers = [self.stack.set_action(cids=[self.stack.new_cid()]) for _ in range(10)]
        answers.append(self.stack.set_action(request_id="risky", accept_possible_repeat=True))
        for answer in answers:
            self.assertEqual((answer.job.status, answer.job.effect), (SUCCESS, Job.APPLIED))
            self.assertEqual(answer.recorded_in, stubs.action.SetActionResponse.SPOOL)
        self.stack.action.kill()
        self.stack.action.start()
        self.stack.ledger.start()
        for answer in answers:
            wait_until(lambda a=answer: self.stack.rows(
                "SELECT 1 FROM jobs WHERE job_id = ? AND status = 'SUCCESS'", a.job.job_id),
                "the job is recorded")

    def check_call_in_flight(self, end_ledger):
        cid = self.stack.new_cid()
        call = self.stack.actions.SetAction.future(
            self.stack.request("delay~ms=700", cids=[cid]), timeout=RPC_LIMIT)
        wait_until(lambda: self.stack.hits(cid), "the call reached the cluster")
        end_ledger()
        self.stack.ledger.start()
        job = call.result().job
        self.assertEqual((job.status, job.effect), (SUCCESS, Job.APPLIED))
        self.assertEqual(self.stack.wait_for_end(job.job_id).status, SUCCESS)
        self.assertEqual(len(self.stack.hits(cid)), 1)

    def test_killed_while_a_call_is_in_flight(self):
        self.check_call_in_flight(self.stack.ledger.kill)

    def test_stopped_while_a_call_is_in_flight(self):
        self.check_call_in_flight(self.stack.ledger.stop)

    def test_away_until_after_the_answer(self):
        job_id = self.stack.submit_action("delay~ms=300").job.job_id
        self.stack.ledger.kill()
        wait_until(lambda: any("set_action_done" in line and job_id in line
                               for line in self.stack.action.log().splitlines()),
                   "the cluster has answered")
        self.stack.ledger.start()
        self.assertEqual(self.stack.wait_for_end(job_id).effect, Job.APPLIED)

    def test_stalled_ledger_holds_no_caller(self):
        cid = self.stack.new_cid()
        self.stack.ledger.pause()
        began = time.monotonic()
        with self.assertRaises(grpc.RpcError) as caught:
            self.stack.set_action(cids=[cid], request_id="stalled", limit=20)
        self.assertLess(time.monotonic() - began, 15)
        self.stack.ledger.resume()
        self.assertIn(caught.exception.code(),
                      (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
        self.stack.wait_until_it_acts()
        self.assertEqual(self.stack.hits(cid), [])


class DrainTest_F22(StackTest):

    with_gateway = True

    def load(self, stop):
        """Calls until `stop` is set; returns the jobs that were answered and the refusals."""
        jobs, refusals = [], []
        while not stop.done():
            cid = self.stack.new_cid()
            try:
                jobs.append(self.stack.set_action("delay~ms=100", cids=[cid]).job)
            except grpc.RpcError as error:
                refusals.append((cid, error))
                if not self.stack.action.running:
                    break
        return jobs, refusals

    def test_sigterm_under_load(self):
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            stop = concurrent.futures.Future()
            workers = [pool.submit(self.load, stop) for _ in range(8)]
            wait_until(lambda: len(self.stack.hits()) > 20, "calls are in flight")
            self.assertEqual(self.stack.action.stop(), 0)
            stop.set_result(None)
            results = [worker.result() for worker in workers]
        for jobs, refusals in results:
            for job in jobs:
                self.assertEqual((job.status, job.effect), (SUCCESS, Job.APPLIED))
            for cid, error in refusals:
                # From the service, or from a transport that is going down.
                self.assertIn(error.code(),
                              (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED))
                self.assertEqual(self.stack.hits(cid), [], "refused and yet called")
        rows = self.stack.rows("SELECT status, effect FROM jobs WHERE status = 'IN_PROGRESS'")
        self.assertEqual(rows, [])
        self.stack.action.start()

    def test_sigterm_with_a_submitted_call(self):
        job_id = self.stack.submit_action("delay~ms=800").job.job_id
        self.assertEqual(self.stack.action.stop(), 0)
        self.assertEqual(self.stack.get_job(job_id).status, SUCCESS)
        self.stack.action.start()

    def test_sigterm_of_the_gateway_with_a_call_in_flight(self):
        cid = self.stack.new_cid()
        body = {"cluster": "alpha", "action": "T-Enable", "cids": [cid],
                "bearer_token": self.stack.token("delay~ms=700")}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            call = pool.submit(self.stack.http, "POST", "/api/v1/actions", body)
            wait_until(lambda: self.stack.hits(cid), "the call reached the cluster")
            self.assertEqual(self.stack.gateway.stop(), 0)
            answer = call.result()
        self.assertEqual((answer.status, answer.body["job"]["status"]), (200, "SUCCESS"))
        self.stack.gateway.start()

    def test_sigterm_of_the_ledger(self):
        self.stack.set_action()
        self.assertEqual(self.stack.ledger.stop(), 0)
        self.stack.ledger.start()
        self.stack.wait_until_it_acts()


class SecondInstanceTest_F17(StackTest):
    """A second one refuses to start, says why, and leaves the first one alone."""

    with_gateway = True

    def check(self, process, flag, value):
        """Starts a twin of `process` in which `flag` has another `value`; returns its log."""
        twin = process.twin({flag: value}, log_name=f"second{flag}.log")
        twin.launch()
        self.assertNotEqual(twin.wait(), 0)
        self.assertTrue(twin.log().strip(), "it did not say why")
        self.assertEqual(self.stack.set_action().job.status, SUCCESS)
        return twin.log()

    def test_ledger_on_the_same_database(self):
        log = self.check(self.stack.ledger, "--listen", "127.0.0.1:0")
        self.assertIn("jobs.db", log)

    def test_ledger_on_the_same_port(self):
        log = self.check(self.stack.ledger, "--db", self.stack.directory / "other.db")
        self.assertIn(str(self.stack.ledger_port), log)

    def test_action_service_on_the_same_spool(self):
        log = self.check(self.stack.action, "--listen", "127.0.0.1:0")
        self.assertIn("spool", log)

    def test_action_service_on_the_same_port(self):
        log = self.check(self.stack.action, "--spool", self.stack.directory / "other_spool.db")
        self.assertIn(str(self.stack.action_port), log)

    def test_gateway_on_the_same_port(self):
        log = self.check(self.stack.gateway, "--data", self.stack.directory / "other_gateway")
        self.assertIn(str(self.stack.gateway_port), log)


class BadConfigurationTest(StackTest):
    """Exit code 2 and one clear line."""

    def check(self, process, changes, expected):
        twin = process.twin(changes, log_name=f"{self._testMethodName}.log")
        twin.launch()
        self.assertEqual(twin.wait(), 2, twin.log())
        self.assertIn(expected, twin.log())

    def clusters_file(self, text):
        path = self.stack.directory / f"{self._testMethodName}.json"
        path.write_text(text, encoding="utf-8")
        return {"--clusters": path, "--listen": "127.0.0.1:0",
                "--spool": self.stack.directory / "unused_spool.db"}

    def test_bad_address(self):
        self.check(self.stack.ledger, {"--listen": "nowhere"}, "--listen")

    def test_clusters_file_missing(self):
        self.check(self.stack.action, {**self.clusters_file("{}"), "--clusters": "/no/such/file"},
                   "/no/such/file")

    def test_clusters_file_with_an_unknown_field(self):
        self.check(self.stack.action,
                   self.clusters_file('{"clusters": [{"name": "a", "base_url": "http://a", "x": 1}]}'),
                   "x")

    def test_clusters_file_names_the_wrong_entry(self):
        self.check(self.stack.action, self.clusters_file(
            '{"clusters": [{"name": "good", "base_url": "http://a"},'
            ' {"name": "evil", "base_url": "http://user@b"}]}'), "clusters[1].base_url")


if __name__ == "__main__":
    unittest.main()
