"""Labels through SQL: what flows, what counting lowers, and that whatever cannot be followed is refused."""

import pytest
from made_city import ENTITIES, HOUSEHOLDS, release

from masking.labels import Labels, join, release_labels
from masking.lineage import Untraceable, label_columns, tables_read

LABELS: Labels = release_labels(release(), {"base.person": ["person_key", "name_agency_id", "sex"]})
SCHEMA = {table: list(columns) for table, columns in LABELS.items()}
T = "standard.market__entities"


def labelled(sql: str) -> dict[str, str]:
    """Return only the label per output column."""
    return {name: label.label for name, label in label_columns(sql, SCHEMA, LABELS).items()}


def test_standard_columns_have_their_own_open_type_and_provenance_is_never_open() -> None:
    labels = LABELS[T]
    assert labels["credit_code"].label == labels["scope"].label == "open_to_all"
    assert labels["representative_id"].label == "none"
    for name in (
        "_row_key",
        "_organisation_key",
        "_delivery_id",
        "remark__fault",
        "representative_id__original",
    ):
        assert labels[name].label == "none"


def test_a_column_with_a_sensitive_condition_is_conditional_until_those_rows_are_nulled() -> None:
    label = LABELS[T]["entity_name"]
    assert (label.label, label.floor) == ("conditional", "open_to_all")
    assert [c.sql for c in label.conditions] == ["entity_kind = 'individual_business'"]


def test_a_base_attribute_takes_the_strictest_claim_and_personal_ones_stay_inside() -> None:
    assert LABELS["base.organisation"]["credit_code"].label == "open_to_all"
    assert LABELS["base.organisation"]["name"].label == "conditional"
    assert LABELS["base.person"]["sex"].label == "none"
    assert LABELS["base.person"]["county_division_code"].label == "none"
    assert not LABELS["base.person"]["county_division_code"].is_direct
    assert LABELS["base.person"]["citizen_id"].is_direct
    assert LABELS["base.organisation"]["insured_count"].label == "none", "nobody claims it"
    assert (
        LABELS["base.person"]["person_key"].label == LABELS["base.person"]["name_agency_id"].label == "none"
    )


def test_an_unlisted_resource_gives_no_labels() -> None:
    labels = release_labels(release(unlisted=(ENTITIES.id,)))
    assert T not in labels
    assert labels["base.organisation"]["credit_code"].label == "none"
    assert str(HOUSEHOLDS.id) not in labels


IDENTITY_ALIASES = [
    "select representative_id as note from T",
    "with a as (select representative_id as x from T), b as (select x as y from a) select y as note from b",
    "with a(p, q) as (select scope, representative_id from T) select q as note from a",
    "select concat(scope, '-', representative_id) as note from T",
    "select first_value(representative_id) over (partition by scope order by capital_cny) as note from T",
    "select max(representative_id) over () as note from T",
    "select string_agg(representative_id, ',') as note from T",
    "select min(representative_id) as note from T group by entity_kind",
    "select scope as note from T union all select representative_id from T",
    "select (select max(representative_id) from T as u where u.scope = t.scope) as note from T as t",
    "select case when representative_id like '1%' then 'a' else 'b' end as note from T",
    "select x as note from T, unnest([representative_id]) as w(x)",
    "select {'k': representative_id}.k as note from T",
    "select substr(representative_id, 7, 8) as note from T",
    "select exists(select 1 from T as u where u.representative_id = t.representative_id) as note from T as t",
    "select t.* exclude (scope) replace (representative_id as remark) from T as t",
    "select l.k as note from T as u, lateral (select representative_id as k from T as v) as l",
    "select list_transform([representative_id], lambda y: y || '!') as note from T",
    "select row_number() over (order by representative_id) as note from T",
    "select representative_id as a, a as note from T",
    "from (select representative_id as note from T)",
]


@pytest.mark.parametrize("sql", IDENTITY_ALIASES)
def test_an_identity_number_keeps_its_label_under_any_alias(sql: str) -> None:
    labels = label_columns(sql.replace("T", T), SCHEMA, LABELS)
    note = labels.get("note") or labels["remark"]
    assert note.label == "none"
    assert any("representative_id" in source or source == "l.k" for source in note.sources)


