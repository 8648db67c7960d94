"""Put files of one shape together, and say by which pattern their like are known.

Here: files with the same header whose names differ by a year, a day, a number or a place. Not here: what is in them.
"""

import glob
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.drafting.sample import Sample
from ingestion.header import tidy

_DAY = r"(?<![0-9])(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
_MONTH = r"(?<![0-9])(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])(?![0-9])"
_YEAR = r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])"
_PATTERNS = {
    "day": r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", "month": r"[0-9]{4}-?[0-9]{2}", "year": r"[0-9]{4}",
    "place": r"[^/_.-]+",
}  # fmt: skip


@dataclass(frozen=True)
class FileGroup:
    """Hold samples of one resource and how its files are known.

    Attributes:
        path: Glob below the inbox.
        slice: Pattern of the slice; null where the files have none.
        issued: Pattern of the day of issue; null where names do not say it.
    """

    samples: tuple[Sample, ...]
    path: str
    slice: str | None = None
    issued: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    text: str


def file_groups(
    samples: Sequence[Sample], below: dict[Path, str], places: Collection[str]
) -> list[FileGroup]:
    """Put samples together.

    Args:
        below: Path below the inbox by file.
        places: Names of divisions, by which files may differ.
    """
    names = re.compile("|".join(sorted(map(re.escape, places), key=len, reverse=True)) or r"(?!)")
    alike: dict[tuple[object, ...], list[Sample]] = defaultdict(list)
    for sample in samples:
        shape = tuple(tidy(label) for label in sample.header)
        template = tuple(
            part.kind if part.kind != "text" else part.text for part in _parts(below[sample.path], names)
        )
        alike[shape, template].append(sample)
    groups: list[FileGroup] = []
    for together in alike.values():
        groups += _grouped(together, below, names)
    return groups


def _parts(name: str, places: re.Pattern[str]) -> list[_Part]:
    """Take a path apart into what stays and what varies between the files of a resource."""
    varying = re.compile(f"(?P<day>{_DAY})|(?P<month>{_MONTH})|(?P<year>{_YEAR})|(?P<place>{places.pattern})")
    parts, end = [], 0
    for found in varying.finditer(name):
        parts += [_Part("text", name[end : found.start()]), _Part(found.lastgroup or "text", found[0])]
        end = found.end()
    return [part for part in [*parts, _Part("text", name[end:])] if part.text]


def _grouped(samples: list[Sample], below: dict[Path, str], places: re.Pattern[str]) -> list[FileGroup]:
    """Return one group with patterns, or a group for each file where patterns would take in others."""
    apart = [FileGroup((one,), glob.escape(below[one.path])) for one in samples]
    if len(samples) == 1:
        return apart
    taken = [_parts(below[one.path], places) for one in samples]
    varies = [len({parts[at].text for parts in taken}) > 1 for at in range(len(taken[0]))]
    days = [at for at, part in enumerate(taken[0]) if part.kind == "day" and varies[at]]
    sliced = [at for at, part in enumerate(taken[0]) if varies[at] and at not in days[:1]]
    path = "".join("*" if varies[at] else glob.escape(part.text) for at, part in enumerate(taken[0]))
    if any(Path(name).match(path) for name in below.values() if name not in {below[s.path] for s in samples}):
        return apart
    ordered = tuple(sorted(samples, key=lambda one: below[one.path]))
    return [
        FileGroup(
            ordered, path, _pattern(taken[0], sliced, named=True), _pattern(taken[0], days[:1], named=False)
        )
    ]


def _pattern(parts: list[_Part], captured: list[int], *, named: bool) -> str | None:
    """Write the expression over a path whose groups are the captured parts."""
    if not captured:
        return None
    text, used = "", set()
    for at, part in enumerate(parts):
        if part.kind == "text":
            text += re.escape(part.text).replace(r"\ ", " ")
            continue
        pattern = _PATTERNS[part.kind]
        name = part.kind if part.kind not in used else f"{part.kind}_{at}"
        if at in captured:
            used.add(part.kind)
            pattern = f"(?P<{name}>{pattern})" if named else f"({pattern})"
        text += pattern
    return f"{text}$"
