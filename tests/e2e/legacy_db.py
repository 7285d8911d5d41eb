"""Databases of the replaced system, as its generations left them, with every oddity that was seen.

    build(path, "v2", rows=200)             # jobs.db
    build(path, "v1", wal="left behind")    # with -wal and -shm, as a crash leaves them
    build_audit(path, rows=100)             # audit.db

Written from the description of the files, with Python's sqlite3: it shares nothing with the code
that reads them.
"""

import datetime
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import uuid

GENERATIONS = ("v0", "v1", "v2", "fresh v2")
WORDS = ("tran-begin", "Trans-Begin", "Tran-Begin", "T-Enable", "PE-Finalize", "PE-Enable",
         "PE-Direct")
USERS = ("admin", "operator1", "José", "o'brien")

_COLUMNS_V1 = """job_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, batch_id TEXT,
  action_code INTEGER NOT NULL, action_name TEXT NOT NULL, cluster_url TEXT,
  created_at TEXT NOT NULL, request_payload TEXT, response_summary TEXT, status TEXT DEFAULT {default}"""
_MORE_V2 = ("http_status INTEGER", "error_message TEXT", "updated_at TEXT")
# As loose as a file can be: what SQLite lets into it although the system never wrote it.
_LOOSE = """job_id, user_id, batch_id, action_code, action_name, cluster_url, created_at,
  request_payload, response_summary, status, http_status, error_message, updated_at, remark"""


def create(connection, generation, cache=True):
    execute = connection.execute
    if generation == "loose":
        execute(f"CREATE TABLE jobs({_LOOSE})")
        execute("CREATE TABLE job_customers(id INTEGER PRIMARY KEY, job_id, cid)")
    else:
        default = "'IN_PROGRESS'" if generation == "fresh v2" else "'success'"
        columns = _COLUMNS_V1.format(default=default)
        if generation == "fresh v2":
            columns += ", " + ", ".join(_MORE_V2)
        if generation == "v0":
            columns += ", FOREIGN KEY (user_id) REFERENCES users(user_id)"
        execute(f"CREATE TABLE jobs({columns})")
        if generation == "v2":
            for column in _MORE_V2:
                execute(f"ALTER TABLE jobs ADD COLUMN {column}")
        execute("CREATE TABLE job_customers(id INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT "
                "NULL, cid TEXT NOT NULL, FOREIGN KEY(job_id) REFERENCES jobs(job_id), "
                "UNIQUE(job_id, cid))")
        execute("CREATE INDEX idx_jobs_user ON jobs(user_id)")
        execute("CREATE INDEX idx_jobs_created ON jobs(created_at)")
        execute("CREATE INDEX idx_customers_job ON job_customers(job_id)")
    if cache:
        execute("CREATE TABLE appstatus_cache(cid TEXT PRIMARY KEY, body TEXT, fetched_at REAL)")
        execute("INSERT INTO appstatus_cache VALUES('7654321', '{\"up\": true}', 1769856000.25)")


def local_text(moment):
    """What `datetime.isoformat()` gives: no fraction where it is zero."""
    return moment.isoformat()


def make_cids(rng, count):
    kinds = (lambda: f"{rng.getrandbits(128):032x}", lambda: str(rng.randrange(10**6, 10**7)),
             lambda: f"alpha{rng.randrange(10**9)}_sub_{rng.randrange(100)}")
    return list({rng.choices(kinds, (80, 18, 2))[0]() for _ in range(count)})


class Rows:
    """Rows as the system wrote them, in its order; the oddities come round again and again."""

    def __init__(self, generation, rng, start=None, cids_each=None):
        self.has_outcome = generation in ("v2", "fresh v2", "loose")
        self.rng = rng
        self.moment = start or datetime.datetime(2026, 1, 31, 12, 17, 4, 655816)
        self.cids_each = cids_each
        self.number = 0
        self._twin = None

    def next(self):
        """(job as a dict, its cids)"""
        rng, n = self.rng, self.number
        self.number += 1
        if self._twin is not None:
            job, cids = self._twin
            self._twin = None
            moment = datetime.datetime.fromisoformat(job["created_at"])
            moment += datetime.timedelta(milliseconds=rng.randrange(70, 101))
            return {**job, "job_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                    "created_at": local_text(moment)}, cids
        self.moment += datetime.timedelta(microseconds=rng.randrange(10**6, 200 * 10**6))
        moment = self.moment.replace(microsecond=0) if n % 17 == 3 else self.moment
        name, code = (("action_0", 1 + n % 5) if n % 23 == 5 else
                      (rng.choice(WORDS), rng.randrange(1, 6)))
        cids = make_cids(rng, self.cids_each or rng.choice((1, 2, 3, 5)))
        job = {
            "job_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "user_id": rng.choice(USERS),
            "batch_id": rng.choice((None, None, "batch-7")),
            "action_code": code,
            "action_name": name,
            "cluster_url": rng.choice((None, "https://api.example.com",
                                       "https://api.example.com/tms/v1/set/action")),
            "created_at": local_text(moment),
            "request_payload": self._payload(n, name, cids),
            "response_summary": None,
            "status": "success",
        }
        if self.has_outcome:
            job.update(http_status=None, error_message=None, updated_at=None)
            self._outcome(n, job, moment)
        elif n % 3 == 0:
            job["response_summary"] = '{"success": true, "message": "Action completed"}'
        if n % 29 == 11:
            self._twin = (job, cids)
        return job, cids

    def _payload(self, n, name, cids):
        if n % 7 == 2:
            return None
        if n % 7 == 4:
            return json.dumps({"action": name, "cids": cids[0]})
        if n % 7 == 6:
            return json.dumps({"action": name, "cids": [n, n + 1]})
        return json.dumps({"action": name, "cids": cids})

    def _outcome(self, n, job, moment):
        kind = n % 6
        ended = local_text(moment + datetime.timedelta(seconds=self.rng.uniform(0.2, 18)))
        if kind == 0:
            return  # the oldest ones: lower case, nothing else
        if kind in (1, 2):
            job.update(status="SUCCESS", http_status=200, updated_at=ended,
                       response_summary='{"message":"Sending action to migration services",'
                                        '"success":true}')
        elif kind == 3:
            job.update(status="FAILED", http_status=401, updated_at=ended,
                       error_message="API returned status 401: Unauthorized",
                       response_summary="In progress...")
        elif kind == 4:
            job.update(status="FAILED", updated_at=ended, response_summary="no answer — timed out",
                       error_message="Request timeout after 30s")
        elif n % 24 == 5:
            job.update(status="IN_PROGRESS", updated_at=job["created_at"],
                       response_summary="In progress...")


def insert(connection, job, cids):
    names = ", ".join(job)
    marks = ", ".join("?" * len(job))
    connection.execute(f"INSERT INTO jobs({names}) VALUES({marks})", list(job.values()))
    connection.executemany("INSERT INTO job_customers(job_id, cid) VALUES(?, ?)",
                           [(job["job_id"], cid) for cid in cids])


def build(path, generation, rows=50, wal="none", seed=1, start=None, cids_each=None, cache=True):
    """`wal`: none (journal mode delete), clean (WAL mode, closed well), left behind (by kill -9)."""
    if wal == "left behind":
        _die_after(f"_build({str(path)!r}, {generation!r}, {rows}, True, {seed}, None, "
                   f"{cids_each!r}, {cache!r})")
        assert os.path.getsize(f"{path}-wal") > 0
        return
    _build(path, generation, rows, wal == "clean", seed, start, cids_each, cache).close()


def _die_after(call):
    """A process that does this and is killed with the file open."""
    code = (f"import legacy_db, os, signal\nopen_file = legacy_db.{call}\n"
            f"os.kill(os.getpid(), signal.SIGKILL)\n")
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=120,
                           cwd=os.path.dirname(os.path.abspath(__file__)))
    assert ended.returncode == -signal.SIGKILL, ended


