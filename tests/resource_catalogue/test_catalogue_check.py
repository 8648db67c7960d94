"""Each defect of a catalogue is reported at its line, and nothing else is."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from resource_catalogue.catalogue import load_draft
from resource_catalogue.catalogue_check import catalogue_checks, check_catalogue, errors
from resource_catalogue.inspection import CheckedFault
from resource_catalogue.profile import load_profile, shipped_profile_ids

MARKET = "resources/market/registration.yml"
UNITS = "resources/labour/units.yml"
HOUSEHOLD = "resources/police/household.yml"
REGISTER = "source_register/organisation.yml"
DATASET = "datasets/entities.yml"
AGENCY = "agencies/market.yml"
JOINT = "joint_collections/insured_persons.yml"
DEMO = Path(__file__).parents[2] / "data" / "demo" / "catalogue"
PROFILES = shipped_profile_ids()


class Defect(NamedTuple):
    """Say how a file is broken, and where and how that is reported."""

    file: str
    change: Callable[[dict[str, Any]], Any]
    place: str
    found: str
    line: str
    profile: str = "yancheng"
    severity: Literal["error", "note"] = "error"


def setting(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that sets one value."""

    def change(body: dict[str, Any]) -> None:
        inner: Any = body
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = to

    return change


def without(*path: str | int) -> Callable[[dict[str, Any]], None]:
    """Return a change that takes one key out."""

    def change(body: dict[str, Any]) -> None:
        inner: Any = body
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]

    return change


_CONDITION = {"zh": "条件"}
_DECREE = [{"title": "某通知", "rank": "normative_document"}]
_RETIRED_TARGET = "market.gone"

