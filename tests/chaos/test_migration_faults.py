"""A replaced system's jobs.db, migrated while everything goes wrong.

After each fault the file is the old one, with every row, or the new one, complete; never anything
between. The next start makes it the new one, and leaves nothing behind but backups.
"""

import os
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import legacy_db  # noqa: E402
from fault_shim import FaultyMachine  # noqa: E402
from ledger_alone import READY_LIMIT, LedgerTest  # noqa: E402
from process import wait_until  # noqa: E402
from small_disk import SmallDisk, may_mount  # noqa: E402
from test_crash_points import known_points  # noqa: E402
from test_migration import check_migrated, fingerprint  # noqa: E402

SEED = int(os.environ.get("CHAOS_SEED", random.randrange(10**9)))


class MigrationFaultCase:
    """The ledger's file in a folder of its own, on a disk that can fail."""

    rows_each = 60

    def setUp(self):
        super().setUp()
        print("seed", SEED)
        self.rng = random.Random(SEED)
        self.folder = self.directory / "disk"
        self.machine = FaultyMachine(self.directory / "shim", self.folder)
        self.db = self.folder / "jobs.db"
        self.ledger = self.process(self.ledger_flags, self.machine.environment)

    def build(self, generation="v2", wal="left behind"):
        """Returns what is in the file."""
        self.ledger.stop()
        for path in self.folder.iterdir():
            path.unlink()
        legacy_db.build(self.db, generation, self.rows_each, wal, seed=self.rng.randrange(10**6))
        old = legacy_db.read(self.db)
        # The key of the anchors is there: making it is no part of the migration.
        key = self.folder / "jobs.db.anchor-key"
        key.touch(mode=0o600)
        key.write_text("0f" * 32 + "\n", encoding="ascii")
        self.machine.mend()
        self.machine.begin_anew()
        return old

    def files(self):
        """All that is there, but for what SQLite and the ledger keep beside a file."""
        return fingerprint(*(path for path in sorted(self.folder.iterdir())
                             if path.name not in ("jobs.db-shm", "jobs.db.lock")))

    def is_old(self):
        """By the version in its header, so that nobody helps it; the rest may be in its WAL."""
        return int.from_bytes(self.db.read_bytes()[60:64], "big") == 0

    def check_old(self, old):
        """Looked at in a copy, as another program would find it, without helping."""
        with tempfile.TemporaryDirectory(prefix="tms_copy_") as copy:
            for path in self.folder.glob("jobs.db*"):
                shutil.copy(path, copy)
            with sqlite3.connect(pathlib.Path(copy) / "jobs.db") as connection:
                connection.execute("SELECT count(*) FROM jobs").fetchone()  # rolls back
            connection.close()
            self.assertEqual(legacy_db.read(pathlib.Path(copy) / "jobs.db"), old)

    def check_new_after_start(self, old):
        self.machine.mend()
        self.ledger.set_environment("TMS_CRASH_AT", None)
        self.start()
        check_migrated(self, *old)
        backups = sorted(self.folder.glob("jobs.db.v0-*.bak"))
        self.assertTrue(backups)
        for backup in backups:
            self.assertEqual(legacy_db.read(backup), old)
            for suffix in ("-wal", "-shm"):  # what reading it has left
                backup.with_name(backup.name + suffix).unlink(missing_ok=True)
        self.assertEqual(self.ledger.stop(), 0)
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {"jobs.db", "jobs.db.anchor-key", "jobs.db.anchors", "jobs.db.lock",
                          *(backup.name for backup in backups)})

    def check_whole(self, old):
        """After a death: old or new, and the next start makes it new."""
        was_old = self.is_old()
        if was_old:
            self.check_old(old)
        self.check_new_after_start(old)
        return was_old


