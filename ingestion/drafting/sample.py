"""Read all rows of a file as text, as they will be read once its entry counts.

Here: a stand-in entry that says only how bytes become rows, and the rows under it. Not here: what the rows mean.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from ingestion.decode import decode_file
from ingestion.decoded import Decoded, not_decodable
from ingestion.drafting.first_lines import FirstLines, first_lines
from ingestion.drafting.header_line import HeaderLine, find_header_line
from ingestion.header import tidy
from ingestion.text_encoding import detect_encoding
from norms.text import is_absent
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_Seen = tuple[FirstLines, HeaderLine | None]
_MOST_DEPTH = 4
_MOST = 0.8
_NOT_DATA = (
    "^(?:[一二三四五六七八九十]+、|第[一二三四五六七八九十]+|[（(][一二三四五六七八九十]+[）)])",
    "^(?:注|备注|说明|附注|附件|填报人?|填表人?|制表人?|审核人?|单位负责人|数据来源|资料来源)[:：]",
    "^[①-⑳]",
    "^[0-9]{1,2}[.、．].{6}",
    "[（(][0-9]+ ?[所家个项名人户件][）)]$",
    "^[0-9]{4}年.{0,40}(?:名单|目录|明细表?|一览表|汇总表?)$",
)
"""Usual headings and notes between rows of data."""


@dataclass(frozen=True)
class Sample:
    """Hold what reading one file gave.

    Attributes:
        source: What its entry must declare of its reading.
        header: Labels of its columns; made up where it has none.
        frame: All rows, every cell as sent, one column per label named by its place: ``0``, ``1``...
        rejected: Number of rows that do not fit the header.
        headings: Lines of rows with a single filled cell that read like headings.
        again: Lines that repeat the header.
        passed_sheets: Sheets that hold no table.
    """

    path: Path
    decoded: Decoded
    looked: FirstLines
    found: HeaderLine | None
    source: dict[str, Any]
    frame: pl.DataFrame
    rejected: int
    headings: tuple[int, ...] = ()
    again: tuple[int, ...] = ()
    header: tuple[str, ...] = ()
    passed_sheets: tuple[str, ...] = ()


def read_samples(path: Path) -> list[Sample]:
    """Look at a file, find its header, and read it whole; of a workbook, every table it holds.

    Sheets with the same header are one table. One without a header, beside others that have one, is no table.

    Raises:
        DeliveryError: It cannot be read in any form.
    """
    found: list[_Seen] = [(look, _header_of(look)) for look in first_lines(path)]
    sure: list[_Seen] = [(look, header) for look, header in found if header is not None and header.is_sure]
    tables = _tables(sure if sure and len(found) > 1 else found)
    passed = tuple(look.sheet for look, _ in found if not any(look in looks for looks, _ in tables))
    return [_sample(path, looks, header, len(tables) > 1 or bool(passed), passed) for looks, header in tables]


def _header_of(look: FirstLines) -> HeaderLine | None:
    return find_header_line(look.rows) if look.rows is not None else None


def _tables(found: list[_Seen]) -> list[tuple[list[FirstLines], HeaderLine | None]]:
    """Put sheets with the same header together."""
    tables: dict[tuple[str, ...], tuple[list[FirstLines], HeaderLine | None]] = {}
    for look, header in found:
        labels = tuple(tidy(label) for label in header.labels) if header and header.line else (look.sheet, "")
        tables.setdefault(labels, ([], header))[0].append(look)
    return list(tables.values())


def _sample(
    path: Path, looks: list[FirstLines], found: HeaderLine | None, is_named: bool, passed: tuple[str, ...]
) -> Sample:
    source = _reading(path, looks[0], found)
    if len(looks) > 1:
        source["sheet"] = [look.sheet for look in looks] if is_named else "*"
        # Titles above the header may differ from sheet to sheet.
        source.pop("header_row")
    elif is_named:
        source["sheet"] = looks[0].sheet
    labels = _labels(looks[0], found)
    sample = _read(path, looks[0], found, source, labels)
    not_data = _not_data(sample.frame)
    if not_data is not None:
        sample = _read(path, looks[0], found, {**source, "not_data": not_data}, labels)
    return replace(sample, passed_sheets=passed)


def stand_in(labels: Sequence[str], source: dict[str, Any]) -> Resource:
    """Return an entry that says how bytes become rows, and nothing true besides."""
    access = {"type": "none"}
    columns = [
        {"name": f"column_{place}", "zh": label or f"column_{place}", "type": "text"}
        for place, label in enumerate(labels, start=1)
    ]
    return Resource.model_validate({
        "id": "draft.draft", "code": "0", "name": {"zh": "草稿"}, "summary": {"zh": "草稿"}, "class": "department",
        "categories": [], "agencies": {"collecting": "draft", "reviewing": "draft", "providing": "draft"},
        "obtained_by": "collected", "form": "structured", "format": "file", "subject": "none", "grain": {"zh": "行"},
        "key": [], "update": {"frequency": "irregular"}, "share": access, "open": access,
        "source": {"path": "draft", **source}, "columns": columns or [{"name": "none", "zh": "无", "type": "text"}],
    })  # fmt: skip


def _reading(path: Path, looked: FirstLines, found: HeaderLine | None) -> dict[str, Any]:
    """Return what must be declared so that the file is read as it was looked at."""
    source: dict[str, Any] = {}
    if found is None:
        rows_at = _rows_at(path)
        return {"rows_at": rows_at} if rows_at else source
    source["header_row"] = found.line
    if looked.encoding and not looked.others:
        source["encoding"] = looked.encoding.removesuffix("-sig")
    if looked.delimiter not in ("", ","):
        source["delimiter"] = looked.delimiter
    return source


def _labels(looked: FirstLines, found: HeaderLine | None) -> tuple[str, ...]:
    if found is None:
        return ()
    if found.line:
        return found.labels
    widths = Counter(len(cells) for _, cells in looked.rows or ())
    return tuple(f"第{place}列" for place in range(1, widths.most_common(1)[0][0] + 1))


def _read(
    path: Path, looked: FirstLines, found: HeaderLine | None, source: dict[str, Any], labels: tuple[str, ...]
) -> Sample:
    decoded = decode_file(path, stand_in(labels, source))
    lines, tables = [], []
    try:
        for block in decoded.blocks:
            tables.append(pa.table(block.columns, names=[str(place) for place in range(len(block.columns))]))
            lines.append(block.lines)
    except BaseException as error:
        raise not_decodable(path.name, error) from None
    if not tables:
        raise DeliveryError(
            path.name, "there are no rows below the header", "a table with rows", "draft from another file"
        )
    frame = pl.from_arrow(pa.concat_tables(tables))
    assert isinstance(frame, pl.DataFrame)
    numbers = pl.Series("line", pa.chunked_array(lines))
    header = tuple(decoded.header)
    return Sample(
        path, decoded, looked, found, source, frame, len(decoded.rejected),
        tuple(numbers.filter(_is_heading(frame))), tuple(numbers.filter(_is_header(frame, header))), header,
    )  # fmt: skip


def _is_heading(frame: pl.DataFrame) -> pl.Series:
    """Tell which rows have a single filled cell, of words."""
    if frame.width < 2:
        return pl.repeat(False, frame.height, eager=True)
    filled = [pl.col(name).str.strip_chars().fill_null("") != "" for name in frame.columns]
    text = pl.concat_str(pl.all().fill_null(""))
    return frame.select(
        (pl.sum_horizontal(filled) == 1) & ~text.str.strip_chars().str.contains(r"^[\d.,*-]+$")
    ).to_series()


def _is_header(frame: pl.DataFrame, header: Sequence[str]) -> pl.Series:
    """Tell which rows repeat the header."""
    named = [(str(place), tidy(label)) for place, label in enumerate(header) if not is_absent(label)]
    if len(named) < 2:
        return pl.repeat(False, frame.height, eager=True)
    same = [pl.col(at).fill_null("").str.replace_all(r"\s+", "") == label for at, label in named]
    return frame.select(pl.all_horizontal(same)).to_series()


def _not_data(frame: pl.DataFrame) -> str | None:
    """Return the usual patterns that most single cells of words fit; null where hardly any does."""
    alone = frame.filter(_is_heading(frame)).select(pl.concat_str(pl.all().fill_null("")).str.strip_chars())
    texts = alone.to_series().to_list()
    used = [pattern for pattern in _NOT_DATA if any(re.search(pattern, text) for text in texts)]
    fitting = sum(any(re.search(pattern, text) for pattern in used) for text in texts)
    return "|".join(used) if texts and fitting >= _MOST * len(texts) else None


def _rows_at(path: Path) -> str | None:
    """Find the longest list of objects in a JSON document; null where it is at the top, or for other forms."""
    try:
        document = json.loads(path.read_text(encoding=detect_encoding(path)))
    except (ValueError, RecursionError, DeliveryError):
        return None
    if not isinstance(document, dict) or document.get("type") == "FeatureCollection":
        return None
    places = sorted(_lists(document, ()), key=lambda found: -found[0])
    return ".".join(places[0][1]) if places else None


def _lists(value: Any, place: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield len(value), place
    if isinstance(value, dict) and len(place) < _MOST_DEPTH:
        for key, inner in value.items():
            yield from _lists(inner, (*place, str(key)))
