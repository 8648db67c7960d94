"""Endpoints of one table: its version, its metadata, what is not offered.

Here: finding the table a request is about, the limits of its history, the form of the answer. Not here: listing files
(``snapshots``) and changes (``changes``).
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

import anyio.to_thread

from lake.shared import SharedTable
from serving.sharing.addresses import AddressScope, Elsewhere
from serving.sharing.answers import LINES, Answer, Subject, joined_lines
from serving.sharing.asking import instant_ms, number_parameter
from serving.sharing.capabilities import CAPABILITIES_HEADER, Capabilities, Form
from serving.sharing.endpoint import Asked
from serving.sharing.lines import Lines
from serving.sharing.refusals import invalid, malformed, unknown, unsupported
from serving.sharing.visible import VisibleTable, find_table

VERSION_HEADER = "Delta-Table-Version"
_HASH_HEADER = "fileidhash"
_NONE = Elsewhere()
_HOST = re.compile(r"^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold the table of one request.

    Attributes:
        visible: The table as the recipient sees it; ``table`` as it lies in the lake.
        capabilities: What the client can read.
        base: Scheme and host for addresses.
    """

    asked: Asked
    visible: VisibleTable
    table: SharedTable
    capabilities: Capabilities
    base: str

    @property
    def place(self) -> tuple[str, ...]:
        """Return what page tokens are bound to."""
        return (self.visible.share, self.visible.schema, self.visible.name, self.visible.table.name)

    def subject(self, version: int, elsewhere: Elsewhere = _NONE, **detail: str) -> Subject:
        """Return what the record says, and set it for a refusal that may follow.

        Args:
            elsewhere: Files that are fetched from elsewhere: no record follows for them, so that this one has it all.
        """
        if elsewhere.files:
            until = dt.datetime.fromtimestamp(self._good_until(), dt.UTC).isoformat()
            # Eleven digits without commas may look like a mobile number, which the record does not keep.
            detail |= {"addresses": "bucket", "until": until, "file_bytes": f"{elsewhere.bytes:,}"}
        self.asked.subject = Subject(self.visible.grant, version, elsewhere.rows, detail)
        return self.asked.subject

    def need_history(self) -> int:
        """Return the first version that may be reached.

        Raises:
            Refusal: 400: the grant is for the current version only.
        """
        first = self.visible.grant.history_from_version
        if first is None:
            raise invalid(
                "授权只及于当前版本 / reading by version or timestamp is not supported: "
                "history sharing is not enabled on this table"
            )
        return first

    def reachable(self, version: int) -> int:
        """Return a version if the grant reaches it and it was made.

        Raises:
            Refusal: 400: the grant is for the current version only, or begins later; or there is none such yet.
        """
        first = self.need_history()
        if version < first:
            raise invalid(f"You can only query table data since version {first}.")
        if version > self.table.version():
            raise invalid("没有此版本 / this version does not exist yet")
        return version

    def reachable_at(self, at_ms: int) -> int:
        """Return the version that was the newest at an instant in milliseconds of the epoch.

        Raises:
            Refusal: 400: the grant is for the current version only or reaches less far back, or the instant is before
                the first version or after the newest.
        """
        self.need_history()
        found = self.table.version_before(at_ms)
        if found is None or at_ms > max(self.table.times().values()):
            raise invalid(
                "时间早于最早或晚于最新版本 / the timestamp is before the first or after the latest version"
            )
        return self.reachable(found)

    def lines(self, form: Form) -> Lines:
        """Return the writer of lines in a form."""
        chosen = self.asked.request.headers.get(_HASH_HEADER)
        id_hash: Form = (
            form if chosen is None else "delta" if chosen.strip().casefold() == "delta" else "parquet"
        )
        return Lines(form, id_hash, self.asked.sharing.addresses)

    def scope(self, version: int) -> AddressScope:
        """Return for whom and from which version addresses are made; to be asked once for a version and an answer.

        A recipient that may fetch from some networks only, or so many bytes a day, fetches here: nobody else counts.
        """
        recipient = self.asked.caller.recipient
        is_watched = bool(recipient.networks) or recipient.bytes_per_day is not None
        is_here = is_watched or self.asked.sharing.addresses.is_answered_here(self.table.name, version)
        return AddressScope(
            self.base,
            self.visible.share,
            self.visible.grant.id,
            self.table.name,
            version,
            self._good_until(),
            is_here,
        )

    def _good_until(self) -> int:
        return self.asked.sharing.addresses.good_until(self.asked.caller.at)

    def headers(self, version: int, form: Form, *, ends: bool = False) -> Mapping[str, str]:
        """Return the headers of an answer of lines."""
        sent = {VERSION_HEADER: str(version), CAPABILITIES_HEADER: self.capabilities.echo(form, ends=ends)}
        chosen = self.asked.request.headers.get(_HASH_HEADER)
        return sent if chosen is None else {**sent, _HASH_HEADER: chosen.strip().casefold()}


