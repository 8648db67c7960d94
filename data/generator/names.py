"""Compose names and addresses from syllables.

Here: the syllables and their combination. Not here: who bears a name. Combinations may by chance equal a
real name; no other attribute of them is real.
"""

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
    "陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
)
GIVEN = (
    "安邦秉超诚德栋帆刚光海浩恒宏洪华辉佳建江杰金军凯康兰立丽林玲龙璐敏明娜宁平"
    "奇青庆蓉瑞山尚诗书涛天庭文武祥晓欣秀雅妍燕阳怡逸颖永宇玉远月云泽振志忠子"
)
TRADE_HEADS = "示例安丰达盛恒瑞宏泰鑫源康嘉华新润兴联合海天东方中正博远信诚"
TRADES = (
    ("食品", "食品生产、食品销售"),
    ("机械", "通用设备制造、机械零件加工"),
    ("纺织", "针纺织品生产、销售"),
    ("建材", "建筑材料销售"),
    ("物流", "普通货物仓储、道路货物运输"),
    ("餐饮", "餐饮服务"),
    ("信息技术", "软件开发、信息系统集成服务"),
    ("农业科技", "农作物种植、农业技术服务"),
    ("环保", "环境保护专用设备制造、污水处理"),
    ("商贸", "日用百货、五金产品零售"),
)
ROADS = ("示范路", "样板路", "例行街", "演示大道", "试点巷", "模拟路", "范本街", "标准路")
CAUSES = ("助学", "养老服务", "环境保护", "青年志愿", "乡村振兴", "科普", "书画艺术", "体育健身")
PUBLIC_BODIES = (
    "中学",
    "小学",
    "幼儿园",
    "卫生院",
    "图书馆",
    "文化馆",
    "敬老院",
    "水利站",
    "农技站",
    "博物馆",
)


def person_name(number: int) -> str:
    """Compose a personal name of two or three characters."""
    number, surname = divmod(number, len(SURNAMES))
    number, first = divmod(number, len(GIVEN))
    number, second = divmod(number, len(GIVEN))
    return SURNAMES[surname] + GIVEN[first] + (GIVEN[second] if number % 4 else "")


def trade_name(number: int) -> tuple[str, int]:
    """Compose a three-character trade name; return it with the unused rest of the number."""
    number, first = divmod(number, len(TRADE_HEADS))
    number, second = divmod(number, len(TRADE_HEADS))
    number, third = divmod(number, len(GIVEN))
    return TRADE_HEADS[first] + TRADE_HEADS[second] + GIVEN[third], number


def address(division_name: str, number: int) -> str:
    """Compose an address in the fictional city."""
    number, road = divmod(number, len(ROADS))
    number, house = divmod(number, 400)
    return f"示例市{division_name}{ROADS[road]}{house + 1}号{number % 30 + 1}幢{number // 30 % 900 + 101}室"
