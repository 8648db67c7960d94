"""What every recogniser is: a pattern, a check, and one answer in two forms.

Here: the shape of a recogniser, the vectorised scan of whole columns, and the same recogniser as presidio
knows it. Not here: the patterns themselves (``recognisers/``, one file each) and what a hit means for a
column (``evidence.py``). Presidio takes seconds to import and is 150 to 250 times slower, so that it is
imported only by ``as_presidio``: it is the contract and the cross-check, not the hot path.

Both forms read text alike. Look-alike characters are folded one to one, so that places stay; a match starts
and ends where no ASCII letter or digit adjoins (``\\b`` would count Chinese characters as part of the
number); up to three separators may stand between two characters; the norm then decides whether the
candidate is real.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from norms.text import FULL_WIDTH, SEPARATORS, SPACES
from resource_catalogue.model import Label

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer

GAP = "-{0,3}"
"""Regex of what may stand between two characters of a number, once folded."""
BEFORE, AFTER = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"

_FOLDED: dict[str, str] = dict(FULL_WIDTH) | dict.fromkeys("\u2169\u2179\u0425\u0445\xd7", "X")
_FOLDED = {sign: "-" if into in SPACES + SEPARATORS else into for sign, into in _FOLDED.items()}
_FOLDED |= dict.fromkeys(SPACES + SEPARATORS, "-")
_NUMERALS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_FOLD, _READ_NUMERALS = str.maketrans({**_FOLDED}), str.maketrans({**_NUMERALS})
_NUMERAL_RUN = "[〇零○一二三四五六七八九]{11,}"
_NOTHING_TO_FOLD = "^[0-9A-Za-z.,:/-]*$"

Validation = Callable[[pl.Series], pl.Series]


def fold(text: str) -> str:
    """Replace full-width and look-alike characters, separators, long runs of Chinese numerals, one to one.

    >>> fold("身份证１１０１０５ 一九")
    '身份证110105-一九'
    """
    folded = text.translate(_FOLD)
    return re.sub(_NUMERAL_RUN, lambda run: run[0].translate(_READ_NUMERALS), folded)


def fold_series(texts: pl.Series) -> pl.Series:
    """Fold a whole column, as ``fold`` does one text; nulls become empty."""
    texts = texts.cast(pl.String).fill_null("")
    plain = texts.str.contains(_NOTHING_TO_FOLD)
    if plain.all():
        return texts
    text = pl.col("text").str.replace_many(list(_FOLDED), list(_FOLDED.values()))
    folded = pl.when(pl.col("plain")).then(pl.col("text")).otherwise(text)
    result = pl.DataFrame({"text": texts, "plain": plain}).select(folded).to_series()
    if not result.str.contains(_NUMERAL_RUN).any():
        return result
    return result.map_elements(fold, return_dtype=pl.String)


@dataclass(frozen=True)
class Recogniser:
    """Describe one kind of identifier in text.

    Attributes:
        name: Name of the kind, such as ``citizen_id``.
        label: What a person sees.
        shape: Regex of a candidate without look-around, separators included; both engines read it alike.
        validate: Tells for a column of candidates which ones are real, by norm.
        signs: Class of the characters a candidate is made of, separators left out.
        glued: Whether letters may adjoin (``SFZ110105...``); only for kinds whose check leaves no doubt.
        proves_alone: Whether one bare value in a column is proof; kinds without a strong check occur by
            chance.
    """

    name: str
    label: Label
    shape: str
    validate: Validation
    signs: str = "0-9A-Za-z"
    glued: bool = False
    proves_alone: bool = True

    @cached_property
    def bounded(self) -> re.Pattern[str]:
        """Return the pattern with its look-arounds."""
        before, after = ("(?<![0-9])", "(?![0-9])") if self.glued else (BEFORE, AFTER)
        return re.compile(f"{before}(?:{self.shape}){after}", re.IGNORECASE)

    @property
    def _chain(self) -> str:
        """Write the regex of a maximal run of signs with up to three separators between them."""
        return f"[{self.signs}]+(?:-{{1,3}}[{self.signs}]+)*"

    def scan(self, series: pl.Series) -> pl.Series:
        """Tell for each cell of a column whether it holds such an identifier; nulls hold none."""
        return self.scan_folded(fold_series(series))

    def scan_folded(self, texts: pl.Series) -> pl.Series:
        """Tell the same of a column that is folded already, so that several recognisers fold it once."""
        possible = texts.str.contains(f"(?i){self.shape}")
        hits = pl.Series(texts.name, [False], dtype=pl.Boolean).new_from_index(0, len(texts))
        if not possible.any():
            return hits
        found = self._found(texts.filter(possible), possible.arg_true())
        return hits.scatter(found, True) if len(found) else hits

    def is_exactly(self, series: pl.Series) -> pl.Series:
        """Tell for each cell whether the whole cell is one such identifier."""
        valid = self.validate(series.cast(pl.String))
        return valid.fill_null(False).alias(series.name)

    def contains(self, text: str) -> bool:
        """Tell whether one text holds such an identifier; the scalar form of ``scan``."""
        return any(self._is_valid(match[0]) for match in self.bounded.finditer(fold(text)))

    def _is_valid(self, candidate: str) -> bool:
        return bool(self.validate(pl.Series([candidate])).item())

    def _found(self, texts: pl.Series, rows: pl.Series) -> pl.Series:
        """Return the rows whose texts hold a valid candidate."""
        chains = (
            pl.DataFrame({"row": rows, "chain": texts.str.extract_all(self._chain)})
            .explode("chain", empty_as_null=True)
            .filter(pl.col("chain").str.contains(f"(?i){self.shape}"))
        )
        whole = chains["chain"].str.contains(f"(?i)^(?:{self.shape})$")
        mixed = chains.filter(~whole)
        inside = mixed.with_columns(
            chain=mixed["chain"].map_elements(self.bounded.findall, return_dtype=pl.List(pl.String))
        ).explode("chain", empty_as_null=True)
        candidates = pl.concat([chains.filter(whole), inside.drop_nulls()])
        valid = self.validate(candidates["chain"]).fill_null(False)
        return candidates.filter(valid)["row"].unique()


def by_norm(normalise_series: Callable[[pl.Series], pl.DataFrame]) -> Validation:
    """Make the check of a recogniser from a norm: a candidate is real when the norm reads a value in it."""

    def is_real(candidates: pl.Series) -> pl.Series:
        return normalise_series(candidates)["value"].is_not_null()

    return is_real


def as_presidio(recogniser: Recogniser) -> "PatternRecognizer":
    """Wrap a recogniser as presidio's contract, for its registry and for cross-checks."""
    from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult
    from presidio_analyzer.nlp_engine import NlpArtifacts

    class CivicRecognizer(PatternRecognizer):  # type: ignore[misc, unused-ignore]
        """Find the kind's pattern in folded text and let the norm decide."""

        def analyze(
            self,
            text: str,
            entities: list[str],
            nlp_artifacts: NlpArtifacts | None = None,
            regex_flags: int | None = None,
        ) -> list[RecognizerResult]:
            """Fold the text first; folding keeps every place."""
            found: list[RecognizerResult] = super().analyze(fold(text), entities, nlp_artifacts, regex_flags)
            return found

        def validate_result(self, pattern_text: str) -> bool:
            """Tell whether the norm reads a value in the match."""
            return recogniser._is_valid(pattern_text)

    return CivicRecognizer(
        supported_entity=recogniser.name.upper(),
        patterns=[Pattern(recogniser.name, recogniser.bounded.pattern, 0.5)],
        supported_language="zh",
    )
