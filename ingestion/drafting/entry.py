"""Make the proposed entry of a group of files: what can be read off them, and what only a person can say.

Here: the fields of the entry, each doubt at its place. Not here: types (``column_types.py``), keys (``keys.py``), the
text of the file (``entry_text.py``). What a person must decide gets the most careful value that ``catalogue check``
takes: nothing is opened, and personal data are shared on condition only.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ingestion.conform import conform
from ingestion.drafting.column_names import Named, named_columns
from ingestion.drafting.column_types import Proposal, propose
from ingestion.drafting.doubts import Doubt
from ingestion.drafting.file_groups import FileGroup
from ingestion.drafting.header_line import is_nameless
from ingestion.drafting.keys import candidate_key
from norms.text import absent_expression, bare_expression
from resource_catalogue.agency import Agency
from resource_catalogue.code_list import CodeList
from resource_catalogue.resource import Resource

_LAW = {"title": "中华人民共和国个人信息保护法", "rank": "law"}
_SHARE_PERSONAL = {"type": "conditional"}
_OPEN_PERSONAL = {
    "type": "none",
    "reason": {"zh": "个人信息", "en": "Personal data"},
    "basis": [{**_LAW, "article": "第二十五条"}],
}
_FORMATS = {
    "csv": "file", "tsv": "file", "fixed": "file", "xls": "spreadsheet", "xlsx": "spreadsheet",
    "xml": "self_describing", "json": "self_describing", "jsonl": "self_describing", "geojson": "self_describing",
    "parquet": "database",
}  # fmt: skip
_WITHOUT_MARKS = re.compile(r"\s*(?:[(（]\d+[)）]|副本)\s*")
_SHOWN_LINES = 8


@dataclass(frozen=True)
class Draft:
    """Hold a proposed entry.

    Attributes:
        doubts: What a steward must look at, in order of the file.
    """

    resource: Resource
    group: FileGroup
    doubts: list[Doubt] = field(default_factory=list)


@dataclass
class _Columns:
    """Hold what was found out about the columns of a group."""

    named: list[Named]
    proposals: dict[str, Proposal]
    required: frozenset[str]
    left_out: int


def draft_entry(
    group: FileGroup, agency: Agency, reviewer: str, code: str, name: str, lists: Mapping[str, CodeList]
) -> Draft:
    """Propose the entry of a group of files.

    Args:
        reviewer: Agency that reviews it.
        code: 信息资源代码 that is free.
        name: Last part of its id.
    """
    columns = _columns(group, lists)
    body = _body(group, agency, reviewer, code, name, columns)
    keyless = Resource.model_validate({**body, "key": [], "columns": _declared(columns)})
    key = candidate_key(
        _conformed(group, keyless, columns), columns.named, columns.proposals, columns.required
    )
    resource = keyless.model_copy(update={"key": key})
    return Draft(
        resource, group, [*_head_doubts(group, columns), *_key_doubts(key, group), *_column_doubts(columns)]
    )


def _columns(group: FileGroup, lists: Mapping[str, CodeList]) -> _Columns:
    frame = pl.concat([sample.frame for sample in group.samples], how="diagonal")
    header = group.samples[0].header
    has_header = group.samples[0].decoded.header_row != 0 or group.samples[0].found is None
    named, proposals, required, left_out = [], {}, set(), 0
    for one in named_columns(header):
        sent = (
            frame[str(one.place - 1)] if frame.width >= one.place else pl.Series(values=[], dtype=pl.String)
        )
        empty = _empty(sent)
        if has_header and is_nameless(header[one.place - 1]) and empty == len(sent):
            left_out += 1
            continue
        named.append(one)
        proposals[one.name] = propose(one.meaning, sent, lists)
        if not empty:
            required.add(one.name)
    return _Columns(named, proposals, frozenset(required), left_out)


def _empty(sent: pl.Series) -> int:
    cells = sent.alias("cell").to_frame().select(bared=bare_expression(pl.col("cell")))["bared"].to_frame()
    bared = pl.col("bared")
    return cells.filter(bared.is_null() | (bared == "") | absent_expression(bared)).height


def _declared(columns: _Columns) -> list[dict[str, Any]]:
    return [
        _declared_column(one, columns.proposals[one.name], one.name in columns.required)
        for one in columns.named
    ]


def _declared_column(one: Named, proposal: Proposal, is_required: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"name": one.name, "zh": one.label, "type": proposal.type}
    if one.is_told:
        said["en"] = one.name.replace("__", " ").replace("_", " ").capitalize()
    if proposal.formats:
        said["formats"] = proposal.formats
    said.update({key: value for key in ("unit", "codes") if (value := getattr(proposal, key))})
    if is_required:
        said["required"] = True
    if one.meaning.element:
        said["element"] = one.meaning.element
    if proposal.is_personal:
        said.update(share=_SHARE_PERSONAL, open=_OPEN_PERSONAL)
    return said


def _conformed(group: FileGroup, resource: Resource, columns: _Columns) -> pl.DataFrame:
    """Return the rows as ``standard`` will hold them; of snapshots of one table only the last."""
    kept = group.samples[-1:] if group.issued and not group.slice else group.samples
    frames = []
    for sample in kept:
        wanted = [pl.col(str(one.place - 1)).alias(one.name) for one in columns.named]
        raw = sample.frame.select(wanted).with_row_index("_row_number")
        frames.append(raw.with_columns(_row_number=pl.col("_row_number").cast(pl.Int64), **_LEAD))
    table = conform(pl.concat(frames), resource, bytes(32))
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


_LEAD = {
    **{name: pl.lit("") for name in ("_delivery_id", "_slice", "_sheet", "_order_key")},
    "_line": pl.lit(0, pl.Int64),
    "_received_at": pl.lit(None, pl.Datetime("us", "UTC")),
}
"""What ``conform`` wants of every row and a sample does not have."""


def _body(
    group: FileGroup, agency: Agency, reviewer: str, code: str, name: str, columns: _Columns
) -> dict[str, Any]:
    is_personal = any(one.is_personal for one in columns.proposals.values())
    title = _title(group)
    rows = sum(sample.frame.height + sample.rejected for sample in group.samples)
    return {
        "id": f"{agency.id}.{name}", "code": code, "name": {"zh": title}, "summary": {"zh": title},
        "class": "department", "categories": agency.functions[:1],
        "agencies": {"collecting": agency.id, "reviewing": reviewer, "providing": agency.id},
        "duty": agency.duties[0].id if len(agency.duties) == 1 else None,
        "system": agency.systems[0].id if len(agency.systems) == 1 else None,
        "obtained_by": "generated", "form": "structured",
        "format": _FORMATS.get(group.samples[0].decoded.format, "file"), "subject": _subject(columns),
        "grain": {"zh": "每行一条记录", "en": "One row per record"}, "key": [],
        "collected": _collected(columns, agency),
        "covers": {"divisions": [agency.division_code], "rows_expected": rows},
        "update": {"frequency": "irregular", "mode": "snapshot"},
        "level": {"national": "general", "grade": 3 if is_personal else 2, "object": "organisations_and_persons",
                  "harm": "serious" if is_personal else "general"},
        "share": _share(is_personal), "open": _open(agency), "source": _source(group),
    }  # fmt: skip


def _title(group: FileGroup) -> str:
    stem = group.samples[0].path.stem
    if group.slice or group.issued:
        stem = re.sub(r"[_-]?(?:19|20)[0-9]{2}(?:-?[0-9]{2}){0,2}年?[_-]?", "", stem)
    title = _WITHOUT_MARKS.sub("", stem).strip("-_ +") or group.samples[0].path.stem
    sheet = group.samples[0].source.get("sheet")
    return f"{title}（{sheet}）" if isinstance(sheet, str) and sheet != "*" else title


def _subject(columns: _Columns) -> str:
    kinds = {proposal.type for proposal in columns.proposals.values()}
    if "citizen_id" in kinds:
        return "person"
    return "organisation" if "credit_code" in kinds else "none"


def _collected(columns: _Columns, agency: Agency) -> dict[str, str]:
    """Name the first full column of days as the time of collection."""
    days = [one.name for one in columns.named if columns.proposals[one.name].type in ("date", "datetime")]
    day = next((name for name in days if name in columns.required), None)
    return {**({"at": day} if day else {}), "place": agency.division_code}


def _share(is_personal: bool) -> dict[str, Any]:
    if not is_personal:
        return {"type": "open_to_all", "modes": ["service", "table"]}
    return {
        "type": "conditional",
        "reason": {"zh": "含个人信息", "en": "Holds personal data"},
        "basis": [{**_LAW, "article": "第三十四条"}],
        "condition": {"zh": "履行法定职责所需", "en": "Needed for a statutory duty"},
        "modes": ["service"],
    }


def _open(agency: Agency) -> dict[str, Any]:
    condition = {"zh": "提供机构审核后方可开放", "en": "After the providing agency has reviewed it"}
    return {"type": "conditional", "condition": condition, "by": agency.id}


def _source(group: FileGroup) -> dict[str, Any]:
    """Declare what all files of the group agree on; the rest is found out for each."""
    first = group.samples[0].source
    agreed = {
        key: value
        for key, value in first.items()
        if all(one.source.get(key) == value for one in group.samples)
    }
    patterns = {"slice": group.slice, "issued": group.issued}
    return {"path": group.path, **{k: v for k, v in patterns.items() if v}, **agreed}


def entry_name(group: FileGroup) -> str:
    """Return a name for a group's entry that is the same in every draft of it.

    It is made of the letters of the file's name where it has a word of them, else of the labels of its header.
    """
    words = re.findall(r"[a-z][a-z0-9]*", re.sub(r"\.[a-z0-9]+$", "", group.samples[0].path.name.lower()))
    told = "_".join(word for word in words if len(word) > 3 and word not in _FORMATS)[:40].strip("_")
    if told:
        return told
    shape = "\n".join((_title(group), *group.samples[0].header))
    return f"feed_{hashlib.sha256(shape.encode()).hexdigest()[:8]}"


def _head_doubts(group: FileGroup, columns: _Columns) -> list[Doubt]:
    doubts = [
        Doubt("id", "换成能说明内容的标识", "choose an id that says what it is"),
        Doubt("code", "信息资源代码由主管部门赋予", "the authority gives the code"),
        Doubt("name", "名称、摘要据文件名拟", "name and summary follow the file's name"),
        Doubt("obtained_by", "产生 generated 或采集 collected", "generated or collected"),
        Doubt("grain", "每行代表什么", "what one row stands for"),
        Doubt("update", "更新频率与方式", "how often, and whether files replace each other"),
        Doubt(
            "level", "数据级别；保密审查 secrecy 由审核人员填写", "the level; the reviewer fills in `secrecy`"
        ),
        Doubt("share", "共享类型及依据", "share type and basis"),
        Doubt(
            "open",
            "开放类型及依据；未确认前不得放宽",
            "open type and basis; no looser before it is confirmed",
        ),
    ]
    return [
        *doubts,
        *(doubt for sample in group.samples for doubt in _reading_doubts(sample)),
        *_left_out(columns),
    ]


def _left_out(columns: _Columns) -> list[Doubt]:
    if not columns.left_out:
        return []
    count = columns.left_out
    return [
        Doubt(
            "columns",
            f"{count} 个无名且无值的列未列入",
            f"{count} columns without name and value are left out",
        )
    ]


def _reading_doubts(sample: Any) -> list[Doubt]:
    found, doubts = sample.found, []

    def add(zh: str, en: str) -> None:
        doubts.append(Doubt("source", zh, en))

    if found is not None and found.line == 0:
        add("文件没有表头，列名系编造", "the file has no header; labels are made up")
    elif found is not None and not found.is_sure:
        add(f"第 {found.line} 行当作表头", f"line {found.line} is taken for the header")
    if found is not None and found.second:
        add(
            f"第 {found.second} 行似为表头的第二行", f"line {found.second} may be a second line of the header"
        )
    if sample.passed_sheets:
        count = len(sample.passed_sheets)
        add(f"{count} 个工作表没有表头，未读", f"{count} sheets without a header are not read")
    if sample.looked.sheet and isinstance(sample.source.get("sheet"), str) and sample.source["sheet"] != "*":
        add("工作簿有几个工作表，此条目只读一个", "the workbook has several sheets, this entry reads one")
    if sample.looked.others:
        add("个别行编码不同", "some lines are in another encoding")
    if sample.rejected:
        add(f"{sample.rejected} 行的列数与表头不符", f"{sample.rejected} rows do not fit the header")
    if "not_data" in sample.source:
        count = sample.decoded.passed_over
        add(f"not_data：{count} 行标题或附注不读入", f"not_data: {count} headings or notes are passed over")
    if sample.headings:
        add(f"似为小标题的行 {_lines(sample.headings)}，按数据读入",
            f"lines {_lines(sample.headings)} may be headings and are read as data")  # fmt: skip
    if sample.again:
        add(
            f"表头重复出现于行 {_lines(sample.again)}",
            f"the header stands again at lines {_lines(sample.again)}",
        )
    return doubts


def _lines(lines: Sequence[int]) -> str:
    more = " …" if len(lines) > _SHOWN_LINES else ""
    return ", ".join(map(str, lines[:_SHOWN_LINES])) + more


def _key_doubts(key: tuple[str, ...], group: FileGroup) -> list[Doubt]:
    rows = sum(sample.frame.height for sample in group.samples)
    if key:
        return [
            Doubt("key", f"{rows} 行中各不相同，以后是否仍然", f"unique over {rows} rows; will it stay so")
        ]
    return [
        Doubt("key", "未找到能区分各行的列，暂无主键", "no few columns tell the rows apart; there is no key")
    ]


def _column_doubts(columns: _Columns) -> list[Doubt]:
    doubts = []
    for one in columns.named:
        if not one.is_told:
            doubts.append(Doubt(one.name, "列名", "the column's name"))
        doubts += [Doubt(one.name, zh, en) for zh, en in columns.proposals[one.name].doubts]
    return doubts
