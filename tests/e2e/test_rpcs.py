"""Every RPC, called by a client that shares no code with the services."""

import unittest

import grpc

import stubs
from owner_events import EventStream, finished, started
from process import wait_until
from stack import FAILED, IN_PROGRESS, RPC_LIMIT, SUCCESS, StackTest, seconds

Job = stubs.job.Job
Verdict = stubs.ledger.RecordEventsResponse
LEDGER = "tms.ledger.v1.JobLedgerService"
ACTION = "tms.action.v1.ActionService"


class ActionRpcsTest(StackTest):

    def test_SetAction_answers_with_the_whole_job(self):
        cid = self.stack.new_cid()
        answer = self.stack.set_action(action="trans-BEGIN", cids=[f" {cid} ", "b", cid],
                                       batch_id="batch 7", source_ip="192.0.2.7", timeout=4)
        job = answer.job
        self.assertEqual((job.user_id, job.cluster, job.batch_id, job.source_ip),
                         ("ada", "alpha", "batch 7", "192.0.2.7"))
        self.assertEqual((job.action_code, job.action_name), (1, "trans-BEGIN"))
        self.assertEqual(job.cluster_url, f"http://127.0.0.1:{self.stack.fake_port}")
        self.assertEqual((job.status, job.effect, job.customer_count), (SUCCESS, Job.APPLIED, 2))
        self.assertEqual(job.timeout, seconds(4))
        self.assertLess(job.elapsed.ToNanoseconds(), 4e9)
        self.assertEqual(job.deadline_at.ToNanoseconds() - job.created_at.ToNanoseconds(), 4e9)
        self.assertEqual(len(job.job_id), 36)
        self.assertFalse(answer.deduplicated)
        self.assertEqual(answer.recorded_in, stubs.action.SetActionResponse.LEDGER)
        self.assertIn(b'"success":true', answer.response_body)
        hit, = self.stack.hits(cid)
        self.assertEqual((hit["action"], hit["cid_count"]), ("trans-BEGIN", 2))
        self.assertEqual(hit["content_type"], "application/json")

    def test_SetAction_takes_every_spelling_of_a_configured_url(self):
        base = f"http://127.0.0.1:{self.stack.fake_port}"
        for url in (base, base + "/", base + "/tms/v1/set/action", base.upper()):
            with self.subTest(url=url):
                job = self.stack.set_action(cluster=None, cluster_url=url).job
                self.assertEqual((job.cluster, job.status), ("alpha", SUCCESS))

    def test_SubmitAction_answers_before_the_end(self):
        job = self.stack.submit_action("delay~ms=300").job
        self.assertEqual(job.status, IN_PROGRESS)
        self.assertFalse(job.HasField("finished_at"))
        self.assertEqual(self.stack.wait_for_end(job.job_id).status, SUCCESS)

    def test_ListClusters(self):
        clusters = self.stack.actions.ListClusters(stubs.action.ListClustersRequest()).clusters
        names = [cluster.name for cluster in clusters]
        self.assertEqual(names, sorted(names))
        self.assertIn("alpha", names)
        short = clusters[names.index("short")]
        self.assertEqual((short.default_timeout, short.max_timeout), (seconds(0.5), seconds(5)))

    def test_ListActions(self):
        actions = self.stack.actions.ListActions(stubs.action.ListActionsRequest()).actions
        self.assertEqual([(action.code, action.name) for action in actions],
                         [(1, "Tran-Begin"), (2, "PE-Enable"), (3, "T-Enable"),
                          (4, "PE-Finalize"), (5, "PE-Direct")])

    def test_a_caller_that_goes_away_does_not_stop_the_call(self):
        cid = self.stack.new_cid()
        call = self.stack.actions.SetAction.future(
            self.stack.request("delay~ms=4000", cids=[cid]), timeout=RPC_LIMIT)
        wait_until(lambda: self.stack.hits(cid), "the call reached the cluster")
        self.assertTrue(call.cancel())
        row, = self.stack.rows("SELECT job_id FROM job_customers WHERE cid = ?", cid)
        self.assertEqual(self.stack.wait_for_end(row["job_id"]).status, SUCCESS)

    def test_a_caller_without_time_is_told_that_it_runs(self):
        job = self.stack.set_action("delay~ms=6000", limit=3).job
        self.assertEqual(job.status, IN_PROGRESS)
        self.assertEqual(self.stack.wait_for_end(job.job_id).status, SUCCESS)

    def occupy_the_narrow_cluster(self):
        """A call that holds the only slot for a while."""
        cid = self.stack.new_cid()
        call = self.stack.actions.SetAction.future(
            self.stack.request("delay~ms=2000", cluster="narrow", cids=[cid]), timeout=RPC_LIMIT)
        wait_until(lambda: self.stack.hits(cid), "the call reached the cluster")
        return call

    def test_a_full_queue_refuses(self):
        first = self.occupy_the_narrow_cluster()
        others = [self.stack.actions.SetAction.future(self.stack.request(cluster="narrow"),
                                                      timeout=RPC_LIMIT) for _ in range(3)]
        # One of them waits for its turn, whichever came first; there is no room for more.
        errors = [call.exception() for call in others]
        self.assertEqual([error.code() for error in errors if error is not None],
                         [grpc.StatusCode.RESOURCE_EXHAUSTED] * 2)
        self.assertEqual(first.result().job.status, SUCCESS)

    def test_a_caller_without_time_leaves_the_queue(self):
        first = self.occupy_the_narrow_cluster()
        cid = self.stack.new_cid()
        with self.assertRaises(grpc.RpcError) as caught:
            self.stack.set_action(cluster="narrow", cids=[cid], limit=0.3)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertEqual(first.result().job.status, SUCCESS)
        self.stack.set_action(cluster="narrow")
        self.assertEqual(self.stack.hits(cid), [])


