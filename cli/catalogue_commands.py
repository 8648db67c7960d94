"""Commands about the catalogue: check, publish, diff, schema."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import HERE, AsJson, AsOf, Home, open_deployment
from cli.output import both, print_json, print_table, say
from cli.publishing import check_files, publish_files
from resource_catalogue.errors import CatalogueError, own_place

if TYPE_CHECKING:
    from resource_catalogue.release_diff import Change

app = typer.Typer(
    no_args_is_help=True, help="目录 / The catalogue: check its files, publish a release, compare two."
)


_ACTIONS = {"added": "新增 / added", "removed": "删除 / removed", "changed": "修改 / changed"}


@app.command()
def check(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """检查 / Report all faults of the catalogue files with file, line and remedy."""
    _, checked = check_files(open_deployment(home, as_of))
    errors = [remark for remark in checked if remark.severity == "error"]
    if as_json:
        print_json([{"severity": r.severity, **_fields(r.fault)} for r in checked])
    else:
        for remark in checked:
            say(str(remark))
        say(f"{len(errors)} 个错误 errors, {len(checked) - len(errors)} 个提示 notes")
    if errors:
        raise typer.Exit(CatalogueError.exit_code)


@app.command()
def publish(
    registered_by: Annotated[str, typer.Option(metavar="AGENCY/POST", help="登记 / who registered")],
    reviewed_by: Annotated[
        str, typer.Option(metavar="AGENCY/POST", help="审核 / who reviewed; another post")
    ],
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """发布 / Freeze the checked files into the next numbered release."""
    release = publish_files(open_deployment(home, as_of), registered_by, reviewed_by)
    say(f"目录版本 / release {release.number}: {len(release.listed_resources())} 个资源 / resources listed")


@app.command()
def diff(
    before: Annotated[int, typer.Argument(help="旧版本 / older release")],
    after: Annotated[int, typer.Argument(help="新版本 / newer release")],
    home: Home = HERE,
    as_json: AsJson = False,
) -> None:
    """比较 / Show what changed between two releases."""
    from lake import Lake
    from lake.releases import release
    from resource_catalogue.release_diff import diff_releases

    lake = Lake.of(open_deployment(home))
    changes = diff_releases(release(lake, before), release(lake, after))
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    for change in changes:
        say(_line(change))
    say(f"{len(changes)} 处变化 / changes")


@app.command()
def schema(folder: Annotated[Path, typer.Argument(help="写到哪里 / where to")] = Path("schemas")) -> None:
    """编辑器用的 JSON Schema / Write the JSON Schemas of catalogue files for editors."""
    from resource_catalogue.json_schema import json_schemas

    with own_place(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in json_schemas().items():
            text = json.dumps(body, ensure_ascii=False, indent=1)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    print_table(str(folder), ("文件 / file",), [(f"{name}.json",) for name in json_schemas()])


def _line(change: "Change") -> str:
    """Return a change in one line: what was done, to which entry, at which path, from what to what."""
    from resource_catalogue.release_diff import KIND_WORDS

    subject = f"{_ACTIONS[change.action]} {both(KIND_WORDS[change.kind])} {change.id} {change.path}".rstrip()
    values = [value for value in (change.before, change.after) if value is not None]
    return f"{subject}: {' → '.join(values)}" if values else subject


def _fields(fault: object) -> dict[str, object]:
    names = ("file", "line", "place", "found", "expected", "remedy")
    return {name: getattr(fault, name) for name in names}
