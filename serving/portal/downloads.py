"""Files of opened datasets: whole or in part, resumable, with the hash that was published as their mark.

Here: finding the file, refusing what is open on conditions only, recording the access before the first byte leaves.
Not here: making files (``opening/files.py``).
"""

import base64
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from opening.catalogue_shape import PublicDataset, PublicFile
from serving.portal.portal import portal_of


async def download(request: Request) -> Response:
    """Hand out a file; 304 where the reader has it, 403 where it is open on conditions only (Yancheng a27(二))."""
    portal = portal_of(request)
    dataset = portal.dataset(request.path_params["dataset"])
    visitor = await portal.admit(request, dataset)
    file = _file(dataset, request.path_params["file"])
    mark = f'"{file["sha256"]}"'
    path = portal.holdings.path(dataset, file)
    if not path.is_file() or path.stat().st_size != file["bytes"]:
        # A run is replacing the folder at this very moment.
        raise HTTPException(503, "the dataset is being renewed", {"Retry-After": "5"})
    headers = {
        "etag": mark,
        "cache-control": f"{'private' if portal.demands_login else 'public'}, max-age=0, must-revalidate",
        "digest": f"sha-256={_base64(file['sha256'])}",
        "repr-digest": f"sha-256=:{_base64(file['sha256'])}:",
    }
    if _has(request.headers.get("if-none-match", ""), mark):
        return Response(status_code=304, headers=headers)
    if request.method != "HEAD":
        number = await portal.record(
            "download",
            dataset,
            visitor,
            file["rows"],
            file["bytes"],
            file=file["name"],
            range=_stated_range(request),
        )
        headers["x-request-id"] = number
    return FileResponse(path, media_type=file["media_type"], filename=file["name"], headers=headers)


def _stated_range(request: Request) -> str:
    """Return the range that is asked for; a header of another form is not kept, since it may say anything."""
    asked = request.headers.get("range", "")
    return asked if re.fullmatch(r"bytes=[\d, -]{1,90}", asked) else ""


def _file(dataset: PublicDataset, name: str) -> PublicFile:
    file = next((one for one in dataset["files"] if one["name"] == name), None)
    if file is None:
        raise HTTPException(404, "no such file")
    return file


def _has(sent: str, mark: str) -> bool:
    marks = [one.strip().removeprefix("W/") for one in sent.split(",")]
    return mark in marks or "*" in marks


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
