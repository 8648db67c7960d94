"""Conditions are scanned without a SQL parser: what scans names columns and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_catalogue.checks.sensitive_conditions import condition_fault

COLUMNS = frozenset({"entity_kind", "phone", "registered_capital_cny"})

terms = st.sampled_from(
    ["entity_kind = 'individual'", "phone is not null", "lower(entity_kind) in ('a', 'it''s')",
     "registered_capital_cny >= 10.5", "NOT (phone LIKE '1%')"]
)  # fmt: skip


@given(st.lists(terms, min_size=1, max_size=4), st.sampled_from([" and ", " OR ", "\nor "]))
def test_conditions_over_the_columns_are_admitted(parts: list[str], joint: str) -> None:
    assert condition_fault(joint.join(parts), COLUMNS) is None
    assert condition_fault(f"({joint.join(parts)})", COLUMNS) is None


@given(terms, st.sampled_from([";", "--", "/* */", '"', "$", "`"]), st.booleans())
def test_a_sign_that_ends_or_hides_a_condition_is_refused_anywhere(
    term: str, sign: str, is_first: bool
) -> None:
    assert condition_fault(f"{sign} {term}" if is_first else f"{term} {sign}", COLUMNS) is not None


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("colour = 'red'", "colour"),
        ("read_csv(phone) = 1", "read_csv"),
        ("(phone is null", "("),
        ("phone is null)", ")"),
        ("phone = 'open", "'open"),
        ("phone in (select phone from base.person)", "select"),
        ("1 = 1", "没有列 / no column"),
        ("", "没有列 / no column"),
        ("phone(1)", "phone"),
    ],
)
def test_what_is_no_condition_over_the_columns_is_named(condition: str, fault: str) -> None:
    assert condition_fault(condition, COLUMNS) == fault
