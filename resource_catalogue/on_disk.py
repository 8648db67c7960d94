"""What must outlast a crash of the machine: waiting until the disk has a file, or the names in a folder.

Below all rooms, since those that may not load the lake need it too. Not here: which files those are (each room's own),
nor Delta's commits, whose library sees to itself.
"""

import os
from pathlib import Path


def to_disk(path: Path) -> None:
    """Wait until the disk has what a file holds, or the names of a folder.

    Raises:
        OSError: There is none, or the disk refuses.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
