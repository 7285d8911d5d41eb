"""Events told to the ledger by a test, as an owner `e2e` of jobs of its own."""

import queue

import stubs
from stack import FAILED, RPC_LIMIT, seconds

Job = stubs.job.Job


class EventStream:
    """One RecordEvents stream with this test as the owner of the jobs."""

    def __init__(self, jobs):
        self._to_send = queue.Queue()
        self._answers = jobs.RecordEvents(iter(self._to_send.get, None), timeout=RPC_LIMIT)

    def send(self, event):
        self._to_send.put(stubs.ledger.RecordEventsRequest(event=event))
        return next(self._answers)

    def close(self):
        self._to_send.put(None)
        return list(self._answers)


def started(job_id, cid, **fields):
    content = {"user_id": "eve", "action_code": 3, "action_name": "T-Enable", "cluster": "alpha",
               "cluster_url": "http://alpha.example", "cids": [cid], "timeout": seconds(30)}
    event = stubs.job.JobEvent(job_id=job_id, event_seq=1, owner="e2e", incarnation=1,
                               started=stubs.job.JobStarted(**{**content, **fields}))
    event.occurred_at.GetCurrentTime()
    return event


def finished(job_id, owner="e2e", incarnation=1, **fields):
    content = {"status": FAILED, "failure_reason": Job.NOT_CALLED, "effect": Job.NOT_APPLIED,
               "error_message": "not called", **fields}
    event = stubs.job.JobEvent(job_id=job_id, event_seq=2, owner=owner, incarnation=incarnation,
                               finished=stubs.job.JobFinished(**content))
    event.occurred_at.GetCurrentTime()
    return event
