"""Check that a header of a file leads to one column: names and source names are not repeated."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per column whose name, label or source name an earlier column has already."""
    for resource, file in inspection.resources():
        names: dict[str, str] = {}
        headers: dict[str, str] = {}
        for index, column in enumerate(resource.columns):
            if column.name in names:
                yield file.refuse(
                    ("columns", index, "name"),
                    f"{column.name} 重复 / twice",
                    "不重复的列名 / a name of its own",
                    "改名 / rename it",
                )
            names[column.name] = column.name
            for header in dict.fromkeys(text.strip() for text in (column.zh, *column.from_)):
                if headers.setdefault(header, column.name) != column.name:
                    yield file.refuse(
                        ("columns", index, "from" if column.from_ else "zh"),
                        f"{column.name}, {headers[header]}: {header}",
                        "每个表头对应一列 / a header that leads to one column",
                        "改正 zh 或 from / correct zh or from",
                    )
    for dataset, file in inspection.datasets():
        seen: set[str] = set()
        for index, published in enumerate(dataset.columns):
            if published.name in seen:
                yield file.refuse(
                    ("columns", index, "name"),
                    f"{published.name} 重复 / twice",
                    "不重复的列名 / a name of its own",
                    "改名 / rename it",
                )
            seen.add(published.name)
