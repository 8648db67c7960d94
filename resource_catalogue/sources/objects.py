"""Objects (非结构化数据): files that are kept as they are, each of them one row of what is known about it.

Here: what an entry may declare of them, the columns that every object has, which forms of bytes fit which form of
entry. Not here: how a delivery becomes rows (``ingestion/decoders/objects.py``).
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from resource_catalogue.model import Strict

NAME, MEMBER, MEDIA_TYPE = "object_name", "object_member", "object_media_type"
SIZE, HASH = "object_size_bytes", "object_sha256"
PAGES, WIDTH, HEIGHT = "object_pages", "object_width_px", "object_height_px"
OBJECT_COLUMNS: Mapping[str, str] = {
    HASH: "text",
    NAME: "text",
    MEMBER: "text",
    MEDIA_TYPE: "text",
    SIZE: "integer",
    PAGES: "integer",
    WIDTH: "integer",
    HEIGHT: "integer",
}
"""Columns that the platform fills from an object itself -> the type they are declared with."""
NEEDED = (HASH, NAME, MEDIA_TYPE, SIZE)
"""Those of them that every entry of objects declares."""
_OFFICE = "application/vnd.openxmlformats-officedocument."
ADMITTED: Mapping[str, tuple[str, ...]] = {
    "document": (
        "application/pdf", "application/ofd", "application/rtf", "application/msword", "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint", f"{_OFFICE}*", "application/vnd.oasis.opendocument.*", "application/epub+zip",
        "application/xml", "text/plain", "image/*",
    ),
    "image": ("image/*",),
    "audio": ("audio/*",),
    "video": ("video/*",),
    "certificate": ("application/pdf", "application/ofd", "application/xml", "image/*"),
}  # fmt: skip
"""Forms of entry that may come as objects -> the media types they admit where the entry declares none."""

MediaType = Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+*-]*$|^[a-z]+/\*$")]


class Objects(Strict):
    """Say what is known of objects besides their bytes, and which bytes are admitted.

    Attributes:
        name: Regular expression over an object's path in its archive, or its file's name, whose named groups fill the
            columns of their names; an object that it does not fit has none of them.
        index: Name of the list (清单) that comes in the same archive, ``*`` for any run of characters: a table whose
            rows say more of the objects. A list and the objects have to agree one to one.
        file: Heading of the list's column that names the object.
        media_types: Media types that are admitted, ``image/*`` for all images; left out: those of the entry's form.
    """

    name: str | None = None
    index: str | None = Field(default=None, min_length=1)
    file: str | None = Field(default=None, min_length=1)
    media_types: tuple[MediaType, ...] = ()
