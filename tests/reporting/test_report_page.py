import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from reporting_city import AS_OF, FOREIGN_HEADING, MARKERS, REJECTED, City

from casework.state import open_state
from lake import Lake
from lake.tables import DELIVERIES, REJECTED_ROWS
from reporting.page import report_path, write_report
from resource_catalogue.profile import load_profile

_VOID = {"meta", "input", "br", "link", "img"}


class _Outline(HTMLParser):
    """Collect what must hold of the page's elements."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.misnested: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)


def outline(page: str) -> _Outline:
    outline = _Outline()
    outline.feed(page)
    return outline


def _rows(page: str, section: str) -> list[str]:
    """Return the text of each table row of a section."""
    part = page.split(f'id="{section}"')[1].split("</section>")[0]
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr>.*?</tr>", part, re.S)
    ]


@pytest.fixture(scope="module")
def page(city: City) -> str:
    return write_report(city.deployment, city.lake, city.state, city.release, AS_OF).read_text(
        encoding="utf-8"
    )


def _under(city: City, profile: str) -> str:
    other = replace(city.release, profile=load_profile(profile))
    return write_report(city.deployment, city.lake, city.state, other, AS_OF).read_text(encoding="utf-8")


def test_the_page_lies_below_var_report(city: City, page: str) -> None:
    assert report_path(city.deployment) == city.deployment.var / "report" / "run.html"
    assert page.startswith("<!DOCTYPE html>")


def test_no_planted_value_is_on_the_page(page: str, has_no_marker: Callable[[str], bool]) -> None:
    assert has_no_marker(page)


def test_the_markers_really_stand_in_the_data(city: City) -> None:
    landed = "".join(
        path.read_text(encoding="utf-8") for path in sorted(city.deployment.landing.rglob("*.csv"))
    )
    assert all(marker in landed for marker in MARKERS)
    assert any(REJECTED in text for text in city.lake.read(REJECTED_ROWS)["text"])
    assert any(FOREIGN_HEADING in reason for reason in city.lake.read(DELIVERIES)["reason"])


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    outlined = outline(page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in outlined.tags}
    assert not re.search(r"https?:|@import|url\(|src=", page)
    links = [attributes["href"] for tag, attributes in outlined.tags if tag == "a"]
    ids = {attributes.get("id") for _, attributes in outlined.tags}
    assert links
    assert all(link and link.startswith("#") and link[1:] in ids for link in links)


def test_the_page_is_well_formed_and_its_tables_have_headers(page: str) -> None:
    outlined = outline(page)
    assert (outlined.open, outlined.misnested) == ([], [])
    headers = [attributes for tag, attributes in outlined.tags if tag == "th"]
    assert headers
    assert all(attributes.get("scope") in ("col", "row") for attributes in headers)


def test_everything_a_person_reads_has_both_languages(page: str) -> None:
    zh, en = page.count('<span class="zh" lang="zh-CN">'), page.count('<span class="en" lang="en">')
    assert zh == en > 100
    assert not re.search(r'<span class="en" lang="en">\s*</span>', page)


def test_language_is_switched_without_a_script(page: str) -> None:
    radios = [a for tag, a in outline(page).tags if tag == "input"]
    assert [(radio["type"], radio["id"]) for radio in radios] == [
        ("radio", "show-both"), ("radio", "show-zh"), ("radio", "show-en"),
    ]  # fmt: skip
    assert "#show-zh:checked ~ .page .en" in page


def test_the_same_content_leaves_the_file_untouched(city: City) -> None:
    path = write_report(city.deployment, city.lake, city.state, city.release, AS_OF)
    before = path.stat()
    again = write_report(city.deployment, city.lake, city.state, city.release, AS_OF)
    assert (again.stat().st_ino, again.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    write_report(city.deployment, city.lake, city.state, city.release, AS_OF.replace(hour=10))
    assert path.stat().st_ino != before.st_ino
    assert {one.name for one in path.parent.iterdir()} <= {"run.html", "catalogue.html"}


@pytest.mark.requirement("S-01")
def test_a_text_in_force_is_shown_as_such(page: str) -> None:
    assert "盐城市公共数据管理办法" in page
    assert "现行有效" in page
    assert 'class="standing"' in page
    assert "不具约束力" not in page


@pytest.mark.parametrize(
    ("profile", "zh", "en"),
    [("xinjiang", "已失效", "expired"), ("putuo", "草案，尚未公布施行", "draft, not adopted")],
)
@pytest.mark.requirement("S-01")
def test_an_expired_or_draft_text_cannot_be_overlooked(city: City, profile: str, zh: str, en: str) -> None:
    page = _under(city, profile)
    head = page.split("<main")[0]
    assert 'class="standing not-in-force"' in head
    assert zh in head
    assert en in head
    assert "不具约束力" in head


def test_a_held_delivery_shows_its_reason_in_both_languages(page: str) -> None:
    held = [row for row in _rows(page, "deliveries") if "暂存待核" in row]
    assert len(held) == 1
    assert "由 5 行减为 1 行" in held[0]
    assert "shrinks from 5 to 1 rows" in held[0]
    assert "现行" not in held[0]


def test_foreign_headings_are_mentioned_but_not_repeated(page: str) -> None:
    labour = next(row for row in _rows(page, "deliveries") if "labour" in row)
    assert "有目录未登记的信息项" in labour


def test_quality_words_without_a_rule_that_ran_are_not_assessed(page: str) -> None:
    rows = {row.split()[0]: row for row in _rows(page, "findings")}
    assert "未评估 not assessed" in rows["可信溯源"]
    assert "未对应指标 none maps to it" in rows["可信溯源"]
    assert "未评估 not assessed" in rows["全量化"]
    assert "未评估" not in rows["准确性"]
    assert "75.00 %" in rows["准确性"]


def test_a_rule_that_no_word_of_the_text_covers_is_still_counted(page: str) -> None:
    other = next(row for row in _rows(page, "findings") if "其他指标" in row)
    assert "0304 数据唯一性" in other
    assert "0 / 1" in other


@pytest.mark.requirement("Q-01", "Q-05")
def test_agencies_show_findings_per_word_and_a_dash_where_nothing_ran(page: str) -> None:
    agencies = page.split("按机构</span>")[1].split("</table>")[0]
    cells = {
        re.sub(r"<[^>]+>", " ", head).split()[-1]: re.findall(r'<td class="n">([^<]*)</td>', body)
        for head, body in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', agencies, re.S)
    }
    words = [line.split("</span>")[0] for line in agencies.split('lang="zh-CN">')[1:]]
    accuracy = words.index("准确性") - words.index("机构") - 1
    assert cells["market"][accuracy] == "1"
    assert cells["police"][accuracy] == "—"


def test_a_crashed_rule_is_listed_apart(page: str) -> None:
    crashed = page.split("未能运行的规则</span>")[1].split("</table>")[0]
    assert "market.registration:unique:credit_code" in crashed


def test_findings_are_explained_in_words(page: str) -> None:
    row = next(row for row in _rows(page, "findings") if "identifier:credit_code" in row)
    assert "校验" in row
    assert "wrong_check_digit" not in row


@pytest.mark.requirement("S-01", "Q-04")
def test_a_prescribed_limit_cites_its_article(page: str) -> None:
    rows = [row for row in _rows(page, "tasks") if "R-2026-" in row]
    assert len(rows) == 2
    assert all("规定时限 Prescribed limit" in row and "a16¶2" in row for row in rows)


def test_a_limit_without_a_number_is_never_called_prescribed(city: City, tmp_path: Path) -> None:
    from casework.limits import Limits
    from casework.rectification import reconcile
    from resource_catalogue.settings import TargetSettings

    release = replace(city.release, profile=load_profile("xinjiang"))
    for days, words in ((5, "平台目标"), (None, "无期限")):
        state = open_state(f"sqlite:///{tmp_path / f'{days}.sqlite'}")
        limits = Limits(targets=TargetSettings(rectification_working_days=days))
        reconcile(state, city.lake, release, AS_OF, limits)
        page = write_report(city.deployment, city.lake, state, release, AS_OF).read_text(encoding="utf-8")
        rows = [row for row in _rows(page, "tasks") if "R-2026-" in row]
        assert rows
        assert all(words in row and "规定时限" not in row for row in rows)
        state.close()


@pytest.mark.requirement("Q-10")
def test_a_task_past_its_last_day_is_overdue(city: City) -> None:
    late = AS_OF.replace(month=6)
    page = write_report(city.deployment, city.lake, city.state, city.release, late).read_text(
        encoding="utf-8"
    )
    assert all("逾期 overdue" in row for row in _rows(page, "tasks") if "R-2026-" in row)
    assert "2 项逾期" in page


@pytest.mark.requirement("P-22")
def test_opened_datasets_show_cells_masks_and_attribution(page: str) -> None:
    rows = {row.split()[0]: row for row in _rows(page, "opened")}
    entities, cells = rows["市场主体名录"], rows["cells"]
    assert "名称 Name : 个人信息的行置空 left empty where personal" in entities
    assert "数据来源：示例 Source: example a34¶2" in entities
    assert " — " in entities
    assert " 23 ≥ 20 " in cells


def test_a_refused_dataset_shows_why(page: str) -> None:
    refused = next(row for row in _rows(page, "opened") if row.split()[0] == "people")
    assert "不予开放 refused" in refused
    assert "personal data" in refused


@pytest.mark.requirement("G-05")
def test_bases_that_are_not_built_are_named(page: str) -> None:
    rows = _rows(page, "bases")
    assert any("法人" in row and row.rstrip().endswith("2") for row in rows)
    assert any("电子证照" in row and "未建 not built" in row for row in rows)


def test_text_from_outside_is_escaped(city: City) -> None:
    settings = city.deployment.settings
    named = settings.deployment.model_copy(
        update={"name": settings.deployment.name.model_copy(update={"zh": "<script>1</script>"})}
    )
    other = replace(city.deployment, settings=settings.model_copy(update={"deployment": named}))
    page = write_report(other, city.lake, city.state, city.release, AS_OF).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_page_can_be_written_before_the_first_run(city: City, tmp_path: Path) -> None:
    empty = replace(city.deployment, home=tmp_path)
    state = open_state(empty.casework_url)
    path = write_report(empty, Lake(empty.lake_root, threads=1), state, city.release, AS_OF)
    state.close()
    text = path.read_text(encoding="utf-8")
    assert "尚无批次" in text
    assert "未评估" in text
    assert "尚未开放数据集" in text
