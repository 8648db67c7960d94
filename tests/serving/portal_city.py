"""A small city for the portal's tests: a list, statistics, a dataset open on conditions, one pending."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
from portal_desk import MemoryDesk, MemoryRecorder
from starlette.applications import Starlette

from opening.catalogue_shape import CATALOGUE, CATALOGUE_FORMAT
from opening.files import write_files
from serving.portal import PortalSettings, portal_app

NOW = dt.datetime(2026, 3, 25, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
REPAIRS, PEOPLE, INSURED, PENDING = "repairs", "people", "insured", "pending"


def words(zh: str, en: str = "") -> dict[str, str]:
    return {"zh": zh, "en": en}


def repairs_frame(rows: int = 40) -> pl.DataFrame:
    """Make the rows of the list; one name would run as a formula in a spreadsheet."""
    return pl.DataFrame(
        {
            "code": [f"{n:06d}" for n in range(rows)],
            "name": [
                "=HYPERLINK(1)",
                '<script>alert("1")</script>',
                *(f"示例维修店{n}" for n in range(2, rows)),
            ],
            "capital_cny": [None, *(1000 * n for n in range(1, rows))],
            "established_on": [dt.date(2020, 1, 1) + dt.timedelta(days=n) for n in range(rows)],
        }
    )


def people_frame() -> pl.DataFrame:
    cells = [("329901", "1", "0-9", 120), ("329901", "2", "10-19", 80), ("329902", "1", "0-9", 50)]
    return pl.DataFrame(cells, schema=["division_code", "sex", "age_band", "persons"], orient="row")


def column(name: str, zh: str, kind: str, **more: Any) -> dict[str, Any]:
    shape = {
        "type_name": words("字符型", "text"),
        "length": None,
        "unit": None,
        "role": "value",
        "mask": None,
        "codes": [],
    }
    return {"name": name, "zh": zh, "en": name.title(), "type": kind, **shape, **more}


def entry(dataset_id: str, title: str, **more: Any) -> dict[str, Any]:
    """Make a dataset of the catalogue: listed, nothing of it open."""
    shape = {
        "id": dataset_id, "title": words(title, dataset_id.title()), "summary": words(f"{title}的说明", "Summary"),
        "agency": "transport", "kind": "list", "state": "pending", "categories": ["transport"],
        "keywords": ["公告"], "update_frequency": "monthly", "first_opened_at": None, "updated_at": None,
        "data_until": None, "rows": 0, "downloadable": False, "files": [], "versions": [], "sources": [],
        "columns": [column("code", "代码", "String")], "minimum_cell": None,
        "open": {"type": "open_to_all", "name": words("无条件开放", "Open unconditionally"), "reason": None,
                 "condition": None, "basis": []},
        "attribution": {"line": words(f"数据来源：{title}", f"Source: {dataset_id}"), "article": "第三十四条"},
    }  # fmt: skip
    return shape | more


def opened(folder: Path, made: dict[str, Any], frame: pl.DataFrame) -> dict[str, Any]:
    """Write the files of a dataset and say in its entry that they lie open."""
    place = folder / made["id"]
    place.mkdir(parents=True, exist_ok=True)
    files = [asdict(file) for file in write_files(frame, place, made["id"])]
    manifest = {"rows": len(frame), "files": files, "open_type": {"type": made["open"]["type"]}}
    content = json.dumps(manifest, ensure_ascii=False).encode()
    (place / "manifest.json").write_bytes(content)
    version = {"opened_at": "2026-03-16T01:00:00+00:00", "rows": len(frame), "release": 1}
    version["manifest_hash"] = hashlib.sha256(content).hexdigest()
    return made | {
        "state": "opened",
        "rows": len(frame),
        "files": files,
        "downloadable": made["open"]["type"] == "open_to_all",
        "first_opened_at": "2026-03-01T01:00:00+00:00",
        "updated_at": "2026-03-16T01:00:00+00:00",
        "data_until": "2026-03-15",
        "versions": [version],
    }


def city_datasets(folder: Path) -> list[dict[str, Any]]:
    repairs = entry(REPAIRS, "机动车维修信息", keywords=["维修", "汽车"], update_frequency="weekly")
    repairs["columns"] = [
        column("code", "备案编号", "String"), column("name", "企业名称", "String", mask=words("置空", "left empty")),
        column("capital_cny", "注册资本", "Int64"), column("established_on", "成立日期", "Date"),
    ]  # fmt: skip
    people = entry(
        PEOPLE, "户籍人口统计", agency="police", kind="statistics", categories=["population"], minimum_cell=20
    )
    people["columns"] = [
        column("division_code", "行政区划", "String", role="quasi", codes=[{"code": "329901", "name": "示例区"}]),
        column("sex", "性别", "String", role="quasi", codes=[{"code": "1", "name": "男性"}]),
        column("age_band", "年龄组", "String", role="quasi"), column("persons", "人数", "Int64", role="count"),
    ]  # fmt: skip
    terms = {
        "type": "conditional",
        "name": words("有条件开放", "Open on conditions"),
        "reason": words("仅统计用", "For statistics"),
    }
    terms |= {
        "condition": words("签订利用协议", "A signed agreement"),
        "basis": [{"title": "示例条例", "doc_no": None, "article": "第十条"}],
    }
    insured = entry(INSURED, "参保人员统计", agency="insurance", categories=["social"], open=terms)
    return [
        opened(folder, insured, people_frame()),
        opened(folder, people, people_frame()),
        entry(PENDING, "公交线路"),
        opened(folder, repairs, repairs_frame()),
    ]


def catalogue_of(datasets: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the catalogue of some datasets."""
    agencies = {"insurance": "示例市人社局", "police": "示例市公安局", "transport": "示例市交通局"}
    domains = {"transport": "交通运输", "social": "社会保障", "population": "人口", "health": "卫生健康"}
    step = {
        "act": words("答复", "Answer"),
        "by": words("提供机构", "provider"),
        "limit": words("10 个工作日内", "within 10 working days"),
        "article": "第二十七条",
    }
    return {
        "format": CATALOGUE_FORMAT,
        "platform": words("示例市公共数据平台", "Open data of the example city"),
        "division_code": "329900",
        "time_zone": "Asia/Shanghai",
        "release": 3,
        "record_version": 1,
        "terms": {
            "profile": "example@1", "regulation": words("示例办法", "Example measures"),
            "login": None, "application": [words("事由", "Reason")], "application_article": "第二十七条",
            "application_steps": [step], "agreement": None, "user": words("利用主体", "user"),
        },
        "agencies": [
            {"id": key, "name": words(zh, key.title()), "short_name": words(zh[3:], key.title()),
             "credit_code": "11329900009000103W", "contact": words("数据专员", "Steward"), "division_code": "329900",
             "datasets": sum(d["agency"] == key for d in datasets)}
            for key, zh in agencies.items()
        ],
        "domains": [
            {"id": key, "name": words(zh, key.title()), "priority": True,
             "datasets": sum(key in d["categories"] for d in datasets)}
            for key, zh in domains.items()
        ],
        "datasets": datasets,
        "sanctions": [],
        "statistics": {
            "datasets": len(datasets), "open_to_all": 3, "conditional": 1, "rows": sum(d["rows"] for d in datasets),
            "agencies": 3, "bytes": 1000, "updated_at": "2026-03-16T01:00:00+00:00",
        },
    }  # fmt: skip


def write_city(folder: Path, **changes: Any) -> dict[str, Any]:
    """Write the city's catalogue and files below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    content = catalogue_of(city_datasets(folder)) | changes
    (folder / CATALOGUE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return content


class City:
    """Hold a portal over the city, with its desk and record."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.now = folder, NOW
        self.content = write_city(folder)
        self.desk, self.recorder = MemoryDesk(), MemoryRecorder()
        self.settings = PortalSettings(secret=b"k" * 32, **settings)

    def app(self, **ports: Any) -> Starlette:
        return portal_app(self.folder, self.recorder, self.desk, lambda: self.now, self.settings, **ports)
