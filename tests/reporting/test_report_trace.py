from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting_city import BAD_CITIZEN, CITIZEN, FIRM, IDENTIFIER_RULE, LABOUR, MARKET, POLICE, City

from ingestion.row_keys import subject_keys
from reporting.trace import trace
from resource_catalogue.errors import SettingError
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import subject_key_of

STANDARD = "standard.market__registration"


@pytest.mark.requirement("Q-03")
def test_a_standard_row_is_traced_to_its_line_by_row_key(city: City) -> None:
    row = next(row for row in city.rows(MARKET) if row["credit_code"] is None)
    lines = trace(city.deployment, city.lake, STANDARD, row["_row_key"])
    assert [(line.resource, line.file_name, line.sheet, line.line, line.row_number) for line in lines] == [
        (MARKET, "feeds/2026-03-16/market/entities_1.csv", "", 4, 3)
    ]
    text = (city.deployment.home / lines[0].file_name).read_text(encoding="utf-8").splitlines()
    assert "示例纺织厂" in text[(lines[0].line or 0) - 1]


def test_a_title_above_the_header_moves_the_line_but_not_the_row_number(city: City) -> None:
    lines = trace(city.deployment, city.lake, "standard.labour__units", FIRM)
    assert [(line.line, line.row_number) for line in lines] == [(3, 1)]


@pytest.mark.requirement("K-06", "Q-03")
def test_an_identifier_finds_every_row_that_carries_it(city: City) -> None:
    by_code = trace(city.deployment, city.lake, STANDARD, FIRM.lower())
    by_subject = trace(
        city.deployment, city.lake, STANDARD, city.row_of(MARKET, "credit_code", FIRM)["_organisation_key"]
    )
    assert [line.line for line in by_code] == [2, 5]
    assert by_code == by_subject


@pytest.mark.requirement("Q-03")
def test_a_base_row_is_traced_to_the_rows_that_gave_its_attributes(city: City) -> None:
    lines = trace(city.deployment, city.lake, "base.organisation", FIRM)
    assert [(line.agency, line.line, line.attributes) for line in lines] == [
        ("labour", 3, ("insured_count", "phone")),
        ("market", 5, ("credit_code", "name", "legal_form", "legal_representative_name")),
    ]


def test_claims_are_traced_to_all_agencies_that_speak(city: City) -> None:
    lines = trace(city.deployment, city.lake, "claims.organisation", FIRM)
    assert [(line.resource, line.line) for line in lines] == [(LABOUR, 3), (MARKET, 2), (MARKET, 5)]


def test_rules_say_of_a_row_whether_they_found_something_on_it(city: City) -> None:
    broken = next(row for row in city.rows(MARKET) if row["credit_code"] is None)
    sound = city.row_of(MARKET, "credit_code", FIRM)
    of_broken = trace(city.deployment, city.lake, STANDARD, broken["_row_key"])[0].results
    of_sound = trace(city.deployment, city.lake, STANDARD, sound["_row_key"])[0].results
    assert {rule.rule: (rule.outcome, rule.reason) for rule in of_broken} == {
        IDENTIFIER_RULE: ("failed", "wrong_check_digit"),
        f"{MARKET}:required:credit_code": ("no_finding", ""),
        f"{MARKET}:unique:credit_code": ("crashed", ""),
    }
    assert {rule.rule: rule.outcome for rule in of_sound}[IDENTIFIER_RULE] == "no_finding"
    assert "信用代码" in next(rule.text for rule in of_sound if rule.rule == IDENTIFIER_RULE)


def test_a_rule_that_assessed_nothing_does_not_pass_a_row(city: City) -> None:
    lines = trace(city.deployment, city.lake, "standard.police__household", CITIZEN)
    assert [rule.outcome for rule in lines[0].results] == ["not_assessed"]


def test_a_key_that_no_row_has_gives_no_line(city: City) -> None:
    assert trace(city.deployment, city.lake, STANDARD, "0" * 32) == []
    assert trace(city.deployment, city.lake, "base.organisation", "0" * 32) == []


@pytest.mark.parametrize(
    "table", ["open.entities", "raw.market__registration", "organisation", "standard.a__b", "base.shop"]
)
def test_a_table_that_cannot_be_traced_is_refused(city: City, table: str) -> None:
    with pytest.raises(SettingError):
        trace(city.deployment, city.lake, table, FIRM)


def test_a_refused_identifier_is_not_repeated(city: City) -> None:
    with pytest.raises(SettingError) as raised:
        trace(city.deployment, city.lake, "base.person", BAD_CITIZEN)
    assert BAD_CITIZEN not in str(raised.value)


def test_a_trace_shows_no_value(city: City, has_no_marker: Callable[[str], bool]) -> None:
    lines = trace(city.deployment, city.lake, "base.person", CITIZEN)
    assert [line.resource for line in lines] == [POLICE]
    assert has_no_marker(repr(lines))


def _certificates() -> Resource:
    label = {"zh": "证照", "en": "certificates"}
    columns = [
        {"name": name, "zh": name, "type": "text", "base": f"certificate.{name}"}
        for name in ("certificate_type", "certificate_no", "holder_identifier")
    ]
    body = {
        "id": "a.b", "code": "1", "name": label, "summary": label, "class": "department", "categories": ["x"],
        "agencies": {"collecting": "a", "reviewing": "a", "providing": "a"}, "obtained_by": "collected",
        "form": "structured", "format": "file", "subject": "certificate", "grain": label, "key": [],
        "update": {"frequency": "daily"}, "share": {"type": "none"}, "open": {"type": "none"},
        "source": {"path": "*.csv"}, "columns": columns,
    }  # fmt: skip
    return Resource.model_validate(body)


@given(
    st.lists(st.text(min_size=1, max_size=12), min_size=3, max_size=3), st.binary(min_size=32, max_size=32)
)
def test_the_key_of_a_typed_identifier_is_the_key_its_rows_carry(parts: list[str], key: bytes) -> None:
    names = ("certificate_type", "certificate_no", "holder_identifier")
    frame = pl.DataFrame({name: [part] for name, part in zip(names, parts, strict=True)})
    carried = frame.select(subject_keys(_certificates(), key)).item()
    assert subject_key_of("certificate", parts, key) == carried
