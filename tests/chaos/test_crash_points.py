"""kill -9 of the action service at every durable step: its named crash points."""

import re

from chaos_stack import END_LIMIT, Job, stubs, wait_until
from process import SOURCE_ROOT
from proxy import DOWN
from spool_case import SpoolTestCase

CRASH_POINTS = SOURCE_ROOT / "common" / "base" / "crash_points.h"

# What must be true of the action after a crash at a point: hits of the cluster, and the outcome
# (failure_reason, effect) of its row; None: there is no row, as nobody was told of the job.
NEVER_DURABLE = (0, None)
DURABLE_START = (0, ("INTERRUPTED", "UNKNOWN"))
CALLED = (1, ("INTERRUPTED", "UNKNOWN"))
TOLD = (1, (None, "APPLIED"))
GIVEN_UP = (0, ("NOT_CALLED", "NOT_APPLIED"))


def known_points():
    """As the code lists them."""
    text = CRASH_POINTS.read_text(encoding="utf-8")
    listed = text[text.index("kCrashPoints[]"):]
    return set(re.findall(r'^ +"([a-z_.]+)"', listed[:listed.index("};")], re.MULTILINE))


class CrashPointTestCase(SpoolTestCase):
    """Actions go by the spool while the ledger is away."""

    def arm(self, point, count=1):
        """The action service is to die there, after a new start."""
        self.stack.action.stop()
        self.stack.action.set_environment("TMS_CRASH_AT", f"{point}:{count}")
        self.addCleanup(self.stack.action.set_environment, "TMS_CRASH_AT", None)

    def rearm(self, point):
        """After the start, which may come there a few times by itself."""
        for count in range(1, 10):
            self.arm(point, count)
            self.stack.action.launch()
            wait_until(lambda: self.stack.action.is_ready() or not self.stack.action.running,
                       "it serves or dies")
            if self.stack.action.running:
                return
        raise AssertionError(f"a start comes to {point} again and again")

    def wait_for_death(self):
        wait_until(lambda: not self.stack.action.running, "it dies at its point")
        self.assertEqual(self.stack.action.wait(), -9)
        self.stack.action.set_environment("TMS_CRASH_AT", None)

    def check(self, cid, call, expected):
        """After a crash, with everything up again."""
        hits, outcome = expected
        told = call.result()
        if outcome is None:
            self.assertIsNone(self.stack.job_of(cid))
        else:
            reason, effect = outcome
            self.stack.wait_for_row(cid, failure_reason=reason, effect=effect)
        self.assertEqual(len(self.stack.hits(cid)), hits)
        self.assertEqual(told.job_id, "")

    def run_to_death(self, **fields):
        """An action; (cid, future) once the action service has died of it."""
        cid = self.stack.new_cid()
        call = self.stack.call_later(cids=[cid], timeout=2, **fields)
        self.wait_for_death()
        return cid, call


