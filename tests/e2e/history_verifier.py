"""Checks an exported history and its anchors, as docs/history.md says; shares no code with ours.

usage: ledgerctl export-events | history_verifier.py [ANCHORS [PUBLIC_KEY]]
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

_BEFORE_ROW_1 = bytes(32)
# What stands before the 32 bytes of an Ed25519 key in a file that openssl reads (RFC 8410).
_KEY_PREFIX = bytes.fromhex("302a300506032b6570032100")


def parts(*values):
    encoded = []
    for value in values:
        value = value if isinstance(value, bytes) else str(value).encode()
        encoded += [len(value).to_bytes(8, "big"), value]
    return b"".join(encoded)


def check_chain(lines):
    """The hash of each row by its number, number 0 included. ValueError names the first wrong row."""
    lines = iter(lines)
    chain_id = json.loads(next(lines))["chain_id"]
    hashes = {0: _BEFORE_ROW_1}
    for expected, line in enumerate(lines, start=1):
        row = json.loads(line)
        number = row["number"]
        if number != expected:
            raise ValueError(f"row {expected} is missing")
        content = [row["table"]]
        for column, kind, value in row["content"]:
            content += [column, kind, bytes.fromhex(value) if kind == "b" else value]
        digest = hashlib.sha256(bytes.fromhex(row["salt"]) + parts(*content)).digest()
        if digest.hex() != row["salted_digest"]:
            raise ValueError(f"row {number}: wrong content")
        link = hashlib.sha256(parts(chain_id, number, hashes[number - 1], digest)).digest()
        if link.hex() != row["hash"]:
            raise ValueError(f"row {number}: wrong hash")
        hashes[number] = link
    return chain_id, hashes


def check_anchors(text, chain_id, hashes, public_key=None):
    """How many there are. ValueError names the first wrong line."""
    lines = text.split("\n")[:-1]  # what has no end was being written when the power went
    for number, line in enumerate(lines, start=1):
        signed, _, signature = line.rpartition(" ")
        name, chain, row, row_hash, _time, key = signed.split(" ")
        if (name, chain) != ("tms-anchor-1", chain_id) or (public_key or key) != key:
            raise ValueError(f"line {number}: of another chain or key")
        if not _is_signed(signed.encode(), bytes.fromhex(signature), bytes.fromhex(key)):
            raise ValueError(f"line {number}: wrong signature")
        if int(row) not in hashes or hashes[int(row)].hex() != row_hash:
            raise ValueError(f"line {number}: row {row} is not as it was signed")
    return len(lines)


def _is_signed(text, signature, key):
    with tempfile.TemporaryDirectory() as folder:
        files = {name: pathlib.Path(folder) / name for name in ("text", "signature", "key")}
        files["text"].write_bytes(text)
        files["signature"].write_bytes(signature)
        files["key"].write_bytes(_KEY_PREFIX + key)
        answer = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
             "-inkey", files["key"], "-sigfile", files["signature"], "-in", files["text"]],
            capture_output=True, check=False)
    return answer.returncode == 0


def main():
    try:
        chain_id, hashes = check_chain(sys.stdin)
        print(f"{len(hashes) - 1} rows, all as they were written")
        if len(sys.argv) > 1:
            text = pathlib.Path(sys.argv[1]).read_text(encoding="ascii")
            print(check_anchors(text, chain_id, hashes, *sys.argv[2:3]), "anchors")
    except ValueError as wrong:
        sys.exit(f"WRONG: {wrong}")


if __name__ == "__main__":
    main()
