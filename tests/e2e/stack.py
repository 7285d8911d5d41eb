"""The whole system in a temporary folder: fake cluster, ledger, action service, gateway.

A test class derives from StackTest, which starts one stack for all its tests and, when they are
done, checks what must hold after every run whatever happened in it (docs: the promises).
"""

import collections
import hashlib
import json
import pathlib
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import grpc

import stubs
from certificates import Authority, tls_flags
from process import POLL_INTERVAL, Process, accepts_connections, free_port, wait_until

MAX_MESSAGE_BYTES = 16 << 20
# Longer than any call of a test may take, shorter than a test's own limit.
RPC_LIMIT = 60.0
# For what was spooled while the ledger was away to get to it.
DELIVERY_LIMIT = 15.0
ACTION_PATH = "/tms/v1/set/action"
# Accounts of the gateway. `dev` is who makes every request that does not say otherwise.
USERS = {"dev": "admin", "vic": "viewer", "oscar": "operator", "audrey": "auditor"}

IN_PROGRESS, SUCCESS, FAILED = (
    stubs.job.Job.IN_PROGRESS, stubs.job.Job.SUCCESS, stubs.job.Job.FAILED)


def seconds(value):
    duration = stubs.Duration()
    duration.FromNanoseconds(round(value * 1e9))
    return duration


