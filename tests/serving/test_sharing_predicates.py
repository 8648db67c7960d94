"""Predicates against an engine: three values, every outcome, and no file left out that has a row."""

import datetime as dt
import json
from itertools import product
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.delta_files import DataFile, Snapshot, file_id
from serving.sharing.json_hints import read_json_hint
from serving.sharing.predicates import ANY, FALSE, NULL, TRUE, HintError, Span
from serving.sharing.skipping import Hints, useful_files

TYPES = {"n": "long", "s": "string", "d": "date", "b": "boolean", "t": "timestamp", "x": "double"}
SQL_TYPES = {
    "long": "bigint",
    "string": "varchar",
    "date": "date",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "double": "double",
}
HINTED = {
    "long": "long",
    "string": "string",
    "date": "date",
    "boolean": "bool",
    "timestamp": "timestamp",
    "double": "double",
}
COMPARISONS = {
    "equal": "=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "n": st.integers(-3, 3),
    "s": st.sampled_from(["", "a", "ab", "b", "海口", "龙华", "Z", "'"]),
    "d": st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 5)),
    "b": st.booleans(),
    "t": st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, 0, 0, 1)).map(
        lambda t: t.replace(tzinfo=dt.UTC)
    ),
    "x": st.sampled_from([-1.5, 0.0, 0.1, 2.0, float("nan"), float("inf")]),
}


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value)


def snapshot(files: list[DataFile], partitions: tuple[str, ...]) -> Snapshot:
    fields = [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in TYPES.items()]
    metadata = {
        "id": "x",
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": list(partitions),
        "configuration": {},
    }
    return Snapshot(0, {"minReaderVersion": 1}, metadata, {file.path: file for file in files})


