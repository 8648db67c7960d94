"""The task sheet (整改清单): one workbook per task, for the source agency alone.

Here: its layout and its safety: values are text, codes keep their zeros, nothing is read as a formula. Not
here: the words on what was expected (injected, because rules belong to ``expectations/``), nor reading the
values (``sent_values.py``). The file holds what the agency sent: it is written readable by its owner only.
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

from casework.sent_values import sent_values
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
    """Say of one failing row what was found, what was expected and what to do; never with the value."""

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
    agency: str,
    values: Values = sent_values,
    *,
    explain: Explain,
) -> Path:
    """Write the sheet of a task's current round for the agency that must correct it.

    ``agency`` is who asks for it; the sheet lies in its own folder below ``out_dir``. ``explain`` gives the
    words on what was found, expected and to be done; ``values`` reads what was sent.

    Raises:
        CaseError: There is no such task, it is another agency's, or its resource is not in the release.
    """
    detail = show_task(state, task_id)
    if agency != detail.task.agency:
        raise CaseError(
            task_id,
            f"export for {agency}",
            detail.task.agency,
            "仅数源机构可导出 / only the source agency may",
        )
    resource = release.catalogue.resources.get(detail.task.resource)
    if resource is None:
        raise CaseError(
            task_id, f"resource {detail.task.resource}", "a resource of the release", "check the release"
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
    for label, text in _head(detail.task, state.day(detail.task.received_at), release, resource):
        sheet.append([_text(sheet, label, bold=True), _text(sheet, text)])
    sheet.append([])
    sheet.append([_text(sheet, header, bold=True) for header, _ in _HEADERS])
    sheet.freeze_panes = f"A{sheet.max_row + 1}"
    for row in rows[:_MAX_ROWS]:
        sheet.append([_text(sheet, text) for text in _line(row, resource, sent, explain)])
    for position, (_, width) in enumerate(_HEADERS):
        sheet.column_dimensions["ABCDEFGHIJ"[position]].width = width
    book.properties.creator = "civiclake"
    book.properties.created = detail.task.opened_at.replace(tzinfo=None)
    return book


def _head(task: Task, received_on: dt.date, release: Release, resource: Resource) -> list[tuple[str, str]]:
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
        ("规则 Rule", task.rule),
        ("收到日期 Received", received_on.isoformat()),
        ("截止日期 Due", due),
        ("期限性质 Basis", _both(DUE_LABELS[task.due_basis])),
        ("依据 Cited text", task.citation),
        ("状态 State", _both(STATE_LABELS[CaseState(task.state)])),
    ]


def _line(row: Row, resource: Resource, sent: Mapping[int, str], explain: Explain) -> list[str]:
    column = next((column for column in resource.columns if column.name == row.column), None)
    words = explain(row, resource, column)
    return [
        str(row.number),
        row.file_name,
        row.sheet,
        str(row.line or ""),
        f"{column.zh} ({column.name})" if column else row.column,
        sent.get(row.number, ""),
        _both(words.found),
        _both(words.expected),
        _both(words.remedy),
        _both(OUTCOME_LABELS[Outcome(row.outcome)]),
    ]


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
