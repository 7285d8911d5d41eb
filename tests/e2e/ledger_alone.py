"""The ledger alone, on a file that a test puts before it."""

import pathlib
import shutil
import sqlite3
import tempfile
import unittest

import grpc

import stubs
from process import Process, free_port
from stack import RPC_LIMIT, Stack

# A migration before it listens, on a machine that does other things as well.
READY_LIMIT = 200.0


class LedgerTest(unittest.TestCase):
    """A folder for each test; `jobs.db` in it is the test's to make."""

    ledger_flags = ("--legacy-timezone", "Europe/Berlin", "--grace", "1s")

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tms_ledger_"))
        self.db = self.directory / "jobs.db"
        self.port = free_port()
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{self.port}", [("grpc.enable_http_proxy", 0),
                                       ("grpc.initial_reconnect_backoff_ms", 50),
                                       ("grpc.max_reconnect_backoff_ms", 200)])
        self.jobs = stubs.ledger_grpc.JobLedgerServiceStub(self.channel)
        self.ledger = self.process(self.ledger_flags)
        self.addCleanup(shutil.rmtree, self.directory)
        self.addCleanup(self.channel.close)
        self.addCleanup(lambda: self.ledger.stop())

    def process(self, flags, environment=None):
        return Process("job_ledger_service",
                       ["--listen", f"127.0.0.1:{self.port}", "--db", self.db, *flags],
                       self.directory, lambda: Stack.is_serving(self.channel), environment)

    def start(self):
        self.ledger.start(READY_LIMIT)

    def refused(self, flags=()):
        """Starts with `flags`; the ledger must say no. Returns its last line."""
        process = self.process(flags)
        process.launch()
        self.assertEqual(process.wait(READY_LIMIT), 1, process.log())
        return process.log().splitlines()[-1]

    def rows(self, query, *values):
        connection = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def value(self, query, *values):
        return list(self.rows(query, *values)[0].values())[0]

    def get(self, job_id):
        return self.jobs.GetJob(stubs.ledger.GetJobRequest(job_id=job_id), timeout=RPC_LIMIT)