def file_with(rows: list[dict[str, Any]], partitions: tuple[str, ...] = ()) -> DataFile:
    """Describe a file as its writer would: statistics without what is no number, instants cut to milliseconds."""
    lows, highs, nulls = {}, {}, {}
    for column in set(TYPES) - set(partitions):
        held = [row[column] for row in rows if row[column] is not None]
        nulls[column] = len(rows) - len(held)
        numbers = [v for v in held if v == v]
        if numbers:
            low, high = min(numbers), max(numbers)
            if column == "t":
                low, high = (v.replace(microsecond=v.microsecond // 1000 * 1000) for v in (low, high))
            plain = column in ("n", "b", "x")
            lows[column], highs[column] = (v if plain else text_of(v) for v in (low, high))
    stats = json.dumps({"numRecords": len(rows), "minValues": lows, "maxValues": highs, "nullCount": nulls})
    values = {c: None if rows[0][c] is None else text_of(rows[0][c]) for c in partitions}
    return DataFile(file_id("f"), "f", 1, values, 0, stats.replace("Infinity", "1e999"))


ENGINE = duckdb.connect()
ENGINE.execute("set TimeZone = 'UTC'")


def evaluate(rows: list[dict[str, Any]], sql: str) -> list[bool | None]:
    """Return what an engine makes of a condition for each row."""
    columns = ", ".join(f"{name} {SQL_TYPES[kind]}" for name, kind in TYPES.items())
    ENGINE.execute(f"create or replace temp table held (place integer, {columns})")
    marks = ", ".join("?" for _ in range(len(TYPES) + 1))
    for place, row in enumerate(rows):
        ENGINE.execute(f"insert into held values ({marks})", [place, *(row[c] for c in TYPES)])
    return [value for (value,) in ENGINE.execute(f"select {sql} from held order by place").fetchall()]


def literal_sql(column: str, value: Any) -> str:
    quoted = text_of(value).replace("'", "''")
    return f"'{quoted}'::{SQL_TYPES[TYPES[column]]}"


@st.composite
def leaves(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    column = draw(st.sampled_from(sorted(TYPES)))
    kind = HINTED[TYPES[column]]
    node = {"op": "column", "name": column, "valueType": kind}
    if draw(st.integers(0, 4)) == 0:
        return {"op": "isNull", "children": [node]}, f"({column} is null)"
    if column == "b" and draw(st.booleans()):
        return node, f"({column})"
    op = draw(st.sampled_from(sorted(COMPARISONS)))
    value = draw(VALUES[column].filter(lambda v: v == v and v != float("inf")))
    constant = {"op": "literal", "value": text_of(value), "valueType": kind}
    sign = COMPARISONS[op]
    if draw(st.booleans()):
        return {"op": op, "children": [constant, node]}, f"({literal_sql(column, value)} {sign} {column})"
    return {"op": op, "children": [node, constant]}, f"({column} {sign} {literal_sql(column, value)})"


def join(
    children: st.SearchStrategy[tuple[dict[str, Any], str]],
) -> st.SearchStrategy[tuple[dict[str, Any], str]]:
    several = st.lists(children, min_size=2, max_size=3)
    negated = children.map(lambda c: ({"op": "not", "children": [c[0]]}, f"(not {c[1]})"))
    joined = st.tuples(st.sampled_from(["and", "or"]), several).map(
        lambda drawn: (
            {"op": drawn[0], "children": [tree for tree, _ in drawn[1]]},
            "(" + f" {drawn[0]} ".join(sql for _, sql in drawn[1]) + ")",
        )
    )
    return st.one_of(negated, joined)


TREES = st.recursive(leaves(), join, max_leaves=8)
ROWS = st.fixed_dictionaries({c: st.none() | values for c, values in VALUES.items()})
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(tree=TREES, row=ROWS)
def test_known_values_give_exactly_the_engines_third_value(
    tree: tuple[dict[str, Any], str], row: dict[str, Any]
) -> None:
    row = {**row, "x": None if row["x"] != row["x"] or row["x"] == float("inf") else row["x"]}
    families = {"long": "int", "boolean": "bool"}
    predicate = read_json_hint(json.dumps(tree[0]))

    def known(name: str) -> Span:
        kind = TYPES[name]
        return Span.of(families.get(kind, kind), row[name])  # type: ignore[arg-type]

    expected = {True: TRUE, False: FALSE, None: NULL}[evaluate([row], tree[1])[0]]
    assert predicate.outcomes(known) == expected


@SLOW
@given(tree=TREES, rows=st.lists(ROWS, min_size=1, max_size=4), data=st.data())
def test_no_file_is_left_out_that_has_a_row_for_the_engine(
    tree: tuple[dict[str, Any], str], rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    partitions = data.draw(st.sampled_from([(), ("s",), ("d",), ("n", "b"), ("t",)]))
    rows = [{**row, **{c: rows[0][c] for c in partitions}} for row in rows]
    given_files = snapshot([file_with(rows, partitions)], partitions)
    matches = any(value is True for value in evaluate(rows, tree[1]))
    kept = useful_files(given_files, Hints(json=json.dumps(tree[0])))
    assert len(kept) == 1 or not matches


@SLOW
@given(tree=TREES, row=ROWS)
def test_a_file_whose_every_value_is_known_is_left_out_as_the_engine_would(
    tree: tuple[dict[str, Any], str], row: dict[str, Any]
) -> None:
    row = {**row, "x": None, "s": row["s"] or None}
    matches = evaluate([row], tree[1])[0] is True
    partitions = tuple(TYPES)
    kept = useful_files(snapshot([file_with([row], partitions)], partitions), Hints(json=json.dumps(tree[0])))
    assert bool(kept) == matches


def boolean(value: bool | None, name: str) -> dict[str, Any]:
    """Write a node whose value is known: true, false, or null by comparison with an absent column."""
    if value is None:
        return {
            "op": "equal",
            "children": [
                {"op": "column", "name": name, "valueType": "int"},
                {"op": "literal", "value": "1", "valueType": "int"},
            ],
        }
    return {"op": "literal", "value": value, "valueType": "bool"}


@pytest.mark.parametrize(("a", "b"), list(product([True, False, None], repeat=2)))
def test_the_truth_tables_of_three_values(a: bool | None, b: bool | None) -> None:
    words = {True: TRUE, False: FALSE, None: NULL}

    def outcome(op: str, *children: dict[str, Any]) -> int:
        tree = {"op": op, "children": list(children)}
        return read_json_hint(json.dumps(tree)).outcomes(lambda name: Span.of("int", None))

    sql = {None: "null::boolean", True: "true", False: "false"}
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select {sql[a]} and {sql[b]}, {sql[a]} or {sql[b]}, not {sql[a]}"
        ).fetchone()
    assert row is not None
    assert outcome("and", boolean(a, "n"), boolean(b, "n")) == words[row[0]]
    assert outcome("or", boolean(a, "n"), boolean(b, "n")) == words[row[1]]
    assert outcome("not", boolean(a, "n")) == words[row[2]]


TWO = snapshot(
    [
        DataFile(
            "1",
            "1",
            1,
            {"s": "海口"},
            0,
            '{"numRecords":2,"minValues":{"n":1},"maxValues":{"n":5},"nullCount":{"n":0}}',
        ),
        DataFile(
            "2",
            "2",
            1,
            {"s": "龙华"},
            0,
            '{"numRecords":2,"minValues":{"n":6},"maxValues":{"n":9},"nullCount":{"n":1}}',
        ),
    ],
    ("s",),
)


@pytest.mark.parametrize(
    ("hint", "kept"),
    [
        ("s = '海口'", "1"),
        ("s <> '海口'", "2"),
        ("s != '海口'", "2"),
        ("'海口' = s", "1"),
        ("`s` = '海口'", "1"),
        ("S == '海口'", "1"),
        ("n > 5", "2"),
        ("5 < n", "2"),
        ("n <= 5", "1"),
        ("n >= 1", "12"),
        ("n = 7", "2"),
        ("n < -4", ""),
        ("n is null", "2"),
        ("n is not null", "12"),
        ("not n is null", "12"),
        ("n > 5 and s = '海口'", ""),
        ("n > 5 or s = '海口'", "12"),
        ("not (n > 5 or s = '龙华')", "1"),
        ("(((n > 5)))", "2"),
        ("NOT NOT n > 5", "2"),
        ("n > 5.5", "12"),
        ("n > '5'", "12"),
        ("n in (1, 2)", "12"),
        ("n between 7 and 9", "12"),
        ("s like '海%'", "12"),
        ("unknown = 1", "12"),
        ("n + 1 > 7", "12"),
        ("lower(s) = 'x'", "12"),
        ("s = '海口'; drop table rows", "12"),
        ("1 = 1", "12"),
        ("s = '海口' --", "12"),
        ('s = "海口"', "12"),
        ("s = 海口", "12"),
        ("n >", "12"),
        ("", "12"),
        ("(", "12"),
        ("n > 5)", "12"),
        ("(" * 5000 + "n > 5" + ")" * 5000, "12"),
        ("not " * 3000 + "n > 5", "12"),
        ("x" * 20_000, "12"),
    ],
)
def test_conditions_in_sql_leave_out_files_or_are_passed_over(hint: str, kept: str) -> None:
    assert "".join(f.id for f in useful_files(TWO, Hints(sql=(hint,)))) == kept


def test_of_several_conditions_one_that_cannot_be_read_does_not_undo_the_others() -> None:
    assert [f.id for f in useful_files(TWO, Hints(sql=("nonsense(", "n > 5")))] == ["2"]


def compare(op: str, column: str, kind: str, value: Any, value_kind: str | None = None) -> dict[str, Any]:
    return {
        "op": op,
        "children": [
            {"op": "column", "name": column, "valueType": kind},
            {"op": "literal", "value": value, "valueType": value_kind or kind},
        ],
    }


DEEP: dict[str, Any] = compare("equal", "n", "int", "7")
for _ in range(80):
    DEEP = {"op": "not", "children": [DEEP]}


@pytest.mark.parametrize(
    ("tree", "kept"),
    [
        (compare("equal", "n", "int", "7"), "2"),
        (compare("equal", "n", "long", 7), "2"),
        (compare("equal", "N", "long", 7), "2"),
        (compare("equal", "s", "string", "海口"), "1"),
        ({"op": "not", "children": [compare("equal", "s", "string", "海口")]}, "2"),
        (compare("equal", "n", "string", "7"), "12"),
        (compare("equal", "n", "int", "seven"), "12"),
        (compare("equal", "n", "int", "７"), "12"),
        (compare("equal", "n", "int", None), "12"),
        (compare("equal", "n", "int", "7", "string"), "12"),
        (compare("equal", "unknown", "int", "7"), "12"),
        (compare("equal", "n", "decimal", "7"), "12"),
        (compare("like", "n", "int", "7"), "12"),
        (compare("equal", "t", "timestamp", "2026-01-01 00:00:00"), "12"),
        ({"op": "and", "children": [compare("equal", "n", "int", "7")]}, "12"),
        ({"op": "and", "children": []}, "12"),
        ({"op": "not", "children": []}, "12"),
        ({"op": "isNull", "children": [compare("equal", "n", "int", "7")]}, "12"),
        ({"op": "equal", "children": [{"op": "column"}]}, "12"),
        ({"op": 7}, "12"),
        ({}, "12"),
        ([], "12"),
        ("text", "12"),
        (None, "12"),
        ({"op": "literal", "value": "7", "valueType": "int"}, "12"),
        (DEEP, "12"),
        ({"op": "or", "children": [compare("equal", "n", "int", "7")] * 400}, "12"),
        ({"op": "literal", "value": False, "valueType": "bool"}, ""),
    ],
)
def test_a_tree_leaves_out_files_and_any_error_leaves_out_none(tree: Any, kept: str) -> None:
    assert "".join(f.id for f in useful_files(TWO, Hints(json=json.dumps(tree)))) == kept


def one_row(**row: Any) -> dict[str, Any]:
    return {**dict.fromkeys(TYPES), **row}


@pytest.mark.parametrize(
    ("rows", "condition"),
    [
        ([one_row(x=1.0), one_row(x=float("nan"))], "x > 5.0"),
        ([one_row(x=1.0), one_row(x=float("inf"))], "x >= 5.0"),
        ([one_row(t=dt.datetime(2026, 1, 1, 0, 0, 0, 900, dt.UTC))], "t > '2026-01-01T00:00:00.000500Z'"),
        ([one_row(t=dt.datetime(2026, 1, 1, 0, 0, 0, 900, dt.UTC))], "t = '2026-01-01T00:00:00.000900Z'"),
    ],
)
def test_what_statistics_leave_out_is_not_taken_for_absent(
    rows: list[dict[str, Any]], condition: str
) -> None:
    """Statistics name no value that is no number, and cut instants to milliseconds."""
    assert any(evaluate(rows, condition))
    file = file_with([row for row in rows if row["x"] != float("inf")])
    held = DataFile(file.id, file.path, 1, {}, 0, file.stats)
    assert useful_files(snapshot([held], ()), Hints(sql=(condition,))) == (held,)


def test_a_hint_that_is_no_json_leaves_out_none() -> None:
    for text in ("", "{", "x" * 100, "[" * 5000):
        assert len(useful_files(TWO, Hints(json=text))) == 2
        with pytest.raises(HintError):
            read_json_hint(text)


def test_statistics_that_cannot_be_read_keep_their_file() -> None:
    for stats in (None, "", "{", "[]", '{"minValues": 7}', '{"numRecords": 1, "minValues": {"n": "x"}}'):
        held = snapshot([DataFile("1", "1", 1, {}, 0, stats)], ())
        assert len(useful_files(held, Hints(sql=("n = 7",)))) == 1


def test_columns_under_a_mapping_are_not_judged_by_their_statistics() -> None:
    held = snapshot(list(TWO.files), ("s",))
    held.metadata["configuration"]["delta.columnMapping.mode"] = "name"  # type: ignore[index]
    assert len(useful_files(held, Hints(sql=("n = 7",)))) == 2


def test_nothing_known_is_any_outcome() -> None:
    assert read_json_hint(json.dumps(compare("equal", "n", "int", 1))).outcomes(lambda name: None) == ANY
