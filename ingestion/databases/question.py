"""What a database is asked, and what is said where it does not answer.

Here: what every kind of database shares. Not here: how one is spoken to (one file a kind, found by its name), nor
which SELECT is asked (``connectors/database.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from ingestion.patience import SourceError, TryAgain
from resource_catalogue.sources.database import DatabaseSource

Answer = tuple[pa.Schema, Iterator[pa.RecordBatch]]
"""Columns and rows of a SELECT."""


@dataclass(frozen=True, slots=True)
class Question:
    """Ask a database one SELECT.

    Attributes:
        tls_ca: Certificate by which the server is known; null for those that the machine trusts.
        where: How errors name what is asked.
    """

    source: DatabaseSource
    password: str | None = field(repr=False)
    tls_ca: Path | None
    sql: str
    where: str

    @property
    def is_local(self) -> bool:
        """Tell whether the server is reached by a socket of this machine."""
        return self.source.host.startswith("/")

    @property
    def verifies(self) -> bool:
        """Tell whether the server must prove who it is."""
        return self.source.tls == "verify" and not self.is_local

    def refused(self, code: object) -> SourceError:
        """Return the error of a server that will not answer, by its code: its text may hold values."""
        return SourceError(
            self.where,
            f"数据库拒绝 / the database refuses it ({code})",
            "user, password, table | query",
            "核对账号、表名与查询；账号只需读权限"
            " / check account, table and query; reading is all the account needs",
        )

    def failing(self, code: object) -> TryAgain:
        """Return the error of a server that does not answer for now."""
        return TryAgain(self.where, f"数据库未应答 / the database fails ({code})")
