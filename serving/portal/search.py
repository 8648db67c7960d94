"""Full-text search over the public catalogue, Chinese and mixed.

Here: the index and its queries. Not here: filters and their counts (``facets.py``).

Chinese is written without spaces, so that each run of it is indexed as its single characters and its pairs: 维修 is
found in 维修信息, 信 alone too, and no dictionary decides what a word is. A query of a longer run asks for all of its
pairs. Other words are found by their beginning. SQLite's FTS5 holds the index in memory: its ranking is written in C,
and a query over 10,000 datasets that matches all of them stays in the tens of milliseconds.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence

from opening.catalogue_shape import PublicDataset

LONGEST_QUERY = 200
"""Characters of a query that are read; the rest is left out."""
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f々〇"
_RUNS = re.compile(f"([{_CHINESE}]+)|([^\\W_]+)")
_WEIGHTS = "80.0, 16.0, 4.0, 1.0"
"""Weights of title, keywords, summary and columns: far enough apart that the first found place decides."""


def normalised(text: str) -> str:
    """Fold width and case, so that ＧＢ and gb are one.

    >>> normalised("ＧＢ/T　2260")
    'gb/t 2260'
    """
    return unicodedata.normalize("NFKC", text).casefold()


def index_terms(text: str) -> list[str]:
    """Split text into what it can be found by.

    >>> index_terms("维修信息 POI")
    ['维', '修', '信', '息', '维修', '修信', '信息', 'poi']
    """
    terms: list[str] = []
    for run in _RUNS.finditer(normalised(text)):
        chinese, word = run.groups()
        if chinese:
            terms += [*chinese, *(chinese[i : i + 2] for i in range(len(chinese) - 1))]
        else:
            terms += _split(word)
    return terms


def _split(word: str) -> list[str]:
    """Part letters from Chinese that stands in the same word, such as the two of A股."""
    return [part for part in re.split(f"([{_CHINESE}])", word) if part]


def match_expression(query: str) -> str:
    """Return the query as FTS5 reads it: all terms, each quoted; empty where the query holds no word.

    >>> match_expression('维修 "OR" gb')
    '"维修" AND "or"* AND "gb"*'
    """
    terms: list[str] = []
    for run in _RUNS.finditer(normalised(query[:LONGEST_QUERY])):
        chinese, word = run.groups()
        if chinese:
            pairs = [chinese[i : i + 2] for i in range(len(chinese) - 1)] or [chinese]
            terms += [f'"{pair}"' for pair in pairs]
        else:
            terms += [f'"{part}"*' for part in _split(word)]
    return " AND ".join(dict.fromkeys(terms))


class SearchIndex:
    """Hold the index of one catalogue.

    Args:
        datasets: The datasets; a dataset is named by its place in them.
        agencies: Name of each agency, to be found by it too.
    """

    def __init__(self, datasets: Sequence[PublicDataset], agencies: dict[str, str]) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "create virtual table words using fts5(title, keywords, summary, columns, "
            "content='', tokenize=\"unicode61 remove_diacritics 0\")"
        )
        rows = ((place, *_texts(dataset, agencies)) for place, dataset in enumerate(datasets))
        with self._database:
            self._database.executemany(
                "insert into words (rowid, title, keywords, summary, columns) values (?, ?, ?, ?, ?)", rows
            )

    def find(self, query: str) -> list[int]:
        """Return the places of the datasets that hold all words of a query, best first; none for a query of no word."""
        expression = match_expression(query)
        if not expression:
            return []
        rows = self._database.execute(
            f"select rowid from words where words match ? order by bm25(words, {_WEIGHTS}), rowid",
            (expression,),
        )
        return [place for (place,) in rows]

    def close(self) -> None:
        """Release the index."""
        self._database.close()


def _texts(dataset: PublicDataset, agencies: dict[str, str]) -> Iterable[str]:
    title, summary = dataset["title"], dataset["summary"]
    columns = [f"{column['name']} {column['zh']} {column['en']}" for column in dataset["columns"]]
    fields = (
        f"{title['zh']} {title['en']}",
        " ".join([*dataset["keywords"], *dataset["categories"]]),
        f"{summary['zh']} {summary['en']}",
        " ".join([*columns, agencies.get(dataset["agency"], ""), dataset["id"].replace("_", " ")]),
    )
    return (" ".join(index_terms(field)) for field in fields)
