"""Python modules made from the project's protos, when a test first needs them.

Import the modules from here: `from stubs import action, ledger, job`. They are kept in the folder
that E2E_STUBS names and made anew when a proto is newer.
"""

import fcntl
import os
import pathlib
import subprocess
import sys

# A channel without calls looks at its sockets only this often; by itself every 5 s, so long would
# a restarted server stay unnoticed, and a draining one wait for us to hang up.
os.environ["GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS"] = "50"

# pylint: disable=wrong-import-position
import grpc  # noqa: E402

SOURCE_ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO_ROOTS = [SOURCE_ROOT / "protos", SOURCE_ROOT / "tests" / "e2e" / "protos"]
STUBS = pathlib.Path(os.environ.get("E2E_STUBS", SOURCE_ROOT / "build" / "dev" / "e2e_stubs"))
PLUGIN = "/usr/bin/grpc_python_plugin"


def _protos():
    return [(root, path) for root in PROTO_ROOTS for path in sorted(root.rglob("*.proto"))]


def _are_current(stamp):
    if not stamp.exists():
        return False
    made = stamp.stat().st_mtime
    return all(path.stat().st_mtime <= made for _, path in _protos())


def _generate():
    STUBS.mkdir(parents=True, exist_ok=True)
    stamp = STUBS / "made"
    with open(STUBS / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in parallel
        if _are_current(stamp):
            return
        for root, path in _protos():
            subprocess.run(
                ["protoc", f"-I{root}", f"--python_out={STUBS}", f"--grpc_python_out={STUBS}",
                 f"--plugin=protoc-gen-grpc_python={PLUGIN}", str(path.relative_to(root))],
                check=True, timeout=60)
        stamp.touch()


_generate()
sys.path.insert(0, str(STUBS))
grpc.__path__.append(str(STUBS / "grpc"))  # grpc.health and grpc.reflection lie beside our own

# pylint: disable=unused-import
from google.protobuf.duration_pb2 import Duration  # noqa: E402,F401
from google.protobuf.field_mask_pb2 import FieldMask  # noqa: E402,F401
from google.protobuf.timestamp_pb2 import Timestamp  # noqa: E402,F401
from google.rpc import status_pb2 as rpc_status  # noqa: E402,F401
from grpc.health.v1 import health_pb2 as health  # noqa: E402,F401
from grpc.health.v1 import health_pb2_grpc as health_grpc  # noqa: E402,F401
from grpc.reflection.v1alpha import reflection_pb2 as reflection  # noqa: E402,F401
from grpc.reflection.v1alpha import reflection_pb2_grpc as reflection_grpc  # noqa: E402,F401
from tms.action.v1 import action_pb2 as action  # noqa: E402,F401
from tms.action.v1 import action_pb2_grpc as action_grpc  # noqa: E402,F401
from tms.ledger.v1 import job_pb2 as job  # noqa: E402,F401
from tms.ledger.v1 import ledger_pb2 as ledger  # noqa: E402,F401
from tms.ledger.v1 import ledger_pb2_grpc as ledger_grpc  # noqa: E402,F401
