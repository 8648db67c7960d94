"""What a reader sees for the platform's own words: states, severities, indicators, what rules say.

Here: Chinese and English of words that no other room has labelled. Not here: why a delivery is held
(``delivery_words.py``), words of a regulation (profile), of checks and norms (``expectations/explain.py``), of
cases (``casework/transitions.py``).
"""

from resource_catalogue.model import Label

PROFILE_STATUS: dict[str, Label] = {
    "in_force": Label(zh="现行有效", en="in force"),
    "expired": Label(zh="已失效", en="expired"),
    "draft": Label(zh="草案，尚未公布施行", en="draft, not adopted"),
    "not_yet_in_force": Label(zh="已公布，尚未施行", en="adopted, not yet in force"),
}
DELIVERY_STATES: dict[str, Label] = {
    "loaded": Label(zh="已入库", en="loaded"),
    "held": Label(zh="暂存待核", en="held for a person"),
    "accepted": Label(zh="核后接受", en="accepted by a person"),
    "rejected": Label(zh="核后拒收", en="rejected by a person"),
    "unreadable": Label(zh="无法读取", en="unreadable"),
}
SEVERITIES: dict[str, Label] = {
    "block": Label(zh="阻断", en="block"),
    "error": Label(zh="差错", en="error"),
    "warn": Label(zh="提示", en="warning"),
}
INDICATORS: dict[str, Label] = {
    "0101": Label(zh="数据标准", en="data standard"),
    "0102": Label(zh="数据模型", en="data model"),
    "0103": Label(zh="元数据", en="metadata"),
    "0104": Label(zh="业务规则", en="business rules"),
    "0105": Label(zh="权威参考数据", en="reference data"),
    "0106": Label(zh="安全规范", en="security rules"),
    "0201": Label(zh="数据元素完整性", en="completeness of elements"),
    "0202": Label(zh="数据记录完整性", en="completeness of records"),
    "0301": Label(zh="数据内容正确性", en="correctness of content"),
    "0302": Label(zh="数据格式合规性", en="conformity of format"),
    "0303": Label(zh="数据重复率", en="rate of repetition"),
    "0304": Label(zh="数据唯一性", en="uniqueness"),
    "0305": Label(zh="脏数据出现率", en="rate of dirty data"),
    "0401": Label(zh="相同数据一致性", en="agreement of the same datum"),
    "0402": Label(zh="关联数据一致性", en="agreement of related data"),
    "0501": Label(zh="基于时间段的正确性", en="correctness for the period"),
    "0502": Label(zh="基于时间点及时性", en="timeliness"),
    "0503": Label(zh="时序性", en="order in time"),
    "0601": Label(zh="可访问", en="accessibility"),
    "0602": Label(zh="可用性", en="usability"),
}
"""Indicators of GB/T 36344-2018."""

RULE_OUTCOMES: dict[str, Label] = {
    "failed": Label(zh="不合格", en="fails"),
    "no_finding": Label(zh="未发现问题", en="nothing found"),
    "not_assessed": Label(zh="未评估", en="not assessed"),
    "crashed": Label(zh="检查出错", en="the check crashed"),
}
"""What a rule says of a row."""


def indicator_label(code: str) -> Label:
    """Return the name of an indicator with its code."""
    named = INDICATORS.get(code, Label(zh="—", en="—"))
    return Label(zh=f"{code} {named.zh}", en=f"{code} {named.en}")


def english(label: Label) -> str:
    """Return the English of a label, its Chinese where there is none."""
    return label.en or label.zh
