"""Say of a column what its values are, over all rows: by its label first, and by the norms.

Here: the order in which types are tried, and what is doubtful about the outcome. Not here: reading the values, which
``norms`` and ``conform.py`` do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ingestion.conform import readings
from ingestion.drafting.date_formats import Dates, find_dates
from ingestion.drafting.label_words import Meaning
from norms import citizen_id, credit_code, money
from norms.reading import Explanation
from norms.text import absent_expression, bare_expression
from resource_catalogue.code_list import CodeList
from resource_catalogue.resource import Column, ColumnType

MOST, NEARLY_ALL, HALF = 0.8, 0.98, 0.5
_FEWEST_NUMBERS = 20
"""ID numbers that no label announces must be as many: any number passes the check one time in eleven."""
_CODED = {"nationality": "nationalities", "industry": "industries", "education": "education_degrees"}
_PAIRS = ({"是", "否"}, {"true", "false"}, {"yes", "no"}, {"y", "n"})
_HAN = r"\p{Han}"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
    "任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_PERSON = rf"^[{_SURNAMES}]\p{{Han}}{{1,2}}$|^\p{{Han}}[*＊ ×Ｘ某]{{1,3}}\p{{Han}}?$"
_MASKED = r"[*＊]|某某|××"
_SCIENTIFIC = r"^\s*[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+\s*$"
_LONG_NUMBER = r"^\s*[0-9A-Za-z]{15,20}\s*$"
_FIGURES = r"^[-+]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?$|^[-+]?[0-9]+(?:\.[0-9]+)?$"


@dataclass
class Proposal:
    """Hold what a column seems to be.

    Attributes:
        doubts: What the steward must look at, in Chinese and English; counts only, never values.
        is_personal: Whether values are, or may be, about natural persons.
    """

    type: ColumnType
    formats: tuple[str, ...] = ()
    unit: str | None = None
    codes: str | None = None
    is_personal: bool = False
    doubts: list[tuple[str, str]] = field(default_factory=list)


def propose(meaning: Meaning, sent: pl.Series, lists: Mapping[str, CodeList]) -> Proposal:
    """Say what a column is.

    Args:
        sent: All its cells.
        lists: Code lists of the deployment.
    """
    values = _stated(sent)
    if values.is_empty():
        return Proposal("text", doubts=[("各行均为空", "empty in every row")])
    yes_no = _boolean(meaning, sent)
    if yes_no:
        return yes_no
    for tried in (_identifier, _phone, _date, _money, _number, _coded, _person, _address):
        found = tried(meaning, values, lists)
        if found:
            return found
    return _text(meaning, values)


def _stated(sent: pl.Series) -> pl.Series:
    """Return the cells that state a value."""
    bared = bare_expression(pl.col("cell"))
    cells = sent.alias("cell").to_frame().filter(pl.col("cell").is_not_null())
    return cells.filter((bared != "") & ~absent_expression(bared))["cell"]


def _share(matching: pl.Series) -> float:
    return float(matching.fill_null(value=False).mean() or 0.0)  # type: ignore[arg-type]


def _read(values: pl.Series, kind: ColumnType, **more: object) -> pl.DataFrame:
    return readings(values, Column.model_validate({"name": "x", "zh": "x", "type": kind, **more}))


def _identifier(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    is_words = _share(values.str.contains(_HAN)) > HALF
    by_label = {"credit_code": "credit_code", "citizen_id": "citizen_id"}.get(meaning.kind)
    if by_label and not is_words:
        return _judged("credit_code" if by_label == "credit_code" else "citizen_id", values)
    is_long = _share(values.str.contains(_LONG_NUMBER)) >= HALF
    if (
        meaning.kind in ("date", "phone", "money", "year", "sequence")
        or is_words
        or not (is_long or _told(meaning))
    ):
        return None
    if _valid(values, "credit_code") >= MOST and len(values) > 1:
        return _judged(
            "credit_code", values, "标签未言明，据值推断", "by its values, the label does not say so"
        )
    persons = _valid(values, "citizen_id")
    if meaning.kind == "document_no" and persons >= MOST:
        return _judged("citizen_id", values)
    if meaning.kind == "subject_identifier" and _valid(values, "subject_identifier") >= MOST:
        return _judged("subject_identifier", values)
    if meaning.kind == "" and persons >= NEARLY_ALL and len(values) >= _FEWEST_NUMBERS:
        return _judged(
            "citizen_id", values, "标签未言明，据值推断", "by its values, the label does not say so"
        )
    if meaning.kind == "registration_number" and _valid(values, "registration_number") >= MOST:
        return _judged("registration_number", values)
    if meaning.kind == "division" and _divisions(values, lists) >= MOST:
        return Proposal("division")
    return None


def _told(meaning: Meaning) -> bool:
    return meaning.kind in ("division", "registration_number")


def _valid(values: pl.Series, kind: ColumnType) -> float:
    return _share(_read(values, kind)["value"].is_not_null())


def _divisions(values: pl.Series, lists: Mapping[str, CodeList]) -> float:
    known = [code.code for code in lists["divisions"].codes] if "divisions" in lists else []
    return _share(values.str.strip_chars().is_in(known))


def _judged(kind: ColumnType, values: pl.Series, *said: str) -> Proposal:
    """Return an identifier's proposal; each kind of fault is told with its number."""
    read = _read(values, kind)
    proposal = Proposal(kind, is_personal=kind in ("citizen_id", "subject_identifier"))
    if said:
        proposal.doubts.append((said[0], said[1]))
    faulty = read.filter(pl.col("value").is_null() & pl.col("code").is_not_null())["code"].value_counts(
        sort=True
    )
    known: dict[str, Explanation] = {**credit_code.EXPLANATIONS, **citizen_id.EXPLANATIONS}
    for code, count in faulty.rows():
        told = known.get(code)
        proposal.doubts.append((
            f"{count} 个值：{told.found_zh if told else code}（{code}）",
            f"{count} values: {told.found_en if told else code} ({code})",
        ))  # fmt: skip
    return proposal


