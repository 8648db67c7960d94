"""Grants as the command shows them: cells, fields and JSON. Not here: the commands (``grant_commands.py``)."""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from casework.access_transitions import ACCESS_STATES
from casework.consent_needs import CONSENT_KINDS, ROLES
from casework.grants import Consent, GrantCase
from cli.catalogue_words import CatalogueWords
from cli.output import Column, both, listed, local, stacked, word
from resource_catalogue.access_words import BASE_ENTRY, GRANT_MODES
from resource_catalogue.entities import ENTITIES
from resource_catalogue.model import Label

GRANT_STATES = {
    str(state): label
    for state, label in ACCESS_STATES.items()
    if state in ("requested", "in_force", "suspended", "refused", "revoked", "expired")
}

GRANT_COLUMNS = (
    Column("编号 / id", whole=True),
    "接收方 / recipient",
    "条目 / entry",
    Column("方式 / mode", whole=True),
    Column("状态 / state", whole=True),
    Column("期限 / period", whole=True),
    "待同意 / waits for",
)
CONSENT_COLUMNS = (
    "同意 / consent",
    "机构 / agency",
    "依据 / rests on",
    Column("时间 / given at", whole=True),
    "岗位 / by",
    "文件 / document",
)


def owed(case: GrantCase) -> list[str]:
    """Return one line per body that must still consent: to what, and on which articles."""
    lines = []
    for agency in dict.fromkeys(one.agency for one in case.missing):
        own = [one for one in case.missing if one.agency == agency]
        role = both(ROLES[own[0].role])
        kinds = "; ".join(word(CONSENT_KINDS, one.kind) for one in own)
        lines.append(
            f"{agency} ({role}): {kinds}\n    {', '.join(dict.fromkeys(one.citation for one in own))}"
        )
    return lines


def _entry_name(entry: str, words: CatalogueWords) -> Label:
    first, _, name = entry.partition(".")
    if first == BASE_ENTRY and name in ENTITIES:
        return Label(zh=ENTITIES[name].zh, en=name)
    return words.resource(entry)


def _replaced(entry: str, words: CatalogueWords) -> str:
    """Tell a holder of grants that the entry is replaced, on a line of its own (Xinjiang a24)."""
    said = words.replacement(entry)
    return f"\n{both(said)}" if said else ""


def _period(case: GrantCase) -> str:
    return f"{case.grant.valid_from} –\n{case.grant.valid_to or '长期 / open'}"


def grant_cells(case: GrantCase, words: CatalogueWords) -> tuple[Any, ...]:
    """Return the cells of a grant in a list."""
    waiting = case.missing if case.state in ("requested", "suspended") else ()
    return (
        case.grant.id,
        case.grant.recipient_id,
        f"{_entry_name(case.grant.entry, words).zh}\n{case.grant.entry}{_replaced(case.grant.entry, words)}",
        stacked(GRANT_MODES[case.grant.mode]),
        word(GRANT_STATES, case.state).replace(" / ", "\n"),
        _period(case),
        listed(list(dict.fromkeys(consent_.agency for consent_ in waiting))),
    )


def grant_fields(case: GrantCase, words: CatalogueWords, zone: ZoneInfo) -> dict[str, Any]:
    """Return the fields of one grant."""
    grant = case.grant
    return {
        "编号 / id": grant.id,
        "接收方 / recipient": grant.recipient_id,
        "条目 / entry": f"{both(_entry_name(grant.entry, words))} ({grant.entry})"
        f"{_replaced(grant.entry, words)}",
        "提供机构 / providers": listed([f"{both(words.agency(one))} ({one})" for one in case.providers]),
        "信息项 / columns": listed(grant.columns),
        "区划 / divisions": listed(grant.divisions) or "全部 / all",
        "方式 / mode": word(GRANT_MODES, grant.mode),
        "状态 / state": word(GRANT_STATES, case.state),
        "期限 / period": _period(case).replace("\n", " "),
        "使用用途 / purpose": grant.purpose,
        "应用场景 / scenario": grant.scenario,
        "履职依据 / basis": grant.basis,
        "承诺 / commitment": case.commitment,
        "共享表 / shared table": str(grant.table),
        "历史起自版本 / history from version": grant.history_from_version,
        "受理机构 / taken up by": f"{both(words.agency(case.raised_by))} ({case.raised_by})",
        f"受理 {zone.key} / requested at": local(case.requested_at, zone),
        f"决定 {zone.key} / decided at": local(case.decided_at, zone),
        "目录版本 / release": f"{case.release}, {case.profile}",
    }


def consent_cells(consent_: Consent, words: CatalogueWords, zone: ZoneInfo) -> tuple[Any, ...]:
    """Return the cells of a consent in a list."""
    signed = f"{consent_.signed_on}\n{(consent_.document_hash or '')[:16]}…" if consent_.signed_on else ""
    return (
        word(CONSENT_KINDS, consent_.kind).replace(" / ", "\n"),
        f"{words.agency(consent_.agency).zh}\n{consent_.agency}\n{both(ROLES[consent_.role])}",
        consent_.citation,
        local(consent_.given_at, zone) or "待同意 / missing",
        consent_.given_by,
        signed,
    )


def plain_grant(case: GrantCase) -> dict[str, Any]:
    """Return a grant as JSON shows it."""
    grant = {**asdict(case.grant), "share_table": str(case.grant.table)}
    rest = asdict(case)
    rest.pop("grant")
    return {**grant, **rest, "missing": [asdict(one) for one in case.missing]}
