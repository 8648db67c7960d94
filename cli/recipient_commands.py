"""Commands about recipients: register, list, show, write a profile, suspend, resume, end, revoke; agencies too."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from casework import recipients
from casework.access_transitions import ACCESS_STATES, AccessState
from casework.consumer_suspension import list_suspensions
from casework.recipient_rows import STATES
from casework.recipients import (
    CredentialInfo,
    Enrolment,
    RecipientDetail,
    Told,
    list_recipients,
    show_recipient,
)
from casework.sharing_profile import SHARING_PATH
from casework.state import State
from cli.acting import acting
from cli.catalogue_words import CatalogueWords
from cli.options import HERE, As, AsJson, AsOf, Home, chosen, open_deployment, opened_state
from cli.output import Column, both, listed, local, print_fields, print_json, print_table, say, stacked, word
from lake import Lake
from opening.portal_catalogue import publish_sanctions
from resource_catalogue.access_words import Recipient
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError
from resource_catalogue.model import Label
from serving.measures import shown_measures

app = typer.Typer(
    no_args_is_help=True,
    help="数据接收方 / Recipients of shared data: register them, give them a profile, suspend them.",
)

Name = Annotated[str, typer.Argument(help="接收方名称 / the recipient's name such as demo_tax")]
AgencyId = Annotated[str, typer.Argument(help="机构标识 / id of an agency")]
Note = Annotated[str, typer.Option("--note", help="理由 / why")]
NoteEn = Annotated[
    str, typer.Option("--note-en", help="英文理由, 公示时用 / the same in English, for what is made public")
]
Precaution = Annotated[
    bool,
    typer.Option(
        "--precaution",
        help="并非因违规 (如密码被盗), 不公示 / answers no breach (a stolen password, say): not made public",
    ),
]
KINDS = {
    "system": Label(zh="机构系统", en="system of an agency"),
    "user": Label(zh="开放网站用户", en="user of the portal"),
}
CREDENTIALS = {
    "bearer": Label(zh="令牌", en="bearer token"),
    "client": Label(zh="客户端凭据", en="OAuth client"),
}
_STATES = {str(state): label for state, label in ACCESS_STATES.items() if state in STATES}
_COLUMNS = (
    Column("名称 / name", whole=True),
    "机构或账号 / agency or account",
    Column("类别 / kind", whole=True),
    Column("状态 / state", whole=True),
    "网段 / networks",
)
_CREDENTIAL_COLUMNS = (
    Column("凭据 / credential", whole=True),
    Column("类别 / kind", whole=True),
    Column("签发 / issued at", whole=True),
    Column("失效 / expires at", whole=True),
    Column("吊销 / revoked at", whole=True),
)


@app.command()
def add(
    name: Name,
    actor: As,
    agency: Annotated[str | None, typer.Option(help="由哪个机构负责 / agency that answers for it")] = None,
    user: Annotated[
        bool, typer.Option("--user", help="开放网站注册用户 / a registered user of the portal")
    ] = False,
    label: Annotated[str | None, typer.Option(help="中文名称 / Chinese name; default NAME")] = None,
    label_en: Annotated[str, typer.Option(help="英文名称 / English name")] = "",
    network: Annotated[
        list[str] | None, typer.Option(help="可访问的网段, 可多次 / CIDR it may call from; default any")
    ] = None,
    requests_per_minute: Annotated[int | None, typer.Option(help="每分钟请求数 / quota of requests")] = None,
    bytes_per_day: Annotated[int | None, typer.Option(help="每日字节数 / quota of bytes")] = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """登记 / Register a recipient."""
    enrolment = Enrolment(
        name,
        Label(zh=label or name, en=label_en),
        agency,
        "user" if user else "system",
        tuple(network or ()),
        requests_per_minute,
        bytes_per_day,
    )
    with acting(actor, home, as_of) as by:
        _said(recipients.register(by.state, by.release, enrolment, by.actor, by.at))


@app.command("list")
def list_(
    home: Home = HERE,
    agency: Annotated[str | None, typer.Option(help="只看某机构 / of one agency, by id or name")] = None,
    state: Annotated[
        str | None, typer.Option(help=f"只看某状态 / in one state: {' | '.join(_STATES)}")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the recipients."""
    deployment = open_deployment(home)
    words = CatalogueWords.of(Lake.of(deployment))
    wanted = chosen("--agency", words.agency_named(agency) if agency else None, words.agencies())
    in_state = chosen("--state", state, _STATES)
    with opened_state(deployment) as opened:
        shut = _shut_off(opened)
        found = [
            one
            for one in list_recipients(opened)
            if wanted in (None, one.agency_id) and in_state in (None, one.state)
        ]
    if as_json:
        print_json([_plain(one, shut) for one in found])
    else:
        print_table("数据接收方 / recipients", _COLUMNS, (_cells(one, words, shut) for one in found))


