"""What a peer that was let in may take from the services: messages, metadata, streams, sockets."""

import contextlib
import pathlib
import resource
import socket
import threading
import unittest

import grpc

import stubs
from process import wait_until
from stack import MAX_MESSAGE_BYTES, RPC_LIMIT, StackTest

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
IDLE_SOCKETS = 10_000
# Our own files besides; the services raise their limit by themselves.
DESCRIPTORS = IDLE_SOCKETS + 1_000
# Of resident memory, while the sockets are open: about 20 KiB each, and the allocator's slack.
MEMORY_BOUND = 512 << 20


def open_files(process):
    return len(list(pathlib.Path(f"/proc/{process.pid}/fd").iterdir()))


def resident_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    line, = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) << 10


class GrpcLimitsTest_S04(StackTest):

    def refused(self, call, *codes):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertIn(caught.exception.code(), codes, caught.exception.details())

    def answers(self):
        return self.stack.jobs.ListJobs(stubs.ledger.ListJobsRequest(page_size=1),
                                        timeout=RPC_LIMIT) is not None

    def test_a_message_that_is_too_large_is_refused(self):
        with grpc.insecure_channel(f"127.0.0.1:{self.stack.ledger_port}",
                                   [("grpc.max_send_message_length", -1)]) as channel:
            jobs = stubs.ledger_grpc.JobLedgerServiceStub(channel)
            request = stubs.ledger.GetJobRequest(job_id="x" * (MAX_MESSAGE_BYTES + 1))
            self.refused(lambda: jobs.GetJob(request, timeout=RPC_LIMIT),
                         grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIsNotNone(jobs.ListJobs(stubs.ledger.ListJobsRequest(), timeout=RPC_LIMIT))

    def test_metadata_that_is_too_large_is_refused(self):
        for metadata in ((("x-much", "a" * 20_000),),
                         tuple((f"x-{i}", "a" * 100) for i in range(200))):
            self.refused(lambda m=metadata: self.stack.jobs.ListJobs(
                stubs.ledger.ListJobsRequest(), metadata=m, timeout=RPC_LIMIT),
                         grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE,
                         grpc.StatusCode.INTERNAL)
        self.assertTrue(self.answers())

    def test_a_flood_of_streams_is_refused_beyond_the_limit(self):
        """Held open by their callers: 64 live, the others are told to come again later."""
        over, ended = threading.Event(), []
        lock = threading.Lock()

        def silent():
            over.wait(RPC_LIMIT)
            return iter(())

        def requests():
            yield from silent()

        with grpc.insecure_channel(f"127.0.0.1:{self.stack.ledger_port}") as channel:
            jobs = stubs.ledger_grpc.JobLedgerServiceStub(channel)
            calls = [jobs.RecordEvents(requests(), timeout=RPC_LIMIT) for _ in range(300)]

            def note(call):
                with lock:
                    ended.append(call.code())

            for call in calls:
                call.add_done_callback(lambda _, c=call: note(c))
            # The ActionService's own stream may be among those that live.
            wait_until(lambda: len(ended) >= 300 - 64, "the others are refused", RPC_LIMIT)
            self.assertEqual(set(ended), {grpc.StatusCode.UNAVAILABLE})
            self.assertTrue(self.answers())
            for call in calls:
                call.cancel()
            over.set()
        self.stack.wait_until_it_acts()

    def test_ten_thousand_silent_sockets_are_let_go(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        ledger = self.stack.ledger
        files, memory = open_files(ledger), resident_bytes(ledger)
        with contextlib.ExitStack() as sockets:
            for i in range(IDLE_SOCKETS):
                connection = sockets.enter_context(
                    socket.create_connection(("127.0.0.1", self.stack.ledger_port), RPC_LIMIT))
                if i % 10 == 0:
                    connection.sendall(HTTP2_PREFACE)
                if i % 1000 == 0:
                    self.assertTrue(self.answers())
            self.assertTrue(self.answers())
            self.assertLess(resident_bytes(ledger) - memory, MEMORY_BOUND)
            # Whoever never spoke is let go while we still hold our end; the others wait for calls.
            wait_until(lambda: open_files(ledger) < files + IDLE_SOCKETS / 10 + 50,
                       "silent sockets are closed", RPC_LIMIT)
            self.assertTrue(self.answers())
            print(f"{IDLE_SOCKETS} sockets: {(resident_bytes(ledger) - memory) >> 20} MiB more")
        wait_until(lambda: open_files(ledger) < files + 50, "all sockets are closed", RPC_LIMIT)
        self.stack.wait_until_it_acts()


if __name__ == "__main__":
    unittest.main()
