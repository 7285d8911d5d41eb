"""Databases of the replaced system: opened, migrated row for row, or refused untouched."""

import collections
import datetime
import hashlib
import os
import sqlite3
import subprocess
import sys
import zoneinfo

import legacy_db
import stubs
from ledger_alone import READY_LIMIT, LedgerTest
from process import BIN, wait_until
from stack import RPC_LIMIT

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
UTC = datetime.timezone.utc
STATUS_WORDS = {"success": "SUCCESS", "failed": "FAILED", "in_progress": "IN_PROGRESS"}
INTERRUPTED = "INTERRUPTED"


def utc_text(local):
    """Python's own reading of a local time: the first of two, the offset before a gap."""
    moment = datetime.datetime.fromisoformat(local).replace(tzinfo=BERLIN, fold=0)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def expected_job(row):
    """A migrated row as the description says, before the sweep."""
    status = STATUS_WORDS[row["status"].lower()]
    updated = row.get("updated_at")
    return {
        "job_id": row["job_id"], "user_id": row["user_id"], "batch_id": row["batch_id"],
        "action_code": row["action_code"], "action_name": row["action_name"],
        "cluster_url": row["cluster_url"], "cluster": None,
        "created_at": utc_text(row["created_at"]),
        "updated_at": utc_text(updated or row["created_at"]),
        "finished_at": utc_text(updated) if updated and status != "IN_PROGRESS" else None,
        "request_payload": row["request_payload"], "response_summary": row["response_summary"],
        "status": status, "http_status": row.get("http_status"),
        "error_message": row.get("error_message"), "failure_reason": None, "effect": None,
        "outcome_source": None, "timeout_ms": None, "elapsed_ms": None, "request_id": None,
    }


def check_migrated(test, jobs, customers, cache):
    """`jobs.db` of `test` holds what the old tables held, all of it, and nothing else."""
    names = ", ".join(expected_job(jobs[0])) if jobs else "*"
    migrated = test.rows(f"SELECT {names} FROM jobs ORDER BY number")
    expected = [expected_job(row) for row in jobs]
    test.assertEqual(len(migrated), len(expected))
    for new, old in zip(migrated, expected):
        if new["failure_reason"] == INTERRUPTED:  # swept since
            test.assertEqual((old["status"], new["effect"], new["outcome_source"]),
                             ("IN_PROGRESS", "UNKNOWN", "PRESUMED"))
            for name in ("status", "failure_reason", "effect", "outcome_source", "error_message",
                         "updated_at", "finished_at"):
                new[name] = old[name]
        test.assertEqual(new, old)
    test.assertEqual(test.rows("SELECT id, job_id, cid FROM job_customers ORDER BY id"), customers)
    counts = collections.Counter(row["job_id"] for row in customers)
    test.assertEqual({row["job_id"]: row["customer_count"]
                      for row in test.rows("SELECT job_id, customer_count FROM jobs")},
                     {row["job_id"]: counts[row["job_id"]] for row in jobs})
    if cache:
        test.assertEqual(test.rows("SELECT * FROM appstatus_cache"), cache)
    check_history(test, len(jobs))
    test.assertEqual(test.rows("PRAGMA integrity_check"), [{"integrity_check": "ok"}])


def check_history(test, jobs):
    events = test.rows("SELECT job_id, actor, verdict, event_seq, cid_count, content_digest "
                       "FROM job_events WHERE kind = 'MIGRATED' ORDER BY number")
    test.assertEqual(len(events), jobs)
    test.assertEqual({(e["actor"], e["verdict"], e["event_seq"]) for e in events},
                     {("ledger", "APPLIED", None)} if jobs else set())
    test.assertEqual([e["job_id"] for e in events],
                     [r["job_id"] for r in test.rows("SELECT job_id FROM jobs ORDER BY number")])
    check_counters(test)
    verify = subprocess.run([BIN / "ledgerctl", "verify", "--db", test.db], capture_output=True,
                            text=True, timeout=READY_LIMIT, check=False)
    test.assertEqual(verify.returncode, 0, verify.stdout + verify.stderr)