class KilledAtEachPointTest_F01(CrashPointTestCase):

    POINTS = {
        # The ledger answers.
        "action.start.acked": ("of_an_action", DURABLE_START),
        "action.call.before_post": ("of_an_action", DURABLE_START),
        "action.call.answered": ("of_an_action", CALLED),
        "action.finish.acked": ("of_an_action", TOLD),
        # It is away.
        "action.start.before_spool": ("of_an_action_by_the_spool", NEVER_DURABLE),
        "sqlite.group.before_commit": ("of_an_action_by_the_spool", NEVER_DURABLE),
        "sqlite.group.committed": ("of_an_action_by_the_spool", DURABLE_START),
        "action.start.spooled": ("of_an_action_by_the_spool", DURABLE_START),
        "action.finish.before_spool": ("of_an_action_by_the_spool", CALLED),
        "action.finish.spooled": ("of_an_action_by_the_spool", TOLD),
        # It has committed, and its ack is lost.
        "action.start.given_up": ("of_a_start_that_is_given_up", GIVEN_UP),
        # It is back, and what is in the spool goes to it.
        "action.delivery.acked": ("of_a_delivery", TOLD),
        "action.delivery.removed": ("of_a_delivery", TOLD),
        "action.delivery.dead_letter": ("of_a_dead_letter", (1, ("INVALID_RESPONSE", "UNKNOWN"))),
        # Then the service starts anew with a spool from before.
        "action.recovery.opened": ("of_a_recovery", TOLD),
        "action.recovery.before_settle": ("of_a_recovery", TOLD),
        "action.recovery.settled": ("of_a_recovery", TOLD),
        # A spool that has grown is tidied up.
        "sqlite.checkpoint.before": ("of_a_checkpoint", None),
        "sqlite.checkpoint.done": ("of_a_checkpoint", None),
    }

    def test_every_point_is_here(self):
        others = {point for point in known_points() if point.startswith("migration.")}
        self.assertEqual(set(self.POINTS), known_points() - others)

    def test_each(self):
        for point, (way, expected) in self.POINTS.items():
            with self.subTest(point=point):
                getattr(self, way)(point, expected)
        self.stack.wait_until_it_works()
        self.assert_promises_kept()

    def of_an_action(self, point, expected):
        self.rearm(point)
        cid, call = self.run_to_death()
        self.come_back()
        self.check(cid, call, expected)

    def of_an_action_by_the_spool(self, point, expected):
        self.rearm(point)
        self.away()
        cid, call = self.run_to_death()
        self.come_back()
        self.check(cid, call, expected)

    def of_a_start_that_is_given_up(self, point, expected):
        self.rearm(point)
        self.stack.ledger_proxy.swallow(DOWN)
        cid, call = self.run_to_death(request_id="given up")
        self.come_back()
        self.check(cid, call, expected)

    def of_a_delivery(self, point, expected):
        self.rearm(point)
        self.away()
        told = self.stack.call()
        self.assertEqual(told.effect, "APPLIED")
        self.stack.ledger_proxy.heal()
        self.wait_for_death()
        self.come_back()
        self.check_told(told.cid, expected)

    def of_a_recovery(self, point, expected):
        self.away()
        told = self.stack.call()
        self.stack.action.kill()
        self.arm(point)
        self.stack.ledger_proxy.heal()
        self.stack.action.launch()
        self.wait_for_death()
        self.come_back()
        self.check_told(told.cid, expected)

    def of_a_dead_letter(self, point, expected):
        """Somebody else has told another outcome of the job, so the ledger refuses its owner's."""
        self.rearm(point)
        cid = self.stack.new_cid()
        self.stack.cluster_proxy.freeze(DOWN)
        call = self.stack.call_later("not-json", cids=[cid], cluster="proxied", timeout=20)
        wait_until(lambda: self.stack.hits(cid), "the call reaches the cluster")
        self.away()
        self.tell(self.stack.job_of(cid), status=Job.FAILED, failure_reason=Job.INVALID_RESPONSE,
                  effect=Job.UNKNOWN, http_status=200, error_message="told by somebody else")
        self.stack.cluster_proxy.heal()
        self.assertEqual(call.result().failure_reason, "INVALID_RESPONSE")
        self.stack.ledger_proxy.heal()
        self.wait_for_death()
        self.come_back()
        self.check_told(cid, expected)

    def tell(self, row, **outcome):
        """As the owner of the job, over a stream of our own."""
        event = stubs.job.JobEvent(
            job_id=row["job_id"], event_seq=2, owner=row["owner"], incarnation=row["incarnation"],
            finished=stubs.job.JobFinished(**outcome))
        event.occurred_at.GetCurrentTime()
        request = stubs.ledger.RecordEventsRequest(event=event)
        verdicts = [answer.verdict for answer in self.stack.jobs.RecordEvents(
            iter([request]), timeout=END_LIMIT)]
        self.assertEqual(verdicts, [stubs.ledger.RecordEventsResponse.APPLIED])

    def of_a_checkpoint(self, point, _):
        """After a start that is larger than the log may grow."""
        self.rearm(point)
        self.away()
        cid = self.stack.new_cid()
        others = [f"{number:0100d}" for number in range(25_000)]
        call = self.stack.call_later(cids=[cid, *others], timeout=2)
        self.wait_for_death()
        self.come_back()
        # How far the action came meanwhile is open; the checker judges it.
        call.result()
        wait_until(lambda: (self.stack.job_of(cid) or {}).get("finished_at"), "it has ended")

    def check_told(self, cid, expected):
        hits, (reason, effect) = expected
        self.stack.wait_for_row(cid, failure_reason=reason, effect=effect)
        self.assertEqual(len(self.stack.hits(cid)), hits)
