"""A base table that is brought up by changed subjects alone is the one that a whole build would make."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_dbt_models import BASE, City, a_release, a_row

from lake import Lake
from lake.claims import register_claims
from lake.dbt_run import compiled_sql, model_commit
from lake.engine import open_engine
from lake.narrow_build import SubjectModel, build_narrowly
from lake.register import refresh_register
from lake.store import Commit
from resource_catalogue.release import Release
from resource_catalogue.words import TableName, standard_table

TABLE = standard_table("statistics.figures")
INPUTS = ("claims.indicator", "register.roles")
STAGED = "memory.main.staged"
MANY = 20


class Base:
    """Build ``base.indicator`` over one standard table, whole or narrowly, without dbt around it."""

    def __init__(self, home: Path, sql: str) -> None:
        self.lake, self.release, self.sql = Lake(home / "lake"), a_release(), sql
        refresh_register(self.lake, self.release, dt.date(2026, 3, 16))
        self.engine = open_engine(1, "1GB", home / "spill")

    def write(self, *rows: dict[str, Any]) -> None:
        self.lake.overwrite(TABLE, pl.DataFrame(list(rows)))

    def append(self, *rows: dict[str, Any]) -> None:
        self.lake.append(TABLE, pl.DataFrame(list(rows)))

    def replace(self, delivery: str, *rows: dict[str, Any]) -> None:
        frame = pl.DataFrame(list(rows)) if rows else self.lake.read(TABLE).clear()
        self.lake.replace_where(TABLE, frame, {"_delivery_id": delivery})

    def change(self, *rows: dict[str, Any], is_gone: bool = False) -> None:
        frame = pl.DataFrame(list(rows)).with_columns(pl.lit(is_gone).alias("_gone"))
        self.lake.change(TABLE, frame, ["_row_key"])

    def commit(self, checksum: str = "query", release: Release | None = None) -> Commit:
        return model_commit(self.lake, release or self.release, INPUTS, checksum)

    def build(self, commit: Commit | None = None, sql: str | None = None) -> bool | None:
        """Build narrowly, or whole where that is not possible; return what the narrow build said."""
        commit = commit or self.commit()
        self.lake.register(self.engine, *self.lake.tables("standard", "register", "base"))
        register_claims(self.engine, self.lake, self.release)
        self.engine.execute(f"create or replace view {STAGED} as {sql or self.sql}")
        model = SubjectModel(BASE, STAGED, "indicator")
        done = build_narrowly(self.engine, self.lake, self.release, model, commit)
        if done is None:
            self.lake.overwrite(BASE, self.whole(), commit)
        return done

    def whole(self) -> pl.DataFrame:
        return self.engine.execute(f"select * from {STAGED}").pl()

    def is_whole(self) -> bool:
        held, expected = (frame.sort("indicator_key") for frame in (self.lake.read(BASE), self.whole()))
        return held.equals(expected)

    def operation(self) -> dict[str, Any]:
        """Return what the newest commit of the base did, as the log says."""
        from deltalake import DeltaTable

        return DeltaTable(str(self.lake.path(BASE))).history(1)[0]


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the query of the shipped model, as dbt compiles it."""
    city = City(tmp_path_factory.mktemp("compiled"), {})
    city.fill(a_row(1))
    city.build("indicator")
    return compiled_sql(city.deployment, "indicator")


@pytest.fixture
def base(tmp_path: Path, sql: str) -> Iterator[Base]:
    """Return a base of some twenty subjects that has been built whole."""
    made = Base(tmp_path, sql)
    made.write(*(a_row(number) for number in range(MANY)))
    assert made.build() is None
    yield made
    made.engine.close()


def test_new_subjects_are_appended_and_nothing_else_is_written(base: Base) -> None:
    base.append(a_row(100), a_row(101, _delivery_id="e"))
    assert base.build() is True
    assert base.is_whole()
    done = base.operation()
    assert (done["operation"], done["operationMetrics"]["num_added_files"]) == ("WRITE", 1)
    assert base.lake.row_count(BASE) == MANY + 2
    assert base.lake.is_current(BASE, base.commit())


def files(base: Base) -> set[Path]:
    return set(base.lake.path(TABLE).glob("*.parquet"))


def test_a_file_that_went_and_is_no_longer_there_has_the_table_built_whole(base: Base) -> None:
    before = files(base)
    base.change(a_row(4), is_gone=True)
    for path in before:
        path.unlink()
    assert base.build() is None
    assert base.is_whole()
    assert base.lake.row_count(BASE) == MANY - 1


def test_a_file_that_came_and_went_between_two_builds_is_not_asked_for(base: Base) -> None:
    before = files(base)
    base.append(a_row(100))
    between = files(base) - before
    base.change(a_row(100, unit="人", _order_key="2"))
    for path in between:
        path.unlink()
    assert base.build() is True
    assert base.is_whole()
    assert base.lake.row_count(BASE) == MANY + 1


def test_changed_and_vanished_subjects_are_merged_by_their_key(base: Base) -> None:
    base.change(a_row(3, unit="人", _order_key="2"), a_row(200))
    assert base.build() is True
    assert base.is_whole()
    base.change(a_row(4), is_gone=True)
    assert base.build() is True
    assert base.is_whole()
    done = base.operation()["operationMetrics"]
    assert (done["num_target_rows_updated"], done["num_target_rows_deleted"]) == (0, 1)


