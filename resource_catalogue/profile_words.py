"""The closed vocabulary of jurisdiction profiles: acts, actors, starting events, kinds of case, provisions.

Here: loading ``profile_words.yml``, the Chinese and English of each word, and the types that admit only its
words. Not here: what a regulation says with them (``profile.py``, ``procedure.py`` and the profiles' own
files).
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationError

from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.model import Label, Strict
from resource_catalogue.yaml_source import faults_of, load_yaml

Chapter = Literal["acts", "actors", "starts", "conditions", "cases", "outcomes", "values"]

_FILE = Path(__file__).parent / "profile_words.yml"


class ProvisionWord(Label):
    """Name a provision and say what its value is.

    Attributes:
        type: ``flag`` true or false, ``count`` a whole number, ``words`` a list out of ``values``.
    """

    type: Literal["flag", "count", "words"]


class ProfileWords(Strict):
    """Hold every word that a profile may use, with what a person sees for it."""

    acts: Mapping[str, Label]
    actors: Mapping[str, Label]
    starts: Mapping[str, Label]
    conditions: Mapping[str, Label]
    cases: Mapping[str, Label]
    outcomes: Mapping[str, Label]
    values: Mapping[str, Label]
    provisions: Mapping[str, ProvisionWord]

    def chapter(self, name: Chapter) -> Mapping[str, Label]:
        """Return the words of one chapter."""
        words: Mapping[str, Label] = getattr(self, name)
        return words


@cache
def profile_words() -> ProfileWords:
    """Return the vocabulary that ships with the package."""
    source = load_yaml(_FILE)
    try:
        return ProfileWords.model_validate(source.data)
    except ValidationError as error:
        raise FaultyCatalogue(faults_of(error, source)) from None


def word_label(chapter: Chapter, word: str) -> Label:
    """Return what a person sees for a word; raise KeyError where the vocabulary lacks it."""
    return profile_words().chapter(chapter)[word]


def _admitted(chapter: Chapter) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in profile_words().chapter(chapter):
            raise ValueError(f"a word of {_FILE.name}, chapter {chapter}")
        return word

    return check


Act = Annotated[str, AfterValidator(_admitted("acts"))]
Actor = Annotated[str, AfterValidator(_admitted("actors"))]
StartEvent = Annotated[str, AfterValidator(_admitted("starts"))]
Condition = Annotated[str, AfterValidator(_admitted("conditions"))]
CaseKind = Annotated[str, AfterValidator(_admitted("cases"))]
Outcome = Annotated[str, AfterValidator(_admitted("outcomes"))]
