"""What a reader sees for the reason of a delivery's state: held, unreadable, or loaded with a remark.

Here: the sentences that ingestion records, in Chinese and English. Not here: words for states
(``words.py``), nor when a delivery is held (``ingestion/guard.py``).
"""

import re
from collections.abc import Callable

from resource_catalogue.model import Label

_Words = Callable[[re.Match[str]], Label]


def _plain(zh: str) -> _Words:
    return lambda found: Label(zh=found.expand(zh), en=found[0])


def _named_in_the_list(zh: str, en: str) -> _Words:
    """Say what happened to columns without their names: a file without a header has values for headings."""
    label = Label(zh=f"{zh}（列名见批次清单）", en=f"{en} (named in the list of deliveries)")
    return lambda _: label


_SHEETS: dict[str, Label] = {"with a table": Label(zh="应有含表格的工作表", en="a sheet with a table")}
_REASONS: tuple[tuple[str, _Words], ...] = (
    (
        r"shrinks from (\d+) to (\d+) rows \(([\d.]+) %, at most ([\d.]+) %\)",
        _plain(r"由 \1 行减为 \2 行（减少 \3 %，上限 \4 %）"),
    ),
    (
        r"changes ([\d.]+) % of (\d+) rows \(at most ([\d.]+) %\)",
        _plain(r"\2 行中有 \1 % 变动（上限 \3 %）"),
    ),
    (
        r"the same bytes as delivery (\w+), which a later one replaced",
        _plain(r"与批次 \1 的内容完全相同，而该批次已被后来的批次替换"),
    ),
    (r"columns in another order", _plain("信息项次序改变")),
    (r"columns that are gone: .+", _named_in_the_list("缺少原有信息项", "columns are gone")),
    (r"new columns: .+", _named_in_the_list("出现新的信息项", "there are new columns")),
    (
        r"columns under another name: .+",
        _named_in_the_list("信息项改了名称", "columns stand under another name"),
    ),
    (
        r"column (\w+): ([\d.]+) % of its values read as (\w+), ([\d.]+) % before \((.+)\)",
        _plain(r"信息项 \1 的值有 \2 % 符合类型 \3，此前为 \4 %（不符：\5）"),
    ),
    (
        r"the resource is retired and (\S+) has taken its place",
        _plain(r"该资源已停用，由 \1 替代"),
    ),
    (r"a delivery of (\S+)", _plain(r"应报送 \1")),
    (r"send it as (\S+)", _plain(r"请改按 \1 报送")),
    (r"the upper tier's system has reported it already", _plain("上级统一系统已报送")),
    (r"no second report \(reported_by: upper\)", _plain("无需另行报送（reported_by: upper）")),
    (
        r"send nothing, or correct reported_by or source.submitted_by in the entry",
        _plain("不必报送，登记有误的则改正条目的 reported_by 或 source.submitted_by"),
    ),
    (r"required columns are missing: (.+)", _plain(r"缺少必填信息项：\1")),
    (r"headings and notes passed over: (\d+)", _plain(r"略过标题、注释 \1 行")),
    (
        # A file without a header shows its first row as headings, so foreign headings are not repeated.
        r"columns not in the catalogue: .+",
        lambda _: Label(
            zh="有目录未登记的信息项（列名见批次清单）",
            en="has columns that the catalogue does not declare (named in the list of deliveries)",
        ),
    ),
    (
        r"the bytes in landing are missing or damaged, so they are not read under the new declaration",
        _plain("原始文件缺失或损坏，未按新的目录重新读取"),
    ),
    (r"the workbook cannot be read \((\w+)\)", _plain(r"工作簿无法读取（\1）")),
    (r"a whole XLSX or XLS file", _plain("应为完整的 XLSX 或 XLS 文件")),
    (
        r"open it in a spreadsheet program, save it and send it again",
        _plain("用表格软件打开并另存后重新报送"),
    ),
    (r"the file cannot be decoded \((\w+)\)", _plain(r"文件无法解析（\1）")),
    (r"a table in one of the forms that are read", _plain("应为可读取格式的表格")),
    (
        r"open it in the program it came from, save it and send it again",
        _plain("用原软件打开并另存后重新报送"),
    ),
    (r"the bytes are not valid (.+)", _plain(r"文字编码不是 \1")),
    (r"UTF-8 or GB18030", _plain("应为 UTF-8 或 GB18030")),
    (r"save it as UTF-8", _plain("另存为 UTF-8 后重新报送")),
    (r"the file has no rows", _plain("文件没有数据行")),
    (r"a table with a header", _plain("应为带表头的表格")),
    (r"the file is empty", _plain("文件为空")),
    (r"a file with rows", _plain("应为有数据行的文件")),
    (r"send (?:the file|it) again", _plain("重新报送")),
    (r"the declared sheet is missing", _plain("缺少目录登记的工作表")),
    (r"a sheet (.+)", lambda m: _SHEETS.get(m[1]) or Label(zh=f"应有工作表 {m[1]}", en=m[0])),
    (r"correct `sheet`", _plain("改正资源文件的 sheet")),
    (r"no sheet of the workbook has rows", _plain("工作簿没有含数据的工作表")),
    (r"neither JSON nor JSON lines", _plain("不是 JSON，也不是 JSON Lines")),
    (r"valid JSON", _plain("应为有效的 JSON")),
    (r"export the file again", _plain("重新导出文件并报送")),
    (r"there is no list of rows at (.+)", _plain(r"\1 处没有数据行列表")),
    (r"a list of objects", _plain("应为对象列表")),
    (r"declare rows_at", _plain("在资源文件中登记 rows_at")),
    (
        r"none of the first (\d+) lines carries the declared column names",
        _plain(r"前 \1 行中没有目录登记的列名"),
    ),
    (r"a header line such as (.+)", _plain(r"应有表头，如 \1")),
    (
        r"declare header_row or the names of the columns \(from\) in the resource's file",
        _plain("在资源文件中登记 header_row 或列名 from"),
    ),
)


def delivery_reason(reason: str) -> Label | None:
    """Return what a reader sees for a delivery's reason; null without one.

    >>> delivery_reason("shrinks from 1000 to 700 rows (30.0 %, at most 10 %)").zh
    '由 1000 行减为 700 行（减少 30.0 %，上限 10 %）'
    """
    if not reason:
        return None
    labels = [_one_reason(part) for part in reason.split("; ")]
    if all(label.zh == label.en for label in labels):
        return Label(zh=reason, en=reason)
    return Label(zh="；".join(label.zh for label in labels), en="; ".join(label.en for label in labels))


def _one_reason(part: str) -> Label:
    for pattern, words in _REASONS:
        match = re.fullmatch(pattern, part)
        if match:
            return words(match)
    return Label(zh=part, en=part)
