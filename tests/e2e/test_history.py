"""The history from outside: anyone can check it, and whoever changes it is found."""

import contextlib
import sqlite3
import subprocess
import threading

import history_verifier
import stubs
from process import BIN, wait_until
from stack import StackTest

DONE, FAILED = 0, 1
VERIFY_LIMIT = 60


def ledgerctl(*arguments):
    return subprocess.run([str(BIN / "ledgerctl"), *map(str, arguments)], text=True,
                          capture_output=True, timeout=VERIFY_LIMIT, check=False)


class S24HistoryTest(StackTest):

    ledger_flags = ("--anchor-interval", "1s", "--anchor-rows", "5")

    def make_history(self):
        for behaviour in ("accepted", "401", "refused-cids", "500"):
            self.stack.set_action(behaviour)
        unknown = self.stack.set_action("never", cluster="short").job
        self.stack.jobs.UpdateJob(
            stubs.ledger.UpdateJobRequest(
                job=stubs.job.Job(job_id=unknown.job_id, effect=stubs.job.Job.APPLIED),
                update_mask={"paths": ["effect"]}, reason="asked the cluster", etag=unknown.etag),
            metadata=[("x-tms-user", "olga")])
        self.stack.jobs.RecordAudit(stubs.ledger.RecordAuditRequest(
            record=stubs.ledger.AuditRecord(
                user_id="zoë", action="EXPORT", target="status=FAILED", success=False,
                customer_ids=["c1", "c2"], error_message="the client went away",
                elapsed={"seconds": 2}, record_key="export-1")))
        self.stack.jobs.RecordAudit(stubs.ledger.RecordAuditRequest(
            record=stubs.ledger.AuditRecord(user_id="ann", action="LOGIN", success=True)))

    def anchors(self):
        path = self.stack.directory / "jobs.db.anchors"
        return path.read_text(encoding="ascii") if path.exists() else ""

    def export(self, db):
        answer = ledgerctl("export-events", "--db", db)
        self.assertEqual((answer.returncode, answer.stderr), (DONE, ""))
        return answer.stdout.splitlines()

    def altered_copy(self, name, sql):
        copy = self.stack.directory / name
        with contextlib.closing(sqlite3.connect(f"file:{self.stack.db}?mode=ro", uri=True)) as live:
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                live.backup(connection)
                for table in ("job_events", "audit_events"):
                    for verb in ("update", "delete"):
                        connection.execute(f"DROP TRIGGER {table}_no_{verb}")
                connection.execute(sql)
                connection.commit()
        return copy

    def test_another_program_finds_the_history_whole(self):
        self.make_history()
        rows = len(self.export(self.stack.db)) - 1

        def anchored():
            newest = self.anchors().splitlines()[-1:]
            return newest and int(newest[0].split(" ")[2]) >= rows
        wait_until(anchored, "an anchor of the last row")
        chain_id, hashes = history_verifier.check_chain(self.export(self.stack.db))
        self.assertGreaterEqual(len(hashes) - 1, rows)
        key = self.anchors().split("\n")[0].split(" ")[5]
        self.assertGreater(
            history_verifier.check_anchors(self.anchors(), chain_id, hashes, key), 0)
        with self.assertRaises(ValueError):
            history_verifier.check_anchors(self.anchors().replace(" ", "  ", 1), chain_id, hashes)
        with self.assertRaises(ValueError):
            history_verifier.check_anchors(self.anchors(), chain_id, hashes, "0" * 64)

        answer = ledgerctl("verify", "--db", self.stack.db, "--public-key", key)
        self.assertEqual((answer.returncode, answer.stderr), (DONE, ""), answer.stdout)
        self.assertIn("All is as it was written.", answer.stdout)
        self.assertRegex(answer.stdout, rf"chain    {chain_id}: \d+ rows, the last has [0-9a-f]{{64}}")

    def test_both_programs_name_the_first_wrong_row(self):
        self.make_history()
        edited = self.altered_copy(
            "edited.db", "UPDATE job_events SET actor = 'eve' WHERE number = 4")
        with self.assertRaisesRegex(ValueError, "row 4: wrong content"):
            history_verifier.check_chain(self.export(edited))
        answer = ledgerctl("verify", "--db", edited)
        self.assertEqual(answer.returncode, FAILED)
        self.assertIn("WRONG    row 4 (job_events): its content is not what was written",
                      answer.stdout)
        self.assertIn("anchors  none", answer.stdout)
        removed = self.altered_copy("removed.db", "DELETE FROM job_events WHERE number = 4")
        self.assertIn("row 4 is missing", ledgerctl("export-events", "--db", removed).stderr)
        self.assertIn("WRONG    row 4: it is missing",
                      ledgerctl("verify", "--db", removed).stdout)

    def test_what_is_damaged_is_quoted_so_that_a_terminal_may_see_it(self):
        self.make_history()
        garbled = self.altered_copy("garbled.db", "SELECT 1")
        garbled.write_bytes(garbled.read_bytes().replace(b"INDEX jobs_by_user ",
                                                         b"\xcf\x1b[EX jobs_by_user "))
        for command in ("verify", "export-events"):
            answer = ledgerctl(command, "--db", garbled)  # decoded as UTF-8
            self.assertEqual(answer.returncode, FAILED)
            self.assertIn("malformed database schema", answer.stderr)
            self.assertNotIn("\x1b", answer.stderr)

    def test_a_history_in_use_is_verified_without_holding_it_up(self):
        stop = threading.Event()

        def load():
            while not stop.is_set():
                self.stack.set_action("accepted")
        writers = [threading.Thread(target=load) for _ in range(2)]
        for writer in writers:
            writer.start()
        try:
            for _ in range(5):
                answer = ledgerctl("verify", "--db", self.stack.db)
                self.assertEqual(answer.returncode, DONE, answer.stdout + answer.stderr)
        finally:
            stop.set()
            for writer in writers:
                writer.join()

    def test_the_last_row_is_anchored_at_the_end_and_the_key_stays(self):
        self.stack.set_action("accepted")
        keys = []
        for _ in range(2):
            self.stack.ledger.stop()
            last = self.anchors().splitlines()[-1].split(" ")
            row, = self.stack.rows("SELECT max(number) AS last FROM (SELECT number FROM job_events"
                                   " UNION ALL SELECT number FROM audit_events)")
            self.assertEqual(int(last[2]), row["last"])
            keys.append(last[5])
            self.stack.ledger.start()
            self.stack.wait_until_it_acts()
        self.assertEqual(*keys)

    def test_what_is_no_ledger_is_named(self):
        for arguments in (("--db", self.stack.directory / "none.db"),
                          ("--db", self.stack.directory / "clusters.json"),
                          ("--db", self.stack.db, "--anchors", self.stack.directory / "none")):
            answer = ledgerctl("verify", *arguments)
            self.assertEqual((answer.returncode, answer.stdout), (FAILED, ""))
            self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
        bad_key = ledgerctl("verify", "--db", self.stack.db, "--public-key", "short")
        self.assertEqual(bad_key.returncode, 2)
        self.assertIn("--public-key", bad_key.stderr)
