"""The sheets of the workbook: which column holds which field of an entry, and under which headings it is found.

Here: names, headings, order, paths. Not here: how a cell's text is read (``cell_text.py``) or what a view shows
(``views.py``). A path is the place of the value in the entry's file; a view shows or confirms what another cell
or file decides and has no path of its own.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from norms.text import bare
from resource_catalogue.model import Label

Place = tuple[str | int, ...]
ItemOrEntry = Literal["entry", "item"]


@dataclass(frozen=True, slots=True)
class Field:
    """Describe one column of a sheet.

    Attributes:
        path: Keys below the entry (or item, basis, rule); empty for a view.
        kind: Name of the kind of cell, see ``kinds.py``; for a view the name of the view.
        of: Whether the value belongs to the entry or to the item of the row (guide sheet).
        also: Other headings under which agencies write it.
        is_shown: The default of the file's shape is written out too.
    """

    zh: str
    en: str
    path: tuple[str, ...]
    kind: str
    of: ItemOrEntry = "entry"
    also: tuple[str, ...] = ()
    is_shown: bool = False
    width: int = 16

    @property
    def heading(self) -> str:
        """Return the heading in both languages."""
        return f"{self.zh}\n{self.en}"

    @property
    def is_view(self) -> bool:
        """Tell whether the cell only shows or confirms."""
        return not self.path


@dataclass(frozen=True)
class Layout:
    """Describe one sheet: its name, its columns in order, groups of headings above them."""

    name: Label
    fields: tuple[Field, ...]
    groups: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Group heading -> Chinese headings below it."""

    @cached_property
    def by_heading(self) -> dict[str, Field]:
        """Return the fields by every heading under which they are found."""
        found: dict[str, Field] = {}
        for one in self.fields:
            for spelling in (one.zh, one.en, f"{one.zh}{one.en}", *one.also):
                found.setdefault(bare(spelling).lower(), one)
        return found

    def at(self, path: Place, of: ItemOrEntry = "entry") -> Field | None:
        """Return the column of a path, or the first column below it."""
        for one in self.fields:
            if one.path and one.of == of and one.path[: len(path)] == path:
                return one
        return None

    def field(self, *path: str, of: ItemOrEntry = "entry") -> Field:
        """Return the column of a path; raise KeyError where there is none."""
        found = self.at(path, of)
        if found is None:
            raise KeyError(path)
        return found

    def view(self, name: str) -> Field:
        """Return the column of a view."""
        return next(one for one in self.fields if one.is_view and one.kind == name)


def _access(prefix: str, zh: str, types: str, *, is_resource: bool) -> Iterator[Field]:
    """Yield the columns of a share or open declaration that the guide sheet does not have."""
    of: ItemOrEntry = "entry" if is_resource else "item"
    en = "Share" if prefix == "share" else "Open"
    if not is_resource:
        yield Field(f"信息项{zh}类型", f"Item: {en.lower()} type", (prefix, "type"), types, of)
        yield Field(
            f"信息项{zh}条件",
            f"Item: {en.lower()} condition",
            (prefix, "condition", "zh"),
            "paragraph",
            of,
            width=24,
        )
        if prefix == "share":
            yield Field("信息项共享方式", "Item: ways of sharing", (prefix, "modes"), "modes", of)
        else:
            yield Field("信息项开放方式", "Item: ways of opening", (prefix, "modes"), "modes", of)
    elif prefix == "open":
        yield Field("开放方式", "Open: ways", (prefix, "modes"), "modes", of)
    head = zh if is_resource else f"信息项{zh}"
    yield Field(
        f"{head}条件英文",
        f"{en}: condition (English)",
        (prefix, "condition", "en"),
        "paragraph",
        of,
        width=24,
    )
    yield Field(f"{head}理由", f"{en}: reason", (prefix, "reason", "zh"), "paragraph", of, width=24)
    yield Field(
        f"{head}理由英文", f"{en}: reason (English)", (prefix, "reason", "en"), "paragraph", of, width=24
    )
    yield Field(f"{head}复核期限", f"{en}: review due on", (prefix, "review_due_on"), "day", of)
    yield Field(f"{head}主体机构", f"{en}: by", (prefix, "by"), "agency", of, width=24)