def _phone(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    if meaning.kind != "phone" and (meaning.kind or _mobile(values) < NEARLY_ALL):
        return None
    valid = _valid(values, "phone")
    if meaning.kind == "phone" and valid >= HALF:
        return Proposal("phone", is_personal=True, doubts=_rest(values, valid))
    if meaning.kind == "phone":
        return Proposal(
            "text",
            is_personal=True,
            doubts=[("多数值不是一个电话号码", "most values are not one phone number")],
        )
    return Proposal("phone", is_personal=True, doubts=[("标签未言明，据值推断", "by its values")])


def _mobile(values: pl.Series) -> float:
    return _share(values.str.contains(r"^1[3-9]\d{9}$"))


def _date(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    if meaning.kind in ("number", "money", "phone", "key"):
        return None
    dates = find_dates(values, is_labelled=meaning.kind == "date")
    least = HALF if meaning.kind == "date" else NEARLY_ALL
    if dates is None or dates.share < least:
        return None
    kind: ColumnType = "datetime" if dates.has_times else "date"
    return Proposal(kind, formats=dates.formats, doubts=[*_date_doubts(dates), *_rest(values, dates.share)])


def _date_doubts(dates: Dates) -> list[tuple[str, str]]:
    doubts = []
    if "excel_serial" in dates.formats:
        doubts.append(("含电子表格日期序号", "holds serial days of a spreadsheet"))
    if dates.is_ambiguous:
        doubts.append(("日月先后不明", "which of the first two numbers is the day"))
    return doubts


def _rest(values: pl.Series, share: float) -> list[tuple[str, str]]:
    """Tell how many values do not fit the proposed type."""
    left = round(len(values) * (1 - share))
    return [(f"{left} 个值不合此类型", f"{left} values do not fit the type")] if left else []


def _boolean(meaning: Meaning, sent: pl.Series) -> Proposal | None:
    said = {one for one in sent.drop_nulls().str.strip_chars().str.to_lowercase().unique() if one}
    pairs = [*_PAIRS, {"有", "无"}, {"0", "1"}] if meaning.kind == "boolean" else _PAIRS
    least = 1 if meaning.kind == "boolean" else 2
    return Proposal("boolean") if len(said) >= least and any(said <= pair for pair in pairs) else None


def _money(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    has_unit = _share(values.str.contains(r"[0-9].*元|^[¥￥]|[0-9]万$|[0-9]亿$"))
    if meaning.kind != "money" and not meaning.unit and has_unit < MOST:
        return None
    valid = _share(money.normalise_series(values, meaning.unit or "元")["value"].is_not_null())
    if valid < MOST:
        return None
    doubts = _rest(values, valid)
    if not meaning.unit and has_unit < MOST:
        doubts.append(("金额单位未写明，暂按元", "the unit is not stated; yuan is assumed"))
    return Proposal("money", unit=meaning.unit or None, doubts=doubts)


def _number(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    if meaning.kind in ("number", "key", "document_no", "registration_number", "subject_identifier", "phone"):
        return None
    figures = values.str.strip_chars()
    is_code = _share(figures.str.contains(r"^0[0-9]|^[0-9]{10,}$"))
    share = _share(figures.str.contains(_FIGURES))
    least = MOST if meaning.kind in ("sequence", "integer", "decimal", "year") else NEARLY_ALL
    if share < least or is_code > 0:
        return None
    is_whole = _share(figures.str.contains(r"^[-+]?[0-9,]+(?:\.0+)?$")) == share and meaning.kind != "decimal"
    return Proposal("integer" if is_whole else "decimal", doubts=_rest(values, share))


def _coded(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    """Match a code list: one that the label names, or one of words that holds all values."""
    said = set(values.str.strip_chars().unique())
    hinted = next((name for word, name in _CODED.items() if word in meaning.name.split("_")), None)
    for name, known in lists.items():
        codes, names = {one.code for one in known.codes}, {one.name for one in known.codes}
        is_told = name == hinted or not all(code.isdigit() or len(code) < 3 for code in codes)
        if name != "divisions" and is_told and said <= codes:
            return Proposal("code", codes=name)
        if name == hinted and said <= codes | names:
            words = (
                f"值是代码表 {name} 的名称而非代码",
                f"the values are names of list {name}, not its codes",
            )
            return Proposal("text", doubts=[words])
    return None


def _person(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    if meaning.kind != "person_name":
        return None
    kind: ColumnType = "person_name" if _share(values.str.len_chars() <= 8) >= HALF else "text"
    return Proposal(kind, is_personal=True, doubts=_masked(values))


def _masked(values: pl.Series) -> list[tuple[str, str]]:
    masked = int(values.str.contains(_MASKED).sum())
    return [(f"{masked} 个姓名已遮盖", f"{masked} names are masked")] if masked else []


def _address(meaning: Meaning, values: pl.Series, lists: Mapping[str, CodeList]) -> Proposal | None:
    if meaning.kind != "address":
        return None
    return Proposal("address", doubts=[("个人住址须设为不予开放", "addresses of persons must not be opened")])


def _text(meaning: Meaning, values: pl.Series) -> Proposal:
    proposal = Proposal("text", is_personal=meaning.kind == "document_no")
    persons = _share(values.str.contains(_PERSON))
    if meaning.kind in ("name", "") and persons >= 0.05:
        proposal.is_personal = True
        share = f"{persons:.0%}"
        proposal.doubts.append(
            (f"约 {share} 的值像自然人姓名", f"about {share} of the values look like persons' names")
        )
        proposal.doubts += _masked(values)
    elif meaning.kind == "free" or float(values.str.len_chars().mean() or 0) > 40:  # type: ignore[arg-type]
        proposal.doubts.append(("自由文本，可能含个人信息", "free text, may hold personal data"))
    if destroyed := int(values.str.contains(_SCIENTIFIC).sum()):
        proposal.doubts.append(
            (f"{destroyed} 个值成了科学计数法", f"{destroyed} values became scientific notation")
        )
    if meaning.kind in ("date", "money"):
        word = {"date": ("日期", "dates"), "money": ("金额", "amounts")}[meaning.kind]
        proposal.doubts.append(
            (f"标签像{word[0]}，写法无法声明", f"{word[1]} by the label, in ways that cannot be declared")
        )
    return proposal
