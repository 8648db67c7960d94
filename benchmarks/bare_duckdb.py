"""Make the outputs of a run with DuckDB alone: ``python -m benchmarks.bare_duckdb INBOX OUT CODES THREADS``.

Here: what somebody would write by hand who wants raw and standard tables, findings, the population base and its
statistics as Parquet files and nothing else: no receipts, commits, keys, tasks, decisions or report. Validity of
identifiers, dates and amounts is that of ``norms``, through its macros. Not here: what is in the feeds
(``bare_feeds.py``).
"""

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.bare_feeds import (
    ACCOUNTS,
    COMPARED,
    FEEDS,
    HOUSEHOLD,
    INSURED,
    PROVISIONAL,
    BareColumn,
    BareFeed,
)
from norms.duckdb_macros import all_macros

TODAY = "date '2026-03-16'"
MINIMUM_CELL = 20
SILENT = (
    "date_of_death", "residence_address", "residence_permit_no", "birth_certificate_no", "marital_status", "phone",
)  # fmt: skip
"""Attributes of a person that none of the feeds gives."""
_AMOUNT = r"[0-9][0-9,]{0,14}(\.[0-9]{1,2})?(元|万元)?"
_YUAN = (
    "cast(try_cast(replace(rtrim({x}, '万元'), ',', '') as decimal(18, 2)) * "
    "case when {x} like '%万元' then 10000 else 1 end as decimal(18, 2))"
)
_DAYS = {
    "%Y-%m-%d": ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "try_cast({x} as date)"),
    "%Y%m%d": ("[0-9]{8}", "cast(try_strptime({x}, '%Y%m%d') as date)"),
}
_BLOCK = 4 * 1024 * 1024
_REJECTED = "_extra"


