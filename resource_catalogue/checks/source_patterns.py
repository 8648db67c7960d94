"""Check how deliveries are found and read: patterns compile and have their groups, the encoding exists."""

import codecs
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Source

_CORRECT = "改正正则表达式 / correct the regular expression"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per pattern or encoding with which no delivery could be read."""
    for resource, file in inspection.resources():
        yield from _path(resource.source, file)
        yield from _slice(resource.source, file)
        yield from _issued(resource.source, file)
        yield from _encoding(resource.source, file)


def _path(source: Source, file: EntryFile) -> Iterator[CheckedFault]:
    path = PurePosixPath(source.path)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        yield file.refuse(
            ("source", "path"),
            source.path,
            "收件箱内的相对路径 / a path below the inbox",
            "改正路径 / correct the path",
        )


def _slice(source: Source, file: EntryFile) -> Iterator[CheckedFault]:
    if source.slice is None:
        return
    pattern = _compiled(source.slice)
    if pattern is None or not pattern.groupindex or len(pattern.groupindex) != pattern.groups:
        yield file.refuse(
            ("source", "slice"),
            source.slice,
            "只含命名组的正则 / a regular expression of named groups (?P<year>…)",
            _CORRECT,
        )


def _issued(source: Source, file: EntryFile) -> Iterator[CheckedFault]:
    if source.issued is None:
        return
    pattern = _compiled(source.issued)
    if pattern is None or not pattern.groups:
        yield file.refuse(
            ("source", "issued"),
            source.issued,
            "第一组为日期的正则 / a regular expression whose first group is the date",
            _CORRECT,
        )


def _encoding(source: Source, file: EntryFile) -> Iterator[CheckedFault]:
    try:
        codecs.lookup(source.encoding or "utf-8")
    except LookupError:
        yield file.refuse(
            ("source", "encoding"),
            source.encoding or "",
            "utf-8 | gb18030 | utf-16",
            "改正编码 / correct the encoding",
        )


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None
