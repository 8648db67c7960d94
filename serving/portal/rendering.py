"""Turning a template into a page: language, links, numbers, dates; escaping is always on.

Here: the environment and its filters. Not here: what a page says (``templates/``, ``pages.py``).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from opening.catalogue_shape import Words
from serving.portal import page_words
from serving.portal.guard import ENGLISH
from serving.portal.portal import portal_of

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_UNITS = ("B", "KB", "MB", "GB", "TB")
Query = Mapping[str, str | int | tuple[str, ...] | None]


def page(
    request: Request,
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Render a page in the language of the request.

    Args:
        template: Name of a file in ``templates/``.
        values: What the template shows.
    """
    portal = portal_of(request)
    english = request.scope.get("language") == "en"
    catalogue = portal.catalogue()
    content = (
        _environment()
        .get_template(template)
        .render(
            english=english,
            lang="en" if english else "zh-CN",
            path=request.scope["path"],
            query=request.url.query,
            base=portal.base_url(request),
            catalogue=catalogue,
            platform=catalogue.content["platform"],
            zone=ZoneInfo(catalogue.content["time_zone"]),
            url=_linker(english),
            words=page_words,
            has_accounts=portal.accounts is not None,
            **values,
        )
    )
    return HTMLResponse(content, status, {"vary": "accept-encoding", **(headers or {})})


def _linker(english: bool) -> Any:
    """Return what builds an address in the language of the page."""

    def url(path: str, **query: str | int | tuple[str, ...] | None) -> str:
        return (ENGLISH if english else "") + address(path, query)

    return url


def address(path: str, query: Query) -> str:
    """Build an address below the root, its query without what is empty.

    >>> address("/search", {"q": "维修", "page": None})
    '/search?q=%E7%BB%B4%E4%BF%AE'
    """
    kept = {key: value for key, value in query.items() if value not in (None, "", ())}
    asked = urlencode(kept, doseq=True)
    return quote(path) + (f"?{asked}" if asked else "")


def in_language(request: Request, path: str) -> str:
    """Return an address below the root in the language of the request."""
    return (ENGLISH if request.scope.get("language") == "en" else "") + path


def say(words: Words | None, english: bool) -> str | Markup:
    """Return words in the language of the page; Chinese on an English page is marked as such (WCAG 3.1.2)."""
    if not words:
        return ""
    if not english:
        return words["zh"]
    if words["en"] and words["en"] != words["zh"]:
        return words["en"]
    return Markup('<span lang="zh-CN">{}</span>').format(escape(words["zh"]))


def plain(words: Words | None, english: bool) -> str:
    """Return words as text alone, for titles and attributes."""
    return ((english and words["en"]) or words["zh"]) if words else ""


def size(count: int) -> str:
    """Return a size in bytes for a person.

    >>> size(294_244)
    '287.3 KB'
    """
    amount, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if amount < 1024 or unit == _UNITS[-1]:
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def day(instant: str | dt.datetime | None, zone: ZoneInfo) -> str:
    """Return the day of an instant in the deployment's zone."""
    if not instant:
        return "—"
    read = dt.datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return (read.astimezone(zone) if read.tzinfo else read).date().isoformat()


def minute(instant: dt.datetime, zone: ZoneInfo) -> str:
    """Return an instant in the deployment's zone, to the minute."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def json_for_html(value: Any) -> Markup:
    """Return JSON that may stand in a script element: no text in it can end the element."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@cache
def static_mark(name: str) -> str:
    """Return a mark of a static file's content, so that browsers may keep it."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "say": say,
        "plain": plain,
        "size": size,
        "day": day,
        "minute": minute,
        "number": lambda count: "—" if count is None else f"{count:,}",
        "json_for_html": json_for_html,
    }
    environment.globals["static_mark"] = static_mark
    return environment
