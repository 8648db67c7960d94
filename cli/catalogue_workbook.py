"""What ``catalogue export``, ``import`` and ``coverage`` do and print; the commands are in ``catalogue_commands``.

Here: opening what they need and saying what came of it. Not here: the workbook (``resource_catalogue/guide_workbook``)
or the figures (``reporting/catalogue_coverage.py``).
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output import Column, both, print_json, print_table, say, stacked
from resource_catalogue.errors import NotFoundError
from resource_catalogue.model import Label

if TYPE_CHECKING:
    from reporting.catalogue_coverage import AgencyCoverage, CatalogueCoverage
    from resource_catalogue.deployment import Deployment
    from resource_catalogue.guide_workbook.drafts import ImportPlan
    from resource_catalogue.guide_workbook.kinds import Words
    from resource_catalogue.inspection import CheckedFault
    from resource_catalogue.release import Release

_COVERAGE_COLUMNS = (
    "机构 / agency",
    Column("条目 / entries", align="right"),
    Column("已发布 / listed", align="right"),
    Column("有数据 / with data", align="right"),
    Column("挂接率 / attachment", align="right", whole=True),
    Column("共享 无条件·有条件·不予 / shared to all·conditional·not", whole=True),
    Column("开放 无条件·有条件·不予 / open to all·conditional·not", whole=True),
)
_TOTAL = Label(zh="合计", en="total")


def export_entries(deployment: "Deployment", path: Path, agency: str | None) -> int:
    """Write the draft's entries, or one agency's, as a workbook and return their number.

    Raises:
        FaultyCatalogue: A file of the catalogue cannot be read.
        NotFoundError: There is no such agency.
    """
    from resource_catalogue.catalogue import load_draft
    from resource_catalogue.faults import FaultyCatalogue
    from resource_catalogue.guide_workbook.export import Guide

    draft = load_draft(deployment.catalogue)
    if draft.faults:
        raise FaultyCatalogue(draft.faults)
    _check_agency(agency, draft.catalogue.agencies)
    resources = [one for one in draft.catalogue.resources.values() if agency in (None, one.id.split(".")[0])]
    Guide(_words(deployment, draft.catalogue.agencies), _listed_on(deployment)).save(resources, path)
    return len(resources)


def plan_entries(deployment: "Deployment", path: Path, agency: str) -> "tuple[ImportPlan, tuple[str, ...]]":
    """Read a workbook and say what its import does; the second part is what was passed over in it."""
    from resource_catalogue.catalogue import load_draft
    from resource_catalogue.guide_workbook.drafts import plan_import
    from resource_catalogue.guide_workbook.reading import read_workbook

    draft = load_draft(deployment.catalogue)
    _check_agency(agency, draft.catalogue.agencies)
    reading = read_workbook(path, draft.catalogue, _words(deployment, draft.catalogue.agencies))
    return plan_import(draft, deployment.catalogue, agency, reading.resources), reading.notes


def check_plan_files(deployment: "Deployment", plan: "ImportPlan") -> "list[CheckedFault]":
    """Run the catalogue check on the files as they would be."""
    from expectations.checks import declarable_checks
    from resource_catalogue.guide_workbook.drafts import check_plan
    from resource_catalogue.profile import load_profile

    profile = load_profile(deployment.settings.profile)
    return check_plan(plan, profile, deployment.as_of.date(), frozenset(declarable_checks()))


def tell_plan(plan: "ImportPlan", *, is_written: bool) -> None:
    """Say which files are new, changed, left, and which entries stand on one side only."""
    written = (
        ("新建 / new", "修改 / changed") if is_written else ("将新建 / would be new", "将修改 / would change")
    )
    for what, paths in zip(
        (*written, "未变 / unchanged"), (plan.added, plan.changed, plan.unchanged), strict=True
    ):
        for path in sorted(paths):
            say(f"{what}: {path.relative_to(plan.folder.parent)}")
    for entry in plan.only_in_catalogue:
        say(f"仅在目录中，保留 / only in the catalogue, kept: {entry}")
    for entry in plan.of_others:
        say(f"其他机构的条目，未读取 / of another agency, passed over: {entry}")
    if is_written and plan.texts:
        say("下一步 / next: civiclake catalogue check, civiclake catalogue publish")


def print_coverage(deployment: "Deployment", as_json: bool) -> None:
    """Print the coverage of the release in force."""
    from lake import Lake
    from lake.releases import current_release
    from reporting.catalogue_coverage import catalogue_coverage

    lake = Lake.of(deployment)
    release = current_release(lake)
    found = catalogue_coverage(release, lake)
    if as_json:
        print_json(_coverage_json(found))
    else:
        _print_coverage(found, release)


def _print_coverage(found: "CatalogueCoverage", release: "Release") -> None:
    from reporting.catalogue_coverage import ABSENT
    from resource_catalogue.release import ENTRY_STATES

    known = release.catalogue
    rows = [(*_cells(one, _agency_name(one.agency_id, release)),) for one in found.agencies]
    title = f"目录挂接 / coverage of release {found.release}"
    print_table(title, _COVERAGE_COLUMNS, [*rows, _cells(found.total, stacked(_TOTAL))] if rows else rows)
    names = {entry: both(one.name) for entry, one in known.resources.items()}
    for entry in found.total.without_data:
        say(f"已发布而无数据 / listed without data: {entry} {names[entry]}")
    for one in found.total.unlisted:
        state = both(ENTRY_STATES[one.state] if one.state else ABSENT)
        say(f"有数据而无已发布条目 / data without a listed entry: {one.resource_id} ({state})")


def _cells(one: "AgencyCoverage", name: str) -> tuple[Any, ...]:
    rate = one.attachment_rate
    return (
        name, one.entries, one.listed, one.with_data, "—" if rate is None else f"{rate:.1%}",
        _counts(one.by_share), _counts(one.by_open),
    )  # fmt: skip


def _counts(counts: Mapping[Any, int]) -> str:
    return " · ".join(map(str, counts.values()))


def _agency_name(agency: str, release: "Release") -> str:
    known = release.catalogue.agencies.get(agency)
    return stacked(known.short_name) if known else agency


def _coverage_json(found: "CatalogueCoverage") -> dict[str, Any]:
    def plain(one: "AgencyCoverage") -> dict[str, Any]:
        return {**asdict(one), "attachment_rate": one.attachment_rate}

    total = plain(found.total)
    del total["agency_id"]
    return {"release": found.release, "agencies": [plain(one) for one in found.agencies], "total": total}


def _check_agency(agency: str | None, known: Mapping[str, Any]) -> None:
    if agency is not None and agency not in known:
        raise NotFoundError(
            f"--agency {agency}",
            "没有此机构 / no such agency",
            ", ".join(sorted(known)),
            "选用其一 / choose one",
        )


def _words(deployment: "Deployment", agencies: Mapping[str, Any]) -> "Words":
    from resource_catalogue.guide_workbook.kinds import Words
    from resource_catalogue.profile import load_profile

    return Words.of(agencies, load_profile(deployment.settings.profile))


def _listed_on(deployment: "Deployment") -> dict[str, str]:
    """Return the day on which each entry was first listed, out of all releases."""
    from lake import Lake
    from lake.release_rows import ENTRIES, RELEASES

    lake = Lake.of(deployment)
    if not (lake.exists(ENTRIES) and lake.exists(RELEASES)):
        return {}
    sql = f"""
        select e.id, min(r.published_at) as listed_at from {ENTRIES} e join {RELEASES} r on r.number = e.release
        where e.kind = 'resource' and e.state = 'listed' group by e.id
    """
    zone = deployment.settings.zone()
    rows = lake.query(sql, ENTRIES, RELEASES).to_dicts()
    return {row["id"]: row["listed_at"].astimezone(zone).date().isoformat() for row in rows}
