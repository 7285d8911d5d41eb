#!/usr/bin/env python3
"""That include_check.py finds what it is there to find."""

import pathlib
import tempfile
import unittest

import include_check


def check(files):
    """The violations in a tree with these files: path -> headers that it includes."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, headers in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text("".join(f'#include "{header}"\n' for header in headers))
        return include_check.check(root)[1]


class IncludeCheckTest(unittest.TestCase):

    def assert_refused(self, path, header):
        found = check({path: [header]})
        self.assertEqual(len(found), 1, found)
        self.assertIn(path, found[0])
        self.assertIn(header, found[0])

    def assert_allowed(self, path, header):
        self.assertEqual(check({path: [header]}), [])

    def test_downward(self):
        self.assert_allowed("common/rpc/server.cc", "common/base/status.h")
        self.assert_allowed("services/ledger/main.cc", "common/rpc/server.h")
        self.assert_allowed("services/ledger/ledger_service.h", "services/ledger/ledger.h")
        self.assert_allowed("services/ledger/job_store.h", "services/ledger/job.h")
        self.assert_allowed("services/action/catalogue_config.h", "tms/config/v1/a.pb.h")

    def test_upward(self):
        self.assert_refused("common/base/status.h", "common/rpc/status.h")
        self.assert_refused("common/base/status.h", "services/ledger/job.h")

    def test_between_neighbours(self):
        self.assert_refused("common/rpc/server.cc", "common/http/server.h")
        self.assert_refused("services/gateway/routes.cc", "services/ledger/job.h")

    def test_layers_inside_a_service(self):
        self.assert_refused("services/ledger/job.h", "services/ledger/job_store.h")
        self.assert_refused("services/ledger/ledger.cc", "services/ledger/ledger_service.h")
        self.assert_refused("services/action/cluster_client.h", "services/action/executor.h")

    def test_libraries_in_their_place(self):
        self.assert_refused("services/ledger/ledger.cc", "common/sqlite/connection.h")
        self.assert_refused("services/ledger/ledger.cc", "SQLiteCpp/Database.h")
        self.assert_refused("common/base/status.h", "tms/ledger/v1/job.pb.h")

    def test_unknown_room(self):
        self.assert_refused("common/base/ids.cc", "common/misc/things.h")
        self.assertTrue(check({"services/extra/a.cc": ["string"]}))

    def test_cycle(self):
        found = check({"common/base/a.h": ["common/base/b.h"],
                       "common/base/b.h": ["common/base/a.h"]})
        self.assertEqual(found, ["cycle: common/base/a.h -> common/base/b.h -> common/base/a.h"])


if __name__ == "__main__":
    unittest.main()
