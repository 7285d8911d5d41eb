#!/usr/bin/env python3
"""Checks that includes run in the directions of ARCHITECTURE.md. Prints each violation; exit 1 if any.

usage: include_check.py [ROOT]
"""

import fnmatch
import pathlib
import re
import sys

# Room -> rooms that it may include besides itself. A room is a folder; the longest prefix counts.
BASE = ["common/base"]
COMMON = ["common/base", "common/sqlite", "common/rpc", "common/http", "common/runtime",
          "common/service"]
ROOMS = {
    "common/base": [],
    "common/sqlite": BASE,
    "common/rpc": BASE,
    "common/http": BASE,
    "common/runtime": BASE,
    "common/service": ["common/base", "common/rpc", "common/runtime"],
    "services/ledger": COMMON,
    "services/ledger/offline": COMMON + ["services/ledger"],
    "services/action": COMMON,
    "services/gateway": COMMON,
    "services/ledgerctl": COMMON + ["services/ledger/offline"],
    "services/fake_cluster": COMMON,
}

# Inside a service: layers from the bottom up, each the files (without suffix) that belong to it; a
# file may include its own layer and those before. "*" is the layer of every file not named: use
# cases and implementations of the interfaces.
LAYERS = {
    "services/ledger": [
        ["audit_record", "job", "job_filter", "job_transitions"],
        ["job_store"],
        ["*"],
        ["*_service", "*_reactor", "*_host", "*_proto", "proto_convert"],
        ["main"],
    ],
    "services/action": [
        ["address_policy", "cluster_url"],
        ["cluster_client"],
        ["*"],
        ["*_service", "*_host"],
        ["main"],
    ],
    "services/gateway": [["*"], ["main"]],
    "services/ledgerctl": [["*"], ["main"]],
    "services/fake_cluster": [["*"], ["main"]],
}

LEDGER_STORE = ["services/ledger/sqlite/*", "services/ledger/offline/*"]

# Header -> the only files that may include it.
ONLY = {
    "common/sqlite/*": ["common/sqlite/*", "services/action/spool/*",
                        "services/gateway/user_*"] + LEDGER_STORE,
    "SQLiteCpp/*": ["common/sqlite/*", "services/ledger/sqlite/*"],
    "sqlite3.h": ["common/sqlite/*", "services/ledger/sqlite/*"],
    "services/ledger/sqlite/*": LEDGER_STORE + ["services/ledger/main.cc"],
    "services/action/cluster/*": ["services/action/cluster/*", "services/action/main.cc"],
    "spdlog/*": ["common/runtime/*"],
    "tms/*": ["services/*"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def room_of(path):
    fitting = [room for room in ROOMS if path.startswith(room + "/")]
    return max(fitting, key=len, default=None)


def layer_of(room, path):
    stem = pathlib.PurePath(path).stem
    layers = LAYERS[room]
    for number, patterns in enumerate(layers):
        if patterns != ["*"] and any(fnmatch.fnmatch(stem, pattern) for pattern in patterns):
            return number
    return layers.index(["*"])


def violations_of(path, header):
    """What is wrong with file `path` including `header`, both written from the top of the tree."""
    for pattern, allowed in ONLY.items():
        if fnmatch.fnmatch(header, pattern) and not any(fnmatch.fnmatch(path, a) for a in allowed):
            yield f"{path}: includes {header}, which is for {', '.join(allowed)}"
    room, target = room_of(path), room_of(header)
    if room is None:
        yield f"{path}: is in no room that this check knows"
    elif target is None:
        if header.startswith(("common/", "services/", "tests/")):
            yield f"{path}: includes {header}, which is in no room that this check knows"
    elif room != target:
        if target not in ROOMS[room]:
            yield f"{path}: includes {header}, but {room} may not know {target}"
    elif room in LAYERS and layer_of(room, header) > layer_of(room, path):
        yield f"{path}: includes {header}, which is a layer above it"


def cycles(includes):
    """One line for each cycle of headers."""
    done, found = set(), []

    def visit(node, trail):
        if node in trail:
            found.append("cycle: " + " -> ".join(trail[trail.index(node):] + [node]))
        elif node not in done:
            for following in includes.get(node, ()):
                visit(following, trail + [node])
            done.add(node)

    for node in includes:
        visit(node, [])
    return found


def check(root):
    includes = {}
    for top in ("common", "services"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cc"):
                includes[path.relative_to(root).as_posix()] = INCLUDE.findall(path.read_text())
    found = [line for path, headers in includes.items() for header in headers
             for line in violations_of(path, header)]
    return len(includes), found + cycles(includes)


def main():
    default = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    count, found = check(root)
    print("\n".join(found + [f"{count} files, {len(found)} violations"]))
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
