"""What exists on paper only, as a table or as JSON.

Here: printing. Not here: what is counted (``reporting/digitisation.py``).
"""

from dataclasses import asdict

from cli.catalogue_words import CatalogueWords
from cli.output import Column, both, print_json, print_table, stacked
from lake import Lake
from lake.releases import current_release
from reporting.digitisation import PaperLine, paper_lines
from resource_catalogue.deployment import Deployment

_COLUMNS = (
    "机构、资源 / agency, resource",
    "数量 / volume",
    "进展 / state",
    "由谁完成 / done by",
    Column("计划完成 / planned for", whole=True),
    "期限 / time",
)
_PROVISIONAL = "暂定 / provisional"


def print_paper_entries(deployment: Deployment, as_json: bool) -> None:
    """Print the entries of the release in force that exist on paper only."""
    lake = Lake.of(deployment)
    day = deployment.as_of.astimezone(deployment.settings.zone()).date()
    lines = paper_lines(current_release(lake), day)
    if as_json:
        print_json([_plain(line) for line in lines])
        return
    words = CatalogueWords.of(lake)
    print_table("待数字化 / to be digitised", _COLUMNS, (_cells(line, words) for line in lines))


def _cells(line: PaperLine, words: CatalogueWords) -> tuple[object, ...]:
    standing = stacked(line.standing)
    return (
        f"{words.agency(line.agency_id).zh}\n{line.name.zh} ({line.resource_id})",
        stacked(line.volume),
        stacked(line.state),
        words.agency(line.by).zh if line.by else "—",
        line.due_on,
        f"{standing}\n{_PROVISIONAL}" if line.is_provisional else standing,
    )


def _plain(line: PaperLine) -> dict[str, object]:
    labels = {name: both(getattr(line, name)) for name in ("name", "state", "volume")}
    return {**asdict(line), **labels, "standing": both(line.standing)}