DEFECTS: dict[str, Defect] = {
    "bad_share_modes_missing": Defect(
        MARKET, without("share", "modes"), "share", "no share.modes", "share:", "xinjiang"),
    "bad_use_requirements_missing": Defect(
        MARKET, without("use_requirements"), "", "no use_requirements", "id:", "xinjiang"),
    "bad_share_condition_missing": Defect(
        MARKET, without("share", "condition"), "share", "no share.condition", "share:"),
    "bad_no_time_at_source": Defect(
        MARKET, without("collected", "at"), "collected", "no collected.at", "collected:", "weihai"),
    "bad_duty_missing": Defect(MARKET, without("duty"), "", "no duty", "id:", "putuo"),
    "bad_secret": Defect(MARKET, setting("secrecy", "state", to="secret"), "secrecy.state", "涉密", "state:"),
    "bad_secrecy_not_reviewed": Defect(
        MARKET, without("secrecy", "reviewed"), "secrecy.state", "not reviewed", "state:"),
    "bad_secrecy_review_run_out": Defect(
        MARKET, setting("secrecy", "reviewed", "valid_to", to="2026-03-15"), "secrecy.reviewed.valid_to",
        "2026-03-15",
        "valid_to:"),
    "bad_secrecy_review_ahead": Defect(
        MARKET, setting("secrecy", "reviewed", "on", to="2026-03-17"), "secrecy.reviewed.on", "2026-03-17",
        "'on':"),
    "bad_secrecy_post": Defect(
        MARKET, setting("secrecy", "reviewed", "post", to="steward"), "secrecy.reviewed.post", "steward",
        "post:"),
    "odd_no_secrecy": Defect(MARKET, without("secrecy"), "", "no secrecy review", "id:", severity="note"),
    "bad_looser_column": Defect(
        HOUSEHOLD, setting("columns", 1, "open", to="open_to_all"), "columns[1].open", "name: open_to_all",
        "open:"),
    "bad_looser_share": Defect(
        MARKET, setting("columns", 3, "share", to="open_to_all"), "columns[3].share", "phone: open_to_all",
        "share:"),
    "bad_no_reason": Defect(MARKET, without("share", "reason"), "share", "without reason", "share:"),
    "bad_no_basis": Defect(MARKET, without("share", "basis"), "share", "no basis", "share:"),
    "bad_rank": Defect(
        MARKET, setting("share", "basis", to=_DECREE), "share.basis", "normative_document", "basis:"),
    "bad_column_basis": Defect(
        MARKET, setting("columns", 3, "open", to="none"), "columns[3].open", "none: 没有依据", "open:"),
    "bad_no_open_condition": Defect(
        MARKET, setting("columns", 3, "open", to={"type": "conditional", "basis": _DECREE}),
        "columns[3].open",
        "without condition", "open:"),
    "odd_conditional_opening": Defect(
        MARKET, setting("columns", 3, "open", to={"type": "conditional", "condition": _CONDITION}),
        "columns[3].open.type", "conditional", "type: conditional", "yinchuan", "note"),
    "odd_type_review_due": Defect(
        MARKET, setting("share", "review_due_on", to="2026-03-15"), "share.review_due_on", "2026-03-15",
        "review_due_on:", severity="note"),
    "bad_unknown_agency": Defect(
        MARKET, setting("agencies", "collecting", to="nobody"), "agencies.collecting", "nobody",
        "collecting:"),
    "bad_unknown_superior": Defect(AGENCY, setting("under", to="nobody"), "under", "nobody", "under:"),
    "bad_circle_of_superiors": Defect(
        AGENCY, setting("under", to="market"), "under", "market → … → market", "under:"),
    "bad_unknown_submitter": Defect(
        MARKET, setting("source", "submitted_by", to="nobody"), "source.submitted_by", "nobody",
        "submitted_by:"),
    "bad_credit_code": Defect(
        AGENCY, setting("credit_code", to="11329900009000015F"), "credit_code", "wrong_check_digit",
        "credit_code:"),
    "bad_lower_case_credit_code": Defect(
        AGENCY, setting("credit_code", to="11329900009000015e"), "credit_code", "lower_case", "credit_code:"),
    "bad_tier": Defect(AGENCY, setting("tier", to="village"), "tier", "village", "tier:"),
    "odd_tier_of_another_text": Defect(
        AGENCY, setting("tier", to="prefecture"), "tier", "prefecture", "tier:", severity="note"),
    "bad_division_of_agency": Defect(
        AGENCY, setting("division_code", to="999999"), "division_code", "999999", "division_code:"),
    "bad_division_covered": Defect(
        MARKET, setting("covers", "divisions", to=["999999"]), "covers.divisions[0]", "999999", "999999"),
    "bad_no_registrar": Defect(
        AGENCY, lambda body: setting("posts", to=body["posts"][1:])(body), "posts", "no registrar", "posts:"),
    "bad_unknown_duty": Defect(MARKET, setting("duty", to="singing"), "duty", "singing", "duty:"),
    "bad_unknown_system": Defect(MARKET, setting("system", to="abacus"), "system", "abacus", "system:"),
    "bad_double_code": Defect(
        UNITS, setting("code", to="3073290001/000003"), "code", "already of labour.units", "code:"),
    "bad_unknown_code_list": Defect(
        MARKET, setting("columns", 2, "codes", to="colours"), "columns[2].codes", "entity_kind: colours",
        "codes:"),
    "bad_code_without_list": Defect(
        MARKET, without("columns", 2, "codes"), "columns[2]", "no code list", "entity_kind"),
    "bad_list_on_text": Defect(
        MARKET, setting("columns", 2, "type", to="text"), "columns[2].codes", "entity_kind: text", "codes:"),
    "bad_base_attribute": Defect(
        UNITS, setting("columns", 2, "base", to="organisation.colour"), "columns[2].base",
        "organisation.colour", "base:"),
    "bad_base_type": Defect(
        UNITS, setting("columns", 2, "type", to="text"), "columns[2].type", "insured_count: text", "type:"),
    "bad_identifier_type": Defect(
        UNITS, setting("columns", 0, "type", to="text"), "columns[0].type", "credit_code: text", "type:"),
    "bad_base_twice": Defect(
        MARKET,
        setting("columns", 3, "base", to="organisation.name"), "columns[3].base", "entity_name, phone",
        "base:"),
    "bad_claims_without_identifier": Defect(
        MARKET, setting("columns", 3, "base", to="person.phone"), "columns", "no person.citizen_id",
        "columns:"),
    "bad_key_column": Defect(MARKET, setting("key", to=["licence"]), "key[0]", "licence", "licence"),
    "bad_key_not_required": Defect(MARKET, setting("key", to=["phone"]), "key[0]", "phone 非必填", "phone"),
    "bad_key_twice": Defect(
        MARKET, setting("key", to=["credit_code", "credit_code"]), "key", "credit_code, credit_code", "key:"),
    "bad_changes_without_key": Defect(
        MARKET, lambda body: (setting("key", to=[])(body), setting("update", "mode", to="changes")(body)),
        "key",
        "no key", "key:"),
    "bad_subject_without_its_key": Defect(
        MARKET, setting("subject", to="person"), "columns", "citizen_id", "columns:", "xinjiang"),
    "bad_unknown_check": Defect(
        MARKET, setting("rules", 0, "check", to="smells"), "rules[0].check", "smells", "check:"),
    "bad_rule_column": Defect(
        MARKET, setting("rules", 0, "columns", to=["colour"]), "rules[0].columns[0]", "colour", "colour"),
    "bad_rule_twice": Defect(
        MARKET, lambda body: body["rules"].append(body["rules"][0]), "rules[1].id", "twice", "id:"),
    "bad_column_twice": Defect(
        UNITS, lambda body: body["columns"].append({"name": "insured_count", "zh": "人数",
        "type": "integer"}),
        "columns[4].name", "insured_count", "name:"),
    "bad_header_twice": Defect(
        MARKET, setting("columns", 3, "from", to=["企业名称"]), "columns[3].from", "企业名称", "from:"),
    "bad_condition_names_no_column": Defect(
        MARKET, setting("columns", 1, "sensitive_when", to="colour = 'red'"), "columns[1].sensitive_when",
        "colour",
        "sensitive_when:"),
    "bad_condition_is_a_statement": Defect(
        MARKET, setting("columns", 1, "sensitive_when", to="phone is null; drop"),
        "columns[1].sensitive_when", ";",
        "sensitive_when:"),
    "bad_news_as_snapshot": Defect(
        MARKET, setting("source", to={
            "connector": "http_api", "url": "https://far.example/rows",
            "since": {"field": "at", "parameter": "from"},
        }), "source.since", "update.mode: snapshot", "since:"),
    "bad_deletions_in_a_snapshot": Defect(
        MARKET, setting("update", "deleted", to={"column": "操作", "values": ["删除"]}),
        "update.deleted", "update.mode: snapshot", "deleted:"),
    "bad_change_feed_as_snapshot": Defect(
        MARKET, setting("source", to={
            "connector": "delta_sharing", "profile": "file:county.share", "share": "s", "schema": "base",
            "table": "t", "changes": True,
        }), "source.changes", "update.mode: snapshot", "changes:"),
    "bad_slice_pattern": Defect(
        MARKET, setting("source", "slice", to="(?P<year>"), "source.slice", "(?P<year>", "slice:"),
    "bad_slice_without_names": Defect(
        MARKET, setting("source", "slice", to=r"(\d+)"), "source.slice", r"(\d+)", "slice:"),
    "bad_issued_without_group": Defect(
        MARKET, setting("source", "issued", to=r"\d{8}"), "source.issued", r"\d{8}", "issued:"),
    "bad_not_data_pattern": Defect(
        MARKET, setting("source", "not_data", to="（[0-9]+所["), "source.not_data", "（[0-9]+所[",
        "not_data:"),
    "bad_delimiter": Defect(
        MARKET, setting("source", "delimiter", to="||"), "source.delimiter", "||", "delimiter:"),
    "bad_no_widths": Defect(MARKET, setting("source", "widths", to=[]), "source.widths", "0", "widths:"),
    "bad_fill_down": Defect(
        MARKET, setting("source", "fill_down", to=["town"]), "source.fill_down[0]", "town", "town"),
    "bad_objects_of_a_table": Defect(
        MARKET, setting("source", "objects", to={"name": "x"}), "source.objects", "rows: table", "objects:"),
    "odd_paper_without_a_plan": Defect(
        MARKET, setting("form", to="non_digital"), "form", "没有数字化计划", "form:", severity="note"),
    "bad_digitising_agency": Defect(
        MARKET, setting("digitisation", to={"due_on": "2026-12-31", "by": "nobody"}), "digitisation.by", "nobody",
        "by: nobody"),
    "bad_encoding_of_no_text": Defect(
        MARKET, setting("source", "encoding", to="hex"), "source.encoding", "hex", "encoding:"),
    "bad_path_pattern": Defect(
        MARKET, setting("source", "path", to="a**/x.csv"), "source.path", "a**/x.csv", "path:"),
    "bad_encoding": Defect(
        MARKET, setting("source", "encoding", to="gb99"), "source.encoding", "gb99", "encoding:"),
    "bad_path": Defect(MARKET, setting("source", "path", to="../x.csv"), "source.path", "../x.csv", "path:"),
    "bad_about_column": Defect(
        MARKET, setting("update", "about", to="town"), "update.about", "town", "about:"),
    "bad_about_slice": Defect(
        MARKET, lambda body: (body["update"].update(about="slice"), body["source"].pop("slice", None)),
        "update.about", "slice", "about:"),
    "bad_collected_column": Defect(
        MARKET, setting("collected", "at", to="phone"), "collected.at", "phone", "at:"),
    "bad_collected_place": Defect(
        MARKET, setting("collected", "place", to="town"), "collected.place", "town", "place:"),
    "bad_replaced_by_nothing": Defect(
        MARKET, setting("replaced_by", to=_RETIRED_TARGET), "replaced_by", _RETIRED_TARGET, "replaced_by:"),
    "bad_replaced_by_itself": Defect(
        MARKET, setting("replaced_by", to="market.registration"), "replaced_by", "market.registration",
        "replaced_by:"),
    "bad_related": Defect(
        MARKET, setting("related", to=[_RETIRED_TARGET]), "related[0]", _RETIRED_TARGET, "market.gone"),
    "bad_successor_without_attributes": Defect(
        UNITS, setting("replaced_by", to="market.registration"), "replaced_by", "lacks organisation.insured_count",
        "replaced_by:"),
    "odd_retirement_without_successor": Defect(
        MARKET, setting("retires_on", to="2026-12-31"), "retires_on", "no successor", "retires_on:", severity="note"),
    "bad_due_of_another_frequency": Defect(
        MARKET, setting("update", "due", to="10"), "update.due", "weekly: 10", "due:"),
    "bad_due_of_no_frequency": Defect(
        MARKET, setting("update", to={"frequency": "irregular", "due": "fri"}), "update.due", "irregular: fri",
        "due:"),
    "bad_joint_lead": Defect(JOINT, setting("lead", to="police"), "lead", "police", "lead:"),
    "bad_joint_member": Defect(
        JOINT, setting("members", 1, "agency", to="nobody"), "members[1].agency", "nobody", "agency: nobody"),
    "bad_joint_member_twice": Defect(
        JOINT, setting("members", 1, "agency", to="labour"), "members[1].agency", "labour", "agency: labour"),
    "bad_joint_resource": Defect(
        JOINT, setting("resources", to=[_RETIRED_TARGET]), "resources[0]", _RETIRED_TARGET, "market.gone"),
    "bad_joint_resource_of_others": Defect(
        JOINT, setting("resources", to=["police.household"]), "resources[0]", "police.household: police",
        "police.household"),
    "bad_joint_agreement_ahead": Defect(
        JOINT, setting("agreed", "on", to="2026-03-17"), "agreed.on", "2026-03-17", "'on':"),
    "odd_joint_agreement_ended": Defect(
        JOINT, setting("valid", "to", to="2026-03-15"), "valid.to", "2026-03-15", "to:", severity="note"),
    "bad_joint_file_name": Defect(JOINT, setting("id", to="others"), "id", "insured_persons.yml", "id:"),
    "bad_unknown_source": Defect(
        REGISTER, setting("entries", 1, "source", to=_RETIRED_TARGET), "entries[1].source", _RETIRED_TARGET,
        "source:"),
    "bad_source_without_claim": Defect(
        REGISTER, setting("entries", 1, "source", to="market.registration"), "entries[1].source",
        "lacks insured_count", "source:"),
    "bad_comparison_without_claim": Defect(
        REGISTER, setting("entries", 1, "compare", to=["market.registration"]), "entries[1].compare[0]",
        "claims none of insured_count", "market.registration"),
    "bad_comparison_with_itself": Defect(
        REGISTER, setting("entries", 1, "compare", to=["labour.units"]), "entries[1].compare[0]",
        "labour.units",
        "labour.units"),
    "bad_scope_field": Defect(
        REGISTER, setting("entries", 1, "scope", to={"colour": "red"}), "entries[1].scope.colour", "colour",
        "colour:"),
    "bad_entity_of_register": Defect(
        REGISTER, setting("entity", to="person"), "entity", "organisation: person", "entity:"),
    "bad_overlapping_scopes": Defect(
        REGISTER, setting("entries", 1, "attribute", to=["name"]), "entries[1]", "name: 与 entries[0] 重叠",
        "scope:"),
    "bad_unknown_statute": Defect(
        REGISTER, setting("entries", 1, "statute", to="xinjiang.organisation.songs"), "entries[1].statute",
        "xinjiang.organisation.songs", "statute:", "xinjiang"),
    "bad_function_of_source": Defect(
        AGENCY, setting("functions", to=["fishery"]), "entries[0].statute", "market: fishery", "statute:",
        "xinjiang"),
    "bad_decided_by": Defect(
        REGISTER, setting("entries", 1, "decided", "by", to="market"), "entries[1].decided.by", "market",
        "by:"),
    "bad_decided_ahead": Defect(
        REGISTER, setting("entries", 1, "decided", "on", to="2026-03-17"), "entries[1].decided.on",
        "2026-03-17", "'on':"),
    "odd_double_collection": Defect(
        HOUSEHOLD, setting("columns", 1, "element", to="org_name"), "columns[1].element",
        "org_name: market.registration, police.household", "element:", severity="note"),
    "bad_dataset_entry": Defect(
        DATASET, setting("entry", to=_RETIRED_TARGET), "entry", _RETIRED_TARGET, "entry:"),
    "bad_dataset_source": Defect(
        DATASET, setting("sources", to=[_RETIRED_TARGET]), "sources[0]", _RETIRED_TARGET, "market.gone"),
    "bad_dataset_of_closed_entry": Defect(
        HOUSEHOLD, lambda body: None, "entry", "police.household: none", "entry:"),
    "bad_dataset_looser_than_entry": Defect(
        MARKET, setting("open", to={"type": "conditional", "condition": _CONDITION}), "open_type",
        "open_to_all",
        "open_type:"),
    "bad_dataset_of_others": Defect(DATASET, setting("agency", to="police"), "agency", "police", "agency:"),
    "bad_dataset_column_twice": Defect(
        DATASET, lambda body: body["columns"].append(body["columns"][0]), "columns[2].name", "entity_name",
        "name:"),
    "bad_folder": Defect(
        MARKET, setting("agencies", "providing", to="police"), "agencies.providing", "police", "providing:"),
    "bad_register_name": Defect(
        REGISTER, setting("base", to="population"), "base", "organisation.yml", "base:"),
}  # fmt: skip
"""Defects by name; where one shows in another file than the broken one, ``SHOWN_IN`` has that file."""

