"""Join the parts of one table: sheets of a workbook, members of an archive.

Parts carry the same columns, in whatever order; their rows follow each other and are numbered through. Not here: how
a part is found or decoded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.decoded import Block, Decoded
from ingestion.header import raw_names
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_NAMED_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Part:
    """Hold a part of a table under the name of its sheet or member."""

    name: str
    decoded: Decoded


def joined(parts: Iterable[Part], resource: Resource, container: str = "") -> Decoded | None:
    """Return the parts as one table, opened one after the other; null where there is none.

    Rows that could not be split, odd lines and remarks are those of all parts, once their rows have been read.

    Args:
        container: Form of what holds the parts, before that of the first.

    Raises:
        DeliveryError: While rows are read: a part has other columns than the first.
    """
    rest = iter(parts)
    first = next(rest, None)
    if first is None:
        return None
    leading = first.decoded
    whole = Decoded(
        f"{container}/{leading.format}" if container else leading.format,
        leading.encoding,
        leading.header,
        leading.header_row,
        first.name,
        iter(()),
    )
    whole.blocks = _blocks(chain([first], rest), whole, resource)
    return whole


def _blocks(parts: Iterator[Part], whole: Decoded, resource: Resource) -> Iterator[Block]:
    names = raw_names(whole.header, resource)
    before = 0
    for part in parts:
        order = _order(part, names, resource)
        rows = 0
        for block in part.decoded.blocks:
            rows += len(block.row_numbers)
            numbers = pc.add(block.row_numbers, before)
            yield Block(numbers, block.lines, _ordered(block, order), _label(part, block))
        _told(part, whole, before)
        before += rows + len(part.decoded.rejected)


def _ordered(block: Block, order: list[int]) -> list[pa.StringArray]:
    return [block.columns[place] for place in order]


def _label(part: Part, block: Block) -> str:
    """Name sheet and member of a block."""
    inner = part.decoded.sheet if block.sheet is None else block.sheet
    return part.name if inner in ("", part.name) else f"{part.name}/{inner}"


def _told(part: Part, whole: Decoded, before: int) -> None:
    """Lay what was remarked of a part, all of whose rows have been read, to that of the whole."""
    for row in part.decoded.rejected:
        inner = part.decoded.sheet if row.sheet is None else row.sheet
        name = part.name if inner in ("", part.name) else f"{part.name}/{inner}"
        whole.rejected.append(type(row)(row.row_number + before, row.line, row.reason, row.text, name))
    whole.passed_over += part.decoded.passed_over
    odd = set(part.decoded.odd_lines.values())
    if odd:
        kinds = ", ".join(sorted(name or "none" for name in odd))
        whole.remarks.append(
            f"{part.name}: lines in other encodings: {len(part.decoded.odd_lines)} ({kinds})"
        )
    whole.remarks += [f"{part.name}: {remark}" for remark in part.decoded.remarks]


def _order(part: Part, names: list[str], resource: Resource) -> list[int]:
    """Return where each column of the whole stands in a part."""
    own = raw_names(part.decoded.header, resource)
    if sorted(own) == sorted(names):
        return [own.index(name) for name in names]
    missing = [name for name in names if name not in own]
    other = [name for name in own if name not in names]
    said = [
        f"{kind} {', '.join(those[:_NAMED_COLUMNS])}"
        for kind, those in (("lacks", missing), ("has", other))
        if those
    ]
    raise DeliveryError(
        resource.id,
        f"{part.name} is another table than the first: it {' and '.join(said)}",
        "the same columns in all parts",
        "send other tables by themselves, or name the sheets of this one",
    )