class LedgerRpcsTest_S06(StackTest):

    def test_RecordEvents_verdicts(self):
        cid = self.stack.new_cid()
        stream = EventStream(self.stack.jobs)
        start = started("e2e-job-1", cid, request_id="r1", fingerprint=b"f" * 32)
        ack = stream.send(start)
        self.assertEqual((ack.verdict, ack.job_id, ack.event_seq), (Verdict.APPLIED, "e2e-job-1", 1))
        self.assertEqual(ack.job.status, IN_PROGRESS)
        self.assertEqual(stream.send(start).verdict, Verdict.REPLAYED)
        twin = started("e2e-job-2", cid, request_id="r1", fingerprint=b"f" * 32)
        ack = stream.send(twin)
        self.assertEqual((ack.verdict, ack.job.job_id), (Verdict.DUPLICATE_OF, "e2e-job-1"))
        other = started("e2e-job-3", cid, request_id="r1", fingerprint=b"g" * 32)
        self.assertEqual(stream.send(other).verdict, Verdict.CONFLICT)
        end = finished("e2e-job-1")
        self.assertEqual(stream.send(end).verdict, Verdict.APPLIED)
        self.assertEqual(stream.send(end).verdict, Verdict.REPLAYED)
        self.assertEqual(stream.send(finished("e2e-unknown")).verdict, Verdict.UNKNOWN_JOB)
        ack = stream.send(started("e2e-job-4", cid, cids=[]))
        self.assertEqual(ack.verdict, Verdict.INVALID)
        self.assertIn("cids", ack.detail)
        self.assertEqual(stream.close(), [])
        self.assertEqual(self.stack.get_job("e2e-job-1").failure_reason, Job.NOT_CALLED)

    def test_RecordEvents_keeps_the_truth_that_was_told(self):
        stream = EventStream(self.stack.jobs)
        cid = self.stack.new_cid()
        stream.send(started("e2e-told", cid))
        stream.send(finished("e2e-told"))
        again = finished("e2e-told", status=SUCCESS, failure_reason=0, effect=Job.APPLIED,
                         error_message=None, http_status=200)
        again.event_seq = 3
        self.assertEqual(stream.send(again).verdict, Verdict.REJECTED)
        stream.close()
        self.assertEqual(self.stack.get_job("e2e-told").status, FAILED)
        events = self.stack.jobs.ListJobEvents(
            stubs.ledger.ListJobEventsRequest(job_id="e2e-told")).events
        self.assertEqual([event.verdict for event in events],
                         [Verdict.APPLIED, Verdict.APPLIED, Verdict.REJECTED])

    def test_GetJob(self):
        job_id = self.stack.set_action().job.job_id
        job = self.stack.get_job(job_id)
        self.assertIn('"action": "T-Enable"', job.request_payload.replace('":"', '": "'))
        self.assertIn('"success":true', job.response_summary)
        basic = self.stack.jobs.GetJob(
            stubs.ledger.GetJobRequest(job_id=job_id, view=stubs.job.BASIC))
        self.assertEqual((basic.request_payload, basic.HasField("response_summary")), ("", False))
        self.assert_rpc_error(lambda: self.stack.get_job("no-such-job"),
                              grpc.StatusCode.NOT_FOUND)

    def test_ListJobs_pages_newest_first(self):
        made = [self.stack.set_action(user_id="pager").job.job_id for _ in range(7)]
        seen, token = [], ""
        while True:
            page = self.stack.jobs.ListJobs(stubs.ledger.ListJobsRequest(
                filter=stubs.ledger.JobFilter(user_ids=["pager"]), page_size=3, page_token=token))
            self.assertLessEqual(len(page.jobs), 3)
            seen += [job.job_id for job in page.jobs]
            token = page.next_page_token
            if not token:
                break
        self.assertEqual(seen, made[::-1])

    def test_ListJobs_filters(self):
        cid = self.stack.new_cid()
        job = self.stack.set_action("401", user_id="filtered", batch_id="b9", request_id="r9",
                                    cluster="short", action="pe-direct", cids=[cid]).job
        self.stack.set_action(user_id="filtered")
        later = stubs.Timestamp()
        later.FromNanoseconds(job.created_at.ToNanoseconds() + 1000)
        matching = [
            {"statuses": [FAILED]}, {"failure_reasons": [Job.HTTP_ERROR]},
            {"effects": [Job.NOT_APPLIED]}, {"action_codes": [5]}, {"clusters": ["short"]},
            {"cid": cid}, {"batch_id": "b9"}, {"request_id": "r9"}, {"http_status": 401},
            {"created_after": job.created_at, "created_before": later},
            {"statuses": [FAILED], "cid": cid, "http_status": 401, "clusters": ["short", "alpha"]},
        ]
        for conditions in matching:
            with self.subTest(conditions=conditions):
                listed = self.stack.jobs.ListJobs(stubs.ledger.ListJobsRequest(
                    filter=stubs.ledger.JobFilter(user_ids=["filtered"], **conditions))).jobs
                self.assertEqual([found.job_id for found in listed], [job.job_id])

    def test_UpdateJob(self):
        job = self.stack.set_action("504").job
        self.assertEqual(job.effect, Job.UNKNOWN)
        update = stubs.ledger.UpdateJobRequest(
            job=stubs.job.Job(job_id=job.job_id, effect=Job.APPLIED),
            update_mask=stubs.FieldMask(paths=["effect"]), reason="looked at the cluster",
            etag=self.stack.get_job(job.job_id).etag)
        as_grace = (("x-tms-user", "grace"), ("x-tms-roles", "admin"))
        settled = self.stack.jobs.UpdateJob(update, metadata=as_grace)
        self.assertEqual((settled.effect, settled.status), (Job.APPLIED, FAILED))
        self.assert_rpc_error(lambda: self.stack.jobs.UpdateJob(update, metadata=as_grace),
                              grpc.StatusCode.ABORTED)
        event = self.stack.jobs.ListJobEvents(
            stubs.ledger.ListJobEventsRequest(job_id=job.job_id)).events[-1]
        self.assertEqual((event.kind, event.actor, event.detail),
                         (stubs.ledger.HistoryEvent.RESOLVED, "grace", "looked at the cluster"))
        told = self.stack.set_action("401").job
        update.job.job_id, update.etag = told.job_id, self.stack.get_job(told.job_id).etag
        self.assert_rpc_error(lambda: self.stack.jobs.UpdateJob(update, metadata=as_grace),
                              grpc.StatusCode.FAILED_PRECONDITION)
        update.job.job_id = "no-such-job"
        self.assert_rpc_error(lambda: self.stack.jobs.UpdateJob(update, metadata=as_grace),
                              grpc.StatusCode.NOT_FOUND)

    def test_ListJobEvents(self):
        job_id = self.stack.set_action("401").job.job_id
        events = self.stack.jobs.ListJobEvents(
            stubs.ledger.ListJobEventsRequest(job_id=job_id)).events
        kinds = stubs.ledger.HistoryEvent
        self.assertEqual([(event.kind, event.event_seq) for event in events],
                         [(kinds.STARTED, 1), (kinds.FINISHED, 2)])
        self.assertEqual(events[1].http_status, 401)
        self.assert_rpc_error(lambda: self.stack.jobs.ListJobEvents(
            stubs.ledger.ListJobEventsRequest(job_id="no-such-job")), grpc.StatusCode.NOT_FOUND)

    def test_ListJobCustomers(self):
        cids = [self.stack.new_cid() for _ in range(5)][::-1]
        job_id = self.stack.set_action(cids=cids).job.job_id
        page = self.stack.jobs.ListJobCustomers(
            stubs.ledger.ListJobCustomersRequest(job_id=job_id, page_size=3))
        self.assertEqual((list(page.cids), page.total_size), (cids[:3], 5))
        page = self.stack.jobs.ListJobCustomers(stubs.ledger.ListJobCustomersRequest(
            job_id=job_id, page_size=3, page_token=page.next_page_token))
        self.assertEqual((list(page.cids), page.next_page_token), (cids[3:], ""))
        self.assert_rpc_error(lambda: self.stack.jobs.ListJobCustomers(
            stubs.ledger.ListJobCustomersRequest(job_id="no-such-job")), grpc.StatusCode.NOT_FOUND)

    def test_GetJobStats_agrees_with_the_rows(self):
        for behaviour in ("accepted", "accepted", "401", "504"):
            self.stack.set_action(behaviour, user_id="counted")
        request = stubs.ledger.GetJobStatsRequest(
            group_by=[stubs.ledger.GetJobStatsRequest.STATUS,
                      stubs.ledger.GetJobStatsRequest.EFFECT], user_ids=["counted"])
        answer = self.stack.jobs.GetJobStats(request)
        counts = {(row.status, row.effect): row.job_count for row in answer.rows}
        self.assertEqual(counts, {(SUCCESS, Job.APPLIED): 2, (FAILED, Job.NOT_APPLIED): 1,
                                  (FAILED, Job.UNKNOWN): 1})
        for row in answer.rows:
            self.assertEqual(len(row.duration_counts), len(answer.duration_bounds) + 1)
            self.assertEqual(sum(row.duration_counts), row.timed_job_count)
        total, = self.stack.jobs.GetJobStats(stubs.ledger.GetJobStatsRequest()).rows
        self.assertEqual(total.job_count, self.stack.job_count())

    def test_the_operators_queries_of_the_replaced_system(self):
        job = self.stack.set_action("401", user_id="operators").job
        recent = self.stack.rows(
            "SELECT job_id, user_id, action_name, status, http_status, error_message, created_at,"
            " updated_at FROM jobs ORDER BY created_at DESC LIMIT 20;")
        self.assertEqual((recent[0]["job_id"], recent[0]["user_id"], recent[0]["action_name"]),
                         (job.job_id, "operators", "T-Enable"))
        self.assertRegex(recent[0]["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        all_failed = self.stack.rows(
            "SELECT job_id, action_name, http_status, error_message, created_at FROM jobs"
            " WHERE status = 'FAILED' ORDER BY created_at DESC;")
        self.assertEqual((all_failed[0]["job_id"], all_failed[0]["http_status"]),
                         (job.job_id, 401))
        by_status = self.stack.rows(
            "SELECT job_id, action_name, error_message, created_at FROM jobs"
            " WHERE http_status = 401 ORDER BY created_at DESC;")
        self.assertIn("Invalid access token", by_status[0]["error_message"])


class HealthAndReflectionTest(StackTest):

    def check(self, channel, service):
        check = stubs.health_grpc.HealthStub(channel).Check
        serving = stubs.health.HealthCheckResponse.SERVING
        self.assertEqual(check(stubs.health.HealthCheckRequest(), timeout=RPC_LIMIT).status, serving)
        answers = stubs.reflection_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter([stubs.reflection.ServerReflectionRequest(list_services="*")]), timeout=RPC_LIMIT)
        names = {found.name for found in next(answers).list_services_response.service}
        self.assertIn(service, names)
        self.assertIn("grpc.health.v1.Health", names)

    def test_ledger(self):
        self.check(self.stack.ledger_channel, LEDGER)

    def test_action(self):
        self.check(self.stack.action_channel, ACTION)


if __name__ == "__main__":
    unittest.main()
