"""A till's key changed under way, with a kill at every step (R8)."""

from __future__ import annotations

import stat

import pytest

from pos.store.approval_key import approval_key_path
from pos.store.clock import SystemClock
from pos.store.reference import ReferenceReader
from sync import rotation
from sync.client import Client
from sync.enrolment import key_path, load_key, machine_id
from sync.exchange import Answer, Request, RequestKind
from sync.head_office.auth import KEY_CACHE_MS
from sync.protocol import (
    ROUTE_ROTATE_KEY,
    HelloRequest,
    RotateKeyRequest,
    encode,
    new_private_key,
    public_key_of,
    rotation_message,
    sign,
)
from tests.sync import chain as kit
from tests.sync.head_office.office_kit import Server
from tests.sync.kit import note

pytestmark = pytest.mark.slow  # several wait until head office looks at a till's key again


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home = kit.make_head_office(tmp_path_factory.mktemp("hq"))
    with Server(home) as server:
        yield home, server.url


@pytest.fixture
def till(served, tmp_path, request):
    hq, url = served
    kit.make_till(tmp_path / "till", hq, url, f"{abs(hash(request.node.nodeid)) % 10**8}")
    return tmp_path / "till"


def uuid_of(home) -> str:
    reader = ReferenceReader(home)
    try:
        return reader.meta("workstation_uuid") or ""
    finally:
        reader.close()


def client_of(served, home, key=None) -> Client:
    return Client(
        served[1], private_key=key or load_key(home), workstation_uuid=uuid_of(home),
        machine_id=machine_id(), clock=SystemClock(), timeout_s=10,
    )  # fmt: skip


def hello(served, home, key) -> int:
    """Status of a hello signed by a key."""
    client = client_of(served, home, key)
    message = HelloRequest(
        protocol_versions=(1,), workstation_uuid=uuid_of(home), app_version="t", till_clock_ms=0
    )
    try:
        answer = client.carry(
            Request(
                kind=RequestKind.HELLO,
                method="POST",
                target="/sync/v1/hello",
                body=encode(message),
            )
        )
    finally:
        client.close()
    assert isinstance(answer, Answer), answer
    return answer.status


def test_the_command_changes_the_key_and_the_old_one_is_refused(served, till):
    old = load_key(till)
    approval_key_path(till).unlink()  # as on a till that was enrolled before there was one

    done = kit.sync("rotate-key", "--home", till)

    assert done.returncode == 0, done.stderr
    new = load_key(till)
    assert new != old
    assert stat.S_IMODE(key_path(till).stat().st_mode) == 0o600
    assert approval_key_path(till).exists()
    assert not rotation.is_asked_for(till)
    assert hello(served, till, new) == 200
    kit.until(lambda: hello(served, till, old) == 401, timeout_s=KEY_CACHE_MS / 1000 + 10)
    assert hello(served, till, new) == 200
    codes = kit.ask(served[0], "SELECT COUNT(*) FROM sales_audit WHERE code = 'key_rotated'")
    assert codes[0][0] >= 1


def test_a_running_uploader_changes_the_key_and_goes_on_sending(served, till):
    old = load_key(till)
    journal = kit.open_till(till)
    with kit.UploaderProcess(till):
        kit.until(lambda: kit.status(till)["online"])

        done = kit.sync("rotate-key", "--home", till)

        assert done.returncode == 0, done.stderr
        assert load_key(till) != old
        note(journal, "after")
        kit.until(lambda: kit.status(till)["unsent"] == 0)
        kit.until(lambda: hello(served, till, old) == 401, timeout_s=KEY_CACHE_MS / 1000 + 10)
        note(journal, "after that")
        kit.until(lambda: kit.status(till)["unsent"] == 0 and kit.status(till)["online"])
    journal.close()


@pytest.mark.parametrize("killed_in", ["client.carry", "write_key", "unlink"])
def test_killed_at_any_step_the_till_is_still_known_and_the_change_ends_well(
    served, till, monkeypatch, killed_in
):
    class Killed(BaseException):
        pass

    old = load_key(till)
    rotation.ask(till)
    client = client_of(served, till)
    if killed_in == "client.carry":
        carry = client.carry

        def carry_and_die(*arguments):
            carry(*arguments)  # head office has taken it; its answer is lost
            raise Killed

        monkeypatch.setattr(client, "carry", carry_and_die)
    elif killed_in == "write_key":
        monkeypatch.setattr(rotation, "write_key", lambda *_: (_ for _ in ()).throw(Killed))
    else:
        monkeypatch.setattr(client, "use_key", lambda *_: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        rotation.rotate(till, client, uuid_of(till))
    client.close()
    monkeypatch.undo()

    assert hello(served, till, load_key(till)) == 200  # whichever key the disk holds now
    assert rotation.is_asked_for(till)
    done = kit.sync("once", "--home", till)
    assert done.returncode == 0, done.stderr
    again = kit.sync("rotate-key", "--home", till)
    assert again.returncode == 0, again.stderr
    assert load_key(till) != old
    assert not rotation.is_asked_for(till)
    assert hello(served, till, load_key(till)) == 200
    kit.until(lambda: hello(served, till, old) == 401, timeout_s=KEY_CACHE_MS / 1000 + 10)


def test_nobody_changes_a_key_without_holding_both(served, till):
    new, uuid = new_private_key(), uuid_of(till)
    public = public_key_of(new)

    def ask(signing_key, proof_key, workstation_uuid=uuid):
        client = client_of(served, till, signing_key)
        message = RotateKeyRequest(
            protocol=1,
            workstation_uuid=workstation_uuid,
            public_key=public,
            proof=sign(proof_key, rotation_message(workstation_uuid, public)),
        )
        answer = client.carry(
            Request(
                kind=RequestKind.ROTATE_KEY, method="POST", target=ROUTE_ROTATE_KEY,
                body=encode(message),
            )
        )  # fmt: skip
        client.close()
        assert isinstance(answer, Answer)
        return answer.status

    present = load_key(till)
    assert ask(new, new) == 401
    assert ask(present, present) == 403
    assert ask(present, new, "11111111-2222-4333-8444-555555555555") == 403
    assert hello(served, till, new) == 401
    assert ask(present, new) == 200


def test_a_home_without_a_key_is_told_to_enrol(tmp_path):
    done = kit.sync("rotate-key", "--home", tmp_path)
    assert done.returncode == 2
    assert "pos-sync enrol" in done.stderr
    assert not rotation.is_asked_for(tmp_path)
