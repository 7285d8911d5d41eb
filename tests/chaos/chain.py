"""The history's hash chain, recomputed from docs/history.md; shares nothing with the ledger's code."""

import hashlib

# The columns that a row's content is made of, in this order.
_CONTENT = {
    "job_events": (
        "job_id", "earlier_job_id", "kind", "event_seq", "occurred_at", "recorded_at", "actor",
        "incarnation", "verdict", "detail", "status", "http_status", "failure_reason", "effect",
        "error_message", "outcome_source", "conflict", "content_digest", "cids_digest", "cid_count"),
    "audit_events": (
        "occurred_at", "user_id", "action", "target", "source_ip", "success", "detail"),
}
_BEFORE_THE_FIRST = bytes(32)


def _parts(*parts):
    encoded = b""
    for part in parts:
        part = part if isinstance(part, bytes) else str(part).encode()
        encoded += len(part).to_bytes(8, "big") + part
    return encoded


def _content(table, row):
    parts = [table]
    for column in _CONTENT[table]:
        value = row[column]
        if value is not None:
            kind = {int: "i", str: "t", bytes: "b"}[type(value)]
            parts += [column, kind, value]
    return _parts(*parts)


def breaches(chain_id, tables):
    """One line for each row that is not what was chained. `tables`: name → rows as mappings."""
    rows = sorted(((row["number"], table, row) for table in _CONTENT for row in tables[table]),
                  key=lambda entry: entry[:2])
    previous = _BEFORE_THE_FIRST
    for expected, (number, table, row) in enumerate(rows, start=1):
        if number != expected:
            yield f"event {expected} is missing"
            return
        digest = hashlib.sha256(row["salt"] + _content(table, row)).digest()
        if digest != row["salted_digest"]:
            yield f"event {number} ({table}): its content is not what was chained"
        previous = hashlib.sha256(
            _parts(chain_id, number, previous, row["salted_digest"])).digest()
        if previous != row["hash"]:
            yield f"event {number} ({table}): its hash is wrong"
            return
