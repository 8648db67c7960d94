"""How a record of changes says that it is a deletion (删除标记): a column of the files, and what stands in it.

Here: the declaration. Not here: in which mode it has a meaning (``checks/source_modes.py``), nor what becomes of the
rows (``ingestion/tombstones.py``).
"""

from typing import Annotated

from pydantic import Field

from resource_catalogue.model import Strict

_Text = Annotated[str, Field(min_length=1)]


class Deleted(Strict):
    """Say which records take the row of their key away, in the mode ``changes``.

    Any other record puts its row in, or back. What a record was is kept in ``raw``; ``standard`` does not have the
    row any more, and ``ingestion.deleted_rows`` says which delivery took it away.

    Attributes:
        column: Name of the column in the files; it need not be one of the entry's columns.
        values: Texts that say so; white space around them does not count.
        whole: Texts that say that a record belongs to a delivery of all there is: rows of earlier deliveries that
            it does not have are gone.
    """

    column: _Text
    values: tuple[_Text, ...] = Field(min_length=1)
    whole: tuple[_Text, ...] = ()
