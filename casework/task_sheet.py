"""The task sheet (整改清单): one workbook per task, for the source agency alone.

Here: its layout and its safety: values are text, codes keep their zeros, nothing is read as a formula. Not
here: the words on what was expected (injected, because rules belong to ``expectations/``), nor reading the
values (``sent_values.py``). The file holds what the agency sent: it is written readable by its owner only, and
each export is an event of the ledger.
"""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from casework.actors import Actor
from casework.acts import record_export
from casework.sent_values import named_columns, sent_values
from casework.state import State
from casework.tasks import Row, Task, TaskDetail, show_task
from casework.transitions import DUE_LABELS, OUTCOME_LABELS, STATE_LABELS, CaseState, Outcome
from lake import Lake
from resource_catalogue.errors import CaseError
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource

_FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
_MAX_CELL = 32_767
_MAX_ROWS = 1_000_000
_MOST_ALIKE = 20
_HOW_TO_ANSWER = Label(
    zh="在本机构的系统或原文件中改正后，按原渠道重新报送，系统自动复核；核实无误、已另行更正或已撤回的，请反馈说明",
    en=(
        "mend your system or file and deliver it again as usual, the platform checks it by itself; where the value is "
        "right, corrected elsewhere or withdrawn, answer the task with a note"
    ),
)
_HANDLING = Label(
    zh="含本机构报送的原始值，可能有个人信息，仅供责任机构整改使用，不得转发",
    en="holds values as sent, personal information among them: for the agency's correction only, not to be passed on",
)
_HEADERS = (
    ("序号 No.", 7),
    ("文件 File", 34),
    ("工作表 Sheet", 12),
    ("行 Line", 8),
    ("信息项 Column", 22),
    ("报送值 Value sent", 30),
    ("问题 Found", 34),
    ("要求 Expected", 34),
    ("整改办法 Remedy", 40),
    ("状态 Outcome", 18),
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Say of one failing row what must hold, what was found, what was expected and what to do; never the value."""

    rule: Label
    found: Label
    expected: Label
    remedy: Label


class Explain(Protocol):
    """Explain a failing row: check and reason to words, with the column's declaration where there is one."""

    def __call__(self, row: Row, resource: Resource, column: Column | None) -> Explanation:
        """Return the words for one row."""


class Values(Protocol):
    """Read what an agency sent in rows of its task."""

    def __call__(self, lake: Lake, resource: Resource, rows: Sequence[Row]) -> Mapping[int, str]:
        """Return the values by number of the task's row."""


def export_task(
    state: State,
    lake: Lake,
    release: Release,
    task_id: str,
    out_dir: Path,
    actor: Actor,
    as_of: dt.datetime,
    values: Values = sent_values,
    *,
    explain: Explain,
) -> Path:
    """Write the sheet of a task's current round for the agency that must correct it; the ledger says who took it.

    The sheet lies in the agency's own folder below ``out_dir``. ``explain`` gives the words on what was found,
    expected and to be done; ``values`` reads what was sent.

    Raises:
        CaseError: There is no such task, it is another agency's, the agency or post is unknown, or the resource is
            not in the release.
    """
    agency = record_export(state, release, task_id, actor, as_of).agency
    detail = show_task(state, task_id)
    resource = release.catalogue.resources.get(detail.task.resource)
    if resource is None:
        raise CaseError(
            task_id,
            f"发布版中没有 / not in the release: {detail.task.resource}",
            "发布版中的资源 / a resource of the release",
            "核对发布版 / check the release",
        )
    rows = [row for row in detail.rows if row.round == detail.task.round]
    sent = values(lake, resource, rows) if resource.agency == agency else {}
    book = _book(state, detail, release, resource, rows, sent, explain)
    return _saved(book, out_dir / agency / f"{task_id}.xlsx")


def _book(
    state: State,
    detail: TaskDetail,
    release: Release,
    resource: Resource,
    rows: Sequence[Row],
    sent: Mapping[int, str],
    explain: Explain,
) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("整改清单 Task")
    words = {row.number: explain(row, resource, _column(resource, row)) for row in rows[:_MAX_ROWS]}
    rule = next((found.rule for found in words.values()), Label(zh=detail.task.rule))
    for label, text in _head(detail.task, state.day(detail.task.received_at), release, resource, rule):
        sheet.append([_text(sheet, label, bold=True), _text(sheet, text)])
    sheet.append([])
    sheet.append([_text(sheet, header, bold=True) for header, _ in _HEADERS])
    sheet.freeze_panes = f"A{sheet.max_row + 1}"
    alike = _alike(rows)
    for row in rows[:_MAX_ROWS]:
        line = _line(row, resource, sent, words[row.number], alike.get(row.number, ()))
        sheet.append([_number(sheet, cell) if isinstance(cell, int) else _text(sheet, cell) for cell in line])
    for position, (_, width) in enumerate(_HEADERS):
        sheet.column_dimensions["ABCDEFGHIJ"[position]].width = width
    book.properties.creator = "civiclake"
    book.properties.created = detail.task.opened_at.replace(tzinfo=None)
    return book


def _head(
    task: Task, received_on: dt.date, release: Release, resource: Resource, rule: Label
) -> list[tuple[str, str]]:
    agencies = release.catalogue.agencies
    names = {id_: agencies[id_].name for id_ in (task.agency, task.raised_by) if id_ in agencies}
    due = task.due_on.isoformat() if task.due_on else "—"
    if task.is_provisional:
        due += "（节假日安排未公布，暂定 / provisional: holidays not announced yet）"
    return [
        ("任务编号 Task", task.id),
        ("责任机构 Agency", _named(task.agency, names)),
        ("下发机构 Raised by", _named(task.raised_by, names)),
        ("资源 Resource", f"{_both(resource.name)} ({resource.id})"),
        ("规则 Rule", f"{_both(rule)} ({task.rule})"),
        ("收到日期 Received", received_on.isoformat()),
        ("截止日期 Due", due),
        ("期限性质 Basis", _both(DUE_LABELS[task.due_basis])),
        ("依据 Cited text", task.citation),
        ("状态 State", _both(STATE_LABELS[CaseState(task.state)])),
        ("办理 How to answer", _both(_HOW_TO_ANSWER)),
        ("保密提示 Handling", _both(_HANDLING)),
    ]


def _line(
    row: Row, resource: Resource, sent: Mapping[int, str], words: Explanation, alike: Sequence[Row]
) -> list[str | int]:
    columns = [column for column in resource.columns if column.name in named_columns(row, resource)]
    found = [_both(words.found), *(_same_as(row, other) for other in alike[:_MOST_ALIKE])]
    return [
        row.number,
        row.file_name,
        row.sheet,
        row.line or "",
        "\n".join(f"{column.zh} ({column.name})" for column in columns) or row.column,
        sent.get(row.number, ""),
        "\n".join(found),
        _both(words.expected),
        _both(words.remedy),
        _both(OUTCOME_LABELS[Outcome(row.outcome)]),
    ]


def _column(resource: Resource, row: Row) -> Column | None:
    return next((column for column in resource.columns if column.name == row.column), None)


def _alike(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """Return for each repeated row the others of its key, so that the agency sees which belong together."""
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        if row.check == "unique" and row.row_key:
            by_key.setdefault(row.row_key, []).append(row)
    return {
        row.number: [other for other in same if other is not row] for same in by_key.values() for row in same
    }


def _same_as(row: Row, other: Row) -> str:
    place = (
        ""
        if (row.file_name, row.sheet) == (other.file_name, other.sheet)
        else f"{other.file_name} {other.sheet} "
    )
    return f"与{place}第 {other.line} 行相同 / same as {place}line {other.line}"


def _number(sheet: Worksheet, number: int) -> Cell:
    cell = Cell(sheet, row=1, column=1, value=number)
    cell.alignment = Alignment(vertical="top")
    return cell


def _text(sheet: Worksheet, text: str, bold: bool = False) -> Cell:
    """Return a cell that stays text whatever it begins with; what XML cannot hold becomes a mark."""
    safe = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)[:_MAX_CELL]
    cell = Cell(sheet, row=1, column=1)
    cell.value = safe or None
    if safe:
        cell.data_type = "s"
    cell.number_format = "@"
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    # The prefix keeps a program that re-reads the cell on editing from taking it for a formula.
    cell.quotePrefix = bool(safe) and safe[0] in _FORMULA_STARTS
    return cell


def _named(agency: str, names: Mapping[str, Label]) -> str:
    return f"{_both(names[agency])} ({agency})" if agency in names else agency


def _both(label: Label) -> str:
    return f"{label.zh} / {label.en}" if label.en else label.zh


def _saved(book: Workbook, path: Path) -> Path:
    """Write under another name first: a killed run leaves no half sheet."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        book.save(file)
    draft.replace(path)
    return path
