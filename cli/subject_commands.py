"""Commands about one subject or one row: explain, trace."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import HERE, As, AsJson, Home, open_deployment, opened_state
from cli.output import Column, print_json, print_table, say, word
from cli.recording import entry_of, known_actor, record_access
from lake import Lake
from lake.releases import current_release
from reporting.words import RULE_OUTCOMES
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import TableName, base_table

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
    actor: As = "",
) -> None:
    """解释 / Say for one subject which agency's value survived, which lost, by which rule, from which line."""
    from reporting.explain import explain as explain_subject

    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    release = current_release(lake)
    who = known_actor(release, actor)
    with opened_state(deployment) as state:
        found = explain_subject(deployment, lake, release, entity, identifier, state)
    record_access(
        deployment,
        "explain",
        str(base_table(found.entity)),
        who,
        columns=tuple(attribute.name for attribute in found.attributes if attribute.is_claimed),
        table=str(base_table(found.entity)),
        version=lake.version(base_table(found.entity)),
        rows=1,
        subject_key=found.subject_key,
    )
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
    actor: As = "",
) -> None:
    """溯源 / Follow a row of standard, base or claims to delivery, file, sheet, line and rule results."""
    from reporting.trace import trace_known

    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    who = known_actor(current_release(lake), actor)
    lines = trace_known(deployment, lake, table, key)
    record_access(
        deployment,
        "trace",
        entry_of(table),
        who,
        table=table,
        version=lake.version(TableName.parse(table)),
        rows=len(lines),
        subject_key=_traced_key(deployment, table, key, lines),
    )
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
        if line.deleted_in:
            say(
                f"此行已不在表中，末次见于以上批次，由批次 {line.deleted_in}（{line.deleted_in_file}）删除 / "
                f"the row is gone: delivery {line.deleted_in} ({line.deleted_in_file}) took it away"
            )
        else:
            _print_results(line)


def _traced_key(deployment: Deployment, table: str, key: str, lines: Sequence["TraceLine"]) -> str:
    """Return the key of what was traced: of the subject, or of the one row; empty where it is several rows."""
    from resource_catalogue.identifiers import subject_key

    name = TableName.parse(table)
    if name.schema != "standard":
        return subject_key(deployment, name.name, key)
    found = {line.row_key for line in lines}
    return found.pop() if len(found) == 1 else ""


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
