"""Says whether the promises were kept, from the outside: jobs.db, the fake cluster's log of hits,
and what callers were told.

Every action of a test has a customer (cid) of its own, which ties calls, jobs and hits together;
calls that repeat a request_id repeat its cid. `violations(evidence)` returns one line for each
breach, so an empty list is what everybody wants. Also a program: see --help.
"""

import argparse
import collections
import pathlib
import sqlite3
import sys

import chain
from evidence import ANSWERED, REFUSED, Evidence, read, read_calls

# Jobs that ended before their request was written.
_UNCALLED_REASONS = ("NOT_CALLED", "CONNECT_ERROR")
# Behaviours of the fake cluster that count a connection, not a request.
_CONNECTION_BEHAVIOURS = ("reset-on-accept", "reset-before-read")
_OUTCOME = ("status", "http_status", "failure_reason", "effect", "error_message", "outcome_source",
            "conflict")


def violations(evidence):
    try:
        traces = read(evidence)
    except sqlite3.DatabaseError as error:
        return [f"{evidence.db} cannot be read: {error}"]
    checks = (_integrity, _chain, _terminal, _coherent, _history, _counters, _callers, _told,
              _actions, _request_ids, _stray_hits)
    found = [line for check in checks for line in check(traces)]
    return found + list(_canary(evidence))


# The file.

def _integrity(traces):
    for line in traces.integrity:
        if line != "ok":
            yield f"integrity_check: {line}"


def _chain(traces):
    """The history's hash chain, job_events and audit_events together; a missing row is a breach."""
    if traces.chain_id is None:
        return ["the history has no chain"]
    return chain.breaches(traces.chain_id,
                          {"job_events": traces.events, "audit_events": traces.audit})


# Jobs by themselves.

def _terminal(traces):
    for job in traces.jobs:
        if job["status"] == "IN_PROGRESS":
            yield f"{_name(job)}: not terminal"


def _coherent(traces):
    for job in traces.jobs:
        ended = job["status"] != "IN_PROGRESS"
        if ended and not (job["effect"] and job["outcome_source"] and job["finished_at"]):
            yield f"{_name(job)}: ended without effect, source or time"
        # A person may settle the effect of a failed job either way.
        if job["status"] == "SUCCESS" and job["effect"] != "APPLIED":
            yield f"{_name(job)}: SUCCESS with effect {job['effect']}"
        if (job["status"] == "FAILED") != bool(job["failure_reason"]):
            yield f"{_name(job)}: {job['status']} with reason {job['failure_reason']}"


def _history(traces):
    """The rows follow from the events."""
    applied = collections.defaultdict(list)
    for event in traces.events:
        if event["verdict"] == "APPLIED":
            applied[event["job_id"]].append(event)
    for job in traces.jobs:
        events = applied.pop(job["job_id"], [])
        kinds = [event["kind"] for event in events]
        if kinds[:1] not in (["STARTED"], ["MIGRATED"]) or kinds.count("STARTED") > 1:
            yield f"{_name(job)}: its history is {kinds}"
            continue
        for column in _OUTCOME:
            if events[-1][column] != job[column]:
                yield (f"{_name(job)}: {column} is {job[column]!r}, its last event says"
                       f" {events[-1][column]!r}")
    for job_id in applied:
        yield f"{job_id}: has events and no row"


def _counters(traces):
    counted = collections.Counter(
        (job["status"], job["failure_reason"] or "", job["effect"] or "")
        for job in traces.jobs if job["status"] != "IN_PROGRESS")
    for table, counters in traces.counters.items():
        if counters != counted:
            yield f"{table} counts {dict(counters)}, the rows are {dict(counted)}"


# Jobs and callers.

def _callers(traces):
    """Accepted actions = job rows, one each."""
    if traces.calls is None:
        return
    jobs = {job["job_id"]: job for job in traces.jobs}
    calls_of = collections.Counter(call.cid for call in traces.calls)
    for call in traces.calls:
        if call.kind != ANSWERED:
            continue
        job = jobs.get(call.job_id)
        if job is None and call.cid in traces.forgotten:
            continue
        if job is None:
            yield f"{call.job_id}: its caller was told of it, and there is no row ({call})"
        elif (job["cid"], job["user_id"], job["request_id"] or "") != (
                call.cid, call.user_id, call.request_id):
            yield f"{_name(job)}: is not what its caller asked for ({call})"
    for cid, jobs_of_cid in _by_cid(traces.jobs).items():
        if len(jobs_of_cid) > calls_of[cid]:
            yield f"{cid}: {len(jobs_of_cid)} jobs for {calls_of[cid]} calls"


def _told(traces):
    """What a caller was told is what the row says."""
    jobs = {job["job_id"]: job for job in traces.jobs}
    for call in traces.calls or ():
        job = jobs.get(call.job_id)
        if call.kind != ANSWERED or job is None or call.status == "IN_PROGRESS":
            continue
        # What was only presumed may be replaced, and a person may settle what is unknown.
        if call.failure_reason == "INTERRUPTED" and job["outcome_source"] != "PRESUMED":
            continue
        if call.effect == "UNKNOWN" and job["outcome_source"] == "RESOLVED":
            continue
        # What was told and then forgotten is presumed anew.
        if call.cid in traces.forgotten and job["outcome_source"] == "PRESUMED":
            continue
        told = (call.status, call.failure_reason, call.effect)
        if told != (job["status"], job["failure_reason"] or "", job["effect"]):
            yield f"{_name(job)}: its caller was told {told}"