SHOWN_IN = {
    "bad_function_of_source": REGISTER,
    "bad_dataset_of_closed_entry": DATASET,
    "bad_dataset_looser_than_entry": DATASET,
    "bad_double_code": HOUSEHOLD,
}
ALSO_SHOWN = {"bad_base_attribute", "bad_folder", "bad_register_name"}
"""Defects that break more than one rule at once."""

CAUGHT_BY = {
    "about": "bad_about_column",
    "access_types": "bad_no_basis",
    "agency_identity": "bad_credit_code",
    "agency_references": "bad_unknown_agency",
    "base_attributes": "bad_base_attribute",
    "code_lists": "bad_unknown_code_list",
    "collected": "bad_collected_column",
    "column_names": "bad_header_twice",
    "datasets": "bad_dataset_entry",
    "digitisation": "odd_paper_without_a_plan",
    "double_collection": "odd_double_collection",
    "duties": "bad_unknown_duty",
    "file_places": "bad_folder",
    "joint_collections": "bad_joint_lead",
    "keys": "bad_key_column",
    "mandatory_fields": "bad_use_requirements_missing",
    "object_entries": "bad_objects_of_a_table",
    "posts": "bad_no_registrar",
    "reading_fields": "bad_fill_down",
    "register_decisions": "bad_decided_by",
    "register_entries": "bad_unknown_source",
    "register_scopes": "bad_overlapping_scopes",
    "resource_codes": "bad_double_code",
    "rules": "bad_unknown_check",
    "secrecy": "bad_secret",
    "sensitive_conditions": "bad_condition_names_no_column",
    "source_modes": "bad_news_as_snapshot",
    "source_patterns": "bad_slice_pattern",
    "statutory_sources": "bad_function_of_source",
    "subject_keys": "bad_subject_without_its_key",
    "successors": "bad_related",
    "update_due": "bad_due_of_another_frequency",
}
"""Check -> a defect that it reports; the two that report on the whole folder have tests of their own."""


