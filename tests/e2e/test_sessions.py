"""Accounts, sessions and roles at the gateway's HTTP port, with the real command line beside it."""

import http.client
import json
import secrets
import socket
import ssl
import subprocess
import unittest

from process import wait_until
from stack import StackTest


class S17S20S21AccountsTest(StackTest):

    with_gateway = True

    def status(self, user, method="GET", path="/api/v1/me", body=None):
        return self.stack.http(method, path, body, user=user).status

    def new_user(self, role="viewer"):
        name = "u" + secrets.token_hex(4)
        self.stack.gateway_user("add", name, "--role", role, password=self.stack.password)
        # A running gateway takes accounts over by itself.
        wait_until(lambda: self.stack.log_in(name).status == 200, f"{name} may log in", 5)
        return name

    def test_each_role_sees_itself(self):
        for user, role in (("dev", "admin"), ("vic", "viewer"), ("oscar", "operator"),
                           ("audrey", "auditor")):
            answer = self.stack.http("GET", "/api/v1/me", user=user)
            self.assertEqual(answer.body, {"user_id": user, "roles": [role]})

    def test_only_operators_and_admins_run_actions(self):
        body = {"cluster": "alpha", "action": "T-Enable", "bearer_token": self.stack.token()}
        for user, status in (("vic", 403), ("audrey", 403), ("oscar", 200), ("dev", 200)):
            body["cids"] = [self.stack.new_cid()]
            self.assertEqual(self.status(user, "POST", "/api/v1/actions", body), status, user)

    def test_S25_a_job_is_its_owners_and_the_auditors(self):
        body = {"cluster": "alpha", "action": "T-Enable", "cids": [self.stack.new_cid()],
                "bearer_token": self.stack.token()}
        job = self.stack.http("POST", "/api/v1/actions", body, user="dev").body["job"]["job_id"]
        for user, status in (("vic", 403), ("oscar", 403), ("audrey", 200), ("dev", 200)):
            for path in ("", "/events", "/customers"):
                self.assertEqual(self.status(user, path=f"/api/v1/jobs/{job}{path}"), status,
                                 (user, path))
        listed = self.stack.http("GET", "/api/v1/jobs", user="vic").body["jobs"]
        self.assertEqual(listed, [])

    def test_disabling_ends_sessions_within_seconds(self):
        name = self.new_user()
        self.assertEqual(self.status(name), 200)
        self.stack.gateway_user("disable", name)
        wait_until(lambda: self.status(name) == 401, "the session ends", 5)
        self.stack.gateway_user("enable", name)
        wait_until(lambda: self.stack.log_in(name).status == 200, "it may log in again", 5)

    def test_a_new_role_holds_within_seconds(self):
        name = self.new_user()
        self.stack.gateway_user("role", name, "--role", "auditor")
        roles = lambda: self.stack.http("GET", "/api/v1/me", user=name).body.get("roles")
        wait_until(lambda: roles() == ["auditor"], "the role has changed", 5)

    def test_a_new_password_ends_sessions_and_the_old_password(self):
        name = self.new_user()
        self.stack.gateway_user("passwd", name, password="another password")
        wait_until(lambda: self.status(name) == 401, "the session ends", 5)
        self.assertEqual(self.stack.log_in(name, "another password").status, 200)

    def test_the_list_shows_accounts_but_no_secrets(self):
        listed = self.stack.gateway_user("list")
        self.assertIn("oscar\toperator\tenabled", listed)
        self.assertNotIn("argon2", listed)

    def test_S13_no_password_is_kept(self):
        self.assertEqual(self.stack.files_with(self.stack.password), [])


class S19WatchTest(StackTest):

    with_gateway = True

    def test_a_stream_ends_with_its_session(self):
        self.stack.log_in("oscar")
        cookie = self.stack._cookies["oscar"]
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.gateway_port, timeout=30)
        connection.request("GET", "/api/v1/jobs:watch", headers={"Cookie": cookie})
        answer = connection.getresponse()
        if answer.status == 200:
            self.stack.http("POST", "/api/logout", {}, user="oscar")
            answer.read()
        connection.close()
        self.assertEqual(answer.status, 200)


class S01TlsTest(StackTest):
    """HTTPS of the gateway's own."""

    with_gateway = False

    def make_certificate(self):
        directory = self.stack.directory
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", directory / "key.pem", "-out",
             directory / "cert.pem"], check=True, capture_output=True)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = cls.stack.directory
        cls.stack.gateway.argv += ["--http-tls-cert", str(directory / "cert.pem"),
                                   "--http-tls-key", str(directory / "key.pem")]
        cls.stack.gateway_user("add", "tess", "--role", "viewer", password=cls.stack.password)

    def setUp(self):
        self.make_certificate()
        self.stack.gateway.launch()
        wait_until(self.answers, "the gateway answers")

    def tearDown(self):
        self.stack.gateway.stop()

    def connect(self, **limits):
        context = ssl.create_default_context(cafile=self.stack.directory / "cert.pem")
        for name, value in limits.items():
            setattr(context, name, value)
        return http.client.HTTPSConnection("localhost", self.stack.gateway_port, timeout=30,
                                           context=context)

    def answers(self):
        try:
            connection = self.connect()
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def test_F21_a_new_certificate_is_taken_over(self):
        # Only the new one is believed from here on.
        self.make_certificate()
        wait_until(self.answers, "the gateway shows its new certificate")

    def test_https_only_and_from_1_2_on(self):
        connection = self.connect()
        connection.request("POST", "/api/login", json.dumps(
            {"username": "tess", "password": self.stack.password}),
            {"Content-Type": "application/json",
             "Origin": f"https://localhost:{self.stack.gateway_port}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertIn("; Secure", answer.headers["Set-Cookie"])
        answer.read()
        connection.request("GET", "/", headers={})
        self.assertIn(b"<!doctype html>", connection.getresponse().read().lower())
        with self.assertRaises(OSError):
            old = self.connect(minimum_version=ssl.TLSVersion.TLSv1,
                               maximum_version=ssl.TLSVersion.TLSv1_1)
            old.request("GET", "/healthz")
        with socket.create_connection(("127.0.0.1", self.stack.gateway_port), 30) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1 200", plain.recv(100))


if __name__ == "__main__":
    unittest.main()