def check_counters(test):
    for level, width in (("HOUR", 13), ("DAY", 10), ("MONTH", 7)):
        counted = test.rows(
            "SELECT substr(bucket_start, 1, ?) AS start, action_code, status, failure_reason AS why,"
            " effect, sum(job_count) AS jobs FROM job_stats WHERE level = ? "
            "GROUP BY 1, 2, 3, 4, 5 HAVING sum(job_count) <> 0 ORDER BY 1, 2, 3, 4, 5",
            width, level)
        there = test.rows(
            "SELECT substr(created_at, 1, ?) AS start, action_code, status,"
            " coalesce(failure_reason, '') AS why, coalesce(effect, '') AS effect,"
            " count(*) AS jobs FROM jobs WHERE status <> 'IN_PROGRESS' "
            "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5", width)
        test.assertEqual(counted, there, level)


def fingerprint(*paths):
    return [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]


class GenerationsTest_F23(LedgerTest):
    """Each generation, in each journal mode, row for row."""

    rows_each = 120

    def check(self, generation, wal):
        legacy_db.build(self.db, generation, self.rows_each, wal)
        old = legacy_db.read(self.db)
        self.start()
        wait_until(lambda: self.value("SELECT count(*) FROM jobs WHERE status = 'IN_PROGRESS'") == 0,
                   "open jobs are swept")
        check_migrated(self, *old)
        backup, = self.directory.glob("jobs.db.v0-*.bak")
        self.assertEqual(self.value("SELECT value FROM ledger_meta WHERE key = 'migrated_from'"),
                         generation)
        self.ledger.stop()
        names = sorted(path.name for path in self.directory.iterdir())
        self.assertEqual(names, ["job_ledger_service.log", "jobs.db", "jobs.db.anchor-key",
                                 "jobs.db.anchors", "jobs.db.lock", backup.name])
        self.assertEqual(legacy_db.read(backup), old)
        before = self.rows("SELECT * FROM jobs")
        self.start()  # a second start finds a file that is ours
        self.assertEqual(self.rows("SELECT * FROM jobs"), before)

    def test_v0_whose_users_table_does_not_exist(self):
        self.check("v0", "none")

    def test_v0_with_its_wal_left_behind(self):
        self.check("v0", "left behind")

    def test_v1(self):
        self.check("v1", "none")

    def test_v1_in_wal_mode(self):
        self.check("v1", "clean")

    def test_v2(self):
        self.check("v2", "none")

    def test_v2_with_its_wal_left_behind(self):
        self.check("v2", "left behind")

    def test_fresh_v2(self):
        self.check("fresh v2", "none")

    def test_fresh_v2_with_its_wal_left_behind(self):
        self.check("fresh v2", "left behind")

    def test_wal_without_its_index(self):
        legacy_db.build(self.db, "v2", 50, "left behind")
        old = legacy_db.read(self.db)
        os.unlink(f"{self.db}-shm")
        self.start()
        check_migrated(self, *old)

    def test_a_hot_journal_is_rolled_back(self):
        legacy_db.build(self.db, "v2", 200)
        old = legacy_db.read(self.db)
        legacy_db.leave_hot_journal(self.db)
        self.start()
        check_migrated(self, *old)

    def test_no_rows(self):
        legacy_db.build(self.db, "fresh v2", 0)
        self.start()
        check_migrated(self, [], [], [])

    def test_an_empty_file_is_an_empty_database(self):
        self.db.touch()
        self.start()
        self.assertEqual(self.value("SELECT count(*) FROM jobs"), 0)
        self.assertEqual(list(self.directory.glob("*.bak")), [])


