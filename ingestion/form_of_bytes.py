"""Tell what a file is from its bytes, whatever it is called: tables, and what is sent in the place of one.

Here: marks at the beginning of a file, and names in the directory of a ZIP. Not here: how a form is read
(``decoders/``), nor whether the bytes are whole.
"""

import re
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 4096
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMPTY_ZIP = b"PK\x05\x06"
_MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_HTML = re.compile(
    rb"(?:<!--.{0,400}?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|script|meta)\b", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class Form:
    """Name a form of bytes.

    Attributes:
        name: Short name.
        media_type: Its media type (RFC 6838).
        zh: What it is called in Chinese; ``en`` in English.
    """

    name: str
    media_type: str
    zh: str
    en: str


_MARKED: tuple[tuple[int, bytes, Form], ...] = (
    (0, b"%PDF-", Form("pdf", "application/pdf", "PDF 文件", "a PDF document")),
    (0, b"{\\rtf", Form("rtf", "application/rtf", "RTF 文档", "an RTF document")),
    (0, b"\x89PNG\r\n\x1a\n", Form("png", "image/png", "PNG 图片", "a PNG image")),
    (0, b"\xff\xd8\xff", Form("jpeg", "image/jpeg", "JPEG 图片", "a JPEG image")),
    (0, b"GIF8", Form("gif", "image/gif", "GIF 图片", "a GIF image")),
    (0, b"II*\0", Form("tiff", "image/tiff", "TIFF 图片", "a TIFF image")),
    (0, b"MM\0*", Form("tiff", "image/tiff", "TIFF 图片", "a TIFF image")),
    (8, b"WEBP", Form("webp", "image/webp", "WebP 图片", "a WebP image")),
    (8, b"WAVE", Form("wav", "audio/wav", "WAV 音频", "a WAV recording")),
    (8, b"AVI ", Form("avi", "video/x-msvideo", "AVI 视频", "an AVI film")),
    (0, b"ID3", Form("mp3", "audio/mpeg", "MP3 音频", "an MP3 recording")),
    (0, b"\xff\xfb", Form("mp3", "audio/mpeg", "MP3 音频", "an MP3 recording")),
    (0, b"OggS", Form("ogg", "audio/ogg", "OGG 音频", "an OGG recording")),
    (4, b"ftyp", Form("mp4", "video/mp4", "MP4 视频", "an MP4 film")),
    (0, b"\x1aE\xdf\xa3", Form("webm", "video/webm", "WebM 视频", "a WebM film")),
    (0, b"7z\xbc\xaf\x27\x1c", Form("7z", "application/x-7z-compressed", "7z 压缩包", "a 7z archive")),
    (0, b"Rar!\x1a\x07", Form("rar", "application/vnd.rar", "RAR 压缩包", "a RAR archive")),
    (4, b"Standard Jet DB", Form("mdb", "application/vnd.ms-access", "Access 数据库", "an Access database")),
    (
        4,
        b"Standard ACE DB",
        Form("accdb", "application/vnd.ms-access", "Access 数据库", "an Access database"),
    ),
    (0, b"\x7fELF", Form("program", "application/octet-stream", "程序文件", "a program")),
    (0, b"MZ\x90\0", Form("program", "application/octet-stream", "程序文件", "a program")),
    (0, b"\0\0\x27\x0a", Form("shp", "application/vnd.shp", "单独的 shp 文件", "a .shp without its .dbf")),
)
"""Place and mark of each form that is no table that can be read."""
_IN_ZIP = (
    ("OFD.xml", Form("ofd", "application/ofd", "OFD 版式文件", "an OFD document")),
    ("word/document.xml", Form("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                               "Word 文档", "a Word document")),
    ("ppt/presentation.xml", Form("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                                  "演示文稿", "a presentation")),
    ("META-INF/container.xml", Form("epub", "application/epub+zip", "EPUB 电子书", "an EPUB book")),
    ("META-INF/MANIFEST.MF", Form("jar", "application/java-archive", "Java 程序包", "a Java archive")),
)  # fmt: skip
_DOC = Form("doc", "application/msword", "Word 文档", "a Word document")
_PPT = Form("ppt", "application/vnd.ms-powerpoint", "演示文稿", "a presentation")
_BMP = Form("bmp", "image/bmp", "BMP 图片", "a BMP image")
_WEB_PAGE = Form("html", "text/html", "网页（HTML）", "a web page (HTML)")
_IN_OLE = (("WordDocument", _DOC), ("PowerPoint Document", _PPT))
_RIFF_MARKS = (b"WEBP", b"WAVE", b"AVI ")


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def no_table(path: Path, head: bytes) -> Form | None:
    """Return which form a file has that holds no table; null where it may hold one."""
    for place, mark, form in _MARKED:
        if head.startswith(mark, place) and (mark not in _RIFF_MARKS or head.startswith(b"RIFF")):
            return form
    if head.startswith(b"BM") and len(head) > 14 and head[6:10] == b"\0\0\0\0":
        return _BMP
    if head.startswith(ZIP):
        return _office_form(zip_names(path))
    if head.startswith(OLE):
        return _ole_form(path)
    return _WEB_PAGE if is_web_page(head) else None


def is_web_page(head: bytes) -> bool:
    """Tell whether a text is a web page: what portals send for a file that is not there.

    >>> is_web_page(b"<html><body>404"), is_web_page(b"<rows><row/></rows>")
    (True, False)
    """
    start = head.replace(b"\0", b"").lstrip(_MARKS_AND_SPACE)
    return _HTML.match(start) is not None


def _office_form(names: frozenset[str]) -> Form | None:
    return next((form for name, form in _IN_ZIP if name in names), None)


def _ole_form(path: Path) -> Form | None:
    """Tell by the names of its streams what a compound file is; they stand in UTF-16 in its directory."""
    with path.open("rb") as file:
        content = file.read(1 << 20)
        file.seek(max(0, path.stat().st_size - (1 << 20)))
        content += file.read()
    # A workbook may hold a document, but no document begins with a workbook's stream.
    if any(name.encode("utf-16-le") + b"\0\0" in content for name in ("Workbook", "Book")):
        return None
    return next((form for name, form in _IN_OLE if name.encode("utf-16-le") in content), None)


def zip_names(path: Path) -> frozenset[str]:
    """Return the names in the directory of a ZIP; none where it has no directory that can be read."""
    try:
        with zipfile.ZipFile(path) as file:
            return frozenset(file.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError, OSError):
        return frozenset()


def is_workbook_zip(names: Iterable[str]) -> bool:
    """Tell from the names in a ZIP whether it is a workbook: XLSX, XLSB or ODS."""
    held = set(names)
    if "[Content_Types].xml" in held:
        return any(name.lower().startswith("xl/") for name in held)
    return "content.xml" in held and "mimetype" in held


def is_dbf(head: bytes) -> bool:
    """Tell whether a file is a dBASE table, from the shape of its header: it has no mark of its own."""
    if len(head) < 65 or head[0] not in _DBF_VERSIONS or head[12:14] != b"\0\0":
        return False
    header, record = struct.unpack_from("<HH", head, 8)
    return head[2] <= 12 and head[3] <= 31 and header >= 65 and record >= 2 and head[32] > 32


_DBF_VERSIONS = frozenset(
    (0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8E, 0xCB, 0xF5, 0xFB)
)