def test_rows_of_a_rewritten_file_that_stayed_as_they_are_are_not_built_anew(base: Base) -> None:
    base.change(a_row(3, unit="人"))
    assert base.build() is True
    done = base.operation()["operationMetrics"]
    assert done["num_source_rows"] == 1


def test_a_claim_that_changes_nothing_leaves_the_table_as_it_is(base: Base) -> None:
    before = base.lake.version(BASE)
    base.append(a_row(5, _row_key="again", _order_key="0", unit="旧"))
    assert base.build() is False
    assert base.lake.version(BASE) == before
    assert base.is_whole()
    base.append(a_row(5, _row_key="newer", _order_key="3", unit="新"))
    assert base.build() is True
    assert base.is_whole()


def test_a_subject_without_its_identifier_leaves_the_base(base: Base) -> None:
    base.change(a_row(6, period=None))
    assert base.build() is True
    assert base.is_whole()
    assert base.lake.row_count(BASE) == MANY - 1


def test_a_change_of_many_subjects_is_built_whole(base: Base) -> None:
    base.replace("d", *(a_row(number, unit="新") for number in range(MANY)))
    assert base.build() is None
    assert base.is_whole()


def test_another_query_register_or_map_of_columns_is_built_whole(base: Base) -> None:
    base.append(a_row(100))
    assert base.build(base.commit("another")) is None
    base.append(a_row(101))
    assert base.build(base.commit("another", a_release("second_unit"))) is None
    base.lake.append(TableName("register", "roles"), base.lake.read(TableName("register", "roles")).clear())
    base.append(a_row(102))
    assert base.build(base.commit("another", a_release("second_unit"))) is None
    assert base.is_whole()


@pytest.mark.parametrize("trouble", ["forgotten", "merged", "made_anew"])
def test_versions_that_cannot_be_told_apart_any_more_are_no_trouble(base: Base, trouble: str) -> None:
    base.append(a_row(100))
    if trouble == "forgotten":
        base.append(a_row(101))
        base.lake.forget(TABLE)
    elif trouble == "merged":
        for number in range(101, 140):
            base.append(a_row(number))
        assert base.lake.compact(TABLE)
    else:
        base.lake.drop(TABLE)
        base.write(a_row(1), a_row(7, unit="新"))
        base.append(a_row(8))
        base.append(a_row(9))
    base.build()
    assert base.is_whole()


def test_a_model_that_makes_rows_of_other_subjects_too_is_built_whole(base: Base) -> None:
    base.append(a_row(100))
    other = (
        f"{base.sql} union all by name select * replace ('other' as indicator_key) from ({base.sql}) limit 30"
    )
    assert base.build(sql=other) is None


_SUBJECT = st.integers(0, MANY + 3)
_STEP = st.one_of(
    st.tuples(
        st.just("append"), st.lists(st.tuples(_SUBJECT, st.sampled_from("甲乙丙")), min_size=1, max_size=3)
    ),
    st.tuples(
        st.just("change"), st.lists(st.tuples(_SUBJECT, st.sampled_from("甲乙丙")), min_size=1, max_size=3)
    ),
    st.tuples(st.just("delete"), st.lists(st.tuples(_SUBJECT, st.just("")), min_size=1, max_size=3)),
    st.tuples(st.just("replace"), st.lists(st.tuples(_SUBJECT, st.sampled_from("甲乙丙")), max_size=3)),
    st.tuples(st.just("compact"), st.just([])),
    st.tuples(st.just("build"), st.just([])),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, min_size=1, max_size=6))
def test_any_row_of_changes_gives_the_table_that_a_whole_build_gives(
    tmp_path_factory: pytest.TempPathFactory, sql: str, steps: list[tuple[str, list[tuple[int, str]]]]
) -> None:
    base = Base(tmp_path_factory.mktemp("any"), sql)
    base.write(*(a_row(number) for number in range(MANY)))
    base.build()
    for order, (kind, chosen) in enumerate(steps):
        rows = [
            a_row(number, unit=unit, _row_key=f"k{number}", _order_key=str(order), _delivery_id="late")
            for number, unit in dict(chosen).items()
        ]
        if kind == "append":
            base.append(*(row | {"_row_key": f"{row['_row_key']}-{order}"} for row in rows))
        elif kind == "change":
            base.change(*_once_each(base, rows))
        elif kind == "delete":
            base.change(*_once_each(base, rows), is_gone=True)
        elif kind == "replace":
            base.replace("late", *rows)
        elif kind == "compact":
            base.lake.compact(TABLE)
        if kind == "build":
            base.build()
            assert base.is_whole()
    base.build()
    assert base.is_whole()
    base.engine.close()


def _once_each(base: Base, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out keys that the table has twice: a merge cannot name their rows."""
    held = base.lake.read(TABLE)["_row_key"].value_counts()
    twice = set(held.filter(pl.col("count") > 1)["_row_key"])
    return [row for row in rows if row["_row_key"] not in twice] or [a_row(999, _row_key="only")]
