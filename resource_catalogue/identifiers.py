"""From what a person types to the keys that rows carry: normalised by the norms, then hashed.

Here: identifiers of subjects and business keys of rows. Not here: how a key is made
(``subject_keys.py``). An identifier may be personal: no message repeats it.
"""

import re
from collections.abc import Mapping, Sequence

from norms import citizen_id, credit_code
from norms.reading import Explanation, Reading
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.errors import SettingError
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import ROW_KEY_NAME, business_key_of, subject_key_of

SEPARATOR = "|"
"""Between the parts of an identifier that has several: ``division|329901``."""
_KEY = re.compile(r"[0-9a-f]{32}")


def is_key(text: str) -> bool:
    """Tell whether a text is a row or subject key rather than an identifier.

    >>> is_key("0123456789abcdef0123456789abcdef"), is_key("91330100799655058B")
    (True, False)
    """
    return _KEY.fullmatch(text) is not None


def entity_named(name: str) -> Entity:
    """Return a kind of entity.

    Raises:
        SettingError: There is none of that name.
    """
    if name not in ENTITIES:
        raise SettingError(
            f"entity {name}", "没有此类主体 / no such entity", ", ".join(ENTITIES), "选用其一 / choose one"
        )
    return ENTITIES[name]


def subject_key(deployment: Deployment, entity: str, identifier: str) -> str:
    """Return the subject key of an identifier; a subject key stays as it is.

    Args:
        deployment: Owner of the key that subject keys are made with.
        entity: Such as ``organisation``.
        identifier: As a person writes it; several parts are separated by ``|``.

    Raises:
        SettingError: There is no such entity, or the norm refuses the identifier; it is not repeated.
    """
    shape = entity_named(entity)
    if is_key(identifier):
        return identifier
    parts = identifier.split(SEPARATOR)
    if len(parts) != len(shape.identifier):
        raise SettingError(
            f"{entity} identifier",
            f"{len(parts)} 段 / parts",
            SEPARATOR.join(shape.identifier),
            f"以 {SEPARATOR} 分隔各段，或给出主体键 / separate them by {SEPARATOR}, or give the key",
        )
    normalised = [_normalised(entity, name, part) for name, part in zip(shape.identifier, parts, strict=True)]
    return subject_key_of(entity, normalised, deployment.key(ROW_KEY_NAME))


def business_key(deployment: Deployment, resource: Resource, identifier: str) -> str | None:
    """Return the row key of a resource's business key; null where the text does not have its parts."""
    types = [resource.column(name).type for name in resource.key]
    return business_key_by_types(deployment, resource.id, types, identifier)


def business_key_by_types(
    deployment: Deployment, resource_id: str, types: Sequence[str], identifier: str
) -> str | None:
    """Return the row key of a business key whose columns have the given types; null as above."""
    parts = [part.strip() for part in identifier.split(SEPARATOR)]
    if not types or len(parts) != len(types):
        return None
    values = [_of_type(kind, part) for kind, part in zip(types, parts, strict=True)]
    return business_key_of(resource_id, values, deployment.key(ROW_KEY_NAME))


def _normalised(entity: str, attribute: str, text: str) -> str:
    if attribute == "citizen_id":
        return _accepted(entity, citizen_id.normalise(text), citizen_id.EXPLANATIONS)
    if attribute == "credit_code":
        return _accepted(entity, credit_code.normalise(text), credit_code.EXPLANATIONS)
    if attribute == "holder_identifier":
        return _of_type("subject_identifier", text)
    if not text.strip():
        raise SettingError(f"{entity} identifier", f"{attribute}: 空 / empty", "a value", "补填 / fill it in")
    return text.strip()


def _of_type(kind: str, text: str) -> str:
    """Return a text as ``standard`` keeps it in a column of a type; as it is where the norm refuses it."""
    readers = {
        "citizen_id": (citizen_id.normalise,),
        "credit_code": (credit_code.normalise,),
        "subject_identifier": (citizen_id.normalise, credit_code.normalise),
    }
    found: Sequence[str | None] = [reader(text).value for reader in readers.get(kind, ())]
    return next((value for value in found if value), text.strip())


def _accepted(entity: str, reading: Reading[str], explanations: Mapping[str, Explanation]) -> str:
    if reading.value is not None:
        return reading.value
    words = explanations.get(reading.code or "")
    raise SettingError(
        f"{entity} identifier",
        f"{words.found_zh} / {words.found_en}" if words else "空 / empty",
        f"{words.expected_zh} / {words.expected_en}" if words else "an identifier",
        f"{words.remedy_zh} / {words.remedy_en}" if words else "给出标识 / give one",
    )