def remarks(checked: list[CheckedFault]) -> list[CheckedFault]:
    """Leave out what the small catalogue always gets: undecided attributes, and a tier of another text."""
    return [c for c in checked if "未定数源" not in c.fault.found and c.fault.found != "city"]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_catalogue_without_faults_gets_no_error_under_any_profile(files: Any, profile: str) -> None:
    assert remarks(files.checked(profile)) == []


@pytest.mark.parametrize("name", DEFECTS)
@pytest.mark.requirement(
    "S-05",
    "O-03",
    "C-02",
    "C-03",
    "C-10",
    "C-15",
    "C-16",
    "K-02",
    "K-03",
    "K-04",
    "K-05",
    "K-07",
    "K-08",
    "H-04",
    "H-06",
    "H-07",
    "P-29",
)
def test_a_defect_is_reported_at_its_line_and_nothing_else_is(files: Any, name: str) -> None:
    defect = DEFECTS[name]
    defect.change(files[defect.file])
    if name == "bad_dataset_of_closed_entry":
        files[DATASET].update(entry="police.household", agency="police")
    found = remarks(files.checked(defect.profile))
    fitting = [c for c in found if c.fault.place == defect.place and defect.found in c.fault.found]
    assert len(fitting) == 1, [str(c) for c in found]
    fault = fitting[0].fault
    assert fitting[0].severity == defect.severity
    assert fault.file == files.folder / SHOWN_IN.get(name, defect.file)
    assert defect.line in fault.file.read_text(encoding="utf-8").splitlines()[fault.line - 1]
    assert fault.expected
    assert fault.remedy
    assert (len(found) > 1) == (name in ALSO_SHOWN), [str(c) for c in found]


