"""Fetch what is new at a resource's source into its spool, and keep the state of the source.

A source that fails is told of and stops nothing else: what was fetched before is taken in all the same.

Here: choosing the connector, the state. Not here: any one connector.
"""

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from ingestion.asking import Asked
from ingestion.spool import Spool
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError
from resource_catalogue.replacement import is_second_report
from resource_catalogue.resource import Resource
from resource_catalogue.sources.remote import Remote


@dataclass(frozen=True, slots=True)
class SourceState:
    """Say how a source answered last.

    Attributes:
        tried_at: When it was asked last; ``succeeded_at`` when it last gave all it has; ISO instants.
        fault: What it did not give, in Chinese and English; empty where all is well.
        files: How many deliveries it ever gave.
    """

    resource_id: str
    connector: str
    tried_at: str
    succeeded_at: str | None
    fault: str
    files: int


def fetch_resource(deployment: Deployment, resource: Resource, as_of: dt.datetime) -> SourceState | None:
    """Ask the source of a resource for what is new.

    Returns:
        The state of the source; null where its files come into the inbox, there is nothing but paper, or what it
        gives would be refused as a second report.
    """
    if not isinstance(resource.source, Remote) or not resource.is_digital or is_second_report(resource):
        return None
    spool = Spool.of(deployment, resource.id)
    with spool.sole():
        asked = Asked(resource, deployment, as_of)
        try:
            connector = import_module(f"ingestion.connectors.{resource.source.connector}")
            connector.fetch(resource.source, spool, asked)
        except CivicError as error:
            asked.tell(error)
        except Exception as error:
            # The text of a library's error may hold addresses with keys, or values.
            asked.told.append(f"{resource.id}: 取数出错 / fetching failed ({type(error).__name__})")
        return _record(spool, asked)


def source_states(deployment: Deployment, resources: Iterable[Resource]) -> list[SourceState]:
    """Return the states of the sources that were asked so far, in the order of the resources."""
    paths = (_state_path(Spool.of(deployment, one.id)) for one in resources if isinstance(one.source, Remote))
    return [state for path in paths if (state := _read(path))]


def _record(spool: Spool, asked: Asked) -> SourceState:
    path, now = _state_path(spool), asked.as_of.astimezone(dt.UTC).isoformat()
    before = _read(path)
    fault = "\n".join(asked.told)
    succeeded_at = now if not fault else before.succeeded_at if before else None
    state = SourceState(
        asked.resource.id, asked.resource.source.connector, now, succeeded_at, fault, spool.count
    )
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)
    return state


def _state_path(spool: Spool) -> Path:
    return spool.folder / "state.json"


def _read(path: Path) -> SourceState | None:
    try:
        return SourceState(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
