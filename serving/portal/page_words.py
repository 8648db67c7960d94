"""Words of the pages that stand for values: open types, formats, frequencies, sorts, states.

Here: what a person sees for them. Not here: texts of one page, which stand in its template.
"""

from opening.catalogue_shape import Words
from resource_catalogue.resource import FREQUENCIES as PROMISED
from serving.portal.account_ports import HolderKind
from serving.portal.ports import FormKind

FREQUENCIES: dict[str, Words] = {
    word: {"zh": label.zh, "en": label.en.capitalize()} for word, label in PROMISED.items()
}
PERIOD_DAYS = {
    "real_time": 1,
    "daily": 1,
    "weekly": 7,
    "monthly": 31,
    "quarterly": 92,
    "half_yearly": 184,
    "yearly": 366,
}
"""Longest number of days between two updates that keeps the promise."""
FORMATS: dict[str, Words] = {
    "csv": {"zh": "CSV", "en": "CSV"},
    "csv_bom": {"zh": "CSV（电子表格）", "en": "CSV for spreadsheets"},
    "xlsx": {"zh": "XLSX", "en": "XLSX"},
    "json": {"zh": "JSON", "en": "JSON"},
    "jsonl": {"zh": "JSONL", "en": "JSONL"},
    "xml": {"zh": "XML", "en": "XML"},
    "parquet": {"zh": "Parquet", "en": "Parquet"},
}
FORMAT_USES: dict[str, Words] = {
    "csv": {"zh": "UTF-8，供程序读取", "en": "UTF-8, for programs"},
    "csv_bom": {
        "zh": "UTF-8 带标记，双击即可用 Excel、WPS 打开",
        "en": "UTF-8 with mark: opens in Excel and WPS",
    },
    "xlsx": {"zh": "工作簿，代码按文本保存", "en": "Workbook; codes are kept as text"},
    "json": {"zh": "对象数组", "en": "Array of objects"},
    "jsonl": {"zh": "每行一个对象", "en": "One object per line"},
    "xml": {"zh": "每行一条 record", "en": "One record per line"},
    "parquet": {"zh": "列式，带数据类型", "en": "Columnar, with types"},
}
OPEN_TYPES: dict[str, Words] = {
    "open_to_all": {"zh": "无条件开放", "en": "Open to all"},
    "conditional": {"zh": "有条件开放", "en": "Open on conditions"},
}
"""Names for filters; a dataset's page shows those of the profile."""
SORT_NAMES: dict[str, Words] = {
    "relevance": {"zh": "相关度", "en": "Relevance"},
    "updated": {"zh": "最近更新", "en": "Last updated"},
    "downloads": {"zh": "下载最多", "en": "Most downloaded"},
    "title": {"zh": "名称", "en": "Title"},
    "rows": {"zh": "数据量", "en": "Rows"},
}
FACET_NAMES: dict[str, Words] = {
    "domain": {"zh": "数据领域", "en": "Domain"},
    "agency": {"zh": "提供机构", "en": "Agency"},
    "open": {"zh": "开放类型", "en": "Open type"},
    "format": {"zh": "文件格式", "en": "Format"},
    "frequency": {"zh": "更新频率", "en": "Frequency"},
}
FORM_NAMES: dict[FormKind, Words] = {
    "correction": {"zh": "数据纠错", "en": "Correction"},
    "demand": {"zh": "数据需求", "en": "Demand for data"},
}
STATES: dict[str, Words] = {
    "opened": {"zh": "已开放", "en": "Open"},
    "pending": {"zh": "待开放", "en": "Not open yet"},
    "withdrawn": {"zh": "已撤回", "en": "Withdrawn"},
}
HOLDERS: dict[HolderKind, Words] = {
    "person": {"zh": "个人", "en": "Person"},
    "organisation": {"zh": "法人或者其他组织", "en": "Organisation"},
}
"""As what a user has registered."""
