"""`ledgerctl import-audit`: an audit.db of the replaced system, taken over row for row."""

import datetime
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import zoneinfo

import legacy_db
from ledger_alone import LedgerTest
from process import BIN, wait_until
from stack import StackTest

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
UTC = datetime.timezone.utc
DONE, FAILED, USAGE = 0, 1, 2
# A loaded machine makes everything slow.
IMPORT_LIMIT = 120


def command(file, port, *flags):
    return [str(BIN / "ledgerctl"), "--ledger", f"127.0.0.1:{port}", "--user", "olga",
            "import-audit", str(file), *flags]


def import_audit(file, port, *flags):
    own = {key: value for key, value in os.environ.items() if not key.startswith("TMS_")}
    return subprocess.run(command(file, port, *flags), env=own, text=True, capture_output=True,
                          timeout=IMPORT_LIMIT, check=False)


def summary(answer):
    """The first lines of what it says at the end, by their names."""
    lines = [line.rsplit(None, 1) for line in answer.stdout.splitlines()[:4]]
    return {name.strip(): int(count) for name, count in lines}


def utc_text(text):
    """With a space it is UTC, with a T the time on the wall."""
    moment = datetime.datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=BERLIN, fold=0) if "T" in text else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def customers_of(text):
    if text is None:
        return []
    return [str(cid) for cid in json.loads(text)] if text.startswith("[") else [text]


def expected(row):
    return {"target": f"audit_log/{row['id']}", "occurred_at": utc_text(row["timestamp"]),
            "user_id": row["user_id"], "action": row["action_type"],
            "source_ip": row["ip_address"], "success": int(row["status"] == "success"),
            "error_message": row["error_message"], "elapsed_ms": row["duration_ms"],
            "detail": f"row {row['id']} of the replaced system's audit_log"}


class ImportCase:
    """What the tests on a ledger alone share."""

    zone = ("--legacy-timezone", "Europe/Berlin")

    def setUp(self):
        super().setUp()
        self.audit = self.directory / "audit.db"
        self.start()

    def run_import(self, *flags, file=None):
        answer = import_audit(file or self.audit, self.port, *flags)
        self.assertEqual(answer.returncode, DONE, answer.stdout + answer.stderr)
        return answer

    def count(self):
        return self.value("SELECT count(*) FROM audit_events")

    def files(self):
        """What belongs to the old system; an empty -wal, which looking at a file makes, is nothing."""
        paths = (self.directory / f"audit.db{suffix}" for suffix in ("", "-wal", "-journal"))
        return [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths
                if path.exists() and path.stat().st_size > 0]

    def check_imported(self, old):
        names = ", ".join(expected(old[0]))
        new = self.rows(f"SELECT {names} FROM audit_events ORDER BY CAST(substr(target, 11) AS INT)")
        self.assertEqual(new, [expected(row) for row in old])
        cids = {}
        for row in self.rows("SELECT target, cid FROM audit_cids JOIN audit_events "
                             "ON number = audit_number ORDER BY audit_number, position"):
            cids.setdefault(row["target"], []).append(row["cid"])
        self.assertEqual(cids, {f"audit_log/{row['id']}": customers_of(row["customer_ids"])
                                for row in old if customers_of(row["customer_ids"])})
        verify = subprocess.run([BIN / "ledgerctl", "verify", "--db", self.db],
                                capture_output=True, text=True, timeout=IMPORT_LIMIT, check=False)
        self.assertEqual(verify.returncode, DONE, verify.stdout + verify.stderr)


