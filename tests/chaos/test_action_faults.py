"""Faults of the action service, and of the cluster and the callers that it stands between."""

import concurrent.futures
import time

import grpc

from chaos_stack import ChaosTest, stubs, wait_until
from evidence import ANSWERED, REFUSED, UNKNOWN
from proxy import DOWN, UP, Proxy

# How much later than the configured time a caller may be told on a busy machine, in seconds.
LATENESS = 5.0


class KilledBeforeRecordingTest_F02(ChaosTest):
    """kill -9 after the cluster's answer, before anybody recorded it."""

    def check(self, behaviour):
        cid = self.stack.new_cid()
        call = self.stack.call_later(behaviour, cids=[cid], timeout=6)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        self.stack.ledger_proxy.freeze()
        job_id = self.stack.job_of(cid)["job_id"]
        wait_until(lambda: self.stack.logged(self.stack.action, "set_action_", "effect", job_id),
                   "the answer is there")
        self.stack.action.kill()
        self.stack.ledger_proxy.cut()
        self.assertEqual(call.result().kind, UNKNOWN)
        self.stack.ledger_proxy.heal()
        self.stack.action.start()
        row = self.stack.wait_for_row(cid, status="FAILED")
        self.assertEqual((row["failure_reason"], row["effect"], row["outcome_source"]),
                         ("INTERRUPTED", "UNKNOWN", "PRESUMED"))
        self.stack.wait_until_it_works()
        self.assertEqual(len(self.stack.hits(cid)), 1)
        self.assert_promises_kept()

    def test_accepted(self):
        self.check("delay~ms=1500")

    def test_refused(self):
        self.check("slow-body~ms=25~applied=0")


class SilentClusterTest_F08(ChaosTest):
    """A cluster that accepts and answers never, or too late."""

    def timed_call(self, behaviour, timeout):
        """What a caller was told, and after how many seconds."""
        began = time.monotonic()
        told = self.stack.call(behaviour, timeout=timeout)
        return told, time.monotonic() - began

    def test_many_at_once(self):
        cases = [(behaviour, timeout) for timeout in (1, 1.5, 2)
                 for behaviour in ("never", "delay~ms=10000", "slow-headers~ms=200")]
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            results = list(pool.map(lambda case: self.timed_call(*case), cases))
        for (_, timeout), (told, took) in zip(cases, results):
            self.assertEqual((told.failure_reason, told.effect), ("TIMEOUT", "UNKNOWN"))
            self.assertEqual(self.stack.job_of(told.cid)["error_message"],
                             f"Request timeout after {timeout:g}s")
            self.assertGreaterEqual(took, timeout)
            self.assertLess(took, timeout + LATENESS)
        self.assert_promises_kept()


