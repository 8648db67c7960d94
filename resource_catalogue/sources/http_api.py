"""HTTP interfaces (接口): rows asked page by page, as JSON or XML."""

from typing import Literal

from pydantic import Field, model_validator

from resource_catalogue.model import Strict
from resource_catalogue.sources.remote import Address, Remote, SecretReference

_BODY_BYTES = 2_000_000_000


class ApiKey(Strict):
    """Send a key with every request, in a header or in the query.

    Attributes:
        name: Of the header or parameter.
        value: Reference to the key.
    """

    name: str = Field(min_length=1)
    value: SecretReference
    place: Literal["header", "query"] = "header"


class ClientCredentials(Strict):
    """Ask for a token first, as a client of its own (OAuth 2.0, RFC 6749 section 4.4).

    Attributes:
        client_secret: Reference to the secret.
        scope: What the token is to be good for, if the server asks.
        in_body: Whether client and secret go in the form instead of the ``Authorization`` header.
    """

    token_url: Address
    client_id: str = Field(min_length=1)
    client_secret: SecretReference
    scope: str | None = None
    in_body: bool = False


class Pages(Strict):
    """Say how the pages of an answer follow each other. None of these means that there is one page.

    Attributes:
        next_link: Path in the body to the address of the next page (``links.next``), or ``Link`` for the header of that
            name (RFC 8288).
        cursor: Path in the body to the text that asks for the next page, sent as ``parameter``.
        by: ``page`` counts pages, ``offset`` rows, both sent as ``parameter`` until a page has no rows.
        parameter: Name of the parameter that says which page is asked for.
        first: Number of the first page.
        total: Path in the body to the number of rows there are in all; fewer or more is a fault.
    """

    next_link: str | None = None
    cursor: str | None = None
    by: Literal["page", "offset"] | None = None
    parameter: str | None = None
    first: int = Field(default=1, ge=0)
    total: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Pages":
        ways = [way for way in (self.next_link, self.cursor, self.by) if way]
        if len(ways) > 1 or bool(self.cursor or self.by) != bool(self.parameter):
            raise ValueError(
                "next_link；cursor 与 parameter；by 与 parameter 三者之一 / "
                "one of: next_link; cursor and parameter; by and parameter"
            )
        return self


class Since(Strict):
    """Ask only for what is newer than the newest row that came.

    Attributes:
        field: Path in a row to the value that grows.
        parameter: Parameter in which the greatest value of it is sent.
        first: Value to send before anything came; null sends none.
    """

    field: str = Field(min_length=1)
    parameter: str = Field(min_length=1)
    first: str | None = None


class HttpApiSource(Remote):
    """Fetch rows from an HTTP interface; all pages make one delivery.

    Attributes:
        url: Address of the first page; every further one must be of the same server.
        query: Parameters of every request; ``headers`` likewise, without secrets.
        form: What the pages are.
        api_key: Key of every request; or ``bearer``: reference to a token; or ``oauth2``.
        since: Ask for what is new only, in the modes ``append`` and ``changes``.
        tls_ca: File of certificates, below the deployment, to trust instead of the public ones.
    """

    connector: Literal["http_api"]
    url: Address
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    form: Literal["json", "xml"] = "json"
    api_key: ApiKey | None = None
    bearer: SecretReference | None = None
    oauth2: ClientCredentials | None = None
    pages: Pages = Pages()
    since: Since | None = None
    tls_ca: str | None = None
    max_bytes: int = Field(default=_BODY_BYTES, gt=0)

    @model_validator(mode="after")
    def _one_proof(self) -> "HttpApiSource":
        if sum(proof is not None for proof in (self.api_key, self.bearer, self.oauth2)) > 1:
            raise ValueError("api_key、bearer、oauth2 至多其一 / at most one of: api_key, bearer, oauth2")
        if self.form == "xml" and (not self.rows_at or self.encoding):
            raise ValueError(
                "XML 须有 rows_at，其编码由自身声明 / XML needs rows_at, such as root/row, and says its encoding itself"
            )
        return self
