"""Choose the decoder by what the bytes are, whatever the file is called."""

from collections.abc import Callable
from pathlib import Path

from ingestion.decoded import Decoded, not_decodable
from ingestion.decoders import delimited, json_document, parquet, workbook, xml_document
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_HEAD_BYTES = 512


def decode_file(path: Path, resource: Resource) -> Decoded:
    """Read a delivered file as text rows.

    Raises:
        DeliveryError: The file is empty or cannot be read in any form, whatever a decoder failed of.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise DeliveryError(path.name, "the file is empty", "a file with rows", "send the file again")
    try:
        return _decoder(head)(path, resource)
    except DeliveryError:
        raise
    except BaseException as error:
        raise not_decodable(path.name, error) from None


def _decoder(head: bytes) -> Callable[[Path, Resource], Decoded]:
    if workbook.is_workbook(head):
        return workbook.decode
    if parquet.is_parquet(head):
        return parquet.decode
    if xml_document.is_xml(head):
        return xml_document.decode
    return json_document.decode if json_document.is_json(head) else delimited.decode