class RowForRowTest_F23(ImportCase, LedgerTest):
    """Everything arrives, once, and the file is as it was."""

    def test_row_for_row_and_a_second_run_adds_nothing(self):
        legacy_db.build_audit(self.audit, 200)
        old, files = legacy_db.read_audit(self.audit), self.files()
        answer = self.run_import(*self.zone)
        self.assertEqual(summary(answer), {"rows": 200, "added": 200, "already there": 0,
                                           "kept as it was": 0})
        self.assertIn("200 of 200 rows", answer.stderr)
        self.check_imported(old)
        again = self.run_import(*self.zone)
        self.assertEqual(summary(again), {"rows": 200, "added": 0, "already there": 200,
                                          "kept as it was": 0})
        self.check_imported(old)
        self.assertEqual(self.files(), files)

    def test_rows_that_came_later_are_added_to_the_earlier_ones(self):
        legacy_db.build_audit(self.audit, 50)
        self.run_import(*self.zone)
        connection = sqlite3.connect(self.audit)
        connection.execute("INSERT INTO audit_log(user_id, action_type, timestamp, status) "
                           "VALUES('olga', 'LOGIN', '2026-03-01 00:00:00', 'success')")
        connection.commit()
        connection.close()
        self.assertEqual(summary(self.run_import(*self.zone))["added"], 1)
        self.check_imported(legacy_db.read_audit(self.audit))

    def test_rows_that_are_only_in_the_wal(self):
        legacy_db.build_audit(self.audit, 60, wal="left behind")
        old, files = legacy_db.read_audit(self.audit), self.files()
        self.assertEqual(len(files), 2)
        self.run_import(*self.zone)
        self.check_imported(old)
        self.assertEqual(self.files(), files)

    def test_a_file_that_somebody_has_open(self):
        legacy_db.build_audit(self.audit, 60, wal="left behind")
        old = legacy_db.read_audit(self.audit)
        code = (f"import sqlite3\nc = sqlite3.connect({str(self.audit)!r})\n"
                "c.execute('SELECT * FROM audit_log').fetchall()\nprint('open', flush=True)\n"
                "input()\n")
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as old_system:
            old_system.stdout.readline()
            self.run_import(*self.zone)
            old_system.communicate(b"\n", timeout=IMPORT_LIMIT)
        self.check_imported(old)

    def test_what_is_not_understood_is_kept_and_counted(self):
        connection = sqlite3.connect(self.audit, isolation_level=None)
        connection.execute("CREATE TABLE audit_log(id INTEGER PRIMARY KEY, user_id, action_type, "
                           "customer_ids, timestamp, ip_address, status, error_message, "
                           "duration_ms, remark)")
        insert = f"INSERT INTO audit_log VALUES({', '.join('?' * 10)})"
        connection.execute(insert, (1, "u", "LOGIN", None, "2026-01-31 00:00:00", None, "success",
                                    None, 5, None))
        connection.execute(insert, (2, None, "Trans-Begin", "[1.5]", "yesterday", b"\xff", "done",
                                    "two\nlines", "long", "it's odd"))
        connection.execute(insert, (3, "u", "LOGIN", None, None, None, None, "x" * 20_000, -1,
                                    None))
        connection.close()
        answer = self.run_import()
        self.assertEqual(summary(answer), {"rows": 3, "added": 3, "already there": 0,
                                           "kept as it was": 2})
        self.assertIn("1  timestamp: not understood", answer.stdout)
        self.assertIn("1  timestamp: missing", answer.stdout)
        second = self.rows("SELECT * FROM audit_events WHERE target = 'audit_log/2'")[0]
        self.assertEqual(second["occurred_at"], "2026-01-31T00:00:00.000000Z")
        for literal in ("user_id NULL", "action_type 'Trans-Begin'", "customer_ids '[1.5]'",
                        "timestamp 'yesterday'", "ip_address X'ff'", "status 'done'",
                        f"error_message CAST(X'{b'two'.hex()}0a{b'lines'.hex()}' AS TEXT)",
                        "duration_ms 'long'", "remark 'it''s odd'"):
            self.assertIn(literal, second["detail"])
        parts = self.rows("SELECT detail FROM audit_events WHERE target = 'audit_log/3' "
                          "ORDER BY record_key")
        self.assertEqual(sum(row["detail"].count("x") for row in parts), 20_000)
        self.assertEqual(summary(self.run_import())["added"], 0)


class InterruptedTest_F23(ImportCase, LedgerTest):
    """However it is interrupted, another run makes it whole, and nothing is there twice."""

    rows_each = 6_000

    def launch_import(self, *flags):
        legacy_db.build_audit(self.audit, self.rows_each)
        process = subprocess.Popen(command(self.audit, self.port, *self.zone, *flags),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        wait_until(lambda: self.count() > 300 or process.poll() is not None, "rows arrive")
        self.assertIsNone(process.poll(), "it was still running")
        return process

    def test_ledgerctl_is_killed_half_way(self):
        process = self.launch_import()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=IMPORT_LIMIT)
        there = self.count()
        self.assertGreater(there, 300)
        self.assertLess(there, self.rows_each)
        answer = self.run_import(*self.zone)
        counts = summary(answer)
        self.assertEqual(counts["added"] + counts["already there"], self.rows_each)
        self.assertGreaterEqual(counts["already there"], there)
        self.check_imported(legacy_db.read_audit(self.audit))

    def test_the_ledger_is_killed_and_comes_back(self):
        process = self.launch_import()
        self.ledger.kill()
        self.start()
        output, errors = process.communicate(timeout=IMPORT_LIMIT)
        self.assertEqual(process.returncode, DONE, output + errors)
        self.check_imported(legacy_db.read_audit(self.audit))

    def test_the_ledger_is_killed_and_stays_away(self):
        process = self.launch_import("--patience", "1s")
        self.ledger.kill()
        _, errors = process.communicate(timeout=IMPORT_LIMIT)
        self.assertEqual(process.returncode, FAILED)
        self.assertIn("run it again", errors)
        self.assertIn("RecordAudit: UNAVAILABLE", errors)
        self.start()
        self.run_import(*self.zone)
        self.check_imported(legacy_db.read_audit(self.audit))


