"""Files that outlast a crash, and a lock among processes.

Here: locking, writing and syncing. Not here: what is in the files (``journal.py``, ``signed_files.py``).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resource_catalogue.on_disk import to_disk


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder among processes and threads; there is no lock file that anyone could take away.

    Raises:
        OSError: The folder cannot be opened.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and what it lies in, durably, for its owner alone."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        to_disk(folder.parent)


def write_synced(descriptor: int, data: bytes) -> None:
    """Write all bytes and wait until the disk has them."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, also after a crash."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_synced(descriptor, data)
    finally:
        os.close(descriptor)
    draft.replace(path)
    to_disk(path.parent)
