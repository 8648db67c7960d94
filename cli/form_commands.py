"""Commands about forms of the public: list, show, accept, answer, send back.

Here: what bodies type and read. Not here: taking forms, which the portal does. What a sender wrote is printed to the
bodies concerned only (``show --as``), and the ledger notes who read it.
"""

from dataclasses import asdict
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from casework import form_answers
from casework.contact_erasure import erase_form_contact
from casework.form_answers import FormCase, Written, list_forms, show_form
from casework.form_procedure import outcome_label
from casework.form_transitions import FORM_STATES
from casework.tasks import Happening
from casework.transitions import DUE_LABELS, TRANSITIONS
from cli.acting import acting
from cli.catalogue_words import CatalogueWords
from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, chosen, open_deployment, opened_state
from cli.output import Column, both, listed, local, print_fields, print_json, print_table, say, stacked, word
from lake import Lake
from lake.releases import current_release
from resource_catalogue.model import Label
from resource_catalogue.profile_words import profile_words

app = typer.Typer(
    no_args_is_help=True,
    help="公众表单 / Forms of the public: corrections, objections and demands sent on the open portal.",
)

FormId = Annotated[str, typer.Argument(help="编号 / number such as F-2026-0001")]
Note = Annotated[str, typer.Option("--note", help="给来件人的说明 / what the sender reads, with the reason")]
NoteEn = Annotated[str, typer.Option("--note-en", help="英文说明 / the same in English, where given")]
FORMS = {"correction": Label(zh="纠错、异议", en="correction"), "demand": Label(zh="需求", en="demand")}
_STATES = {str(state): label for state, label in FORM_STATES.items()}
_DUE = {**DUE_LABELS, "silent": Label(zh="无规定", en="nothing prescribed")}
_COLUMNS = (
    Column("编号 / id", whole=True),
    Column("事项 / matter", whole=True),
    "数据集 / dataset",
    "办理机构 / body that answers",
    Column("状态 / state", whole=True),
    Column("期限 / due on", whole=True),
)
_EVENT_COLUMNS = ("办理 / act", "状态 / state", "机构/岗位 / agency, post", "说明 / note")
_AFTER: dict[str, tuple[Label, str]] = {
    "withdraw": (Label(zh="撤回数据", en="to withdraw the data"), "retired"),
    "suspend": (Label(zh="中止开放", en="to suspend opening"), "suspended"),
    "process_then_open": (
        Label(
            zh="处理期间中止开放, 处理后改为 listed", en="to suspend it meanwhile; listed takes it up again"
        ),
        "suspended",
    ),
}
"""What is left to do after an answer, and the state of the dataset that does it."""


