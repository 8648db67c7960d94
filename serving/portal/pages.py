"""The pages that show: home, search, dataset, agencies, statistics, sanctions, what programs need to know.

Here: gathering what each template shows. Not here: forms (``forms.py``) and what programs read.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from opening.catalogue_shape import PublicDataset
from serving.portal.facets import FACETS, SORTS, Answer, Question, ask
from serving.portal.holdings import Catalogue
from serving.portal.maps import division_map, point_map
from serving.portal.page_words import PERIOD_DAYS
from serving.portal.portal import portal_of
from serving.portal.rendering import page
from serving.portal.rows import charts, preview
from serving.portal.schema_org import dataset_markup, portal_markup

_LATEST = 6
_MOST_DOWNLOADED = 10
_MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Set the promised frequency of updates against the last one.

    Attributes:
        due_on: Day by which the next update is promised; null where none is.
        late_days: Days since then.
    """

    state: Literal["on_time", "late", "no_promise"]
    due_on: dt.date | None = None
    late_days: int = 0


def punctuality(dataset: PublicDataset, now: dt.datetime) -> Punctuality:
    """Tell whether a dataset is as fresh as it is promised to be."""
    period = PERIOD_DAYS.get(dataset["update_frequency"])
    if period is None or not dataset["updated_at"]:
        return Punctuality("no_promise")
    updated = dt.datetime.fromisoformat(dataset["updated_at"]).astimezone(now.tzinfo)
    due = updated.date() + dt.timedelta(days=period)
    late = (now.date() - due).days
    return Punctuality("late", due, late) if late > 0 else Punctuality("on_time", due)


async def home(request: Request) -> Response:
    """Show search, domains, the latest datasets, figures."""
    portal = portal_of(request)
    catalogue = portal.catalogue()
    latest = ask(catalogue, Question(sort="updated"), _LATEST).found
    return page(
        request, "home.html.j2", latest=latest, markup=portal_markup(catalogue, portal.base_url(request))
    )


def question_of(request: Request) -> Question:
    """Read a question from an address; what is not understood is left out."""
    asked = request.query_params
    filters = {name: tuple(dict.fromkeys(asked.getlist(name)))[:20] for name in FACETS if asked.getlist(name)}
    number = asked.get("page", "1")
    sort = asked.get("sort", "relevance" if asked.get("q") else "updated")
    return Question(
        asked.get("q", "").strip()[:200],
        {name: tuple(value for value in values if value) for name, values in filters.items()},
        sort if sort in SORTS else "relevance",
        min(int(number), _MOST_PAGES) if re.fullmatch(r"\d{1,6}", number) else 1,
    )


async def search(request: Request) -> Response:
    """Show what was found, with filters."""
    portal, question = portal_of(request), question_of(request)
    catalogue = portal.catalogue()
    answer: Answer = await run_in_threadpool(ask, catalogue, question)
    return page(request, "search.html.j2", question=question, answer=answer, names=_facet_names(catalogue))


def _facet_names(catalogue: Catalogue) -> dict[str, dict[str, object]]:
    """Return what a person sees for the values of those filters that the catalogue names."""
    return {
        "agency": {key: one["short_name"] for key, one in catalogue.agencies.items()},
        "domain": {key: one["name"] for key, one in catalogue.domains.items()},
    }


async def dataset(request: Request) -> Response:
    """Show a dataset: what Chinese portals show of one, preview, chart, versions, downloads, interfaces."""
    portal = portal_of(request)
    shown = portal.dataset(request.path_params["dataset"])
    rows = await run_in_threadpool(preview, portal.holdings, shown)
    catalogue = portal.catalogue()
    return page(
        request,
        "dataset.html.j2",
        dataset=shown,
        agency=catalogue.agencies[shown["agency"]],
        rows=rows,
        charts=await run_in_threadpool(charts, portal.holdings, shown),
        points=await run_in_threadpool(point_map, portal.holdings, shown),
        divisions=await run_in_threadpool(division_map, portal.holdings, shown),
        punctuality=punctuality(shown, portal.now()),
        terms=catalogue.content["terms"],
        needs_login=portal.demands_login,
        code_names={c["name"]: {code["code"]: code["name"] for code in c["codes"]} for c in shown["columns"]},
        markup=dataset_markup(catalogue, shown, portal.base_url(request)),
    )


async def agencies(request: Request) -> Response:
    """List the agencies that open data."""
    return page(request, "agencies.html.j2")


async def agency(request: Request) -> Response:
    """Show an agency and its datasets."""
    catalogue = portal_of(request).catalogue()
    shown = catalogue.agencies.get(request.path_params["agency"])
    if shown is None:
        raise HTTPException(404, "no such agency")
    datasets = [d for d in catalogue.content["datasets"] if d["agency"] == shown["id"]]
    return page(request, "agency.html.j2", agency=shown, datasets=datasets)


async def statistics(request: Request) -> Response:
    """Show what is open, by domain, agency and type, and how far promises of updates are kept."""
    portal = portal_of(request)
    catalogue, now = portal.catalogue(), portal.now()
    kept = [(entry, punctuality(entry, now)) for entry in catalogue.content["datasets"]]
    first = ask(catalogue, Question(sort="downloads"), _MOST_DOWNLOADED).found
    most = [entry for entry in first if entry.get("downloads")]
    return page(request, "statistics.html.j2", kept=kept, most=most)


async def sanctions(request: Request) -> Response:
    """Show the measures taken against users of opened data (公示, Yancheng a35)."""
    return page(request, "sanctions.html.j2")


async def developers(request: Request) -> Response:
    """Show the interfaces for programs."""
    portal = portal_of(request)
    datasets = portal.catalogue().content["datasets"]
    example = next((d["id"] for d in datasets if d["downloadable"]), None)
    return page(
        request,
        "developers.html.j2",
        example=example,
        needs_login=portal.demands_login,
        pace=portal.settings.requests_per_minute,
    )
