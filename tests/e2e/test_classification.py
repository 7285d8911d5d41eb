"""Every row of the classification table, from the caller's request to the row in jobs.db."""

import dataclasses
import unittest
from typing import Optional

import grpc

import stubs
from stack import FAILED, SUCCESS, StackTest

Job = stubs.job.Job


@dataclasses.dataclass
class Row:
    """What is done, and what must become of it. `message` is a prefix unless it ends with `$`."""

    behaviour: str
    status: int
    http_status: Optional[int]
    reason: int
    effect: int
    message: Optional[str]
    cluster: str = "alpha"
    timeout: Optional[float] = None
    hits: int = 1


def failed(behaviour, http_status, reason, effect, message, **more):
    return Row(behaviour, FAILED, http_status, reason, effect, message, **more)


def succeeded(behaviour, http_status=200):
    return Row(behaviour, SUCCESS, http_status, Job.FAILURE_REASON_UNSPECIFIED, Job.APPLIED, None)


def http_error(status, effect, message, behaviour=None):
    return failed(behaviour or str(status), status, Job.HTTP_ERROR, effect, message)


def timed_out(behaviour, http_status=None):
    return failed(behaviour, http_status, Job.TIMEOUT, Job.UNKNOWN, "Request timeout after 0.8s$",
                  timeout=0.8)


def lost(behaviour, message="Connection lost "):
    return failed(behaviour, None, Job.CONNECTION_LOST, Job.UNKNOWN, message)


def invalid(behaviour, message):
    return failed(behaviour, 200, Job.INVALID_RESPONSE, Job.UNKNOWN, message)


ROWS = {
    "success_true": succeeded("accepted"),
    "no_success": succeeded("no-success"),
    "list": succeeded("list"),
    "empty_200": succeeded("empty-200"),
    "empty_204": succeeded("empty-204", 204),
    "in_chunks": succeeded("chunked"),
    "ended_by_close": succeeded("until-close"),
    "never_closed": succeeded("linger"),
    "after_100_continue": succeeded("100-continue"),
    "after_103_early_hints": succeeded("103-hints"),
    "refused_by_state": failed("refused-state", 200, Job.REJECTED, Job.NOT_APPLIED,
                               "TMS bootstrap status(INIT) is not Ready$"),
    "refused_cids": failed("refused-cids", 200, Job.REJECTED, Job.NOT_APPLIED, "those CIDs ['"),
    "refused_at_connect": failed("accepted", None, Job.CONNECT_ERROR, Job.NOT_APPLIED,
                                 "Cannot connect to 127.0.0.1:", cluster="refusing", hits=0),
    "forbidden_address": failed("accepted", None, Job.CONNECT_ERROR, Job.NOT_APPLIED,
                                "Address 127.0.0.1 of ", cluster="forbidden", hits=0),
    "not_tls": failed("accepted", None, Job.CONNECT_ERROR, Job.NOT_APPLIED,
                      "TLS handshake with 127.0.0.1:", cluster="not-tls", hits=0),
    "never_answered": timed_out("never"),
    "answered_too_late": timed_out("delay~ms=1500"),
    "slow_headers": timed_out("slow-headers~ms=50"),
    "slow_body": timed_out("slow-body~ms=50", 200),
    "timeout_of_the_cluster": failed("never", None, Job.TIMEOUT, Job.UNKNOWN,
                                     "Request timeout after 0.5s$", cluster="short"),
    "closed_without_answer": lost("close"),
    "reset_before_answer": lost("reset-before-answer"),
    "reset_in_status_line": lost("reset-in-answer~bytes=5"),
    "reset_in_headers": lost("reset-in-answer~bytes=30"),
    "reset_in_body": invalid("reset-in-answer~bytes=100", "Response body was cut"),
    "reset_in_request": lost("reset-in-body~bytes=1"),
    "not_http": lost("not-http", "The answer is not HTTP"),
    "endless_headers": lost("endless-headers",
                            "The headers of the answer are larger than 32768 bytes$"),
    "redirect_302": http_error(302, Job.UNKNOWN,
                                   "API returned status 302: redirect not followed$"),
    "redirect_307": http_error(307, Job.NOT_APPLIED,
                                   "API returned status 307: redirect not followed$"),
    "redirect_other_origin": http_error(
        307, Job.NOT_APPLIED, "API returned status 307: redirect not followed$",
        "307~location=http://localhost:1/"),
    "redirect_to_itself": http_error(
        302, Job.UNKNOWN, "API returned status 302: redirect not followed$", "redirect-self"),
    "redirect_308": http_error(308, Job.NOT_APPLIED, "API returned status 308: redirect not",
                               "status~status=308"),
    "switching_protocols": http_error(101, Job.UNKNOWN, "API returned status 101"),
    "400": http_error(400, Job.NOT_APPLIED, "API returned status 400: "),
    "401": http_error(401, Job.NOT_APPLIED, 'API returned status 401: {"errorCode":'),
    "404_by_its_phrase": http_error(404, Job.NOT_APPLIED, "API returned status 404: Not Found$"),
    "408": http_error(408, Job.UNKNOWN, "API returned status 408: Request Timeout$"),
    "429": http_error(429, Job.NOT_APPLIED, 'API returned status 429: {"message":"slow down"}$'),
    "500": http_error(500, Job.UNKNOWN, 'API returned status 500: {"message":'),
    "503": http_error(503, Job.UNKNOWN, "API returned status 503: no healthy upstream$"),
    "504": http_error(504, Job.UNKNOWN, "API returned status 504: <html>"),
    "status_600": http_error(600, Job.UNKNOWN, "API returned status 600: As Asked$",
                             "status~status=600"),
    "body_cut": invalid("cut-body", "Response body was cut"),
    "chunk_cut": invalid("cut-chunk", "Response body was cut"),
    "body_too_large": invalid("big-json~bytes=1048577",
                              "Response body is larger than 1048576 bytes$"),
    "body_of_the_limit": succeeded("big-json~bytes=1048576"),
    "endless_body": invalid("endless-body", "Response body is larger than"),
    "gzip_bomb": invalid("gzip-bomb", "Invalid JSON response: "),
    "not_json": invalid("not-json", "Invalid JSON response: "),
    "bad_utf8": invalid("bad-utf8", "Invalid JSON response: "),
    "success_is_no_boolean": invalid("success-text", "Invalid JSON response: "),
    "token_in_the_answer": failed("echo-token", 200, Job.REJECTED, Job.NOT_APPLIED, "token "),
}