def _level(of: ItemOrEntry) -> Iterator[Field]:
    head, en = ("", "Level") if of == "entry" else ("信息项", "Item level")
    yield Field(f"{head}数据级别", f"{en}: national", ("level", "national"), "national_level", of)
    yield Field(f"{head}数据分级", f"{en}: grade", ("level", "grade"), "whole", of)
    yield Field(f"{head}危害对象", f"{en}: object", ("level", "object"), "phrase", of)
    yield Field(f"{head}危害程度", f"{en}: harm", ("level", "harm"), "harm", of)


_ID = Field("资源标识", "Id", ("id",), "mark", also=("标识", "资源标识符"), width=34)
_ID_KEY = Field("资源标识", "Id", (), "key_id", also=("标识", "资源标识符"), width=34)
_CODE_KEY = Field("信息资源代码", "Code", (), "key_code", also=("资源代码",), width=20)
_ITEM_KEY = Field(
    "信息项标识", "Item id", ("name",), "mark", "item", also=("英文字段名", "字段英文名", "字段名"), width=26
)

GUIDE = Layout(
    Label(zh="信息资源目录", en="Resources"),
    (
        _ID,
        Field("类", "Class", ("class",), "class", also=("信息资源分类", "类名称")),
        Field("项", "Division", (), "code_part_1", also=("项名称",), width=6),
        Field("目", "Section", (), "code_part_2", also=("目名称",), width=6),
        Field("细目", "Subsection", (), "code_part_3", also=("细目名称",), width=8),
        Field("信息资源名称", "Name", ("name", "zh"), "phrase", also=("资源名称", "数据资源名称", "名称"), width=26),
        Field("信息资源代码", "Code", ("code",), "mark", also=("资源代码",), width=20),
        Field("信息资源提供方", "Provider", ("agencies", "providing"), "agency",
              also=("提供方", "信息资源提供单位", "提供单位", "提供机构"), width=26),
        Field("信息资源提供方代码", "Provider's credit code", (), "provider_code",
              also=("提供方代码", "提供单位代码", "提供方统一社会信用代码"), width=22),
        Field("信息资源摘要", "Summary", ("summary", "zh"), "paragraph", also=("摘要", "资源摘要"), width=34),
        Field("信息资源格式分类", "Format", ("format",), "format", also=("格式分类", "信息资源格式", "资源格式")),
        Field("信息资源格式类型", "Medium", ("form",), "form", also=("格式类型",)),
        _ITEM_KEY,
        Field("信息项名称", "Item", ("zh",), "phrase", "item", also=("信息项", "数据项名称", "字段中文名"), width=24),
        Field("数据类型", "Data type", (), "guide_type", "item", also=("信息项数据类型", "字段类型")),
        Field("数据长度", "Length", ("max",), "whole", "item", also=("信息项数据长度", "字段长度", "长度"), width=10),
        Field("共享类型", "Share type", ("share", "type"), "share_type", also=("共享属性",)),
        Field("共享条件", "Share condition", ("share", "condition", "zh"), "paragraph", width=28),
        Field("共享方式", "Ways of sharing", ("share", "modes"), "modes", also=("共享方式分类",)),
        Field("是否向社会开放", "Open to the public", (), "is_open", also=("是否开放", "是否向社会公众开放")),
        Field("开放类型", "Open type", ("open", "type"), "open_type", also=("开放属性",)),
        Field("开放条件", "Open condition", ("open", "condition", "zh"), "paragraph", width=28),
        Field("更新周期", "Update period", ("update", "frequency"), "frequency", also=("更新频率",)),
        Field("发布日期", "Listed on", (), "listed_on", width=12),
        Field("关联资源代码", "Related", ("related",), "marks", also=("关联信息资源代码", "关联资源"), width=20),
        Field("所属系统名称", "System", ("system",), "system", also=("系统名称", "所属系统", "来源系统"), width=22),
    ),
    {
        "信息资源分类\nClassification": ("类", "项", "目", "细目"),
        "信息资源格式\nFormat": ("信息资源格式分类", "信息资源格式类型"),
        "信息项信息\nItems": ("信息项标识", "信息项名称", "数据类型", "数据长度"),
        "共享属性\nSharing": ("共享类型", "共享条件", "共享方式"),
        "开放属性\nOpening": ("是否向社会开放", "开放类型", "开放条件"),
    },
)  # fmt: skip
MORE = Layout(
    Label(zh="补充字段", en="Further fields"),
    (
        _ID_KEY,
        _CODE_KEY,
        Field("名称英文", "Name (English)", ("name", "en"), "phrase", width=26),
        Field("摘要英文", "Summary (English)", ("summary", "en"), "paragraph", width=34),
        Field("数据分类", "Categories", ("categories",), "marks", also=("数据领域", "领域"), width=22),
        Field("收集机构", "Collecting agency", ("agencies", "collecting"), "agency", also=("采集机构",), width=26),
        Field("审核机构", "Reviewing agency", ("agencies", "reviewing"), "agency", width=26),
        Field("职责", "Duty", ("duty",), "duty", width=22),
        Field("获取方式", "Obtained by", ("obtained_by",), "obtained"),
        Field("报送主体", "Reported by", ("reported_by",), "reported", is_shown=True, width=20),
        Field("主体", "Subject", ("subject",), "subject", also=("主体类型",)),
        Field("数据粒度", "Grain", ("grain", "zh"), "phrase", also=("粒度",), width=24),
        Field("数据粒度英文", "Grain (English)", ("grain", "en"), "phrase", width=24),
        Field("主键", "Key", ("key",), "key", also=("业务主键",), width=22),
        Field("采集时间", "Collected at", ("collected", "at"), "day_or_name", width=18),
        Field("采集地点", "Collected in", ("collected", "place"), "phrase", width=22),
        Field("覆盖区划", "Divisions covered", ("covers", "divisions"), "marks"),
        Field("起始日期", "Covers since", ("covers", "since"), "day"),
        Field("预计行数", "Rows expected", ("covers", "rows_expected"), "whole"),
        Field("更新方式", "Update mode", ("update", "mode"), "update_mode", is_shown=True),
        Field("报送时点", "Update due", ("update", "due"), "mark"),
        Field("所述时期", "Update about", ("update", "about"), "mark"),
        Field("删除标记列", "Update: deletion in column", ("update", "deleted", "column"), "phrase"),
        Field("删除标记值", "Update: deletion said by", ("update", "deleted", "values"), "phrases"),
        Field("全量标记值", "Update: whole said by", ("update", "deleted", "whole"), "phrases"),
        Field("使用要求", "Use requirements", ("use_requirements", "zh"), "paragraph", width=28),
        Field("使用要求英文", "Use requirements (English)", ("use_requirements", "en"), "paragraph", width=28),
        Field("涉密审查", "Secrecy", ("secrecy", "state"), "secrecy", also=("涉密属性",)),
        Field("涉密审查日期", "Secrecy: reviewed on", ("secrecy", "reviewed", "on"), "day"),
        Field("涉密审查岗位", "Secrecy: post", ("secrecy", "reviewed", "post"), "mark"),
        Field("涉密审查有效期", "Secrecy: valid to", ("secrecy", "reviewed", "valid_to"), "day"),
        *_level("entry"),
        *_access("share", "共享", "share_type", is_resource=True),
        *_access("open", "开放", "open_type", is_resource=True),
        Field("文件路径", "Source: path", ("source", "path"), "paragraph", width=34),
        Field("连接方式", "Source: connector", ("source", "connector"), "connector", is_shown=True),
        Field("切片规则", "Source: slice", ("source", "slice"), "paragraph", width=22),
        Field("签发日期规则", "Source: issued", ("source", "issued"), "paragraph", width=22),
        Field("文件编码", "Source: encoding", ("source", "encoding"), "mark"),
        Field("表头行", "Source: header row", ("source", "header_row"), "whole", width=8),
        Field("表头行数", "Source: header lines", ("source", "header_lines"), "whole", width=8),
        Field("工作表", "Source: sheet", ("source", "sheet"), "paragraph"),
        Field("数据位置", "Source: rows at", ("source", "rows_at"), "paragraph"),
        Field("分隔符", "Source: delimiter", ("source", "delimiter"), "paragraph", width=8),
        Field("列宽", "Source: widths", ("source", "widths"), "wholes", width=14),
        Field("列宽单位", "Source: width unit", ("source", "width_unit"), "width_unit", width=10),
        Field("向下填充列", "Source: fill down", ("source", "fill_down"), "marks", width=18),
        Field("非数据行规则", "Source: not data", ("source", "not_data"), "paragraph", width=22),
        Field("报送机构", "Source: submitted by", ("source", "submitted_by"), "agency", width=26),
        Field("最大缩减百分比", "Guard: most shrinking, %", ("guard", "max_shrink_pct"), "number", is_shown=True),
        Field("最大变动百分比", "Guard: most changes, %", ("guard", "max_changed_pct"), "number", is_shown=True),
        Field("最大类型偏离", "Guard: most type flip, %", ("guard", "max_type_flip_pct"), "number", is_shown=True),
        Field("数字化完成期限", "Digitisation: due on", ("digitisation", "due_on"), "day"),
        Field("数字化机构", "Digitisation: by", ("digitisation", "by"), "agency", width=26),
        Field("数字化进展", "Digitisation: state", ("digitisation", "state"), "digitisation"),
        Field("纸质页数", "Digitisation: pages", ("digitisation", "volume", "pages"), "whole", width=10),
        Field("纸质件数", "Digitisation: files", ("digitisation", "volume", "files"), "whole", width=10),
        Field("纸质延米", "Digitisation: metres", ("digitisation", "volume", "metres"), "number", width=10),
        Field("替代资源", "Replaced by", ("replaced_by",), "phrase", width=26),
        Field("停用日期", "Retires on", ("retires_on",), "day"),
    ),
)  # fmt: skip
ITEMS = Layout(
    Label(zh="信息项补充", en="Further fields of items"),
    (
        _ID_KEY,
        _CODE_KEY,
        _ITEM_KEY,
        Field("信息项名称", "Item", (), "key_item", "item", also=("信息项", "字段中文名"), width=24),
        Field("信息项英文名称", "Item (English)", ("en",), "phrase", "item", width=24),
        Field("信息项类型", "Item type", ("type",), "column_type", "item", width=18),
        Field("是否必填", "Required", ("required",), "flag", "item", is_shown=True, also=("必填",), width=10),
        Field("报送名称", "Headings in files", ("from",), "phrases", "item", also=("文件中的列名",), width=22),
        Field("数据元", "Data element", ("element",), "phrase", "item", width=22),
        Field("基础库属性", "Claims for", ("base",), "phrase", "item", width=30),
        Field("代码表名称", "Code list", ("codes",), "mark", "item", width=22),
        Field("计量单位", "Unit", ("unit",), "phrase", "item", also=("单位",)),
        Field("日期格式", "Formats", ("formats",), "phrases", "item", width=18),
        Field("固定值", "Constant", ("constant",), "paragraph", "item"),
        Field("敏感条件", "Sensitive when", ("sensitive_when",), "paragraph", "item", width=30),
        *_access("share", "共享", "share_type", is_resource=False),
        *_access("open", "开放", "open_type", is_resource=False),
        *_level("item"),
    ),
)  # fmt: skip
BASES = Layout(
    Label(zh="依据", en="Legal bases"),
    (
        _ID_KEY,
        _CODE_KEY,
        Field("依据用途", "Basis of", (), "basis_place", width=20),
        Field("信息项标识", "Item id", (), "basis_item", also=("英文字段名",), width=26),
        Field("法律法规名称", "Title", ("title",), "phrase", also=("依据名称",), width=40),
        Field("文号", "Document number", ("doc_no",), "phrase", width=24),
        Field("条款", "Article", ("article",), "phrase"),
        Field("效力层级", "Rank", ("rank",), "rank", width=18),
    ),
)  # fmt: skip
RULES = Layout(
    Label(zh="规则", en="Rules"),
    (
        _ID_KEY,
        _CODE_KEY,
        Field("规则标识", "Rule id", ("id",), "mark", width=30),
        Field("检查", "Check", ("check",), "mark", width=14),
        Field("涉及信息项", "Items", ("columns",), "marks", width=30),
        Field("质量指标", "Indicator", ("indicator",), "indicator", width=10),
        Field("严重程度", "Severity", ("severity",), "severity", is_shown=True),
        Field("参数", "Arguments", ("arguments",), "arguments", width=22),
        Field("规则说明", "Text", ("text", "zh"), "paragraph", width=28),
        Field("规则说明英文", "Text (English)", ("text", "en"), "paragraph", width=28),
    ),
)  # fmt: skip
LAYOUTS = (GUIDE, MORE, ITEMS, BASES, RULES)
CODES_SHEET = Label(zh="代码表", en="Codes")
NOTES_SHEET = Label(zh="说明", en="How to fill in")
IGNORED_HEADINGS = frozenset({"序号", "no.", "编号"})
"""Headings of columns that say nothing about an entry."""
