"""What a run has left behind: jobs.db, the fake cluster's log of hits, and what callers were told."""

import collections
import contextlib
import dataclasses
import json
import pathlib
import sqlite3
from typing import Optional

# Of a call, and what its caller knows then.
ANSWERED = "answered"  # OK with a job
REFUSED = "refused"    # an error of ours: the cluster was not called
UNKNOWN = "unknown"    # an error of the transport: anything may have happened


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of SetAction or SubmitAction and what its caller was told."""

    cid: str
    kind: str
    user_id: str
    request_id: str = ""
    job_id: str = ""
    status: str = ""
    failure_reason: str = ""
    effect: str = ""
    accept_possible_repeat: bool = False
    error: str = ""


@dataclasses.dataclass
class Evidence:
    """Where the traces of a run are. `calls` None: nobody wrote down who called."""

    db: pathlib.Path
    hits: pathlib.Path
    calls: Optional[list] = None
    # Customers whose jobs the ledger knew and then forgot, as an older backup was put back.
    forgotten: frozenset = frozenset()
    # Searched for the canary, with everything below it.
    directory: Optional[pathlib.Path] = None
    canary: str = ""


@dataclasses.dataclass
class Traces:
    """What was read from the evidence."""

    jobs: list
    events: list
    audit: list
    chain_id: Optional[str]
    counters: dict  # table → Counter of (status, failure_reason, effect)
    integrity: list
    hits: list
    calls: Optional[list]
    forgotten: frozenset


# Reading.

def read(evidence):
    with contextlib.closing(sqlite3.connect(f"file:{evidence.db}?mode=ro", uri=True,
                                            timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")  # one moment for all
        return Traces(
            jobs=_rows(connection, "SELECT jobs.*, (SELECT cid FROM job_customers AS c WHERE"
                       " c.job_id = jobs.job_id ORDER BY position LIMIT 1) AS cid FROM jobs"
                       " ORDER BY number"),
            events=_rows(connection, "SELECT * FROM job_events ORDER BY number"),
            audit=_rows(connection, "SELECT * FROM audit_events ORDER BY number"),
            chain_id=_meta(connection, "chain_id"),
            counters={table: _read_counters(connection, table)
                      for table in ("job_stats", "job_user_stats")},
            integrity=[line for line, in map(tuple, connection.execute("PRAGMA integrity_check"))],
            hits=_read_hits(evidence.hits),
            calls=evidence.calls,
            forgotten=evidence.forgotten)


def _rows(connection, query):
    return [dict(row) for row in connection.execute(query)]


def _meta(connection, key):
    row = connection.execute("SELECT value FROM ledger_meta WHERE key = ?", (key,)).fetchone()
    return row and row[0]


def _read_counters(connection, table):
    rows = connection.execute(f"SELECT status, failure_reason, effect, sum(job_count) FROM {table}"
                              " WHERE level = 'MONTH' GROUP BY 1, 2, 3")
    return collections.Counter({tuple(key): count for *key, count in map(tuple, rows) if count})


def _read_hits(path):
    if not pathlib.Path(path).exists():
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


# Calls on disk.

def write_calls(path, calls):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(dataclasses.asdict(call)) + "\n" for call in calls)


def read_calls(path):
    with open(path, encoding="utf-8") as lines:
        return [Call(**json.loads(line)) for line in lines]
