"""The shim itself: what it does to a small program and to SQLite's own shell."""

import pathlib
import platform
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

from fault_shim import TOOLS, FaultyMachine
from chaos_stack import wait_until

YEAR = 365 * 24 * 3600
LIMIT = 30.0
FUTEX = {"x86_64": "202", "aarch64": "98"}[platform.machine()]


class Probe:
    """shim/probe.cc, running on a machine."""

    def __init__(self, machine, program="fault_probe"):
        self._popen = subprocess.Popen([str(TOOLS / program)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True, bufsize=1,
                                       env=machine.environment)

    def send(self, *words):
        self._popen.stdin.write(" ".join(map(str, words)) + "\n")

    def read(self):
        return self._popen.stdout.readline().strip()

    def do(self, *words):
        self.send(*words)
        return self.read()

    def waits(self):
        """It is in the system call futex."""
        call = pathlib.Path(f"/proc/{self._popen.pid}/syscall").read_text(encoding="ascii")
        return call.split()[0] == FUTEX

    def kill(self):
        self._popen.kill()
        self.wait()

    def wait(self):
        self._popen.stdin.close()
        self._popen.stdout.close()
        return self._popen.wait(LIMIT)


class MachineTestCase(unittest.TestCase):

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="tms_shim_")).resolve()
        self.addCleanup(shutil.rmtree, self.place)
        self.directory = self.place / "disk"
        self.machine = FaultyMachine(self.place / "shim", self.directory)
        self._probe = None
        self.addCleanup(lambda: self._probe and self._probe.kill())

    @property
    def probe(self):
        if self._probe is None:
            self._probe = Probe(self.machine)
        return self._probe

    def file(self, name):
        return self.directory / name

    def die(self, rng=None):
        """The power goes."""
        self.probe.kill()
        self._probe = None
        self.machine.cut_power(rng)

    def make(self, name, text):
        """A durable file."""
        self.probe.do("write", self.file(name), 0, text)
        self.assertEqual(self.probe.do("sync", self.file(name)), "ok")
        self.assertEqual(self.probe.do("syncdir", self.directory), "ok")


class SyncFailureTest(MachineTestCase):

    def test_the_nth_fails_F12(self):
        self.probe.do("write", self.file("a"), 0, "text")
        self.machine.fail_syncs(after=2, times=1)
        answers = [self.probe.do("sync", self.file("a")) for _ in range(4)]
        self.assertEqual(answers, ["ok", "ok", "EIO", "ok"])
        self.assertEqual((self.machine.count("syncs"), self.machine.count("failed_syncs")), (4, 1))

    def test_all_fail_until_mended_F12(self):
        self.machine.fail_syncs()
        self.assertEqual({self.probe.do("sync", self.file("a")) for _ in range(3)}, {"EIO"})
        self.machine.mend()
        self.assertEqual(self.probe.do("sync", self.file("a")), "ok")

    def test_only_below_the_directory(self):
        self.machine.fail_syncs()
        self.assertEqual(self.probe.do("sync", self.place / "elsewhere"), "ok")

    def test_slow(self):
        self.machine.slow_syncs(0.2)
        began = time.monotonic()
        self.probe.do("sync", self.file("a"))
        self.assertGreaterEqual(time.monotonic() - began, 0.2)


class FullDiskTest(MachineTestCase):

    def test_a_write_that_does_not_fit_F11(self):
        self.machine.limit_room(6)
        self.assertEqual(self.probe.do("write", self.file("a"), 0, "1234"), "4")
        # What fits is written, then no more.
        self.assertEqual(self.probe.do("write", self.file("a"), 4, "5678"), "2")
        self.assertEqual(self.probe.do("write", self.file("a"), 6, "78"), "ENOSPC")
        self.assertEqual(self.probe.do("append", self.file("a"), "9"), "ENOSPC")
        self.assertEqual(self.probe.do("allocate", self.file("a"), 100), "ENOSPC")
        self.assertEqual(self.file("a").read_bytes(), b"123456")
        self.assertGreater(self.machine.count("refused_writes"), 0)

    def test_what_is_there_can_be_written_again(self):
        self.probe.do("write", self.file("a"), 0, "1234")
        self.machine.limit_room(0)
        self.assertEqual(self.probe.do("write", self.file("a"), 0, "5678"), "4")

    def test_held_room_is_there_when_the_disk_is_full_F10(self):
        self.machine.limit_room(10)
        self.assertEqual(self.probe.do("hold", self.file("a"), 8), "ok")
        self.assertEqual(self.probe.do("write", self.file("b"), 0, "12"), "2")
        self.assertEqual(self.probe.do("write", self.file("b"), 2, "3"), "ENOSPC")
        self.assertEqual(self.probe.do("write", self.file("a"), 0, "12345678"), "8")
        self.assertEqual(self.probe.do("write", self.file("a"), 8, "9"), "ENOSPC")
        self.assertEqual(self.probe.do("hold", self.file("a"), 9), "ENOSPC")

    def test_room_comes_back(self):
        self.machine.limit_room(4)
        self.probe.do("write", self.file("a"), 0, "1234")
        self.assertEqual(self.probe.do("write", self.file("b"), 0, "12"), "ENOSPC")
        self.probe.do("truncate", self.file("a"), 1)
        self.assertEqual(self.probe.do("write", self.file("b"), 0, "12"), "2")
        self.machine.limit_room(None)
        self.assertEqual(self.probe.do("write", self.file("b"), 2, "34567"), "5")