class Stack:
    """Owns the processes and the folder. Names of clusters say what is special about them."""

    def __init__(self, ledger_flags=(), action_flags=(), environment=None, clusters=(),
                 mutual_tls=False, gateway_flags=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tms_e2e_"))
        # Folders of certificates by the last word of their identity; `internal` is ours.
        self.identities = {}
        if mutual_tls:
            self.authority = Authority(self.directory / "authority")
            for name in ("job-ledger-service", "action-service", "gateway", "ledgerctl",
                         "internal"):
                self.identities[name] = self.authority.sign(
                    self.directory / "identities" / name, f"spiffe://tms/{name}")
        self.canary = "canary" + secrets.token_hex(8)
        self._cid_count = 0
        self.fake_port, self.ledger_port = free_port(), free_port()
        self.action_port, self.gateway_port = free_port(), free_port()
        # Bound but not listening: connections are refused, and nobody else gets it.
        self._refusing = socket.socket()
        self._refusing.bind(("127.0.0.1", 0))
        self.db = self.directory / "jobs.db"
        self.hits_file = self.directory / "hits.jsonl"
        self._write_clusters(clusters)
        self._cookies = {}  # of users who are logged in at the gateway
        self.password = secrets.token_urlsafe(12)
        self._define_processes(list(ledger_flags), list(action_flags), list(gateway_flags),
                               environment)
        self._open_channels()

    def _write_clusters(self, more):
        base = f"http://127.0.0.1:{self.fake_port}"
        local = ["127.0.0.0/8"]
        clusters = [
            {"name": "alpha", "base_url": base, "allowed_networks": local},
            {"name": "short", "base_url": f"{base}/short", "allowed_networks": local,
             "default_timeout": "0.5s", "max_timeout": "5s"},
            {"name": "narrow", "base_url": f"{base}/narrow", "allowed_networks": local,
             "max_in_flight": 1, "max_waiting": 1},
            {"name": "forbidden", "base_url": f"{base}/forbidden"},
            {"name": "not-tls", "base_url": f"https://127.0.0.1:{self.fake_port}/tls",
             "allowed_networks": local},
            {"name": "refusing", "base_url": f"http://127.0.0.1:{self._refusing.getsockname()[1]}",
             "allowed_networks": local},
            *more,
        ]
        path = self.directory / "clusters.json"
        path.write_text(json.dumps({"clusters": clusters}), encoding="utf-8")

    def _define_processes(self, ledger_flags, action_flags, gateway_flags, environment):
        ledger = f"127.0.0.1:{self.ledger_port}"
        action = f"127.0.0.1:{self.action_port}"

        def process(name, flags, is_ready):
            folder = self.identities.get(name.replace("_", "-"))
            flags = [*flags, *(tls_flags(folder) if folder else [])]
            if folder and name.endswith("_service"):
                flags += ["--internal-identity", "spiffe://tms/internal"]
            return Process(name, flags, self.directory, is_ready, environment)

        self.fake = process(
            "fake_cluster",
            ["--listen", f"127.0.0.1:{self.fake_port}", "--hits", self.hits_file],
            lambda: accepts_connections(self.fake_port))
        self.ledger = process(
            "job_ledger_service",
            ["--listen", ledger, "--db", self.db, "--reflection", *ledger_flags],
            lambda: self.is_serving(self.ledger_channel))
        self.action = process(
            "action_service",
            ["--listen", action, "--ledger", ledger, "--clusters", self.directory / "clusters.json",
             "--spool", self.directory / "spool.db", "--reflection", *action_flags],
            lambda: self.is_serving(self.action_channel))
        self.gateway = process(
            "gateway",
            ["--listen", f"127.0.0.1:{self.gateway_port}", "--ledger", ledger, "--action", action,
             "--data", self.directory / "gateway", *gateway_flags],
            lambda: self.http("GET", "/readyz", user=None).status == 200)

    def _open_channels(self):
        self.ledger_channel = self.open_channel(self.ledger_port)
        self.action_channel = self.open_channel(self.action_port)
        self.jobs = stubs.ledger_grpc.JobLedgerServiceStub(self.ledger_channel)
        self.actions = stubs.action_grpc.ActionServiceStub(self.action_channel)

    def open_channel(self, port, folder=None):
        """As the identity in `folder`; without, as ours."""
        options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                   ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                   ("grpc.enable_http_proxy", 0),
                   ("grpc.initial_reconnect_backoff_ms", 50),
                   ("grpc.max_reconnect_backoff_ms", 200)]
        folder = folder or self.identities.get("internal")
        if folder is None:
            return grpc.insecure_channel(f"127.0.0.1:{port}", options)
        ca, key, cert = ((folder / name).read_bytes() for name in ("ca.pem", "key.pem", "cert.pem"))
        return grpc.secure_channel(f"127.0.0.1:{port}",
                                   grpc.ssl_channel_credentials(ca, key, cert), options)

    # Life.

    def start(self, gateway=False):
        self.fake.start()
        self.ledger.start()
        self.action.start()
        if gateway:
            for user, roles in USERS.items():
                self.gateway_user("add", user, "--role", roles, password=self.password)
            self.gateway.start()

    def gateway_user(self, *arguments, password=None):
        """Runs `gateway user …` and returns what it prints."""
        done = subprocess.run(
            [self.gateway.argv[0], "user", *arguments, "--data", self.directory / "gateway"],
            input=None if password is None else password + "\n", text=True, check=False,
            capture_output=True, timeout=RPC_LIMIT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self):
        """Ends all processes in order; returns one line for each that did not."""
        problems = []
        for process in (self.gateway, self.action, self.ledger, self.fake):
            try:
                process.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        self.action_channel.close()
        self.ledger_channel.close()
        self._refusing.close()
        return problems

    def remove(self):
        shutil.rmtree(self.directory)

    @staticmethod
    def is_serving(channel):
        try:
            answer = stubs.health_grpc.HealthStub(channel).Check(
                stubs.health.HealthCheckRequest(), timeout=2)
        except grpc.RpcError:
            return False
        return answer.status == stubs.health.HealthCheckResponse.SERVING

    # Calls.

    def token(self, behaviour="accepted"):
        """A bearer token that chooses a behaviour of the fake cluster and holds the canary."""
        return f"fake-{behaviour}~salt={self.canary}"

    def new_cid(self):
        """A customer that no other call of this stack has, so that hits and jobs can be matched."""
        self._cid_count += 1
        return f"customer{self._cid_count:06d}"

    def request(self, behaviour="accepted", **fields):
        """A valid request; `fields` replace its own, None leaves one out."""
        content = {"user_id": "ada", "cluster": "alpha", "action": "T-Enable",
                   "bearer_token": self.token(behaviour), **fields}
        content.setdefault("cids", [self.new_cid()])
        if isinstance(content.get("timeout"), (int, float)):
            content["timeout"] = seconds(content["timeout"])
        return stubs.action.SetActionRequest(
            **{name: value for name, value in content.items() if value is not None})

    def set_action(self, behaviour="accepted", limit=RPC_LIMIT, **fields):
        return self.actions.SetAction(self.request(behaviour, **fields), timeout=limit)

    def submit_action(self, behaviour="accepted", **fields):
        return self.actions.SubmitAction(self.request(behaviour, **fields), timeout=RPC_LIMIT)

    def wait_until_it_acts(self):
        """The services find each other again by themselves after a fault."""
        def acted():
            try:
                answer = self.set_action()
                return (answer.job.status == SUCCESS and
                        answer.recorded_in == stubs.action.SetActionResponse.LEDGER)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                return False
        wait_until(acted, "a Set Action succeeds again")

    def problems_once_delivered(self):
        """What is broken when the action service has had time to deliver what it spooled."""
        end = time.monotonic() + DELIVERY_LIMIT
        while True:
            problems = list(broken_promises(self))
            if not problems or time.monotonic() > end:
                return problems
            time.sleep(POLL_INTERVAL)

    def get_job(self, job_id):
        return self.jobs.GetJob(stubs.ledger.GetJobRequest(job_id=job_id), timeout=RPC_LIMIT)

    def wait_for_end(self, job_id, limit=30.0):
        def ended():
            try:
                job = self.get_job(job_id)
            except grpc.RpcError as error:
                # NOT_FOUND: only the spool has it yet.
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND):
                    raise
                return None
            return job if job.status != IN_PROGRESS else None
        return wait_until(ended, f"job {job_id} ends", limit)

    def http(self, method, path, body=None, headers=None, user="dev"):
        """To the gateway, as this user (None: as nobody); the answer has `status`, `headers` and
        `body` (JSON where it is)."""
        own = {"Origin": f"http://127.0.0.1:{self.gateway_port}"}
        if user is None:
            return self._http(self.gateway_port, method, path, body, {**own, **(headers or {})})
        if user not in self._cookies:
            self.log_in(user)
        own["Cookie"] = self._cookies.get(user, "")
        answer = self._http(self.gateway_port, method, path, body, {**own, **(headers or {})})
        if answer.status != 401:
            return answer
        # The gateway was started anew: sessions live in its memory. Or the cluster said 401.
        self.log_in(user)
        if self._cookies.get(user) in (None, own["Cookie"]) or "job_id" in (answer.body or ""):
            return answer
        own["Cookie"] = self._cookies[user]
        return self._http(self.gateway_port, method, path, body, {**own, **(headers or {})})

    def log_in(self, user, password=None):
        """The answer; keeps the cookie for later calls as this user."""
        answer = self.http("POST", "/api/login",
                           {"username": user, "password": password or self.password}, user=None)
        if answer.status == 200:
            self._cookies[user] = answer.headers["Set-Cookie"].split(";")[0]
        return answer

    def cookie(self, user="dev"):
        """Of the user's session at the gateway."""
        if user not in self._cookies:
            self.log_in(user)
        return self._cookies[user]

    def ask_port(self, port, method, path):
        """To another port of ours, as anybody."""
        return self._http(port, method, path, None, None)

    def admin(self, method, path, body=None):
        """To the fake cluster."""
        return self._http(self.fake_port, method, "/admin/" + path, body, None)

    @staticmethod
    def _http(port, method, path, body, headers):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", data=data, method=method,
            headers={"Content-Type": "application/json", **(headers or {})})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        try:
            answer = opener.open(request, timeout=RPC_LIMIT)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError:
            return HttpAnswer(0, {}, None)
        with answer:
            text = answer.read().decode()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return HttpAnswer(answer.status, answer.headers, json.loads(text) if is_json else text)

    # What there is to see afterwards.

    def hits(self, cid=None):
        """Requests that reached the fake cluster; with `cid`, those whose first cid it is."""
        if not self.hits_file.exists():
            return []
        with open(self.hits_file, encoding="utf-8") as lines:
            hits = [json.loads(line) for line in lines if line.endswith("\n")]
        return hits if cid is None else [hit for hit in hits if hit["first_cids"][:1] == [cid]]

    def rows(self, query, *values):
        """Reads jobs.db as a person would, beside the ledger."""
        connection = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def job_count(self):
        return self.rows("SELECT count(*) AS jobs FROM jobs")[0]["jobs"]

    def files_with(self, secret):
        """Names of all files below the folder that hold `secret`."""
        return [str(path.relative_to(self.directory))
                for path in sorted(self.directory.rglob("*"))
                if path.is_file() and secret.encode() in path.read_bytes()]