@app.command()
def show(name: Name, home: Home = HERE, as_json: AsJson = False) -> None:
    """查看 / Show one recipient with its credentials (never their secrets) and grants."""
    deployment = open_deployment(home)
    with opened_state(deployment) as state:
        detail, shut = show_recipient(state, name), _shut_off(state)
    if as_json:
        print_json({**_plain(detail.recipient, shut), **_plain_rest(detail)})
        return
    words, zone = CatalogueWords.of(Lake.of(deployment)), deployment.settings.zone()
    print_fields(name, _fields(detail, words, zone, shut))
    print_table(
        "凭据 / credentials",
        _CREDENTIAL_COLUMNS,
        (_credential_cells(one, zone) for one in detail.credentials),
    )


@app.command()
def profile(
    name: Name,
    actor: As,
    out: Annotated[Path, typer.Option(help="新文件 / a new file; it holds a secret, mode 0600")],
    endpoint: Annotated[
        str | None, typer.Option(help="服务地址 / address of the service; default from serving.base_url")
    ] = None,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="OAuth 客户端凭据 / OAuth client credentials, not a token")
    ] = False,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """写出接入文件 / Write a fresh profile file once; former ones run out within the overlap."""
    from casework.sharing_profile import write_profile

    with acting(actor, home, as_of) as by:
        settings = by.deployment.settings
        service = endpoint or _own_endpoint(by.deployment)
        issued = write_profile(
            by.state, by.release, name, out, service, by.actor, by.at, settings.serving, oauth
        )
    until = local(issued.expires_at, settings.zone())
    say(f"{out}: {issued.id}; 有效至 / good until {until}")
    say("文件含密钥, 只写这一次 / the file holds a secret and is written this once")


