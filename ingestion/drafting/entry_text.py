"""Write a proposed entry as the text of a catalogue file, doubts as comments right above what they are about.

Here: where comments stand. Not here: how values are written (``guide_workbook/entry_yaml.py``).
"""

from collections.abc import Iterable

from ingestion.drafting.entry import Draft
from resource_catalogue.guide_workbook.entry_yaml import entry_tree, item_yaml, key_yaml

_LEAD = """\
# 草稿：由样本文件推断，逐条确认“请确认”后删去注释，再检查、发布。
# Draft, inferred from sample files: settle each "please confirm", delete its comment, then check and publish.
"""


def draft_text(draft: Draft) -> str:
    """Return the whole text of the file."""
    parts = [_LEAD]
    for key, value in entry_tree(draft.resource).items():
        parts.append(_comments(draft, key, ""))
        if key != "columns":
            parts.append(key_yaml(key, value))
            continue
        parts.append("columns:\n")
        for item in value:
            parts += [_comments(draft, item["name"], "  "), item_yaml(item)]
    return "".join(parts)


def _comments(draft: Draft, place: str, indent: str) -> str:
    # A column may be called like a key; its comments are indented, the key's are not.
    of_column = {column.name for column in draft.resource.columns}
    keys = set(type(draft.resource).model_fields)
    wanted = [one for one in draft.doubts if one.place == place]
    if not indent:
        wanted = [one for one in wanted if place not in of_column or place in keys]
    return "".join(f"{indent}# {text}\n" for text in _once(map(str, wanted)))


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(text.split()) for text in texts))