class MigratedJobsTest_F23(LedgerTest):
    """What callers and operators see of migrated jobs."""

    def test_as_the_rpcs_show_them(self):
        legacy_db.build(self.db, "v2", 60)
        jobs, customers, _ = legacy_db.read(self.db)
        self.start()
        for row in jobs:
            job = self.get(row["job_id"])
            self.assertEqual((job.user_id, job.action_name, job.action_code, job.cluster),
                             (row["user_id"], row["action_name"], row["action_code"], ""))
            self.assertEqual(job.cluster_url, row["cluster_url"] or "")
            self.assertEqual(job.HasField("http_status"), row["http_status"] is not None)
            if row["request_payload"] is not None:
                self.assertEqual(job.request_payload, row["request_payload"])
            listed = self.jobs.ListJobCustomers(stubs.ledger.ListJobCustomersRequest(
                job_id=row["job_id"], page_size=500), timeout=RPC_LIMIT)
            self.assertEqual(list(listed.cids),
                             [c["cid"] for c in customers if c["job_id"] == row["job_id"]])
            self.assertEqual(listed.total_size, len(listed.cids))
            events = self.jobs.ListJobEvents(
                stubs.ledger.ListJobEventsRequest(job_id=row["job_id"]), timeout=RPC_LIMIT).events
            self.assertEqual(events[0].kind, stubs.ledger.HistoryEvent.MIGRATED)
            self.assertEqual(events[0].effect, stubs.job.Job.EFFECT_UNSPECIFIED)
        cid = customers[0]["cid"]
        found = self.jobs.ListJobs(stubs.ledger.ListJobsRequest(filter=stubs.ledger.JobFilter(
            cid=cid)), timeout=RPC_LIMIT).jobs
        self.assertEqual({job.job_id for job in found},
                         {c["job_id"] for c in customers if c["cid"] == cid})

    def test_the_operators_queries_still_work(self):
        legacy_db.build(self.db, "v2", 60)
        jobs, customers, _ = legacy_db.read(self.db)
        self.start()
        shown = self.rows("SELECT job_id, user_id, action_name, status, http_status, error_message,"
                          " created_at, updated_at FROM jobs ORDER BY created_at DESC LIMIT 20")
        newest = sorted(jobs, key=lambda row: row["created_at"], reverse=True)[:20]
        self.assertEqual([row["job_id"] for row in shown], [row["job_id"] for row in newest])
        failed = self.rows("SELECT job_id, action_name, http_status, error_message, created_at "
                           "FROM jobs WHERE status = 'FAILED' ORDER BY created_at DESC")
        self.assertLessEqual({row["job_id"] for row in jobs if row["status"] == "FAILED"},
                             {row["job_id"] for row in failed})
        by_code = self.rows("SELECT job_id, action_name, error_message, created_at FROM jobs "
                            "WHERE http_status = 401 ORDER BY created_at DESC")
        self.assertEqual({row["job_id"] for row in by_code},
                         {row["job_id"] for row in jobs if row["http_status"] == 401})
        job_id = customers[0]["job_id"]
        self.assertEqual(
            self.rows("SELECT id, job_id, cid FROM job_customers WHERE job_id = ?", job_id),
            [row for row in customers if row["job_id"] == job_id])

    def test_times_of_the_nights_when_the_clock_changed(self):
        legacy_db.build(self.db, "v1", 0)
        connection = sqlite3.connect(self.db)
        times = ["2026-03-29T01:59:59.999999", "2026-03-29T02:30:00", "2026-03-29T03:00:00",
                 "2026-10-25T02:00:00", "2026-10-25T02:59:59.5", "2026-10-25T03:00:00",
                 "2026-12-31T23:59:59.999999"]
        for number, text in enumerate(times):
            connection.execute("INSERT INTO jobs(job_id, user_id, action_code, action_name, "
                               "created_at) VALUES(?, 'u', 1, 'T-Enable', ?)", (str(number), text))
        connection.commit()
        connection.close()
        self.start()
        self.assertEqual([row["created_at"] for row in
                          self.rows("SELECT created_at FROM jobs ORDER BY number")],
                         [utc_text(text) for text in times])
        # What the clock never showed is kept as it was; what it showed twice is counted.
        self.assertEqual(self.rows("SELECT row_id, column_name, literal FROM legacy_values"),
                         [{"row_id": 2, "column_name": "created_at",
                           "literal": "'2026-03-29T02:30:00'"}])
        self.assertIn("ambiguous_local_times=2", self.ledger.log())


