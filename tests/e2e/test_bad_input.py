"""What a request may not be: refused with each field named, nothing called, nothing stored."""

import unittest

import grpc

import stubs
from stack import ACTION_PATH, StackTest, seconds

INVALID = grpc.StatusCode.INVALID_ARGUMENT


class BadActionTest_S04_S07_S12(StackTest):

    # field named, what replaces the valid request's fields
    REQUESTS = {
        "no_user": ("user_id", {"user_id": None}),
        "blank_user": ("user_id", {"user_id": "  "}),
        "user_of_129_characters": ("user_id", {"user_id": "u" * 129}),
        "user_with_a_line_break": ("user_id", {"user_id": "a\nb"}),
        "no_action": ("action", {"action": None}),
        "unknown_action": ("action", {"action": "reboot"}),
        "action_with_a_space": ("action", {"action": "T-Enable "}),
        "no_cids": ("cids", {"cids": []}),
        "empty_cid": ("cids[1]", {"cids": ["a", " "]}),
        "cid_of_129_characters": ("cids[0]", {"cids": ["c" * 129]}),
        "cid_with_CR": ("cids[0]", {"cids": ["a\rb"]}),
        "cid_with_NUL": ("cids[2]", {"cids": ["a", "b", "c\0d"]}),
        "cid_with_C1_control": ("cids[0]", {"cids": ["a\x85b"]}),
        "50001_cids": ("cids", {"cids": [str(number) for number in range(50_001)]}),
        "unknown_cluster": ("cluster", {"cluster": "atlantis"}),
        "neither_cluster_nor_url": ("cluster", {"cluster": None}),
        "timeout_negative": ("timeout", {"timeout": -1}),
        "timeout_zero": ("timeout", {"timeout": seconds(0)}),
        "timeout_above_the_maximum": ("timeout", {"timeout": 120.001}),
        "timeout_above_the_clusters_maximum": ("timeout", {"cluster": "short", "timeout": 5.001}),
        "no_token": ("bearer_token", {"bearer_token": None}),
        "token_with_CRLF": ("bearer_token", {"bearer_token": "a\r\nX-Evil: 1"}),
        "token_with_a_space": ("bearer_token", {"bearer_token": "a b"}),
        "token_too_long": ("bearer_token", {"bearer_token": "t" * 16_385}),
        "request_id_of_129_characters": ("request_id", {"request_id": "r" * 129}),
        "batch_id_with_a_tab": ("batch_id", {"batch_id": "a\tb"}),
        "source_ip_too_long": ("source_ip", {"source_ip": "1" * 65}),
        "rerun_of_with_NUL": ("rerun_of", {"rerun_of": "\0"}),
    }

    # Variations of the configured base URL and addresses that must not be reached.
    URLS = {
        "both_cluster_and_url": ("http://127.0.0.1:{port}", "alpha"),
        "another_origin": ("http://example.com", None),
        "metadata_service": ("http://169.254.169.254", None),
        "another_port": ("http://127.0.0.1:1", None),
        "another_scheme": ("https://127.0.0.1:{port}", None),
        "another_path": ("http://127.0.0.1:{port}/elsewhere", None),
        "userinfo": ("http://127.0.0.1:{port}@example.com", None),
        "userinfo_of_the_right_host": ("http://user@127.0.0.1:{port}", None),
        "mapped_address": ("http://[::ffff:127.0.0.1]:{port}", None),
        "decimal_address": ("http://2130706433:{port}", None),
        "trailing_dot": ("http://127.0.0.1.:{port}", None),
        "dots_in_the_path": ("http://127.0.0.1:{port}/a/..", None),
        "query": ("http://127.0.0.1:{port}?x=1", None),
        "fragment": ("http://127.0.0.1:{port}#x", None),
        "action_path_twice": ("http://127.0.0.1:{port}" + ACTION_PATH * 2, None),
        "white_space": (" http://127.0.0.1:{port}", None),
        "no_url": ("alpha", None),
    }

    def check(self, field, changes):
        for call in (self.stack.set_action, self.stack.submit_action):
            with self.assert_nothing_changes():
                fields = self.assert_rpc_error(lambda call=call: call(**changes), INVALID)
                self.assertEqual(list(fields), [field], fields)
                self.assertTrue(fields[field], "no description")

    def check_url(self, url, cluster):
        field = "cluster_url" if cluster is None else "cluster"
        self.check(field, {"cluster_url": url.format(port=self.stack.fake_port),
                           "cluster": cluster})

    def test_everything_wrong_is_named_at_once(self):
        fields = self.assert_rpc_error(
            lambda: self.stack.actions.SetAction(stubs.action.SetActionRequest()), INVALID)
        self.assertEqual(set(fields), {"user_id", "cluster", "action", "cids", "bearer_token"})

    def test_message_over_16_MiB(self):
        with self.assert_nothing_changes(), self.assertRaises(grpc.RpcError) as caught:
            channel = grpc.insecure_channel(f"127.0.0.1:{self.stack.action_port}",
                                            [("grpc.max_send_message_length", -1)])
            with channel:
                stubs.action_grpc.ActionServiceStub(channel).SetAction(
                    self.stack.request(cids=["x" * 1000] * 17_000))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)


