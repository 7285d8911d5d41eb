"""A folder on a disk of its own that is really small: a tmpfs. Needs root."""

import functools
import os
import pathlib
import subprocess
import tempfile

_COMMAND_LIMIT = 20


def _run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, timeout=_COMMAND_LIMIT)


@functools.cache
def may_mount():
    """Whether this process may; a container without privileges may not."""
    with tempfile.TemporaryDirectory(prefix="tms_mount_") as folder:
        try:
            SmallDisk(folder, 64 << 10).unmount()
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


class SmallDisk:
    """`directory`, on a disk of `size` bytes."""

    _BALLAST = "ballast_of_the_test"

    def __init__(self, directory, size):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(self.directory))

    def fill(self):
        """No block is left."""
        with open(self.directory / self._BALLAST, "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"\1" * size)
                except OSError:
                    pass

    def leave(self, free_bytes):
        """So much is left."""
        disk = os.statvfs(self.directory)
        with open(self.directory / self._BALLAST, "ab") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - free_bytes)

    def free(self):
        """What fill() or leave() took is given back."""
        (self.directory / self._BALLAST).unlink(missing_ok=True)

    def unmount(self):
        _run("umount", "--lazy", str(self.directory), check=False)