def _build(path, generation, rows, wal, seed, start, cids_each, cache):
    connection = sqlite3.connect(path, isolation_level=None)
    if wal:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("BEGIN")
    create(connection, generation, cache)
    source = Rows(generation, random.Random(seed), start, cids_each)
    for _ in range(rows):
        insert(connection, *source.next())
    connection.execute("COMMIT")
    return connection


def leave_hot_journal(path, table="jobs", first="response_summary", second="batch_id"):
    """A program died while it changed the file in journal mode delete, after some pages were
    written."""
    code = (f"import os, signal, sqlite3\n"
            f"c = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
            f"c.execute('PRAGMA cache_size=1'); c.execute('BEGIN')\n"
            f"c.execute(\"UPDATE {table} SET {first} = 'half' || hex(randomblob(200))\")\n"
            f"c.execute('UPDATE {table} SET {second} = hex(randomblob(200))')\n"
            f"os.kill(os.getpid(), signal.SIGKILL)\n")
    subprocess.run([sys.executable, "-c", code], check=False, timeout=120)
    assert os.path.getsize(f"{path}-journal") > 0


def read(path):
    """(jobs, customers, cache) as lists of dicts, in the order of their rowids."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        return [[dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")]
                if name in tables else [] for name in ("jobs", "job_customers", "appstatus_cache")]
    finally:
        connection.close()


_AUDIT = """CREATE TABLE audit_log(id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL,
  action_type TEXT NOT NULL, customer_ids TEXT, timestamp TEXT DEFAULT CURRENT_TIMESTAMP,
  ip_address TEXT, status TEXT, error_message TEXT, duration_ms INTEGER)"""


def build_audit(path, rows=50, seed=1, local_times=True, wal="none"):
    """`wal`: none, or left behind (by kill -9)."""
    if wal == "left behind":
        _die_after(f"_build_audit({str(path)!r}, {rows}, {seed}, {local_times!r}, True)")
        assert os.path.getsize(f"{path}-wal") > 0
        return
    _build_audit(path, rows, seed, local_times, False).close()


def _build_audit(path, rows, seed, local_times, wal):
    rng = random.Random(seed)
    connection = sqlite3.connect(path, isolation_level=None)
    if wal:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("BEGIN")
    connection.execute(_AUDIT)
    moment = datetime.datetime(2026, 1, 31, 12, 17, 4)
    for n in range(rows):
        moment += datetime.timedelta(seconds=rng.randrange(1, 200))
        cids = make_cids(rng, rng.choice((1, 2, 3)))
        customers = (json.dumps(cids), json.dumps([n, *cids]), cids[0], None)[n % 4]
        local = local_times and n % 5 == 4
        text = moment.isoformat() + ".25" if local else moment.strftime("%Y-%m-%d %H:%M:%S")
        failed = n % 3 == 2
        connection.execute(
            "INSERT INTO audit_log(user_id, action_type, customer_ids, timestamp, ip_address, "
            "status, error_message, duration_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            (rng.choice(USERS), rng.choice(("SET_ACTION", "LOGIN", "TOKEN_GENERATION")), customers,
             text, rng.choice((None, "10.1.2.3")), "failure" if failed else "success",
             "API returned status 401: Unauthorized" if failed else None,
             rng.choice((None, 0, 283, 17_250))))
    connection.execute("COMMIT")
    return connection


def read_audit(path):
    """Rows as dicts, in the order of their ids."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM audit_log ORDER BY id")]
    finally:
        connection.close()