class BadQuestionTest_S23(StackTest):

    def list_jobs(self, **fields):
        return self.stack.jobs.ListJobs(stubs.ledger.ListJobsRequest(**fields))

    def assert_refused(self, field, call):
        with self.assert_nothing_changes():
            self.assertEqual(list(self.assert_rpc_error(call, INVALID)), [field])

    def test_negative_page_sizes(self):
        job_id = self.stack.set_action().job.job_id
        of_job = {"job_id": job_id, "page_size": -1}
        self.assert_refused("page_size", lambda: self.list_jobs(page_size=-1))
        self.assert_refused("page_size", lambda: self.stack.jobs.ListJobEvents(
            stubs.ledger.ListJobEventsRequest(**of_job)))
        self.assert_refused("page_size", lambda: self.stack.jobs.ListJobCustomers(
            stubs.ledger.ListJobCustomersRequest(**of_job)))

    def test_large_page_sizes_are_taken_as_500(self):
        cids = [self.stack.new_cid() for _ in range(501)]
        job_id = self.stack.set_action(cids=cids).job.job_id
        page = self.stack.jobs.ListJobCustomers(stubs.ledger.ListJobCustomersRequest(
            job_id=job_id, page_size=100_000))
        self.assertEqual(len(page.cids), 500)

    def page_token(self, user):
        for _ in range(2):
            self.stack.set_action(user_id=user)
        return self.list_jobs(filter=stubs.ledger.JobFilter(user_ids=[user]),
                              page_size=1).next_page_token

    def test_page_token_of_another_filter(self):
        token = self.page_token("first")
        for changed in ({"user_ids": ["second"]}, {}, {"user_ids": ["first"], "clusters": ["alpha"]}):
            self.assert_refused("page_token", lambda changed=changed: self.list_jobs(
                filter=stubs.ledger.JobFilter(**changed), page_token=token))

    def test_page_token_of_another_method(self):
        cids = [self.stack.new_cid(), self.stack.new_cid()]
        job_id = self.stack.set_action(cids=cids).job.job_id
        token = self.stack.jobs.ListJobCustomers(stubs.ledger.ListJobCustomersRequest(
            job_id=job_id, page_size=1)).next_page_token
        self.assert_refused("page_token", lambda: self.list_jobs(page_token=token))
        self.assert_refused("page_token", lambda: self.stack.jobs.ListJobEvents(
            stubs.ledger.ListJobEventsRequest(job_id=job_id, page_token=token)))

    def test_page_token_altered_by_one_character(self):
        token = self.page_token("altered")
        of_user = stubs.ledger.JobFilter(user_ids=["altered"])
        for place in range(len(token)):
            other = "A" if token[place] != "A" else "B"
            altered = token[:place] + other + token[place + 1:]
            self.assert_refused("page_token", lambda altered=altered: self.list_jobs(
                filter=of_user, page_token=altered))
        self.assertEqual(len(self.list_jobs(filter=of_user, page_token=token).jobs), 1)

    def test_page_token_with_another_page_size(self):
        token = self.page_token("resized")
        page = self.list_jobs(filter=stubs.ledger.JobFilter(user_ids=["resized"]), page_size=7,
                              page_token=token)
        self.assertEqual(len(page.jobs), 1)

    def test_sql_in_a_filter(self):
        self.stack.set_action()
        for text in ("' OR 1=1 --", "a'; DROP TABLE jobs; --", "%"):
            for field in ("cid", "batch_id", "request_id"):
                jobs = self.list_jobs(filter=stubs.ledger.JobFilter(**{field: text})).jobs
                self.assertEqual(len(jobs), 0)

    def test_update_without_mask_or_reason(self):
        job = self.stack.set_action("504").job
        etag = self.stack.get_job(job.job_id).etag
        update = stubs.ledger.UpdateJobRequest(
            job=stubs.job.Job(job_id=job.job_id, effect=stubs.job.Job.APPLIED), etag=etag,
            update_mask=stubs.FieldMask(paths=["user_id"]), reason="no")
        as_grace = (("x-tms-user", "grace"), ("x-tms-roles", "admin"))
        fields = self.assert_rpc_error(
            lambda: self.stack.jobs.UpdateJob(update, metadata=as_grace), INVALID)
        self.assertIn("reason", fields)
        self.assertTrue([field for field in fields if field.startswith("update_mask")], fields)


for _name, (_field, _changes) in BadActionTest_S04_S07_S12.REQUESTS.items():
    setattr(BadActionTest_S04_S07_S12, f"test_{_name}",
            lambda self, field=_field, changes=_changes: self.check(field, changes))
for _name, (_url, _cluster) in BadActionTest_S04_S07_S12.URLS.items():
    setattr(BadActionTest_S04_S07_S12, f"test_url_{_name}",
            lambda self, url=_url, cluster=_cluster: self.check_url(url, cluster))

if __name__ == "__main__":
    unittest.main()
