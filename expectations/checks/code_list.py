"""code_list: codes are in their list on the day the row was collected (GB/T 36344 0105 权威参考数据).

A division abolished since is right in an old row and wrong in a new one; rows without a collection date are
judged on the day of ``as_of``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from expectations.check import (
    ROWS,
    Arguments,
    Check,
    Count,
    Declaration,
    ExpectationRule,
    Failing,
    Flag,
    Metric,
    Reason,
    absent,
)
from expectations.macros import code_list_macro, code_list_version, known_code_sql
from resource_catalogue.errors import CatalogueError
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource

DIVISIONS = "divisions"
DAY = "_day"
"""Column of the batch: the row's collection date, else the day of ``as_of``."""


class CodeListed(Check):
    """Count the codes that are not in their list on the row's day."""

    name = "code_list"
    indicator = "0105"
    text = Label(zh="“{column}”取自代码表 {list}", en="{column} is a code of list {list}")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "not_in_list": Reason(
            Label(zh="“{column}”的代码不在代码表 {list} 中", en="the code of {column} is not in list {list}"),
            Label(zh="代码表 {list} 中的代码", en="a code of list {list}"),
            Label(
                zh="改用代码表中的代码；确需新代码的，申请修订代码表",
                en="use a listed code, or ask to extend the list",
            ),
        ),
        "not_valid_on_date": Reason(
            Label(
                zh="“{column}”的代码在采集日期无效（尚未启用或已停用）",
                en="the code of {column} was not valid on the day of collection",
            ),
            Label(zh="代码表 {list} 中当日有效的代码", en="a code of list {list} that was valid that day"),
            Label(
                zh="改用当日有效的代码，如区划调整后的代码",
                en="use the code valid that day, such as a successor",
            ),
        ),
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule per code or division column that has a list."""
        return list(_coded(resource, release))

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell whether any code of the list has a period."""
        return bool(rule.arguments["dated"])

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls and unlisted codes."""
        return ROWS, absent(rule.column), _unlisted(rule).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the unlisted codes among the values."""
        return Count(values[ROWS] - values[absent(rule.column)], values[_unlisted(rule).metric])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows with an unlisted code."""
        known = known_code_sql(str(rule.arguments["list"]), str(rule.arguments["version"]), rule.column)
        return Failing(
            _unlisted(rule).sql, f"case when {known} then 'not_valid_on_date' else 'not_in_list' end"
        )


def list_of(column: Column) -> str | None:
    """Return the code list of a column; null where it has none."""
    if column.type == "division":
        return column.codes or DIVISIONS
    return column.codes if column.type == "code" else None


def _coded(resource: Resource, release: Release) -> Iterator[Declaration]:
    for column in resource.columns:
        name = list_of(column)
        if name is None:
            continue
        codes = release.catalogue.code_lists.get(name)
        if codes is None:
            raise CatalogueError(
                f"{resource.id} column {column.name}",
                f"no code list {name}",
                "a list of the release",
                "add the list",
            )
        arguments: Arguments = {"list": name, "version": code_list_version(codes), "dated": codes.is_dated}
        yield Declaration(column.name, arguments=arguments)


def _unlisted(rule: ExpectationRule) -> Flag:
    macro = code_list_macro(str(rule.arguments["list"]), str(rule.arguments["version"]))
    return Flag(macro, (rule.column, DAY))


CHECK = CodeListed()
