"""Search: Chinese words, single characters, mixed text; ranking; filters, counts, pages."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portal_city import catalogue_of, column, entry, words

from serving.portal.facets import PAGE_SIZE, Question, ask
from serving.portal.holdings import Catalogue
from serving.portal.search import index_terms, match_expression


def catalogue(*datasets: dict[str, Any]) -> Catalogue:
    content: Any = catalogue_of(list(datasets))
    return Catalogue(content, "mark")


def found(holding: Catalogue, text: str, **more: Any) -> list[str]:
    return [dataset["id"] for dataset in ask(holding, Question(text, **more)).found]


@pytest.mark.parametrize(
    "query", ["维修", "修", "维修信息", "信息", "机动车 维修", "gb", "GB/T", "ＧＢ", "vehicle", "VEHI"]
)
def test_a_title_is_found_by_its_words_its_characters_and_the_beginnings_of_latin_words(query: str) -> None:
    repairs = entry("repairs", "机动车维修信息GB18344") | {
        "title": words("机动车维修信息GB18344", "Vehicle repairs GB/T 5624")
    }
    holding = catalogue(repairs, entry("buses", "公交线路"))
    assert found(holding, query) == ["repairs"]


@pytest.mark.parametrize("query", ["修维", "维信", "公交维修", "ehicle"])
def test_characters_in_another_order_and_middles_of_latin_words_find_nothing(query: str) -> None:
    repairs = entry("repairs", "机动车维修信息") | {"title": words("机动车维修信息", "Vehicle repairs")}
    assert found(catalogue(repairs, entry("buses", "公交线路")), query) == []


def test_the_title_counts_more_than_keywords_more_than_summary_more_than_columns() -> None:
    in_columns = entry("in_columns", "甲") | {"columns": [column("x", "停车场编号", "String")]}
    in_summary = entry("in_summary", "乙") | {
        "summary": words("各区停车场的名称，停车场的车位，停车场的收费")
    }
    in_keywords = entry("in_keywords", "丙") | {"keywords": ["停车场"]}
    in_title = entry("in_title", "城区公共停车场基本情况明细表")
    holding = catalogue(in_columns, in_summary, in_keywords, in_title)
    assert found(holding, "停车场") == ["in_title", "in_keywords", "in_summary", "in_columns"]


def test_a_dataset_is_found_by_the_name_of_its_agency() -> None:
    holding = catalogue(entry("people", "人口", agency="police"), entry("buses", "公交"))
    assert found(holding, "公安局") == ["people"]


def test_every_filter_counts_with_the_other_filters_kept() -> None:
    holding = catalogue(
        entry("a", "甲", agency="police", update_frequency="daily"),
        entry("b", "乙", agency="police", update_frequency="weekly"),
        entry("c", "丙", agency="transport", update_frequency="daily"),
    )
    answer = ask(holding, Question(filters={"agency": ("police",)}))
    assert answer.total == 2
    assert answer.counts["agency"] == {"police": 2, "transport": 1}
    assert answer.counts["frequency"] == {"daily": 1, "weekly": 1}
    both = ask(holding, Question(filters={"agency": ("police", "transport"), "frequency": ("daily",)}))
    assert {dataset["id"] for dataset in both.found} == {"a", "c"}


def test_pages_hold_every_dataset_once_and_a_page_beyond_the_last_is_the_last() -> None:
    holding = catalogue(*(entry(f"d{n:03d}", f"数据{n}") for n in range(2 * PAGE_SIZE + 3)))
    pages = [found(holding, "", sort="title", page=n) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 3]
    assert len({one for page in pages for one in page}) == 2 * PAGE_SIZE + 3
    assert found(holding, "", sort="title", page=99) == pages[2]


def test_datasets_are_sorted_by_update_and_by_rows() -> None:
    holding = catalogue(
        entry("old", "旧", rows=9, updated_at="2026-01-01T00:00:00+00:00"),
        entry("new", "新", rows=5, updated_at="2026-03-01T00:00:00+00:00"),
        entry("none", "无"),
    )
    assert found(holding, "", sort="updated") == ["new", "old", "none"]
    assert found(holding, "", sort="rows") == ["old", "new", "none"]


@given(st.text(max_size=60))
def test_no_query_breaks_the_index_or_reaches_its_language(text: str) -> None:
    expression = match_expression(text)
    assert all(part.strip('"*') for part in expression.split(" AND ") if expression)
    found(_HOLDING, text)


@given(st.text(alphabet="维修信息公交线路abc12 ", min_size=1, max_size=12))
def test_whatever_stands_in_a_title_is_found_by_it(title: str) -> None:
    holding = catalogue(entry("it", "甲") | {"title": words(title or "甲")})
    assert not index_terms(title) or found(holding, title) == ["it"]


_HOLDING = catalogue(entry("repairs", "机动车维修信息"))


def test_the_search_page_keeps_words_and_filters_in_its_links(tmp_path: Path) -> None:
    from portal_city import City
    from starlette.testclient import TestClient

    client = TestClient(City(tmp_path).app())
    page = client.get("/search", params={"q": "维修", "format": "csv"}).text
    assert "机动车维修信息" in page
    assert "公交线路" not in page
    assert "agency=transport" in page
    assert "format=csv" in page
