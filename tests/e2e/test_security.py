"""Attacks that need the whole path."""

import pathlib
import unittest

import grpc

from process import free_port
from stack import FAILED, SUCCESS, StackTest


class RedirectTest_S09(StackTest):

    def test_the_token_goes_to_one_place(self):
        for behaviour in ("302", "307", "redirect-self"):
            with self.subTest(behaviour=behaviour):
                cid = self.stack.new_cid()
                before = len(self.stack.hits())
                self.assertEqual(self.stack.set_action(behaviour, cids=[cid]).job.status, FAILED)
                new = self.stack.hits()[before:]
                self.assertEqual([hit["target"] for hit in new], ["/tms/v1/set/action"])


class ProxyTest_S10(StackTest):
    """A proxy named in the environment would see every token."""

    environment = dict.fromkeys(
        ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY",
         "ALL_PROXY"), f"http://127.0.0.1:{free_port()}")
    with_gateway = True

    def test_no_process_uses_it(self):
        self.assertEqual(self.stack.set_action().job.status, SUCCESS)
        self.assertEqual(self.stack.http("GET", "/api/v1/jobs").status, 200)


class CanaryTest_S13(StackTest):
    """The token is nowhere on disk, whatever became of the call; StackTest looks again at the end,
    after every test of every class."""

    with_gateway = True
    metrics_port = free_port()
    gateway_flags = ("--metrics-listen", f"127.0.0.1:{metrics_port}")
    # The most talkative logs.
    environment = {"TMS_LOG_LEVEL": "debug"}

    BEHAVIOURS = ("accepted", "401", "echo-token", "not-json", "reset-before-answer", "cut-body",
                  "not-http", "302")

    def test_nowhere(self):
        for behaviour in self.BEHAVIOURS:
            self.stack.set_action(behaviour)
        self.stack.set_action("never", timeout=0.3)
        for invalid in ({"cids": []}, {"action": "nothing"}, {"user_id": None}):
            self.assert_rpc_error(lambda invalid=invalid: self.stack.set_action(**invalid),
                                  grpc.StatusCode.INVALID_ARGUMENT)
        body = {"cluster": "alpha", "action": "T-Enable", "cids": [self.stack.new_cid()],
                "bearer_token": self.stack.token("echo-token")}
        answer = self.stack.http("POST", "/api/v1/actions", body)
        self.assertEqual(answer.status, 200)
        self.assertNotIn(self.stack.canary, str(answer.body))
        body["cids"] = []
        answer = self.stack.http("POST", "/api/v1/actions", body)
        self.assertEqual(answer.status, 400)
        self.assertNotIn(self.stack.canary, str(answer.body))
        # Malformed JSON must not be quoted in a log line either.
        self.stack.http("POST", "/api/v1/actions?" + "x=1", [self.stack.token()])
        self.assertEqual(self.stack.files_with(self.stack.canary), [])
        metrics = self.stack.ask_port(self.metrics_port, "GET", "/metrics").body
        self.assertIn('route="/api/v1/actions"', metrics)
        self.assertNotIn(self.stack.canary, metrics)
        self.assertNotIn(body["cluster"], metrics)

    def test_not_on_a_command_line(self):
        for process in (self.stack.ledger, self.stack.action, self.stack.gateway):
            line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
            environment = pathlib.Path(f"/proc/{process.pid}/environ").read_bytes()
            self.assertNotIn(self.stack.canary.encode(), line + environment)

    def test_not_when_the_action_service_is_killed(self):
        self.stack.submit_action("delay~ms=400")
        job_id = self.stack.submit_action("delay~ms=400").job.job_id
        self.stack.wait_for_end(job_id)
        self.assertEqual(self.stack.files_with(self.stack.canary), [])


if __name__ == "__main__":
    unittest.main()
