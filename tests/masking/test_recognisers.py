"""Recognisers: both forms agree, robust spelling is read, chance and neighbours are not."""

import random
from collections.abc import Callable

import polars as pl
import pytest
from made_city import citizen_id, credit_code

from masking.evidence import Expected, find_evidence
from masking.recogniser_contract import as_presidio, fold, fold_series
from masking.recognisers import recognisers

GAPS = ["", " ", "-", "\u3000", "\u200b", "·", "—", "  ", "----"]
AROUND = ["", "身份证号", "已登记", "，", "a", "Z", "9", " ", "京", "：", "X", "\n", "一一"]


def _spelt(number: str, lot: random.Random) -> str:
    """Write a number as people do: with gaps, full width, small letters, look-alikes."""
    gap = lot.choice(GAPS)
    text = "".join(c + (gap if lot.random() < 0.2 else "") for c in number)
    changes: list[Callable[[str], str]] = [
        str.lower,
        lambda t: t.replace("X", "Х"),
        lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
        lambda t: t,
        lambda t: t[:-1] + str(lot.randint(0, 9)),
        lambda t: t.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
    ]
    return lot.choice(AROUND) + lot.choice(changes)(text) + lot.choice(AROUND)


def _cells(count: int, seed: int) -> list[str]:
    lot = random.Random(seed)
    makers: list[Callable[[], str]] = [
        lambda: citizen_id(lot.randint(0, 10**6)),
        lambda: credit_code(lot.randint(0, 999_999)),
        lambda: f"1{lot.randint(30, 99)}{lot.randint(0, 10**8 - 1):08d}",
        lambda: f"+86{lot.randint(13, 19)}{lot.randint(0, 10**9 - 1):09d}",
        lambda: f"62{lot.randint(0, 10**14 - 1):014d}",
        lambda: f"苏{lot.choice('ABCJ')}{lot.choice(['12345', 'D12345', '1234学'])}",
        lambda: f"{lot.choice('EGDSPX')}{lot.randint(0, 10**8 - 1):08d}",
        lambda: f"{lot.randint(10**14, 10**15 - 1)}",
        lambda: f"{lot.randint(10**17, 10**19 - 1)}",
        lambda: (
            f"{citizen_id(lot.randint(0, 99))} {lot.choice(['138', '139'])}{lot.randint(0, 10**8 - 1):08d}"
        ),
    ]
    return [_spelt(lot.choice(makers)(), lot) for _ in range(count)]


@pytest.fixture(scope="module")
def cells() -> list[str]:
    return _cells(2_000, seed=20260316)


IN_TEXT = {
    "citizen_id": lambda: f"经办人{citizen_id(7)}已签字",
    "credit_code": lambda: f"代码{credit_code(7)}有效",
    "mobile": lambda: "联系电话13912345678，请于工作日来电",
    "bank_card": lambda: "账号6222020000000000000开户",
    "plate": lambda: "车牌苏A12345停放",
    "passport": lambda: "护照E12345678入境",
    "old_citizen_id": lambda: "旧号320901680101123登记",
}
"""One value in text of each kind that must never be published unseen; written down, so that none can go missing."""


def test_every_kind_has_its_recogniser() -> None:
    assert set(recognisers()) == set(IN_TEXT)


@pytest.mark.parametrize("kind", sorted(IN_TEXT))
def test_one_value_in_a_text_is_evidence_of_its_kind(kind: str) -> None:
    texts = ["正常", IN_TEXT[kind](), "其他说明"] * 20
    found = find_evidence(pl.DataFrame({"remark": texts}), {"remark": Expected()})
    assert kind in {evidence.kind for evidence in found}


@pytest.mark.parametrize("kind", sorted(recognisers()))
def test_the_vectorised_scan_and_presidio_agree_on_thousands_of_cells(kind: str, cells: list[str]) -> None:
    recogniser = recognisers()[kind]
    contract = as_presidio(recogniser)
    fast = recogniser.scan(pl.Series(cells)).to_list()
    slow = [bool(contract.analyze(cell, [kind.upper()])) for cell in cells]
    scalar = [recogniser.contains(cell) for cell in cells]
    assert fast == slow == scalar
    assert 10 < sum(fast) < len(cells) - 10


