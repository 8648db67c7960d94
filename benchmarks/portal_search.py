"""Measure the portal's search over 10,000 made datasets: the index alone, and a whole page through the application.

Run: ``python -m benchmarks.portal_search``. It prints milliseconds at p50, p95 and p99 per kind of query; the target
is p95 below 200 ms. Nothing is written outside a temporary folder.
"""

import argparse
import asyncio
import datetime as dt
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from opening.catalogue_shape import CATALOGUE, CATALOGUE_FORMAT
from resource_catalogue.access_words import Access
from serving.portal import CaseState, PortalSettings, portal_app
from serving.portal.facets import Question, ask
from serving.portal.holdings import Holdings

_PLACES = ["城区", "郊区", "全市", "各县", "沿海", "开发区", "街道", "乡镇"]
_THINGS = [
    "机动车维修",
    "道路运输",
    "餐饮服务",
    "药品经营",
    "医疗机构",
    "幼儿园",
    "公共停车场",
    "公交线路",
    "空气质量",
    "水质监测",
    "排污许可",
    "企业登记",
    "行政处罚",
    "社会组织",
    "养老机构",
    "文物保护",
    "体育场馆",
    "旅游景区",
    "农产品",
    "气象观测",
]
_KINDS = ["信息", "名录", "统计", "明细", "许可信息", "检查结果", "年度报告", "基本情况"]
_FREQUENCIES = ["daily", "weekly", "monthly", "quarterly", "yearly"]
QUERIES = {
    "two characters (维修)": "维修",
    "one character (信)": "信",
    "long (机动车维修信息)": "机动车维修信息",
    "two words (停车场 统计)": "停车场 统计",
    "mixed (ds00012 信息)": "ds00012 信息",
    "nothing found (核电站)": "核电站",
    "no words": "",
}


def made_catalogue(count: int) -> dict[str, Any]:
    """Make a catalogue of so many datasets, the same on every machine."""
    lot = random.Random(20260325)
    datasets = [_dataset(lot, number) for number in range(count)]
    domains = [f"domain_{n}" for n in range(17)]
    return {
        "format": CATALOGUE_FORMAT,
        "platform": {"zh": "示例", "en": "Example"},
        "division_code": "000000",
        "time_zone": "Asia/Shanghai",
        "release": 1,
        "record_version": 1,
        "terms": {
            "profile": "example@1", "regulation": {"zh": "示例", "en": ""}, "login": None, "application": [],
            "application_article": "", "application_steps": [], "agreement": None, "user": {"zh": "用户", "en": ""},
        },
        "agencies": [
            {"id": f"agency_{n}", "name": {"zh": f"示例市第{n}局", "en": ""},
             "short_name": {"zh": f"第{n}局", "en": ""},
             "credit_code": "", "contact": None, "division_code": "", "datasets": 1}
            for n in range(40)
        ],
        "domains": [{"id": key, "name": {"zh": key, "en": ""}, "priority": True, "datasets": 1} for key in domains],
        "datasets": datasets,
        "sanctions": [],
        "statistics": {"datasets": count, "open_to_all": count, "conditional": 0, "rows": 0, "agencies": 40, "bytes": 0,
                       "updated_at": "2026-03-25T00:00:00+00:00"},
    }  # fmt: skip


def _dataset(lot: random.Random, number: int) -> dict[str, Any]:
    thing = lot.choice(_THINGS)
    title = f"{lot.choice(_PLACES)}{thing}{lot.choice(_KINDS)}"
    columns = [
        f"{lot.choice(_THINGS)}{name}"
        for name in ("名称", "编号", "地址", "日期", "状态", "数量", "级别", "备注")
    ]
    return {
        "id": f"ds{number:05d}",
        "title": {"zh": title, "en": f"Dataset {number}"},
        "summary": {"zh": f"{title}，含{'、'.join(columns)}，由各区县汇总后按期更新", "en": "Made for the benchmark"},
        "agency": f"agency_{lot.randrange(40)}", "kind": "list", "state": "opened",
        "open": {"type": "open_to_all", "name": {"zh": "无条件开放", "en": ""}, "reason": None, "condition": None,
                 "basis": []},
        "categories": [f"domain_{lot.randrange(17)}"], "keywords": [thing, lot.choice(_THINGS)],
        "update_frequency": lot.choice(_FREQUENCIES), "first_opened_at": None,
        "updated_at": f"2026-{lot.randint(1, 3):02d}-{lot.randint(1, 25):02d}T00:00:00+00:00", "data_until": None,
        "rows": lot.randrange(1_000_000), "downloadable": True,
        "files": [{"name": f"x.{kind}", "format": kind, "media_type": "", "sha256": "", "bytes": 1, "rows": 1}
                  for kind in ("csv", "xlsx", "json", "parquet")],
        "columns": [{"name": f"c{n}", "zh": zh, "en": "", "type": "String", "type_name": {"zh": "", "en": ""},
                     "length": None, "unit": None, "role": "value", "mask": None, "codes": []}
                    for n, zh in enumerate(columns)],
        "versions": [], "sources": [], "attribution": None, "minimum_cell": None,
    }  # fmt: skip


class _Silent:
    """Take nothing and keep nothing: search neither records nor registers."""

    async def write(self, access: Access) -> None:
        raise NotImplementedError

    async def submit(self, kind: str, dataset: str | None, text: str, contact: str, now: dt.datetime) -> str:
        raise NotImplementedError

    async def state(self, receipt: str) -> CaseState | None:
        raise NotImplementedError


def _measured(act: Callable[[], object], times: int) -> str:
    act()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    spent.sort()
    return "  ".join(f"p{share} {spent[min(times - 1, times * share // 100)]:7.1f}" for share in (50, 95, 99))


def _page(app: Any, query: str) -> Callable[[], object]:
    """Return a request of the search page straight into the application, all layers included."""
    scope = {
        "type": "http", "method": "GET", "path": "/search", "raw_path": b"/search",
        "query_string": f"q={quote(query)}".encode(),
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http",
        "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
    }  # fmt: skip

    async def once() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] != 200:
                raise RuntimeError(f"status {message['status']}")

        await app(dict(scope), receive, send)

    return lambda: loop.run_until_complete(once())


loop = asyncio.new_event_loop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / CATALOGUE).write_text(json.dumps(made_catalogue(asked.datasets)), encoding="utf-8")
        start = time.perf_counter()
        catalogue = Holdings(folder).catalogue()
        print(
            f"{asked.datasets:,} datasets, index built in {time.perf_counter() - start:.2f} s; milliseconds"
        )
        clock = dt.datetime(2026, 3, 25, tzinfo=dt.UTC)
        silent: Any = _Silent()
        app = portal_app(
            folder, silent, silent, lambda: clock, PortalSettings(secret=b"x", requests_per_minute=10**9)
        )
        for kind, query in QUERIES.items():
            found = ask(catalogue, Question(query)).total
            print(f"{kind:28} {found:6,} found")
            print(
                f"  search and filters  {_measured(lambda q=query: ask(catalogue, Question(q)), asked.times)}"
            )  # type: ignore[misc]
            print(f"  whole page          {_measured(_page(app, query), asked.times)}")


if __name__ == "__main__":
    main()