HttpAnswer = collections.namedtuple("HttpAnswer", ["status", "headers", "body"])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def error_details(error):
    """What a gRPC error carries: (google.rpc.ErrorInfo or None, {field: description})."""
    info, fields = None, {}
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in stubs.rpc_status.Status.FromString(value).details:
            if detail.Is(stubs.rpc_status.ErrorInfo.DESCRIPTOR):
                info = stubs.rpc_status.ErrorInfo()
                detail.Unpack(info)
            elif detail.Is(stubs.rpc_status.BadRequest.DESCRIPTOR):
                bad_request = stubs.rpc_status.BadRequest()
                detail.Unpack(bad_request)
                fields.update((v.field, v.description) for v in bad_request.field_violations)
    return info, fields


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class StackTest(unittest.TestCase):
    """One stack for the tests of a class; class attributes say how it is started."""

    ledger_flags = ()
    # A busy machine is no reason for a refusal.
    action_flags = ("--ack-wait", "10s", "--decision-wait", "10s")
    environment = None
    clusters = ()
    gateway_flags = ()
    with_gateway = False
    mutual_tls = False

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(cls.ledger_flags, cls.action_flags, cls.environment, cls.clusters,
                          cls.mutual_tls, cls.gateway_flags)
        cls.failed = False
        try:
            cls.stack.start(cls.with_gateway)
        except BaseException:
            cls.stack.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        problems = cls.stack.problems_once_delivered() + cls.stack.stop()
        problems += [f"the token's canary is in {name}"
                     for name in cls.stack.files_with(cls.stack.canary)]
        if problems or cls.failed:
            print(f"left for inspection: {cls.stack.directory}")
        else:
            cls.stack.remove()
        assert not problems, "\n".join(problems)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            type(self).failed = True

    def assert_rpc_error(self, call, code, reason=None):
        """Runs `call`; the error must be ours, of that code and reason. Returns its fields."""
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        error = caught.exception
        self.assertEqual(error.code(), code, error.details())
        info, fields = error_details(error)
        self.assertIsNotNone(info, f"no ErrorInfo: {error.details()}")
        self.assertEqual(info.domain, "tms")
        if reason is not None:
            self.assertEqual(info.reason, reason)
        return fields

    def assert_nothing_changes(self):
        return _NothingChanges(self)


