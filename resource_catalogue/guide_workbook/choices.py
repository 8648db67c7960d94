"""The words that cells choose from: the guide's codes where it has one, this platform's own words elsewhere.

Here: each list of words with code, Chinese and English, and how agencies also write them. Not here: which cell
takes which list (``layout.py``). Codes of share types, formats and update periods are those of catalogue systems in
use; the guide has none for half-yearly, irregular and never, so these stand as words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from norms.text import SPACES, fold_width
from resource_catalogue.model import Label
from resource_catalogue.profile import Profile
from resource_catalogue.profile_parts import TypeNames

_DROPPED = str.maketrans(dict.fromkeys(SPACES + "-_.、。·/:：()（）[]【】", ""))


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold one word of a list: as the catalogue's files write it, as people read it, and the guide's code."""

    word: str
    zh: str
    en: str
    code: str = ""
    also: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Return the cell's text: code and Chinese.

        >>> Choice("conditional", "有条件共享", "shared on conditions", "2").shown
        '2 有条件共享'
        """
        return f"{self.code} {self.zh}".strip()

    def spellings(self) -> Iterable[str]:
        """Yield every text that means this word."""
        yield from (self.shown, self.word, self.zh, self.en, *self.also)
        if self.code:
            yield from (self.code, f"{self.zh}{self.code}", f"{self.code}{self.word}")


@dataclass(frozen=True)
class Choices:
    """Hold a list of words and find the one that a text means."""

    name: Label
    choices: tuple[Choice, ...]
    _known: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", _unambiguous(self.choices))

    def find(self, text: str) -> str | None:
        """Return the word that a text means, whatever its width, spaces and separators; null for none.

        >>> SHARE_TYPES.find("２－有条件共享"), SHARE_TYPES.find("1"), SHARE_TYPES.find("看情况")
        ('conditional', 'open_to_all', None)
        """
        return self._known.get(_bare(text))

    def shown(self, word: str) -> str:
        """Return the text of a word; the word itself where the list does not have it."""
        return next((choice.shown for choice in self.choices if choice.word == word), word)

    def expected(self) -> str:
        """Return all that may stand in the cell, Chinese and English."""
        zh = "、".join(choice.shown for choice in self.choices)
        return f"{zh} / one of: {', '.join(choice.word for choice in self.choices)}"


def _bare(text: str) -> str:
    return fold_width(text).translate(_DROPPED).lower()


def _unambiguous(choices: tuple[Choice, ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    doubtful: set[str] = set()
    for choice in choices:
        for spelling in map(_bare, choice.spellings()):
            if known.setdefault(spelling, choice.word) != choice.word:
                doubtful.add(spelling)
    return {spelling: word for spelling, word in known.items() if spelling and spelling not in doubtful}


def _choices(zh: str, en: str, lines: str) -> Choices:
    """Read a list: one word per line as ``word | 中文 | English | code | other spellings``."""
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        word, chinese, english, code, *also = [*re.split(r"\s*\|\s*", line), "", ""][:5]
        found.append(Choice(word, chinese, english, code, tuple(filter(None, "".join(also).split("、")))))
    return Choices(Label(zh=zh, en=en), tuple(found))


CLASSES = _choices("类", "Class", """
    base | 基础信息资源 | base | 1 | 基础、基础类、基础信息资源类
    theme | 主题信息资源 | theme | 2 | 主题、主题类、主题信息资源类
    department | 部门信息资源 | department | 3 | 部门、部门类、部门信息资源类
""")  # fmt: skip
FORMATS = _choices("信息资源格式分类", "Format", """
    file | 电子文件 | files | 1 | 文件
    spreadsheet | 电子表格 | spreadsheet | 2 | 表格
    database | 数据库 | database | 3 | 库表
    graphics | 图形图像 | graphics | 4 | 图形、图像、图形图像类
    streaming | 流媒体 | streaming media | 5
    self_describing | 自描述格式 | self-describing | 6
    service | 服务接口 | service | 7 | 接口
""")  # fmt: skip
FORMS = _choices("信息资源格式类型", "Medium", """
    structured | 结构化 | structured | | 结构化数据
    document | 文档 | documents | | 文件、文本
    image | 图像 | images | | 图片
    audio | 音频 | audio
    video | 视频 | video
    certificate | 电子证照 | certificates | | 证照
    non_digital | 非数字化 | not digital | | 纸质
