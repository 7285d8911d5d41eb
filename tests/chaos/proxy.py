"""A TCP proxy that loses what passes through it, on the test's word.

    proxy = Proxy(target_port)          # connect to proxy.port instead
    proxy.swallow(DOWN)                 # what the server answers is read and dropped: lost acks
    proxy.freeze()                      # nothing passes, nothing is closed: a silent partition
    proxy.cut()                         # resets every connection, refuses new ones
    proxy.heal()                        # all is well again; frozen bytes go on

Bytes that were swallowed leave a hole in their connection, so cut() it before heal().
"""

import contextlib
import socket
import struct
import threading

from process import free_port

UP, DOWN = "up", "down"  # to the server, to the client
_PASS, _SWALLOW, _FREEZE = "pass", "swallow", "freeze"

_CHUNK = 64 * 1024
_BACKLOG = 128
# Ends with RST: the peer loses even what is on its way to it.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Thread-safe; close() it."""

    def __init__(self, target_port):
        self._target_port = target_port
        self._changed = threading.Condition()
        self._modes = {UP: _PASS, DOWN: _PASS}
        self._closed = False
        self._pairs = set()
        self._passed = {UP: 0, DOWN: 0}
        self._dropped = {UP: 0, DOWN: 0}
        self._listener = self._listen(free_port())
        self.port = self._listener.getsockname()[1]

    # Steering.

    def swallow(self, direction):
        self._set_modes(_SWALLOW, (direction,))

    def freeze(self, *directions):
        """Both directions unless said otherwise. New connections are taken up by the kernel and
        meet the same silence."""
        self._set_modes(_FREEZE, directions or (UP, DOWN))

    def cut(self):
        with self._changed:
            if self._listener is not None:
                # Wakes accept(); close() alone would leave it waiting.
                self._listener.shutdown(socket.SHUT_RDWR)
                self._listener.close()
                self._listener = None
            pairs, self._pairs = self._pairs, set()
            self._changed.notify_all()
        for sock in (sock for pair in pairs for sock in pair):
            _reset(sock)

    def heal(self):
        self._set_modes(_PASS, (UP, DOWN))
        with self._changed:
            if self._listener is None:
                self._listener = self._listen(self.port)

    def close(self):
        self._closed = True
        self.cut()

    # What happened.

    def passed(self, direction):
        return self._passed[direction]

    def dropped(self, direction):
        return self._dropped[direction]

    # Works.

    def _set_modes(self, mode, directions):
        with self._changed:
            for direction in directions:
                self._modes[direction] = mode
            self._changed.notify_all()

    def _listen(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(_BACKLOG)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), timeout=10)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            pair = (client, server)
            with self._changed:
                if self._listener is not listener:  # cut meanwhile
                    _reset(client)
                    _reset(server)
                    return
                self._pairs.add(pair)
            for direction, source, sink in ((UP, client, server), (DOWN, server, client)):
                threading.Thread(target=self._pump, args=(pair, direction, source, sink),
                                 daemon=True).start()

    def _pump(self, pair, direction, source, sink):
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                mode = self._await_thaw(pair, direction)
                if mode == _SWALLOW:
                    self._dropped[direction] += len(chunk)
                else:
                    self._passed[direction] += len(chunk)
                    sink.sendall(chunk)
            self._await_thaw(pair, direction)
            sink.shutdown(socket.SHUT_WR)
            return
        self._end(pair)

    def _await_thaw(self, pair, direction):
        """The direction's mode, once it is not frozen. OSError once the connection is cut."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._modes[direction] != _FREEZE or pair not in self._pairs)
            if pair not in self._pairs:
                raise ConnectionResetError
            return self._modes[direction]

    def _end(self, pair):
        with self._changed:
            if pair not in self._pairs:
                return  # cut() has ended it
            self._pairs.remove(pair)
        for sock in pair:
            _reset(sock)


def _reset(sock):
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    # A thread may be in recv(), which close() alone would not end.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RD)
    sock.close()
