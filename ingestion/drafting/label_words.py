"""What the labels of government feeds usually mean: an ASCII name and the kind of value, by word.

Here: the usual words, one table (``words.csv``), and taking a label apart into them. Not here: what the values say
(``column_types.py``), which may overrule a label.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.header import tidy
from norms.money import UNIT

_LONGEST_NAME = 50
_BRACKETS = re.compile(r"[((\[【][^))\]】]*[))\]】]?")
_ASCII = re.compile(r"[A-Za-z][A-Za-z0-9_ .-]*")
_CODE_AND_NAME = re.compile(r"(?:代码|编码|编号|号码)[_-]?[0-9]*")


@dataclass(frozen=True, slots=True)
class Word:
    """Hold a usual word of labels.

    Attributes:
        kind: What values of a column whose label ends with it mostly are; a column type, or ``name``, ``free``,
            ``number``, ``document_no``, ``key``, ``sequence``, ``year``.
        element: Data element (数据元) it stands for; empty for most.
        ends_labels: ``yes`` where a text that ends with it is a label, whatever stands before it.
    """

    zh: str
    en: str
    kind: str
    element: str
    ends_labels: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Say what a label seems to mean.

    Attributes:
        name: Proposed column name; empty where words of the label are not known.
        kind: Kind of its last known word; empty where there is none.
        unit: Unit of money that the label states in brackets; empty where it states none.
    """

    name: str
    kind: str
    element: str
    unit: str


@cache
def usual_words() -> dict[str, Word]:
    """Return the usual words by their Chinese."""
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        return {row["zh"]: Word(**row) for row in csv.DictReader(file)}


def meaning(label: str) -> Meaning:
    """Say what a label seems to mean.

    >>> meaning("处罚决定日期").name, meaning("罚款金额（万元）").unit, meaning("USC_CODE").name
    ('penalty_decision_date', '万元', 'usc_code')
    """
    tidied = tidy(label)
    bare = tidy(_BRACKETS.sub("", tidied)) or tidied
    unit = next((part for part in re.findall(r"[(\[【]([^)\]】]*)", tidied) if _is_unit(part)), "")
    credit = _credit_code(tidied)
    parts, is_whole = _taken_apart(bare)
    if _ASCII.fullmatch(bare):
        name = re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_")[:_LONGEST_NAME]
        known = usual_words().get(bare.lower())
        kind, element = (known.kind, known.element) if known else _ascii_kind(name)
        return Meaning(name, credit or kind, element, unit)
    last = parts[-1] if parts else None
    kind = credit or (last.kind if last else "")
    if any(word.kind == "boolean" for word in parts[:1]):
        kind = "boolean"
    name = _joined(parts) if is_whole else ""
    return Meaning(name, kind, last.element if last and is_whole and len(parts) == 1 else "", unit)


def is_usual(label: str) -> bool:
    """Tell whether a cell reads like a usual label: it is made of usual words, or ends with one that labels end with.

    >>> is_usual("处罚决定日期"), is_usual("北京某某有限公司"), is_usual("ORG_NAME")
    (True, False, False)
    """
    tidied = tidy(label)
    bare = tidy(_BRACKETS.sub("", tidied)) or tidied
    words = usual_words()
    if bare.lower() in words or _CODE_AND_NAME.search(bare):
        return True
    parts, is_whole = _taken_apart(bare)
    return bool(parts) and (is_whole or bool(bare.endswith(parts[-1].zh) and parts[-1].ends_labels))


def _credit_code(label: str) -> str:
    is_alone = not re.search(r"[/或、]|注册号|登记号|执照号", label)
    return "credit_code" if is_alone and ("信用代码" in label or label == "统一社会") else ""


def _is_unit(text: str) -> bool:
    return bool(re.fullmatch(UNIT, text)) and "元" in text


def _ascii_kind(name: str) -> tuple[str, str]:
    """Read the kind off the usual endings of names that programs give."""
    if re.search(r"(?:^|_)(?:usc|uscc|credit)(?:_?code)?$", name):
        return "credit_code", "org_credit_code"
    if re.search(r"(?:date|time|_at|_on)$", name):
        return "date", ""
    if re.search(r"(?:^|_)(?:phone|tel|mobile)$", name):
        return "phone", ""
    return ("number", "") if re.search(r"(?:^|_)(?:id|no|code|number)$", name) else ("", "")


def _taken_apart(label: str) -> tuple[list[Word], bool]:
    """Split a label into usual words, the longest first; the second part tells whether nothing is left over."""
    words, found, place, is_whole = usual_words(), [], 0, True
    longest = max(map(len, words))
    while place < len(label):
        ends = range(min(len(label), place + longest), place, -1)
        end = next((end for end in ends if label[place:end] in words), None)
        if end is None:
            # Marks and particles between words carry no meaning of their own.
            is_whole = is_whole and label[place] in "的、_-/及和与:0123456789"
            place += 1
            continue
        found.append(words[label[place:end]])
        place = end
    return found, is_whole


def _joined(parts: list[Word]) -> str:
    names: list[str] = []
    for word in parts:
        if word.en not in names:
            names.append(word.en)
    return "_".join(names)[:_LONGEST_NAME].strip("_")