def test_every_check_has_a_test_of_its_own() -> None:
    assert {*CAUGHT_BY, "bodies", "undecided_attributes"} == set(catalogue_checks())


@pytest.mark.parametrize("check", CAUGHT_BY)
def test_a_check_reports_its_defect_by_itself(files: Any, check: str) -> None:
    defect = DEFECTS[CAUGHT_BY[check]]
    assert remarks(list(catalogue_checks()[check](files.inspection(defect.profile)))) == []
    defect.change(files[defect.file])
    found = remarks(list(catalogue_checks()[check](files.inspection(defect.profile))))
    assert defect.place in {c.fault.place for c in found}


@pytest.mark.requirement("K-09")
def test_a_joint_collection_that_nobody_registered_is_told_where_the_text_demands_it(files: Any) -> None:
    entry = files[REGISTER]["entries"][0]
    files[REGISTER]["entries"].append(
        {**entry, "attribute": ["name"], "scope": {"registrar": "1"}, "source": "labour.units", "compare": []}
    )
    told = [c for c in files.checked("xinjiang") if "joint_collections/" in c.fault.remedy]
    assert [(c.severity, c.fault.place) for c in told] == [("note", "entries[2].source")]
    assert told[0].fault.found == "organisation.name: labour.units, market.registration"
    assert not [c for c in files.checked("yancheng") if "joint_collections/" in c.fault.remedy]
    # Registered, it is told no more; an agreement that has ended does not count.
    files[JOINT]["resources"] = ["labour.units", "market.registration"]
    assert not [c for c in files.checked("xinjiang") if "协同采集已登记" in c.fault.expected]
    files[JOINT]["valid"]["to"] = "2026-03-15"
    assert [c for c in files.checked("xinjiang") if "协同采集已登记" in c.fault.expected]


