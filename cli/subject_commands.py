"""Commands about one subject or one row: explain, trace."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import HERE, AsJson, Home, open_deployment, opened_state
from cli.output import Column, print_json, print_table, say, word
from lake import Lake
from lake.releases import current_release
from reporting.words import RULE_OUTCOMES

if TYPE_CHECKING:
    from reporting.explain import AttributeExplanation, Explanation
    from reporting.trace import TraceLine

_EXPLAIN_COLUMNS = (
    "值 / value",
    "机构 / agency",
    "文件、工作表 / file, sheet",
    Column("行号 / line", whole=True, align="right"),
    "依据 / by which rule",
)
_RULE_COLUMNS = ("规则 / rule", Column("结果 / result", whole=True), "原因 / reason code")
_WORST_FIRST = ("failed", "crashed", "not_assessed", "no_finding")


def explain(
    entity: Annotated[
        str, typer.Argument(help="主体种类 / person | organisation | place | certificate | ...")
    ],
    identifier: Annotated[
        str, typer.Argument(help="身份号码、信用代码等 / identifier; several parts joined by |")
    ],
    home: Home = HERE,
    as_json: AsJson = False,
) -> None:
    """解释 / Say for one subject which agency's value survived, which lost, by which rule, from which line."""
    from reporting.explain import explain as explain_subject

    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    with opened_state(deployment) as state:
        found = explain_subject(deployment, lake, current_release(lake), entity, identifier, state)
    if as_json:
        print_json(asdict(found))
    else:
        _print_explanation(found)


def trace(
    table: Annotated[
        str, typer.Argument(help="表 / such as base.person or standard.police__household_registration")
    ],
    key: Annotated[str, typer.Argument(help="行键、主体键或标识 / row key, subject key or identifier")],
    home: Home = HERE,
    as_json: AsJson = False,
) -> None:
    """溯源 / Follow a row of standard, base or claims to delivery, file, sheet, line and rule results."""
    from reporting.trace import trace_known

    deployment = open_deployment(home)
    lines = trace_known(deployment, Lake.of(deployment), table, key)
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    columns = (
        "资源、批次 / resource, delivery",
        "文件、工作表 / file, sheet",
        Column("行号 / line", whole=True, align="right"),
        "给出的属性 / attributes given",
    )
    print_table(table, columns, map(_place_cells, lines))
    for line in lines:
        _print_results(line)


def _print_explanation(found: "Explanation") -> None:
    standing = (
        "在基础库中 / in the base database" if found.is_in_base else "不在基础库中 / not in the base database"
    )
    say(f"{found.label} {found.subject_key}: {standing}")
    silent = [attribute for attribute in found.attributes if not attribute.is_claimed]
    for attribute in found.attributes:
        if attribute.is_claimed:
            _print_attribute(attribute)
    if silent:
        say(f"无机构提供 / nobody gives: {', '.join(attribute.label for attribute in silent)}")
    for task in found.tasks:
        say(f"核实中 / under verification: {task.id} {task.resource} {task.column}")


def _print_attribute(attribute: "AttributeExplanation") -> None:
    print_table(attribute.label, _EXPLAIN_COLUMNS, (_statement_cells(line) for line in attribute.lines()))
    if attribute.under_verification:
        say(f"  核实中 / under verification: {', '.join(attribute.under_verification)}")


def _statement_cells(line: tuple[str, str, str, str, str, str]) -> tuple[str, ...]:
    words, agency, file, sheet, number, rule = line
    return words, agency, "\n".join(filter(None, (file, sheet))), number, rule


def _place_cells(line: "TraceLine") -> tuple[Any, ...]:
    return (
        f"{line.resource}\n{line.delivery_id}",
        "\n".join(filter(None, (line.file_name, line.sheet))),
        line.line,
        "\n".join(line.attributes),
    )


def _print_results(line: "TraceLine") -> None:
    results = sorted(line.results, key=lambda result: (_WORST_FIRST.index(result.outcome), result.rule))
    title = f"规则结果 / rule results: {line.resource}, {line.file_name}, {line.line or ''}"
    rows = [(result.text, word(RULE_OUTCOMES, result.outcome), result.reason) for result in results]
    print_table(title, _RULE_COLUMNS, rows)
