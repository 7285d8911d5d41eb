"""Files that rot or are exchanged while nobody looks: flipped bits, cut ends, older copies."""

import contextlib
import random
import re
import shutil
import sqlite3

import grpc

from chaos_stack import ChaosTest, Job, findings, seed_of, wait_until
from spool_case import SpoolTestCase
from test_restore_faults import accept, last_event


def flip_a_bit(path, rng):
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def flip_a_bit_of_an_event(path, rng):
    """Of a spool, where it is sure to matter."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        events = [row[0] for row in connection.execute("SELECT event FROM events")]
    content = bytearray(path.read_bytes())
    event = rng.choice(events)
    place = content.rindex(event) + rng.randrange(len(event))
    content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def cut_off(path, rng):
    content = path.read_bytes()
    path.write_bytes(content[:rng.randrange(1, len(content))])


class DamagedSpoolTest_F20(SpoolTestCase):
    """What the ledger has not got yet is in the spool; the service is down meanwhile."""

    ROUNDS = 5

    def setUp(self):
        super().setUp()
        self.spool = self.stack.directory / "action" / "spool.db"
        self.rng = random.Random(seed_of(self))

    def fill(self):
        """Actions that only the spool knows of."""
        self.away()
        told = [self.stack.call(behaviour, timeout=5) for behaviour in ("accepted", "401", "504")]
        self.assertEqual({call.kind for call in told}, {"answered"}, told)
        self.assertEqual(self.stack.action.stop(), 0)
        return told

    def check_delivered(self, told):
        self.stack.ledger_proxy.heal()
        for call in told:
            self.stack.wait_for_row(call.cid, status=call.status, outcome_source="TOLD")

    def starts(self):
        """Whether it serves; otherwise it has said why and left the file alone."""
        before = self.spool.read_bytes()
        self.stack.action.launch()
        wait_until(lambda: self.stack.action.is_ready() or not self.stack.action.running,
                   "it serves or ends")
        if self.stack.action.running:
            return True
        self.assertNotEqual(self.stack.action.wait(), 0)
        self.assertIn(str(self.spool), self.stack.action.log(1000))
        self.assertEqual(self.spool.read_bytes(), before)
        return False

    def check_damage(self, spoil):
        """It is refused, or nothing that was in it is missing. Returns how often it was refused."""
        refused = 0
        for _ in range(self.ROUNDS):
            told = self.fill()
            sound = self.stack.directory / "sound_spool.db"
            shutil.copy(self.spool, sound)
            spoil(self.spool, self.rng)
            if not self.starts():
                refused += 1
                shutil.copy(sound, self.spool)
                self.stack.action.start()
            self.check_delivered(told)
        return refused

    def test_flipped_bits(self):
        # Most of the file is empty.
        self.check_damage(flip_a_bit)
        self.assertEqual(self.check_damage(flip_a_bit_of_an_event), self.ROUNDS)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_cut_off(self):
        self.assertGreater(self.check_damage(cut_off), 0)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_older_copy_put_back(self):
        """It is refused. Accepted, what the ledger has had is told again, and changes nothing."""
        told = self.fill()
        older = self.stack.directory / "older_spool.db"
        shutil.copy(self.spool, older)
        self.stack.action.start()
        self.check_delivered(told)
        rows = [self.stack.job_of(call.cid) for call in told]
        self.stack.action.stop()
        newer = self.spool.read_bytes()
        shutil.copy(older, self.spool)
        self.assert_refused("is older than")
        self.assertEqual(self.spool.read_bytes(), older.read_bytes())
        self.spool.write_bytes(newer)
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.stack.action.stop()
        shutil.copy(older, self.spool)
        self.stack.action.set_environment("TMS_ACCEPT_LOST_SPOOL", "true")
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assertTrue(self.stack.logged(self.stack.action, "loss_accepted", "is older than"))
        self.assertEqual([self.stack.job_of(call.cid) for call in told], rows)
        self.assert_promises_kept()

    def assert_refused(self, why):
        self.stack.action.launch()
        self.assertNotEqual(self.stack.action.wait(), 0)
        log = self.stack.action.log(2000)
        self.assertIn(why, log)
        self.assertIn(str(self.spool), log)

    def test_missing_or_empty(self):
        """It is missed, and gone on without only when somebody says so."""
        told = self.fill()
        aside = self.stack.directory / "aside.db"
        self.spool.rename(aside)
        self.assert_refused("is missing or empty")
        self.assertFalse(self.spool.exists())
        self.spool.touch()
        self.assert_refused("is missing or empty")
        aside.rename(self.spool)
        self.stack.action.start()
        self.check_delivered(told)
        # Now nothing is in it.
        self.assertEqual(self.stack.action.stop(), 0)
        self.spool.unlink()
        self.assert_refused("--accept-lost-spool")
        self.stack.action.set_environment("TMS_ACCEPT_LOST_SPOOL", "true")
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assertTrue(self.stack.logged(self.stack.action, "loss_accepted", str(self.spool)))
        self.assert_promises_kept()

    def test_flipped_bit_in_the_log_of_a_killed_one(self):
        """SQLite would drop what is behind it without a word."""
        self.away()
        told = [self.stack.call(behaviour, timeout=5) for behaviour in ("accepted", "401", "504")]
        self.stack.action.kill()
        log = self.spool.with_name(self.spool.name + "-wal")
        sound = log.read_bytes()
        content = bytearray(sound)
        # Behind the first frame: where that one is bad, the log may have been begun anew.
        content[self.rng.randrange(32 + 24 + 4096, len(content) // 3)] ^= 1 << self.rng.randrange(8)
        log.write_bytes(content)
        self.assert_refused("can't be read")
        log.write_bytes(sound)
        self.stack.action.start()
        self.check_delivered(told)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class DamagedLedgerTest_F20(ChaosTest):
    """jobs.db rots while the ledger is down."""

    ROUNDS = 8

    def setUp(self):
        super().setUp()
        self.rng = random.Random(seed_of(self))
        self.told = [self.stack.call(behaviour, timeout=5) for behaviour in
                     ("accepted", "401", "504", "refused-state", "not-json") * 3]
        self.stack.action.stop()
        self.assertEqual(self.stack.ledger.stop(), 0)
        self.sound = self.stack.directory / "sound.db"
        shutil.copy(self.stack.db, self.sound)

    def findings(self):
        return "\n".join(findings(self.stack.db))

    def serves(self):
        """Whether it does; otherwise it has named the file and left it alone."""
        before = self.stack.db.read_bytes()
        self.stack.ledger.launch()
        wait_until(lambda: self.stack.ledger.is_ready() or not self.stack.ledger.running,
                   "it serves or ends")
        if self.stack.ledger.running:
            return True
        self.assertNotEqual(self.stack.ledger.wait(), 0)
        self.assertIn("jobs.db", self.stack.ledger.log(2000))
        self.assertEqual(self.stack.db.read_bytes(), before)
        return False

    def says_untruth(self):
        """Whether an answer differs from what callers were told. Errors are no untruth."""
        for call in self.told:
            try:
                job = self.stack.get_job(call.job_id)
            except grpc.RpcError:
                continue
            told = (Job.Status.Name(job.status), Job.Effect.Name(job.effect))
            if told != (call.status, call.effect):
                return True
        return False

    def check_damage(self, spoil):
        """What is wrong is refused or found, and is still there for the next one to find. Returns
        how often it was refused."""
        refused = 0
        for _ in range(self.ROUNDS):
            for path in self.stack.db.parent.glob("jobs.db*"):
                if path.suffix in (".db-wal", ".db-shm"):
                    path.unlink()
            shutil.copy(self.sound, self.stack.db)
            spoil(self.stack.db, self.rng)
            found = self.findings()
            if self.serves():
                self.assertTrue(found or not self.says_untruth())
                self.stack.ledger.stop()
                self.assertEqual(bool(self.findings()), bool(found))
            else:
                refused += 1
        shutil.copy(self.sound, self.stack.db)
        self.stack.ledger.start()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        return refused

    def test_flipped_bits(self):
        self.check_damage(flip_a_bit)
        self.assert_promises_kept()

    def test_cut_off(self):
        self.assertGreater(self.check_damage(cut_off), 0)
        self.assert_promises_kept()

    def test_older_copy_put_back(self):
        """Sound by itself; what was signed in between tells, at the start already."""
        self.assertEqual(self.findings(), "")
        self.stack.ledger.start()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.stack.ledger.stop()
        self.assertEqual(self.findings(), "")
        newer = self.stack.db.read_bytes()
        shutil.copy(self.sound, self.stack.db)
        self.assertIn("anchor", self.findings())
        for _ in range(2):
            self.assertFalse(self.serves())
            self.assertTrue(self.stack.logged(self.stack.ledger, "older than its anchors",
                                              f"ends at event {last_event(self.sound)}"))
        self.stack.db.unlink()  # so is none at all
        self.stack.ledger.launch()
        self.assertNotEqual(self.stack.ledger.wait(), 0)
        self.assertTrue(self.stack.logged(self.stack.ledger, "has no history", "are missing"))
        self.assertFalse(self.stack.db.exists())
        self.stack.db.write_bytes(newer)
        self.stack.ledger.start()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_flipped_bit_in_the_log_of_a_killed_one(self):
        """Also what no anchor has signed is missed; going on without it is somebody's own word."""
        self.stack.ledger.start()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        for _ in range(3):
            self.stack.call("accepted", timeout=5)
        self.stack.action.stop()
        self.stack.ledger.kill()
        sound = {path: path.read_bytes() for path in self.stack.db.parent.glob("jobs.db*")}
        log = self.stack.db.with_name("jobs.db-wal")
        content = bytearray(sound[log])
        # Behind the first frame: where that one is bad, the log may have been begun anew.
        content[self.rng.randrange(32 + 24 + 4096, len(content) // 3)] ^= 1 << self.rng.randrange(8)
        log.write_bytes(content)
        self.assertFalse(self.serves())
        self.assertTrue(self.stack.logged(self.stack.ledger, "commits behind event",
                                          "can't be read"))
        end = re.search(r"--accept-older-file (\d+)", self.stack.ledger.log(2000)).group(1)
        accept(self.stack, int(end))
        self.stack.ledger.start()
        self.assertTrue(self.stack.logged(self.stack.ledger, "older_file_accepted"))
        self.assertEqual(len(self.stack.rows(
            "SELECT * FROM audit_events WHERE action = 'OLDER_FILE_ACCEPTED'")), 1)
        self.stack.ledger.stop()
        # It is found after all.
        accept(self.stack, None)
        for path in self.stack.db.parent.glob("jobs.db*"):
            path.unlink()
        for path, content in sound.items():
            path.write_bytes(content)
        self.stack.ledger.start()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def test_a_new_event_altered(self):
        """Where SQLite sees nothing: the end of the chain is recomputed at each start."""
        self.stack.db.write_bytes(self.stack.db.read_bytes().replace(b"STARTED", b"STARTEQ"))
        self.assertIn("WRONG", self.findings())
        self.assertFalse(self.serves())
        self.assertTrue(self.stack.logged(self.stack.ledger, "is damaged"))
        shutil.copy(self.sound, self.stack.db)
        self.stack.ledger.start()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class DamagedLedgerTest_F20_Full(DamagedLedgerTest_F20):
    ROUNDS = 100


class DamagedSpoolTest_F20_Full(DamagedSpoolTest_F20):
    ROUNDS = 100
