"""How to break a row, or a delivery, so that one given rule must find it: one way per kind of check and type.

Here: values as an agency would send them, made from a clean row. Not here: where the rows come from
(``rule_city.py``) nor what is found. A kind or a type without a way fails with a message to add one.
"""

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from data.generator.check_characters import CREDIT_ALPHABET, other_character
from data.generator.identifier_faults import full_width
from expectations.check import ExpectationRule
from resource_catalogue.resource import Column, Resource, Rule

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
TODAY, DAY = AS_OF.date(), dt.timedelta(days=1)
ADD = "tests/flows/rule_breakings.py has no way to break {}: add one, so that the rule stays proven"

Sent = dict[str, str]
"""One row as sent: text by declared column, empty where nothing is sent."""

DESTROYED = "乱\N{REPLACEMENT CHARACTER}码"
UNREADABLE: Mapping[str, str] = {
    **dict.fromkeys(("text", "person_name", "address", "code", "division", "geometry"), DESTROYED),
    **dict.fromkeys(("integer", "decimal", "money"), "约三亩"),
    "date": "2026-02-30",
    "datetime": "2026-02-30 09:00",
    "boolean": "也许",
    "phone": "1380",
    "certificate_identifier": "不是标识",
}
"""A text that cannot be read, by column type."""
NOTED_TYPES = frozenset(
    {
        "citizen_id", "credit_code", "registration_number", "subject_identifier", "certificate_identifier",
        "phone", "money", "date", "datetime",
    }
)  # fmt: skip
"""Types whose norm notes another way of writing; of the others ``ingestion`` makes no note at present."""


@dataclass(frozen=True)
class Broken:
    """Hold a broken row.

    Attributes:
        sent: The row as sent.
        noted: Column whose note is written into ``standard``, where no text of the type brings one.
        also: Ids of declared rules that the change cannot but break too.
        twice: Whether the row stands in the table a second time.
    """

    sent: Sent
    noted: str = ""
    also: frozenset[str] = field(default_factory=frozenset)
    twice: bool = False


def broken(rule: ExpectationRule, resource: Resource, clean: Sent) -> Broken | None:
    """Break a clean row for a rule; null where this row does not lend itself to it."""
    if rule.check not in WAYS:
        raise AssertionError(ADD.format(f"a rule of check {rule.check}"))
    best: Broken | None = None
    for candidate in WAYS[rule.check](rule, resource, clean):
        also = frozenset(_violated(resource, candidate.sent) - {rule.rule_id})
        if best is None or len(also) < len(best.also):
            best = Broken(candidate.sent, candidate.noted, also, candidate.twice)
    return best


def changed(claims: pl.Series) -> pl.Series:
    """Change every value of a claimed column, so that it agrees with its source nowhere."""
    if claims.dtype == pl.String:
        return claims + "改"
    if claims.dtype == pl.Date:
        return claims.dt.offset_by("1d")
    if claims.dtype.is_numeric():
        return (claims + 1).cast(claims.dtype)
    raise AssertionError(ADD.format(f"claims of type {claims.dtype}"))


def _missing(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    if clean[rule.column]:
        yield Broken({**clean, rule.column: ""})


def _unreadable(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    kind = resource.column(rule.column).type
    if kind not in UNREADABLE:
        raise AssertionError(ADD.format(f"the type {kind}"))
    longest = rule.arguments.get("max")
    yield Broken({**clean, rule.column: "长" * (int(longest) + 1) if longest else UNREADABLE[kind]})


def _wrong_check_character(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    text = clean[rule.column]
    alphabets = {"citizen_id": "0123456789X", "registration_number": "0123456789"}
    if text:
        alphabet = alphabets.get(resource.column(rule.column).type, CREDIT_ALPHABET)
        yield Broken({**clean, rule.column: other_character(text, alphabet)})


def _unlisted(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    if clean[rule.column]:
        yield Broken({**clean, rule.column: "没有此码"})


def _otherwise_written(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    text, kind = clean[rule.column], resource.column(rule.column).type
    if text and kind == "money":
        yield Broken({**clean, rule.column: "1.0123456789"})
    elif text and kind in NOTED_TYPES:
        yield Broken({**clean, rule.column: re.sub("[0-9]+", lambda digits: full_width(digits[0]), text)})
    elif text:
        yield Broken(clean, noted=rule.column)


def _doubled(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    if all(clean[column] for column in rule.columns):
        yield Broken(clean, twice=True)


def _swapped(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    earlier, later = (resource.column(name) for name in rule.columns)
    first, last = _day(clean[earlier.name], earlier), _day(clean[later.name], later)
    if first:
        yield Broken({**clean, later.name: _written(first - DAY, later)})
    if last:
        yield Broken({**clean, earlier.name: _written(last + DAY, earlier)})


def _tomorrow(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    yield Broken({**clean, rule.column: _written(TODAY + DAY, resource.column(rule.column))})


def _too_old(rule: ExpectationRule, resource: Resource, clean: Sent) -> Iterator[Broken]:
    day = TODAY - dt.timedelta(days=int(rule.arguments["max_age_days"]) + 1)
    yield Broken({**clean, rule.column: _written(day, resource.column(rule.column))})


WAYS: Mapping[str, Callable[[ExpectationRule, Resource, Sent], Iterator[Broken]]] = {
    "required": _missing,
    "type": _unreadable,
    "identifier": _wrong_check_character,
    "code_list": _unlisted,
    "noted": _otherwise_written,
    "unique": _doubled,
    "order": _swapped,
    "not_future": _tomorrow,
    "not_stale": _too_old,
}
"""Ways to break a row, by kind of check."""


def _violated(resource: Resource, sent: Sent) -> set[str]:
    """Return the declared rules over dates that a row breaks, judged here in plain Python once more."""
    return {f"{resource.id}:{rule.id}" for rule in resource.rules if _is_violated(resource, rule, sent)}


def _is_violated(resource: Resource, rule: Rule, sent: Sent) -> bool:
    days = [_day(sent[name], resource.column(name)) for name in rule.columns]
    if None in days or rule.check not in ("order", "not_future", "not_stale"):
        return False
    known = [day for day in days if day is not None]
    if rule.check == "order":
        return known[0] > known[1]
    if rule.check == "not_future":
        return known[0] > TODAY
    return (TODAY - known[0]).days > int(rule.arguments["max_age_days"])


def _day(text: str, column: Column) -> dt.date | None:
    for shape in column.formats:
        try:
            return dt.date(*time.strptime(text, shape)[:3])
        except ValueError:
            continue
    return None


def _written(day: dt.date, column: Column) -> str:
    return dt.datetime(day.year, day.month, day.day).strftime(column.formats[0])