def main() -> None:
    """Read the arguments and make everything."""
    inbox, out, codes = map(Path, sys.argv[1:4])
    connection = duckdb.connect()
    connection.execute(f"set threads = {int(sys.argv[4])}")
    connection.execute(f"set temp_directory = '{out / 'spill'}'")
    for statement in all_macros():
        connection.execute(statement)
    for folder in ("raw", "standard", "text"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    load_code_lists(connection, codes)
    for feed in FEEDS:
        write_raw(connection, feed, inbox, out)
        write_standard(connection, feed, out)
    write_findings(connection, out)
    write_base(connection, out)
    write_statistics(connection, out)


def load_code_lists(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Load each code list as a table ``codes_<name>``."""
    names = {column.codes for feed in FEEDS for column in feed.columns if column.codes}
    for name in sorted(names):
        dates = "coalesce({0}, '') || case when length({0}) = 4 then '{1}' else '' end"
        since, until = dates.format("valid_from", "-01-01"), dates.format("valid_to", "-12-31")
        connection.execute(
            f"create table codes_{name} as select code, try_cast({since} as date) as since, "
            f"try_cast({until} as date) as until from read_csv('{folder}/{name}*.csv', all_varchar = true, "
            "union_by_name = true)"
        )


def write_raw(connection: duckdb.DuckDBPyConnection, feed: BareFeed, inbox: Path, out: Path) -> None:
    """Write the text rows of each file; a row with too many fields keeps what was too much in ``_extra``."""
    names = [*(column.name for column in feed.columns), _REJECTED]
    columns = ", ".join(f"'{name}': 'varchar'" for name in names)
    for path in sorted(inbox.glob(f"*/{feed.files}")):
        text = path if feed.encoding == "utf-8" else _transcoded(path, out / "text", feed.encoding)
        connection.execute(
            f"copy (select '{path.relative_to(inbox).as_posix()}' as _file, row_number() over () as _row_number, * "
            f"from read_csv('{text}', columns = {{{columns}}}, header = true, auto_detect = false, quote = '\"', "
            f"escape = '\"', delim = '{feed.delimiter}', null_padding = true)) "
            f"to '{out}/raw/{feed.table}__{path.stem}.parquet'"
        )


def _transcoded(path: Path, folder: Path, encoding: str) -> Path:
    """Write a file anew in UTF-8: the engine reads no GB encoding."""
    target = folder / path.name
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as written:
        while block := source.read(_BLOCK):
            written.write(decoder.decode(block))
        written.write(decoder.decode(b"", final=True))
    return target


def write_standard(connection: duckdb.DuckDBPyConnection, feed: BareFeed, out: Path) -> None:
    """Write typed rows, each value with its fault and, where there is one, its original."""
    readings = ", ".join(f"{_reading(column)} as r_{column.name}" for column in feed.columns)
    values = ", ".join(
        f"r_{c.name}.value as {c.name}, nullif(r_{c.name}.code, 'not_stated') as {c.name}__fault, "
        f"case when r_{c.name}.code <> 'not_stated' then {c.name} end as {c.name}__original"
        for c in feed.columns
    )
    sent = ", ".join(column.name for column in feed.columns)
    connection.execute(
        f"copy (select _file, _row_number, {values} from (select _file, _row_number, {sent}, {readings} "
        f"from '{out}/raw/{feed.table}__*.parquet' where {_REJECTED} is null)) "
        f"to '{out}/standard/{feed.table}.parquet'"
    )
    connection.execute(
        f"create view {feed.table} as select *, coalesce({feed.collected_at}, {TODAY}) as _day "
        f"from '{out}/standard/{feed.table}.parquet'"
    )


def _reading(column: BareColumn) -> str:
    """Write the SQL that reads a column into ``value`` and ``code``."""
    name = column.name
    match column.kind:
        case "citizen_id" | "credit_code" as kind:
            return f"{kind}_reading({name})"
        case "money":
            return _quick(name, "money", _AMOUNT, _YUAN, f"money_reading({name})")
        case "date":
            shape, day = _DAYS[column.date_format]
            return _quick(name, "date", shape, day, f"date_reading({name}, ['{column.date_format}'])")
    # Long texts are no word for "nothing"; testing them all would cost the bare engine more than it needs.
    bare = f"text_bare({column.name})"
    absent = f"length({column.name}) < 12 and ({bare} = '' or text_bare_is_absent({bare}))"
    destroyed = f"contains({column.name}, '\N{REPLACEMENT CHARACTER}')"
    return (
        f"case when {absent} then struct_pack(value := null::varchar, code := null::varchar) "
        f"when {destroyed} then struct_pack(value := null, code := 'destroyed_characters') "
        f"else struct_pack(value := trim({column.name}), code := null) end"
    )


def _quick(name: str, kind: str, shape: str, value: str, thorough: str) -> str:
    """Write a reading of what is plainly written, and leave everything else to the macro, which is slower."""
    read = value.format(x=name)
    return (
        f"case when regexp_full_match({name}, '{shape}') and {read} is not null "
        f"then struct_pack(value := {read}, code := null::varchar) else {thorough} end"
    )


def _checks(feed: BareFeed) -> Iterator[tuple[str, str, str]]:
    """Give rule id, failing condition and column of every rule over the rows of a feed."""
    for column in feed.columns:
        name, fault = column.name, f"{column.name}__fault"
        broken = f"({name} is null and {fault} is not null)"
        if column.required:
            yield f"required:{name}", f"{name} is null and {fault} is null", name
        if column.kind in ("citizen_id", "credit_code"):
            yield f"identifier:{name}", broken, name
        else:
            yield (
                f"type:{name}",
                broken + (f" or length({name}) > {column.most}" if column.most else ""),
                name,
            )
        yield f"noted:{name}", f"{name} is not null and {fault} is not null", name
        if column.codes:
            listed = f"l.code = {name} and coalesce(since <= _day, true) and coalesce(until >= _day, true)"
            missing = f"not exists (select 1 from codes_{column.codes} l where {listed})"
            yield f"code_list:{name}", f"{name} is not null and {missing}", name
    twice = f"select {feed.key} from {feed.table} where {feed.key} is not null group by 1 having count(*) > 1"
    yield "unique:", f"{feed.key} in ({twice})", ""
    for rule, condition, column_name in feed.declared:
        yield rule, condition.format(today=TODAY), column_name


def write_findings(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Write the failing rows of all rules, then how many there are of each rule."""
    parts = [_failing_rows(feed) for feed in FEEDS] + [_rejected_rows(feed, out) for feed in FEEDS]
    parts += [_disagreements(attribute) for attribute in COMPARED]
    connection.execute(f"copy ({' union all '.join(parts)}) to '{out}/findings.parquet'")
    connection.execute(
        f"copy (select rule_id, count(*) as unexpected from '{out}/findings.parquet' group by 1) "
        f"to '{out}/results.parquet'"
    )


def _failing_rows(feed: BareFeed) -> str:
    """Write one scan that unfolds each row into the rules it fails."""
    cases = ", ".join(
        f"case when {condition} then '{feed.resource}:{rule}' end" for rule, condition, _ in _checks(feed)
    )
    return (
        f"select rule_id, _file, _row_number from (select _file, _row_number, unnest(list_filter([{cases}], "
        f"lambda r: r is not null)) as rule_id from {feed.table})"
    )


def _rejected_rows(feed: BareFeed, out: Path) -> str:
    return (
        f"select '{feed.resource}:rejected_row:' as rule_id, _file, _row_number "
        f"from '{out}/raw/{feed.table}__*.parquet' where {_REJECTED} is not null"
    )


def _disagreements(attribute: str) -> str:
    """Write the comparison with the households: a person may stand there twice, one equal value is enough."""
    return (
        f"select '{INSURED.resource}:agreement:{attribute}' as rule_id, i._file, i._row_number "
        f"from {INSURED.table} i join {HOUSEHOLD.table} h using (citizen_id) "
        f"where i.{attribute} is not null and h.{attribute} is not null group by 1, 2, 3 "
        f"having not bool_or(i.{attribute} = h.{attribute})"
    )


def write_base(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Write one row per person: of each attribute the value of its one source, with where it came from."""
    sources = {column.name: "h" for column in HOUSEHOLD.columns if column.name != "registered_on"}
    sources |= {"insurance_status": "i", "employer_credit_code": "i"}
    parts = [_attribute(name, name, source) for name, source in sources.items()]
    parts.append(_attribute("housing_fund_status", "account_status", "f"))
    parts += [
        f"null::varchar as {name}, null::varchar as {name}__agency_id, null::varchar as {name}__delivery_id, "
        f"null::bigint as {name}__row_number, false as {name}__is_provisional"
        for name in SILENT
    ]
    connection.execute(
        f"copy (select *, substr(registered_division_code, 1, 6) as county_division_code, "
        f"substr(registered_division_code, 1, 4) || '00' as city_division_code from (select {', '.join(parts)} "
        f"from {_latest(HOUSEHOLD)} h full join {_latest(INSURED)} i using (citizen_id) "
        f"left join {_latest(ACCOUNTS)} f on f.citizen_id = coalesce(h.citizen_id, i.citizen_id))) "
        f"to '{out}/person.parquet'"
    )


def _latest(feed: BareFeed) -> str:
    """Write the last row of each person in a feed."""
    return (
        f"(select * from {feed.table} where citizen_id is not null qualify row_number() over "
        "(partition by citizen_id order by _file desc, _row_number desc) = 1)"
    )


def _attribute(name: str, column: str, source: str) -> str:
    """Write an attribute, its agency, file, row, and whether it stands in for a silent source."""
    agency = {"h": HOUSEHOLD.agency, "i": INSURED.agency, "f": ACCOUNTS.agency}
    alternatives = [source, "i"] if name in PROVISIONAL else [source]
    first = " ".join(f"when {one}.{column} is not null then {{{one}}}" for one in alternatives)

    def chosen(part: str) -> str:
        return f"case {first.format(**{one: part.format(one) for one in alternatives})} end"

    by_agency = f"case {first.format(**{one: repr(agency[one]) for one in alternatives})} end"
    provisional = f"h.{column} is null and i.{column} is not null" if len(alternatives) > 1 else "false"
    return (
        f"{chosen('{}.' + column)} as {name}, {by_agency} as {name}__agency_id, "
        f"{chosen('{}._file')} as {name}__delivery_id, {chosen('{}._row_number')} as {name}__row_number, "
        f"coalesce({provisional}, false) as {name}__is_provisional"
    )


def write_statistics(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Write persons by division, sex and ten years of age, without cells that are too small."""
    connection.execute(
        "create table cells as select division_code, sex, case when age >= 90 then '90+' else "
        "(age - age % 10) || '-' || (age - age % 10 + 9) end as age_band, count(*) as \"count\" from ("
        f"select county_division_code as division_code, sex, date_sub('year', date_of_birth, {TODAY}) as age "
        f"from '{out}/person.parquet' where date_of_birth is not null and county_division_code is not null "
        "and sex is not null and date_of_death is null) where age >= 0 group by all "
        f"having count(*) >= {MINIMUM_CELL} order by all"
    )
    for suffix in ("csv", "parquet"):
        connection.execute(f"copy cells to '{out}/population_by_division.{suffix}'")


if __name__ == "__main__":
    main()
