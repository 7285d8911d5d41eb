"""Mutual TLS between the real processes, and certificates that change while they run."""

import pathlib
import subprocess
import time
import unittest

import grpc

import stubs
from certificates import Authority, read_files, replace_files, tls_flags
from owner_events import EventStream, finished
from process import BIN, wait_until
from stack import RPC_LIMIT, SUCCESS, StackTest


class OwnersTest_S06(StackTest):
    """Two ActionServices with good certificates, each with its own URI."""

    mutual_tls = True
    ledger_flags = ("--action-identity", "spiffe://tms/action-service,spiffe://tms/action-two")

    def test_another_owners_job_is_refused_and_recorded(self):
        folder = self.stack.authority.sign(self.stack.directory / "two", "spiffe://tms/action-two")
        job = self.stack.submit_action("delay~ms=3000").job
        row, = self.stack.rows("SELECT owner, incarnation FROM jobs WHERE job_id = ?", job.job_id)
        forged = finished(job.job_id, owner=row["owner"], incarnation=row["incarnation"])
        with self.stack.open_channel(self.stack.ledger_port, folder) as channel:
            jobs = stubs.ledger_grpc.JobLedgerServiceStub(channel)
            stream = EventStream(jobs)
            ack = stream.send(forged)
            stream.close()
            self.assertEqual(ack.verdict, stubs.ledger.RecordEventsResponse.REJECTED)
            self.assertIn("belongs to another identity", ack.detail)
            self.assert_rpc_error(
                lambda: jobs.SettleOwner(stubs.ledger.SettleOwnerRequest(
                    owner=row["owner"], incarnation=row["incarnation"] + 1), timeout=RPC_LIMIT),
                grpc.StatusCode.PERMISSION_DENIED, "OWNER_OF_ANOTHER")
            # What it says of its own owner is taken.
            jobs.SettleOwner(stubs.ledger.SettleOwnerRequest(owner="two", incarnation=1),
                             timeout=RPC_LIMIT)
        self.assertEqual(self.stack.wait_for_end(job.job_id).status, SUCCESS)
        history = self.stack.rows("SELECT kind, actor, verdict FROM job_events WHERE job_id = ?",
                                  job.job_id)
        self.assertCountEqual([tuple(event.values()) for event in history],
                              [("STARTED", row["owner"], "APPLIED"),
                               ("FINISHED", "spiffe://tms/action-two", "REJECTED"),
                               ("FINISHED", row["owner"], "APPLIED")])
        verified = subprocess.run([BIN / "ledgerctl", "verify", "--db", self.stack.db],
                                  capture_output=True, text=True, timeout=RPC_LIMIT, check=False)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)


