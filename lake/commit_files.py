"""The file of a commit in the log of a table, found by its version: without listing a log of thousands of them.

Here: where it lies, and what the commit says of itself. Not here: the actions in it (``delta_log.py``).
"""

import json
from pathlib import Path
from typing import Any

_INFO = '{"commitInfo":'


def commit_path(folder: Path, version: int) -> Path:
    """Return where the commit of a version lies, or would lie.

    Args:
        folder: The table's folder.
        version: Counted from 0.
    """
    return folder / "_delta_log" / f"{version:020}.json"


def commit_words(folder: Path, version: int) -> dict[str, Any] | None:
    """Return what a commit says of itself; null where its file is gone or says nothing."""
    try:
        with commit_path(folder, version).open(encoding="utf-8") as lines:
            said = next((line for line in lines if line.startswith(_INFO)), None)
    except FileNotFoundError:
        return None
    return json.loads(said)["commitInfo"] if said else None
