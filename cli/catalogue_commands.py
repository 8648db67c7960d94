"""Commands about the catalogue: check, publish, list, state, diff, schema, workbooks, coverage, joint, paper."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cli.options import HERE, AsJson, AsOf, Home, chosen, open_deployment
from cli.output import both, print_json, print_table, say
from cli.publishing import check_files, follow_release, publish_files
from resource_catalogue.errors import CatalogueError, own_place

if TYPE_CHECKING:
    from resource_catalogue.inspection import CheckedFault
    from resource_catalogue.release import EntryState
    from resource_catalogue.release_diff import Change

app = typer.Typer(
    no_args_is_help=True,
    help="目录 / The catalogue: check its files, publish a release, list, suspend or retire entries, compare two.",
)


_ACTIONS = {"added": "新增 / added", "removed": "删除 / removed", "changed": "修改 / changed"}


@app.command()
def check(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """检查 / Report all faults of the catalogue files with file, line and remedy."""
    _, checked = check_files(open_deployment(home, as_of))
    if as_json:
        print_json([{"severity": r.severity, **_fields(r.fault)} for r in checked])
    else:
        _say_checked(checked)
    _end_where_faulty(checked)


RegisteredBy = Annotated[str, typer.Option(metavar="AGENCY/POST", help="登记 / who registered")]
ReviewedBy = Annotated[str, typer.Option(metavar="AGENCY/POST", help="审核 / who reviewed; another post")]


@app.command()
def publish(
    registered_by: RegisteredBy,
    reviewed_by: ReviewedBy,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """发布 / Freeze the checked files into the next numbered release."""
    release = publish_files(open_deployment(home, as_of), registered_by, reviewed_by)
    say(f"目录版本 / release {release.number}: {len(release.listed_resources())} 个资源 / resources listed")


@app.command("list")
def list_(home: Home = HERE, as_json: AsJson = False) -> None:
    """列出 / List the resources and datasets of the release in force with their states."""
    from lake import Lake
    from lake.releases import current_release
    from resource_catalogue.release import ENTRY_STATES

    release = current_release(Lake.of(open_deployment(home)))
    known = release.catalogue
    named = {
        **{r.id: ("resource", r.agency, r.name) for r in known.resources.values()},
        **{d.id: ("dataset", d.agency, d.title) for d in known.datasets.values()},
    }
    entries = [(*named[entry], entry, state) for entry, state in sorted(release.states.items())]
    if as_json:
        names = ("kind", "agency", "name", "id", "state")
        print_json([{**dict(zip(names, entry, strict=True)), "name": both(entry[2])} for entry in entries])
        return
    columns = ("标识 / id", "名称 / name", "种类 / kind", "机构 / agency", "状态 / state")
    kinds = {"resource": "资源 / resource", "dataset": "开放数据集 / dataset"}
    rows = [
        (entry, name.zh, kinds[kind], agency, both(ENTRY_STATES[state]))
        for kind, agency, name, entry, state in entries
    ]
    print_table(f"目录版本 / release {release.number}", columns, rows)


@app.command()
def state(
    entry: Annotated[str, typer.Argument(help="资源或数据集标识 / id of a resource or dataset")],
    to: Annotated[
        str, typer.Argument(help="新状态 / new state: draft | reviewed | listed | suspended | retired")
    ],
    registered_by: RegisteredBy,
    reviewed_by: ReviewedBy,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """暂停、停用或恢复 / Publish the next release with another state of one entry; the next run follows it up."""
    from lake import Lake
    from lake.releases import set_state
    from resource_catalogue.release import ENTRY_STATES

    deployment = open_deployment(home, as_of)
    words = {str(word): label for word, label in ENTRY_STATES.items()}
    wanted = cast("EntryState", chosen("STATE", to, words))
    release = set_state(Lake.of(deployment), entry, wanted, deployment.as_of, registered_by, reviewed_by)
    follow_release(deployment, release)
    say(f"目录版本 / release {release.number}: {entry} {both(ENTRY_STATES[wanted])}")


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


@app.command()
def export(
    xlsx: Annotated[Path, typer.Option("--xlsx", metavar="FILE", help="工作簿 / the workbook to write")],
    agency: Annotated[
        str | None, typer.Option("--agency", help="只导出一个机构的条目 / entries of one agency only")
    ] = None,
    home: Home = HERE,
) -> None:
    """导出工作簿 / Write the draft's entries as a workbook in the national guide's layout (填报模板)."""
    from cli.catalogue_workbook import export_entries

    count = export_entries(open_deployment(home), xlsx, agency)
    say(f"{xlsx}: {count} 个条目 / entries")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="工作簿 XLSX 或 XLS / the workbook, XLSX or XLS")],
    agency: Annotated[str, typer.Option("--agency", help="哪个机构的条目 / whose entries")],
    check: Annotated[
        bool, typer.Option("--check", help="只检查，不写文件 / check the result, write nothing")
    ] = False,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """导入工作簿 / Bring a workbook's entries into the draft's files; nothing is written unless all is right."""
    from cli.catalogue_workbook import check_plan_files, plan_entries, tell_plan
    from resource_catalogue.guide_workbook.drafts import write_plan

    deployment = open_deployment(home, as_of)
    plan, notes = plan_entries(deployment, file, agency)
    for note in notes:
        say(f"[提示 note] {note}")
    if check:
        checked = check_plan_files(deployment, plan)
        tell_plan(plan, is_written=False)
        _say_checked(checked)
        _end_where_faulty(checked)
        return
    write_plan(plan)
    tell_plan(plan, is_written=True)


@app.command()
def draft(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="样本文件或文件夹 / sample files, or folders of them"),
    ],
    agency: Annotated[str, typer.Option("--agency", help="提供机构 / the providing agency")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="写到哪里；默认为机构的资源文件夹 / where to; default: the agency's"
        ),
    ] = None,
    home: Home = HERE,
) -> None:
    """起草条目 / Propose a resource's file from real files: encoding, header, columns, key; doubts are marked."""
    from cli.catalogue_drafting import draft_files

    draft_files(open_deployment(home), files, agency, out)


