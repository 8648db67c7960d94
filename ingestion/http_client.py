"""Ask HTTP servers: bounded in time and bytes, patient, and closed-mouthed about keys.

What comes is either a whole answer of the kind asked for or an error: a body that is shorter than announced, breaks off
or drips too slowly never passes for one. Redirects are followed within the same server only, so that no key is carried
elsewhere.

Here: requests and their answers. Not here: what is asked, nor what an answer says.
"""

import email.utils
import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import urljoin, urlsplit

import httpx

from ingestion.patience import Deadline, SourceError, TryAgain
from resource_catalogue.errors import own_place
from resource_catalogue.sources.remote import Retry

_MOST_REDIRECTS = 5
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509})
_REMEDY = "核对地址、参数与授权 / check address, parameters and credentials"

# At their usual level both write addresses, and with them keys in the query, into the log.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold a whole answer in memory.

    Attributes:
        next_link: What the header ``Link`` names as the next page (RFC 8288); empty where it names none.
    """

    address: str
    next_link: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Say what is asked; ``repr`` shows none of it.

    Attributes:
        accepts: Words of which the answer's content type must hold one; empty takes any.
        form: Form to post; null asks by GET. ``json`` likewise a document.
        max_bytes: Most bytes that the answer may have.
    """

    address: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepts: tuple[str, ...] = ()
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Mapping[str, object] | None = None
    max_bytes: int = 2_000_000_000


class HttpClient:
    """Ask servers once each time, for as long as a source declares; asking again is the caller's.

    Args:
        tls_ca: File of certificates to trust instead of the public ones.
    """

    def __init__(self, retry: Retry, tls_ca: Path | None = None) -> None:
        self._retry = retry
        with own_place(tls_ca or Path()):
            trusted = ssl.create_default_context(cafile=tls_ca) if tls_ca else True
        # No proxy, no .netrc: nothing of the account that runs the platform decides where keys go.
        self._client = httpx.Client(
            timeout=retry.timeout_seconds, follow_redirects=False, trust_env=False, verify=trusted
        )

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def answer(self, question: Question) -> Answer:
        """Return the whole answer to a question, asked once.

        Raises:
            SourceError: It fails; TryAgain where it fails for now.
        """
        with self._opened(question) as (response, blocks):
            body = b"".join(blocks)
            return Answer(
                str(response.url), response.links.get("next", {}).get("url", ""), response.headers, body
            )

    def save(self, question: Question, file: IO[bytes]) -> int:
        """Write the whole answer to a file, over what it holds, and return its length.

        Raises:
            SourceError: It fails; TryAgain where it fails for now.
        """
        file.seek(0)
        file.truncate()
        with self._opened(question) as (_, blocks):
            for block in blocks:
                file.write(block)
        return file.tell()

    @contextmanager
    def _opened(self, question: Question) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        where, deadline = place_of(question.address), Deadline(self._retry.whole_seconds)
        try:
            response = self._sent(question, where)
            try:
                _check(response, question, where)
                yield response, _blocks(response, question, where, deadline)
            finally:
                response.close()
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            raise TryAgain(
                where, f"连接失败、中断或超时 / failed, cut or timed out ({type(error).__name__})"
            ) from None
        except httpx.InvalidURL:
            raise SourceError(where, "地址不对 / no valid address", "https://...", _REMEDY) from None

    def _sent(self, question: Question, where: str) -> httpx.Response:
        """Send a question and follow its redirects within the same server."""
        request = self._client.build_request(
            "GET" if question.form is None and question.json is None else "POST",
            question.address,
            params={**dict(httpx.URL(question.address).params), **question.query} or None,
            headers=question.headers,
            data=question.form,
            json=question.json,
        )
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            following = response.next_request
            if following is None:
                return response
            response.close()
            if not same_server(str(request.url), str(following.url)):
                raise SourceError(
                    where,
                    f"转到别的服务器 / redirects to another server ({following.url.host})",
                    "同一服务器 / the same server",
                    "登记新的地址 / declare the new address",
                )
            request = following
        raise SourceError(
            where, "重定向过多 / too many redirects", f"至多 / at most {_MOST_REDIRECTS}", _REMEDY
        )


def place_of(address: str) -> str:
    """Return scheme, host and path of an address: what may be told of it.

    >>> place_of("https://user:word@h.example:8443/rows?key=secret")
    'https://h.example:8443/rows'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def same_server(one: str, other: str) -> bool:
    """Tell whether two addresses are of one server, by scheme, host and port."""
    first, second = httpx.URL(one), httpx.URL(other)
    ports = {"http": 80, "https": 443}
    return (first.scheme, first.host, first.port or ports.get(first.scheme)) == (
        second.scheme,
        second.host,
        second.port or ports.get(second.scheme),
    )


def following_address(address: str, link: str) -> str:
    """Return the address that a link of an answer leads to.

    Raises:
        SourceError: It leads to another server.
    """
    following = urljoin(address, link)
    if not same_server(address, following):
        raise SourceError(
            place_of(address),
            f"下一页在别的服务器 / the next page is on another server ({urlsplit(following).hostname})",
            "同一服务器 / the same server",
            _REMEDY,
        )
    return following


def _check(response: httpx.Response, question: Question, where: str) -> None:
    """Refuse an answer that is none, or of another kind than asked for."""
    status = response.status_code
    if status in _TRANSIENT:
        raise TryAgain(where, f"HTTP {status}", "200", _wait_of(response))
    if status != 200:
        raise SourceError(where, f"HTTP {status}", "200", _REMEDY)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if question.accepts and kind and not any(word in kind for word in question.accepts):
        raise SourceError(
            where, f"内容类型 / content type {kind[:60]}", " | ".join(question.accepts), _REMEDY
        )
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) > question.max_bytes:
        raise _too_large(where, question.max_bytes)


def _wait_of(response: httpx.Response) -> float:
    """Return the seconds that ``Retry-After`` asks for, said in seconds or as an instant."""
    said = response.headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    try:
        until = email.utils.parsedate_to_datetime(said)
        sent = email.utils.parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, float((until - sent).total_seconds()))
    except (TypeError, ValueError):
        return 0.0


def _blocks(response: httpx.Response, question: Question, where: str, deadline: Deadline) -> Iterator[bytes]:
    total = 0
    for block in response.iter_bytes():
        deadline.check(where)
        total += len(block)
        if total > question.max_bytes:
            raise _too_large(where, question.max_bytes)
        yield block


def _too_large(where: str, most: int) -> SourceError:
    return SourceError(
        where, "超过上限 / too large", f"max_bytes: {most}", "分页或提高上限 / page it, or raise it"
    )
