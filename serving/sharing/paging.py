"""Page tokens: opaque, signed, bound to recipient, place and question; a foreign one is refused.

Here: tokens for pages of names, of files, and for refreshing addresses. Not here: what the pages hold.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson

from serving.sharing.refusals import Refusal, invalid
from serving.sharing.signing import Signer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pages:
    """Make and read the tokens of one place.

    Attributes:
        recipient_id: Who asks; ``place`` the endpoint with the names in its path.
    """

    signer: Signer
    recipient_id: str
    place: tuple[str, ...]

    def names(
        self, items: Sequence[T], name: Callable[[T], str], size: int, token: str | None
    ) -> tuple[list[T], str | None]:
        """Return one page of items that are ordered by name, and the token of the next.

        A token names the last item that was sent, so that pages stay right when grants come and go between them.

        Raises:
            Refusal: The token is not of this place.
        """
        after = str(self._content("page", token)["a"]) if token else None
        rest = [item for item in items if after is None or name(item) > after]
        page = rest[:size]
        if len(page) == len(rest):
            return page, None
        last = name(page[-1]) if page else after
        return page, self._token("page", {"a": last} if last is not None else {"a": ""})

    def token(self, use: Literal["page", "refresh"], question: Any, **content: Any) -> str:
        """Return a token that goes on with a question."""
        return self._token(use, {"q": fingerprint(question), **content})

    def read(self, use: Literal["page", "refresh"], token: str, question: Any, now: float) -> dict[str, Any]:
        """Return what a token carries.

        Raises:
            Refusal: It is of another place or question, or has ended.
        """
        content = self._content(use, token)
        if content.get("q") != fingerprint(question) or now >= content.get("x", 0):
            raise _foreign(use)
        return content

    def _token(self, use: Literal["page", "refresh"], content: dict[str, Any]) -> str:
        return self.signer.token(use, {"r": self.recipient_id, "p": self._mark(), **content})

    def _content(self, use: Literal["page", "refresh"], token: str) -> dict[str, Any]:
        content = self.signer.content(use, token)
        if content is None or content.get("r") != self.recipient_id or content.get("p") != self._mark():
            raise _foreign(use)
        return content

    def _mark(self) -> str:
        return fingerprint([part.casefold() for part in self.place])


def fingerprint(question: Any) -> str:
    """Return a short hash of what was asked."""
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def _foreign(use: str) -> Refusal:
    return invalid("invalid 'nextPageToken'" if use == "page" else "invalid 'refreshToken'")
