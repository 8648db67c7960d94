"""Tables of real databases become deliveries, whole or what changed, and nothing is written there."""

from collections.abc import Iterator

import pytest
from database_servers import Database, mariadb_server, postgresql_server
from made_inbox import COLUMNS, RAW, Inbox
from pydantic import ValidationError

from ingestion.spool import Spool

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Database]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Database]:
    with mariadb_server() as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.needs_postgresql),
        pytest.param("mariadb", marks=pytest.mark.needs_mariadb),
    ]
)
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return a server with a table of three rows."""
    server: Database = request.getfixturevalue(request.param)
    monkeypatch.setenv("READER_PASSWORD", "word")
    server.run("drop table if exists people")
    instant = "timestamp(6)" if server.kind == "postgresql" else "datetime(6)"
    server.run(
        "create table people (code varchar(20) primary key, title varchar(100), amount int, ratio numeric(10,3), "
        f"changed {instant} null)"
    )
    for number in range(3):
        _add(server, f"c{number}", number)
    return server


def _add(database: Database, code: str, number: int) -> None:
    database.run("delete from people where code = %s", code)
    database.run(
        "insert into people values (%s, %s, %s, 1.50, %s)",
        code,
        f"名称,\n{number}",
        number,
        f"2026-03-0{number + 1} 08:00:00.5",
    )


def _codes(inbox: Inbox) -> list[str]:
    return sorted(code for (code,) in inbox.rows("code"))


def test_a_table_becomes_a_snapshot_once(inbox: Inbox, database: Database) -> None:
    inbox.declare(source=database.source())
    assert inbox.ingest().source_fault == ""
    assert sorted(inbox.rows("code", "title", "amount")) == [(f"c{n}", f"名称,\n{n}", n) for n in range(3)]
    assert sorted(inbox.rows("ratio", "changed", table=RAW))[0] == ("1.500", "2026-03-01 08:00:00.500000")
    host = "localhost"
    assert inbox.delivery()["file_name"] == f"{database.kind}://{host}/agency/people"
    before = inbox.versions()
    assert inbox.ingest().new == ()
    assert inbox.versions() == before
    database.run("delete from people where code = 'c1'")
    inbox.declare(source=database.source(), guard={"max_shrink_pct": 50})
    inbox.ingest()
    assert _codes(inbox) == ["c0", "c2"]


def test_a_table_that_goes_back_to_an_earlier_state_is_read_as_that(inbox: Inbox, database: Database) -> None:
    inbox.declare(source=database.source())
    inbox.ingest()
    database.run("update people set amount = 7 where code = 'c1'")
    inbox.ingest()
    database.run("update people set amount = 1 where code = 'c1'")
    # The row has moved to the end of the table by now; the server gives it there.
    database.run("delete from people where code <> 'c1'")
    for number in (0, 2):
        _add(database, f"c{number}", number)
    for _ in range(2):
        inbox.ingest()
    assert sorted(inbox.rows("code", "amount")) == [("c0", 0), ("c1", 1), ("c2", 2)]
    assert len(inbox.deliveries()) == 3


def test_only_what_changed_is_read_and_rows_read_twice_stand_once(inbox: Inbox, database: Database) -> None:
    source = database.source(new_since={"column": "changed", "overlap": 3600})
    inbox.declare(source=source, mode="changes")
    inbox.ingest()
    assert _codes(inbox) == ["c0", "c1", "c2"]
    _add(database, "c0", 4)
    _add(database, "late", 2)
    inbox.ingest()
    assert inbox.deliveries()[-1]["rows_received"] == 3
    assert sorted(inbox.rows("code", "amount")) == [("c0", 4), ("c1", 1), ("c2", 2), ("late", 2)]
    _add(database, "long_ago", 1)
    inbox.ingest()
    assert "long_ago" not in _codes(inbox)
    database.run("delete from people")
    count = len(inbox.deliveries())
    assert inbox.ingest().source_fault == ""
    assert len(inbox.deliveries()) == count


def test_a_number_may_be_what_grows(inbox: Inbox, database: Database) -> None:
    inbox.declare(source=database.source(new_since={"column": "amount", "overlap": 0}), mode="changes")
    inbox.ingest()
    _add(database, "c9", 8)
    database.run("update people set amount = 10 where code = 'c1'")
    inbox.ingest()
    assert inbox.deliveries()[-1]["rows_received"] == 3
    assert Spool.of(inbox.deployment, inbox.resource.id).count == 2


def test_a_query_of_two_tables_may_be_read(inbox: Inbox, database: Database) -> None:
    query = "select code, title, amount * 2 as amount from people where amount > 0 -- all but the first"
    inbox.declare(source=database.source(query=query))
    assert inbox.ingest().source_fault == ""
    assert sorted(inbox.rows("code", "amount")) == [("c1", 2), ("c2", 4)]


@pytest.mark.parametrize("query", ["delete from people", "select 1; drop table people", "call f()"])
def test_what_is_no_single_select_is_refused_in_the_catalogue(inbox: Inbox, query: str) -> None:
    source = {
        "connector": "database",
        "kind": "mysql",
        "host": "h",
        "database": "d",
        "user": "u",
        "query": query,
    }
    with pytest.raises(ValidationError):
        inbox.declare(source=source)


def test_a_select_that_writes_is_refused_by_the_session(
    inbox: Inbox, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER_PASSWORD", "word")
    postgresql.run("create table if not exists kept (n int)")
    postgresql.run(
        "create or replace function writes() returns int language sql as 'insert into kept values (1) returning n'"
    )
    inbox.declare(source=postgresql.source(query="select writes() as code"))
    assert "the database refuses it" in inbox.ingest().source_fault
    assert postgresql.run("select count(*) from kept") == [(0,)]


def test_a_statement_that_takes_too_long_is_ended(inbox: Inbox, database: Database) -> None:
    slow = "pg_sleep(20)" if database.kind == "postgresql" else "sleep(20)"
    source = database.source(query=f"select code, {slow} as title from people", statement_seconds=0.5)
    inbox.declare(source=source)
    assert "the database refuses it" in inbox.ingest().source_fault


@pytest.mark.parametrize(
    ("word", "table", "said"), [("wrong", "people", "refuses"), ("word", "nothing", "refuses")]
)
def test_a_wrong_password_and_a_table_that_is_not_there_are_told_without_secrets(
    inbox: Inbox, database: Database, monkeypatch: pytest.MonkeyPatch, word: str, table: str, said: str
) -> None:
    monkeypatch.setenv("READER_PASSWORD", word)
    inbox.declare(source=database.source(table=table))
    fault = inbox.ingest().source_fault
    assert said in fault
    assert "wrong" not in fault


def test_a_value_that_the_server_repeats_in_its_error_is_told_nowhere(
    inbox: Inbox, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    number = "11010119900307123X"
    database.run("update people set title = %s", number)
    spoken = {"postgresql": "cast(title as int)", "mysql": "extractvalue('<a/>', concat('~', title))"}
    inbox.declare(source=database.source(query=f"select code, {spoken[database.kind]} as amount from people"))
    fault = inbox.ingest().source_fault
    assert fault
    assert number not in fault + caplog.text


def test_a_server_that_is_down_is_told_and_what_it_gave_stays(inbox: Inbox, database: Database) -> None:
    inbox.declare(source=database.source())
    inbox.ingest()
    database.stop()
    try:
        assert "the database fails" in inbox.ingest().source_fault
    finally:
        database.start()
    assert _codes(inbox) == ["c0", "c1", "c2"]


def test_types_that_have_no_counterpart_come_as_the_servers_text(
    inbox: Inbox, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER_PASSWORD", "word")
    query = (
        "select '10.0.0.1'::inet as code, '{\"a\": 1.10}'::jsonb as title, array[1, 2] as amount, "
        "12345678901234567890.10 as n, "
        "'0b0ee4e0-0000-4000-8000-000000000001'::uuid as u, interval '1 day' as i, true as t, '2026-03-01'::date as d, "
        "'2026-03-01 08:00+08'::timestamptz as z, '{\"b\":1}'::json as j, '\\x00ff'::bytea as y"
    )
    inbox.declare(source=postgresql.source(query=query), columns=COLUMNS[:2])
    assert inbox.ingest().source_fault == ""
    names = ("code", "title", "amount", "n", "u", "i", "t", "d", "z", "j", "y")
    assert inbox.rows(*names, table=RAW) == [
        ("10.0.0.1/32", '{"a": 1.10}', "{1,2}", "12345678901234567890.10", "0b0ee4e0-0000-4000-8000-000000000001",
         "1 day", "true", "2026-03-01", "2026-03-01 00:00:00+0000", '{"b":1}', "\\x00ff"),
    ]  # fmt: skip