@app.command()
def joint(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """协同采集登记 / List registered joint collections: item, lead, who collects what, agreement, period."""
    from cli.joint_listing import print_joint

    print_joint(open_deployment(home, as_of), as_json)


@app.command()
def coverage(home: Home = HERE, as_json: AsJson = False) -> None:
    """挂接率 / Show per agency: entries, those without data, data without a listed entry, attachment rate."""
    from cli.catalogue_workbook import print_coverage

    print_coverage(open_deployment(home), as_json)


@app.command("non-digital")
def non_digital(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """待数字化 / List the entries that exist on paper only: volume, by whom, planned for when, days left or late."""
    from cli.paper_entries import print_paper_entries

    print_paper_entries(open_deployment(home, as_of), as_json)


def _say_checked(checked: "list[CheckedFault]") -> None:
    """Print the remarks of the catalogue check and their number."""
    for remark in checked:
        say(str(remark))
    errors = sum(remark.severity == "error" for remark in checked)
    say(f"{errors} 个错误 errors, {len(checked) - errors} 个提示 notes")


def _end_where_faulty(checked: "list[CheckedFault]") -> None:
    """End with the exit code of a faulty catalogue where there are errors."""
    if any(remark.severity == "error" for remark in checked):
        raise typer.Exit(CatalogueError.exit_code)


def _line(change: "Change") -> str:
    """Return a change in one line: what was done, to which entry, at which path, from what to what."""
    from resource_catalogue.release_diff import KIND_WORDS

    subject = f"{_ACTIONS[change.action]} {both(KIND_WORDS[change.kind])} {change.id} {change.path}".rstrip()
    values = [value for value in (change.before, change.after) if value is not None]
    return f"{subject}: {' → '.join(values)}" if values else subject


def _fields(fault: object) -> dict[str, object]:
    names = ("file", "line", "place", "found", "expected", "remedy")
    return {name: getattr(fault, name) for name in names}