@pytest.mark.parametrize(
    "sql",
    [
        "select scope as note from T union all by name select representative_id as note from T",
        "select t as note from T as t",
        "select to_json(t) as note from T as t",
        "select no_such_column as note from T",
        "select secret_function() as note from T",
        "select random() as note from T",
        "select note from read_csv('x.csv')",
        "select note from elsewhere.table_of_nobody",
        "select u.x as note from T",
    ],
)
def test_what_cannot_be_followed_has_the_strictest_label(sql: str) -> None:
    assert labelled(sql.replace("T", T))["note"] == "none"


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("select * from elsewhere.table_of_nobody", "*"),
        ("select columns('.*id') from T", "COLUMNS"),
        ("pivot T on entity_kind using count(*)", "SQL"),
        ("select * from T pivot (count(*) for entity_kind in ('a'))", "PIVOT"),
        ("with recursive r as (select scope as a, representative_id as b from T "
         "union all select b, a from r) select a from r", "r"),
        ("select 1; select 2", "SQL"),
        ("create table x as select 1", "SQL"),
        ("selekt scope frm", "SQL"),
    ],
)  # fmt: skip
def test_outputs_that_cannot_be_told_are_untraceable(sql: str, place: str) -> None:
    with pytest.raises(Untraceable) as caught:
        label_columns(sql.replace("T", T) if "table_of" not in sql else sql, SCHEMA, LABELS)
    assert place in caught.value.place


def test_predicates_do_not_flow_but_selected_group_columns_do() -> None:
    sql = f"select scope, entity_name from {T} where representative_id > '1' group by 1, 2"
    assert labelled(sql) == {"scope": "open_to_all", "entity_name": "conditional"}


def test_counting_lowers_and_is_remembered_with_what_was_counted() -> None:
    sql = f"select sex, count(distinct citizen_id) as n, count(*) + 1 as m from base.person group by 1 -- {T}"
    labels = label_columns(sql, SCHEMA, LABELS)
    assert (labels["n"].label, labels["n"].undeclassified, labels["n"].counted) == (
        "open_to_all",
        "none",
        "purely",
    )
    assert (labels["m"].label, labels["m"].counted) == ("open_to_all", "partly")
    assert labels["sex"].label == "none"


def test_a_sum_of_counts_is_a_count_but_a_union_with_a_constant_is_none() -> None:
    inner = f"select entity_kind as k, count(*) as n from {T} group by 1"
    summed = label_columns(f"with c as ({inner}) select sum(n) as n from c", SCHEMA, LABELS)
    mixed = label_columns(f"{inner} union all select 'x', 100", SCHEMA, LABELS)
    averaged = label_columns(f"with c as ({inner}) select max(n) as n from c", SCHEMA, LABELS)
    assert (summed["n"].counted, mixed["n"].counted, averaged["n"].counted) == ("purely", "partly", "partly")


def test_only_registered_functions_lower_a_label() -> None:
    sql = f"select hide(representative_id) as a, md5(representative_id) as b from {T}"
    labels = label_columns(sql, SCHEMA, LABELS, {"HIDE": "conditional"})
    assert (labels["a"].label, labels["b"].label) == ("conditional", "none")


def test_copies_know_their_row_so_that_two_rows_of_one_table_are_told_apart() -> None:
    sql = f"select x.entity_name, y.entity_kind from {T} as x join {T} as y on x.credit_code > y.credit_code"
    labels = label_columns(sql, SCHEMA, LABELS)
    name, kind = labels["entity_name"].origin, labels["entity_kind"].origin
    assert name
    assert kind
    assert name.path != kind.path
    assert label_columns(f"select upper(entity_name) as n from {T}", SCHEMA, LABELS)["n"].origin is None


def test_joining_labels_is_commutative_and_never_loosens() -> None:
    found = list(LABELS[T].values())
    for a in found:
        for b in found:
            one, other = join([a, b]), join([b, a])
            assert one.label == other.label
            assert (one.floor, one.undeclassified) == (other.floor, other.undeclassified)
            assert {a.label, b.label} - {"open_to_all"} <= {one.label, "conditional"}


def test_tables_are_listed_without_ctes_and_catalogues() -> None:
    sql = f'with a as (select * from "memory"."base"."person") select * from a join {T} on true'
    assert tables_read(sql) == ["base.person", T]
