"""What an object is, and how large, is told from marks in its head; broken heads are unknown, never a crash."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_archives import packed
from test_objects import PDF, png

from ingestion.form_of_bytes import HEAD_BYTES
from ingestion.object_forms import object_form
from ingestion.object_sizes import Measures, measures

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xff\xc2"
    + struct.pack(">HBHH", 17, 8, 600, 800)
    + b"\3" * 10
)  # fmt: skip
OFD = packed({"OFD.xml": "<a/>"})


def odt() -> bytes:
    """Return a text document of the open format, whose first member says so, bare."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<a/>")
    return file.getvalue()


def tiff(order: str, sizes: list[tuple[int, int]]) -> bytes:
    """Return the directories of a picture of several pages."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    body = struct.pack(f"{order}I", 8)
    for page, (width, height) in enumerate(sizes, start=1):
        tags = struct.pack(f"{order}HHIHxx", 256, 3, 1, width) + struct.pack(
            f"{order}HHII", 257, 4, 1, height
        )
        last = page == len(sizes)
        body += struct.pack(f"{order}H", 2) + tags + struct.pack(f"{order}I", 0 if last else 8 + page * 30)
    return mark + body


FORMS = {
    "pdf": (PDF, "application/pdf"),
    "ofd": (OFD, "application/ofd"),
    "docx": (packed({"word/document.xml": "x"}),
             "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": (packed({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}),
             "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "odt": (odt(), "application/vnd.oasis.opendocument.text"),
    "txt": ("公文" .encode("gb18030"), "text/plain"),
    "xml": (b"<?xml version='1.0'?><a/>", "application/xml"),
    "heic": (b"\0\0\0\x18ftypheic", "image/heic"),
    "mp4": (b"\0\0\0\x18ftypisom", "video/mp4"),
    "m4a": (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
    "flac": (b"fLaC", "audio/flac"),
    "mp3": (b"\xff\xf3\x40", "audio/mpeg"),
    "pdf behind a few bytes": (b"\r\n\r\n%PDF-1.4", "application/pdf"),
    "dwg": (b"AC1032\0", "image/vnd.dwg"),
    "unknown": (b"\1\2\0\3", "application/octet-stream"),
    "zip": (packed({"a.pdf": PDF}), "application/zip"),
}  # fmt: skip


def told(folder: Path, content: bytes, name: str = "name") -> str:
    path = folder / "object"
    path.write_bytes(content)
    return object_form(path, content[:HEAD_BYTES], name).media_type


@pytest.mark.parametrize("form", FORMS)
def test_the_media_type_is_told_by_the_bytes_whatever_the_name(tmp_path: Path, form: str) -> None:
    content, media_type = FORMS[form]
    assert told(tmp_path, content, "a.pdf") == media_type


SIZES = {
    "png": (png(30, 20), Measures(width=30, height=20)),
    "gif": (b"GIF89a" + struct.pack("<HH", 5, 6), Measures(width=5, height=6)),
    "bmp": (b"BM" + b"\0" * 16 + struct.pack("<ii", 7, -8), Measures(width=7, height=8)),
    "jpeg": (JPEG, Measures(width=800, height=600)),
    "webp": (b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x63\0\0\x31\0\0", Measures(width=100, height=50)),
    "tiff": (tiff("<", [(9, 4), (1, 1), (1, 1)]), Measures(3, 9, 4)),
    "pdf": (b"%PDF-1.4\n1 0 obj<</Linearized 1/L 99/N 12/T 3>>", Measures(pages=12)),
}


@pytest.mark.parametrize("form", SIZES)
def test_pages_and_pixels_are_read_where_the_head_says_them(tmp_path: Path, form: str) -> None:
    content, expected = SIZES[form]
    path = tmp_path / "object"
    path.write_bytes(content)
    assert measures(path, form) == expected


def test_a_picture_of_the_other_byte_order_is_read_and_one_that_leads_in_circles_ends(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(tiff(">", [(9, 4), (1, 1)]))
    assert measures(path, "tiff") == Measures(2, 9, 4)
    path.write_bytes(b"II*\0" + struct.pack("<IHI", 8, 0, 8))
    assert measures(path, "tiff") == Measures(1)
    path.write_bytes(PDF)
    assert measures(path, "pdf") == Measures()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(SIZES)), st.integers(0, 80), st.binary(max_size=40))
def test_a_broken_head_is_unknown_or_positive_and_never_a_crash(
    tmp_path: Path, form: str, kept: int, more: bytes
) -> None:
    content = SIZES[form][0][:kept] + more
    path = tmp_path / "object"
    path.write_bytes(content)
    found = measures(path, form)
    assert all(size is None or size > 0 for size in (found.width, found.height))
    told(tmp_path, content)
