"""Many small files of a table made few (小文件合并): deliveries that come all day leave one each.

Here: when a table has crumbled, and merging its small files. Not here: the lock under which it must run
(``Lake.compact``), nor taking the merged files from the disk (``old_versions.py``).

Only files below a size are merged, and only once there are many: what one merging rewrites is bounded whatever the
table's size, so that cost grows with what comes. The commit says that no row changed, so readers of changes pass it
over; it repeats the words of the commit before it, by which stages know what a table was made from.
"""

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable

WHOLE_BYTES = 16_000_000
"""Size up to which small files are merged, and from which on a file is left alone."""
SMALL_BYTES = WHOLE_BYTES // 2
"""Size below which a file is small: two such files can always be merged."""
MOST_SMALL = 24
"""How many small files a table may have."""


def has_crumbled(table: DeltaTable) -> bool:
    """Tell whether a table has more small files than it may."""
    return small_files(table) > MOST_SMALL


def small_files(table: DeltaTable) -> int:
    """Count the files of a table that are small."""
    sizes = pa.table(table.get_add_actions())["size_bytes"].to_pylist()
    return sum(size < SMALL_BYTES for size in sizes)


def merge_small_files(table: DeltaTable, words: CommitProperties) -> None:
    """Merge the small files of a table in one commit; there is none where nothing can be merged."""
    table.optimize.compact(target_size=WHOLE_BYTES, max_concurrent_tasks=1, commit_properties=words)
