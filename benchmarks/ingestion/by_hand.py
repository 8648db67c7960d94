"""The same by hand: ``python -m benchmarks.ingestion.by_hand outputs|least SOURCE OUT THREADS``.

``outputs`` makes of an inbox what the platform makes: the bytes with their SHA-256, all-text Parquet, typed Parquet
with the same checks of identifiers, dates and amounts. ``least`` is the bare minimum: UTF-8 text, transcoded before
and not counted, to typed Parquet once, where a cast that fails leaves nothing and identifiers are not checked.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.bare_duckdb import write_raw, write_standard
from benchmarks.ingestion.made_rows import ENCODING
from benchmarks.ingestion.measured_feed import FEED
from norms.duckdb_macros import all_macros

_TYPES = {"date": "try_strptime({x}, '{form}')::date", "money": "try_cast({x} as decimal(18, 2))"}


def main() -> None:
    """Read the arguments and do the work."""
    work = {"outputs": write_outputs, "least": write_least}[sys.argv[1]]
    source, out = map(Path, sys.argv[2:4])
    out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(f"set threads = {int(sys.argv[4])}")
    connection.execute(f"set temp_directory = '{out / 'spill'}'")
    work(connection, source, out)


def write_outputs(connection: duckdb.DuckDBPyConnection, inbox: Path, out: Path) -> None:
    """Keep the bytes with their hashes, transcode them, and write text and typed rows."""
    for folder in ("landing", "raw", "standard"):
        (out / folder).mkdir()
    for path in sorted(inbox.glob(f"*/{FEED.files}")):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        shutil.copyfile(path, out / "landing" / path.name)
        (out / "landing" / f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", encoding="utf-8")
        transcode(path, out / "text" / path.relative_to(inbox))
    for statement in all_macros():
        connection.execute(statement)
    write_raw(connection, FEED, out / "text", out)
    write_standard(connection, FEED, out)


def write_least(connection: duckdb.DuckDBPyConnection, text: Path, out: Path) -> None:
    """Write typed rows in one statement."""
    columns = ", ".join(f"'{column.name}': 'varchar'" for column in FEED.columns)
    typed = ", ".join(
        f"{_TYPES.get(column.kind, '{x}').format(x=column.name, form=column.date_format)} as {column.name}"
        for column in FEED.columns
    )
    connection.execute(
        f"copy (select {typed} from read_csv('{text}/*/{FEED.files}', columns = {{{columns}}}, header = true, "
        f"auto_detect = false, quote = '\"', escape = '\"', delim = ',')) to '{out}/typed.parquet'"
    )


def transcode(path: Path, target: Path) -> None:
    """Write a file anew in UTF-8, as ``iconv`` does."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as written:
        subprocess.run(["iconv", "-f", ENCODING, "-t", "utf-8", str(path)], stdout=written, check=True)


if __name__ == "__main__":
    main()
