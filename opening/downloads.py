"""How often the files of each opened dataset were fetched (下载量), counted from the record of access.

Here: the count that a run publishes. Not here: the record itself (``audit``), from which nothing else is taken: no who,
no when. A download that was resumed is one: only what begins with a file's first byte counts. Records leave the record
after their term, counts stay: what the former catalogue tells is kept, and only later records are added.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from lake import Lake
from lake.tables import ACCESS
from opening.catalogue_shape import PublicCatalogue

_FIRST_BYTE = """(detail not like '%"range":"bytes=%' or detail like '%"range":"bytes=0-%')"""


@dataclass(frozen=True, slots=True)
class Downloads:
    """Hold the counts by dataset.

    Attributes:
        counted_to: Number of the newest record that is counted; 0 where there is none.
    """

    by_dataset: dict[str, int]
    counted_to: int = 0


def count_downloads(lake: Lake, path: Path, listed: set[str]) -> Downloads:
    """Count the downloads of the listed datasets, of those that the former catalogue tells only what came since.

    Args:
        path: The former catalogue; all that the record still holds is counted where there is none.
    """
    former = _former(path)
    since, counts, last = former.counted_to, dict(former.by_dataset), former.counted_to
    for name, held, later, newest in _rows(lake, since):
        counts[name] = counts[name] + later if name in counts else held
        last = max(last, newest)
    return Downloads({name: counts.get(name, 0) for name in listed}, last)


def _former(path: Path) -> Downloads:
    try:
        former: PublicCatalogue = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return Downloads({})
    counts = {entry["id"]: entry["downloads"] for entry in former["datasets"] if "downloads" in entry}
    return Downloads(counts, former.get("downloads_counted_to", 0))


def _rows(lake: Lake, since: int) -> list[tuple[str, int, int, int]]:
    """Return each dataset with its downloads in the record, those after a number, and the number of the newest."""
    if not lake.exists(ACCESS):
        return []
    sql = (
        f"select entry, count(*), count(*) filter (sequence > {int(since)}), max(sequence) from {ACCESS} "
        f"where action = 'download' and result = 'answered' and {_FIRST_BYTE} group by entry"
    )
    return lake.query(sql, ACCESS).rows()
