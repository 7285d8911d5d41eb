"""The ledger's file is replaced by an older backup; spools, callers and watchers are still alive."""

import contextlib
import random
import sqlite3
import subprocess
import time

import grpc

from chaos_stack import BIN, END_LIMIT, Job, Load, seed_of, stubs, wait_until
from evidence import ANSWERED
from proxy import DOWN
from spool_case import SpoolTestCase


def back_up(stack):
    """As an operator does it while the ledger runs."""
    path = stack.directory / "backup.db"
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(f"file:{stack.db}?mode=ro", uri=True)) as source, \
            contextlib.closing(sqlite3.connect(path)) as target:
        source.backup(target)


def last_event(path):
    """The number of the history's last event."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        number, = connection.execute(
            "SELECT max(number) FROM (SELECT number FROM job_events"
            " UNION ALL SELECT number FROM audit_events UNION ALL SELECT 0)").fetchone()
    return number


def accept(stack, end):
    """At later starts of the ledger, if its file is older than its anchors and ends there; None: no
    such file."""
    stack.ledger.set_environment("TMS_ACCEPT_OLDER_FILE", None if end is None else str(end))


def restore(stack, start=True, accepted=True):
    """The ledger dies and begins anew with the backup. Notes whose events are gone by that."""
    if stack.ledger.running:
        stack.ledger.kill()
    path = stack.directory / "backup.db"
    with contextlib.closing(sqlite3.connect(path)) as backup:
        known, = backup.execute("SELECT coalesce(max(number), 0) FROM job_events").fetchone()
    stack.forgotten.update(row["cid"] for row in stack.rows(
        "SELECT DISTINCT cid FROM job_events JOIN job_customers USING(job_id)"
        " WHERE number > ? AND position = 1", known))
    for suffix in ("", "-wal", "-shm"):
        stack.db.with_name(stack.db.name + suffix).unlink(missing_ok=True)
    stack.db.write_bytes(path.read_bytes())
    accept(stack, last_event(path) if accepted else None)
    stack.ledger_machine.begin_anew()
    if start:
        stack.ledger.start()


class RestoredLedgerTest_F26(SpoolTestCase):

    def test_what_is_under_way_is_told_again(self):
        """STARTED, acked and then forgotten, is sent once more, and so is nothing else."""
        back_up(self.stack)
        cid = self.stack.new_cid()
        self.stack.cluster_proxy.freeze(DOWN)
        call = self.stack.call_later(cids=[cid], cluster="proxied", request_id="under way",
                                     timeout=20)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        restore(self.stack)
        self.assertIsNone(self.stack.job_of(cid))
        self.stack.cluster_proxy.heal()
        self.assertEqual(call.result().effect, "APPLIED")
        self.stack.wait_for_row(cid, effect="APPLIED", outcome_source="TOLD")
        self.assertEqual(self.stack.job_of(cid)["job_id"], call.result().job_id)
        self.stack.forgotten.clear()  # it was, and is known again
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_what_is_in_the_spool_is_told(self):
        told_before = self.stack.call()
        back_up(self.stack)
        self.away()
        spooled = [self.stack.call(behaviour) for behaviour in ("accepted", "401", "504")]
        self.assertEqual({call.kind for call in spooled}, {ANSWERED})
        restore(self.stack)
        self.come_back()
        self.assert_all_delivered([told_before, *spooled])
        self.stack.forgotten.clear()
        self.assert_promises_kept()

    def test_what_ended_meanwhile_is_presumed(self):
        """The backup knows only of its start; its owner has told the rest and forgotten it."""
        cid = self.stack.new_cid()
        self.stack.cluster_proxy.freeze(DOWN)
        call = self.stack.call_later(cids=[cid], cluster="proxied", timeout=3)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        back_up(self.stack)
        self.stack.cluster_proxy.heal()
        self.assertEqual(call.result().effect, "APPLIED")
        restore(self.stack)
        row = self.stack.wait_for_row(cid, status="FAILED")
        self.assertEqual((row["failure_reason"], row["effect"]), ("INTERRUPTED", "UNKNOWN"))
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_what_is_gone_blocks_nothing(self):
        back_up(self.stack)
        gone = self.stack.call(request_id="gone")
        restore(self.stack)
        self.assertIsNone(self.stack.job_of(gone.cid))
        self.stack.wait_until_it_works()
        again = self.stack.call(cids=[gone.cid], request_id="gone")
        self.assertEqual((again.kind, again.effect), (ANSWERED, "APPLIED"))
        self.assert_promises_kept()

    def check_list_anew(self, token):
        request = stubs.ledger.WatchJobsRequest(resume_token=token)
        with self.assertRaises(grpc.RpcError) as caught:
            next(self.stack.jobs.WatchJobs(request, timeout=END_LIMIT))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.OUT_OF_RANGE,
                         caught.exception.details())

    def test_watchers_are_told_to_list_anew(self):
        """Those who have heard of what is gone; before the backup all is as it was."""
        watcher = self.stack.jobs.WatchJobs(stubs.ledger.WatchJobsRequest(), timeout=END_LIMIT)
        before = next(watcher).resume_token
        back_up(self.stack)
        gone = self.stack.call()
        after = next(change.resume_token for change in watcher
                     if change.job.status == Job.SUCCESS)
        restore(self.stack)
        self.assertIsNone(self.stack.job_of(gone.cid))
        self.check_list_anew(after)
        # Also when the history is as long again.
        told = [self.stack.call() for _ in range(3)]
        self.check_list_anew(after)
        request = stubs.ledger.WatchJobsRequest(resume_token=before)
        changes = self.stack.jobs.WatchJobs(request, timeout=END_LIMIT)
        heard = next(change.job.job_id for change in changes if change.HasField("job"))
        self.assertEqual(heard, told[0].job_id)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_what_is_gone_is_said(self):
        """At the start, which is refused until somebody wants it so, and by the history ever after."""
        back_up(self.stack)
        end = last_event(self.stack.directory / "backup.db")
        gone = self.stack.call()
        self.stack.ledger.stop()
        anchors = self.stack.db.with_name("jobs.db.anchors")
        last = int(anchors.read_text(encoding="ascii").splitlines()[-1].split(" ")[2])
        missing = f"events {end + 1} to {last} are missing"
        restore(self.stack, start=False, accepted=False)
        for _ in range(2):
            before = self.stack.db.read_bytes()
            self.stack.ledger.launch()
            self.assertEqual(self.stack.ledger.wait(), 1)
            self.assertTrue(self.stack.logged(self.stack.ledger, "open_failed", missing,
                                              f"--accept-older-file {end}"))
            self.assertEqual(self.stack.db.read_bytes(), before)
            accept(self.stack, last)  # that is another file

        accept(self.stack, end)
        self.stack.ledger.start()
        self.assertTrue(self.stack.logged(self.stack.ledger, "older_file_accepted", missing))
        self.assertIsNone(self.stack.job_of(gone.cid))
        record, = self.stack.rows("SELECT * FROM audit_events WHERE action = 'OLDER_FILE_ACCEPTED'")
        self.assertEqual((record["number"], record["user_id"]), (end + 1, "ledger"))
        self.assertIn(missing, record["detail"])
        accept(self.stack, None)
        self.stack.wait_until_it_works()
        self.stack.ledger.stop()
        self.stack.ledger.start()
        self.stack.wait_until_it_works()

        verify = [str(BIN / "ledgerctl"), "verify", "--db", str(self.stack.db)]
        now = subprocess.run(verify, capture_output=True, text=True, check=False)
        self.assertEqual(now.returncode, 0, now.stdout + now.stderr)
        self.assertRegex(now.stdout, rf"ACCEPTED row {end + 1}, .*{missing}")
        earlier, = anchors.parent.glob("jobs.db.anchors.until-*")
        then = subprocess.run([*verify, "--anchors", str(earlier)], capture_output=True, text=True,
                              check=False)
        self.assertEqual(then.returncode, 1)
        self.assertRegex(then.stdout, r"WRONG    anchor in line \d+")
        self.assertRegex(then.stdout, rf"ACCEPTED row {end + 1}, ")
        self.assert_promises_kept()

    def test_under_load(self):
        seed = seed_of(self)
        rng = random.Random(seed)
        with Load(self.stack, seed) as load:
            for _ in range(3):
                back_up(self.stack)
                time.sleep(rng.uniform(0.1, 1))  # so much is lost
                restore(self.stack)
                load.wait_for_answers(3)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()
