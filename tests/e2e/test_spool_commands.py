"""`ledgerctl spool`: what the ledger refused for good, looked at, told again, dropped."""

import json
import subprocess
import unittest

from owner_events import EventStream, Job, finished, started
from process import BIN, wait_until
from stack import RPC_LIMIT, SUCCESS, StackTest

DONE, FAILED, USAGE = 0, 1, 2


class SpoolCommandsTest_S13(StackTest):

    action_flags = ("--ack-wait", "1s", "--decision-wait", "10s")

    def ctl(self, *arguments):
        answer = subprocess.run(
            [str(BIN / "ledgerctl"), "--ledger", f"127.0.0.1:{self.stack.ledger_port}", "--action",
             f"127.0.0.1:{self.stack.action_port}", "--user", "olga", *arguments],
            text=True, capture_output=True, timeout=RPC_LIMIT, check=False)
        self.assertNotIn(self.stack.canary, answer.stdout + answer.stderr)
        return answer

    def spool_state(self):
        return json.loads(self.ctl("spool", "state").stdout)

    def dead_letters(self):
        lines = self.ctl("spool", "dead-letters", "--json").stdout.splitlines()
        return [json.loads(line) for line in lines]

    def make_dead_job(self):
        """A job that only the spool has, until another owner tells it to the ledger."""
        self.stack.ledger.stop()
        cid = self.stack.new_cid()
        job_id = self.stack.set_action(cids=[cid]).job.job_id
        self.stack.action.kill()
        self.stack.ledger.start()
        stream = EventStream(self.stack.jobs)
        stream.send(started(job_id, cid))
        stream.send(finished(job_id, status=SUCCESS, failure_reason=None, error_message=None,
                             effect=Job.APPLIED, http_status=200))
        stream.close()
        self.stack.action.start()
        wait_until(lambda: self.spool_state()["dead_letter_count"] == "2", "both are set aside")
        return job_id

    def test_dead_letters_are_shown_told_again_and_dropped(self):
        job_id = self.make_dead_job()
        hits = len(self.stack.hits())
        start, outcome = self.dead_letters()
        self.assertEqual((start["job_id"], start["verdict"], start["customer_count"]),
                         (job_id, "REJECTED", 1))
        self.assertEqual(start["event"]["started"]["cids"], [])
        self.assertIn("another owner", outcome["detail"])
        self.assertIn(job_id, self.ctl("spool", "dead-letters").stdout)

        # Refused again, both, under other positions; nothing is called.
        retried = self.ctl("spool", "retry", outcome["position"], "--reason", "try once more")
        self.assertEqual(retried.returncode, DONE, retried.stderr)
        self.assertEqual([line.split(" of ")[0] for line in retried.stdout.splitlines()],
                         ["RETRY: STARTED", "RETRY: FINISHED"])
        wait_until(lambda: [int(letter["position"]) > int(outcome["position"])
                            for letter in self.dead_letters()] == [True, True],
                   "both are set aside again")
        self.assertEqual(len(self.stack.hits()), hits)

        for letter in self.dead_letters():
            dropped = self.ctl("spool", "drop", letter["position"], "--reason", "known to us")
            self.assertEqual(dropped.returncode, DONE, dropped.stderr)
        self.assertEqual(self.spool_state()["dead_letter_count"], "0")
        self.assert_audited(job_id)

    def assert_audited(self, job_id):
        lines = self.ctl("audit", "list", "--user-id", "olga", "--json").stdout.splitlines()
        records = [json.loads(line) for line in lines if job_id in line]
        self.assertEqual([(record["action"], record["target"]) for record in records],
                         [("SPOOL_DROP", job_id)] * 2 + [("SPOOL_RETRY", job_id)] * 2)
        self.assertTrue(records[0]["detail"].startswith("known to us; FINISHED of job"))
        log = self.stack.action.log(tail=1 << 20)
        self.assertEqual(sum("event=dead_letter_dropped" in line and job_id in line
                             for line in log.splitlines()), 2)
        self.assertIn("known to us", log)

    def test_what_is_not_there_and_what_was_typed_wrong(self):
        for command in ("retry", "drop"):
            missing = self.ctl("spool", command, "999", "--reason", "why not")
            self.assertEqual(missing.returncode, FAILED)
            self.assertIn("NOT_FOUND", missing.stderr)
            self.assertEqual(self.ctl("spool", command, "999").returncode, USAGE)
            short = self.ctl("spool", command, "999", "--reason", "x")
            self.assertEqual(short.returncode, FAILED)
            self.assertIn("reason", short.stderr)

    def test_a_drop_that_the_ledger_cannot_record_says_so(self):
        self.make_dead_job()
        start, outcome = self.dead_letters()
        self.addCleanup(self.ctl, "spool", "drop", outcome["position"], "--reason", "test is over")
        self.stack.ledger.stop()
        self.addCleanup(self.stack.ledger.start)
        dropped = self.ctl("spool", "drop", start["position"], "--reason", "no ledger")
        self.assertEqual(dropped.returncode, FAILED)
        self.assertIn("done, but not audited", dropped.stderr)
        self.assertIn("DROP: STARTED of job", dropped.stdout)


if __name__ == "__main__":
    unittest.main()
