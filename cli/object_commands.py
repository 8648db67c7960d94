"""Commands about objects (文档、图像、证照): list what is kept of an entry, put objects out."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.object_saving import Wish, entry_of_objects, save_objects
from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, open_deployment
from cli.output import Column, print_json, print_table, say
from ingestion.objects import KeptObject, kept_objects
from lake import Lake
from lake.releases import current_release

app = typer.Typer(
    no_args_is_help=True,
    help="文件对象 / Objects: documents, pictures and certificates that are kept as they were delivered.",
)
Entry = Annotated[str, typer.Argument(metavar="RESOURCE", help="资源标识 / id of an entry of objects")]
_COLUMNS = (
    Column("摘要 / SHA-256", whole=True),
    "媒体类型 / media type",
    Column("字节 / bytes", align="right"),
    Column("页 / pages", align="right"),
    Column("像素 / pixels", align="right"),
    Column("批次 / delivery", whole=True),
    Column("序号 / file no.", align="right"),
)


@app.command("list")
def list_(
    resource: Entry,
    delivery: Annotated[str | None, typer.Option(help="只列一个批次 / objects of one delivery only")] = None,
    home: Home = HERE,
    as_json: AsJson = False,
) -> None:
    """列出 / List the objects that count now: hash, form, size, place; never their names."""
    lake = Lake.of(open_deployment(home))
    entry = entry_of_objects(current_release(lake), resource)
    found = (
        kept_objects(lake, entry, "s._delivery_id = ?", delivery) if delivery else kept_objects(lake, entry)
    )
    if as_json:
        print_json([asdict(one) for one in found])
        return
    print_table(f"{entry.name.zh} / {resource}", _COLUMNS, map(_cells, found))
    say(_total(found))


@app.command()
def save(
    resource: Entry,
    keys: Annotated[
        list[str],
        typer.Argument(
            metavar="OBJECT...", help="摘要、行键或标识 / SHA-256, row key or identifier; parts joined by |"
        ),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="放到哪里 / where to")],
    actor: As,
    purpose: Annotated[str, typer.Option("--purpose", help="用途，记入存取记录 / what for; it is recorded")],
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """取出 / Put objects into a folder, each under its hash; who, what for and which is recorded first."""
    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    release = current_release(lake)
    entry = entry_of_objects(release, resource)
    wish = Wish((*keys,), actor_of(actor), purpose, to)
    for path in save_objects(deployment, lake, release, entry, wish):
        say(str(path))


def _cells(one: KeptObject) -> tuple[object, ...]:
    pixels = f"{one.width} × {one.height}" if one.width and one.height else ""
    return one.sha256, one.media_type, one.size_bytes, one.pages, pixels, one.delivery_id, one.line


def _total(found: Iterable[KeptObject]) -> str:
    sizes = {one.sha256: one.size_bytes for one in found}
    return f"不同内容 / different contents: {len(sizes)}, {sum(sizes.values())} 字节 / bytes"
