"""`pos import`, `pos user`, `pos config`, `pos keys` on a real home, wrong input included."""

import pytest

from pos.bootstrap import build_till
from pos.config import load_settings
from pos.services import operators
from pos.store.item_import import ImportPlan
from pos.store.item_inbox import hand_over, take_all, waiting
from pos.store.locks import REFERENCE_LOCK, FileLock
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from tests.pos.commands.conftest import CASHIER_PIN, MANAGER_PIN, pos
from tests.support import headless

GOODS = "item_code,name,price,barcodes\nN1,新品一,3.50,6920000000017\nN2,新品二,4.00,\n"


@pytest.fixture
def goods(tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text(GOODS, encoding="utf-8")
    return path


def price_of(home, item_code, day):
    reader = ReferenceReader(home)
    item = reader.item(item_code, day)
    reader.close()
    return None if item is None else item.unit_price_e4


# -------------------------------------------------------------------------------- import


def test_a_dry_run_counts_and_writes_nothing(home, goods):
    ran = pos("import", goods, "--dry-run", "--json", home=home)
    assert ran.code == 0
    assert (ran.json["dry_run"], ran.json["new_items"]) == (True, 2)
    assert price_of(home, "N1", "2030-01-01") is None


def test_imported_prices_hold_from_their_business_day(home, goods):
    ran = pos("import", goods, "--effective-day", "2027-01-01", home=home)
    assert ran.code == 0, ran.err
    assert "2 items imported" in ran.out
    assert price_of(home, "N1", "2026-12-31") is None
    assert price_of(home, "N1", "2027-01-01") == 35000


def test_an_import_reaches_the_running_till(home, goods):
    till = headless.open_counter(home)
    try:
        assert pos("import", goods, "--effective-day", "2020-01-01", home=home).code == 0
        headless.scan_all(till, ["6920000000017"])
        assert till.sale.cart.lines[0].description == "新品一"
    finally:
        headless.close_counter(till)


def test_bad_rows_are_named_and_left_out_or_stop_all_when_strict(home, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(GOODS + "N3,,1.00,\nN4,好,abc,\n", encoding="utf-8")
    strict = pos("import", path, "--strict", home=home)
    assert strict.code == 2
    assert price_of(home, "N1", "2030-01-01") is None
    ran = pos("import", path, home=home)
    assert ran.code == 1
    assert "row 4, name" in ran.err
    assert "row 5, price" in ran.err
    assert "2 rows were left out" in ran.err
    assert price_of(home, "N1", "2030-01-01") == 35000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.csv", "a,b\n1,2\n", "item_code"),
        ("empty.csv", "", ""),
        ("book.xlsx", "this is no workbook", ""),
    ],
)
def test_a_file_that_is_no_list_is_refused(home, tmp_path, name, content, said):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    ran = pos("import", path, home=home)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_day_that_is_none_and_a_file_that_is_not_there(home, goods, tmp_path):
    assert pos("import", goods, "--effective-day", "tomorrow", home=home).code == 2
    assert pos("import", tmp_path / "none.csv", home=home).code == 2
    assert "nothing to import" in pos("import", home=home).err
    ran = pos("import", goods, home=tmp_path / "nowhere")
    assert ran.code == 2
    assert "pos init" in ran.err


def test_an_enrolled_till_refuses_because_head_office_owns_the_catalogue(home, goods):
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.set_identity(workstation_uuid="0" * 32, store_id="0201", workstation_id="01")
    for arguments in ([], ["--dry-run"]):
        ran = pos("import", goods, *arguments, home=home)
        assert ran.code == 2
        assert "head office owns" in ran.err
    assert price_of(home, "N1", "2030-01-01") is None


def test_a_list_waits_in_the_inbox_while_the_uploader_holds_the_lock(home, goods):
    with FileLock.acquire(home / REFERENCE_LOCK, "python -m sync run"):
        ran = pos("import", goods, "--effective-day", "2026-11-30", "--wait", "0", home=home)
    assert ran.code == 0
    assert "waits" in ran.out
    (left,) = waiting(home)
    assert left.read_text(encoding="utf-8") == GOODS
    with ReferenceWriter.open(home, app_version="test") as writer:
        ((path, plan),) = take_all(writer)
    assert path == left
    assert isinstance(plan, ImportPlan)
    assert plan.rows == 2
    assert price_of(home, "N1", "2026-11-30") == 35000
    assert waiting(home) == []