# Jobs and the cluster.

def _actions(traces):
    """Hits agree with status and effect."""
    hits = _by_cid(traces.hits, lambda hit: (hit["first_cids"] or [""])[0])
    jobs = _by_cid(traces.jobs)
    for cid in sorted((set(hits) | set(jobs)) - {""}):
        if cid in traces.forgotten:
            yield from _forgotten(cid, jobs.get(cid, []), hits.get(cid, []), traces.calls)
        else:
            yield from _action(cid, jobs.get(cid, []), hits.get(cid, []))
    if traces.calls is None:
        return
    refused = {call.cid for call in traces.calls} - {
        call.cid for call in traces.calls if call.kind != REFUSED}
    for cid in sorted(refused & set(hits)):
        yield f"{cid}: every caller was told that nothing was called, and there are hits"


def _action(cid, jobs, hits):
    def count(condition):
        return sum(1 for job in jobs if condition(job))

    callable_jobs = count(lambda job: job["failure_reason"] not in _UNCALLED_REASONS)
    answered = count(lambda job: job["http_status"] is not None)
    applied = count(lambda job: job["effect"] == "APPLIED")
    doubtful = count(lambda job: job["effect"] in (None, "UNKNOWN"))
    applied_hits = sum(1 for hit in hits if hit["applied"])
    names = ", ".join(map(_name, jobs)) or f"{cid} (no job)"
    if len(hits) > callable_jobs:
        yield f"{names}: {len(hits)} hits"
    if len(hits) < answered:
        yield f"{names}: an answer is recorded, and there is no hit"
    if applied_hits < applied:
        yield f"{names}: APPLIED, the cluster applied {applied_hits}"
    if applied_hits > applied + doubtful:
        yield f"{names}: the cluster applied {applied_hits}"


def _forgotten(cid, jobs, hits, calls):
    """The ledger may know less than it did; what it says must still be true."""
    applied = sum(hit["applied"] for hit in hits)
    # Of several, those that are gone may have made the hits.
    only_one = sum(call.cid == cid for call in calls or ()) == 1
    for job in jobs:
        if job["effect"] == "APPLIED" and not applied:
            yield f"{_name(job)}: the cluster applied nothing"
        if job["effect"] == "NOT_APPLIED" and applied and only_one:
            yield f"{_name(job)}: the cluster applied {applied}"


def _request_ids(traces):
    """Never two hits for a (user, request_id), nor two jobs that may have been called."""
    repeated = {(call.user_id, call.request_id) for call in traces.calls or ()
                if call.accept_possible_repeat}
    hits = _by_cid(traces.hits, lambda hit: (hit["first_cids"] or [""])[0])
    keyed = collections.defaultdict(list)
    for job in traces.jobs:
        if job["request_id"]:
            keyed[job["user_id"], job["request_id"]].append(job)
    for key, jobs in keyed.items():
        if key in repeated or any(job["cid"] in traces.forgotten for job in jobs):
            continue
        total = sum(len(hits.get(cid, ())) for cid in {job["cid"] for job in jobs})
        if total > 1:
            yield f"{key}: {total} hits"
        called = [job for job in jobs if job["failure_reason"] != "NOT_CALLED"]
        if len(called) > 1:
            yield f"{key}: {len(called)} jobs"


def _stray_hits(traces):
    """Hits that broke off before the cluster knew for whom they were."""
    strays = [hit for hit in traces.hits if not hit["first_cids"]]
    for hit in strays:
        if hit["applied"]:
            yield f"hit {hit['sequence']} was applied to nobody"
    requests = sum(hit["behaviour"] not in _CONNECTION_BEHAVIOURS for hit in traces.hits)
    callable_jobs = sum(job["failure_reason"] not in _UNCALLED_REASONS for job in traces.jobs)
    if strays and requests > callable_jobs and not traces.forgotten:
        yield f"{requests} hits for {callable_jobs} jobs"


# The disk.

def _canary(evidence):
    """The token is nowhere."""
    if not evidence.canary or evidence.directory is None:
        return
    for path in sorted(pathlib.Path(evidence.directory).rglob("*")):
        if path.is_file() and evidence.canary.encode() in path.read_bytes():
            yield f"the token's canary is in {path}"


def _by_cid(things, cid_of=lambda job: job["cid"]):
    groups = collections.defaultdict(list)
    for thing in things:
        groups[cid_of(thing)].append(thing)
    return dict(groups)


def _name(job):
    return f"{job['job_id']} ({job['cid']}, {job['status']} {job['effect']})"


def main():
    parser = argparse.ArgumentParser(description="Checks the traces of a run; exit code 1 and a "
                                     "line for each broken promise.")
    parser.add_argument("--db", type=pathlib.Path, required=True, help="the ledger's jobs.db")
    parser.add_argument("--hits", type=pathlib.Path, required=True,
                        help="what fake_cluster --hits wrote")
    parser.add_argument("--calls", type=read_calls, help="what write_calls() wrote")
    parser.add_argument("--directory", type=pathlib.Path, help="where no file may hold --canary")
    parser.add_argument("--canary", default="", help="part of every bearer token of the run")
    found = violations(Evidence(**vars(parser.parse_args())))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
