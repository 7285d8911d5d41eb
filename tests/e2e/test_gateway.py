"""The same system through the gateway's HTTP port."""

import unittest

from stack import StackTest

# behaviour: (cluster, status, http_status, failure_reason, effect); absent fields are None.
OUTCOMES = {
    "accepted": ("alpha", "SUCCESS", 200, "FAILURE_REASON_UNSPECIFIED", "APPLIED"),
    "refused-state": ("alpha", "FAILED", 200, "REJECTED", "NOT_APPLIED"),
    "401": ("alpha", "FAILED", 401, "HTTP_ERROR", "NOT_APPLIED"),
    "never": ("short", "FAILED", None, "TIMEOUT", "UNKNOWN"),
    "delay": ("refusing", "FAILED", None, "CONNECT_ERROR", "NOT_APPLIED"),
    "not-json": ("alpha", "FAILED", 200, "INVALID_RESPONSE", "UNKNOWN"),
}


class GatewayTest(StackTest):

    with_gateway = True

    def act(self, behaviour="accepted", query="", **fields):
        body = {"cluster": "alpha", "action": "T-Enable", "cids": [self.stack.new_cid()],
                "bearer_token": self.stack.token(behaviour), **fields}
        return self.stack.http("POST", "/api/v1/actions" + query, body)

    def get(self, path):
        answer = self.stack.http("GET", path)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body

    def test_each_outcome(self):
        for behaviour, expected in OUTCOMES.items():
            with self.subTest(behaviour=behaviour):
                answer = self.act(behaviour, cluster=expected[0])
                self.assertEqual(answer.status, 200, answer.body)
                made = answer.body["job"]
                self.assertEqual((made["cluster"], made["status"], made.get("http_status"),
                                  made["failure_reason"], made["effect"]), expected)
                self.assertEqual(made["user_id"], "dev")
                stored = self.get(f"/api/v1/jobs/{made['job_id']}")
                self.assertEqual(stored["status"], made["status"])
                self.assertEqual(stored.get("error_message"), made.get("error_message"))

    def test_the_timeouts_message_has_the_configured_seconds(self):
        made = self.act("never", cluster="short").body["job"]
        self.assertEqual(made["error_message"], "Request timeout after 0.5s")

    def test_submit_without_waiting(self):
        made = self.act("delay~ms=300", "?wait=false").body["job"]
        self.assertEqual(made["status"], "IN_PROGRESS")
        self.assertEqual(self.stack.wait_for_end(made["job_id"]).error_message, "")

    def test_twins(self):
        cids = [self.stack.new_cid()]
        first = self.act(request_id="gateway twin", cids=cids).body
        second = self.act(request_id="gateway twin", cids=cids).body
        self.assertEqual((first["deduplicated"], second["deduplicated"]), (False, True))
        self.assertEqual(first["job"]["job_id"], second["job"]["job_id"])
        answer = self.act(request_id="gateway twin")
        self.assertEqual((answer.status, answer.body["reason"]), (409, "REQUEST_ID_REUSED"))

    def test_list_filter_and_page(self):
        made = [self.act(batch_id="gateway batch").body["job"]["job_id"] for _ in range(3)]
        page = self.get("/api/v1/jobs?batch_id=gateway%20batch&page_size=2")
        self.assertEqual([job["job_id"] for job in page["jobs"]], made[:0:-1])
        rest = self.get("/api/v1/jobs?batch_id=gateway%20batch&page_size=2&page_token="
                        + page["next_page_token"])
        self.assertEqual([job["job_id"] for job in rest["jobs"]], made[:1])
        none = self.get("/api/v1/jobs?batch_id=gateway%20batch&statuses=FAILED")
        self.assertEqual(none["jobs"], [])

    def test_history_and_customers(self):
        cids = [self.stack.new_cid(), self.stack.new_cid()]
        job_id = self.act("503", cids=cids).body["job"]["job_id"]
        events = self.get(f"/api/v1/jobs/{job_id}/events")["events"]
        self.assertEqual([event["kind"] for event in events], ["STARTED", "FINISHED"])
        customers = self.get(f"/api/v1/jobs/{job_id}/customers")
        self.assertEqual((customers["cids"], customers["total_size"]), (cids, 2))

    def test_settling_a_job(self):
        made = self.act("504").body["job"]
        job = self.get(f"/api/v1/jobs/{made['job_id']}")
        change = {"effect": "APPLIED", "reason": "asked the cluster", "etag": job["etag"]}
        answer = self.stack.http("PATCH", f"/api/v1/jobs/{made['job_id']}", change)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.body["effect"], "APPLIED")
        answer = self.stack.http("PATCH", f"/api/v1/jobs/{made['job_id']}", change)
        self.assertEqual((answer.status, answer.body["code"]), (409, "ABORTED"))

    def test_statistics(self):
        self.act()
        rows = self.get("/api/v1/jobs:stats?group_by=STATUS")["rows"]
        counted = sum(int(row["job_count"]) for row in rows)
        self.assertEqual(counted, self.stack.job_count())

    def test_what_a_form_needs(self):
        clusters = self.get("/api/v1/clusters")["clusters"]
        self.assertIn("alpha", [cluster["name"] for cluster in clusters])
        self.assertEqual(len(self.get("/api/v1/actions")["actions"]), 5)
        self.assertEqual(self.get("/api/v1/me")["user_id"], "dev")

    def test_the_person_is_not_for_the_body_to_say(self):
        with self.assert_nothing_changes():
            answer = self.act(user_id="root")
        self.assertEqual((answer.status, answer.body["errors"][0]["field"]), (400, "user_id"))

    def test_problems(self):
        cases = [
            ("no cids", lambda: self.act(cids=[]), 400, "INVALID_ARGUMENT"),
            ("unknown cluster", lambda: self.act(cluster="atlantis"), 400, "INVALID_ARGUMENT"),
            ("unknown field", lambda: self.act(surprise=1), 400, "INVALID_ARGUMENT"),
            ("no such job", lambda: self.stack.http("GET", "/api/v1/jobs/none"), 404, "NOT_FOUND"),
            ("negative page", lambda: self.stack.http("GET", "/api/v1/jobs?page_size=-1"), 400,
             "INVALID_ARGUMENT"),
            ("unknown filter", lambda: self.stack.http("GET", "/api/v1/jobs?colour=red"), 400,
             "INVALID_ARGUMENT"),
        ]
        for name, call, status, code in cases:
            with self.subTest(case=name), self.assert_nothing_changes():
                answer = call()
                self.assertEqual((answer.status, answer.body["code"]), (status, code), answer.body)
                self.assertEqual(answer.headers["Content-Type"].split(";")[0],
                                 "application/problem+json")
                self.assertTrue(answer.body["correlation_id"])

    def test_routes_that_are_not_there(self):
        self.assertEqual(self.stack.http("GET", "/api/v1/nothing").status, 404)
        self.assertEqual(self.stack.http("DELETE", "/api/v1/jobs").status, 405)

    def test_health(self):
        self.assertEqual(self.get("/healthz")["status"], "live")
        self.assertEqual(self.get("/readyz")["status"], "ready")

    def test_ready_but_degraded_without_the_ledger(self):
        self.stack.ledger.stop()
        try:
            self.assertEqual(self.stack.http("GET", "/readyz").body["status"], "degraded")
            answer = self.stack.http("GET", "/api/v1/jobs")
            self.assertEqual((answer.status, answer.body["code"]), (503, "UNAVAILABLE"))
        finally:
            self.stack.ledger.start()
            self.stack.wait_until_it_acts()


if __name__ == "__main__":
    unittest.main()