def test_successors_that_lead_back_are_refused(files: Any) -> None:
    # The register decides nothing here, so that both could stand in for each other.
    files[REGISTER]["entries"] = files[REGISTER]["entries"][:0]
    files[MARKET]["replaced_by"] = "labour.units"
    files[UNITS]["replaced_by"] = "market.registration"
    found = [c.fault.found for c in files.checked() if c.fault.place == "replaced_by"]
    assert sorted(found) == [
        "labour.units → market.registration → labour.units",
        "market.registration → labour.units → market.registration",
    ]


def test_all_defects_together_are_all_reported(files: Any) -> None:
    names = ["bad_secret", "bad_credit_code", "bad_unknown_check", "bad_slice_pattern", "bad_decided_by"]
    for name in names:
        DEFECTS[name].change(files[DEFECTS[name].file])
    places = {c.fault.place for c in remarks(files.checked())}
    assert places == {DEFECTS[name].place for name in names}


def test_an_agency_out_of_office_is_refused_where_it_is_named(files: Any) -> None:
    files["agencies/labour.yml"]["valid"]["to"] = "2026-03-15"
    found = remarks(files.checked())
    assert {c.fault.place for c in found} == {
        "agencies.collecting",
        "agencies.reviewing",
        "agencies.providing",
    }
    assert all("2026-03-15" in c.fault.found and c.severity == "error" for c in found)


