"""Commands about grants of shared data: add, consent, refuse, revoke, list, show."""

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_args

import typer

from casework.access_tables import flush_grants
from casework.actors import Actor
from casework.grant_rules import DECLARED, Application
from casework.grants import GrantCase, add_grant, list_grants, show_grant
from casework.recipients import show_recipient
from casework.state import State
from cli.catalogue_words import CatalogueWords
from cli.grant_tables import (
    CONSENT_COLUMNS,
    GRANT_COLUMNS,
    GRANT_STATES,
    consent_cells,
    grant_cells,
    grant_fields,
    owed,
    plain_grant,
)
from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, chosen, open_deployment, opened_state
from cli.output import print_fields, print_json, print_table, say, word
from lake import Lake
from lake.releases import current_release
from resource_catalogue.access_words import GRANT_MODES, GrantMode
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError, own_place
from resource_catalogue.model import Label, LegalBasis
from resource_catalogue.procedure import Rank
from resource_catalogue.release import Release

app = typer.Typer(
    no_args_is_help=True,
    help="共享授权 / Grants of shared data: what a recipient may see, for what, and who consents.",
)

GrantId = Annotated[str, typer.Argument(help="授权编号 / grant id such as G-2026-0001")]
Note = Annotated[str, typer.Option("--note", help="理由 / why")]
BasisTitle = Annotated[str | None, typer.Option(help="依据的法律法规 / title of the legal basis")]
BasisNumber = Annotated[str | None, typer.Option("--basis-doc-no", help="文号 / its document number")]
BasisArticle = Annotated[str | None, typer.Option(help="条款 / its article")]
BasisRank = Annotated[str | None, typer.Option(help=f"位阶 / its rank: {' | '.join(get_args(Rank))}")]
_BLOCK = 1 << 20


@app.command()
def add(
    recipient: Annotated[str, typer.Argument(help="接收方名称 / the recipient's name")],
    entry: Annotated[
        str, typer.Argument(help="条目 / a resource such as police.residence_permits, or base.person")
    ],
    actor: As,
    column: Annotated[
        list[str], typer.Option("--column", help="信息项, 可多次 / a column; repeat it for more")
    ],
    purpose: Annotated[str, typer.Option(help="使用用途 / what the data are for")] = "",
    scenario: Annotated[str, typer.Option(help="应用场景 / where they are used")] = "",
    basis: Annotated[str, typer.Option(help="履职依据 / text that the consumer's duty rests on")] = "",
    mode: Annotated[str, typer.Option(help=f"方式 / mode: {' | '.join(GRANT_MODES)}")] = "service",
    division: Annotated[
        list[str] | None,
        typer.Option("--division", help="只授权该区划的行, 可多次 / rows of a division only"),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="起始日 / first day; default today")] = None,
    last: Annotated[str | None, typer.Option("--to", help="截止日 / last day; default open")] = None,
    committed: Annotated[
        bool, typer.Option("--committed", help="使用机构已作承诺 / the consumer has committed itself")
    ] = False,
    commitment: Annotated[
        Path | None, typer.Option(help="书面承诺文件, 只取摘要 / the written commitment; its hash is kept")
    ] = None,
    with_history: Annotated[
        bool, typer.Option("--with-history", help="含历史版本与变化 / versions and changes from now on")
    ] = False,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """受理授权 / Take up an application; in force at once, or when all consents are given."""
    deployment = open_deployment(home, as_of)
    zone = deployment.settings.zone()
    application = Application(
        entry=entry,
        columns=tuple(column),
        mode=_mode(mode),
        purpose=purpose,
        valid_from=_day("--from", first) or deployment.as_of.astimezone(zone).date(),
        valid_to=_day("--to", last),
        scenario=scenario,
        basis=basis,
        divisions=tuple(division or ()),
        commitment=file_hash(commitment) if commitment else DECLARED if committed else "",
        with_history=with_history,
    )

    def added(state: State, lake: Lake, release: Release, actor_: Actor) -> GrantCase:
        also = deployment.settings.bases.also
        return add_grant(state, lake, release, recipient, application, actor_, deployment.as_of, also)

    _decide(deployment, actor, added)


