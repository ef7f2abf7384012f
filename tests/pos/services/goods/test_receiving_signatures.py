"""Whatever is edited and signed in whatever order, nothing posts without two people (RCV-01..03)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.domain.cart import Refusal
from pos.domain.goods import signing
from pos.services.goods import drafting, receiving, receiving_posting
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.services.goods.test_receiving import begun, item, note, shop, sign, stock

__all__ = ["shop"]

STEPS = st.lists(
    st.sampled_from(
        ["scan", "quantity", "reject", "header", "note", "finish", "again", "post", "resume"]
    )
    | st.tuples(st.just("sign"), st.sampled_from(["1001", "3001", "8001"])),
    min_size=5,
    max_size=25,
)


def _step(one: receiving.Receiving, step: object, state: dict[str, int]) -> receiving.Receiving:
    match step:
        case "scan":
            item(one, goods.COLA, 1)
        case "quantity":
            state["n"] = state.get("n", 0) + 1
            one.set_received(1, 1000 * state["n"])
        case "reject":
            line = one.line(1)
            one.reject(1, min(1000, line.received_milli))
        case "header" | "note":
            note(one, sealed=step == "note")
        case "finish":
            one.finish_counting(note_as_counted=True)
        case "again":
            one.count_again()
        case "resume":
            found = receiving.resume(one.till, one.draft.draft_uuid)
            assert found is not None
            assert found.document == one.document
            return found
        case ("sign", str(person)):
            sign(one, person)
    return one


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_nothing_is_posted_without_two_people_over_the_same_contents(shop, steps):
    one = begun(shop)
    state: dict[str, int] = {}
    before = stock(shop)
    for step in steps:
        if step != "post":
            one = _step(one, step, state)
            assert stock(shop) == before
            continue
        document = one.document
        people = {
            line.line_no: {
                s.operator_id
                for s in document.signatures
                if line.line_no in s.lines and signing.holds(document, s)
            }
            for line in document.lines
        }
        posted = receiving_posting.post(one)
        if isinstance(posted, Refusal):
            assert stock(shop) == before
            continue
        posted.saved.result(5)
        assert all(len(who) == 2 for who in people.values())
        assert "1001" not in {who for both in people.values() for who in both}
        return
    shop.journal.run(lambda _txn: None)
    drafting.cancel(shop, one.draft).result(5)
    assert stock(shop) == before


def test_the_control_two_people_do_post(shop):
    one = begun(shop)
    item(one, goods.COLA, 3)
    note(one)
    one.finish_counting(note_as_counted=True)
    sign(one, "3001")
    sign(one, "8001")
    receiving_posting.post(one).saved.result(5)
    assert stock(shop) == {goods.COLA: 3_000}
