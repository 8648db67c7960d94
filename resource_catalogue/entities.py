"""The fixed shape of each base-database entity: its attributes, identifier and scope.

Here: what ``claims.*`` and ``base.*`` look like whatever city runs the platform. Not here: who decides an attribute
(source register) or how a value survives (dbt models). The dbt project reads the same lists through a drift test.
"""

from dataclasses import dataclass
from typing import Literal

AttributeType = Literal["text", "date", "decimal", "integer", "double"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """Describe one attribute of an entity.

    Args:
        name: Column name in ``claims`` and ``base``.
        type: Storage type.
        zh: Chinese label.
        is_personal: Whether a value identifies or describes a natural person.
    """

    name: str
    type: AttributeType
    zh: str
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """Describe one kind of entity.

    Args:
        name: Table name below ``claims`` and ``base``.
        database: Key of the profile's ``base_databases`` that this entity belongs to.
        zh: Chinese label.
        identifier: Attributes that make one subject; the subject key is a keyed hash over them.
        division: Attribute whose division code answers for a row.
        scopes: Scope fields of the source register and the SQL that derives them from a claim.
        attributes: All attributes, the identifier included.
    """

    name: str
    database: str
    zh: str
    identifier: tuple[str, ...]
    division: str
    scopes: dict[str, str]
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute:
        """Return the attribute of that name; raise KeyError where there is none."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        raise KeyError(name)


PERSON = Entity(
    "person",
    "population",
    "自然人",
    ("citizen_id",),
    "registered_division_code",
    {},
    (
        Attribute("citizen_id", "text", "公民身份号码", True),
        Attribute("name", "text", "姓名", True),
        Attribute("sex", "text", "性别", True),
        Attribute("date_of_birth", "date", "出生日期", True),
        Attribute("date_of_death", "date", "死亡日期", True),
        Attribute("nationality_code", "text", "民族", True),
        Attribute("registered_address", "text", "户籍地址", True),
        Attribute("registered_division_code", "text", "户籍地行政区划", True),
        Attribute("residence_address", "text", "居住地址", True),
        Attribute("residence_permit_no", "text", "居住证号", True),
        Attribute("birth_certificate_no", "text", "出生医学证明编号", True),
        Attribute("marital_status", "text", "婚姻状况", True),
        Attribute("insurance_status", "text", "参保状态", True),
        Attribute("employer_credit_code", "text", "工作单位统一社会信用代码", True),
        Attribute("housing_fund_status", "text", "公积金账户状态", True),
        Attribute("phone", "text", "联系电话", True),
    ),
)
ORGANISATION = Entity(
    "organisation",
    "organisation",
    "法人和非法人组织",
    ("credit_code",),
    "registrar_division_code",
    {"registrar": "substr(credit_code, 1, 1)"},
    (
        Attribute("credit_code", "text", "统一社会信用代码"),
        Attribute("name", "text", "名称"),
        Attribute("legal_form", "text", "类型"),
        Attribute("status", "text", "登记状态"),
        Attribute("legal_representative_name", "text", "法定代表人姓名", True),
        Attribute("legal_representative_id", "text", "法定代表人证件号码", True),
        Attribute("registered_capital_cny", "decimal", "注册资本（元）"),
        Attribute("established_on", "date", "成立日期"),
        Attribute("deregistered_on", "date", "注销日期"),
        Attribute("registered_address", "text", "住所"),
        Attribute("registrar_division_code", "text", "登记机关行政区划"),
        Attribute("business_scope", "text", "经营范围"),
        Attribute("industry_code", "text", "行业代码"),
        Attribute("insured_count", "integer", "参保人数"),
        Attribute("phone", "text", "联系电话", True),
    ),
)
PLACE = Entity(
    "place",
    "spatial",
    "自然资源和空间地理",
    ("place_kind", "place_id"),
    "division_code",
    {"place_kind": "place_kind"},
    (
        Attribute("place_kind", "text", "地物类别"),
        Attribute("place_id", "text", "地物标识"),
        Attribute("name", "text", "名称"),
        Attribute("division_code", "text", "行政区划代码"),
        Attribute("level", "text", "级别"),
        Attribute("valid_from", "date", "启用日期"),
        Attribute("valid_to", "date", "停用日期"),
        Attribute("successor_codes", "text", "后继代码"),
        Attribute("longitude", "double", "经度"),
        Attribute("latitude", "double", "纬度"),
        Attribute("coordinate_system", "text", "坐标系"),
        Attribute("geometry_geojson", "text", "几何"),
        Attribute("area_m2", "double", "面积（平方米）"),
        Attribute("use_code", "text", "用途"),
        Attribute("holder_credit_code", "text", "权利人统一社会信用代码"),
    ),
)
CERTIFICATE = Entity(
    "certificate",
    "e_certificate",
    "电子证照",
    ("certificate_type", "certificate_no", "holder_identifier"),
    "issuer_division_code",
    {"certificate_type": "certificate_type"},
    (
        Attribute("certificate_type", "text", "证照类型"),
        Attribute("certificate_no", "text", "证照编号"),
        Attribute("certificate_identifier", "text", "电子证照标识"),
        Attribute("holder_identifier", "text", "持证主体代码", True),
        Attribute("holder_name", "text", "持证主体名称", True),
        Attribute("issued_by", "text", "颁发机构"),
        Attribute("issuer_division_code", "text", "颁发机构行政区划"),
        Attribute("issued_on", "date", "颁发日期"),
        Attribute("valid_to", "date", "有效期至"),
        Attribute("status", "text", "证照状态"),
    ),
)
CREDIT_RECORD = Entity(
    "credit_record",
    "social_credit",
    "社会信用",
    ("record_kind", "document_no"),
    "issuer_division_code",
    {"record_kind": "record_kind"},
    (
        Attribute("record_kind", "text", "记录类别"),
        Attribute("document_no", "text", "决定文书号"),
        Attribute("subject_identifier", "text", "相对人代码", True),
        Attribute("subject_name", "text", "相对人名称", True),
        Attribute("ground", "text", "事由"),
        Attribute("decided_by", "text", "决定机关"),
        Attribute("issuer_division_code", "text", "决定机关行政区划"),
        Attribute("decided_on", "date", "决定日期"),
        Attribute("amount_cny", "decimal", "金额（元）"),
    ),
)
INDICATOR = Entity(
    "indicator",
    "macro_economy",
    "宏观经济",
    ("indicator_code", "period", "division_code"),
    "division_code",
    {},
    (
        Attribute("indicator_code", "text", "指标代码"),
        Attribute("period", "text", "时期"),
        Attribute("division_code", "text", "行政区划代码"),
        Attribute("value", "double", "数值"),
        Attribute("unit", "text", "单位"),
    ),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity for entity in (PERSON, ORGANISATION, PLACE, CERTIFICATE, CREDIT_RECORD, INDICATOR)
}