def test_the_recognisers_work_in_a_presidio_engine_without_any_model() -> None:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    engine = NoOpNlpEngine([{"lang_code": "zh", "model_name": "none"}])
    engine.load()
    registry = RecognizerRegistry(
        [as_presidio(r) for r in recognisers().values()], supported_languages=["zh"]
    )
    analyser = AnalyzerEngine(registry, engine, supported_languages=["zh"])
    number = citizen_id(1)
    found = analyser.analyze(f"联系人身份证号{number}已登记", "zh")
    hits = {(hit.entity_type, hit.start, hit.end) for hit in found if hit.score == 1.0}
    assert ("CITIZEN_ID", 7, 25) in hits


def test_folding_is_the_same_in_both_forms_and_keeps_every_place(cells: list[str]) -> None:
    folded = [fold(cell) for cell in cells]
    assert fold_series(pl.Series(cells)).to_list() == folded
    assert [len(cell) for cell in cells] == [len(cell) for cell in folded]


@pytest.mark.parametrize(
    "write",
    [
        lambda n: n,
        lambda n: f"身份证{n}已登记",
        lambda n: f"SFZ{n}",
        lambda n: f"{n[:6]} {n[6:14]} {n[14:]}",
        lambda n: f"{n[:6]}-{n[6:14]}-{n[14:]}",
        lambda n: "\u200b".join(n),
        lambda n: "".join(chr(ord(c) + 0xFEE0) for c in n),
        lambda n: n.translate(str.maketrans("0123456789X", "〇一二三四五六七八九X")),
        lambda n: f"{n[:9]}\n{n[9:]}",
        lambda n: f"13912345678 {n}",
        lambda n: n[:17] + "Х" if n[17] == "X" else n,
    ],
)
def test_identity_numbers_are_found_however_they_are_written(write: Callable[[str], str]) -> None:
    texts = pl.Series([write(citizen_id(seed)) for seed in range(60)])
    assert recognisers()["citizen_id"].scan(texts).all()


def test_no_random_number_of_18_digits_is_taken_for_an_identity_number() -> None:
    lot = random.Random(5)
    texts = pl.Series([f"{lot.randint(10**17, 10**18 - 1)}" for _ in range(20_000)])
    assert recognisers()["citizen_id"].scan(texts).sum() <= 4


def test_nulls_empty_columns_and_numbers_are_scanned_without_error() -> None:
    for recogniser in recognisers().values():
        assert recogniser.scan(pl.Series([None, "", None], dtype=pl.String)).to_list() == [False] * 3
        assert len(recogniser.scan(pl.Series([], dtype=pl.String))) == 0
        assert recogniser.scan(pl.Series([1, None])).to_list() == [False, False]


def test_a_single_identity_number_among_thousands_of_cells_is_evidence_in_counts_only() -> None:
    planted = citizen_id(3)
    frame = pl.DataFrame({"remark": ["无"] * 4_999 + [f"经办人{planted}"]})
    found = find_evidence(frame, {})
    assert [(e.column, e.kind, e.hits, e.cells) for e in found] == [("remark", "citizen_id", 1, 5_000)]
    assert planted not in repr(found) + found[0].text.zh + found[0].text.en


def test_values_of_a_declared_kind_are_no_evidence_but_others_among_them_are() -> None:
    codes = [credit_code(n) for n in range(500)]
    declared = {"code": Expected(("credit_code",), "numbers")}
    assert find_evidence(pl.DataFrame({"code": codes}), declared) == []
    assert find_evidence(pl.DataFrame({"code": codes}), {})[0].kind == "credit_code"
    mixed = pl.DataFrame({"code": [*codes, citizen_id(8)]})
    assert [e.kind for e in find_evidence(mixed, declared)] == ["citizen_id"]


def test_card_numbers_by_chance_in_a_column_of_codes_are_no_evidence() -> None:
    lot = random.Random(11)
    codes = pl.DataFrame({"parcel": [f"44{lot.randint(0, 10**16):017d}" for _ in range(2_000)]})
    assert recognisers()["bank_card"].scan(codes["parcel"]).sum() > 50
    assert find_evidence(codes, {"parcel": Expected((), "numbers")}) == []


def test_identity_numbers_stored_as_integers_are_found() -> None:
    numbers = [int(citizen_id(seed)) for seed in range(60) if citizen_id(seed)[17] != "X"]
    assert [e.kind for e in find_evidence(pl.DataFrame({"n": numbers}), {})] == ["citizen_id"]