class RefusedFilesTest_F23(ImportCase, LedgerTest):
    """One line that says why; nothing is sent, and the file is as it was."""

    def check(self, exit_code, *words, flags=()):
        files = self.files()
        answer = import_audit(self.audit, self.port, *flags)
        self.assertEqual(answer.returncode, exit_code, answer.stderr)
        self.assertEqual(len(answer.stderr.splitlines()), 1, answer.stderr)
        for word in words:
            self.assertIn(word, answer.stderr)
        self.assertEqual((self.files(), self.count()), (files, 0))

    def test_local_times_without_a_time_zone(self):
        legacy_db.build_audit(self.audit, 20)
        self.check(USAGE, "--legacy-timezone", "nothing was sent")

    def test_no_zone_is_needed_where_no_local_time_is_met(self):
        legacy_db.build_audit(self.audit, 20, local_times=False)
        self.run_import()
        self.check_imported(legacy_db.read_audit(self.audit))

    def test_a_name_that_is_no_time_zone(self):
        legacy_db.build_audit(self.audit, 20)
        self.check(USAGE, "Europe/Atlantis", flags=("--legacy-timezone", "Europe/Atlantis"))

    def test_foreign_databases(self):
        for sql in ("CREATE TABLE songs(title TEXT)", "CREATE TABLE audit_log(id INTEGER, what TEXT)",
                    "CREATE VIEW audit_log AS SELECT 1 AS id, 2 AS user_id, 3 AS action_type, "
                    "4 AS customer_ids, 5 AS timestamp, 6 AS ip_address, 7 AS status, "
                    "8 AS error_message, 9 AS duration_ms"):
            with self.subTest(sql=sql):
                connection = sqlite3.connect(self.audit)
                connection.execute(sql)
                connection.commit()
                connection.close()
                self.check(FAILED, "is not the replaced system's audit.db")
                self.audit.unlink()

    def test_what_is_no_database(self):
        self.check(FAILED, "is not a file")
        self.audit.touch()
        self.check(FAILED, "is not the replaced system's audit.db")
        self.audit.write_bytes(b"id,user_id\n" * 500)
        self.check(FAILED, "cannot be read")

    def test_a_damaged_file(self):
        legacy_db.build_audit(self.audit, 300)
        with open(self.audit, "r+b") as file:
            for page in range(3, os.path.getsize(self.audit) // 4096, 2):
                file.seek(page * 4096)
                file.write(os.urandom(1000))
        self.check(FAILED, "damaged", flags=self.zone)

    def test_a_hot_journal(self):
        legacy_db.build_audit(self.audit, 300)
        legacy_db.leave_hot_journal(self.audit, "audit_log", "error_message", "user_id")
        self.check(FAILED, "-journal", flags=self.zone)

    def test_the_ledgers_own_file(self):
        answer = import_audit(self.db, self.port)
        self.assertEqual(answer.returncode, FAILED)
        self.assertIn("is not the replaced system's audit.db", answer.stderr)


class OnThePageTest_F23(StackTest):
    """The replaced page's audit routes show what was imported."""

    with_gateway = True

    def test_imported_records_are_in_the_trail_and_at_their_customers(self):
        audit = self.stack.directory / "audit.db"
        legacy_db.build_audit(audit, 40)
        old = legacy_db.read_audit(audit)
        answer = import_audit(audit, self.stack.ledger_port, "--legacy-timezone", "Europe/Berlin")
        self.assertEqual(answer.returncode, DONE, answer.stderr)
        cid = customers_of(old[0]["customer_ids"])[0]
        of_cid = [row for row in old if cid in customers_of(row["customer_ids"])]
        of_user = [row for row in old if row["user_id"] == "José"]
        failed_logins = [row for row in old if row["action_type"] == "TOKEN_GENERATION"]
        for path, rows in ((f"/api/audit/customer/{cid}?limit=500", of_cid),
                           ("/api/audit/trail?limit=500&user_id=Jos%C3%A9", of_user),
                           ("/api/audit/trail?limit=500&action_type=TOKEN_GENERATION",
                            failed_logins),
                           ("/api/audit/trail?limit=500&action_type=Token-Generation",
                            failed_logins)):
            with self.subTest(path=path):
                shown = self.stack.http("GET", path).body
                self.assertTrue(shown["success"])
                self.assertEqual(shown["count"], len(rows))
                for record in shown["records"]:
                    record.pop("id")
                newest = sorted(rows, key=lambda row: utc_text(row["timestamp"]), reverse=True)
                self.assertEqual(shown["records"], [
                    {"user_id": row["user_id"], "action_type": row["action_type"],
                     "customer_ids": customers_of(row["customer_ids"]),
                     "timestamp": utc_text(row["timestamp"]),
                     "ip_address": row["ip_address"] or "", "status": row["status"],
                     "error_message": row["error_message"], "duration_ms": row["duration_ms"]}
                    for row in newest])
