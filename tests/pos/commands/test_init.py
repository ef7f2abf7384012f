"""`pos init`: a shop staffed and equipped without head office, with questions or without."""

import fcntl
import os
import pty
import select
import stat
import subprocess
import sys
import termios
import time

import pytest

from pos.config import config_dir, load_sample_shop, load_settings
from pos.domain.journal.people_bodies import OperatorSet
from pos.setup import NewOperator, SetUpRefused, set_up_home
from pos.store.reference import ReferenceReader
from tests.pos.commands.conftest import CASHIER_PIN, INIT, MANAGER_PIN, pos

ANSWERS = """
[settings.store]
store_id = "0301"
name = "答卷店"
phone = "029-1234"

[settings.workstation]
workstation_id = "02"

[settings.rules]
preset = "pharmacy"

[settings.receipt]
printing = "ask"
header_lines = ["营业时间 8:00-22:00"]

[[operators]]
operator_id = "5"
name = "刘"
role = "cashier"
pin = "8642"

[[operators]]
operator_id = "9"
name = "关"
role = "manager"
pin = "975310"

[[quick_keys]]
number = 1
item_code = "A1"
label = "鸡蛋"

[items]
file = "goods.csv"
effective_day = "2026-12-01"
"""


def price(reader, item_code, day):
    item = reader.item(item_code, day)
    assert item is not None
    return item.unit_price_e4


def test_a_shop_is_staffed_and_equipped_without_head_office(made):
    home, ran = made
    assert "2 operators, 406 items" in ran.out
    listed = pos("user", "list", "--json", home=home).json
    assert [(one["operator_id"], one["role"], one["has_pin"]) for one in listed] == [
        ("1001", "cashier", True),
        ("8001", "manager", True),
    ]
    reader = ReferenceReader(home)
    assert price(reader, "10001", "2026-11-01") == 26000
    assert price(reader, "10001", "2026-10-31") is None, "prices hold from their day"
    assert len(reader.quick_keys()) == len(load_sample_shop().quick_keys)
    assert reader.item_classes()
    reader.close()
    assert pos("journal", "verify", home=home).code == 0


def test_the_recovery_code_is_shown_once_and_only_recognised_afterwards(made):
    home, ran = made
    code = ran.out.split("Recovery code: ")[1].split()[0]
    assert len(code.replace("-", "")) == 24
    files = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert code.encode() not in files
    assert code.replace("-", "").encode() not in files


def test_pins_lie_in_no_file(made):
    home, _ran = made
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert MANAGER_PIN.encode() not in data, path


def test_the_home_is_its_users_alone(made):
    home, _ran = made
    for name in ("journal.db", "reference.db", "guitai.toml", "keys/pepper"):
        assert stat.S_IMODE((home / name).stat().st_mode) & 0o077 == 0, name


def test_a_second_init_refuses_and_changes_nothing(home):
    before = (home / "guitai.toml").read_bytes()
    ran = pos("init", "--no-input", "--store-id", "9999", home=home)
    assert ran.code == 2
    assert "is set up already" in ran.err
    assert "--reconfigure" in ran.err
    assert (home / "guitai.toml").read_bytes() == before


def test_reconfigure_keeps_what_is_there_and_journals_stricter_rules(traded):
    before = pos("journal", "verify", "--json", home=traded).json
    ran = pos(
        "init",
        "--no-input",
        "--reconfigure",
        "--preset",
        "pharmacy",
        "--phone",
        "029-1",
        home=traded,
    )
    assert ran.code == 0, ran.err
    assert "Recovery code" not in ran.out, "the one that was printed stays good"
    after = pos("journal", "verify", "--json", home=traded).json
    assert after["kinds"]["transaction"] == before["kinds"]["transaction"] == 3
    assert after["kinds"]["rules_changed"] == before["kinds"]["rules_changed"] + 1
    settings = load_settings(traded)
    assert (settings.store.name, settings.store.phone) == ("测试便利店", "029-1")
    assert len(pos("user", "list", "--json", home=traded).json) == 2


def test_an_answers_file_says_everything(tmp_path):
    answers = tmp_path / "answers.toml"
    answers.write_text(ANSWERS, encoding="utf-8")
    (tmp_path / "goods.csv").write_text("item_code,name,price\nA1,鸡蛋,1.20\n", encoding="utf-8")
    home = tmp_path / "home"
    ran = pos("init", "--answers", answers, "--json", home=home)
    assert ran.code == 0, ran.err
    assert ran.json["operators"] == 2
    assert ran.json["recovery_code"]
    settings = load_settings(home)
    assert settings.rules.preset == "pharmacy"
    assert settings.receipt.printing == "ask"
    assert settings.workstation.workstation_id == "02"
    reader = ReferenceReader(home)
    assert price(reader, "A1", "2026-12-01") == 12000
    assert [key.label for key in reader.quick_keys()] == ["鸡蛋"]
    reader.close()


