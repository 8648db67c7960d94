"""The decision refuses by name what may not leave, and admits what may."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made_city import (
    AS_OF,
    COUNT_SQL,
    ENTITIES,
    LIST,
    LIST_SQL,
    POPULATION,
    build,
    citizen_id,
    credit_code,
    dataset,
    deployment,
    entities_frame,
    make_lake,
    person_frame,
    release,
    resource,
)

from lake import Lake
from masking.decision import Decision, candidate, decide, masked
from masking.mask_contract import MaskContext
from masking.protection import protect
from masking.refusal import DatasetRefused
from resource_catalogue.dataset import Dataset
from resource_catalogue.errors import LakeError
from resource_catalogue.release import Release

CELLS = {
    ("329901", "男", 1980): 30,
    ("329901", "女", 1980): 25,
    ("329902", "男", 1980): 4,
    ("329902", "女", 1950): 21,
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path, entities_frame(), person_frame(CELLS))


def decided(lake: Lake, made: Dataset, sql: str, of: Release | None = None, **policy: Any) -> Decision:
    """Build the candidate and decide."""
    build(lake, made.id, sql)
    settings = deployment(lake.root, **policy).settings
    context = MaskContext(AS_OF.date(), made.id, b"k" * 32)
    return decide(of or release(made), made, sql, lake, settings, context)


def refusal(lake: Lake, made: Dataset, sql: str, of: Release | None = None, **policy: Any) -> DatasetRefused:
    """Expect a refusal that shows no identity number."""
    with pytest.raises(DatasetRefused) as caught:
        decided(lake, made, sql, of, **policy)
    assert "3299011" not in str(caught.value)
    assert not any(citizen_id(n) in str(caught.value) for n in range(60))
    return caught.value


def columns_of(refused: DatasetRefused) -> list[str]:
    return [r.column for r in refused.refusals]


def plain(*names: str, **more: Any) -> Dataset:
    """Make a list without masks."""
    return dataset("list", [{"name": name} for name in names], **more)


@pytest.mark.requirement("P-05")
def test_an_open_list_with_sensitive_rows_nulled_is_admitted(lake: Lake) -> None:
    made = decided(lake, LIST, LIST_SQL)
    assert made.names() == ["credit_code", "entity_name", "entity_kind", "scope"]
    assert [c.after for c in made.columns] == ["open_to_all"] * 4
    frame = masked(candidate(lake, LIST.id), made, MaskContext(AS_OF.date(), LIST.id))
    kept = frame.filter(pl.col("entity_name").is_not_null())
    assert kept["entity_kind"].unique().to_list() == ["company"]
    assert frame.filter(pl.col("entity_kind") == "individual_business")["entity_name"].null_count() == 10


@pytest.mark.requirement("P-03", "P-05")
def test_a_sensitive_column_without_its_mask_is_refused(lake: Lake) -> None:
    refused = refusal(lake, plain("credit_code", "entity_name"), LIST_SQL)
    assert columns_of(refused) == ["entity_name"]


def test_sensitive_rows_that_the_candidate_cannot_tell_are_refused(lake: Lake) -> None:
    made = dataset("list", [{"name": "entity_name", "mask": "suppress_when_sensitive"}])
    refused = refusal(lake, made, "select entity_name from standard.market__entities")
    assert "entity_name" in columns_of(refused)
    crossed = (
        "select a.entity_name, b.entity_kind from standard.market__entities as a "
        "join standard.market__entities as b on a.credit_code <> b.credit_code limit 5"
    )
    assert "entity_name" in columns_of(refusal(lake, made, crossed))


def test_the_condition_is_asked_of_the_base_attribute_where_the_candidate_reads_the_base(
    tmp_path: Path,
) -> None:
    lake = make_lake(tmp_path)
    base = pl.DataFrame({"name": ["甲公司", "店主张三"], "legal_form": ["company", "individual_business"]})
    lake.overwrite(lake_table("base.organisation"), base)
    made = dataset("list", [{"name": "shown", "mask": "suppress_when_sensitive"}])
    sql = "select name as shown, legal_form as form from base.organisation"
    lake.overwrite(
        lake_table("candidate.entities_list"), base.rename({"name": "shown", "legal_form": "form"})
    )
    context = MaskContext(AS_OF.date(), made.id)
    admitted = decide(release(made), made, sql, lake, deployment(tmp_path).settings, context)
    assert admitted.columns[0].condition == "(form = 'individual_business')"
    shown = masked(candidate(lake, made.id), admitted, context)["shown"].to_list()
    assert shown == ["甲公司", None]


def lake_table(name: str) -> Any:
    from resource_catalogue.words import TableName

    return TableName.parse(name)


@pytest.mark.parametrize(
    "sql",
    [
        "select credit_code, representative_id as note from standard.market__entities",
        "with a as (select credit_code, concat('no.', representative_id) as n "
        "from standard.market__entities) select credit_code, n as note from a",
        "select credit_code, max(representative_id) over (partition by entity_kind) as note "
        "from standard.market__entities",
        "select credit_code, scope as note from standard.market__entities union all by name "
        "select credit_code, representative_id as note from standard.market__entities",
        "select credit_code, remark__original as note from standard.market__entities",
    ],
)
@pytest.mark.requirement("P-03")
def test_an_aliased_identity_number_is_refused_by_the_name_of_its_column(lake: Lake, sql: str) -> None:
    lake.overwrite(lake_table("candidate.entities_list"), pl.DataFrame({"credit_code": ["x"], "note": ["y"]}))
    made = plain("credit_code", "note")
    with pytest.raises(DatasetRefused) as caught:
        decide(release(made), made, sql, lake, deployment(lake.root).settings, MaskContext(AS_OF.date(), "d"))
    assert "note" in columns_of(caught.value)
    assert caught.value.exit_code == 6
    assert "entities_list" in str(caught.value)


def test_a_forgotten_identity_number_in_an_undeclared_column_is_found_and_refused(tmp_path: Path) -> None:
    planted = citizen_id(99)
    frame = entities_frame(2_000)
    remarks = pl.Series("remark", ["无"] * 1_999 + [f"经办人证件{planted[:6]} {planted[6:]}"])
    lake = make_lake(tmp_path, frame.with_columns(remarks))
    made = plain("credit_code", "remark")
    refused = refusal(lake, made, "select credit_code, remark from standard.market__entities")
    assert set(columns_of(refused)) == {"remark"}
    assert "1" in refused.reason
    assert planted not in refused.reason
    assert planted[6:] not in str(refused)


def test_an_identity_number_among_credit_codes_is_refused(tmp_path: Path) -> None:
    codes = [*(credit_code(n) for n in range(39)), citizen_id(7)]
    lake = make_lake(tmp_path, entities_frame().with_columns(pl.Series("credit_code", codes)))
    assert columns_of(
        refusal(lake, plain("credit_code"), "select credit_code from standard.market__entities")
    ) == ["credit_code"]


@pytest.mark.requirement("P-03")
def test_a_declared_identity_number_is_never_open_to_all_even_if_the_catalogue_says_so(
    tmp_path: Path,
) -> None:
    columns = [{"name": "owner_id", "zh": "o", "type": "citizen_id"}]
    lax = resource("market.entities", "open_to_all", columns)
    lake = make_lake(tmp_path, pl.DataFrame({"owner_id": [citizen_id(n) for n in range(5)]}))
    made = plain("owner_id")
    sql = "select owner_id from standard.market__entities"
    refused = refusal(lake, made, sql, release(made, resources=(lax,)))
    assert columns_of(refused) == ["owner_id"]


def test_long_text_is_refused_unless_its_own_column_is_declared_open(tmp_path: Path) -> None:
    long = pl.Series("remark", ["一般项目" * 40] * 40)
    lake = make_lake(tmp_path, entities_frame().with_columns(long))
    refused = refusal(lake, plain("remark"), "select remark from standard.market__entities")
    assert columns_of(refused) == ["remark"]
    assert decided(lake, plain("scope"), "select scope from standard.market__entities").names() == ["scope"]


def test_statistics_admit_personal_dimensions_under_the_policy_s_minimum_cell(lake: Lake) -> None:
    made = decided(lake, POPULATION, COUNT_SQL)
    assert made.k == 20
    frame = masked(candidate(lake, POPULATION.id), made, MaskContext(AS_OF.date(), POPULATION.id))
    result = protect(frame, made)
    assert result.frame["persons"].min() == 21
    assert (result.k_reached, result.suppressed_cells) == (21, 1)
    assert set(result.frame["date_of_birth"]) == {"40-49", "70-79"}


def test_cells_made_equal_by_a_mask_are_added_up_before_they_are_measured(tmp_path: Path) -> None:
    lake = make_lake(tmp_path, None, person_frame({("329901", "男", 1980): 12, ("329901", "男", 1981): 12}))
    made = decided(lake, POPULATION, COUNT_SQL)
    frame = masked(candidate(lake, POPULATION.id), made, MaskContext(AS_OF.date(), POPULATION.id))
    assert protect(frame, made).frame["persons"].to_list() == [24]


def _statistics(*columns: dict[str, Any], **more: Any) -> Dataset:
    return dataset("statistics", list(columns), **more)


SEX, N = {"name": "sex", "role": "quasi"}, {"name": "n", "role": "count"}


@pytest.mark.parametrize(
    ("made", "sql", "column"),
    [
        (_statistics({"name": "name", "role": "quasi"}, N),
         "select name, count(*) as n from base.person group by 1", "name"),
        (_statistics(SEX, N), "select sex, 100 as n from base.person group by 1", "n"),
        (_statistics(SEX, N), "select sex, max(citizen_id) as n from base.person group by 1", "n"),
        (_statistics(SEX, N, {"name": "share"}),
         "select sex, count(*) as n, count(*) / 9.0 as share from base.person group by 1", "share"),
        (_statistics(SEX, N, {"name": "born"}),
         "select sex, count(*) as n, min(date_of_birth) as born from base.person group by 1", "born"),
        (_statistics(SEX, {"name": "n"}), "select sex, count(*) as n from base.person group by 1", ""),
    ],
)  # fmt: skip
def test_statistics_refuse_what_a_minimum_cell_does_not_protect(
    lake: Lake, made: Dataset, sql: str, column: str
) -> None:
    assert column in columns_of(refusal(lake, made, sql))


def test_counting_lowers_nothing_in_a_list(lake: Lake) -> None:
    sql = "select credit_code, count(*) over () as persons from standard.market__entities"
    assert columns_of(refusal(lake, plain("credit_code", "persons"), sql)) == ["persons"]


def test_an_identity_number_cut_to_its_division_may_be_a_dimension_only_with_its_mask(lake: Lake) -> None:
    sql = "select citizen_id, count(*) as n from base.person group by 1"
    mask = {"mask": "keep_prefix", "arguments": {"length": 4}}
    made = _statistics({"name": "citizen_id", "role": "quasi", **mask}, N)
    assert decided(lake, made, sql).names() == ["citizen_id", "n"]
    bare = _statistics({"name": "citizen_id", "role": "quasi"}, N)
    assert "citizen_id" in columns_of(refusal(lake, bare, sql))


def test_a_pseudonym_is_conditional_at_most(lake: Lake) -> None:
    sql = "select representative_id from standard.market__entities"
    masked_column = {"name": "representative_id", "mask": "keyed_pseudonym"}
    assert "representative_id" in columns_of(refusal(lake, dataset("list", [masked_column]), sql))
    conditional = dataset("list", [masked_column], open_type="conditional")
    assert [c.after for c in decided(lake, conditional, sql).columns] == ["conditional"]


def test_a_list_whose_quasi_identifiers_are_too_unique_is_refused(lake: Lake) -> None:
    made = dataset("list", [{"name": "capital_cny", "role": "quasi"}], k=20)
    admitted = decided(lake, made, "select capital_cny from standard.market__entities")
    with pytest.raises(DatasetRefused) as caught:
        protect(candidate(lake, made.id), admitted)
    assert columns_of(caught.value) == ["capital_cny"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"open_type": "open_to_all", "entry": "police.households"}, "looser"),
        ({"entry": None}, "names no entry"),
        ({"sources": ("nobody.nothing",)}, "not listed"),
        ({"k": 3, "open_type": "conditional"}, "below the policy"),
    ],
)
@pytest.mark.requirement("C-17")
def test_a_dataset_is_refused_as_a_whole(lake: Lake, changed: dict[str, Any], said: str) -> None:
    made = LIST.model_copy(update=changed)
    assert said in refusal(lake, made, LIST_SQL).reason


def test_an_unlisted_entry_or_dataset_is_refused(lake: Lake) -> None:
    for unlisted in (ENTITIES.id, LIST.id):
        assert "not listed" in refusal(lake, LIST, LIST_SQL, release(LIST, unlisted=(unlisted,))).reason


def test_k_follows_the_policy_of_the_deployment(lake: Lake) -> None:
    assert decided(lake, POPULATION, COUNT_SQL, opening={"k_open_to_all": 50}).k == 50
    asked = POPULATION.model_copy(update={"k": 30})
    assert decided(lake, asked, COUNT_SQL).k == 30
    assert "below the policy" in refusal(lake, asked, COUNT_SQL, opening={"k_open_to_all": 50}).reason


@pytest.mark.requirement("P-09")
def test_another_agency_s_standard_table_may_not_be_read(lake: Lake) -> None:
    lake.overwrite(lake_table("standard.police__households"), pl.DataFrame({"sex": ["男"]}))
    sql = "select credit_code from standard.market__entities, standard.police__households"
    made = plain("credit_code")
    lake.overwrite(lake_table("candidate.entities_list"), pl.DataFrame({"credit_code": [credit_code(1)]}))
    with pytest.raises(DatasetRefused, match="police__households"):
        decide(release(made), made, sql, lake, deployment(lake.root).settings, MaskContext(AS_OF.date(), "d"))


@pytest.mark.requirement("X-01")
def test_important_data_and_secrets_are_not_opened_by_masking(lake: Lake) -> None:
    level = {"national": "important", "grade": 4, "object": "state", "harm": "serious"}
    graded = ENTITIES.model_validate(ENTITIES.model_dump(by_alias=True) | {"level": level})
    assert "important" in refusal(lake, LIST, LIST_SQL, release(LIST, resources=(graded,))).reason


@pytest.mark.requirement("P-02")
def test_a_regulation_without_conditional_opening_refuses_it(lake: Lake) -> None:
    made = LIST.model_copy(update={"open_type": "conditional"})
    assert "no conditional" in refusal(lake, made, LIST_SQL, release(made, profile="yinchuan")).reason


def test_unknown_masks_columns_and_arguments_are_refused_by_name(lake: Lake) -> None:
    made = dataset(
        "list",
        [
            {"name": "credit_code", "mask": "no_such_mask"},
            {"name": "scope", "mask": "keep_prefix", "arguments": {"length": 99}},
            {"name": "not_there"},
        ],
    )
    assert columns_of(refusal(lake, made, LIST_SQL)) == ["credit_code", "scope", "not_there"]


def test_a_candidate_that_is_not_built_is_an_error_of_the_lake(lake: Lake) -> None:
    with pytest.raises(LakeError):
        candidate(lake, "nothing")
