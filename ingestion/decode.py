"""Choose the decoder by what the bytes are, whatever the file is called."""

from collections.abc import Callable
from pathlib import Path

from ingestion.decoded import Decoded, not_decodable
from ingestion.decoders import (
    archive,
    dbf,
    delimited,
    fixed_width,
    geopackage,
    json_document,
    objects,
    parquet,
    workbook,
    xml_document,
)
from ingestion.form_of_bytes import Form, head_of, is_dbf, no_table
from ingestion.undigitised import refuse_undigitised
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource


def decode_file(path: Path, resource: Resource) -> Decoded:
    """Read a delivered file as text rows.

    Raises:
        DeliveryError: The file is empty, is no table, or cannot be read in any form, whatever a decoder failed of; or
            its entry exists on paper only.
    """
    refuse_undigitised(resource)
    return _decoded(path, resource, is_member=False)


def _member(path: Path, resource: Resource) -> Decoded:
    return _decoded(path, resource, is_member=True)


def _decoded(path: Path, resource: Resource, is_member: bool) -> Decoded:
    head = head_of(path)
    if not head.strip():
        raise DeliveryError(path.name, "the file is empty", "a file with rows", "send the file again")
    try:
        if resource.source.rows == "objects":
            return objects.decode(path, resource, _member)
        form = no_table(path, head)
        if form is not None:
            raise _refused(path, form)
        packed = "" if is_member else archive.archive_form(path, head)
        if packed:
            return archive.decode(path, resource, packed, _member)
        return _decoder(head, resource)(path, resource)
    except DeliveryError:
        raise
    except BaseException as error:
        raise not_decodable(path.name, error) from None


def _decoder(head: bytes, resource: Resource) -> Callable[[Path, Resource], Decoded]:
    if workbook.is_workbook(head):
        return workbook.decode
    if parquet.is_parquet(head):
        return parquet.decode
    if geopackage.is_geopackage(head):
        return geopackage.decode
    if is_dbf(head):
        return dbf.decode
    if resource.source.widths:
        return fixed_width.decode
    if xml_document.is_xml(head):
        return xml_document.decode
    return json_document.decode if json_document.is_json(head) else delimited.decode


def _refused(path: Path, form: Form) -> DeliveryError:
    return DeliveryError(
        path.name,
        f"文件是{form.zh} / the file is {form.en}",
        "数据表文件 / a file with a table",
        "报送数据表本身 / send the table itself",
    )
