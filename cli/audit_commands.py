"""Commands about the record of access: seal, verify, search, who read a subject, export, prune."""

import datetime as dt
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from audit.exporting import export as export_record
from audit.record import AccessRecord
from audit.sealing import DISK_ALARM
from audit.search import search as search_record
from audit.selection import Selection
from audit.verifier import Document, Fault, check_export, opened
from casework.actors import Actor
from cli.audit_subject import Question, who_read
from cli.catalogue_words import CatalogueWords
from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, chosen, open_deployment
from cli.output import Column, both, local, print_fields, print_json, print_table, say, word
from cli.recording import known_actor
from lake import Lake
from lake.releases import current_release
from resource_catalogue.access_words import ACCESS_ACTIONS
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError, SettingError, own_place
from resource_catalogue.model import Label

app = typer.Typer(
    no_args_is_help=True,
    help="存取记录 / The record of access: what left the platform, to whom, proved by signed days.",
)

From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="自何日起 / first day")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="至何日止, 含当日 / last day")]
Recipient = Annotated[str | None, typer.Option(help="接收方 / recipient")]
Agency = Annotated[str | None, typer.Option(help="机构, 标识或名称 / agency, by id or name")]
Entry = Annotated[str | None, typer.Option(help="资源、基础库或数据集 / resource, base table or dataset")]
Action = Annotated[str | None, typer.Option(help=f"动作 / action: {' | '.join(ACCESS_ACTIONS)}")]
Grant = Annotated[str | None, typer.Option(help="授权编号 / grant such as G-2026-0001")]
Result = Annotated[str | None, typer.Option(help="结果 / result: answered, or the code of a refusal")]
SubjectKey = Annotated[str | None, typer.Option(help="主体键 / keyed hash of one subject")]
Limit = Annotated[int, typer.Option(min=1, help="最多条数 / at most so many")]
_ANSWERED = Label(zh="已答复", en="answered")
_RESULTS = {"answered": _ANSWERED, "not_permitted": Label(zh="无权，已拒绝", en="not permitted, refused")}
_FAULT_COLUMNS = (Column("位置 / where", whole=True), "发现 / found")


