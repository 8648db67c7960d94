"""Choose the decoder by what the bytes are, whatever the file is called."""

from pathlib import Path

from ingestion.decoded import Decoded
from ingestion.decoders import delimited, json_document, workbook
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_HEAD_BYTES = 512


def decode_file(path: Path, resource: Resource) -> Decoded:
    """Read a delivered file as text rows.

    Raises:
        DeliveryError: The file is empty or cannot be read in any form.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise DeliveryError(path.name, "the file is empty", "a file with rows", "send the file again")
    if workbook.is_workbook(head):
        return workbook.decode(path, resource)
    if json_document.is_json(head):
        return json_document.decode(path, resource)
    return delimited.decode(path, resource)
