"""One grammar of an identifier, read by three engines: Python, polars with numpy, DuckDB.

Belongs here: how cleaning, shape and checks follow each other, once, so that the three forms cannot
drift apart. Does not belong here: the rules of any one identifier; those are arguments.

The order is fixed. A well-shaped text goes straight to its checks. Any other text is: blank, or a
word for "nothing" (`not_stated`), or cleaned character by character, perhaps rewritten (an older form
into the present one), and then either well-shaped or refused with the first fault that fits. Faults
win over notes. Of several notes the rewrite's comes first, then those of the checks in their order,
then those of cleaning: look-alike letters, full width, separators, lower case.

>>> room = Identifier(name="room", shape="[A-Z][0-9]{3}", faults=(("wrong_length", "[A-Z][0-9]*"),))
>>> [room.normalise(text).code for text in ("A101", " a-101", "b101", "B12", "N/A", "")]
[None, 'separators_removed', 'lower_case', 'wrong_length', 'not_stated', None]
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from norms.reading import Reading, readings_frame
from norms.text import (
    ABSENT,
    FULL_WIDTH,
    SEPARATORS,
    SPACES,
    absent_expression,
    bare,
    bare_expression,
    char_class,
    mapped,
    sql_string,
)

Mask = NDArray[np.bool_]

SCIENTIFIC = ("scientific_notation", r"[0-9]+(?:\.[0-9]+)?E\+?[0-9]+")
MASKED = ("masked", r"(?s:.*[0-9A-Z].*\*.*|.*\*.*[0-9A-Z].*)")
_NOTHING: Reading[str] = Reading(None, None)
_NOT_STATED = "not_stated"
_ABSENT = re.compile(ABSENT)


@dataclass(frozen=True, slots=True)
class Check:
    """One test that a well-shaped identifier passes or not.

    Attributes:
        code: The fault or note when it fails.
        is_fault: Whether failing refuses the value.
        passes: The test of one well-shaped value.
        passes_series: The same for a series of well-shaped values.
        passes_sql: The same as a SQL condition over the column `c`.
    """

    code: str
    is_fault: bool
    passes: Callable[[str], bool]
    passes_series: Callable[[pl.Series], Mask]
    passes_sql: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Turn an older or longer form of an identifier into its normal form.

    Attributes:
        code: The note it leaves.
        pattern: Regex of the cleaned texts it applies to.
        scalar: The change of one text.
        series: The same for a series of such texts.
        sql: The same as a SQL expression over the column `c`.
    """

    code: str
    pattern: str
    scalar: Callable[[str], str]
    series: Callable[[pl.Series], pl.Series]
    sql: str


