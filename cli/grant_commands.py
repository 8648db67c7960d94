"""Commands about grants of shared data: add, consent, refuse, revoke, list, show."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Annotated, get_args

import typer

from casework.grant_rules import DECLARED, Application
from casework.grants import GrantCase, add_grant, list_grants, show_grant
from casework.recipients import show_recipient
from cli.acting import Acting, acting
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
from cli.options import HERE, As, AsJson, AsOf, Home, chosen, open_deployment, opened_state
from cli.output import print_fields, print_json, print_table, say, word
from lake import Lake
from resource_catalogue.access_words import GRANT_MODES, GrantMode
from resource_catalogue.errors import SettingError, own_place
from resource_catalogue.model import Label, LegalBasis
from resource_catalogue.procedure import Rank

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
Entry = Annotated[
    str, typer.Argument(help="条目 / a resource such as police.residence_permits, or base.person")
]
Columns = Annotated[list[str], typer.Option("--column", help="信息项, 可多次 / a column; repeat it for more")]
Purpose = Annotated[str, typer.Option(help="使用用途 / what the data are for")]
Scenario = Annotated[str, typer.Option(help="应用场景 / where they are used")]
DutyBasis = Annotated[str, typer.Option("--basis", help="履职依据 / text that the consumer's duty rests on")]
Mode = Annotated[str, typer.Option(help=f"方式 / mode: {' | '.join(GRANT_MODES)}")]
Divisions = Annotated[
    list[str] | None, typer.Option("--division", help="只授权该区划的行, 可多次 / rows of a division only")
]
FirstDay = Annotated[str | None, typer.Option("--from", help="起始日 / first day; default today")]
LastDay = Annotated[str | None, typer.Option("--to", help="截止日 / last day; default open")]
IsCommitted = Annotated[
    bool, typer.Option("--committed", help="使用机构已作承诺 / the consumer has committed itself")
]
Commitment = Annotated[
    Path | None, typer.Option(help="书面承诺文件, 只取摘要 / the written commitment; its hash is kept")
]
WithHistory = Annotated[
    bool, typer.Option("--with-history", help="含历史版本与变化 / versions and changes from now on")
]
_BLOCK = 1 << 20


@app.command()
def add(
    recipient: Annotated[str, typer.Argument(help="接收方名称 / the recipient's name")],
    entry: Entry,
    actor: As,
    column: Columns,
    purpose: Purpose = "",
    scenario: Scenario = "",
    basis: DutyBasis = "",
    mode: Mode = "service",
    division: Divisions = None,
    first: FirstDay = None,
    last: LastDay = None,
    committed: IsCommitted = False,
    commitment: Commitment = None,
    with_history: WithHistory = False,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """受理授权 / Take up an application; in force at once, or when all consents are given."""
    with acting(actor, home, as_of) as by:
        application = Application(
            entry=entry,
            columns=tuple(column),
            mode=_mode(mode),
            purpose=purpose,
            valid_from=_day("--from", first) or by.state.day(by.at),
            valid_to=_day("--to", last),
            scenario=scenario,
            basis=basis,
            divisions=tuple(division or ()),
            commitment=file_hash(commitment) if commitment else DECLARED if committed else "",
            with_history=with_history,
        )
        case = add_grant(
            by.state, by.lake, by.release, recipient, application, by.actor, by.at, by.also_built
        )
        _decided(by, case)


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

    with acting(actor, home, as_of) as by:
        signed = _day("--signed-on", signed_on) or by.state.day(by.at)
        named = Document(file_hash(document), signed) if document else None
        case = give_consent(by.state, by.lake, by.release, grant, by.actor, by.at, named, note, by.also_built)
        _decided(by, case)


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

    basis = _basis(basis_title, basis_doc_no, basis_article, basis_rank)
    with acting(actor, home, as_of) as by:
        _decided(by, refuse_grant(by.state, by.release, grant, by.actor, note, basis, by.at))


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

    basis = _basis(basis_title, basis_doc_no, basis_article, basis_rank)
    with acting(actor, home, as_of) as by:
        _decided(by, revoke_grant(by.state, by.release, grant, by.actor, note, basis, by.at))


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


def _decided(by: Acting, case: GrantCase) -> None:
    """Tell the lake of an act on a grant, and say what came of it."""
    by.tell_lake()
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
