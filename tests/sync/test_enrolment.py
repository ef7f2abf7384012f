"""Enrolment against a served head office: a key that never leaves, an identity that comes back."""

from __future__ import annotations

import stat

import pytest

from pos.store.errors import FileLocked, StoreUnavailable
from pos.store.pepper import load_pepper, pepper_path, seal
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from sync.enrolment import EnrolmentError, enrol, key_path, load_key, machine_id, make_key
from sync.protocol import public_key_of
from tests.sync.chain import STORE, ask, make_head_office, new_code
from tests.sync.head_office.office_kit import Server


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    home = make_head_office(tmp_path_factory.mktemp("hq"))
    with Server(home) as server:
        yield home, server.url


def test_a_code_buys_an_identity_for_a_key_that_the_till_made(chain, tmp_path):
    hq, url = chain

    enrolled = enrol(tmp_path, url=url, code=new_code(hq, "11"))

    answer = enrolled.answer
    assert (answer.store_id, answer.workstation_id, answer.currency) == (STORE, "11", "CNY")
    assert stat.S_IMODE(key_path(tmp_path).stat().st_mode) == 0o600
    [(public,)] = ask(
        hq,
        "SELECT public_key FROM workstation WHERE workstation_uuid = ?",
        answer.workstation_uuid,
    )
    assert public == public_key_of(load_key(tmp_path))
    reader = ReferenceReader(tmp_path)
    facts = ("workstation_uuid", "store_id", "workstation_id", "store_name", "currency",
             "head_office_url", "incarnation", "enrolled_at")  # fmt: skip
    found = {name: reader.meta(name) for name in facts}
    assert found["workstation_uuid"] == answer.workstation_uuid
    assert (found["store_name"], found["head_office_url"]) == ("测试店", url)
    assert all(found.values())
    with ReferenceWriter.open(tmp_path, app_version="test") as writer:
        assert writer.is_enrolled
    reader.close()


def test_a_code_works_once(chain, tmp_path):
    hq, url = chain
    code = new_code(hq, "12")
    enrol(tmp_path / "first", url=url, code=code)

    with pytest.raises(EnrolmentError, match="bad_code") as refused:
        enrol(tmp_path / "second", url=url, code=code)

    assert "new enrolment code" in refused.value.hint
    assert not ReferenceReader(tmp_path / "second").meta("workstation_uuid")


def test_enrolling_again_keeps_key_and_identity(chain, tmp_path):
    hq, url = chain
    first = enrol(tmp_path, url=url, code=new_code(hq, "13"))
    key = load_key(tmp_path)

    again = enrol(tmp_path, url=url, code=new_code(hq, "13"))

    assert again.again
    assert again.answer.workstation_uuid == first.answer.workstation_uuid
    assert load_key(tmp_path) == key


def test_a_head_office_that_lost_the_till_takes_its_old_identity_back(
    chain, tmp_path, tmp_path_factory
):
    """R16: it was enrolled after the backup from which head office was restored."""
    hq, url = chain
    first = enrol(tmp_path, url=url, code=new_code(hq, "14"))
    other = make_head_office(tmp_path_factory.mktemp("restored"))
    with Server(other) as server:
        again = enrol(tmp_path, url=server.url, code=new_code(other, "14"))

    assert again.answer.workstation_uuid == first.answer.workstation_uuid


def test_an_address_where_nobody_answers_costs_no_code(chain, tmp_path):
    hq, url = chain
    code = new_code(hq, "15")

    with pytest.raises(EnrolmentError, match="does not answer"):
        enrol(tmp_path, url="http://127.0.0.1:9", code=code, timeout_s=2)

    assert enrol(tmp_path, url=url, code=code).answer.workstation_id == "15"


