"""Check business keys: their columns exist and are required; what is delivered as changes has one."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per key column that is unknown or may be empty, and per missing key."""
    for resource, file in inspection.resources():
        columns = {column.name: column for column in resource.columns}
        for index, name in enumerate(resource.key):
            if name not in columns:
                yield file.refuse(
                    ("key", index), name, " | ".join(columns), "改为已有的列 / name a declared column"
                )
            elif not columns[name].required:
                yield file.refuse(
                    ("key", index),
                    f"{name} 非必填 / is not required",
                    "required: true",
                    "将该列设为必填 / make the column required",
                )
        if len(set(resource.key)) != len(resource.key):
            yield file.refuse(
                ("key",),
                ", ".join(resource.key),
                "不重复的列 / each column once",
                "删去重复 / delete the double",
            )
        if not resource.key and resource.update.mode == "changes":
            yield file.refuse(
                ("key",),
                "没有主键 / no key",
                "mode: changes 需要主键 / a key for mode: changes",
                "填写 key 或改用 snapshot / give a key, or deliver as snapshot",
            )
