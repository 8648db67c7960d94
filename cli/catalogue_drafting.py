"""What ``catalogue draft`` does and prints; the command is in ``catalogue_commands``.

Here: where proposed files are written, and what is said about them. Not here: proposing them (``ingestion/drafting``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import Column, print_table, say
from resource_catalogue.errors import DeliveryError, SettingError, own_place

if TYPE_CHECKING:
    from ingestion.drafting.draft import Drafted
    from resource_catalogue.deployment import Deployment

_COLUMNS = (
    "文件 / file",
    Column("读法 / read as", whole=True),
    Column("表头行 / header line", align="right"),
    Column("行数 / rows", align="right"),
    "条目 / entry",
    Column("待确认 / doubts", align="right"),
)


def draft_files(deployment: "Deployment", files: Sequence[Path], agency: str, out: Path | None) -> None:
    """Propose entries for files, write them, and say what was made of each file.

    Raises:
        DeliveryError: A file could not be read; the others are drafted all the same.
        SettingError: A file of that name is there already, or the folder cannot be written.
    """
    from ingestion.drafting.draft import draft_entries
    from ingestion.zip_limits import archive_bounds
    from resource_catalogue.catalogue import load_draft

    known = load_draft(deployment.catalogue).catalogue
    with archive_bounds(deployment.settings.ingestion):
        drafted = draft_entries(_whole(files), known, agency, deployment.inbox)
    _write(drafted, out or deployment.catalogue / "resources" / agency)
    _tell(drafted)
    if drafted.refused:
        count = len(drafted.refused)
        raise DeliveryError(
            "catalogue draft",
            f"{count} 个文件无法读取 / files could not be read",
            "表格文件 / files with a table",
            "见上 / see above",
        )


def _whole(files: Sequence[Path]) -> list[Path]:
    """Return the files in order; a folder stands for the files in it that are no manifests of others."""
    from ingestion.manifests import is_manifest

    found: list[Path] = []
    for path in files:
        with own_place(path):
            inner = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
            found += [one for one in inner if one == path or not is_manifest(one)]
    missing = next((path for path in found if not path.is_file()), None)
    if missing is not None:
        raise SettingError(
            str(missing), "没有此文件 / no such file", "已有的文件 / a file", "改正路径 / correct it"
        )
    return found


def _write(drafted: "Drafted", folder: Path) -> None:
    places = {folder / f"{entry.split('.')[1]}.yml": text for entry, text in drafted.texts.items()}
    there = next((place for place in places if place.exists()), None)
    if there is not None:
        raise SettingError(
            str(there),
            "文件已存在 / the file is there already",
            "尚未使用的位置 / a place not used yet",
            "移走该文件，或用 --out 另选文件夹 / move it, or choose another folder with --out",
        )
    with own_place(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for place, text in places.items():
            place.write_text(text, encoding="utf-8")


def _tell(drafted: "Drafted") -> None:
    rows = [
        (
            sample.path.name,
            " ".join(filter(None, (sample.decoded.format, sample.decoded.encoding, sample.decoded.sheet))),
            "" if sample.found is None else sample.found.line,
            sample.frame.height + sample.rejected,
            draft.resource.id,
            len(draft.doubts),
        )
        for draft in drafted.drafts
        for sample in draft.group.samples
    ]
    print_table("目录草稿 / drafted entries", _COLUMNS, rows)
    for path, entry in drafted.claimed.items():
        say(f"已有条目，未起草 / has an entry, passed over: {path.name} ({entry})")
    for path, error in drafted.refused.items():
        say(f"[错误 error] {path.name}: {error.found}; {error.expected}; {error.remedy}")
    if drafted.texts:
        say("下一步 / next: 逐条确认后 / settle the doubts, then: civiclake catalogue check")