class BrokenConnectionTest_F09(ChaosTest):
    """The connection breaks at each byte of the request and of the answer."""

    # Of the request, every so many bytes.
    STEP = 4

    def ask(self, behaviour=None, **fields):
        """A call, and its outcome as three words."""
        if behaviour is not None:
            self.stack.admin("PUT", "behaviour", {"behaviour": behaviour, "count": 1})
        # One that names no behaviour by itself.
        token = self.stack.token().replace("fake", "real")
        told = self.stack.call(bearer_token=token, **fields)
        self.assertEqual(told.kind, ANSWERED, told)
        return told.status, told.failure_reason, told.effect

    def length_of_both(self):
        """Bytes of a request and of its answer."""
        proxy = self.stack.cluster_proxy
        self.assertEqual(self.stack.call(cluster="proxied").status, "SUCCESS")
        wait_until(lambda: proxy.passed(UP) and proxy.passed(DOWN), "the proxy has counted")
        return proxy.passed(UP), proxy.passed(DOWN)

    def test_each_byte_of_the_request(self):
        length, _ = self.length_of_both()
        self.assertGreater(length, 100)
        for offset in range(1, length, self.STEP):
            with self.subTest(offset=offset):
                self.assertEqual(self.ask(f"reset-in-request~bytes={offset}"),
                                 ("FAILED", "CONNECTION_LOST", "UNKNOWN"))
        self.assert_promises_kept()

    def test_before_the_first_byte(self):
        for behaviour in ("reset-on-accept", "reset-before-read") * 5:
            # Whether the client had begun to write is known to it alone; both are true then.
            self.assertIn(self.ask(behaviour), [("FAILED", "CONNECT_ERROR", "NOT_APPLIED"),
                                                ("FAILED", "CONNECTION_LOST", "UNKNOWN")])
        self.assert_promises_kept()

    def test_each_byte_of_the_answer(self):
        _, length = self.length_of_both()
        calls = [self.stack.call_later(f"reset-in-answer~bytes={offset}")
                 for offset in range(length + 1)]
        outcomes = [(told.failure_reason, told.effect)
                    for told in (call.result() for call in calls)]
        head = outcomes.count(("CONNECTION_LOST", "UNKNOWN"))
        body = outcomes.count(("INVALID_RESPONSE", "UNKNOWN"))
        # In this order: within the head, within the body, and the whole answer; that one is a little
        # shorter than the one that was measured.
        whole = len(outcomes) - head - body
        self.assertEqual(outcomes, [("CONNECTION_LOST", "UNKNOWN")] * head +
                         [("INVALID_RESPONSE", "UNKNOWN")] * body + [("", "APPLIED")] * whole)
        self.assertGreater(whole, 0)
        self.assertGreater(head, 50)
        self.assertGreater(body, 50)
        self.assert_promises_kept()

    def test_a_cut_line_in_both_directions(self):
        for direction in (UP, DOWN):
            cid = self.stack.new_cid()
            self.stack.cluster_proxy.swallow(direction)
            call = self.stack.call_later(cids=[cid], cluster="proxied", timeout=5)
            wait_until(lambda d=direction: self.stack.cluster_proxy.dropped(d), "bytes are lost")
            self.stack.cluster_proxy.cut()
            told = call.result()
            self.assertEqual((told.failure_reason, told.effect), ("CONNECTION_LOST", "UNKNOWN"))
            self.stack.cluster_proxy.heal()
            self.assertEqual(len(self.stack.hits(cid)), 1 if direction == DOWN else 0)
        self.assert_promises_kept()


class BrokenConnectionTest_F09_Full(BrokenConnectionTest_F09):
    STEP = 1


class FailingSyncTest_F12(ChaosTest):
    """fsync fails on the action service's disk: who it is must be durable before it serves."""

    def test_at_the_start(self):
        self.stack.call()
        self.stack.action.stop()
        for after in (0, 1):
            self.stack.action_machine.fail_syncs(after=after)
            self.stack.action.launch()
            self.assertNotEqual(self.stack.action.wait(), 0)
            self.assertTrue(self.stack.logged(self.stack.action, "Input/output error") or
                            self.stack.logged(self.stack.action, "disk I/O error"))
        self.stack.action_machine.mend()
        self.stack.action.start()
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class PowerLossTest_F13(ChaosTest):
    """The action service's machine loses what was not synced."""

    def identity(self):
        text = (self.stack.directory / "action" / "spool.db.owner").read_text(encoding="ascii")
        return dict(line.split() for line in text.splitlines())

    def test_it_remains_who_it_is(self):
        before = self.identity()
        for _ in range(3):
            cid = self.stack.new_cid()
            self.stack.call_later("never", cids=[cid], timeout=20)
            wait_until(lambda cid=cid: self.stack.hits(cid), "the call reaches the cluster")
            self.stack.action.kill()
            self.stack.action_machine.cut_power()
            self.stack.action.start()
            now = self.identity()
            self.assertEqual(now["owner"], before["owner"])
            self.assertGreater(int(now["incarnation"]), int(before["incarnation"]))
            before = now
        self.stack.wait_until_it_works()
        self.assert_promises_kept()


