"""The replaced page's routes as that page uses them, by somebody who is no administrator."""

import urllib.parse

from process import wait_until
from stack import StackTest


class LegacyPageTest(StackTest):

    with_gateway = True

    def proxy_fetch(self, behaviour, cids, user="oscar", **fields):
        url = self.stack.http("GET", "/api/v1/clusters").body["clusters"][0]["base_url"]
        body = {"url": url, "token": self.stack.token(behaviour), "isPost": True,
                "postData": {"action": "T-Enable", "cids": cids}, **fields}
        return self.stack.http("POST", "/proxy_fetch", body, user=user)

    def get(self, path, user="oscar"):
        answer = self.stack.http("GET", path, user=user)
        self.assertEqual(answer.status, 200, (path, answer.body))
        self.assertTrue(answer.body["success"])
        return answer.body

    def test_an_action_and_everything_the_page_shows_of_it(self):
        cids = [self.stack.new_cid(), self.stack.new_cid()]
        answer = self.proxy_fetch("accepted", cids)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((answer.body["status"], answer.body["httpStatus"]), ("success", 200))
        self.assertTrue(answer.body["data"]["success"])
        job_id = answer.body["job_id"]
        mine = self.get("/api/jobs/mine?limit=1")
        self.assertEqual((mine["user_id"], mine["job_count"]), ("oscar", 1))
        self.assertEqual((mine["jobs"][0]["job_id"], mine["jobs"][0]["status"]),
                         (job_id, "SUCCESS"))
        self.assertEqual(self.get(f"/api/jobs/{job_id}")["job"]["customer_count"], 2)
        customers = self.get(f"/api/jobs/{job_id}/customers")
        self.assertEqual(customers["customers"], sorted(cids))
        for path in (f"/api/audit/customer/{cids[0]}",
                     f"/api/audit/trail?limit=5&customer_id={cids[0]}",
                     f"/api/audit/trail?action_type=T-Enable&customer_id={cids[0]}"):
            records = self.get(path)["records"]
            self.assertEqual([(record["id"], record["user_id"], record["status"])
                              for record in records], [(job_id, "oscar", "success")], path)

    def test_what_went_wrong(self):
        for behaviour, status, message in (("401", 401, "API returned status 401: "),
                                           ("503", 503, "API returned status 503: "),
                                           ("not-json", 500, "Invalid JSON response: ")):
            answer = self.proxy_fetch(behaviour, [self.stack.new_cid()])
            self.assertEqual((answer.status, answer.body["status"]), (status, "error"))
            self.assertIn(message, answer.body["message"])
            self.assertIn("job_id", answer.body)
        refused = self.proxy_fetch("refused-state", [self.stack.new_cid()])
        self.assertEqual((refused.status, refused.body["data"]["success"]), (200, False))

    def test_S07_another_url_is_forbidden_and_nothing_is_called(self):
        cid = self.stack.new_cid()
        for url in ("http://127.0.0.1:1/", "https://elsewhere.example/api"):
            answer = self.proxy_fetch("accepted", [cid], url=url)
            self.assertEqual((answer.status, answer.body["status"]), (403, "error"))
        self.assertEqual(self.stack.hits(cid), [])
        self.assertEqual(self.get(f"/api/audit/customer/{cid}")["records"], [])

    def test_S25_others_records_are_not_shown(self):
        cid = self.stack.new_cid()
        job_id = self.proxy_fetch("accepted", [cid], user="dev").body["job_id"]
        self.assertEqual(self.get(f"/api/audit/customer/{cid}")["records"], [])
        of_vic = self.get("/api/audit/trail", user="vic")["records"]
        self.assertEqual({record["user_id"] for record in of_vic} - {"vic"}, set())
        for path in (f"/api/jobs/{job_id}", f"/api/jobs/{job_id}/customers",
                     "/api/audit/trail?user_id=dev"):
            answer = self.stack.http("GET", path, user="oscar")
            self.assertEqual((answer.status, answer.body["success"]), (403, False), path)
        for user in ("audrey", "dev"):
            self.assertEqual(self.get(f"/api/audit/customer/{cid}", user)["count"], 1)

    def test_it_is_all_in_the_ledgers_audit_history(self):
        """Logins, denials and exports of a real gateway, in a real ledger."""
        self.assertEqual(self.stack.log_in("audrey", "wrong").status, 401)
        self.assertEqual(self.stack.log_in("audrey").status, 200)
        self.assertEqual(self.stack.http("GET", "/api/v1/jobs:export?format=csv",
                                         user="oscar").status, 403)
        self.assertEqual(self.stack.http("GET", "/api/v1/jobs:export?format=csv",
                                         user="audrey").status, 200)
        self.stack.gateway_user("add", "new.one", "--role", "viewer",
                                password=self.stack.password)
        wait_until(lambda: self.stack.log_in("new.one").status == 200, "it may log in", 5)
        wanted = {("audrey", "LOGIN_FAILED", 0), ("audrey", "LOGIN", 1),
                  ("oscar", "ACCESS_DENIED", 0), ("audrey", "EXPORT", 1), ("new.one", "LOGIN", 1)}

        def recorded():
            return {(row["user_id"], row["action"], row["success"])
                    for row in self.stack.rows("SELECT * FROM audit_events")}
        wait_until(lambda: wanted <= recorded(), "all of it is recorded", 10)
        changes = [action for _, action, _ in recorded() if action.startswith("USER_")]
        self.assertTrue(changes)
        query = urllib.parse.urlencode({"action_type": "EXPORT", "user_id": "audrey"})
        self.assertEqual(self.get(f"/api/audit/trail?{query}", "audrey")["count"], 1)
