"""What an asset body raises is stored by Dagster: it may not carry values."""

import traceback

import dagster as dg
import pytest

from orchestration.shield import shielded
from resource_catalogue.errors import DeliveryError, EngineError

KEY = dg.AssetKey(["standard", "police__register"])


def test_the_text_of_an_unforeseen_error_is_withheld_with_its_whole_chain() -> None:
    with pytest.raises(EngineError) as caught, shielded(KEY):
        raise KeyError("泄密测试人甲")
    told = "".join(traceback.format_exception(caught.value))
    assert "泄密" not in told.replace('raise KeyError("泄密测试人甲")', "")
    assert "KeyError at test_shield.py" in str(caught.value)


def test_an_error_meant_for_a_person_passes_as_it_is() -> None:
    with pytest.raises(DeliveryError), shielded(KEY):
        raise DeliveryError("a.csv", "the file is empty")
