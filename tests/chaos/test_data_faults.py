"""Old, foreign and damaged files under the processes."""

import contextlib
import json
import pathlib
import shutil
import sqlite3

import evidence
from spool_case import SpoolTestCase

# What a build with schema version 1 left behind when its action service was killed during a call:
# the database as SQL, the cluster's hits, and what callers were told.
VERSION_1 = pathlib.Path(__file__).resolve().parent / "data" / "version1"
# Customers of those calls have lower numbers.
FIRST_NEW_CID = 1000


class OldDataTest_F23(SpoolTestCase):
    """A new build over old data."""

    action_flags = (*SpoolTestCase.action_flags, "--spool-limit", "1")

    def setUp(self):
        super().setUp()
        self.stack.skip_cids(FIRST_NEW_CID)

    def put_in_place(self):
        """The old files instead of what setUp made."""
        self.stack.action.stop()
        self.stack.ledger.stop()
        for path in self.stack.db.parent.iterdir():
            path.unlink()
        with contextlib.closing(sqlite3.connect(self.stack.db)) as connection:
            connection.executescript((VERSION_1 / "jobs.sql").read_text(encoding="utf-8"))
        shutil.copy(VERSION_1 / "hits.jsonl", self.stack.hits_file)
        self.stack.calls[:] = evidence.read_calls(VERSION_1 / "calls.jsonl")

    def outcomes(self):
        return self.stack.rows("SELECT job_id, user_id, request_id, created_at, status, http_status,"
                               " failure_reason, effect, error_message FROM jobs"
                               " WHERE status <> 'IN_PROGRESS' ORDER BY number")

    def check_request_ids(self):
        """They still stand for the old jobs."""
        old = next(call for call in self.stack.calls if call.request_id == "twice")
        again = self.stack.call(request_id="twice", cids=[old.cid])
        self.assertEqual(again.job_id, old.job_id)

    def test_of_schema_version_1(self):
        self.put_in_place()
        before = self.outcomes()
        unended = self.stack.rows("SELECT cid FROM jobs JOIN job_customers USING(job_id)"
                                  " WHERE status = 'IN_PROGRESS'")
        self.assertGreater(len(before), 10)
        self.assertEqual(len(unended), 1)
        self.stack.ledger.start()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assertEqual(self.outcomes()[:len(before)], before)
        self.stack.wait_for_row(unended[0]["cid"], failure_reason="INTERRUPTED", effect="UNKNOWN")
        copies = list(self.stack.db.parent.glob("jobs.db.v1-*.bak"))
        self.assertEqual(len(copies), 1, list(self.stack.db.parent.iterdir()))
        self.check_request_ids()
        self.assert_promises_kept()

    def test_of_schema_version_1_with_a_full_spool(self):
        self.away()
        spooled = self.call_until_refused()
        self.stack.action.kill()
        # What only the ledger knew of is gone with its file.
        hits = [hit for call in spooled for hit in self.stack.hits(call.cid)]
        self.put_in_place()
        with open(self.stack.hits_file, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(hit) + "\n" for hit in hits)
        self.stack.calls += spooled
        self.stack.ledger.start()
        self.come_back()
        self.assert_all_delivered(spooled)
        self.assert_promises_kept()

    def test_of_a_newer_build_is_refused(self):
        self.stack.ledger.stop()
        with contextlib.closing(sqlite3.connect(self.stack.db)) as connection:
            connection.execute("PRAGMA user_version = 999")
        content = self.stack.db.read_bytes()
        self.stack.ledger.launch()
        self.assertNotEqual(self.stack.ledger.wait(), 0)
        self.assertIn("999", self.stack.ledger.log())
        self.assertEqual(self.stack.db.read_bytes(), content)
