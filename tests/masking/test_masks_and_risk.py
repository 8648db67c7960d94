"""Masks keep to their bounds; risk figures equal a count by hand; small cells cannot be told from totals."""

import datetime as dt
import itertools
from collections import Counter, defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masking.mask_contract import Arguments, MaskContext
from masking.masks import masks
from masking.risk import measure, minimum_cell

CONTEXT = MaskContext(dt.date(2026, 3, 16), "publication_a", b"k" * 32)


def applied(
    name: str, values: list[object], arguments: Arguments | None = None, context: MaskContext = CONTEXT
) -> list[object]:
    """Apply a mask to a column of values."""
    expression = masks()[name].apply(pl.col("v"), arguments or {}, context)
    return pl.DataFrame({"v": values}).select(expression)["v"].to_list()


def test_every_mask_speaks_both_languages_and_says_what_it_lowers() -> None:
    assert set(masks()) >= {"suppress", "suppress_when_sensitive", "keep_prefix", "year_of_date", "age_band"}
    for mask in masks().values():
        assert mask.DESCRIPTION.zh
        assert mask.DESCRIPTION.en
        assert mask.LOWERS in ("open_to_all", "conditional")
        with pytest.raises(ValueError, match="no argument"):
            mask.check({"nonsense": 1})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("keep_prefix", {"length": 14}), ("age_band", {"width": 1}), ("round_amount", {"to": 1}),
     ("keep_prefix", {"length": True})],
)  # fmt: skip
def test_arguments_that_hide_too_little_are_refused(name: str, arguments: Arguments) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        masks()[name].check(arguments)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2026, 3, 16)))
@settings(max_examples=60, deadline=None)
def test_an_age_lies_in_its_band(born: dt.date) -> None:
    age = 2026 - born.year - ((born.month, born.day) > (3, 16))
    band = str(applied("age_band", [born])[0])
    low, high = (90, 200) if band == "90+" else map(int, band.split("-"))
    assert low <= age <= high


def test_pseudonyms_of_two_publications_or_keys_do_not_join() -> None:
    here = applied("keyed_pseudonym", ["A1", "A1", None])
    there = applied(
        "keyed_pseudonym", ["A1"], context=MaskContext(CONTEXT.as_of, "publication_b", CONTEXT.key)
    )
    other = applied("keyed_pseudonym", ["A1"], context=MaskContext(CONTEXT.as_of, "publication_a", b"x" * 32))
    assert here[0] == here[1]
    assert here[2] is None
    assert len({here[0], there[0], other[0]}) == 3
    with pytest.raises(ValueError, match="no key"):
        applied("keyed_pseudonym", ["A1"], context=MaskContext(CONTEXT.as_of, "publication_a"))


ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", None]), st.integers(1, 3)), max_size=40
)


@given(ROWS)
@settings(max_examples=80, deadline=None)
def test_risk_equals_a_count_by_hand(rows: list[tuple[str, str | None, int]]) -> None:
    frame = pl.DataFrame(rows, schema={"p": pl.String, "q": pl.String, "s": pl.Int64}, orient="row")
    risk = measure(frame, ["p", "q"], "s")
    sizes = Counter((p, q) for p, q, _ in rows)
    values = defaultdict(set)
    for p, q, s in rows:
        values[p, q].add(s)
    assert (risk.rows, risk.classes) == (len(rows), len(sizes))
    assert risk.uniques == sum(size == 1 for size in sizes.values())
    assert risk.k == (min(sizes.values()) if rows else None)
    assert risk.l == (min(map(len, values.values())) if rows else None)


def test_without_quasi_identifiers_the_whole_table_is_one_class() -> None:
    assert measure(pl.DataFrame({"a": [1, 2, 3]}), []).k == 3


CUBES = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.integers(1, 60), min_size=1, max_size=9
)


def _cube(cells: dict[tuple[str, str], int], with_totals: bool) -> pl.DataFrame:
    """Write cells and, as CUBE does, the totals over each dimension with null in its place."""
    sums: Counter[tuple[str | None, str | None]] = Counter()
    for (p, q), size in cells.items():
        places = itertools.product((p, None), (q, None)) if with_totals else [(p, q)]
        for place in places:
            sums[place] += size
    rows = [(p, q, size) for (p, q), size in sums.items()]
    return pl.DataFrame(rows, schema={"p": pl.String, "q": pl.String, "n": pl.Int64}, orient="row")


@given(CUBES, st.booleans())
@settings(max_examples=120, deadline=None)
@pytest.mark.requirement("P-05")
def test_no_small_cell_is_published_nor_told_from_the_published_totals(
    cells: dict[tuple[str, str], int], with_totals: bool
) -> None:
    made = minimum_cell(_cube(cells, with_totals), ["p", "q"], "n", 20)
    published = {(p, q): n for p, q, n in made.frame.iter_rows()}
    assert all(n >= 20 for n in published.values())
    assert made.k == (min(published.values()) if published else None)
    large = {cell for cell, size in cells.items() if size >= 20}
    assert large <= set(published), "no cell goes needlessly"
    hidden = [cell for cell in cells if cell not in published]
    equations = [
        [float(p in (None, h[0]) and q in (None, h[1])) for h in hidden]
        for p, q in published
        if None in (p, q)
    ]
    for place in range(len(hidden)):
        _assert_not_determined(equations, place, len(hidden))


def _assert_not_determined(equations: list[list[float]], place: int, width: int) -> None:
    """Show that no combination of the published equations gives a hidden cell alone."""
    if not equations:
        return
    matrix = np.array(equations)
    alone = np.zeros(width)
    alone[place] = 1
    assert np.linalg.matrix_rank(np.vstack([matrix, alone])) > np.linalg.matrix_rank(matrix)


def test_a_total_by_its_word_is_a_total_too() -> None:
    frame = pl.DataFrame({"d": ["东区", "西区", "合计"], "n": [30, 3, 33]})
    made = minimum_cell(frame, ["d"], "n", 20)
    assert made.frame["d"].to_list() == ["东区"]
    assert (made.suppressed, made.totals_suppressed) == (1, 1)


def test_a_cell_of_unknowns_that_is_smaller_than_the_rest_is_no_total() -> None:
    frame = pl.DataFrame({"d": ["东区", "西区", None], "n": [300, 3, 40]})
    assert minimum_cell(frame, ["d"], "n", 20).frame["n"].to_list() == [300, 40]