def test_a_file_that_cannot_be_read_is_reported_once_and_not_again_by_what_refers_to_it(files: Any) -> None:
    files[AGENCY]["colour"] = "red"
    files[UNITS]["colour"] = "red"
    found = remarks(files.checked())
    assert sorted(c.fault.place for c in found) == ["colour", "colour"]


def test_a_renamed_file_is_refused(files: Any) -> None:
    files.bodies["resources/market/entities.yml"] = files.bodies.pop(MARKET)
    (fault,) = (c.fault for c in remarks(files.checked()))
    assert (fault.place, fault.found) == ("id", "文件 / file market/entities.yml")


@pytest.mark.requirement("O-01")
def test_a_catalogue_without_an_authority_is_refused(files: Any) -> None:
    files["agencies/bureau.yml"]["roles"] = ["operator"]
    assert {c.fault.found for c in remarks(files.checked())} == {"authority: no body"}


@pytest.mark.requirement("K-02")
def test_entries_valid_at_different_times_do_not_overlap(files: Any) -> None:
    entries = files[REGISTER]["entries"]
    entries[1]["valid"]["to"] = "2026-06-30"
    entries.append({**entries[1], "valid": {"from": "2026-07-01"}})
    assert remarks(files.checked()) == []
    entries[2]["valid"] = {"from": "2026-06-30"}
    assert [c.fault.place for c in remarks(files.checked())] == ["entries[2]"]


def test_an_attribute_without_a_source_is_a_note_and_never_an_error(files: Any) -> None:
    checked = files.checked()
    undecided = [c for c in checked if c.fault.found.startswith("organisation: 未定数源")]
    assert [c.severity for c in undecided] == ["note"]
    assert "industry_code" in undecided[0].fault.found
    assert "insured_count" not in undecided[0].fault.found
    assert errors(checked) == []


@pytest.mark.skipif(not list(DEMO.glob("resources/*/*.yml")), reason="the demo catalogue is not there")
@pytest.mark.parametrize("profile", PROFILES)
def test_the_demo_catalogue_has_no_error_under_any_profile(profile: str) -> None:
    known = frozenset({"order", "not_future", "not_stale"})
    checked = check_catalogue(load_draft(DEMO), load_profile(profile), dt.date(2026, 3, 16), known)
    assert errors(checked) == []