@app.command("consent")
def consent(
    grant: GrantId,
    actor: As,
    document: Annotated[
        Path | None, typer.Option(help="盖章确认的文件, 只取摘要 / the confirmed document; its hash is kept")
    ] = None,
    signed_on: Annotated[str | None, typer.Option(help="签署日期 / date of signing; default today")] = None,
    note: Annotated[str, typer.Option(help="说明 / a remark")] = "",
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """同意 / Record the consents that the acting body still owes."""
    from casework.consents import Document, give_consent

    deployment = open_deployment(home, as_of)
    today = deployment.as_of.astimezone(deployment.settings.zone()).date()
    named = Document(file_hash(document), _day("--signed-on", signed_on) or today) if document else None

    def consented(state: State, lake: Lake, release: Release, actor_: Actor) -> GrantCase:
        also = deployment.settings.bases.also
        return give_consent(
            state, lake, release, grant, actor_, deployment.as_of, named, note, also_built=also
        )

    _decide(deployment, actor, consented)


@app.command()
def refuse(
    grant: GrantId,
    actor: As,
    note: Note,
    basis_title: BasisTitle = None,
    basis_doc_no: BasisNumber = None,
    basis_article: BasisArticle = None,
    basis_rank: BasisRank = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """不同意 / Refuse a grant, with the reason and the legal basis that the profile asks for."""
    from casework.consents import refuse_grant

    deployment = open_deployment(home, as_of)
    basis = _basis(basis_title, basis_doc_no, basis_article, basis_rank)

    def refused(state: State, lake: Lake, release: Release, actor_: Actor) -> GrantCase:
        return refuse_grant(state, release, grant, actor_, note, basis, deployment.as_of)

    _decide(deployment, actor, refused)


@app.command()
def revoke(
    grant: GrantId,
    actor: As,
    note: Note,
    basis_title: BasisTitle = None,
    basis_doc_no: BasisNumber = None,
    basis_article: BasisArticle = None,
    basis_rank: BasisRank = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """撤销 / Revoke a grant; the next request is refused."""
    from casework.consents import revoke_grant

    deployment = open_deployment(home, as_of)
    basis = _basis(basis_title, basis_doc_no, basis_article, basis_rank)

    def revoked(state: State, lake: Lake, release: Release, actor_: Actor) -> GrantCase:
        return revoke_grant(state, release, grant, actor_, note, basis, deployment.as_of)

    _decide(deployment, actor, revoked)


@app.command("list")
def list_(
    home: Home = HERE,
    recipient: Annotated[str | None, typer.Option(help="只看某接收方 / of one recipient")] = None,
    state: Annotated[
        str | None, typer.Option(help=f"只看某状态 / in one state: {' | '.join(GRANT_STATES)}")
    ] = None,
    entry: Annotated[str | None, typer.Option(help="只看某条目 / on one entry")] = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the grants."""
    deployment = open_deployment(home)
    wanted = chosen("--state", state, GRANT_STATES)
    with opened_state(deployment) as opened:
        if recipient is not None:
            show_recipient(opened, recipient)
        found = list_grants(opened, recipient, [wanted] if wanted else None, entry)
    if as_json:
        print_json([plain_grant(case) for case in found])
        return
    words = CatalogueWords.of(Lake.of(deployment))
    print_table("共享授权 / grants", GRANT_COLUMNS, (grant_cells(case, words) for case in found))


@app.command()
def show(grant: GrantId, home: Home = HERE, as_json: AsJson = False) -> None:
    """查看 / Show one grant with its consents."""
    deployment = open_deployment(home)
    with opened_state(deployment) as state:
        case = show_grant(state, grant)
    if as_json:
        print_json(plain_grant(case))
        return
    words, zone = CatalogueWords.of(Lake.of(deployment)), deployment.settings.zone()
    print_fields(grant, grant_fields(case, words, zone))
    print_table(
        "同意 / consents", CONSENT_COLUMNS, (consent_cells(one, words, zone) for one in case.consents)
    )


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, which itself is not kept.

    Raises:
        SettingError: It cannot be read.
    """
    digest = hashlib.sha256()
    with own_place(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _mode(text: str) -> GrantMode:
    labels = {str(mode): label for mode, label in GRANT_MODES.items()}
    wanted = chosen("--mode", text, labels)
    return next(mode for mode in GRANT_MODES if mode == wanted)


def _decide(
    deployment: Deployment, actor: str, act: Callable[[State, Lake, Release, Actor], GrantCase]
) -> None:
    """Carry out an act on a grant, tell the lake, and say what came of it."""
    lake = Lake.of(deployment)
    release = current_release(lake)
    with opened_state(deployment) as state:
        case = act(state, lake, release, actor_of(actor))
        flush_grants(state, lake, release, deployment.settings.bases.also)
    say(f"{case.grant.id}: {word(GRANT_STATES, case.state)}")
    for line in owed(case) if case.state in ("requested", "suspended") else ():
        say(f"  待同意 / waits for {line}")


def _day(option: str, text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingError(
            f"选项 / option {option}",
            f"不是日期 / not a day: {text[:20]!r}",
            "YYYY-MM-DD",
            "改正日期 / correct the date",
        ) from None


def _basis(title: str | None, doc_no: str | None, article: str | None, rank: str | None) -> LegalBasis | None:
    """Return the legal basis that the options name, null where they name none."""
    if title is None and doc_no is None and article is None and rank is None:
        return None
    ranks: dict[str, Label] = {one: Label(zh=one) for one in get_args(Rank)}
    wanted = chosen("--basis-rank", rank, ranks)
    if not title or wanted is None:
        raise SettingError(
            "选项 / options --basis-title, --basis-rank",
            "依据不全 / the basis is incomplete",
            f"名称与位阶 / a title, and a rank: {' | '.join(ranks)}",
            "补全依据 / complete it",
        )
    return LegalBasis.model_validate({"title": title, "doc_no": doc_no, "article": article, "rank": wanted})