class PowerLossTest(MachineTestCase):

    def test_what_was_not_synced_is_gone_F13(self):
        self.make("a", "durable")
        self.probe.do("write", self.file("a"), 0, "lost")
        self.probe.do("write", self.file("a"), 100, "lost")
        self.die()
        self.assertEqual(self.file("a").read_bytes(), b"durable")

    def test_what_was_synced_stays_F13(self):
        self.make("a", "durable")
        self.probe.do("write", self.file("a"), 2, "RAB")
        self.probe.do("append", self.file("a"), "!")
        self.probe.do("sync", self.file("a"))
        self.die()
        self.assertEqual(self.file("a").read_bytes(), b"duRABle!")

    def test_a_truncation_is_there_whole_or_not_at_all(self):
        text = "x" * 2000
        lengths = set()
        for seed in range(12):
            self.make("a", text)
            self.probe.do("truncate", self.file("a"), 0)
            self.die(random.Random(seed))
            left = self.file("a").read_bytes().decode()
            self.assertIn(left, (text, ""))
            lengths.add(len(left))
        self.assertEqual(lengths, {0, 2000})

    def test_truncation(self):
        self.make("a", "1234567890")
        self.probe.do("truncate", self.file("a"), 2)
        self.die()
        self.assertEqual(self.file("a").read_bytes(), b"1234567890")
        self.probe.do("truncate", self.file("a"), 2)
        self.probe.do("truncate", self.file("a"), 4)
        self.probe.do("sync", self.file("a"))
        self.die()
        self.assertEqual(self.file("a").read_bytes(), b"12\0\0")

    def test_a_name_is_durable_when_its_directory_is(self):
        self.make("a", "old")
        self.probe.do("write", self.file("b"), 0, "new")
        self.probe.do("sync", self.file("b"))
        self.probe.do("rename", self.file("b"), self.file("a"))
        self.die()
        self.assertEqual({path.name: path.read_text() for path in self.directory.iterdir()},
                         {"a": "old"})

    def test_rename_and_sync_of_the_directory(self):
        self.make("a", "old")
        self.probe.do("write", self.file("b"), 0, "new")
        self.probe.do("sync", self.file("b"))
        self.probe.do("rename", self.file("b"), self.file("a"))
        self.probe.do("syncdir", self.directory)
        self.die()
        self.assertEqual({path.name: path.read_text() for path in self.directory.iterdir()},
                         {"a": "new"})

    def test_an_unsynced_removal_comes_back(self):
        self.make("a", "durable")
        self.probe.do("unlink", self.file("a"))
        self.die()
        self.assertEqual(self.file("a").read_text(), "durable")

    def test_a_process_finds_what_another_left_unsynced(self):
        self.make("a", "12")
        self.probe.do("write", self.file("a"), 2, "34")
        self.probe.kill()
        self._probe = None
        self.probe.do("write", self.file("a"), 4, "56")
        self.probe.do("sync", self.file("a"))
        self.die()
        self.assertEqual(self.file("a").read_text(), "123456")

    def test_files_from_before_are_durable(self):
        self.file("a").write_text("from before")
        self.probe.do("write", self.file("a"), 0, "lost")
        self.die()
        self.assertEqual(self.file("a").read_text(), "from before")

    def test_a_failed_sync_loses_its_pages_for_good(self):
        self.make("a", "old")
        self.probe.do("write", self.file("a"), 0, "new")
        self.machine.fail_syncs(times=1)
        self.assertEqual(self.probe.do("sync", self.file("a")), "EIO")
        self.assertEqual(self.probe.do("sync", self.file("a")), "ok")
        self.die()
        self.assertEqual(self.file("a").read_text(), "old")

    def test_sectors_survive_at_random(self):
        self.make("a", "o" * 8192)
        self.probe.do("write", self.file("a"), 0, "n" * 8192)
        self.die(random.Random(1))
        content = self.file("a").read_text()
        self.assertEqual(len(content), 8192)
        sectors = {content[begin:begin + 512] for begin in range(0, 8192, 512)}
        self.assertEqual(sectors, {"o" * 512, "n" * 512})


class KillTest(MachineTestCase):

    def test_at_a_step_F01(self):
        self.machine.kill_at_step(2)
        self.probe.do("write", self.file("a"), 0, "1")
        self.probe.do("sync", self.file("a"))
        self.assertEqual(self.probe.do("write", self.file("a"), 1, "2"), "")
        self.assertEqual(self.probe.wait(), -9)
        self._probe = None
        self.assertEqual(self.file("a").read_text(), "1")


