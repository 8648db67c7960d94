"""The shape of an answer: what a norm reads in one text, and how its codes are explained.

Belongs here: the result types every reading module shares, and the explanations of codes that mean
the same everywhere. Does not belong here: any rule about one identifier.

>>> Reading("11010519491231002X", "lower_case")
Reading(value=<hidden>, code='lower_case')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True, repr=False)
class Reading(Generic[Value]):
    """Hold what was read in one text; the value is never shown, it may be personal.

    Attributes:
        value: The value in normal form, or None when there is none or it cannot be accepted.
        code: None when the text was already in normal form (or blank); a note when the value was
            changed or is doubtful, or the text says that there is none; a fault when the text is
            refused. The module's `EXPLANATIONS` tells which.
    """

    value: Value | None
    code: str | None

    def __repr__(self) -> str:
        """Show the code and only whether there is a value."""
        shown = "None" if self.value is None else "<hidden>"
        return f"Reading(value={shown}, code={self.code!r})"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Explain one code to a person, in Chinese and English; no text carries a value.

    Attributes:
        is_fault: Whether the value is refused (True) or kept, or absent, with a note (False).
        found_zh: What was found.
        found_en: What was found.
        expected_zh: What was expected.
        expected_en: What was expected.
        remedy_zh: What to do next.
        remedy_en: What to do next.
    """

    is_fault: bool
    found_zh: str
    found_en: str
    expected_zh: str
    expected_en: str
    remedy_zh: str
    remedy_en: str


def readings_frame(value: pl.Series, codes: tuple[str, ...], index: pl.Series) -> pl.DataFrame:
    """Put values and codes side by side, one row per text.

    Args:
        value: The values.
        codes: The codes that `index` counts from 1; 0 means no code.
        index: For each row the number of its code.

    Returns:
        A frame with columns `value` and `code`.
    """
    names = pl.Series("code", [None, *codes], dtype=pl.String)
    return pl.DataFrame([value.alias("value"), names.gather(index).alias("code")])


def read_distinct(series: pl.Series, read: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """Read each distinct text once: amounts and dates repeat, and taking them apart is costly.

    Args:
        series: Texts.
        read: Reads a series of distinct texts.

    Returns:
        What `read` gives, one row per text in the order of the series.
    """
    texts = series.cast(pl.String).to_frame("text")
    distinct = texts.unique()
    answers = distinct.hstack(read(distinct["text"]))
    return texts.join(answers, on="text", how="left", nulls_equal=True, maintain_order="left").drop("text")


_NOTES: Mapping[str, tuple[str, str, str, str]] = {
    "not_stated": (
        "填写的是“无”“N/A”“-”等表示没有的字样", "a word or sign that means no value, such as N/A or -",
        "如确有该项内容请补填，否则留空", "fill it in if there is a value, else leave it empty",
    ),
    "full_width": (
        "含全角字符", "full-width characters",
        "已转为半角，请在源系统改用半角", "converted; write half-width characters at the source",
    ),
    "separators_removed": (
        "含空格、连字符等分隔符号", "spaces, hyphens or other separators",
        "已去除，请在源系统去除", "removed; remove them at the source",
    ),
    "lower_case": (
        "含小写字母", "lower-case letters",
        "已转为大写，请在源系统改为大写", "converted; write capitals at the source",
    ),
}  # fmt: skip

_FAULTS: Mapping[str, tuple[str, str, str, str]] = {
    "scientific_notation": (
        "被电子表格改成科学计数法，后几位已丢失",
        "a spreadsheet turned it into scientific notation; digits are lost",
        "从源系统以文本格式重新导出", "export it again from the source as text",
    ),
    "masked": (
        "部分字符已被星号遮盖", "some characters are hidden by asterisks",
        "向平台报送未脱敏的原值", "supply the unmasked value to the platform",
    ),
    "wrong_characters": (
        "含有不允许的字符", "characters that are not allowed",
        "核对原始证照后更正", "compare with the original document and correct",
    ),
    "wrong_length": (
        "位数不对", "the wrong number of characters",
        "检查是否漏填、多填或被截断", "check whether characters are missing, added or cut off",
    ),
    "wrong_check_digit": (
        "校验码不符，至少有一位填写错误",
        "the check character does not agree: at least one character is wrong",
        "核对原始证照后更正", "compare with the original document and correct",
    ),
}  # fmt: skip


def explain(
    is_fault: bool, found: tuple[str, str], expected: tuple[str, str], remedy: tuple[str, str]
) -> Explanation:
    """Make one explanation from (Chinese, English) pairs.

    Returns:
        The explanation.
    """
    return Explanation(is_fault, found[0], found[1], expected[0], expected[1], remedy[0], remedy[1])


def shared_explanations(codes: tuple[str, ...], expected_zh: str, expected_en: str) -> dict[str, Explanation]:
    """Explain the codes that mean the same for every identifier.

    Args:
        codes: Codes out of the shared notes and faults.
        expected_zh: The normal form of the identifier, in Chinese.
        expected_en: The normal form of the identifier, in English.

    Returns:
        One explanation per code.

    Raises:
        KeyError: If a code is not a shared one.
    """
    explained: dict[str, Explanation] = {}
    for code in codes:
        is_fault = code in _FAULTS
        found_zh, found_en, remedy_zh, remedy_en = _FAULTS[code] if is_fault else _NOTES[code]
        explained[code] = Explanation(
            is_fault, found_zh, found_en, expected_zh, expected_en, remedy_zh, remedy_en
        )
    return explained