class LeftOpenTest_F23(LedgerTest):
    """Jobs that the old system left IN_PROGRESS are ended, and people are told once."""

    def test_they_are_ended_with_a_message_that_says_so_and_one_line_in_the_log(self):
        legacy_db.build(self.db, "fresh v2", 0)
        connection = sqlite3.connect(self.db)
        connection.executemany(
            "INSERT INTO jobs(job_id, user_id, action_code, action_name, created_at, updated_at) "
            "VALUES(?, 'u', 1, 'T-Enable', '2026-01-31T12:00:00', '2026-01-31T12:00:00')",
            [(str(number),) for number in range(1_200)])  # more than one sweep takes
        connection.commit()
        connection.close()
        self.start()
        wait_until(lambda: "event=migrated_jobs_interrupted" in self.ledger.log(10**6),
                   "the sweep is over")
        self.assertEqual(
            self.rows("SELECT status, failure_reason, effect, error_message, count(*) AS jobs "
                      "FROM jobs GROUP BY 1, 2, 3, 4"),
            [{"status": "FAILED", "failure_reason": INTERRUPTED, "effect": "UNKNOWN",
              "error_message": "the replaced system left it IN_PROGRESS: the outcome is unknown, "
                               "check the cluster before repeating the action", "jobs": 1_200}])
        log = self.ledger.log(10**6)
        self.assertEqual(log.count("_interrupted"), 1, log)
        self.assertIn("event=migrated_jobs_interrupted jobs=1200", log)


