"""How long a replaced system's jobs.db takes, and how much room."""

import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import legacy_db  # noqa: E402
from ledger_alone import LedgerTest  # noqa: E402
from process import wait_until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


class MigrationSpeedTest_F23(LedgerTest):

    ROWS = 20_000
    # Of any build on any machine; what is printed tells how fast it was.
    LIMIT = 200

    def room(self):
        """Bytes of everything in the folder."""
        total = 0
        for path in self.directory.iterdir():
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                pass  # it has just got its name
        return total

    def watch_room(self, done):
        while not done.wait(0.05):
            self.peak = max(self.peak, self.room())

    def test_every_row_in_time_and_the_figures_of_it(self):
        legacy_db.build(self.db, "v2", self.ROWS)
        size = self.db.stat().st_size
        self.peak = 0
        done = threading.Event()
        watcher = threading.Thread(target=self.watch_room, args=(done,))
        watcher.start()
        self.addCleanup(watcher.join)
        self.addCleanup(done.set)
        began = time.monotonic()
        self.ledger.launch()
        wait_until(lambda: self.ledger.is_ready() or not self.ledger.running, "it serves",
                   self.LIMIT)
        seconds = time.monotonic() - began
        self.assertTrue(self.ledger.running, self.ledger.log())
        stat = pathlib.Path(f"/proc/{self.ledger.pid}/stat").read_text(encoding="utf-8")
        ticks = stat.rpartition(")")[2].split()[11:13]
        cpu = sum(int(count) for count in ticks) / TICKS
        log = self.ledger.log(10**6)
        self.assertEqual(self.value("SELECT count(*) FROM jobs"), self.ROWS)
        self.assertIn(f"step=rows rows=0 total={self.ROWS}", log)
        self.assertIn(f"jobs={self.ROWS}", log)
        self.assertLess(self.peak, 4 * size)
        print(f"{self.ROWS} rows, {size / 2**20:.0f} MiB: {seconds:.1f} s, {cpu:.1f} s of CPU, "
              f"{self.ROWS / seconds:.0f} rows a second; at most {(self.peak - size) / size:.2f} "
              f"times the file beside it, {self.db.stat().st_size / size:.2f} times afterwards")


class MigrationSpeedTest_F23_Full(MigrationSpeedTest_F23):
    ROWS = 1_000_000
    # What is promised of a release build.
    LIMIT = 120 if os.environ.get("E2E_BUILD_TYPE", "Release") == "Release" else 3_600
