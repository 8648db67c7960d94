"""Findings counted for a reader: by the profile's quality words, by agency, by rule.

Here: figures out of ``quality.results`` and ``quality.findings``. A word without a rule that ran is not
assessed, never full marks. Not here: scores (``expectations/scores.py``) nor the rows behind the figures.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from expectations.explain import explain
from lake import Lake
from lake.tables import FINDINGS, RESULTS
from reporting.queries import Row, rows
from reporting.rule_texts import rule_texts
from reporting.words import indicator_label
from resource_catalogue.model import Label
from resource_catalogue.release import Release

_RESULTS_SQL = f"""
select rule_id, indicator, severity, agency_id, resource_id, evaluated, unexpected, state from {RESULTS}
"""
_FINDINGS_SQL = f"""
select rule_id, indicator, severity, agency_id, resource_id, reason, count(*) as found
from {FINDINGS} group by all order by agency_id, resource_id, rule_id, reason
"""
_RAN = ("passed", "failed")


@dataclass(frozen=True, slots=True)
class DimensionFigures:
    """Count one quality word of the profile.

    Attributes:
        word: The text's own word; ``articles`` where it stands. Without article: what no word covers.
        rules: Rules on its indicators; ``ran`` those that assessed something.
        evaluated: Elements looked at (B); ``unexpected`` those that failed.
        found: Findings by severity.
        by_agency: Findings by agency; null where no rule of the word ran on the agency's data.
    """

    word: Label
    articles: tuple[str, ...]
    indicators: tuple[Label, ...]
    rules: int
    ran: int
    evaluated: int
    unexpected: int
    found: dict[str, int]
    by_agency: dict[str, int | None]

    @property
    def is_assessed(self) -> bool:
        """Tell whether anything can be said of the word."""
        return self.evaluated > 0


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """Count one rule that found something, or say why it says nothing.

    Attributes:
        reasons: What was found, in words, with the number of rows.
    """

    rule: str
    agency: str
    resource: str
    text: Label
    indicator: Label
    severity: str
    state: str
    evaluated: int
    found: int
    reasons: tuple[tuple[Label, int], ...]


@dataclass(frozen=True, slots=True)
class FindingsFigures:
    """Hold all figures on findings."""

    agencies: tuple[str, ...]
    dimensions: tuple[DimensionFigures, ...]
    failed: tuple[RuleFigures, ...]
    crashed: tuple[RuleFigures, ...]
    by_severity: dict[str, int]


def findings_figures(lake: Lake, release: Release) -> FindingsFigures:
    """Count the findings of the current data."""
    results, found = rows(lake, _RESULTS_SQL, RESULTS), rows(lake, _FINDINGS_SQL, FINDINGS)
    agencies = tuple(sorted({row["agency_id"] for row in (*results, *found)}))
    return FindingsFigures(
        agencies=agencies,
        dimensions=tuple(_dimensions(release, results, found, agencies)),
        failed=tuple(_rules(release, results, found, "failed")),
        crashed=tuple(_rules(release, results, found, "crashed")),
        by_severity=_by_severity(found),
    )


def _dimensions(
    release: Release, results: Sequence[Row], found: Sequence[Row], agencies: Sequence[str]
) -> Iterator[DimensionFigures]:
    covered: set[str] = set()
    for word, dimension in release.profile.dimensions.items():
        covered.update(dimension.indicators)
        yield _dimension(
            Label(zh=word, en=dimension.en), dimension.art, dimension.indicators, results, found, agencies
        )
    others = sorted({str(row["indicator"]) for row in (*results, *found)} - covered)
    if others:
        rest = Label(zh="其他指标（文本未提及）", en="Other indicators, which no word of the text covers")
        yield _dimension(rest, (), others, results, found, agencies)


def _dimension(
    word: Label,
    articles: tuple[str, ...],
    indicators: Iterable[str],
    results: Sequence[Row],
    found: Sequence[Row],
    agencies: Sequence[str],
) -> DimensionFigures:
    codes = tuple(indicators)
    mine = [row for row in results if row["indicator"] in codes]
    ran = [row for row in mine if row["state"] in _RAN]
    hits = [row for row in found if row["indicator"] in codes]
    on = {row["agency_id"] for row in (*ran, *hits)}
    counts = Counter[str]()
    for row in hits:
        counts[row["agency_id"]] += row["found"]
    return DimensionFigures(
        word=word,
        articles=articles,
        indicators=tuple(map(indicator_label, codes)),
        rules=len(mine),
        ran=len(ran),
        evaluated=sum(row["evaluated"] for row in ran),
        unexpected=sum(row["unexpected"] for row in ran),
        found=_by_severity(hits),
        by_agency={agency: counts[agency] if agency in on else None for agency in agencies},
    )


def _rules(
    release: Release, results: Sequence[Row], found: Sequence[Row], state: str
) -> Iterator[RuleFigures]:
    wanted = [row for row in results if row["state"] == state]
    for resource in sorted({row["resource_id"] for row in wanted}):
        texts = rule_texts(release, resource)
        for result in sorted(
            (r for r in wanted if r["resource_id"] == resource), key=lambda r: str(r["rule_id"])
        ):
            yield _rule(release, result, found, texts)


def _rule(release: Release, result: Row, found: Sequence[Row], texts: Mapping[str, Label]) -> RuleFigures:
    rule = result["rule_id"]
    mine = [row for row in found if row["rule_id"] == rule]
    return RuleFigures(
        rule=rule,
        agency=result["agency_id"],
        resource=result["resource_id"],
        text=texts.get(rule) or Label(zh=rule, en=rule),
        indicator=indicator_label(result["indicator"]),
        severity=result["severity"],
        state=result["state"],
        evaluated=result["evaluated"],
        found=sum(row["found"] for row in mine),
        reasons=tuple((_found_text(release, row), row["found"]) for row in mine),
    )


def _found_text(release: Release, found: Row) -> Label:
    """Return what was found in words; the bare code where the release no longer has the rule."""
    try:
        return explain(release, found["resource_id"], found["rule_id"], found["reason"]).found
    except KeyError:
        return Label(zh=found["reason"] or "—", en=found["reason"] or "—")


def _by_severity(found: Iterable[Row]) -> dict[str, int]:
    counts = Counter[str]()
    for row in found:
        counts[row["severity"]] += row["found"]
    return {severity: counts[severity] for severity in ("block", "error", "warn")}
