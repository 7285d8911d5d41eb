"""Watchers of jobs that never read."""

import pathlib
import re
import socket

import grpc

from chaos_stack import END_LIMIT, ChaosTest, stubs, wait_until

# What a process may take more because of watchers that do not read, whatever happens meanwhile.
MOST_MEMORY = 96 << 20
# The log begins anew at 16 MiB; a reader that held it up would let it grow.
MOST_LOG = 48 << 20

# In /proc/net/tcp.
_ESTABLISHED = "01"


def memory_of(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


class WatcherTestCase(ChaosTest):

    ledger_flags = ("--watch-stall", "2s", "--watch-heartbeat", "1s")
    # So many changes do not fit into what the network holds for a watcher.
    CHANGES = 100
    # Of a large action, so that the log begins anew a few times.
    LARGE = 20_000

    def make_changes(self):
        calls = [self.stack.call_later("not-json", timeout=20, batch_id="b" * 100)
                 for _ in range(self.CHANGES // 2)]
        for call in calls:
            call.result()
        for _ in range(4):
            others = [f"{number:0100d}" for number in range(self.LARGE)]
            self.stack.call(cids=[self.stack.new_cid(), *others], timeout=20)

    def check_bounds(self, process, before):
        log = self.stack.db.with_name("jobs.db-wal")
        self.assertLess(log.stat().st_size, MOST_LOG)
        self.assertLess(memory_of(process), before + MOST_MEMORY)


class WatcherThatNeverReadsTest_F19(WatcherTestCase):
    """Of the ledger's own stream."""

    WATCHERS = 20

    def setUp(self):
        super().setUp()
        # With the smallest window, and none that grows: what nobody asks for is not taken.
        channel = grpc.insecure_channel(
            f"127.0.0.1:{self.stack.ledger_port}",
            [("grpc.enable_http_proxy", 0), ("grpc.http2.lookahead_bytes", 1024),
             ("grpc.http2.bdp_probe", 0)])
        self.addCleanup(channel.close)
        self.narrow_jobs = stubs.ledger_grpc.JobLedgerServiceStub(channel)

    @staticmethod
    def watch(jobs, token="", limit=600):
        return jobs.WatchJobs(stubs.ledger.WatchJobsRequest(resume_token=token), timeout=limit)

    def test_of_the_ledger(self):
        self.make_changes()  # memory that any load takes
        before = memory_of(self.stack.ledger)
        watchers = [self.watch(self.narrow_jobs) for _ in range(self.WATCHERS)]
        bookmarks = [next(watcher) for watcher in watchers]
        self.assertFalse(bookmarks[0].HasField("job"))
        self.make_changes()
        self.check_bounds(self.stack.ledger, before)
        # Not before: whoever reads in time goes on.
        wait_until(lambda: self.dropped() >= self.WATCHERS, "all of them are dropped")
        for watcher in watchers:
            self.check_dropped(watcher)
        self.check_resumes(bookmarks[0].resume_token)
        self.check_told(bookmarks[0].resume_token)
        self.assert_promises_kept()

    def dropped(self):
        return self.stack.ledger.log_path.read_text(encoding="utf-8").count("watcher_dropped")

    def check_told(self, token):
        """Who wakes up in time hears why it was dropped, and from where to go on."""
        before = self.dropped()
        late = self.watch(self.narrow_jobs, token)
        wait_until(lambda: self.dropped() > before, "it is dropped")
        with self.assertRaises(grpc.RpcError) as caught:
            for change in late:
                token = change.resume_token
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("too slowly", caught.exception.details())
        trailers = dict(caught.exception.trailing_metadata())
        self.assertEqual(trailers["x-tms-resume-token"], token)
        self.assertFalse(next(self.watch(self.stack.jobs, token)).HasField("job"), "it is taken")

    def check_dropped(self, watcher):
        with self.assertRaises(grpc.RpcError) as caught:
            for _ in watcher:
                pass
        # Whoever is too late even for the reason is cut off.
        self.assertIn(caught.exception.code(), (grpc.StatusCode.RESOURCE_EXHAUSTED,
                                                grpc.StatusCode.CANCELLED),
                      caught.exception.details())

    def check_resumes(self, token):
        """From where it was, it hears of the last state of every job."""
        rows = {row["job_id"]: row["status"] for row in self.stack.rows("SELECT * FROM jobs")}
        seen = {}
        changes = self.watch(self.stack.jobs, token, limit=END_LIMIT)
        for change in changes:
            if change.HasField("job"):
                seen[change.job.job_id] = stubs.job.Job.Status.Name(change.job.status)
            if len(seen) >= self.CHANGES // 2 and all(rows[job] == seen[job] for job in seen):
                break
        changes.cancel()  # otherwise it is one more that does not read
        self.assertTrue(set(seen) <= set(rows))


class ReaderThatNeverReadsTest_F19(WatcherTestCase):
    """Of the gateway's stream of events."""

    with_gateway = True
    READERS = 5
    # The gateway lets a write take 30 s.
    DROPPED = 60.0

    def open_events(self):
        """A connection to the gateway's stream that is never read from."""
        sock = socket.socket()
        self.addCleanup(sock.close)
        # As little as possible is to fit into what the kernel keeps for it.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        sock.connect(("127.0.0.1", self.stack.gateway_port))
        sock.sendall(f"GET /api/v1/jobs:watch HTTP/1.1\r\nHost: 127.0.0.1:{self.stack.gateway_port}"
                     f"\r\nCookie: {self.stack.cookie('dev')}\r\n\r\n".encode())
        return sock

    def served(self, sockets):
        """How many of them the gateway has not ended, as the kernel sees its side."""
        ours = {sock.getsockname()[1] for sock in sockets}
        table = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        ends = ((line.split()[1:4]) for line in table)
        return sum(int(local.split(":")[1], 16) == self.stack.gateway_port
                   and int(remote.split(":")[1], 16) in ours and state == _ESTABLISHED
                   for local, remote, state in ends)

    def test_of_the_gateway(self):
        memory = memory_of(self.stack.gateway)
        sockets = [self.open_events() for _ in range(self.READERS)]
        self.assertEqual(self.served(sockets), self.READERS)
        self.make_changes()
        self.make_changes()
        self.check_bounds(self.stack.gateway, memory)
        wait_until(lambda: not self.served(sockets), "they are dropped", self.DROPPED)
        self.assertEqual(self.stack.http("GET", "/readyz").status, 200)
        self.assert_promises_kept()
