"""The first start of all, cut off at any step: the next one must not stumble over what it left."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from fault_shim import FaultyMachine  # noqa: E402
from ledger_alone import LedgerTest  # noqa: E402
from process import wait_until  # noqa: E402
from stack import Stack  # noqa: E402


class KilledFirstStartTest_F03(LedgerTest):
    """kill -9 of the ledger in place of a write or a sync of its first start."""

    # jobs.db comes into being in the first ones.
    STEPS = range(12)

    def setUp(self):
        super().setUp()
        self.folder = self.directory / "disk"
        self.machine = FaultyMachine(self.directory / "shim", self.folder)
        self.db = self.folder / "jobs.db"

    def dies_at(self, step):
        """Whether the first start on an empty disk has that many steps."""
        for path in self.folder.iterdir():
            path.unlink()
        self.machine.begin_anew()
        self.machine.kill_at_step(step)
        self.ledger = self.process(self.ledger_flags, self.machine.environment)
        self.ledger.launch()
        wait_until(lambda: not self.ledger.running or Stack.is_serving(self.channel),
                   "it dies or serves")
        died = not self.ledger.running
        self.machine.mend()
        return died

    def test_at_each_step(self):
        died = 0
        for step in self.STEPS:
            with self.subTest(step=step):
                if not self.dies_at(step):
                    break
                died += 1
                self.start()
                self.assertEqual(self.rows("PRAGMA integrity_check"), [{"integrity_check": "ok"}])
                self.ledger.stop()
        self.assertGreater(died, 5)


class KilledFirstStartTest_F03_Full(KilledFirstStartTest_F03):
    STEPS = range(1000)
