"""Commands about deliveries: list, show, accept, reject."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer

from cli import delivery_figures
from cli.acting import acting
from cli.options import HERE, As, AsJson, AsOf, Home, chosen, open_deployment
from cli.output import Column, local, print_fields, print_json, print_table, say, stacked, word
from ingestion.deliveries import deliveries_of
from lake import Lake
from reporting.delivery_words import delivery_reason
from reporting.words import DELIVERY_STATES
from resource_catalogue.errors import DeliveryError

app = typer.Typer(
    no_args_is_help=True,
    help="归集批次 / Deliveries: what arrived, what became of it, decisions on held ones.",
)
delivery_figures.add_to(app)

Delivery = Annotated[str, typer.Argument(help="批次标识 / delivery id")]
Note = Annotated[str, typer.Option("--note", help="理由 / why")]
_COLUMNS = (
    Column("批次 / delivery", whole=True),
    "资源、文件 / resource, file",
    Column("收到 / received", align="right"),
    Column("入库 / loaded", align="right"),
    Column("未拆分 / not split", align="right"),
    "状态、原因 / state, reason",
)
_FIELDS = {
    "delivery_id": "批次 / delivery",
    "resource_id": "资源 / resource",
    "agency_id": "机构 / agency",
    "submitted_by": "报送方 / submitted by",
    "slice": "分片 / slice",
    "file_name": "文件 / file",
    "sheet": "工作表 / sheet",
    "format": "格式 / format",
    "encoding": "编码 / encoding",
    "header_row": "表头行 / header line",
    "size_bytes": "字节 / bytes",
    "rows_received": "收到行数 / rows received",
    "rows_loaded": "入库行数 / rows loaded",
    "rows_rejected": "未能拆分行数 / rows not split",
    "state": "状态 / state",
    "reason": "原因 / reason",
    "issued_on": "签发日期 / issued on",
    "arrived_at": "到达 / arrived at",
    "received_at": "接收 / received at",
    "release": "目录版本 / release",
}
_INSTANTS = ("arrived_at", "received_at")


@app.command("list")
def list_(
    home: Home = HERE,
    state: Annotated[
        str | None, typer.Option(help="状态 / state: loaded | held | accepted | rejected | unreadable")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the deliveries."""
    wanted = chosen("--state", state, DELIVERY_STATES)
    found = deliveries_of(Lake.of(open_deployment(home)))
    found = found.filter(pl.col("state") == wanted) if wanted else found
    if as_json:
        print_json(found.to_dicts())
    else:
        print_table("归集批次 / deliveries", _COLUMNS, map(_cells, found.to_dicts()))


@app.command()
def show(delivery: Delivery, home: Home = HERE, as_json: AsJson = False) -> None:
    """查看 / Show one delivery."""
    deployment = open_deployment(home)
    found = deliveries_of(Lake.of(deployment)).filter(pl.col("delivery_id") == delivery).to_dicts()
    if not found:
        raise DeliveryError(
            f"批次 / delivery {delivery}",
            "没有此批次 / no such delivery",
            "批次标识 / the id of a delivery",
            "用 civiclake deliveries list 查看 / see civiclake deliveries list",
        )
    if as_json:
        print_json(found[0])
    else:
        print_fields(delivery, _fields(found[0], deployment.settings.zone()))


@app.command()
def accept(delivery: Delivery, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """接受 / Accept a held delivery; it takes effect in the next run."""
    _decide(delivery, "accept", actor, note, home, as_of)


@app.command()
def reject(delivery: Delivery, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """退回 / Reject a held delivery; its bytes are kept, its rows do not count."""
    _decide(delivery, "reject", actor, note, home, as_of)


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    place = row["resource_id"] if row["slice"] == "all" else f"{row['resource_id']} ({row['slice']})"
    return (
        row["delivery_id"],
        f"{place}\n{row['file_name']}",
        row["rows_received"],
        row["rows_loaded"],
        row["rows_rejected"],
        state_and_reason(row["state"], row["reason"]),
    )


def state_and_reason(state: str, reason: str | None) -> str:
    """Return a delivery's state and why, for a cell."""
    words = delivery_reason(reason or "")
    return "\n".join([word(DELIVERY_STATES, state), *([stacked(words)] if words else [])])


def _fields(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    shown = {
        **row,
        **{name: local(row[name], zone) for name in _INSTANTS},
        "state": word(DELIVERY_STATES, row["state"]),
        "reason": _reason_in_full(row["reason"] or ""),
    }
    return {label: shown[name] for name, label in _FIELDS.items() if name in shown}


def _reason_in_full(reason: str) -> str:
    """Return a reason in both languages; as recorded too where that says more, such as names of columns."""
    words = delivery_reason(reason)
    if words is None:
        return ""
    return stacked(words) if words.en == reason else f"{stacked(words)}\n{reason}"


def _decide(delivery: str, decision: str, actor: str, note: str, home: Home, as_of: str | None) -> None:
    from casework.delivery_decision import decide_delivery

    with acting(actor, home, as_of) as by:
        decided = decide_delivery(by.state, by.lake, by.release, delivery, decision, by.actor, note, by.at)
    outcome = word(DELIVERY_STATES, decided.decision)
    say(f"{delivery}: {outcome}; 下次 civiclake run 生效 / takes effect in the next run")