def test_a_refused_list_is_put_aside_and_the_next_one_taken(home, goods, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("x\n", encoding="utf-8")
    hand_over(home, bad, "2026-11-30")
    hand_over(home, goods, "2026-11-30")
    with ReferenceWriter.open(home, app_version="test") as writer:
        assert len(take_all(writer)) == 2
    assert waiting(home) == []
    assert [path.name[:8] for path in (home / "inbox").iterdir() if path.is_file()] == ["refused-"]
    assert price_of(home, "N1", "2026-11-30") == 35000


def test_any_other_holder_of_the_lock_is_named(home, goods):
    with FileLock.acquire(home / REFERENCE_LOCK, "pos import other.csv"):
        ran = pos("import", goods, home=home)
    assert ran.code == 75
    assert "pos import other.csv" in ran.err
    assert waiting(home) == []


def test_quick_keys_and_classes_are_set_alone(home, tmp_path):
    keys = tmp_path / "keys.toml"
    keys.write_text('[[quick_keys]]\nnumber = 1\nitem_code = "10001"\nlabel = "白菜"\n', "utf-8")
    assert pos("import", "--quick-keys", keys, home=home).code == 0
    reader = ReferenceReader(home)
    assert reader.quick_keys()[0].label == "白菜"
    reader.close()
    keys.write_text('[[quick_keys]]\nnumber = "one"\n', "utf-8")
    assert pos("import", "--quick-keys", keys, home=home).code == 2


# -------------------------------------------------------------------------------- people


def sign_on(home, operator_id, pin):
    till = build_till(home)
    try:
        return isinstance(operators.sign_on(till, operator_id, pin), operators.SignedOn)
    finally:
        headless.close_counter(till)


def test_a_manager_adds_an_operator_who_signs_on(home):
    ran = pos(
        "user", "add", "1002", "--name", "李四", "--role", "cashier", "--by", "8001",
        stdin=f"{MANAGER_PIN}\n4826\n", home=home,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert sign_on(home, "1002", "4826")
    shown = pos("journal", "show", "--kind", "operator_set", "--json", home=home).json
    assert shown[-1]["operator_id"] == "8001", "the journal knows whose hand it was"
    assert "4826" not in str(shown)


@pytest.mark.parametrize(
    ("by", "pins", "said"),
    [
        ("8001", "999999\n4826\n", "number or PIN is wrong"),
        ("1001", f"{CASHIER_PIN}\n4826\n", "no right to change operators"),
        ("8001", f"{MANAGER_PIN}\n2580\n", "demonstration"),
        ("8001", f"{MANAGER_PIN}\n1111\n", "too easy"),
        ("8001", f"{MANAGER_PIN}\n", "expected a line on stdin"),
    ],
)
def test_adding_an_operator_is_refused(home, by, pins, said):
    ran = pos(
        "user", "add", "1002", "--name", "李四", "--role", "cashier", "--by", by,
        stdin=pins, home=home,
    )  # fmt: skip
    assert ran.code == 2
    assert said in ran.err
    assert len(pos("user", "list", "--json", home=home).json) == 2


def test_somebody_who_left_does_not_sign_on_and_the_last_editor_stays(home):
    ran = pos("user", "set", "1001", "--left", "--by", "8001", stdin=f"{MANAGER_PIN}\n", home=home)
    assert ran.code == 0, ran.err
    assert not sign_on(home, "1001", CASHIER_PIN)
    assert "left" in pos("user", "list", home=home).out
    last = pos(
        "user", "set", "8001", "--left", "--by", "8001", stdin=f"{MANAGER_PIN}\n", home=home
    )
    assert last.code == 2
    assert "last person" in last.err
    assert pos("user", "set", "1001", home=home).code == 2
    nobody = pos(
        "user", "set", "77", "--left", "--by", "8001", stdin=f"{MANAGER_PIN}\n", home=home
    )
    assert "no operator 77" in nobody.err


def test_the_recovery_code_sets_a_pin_once_and_gives_the_next_code(made, home):
    code = made[1].out.split("Recovery code: ")[1].split()[0]
    ran = pos("user", "reset-pin", "8001", "--recovery-code", code, stdin="864297\n", home=home)
    assert ran.code == 0, ran.err
    fresh = ran.out.split("New recovery code: ")[1].split()[0]
    assert fresh != code
    assert sign_on(home, "8001", "864297")
    assert not sign_on(home, "8001", MANAGER_PIN)
    again = pos("user", "reset-pin", "8001", "--recovery-code", code, stdin="975318\n", home=home)
    assert again.code == 2
    assert "recovery code" in again.err


def test_people_are_listed_beside_the_running_till_but_not_changed(home):
    till = build_till(home)
    try:
        assert "张三" in pos("user", "list", home=home).out
        ran = pos("user", "set", "1001", "--left", "--by", "8001", stdin=MANAGER_PIN, home=home)
        assert ran.code == 75
        assert "held by process" in ran.err
    finally:
        headless.close_counter(till)


# ------------------------------------------------------------------------------ settings


def test_settings_are_shown_with_where_they_are_from(home):
    shown = pos("config", "show", "store", "--origin", "--json", home=home).json
    assert shown["store.name"]["value"] == "测试便利店"
    assert shown["store.name"]["origin"].endswith("home/guitai.toml")
    assert "config" in shown["store.currency"]["origin"]
    assert pos("config", "show", "stroe", home=home).code == 2


def test_a_rule_is_set_and_journaled_and_a_wrong_one_refused(home):
    ran = pos("config", "set", "rules.overrides.sale.void_line", "approve", home=home)
    assert ran.code == 0, ran.err
    assert load_settings(home).rules.overrides == {"sale.void_line": "approve"}
    changed = pos("config", "rules", "--changed", "--json", home=home).json["rules"]
    assert list(changed) == ["sale.void_line"]
    entry = pos("journal", "show", "--kind", "rules_changed", "--json", home=home).json[-1]
    assert entry["entry"]["body"]["key"] == "rules.overrides"
    changes = pos("journal", "show", "--kind", "rules_changed", "--json", home=home).json
    before = (home / "guitai.toml").read_bytes()
    for key, value, said in (
        ("rules.overrides.sale.void_lien", "approve", "did you mean sale.void_line"),
        ("rules.preset", "kiosk", "supermarket"),
        ("receipt.printing", "maybe", "always | ask | off"),
        ("ui.keymap", "qwerty", "known key maps"),
        ("printer.profile", "epson", "printer.profile"),
        ("store.nmae", "x", "did you mean store.name"),
    ):
        ran = pos("config", "set", key, value, home=home)
        assert (ran.code, said in ran.err) == (2, True), (key, ran.err)
    assert (home / "guitai.toml").read_bytes() == before
    after = pos("journal", "show", "--kind", "rules_changed", "--json", home=home).json
    assert after == changes


def test_a_rule_is_not_changed_behind_the_running_till(home):
    till = build_till(home)
    try:
        assert pos("config", "set", "rules.preset", "pharmacy", home=home).code == 75
        assert pos("config", "set", "store.phone", "029-9", home=home).code == 0
    finally:
        headless.close_counter(till)
    assert load_settings(home).rules.preset == "supermarket"


def test_config_check_names_every_fault_with_its_line(home):
    assert pos("config", "check", home=home).code == 0
    with (home / "guitai.toml").open("a", encoding="utf-8") as file:
        file.write('\n[receipt]\nprinting = "maybe"\n[ui]\nlanguge = "en"\n')
    ran = pos("config", "check", "--json", home=home)
    assert ran.code == 1
    texts = [problem["text"] for problem in ran.json["problems"]]
    assert len(texts) == 2
    assert all("guitai.toml:" in text for text in texts)
    assert "did you mean language?" in [problem["hint"] for problem in ran.json["problems"]]
    broken = pos("user", "list", home=home)
    assert broken.code == 2
    assert "Traceback" not in broken.err


def test_the_key_card_names_every_command_of_the_map(home):
    card = pos("keys", "--json", home=home).json
    assert card["keys"]["pay"] == ["f9"]
    assert card["pad"]["sale_empty"]["*"] == "quantity"
    assert "F9" in pos("keys", home=home).out
    other = pos("keys", "--keymap", "ecr", "--json", home=home).json
    assert other["keymap"] == "ecr"
    assert pos("keys", "--keymap", "nope", home=home).code == 2
