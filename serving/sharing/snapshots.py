"""The query of a table: the files of a version with their addresses, in pages where asked for.

Here: versions, hints, pages, refreshing. Not here: what changed between versions (``changes``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from lake.shared import DataFile, Snapshot
from serving.sharing.addresses import AddressScope, Elsewhere
from serving.sharing.answers import LINES, Answer, joined_lines
from serving.sharing.asking import TableQuestion, read_body, read_object
from serving.sharing.changes import changes_since
from serving.sharing.endpoint import Asked
from serving.sharing.lines import Lines, Moment, end_line
from serving.sharing.listing_cache import Listing
from serving.sharing.paging import Pages
from serving.sharing.refusals import invalid
from serving.sharing.skipping import Hints, useful_files
from serving.sharing.tables import Opened, chosen_version, open_table

_AT_ONCE = 1000
"""Files that are listed without going to a thread; others wait for a millisecond at most."""


async def query_table(asked: Asked) -> Answer:
    """Answer ``POST .../query``."""
    sharing, request = asked.sharing, asked.request
    body = await read_body(request, sharing.settings.body_bytes, sharing.body_seconds)
    question = TableQuestion.read(read_object(body, request.headers.get("content-type", "")))
    opened = open_table(asked)
    if _is_at_hand(opened, question):
        return _query(opened, question)
    return await anyio.to_thread.run_sync(_query, opened, question)


def _is_at_hand(opened: Opened, question: TableQuestion) -> bool:
    """Tell whether a question is about so few files in memory that going to a thread would cost more."""
    if question.given or question.page_token is not None or question.refresh_token is not None:
        return False
    held = opened.table.held()
    return held is not None and len(held.files) <= _AT_ONCE


def _query(opened: Opened, question: TableQuestion) -> Answer:
    _check(question)
    if question.starting_version is not None:
        return changes_since(opened, question)
    return _snapshot(opened, question)


def _check(question: TableQuestion) -> None:
    """Refuse questions that contradict themselves.

    Raises:
        Refusal: 400.
    """
    named = (question.version, question.timestamp_ms, question.starting_version)
    if sum(value is not None for value in named) > 1:
        raise invalid("version, timestamp, startingVersion: 只能给出一个 / provide only one of them")
    if question.ending_version is not None and question.starting_version is None:
        raise invalid("endingVersion 须与 startingVersion 同用 / endingVersion needs startingVersion")
    is_refreshing = question.with_refresh or question.refresh_token is not None
    if is_refreshing and (any(value is not None for value in named) or question.page_token):
        raise invalid("刷新只用于当前版本 / refreshing is for the current version only")


@dataclass(frozen=True, slots=True)
class _Asking:
    """Hold what one listing is made from."""

    opened: Opened
    question: TableQuestion
    pages: Pages
    version: int
    offset: int

    @property
    def moment_wanted(self) -> bool:
        return self.question.version is not None or self.question.timestamp_ms is not None

    @property
    def closes(self) -> bool:
        question = self.question
        paged = question.max_files is not None or question.page_token is not None
        return paged or question.with_refresh or self.opened.capabilities.end_stream

    @property
    def is_plain(self) -> bool:
        """Tell whether the listing is of all files, as the next asker will want it too."""
        question = self.question
        narrowed = question.sql_hints or question.json_hint is not None or question.limit is not None
        return not (narrowed or self.offset or question.max_files)


def _snapshot(opened: Opened, question: TableQuestion) -> Answer:
    asking = _asking(opened, question)
    snapshot = opened.table.snapshot(asking.version)
    form = opened.capabilities.choose(snapshot.protocol, snapshot.configuration)
    lines, scope = opened.lines(form), opened.scope(asking.version)
    listing, following = _listing(asking, snapshot, lines, scope)
    head = [lines.protocol(snapshot.protocol), lines.metadata(snapshot.metadata, snapshot=snapshot)]
    tail = [_end(asking, following, scope, listing.files)] if asking.closes else []
    subject = opened.subject(
        asking.version, listing.elsewhere, endpoint="query", form=form, files=str(listing.files)
    )
    headers = opened.headers(asking.version, form, ends=opened.capabilities.end_stream)
    return Answer([*joined_lines(head), *listing.parts, *joined_lines(tail)], subject, headers, LINES)


def _asking(opened: Opened, question: TableQuestion) -> _Asking:
    """Return the version and place at which a listing begins: a token's where there is one."""
    pages = Pages(opened.asked.sharing.signer, opened.visible.share, ("query", *opened.place))
    now = opened.asked.caller.at.timestamp()
    if question.page_token is not None:
        held = pages.read("page", question.page_token, question.given, now)
        return _Asking(opened, question, pages, int(held["v"]), int(held["o"]))
    if question.refresh_token is not None:
        held = pages.read("refresh", question.refresh_token, [], now)
        return _Asking(opened, question, pages, int(held["v"]), 0)
    return _Asking(
        opened, question, pages, chosen_version(opened, question.version, question.timestamp_ms), 0
    )


def _listing(
    asking: _Asking, snapshot: Snapshot, lines: Lines, scope: AddressScope
) -> tuple[Listing, int | None]:
    """Return the lines of the files, and where the next page begins."""
    if not asking.is_plain:
        question = asking.question
        files = useful_files(snapshot, Hints(question.sql_hints, question.json_hint, question.limit))
        page = files[asking.offset :][: question.max_files]
        end = asking.offset + len(page)
        return _rendered(asking, page, lines, scope), end if end < len(files) else None
    listings = asking.opened.asked.sharing.listings
    # The scope says from where the files are fetched: a listing of the one kind is never given for the other.
    key = (scope, asking.opened.table.mark(asking.version), lines.form, lines.id_hash, asking.moment_wanted)
    listing = listings.get(key)
    if listing is None:
        listing = _rendered(asking, snapshot.files, lines, scope)
        listings.put(key, listing)
    return listing, None


def _rendered(asking: _Asking, files: Sequence[DataFile], lines: Lines, scope: AddressScope) -> Listing:
    moment = None
    if asking.moment_wanted:
        moment = Moment(asking.version, asking.opened.table.times()[asking.version])
    parts = joined_lines(lines.file(file, scope, moment) for file in files)
    return Listing(parts, len(files), Elsewhere.of(() if scope.is_here else files))


def _end(asking: _Asking, following: int | None, scope: AddressScope, count: int) -> bytes:
    """Return the closing line; tokens live as long as the addresses that they go with."""
    token = refresh = None
    held: dict[str, Any] = {"v": asking.version, "x": scope.good_until}
    if following is not None:
        token = asking.pages.token("page", asking.question.given, o=following, **held)
    if asking.question.with_refresh:
        refresh = asking.pages.token("refresh", [], **held)
    return end_line(token, refresh, scope.good_until if count else None)