class StoppedTest_F15(ChaosTest):
    """SIGSTOP for longer than the call may take."""

    TIMEOUT = 3

    def stop_before_the_post(self):
        """A call whose start is durable and unacknowledged; then everything stands still."""
        cid = self.stack.new_cid()
        self.stack.ledger_proxy.freeze(DOWN)
        call = self.stack.call_later(cids=[cid], timeout=self.TIMEOUT)
        self.stack.wait_for_row(cid, status="IN_PROGRESS")
        self.stack.action.pause()
        self.stack.ledger_proxy.heal()
        return cid, call

    def check_not_called(self, cid, call):
        self.stack.action.resume()
        row = self.stack.wait_for_row(cid, outcome_source="TOLD")
        self.assertEqual((row["failure_reason"], row["effect"]), ("NOT_CALLED", "NOT_APPLIED"))
        self.assertEqual(self.stack.hits(cid), [])
        call.result()
        self.assert_promises_kept()

    def test_before_the_post(self):
        cid, call = self.stop_before_the_post()
        time.sleep(self.TIMEOUT + 0.1)  # so long it stands still
        self.check_not_called(cid, call)

    def test_before_the_post_until_it_is_presumed_dead(self):
        cid, call = self.stop_before_the_post()
        self.stack.wait_for_row(cid, failure_reason="INTERRUPTED")
        self.check_not_called(cid, call)

    def test_during_the_post(self):
        cid = self.stack.new_cid()
        call = self.stack.call_later("delay~ms=1500", cids=[cid], timeout=self.TIMEOUT)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        self.stack.action.pause()
        self.stack.wait_for_row(cid, failure_reason="INTERRUPTED", effect="UNKNOWN")
        self.stack.action.resume()
        row = self.stack.wait_for_row(cid, outcome_source="TOLD")
        self.assertNotEqual(row["failure_reason"], "INTERRUPTED")
        self.assertEqual(row["conflict"], 0)
        self.assertEqual(call.result().effect, row["effect"])
        self.assert_promises_kept()


class AskedAgainTest_F24(ChaosTest):
    """The answer is lost, and the same request_id is asked again while the ledger is away; two
    instances, one of them cut off from the ledger."""

    def setUp(self):
        super().setUp()
        self.caller_proxy = Proxy(self.stack.action_port)
        self.addCleanup(self.caller_proxy.close)
        channel = grpc.insecure_channel(f"127.0.0.1:{self.caller_proxy.port}",
                                        [("grpc.enable_http_proxy", 0)])
        self.addCleanup(channel.close)
        wait_until(lambda: self.stack.is_serving(channel), "the lossy connection is made")
        self.lossy_actions = stubs.action_grpc.ActionServiceStub(channel)

    def test_answer_lost_and_ledger_away(self):
        request = self.stack.request(request_id="asked again")
        cid = request.cids[0]
        self.caller_proxy.swallow(DOWN)
        lost = self.stack.call_later(actions=self.lossy_actions, cids=[cid],
                                     request_id="asked again")
        self.stack.wait_for_row(cid, status="SUCCESS")
        self.caller_proxy.cut()
        self.assertEqual(lost.result().kind, UNKNOWN)
        # The ack has come back too, so the run is over.
        self.assertEqual(self.stack.send(request).kind, ANSWERED)
        self.stack.ledger.kill()
        again = self.stack.send(request)
        self.assertEqual(again.kind, REFUSED, again)
        self.stack.ledger.start()
        wait_until(lambda: self.stack.send(request).kind == ANSWERED, "the ledger is back")
        self.assertEqual(len(self.stack.hits(cid)), 1)
        self.assert_promises_kept()

    def test_second_instance_cut_off(self):
        proxy, second = self.start_second()
        request = self.stack.request(request_id="two instances")
        proxy.cut()
        self.assertEqual(self.stack.send(request, actions=second).kind, REFUSED)
        first = self.stack.send(request)
        self.assertEqual(first.status, "SUCCESS")
        self.assertEqual(self.stack.send(request, actions=second).kind, REFUSED)
        proxy.heal()
        wait_until(lambda: self.stack.send(request, actions=second).job_id == first.job_id,
                   "the second instance finds the job")
        self.assertEqual(len(self.stack.hits(request.cids[0])), 1)
        self.assert_promises_kept()

    def test_twins_on_two_instances_at_once(self):
        _, second = self.start_second()
        for number in range(10):
            cid = self.stack.new_cid()
            calls = [self.stack.call_later("delay~ms=100", cids=[cid], actions=actions,
                                           request_id=f"twins {number}")
                     for actions in (self.stack.actions, second) * 2]
            told = {call.result() for call in calls}
            self.assertEqual(len(told), 1, told)
            self.assertEqual(len(self.stack.hits(cid)), 1)
        self.assert_promises_kept()