class KilledAtEachStepTest_F01_F23(MigrationFaultCase, LedgerTest):
    """kill -9 of the migration at every durable step: its named crash points."""

    POINTS = ("migration.begun", "migration.backup_copied", "migration.copied",
              "migration.rows_written", "migration.built", "migration.backup_renamed",
              "migration.wal_retired", "migration.swapped")

    def die_at(self, point):
        self.ledger.set_environment("TMS_CRASH_AT", point)
        self.ledger.launch()
        self.assertEqual(self.ledger.wait(READY_LIMIT), -9, self.ledger.log())

    def test_every_point_is_here(self):
        self.assertEqual(set(self.POINTS),
                         {name for name in known_points() if name.startswith("migration.")})

    def test_each_and_then_the_next_try_as_well(self):
        for number, point in enumerate(self.POINTS):
            with self.subTest(point=point):
                old = self.build(legacy_db.GENERATIONS[number % 4],
                                 "none" if number % 4 == 2 else "left behind")
                files = self.files()
                self.die_at(point)
                self.assertEqual(self.is_old(), point != "migration.swapped")
                if number < self.POINTS.index("migration.wal_retired"):
                    self.assertLessEqual(set(files), set(self.files()))
                if point == "migration.swapped":
                    # In WAL mode already: nothing of it has to change when it is opened.
                    self.assertEqual(self.db.read_bytes()[18:20], b"\2\2")
                if self.is_old():
                    self.check_old(old)
                    self.die_at("migration.rows_written")
                self.check_whole(old)


class KilledMigrationTest_F13_F23(MigrationFaultCase, LedgerTest):
    """kill -9 at any write, truncation or sync; then the power may be cut as well, and what was not
    synced is gone, or any part of it."""

    ROUNDS = 6

    def steps_of_a_migration(self):
        self.build()
        before = self.machine.count("steps")
        self.start()
        return self.machine.count("steps") - before

    def die(self, rng, steps):
        """At the step of that number; False: it had served before."""
        self.machine.kill_at_step(steps)
        self.ledger.launch()
        wait_until(lambda: not self.ledger.running or self.ledger.is_ready(), "it dies or serves",
                   READY_LIMIT)
        died = not self.ledger.running
        self.ledger.kill()
        if rng.random() < 0.7:
            self.machine.cut_power(rng if rng.random() < 0.7 else None)
        return died

    def test_at_random(self):
        rng = self.rng
        steps = self.steps_of_a_migration()
        print(steps, "steps")
        outcomes = []
        for number in range(self.ROUNDS):
            old = self.build(rng.choice(legacy_db.GENERATIONS),
                             rng.choice(("none", "clean", "left behind")))
            # The last steps are where the new file takes its place.
            step = rng.randrange(steps) if number % 2 else steps - 1 - rng.randrange(steps // 4)
            died = self.die(rng, step)
            with self.subTest(number=number, step=step, died=died):
                outcomes.append(self.check_whole(old))
        print(outcomes.count(True), "times the old file,", outcomes.count(False), "times the new")


class KilledMigrationTest_F13_F23_Full(KilledMigrationTest_F13_F23):
    ROUNDS = 200


class QuotaDisk:
    """Without the right to mount: the shim says that the disk is full."""

    def __init__(self, machine):
        self._machine = machine

    def leave(self, free_bytes):
        self._machine.limit_room(free_bytes)

    def free(self):
        self._machine.limit_room(None)

    def unmount(self):
        pass


class FullDiskTest_F11_F23(MigrationFaultCase, LedgerTest):
    """The disk fills up amid the migration."""

    rows_each = 400
    SIZE = 16 << 20

    def setUp(self):
        super().setUp()
        self.disk = SmallDisk(self.folder, self.SIZE) if may_mount() else QuotaDisk(self.machine)
        self.addCleanup(self.disk.unmount)
        self.addCleanup(lambda: self.ledger.stop())  # before that

    def test_the_old_file_stays_as_it_was_and_with_room_it_is_migrated(self):
        old = self.build()
        files = self.files()
        size = sum(path.stat().st_size for path in self.folder.glob("jobs.db*"))
        for share in (0, 0.4, 0.9, 1.3, 1.8):
            with self.subTest(room=share):
                self.disk.leave(int(size * share))
                self.ledger.launch()
                self.assertEqual(self.ledger.wait(READY_LIMIT), 1, self.ledger.log())
                self.assertRegex(self.ledger.log().splitlines()[-1], "event=(disk_full|open_failed)")
                self.disk.free()
                self.assertEqual(self.files(), files)
        self.check_new_after_start(old)