class ClockTest(MachineTestCase):

    def test_it_is_wrong_by_a_year_F14(self):
        for offset in (YEAR, -YEAR, 0):
            self.machine.shift_clock(offset)
            self.assertAlmostEqual(int(self.probe.do("now")), time.time() + offset, delta=5)

    def test_waits_take_their_time_F14(self):
        for offset in (YEAR, -YEAR):
            self.machine.shift_clock(offset)
            for kind in ("CONDITION", "ABSEIL"):
                with self.subTest(kind=kind, offset=offset):
                    self.assertIn(int(self.probe.do("wait", kind, 0.3)), range(295, 2000))

    def test_abseil_waits_of_ours_take_their_time_whatever_jumps_F14(self):
        """With common/runtime/steady_waits.cc in the program."""
        probe = Probe(self.machine, "steady_probe")
        self.addCleanup(probe.kill)
        for seconds in (YEAR, -YEAR, 0):
            probe.send("wait", "ABSEIL", 0.5)
            wait_until(probe.waits, "the probe waits")
            self.machine.shift_clock(seconds)
            self.assertIn(int(probe.read()), range(495, 2000))

    def test_a_jump_ends_or_stretches_waits_F14(self):
        """As the kernel's own waits for a wall time do; whoever must not be hit waits otherwise."""
        for kind in ("CONDITION", "ABSEIL"):
            with self.subTest(kind=kind):
                self.machine.shift_clock(0)
                self.probe.do("now")
                self.probe.send("wait", kind, 20)
                wait_until(self.probe.waits, "the probe waits")
                self.machine.shift_clock(YEAR)
                self.assertLess(int(self.probe.read()), 5000)
                self.probe.send("wait", kind, 0.5)
                wait_until(self.probe.waits, "the probe waits")
                self.machine.shift_clock(YEAR - 1)
                self.assertGreater(int(self.probe.read()), 1200)


class SqliteTest(MachineTestCase):
    """SQLite's shell on the machine: its VFS goes through the shim."""

    def shell(self, *statements, check=True):
        return subprocess.run(["sqlite3", "-batch", str(self.file("t.db"))], check=check,
                              input="\n".join(statements), text=True, capture_output=True,
                              timeout=LIMIT, env=self.machine.environment)

    def start(self):
        self.shell("PRAGMA journal_mode=WAL;", "CREATE TABLE t(n INTEGER PRIMARY KEY, text);")

    def numbers(self):
        connection = sqlite3.connect(self.file("t.db"))
        try:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return [number for number, in connection.execute("SELECT n FROM t ORDER BY n")]
        finally:
            connection.close()

    INSERT = "INSERT INTO t(text) VALUES(hex(randomblob(300)));"

    def killed_after(self, inserts, synchronous, rng):
        """How many inserts a shell had finished when it was killed; then the power goes."""
        shell = subprocess.Popen(["sqlite3", "-batch", str(self.file("t.db"))], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1,
                                 env=self.machine.environment)
        shell.stdin.write(f"PRAGMA synchronous={synchronous};\n")
        for _ in range(inserts):
            shell.stdin.write(self.INSERT + "SELECT max(n) FROM t;\n")
            last = int(shell.stdout.readline())
        shell.kill()
        shell.stdin.close()
        shell.stdout.close()
        shell.wait(LIMIT)
        self.machine.cut_power(rng)
        return last

    def test_full_sync_keeps_every_commit_F13(self):
        self.start()
        for seed in (None, 1, 2, 3):
            rng = None if seed is None else random.Random(seed)
            last = self.killed_after(20, "FULL", rng)
            numbers = self.numbers()
            self.assertEqual(numbers, list(range(1, last + 1)))

    def test_normal_sync_loses_commits_F13(self):
        """Or else this model of power loss would show nothing."""
        self.start()
        last = self.killed_after(20, "NORMAL", None)
        self.assertLess(len(self.numbers()), last)

    def test_full_disk_F11(self):
        self.start()
        self.machine.limit_room(100_000)  # the log, and its index of 32 KiB
        ended = self.shell(*[self.INSERT] * 200, check=False)
        self.assertIn("full", ended.stderr)
        self.machine.limit_room(None)
        count = len(self.numbers())
        self.assertGreater(count, 0)
        self.shell(self.INSERT)
        self.assertEqual(len(self.numbers()), count + 1)

    def test_failed_sync_F12(self):
        self.start()
        self.machine.fail_syncs(after=1)
        ended = self.shell("PRAGMA synchronous=FULL;", self.INSERT, self.INSERT, check=False)
        self.assertIn("I/O error", ended.stderr)

    def test_the_clock_F14(self):
        self.start()
        self.machine.shift_clock(YEAR)
        now = int(self.shell("SELECT strftime('%s', 'now');").stdout)
        self.assertAlmostEqual(now, time.time() + YEAR, delta=5)


if __name__ == "__main__":
    unittest.main()