class _NothingChanges:
    """No job and no hit is made in the block."""

    def __init__(self, test):
        self._test = test

    def _state(self):
        return self._test.stack.job_count(), len(self._test.stack.hits())

    def __enter__(self):
        self._before = self._state()

    def __exit__(self, kind, *_):
        if kind is None:
            self._test.assertEqual(self._state(), self._before, "(jobs, hits) changed")


def broken_promises(stack):
    """What must hold after every run, one line for each breach."""
    if not stack.db.exists():
        return
    for row in stack.rows("PRAGMA integrity_check"):
        if row["integrity_check"] != "ok":
            yield f"integrity_check: {row['integrity_check']}"
    hits = collections.defaultdict(list)
    for hit in stack.hits():
        if hit["first_cids"]:
            hits[hit["first_cids"][0]].append(hit)
    jobs = stack.rows(
        "SELECT job_id, status, failure_reason, effect, user_id, request_id,"
        " (SELECT cid FROM job_customers c WHERE c.job_id = jobs.job_id ORDER BY position LIMIT 1) AS cid FROM jobs")
    called = {job["cid"] for job in jobs if job["failure_reason"] != "NOT_CALLED"}
    for job in jobs:
        # A hit belongs to the job that was called, where an earlier try of the same was not.
        tried_again = job["failure_reason"] == "NOT_CALLED" and job["cid"] in called
        of_job = [] if tried_again else hits.pop(job["cid"], [])
        applied = sum(hit["applied"] for hit in of_job)
        if job["status"] == "IN_PROGRESS":
            yield f"{job}: not terminal"
        if len(of_job) > 1:
            yield f"{job}: {len(of_job)} hits"
        if job["effect"] == "APPLIED" and applied != 1:
            yield f"{job}: says APPLIED, the cluster applied {applied}"
        if job["effect"] == "NOT_APPLIED" and applied != 0:
            yield f"{job}: says NOT_APPLIED, the cluster applied {applied}"
    for cid, strays in hits.items():
        yield f"{len(strays)} hits without a job: {cid}"