@app.command()
def suspend(
    name: Name,
    actor: As,
    note: Note,
    note_en: NoteEn = "",
    precaution: Precaution = False,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """暂停 / Suspend a recipient; its next request is refused."""
    act = partial(recipients.suspend, told=Told(note_en, precaution))
    _decide(act, name, actor, note, home, as_of)


@app.command()
def resume(name: Name, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """恢复 / Let a suspended recipient in again."""
    _decide(recipients.resume, name, actor, note, home, as_of)


@app.command()
def end(
    name: Name,
    actor: As,
    note: Note,
    note_en: NoteEn = "",
    precaution: Precaution = False,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """终止 / End a recipient for good, with its credentials and grants."""
    _decide(partial(recipients.end, told=Told(note_en, precaution)), name, actor, note, home, as_of)


@app.command("revoke-tokens")
def revoke_tokens(name: Name, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """吊销凭据 / Revoke all credentials of a recipient at once."""
    from casework import credentials

    with acting(actor, home, as_of) as by:
        revoked = credentials.revoke_tokens(by.state, by.release, name, by.actor, note, by.at)
    say(f"{name}: 已吊销 / revoked {len(revoked)}")


@app.command("suspend-agency")
def suspend_agency(agency: AgencyId, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """暂停机构 / Suspend an agency as consumer; every request of its recipients is refused."""
    from casework import consumer_suspension

    with acting(actor, home, as_of) as by:
        made = consumer_suspension.suspend_agency(by.state, by.release, agency, by.actor, note, by.at)
    scope = "全部 / everything" if made.is_whole else f"{made.by} 提供的数据 / what {made.by} provides"
    say(f"{made.id}: {agency} 已暂停 / suspended: {scope}")


@app.command("resume-agency")
def resume_agency(agency: AgencyId, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """恢复机构 / Lift the suspension that the acting body ordered."""
    from casework import consumer_suspension

    with acting(actor, home, as_of) as by:
        for lifted in consumer_suspension.resume_agency(by.state, by.release, agency, by.actor, note, by.at):
            say(f"{lifted.id}: {agency} 已恢复 / lifted")


def _decide(
    act: Callable[..., Recipient], name: str, actor: str, note: str, home: Path, as_of: str | None
) -> None:
    """Carry out an act on a recipient, and tell the lake what became of its grants."""
    with acting(actor, home, as_of) as by:
        recipient = act(by.state, by.release, name, by.actor, note, by.at)
        _said(recipient)
        by.tell_lake()
        if recipient.kind == "user":
            publish_sanctions(by.deployment, shown_measures(by.state, by.release.profile))


def _own_endpoint(deployment: Deployment) -> str:
    base = deployment.settings.serving.base_url
    if base is None:
        raise SettingError(
            "选项 / option --endpoint",
            "没有服务地址 / no address of the service",
            "https://data.example.gov.cn/delta-sharing",
            "指定 --endpoint, 或设置 serving.base_url / give it, or set serving.base_url",
        )
    return base.rstrip("/") + SHARING_PATH


def _said(recipient: Recipient) -> None:
    say(f"{recipient.id}: {word(_STATES, recipient.state)}")


def _shut_off(state: State) -> frozenset[str]:
    """Return the agencies whose recipients get nothing, whatever their own state."""
    return frozenset(
        one.agency for one in list_suspensions(state) if one.is_whole and one.state == AccessState.IN_FORCE
    )


def _standing(recipient: Recipient, shut: frozenset[str]) -> str:
    if recipient.agency_id in shut:
        return "机构已暂停 / agency suspended"
    return word(_STATES, recipient.state)


def _plain(recipient: Recipient, shut: frozenset[str]) -> dict[str, Any]:
    return {
        **asdict(recipient),
        "name": recipient.name.model_dump(),
        "agency_suspended": recipient.agency_id in shut,
    }


def _plain_rest(detail: RecipientDetail) -> dict[str, Any]:
    return {
        "case_id": detail.case_id,
        "registered_at": detail.registered_at,
        "credentials": [asdict(one) for one in detail.credentials],
        "grants": detail.grants,
    }


def _cells(recipient: Recipient, words: CatalogueWords, shut: frozenset[str]) -> tuple[Any, ...]:
    return (
        recipient.id,
        stacked(words.agency(recipient.agency_id)) if recipient.agency_id else recipient.name.zh,
        word(KINDS, recipient.kind),
        _standing(recipient, shut),
        listed(recipient.networks),
    )


def _fields(
    detail: RecipientDetail, words: CatalogueWords, zone: ZoneInfo, shut: frozenset[str]
) -> dict[str, Any]:
    recipient = detail.recipient
    agency = recipient.agency_id
    return {
        "名称 / name": f"{both(recipient.name)} ({recipient.id})",
        "机构 / agency": f"{both(words.agency(agency))} ({agency})" if agency else "",
        "类别 / kind": word(KINDS, recipient.kind),
        "状态 / state": _standing(recipient, shut),
        "编号 / case": detail.case_id,
        "登记 / registered at": local(detail.registered_at, zone),
        "网段 / networks": listed(recipient.networks) or "不限 / any",
        "每分钟请求 / requests per minute": recipient.requests_per_minute or "平台默认 / the platform's",
        "每日字节 / bytes per day": recipient.bytes_per_day or "不限 / no limit",
        "授权 / grants": listed(detail.grants),
    }


def _credential_cells(credential: CredentialInfo, zone: ZoneInfo) -> tuple[Any, ...]:
    return (
        credential.id,
        word(CREDENTIALS, credential.kind),
        local(credential.issued_at, zone),
        local(credential.expires_at, zone),
        local(credential.revoked_at, zone),
    )
