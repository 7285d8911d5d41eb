"""The checker itself: on what a real run left behind, and on copies in which something is wrong."""

import dataclasses
import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

import checker
import evidence
from chaos_stack import ChaosStack
from evidence import ANSWERED, REFUSED, UNKNOWN, Call, Evidence


def make_evidence(directory):
    """Runs one stack through all kinds of outcomes; returns the evidence, with the stack gone."""
    stack = ChaosStack()
    try:
        stack.start()
        for behaviour in ("accepted", "401", "504", "refused-state", "not-json"):
            stack.call(behaviour)
            stack.call(behaviour, request_id=f"once {behaviour}")
        twice = stack.request(request_id="twice")
        stack.send(twice)
        stack.send(twice)
        stack.call(cluster="refusing")
        stack.call("never", timeout=0.2)
        stack.call(action="no such action")
        stack.call("delay~ms=50", method="SubmitAction")
        stack.wait_until_all_ended()
    finally:
        problems = stack.stop()
    assert not problems, problems
    shutil.copytree(stack.directory, directory, dirs_exist_ok=True)
    stack.remove()
    return Evidence(db=directory / "ledger" / "jobs.db", hits=directory / "hits.jsonl",
                    calls=stack.calls, directory=directory, canary=stack.canary)


class CheckerTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.original = pathlib.Path(tempfile.mkdtemp(prefix="tms_checker_"))
        cls.addClassCleanup(shutil.rmtree, cls.original)
        cls.evidence_of_run = make_evidence(cls.original)

    def setUp(self):
        """A copy that may be spoilt."""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="tms_checker_"))
        self.addCleanup(shutil.rmtree, directory)
        shutil.copytree(self.original, directory, dirs_exist_ok=True)
        self.evidence = dataclasses.replace(
            self.evidence_of_run, db=directory / "ledger" / "jobs.db",
            hits=directory / "hits.jsonl", directory=directory,
            calls=list(self.evidence_of_run.calls))

    # Spoiling.

    def change(self, *statements):
        """In the database, past its triggers."""
        connection = sqlite3.connect(self.evidence.db, isolation_level=None)
        try:
            for name, in connection.execute(
                    "SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                self.assertGreater(connection.execute(statement).rowcount, 0, statement)
        finally:
            connection.close()

    def change_hits(self, change):
        hits = [json.loads(line) for line in self.evidence.hits.read_text().splitlines()]
        self.evidence.hits.write_text(
            "".join(json.dumps(hit) + "\n" for hit in change(hits)))

    def call_of(self, **wanted):
        return next(call for call in self.evidence.calls
                    if all(getattr(call, key) == value for key, value in wanted.items()))

    def replace_call(self, call, **changes):
        self.evidence.calls[self.evidence.calls.index(call)] = dataclasses.replace(call, **changes)

    def assert_found(self, *texts):
        """Each text is in a line of its findings."""
        found = checker.violations(self.evidence)
        for text in texts:
            self.assertTrue(any(text in line for line in found), f"{text!r} is not in {found}")

    # The run itself.

    def test_a_run_without_fault_has_no_violation(self):
        self.assertEqual(checker.violations(self.evidence), [])
        kinds = {call.kind for call in self.evidence.calls}
        self.assertEqual(kinds, {ANSWERED, REFUSED})

    def test_it_needs_no_callers(self):
        self.evidence.calls = None
        self.assertEqual(checker.violations(self.evidence), [])

    def test_calls_survive_on_disk(self):
        path = self.evidence.directory / "calls.jsonl"
        evidence.write_calls(path, self.evidence.calls)
        self.assertEqual(evidence.read_calls(path), self.evidence.calls)

    # Planted violations of the kinds that the promises name.

    def test_a_dropped_event(self):
        self.change("DELETE FROM job_events WHERE number = 4")
        self.assert_found("event 4 is missing")

    def test_a_changed_event(self):
        self.change("UPDATE job_events SET actor = 'somebody else' WHERE number = 3")
        self.assert_found("event 3 (job_events): its content is not what was chained")

    def test_a_changed_event_with_a_digest_that_fits(self):
        self.change("UPDATE job_events SET salted_digest = zeroblob(32) WHERE number = 3")
        self.assert_found("event 3 (job_events): its hash is wrong")

    def test_two_events_changed_places(self):
        self.change("UPDATE job_events SET number = -5 WHERE number = 5",
                    "UPDATE job_events SET number = 5 WHERE number = 6",
                    "UPDATE job_events SET number = 6 WHERE number = -5")
        self.assert_found("event 5 (job_events): its hash is wrong")

    def test_the_last_event_dropped(self):
        self.change("DELETE FROM job_events WHERE number = (SELECT max(number) FROM job_events)")
        self.assert_found("its last event says")

    def test_a_dropped_row(self):
        job_id = self.call_of(effect="APPLIED").job_id
        self.change(f"DELETE FROM job_cids WHERE job_number ="
                    f" (SELECT number FROM jobs WHERE job_id = '{job_id}')",
                    f"DELETE FROM jobs WHERE job_id = '{job_id}'")
        self.assert_found("there is no row", "has events and no row", "(no job): 1 hits",
                          "job_stats counts")

    def test_a_changed_row(self):
        job_id = self.call_of(effect="APPLIED").job_id
        self.change("UPDATE jobs SET status = 'FAILED', effect = 'NOT_APPLIED',"
                    f" failure_reason = 'REJECTED' WHERE job_id = '{job_id}'")
        self.assert_found("its caller was told", "its last event says", "the cluster applied 1",
                          "job_stats counts")

    def test_a_changed_message(self):
        self.change("UPDATE jobs SET error_message = 'all is well' WHERE http_status = 401")
        self.assert_found("error_message is 'all is well'")

    def test_a_post_sent_twice(self):
        self.change_hits(lambda hits: hits + hits[-1:])
        self.assert_found(": 2 hits")

    def test_a_request_id_sent_twice(self):
        cid = self.call_of(request_id="twice").cid
        self.change_hits(lambda hits: hits + [hit for hit in hits if hit["first_cids"] == [cid]])
        self.assert_found("('ada', 'twice'): 2 hits")

    # Others.

    def test_a_post_that_never_arrived(self):
        self.change_hits(lambda hits: hits[1:])
        self.assert_found("there is no hit", "APPLIED, the cluster applied 0")

    def test_a_hit_for_nobody(self):
        self.change_hits(lambda hits: hits + [{**hits[0], "first_cids": ["somebody"]}])
        self.assert_found("somebody (no job): 1 hits")

    def test_a_hit_that_broke_off_and_was_sent_again(self):
        self.change_hits(lambda hits: hits + [{**hits[0], "first_cids": [], "applied": False}] * 4)
        self.assert_found("hits for")

    def test_the_cluster_applied_what_was_refused(self):
        self.change_hits(lambda hits: [{**hit, "applied": True} for hit in hits])
        self.assert_found("FAILED NOT_APPLIED): the cluster applied 1")

    def test_a_job_without_end(self):
        self.change("UPDATE jobs SET status = 'IN_PROGRESS' WHERE number = 1")
        self.assert_found("not terminal")

    def test_a_failure_without_reason(self):
        self.change("UPDATE jobs SET failure_reason = NULL WHERE http_status = 401")
        self.assert_found("FAILED with reason None")

    def test_an_outcome_without_effect(self):
        self.change("UPDATE jobs SET effect = NULL WHERE number = 1")
        self.assert_found("without effect")

    def test_two_jobs_for_a_request_id(self):
        one, other = self.call_of(request_id="once accepted"), self.call_of(request_id="once 504")
        self.change(f"UPDATE jobs SET request_claim = NULL, request_id = 'once 504'"
                    f" WHERE job_id = '{one.job_id}'")
        self.assert_found("('ada', 'once 504'): 2 jobs")
        self.replace_call(other, accept_possible_repeat=True)
        self.assertFalse(any("2 jobs" in line for line in checker.violations(self.evidence)))

    def test_a_job_for_nobody(self):
        del self.evidence.calls[0]
        self.assert_found("1 jobs for 0 calls")

    def test_called_although_refused(self):
        call = self.call_of(effect="APPLIED")
        self.replace_call(call, kind=REFUSED)
        self.assert_found("every caller was told that nothing was called")

    def test_a_caller_who_does_not_know_proves_nothing(self):
        self.replace_call(self.call_of(effect="APPLIED"), kind=UNKNOWN)
        self.assertEqual(checker.violations(self.evidence), [])

    def test_a_job_told_to_the_wrong_caller(self):
        calls = self.evidence.calls
        self.replace_call(calls[0], job_id=calls[1].job_id)
        self.assert_found("is not what its caller asked for")

    def test_a_caller_told_of_no_job(self):
        self.evidence.calls.append(Call(cid="c", kind=ANSWERED, user_id="u", job_id="none"))
        self.assert_found("there is no row")

    def test_a_forgotten_job_is_no_breach(self):
        call = self.call_of(effect="APPLIED")
        self.change(f"DELETE FROM job_cids WHERE cid = '{call.cid}'",
                    f"DELETE FROM jobs WHERE job_id = '{call.job_id}'")
        self.assert_found("there is no row", "(no job): 1 hits")
        self.evidence.forgotten = frozenset([call.cid])
        found = checker.violations(self.evidence)
        self.assertFalse(any(call.cid in line for line in found), found)

    def test_an_untruth_about_a_forgotten_job_is_one(self):
        call = self.call_of(effect="APPLIED")
        self.evidence.forgotten = frozenset([call.cid])
        self.change("UPDATE jobs SET status = 'FAILED', effect = 'NOT_APPLIED',"
                    f" failure_reason = 'REJECTED' WHERE job_id = '{call.job_id}'")
        self.assert_found("NOT_APPLIED): the cluster applied 1")

    def test_the_token_on_the_disk(self):
        (self.evidence.directory / "ledger" / "core").write_bytes(
            b"\0\1" + self.evidence.canary.encode() + b"\2")
        self.assert_found("the token's canary is in")

    def test_an_index_that_lost_a_row(self):
        # The first is in the table, the second in the index by customer, or the other way round.
        self.damage(lambda text: text.replace(b"customer000002", b"customer999992", 1))
        self.assert_found("integrity_check: row")

    def test_a_file_full_of_noise(self):
        self.damage(lambda text: text[:8192] + b"\xAA" * (len(text) - 8192))
        self.assert_found("cannot be read")

    def damage(self, change):
        content = self.evidence.db.read_bytes()
        damaged = change(content)
        self.assertNotEqual(damaged, content)
        self.evidence.db.write_bytes(damaged)


if __name__ == "__main__":
    unittest.main()
