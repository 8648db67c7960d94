"""Keys of one value and keys of whole columns are the same keys."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ingestion.row_keys import keyed_hash
from resource_catalogue.subject_keys import SEPARATOR, business_key_of, subject_key_of

KEY = bytes(range(32))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_one_value_and_a_column_of_values_give_the_same_key(parts: list[str]) -> None:
    column = pl.DataFrame({"text": [SEPARATOR.join(("person", *parts))]})
    hashed = column.select(keyed_hash(pl.col("text"), KEY)).item()
    assert subject_key_of("person", parts, KEY) == hashed
    assert business_key_of("person", parts, KEY) == hashed
