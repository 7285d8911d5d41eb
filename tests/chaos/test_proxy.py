"""The proxy itself, between a client and a server that echoes lines."""

import socket
import socketserver
import threading
import unittest

from chaos_stack import wait_until
from proxy import DOWN, UP, Proxy

# Long enough to say that nothing comes.
SILENCE = 0.3
LIMIT = 10.0


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.server.lines.append(line)
            self.wfile.write(line)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        """Resets are what these tests are about."""


class ProxyTest(unittest.TestCase):

    def setUp(self):
        self.server = EchoServer(("127.0.0.1", 0), Echo)
        self.server.lines = []
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.proxy = Proxy(self.server.server_address[1])
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.proxy.close)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=LIMIT)
        self.addCleanup(client.close)
        return client

    def ask(self, client, line):
        client.sendall(line)
        client.settimeout(LIMIT)
        return client.recv(100)

    def assert_silent(self, client):
        client.settimeout(SILENCE)
        with self.assertRaises(TimeoutError):
            client.recv(100)

    def test_it_passes(self):
        client = self.connect()
        self.assertEqual(self.ask(client, b"one\n"), b"one\n")
        self.assertEqual((self.proxy.passed(UP), self.proxy.passed(DOWN)), (4, 4))

    def test_a_client_that_closes_is_passed_on(self):
        client = self.connect()
        client.sendall(b"last\n")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(LIMIT)
        self.assertEqual((client.recv(100), client.recv(100)), (b"last\n", b""))

    def test_lost_answers(self):
        client = self.connect()
        self.ask(client, b"one\n")
        self.proxy.swallow(DOWN)
        client.sendall(b"two\n")
        wait_until(lambda: self.proxy.dropped(DOWN) == 4, "the answer is dropped")
        self.assertEqual(self.server.lines, [b"one\n", b"two\n"])
        self.assert_silent(client)

    def test_silence_and_then_everything(self):
        client = self.connect()
        self.ask(client, b"one\n")
        self.proxy.freeze()
        client.sendall(b"two\n")
        self.assert_silent(client)
        self.assertEqual(self.server.lines, [b"one\n"])
        late = self.connect()
        late.sendall(b"three\n")
        self.assert_silent(late)
        self.proxy.heal()
        for frozen, line in ((client, b"two\n"), (late, b"three\n")):
            frozen.settimeout(LIMIT)
            self.assertEqual(frozen.recv(100), line)

    def test_one_way_silence(self):
        client = self.connect()
        self.proxy.freeze(DOWN)
        client.sendall(b"one\n")
        wait_until(lambda: self.server.lines, "the line arrives")
        self.assert_silent(client)

    def test_cut_and_healed(self):
        client = self.connect()
        self.ask(client, b"one\n")
        self.proxy.cut()
        client.settimeout(LIMIT)
        with self.assertRaises(ConnectionResetError):
            client.recv(100)
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.proxy.heal()
        self.assertEqual(self.ask(self.connect(), b"two\n"), b"two\n")

    def test_cut_while_frozen(self):
        client = self.connect()
        self.ask(client, b"one\n")
        self.proxy.freeze()
        client.sendall(b"two\n")
        self.proxy.cut()
        with self.assertRaises(ConnectionResetError):
            client.settimeout(LIMIT)
            client.recv(100)
        self.proxy.heal()
        self.assertEqual(self.ask(self.connect(), b"three\n"), b"three\n")
        self.assertNotIn(b"two\n", self.server.lines)


if __name__ == "__main__":
    unittest.main()
