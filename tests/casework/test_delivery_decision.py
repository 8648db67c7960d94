"""Held deliveries: decided by a person, once; the case first, then the lake, also after a crash between."""

import pytest
from casework_city import OFFICER, STEWARD, City, at

from casework import delivery_decision
from casework.actors import Actor
from casework.delivery_decision import decide_delivery, flush_decisions, list_decisions
from casework.ledger import verify_ledger
from casework.rectification import reconcile
from casework.state import State
from casework.tasks import list_tasks
from lake.tables import DELIVERY_DECISIONS, SCHEMAS
from resource_catalogue.errors import CaseError, CivicError, DeliveryError

DAY = at("2026-03-16")


def decide(
    state: State, city: City, decision: str = "accepted", actor: Actor = OFFICER, **changed: str
) -> object:
    arguments = {"delivery_id": "d9", "note": "经核实，本月确有大批注销"} | changed
    return decide_delivery(
        state, city.lake, city.release, arguments["delivery_id"], decision, actor, arguments["note"], DAY
    )


@pytest.mark.parametrize("decision", ["accepted", "rejected"])
def test_a_decision_is_a_closed_case_and_a_row_for_ingestion(
    any_state: State, city: City, decision: str
) -> None:
    city.delivery("d9", "held")
    decided = decide(any_state, city, decision)
    (row,) = city.lake.read(DELIVERY_DECISIONS).to_dicts()
    assert row == {
        "decision_id": "D-2026-0001",
        "delivery_id": "d9",
        "decision": decision,
        "agency_id": "data_centre",
        "post": "quality_officer",
        "note": "经核实，本月确有大批注销",
        "decided_at": DAY,
    }
    assert list_decisions(any_state) == [decided]
    assert verify_ledger(any_state).intact
    assert list_tasks(any_state) == []


def test_the_table_has_the_declared_columns(state: State, city: City) -> None:
    city.delivery("d9", "held")
    decide(state, city)
    frame = city.lake.read(DELIVERY_DECISIONS)
    assert frame.columns == SCHEMAS[DELIVERY_DECISIONS].names
    assert str(frame.schema["decided_at"]) == "Datetime(time_unit='us', time_zone='UTC')"


def test_deciding_the_same_again_changes_nothing(state: State, city: City) -> None:
    city.delivery("d9", "held")
    first = decide(state, city)
    events, version = verify_ledger(state).events, city.lake.version(DELIVERY_DECISIONS)
    city.delivery("d9", "accepted")
    assert decide(state, city) == first
    assert (verify_ledger(state).events, city.lake.version(DELIVERY_DECISIONS)) == (events, version)


def test_the_act_may_be_named_instead_of_its_result(state: State, city: City) -> None:
    city.delivery("d9", "held")
    assert decide(state, city, "reject") == decide(state, city, "rejected")
    assert city.lake.read(DELIVERY_DECISIONS)["decision"].to_list() == ["rejected"]


def test_deciding_otherwise_afterwards_is_refused(state: State, city: City) -> None:
    city.delivery("d9", "held")
    decide(state, city)
    with pytest.raises(CaseError, match="was accepted by data_centre/quality_officer before"):
        decide(state, city, "rejected")


def test_a_second_decision_of_another_post_is_refused_and_says_whose_stands(state: State, city: City) -> None:
    city.delivery("d9", "held")
    decide(state, city)
    with pytest.raises(CaseError, match="by data_centre/quality_officer"):
        decide(state, city, actor=STEWARD)


def test_a_crash_between_case_and_lake_is_mended(
    state: State, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.delivery("d9", "held")

    def crash(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(delivery_decision, "flush_decisions", crash)
    with pytest.raises(RuntimeError):
        decide(state, city)
    assert not city.lake.exists(DELIVERY_DECISIONS)
    monkeypatch.undo()
    assert flush_decisions(state, city.lake) == ["D-2026-0001"]
    assert city.lake.row_count(DELIVERY_DECISIONS) == 1
    version = city.lake.version(DELIVERY_DECISIONS)
    assert flush_decisions(state, city.lake) == []
    assert city.lake.version(DELIVERY_DECISIONS) == version


def test_several_decisions_stand_beside_each_other(state: State, city: City) -> None:
    city.delivery("d8", "held")
    city.delivery("d9", "held")
    decide(state, city, delivery_id="d8")
    decide(state, city, "rejected")
    rows = city.lake.read(DELIVERY_DECISIONS).sort("decision_id")
    assert rows["decision_id"].to_list() == ["D-2026-0001", "D-2026-0002"]
    assert rows["decision"].to_list() == ["accepted", "rejected"]


@pytest.mark.parametrize("state_of_delivery", ["loaded", "rejected", "unreadable", None])
def test_only_a_held_delivery_is_decided(state: State, city: City, state_of_delivery: str | None) -> None:
    if state_of_delivery:
        city.delivery("d9", state_of_delivery)
    with pytest.raises(DeliveryError, match=state_of_delivery or "no such delivery"):
        decide(state, city)
    assert verify_ledger(state).events == 0


@pytest.mark.parametrize(
    ("actor", "decision", "note", "words"),
    [
        (Actor("tax", "data_officer"), "accepted", "可以", "tax/data_officer: 无权决定"),
        (Actor("data_centre", "security"), "accepted", "可以", "no such post"),
        (Actor("nobody", "steward"), "accepted", "可以", "no such agency"),
        (OFFICER, "postponed", "可以", "accepted | rejected"),
        (OFFICER, "accepted", " ", "no reason"),
        (OFFICER, "accepted", "联系 13800138000", "phone"),
    ],
)
def test_a_decision_needs_a_body_in_charge_and_a_reason(
    state: State, city: City, actor: Actor, decision: str, note: str, words: str
) -> None:
    city.delivery("d9", "held")
    with pytest.raises(CivicError) as caught:
        decide(state, city, decision, actor, note=note)
    assert words in str(caught.value)
    assert verify_ledger(state).events == 0
    assert not city.lake.exists(DELIVERY_DECISIONS)


def test_the_providing_agency_may_confirm_its_own_delivery(state: State, city: City) -> None:
    city.delivery("d9", "held")
    decide(state, city, actor=STEWARD)
    assert city.lake.read(DELIVERY_DECISIONS)["agency_id"].to_list() == ["market"]


def test_decisions_do_not_disturb_tasks(state: State, city: City) -> None:
    city.delivery("d9", "held")
    decide(state, city)
    assert not reconcile(state, city.lake, city.release, DAY).wrote
