"""What changed between versions: the change feed, and the data changes of a query that starts at a version.

Here: which commits, which of their files, where metadata and protocol changed. Every line has version and instant,
which readers of the delta form need. Not here: the files of one version (``snapshots``).
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from lake.shared import DataFile, LogCommit, Snapshot
from serving.sharing.addresses import AddressScope, Elsewhere
from serving.sharing.answers import LINES, Answer, joined_lines
from serving.sharing.asking import (
    TableQuestion,
    flag_parameter,
    instant_ms,
    most_files,
    number_parameter,
)
from serving.sharing.endpoint import Asked
from serving.sharing.lines import Change, Lines, Moment, end_line, has_change_feed
from serving.sharing.paging import Pages
from serving.sharing.refusals import Refusal, invalid, unsupported
from serving.sharing.tables import Opened, open_table


@dataclass(frozen=True, slots=True)
class _Span:
    """Say which changes are asked for.

    Attributes:
        start: First version; ``end`` the last.
        is_feed: Whether changed rows are wanted where commits kept them, or whole files.
        question: What page tokens are bound to.
    """

    start: int
    end: int
    is_feed: bool
    with_metadata: bool
    with_protocols: bool
    max_files: int | None
    page_token: str | None
    question: Mapping[str, Any]


async def table_changes(asked: Asked) -> Answer:
    """Answer ``GET .../changes``."""
    return await anyio.to_thread.run_sync(_feed, asked)


def _feed(asked: Asked) -> Answer:
    opened, parameters = open_table(asked), asked.request.query_params
    opened.need_history()
    start, end = _ends(opened, parameters)
    question = {key: value for key, value in parameters.items() if key not in ("pageToken", "maxFiles")}
    span = _Span(
        start,
        end,
        True,
        flag_parameter(parameters, "includeHistoricalMetadata"),
        flag_parameter(parameters, "includeHistoricalProtocol"),
        most_files(number_parameter(parameters, "maxFiles")),
        parameters.get("pageToken") or None,
        question,
    )
    return _answer(opened, span)


def changes_since(opened: Opened, question: TableQuestion) -> Answer:
    """Answer a query that starts at a version: the files that later commits added and removed."""
    latest = opened.table.version()
    start = opened.reachable(question.starting_version or 0)
    end = latest if question.ending_version is None else question.ending_version
    _check_order(start, end, latest)
    span = _Span(
        start,
        end,
        False,
        True,
        question.with_protocols,
        question.max_files,
        question.page_token,
        question.given,
    )
    return _answer(opened, span)


def _ends(opened: Opened, parameters: Mapping[str, str]) -> tuple[int, int]:
    """Return first and last version of a feed.

    Raises:
        Refusal: 400: an end is missing, given twice, or beyond what there is or is granted.
    """
    table, latest = opened.table, opened.table.version()
    start = number_parameter(parameters, "startingVersion")
    end = number_parameter(parameters, "endingVersion")
    start_ms = instant_ms(parameters.get("startingTimestamp"), "startingTimestamp")
    end_ms = instant_ms(parameters.get("endingTimestamp"), "endingTimestamp")
    if start is not None and start_ms is not None:
        raise invalid("startingVersion, startingTimestamp: 只能给出一个 / provide only one of them")
    if end is not None and end_ms is not None:
        raise invalid("endingVersion, endingTimestamp: 只能给出一个 / provide only one of them")
    if start is None and start_ms is None:
        raise invalid(
            "缺 startingVersion 或 startingTimestamp / no startingVersion or startingTimestamp provided"
        )
    if start_ms is not None:
        start = table.version_from(start_ms)
    if end_ms is not None:
        end = table.version_before(end_ms)
        if end is None:
            raise invalid("endingTimestamp 早于最早版本 / endingTimestamp is before the first version")
    if start is None:
        raise invalid("startingTimestamp 晚于最新版本 / startingTimestamp is after the latest version")
    end = latest if end is None else end
    _check_order(opened.reachable(start), end, latest)
    return start, end


def _check_order(start: int, end: int, latest: int) -> None:
    if end > latest:
        raise invalid("endingVersion 大于最新版本 / endingVersion is after the latest version")
    if end < start:
        raise invalid("起始版本大于结束版本 / the starting version is after the ending version")


@dataclass(frozen=True, slots=True)
class _Line:
    """Hold one line to be written: a file, or metadata or a protocol that changed."""

    moment: Moment
    file: DataFile | None = None
    kind: Change = "add"
    metadata: Mapping[str, Any] | None = None
    protocol: Mapping[str, Any] | None = None


def _answer(opened: Opened, span: _Span) -> Answer:
    first, span, offset = opened.table.snapshot(span.start), *_resumed(opened, span)
    head = first if span.with_metadata else opened.table.snapshot(span.end)
    form = opened.capabilities.choose(head.protocol, head.configuration)
    lines, scope = opened.lines(form), functools.cache(opened.scope)
    rows = list(_lines(opened, span, first))
    page = rows[offset:][: span.max_files]
    end = offset + len(page)
    written = [lines.protocol(head.protocol), lines.metadata(head.metadata, span.start)]
    written += [_written(line, scope, lines) for line in page]
    if span.max_files is not None or span.page_token is not None or opened.capabilities.end_stream:
        written.append(_end(opened, span, end if end < len(rows) else None, bool(page)))
    listed = [(line.file, scope(line.moment.version)) for line in page if line.file is not None]
    subject = opened.subject(
        span.end,
        Elsewhere.of(file for file, at in listed if not at.is_here),
        endpoint="changes" if span.is_feed else "query",
        form=form,
        files=str(len(listed)),
        start=str(span.start),
    )
    headers = opened.headers(span.start, form, ends=opened.capabilities.end_stream)
    return Answer(joined_lines(written), subject, headers, LINES)


def _pages(opened: Opened, span: _Span) -> Pages:
    place = ("changes" if span.is_feed else "since", *opened.place)
    return Pages(opened.asked.sharing.signer, opened.visible.share, place)


def _resumed(opened: Opened, span: _Span) -> tuple[_Span, int]:
    """Return the span with the ends that its first page had, and where this page begins."""
    if span.page_token is None:
        return span, 0
    now = opened.asked.caller.at.timestamp()
    held = _pages(opened, span).read("page", span.page_token, span.question, now)
    pinned = _Span(
        int(held["s"]),
        int(held["e"]),
        span.is_feed,
        span.with_metadata,
        span.with_protocols,
        span.max_files,
        span.page_token,
        span.question,
    )
    return pinned, int(held["o"])


def _end(opened: Opened, span: _Span, following: int | None, has_files: bool) -> bytes:
    good_until = opened.asked.sharing.addresses.good_until(opened.asked.caller.at)
    token = None
    if following is not None:
        token = _pages(opened, span).token(
            "page", span.question, s=span.start, e=span.end, o=following, x=good_until
        )
    return end_line(token, None, good_until if has_files else None)


def _lines(opened: Opened, span: _Span, first: Snapshot) -> Iterator[_Line]:
    """Go through the commits of a span.

    Raises:
        Refusal: 400: a part of it kept no changes.
    """
    times = opened.table.times()
    if span.is_feed:
        _need_feed(first.metadata)
    for version in range(span.start, span.end + 1):
        commit, moment = opened.table.commit(version), Moment(version, times.get(version, 0))
        if version > span.start:
            if span.with_protocols and commit.protocol is not None:
                yield _Line(moment, protocol=commit.protocol)
            if commit.metadata is not None:
                if span.is_feed:
                    _need_feed(commit.metadata)
                if span.with_metadata:
                    yield _Line(moment, metadata=commit.metadata)
        for kind, file in _files(commit, span):
            yield _Line(moment, _sized(opened, file, version), kind)


def _need_feed(metadata: Mapping[str, Any]) -> None:
    if not has_change_feed(metadata):
        raise unsupported("此表未保留变化 / cdf is not enabled on this table in these versions")


def _files(commit: LogCommit, span: _Span) -> Iterator[tuple[Change, DataFile]]:
    """Return the files that tell a commit's changes: where it kept the changed rows those alone."""
    if span.is_feed and commit.cdcs:
        yield from (("cdc", file) for file in commit.cdcs)
        return
    yield from (("add", file) for file in commit.adds)
    yield from (("remove", file) for file in commit.removes)


def _sized(opened: Opened, file: DataFile, version: int) -> DataFile:
    """Return a removed file with its size and partition values, which a commit may leave out."""
    if file.size >= 0 or version == 0:
        return file
    held = opened.table.snapshot(version - 1).file(file.id)
    return file if held is None else held


def _written(line: _Line, scope: Callable[[int], AddressScope], lines: Lines) -> bytes:
    if line.protocol is not None:
        return lines.protocol(line.protocol)
    if line.metadata is not None:
        return lines.metadata(line.metadata, line.moment.version)
    if line.file is None:
        raise Refusal(500, "INTERNAL_ERROR", "")
    return lines.change(line.file, scope(line.moment.version), line.moment, line.kind)