""")  # fmt: skip
DIGITISATION_STATES = _choices("数字化进展", "Digitisation", """
    planned | 已计划 | planned | | 计划、未开始
    under_way | 加工中 | under way | | 进行中
    in_review | 验收中 | in review | | 验收
""")  # fmt: skip
SHARE_TYPES = _choices("共享类型", "Share type", """
    open_to_all | 无条件共享 | shared unconditionally | 1 | 无条件共享类、无条件
    conditional | 有条件共享 | shared on conditions | 2 | 有条件共享类、有条件
    none | 不予共享 | not shared | 3 | 不予共享类、不共享、不予
""")  # fmt: skip
OPEN_TYPES = _choices("开放类型", "Open type", """
    open_to_all | 无条件开放 | open unconditionally | 1 | 无条件开放类、无条件
    conditional | 有条件开放 | open on conditions | 2 | 有条件开放类、有条件
    none | 不予开放 | not open | 3 | 不予开放类、不开放、不予、非开放
""")  # fmt: skip
MODES = _choices("共享方式", "Ways of sharing", """
    service | 接口调用 | keyed lookup | | 接口、服务接口、接口方式
    table | 库表对接 | shared table | | 库表、库表交换、库表方式
    file | 文件下载 | files | | 文件、文件交换、文件方式
""")  # fmt: skip
FREQUENCIES = _choices("更新周期", "Update period", """
    real_time | 实时 | real time | 1 | 实时更新
    daily | 每日 | daily | 2 | 每天、日、按日
    weekly | 每周 | weekly | 3 | 周、按周
    monthly | 每月 | monthly | 4 | 月、按月
    quarterly | 每季度 | quarterly | 5 | 季、季度、每季、按季度
    yearly | 每年 | yearly | 6 | 年、年度、按年
    half_yearly | 每半年 | half-yearly | | 半年
    irregular | 不定期 | irregular | | 不定期更新
    never | 不更新 | never
""")  # fmt: skip
OBTAINED = _choices("获取方式", "Obtained by", """
    collected | 采集 | collected
    generated | 产生 | generated | | 履职产生
    shared | 共享获取 | shared | | 共享
    negotiated | 协商 | negotiated
    purchased | 购买 | purchased | | 采购
    internet | 互联网 | internet
    returned | 回流 | returned | | 上级回流
""")  # fmt: skip
REPORTED = _choices("报送主体", "Reported by", """
    self | 本机构报送 | this agency | | 本机构、自行报送
    upper | 上级统建系统已报送 | a system of the upper tier | | 上级、上级统建
""")  # fmt: skip
SUBJECTS = _choices("主体", "Subject", """
    person | 自然人 | person | | 人口、个人
    organisation | 法人和非法人组织 | organisation | | 法人、组织
    place | 空间地理 | place | | 地物、地点
    certificate | 电子证照 | certificate | | 证照
    credit_record | 信用记录 | credit record | | 信用
    indicator | 指标 | indicator | | 统计指标
    none | 不针对主体 | none
""")  # fmt: skip
UPDATE_MODES = _choices("更新方式", "Update mode", """
    snapshot | 全量 | snapshot | | 全量更新、快照
    append | 追加 | append | | 增量追加
    changes | 变更 | changes | | 增量变更
""")  # fmt: skip
SECRECY = _choices("涉密审查", "Secrecy", """
    not_secret | 不涉密 | not secret | | 非涉密
    secret | 涉密 | secret
    not_reviewed | 未审查 | not reviewed
""")  # fmt: skip
NATIONAL_LEVELS = _choices("数据级别", "National level", """
    general | 一般数据 | general | | 一般
    important | 重要数据 | important | | 重要
    core | 核心数据 | core | | 核心
""")  # fmt: skip
HARMS = _choices("危害程度", "Harm", """
    none | 无危害 | none
    general | 一般危害 | general | | 一般
    serious | 严重危害 | serious | | 严重
    very_serious | 特别严重危害 | very serious | | 特别严重
""")  # fmt: skip
CONNECTORS = _choices("连接方式", "Connector", """
    folder | 目录 | folder
    sftp | SFTP | SFTP
    s3 | 对象存储 | object storage
    http_api | 接口 | HTTP interface
    database | 数据库 | database
    delta_sharing | 数据共享协议 | Delta Sharing
    push | 实时推送 | pushed in real time | | 推送
""")  # fmt: skip
WIDTH_UNITS = _choices("列宽单位", "Width unit", """
    byte | 字节 | bytes
    character | 字符 | characters
