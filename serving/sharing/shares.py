"""Endpoints that list what is shared: shares, schemas, tables.

Here: one recipient sees one share, named after it. Not here: what a table holds (``tables``).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import anyio.to_thread

from serving.sharing.answers import Answer, Subject, json_answer
from serving.sharing.asking import max_results
from serving.sharing.endpoint import Asked
from serving.sharing.paging import Pages
from serving.sharing.refusals import unknown
from serving.sharing.visible import VisibleTable

T = TypeVar("T")


async def list_shares(asked: Asked) -> Answer:
    """Answer ``GET /shares``."""
    share = asked.caller.recipient.id
    return _listed(asked, ("shares",), [share], str, lambda name: {"name": name, "id": name})


async def get_share(asked: Asked) -> Answer:
    """Answer ``GET /shares/{share}``."""
    share = _share(asked)
    name = asked.caller.recipient.name
    content = {"share": {"name": share, "id": share, "displayName": name.zh, "comment": name.en}}
    return json_answer(content, Subject(detail={"endpoint": "share"}))


async def list_schemas(asked: Asked) -> Answer:
    """Answer ``GET /shares/{share}/schemas``."""
    share = _share(asked)
    tables = await anyio.to_thread.run_sync(_present, asked)
    names = list(dict.fromkeys(v.schema for v in tables))
    return _listed(
        asked, ("schemas", share), names, str.casefold, lambda name: {"name": name, "share": share}
    )


async def list_tables(asked: Asked) -> Answer:
    """Answer ``GET /shares/{share}/schemas/{schema}/tables``."""
    share, wanted = _share(asked), asked.request.path_params["schema"].casefold()
    tables = await anyio.to_thread.run_sync(_present, asked)
    inside = [v for v in tables if v.schema.casefold() == wanted]
    if not inside:
        raise unknown("模式 / schema")
    return _listed(asked, ("tables", share, inside[0].schema), inside, _order, _table_item)


async def list_all_tables(asked: Asked) -> Answer:
    """Answer ``GET /shares/{share}/all-tables``."""
    share = _share(asked)
    tables = await anyio.to_thread.run_sync(_present, asked)
    return _listed(asked, ("all-tables", share), tables, _order, _table_item)


def _share(asked: Asked) -> str:
    """Return the share of the path.

    Raises:
        Refusal: 404: it is not the caller's.
    """
    share = asked.caller.recipient.id
    if asked.request.path_params["share"].casefold() != share.casefold():
        raise unknown("共享 / share")
    return share


def _present(asked: Asked) -> list[VisibleTable]:
    """List what is granted and already written; a grant's table comes with the next run."""
    lake = asked.sharing.lake
    return [v for v in asked.caller.tables if lake.table(v.table) is not None]


def _listed(
    asked: Asked,
    place: tuple[str, ...],
    items: list[T],
    order: Callable[[T], str],
    shown: Callable[[T], dict[str, Any]],
) -> Answer:
    parameters = asked.request.query_params
    pages = Pages(asked.sharing.signer, asked.caller.recipient.id, place)
    ordered = sorted(items, key=order)
    page, following = pages.names(ordered, order, max_results(parameters), parameters.get("pageToken"))
    content: dict[str, Any] = {"items": [shown(item) for item in page]}
    if following is not None:
        content["nextPageToken"] = following
    return json_answer(content, Subject(detail={"endpoint": place[0], "items": str(len(page))}))


def _order(table: VisibleTable) -> str:
    return f"{table.schema}\0{table.name}".casefold()


def _table_item(table: VisibleTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "schema": table.schema,
        "share": table.share,
        "shareId": table.share,
        "id": table.table.name,
    }