class MutualTlsTest_S01_S02_S03_F21(StackTest):
    mutual_tls = True
    with_gateway = True

    def can_call(self, folder=None):
        """Whether a new connection with that identity to each service is let in."""
        for port in (self.stack.ledger_port, self.stack.action_port):
            with self.stack.open_channel(port, folder) as channel:
                if not self.stack.is_serving(channel):
                    return False
        return True

    def all_works(self):
        """New connections, and those that the processes have."""
        return (self.can_call() and self.stack.http("GET", "/readyz").status == 200
                and self.stack.set_action().job.status == SUCCESS)

    def assert_logged(self, event, before):
        for process in (self.stack.ledger, self.stack.action, self.stack.gateway):
            wait_until(lambda p=process: count(p, event) > before[p.name],
                       f"{process.name} logs {event}")

    def counts(self, event):
        return {process.name: count(process, event)
                for process in (self.stack.ledger, self.stack.action, self.stack.gateway)}

    def write_everywhere(self, change):
        """Runs `change(folder, name)` on each process's files and ours."""
        for name, folder in self.stack.identities.items():
            change(folder, name)

    def test_s01_strangers_are_not_let_in(self):
        stranger = Authority(self.stack.directory / "stranger")
        foreign = stranger.sign(self.stack.directory / "foreign", "spiffe://tms/gateway")
        # It trusts the real servers, so that only they can refuse.
        (foreign / "ca.pem").write_bytes(self.stack.authority.cert.read_bytes())
        expired = self.stack.authority.sign(self.stack.directory / "expired",
                                            "spiffe://tms/gateway", expired=True)
        self.assertTrue(self.can_call())
        for folder in (foreign, expired):
            for port in (self.stack.ledger_port, self.stack.action_port):
                with self.stack.open_channel(port, folder) as channel:
                    self.assertFalse(self.stack.is_serving(channel), folder)
        for port in (self.stack.ledger_port, self.stack.action_port):
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                self.assertFalse(self.stack.is_serving(channel))

    def test_s02_the_right_ca_alone_opens_nothing(self):
        stranger = self.stack.authority.sign(self.stack.directory / "by_name", "spiffe://tms/other",
                                             common_name="spiffe://tms/gateway")
        with self.stack.open_channel(self.stack.ledger_port, stranger) as channel:
            jobs = stubs.ledger_grpc.JobLedgerServiceStub(channel)
            self.assert_rpc_error(
                lambda: jobs.ListJobs(stubs.ledger.ListJobsRequest(), timeout=RPC_LIMIT),
                grpc.StatusCode.PERMISSION_DENIED, "PEER_NOT_ALLOWED")
        wait_until(lambda: "spiffe://tms/other" in self.stack.ledger.log(), "the denial is logged")

    def test_s03_the_gateway_and_ledgerctl_speak_for_people_and_do_no_more(self):
        with self.stack.open_channel(self.stack.ledger_port,
                                     self.stack.identities["gateway"]) as channel:
            jobs = stubs.ledger_grpc.JobLedgerServiceStub(channel)
            event = stubs.ledger.RecordEventsRequest()
            self.assert_rpc_error(
                lambda: list(jobs.RecordEvents(iter([event]), timeout=RPC_LIMIT)),
                grpc.StatusCode.PERMISSION_DENIED, "PEER_NOT_ALLOWED")
        job = self.stack.http("POST", "/api/v1/actions", {
            "cluster": "alpha", "action": "T-Enable", "bearer_token": self.stack.token(),
            "cids": [self.stack.new_cid()]}).body["job"]
        self.assertEqual(job["status"], "SUCCESS")
        shown = subprocess.run(
            [BIN / "ledgerctl", "--ledger", f"127.0.0.1:{self.stack.ledger_port}", "--user", "dev",
             *tls_flags(self.stack.identities["ledgerctl"]), "jobs", "list"],
            capture_output=True, text=True, timeout=RPC_LIMIT, check=True)
        self.assertIn(job["job_id"], shown.stdout)

    def test_f21_half_written_and_expired_files_change_nothing(self):
        good = {name: read_files(folder) for name, folder in self.stack.identities.items()}
        expired = self.stack.authority.sign(self.stack.directory / "late", expired=True)
        half = self.stack.authority.sign(self.stack.directory / "half")
        whole = (half / "cert.pem").read_bytes()
        (half / "cert.pem").write_bytes(whole[:len(whole) // 2])
        for wrong in (half, expired):
            with self.subTest(wrong=wrong.name):
                before = self.counts("tls_files_refused")
                self.write_everywhere(
                    lambda folder, name, wrong=wrong:
                    name == "internal" or replace_files(folder, read_files(wrong)))
                self.assert_logged("tls_files_refused", before)
                self.assertTrue(self.all_works())
        self.write_everywhere(lambda folder, name: replace_files(folder, good[name]))
        self.assertTrue(self.all_works())

    def test_f21_rotation_to_another_ca_has_no_outage(self):
        old = self.stack.authority.sign(self.stack.directory / "old", "spiffe://tms/internal")
        new_authority = Authority(self.stack.directory / "new_authority")
        both = self.stack.authority.cert.read_bytes() + new_authority.cert.read_bytes()

        def trust(content):
            self.write_everywhere(lambda folder, _: (folder / "ca.pem").write_bytes(content))

        def renew(folder, name):
            new = new_authority.sign(self.stack.directory / "new" / name, f"spiffe://tms/{name}")
            (new / "ca.pem").write_bytes(both)
            replace_files(folder, read_files(new))

        for step in (lambda: trust(both), lambda: self.write_everywhere(renew),
                     lambda: trust(new_authority.cert.read_bytes())):
            before = self.counts("tls_files_taken")
            step()
            while self.counts("tls_files_taken") == before:
                self.assertTrue(self.all_works())
            self.assert_logged("tls_files_taken", before)
            self.wait_until_grpc_looked()
            self.assertTrue(self.all_works())
        (old / "ca.pem").write_bytes(both)
        wait_until(lambda: not self.can_call(old), "the old CA is not believed any more")
        type(self).stack.authority = new_authority

    def wait_until_grpc_looked(self):
        """gRPC looks once a second at what we took over, and tells nobody; nothing fails meanwhile."""
        end = time.monotonic() + 4
        while time.monotonic() < end:
            self.assertTrue(self.all_works())

    def test_f21_a_process_does_not_start_with_an_expired_certificate(self):
        expired = self.stack.authority.sign(self.stack.directory / "too_late", expired=True)
        twin = self.stack.ledger.twin(
            {"--tls-cert": expired / "cert.pem", "--tls-key": expired / "key.pem",
             "--db": self.stack.directory / "twin.db"}, "twin.log")
        twin.launch()
        self.assertEqual(twin.wait(), 1)
        self.assertIn("certificate has expired", twin.log())

    def test_s01_without_certificates_a_service_listens_on_loopback_only(self):
        for program, flags in (("job_ledger_service", ("--db", self.stack.directory / "open.db")),
                               ("action_service", ("--clusters", "none"))):
            answer = subprocess.run([BIN / program, "--listen", "0.0.0.0:0", *flags], timeout=60,
                                    capture_output=True, check=False)
            self.assertEqual(answer.returncode, 2)
            self.assertIn(b"loopback", answer.stderr)


def count(process, event):
    return pathlib.Path(process.log_path).read_text(encoding="utf-8").count(f"event={event}")


if __name__ == "__main__":
    unittest.main()