def test_tenders_and_devices_are_chosen_by_options(tmp_path):
    home = tmp_path / "home"
    ran = pos(
        *INIT, "--tenders", "cash,alipay=7", "--printer", "tcp:10.0.0.9:9100",
        "--scanner", "serial:/dev/ttyACM0", "--receipts", "off", "--pin-length", "4",
        "--header", "欢迎光临", "--set", "shift.blind_count=false", home=home,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    settings = load_settings(home)
    assert [(t.number, t.id) for t in settings.payment.tenders] == [(1, "cash"), (7, "alipay")]
    assert settings.scanner[0].url == "serial:/dev/ttyACM0"
    assert settings.printer.url == "tcp:10.0.0.9:9100"
    assert settings.receipt.header_lines == ("欢迎光临",)
    assert settings.shift.blind_count is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--operator", "1001:张:cashier:2580"], "belongs to the demonstration"),
        (["--operator", "1001:张:cashier:1234"], "too easy"),
        (["--operator", "1001:张:cashier:12"], "4 to 12 digits"),
        (["--operator", "1001:张:manager:1357"], "6 to 12 digits"),
        (["--operator", "1001:张:boss:1357"], "there is no role 'boss'"),
        (["--operator", "x1:张:cashier:1357"], "expected a number"),
        (["--operator", "1001:张"], "ID:NAME:ROLE:PIN"),
        (["--operator", "1001:张:cashier:1357"], "operator.edit"),
        ([], "sale.sell"),
        (["--currency", "RMB￥"], "store.currency"),
        (["--preset", "kiosk"], "rules.preset"),
        (["--set", "store.nane=x"], "did you mean"),
        (["--set", "nonsense"], "KEY=VALUE"),
        (["--tenders", "cash,bitcoin"], "'bitcoin'"),
        (["--tenders", "wechat"], "cash"),
        (["--effective-day", "21.11.2026"], "2026-11-21"),
        (["--workstation", "台 1"], "letters and digits"),
        (["--printer", "usb"], "printer.url"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(tmp_path, arguments, said):
    home = tmp_path / "home"
    base = ["init", "--no-input", "--store-id", "0201", "--workstation", "01"]
    ran = pos(*base, *arguments, home=home)
    assert ran.code == 2, ran.out
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not (home / "guitai.toml").exists()
    assert not (home / "journal.db").exists()


def test_a_store_without_a_number_is_refused(tmp_path):
    ran = pos("init", "--no-input", home=tmp_path / "home")
    assert ran.code == 2
    assert "store.store_id is missing" in ran.err


def test_every_person_of_the_demonstration_is_refused(tmp_path):
    for person in load_sample_shop().operators:
        copied = NewOperator(
            operator_id=person.operator_id, name=person.name, role=person.role, pin="864297"
        )
        with pytest.raises(SetUpRefused, match="demonstration"):
            set_up_home(
                tmp_path / "home",
                values={"store.store_id": "1", "workstation.workstation_id": "1"},
                operators=[copied],
            )


def test_a_name_of_the_demonstration_with_a_number_of_its_own_may_work_here(tmp_path):
    done = set_up_home(
        tmp_path / "home",
        values={"store.store_id": "1", "workstation.workstation_id": "1"},
        operators=[
            NewOperator(operator_id="77", name="李娜", role="cashier", pin="8642"),
            NewOperator(operator_id="78", name="周", role="manager", pin="864297"),
        ],
    )
    assert done.operators == 2


def test_a_set_up_cut_off_before_its_settings_is_finished_by_the_same_command(
    tmp_path, monkeypatch
):
    from pos import setup

    home = tmp_path / "home"
    people = [
        NewOperator(operator_id="77", name="李", role="cashier", pin="8642"),
        NewOperator(operator_id="78", name="周", role="manager", pin="864297"),
    ]
    values = {"store.store_id": "1", "workstation.workstation_id": "1"}

    def cut(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup, "_write_settings", cut)
        with pytest.raises(KeyboardInterrupt):
            set_up_home(home, values=values, operators=people)
    assert pos("run", home=home).code == 2, "half a home is no till"
    assert set_up_home(home, values=values, operators=people).recovery_code
    ran = pos("journal", "verify", "--json", home=home)
    assert ran.code == 0
    assert ran.json["kinds"]["operator_set"] == 4
    assert len(pos("user", "list", "--json", home=home).json) == 2


def test_first_people_are_journaled_under_the_authority_of_init(made):
    from pos.domain.journal import Entry, decode_entry
    from pos.store.connection import connect_raw

    connection = connect_raw(made[0] / "journal.db", readonly=True)
    kinds = connection.execute("SELECT kind, bytes FROM journal_entry ORDER BY seq").fetchall()
    connection.close()
    assert [kind for kind, _ in kinds] == [
        "epoch_open",
        "authority",
        "rules_changed",  # STK-01: this shop sells without an opening count
        "operator_set",
        "operator_set",
    ]
    entry = decode_entry(kinds[3][1])
    assert isinstance(entry, Entry)
    body = entry.body
    assert isinstance(body, OperatorSet)
    assert body.verifier.startswith("m=19456,t=2,p=1$")
    assert CASHIER_PIN not in body.verifier


def test_a_head_office_that_is_not_there_leaves_no_half_till(tmp_path):
    home = tmp_path / "home"
    base = ["init", "--no-input", "--head-office", "http://127.0.0.1:9"]
    ran = pos(*base, "--code", "ABCD-EFGH", home=home)
    assert ran.code == 75, ran.err
    assert "did not enrol" in ran.err
    assert not (home / "guitai.toml").exists()
    assert pos(*base, home=home).code == 2, "a code is needed"
    people = ["--operator", f"1001:张三:cashier:{CASHIER_PIN}"]
    ran = pos(*base, "--code", "ABCD-EFGH", *people, home=home)
    assert (ran.code, "come from there" in ran.err) == (2, True)


def test_the_wizard_asks_at_a_terminal_and_makes_a_till(tmp_path):
    home = tmp_path / "home"
    items = config_dir() / "sample_shop" / "items.csv"
    answers = [
        ("Language", "2"),
        ("Store number", "0777"),
        ("Name on the receipt", "Corner Shop"),
        ("Telephone", ""),
        ("Address", ""),
        ("Currency", ""),
        ("Number of this till", ""),
        ("Kind of shop", "2"),
        ("Opening count", "1"),
        ("Print receipts", "3"),
        ("under the shop's name", ""),
        ("at the foot", "See you|soon"),
        ("Printer", ""),
        ("Scanner", ""),
        ("Operator's number", "1001"),
        ("Name", "Li"),
        ("Role", "1"),
        ("PIN", "2580"),  # the demonstration's: refused at once
        ("PIN again", "2580"),
        ("Operator's number", "1001"),
        ("Name", "Li"),
        ("Role", "1"),
        ("PIN", "8642"),
        ("PIN again", "8642"),
        ("Operator's number", "8001"),
        ("Name", "Wang"),
        ("Role", "4"),
        ("PIN", "864297"),
        ("PIN again", "864297"),
        ("Operator's number", ""),
        ("Item list", str(items)),
    ]
    said = _converse(["init", "--home", str(home)], answers)
    assert "belongs to the demonstration" in said
    assert "Recovery code" in said
    settings = load_settings(home)
    assert settings.store.store_id == "0777"
    assert settings.ui.language == "en"
    assert settings.rules.preset == "convenience"
    assert settings.stock.opening_count == "required"
    assert settings.receipt.footer_lines == ("See you", "soon")
    assert len(pos("user", "list", "--json", home=home).json) == 2


def _converse(arguments: list[str], answers: list[tuple[str, str]]) -> str:
    """Answer a command's questions on a pseudo-terminal; returns all that it said."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pos", *arguments],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "LANG": "en_US.UTF-8", "TERM": "xterm"},
        preexec_fn=_own_terminal,  # noqa: PLW1509 - no threads here
    )  # fmt: skip
    os.close(slave)
    said, seen = "", 0
    deadline = time.monotonic() + 90
    try:
        for question, answer in answers:
            while question not in said[seen:] or not said.rstrip("\r\n ").endswith(
                (":", "]:", ")")
            ):
                said += _read(master, deadline)
            seen = len(said)
            os.write(master, f"{answer}\n".encode())
        while process.poll() is None:
            said += _read(master, deadline)
        said += _read(master, time.monotonic() + 0.2)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert process.returncode == 0, said
    return said


def _own_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(master: int, deadline: float) -> str:
    if select.select([master], [], [], max(0.0, min(deadline - time.monotonic(), 0.5)))[0]:
        try:
            return os.read(master, 4096).decode("utf-8", "replace")
        except OSError:
            return ""
    assert time.monotonic() < deadline, "the wizard waits for something else"
    return ""