@app.command()
def seal(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """封存 / Copy new records into audit.access and sign the finished days."""
    deployment = open_deployment(home, as_of)
    done = AccessRecord.open(deployment).seal(Lake.of(deployment), deployment.as_of)
    if as_json:
        print_json(asdict(done))
        return
    say(
        f"已封存 / sealed: {done.copied} 条 / records, 签名 / signed: {', '.join(map(str, done.days)) or '—'}"
    )
    say(f"最后一条的散列，可另行记下备查 / hash of the last record, to be noted elsewhere: {done.head}")
    if done.disk_used > DISK_ALARM:
        say(f"注意：磁盘已用 {done.disk_used:.0%} / mind: {done.disk_used:.0%} of the disk is used")


@app.command()
def verify(
    export: Annotated[
        Path | None,
        typer.Argument(help="导出件, 不给则校验本部署 / an export; default the deployment itself"),
    ] = None,
    home: Home = HERE,
    anchor: Annotated[
        str | None, typer.Option(help="以前记下的散列 / a hash noted at an earlier check")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="公钥指纹, 由其他途径取得 / fingerprint of the key, got by another way")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """校验 / Check chain, hashes, day roots and signatures, of the deployment or of an export."""
    if export is not None:
        _verify_export(export, key, as_json)
        return
    deployment = open_deployment(home)
    check = AccessRecord.open(deployment).verify(Lake.of(deployment), anchor)
    if key and key != check.key:
        check.fault("key", "another key than the one that was named")
    if as_json:
        print_json(asdict(check))
    else:
        print_fields(
            "存取记录 / record of access",
            {
                "记录 / records": check.records,
                "已封存 / sealed in audit.access": check.rows,
                "已签名的日 / signed days": check.days,
                "未签名的日 / days not signed yet": ", ".join(check.unsigned),
                "中断时未写完、未答复的行 / half-written lines, never answered": ", ".join(check.torn),
                "最后散列 / last hash": check.head,
                "公钥指纹 / key": check.key,
            },
        )
    _told(check.faults, as_json)


@app.command()
def search(
    home: Home = HERE,
    recipient: Recipient = None,
    agency: Agency = None,
    entry: Entry = None,
    action: Action = None,
    grant: Grant = None,
    result: Result = None,
    subject_key: SubjectKey = None,
    first: From = None,
    last: To = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """查询 / Search the record, the newest first."""
    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    words = CatalogueWords.of(lake)
    selection = _selection(
        deployment, words, recipient, agency, entry, action, grant, result, subject_key, first, last
    )
    found = search_record(AccessRecord.open(deployment), lake, selection, limit)
    if as_json:
        print_json(found)
        return
    zone = deployment.settings.zone()
    print_table("存取记录 / record of access", _columns(zone), (_cells(one, words, zone) for one in found))


@app.command()
def subject(
    entry: Annotated[
        str, typer.Argument(help="资源或基础库 / such as police.household_registration or base.person")
    ],
    key: Annotated[
        str,
        typer.Argument(
            help="身份号码、信用代码等 / identifier; several parts joined by |", metavar="IDENTIFIER"
        ),
    ],
    actor: As,
    home: Home = HERE,
    first: From = None,
    last: To = None,
    limit: Limit = 1000,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """谁查过 / Say who read one subject's record; asked by the body that answers for it, and recorded."""
    deployment = open_deployment(home, as_of)
    lake, zone = Lake.of(deployment), deployment.settings.zone()
    question = Question(entry, key, actor_of(actor), _period(first, last, zone), limit)
    found = who_read(deployment, lake, current_release(lake), question)
    if as_json:
        print_json([{"bulk": one.is_bulk, **one.record} for one in found])
        return
    words = CatalogueWords.of(lake)
    columns = (*_columns(zone), Column("方式 / kind", whole=True))
    lines = (
        (
            *_cells(one.record, words, zone),
            "批量，可能包含\nbulk, may hold it" if one.is_bulk else "按键\nby its key",
        )
        for one in found
    )
    print_table(f"谁查过 / who read it: {entry}", columns, lines)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="新目录或 .zip / a new folder, or a file ending in .zip")],
    home: Home = HERE,
    recipient: Recipient = None,
    agency: Agency = None,
    entry: Entry = None,
    action: Action = None,
    grant: Grant = None,
    result: Result = None,
    subject_key: SubjectKey = None,
    first: From = None,
    last: To = None,
    actor: As = "",
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """导出 / Write the record, or a selection with proofs, for an auditor who has nothing else."""
    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    who = (known_actor(current_release(lake), actor) if actor else None) or Actor("", "")
    words = CatalogueWords.of(lake)
    selection = _selection(
        deployment, words, recipient, agency, entry, action, grant, result, subject_key, first, last
    )
    record = AccessRecord.open(deployment)
    done = export_record(record, out, deployment.as_of, selection, who.agency, who.post)
    if as_json:
        print_json(asdict(done))
        return
    say(f"{done.path}: {done.records} 条 / records")
    say(f"公钥指纹，请另行告知审计方 / fingerprint of the key, to be told by another way: {done.key}")


@app.command()
def prune(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """清理 / Remove whole days older than audit.retention_years; a signed word on them stays."""
    deployment = open_deployment(home, as_of)
    done = AccessRecord.open(deployment).prune(Lake.of(deployment), deployment.as_of)
    if as_json:
        print_json(asdict(done))
    else:
        say(f"已清理 / removed: {done.records} 条 / records, {len(done.days)} 日 / days")
        say(f"保留自 / kept from: {done.kept_from}")


def _verify_export(export: Path, key: str | None, as_json: bool) -> None:
    try:
        with own_place(export), opened(export) as root:
            check = check_export(root, key)
    except zipfile.BadZipFile:
        raise SettingError(
            str(export),
            "不是导出件 / not an export",
            "目录或 .zip / a folder or .zip",
            "核对路径 / check the path",
        ) from None
    if as_json:
        print_json(asdict(check))
    else:
        say(
            f"{export}: {check.records} 条 / records, {check.days} 日 / days, 公钥指纹 / key {check.key}"
            + ("" if key else "（未核对指纹 / not compared with a known one）")
        )
    _told(check.faults, as_json)


def _told(faults: Iterable[Fault], as_json: bool) -> None:
    """Show the faults and end with an error if there are any."""
    listed = list(faults)
    if not listed:
        if not as_json:
            say("完整，未被改动 / whole and unchanged")
        return
    if not as_json:
        print_table("问题 / faults", _FAULT_COLUMNS, listed)
    raise LakeError(
        "存取记录 / record of access",
        f"{len(listed)} 处问题 / faults",
        "完整且未被改动的记录 / a record that is whole and unchanged",
        "保留现场，报告安全负责人 / keep the files as evidence, tell whoever answers for security",
    )


def _selection(
    deployment: Deployment,
    words: CatalogueWords,
    recipient: str | None,
    agency: str | None,
    entry: str | None,
    action: str | None,
    grant: str | None,
    result: str | None,
    subject_key: str | None,
    first: str | None,
    last: str | None,
) -> Selection:
    period = _period(first, last, deployment.settings.zone())
    return Selection(
        recipient=recipient,
        agency=words.agency_named(agency) if agency else None,
        entry=entry,
        action=chosen("--action", action, {str(name): label for name, label in ACCESS_ACTIONS.items()}),
        grant=grant,
        result=result,
        subject_keys=(subject_key,) if subject_key else (),
        since=period.since,
        until=period.until,
    )


def _period(first: str | None, last: str | None, zone: ZoneInfo) -> Selection:
    """Return whole days of the deployment as instants."""
    since, until = _midnight("--from", first, zone), _midnight("--to", last, zone)
    return Selection(since=since, until=until + dt.timedelta(days=1) if until else None)


def _midnight(option: str, text: str | None, zone: ZoneInfo) -> dt.datetime | None:
    if text is None:
        return None
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), zone)
    except ValueError:
        raise SettingError(
            f"选项 / option {option}",
            f"不是日期 / not a day: {text[:20]!r}",
            "日期 / a day such as 2026-03-16",
            "更正 / correct it",
        ) from None


def _columns(zone: ZoneInfo) -> tuple[str | Column, ...]:
    return (
        Column("序号 / no.", whole=True, align="right"),
        Column(f"时间 {zone.key} / at", whole=True),
        "接收方、机构/岗位 / recipient, agency, post",
        "动作 / action",
        "对象、字段 / entry, columns",
        "授权、用途 / grant, purpose",
        Column("行 / rows", whole=True, align="right"),
        "结果 / result",
    )


def _cells(record: Document, words: CatalogueWords, zone: ZoneInfo) -> tuple[Any, ...]:
    body = both(words.agency(record["agency_id"])) if record["agency_id"] else ""
    post = f"{record['agency_id']}/{record['post']}" if record["post"] else ""
    return (
        record["sequence"],
        local(dt.datetime.fromisoformat(record["at"]), zone),
        _lines(record["recipient_id"], body, post),
        word(ACCESS_ACTIONS, record["action"]),
        _lines(record["entry"], ", ".join(record["columns"])),
        _lines(record["grant_id"], record["purpose"], _detail(record)),
        record["rows"],
        word(_RESULTS, record["result"]),
    )


def _detail(record: Document) -> str:
    return json.dumps(record["detail"], ensure_ascii=False) if record["detail"] else ""


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))
