"""A network namespace for one process, joined to ours by a cable that loses packets without a word.

    network = Network()                  # needs root; may_make_networks() says whether we may
    Process(…)  with argv network.argv([...]), reachable at network.address
    network.lose()                       # a silent partition: nobody gets an error
    network.heal()
    network.close()

The cable is a veth pair. A lost direction is a wrong hardware address for the other end: what is
sent to it arrives, is for nobody there, and is dropped. No packet filter is needed.
"""

import functools
import itertools
import os
import subprocess

from proxy import DOWN, UP

_NOBODY = "02:00:00:00:00:01"
_COMMAND_LIMIT = 20
_numbers = itertools.count()


def _ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True,
                          timeout=_COMMAND_LIMIT)


@functools.cache
def may_make_networks():
    """Whether this process may; a container without privileges may not."""
    try:
        Network().close()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class Network:
    """The other end of the cable. `gateway` is this end's address, `address` the other's."""

    def __init__(self):
        number = next(_numbers)
        self.name = f"tms{os.getpid()}n{number}"
        # A network of four addresses for each that may exist at a time on this machine.
        slot = (os.getpid() * 4 + number % 4) % (1 << 14)
        base = (slot << 2) & 0xFFFF
        self.gateway, self.address = (f"10.213.{base >> 8}.{(base & 0xFF) + end}" for end in (1, 2))
        self._ours, self._theirs = f"tm{os.getpid()}o{number}", f"tm{os.getpid()}t{number}"
        _ip("netns", "add", self.name)
        try:
            self._lay_cable()
        except BaseException:
            self.close()
            raise

    def _lay_cable(self):
        _ip("link", "add", self._ours, "type", "veth", "peer", "name", self._theirs, "netns",
            self.name)
        _ip("addr", "add", f"{self.gateway}/30", "dev", self._ours)
        _ip("link", "set", self._ours, "up")
        for words in (("addr", "add", f"{self.address}/30", "dev", self._theirs),
                      ("link", "set", self._theirs, "up"), ("link", "set", "lo", "up")):
            _ip("-n", self.name, *words)

    def argv(self, argv):
        """The command that runs `argv` in there; its process id is that of `argv`."""
        return ["ip", "netns", "exec", self.name, *map(str, argv)]

    def lose(self, *directions):
        """Both unless said otherwise. UP: what we send there."""
        for direction in directions or (UP, DOWN):
            self._neighbour(direction, "replace", "lladdr", _NOBODY, "nud", "permanent")

    def heal(self):
        for direction in (UP, DOWN):
            self._neighbour(direction, "del", check=False)

    def _neighbour(self, direction, verb, *words, check=True):
        if direction == UP:
            _ip("neigh", verb, self.address, "dev", self._ours, *words, check=check)
        else:
            _ip("-n", self.name, "neigh", verb, self.gateway, "dev", self._theirs, *words,
                check=check)

    def close(self):
        """The cable goes with the namespace."""
        _ip("netns", "del", self.name, check=False)
