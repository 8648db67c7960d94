"""Ask an HTTP interface page by page; all pages, or none, make one delivery.

A page that breaks off, is of another kind or comes a second time ends the fetching with a fault, and nothing of it
counts: the next run begins anew, from the newest row that was kept.
"""

from collections.abc import Iterator
from functools import partial

from ingestion.asking import Asked
from ingestion.http_client import Answer, HttpClient, Question, following_address, place_of
from ingestion.http_credentials import Credentials
from ingestion.pages import Joining, JsonPages, NoPage, Page, XmlPages
from ingestion.patience import SourceError, TryAgain, patiently
from ingestion.spool import Draft, Spool
from ingestion.table_rows import is_greater
from resource_catalogue.sources.http_api import HttpApiSource

_REMEDY = "核对 pages、rows_at / check pages and rows_at"


def fetch(source: HttpApiSource, spool: Spool, asked: Asked) -> None:
    """Fetch all rows, or those newer than the newest that came.

    Raises:
        SourceError: A page cannot be had, is not whole, or is of another kind.
        SettingError: A secret referred to is not there.
    """
    where = place_of(source.url)
    since = source.since
    scope = f"{source.url} {since.field}" if since else ""
    newest = (spool.cursor(scope) or since.first) if since else None
    draft = spool.draft(f"{where}\n{spool.count}")
    draft.restart()
    ca = asked.deployment.home / source.tls_ca if source.tls_ca else None
    with HttpClient(source.retry, ca) as client:
        interface = _Interface(source, Credentials(source, asked, client), client, newest)
        rows = interface.write(draft)
    digest = draft.digest("sha256")
    if (since and not rows) or spool.is_last(where, digest):
        draft.restart()
        return
    with draft.append() as file:
        # An earlier state that comes back is another delivery: its bytes differ where no reader minds.
        file.write(b"\n" * spool.times(where, digest))
    spool.keep(draft, where, asked.as_of, interface.newest, scope, digest)


class _Interface:
    """Ask for the pages of one delivery.

    Attributes:
        newest: Greatest value of the field by which newer rows are asked for.
    """

    def __init__(
        self, source: HttpApiSource, credentials: Credentials, client: HttpClient, newest: str | None
    ) -> None:
        self._source, self._credentials, self._client = source, credentials, client
        self._where = place_of(source.url)
        self.newest = newest
        self._query = dict(source.query)
        if source.since and newest is not None:
            self._query[source.since.parameter] = newest

    def write(self, draft: Draft) -> int:
        """Write the rows of all pages as one document and return how many there are."""
        joining: Joining = (
            XmlPages(self._source.rows_at or "")
            if self._source.form == "xml"
            else JsonPages(self._source.rows_at, self._source.encoding)
        )
        rows, total = 0, ""
        with draft.append() as file:
            for number, page in enumerate(self._pages(joining)):
                if number == 0:
                    file.write(joining.begin(page))
                file.write(joining.rows(page, rows == 0))
                rows += len(page.rows)
                total = page.text_at(self._source.pages.total) if self._source.pages.total else ""
                self._note(page)
                if file.tell() > self._source.max_bytes:
                    raise SourceError(
                        self._where,
                        "超过上限 / too large",
                        f"max_bytes: {self._source.max_bytes}",
                        "提高上限 / raise it",
                    )
            file.write(joining.end())
        if self._source.pages.total and total != str(rows):
            raise SourceError(
                self._where, f"取得 {rows} 行 / rows came", f"{total or '?'} 行 / rows", _REMEDY
            )
        return rows

    def _pages(self, joining: Joining) -> Iterator[Page]:
        """Give the pages in order, each once."""
        pages, address = self._source.pages, self._source.url
        query = dict(self._query)
        number, rows, before = pages.first, 0, b""
        if pages.by:
            query[str(pages.parameter)] = str(number if pages.by == "page" else 0)
        while True:
            answer, page = patiently(self._source.retry, partial(self._page, joining, address, query))
            if before and answer.body == before and page.rows:
                raise SourceError(self._where, "同一页来了两次 / the same page came twice", "", _REMEDY)
            yield page
            before, number, rows = answer.body, number + 1, rows + len(page.rows)
            if pages.by:
                if not page.rows or (pages.total and page.text_at(pages.total) == str(rows)):
                    return
                query[str(pages.parameter)] = str(number if pages.by == "page" else rows)
                continue
            following = self._following(answer, page)
            if not following:
                return
            if pages.cursor:
                query[str(pages.parameter)] = following
            else:
                address, query = following_address(answer.address, following), {}

    def _page(self, joining: Joining, address: str, query: dict[str, str]) -> tuple[Answer, Page]:
        """Ask for one page; one that is not whole is asked for again."""
        accepts = ("xml",) if self._source.form == "xml" else ("json",)
        headers = {
            "Accept": f"application/{accepts[0]}",
            **self._source.headers,
            **self._credentials.headers(),
        }
        question = Question(
            address,
            {**query, **self._credentials.query()},
            headers,
            accepts,
            max_bytes=self._source.max_bytes,
        )
        answer = self._client.answer(question)
        try:
            return answer, joining.page(answer.body)
        except NoPage as error:
            raise TryAgain(self._where, str(error), self._source.form) from None

    def _following(self, answer: Answer, page: Page) -> str:
        """Return what asks for the next page; empty at the last."""
        pages = self._source.pages
        if pages.cursor:
            return page.text_at(pages.cursor)
        if pages.next_link == "Link":
            return answer.next_link
        return page.text_at(pages.next_link) if pages.next_link else ""

    def _note(self, page: Page) -> None:
        """Note the greatest value of the field by which newer rows are asked for."""
        since = self._source.since
        if since is None or not page.rows:
            return
        values = [value for row in page.rows if (value := page.of_row(row, since.field))]
        if not values:
            raise SourceError(
                self._where,
                f"各行没有 {since.field} / no row has it",
                "since.field",
                "改正路径 / correct the path",
            )
        for value in values:
            if self.newest is None or is_greater(value, self.newest):
                self.newest = value
