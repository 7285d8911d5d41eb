"""Clusters behind TLS: a private authority, and certificates that must not be believed."""

import pathlib
import subprocess
import tempfile
import unittest

import stubs
from process import Process, accepts_connections, free_port
from stack import FAILED, SUCCESS, StackTest

Job = stubs.job.Job


def make_certificate(directory, name, address):
    """A self-signed certificate for an IP address; it is its own authority."""
    cert, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=fake cluster", "-addext",
         f"subjectAltName=IP:{address}", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True, timeout=30)
    return cert, key


class TlsTest(StackTest):

    @classmethod
    def setUpClass(cls):
        cls.keys = tempfile.TemporaryDirectory(prefix="tms_e2e_keys_")
        cls.addClassCleanup(cls.keys.cleanup)
        keys = pathlib.Path(cls.keys.name)
        cls.right, cls.right_key = make_certificate(keys, "right", "127.0.0.1")
        cls.stranger, _ = make_certificate(keys, "stranger", "127.0.0.1")
        cls.misnamed, cls.misnamed_key = make_certificate(keys, "misnamed", "192.0.2.1")
        cls.right_port, cls.misnamed_port = free_port(), free_port()
        cls.clusters = [
            cls.cluster("right", cls.right_port, cls.right),
            cls.cluster("unknown-authority", cls.right_port, None),
            cls.cluster("wrong-authority", cls.right_port, cls.stranger),
            cls.cluster("misnamed", cls.misnamed_port, cls.misnamed),
        ]
        super().setUpClass()
        cls.start_cluster("right", cls.right_port, cls.right, cls.right_key)
        cls.start_cluster("misnamed", cls.misnamed_port, cls.misnamed, cls.misnamed_key)

    @staticmethod
    def cluster(name, port, authority):
        entry = {"name": name, "base_url": f"https://127.0.0.1:{port}/{name}",
                 "allowed_networks": ["127.0.0.0/8"]}
        if authority is not None:
            entry["ca_file"] = str(authority)
        return entry

    @classmethod
    def start_cluster(cls, name, port, cert, key):
        process = Process("fake_cluster",
                          ["--listen", f"127.0.0.1:{port}", "--hits", cls.stack.hits_file,
                           "--tls-cert", cert, "--tls-key", key],
                          cls.stack.directory, lambda: accepts_connections(port))
        process.log_path = cls.stack.directory / f"{name}.log"
        process.start()
        cls.addClassCleanup(process.stop)

    def test_private_authority(self):
        for behaviour in ("accepted", "chunked", "until-close"):
            with self.subTest(behaviour=behaviour):
                cid = self.stack.new_cid()
                job = self.stack.set_action(behaviour, cluster="right", cids=[cid]).job
                self.assertEqual((job.status, job.effect), (SUCCESS, Job.APPLIED),
                                 job.error_message)
                hit, = self.stack.hits(cid)
                self.assertEqual(hit["target"], "/right/tms/v1/set/action")

    def test_broken_off(self):
        for behaviour, reason in (("cut-body", Job.INVALID_RESPONSE),
                                  ("reset-before-answer", Job.CONNECTION_LOST),
                                  ("close", Job.CONNECTION_LOST)):
            with self.subTest(behaviour=behaviour):
                job = self.stack.set_action(behaviour, cluster="right").job
                self.assertEqual((job.failure_reason, job.effect), (reason, Job.UNKNOWN))

    def test_certificates_that_are_not_believed(self):
        for cluster in ("unknown-authority", "wrong-authority", "misnamed"):
            with self.subTest(cluster=cluster):
                cid = self.stack.new_cid()
                job = self.stack.set_action(cluster=cluster, cids=[cid]).job
                self.assertEqual((job.status, job.failure_reason, job.effect),
                                 (FAILED, Job.CONNECT_ERROR, Job.NOT_APPLIED))
                self.assertTrue(job.error_message)
                self.assertEqual(self.stack.hits(cid), [])


if __name__ == "__main__":
    unittest.main()