def open_table(asked: Asked) -> Opened:
    """Find the table of the path among what the caller sees.

    Raises:
        Refusal: 404: it is not granted or not there; 400: a header cannot be read.
    """
    path, caller = asked.request.path_params, asked.caller
    if path["share"].casefold() != caller.recipient.id.casefold():
        raise unknown("共享 / share")
    visible = find_table(caller.tables, path["schema"], path["table"])
    if visible is None:
        raise unknown("表 / table")
    asked.subject = Subject(visible.grant)
    table = asked.sharing.lake.table(visible.table)
    if table is None:
        raise unknown("表 / table")
    chosen = asked.request.headers.get(_HASH_HEADER, "parquet").strip().casefold()
    if chosen not in ("parquet", "delta"):
        raise invalid("fileidhash: parquet, delta")
    capabilities = Capabilities.read(asked.request.headers.get(CAPABILITIES_HEADER))
    return Opened(asked, visible, table, capabilities, base_of(asked))


def base_of(asked: Asked) -> str:
    """Return scheme and host of addresses: the deployment's, else those that the client itself used.

    Raises:
        Refusal: 400: the client named no host that could be one.
    """
    if asked.sharing.base_url is not None:
        return asked.sharing.base_url.rstrip("/")
    host = asked.request.headers.get("host", "")
    if not _HOST.match(host):
        raise malformed("Host")
    return f"{asked.request.url.scheme}://{host}"


async def table_version(asked: Asked) -> Answer:
    """Answer ``GET .../version`` and the older ``HEAD .../tables/{table}``."""
    return await anyio.to_thread.run_sync(_version, asked)


def _version(asked: Asked) -> Answer:
    opened = open_table(asked)
    start_ms = instant_ms(asked.request.query_params.get("startingTimestamp"), "startingTimestamp")
    version = opened.table.version()
    if start_ms is not None:
        opened.need_history()
        found = opened.table.version_from(start_ms)
        if found is None:
            raise invalid("时间晚于最新版本 / the timestamp is after the latest version")
        version = opened.reachable(found)
    subject = opened.subject(version, endpoint="version")
    return Answer([], subject, {VERSION_HEADER: str(version)}, LINES)


async def table_metadata(asked: Asked) -> Answer:
    """Answer ``GET .../metadata``."""
    return await anyio.to_thread.run_sync(_metadata, asked)


def _metadata(asked: Asked) -> Answer:
    opened, parameters = open_table(asked), asked.request.query_params
    wanted = number_parameter(parameters, "version")
    at_ms = instant_ms(parameters.get("timestamp"), "timestamp")
    version = chosen_version(opened, wanted, at_ms)
    snapshot = opened.table.snapshot(version)
    form = opened.capabilities.choose(snapshot.protocol, snapshot.configuration)
    lines = opened.lines(form)
    parts = joined_lines(
        [lines.protocol(snapshot.protocol), lines.metadata(snapshot.metadata, snapshot=snapshot)]
    )
    subject = opened.subject(version, endpoint="metadata", form=form)
    return Answer(parts, subject, opened.headers(version, form), LINES)


def chosen_version(opened: Opened, version: int | None, at_ms: int | None) -> int:
    """Return the version that a request names, the newest where it names none.

    Raises:
        Refusal: 400: it names two, or one that the grant does not reach.
    """
    if version is not None and at_ms is not None:
        raise invalid("version 与 timestamp 只能给出一个 / provide only one of version and timestamp")
    if version is not None:
        return opened.reachable(version)
    if at_ms is not None:
        return opened.reachable_at(at_ms)
    return opened.table.version()


async def poll_query(asked: Asked) -> Answer:
    """Answer ``POST .../queries/{id}``: queries are answered at once here, so that there is none to ask after."""
    await anyio.to_thread.run_sync(open_table, asked)
    raise unknown("查询 / query")


async def credentials_of_table(asked: Asked) -> Answer:
    """Answer ``POST .../temporary-table-credentials``: the storage below is never opened to recipients."""
    await anyio.to_thread.run_sync(open_table, asked)
    raise unsupported("不提供存储凭证 / credentials of the storage are not given out")