class ClassificationTest_F08_F09_S09_S11_S13(StackTest):
    """One test for each of ROWS."""

    def check(self, row):
        jobs_before, hits_before = self.stack.job_count(), len(self.stack.hits())
        answer = self.stack.set_action(row.behaviour, cluster=row.cluster, timeout=row.timeout)
        self.check_job(answer.job, row)
        self.assertEqual(self.stack.job_count(), jobs_before + 1)
        self.check_job(self.stack.get_job(answer.job.job_id), row)
        self.check_row(answer.job.job_id, row)
        self.assertEqual(len(self.stack.hits()), hits_before + row.hits)
        self.assertNotIn(self.stack.canary.encode(), answer.SerializeToString())

    def check_job(self, job, row):
        self.assertEqual(Job.Status.Name(job.status), Job.Status.Name(row.status),
                         job.error_message)
        self.assertEqual(Job.FailureReason.Name(job.failure_reason),
                         Job.FailureReason.Name(row.reason), job.error_message)
        self.assertEqual(job.http_status if job.HasField("http_status") else None,
                         row.http_status)
        self.assertEqual(Job.Effect.Name(job.effect), Job.Effect.Name(row.effect))
        self.check_message(job.error_message if job.HasField("error_message") else None,
                           row.message)
        self.assertEqual(job.outcome_source, Job.TOLD)

    def check_message(self, message, expected):
        if expected is None:
            self.assertIsNone(message)
        elif expected.endswith("$"):
            self.assertEqual(message, expected[:-1])
        else:
            self.assertTrue(message and message.startswith(expected), message)

    def check_row(self, job_id, row):
        stored = self.stack.rows("SELECT * FROM jobs WHERE job_id = ?", job_id)
        self.assertEqual(len(stored), 1)
        stored = stored[0]
        self.assertEqual(stored["status"], Job.Status.Name(row.status))
        self.assertEqual(stored["http_status"], row.http_status)
        self.assertEqual(stored["effect"], Job.Effect.Name(row.effect))
        self.assertEqual(stored["failure_reason"],
                         Job.FailureReason.Name(row.reason) if row.reason else None)
        self.check_message(stored["error_message"], row.message)


for _name, _row in ROWS.items():
    setattr(ClassificationTest_F08_F09_S09_S11_S13, f"test_{_name}",
            lambda self, row=_row: self.check(row))


class NotCalledTest_F25(StackTest):
    """The row that only a fault brings about: started, then given up."""

    action_flags = ("--ledger-down", "reject")

    def test_start_that_the_ledger_took_too_late(self):
        cid = self.stack.new_cid()
        self.stack.ledger.pause()
        self.assert_rpc_error(lambda: self.stack.set_action(cids=[cid]),
                              grpc.StatusCode.UNAVAILABLE)
        self.stack.ledger.resume()
        self.stack.wait_until_it_acts()
        stored, = self.stack.rows("SELECT job_id FROM job_customers WHERE cid = ?", cid)
        job = self.stack.wait_for_end(stored["job_id"])
        self.assertEqual((job.status, job.failure_reason), (FAILED, Job.NOT_CALLED))
        self.assertEqual(job.effect, Job.NOT_APPLIED)
        self.assertFalse(job.HasField("http_status"))
        self.assertIn("start", job.error_message)
        self.assertEqual(self.stack.hits(cid), [])


class InterruptedTest_F02(StackTest):
    """The row that the ledger writes by itself."""

    # The grace is the ledger's; see its --help.
    ledger_flags = ("--grace", "1s")

    def test_caller_of_the_cluster_killed(self):
        cid = self.stack.new_cid()
        job_id = self.stack.submit_action("never", cids=[cid], timeout=3).job.job_id
        self.stack.action.kill()
        job = self.stack.wait_for_end(job_id)
        self.assertEqual(job.status, FAILED)
        self.assertEqual(job.failure_reason, Job.INTERRUPTED)
        self.assertEqual(job.effect, Job.UNKNOWN)
        self.assertEqual(job.outcome_source, Job.PRESUMED)
        self.assertFalse(job.HasField("http_status"))
        self.assertIn("unknown", job.error_message.lower())
        self.assertLessEqual(len(self.stack.hits(cid)), 1)


if __name__ == "__main__":
    unittest.main()
