"""Claims of comparing agencies are held against the registered source, subject by subject."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from expectations.run import check_agreement, check_resource
from lake import Lake
from lake.tables import DELIVERIES, FINDINGS, RESULTS
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.words import standard_table
from tests.expectations.conftest import AS_OF, a_delivery, a_release, a_resource, found, write_system

COLUMNS: list[Mapping[str, Any]] = [
    {"name": "uscc", "type": "credit_code", "base": "organisation.credit_code"},
    {"name": "title", "type": "text", "base": "organisation.name"},
    {"name": "opened_on", "type": "date", "base": "organisation.established_on"},
]
MARKET, STAFFING, TAX = "market.entities", "staffing.units", "tax.payers"


def entry(
    source: str, scope: Mapping[str, str], since: str = "2020-01-01", to: str | None = None
) -> dict[str, Any]:
    return {
        "attribute": ["credit_code", "name", "established_on"],
        "scope": dict(scope), "source": source, "compare": [TAX],
        "valid": {"from": since, "to": to}, "decided": {"by": "x", "doc_no": "1", "on": since},
    }  # fmt: skip


def a_register(*entries: Mapping[str, Any]) -> dict[str, SourceRegister]:
    body = {"base": "organisation", "entity": "organisation", "entries": list(entries)}
    return {"organisation": SourceRegister.model_validate(body)}


BY_REGISTRAR = a_register(entry(MARKET, {"registrar": "9"}), entry(STAFFING, {"registrar": "1"}))


def write_claims(
    lake: Lake, resource_id: str, rows: Sequence[tuple[str, str | None, dt.date | None]]
) -> Resource:
    """Write a contributing standard table; the first cell is credit code and subject key at once."""
    resource = a_resource(COLUMNS, id=resource_id)
    frame = pl.DataFrame(
        [
            {
                "_delivery_id": f"d-{resource_id}", "_row_number": n, "_line": n + 1, "_sheet": "",
                "_row_key": f"{resource_id}{n}",
                "_order_key": "1", "_collected_at": None, "_organisation_key": code or None,
                "uscc": code or None,
                "title": title, "opened_on": day,
            }
            for n, (code, title, day) in enumerate(rows, 1)
        ],
        schema_overrides={"_collected_at": pl.Datetime("us", "UTC"), "opened_on": pl.Date},
    )  # fmt: skip
    faults = [pl.lit(None, pl.String).alias(f"{c['name']}__fault") for c in COLUMNS]
    lake.overwrite(standard_table(resource_id), frame.with_columns(faults))
    return resource


DAY, OTHER = dt.date(2020, 1, 1), dt.date(2021, 1, 1)


def a_city(lake: Lake, registers: Mapping[str, SourceRegister] = BY_REGISTRAR) -> Release:
    market = write_claims(
        lake,
        MARKET,
        [
            ("91A", "甲 ", DAY), ("91B", "乙", DAY), ("91C", None, DAY),
            ("91D", "丁", DAY), ("91D", "丁二", DAY),
            ("11A", "错误的来源", DAY), ("91E", "戊", DAY),
        ],
    )  # fmt: skip
    staffing = write_claims(lake, STAFFING, [("11A", "机关", DAY), ("91B", "错误的来源", OTHER)])
    tax = write_claims(
        lake,
        TAX,
        [
            ("91A", " 甲", DAY), ("91B", "乙乙", OTHER), ("91C", "丙", DAY), ("91D", "丁二", None),
            ("11A", "机关！", DAY), ("", "无主", OTHER), ("91Z", "来源没有", OTHER), ("91E", None, OTHER),
        ],
    )  # fmt: skip
    write_system(
        lake, DELIVERIES, [a_delivery(delivery_id=f"d-{TAX}", resource_id=TAX, file_name="tax/p.csv")]
    )
    return a_release(market, staffing, tax, registers=registers)


@pytest.mark.requirement("K-10", "Q-01")
def test_a_comparison_that_differs_from_its_source_falls_on_the_comparing_row_and_column(lake: Lake) -> None:
    results = check_agreement(lake, a_city(lake), "organisation", AS_OF)
    assert found(lake, TAX) == [
        ("agreement", 2, "opened_on", "differs_from_source"),
        ("agreement", 2, "title", "differs_from_source"),
        ("agreement", 5, "title", "differs_from_source"),
        ("agreement", 8, "opened_on", "differs_from_source"),
    ]
    assert lake.read(FINDINGS)["resource_id"].unique().to_list() == [TAX]
    assert [(r.rule_id, r.state, r.evaluated, r.unexpected) for r in results] == [
        (f"{TAX}:agreement:opened_on", "failed", 5, 2),
        (f"{TAX}:agreement:title", "failed", 4, 2),
    ]


@pytest.mark.requirement("K-10", "Q-03")
def test_an_agreement_finding_says_file_line_and_agency(lake: Lake) -> None:
    check_agreement(lake, a_city(lake), "organisation", AS_OF)
    rows = lake.read(FINDINGS).filter((pl.col("row_number") == 2) & (pl.col("column") == "title")).to_dicts()
    assert [(r["file_name"], r["line"], r["agency_id"], r["row_key"]) for r in rows] == [
        ("tax/p.csv", 3, "tax", f"{TAX}2")
    ]


def test_agreement_and_resource_checks_keep_each_other_s_rows(lake: Lake) -> None:
    release = a_city(lake)
    check_agreement(lake, release, "organisation", AS_OF)
    check_resource(lake, release, TAX, AS_OF)
    kept = {one for one in found(lake, TAX) if one[0] == "agreement"}
    assert len(kept) == 4
    before = lake.version(RESULTS), lake.version(FINDINGS)
    check_agreement(lake, release, "organisation", AS_OF + dt.timedelta(days=3))
    check_resource(lake, release, TAX, AS_OF)
    assert (lake.version(RESULTS), lake.version(FINDINGS)) == before


def test_a_corrected_claim_takes_its_finding_away(lake: Lake) -> None:
    release = a_city(lake)
    check_agreement(lake, release, "organisation", AS_OF)
    write_claims(lake, TAX, [("91B", "乙", DAY), ("11A", "机关！", DAY)])
    check_agreement(lake, release, "organisation", AS_OF)
    assert found(lake, TAX) == [("agreement", 2, "title", "differs_from_source")]


@pytest.mark.requirement("K-02")
def test_only_the_source_that_is_registered_on_the_day_decides(lake: Lake) -> None:
    registers = a_register(
        entry(STAFFING, {"registrar": "9"}, to="2026-03-15"),
        entry(MARKET, {"registrar": "9"}, since="2026-03-16"),
    )
    release = a_city(lake, registers)
    eve = AS_OF - dt.timedelta(days=1)
    assert [r.unexpected for r in check_agreement(lake, release, "organisation", eve)] == [0, 1]
    assert [r.unexpected for r in check_agreement(lake, release, "organisation", AS_OF)] == [2, 1]


def test_a_comparison_without_data_is_not_assessed(lake: Lake) -> None:
    resources = [a_resource(COLUMNS, id=one) for one in (MARKET, STAFFING, TAX)]
    results = check_agreement(lake, a_release(*resources, registers=BY_REGISTRAR), "organisation", AS_OF)
    assert [r.state for r in results] == ["not_assessed", "not_assessed"]


def test_an_entity_that_nobody_compares_has_no_rule(lake: Lake) -> None:
    assert check_agreement(lake, a_city(lake), "person", AS_OF) == []


def test_no_claimed_value_reaches_a_table(lake: Lake) -> None:
    results = check_agreement(lake, a_city(lake), "organisation", AS_OF)
    text = repr([lake.read(table).rows() for table in (RESULTS, FINDINGS)]) + repr(results)
    assert "乙" not in text
    assert "机关" not in text
    assert "91B" not in text
