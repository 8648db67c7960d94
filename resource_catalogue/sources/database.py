"""Databases (库表交换): a table or query of an agency's PostgreSQL, MySQL or MariaDB."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from resource_catalogue.model import Strict
from resource_catalogue.sources.remote import Port, Remote, SecretReference

_PORTS = {"postgresql": 5432, "mysql": 3306}
_SELECT = re.compile(r"(?is)\s*(select|with)\b[^;]*;?\s*")
ColumnName = Annotated[str, Field(pattern=r'^[^"`\x00]{1,63}$')]


class NewSince(Strict):
    """Read only rows whose value in a column is not below the greatest one read, in the mode ``changes``.

    Attributes:
        column: Column that every change of a row raises: an instant, or a number.
        overlap: How far below the greatest value reading begins, since changes become visible out of order: seconds for
            an instant, units for a number. Rows read twice stand once, by the resource's key.
    """

    column: ColumnName
    overlap: float = Field(default=600, ge=0)


class DatabaseSource(Remote):
    """Read a table, or what a single SELECT gives, into one delivery; the server admits no writing.

    Attributes:
        kind: ``mysql`` is MariaDB too.
        host: Name or address of the server; or the folder of its Unix socket (PostgreSQL), or the socket (MySQL).
        table: Name of a table or view, its schema before a dot; or ``query``: a SELECT.
        tls: ``verify`` the server's certificate, against ``tls_ca`` if given; ``off`` within one machine only.
        new_since: Read what is new only; null reads all of it each time.
        statement_seconds: How long the server may work on it.
    """

    connector: Literal["database"]
    kind: Literal["postgresql", "mysql"]
    host: Annotated[str, Field(pattern=r"^(/.*|[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?)$")]
    port: Port | None = None
    database: str = Field(min_length=1)
    user: str = Field(min_length=1)
    password: SecretReference | None = None
    tls: Literal["verify", "off"] = "verify"
    tls_ca: str | None = None
    table: Annotated[str, Field(pattern=r'^[^."`\x00]+(\.[^."`\x00]+)?$')] | None = None
    query: str | None = Field(default=None, min_length=1)
    new_since: NewSince | None = None
    statement_seconds: float = Field(default=3600, gt=0)

    @model_validator(mode="after")
    def _one_place(self) -> "DatabaseSource":
        if (self.table is None) == (self.query is None):
            raise ValueError("table 与 query 二者之一 / either table or query")
        if self.query is not None and not _SELECT.fullmatch(self.query):
            raise ValueError("query 为单个 SELECT，不含分号 / query: a single SELECT without a semicolon")
        return self

    @property
    def listening(self) -> int:
        """Return the port."""
        return self.port or _PORTS[self.kind]
