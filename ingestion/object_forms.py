"""Tell what a kept object is from its bytes: its media type, and whether it is a program.

Here: forms beyond those that stand in the place of a table (``form_of_bytes.py``): what nobody would take for one.
Not here: which of them an entry admits. An object is never opened: marks at its beginning are all that is looked at.
"""

import re
from pathlib import Path, PurePosixPath

from ingestion.form_of_bytes import OLE, ZIP, Form, is_workbook_zip, no_table, zip_names

PROGRAM = Form("program", "application/octet-stream", "程序文件", "a program")
UNKNOWN = Form("unknown", "application/octet-stream", "未知格式", "of an unknown form")
_XLSX = Form(
    "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX 工作簿", "an XLSX"
)
_XLS = Form("xls", "application/vnd.ms-excel", "XLS 工作簿", "an XLS workbook")
_XML = Form("xml", "application/xml", "XML 文档", "an XML document")
_TEXT = Form("txt", "text/plain", "文本", "a text")
_ZIP = Form("zip", "application/zip", "ZIP 压缩包", "a ZIP archive")
_GZIP = Form("gz", "application/gzip", "压缩文件", "a compressed file")
_ARCHIVES = frozenset({"7z", "rar", "zip", "gz"})
_BY_BRAND = {
    b"heic": Form("heic", "image/heic", "HEIC 图片", "a HEIC image"),
    b"heix": Form("heic", "image/heic", "HEIC 图片", "a HEIC image"),
    b"mif1": Form("heif", "image/heif", "HEIF 图片", "a HEIF image"),
    b"avif": Form("avif", "image/avif", "AVIF 图片", "an AVIF image"),
    b"M4A ": Form("m4a", "audio/mp4", "M4A 音频", "an M4A recording"),
    b"qt  ": Form("mov", "video/quicktime", "MOV 视频", "a QuickTime film"),
}
"""Brand in the head of an ISO media file -> what it is, where that is no MP4 film."""
_MP3 = Form("mp3", "audio/mpeg", "MP3 音频", "an MP3 recording")
_MARKED: tuple[tuple[bytes, Form], ...] = (
    (b"fLaC", Form("flac", "audio/flac", "FLAC 音频", "a FLAC recording")),
    (b"#!AMR", Form("amr", "audio/amr", "AMR 音频", "an AMR recording")),
    (b"FLV\x01", Form("flv", "video/x-flv", "FLV 视频", "an FLV film")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Form("asf", "video/x-ms-asf", "ASF 视频", "an ASF film")),
    (b"\x00\x00\x01\xba", Form("mpg", "video/mpeg", "MPEG 视频", "an MPEG film")),
    (b"\x00\x00\x00\x0cjP  ", Form("jp2", "image/jp2", "JPEG 2000 图片", "a JPEG 2000 image")),
    (b"\xff\xf1", Form("aac", "audio/aac", "AAC 音频", "an AAC recording")),
    (b"\xff\xf9", Form("aac", "audio/aac", "AAC 音频", "an AAC recording")),
    (b"AC10", Form("dwg", "image/vnd.dwg", "DWG 图纸", "a DWG drawing")),
    (b"\xff\xf3", _MP3),
    (b"\xff\xf2", _MP3),
    (b"\x1f\x8b", _GZIP),
    (b"BZh", _GZIP),
    (b"\xfd7zXZ\x00", _GZIP),
    (ZIP, _ZIP),
    (b"PK\x05\x06", _ZIP),
)
_PROGRAMS = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
    b"#!/", b"#! /",
)  # fmt: skip
_PROGRAM_SUFFIXES = frozenset(
    (".exe", ".dll", ".com", ".scr", ".pif", ".msi", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf",
     ".hta", ".lnk", ".jar", ".sh", ".apk", ".reg", ".cpl")
)  # fmt: skip
"""Ends of the names of files that a system would run; scripts have no mark of their own."""
_LEAST_STUB = 64
_PDF = Form("pdf", "application/pdf", "PDF 文件", "a PDF document")
_PDF_MARK, _PDF_SEARCHED = b"%PDF-", 1024
_NAMED_IN_ZIP = re.compile(rb"mimetype(application/vnd\.oasis\.opendocument\.([a-z]+))")
_NAME_PLACE = 30


def object_form(path: Path, head: bytes, name: str) -> Form:
    """Return what an object is.

    Args:
        head: Its first bytes.
        name: What it was called when it was sent.
    """
    if is_program(head, name):
        return PROGRAM
    marked = next((form for mark, form in _MARKED if head.startswith(mark)), None)
    if marked is not None and marked is not _ZIP:
        return marked
    form = no_table(path, head)
    if form is not None:
        is_media = form.name == "mp4"
        return (
            PROGRAM
            if form.name in ("program", "jar")
            else _BY_BRAND.get(head[8:12], form)
            if is_media
            else form
        )
    if marked is _ZIP:
        odf = _NAMED_IN_ZIP.match(head, _NAME_PLACE)
        if odf:
            return Form("odf", odf[1].decode(), "开放文档", "an OpenDocument file")
        return _XLSX if is_workbook_zip(zip_names(path)) else _ZIP
    if head.startswith(OLE):
        return _XLS
    # Programs put a few bytes before the mark of a PDF, and readers look for it so far.
    return _PDF if _PDF_MARK in head[:_PDF_SEARCHED] else _of_text(head)


def is_archive(form: Form) -> bool:
    """Tell whether an object is an archive or a compressed file."""
    return form.name in _ARCHIVES


def is_program(head: bytes, name: str) -> bool:
    """Tell whether a system would run an object, by its mark or by the end of its name.

    >>> is_program(b"#!/bin/sh", "a.pdf"), is_program(b"echo", "a.BAT"), is_program(b"MZ is text", "a.txt")
    (True, True, False)
    """
    if head.startswith(_PROGRAMS) or PurePosixPath(name.strip()).suffix.lower() in _PROGRAM_SUFFIXES:
        return True
    if not head.startswith(b"MZ") or len(head) < _LEAST_STUB:
        return False
    place = int.from_bytes(head[60:64], "little")
    return head[2:4] == b"\x90\0" or head[place : place + 4] == b"PE\0\0"


def admits(media_types: tuple[str, ...], media_type: str) -> bool:
    """Tell whether a media type is among those admitted.

    >>> admits(("image/*", "application/pdf"), "image/png"), admits(("image/*",), "audio/mpeg")
    (True, False)
    """
    return any(
        media_type.startswith(one[:-1]) if one.endswith("*") else media_type == one for one in media_types
    )


def _of_text(head: bytes) -> Form:
    """Return the form of bytes without a mark: text in a usual encoding, or unknown."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return _XML
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return UNKNOWN
    for encoding in ("utf-16",) if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8", "gb18030"):
        for cut in range(4):
            # The head may end within a character.
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return _TEXT
    return UNKNOWN