@dataclass(frozen=True)
class Identifier:
    """Describe an identifier once and read it in three forms.

    Attributes:
        name: Prefix of the macros.
        shape: Regex of the normal form.
        faults: Code and regex pairs for cleaned texts of another shape, first fit wins.
        otherwise: The fault when none of `faults` fits.
        checks: What a well-shaped value must pass.
        rewrite: An older form that is accepted.
        look_alikes: Characters often typed in place of a letter, and that letter.
        has_letters: Whether letters occur, so that lower case is turned into upper case.
    """

    name: str
    shape: str
    faults: tuple[tuple[str, str], ...]
    otherwise: str = "wrong_characters"
    checks: tuple[Check, ...] = ()
    rewrite: Rewrite | None = None
    look_alikes: Mapping[str, str] = field(default_factory=dict)
    has_letters: bool = True

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """List every code this identifier can give, in the order of the notes' precedence."""
        rewritten = (self.rewrite.code,) if self.rewrite else ()
        codes = (*rewritten, *(check.code for check in self.checks), *(code for code, _ in self._notes))
        return (*codes, _NOT_STATED, *(code for code, _ in self.faults), self.otherwise)

    @cached_property
    def _notes(self) -> tuple[tuple[str, str], ...]:
        """Give code and class of the characters that cleaning changes, in order of precedence."""
        notes = [("full_width", char_class("".join(FULL_WIDTH)))]
        if self.look_alikes:
            notes.insert(0, ("look_alike_letter", char_class("".join(self.look_alikes))))
        notes.append(("separators_removed", char_class(SPACES + SEPARATORS)))
        if self.has_letters:
            notes.append(("lower_case", "[a-z]"))
        return tuple(notes)

    @cached_property
    def _mapping(self) -> dict[str, str]:
        """Give the table of cleaning: one character to one character or to nothing."""
        folded = dict(FULL_WIDTH) | dict(self.look_alikes)
        if self.has_letters:
            folded |= dict(zip(string.ascii_lowercase, string.ascii_uppercase, strict=True))
            folded = {source: target.upper() for source, target in folded.items()}
        removed = dict.fromkeys(SPACES + SEPARATORS, "")
        return {source: removed.get(target, target) for source, target in folded.items()} | removed

    @cached_property
    def _table(self) -> dict[int, str]:
        return str.maketrans(self._mapping)

    def clean(self, text: str) -> str:
        """Clean one text: width, look-alikes, separators, case.

        Returns:
            The cleaned text, which may be empty.
        """
        return text.translate(self._table)

    def normalise(self, text: str | None) -> Reading[str]:
        """Read one text.

        Returns:
            The normal form and what there is to say about it.
        """
        if text is None:
            return _NOTHING
        if re.fullmatch(self.shape, text):
            return self._checked(text, None)
        bared = bare(text)
        if not bared:
            return _NOTHING
        if _ABSENT.fullmatch(bared):
            return Reading(None, _NOT_STATED)
        note = next((code for code, chars in self._notes if re.search(chars, text)), None)
        cleaned, rewritten = self._rewritten(self.clean(text))
        if not re.fullmatch(self.shape, cleaned):
            return Reading(None, self._fault(cleaned))
        return self._checked(cleaned, note, rewritten)

    def _rewritten(self, cleaned: str) -> tuple[str, str | None]:
        """Rewrite a cleaned text where the older form applies."""
        if self.rewrite and re.fullmatch(self.rewrite.pattern, cleaned):
            return self.rewrite.scalar(cleaned), self.rewrite.code
        return cleaned, None

    def _fault(self, cleaned: str) -> str:
        """Name the first fault that fits a text of the wrong shape."""
        return next((code for code, regex in self.faults if re.fullmatch(regex, cleaned)), self.otherwise)

    def _checked(self, value: str, note: str | None, rewritten: str | None = None) -> Reading[str]:
        """Run the checks on a well-shaped value."""
        failed = [check for check in self.checks if not check.passes(value)]
        for check in failed:
            if check.is_fault:
                return Reading(None, check.code)
        return Reading(value, rewritten or next((check.code for check in failed), note))

    def normalise_series(self, series: pl.Series) -> pl.DataFrame:
        """Read a series of texts.

        Returns:
            One row per text, in order, with columns `value` and `code`.
        """
        texts = series.cast(pl.String).alias("value")
        plain = texts.str.contains(f"^(?:{self.shape})$").fill_null(False)
        if plain.all():
            return self._assembled(texts, np.zeros(len(texts), dtype=np.uint32))
        good = pl.DataFrame({"value": texts.filter(plain)}).with_columns(index=pl.lit(0, pl.UInt32))
        whole = pl.concat([good, self._cleaned_frame(texts.filter(~plain))])
        places = pl.concat([plain.arg_true(), (~plain).arg_true()])
        found = self._assembled(whole["value"], whole["index"].to_numpy().copy())
        return found[places.arg_sort()]

    def _number(self, code: str) -> int:
        """Give the number of a code, counted from 1."""
        return self.codes.index(code) + 1

    def _cleaned_frame(self, texts: pl.Series) -> pl.DataFrame:
        """Clean texts that are not in normal form; value is null where they cannot be read."""
        cleaned = pl.DataFrame({"text": texts}).select(
            cleaned=mapped(pl.col("text"), self._mapping),
            bared=bare_expression(pl.col("text")),
            note=self._note_expression(pl.col("text")),
        )
        rewritten = self._rewrite_series(cleaned["cleaned"])
        frame = cleaned.with_columns(was_rewritten=rewritten.is_not_null())
        frame = frame.with_columns(rewritten.fill_null(cleaned["cleaned"]).alias("c"))
        is_shaped = pl.col("c").str.contains(f"^(?:{self.shape})$")
        is_absent = absent_expression(pl.col("bared"))
        is_blank = pl.col("bared").is_null() | (pl.col("bared") == "")
        rewrite_number = self._number(self.rewrite.code) if self.rewrite else 0
        index = (
            pl.when(is_blank).then(0)
            .when(is_absent).then(self._number(_NOT_STATED))
            .when(is_shaped & pl.col("was_rewritten")).then(rewrite_number)
            .when(is_shaped).then(pl.col("note"))
            .otherwise(self._fault_expression(pl.col("c")))
        )  # fmt: skip
        value = pl.when(is_shaped & ~is_absent).then(pl.col("c"))
        return frame.select(value.alias("value"), index.cast(pl.UInt32).alias("index"))

    def _note_expression(self, text: pl.Expr) -> pl.Expr:
        """Number the first cleaning note that fits a text, 0 if none."""
        number = pl.lit(0)
        for code, chars in reversed(self._notes):
            number = pl.when(text.str.contains(chars)).then(self._number(code)).otherwise(number)
        return number

    def _fault_expression(self, cleaned: pl.Expr) -> pl.Expr:
        """Number the first fault that fits a cleaned text of the wrong shape."""
        number = pl.lit(self._number(self.otherwise))
        for code, regex in reversed(self.faults):
            fits = cleaned.str.contains(f"^(?:{regex})$")
            number = pl.when(fits).then(self._number(code)).otherwise(number)
        return number

    def _rewrite_series(self, cleaned: pl.Series) -> pl.Series:
        """Rewrite the texts of the older form; null where it does not apply."""
        if self.rewrite is None:
            return pl.Series([None], dtype=pl.String).new_from_index(0, len(cleaned))
        applies = cleaned.str.contains(f"^(?:{self.rewrite.pattern})$").fill_null(False)
        changed = self.rewrite.series(cleaned.filter(applies))
        place = applies.cast(pl.UInt32).cum_sum() - 1
        return changed.gather(pl.select(pl.when(applies).then(place)).to_series())

    def _assembled(self, values: pl.Series, index: NDArray[np.uint32]) -> pl.DataFrame:
        """Run the checks on the values that are not null and put the answer together."""
        present = values.is_not_null()
        shaped = values if present.all() else values.filter(present)
        refused = np.zeros(len(shaped), dtype=np.bool_)
        settled = index[present.to_numpy()]
        # A rewrite's note stands before those of the checks, and a fault before all.
        is_open = settled != (self._number(self.rewrite.code) if self.rewrite else -1)
        for check in self.checks:
            failed = ~check.passes_series(shaped) & ~refused
            settled[failed if check.is_fault else failed & is_open] = self._number(check.code)
            refused |= failed if check.is_fault else False
            is_open &= ~failed
        index[present.to_numpy()] = settled
        if refused.any():
            hidden = present.to_numpy().copy()
            hidden[hidden] = refused
            values = values.to_frame("value").select(pl.when(~pl.Series(hidden)).then("value")).to_series()
        return readings_frame(values, self.codes, pl.Series(index))

    def macros(self) -> tuple[str, ...]:
        """Write the DuckDB macros `<name>_value(x)` and `<name>_code(x)`.

        Returns:
            The statements, in the order in which they must be run.
        """
        made = "create or replace macro "
        name = self.name
        return (
            f"{made}{name}_checked(c, note, rewritten) as {self._checked_sql()}",
            f"{made}{name}_shaped(c, note, rewritten) as case when regexp_full_match(c, "
            f"{sql_string(self.shape)}) then {name}_checked(c, note, rewritten) "
            f"else {_pack('null', self._fault_sql())} end",
            f"{made}{name}_cleaned(x) as list_transform([{self._cleaned_sql()}], "
            f"lambda c: {self._rewrite_sql(self._note_sql())})[1]",
            f"{made}{name}_unplain(x) as list_transform([text_bare(x)], lambda b: "
            f"case when b = '' then {_pack('null', 'null')} when text_bare_is_absent(b) "
            f"then {_pack('null', sql_string(_NOT_STATED))} else {name}_cleaned(x) end)[1]",
            f"{made}{name}_reading(x) as list_transform([x::varchar], lambda t: case when t is null "
            f"then {_pack('null', 'null')} when regexp_full_match(t, {sql_string(self.shape)}) "
            f"then {name}_checked(t, null, null) else {name}_unplain(t) end)[1]",
            f"{made}{name}_value(x) as {name}_reading(x).value",
            f"{made}{name}_code(x) as {name}_reading(x).code",
        )

    def _cleaned_sql(self) -> str:
        """Write the cleaning of `x` step by step: one `translate` with all characters is ten times slower."""
        sources, targets = "".join(self.look_alikes), "".join(self.look_alikes.values())
        likened = f"translate(x, {sql_string(sources)}, {sql_string(targets)})"
        joined = f"text_joined(text_folded({likened if self.look_alikes else 'x'}))"
        return f"text_upper({joined})" if self.has_letters else joined

    def _checked_sql(self) -> str:
        """Write the checks over `c`, faults first."""
        notes = [check for check in self.checks if not check.is_fault]
        said = "".join(f" when not ({check.passes_sql}) then '{check.code}'" for check in notes)
        code = (
            f"coalesce(rewritten, case {said.strip()} else note end)" if said else "coalesce(rewritten, note)"
        )
        faults = [check for check in self.checks if check.is_fault]
        whens = "".join(
            f" when not ({check.passes_sql}) then {_pack('null', sql_string(check.code))}" for check in faults
        )
        return f"case {whens.strip()} else {_pack('c', code)} end" if whens else _pack("c", code)

    def _fault_sql(self) -> str:
        """Write the choice of the fault over `c`."""
        whens = " ".join(
            f"when regexp_full_match(c, {sql_string(regex)}) then '{code}'" for code, regex in self.faults
        )
        return f"case {whens} else '{self.otherwise}' end"

    def _note_sql(self) -> str:
        """Write the choice of the cleaning note over `x`."""
        whens = " ".join(
            f"when regexp_matches(x, {sql_string(chars)}) then '{code}'" for code, chars in self._notes
        )
        return f"case {whens} end"

    def _rewrite_sql(self, note: str) -> str:
        """Write the rewriting of `c` where the older form applies, then the shape."""
        plain = f"{self.name}_shaped(c, {note}, null)"
        if self.rewrite is None:
            return plain
        applies = f"regexp_full_match(c, {sql_string(self.rewrite.pattern)})"
        rewritten = (
            f"list_transform([{self.rewrite.sql}], "
            f"lambda r: {self.name}_shaped(r, null, '{self.rewrite.code}'))[1]"
        )
        return f"case when {applies} then {rewritten} else {plain} end"


def _pack(value: str, code: str) -> str:
    """Write a reading as a SQL struct."""
    return f"struct_pack(value := ({value})::varchar, code := ({code})::varchar)"