""")  # fmt: skip
RANKS = _choices("效力层级", "Rank", """
    law | 法律 | law
    administrative_regulation | 行政法规 | administrative regulation
    local_regulation | 地方性法规 | local regulation
    department_rule | 部门规章 | department rule
    government_rule | 地方政府规章 | government rule | | 政府规章
    national_provision | 国家规定 | national provision | | 国家有关规定
    normative_document | 规范性文件 | normative document | | 行政规范性文件
""")  # fmt: skip
SEVERITIES = _choices("严重程度", "Severity", """
    warn | 提示 | warn | | 警告、计数
    error | 差错 | error | | 错误、整改
    block | 阻断 | block
""")  # fmt: skip
COLUMN_TYPES = _choices("信息项类型", "Item type", """
    text | 文本 | text
    code | 代码 | code
    citizen_id | 公民身份号码 | citizen's ID number | | 身份证号、身份证号码
    credit_code | 统一社会信用代码 | credit code | | 信用代码
    registration_number | 登记注册号 | registration number | | 注册号、登记号
    subject_identifier | 主体代码 | identifier of a subject
    certificate_identifier | 电子证照标识 | certificate identifier
    person_name | 姓名 | name of a person
    address | 地址 | address
    phone | 电话 | phone | | 联系电话、手机号
    division | 行政区划代码 | division | | 行政区划
    money | 金额 | money
    date | 日期 | date
    datetime | 日期时间 | date and time
    integer | 整数 | whole number
    decimal | 小数 | decimal number
    boolean | 是否 | yes or no | | 布尔
    geometry | 空间几何 | geometry | | 几何
""")  # fmt: skip
GUIDE_TYPES = _choices("数据类型", "Data type", """
    C | 字符型 | characters | C | 字符、字符串、字符串型、文本型
    N | 数值型 | numeric | N | 数值、数字型
    Y | 货币型 | currency | Y | 货币
    D | 日期型 | date | D | 日期
    T | 日期时间型 | date and time | T | 日期时间、时间型
    L | 逻辑型 | logical | L | 逻辑、布尔型
    M | 备注型 | memo | M | 备注
    G | 通用型 | general | G | 通用
    B | 双精度型 | double | B | 双精度
    I | 整型 | integer | I | 整数、整数型
    F | 浮点型 | float | F | 浮点
""")  # fmt: skip
BASIS_PLACES = _choices("依据用途", "Basis of", """
    collected_under | 采集依据 | collection
    share | 共享依据 | sharing
    open | 开放依据 | opening
    column_share | 信息项共享依据 | sharing of an item
    column_open | 信息项开放依据 | opening of an item
""")  # fmt: skip

TYPE_CODES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "text", "code", "citizen_id", "credit_code", "registration_number", "subject_identifier",
            "certificate_identifier", "person_name", "address", "phone", "division",
        ),
        ("C", "CMN"),
    ),
    "money": ("Y", "YNBFI"),
    "date": ("D", "DC"),
    "datetime": ("T", "TDC"),
    "integer": ("I", "INC"),
    "decimal": ("N", "NBFC"),
    "boolean": ("L", "LCN"),
    "geometry": ("G", "GCM"),
}  # fmt: skip
"""Item type -> the guide's code it is shown with, and all the codes that may stand beside it."""
TYPE_OF_CODE: Mapping[str, str] = {
    "C": "text", "M": "text", "N": "decimal", "B": "decimal", "F": "decimal", "Y": "money", "D": "date",
    "T": "datetime", "L": "boolean", "I": "integer", "G": "geometry",
}  # fmt: skip
"""The guide's code -> item type of a new item that names no type of its own."""


def share_types(profile: Profile) -> Choices:
    """Return the share types, also under the names that the profile's text gives them."""
    return _named_too(SHARE_TYPES, profile.share_types)


def open_types(profile: Profile) -> Choices:
    """Return the open types, also under the names that the profile's text gives them."""
    return _named_too(OPEN_TYPES, profile.open_types)


def _named_too(choices: Choices, names: TypeNames) -> Choices:
    """Let a list also be read, and shown, in a text's own words."""
    found = []
    for choice in choices.choices:
        own: Label | None = getattr(names, choice.word)
        zh = own.zh if own else choice.zh
        also = (*choice.also, choice.zh, choice.en)
        found.append(Choice(choice.word, zh, own.en if own else choice.en, choice.code, also))
    return Choices(choices.name, tuple(found))
