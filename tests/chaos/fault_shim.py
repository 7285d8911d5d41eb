"""Steers the faults of libfault_shim.so in one process, and cuts its power.

    disk = FaultyMachine(workplace, directory)   # faults of files strike below `directory`
    Process(…, environment=disk.environment)
    disk.fail_syncs(after=3)                     # at any time, also while the process runs
    …kill it…
    disk.cut_power(random.Random(seed))          # `directory` is as a dead machine left it
"""

import mmap
import os
import pathlib
import shutil
import struct
import subprocess

TOOLS = pathlib.Path(os.environ.get(
    "CHAOS_TOOLS", pathlib.Path(__file__).resolve().parents[2] / "build" / "dev" / "tests"))
SHIM = TOOLS / "libfault_shim.so"

# The layout of shim/control.h.
_MAGIC = 0x314D494853544C46
_FIELDS = ("magic", "wall_offset_ns", "syncs_until_failure", "sync_failures_left", "free_bytes",
           "sync_delay_us", "steps_until_kill", "syncs", "failed_syncs", "refused_writes", "steps")
_NEVER = -1
_FOR_EVER = -1

SECTOR = 512


class FaultyMachine:
    """The machine, as far as one process sees it: its clock and the disk below `directory`.

    `workplace` is a folder for the shim's own files, outside of `directory`; several processes need
    several.
    """

    def __init__(self, workplace, directory):
        # The loader only warns when it is not there, and a test without faults would pass.
        if not SHIM.exists():
            raise FileNotFoundError(SHIM)
        self.directory = pathlib.Path(directory).resolve()
        self._platter = pathlib.Path(workplace).resolve() / "platter"
        for folder in (self.directory, self._platter / "data", self._platter / "names"):
            folder.mkdir(parents=True, exist_ok=True)
        path = self._platter.parent / "control"
        path.write_bytes(struct.pack(f"{len(_FIELDS)}q", *[0] * len(_FIELDS)))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._set("magic", _MAGIC)
        self.mend()
        self.environment = {
            "LD_PRELOAD": str(SHIM),
            "FAULT_SHIM_CONTROL": str(path),
            "FAULT_SHIM_DIRECTORY": str(self.directory),
            "FAULT_SHIM_PLATTER": str(self._platter),
            # ASan wants to be first and minds who comes before it.
            "ASAN_OPTIONS": ":".join(
                filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"])),
        }

    def _set(self, name, value):
        struct.pack_into("q", self._memory, 8 * _FIELDS.index(name), value)

    def count(self, name):
        """`syncs`, `failed_syncs`, `refused_writes` or `steps`, as they happened so far."""
        return struct.unpack_from("q", self._memory, 8 * _FIELDS.index(name))[0]

    # Faults.

    def mend(self):
        """A disk without faults and the right time."""
        self._set("wall_offset_ns", 0)
        self._set("syncs_until_failure", _NEVER)
        self._set("sync_failures_left", 0)
        self._set("free_bytes", _NEVER)
        self._set("sync_delay_us", 0)
        self._set("steps_until_kill", _NEVER)

    def shift_clock(self, seconds):
        """The wall clock goes wrong by so much, at once."""
        self._set("wall_offset_ns", round(seconds * 1e9))

    def fail_syncs(self, after=0, times=_FOR_EVER):
        """After so many good ones, fsync and fdatasync fail with EIO."""
        self._set("sync_failures_left", times)
        self._set("syncs_until_failure", after)

    def limit_room(self, free_bytes):
        """Files may grow by so much, then writes fail with ENOSPC. None: there is room again."""
        self._set("free_bytes", _NEVER if free_bytes is None else free_bytes)

    def slow_syncs(self, seconds):
        self._set("sync_delay_us", round(seconds * 1e6))

    def kill_at_step(self, steps):
        """The process kills itself (SIGKILL) instead of its write, truncation or sync number
        `steps`, counted from 0."""
        self._set("steps_until_kill", steps)

    # Power.

    def cut_power(self, rng=None):
        """Call it when the process is dead. With `rng`, each sector and each directory that was not
        synced is old or new at random; without, everything unsynced is gone."""
        live = {}
        for path in self.directory.rglob("*"):
            if not path.is_dir():
                live[_key(path)] = path.read_bytes()
        for names in sorted((self._platter / "names").iterdir()):
            directory = pathlib.Path(names.name.replace("%", "/"))
            if directory.is_dir():
                self._restore(directory, self._durable_names(directory, names, rng), live, rng)
        self.begin_anew()

    def begin_anew(self):
        """What is on the disk now is durable: the state from which the next life of the process,
        which is dead now, begins."""
        for kind in ("data", "names"):
            for path in (self._platter / kind).iterdir():
                path.unlink()

    @staticmethod
    def _durable_names(directory, names, rng):
        if rng is not None and rng.random() < 0.5:
            return {path.name: _key(path) for path in directory.iterdir()}
        lines = names.read_text(encoding="utf-8").splitlines()
        return {name: key for key, name in (line.split(" ", 1) for line in lines)}

    def _restore(self, directory, names, live, rng):
        contents = {}
        for name, key in names.items():
            copy = self._platter / "data" / key
            # SQLite's shared memory is made anew from the log.
            if name.endswith("-shm"):
                continue
            if not copy.exists():  # a directory, or a file that no watched process opened
                contents[name] = live.get(key)
            elif rng is None or key not in live:
                contents[name] = copy.read_bytes()
            else:
                contents[name] = _mix(copy.read_bytes(), live[key], rng)
        for path in directory.iterdir():
            if path.is_dir():
                if path.name not in names:
                    shutil.rmtree(path)
            elif contents.get(path.name, b"") is not None:
                path.unlink()
        for name, content in contents.items():
            if content is not None and not (directory / name).is_dir():
                (directory / name).write_bytes(content)


def _key(path):
    """As shim/file_key.h says. Python's stat knows no time of birth."""
    return subprocess.run(["stat", "--format=%i-%.9W", str(path)], check=True, timeout=10,
                          capture_output=True, text=True).stdout.strip()


def _mix(old, new, rng):
    """Each sector that differs is old or new; so is the length. What a truncation took away is
    either gone with the length or there as it was: no disk writes zeros in its place."""
    size = len(rng.choice((old, new)))
    new += old[len(new):]
    length = len(new)
    old = old.ljust(length, b"\0")
    mixed = bytearray(old)
    for begin in range(0, length, SECTOR):
        sector = slice(begin, begin + SECTOR)
        if old[sector] != new[sector] and rng.random() < 0.5:
            mixed[sector] = new[sector]
    return bytes(mixed[:size])
