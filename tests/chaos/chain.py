"""The history's hash chain, recomputed from docs/history.md; shares nothing with the ledger's code."""

import hashlib
import pathlib
import re

_PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "history.md"


def _read_columns():
    """The columns that a row's content is made of, as the page lists them: table → names."""
    rows = re.findall(r"^\| `(job_events|audit_events)` \| (.*) \|$",
                      _PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}


_CONTENT = _read_columns()
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