class NothingIsDroppedTest_F23(LedgerTest):
    """What can't be understood is kept as it is, and counted."""

    def test_a_file_as_loose_as_sqlite_allows(self):
        legacy_db.build(self.db, "loose", 30)
        connection = sqlite3.connect(self.db, isolation_level=None)
        first = connection.execute("SELECT job_id FROM jobs ORDER BY rowid LIMIT 1").fetchone()[0]
        insert = ("INSERT INTO jobs(job_id, user_id, action_code, action_name, created_at, status, "
                  "http_status, remark) VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
        connection.execute(insert, (None, "u", 1, "T-Enable", "yesterday", "done", None, None))
        connection.execute(insert, (first, None, "two", None, None, None, "n/a", "seen"))
        connection.execute(insert, ("", "u", 1, "T-Enable", "2026-02-01T00:00:00", "success", 1, 7))
        for customer in ((first, None), (first, None), (first, "twice"), (first, "twice"),
                         ("no such job", "stray"), (None, "alone"), (first, b"\xff\x00")):
            connection.execute("INSERT INTO job_customers(job_id, cid) VALUES(?, ?)", customer)
        connection.close()
        jobs, customers, _ = legacy_db.read(self.db)
        self.start()
        self.assertEqual(self.value("SELECT count(*) FROM jobs"), len(jobs))
        ids = [row["job_id"] for row in self.rows("SELECT job_id FROM jobs ORDER BY number")]
        self.assertEqual(ids[:-3], [row["job_id"] for row in jobs[:-3]])
        self.assertEqual(ids[-3:], ["migrated-row-31", "migrated-row-32", "migrated-row-33"])
        attached = self.value("SELECT count(*) FROM job_customers")
        self.assertEqual(attached, len(customers) - 2)
        kept = {(row["source"], row["row_id"], row["column_name"]): row["literal"]
                for row in self.rows("SELECT * FROM legacy_values")}
        for row_id, column, literal in (
                (31, "job_id", "NULL"), (31, "created_at", "'yesterday'"), (31, "status", "'done'"),
                (32, "job_id", f"'{first}'"), (32, "user_id", "NULL"), (32, "action_code", "'two'"),
                (32, "action_name", "NULL"), (32, "created_at", "NULL"), (32, "status", "NULL"),
                (32, "http_status", "'n/a'"), (32, "remark", "'seen'"), (33, "remark", "7")):
            self.assertEqual(kept.pop(("jobs", row_id, column)), literal, (row_id, column))
        last = max(row["id"] for row in customers)
        self.assertEqual(kept.pop(("job_customers", last, "cid")), "X'ff00'")
        self.assertEqual(sorted(value for value in kept.values() if value != "NULL"),
                         ["'alone'", "'no such job'", "'stray'"])
        self.assertIn('what="jobs.status: not understood" rows=1', self.ledger.log(8000))
        self.assertIn("customers_without_job=2", self.ledger.log(8000))
        event, = self.rows("SELECT detail FROM job_events WHERE job_id = 'migrated-row-31' "
                           "AND kind = 'MIGRATED'")
        self.assertIn("created_at 'yesterday' (not understood)", event["detail"])
        check_counters(self)

    def test_customers_without_any_index(self):
        legacy_db.build(self.db, "loose", 200)
        old = legacy_db.read(self.db)
        self.start()
        self.assertEqual(self.rows("SELECT id, job_id, cid FROM job_customers ORDER BY id"), old[1])


class RefusedFilesTest_F23(LedgerTest):
    """Refused with a line that says why, and untouched."""

    def files(self):
        """An empty -wal, which looking at a file makes, says nothing."""
        files = (self.db.with_name("jobs.db" + suffix) for suffix in ("", "-wal", "-journal"))
        return fingerprint(*(file for file in files if file.exists() and file.stat().st_size > 0))

    def check(self, flags, *words):
        before = self.files()
        line = self.refused(flags)
        for word in words:
            self.assertIn(word, line)
        self.assertEqual(self.files(), before)
        self.assertEqual(list(self.directory.glob("*.bak*")), [])

    def test_local_times_without_a_time_zone(self):
        for generation, wal in (("v1", "none"), ("v2", "left behind")):
            with self.subTest(generation=generation):
                legacy_db.build(self.db, generation, 20, wal)
                old = legacy_db.read(self.db)
                self.check((), "--legacy-timezone")
                self.assertEqual(legacy_db.read(self.db), old)
                for path in self.directory.glob("jobs.db*"):
                    path.unlink()

    def test_no_zone_is_needed_where_no_local_time_is_met(self):
        legacy_db.build(self.db, "v1", 3)
        connection = sqlite3.connect(self.db)
        connection.execute("UPDATE jobs SET created_at = '2026-01-31T12:17:04+01:00'")
        connection.commit()
        connection.close()
        self.ledger = self.process(())
        self.start()
        self.assertEqual(self.rows("SELECT DISTINCT created_at FROM jobs"),
                         [{"created_at": "2026-01-31T11:17:04.000000Z"}])

    def test_a_name_that_is_no_time_zone(self):
        process = self.process(("--legacy-timezone", "Europe/Atlantis"))
        process.launch()
        self.assertEqual(process.wait(), 2)
        self.assertIn("Europe/Atlantis", process.log())
        self.assertFalse(self.db.exists())

    def test_foreign_databases(self):
        for sql in ("CREATE TABLE jobs(id INTEGER PRIMARY KEY, what TEXT)",
                    "CREATE TABLE songs(title TEXT)",
                    "CREATE VIEW jobs AS SELECT 1 AS job_id"):
            with self.subTest(sql=sql):
                connection = sqlite3.connect(self.db)
                connection.execute(sql)
                connection.commit()
                connection.close()
                self.check(self.ledger_flags, "is not a ledger database")
                self.db.unlink()

    def test_a_foreign_database_with_a_hot_journal(self):
        connection = sqlite3.connect(self.db)
        connection.execute("CREATE TABLE jobs(batch_id TEXT, response_summary TEXT)")
        connection.executemany("INSERT INTO jobs VALUES(?, ?)", [("x" * 400, "y")] * 500)
        connection.commit()
        connection.close()
        legacy_db.leave_hot_journal(self.db)
        self.check(self.ledger_flags, "is not a ledger database")

    def test_what_is_no_database(self):
        self.db.write_bytes(b"jobs,users\n" * 500)
        self.check(self.ledger_flags, "is not a ledger database")

    def test_a_damaged_file(self):
        legacy_db.build(self.db, "v2", 300)
        with open(self.db, "r+b") as file:
            for page in range(4, os.path.getsize(self.db) // 4096, 3):
                file.seek(page * 4096)
                file.write(os.urandom(1000))
        self.check(self.ledger_flags, "damaged")

    def test_a_truncated_file(self):
        legacy_db.build(self.db, "v2", 300)
        os.truncate(self.db, os.path.getsize(self.db) // 2 // 4096 * 4096)
        self.check(self.ledger_flags, "event=open_failed")

    def test_a_file_that_the_replaced_system_has_open(self):
        legacy_db.build(self.db, "v2", 20, "clean")
        code = (f"import sqlite3\nc = sqlite3.connect({str(self.db)!r})\n"
                "c.execute('SELECT * FROM jobs').fetchall()\nprint('open', flush=True)\ninput()\n")
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as old_system:
            old_system.stdout.readline()
            self.check(self.ledger_flags, "open in another program")
            old_system.communicate(b"\n", timeout=30)
        self.start()
        self.assertEqual(self.value("SELECT count(*) FROM jobs"), 20)
