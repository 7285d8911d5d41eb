"""The operators' command line against the real services."""

import json
import os
import re
import subprocess
import unittest

import stubs
from process import BIN, free_port
from stack import StackTest

DONE, FAILED, USAGE = 0, 1, 2
CALL_LIMIT = 60


class LedgerctlTest(StackTest):

    with_gateway = True

    def ctl(self, *arguments, stdin="", environment=None, action_port=None):
        """Runs ledgerctl; the answer has `returncode`, `stdout` and `stderr`."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("TMS_")}
        return subprocess.run(
            [str(BIN / "ledgerctl"), "--ledger", f"127.0.0.1:{self.stack.ledger_port}",
             "--action", f"127.0.0.1:{action_port or self.stack.action_port}", "--user", "olga",
             *arguments],
            input=stdin, env={**own, **(environment or {})}, text=True, capture_output=True,
            timeout=CALL_LIMIT, check=False)

    def ctl_lines(self, *arguments):
        answer = self.ctl(*arguments)
        self.assertEqual((answer.returncode, answer.stderr), (DONE, ""), arguments)
        return answer.stdout.splitlines()

    def set_action(self, behaviour, *arguments, cluster="alpha", cids=None):
        return self.ctl("set-action", cluster, "T-Enable", *(cids or [self.stack.new_cid()]),
                        "--json", *arguments, stdin=self.stack.token(behaviour))

    def make_job(self, behaviour, *arguments, **options):
        return json.loads(self.set_action(behaviour, *arguments, **options).stdout)

    def test_set_action_exits_as_the_action_ended(self):
        for behaviour, cluster, exit_code, status in (
                ("accepted", "alpha", DONE, "SUCCESS"),
                ("refused-state", "alpha", FAILED, "FAILED"),
                ("never", "short", FAILED, "FAILED")):
            with self.subTest(behaviour=behaviour):
                answer = self.set_action(behaviour, cluster=cluster)
                self.assertEqual(answer.returncode, exit_code, answer.stderr)
                job = json.loads(answer.stdout)
                self.assertEqual((job["status"], job["user_id"]), (status, "olga"))
                self.assertIn("request id: " + job["request_id"], answer.stderr)
                self.assertNotIn(self.stack.canary, answer.stdout + answer.stderr)

    def test_watch_tells_each_change_and_how_to_go_on(self):
        watcher = self.stack.jobs.WatchJobs(stubs.ledger.WatchJobsRequest(), timeout=CALL_LIMIT)
        begin = next(watcher).resume_token
        watcher.cancel()
        job = self.make_job("accepted")
        first = self.ctl("jobs", "watch", "--resume", begin, "--count", "1", "--json")
        self.assertEqual(first.returncode, DONE, first.stderr)
        change = json.loads(first.stdout)
        self.assertEqual((change["job_id"], change["status"]), (job["job_id"], "IN_PROGRESS"))
        token = re.search(r"--resume (\S+)\)", first.stderr).group(1)
        second = self.ctl("jobs", "watch", "--resume", token, "--count", "1", "--json")
        change = json.loads(second.stdout)
        self.assertEqual((change["job_id"], change["status"]), (job["job_id"], "SUCCESS"))
        refused = self.ctl("jobs", "watch", "--resume", "nonsense")
        self.assertEqual(refused.returncode, FAILED)
        self.assertIn("resume_token", refused.stderr)

    def test_set_action_twice_with_one_request_id_is_one_job(self):
        cid = self.stack.new_cid()
        jobs = [self.make_job("accepted", "--request-id", "ctl-twice", cids=[cid])
                for _ in range(2)]
        self.assertEqual(jobs[0]["job_id"], jobs[1]["job_id"])
        self.assertEqual(len(self.stack.hits(cid)), 1)

    def test_set_action_takes_the_token_from_the_environment_and_cids_from_stdin(self):
        cids = [self.stack.new_cid(), self.stack.new_cid()]
        answer = self.ctl("set-action", "alpha", "T-Enable", stdin="\n".join(cids),
                          environment={"TMS_BEARER_TOKEN": self.stack.token()})
        self.assertEqual(answer.returncode, DONE, answer.stderr)
        job_id = next(line.split()[1] for line in answer.stdout.splitlines()
                      if line.startswith("job "))
        self.assertEqual(self.ctl_lines("jobs", "customers", job_id), cids)

    def test_no_wait_answers_before_the_end(self):
        answer = self.set_action("delay~ms=1500", "--no-wait")
        self.assertEqual(answer.returncode, DONE, answer.stderr)
        job = json.loads(answer.stdout)
        self.assertEqual(job["status"], "IN_PROGRESS")
        self.stack.wait_for_end(job["job_id"])

    def test_an_invalid_action_names_the_field_and_calls_nothing(self):
        cid = self.stack.new_cid()
        answer = self.ctl("set-action", "alpha", "no-such-action", cid, stdin=self.stack.token())
        self.assertEqual(answer.returncode, FAILED)
        self.assertRegex(answer.stderr, r"ledgerctl: set-action: INVALID_ARGUMENT: .*action")
        self.assertIn("The cluster was not called.", answer.stderr)
        self.assertEqual(self.stack.hits(cid), [])

    def test_without_the_service_the_outcome_is_unknown(self):
        answer = self.ctl("set-action", "alpha", "T-Enable", "x", "--request-id", "ctl-unknown",
                          stdin=self.stack.token(), action_port=free_port())
        self.assertEqual(answer.returncode, FAILED)
        self.assertIn("not known", answer.stderr)
        self.assertIn("--request-id ctl-unknown", answer.stderr)

    def test_usage(self):
        for arguments in (["jobs", "list", "--status", "done"], ["jobs", "list", "--limit", "0"],
                          ["jobs", "get"], ["nothing"], ["set-action", "alpha", "T-Enable", "x"],
                          ["jobs", "update", "x", "--reason", "because"]):
            with self.subTest(arguments=arguments):
                answer = self.ctl(*arguments)
                self.assertEqual((answer.returncode, answer.stdout), (USAGE, ""))
                self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)

    def test_list_filters_and_pages(self):
        batch = "ctl-list"
        made = [self.make_job(behaviour, "--batch-id", batch)["job_id"]
                for behaviour in ("accepted", "401", "refused-cids", "500", "accepted")]
        newest_first = made[::-1]

        def listed(*filters):
            lines = self.ctl_lines("jobs", "list", "--batch-id", batch, "--json", *filters)
            return [json.loads(line)["job_id"] for line in lines]

        self.assertEqual(listed(), newest_first)
        self.assertEqual(listed("--status", "success"), [made[4], made[0]])
        self.assertEqual(listed("--effect", "unknown"), [made[3]])
        self.assertEqual(listed("--http-status", "401"), [made[1]])
        self.assertEqual(listed("--failure-reason", "rejected,http-error"), newest_first[1:4])
        self.assertEqual(listed("--user-id", "olga", "--cluster", "alpha", "--action-code", "3",
                                "--created-after", "1h"), newest_first)
        none = self.ctl("jobs", "list", "--batch-id", batch, "--json", "--created-before", "1h",
                        "--all")
        self.assertEqual((none.returncode, none.stdout), (DONE, ""))
        more = self.ctl("jobs", "list", "--batch-id", batch, "--json", "--limit", "2")
        self.assertEqual([json.loads(line)["job_id"] for line in more.stdout.splitlines()],
                         newest_first[:2])
        self.assertIn("there are more", more.stderr)

    def test_the_table_fits_the_terminal(self):
        self.make_job("401")
        for columns in ("80", "120", "200"):
            answer = self.ctl("jobs", "list", environment={"COLUMNS": columns})
            self.assertLessEqual(max(map(len, answer.stdout.splitlines())), int(columns))
            self.assertIn("STATUS", answer.stdout.splitlines()[0])

    def test_a_job_is_looked_at_and_settled(self):
        job_id = self.make_job("never", cluster="short")["job_id"]
        self.assertIn("effect          UNKNOWN", self.ctl_lines("jobs", "get", job_id))
        answer = self.ctl("jobs", "update", job_id, "--effect", "applied",
                          "--reason", "asked the cluster")
        self.assertEqual(answer.returncode, DONE, answer.stderr)
        self.assertIn("effect          UNKNOWN", answer.stderr)
        self.assertIn("effect          APPLIED", answer.stdout)
        history = [json.loads(line) for line in self.ctl_lines("jobs", "history", job_id, "--json")]
        self.assertEqual([event["kind"] for event in history], ["STARTED", "FINISHED", "RESOLVED"])
        self.assertEqual((history[2]["actor"], history[2]["detail"]),
                         ("olga", "asked the cluster"))
        audited, = [json.loads(line) for line in self.ctl_lines(
            "audit", "list", "--user-id", "olga", "--audit-action", "UPDATE_JOB",
            "--occurred-after", "1h", "--json") if job_id in line]
        self.assertEqual((audited["target"], audited["success"]), (job_id, True))
        self.assertIn("asked the cluster; from FAILED", audited["detail"])
        self.assertIn("UPDATE_JOB", self.ctl("audit", "list").stdout)
        self.assertEqual(self.ctl("audit", "list", "--occurred-before", "x").returncode, USAGE)
        stale = self.ctl("jobs", "update", job_id, "--effect", "unknown", "--reason", "too late",
                         "--etag", "stale")
        self.assertEqual(stale.returncode, FAILED)
        missing = self.ctl("jobs", "get", "no-such-job")
        self.assertEqual(missing.returncode, FAILED)
        self.assertRegex(missing.stderr, "^ledgerctl: GetJob: NOT_FOUND")

    def test_stats_clusters_actions_and_health(self):
        self.make_job("accepted")
        stats = [json.loads(line) for line in
                 self.ctl_lines("stats", "--group-by", "status", "--json")]
        self.assertIn("SUCCESS", [row["status"] for row in stats])
        self.assertTrue(self.ctl_lines("stats")[0].startswith("STATUS  "))
        self.assertTrue(any(line.startswith("alpha ") for line in self.ctl_lines("clusters")))
        self.assertTrue(any("Tran-Begin" in line for line in self.ctl_lines("actions")))
        for target in (f"127.0.0.1:{self.stack.ledger_port}",
                       f"http://127.0.0.1:{self.stack.gateway_port}/readyz"):
            self.ctl_lines("health", "--target", target)
        for target in (f"127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}/",
                       f"http://127.0.0.1:{self.stack.gateway_port}/api/v1/jobs/none"):
            self.assertEqual(self.ctl("health", "--target", target).returncode, FAILED, target)


if __name__ == "__main__":
    unittest.main()
