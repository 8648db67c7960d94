"""Score the profile's quality words by GB/T 36344-2018, per agency and resource.

X = A / B, with B the elements assessed: one element is one rule looking at one row (or delivery, or pair).
0303 and 0305 count what is wrong, so their score is 1 - A/B (as Shanghai's DB31 writes it). Where nothing
was assessed, or a rule of the indicator crashed, there is no score: never 100 %. The standard gives no
weights, and none are used.

Here: ``quality.scores``. Not here: grades or rankings, which no text prescribes.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from expectations.results import empty, shaped
from lake.store import Lake
from lake.tables import RESULTS, SCORES
from resource_catalogue.release import Release

LOWER_IS_BETTER = ("0303", "0305")
"""Indicators whose A counts what is wrong: repetition and dirty data."""


@dataclass(frozen=True, slots=True)
class Score:
    """Hold one score.

    Attributes:
        scope: ``agency`` or ``resource``.
        dimension: The profile's own word, such as 完整性.
        indicator: GB/T 36344 code; empty for a word that the profile maps to none.
        a: Numerator, b: elements assessed; both 0 where not assessed.
        score: Between 0 and 1; null where not assessed.
    """

    scope: str
    scope_id: str
    dimension: str
    indicator: str
    a: int
    b: int
    score: float | None


def score_quality(lake: Lake, release: Release, as_of: dt.datetime) -> list[Score]:
    """Compute all scores from ``quality.results`` and record them where any differs.

    Returns:
        The scores, in order of scope, dimension and indicator.
    """
    scores = list(scores_of(lake.read(RESULTS), release))
    rows = [
        {
            **{name: getattr(score, name) for name in Score.__dataclass_fields__},
            "as_of": as_of.astimezone(dt.UTC),
            "release": release.number,
            "profile": release.profile.reference,
        }
        for score in scores
    ]
    after = shaped(SCORES, rows)
    before = lake.read(SCORES)
    kept = [name for name in after.columns if name not in ("as_of", "release")]
    if not lake.exists(SCORES) or not before.select(kept).equals(after.select(kept)):
        lake.overwrite(SCORES, after)
    return scores


def scores_of(results: pl.DataFrame, release: Release) -> Iterator[Score]:
    """Compute the scores of every listed resource and its agency, in order."""
    listed = {resource.id: resource.agency for resource in release.listed_resources()}
    frame = results if not results.is_empty() else empty(RESULTS)
    frame = frame.filter(pl.col("resource_id").is_in(list(listed)))
    for scope, ids in (("agency", sorted(set(listed.values()))), ("resource", sorted(listed))):
        for scope_id in ids:
            mine = frame.filter(pl.col(f"{scope}_id") == scope_id)
            for dimension, indicator in _words(release):
                yield _score(scope, scope_id, dimension, indicator, mine)


def _words(release: Release) -> Iterator[tuple[str, str]]:
    """Yield each word of the profile with each of its indicators, so that none is silently left out."""
    for word, dimension in sorted(release.profile.dimensions.items()):
        indicators: Iterable[str] = dimension.indicators or ("",)
        yield from ((word, indicator) for indicator in indicators)


def _score(scope: str, scope_id: str, dimension: str, indicator: str, results: pl.DataFrame) -> Score:
    mine = results.filter(pl.col("indicator") == indicator)
    b, wrong = int(mine["evaluated"].sum()), int(mine["unexpected"].sum())
    if not b or "crashed" in mine["state"].to_list():
        return Score(scope, scope_id, dimension, indicator, 0, 0, None)
    a = wrong if indicator in LOWER_IS_BETTER else b - wrong
    share = a / b
    return Score(
        scope, scope_id, dimension, indicator, a, b, 1 - share if indicator in LOWER_IS_BETTER else share
    )
