"""Make the rows of the measured feed: a register of ten columns in GBK, as an agency would export it.

Here: values and their faults, drawn from a seed, block by block, so that size does not cost memory. One row in fifty
has a wrong check digit in one of two identifiers or a date that does not exist. Not here: who reads the rows.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from norms import citizen_id, credit_code, organisation_code
from norms.checksums import Bytes, Integers, character_values, weighted_sums

ENCODING = "gbk"
SEED = 20260316
BLOCK_ROWS = 200_000
HEADER = (
    "登记号",
    "企业名称",
    "信用代码",
    "经营者身份号码",
    "登记日期",
    "注销日期",
    "注册资本",
    "从业人数",
    "状态",
    "经营范围",
)
_AREAS = ("110105", "310101", "320102", "330106", "440106", "510104")
_PLACES = ("示例县", "示例区", "江北新区", "高新区", "开发区", "城东街道")
_TRADES = ("机械制造", "粮油贸易", "软件服务", "水产养殖", "物流运输", "建筑装饰", "餐饮管理", "医药零售")
_WORDS = ("恒通", "新源", "大成", "华美", "安泰", "瑞丰", "金桥", "远航")
_STATES = ("存续", "注销", "吊销", "迁出")
_ONE_IN = 50
_DIGITS = "0123456789"


def write_feed(path: Path, rows: int, first: int = 0) -> None:
    """Write a file of so many rows.

    Args:
        first: Number of the first row: files that begin elsewhere have rows of their own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write((",".join(HEADER) + "\n").encode(ENCODING))
        for block in made_rows(rows, first):
            file.write(block.write_csv(include_header=False).encode(ENCODING))


def made_rows(rows: int, first: int = 0) -> Iterator[pl.DataFrame]:
    """Give the rows in blocks, every cell as text."""
    for start in range(first, first + rows, BLOCK_ROWS):
        yield _block(start, min(BLOCK_ROWS, first + rows - start))


def _block(start: int, count: int) -> pl.DataFrame:
    drawn = np.random.default_rng((SEED, start))

    def chosen(words: tuple[str, ...]) -> pl.Series:
        return pl.Series(np.array(words, dtype=object)[drawn.integers(0, len(words), count)], dtype=pl.String)

    def number(most: int) -> pl.Series:
        return pl.Series(drawn.integers(0, most, count))

    day = pl.date(1990, 1, 1) + pl.duration(days=pl.col("day"))
    frame = pl.DataFrame({
        "number": pl.int_range(start, start + count, eager=True), "place": chosen(_PLACES), "trade": chosen(_TRADES),
        "state": chosen(_STATES), "area": chosen(_AREAS), "own_area": chosen(_AREAS), "body": number(10**8),
        "born": number(18_000), "sequence": number(999), "day": number(12_000), "cents": number(10**11),
        "people": number(5000), "fault": number(3 * _ONE_IN), "word": chosen(_WORDS),
    })  # fmt: skip
    frame = frame.with_columns(code=_credit_codes(frame), citizen=_citizen_ids(frame))
    capital = (
        (pl.col("cents") // 100).cast(pl.String) + "." + (pl.col("cents") % 100).cast(pl.String).str.zfill(2)
    )
    ended = (day + pl.duration(days=900)).dt.to_string("%Y%m%d")
    return frame.select(
        entry_no="R" + pl.col("number").cast(pl.String).str.zfill(8),
        name=pl.col("place") + pl.col("trade") + pl.col("word") + "有限公司",
        credit_code=_spoilt(0, _misended(pl.col("code")), pl.col("code")),
        operator_id=_spoilt(1, _misended(pl.col("citizen")), pl.col("citizen")),
        registered_on=_spoilt(2, pl.lit("2026-02-30"), day.dt.to_string("%Y-%m-%d")),
        ended_on=pl.when(pl.col("state") == "存续").then(pl.lit("")).otherwise(ended),
        capital_cny=capital,
        people=pl.col("people").cast(pl.String),
        status="state",
        scope="trade",
    )


def _spoilt(kind: int, wrong: pl.Expr, right: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("fault") == kind).then(wrong).otherwise(right)


def _misended(text: pl.Expr) -> pl.Expr:
    """Return identifiers with another check character than the right one."""
    last = pl.when(text.str.slice(17) == "0").then(pl.lit("1")).otherwise(pl.lit("0"))
    return text.str.slice(0, 17) + last


def _credit_codes(frame: pl.DataFrame) -> pl.Series:
    inner = _ended(
        frame["body"].cast(pl.String).str.zfill(8), organisation_code.ALPHABET, organisation_code.WEIGHTS, 11,
        organisation_code.CHECK_CHARACTERS,
    )  # fmt: skip
    values = character_values(credit_code.ALPHABET)
    text = "91" + frame["area"] + inner
    sums = weighted_sums(_bytes(text), values, credit_code.WEIGHTS)
    return text + _characters(credit_code.ALPHABET, (31 - sums % 31) % 31)


def _citizen_ids(frame: pl.DataFrame) -> pl.Series:
    born = frame.select((pl.date(1950, 1, 1) + pl.duration(days=pl.col("born"))).dt.to_string("%Y%m%d"))
    text = frame["own_area"] + born.to_series() + (frame["sequence"] + 1).cast(pl.String).str.zfill(3)
    return _ended(text, _DIGITS, citizen_id.WEIGHTS, 11, citizen_id.CHECK_CHARACTERS)


def _ended(
    text: pl.Series, alphabet: str, weights: tuple[int, ...], modulus: int, characters: str
) -> pl.Series:
    """Return texts with their check character."""
    sums = weighted_sums(_bytes(text), character_values(alphabet), weights)
    return text + _characters(characters, sums % modulus)


def _bytes(text: pl.Series) -> Bytes:
    joined = "".join(text.to_list()).encode("ascii")
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(text), -1)


def _characters(alphabet: str, places: Integers) -> pl.Series:
    return pl.Series(np.array(list(alphabet), dtype=object)[places], dtype=pl.String)