@app.command("list")
def list_(
    home: Home = HERE,
    agency: Annotated[
        str | None, typer.Option(help="只看某办理机构 / of one body that answers, by id or name")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help=f"只看某状态 / in one state: {' | '.join(_STATES)}")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期未答复的 / past the last day")] = False,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the forms, without what was written in them."""
    deployment = open_deployment(home, as_of)
    words = CatalogueWords.of(Lake.of(deployment))
    wanted = chosen("--agency", words.agency_named(agency) if agency else None, words.agencies())
    in_state = chosen("--state", state, _STATES)
    with opened_state(deployment) as opened:
        day = opened.day(deployment.as_of)
        found = [
            one
            for one in list_forms(opened)
            if wanted in (None, one.agency)
            and in_state in (None, one.state)
            and (one.is_overdue(day) or not overdue)
        ]
    if as_json:
        print_json([_plain(one) for one in found])
    else:
        print_table("公众表单 / forms", _COLUMNS, (_cells(one, words) for one in found))


@app.command()
def show(
    form: FormId,
    home: Home = HERE,
    actor: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="AGENCY/POST",
            help="查阅内容, 记入台账 / read what was written; noted in the ledger",
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """查看 / Show one form; with --as what its sender wrote, to the body that answers and the authority."""
    deployment = open_deployment(home, as_of)
    lake, written = Lake.of(deployment), None
    with opened_state(deployment) as state:
        if actor is not None:
            release = current_release(lake)
            written = form_answers.read_form(state, release, form, actor_of(actor), deployment.as_of)
        detail, events = show_form(state, form)
    if as_json:
        print_json(_plain_whole(detail, events, written))
        return
    words, zone = CatalogueWords.of(lake), deployment.settings.zone()
    print_fields(form, _fields(detail, words, zone) | _written_fields(written))
    columns = (Column(f"时间 {zone.key} / at", whole=True), *_EVENT_COLUMNS)
    print_table("过程 / events", columns, (_event_cells(detail, one, words, zone) for one in events))


@app.command()
def accept(form: FormId, actor: As, home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """受理 / Take a form up; its clock has run since it arrived."""
    with acting(actor, home, as_of) as by:
        done = form_answers.accept_form(by.state, by.release, form, by.actor, by.at)
    _said(done, as_json)


@app.command()
def answer(
    form: FormId,
    outcome: Annotated[
        str,
        typer.Argument(
            help="withdraw | suspend | process_then_open | keep_open; 需求 / a demand: listed | declined"
        ),
    ],
    actor: As,
    note: Note,
    note_en: NoteEn = "",
    home: Home = HERE,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """答复 / Answer a form; the answer records the decision, the message tells which command carries it out."""
    with acting(actor, home, as_of) as by:
        done = form_answers.answer_form(by.state, by.release, form, outcome, by.actor, note, by.at, note_en)
    _said(done, as_json)


@app.command("send-back")
def send_back(
    form: FormId,
    actor: As,
    note: Note,
    note_en: NoteEn = "",
    home: Home = HERE,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """退回 / Send a form back that cannot be handled; the sender reads the reason as the answer."""
    with acting(actor, home, as_of) as by:
        done = form_answers.send_back(by.state, by.release, form, by.actor, note, by.at, note_en)
    _said(done, as_json)


@app.command("erase-contact")
def erase_contact(form: FormId, actor: As, home: Home = HERE, as_of: AsOf = None) -> None:
    """删除联系方式 / Erase how the sender can be reached; case and ledger stay."""
    with acting(actor, home, as_of) as by:
        had = erase_form_contact(by.state, by.release, form, by.actor, by.at)
    say(f"{form}: {'已删除联系方式 / contact erased' if had else '没有联系方式 / there was none'}")


def left_to_do(form: FormCase) -> Label | None:
    """Say what an answer leaves to do and by which command; null where nothing is left."""
    if form.outcome == "listed":
        return Label(
            zh="答复只作记录; 请在目录中编制并发布该数据集: civiclake catalogue publish",
            en="the answer is recorded only; enter the dataset in the catalogue: civiclake catalogue publish",
        )
    if form.outcome not in _AFTER or form.dataset is None:
        return None
    purpose, state = _AFTER[form.outcome]
    command = (
        f"civiclake catalogue state {form.dataset} {state} "
        "--registered-by AGENCY/POST --reviewed-by AGENCY/POST"
    )
    return Label(
        zh=f"答复只作记录, 已开放的数据尚未改变。{purpose.zh}: {command}, 然后 civiclake run",
        en=f"the answer is recorded only, what lies open has not changed; {purpose.en}: {command}, then civiclake run",
    )


def _said(form: FormCase, as_json: bool) -> None:
    if as_json:
        print_json(_plain(form))
        return
    say(f"{form.id}: {word(_STATES, form.state)}")
    left = left_to_do(form)
    if left is not None:
        say(left.zh)
        say(left.en)


def _plain(form: FormCase) -> dict[str, Any]:
    left = left_to_do(form)
    return asdict(form) | {
        "due": form.due.model_dump(),
        "answer": form.answer.model_dump() if form.answer else None,
        "left_to_do": left.model_dump() if left else None,
    }


def _plain_whole(form: FormCase, events: tuple[Happening, ...], written: Written | None) -> dict[str, Any]:
    shown = {"form": _plain(form), "events": [asdict(event) for event in events]}
    return shown | ({"text": written.text, "contact": written.contact} if written else {})


def _cells(form: FormCase, words: CatalogueWords) -> tuple[Any, ...]:
    return (
        form.id,
        stacked(FORMS[form.form]),
        form.dataset,
        stacked(words.agency(form.agency)),
        stacked(_STATES[form.state]),
        _due(form) or "—",
    )


def _due(form: FormCase) -> str:
    if form.due_on is None:
        return ""
    return f"{form.due_on}{' 暂定 / provisional' if form.is_provisional else ''}"


def _fields(form: FormCase, words: CatalogueWords, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "事项 / matter": f"{both(profile_words().cases[form.kind])}: {both(FORMS[form.form])}",
        "数据集 / dataset": form.dataset,
        "办理机构 / body that answers": f"{both(words.agency(form.agency))} ({form.agency})",
        "主管部门 / authority": f"{both(words.agency(form.raised_by))} ({form.raised_by})",
        "状态 / state": word(_STATES, form.state),
        "收到 / received at": local(form.opened_at, zone),
        "期限 / due on": f"{_due(form)} {word(_DUE, form.due_basis)}".strip(),
        "依据 / rests on": both(form.due),
        "可选结果 / outcomes": listed([_outcome(form, one) for one in form.outcomes]),
        "答复 / answer": f"{form.answer.zh}\n{form.answer.en}" if form.answer else "",
        "办结 / closed at": local(form.closed_at, zone),
    }


def _written_fields(written: Written | None) -> dict[str, str]:
    if written is None:
        hint = "用 --as 查阅, 会记入台账 / read it with --as, which the ledger notes"
        return {"内容 / text": hint}
    return {"内容 / text": written.text, "联系方式 / contact": written.contact}


def _outcome(form: FormCase, outcome: str) -> str:
    return f"{outcome}: {both(outcome_label(form.kind, outcome))}"


def _event_cells(form: FormCase, event: Happening, words: CatalogueWords, zone: ZoneInfo) -> tuple[Any, ...]:
    return (
        local(event.at, zone),
        stacked(TRANSITIONS[form.kind][event.act].label),
        word(_STATES, event.to_state),
        f"{both(words.agency(event.agency))}/{event.post}",
        event.note,
    )
