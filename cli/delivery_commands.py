"""Commands about deliveries: list, show, accept, reject."""

from typing import Annotated

import polars as pl
import typer

from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, open_deployment, opened_state
from cli.output import print_fields, print_json, print_table, say
from ingestion.deliveries import deliveries_of
from lake import Lake
from lake.releases import current_release
from resource_catalogue.errors import DeliveryError

app = typer.Typer(
    no_args_is_help=True,
    help="归集批次 / Deliveries: what arrived, what became of it, decisions on held ones.",
)

Delivery = Annotated[str, typer.Argument(help="批次标识 / delivery id")]
Note = Annotated[str, typer.Option("--note", help="理由 / why")]
_SHOWN = (
    "delivery_id",
    "resource_id",
    "slice",
    "file_name",
    "rows_received",
    "rows_loaded",
    "rows_rejected",
    "state",
    "reason",
)


@app.command("list")
def list_(
    home: Home = HERE,
    state: Annotated[
        str | None, typer.Option(help="loaded | held | accepted | rejected | unreadable")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the deliveries."""
    found = deliveries_of(Lake.of(open_deployment(home)))
    found = found.filter(pl.col("state") == state) if state else found
    if as_json:
        print_json(found.to_dicts())
    else:
        print_table("归集批次 / deliveries", _SHOWN, found.select(_SHOWN).rows())


@app.command()
def show(delivery: Delivery, home: Home = HERE, as_json: AsJson = False) -> None:
    """查看 / Show one delivery."""
    found = deliveries_of(Lake.of(open_deployment(home))).filter(pl.col("delivery_id") == delivery).to_dicts()
    if not found:
        raise DeliveryError(
            delivery, "no such delivery", "an id of `civiclake deliveries list`", "check the id"
        )
    if as_json:
        print_json(found[0])
    else:
        print_fields(delivery, found[0])


@app.command()
def accept(delivery: Delivery, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """接受 / Accept a held delivery; it takes effect in the next run."""
    _decide(delivery, "accept", actor, note, home, as_of)


@app.command()
def reject(delivery: Delivery, actor: As, note: Note, home: Home = HERE, as_of: AsOf = None) -> None:
    """退回 / Reject a held delivery; its bytes are kept, its rows do not count."""
    _decide(delivery, "reject", actor, note, home, as_of)


def _decide(delivery: str, decision: str, actor: str, note: str, home: Home, as_of: str | None) -> None:
    from casework.delivery_decision import decide_delivery

    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    with opened_state(deployment) as state:
        decide_delivery(
            state, lake, current_release(lake), delivery, decision, actor_of(actor), note, deployment.as_of
        )
    say(f"{delivery}: {decision}; civiclake run 后生效 / takes effect in the next run")
