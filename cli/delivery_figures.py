"""Commands that count over deliveries: what they restated of the past, and whether all rows are accounted for.

Here: ``deliveries restated`` and ``deliveries reconcile``. Not here: single deliveries (``delivery_commands.py``).
"""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.options import HERE, AsJson, Home, open_deployment
from cli.output import Column, counted, print_json, print_table, word
from lake import Lake
from lake.releases import current_release
from reporting.reconciliation import FAULTS, Account, Reconciliation, Rows, reconcile
from reporting.restated import Restated, restated
from resource_catalogue.errors import LakeError
from resource_catalogue.subject_keys import ROW_KEY_NAME

Agency = Annotated[str | None, typer.Option("--agency", help="只看此机构 / only this agency's")]
Resource = Annotated[str | None, typer.Option("--resource", help="只看此资源 / only this resource's")]
_RESTATED = (
    Column("批次、被改批次 / delivery, earlier one", whole=True),
    "资源、文件 / resource, file",
    Column("改变行 / changed", align="right"),
    Column("新增行 / appeared", align="right"),
    Column("消失行 / vanished", align="right"),
    "信息项: 行 / columns: rows",
)
_ROWS = {
    "received": "收到 / received",
    "loaded": "入库 / loaded",
    "superseded": "已被替换 / superseded",
    "duplicate": "重复 / duplicate",
    "deletions": "删除记录 / deletions",
    "rejected": "未拆分 / rejected",
    "held": "暂存拒收 / held",
    "difference": "差 / diff.",
}
_COUNTS = tuple(Column(header, align="right") for header in _ROWS.values())


def add_to(app: typer.Typer) -> None:
    """Add the commands to those of deliveries."""
    app.command("restated")(restated_)
    app.command("reconcile")(reconcile_)


def restated_(
    home: Home = HERE, agency: Agency = None, resource: Resource = None, as_json: AsJson = False
) -> None:
    """改口 / List what deliveries say about the past, different from what earlier ones said; never values."""
    found = restated(Lake.of(open_deployment(home)), agency, resource)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        print_table("对过去数据的改动 / restatements of the past", _RESTATED, map(_restated_cells, found))


def reconcile_(
    home: Home = HERE, agency: Agency = None, resource: Resource = None, as_json: AsJson = False
) -> None:
    """对账 / Account for every row received, per delivery and agency, counted in the tables.

    收到 = 入库 + 已被替换 + 重复 + 删除记录 + 未拆分 + 暂存拒收 / received = loaded + superseded + duplicate +
    deletions + rejected + held.
    """
    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    found = reconcile(lake, current_release(lake), deployment.key(ROW_KEY_NAME), agency, resource)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)
    if not found.is_whole:
        raise LakeError(
            "对账 / reconciliation",
            f"{len(found.faults)} 处不符 / places where rows do not add up",
            "每一收到的行恰有一处去向 / every row received is accounted for once",
            "先运行 civiclake run，仍不符则从备份恢复所列数据表 / run `civiclake run`; if it stays, restore the tables",
        )


def _print(found: Reconciliation) -> None:
    first = (Column("批次 / delivery", whole=True), "资源 / resource")
    print_table(
        "对账, 按批次 / accounts of deliveries", (*first, *_COUNTS), map(_account_cells, found.accounts)
    )
    sums = [*found.by_agency().items(), ("合计 / all", found.total)]
    heads = (Column("机构 / agency", whole=True), *_COUNTS)
    print_table("对账, 按机构 / accounts of agencies", heads, ((name, *_counts(rows)) for name, rows in sums))
    if found.faults:
        print_table(
            "不符 / what does not add up",
            (
                Column("批次 / delivery", whole=True),
                "资源 / resource",
                "所在 / what",
                Column("应有 / expected", align="right"),
                Column("实有 / found", align="right"),
            ),
            (
                (one.delivery_id, one.resource_id, word(FAULTS, one.kind), one.expected, one.found)
                for one in found.faults
            ),
        )


def _account_cells(one: Account) -> tuple[Any, ...]:
    place = one.resource_id if one.slice == "all" else f"{one.resource_id} ({one.slice})"
    return one.delivery_id, place, *_counts(one.rows)


def _counts(rows: Rows) -> tuple[int, ...]:
    return tuple(getattr(rows, name) for name in _ROWS)


def _as_json(found: Reconciliation) -> dict[str, Any]:
    return {
        "is_whole": found.is_whole,
        "total": _rows_as_json(found.total),
        "agencies": {agency: _rows_as_json(rows) for agency, rows in found.by_agency().items()},
        "deliveries": [{**asdict(one), "rows": _rows_as_json(one.rows)} for one in found.accounts],
        "faults": [asdict(one) for one in found.faults],
    }


def _rows_as_json(rows: Rows) -> dict[str, int]:
    return {**asdict(rows), "difference": rows.difference}


def _restated_cells(one: Restated) -> tuple[Any, ...]:
    place = one.resource_id if one.slice == "all" else f"{one.resource_id} ({one.slice})"
    return (
        f"{one.delivery_id}\n{one.replaced_delivery_id}",
        f"{place}\n{one.file_name}",
        one.rows_changed,
        one.rows_added,
        one.rows_removed,
        counted(one.columns, {}),
    )
