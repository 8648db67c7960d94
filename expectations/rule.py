"""The rules of a resource: those that follow from its columns and those it declares.

Here: putting both together, each with id and version. Not here: what a check means (``checks/``).

>>> rule_id("police.household_register", "required", "name")
'police.household_register:required:name'
"""

from collections.abc import Iterator

from expectations.check import Arguments, Check, Declaration, ExpectationRule, version_of
from expectations.checks import all_checks, declarable_checks
from resource_catalogue.errors import CatalogueError
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource, Rule

__all__ = ["ExpectationRule", "rule_id", "rules_of"]


def rules_of(resource: Resource, release: Release) -> tuple[ExpectationRule, ...]:
    """Return all rules of a resource, in order of rule id.

    Raises:
        CatalogueError: A declared rule names an unknown check or column, or nothing is checked but
        deliveries.
    """
    rules = [*_automatic(resource, release), *(_declared(resource, rule) for rule in resource.rules)]
    if not any(all_checks()[rule.check].batch == "rows" and rule.check != "noted" for rule in rules):
        raise CatalogueError(
            resource.id,
            "no rule looks at its rows",
            "a key, a required or typed column, or a declared rule",
            "add one to the resource's file",
        )
    if len({rule.rule_id for rule in rules}) != len(rules):
        raise CatalogueError(resource.id, "two rules of one id", "each id once", "rename a declared rule")
    return tuple(sorted(rules, key=lambda rule: rule.rule_id))


def rule_id(resource_id: str, check: str, column: str) -> str:
    """Return the id of an automatic rule."""
    return f"{resource_id}:{check}:{column}"


def column_label(resource: Resource, name: str) -> Label:
    """Return the label of a column; its name where it has none."""
    for column in resource.columns:
        if column.name == name:
            return Label(zh=column.zh, en=column.en or column.name.replace("_", " "))
    return Label(zh=name or resource.name.zh, en=name or resource.name.en or resource.id)


def filled(text: Label, resource: Resource, columns: tuple[str, ...], arguments: Arguments) -> Label:
    """Fill labels and arguments into a text; ``{column}`` is the last column, ``{other}`` the first."""
    labels = [column_label(resource, name) for name in columns] or [column_label(resource, "")]
    return Label(
        zh=text.zh.format(
            column=labels[-1].zh, other=labels[0].zh, all="、".join(x.zh for x in labels), **arguments
        ),
        en=text.en.format(
            column=labels[-1].en, other=labels[0].en, all=", ".join(x.en for x in labels), **arguments
        ),
    )


def _automatic(resource: Resource, release: Release) -> Iterator[ExpectationRule]:
    for check in all_checks().values():
        for said in check.rules_for(resource, release):
            yield _made(resource, check, said, rule_id(resource.id, check.name, said.column))


def _declared(resource: Resource, rule: Rule) -> ExpectationRule:
    where = f"{resource.id} rule {rule.id}"
    check = all_checks().get(rule.check)
    if check is None or not check.most:
        raise CatalogueError(where, f"check {rule.check}", ", ".join(declarable_checks()), "name one of them")
    if not check.least <= len(rule.columns) <= check.most:
        raise CatalogueError(
            where, f"{len(rule.columns)} columns", f"{check.least} to {check.most}", "list them"
        )
    unknown = set(rule.columns) - {column.name for column in resource.columns}
    if unknown:
        raise CatalogueError(
            where, f"columns {sorted(unknown)}", "columns of the resource", "correct the names"
        )
    said = Declaration(rule.columns[-1], rule.columns, rule.arguments)
    try:
        made = _made(resource, check, said, f"{resource.id}:{rule.id}", rule)
        check.derived(made)
        check.metrics(made)
    except (KeyError, ValueError) as error:
        raise CatalogueError(
            where, f"argument {error}", "an argument of the check", "add or correct it"
        ) from None
    return made


def _made(
    resource: Resource, check: Check, said: Declaration, identity: str, declared: Rule | None = None
) -> ExpectationRule:
    columns = said.columns or ((said.column,) if said.column else ())
    indicator = declared.indicator if declared else check.indicator
    severity = declared.severity if declared else check.severity
    text = (
        declared.text if declared and declared.text else filled(check.text, resource, columns, said.arguments)
    )
    version = version_of(
        check.name,
        indicator,
        severity,
        resource.agency,
        resource.id,
        said.column,
        columns,
        dict(said.arguments),
    )
    return ExpectationRule(
        identity, version, check.name, indicator, severity, resource.agency, resource.id,
        said.column, columns, dict(said.arguments), text,
    )  # fmt: skip
