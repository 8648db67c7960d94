"""Read a table, or what a single SELECT gives, out of a database that is not ours, and change nothing there.

The session admits reading only and bounds its own time; rows stream through in batches. What changed is found by a
column that every change raises, a little below the greatest value read before: rows read twice stand once, by key.
"""

import re
from importlib import import_module

from ingestion.asking import Asked
from ingestion.databases.question import Question
from ingestion.patience import SourceError, patiently
from ingestion.spool import Draft, Spool
from ingestion.table_rows import RowsFile, is_greater, lowered
from resource_catalogue.sources.database import DatabaseSource

_LITERAL = re.compile(r"-?[0-9][0-9T:. +-]*")


def fetch(source: DatabaseSource, spool: Spool, asked: Asked) -> None:
    """Read all rows, or those changed since the last time.

    Raises:
        SourceError: The database is not reached or refuses.
        SettingError: The password referred to is not there.
    """
    new_since, what = source.new_since, source.table or "query"
    host = "localhost" if source.host.startswith("/") else source.host
    where = f"{source.kind}://{host}/{source.database}/{what}"
    scope = f"{where} {source.query or ''} {new_since.column}" if new_since else ""
    greatest: str | None = spool.cursor(scope) if new_since else None
    password = asked.secret("password", source.password) if source.password else None
    draft = spool.draft(f"{where}\n{spool.count}")
    tls_ca = asked.deployment.home / source.tls_ca if source.tls_ca else None
    question = Question(source, password, tls_ca, _select(source, greatest, where), where)
    rows = patiently(source.retry, lambda: _read(question, draft))
    rows.close(spool.times(where, rows.digest))
    if (new_since and not rows.rows) or spool.is_last(where, rows.digest):
        draft.restart()
        return
    if greatest is None or (rows.greatest is not None and is_greater(rows.greatest, greatest)):
        greatest = rows.greatest
    spool.keep(draft, where, asked.as_of, greatest, scope, rows.digest)


def _read(question: Question, draft: Draft) -> RowsFile:
    """Write what a SELECT gives into a draft, from its beginning; the file is left open."""
    source = question.source
    spoken = import_module(f"ingestion.databases.{source.kind}")
    changes_by = source.new_since.column if source.new_since else None
    with spoken.batches(question) as (schema, batches):
        if changes_by and changes_by not in schema.names:
            raise SourceError(
                question.where,
                f"没有列 / no column {changes_by}",
                "new_since.column",
                "改正列名 / correct the name",
            )
        file = RowsFile(draft, schema, source.max_bytes, changes_by)
        try:
            for batch in batches:
                file.write(batch)
        except BaseException:
            file.close()
            raise
    return file


def _select(source: DatabaseSource, greatest: str | None, where: str) -> str:
    """Return the SELECT; nothing of it but the names and the query of the catalogue is not ours."""
    quoted = import_module(f"ingestion.databases.{source.kind}").quoted
    if source.table is not None:
        origin = ".".join(map(quoted, source.table.split(".")))
    else:
        # The line break ends a comment that the query may end with.
        origin = f"({(source.query or '').rstrip().removesuffix(';')}\n) as declared"
    sql = f"select * from {origin}"
    if source.new_since is None or greatest is None:
        return sql
    try:
        lowest = lowered(greatest, source.new_since.overlap)
    except ValueError:
        lowest = ""
    if not _LITERAL.fullmatch(lowest):
        raise SourceError(
            where,
            f"{source.new_since.column} 不是时间或数 / is neither an instant nor a number",
            "new_since.column",
            "换一列 / name another column",
        )
    return f"{sql} where {quoted(source.new_since.column)} >= '{lowest}'"