@pytest.mark.parametrize("url", ["", "head-office", "https://x:abc"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(tmp_path, url):
    with pytest.raises(EnrolmentError, match="cannot be used"):
        enrol(tmp_path, url=url, code="ABC-DEF-GHJ")


def test_enrolment_waits_for_nobody_who_holds_the_file(chain, tmp_path):
    _, url = chain
    with (
        ReferenceWriter.open(tmp_path, app_version="test", command="pos-sync run"),
        pytest.raises(FileLocked, match="pos-sync run"),
    ):
        enrol(tmp_path, url=url, code="ABC-DEF-GHJ")


def test_a_damaged_key_is_named_and_not_replaced_in_silence(tmp_path):
    make_key(tmp_path)
    key_path(tmp_path).write_text("AAAA\n")

    with pytest.raises(StoreUnavailable, match="damaged"):
        make_key(tmp_path)


def test_a_head_office_that_is_busy_is_asked_again(tmp_path, monkeypatch):
    from sync import enrolment
    from sync.exchange import Answer
    from sync.protocol import EnrolAnswer, encode

    taken = EnrolAnswer(
        workstation_uuid="u", store_id="1", workstation_id="2", store_name="n", currency="CNY",
        incarnation="i", server_time_ms=1,
    )  # fmt: skip
    answers = [Answer(status=429), Answer(status=503, retry_after_s=7.0)]
    answers.append(Answer(status=200, body=encode(taken)))
    slept = []
    monkeypatch.setattr(enrolment.Client, "post_unsigned", lambda *_: answers.pop(0))
    monkeypatch.setattr(enrolment.time, "sleep", slept.append)

    enrolled = enrol(tmp_path, url="http://127.0.0.1:1", code="ABC-DEF-GHJ")

    assert enrolled.answer == taken
    assert slept == [5.0, 7.0]


# ------------------------------------------------------------------------------- the machine


def machine(root, *, ident: str = "abc", cards: dict[str, str] | None = None):
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "machine-id").write_text(ident)
    for index, (name, address) in enumerate((cards or {}).items(), start=1):
        card = root / "sys" / "class" / "net" / name
        card.mkdir(parents=True)
        (card / "ifindex").write_text(str(index))
        (card / "address").write_text(address)
        if not name.startswith("veth"):
            (card / "device").mkdir()
    return root


def test_a_clone_of_the_disk_in_another_machine_has_another_id(tmp_path):
    first = machine_id(machine(tmp_path / "a", cards={"eth0": "02:00:00:00:00:01"}))
    clone = machine_id(machine(tmp_path / "b", cards={"eth0": "02:00:00:00:00:02"}))

    assert first != clone
    assert "abc" not in first


def test_virtual_cards_that_come_and_go_do_not_change_the_machine(tmp_path):
    cards = {"eth0": "02:00:00:00:00:01"}
    before = machine_id(machine(tmp_path / "a", cards=cards))
    after = machine_id(machine(tmp_path / "b", cards={"veth1": "06:00:00:00:00:09", **cards}))

    assert before == after


def test_a_machine_without_ids_still_has_one(tmp_path):
    assert len(machine_id(tmp_path)) == 64


# -------------------------------------------------------------------------------- the pepper


def test_the_pepper_is_made_once_and_is_nobody_elses_to_read(tmp_path):
    first = load_pepper(tmp_path)

    assert load_pepper(tmp_path) == first
    assert len(first) == 32
    assert stat.S_IMODE(pepper_path(tmp_path).stat().st_mode) == 0o600
    assert load_pepper(tmp_path / "other") != first


def test_a_verifier_is_sealed_by_the_workstations_own_pepper():
    assert seal(b"a" * 32, "dmVy") == seal(b"a" * 32, "dmVy")
    assert seal(b"a" * 32, "dmVy") != seal(b"b" * 32, "dmVy")
    assert "dmVy" not in seal(b"a" * 32, "dmVy")


def test_a_pepper_of_the_wrong_size_is_named(tmp_path):
    pepper_path(tmp_path).parent.mkdir()
    pepper_path(tmp_path).write_bytes(b"short")

    with pytest.raises(StoreUnavailable, match="damaged"):
        load_pepper(tmp_path)
