"""Check how deliveries are found and read: patterns compile and have their groups, encoding and delimiter exist."""

import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.sources import Reading
from resource_catalogue.sources.folder import FolderSource

_CORRECT = "改正正则表达式 / correct the regular expression"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per pattern or encoding with which no delivery could be read."""
    for resource, file in inspection.resources():
        if isinstance(resource.source, FolderSource):
            yield from _path(resource.source, file)
        yield from _slice(resource.source, file)
        yield from _issued(resource.source, file)
        yield from _not_data(resource.source, file)
        yield from _encoding(resource.source, file)
        yield from _delimiter(resource.source, file)


def _path(source: FolderSource, file: EntryFile) -> Iterator[CheckedFault]:
    path = PurePosixPath(source.path)
    is_outside = path.is_absolute() or ".." in path.parts or not path.parts
    if is_outside or any("**" in part and part != "**" for part in path.parts):
        yield file.refuse(
            ("source", "path"),
            source.path,
            "收件箱内的相对路径 / a path below the inbox",
            "改正路径 / correct the path",
        )


def _slice(source: Reading, file: EntryFile) -> Iterator[CheckedFault]:
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


def _issued(source: Reading, file: EntryFile) -> Iterator[CheckedFault]:
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


def _not_data(source: Reading, file: EntryFile) -> Iterator[CheckedFault]:
    if source.not_data is not None and _compiled(source.not_data) is None:
        yield file.refuse(
            ("source", "not_data"),
            source.not_data,
            "非数据行的正则 / a regular expression over headings and notes between the rows",
            _CORRECT,
        )


def _encoding(source: Reading, file: EntryFile) -> Iterator[CheckedFault]:
    try:
        # Refuses codecs that turn bytes into no text, too.
        io.TextIOWrapper(io.BytesIO(), encoding=source.encoding or "utf-8")
    except LookupError:
        yield file.refuse(
            ("source", "encoding"),
            source.encoding or "",
            "utf-8 | gb18030 | utf-16",
            "改正编码 / correct the encoding",
        )


def _delimiter(source: Reading, file: EntryFile) -> Iterator[CheckedFault]:
    if source.delimiter is not None and (len(source.delimiter) != 1 or source.delimiter in '"\r\n'):
        yield file.refuse(
            ("source", "delimiter"),
            source.delimiter,
            "一个字符，非引号、非换行 / one character, no quote and no line break",
            "改正分隔符 / correct the delimiter",
        )


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None
