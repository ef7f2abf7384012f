"""Settings: defaults, a home's own file, what is said when it is wrong, and how it is changed."""

import itertools
import os
import re
import stat
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pos.config
from pos.config import (
    COMMANDS,
    PRESETS,
    ConfigError,
    HomePaths,
    config_dir,
    keymap_names,
    known_keys,
    load_keymap,
    load_quick_keys,
    load_role_book,
    load_roles,
    load_rules,
    load_secrets,
    load_settings,
    loading,
    parse_value,
    pos_home,
    set_secret,
    set_value,
    with_values,
)
from pos.config.checking import check
from pos.config.source import TomlSource
from pos.config.toml_lines import TomlLines

DEFAULTS = config_dir() / "guitai.toml"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def write(home, text):
    home.mkdir(exist_ok=True)
    HomePaths(home).settings.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")


def refusal(home):
    with pytest.raises(ConfigError) as caught:
        load_settings(home)
    return caught.value


# ------------------------------------------------------------------------------ defaults


def test_a_home_without_a_file_has_the_shipped_settings(home):
    loaded = load_settings(home)

    assert loaded.store.currency == "CNY"
    assert loaded.payment.cash_ceiling_over_total_minor == 100_000
    assert loaded.security.lockout_max_delay_s == 300
    assert [entry.number for entry in loaded.payment.tenders] == [1, 2, 3, 4, 5, 6]
    assert loaded.origin("store.currency") == str(DEFAULTS)


def test_every_key_stands_in_the_shipped_file():
    shipped = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))

    for key in known_keys():
        node = shipped
        for name in key.split("."):
            assert name in node, key
            node = node[name]


def test_every_key_and_every_list_of_the_shipped_file_has_a_sentence_above_it():
    lines = DEFAULTS.read_text(encoding="utf-8").splitlines()
    in_list = False
    explained: set[str] = set()
    bare = []
    for above, line in itertools.pairwise(lines):
        is_key = not in_list and re.match(r"\w+ = ", line) is not None
        if line.startswith("["):
            in_list = line.startswith("[[")
            is_key = (in_list or "." in line) and line not in explained
            explained.add(line)
        if is_key and not above.startswith("# "):
            bare.append(line)

    assert bare == []


def test_the_shipped_values_become_what_the_domain_uses(home):
    loaded = load_settings(home)

    cash, wechat = loaded.payment.tender_types()[:2]
    assert (cash.id, cash.gives_change, cash.confirm) == ("cash", True, False)
    assert (wechat.id, wechat.confirm) == ("wechat", True)
    assert [layout.pattern for layout in loaded.barcode.layouts()] == [
        "21IIIIIWWWWWC",
        "22IIIIIPPPPPC",
        "26IIIIIPPPPPWWWWWC",
    ]


def test_public_names_are_loaded_on_first_use_and_all_exist():
    for name in pos.config.__all__:
        assert getattr(pos.config, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pos.config.nothing


def test_the_message_catalogues_do_not_load_the_settings():
    code = "import sys, pos.i18n; print('msgspec' in sys.modules, 'tomlkit' in sys.modules)"

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.split() == ["False", "False"]


def test_pos_home_is_the_option_then_the_environment_then_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("POS_HOME", raising=False)
    assert pos_home() == tmp_path / ".local/share/guitai"
    monkeypatch.setenv("POS_HOME", "~/till")
    assert pos_home() == tmp_path / "till"
    assert pos_home(tmp_path / "other") == tmp_path / "other"


def test_a_home_is_made_for_its_owner_alone(home):
    HomePaths(home).create()

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700


# ------------------------------------------------------------------------------ a home's own file


def test_own_values_lie_over_the_shipped_ones_key_by_key(home):
    write(
        home,
        """
        [store]
        name = "河边小店"
        [prices.tax_rates_bp]
        V03 = 300
        """,
    )

    loaded = load_settings(home)

    assert loaded.store.name == "河边小店"
    assert loaded.store.currency == "CNY"
    assert loaded.prices.tax_rates_bp["V03"] == 300
    assert loaded.prices.tax_rates_bp["V13"] == 1300
    assert loaded.origin("store.name") == str(home / "guitai.toml")
    assert loaded.origin("store.currency") == str(DEFAULTS)
    assert loaded.origin("prices.tax_rates_bp.V03") == str(home / "guitai.toml")
    with pytest.raises(KeyError):
        loaded.origin("store.nmae")


def test_an_own_list_replaces_the_shipped_list(home):
    write(
        home,
        """
        [[scanner]]
        url = "serial:/dev/serial/by-id/usb-one"
        aim = true
        [[payment.tenders]]
        number = 1
        id = "cash"
        name = "现金"
        kind = "cash"
        """,
    )

    loaded = load_settings(home)

    assert [(one.url, one.framing, one.aim) for one in loaded.scanner] == [
        ("serial:/dev/serial/by-id/usb-one", "", True)
    ]
    assert len(loaded.payment.tenders) == 1


def test_rule_names_may_be_written_without_quotes(home):
    write(home, "[rules.overrides]\nsale.negative_stock = 'block'\n'sale.void_line' = 'approve'\n")

    overrides = load_settings(home).rules.overrides

    assert overrides == {"sale.negative_stock": "block", "sale.void_line": "approve"}


def test_a_file_with_a_byte_order_mark_is_read(home):
    home.mkdir()
    HomePaths(home).settings.write_text("\ufeff[store]\nname = 'A'\n", encoding="utf-8")

    assert load_settings(home).store.name == "A"


# ------------------------------------------------------------------------------ what is wrong, and where


def test_an_unknown_key_is_named_with_its_line_and_what_was_meant(home):
    write(home, "[store]\nname = 'A'\nadress = 'B'\n")

    error = refusal(home)

    assert str(error) == f"{home / 'guitai.toml'}:3: unknown key store.adress"
    assert error.hint == "did you mean address?"


def test_a_key_in_the_wrong_table_is_pointed_to_its_own(home):
    write(home, "[store]\nidle_minutes = 5\n")

    assert refusal(home).hint == "did you mean lock.idle_minutes?"


@pytest.mark.parametrize(
    ("text", "line", "expected", "got"),
    [
        ("[payment]\nenter = 'ja'", 2, "one of ask | exact", '"ja"'),
        ("[payment]\ncash_rounding_minor = 7", 2, "one of 0 | 5 | 10 | 50 | 100", "7"),
        ("[lock]\n\nidle_minutes = '10'", 3, "a whole number 0..1440", '"10"'),
        ("[lock]\nidle_minutes = -1", 2, "a whole number 0..1440", "-1"),
        ("[lock]\nidle_minutes = true", 2, "a whole number 0..1440", "true"),
        ("[lock]\nidle_minutes = 1.5", 2, "a whole number 0..1440", "1.5"),
        ("[drawer]\nattached = 'yes'", 2, "one of true | false", '"yes"'),
        ("[drawer]\nopen_within_ms = 3001", 2, "a whole number 100..3000", "3001"),
        ("[store]\ncurrency = 'yuan'", 2, 'text such as "CNY"', '"yuan"'),
        ("[store]\nname = 5", 2, "text of length 0..200", "5"),
        ('[store]\nname = "a\\u001b[2J"', 2, "text of length 0..200", '"a\x1b[2J"'),
        ("store = 5", 1, "a table []", "5"),
        ("[receipt]\nheader_lines = 'A'", 2, "a list [ ]", '"A"'),
        ("[sync]\nhead_office_url = 'hq'", 2, 'text such as "https://hq.example.cn"', '"hq"'),
        ("[security]\nlockout_max_delay_s = 301", 2, "a whole number 1..300", "301"),
        ("[sync]\nbatch_entries = 501", 2, "a whole number 1..500", "501"),
    ],
)
def test_a_wrong_value_is_named_with_line_expected_and_got(home, text, line, expected, got):
    write(home, text)

    message = str(refusal(home))

    assert message.startswith(f"{home / 'guitai.toml'}:{line}: ")
    assert message.endswith(f"expected {expected}, got {got}")


def test_a_wrong_value_in_a_list_is_named_by_its_number_and_line(home):
    write(
        home,
        """
        [[scanner]]
        url = "serial:/dev/one"
        [[scanner]]
        url = "serial:/dev/two"
        framing = "cr lf"
        """,
    )

    assert str(refusal(home)).startswith(f"{home / 'guitai.toml'}:5: scanner[2].framing: ")


def test_an_incomplete_entry_of_a_list_is_named(home):
    write(home, "[[scanner]]\nname = 'counter'\n")

    assert str(refusal(home)).endswith(":1: scanner[1].url is missing")


def test_everything_wrong_is_named_at_once(home):
    write(home, "[store]\nnmae = 'A'\n[lock]\nidle_minutes = 'x'\n[nonsense]\n")

    error = refusal(home)

    assert [problem.line for problem in error.problems] == [2, 4, 5]


def test_a_file_that_is_not_toml_is_refused_with_its_line(home):
    write(home, "[store]\nname = A\n")

    error = refusal(home)

    assert error.problems[0].line == 2
    assert "text needs quotes" in error.hint


def test_a_file_that_is_not_utf_8_is_refused(home):
    home.mkdir()
    HomePaths(home).settings.write_bytes("[store]\nname = '小店'\n".encode("gbk"))

    assert "is not UTF-8 text" in str(refusal(home))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[payment]\ntenders = []", "no tender with id"),
        (
            (
                "[[payment.tenders]]\nnumber = 1\nid = 'cash'\nname = 'A'\nkind = 'cash'\n"
                "[[payment.tenders]]\nnumber = 1\nid = 'card'\nname = 'B'\nkind = 'outside'"
            ),
            ":7: payment.tenders.number 1 is used twice",
        ),
        ("[[barcode.weighed]]\npattern = '21IIIIIWWWWWI'", ":2: 21IIIIIWWWWWI is no label layout"),
        ("[[barcode.weighed]]\npattern = '2100000WWWWWC'", "is no label layout"),
        (
            "[prices]\ndefault_tax_code = 'X'",
            ":2: prices.default_tax_code: there is no tax code X",
        ),
        ("[security]\npin_length_max = 5", "security.pin_length_min_manager is 6"),
        ("[security]\nlockout_max_delay_s = 10", "longer than the longest delay, 10"),
    ],
)
def test_values_that_contradict_each_other_are_refused(home, text, said):
    write(home, text)

    assert said in str(refusal(home))


def test_a_problem_can_be_told_in_another_language(home):
    write(home, "[payment]\nenter = 'ja'\n")
    chinese = {
        "{key}: expected {expected} {detail}, got {got}": "{key}:应为{expected} {detail},现为 {got}",
        "one of": "其中之一:",
    }

    text = refusal(home).text(lambda english: chinese.get(english, english))

    assert text.endswith('payment.enter:应为其中之一: ask | exact,现为 "ja"')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def test_a_list_of_a_fixed_length_is_refused_when_it_is_shorter():
    base = load_settings(config_dir() / "no-such-home")
    with pytest.raises(ConfigError, match="× 12"):
        with_values(base, {"planning.season_percent": [100, 100]}, "--option")


@given(key=st.sampled_from(known_keys()), value=json_values)
@settings(max_examples=150)
def test_any_value_is_either_taken_or_refused_as_a_config_error(key, value):
    base = load_settings(config_dir() / "no-such-home")
    try:
        changed = with_values(base, {key: value}, "--option")
    except ConfigError as error:
        changed = None
        refused = error.problems
    assert refused if changed is None else changed.store.currency


@given(key=st.sampled_from(known_keys()), value=json_values)
@settings(max_examples=200)
def test_what_is_read_at_once_is_refused_wherever_a_look_at_each_key_finds_a_fault(key, value):
    base = load_settings(config_dir() / "no-such-home")
    own: dict = {}
    table = own
    *groups, name = key.split(".")
    for group in groups:
        table = table.setdefault(group, {})
    table[name] = value
    found = check(TomlSource(Path("--option"), own, TomlLines("")))
    told: list = []
    try:
        with_values(base, {key: value}, "--option")
    except ConfigError as error:
        told = list(error.problems)
    assert told == found or not found  # without one, the values may still contradict each other


def test_the_shipped_settings_stand_a_look_at_each_key():
    """The start reads them at once; nothing wrong may hide under a shop's own value."""
    assert check(loading.defaults()) == []


def test_settings_without_a_fault_are_read_without_the_list_of_what_each_key_may_hold():
    code = (
        "import sys; from pos.config import load_settings, config_dir; "
        "load_settings(config_dir() / 'no-such-home'); print('pos.config.checking' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_an_option_of_the_command_line_lies_over_everything_and_is_named(home):
    loaded = with_values(load_settings(home), {"printer.url": "tcp:10.0.0.9:9100"}, "--printer")

    assert loaded.printer.url == "tcp:10.0.0.9:9100"
    assert loaded.origin("printer.url") == "--printer"
    assert loaded.origin("printer.profile") == str(DEFAULTS)
    with pytest.raises(ConfigError, match=r"^--printer: printer\.url: expected"):
        with_values(loaded, {"printer.url": "LPT1"}, "--printer")


# ------------------------------------------------------------------------------ lines


@given(
    tables=st.dictionaries(
        st.sampled_from(["store", "a.b", 'x."y z"', "payment"]),
        st.dictionaries(
            st.sampled_from(["one", "two", '"th ree"']),
            st.sampled_from(["1", "'a = b'", "[\n  1,\n  2,\n]", '"""\n[store]\none = 3\n"""']),
        ),
    )
)
def test_the_line_of_a_key_is_the_line_that_holds_it(tables):
    text = ""
    expected = {}
    for table, keys in tables.items():
        text += f"# about {table}\n[{table}]\n"
        for key, value in keys.items():
            expected[(table, key)] = text.count("\n") + 1
            text += f"{key} = {value}\n\n"
    tomllib.loads(text)
    places = TomlLines(text)

    paths = {
        "store": ("store",),
        "a.b": ("a", "b"),
        'x."y z"': ("x", "y z"),
        "payment": ("payment",),
    }
    for (table, key), line in expected.items():
        assert places.line_of((*paths[table], key.strip('"'))) == line


# ------------------------------------------------------------------------------ changing


def test_setting_a_value_keeps_comments_and_order(home):
    write(home, "# Our shop\n[store]\nname = 'A'  # the old name\nphone = '1'\n\n# devices\n")

    changed = set_value(home, "store.name", "河边小店")

    text = HomePaths(home).settings.read_text(encoding="utf-8")
    assert changed.store.name == "河边小店"
    assert "# Our shop" in text
    assert "# the old name" in text
    assert "# devices" in text
    assert text.index("name") < text.index("phone")
    assert load_settings(home).store.name == "河边小店"


def test_setting_a_value_makes_the_home_and_its_file(home):
    set_value(home, "workstation.workstation_id", "02")

    assert load_settings(home).workstation.workstation_id == "02"
    assert [path.name for path in home.iterdir()] == ["guitai.toml"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("payment.enter", "never"),
        ("store.nmae", "A"),
        ("store", {}),
        ("scanner.3.url", "serial:x"),
    ],
)
def test_a_value_that_does_not_fit_leaves_the_file_as_it_was(home, key, value):
    write(home, "[store]\nname = 'A'\n")
    before = HomePaths(home).settings.read_bytes()

    with pytest.raises(ConfigError):
        set_value(home, key, value)

    assert HomePaths(home).settings.read_bytes() == before
    assert [path.name for path in home.iterdir()] == ["guitai.toml"]


def test_the_first_change_of_a_list_copies_the_list_in_force(home):
    set_value(home, "payment.tenders.2.name", "微信")

    tenders = load_settings(home).payment.tenders
    assert [entry.name for entry in tenders][:3] == ["现金", "微信", "支付宝"]
    assert len(tenders) == 6


def test_an_entry_is_added_after_the_last(home):
    set_value(home, "scanner.1.url", "serial:/dev/one")
    set_value(home, "scanner.2.url", "serial:/dev/two")

    assert [one.url for one in load_settings(home).scanner] == [
        "serial:/dev/one",
        "serial:/dev/two",
    ]


def test_names_with_dots_are_set_as_one_name(home):
    changed = set_value(home, "rules.overrides.sale.negative_stock", "block")
    changed = set_value(home, "ui.keys.park", ["f6"])

    assert changed.rules.overrides == {"sale.negative_stock": "block"}
    assert changed.ui.keys == {"park": ("f6",)}


@given(name=st.text(max_size=20))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_printable_name_survives_being_written(tmp_path, name):
    home = tmp_path / "names"
    try:
        set_value(home, "store.name", name)
    except ConfigError:
        assert not name.isprintable()
    else:
        assert load_settings(home).store.name == name


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("lock.idle_minutes", "5", 5),
        ("drawer.attached", "false", False),
        ("store.store_id", "0101", "0101"),
        ("store.name", '"A"', "A"),
        ("payment.enter", "exact", "exact"),
        ("receipt.footer_lines", '["A", "B"]', ["A", "B"]),
        ("store.currency", "GBP", "GBP"),
    ],
)
def test_what_a_person_types_becomes_a_value_of_the_key(key, typed, value):
    assert parse_value(key, typed) == value


# ------------------------------------------------------------------------------ secrets


def test_secrets_are_written_for_their_owner_alone(home):
    old = os.umask(0)
    try:
        set_secret(home, "pepper", "00ff")
        set_secret(home, "token", "abc")
    finally:
        os.umask(old)

    path = HomePaths(home).secrets
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secrets(home) == {"pepper": "00ff", "token": "abc"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_secrets_that_others_can_reach_are_refused(home, mode):
    set_secret(home, "pepper", "00ff")
    HomePaths(home).secrets.chmod(mode)

    with pytest.raises(ConfigError, match=f"mode {mode:04o}, expected 0600") as caught:
        load_secrets(home)

    assert caught.value.hint == f"run: chmod 600 {HomePaths(home).secrets}"


def test_a_home_without_secrets_has_none(home):
    assert load_secrets(home) == {}


# ------------------------------------------------------------------------------ roles


def test_the_nine_roles_and_what_each_may_do():
    roles = load_roles()

    names = (
        "cashier receiver counter_head manager dept_manager finance bookkeeper acceptance admin"
    )
    assert list(roles) == names.split()
    assert roles["cashier"].may("sale.sell")
    assert not roles["cashier"].may("drawer.no_sale")
    assert not any(right.startswith("approve.") for right in roles["cashier"].rights)
    assert roles["manager"].may_approve("drawer.no_sale")
    assert roles["counter_head"].may_approve("sale.void_sale")
    assert not roles["counter_head"].may_approve("sale.return_no_receipt")
    for seller in ("finance", "admin", "receiver", "bookkeeper", "acceptance"):
        assert not roles[seller].may("sale.sell")
    assert not roles["manager"].may("stock.count_open")  # STK-05: finance opens detailed counts
    for one in roles.values():  # REG-03, CTL-05: consent and approval are two people
        assert not (one.may("loan.consent") and one.may("loan.approve")), one


def test_a_limit_that_a_role_does_not_name_is_nothing():
    roles = load_roles()

    assert roles["cashier"].limit("sale.price_override.limit_percent") == 0
    assert roles["receiver"].limit("cash.paid_out.limit_minor") == 0
    assert roles["manager"].limit("sale.price_override.limit_percent") == 50


def test_every_right_that_can_be_approved_has_somebody_who_may():
    book = load_role_book()

    orphans = [
        name
        for name, right in book.rights.items()
        if right.approvable and not book.approvers(name)
    ]

    assert orphans == []


def test_a_home_may_change_a_role_and_add_one(home):
    home.mkdir()
    HomePaths(home).roles.write_text(
        '[roles.cashier.limits]\n"sale.discount.limit_percent" = 5\n'
        '[roles.trainee]\nen = "Trainee"\nzh = "实习"\nrights = ["sale.sell", "price.*"]\n',
        encoding="utf-8",
    )

    roles = load_roles(home)

    assert roles["cashier"].limit("sale.discount.limit_percent") == 5
    assert roles["cashier"].limit("sale.round_off.limit_minor") == 100
    assert roles["cashier"].may("sale.sell")
    assert roles["trainee"].rights == {"sale.sell", "price.correct", "price.check"}


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (
            '[roles.cashier]\nrights = ["sale.sel"]',
            "there is no sale.sel",
            "did you mean sale.sell?",
        ),
        ('[roles.cashier]\napproves = ["sale.sell"]', "approves: there is no sale.sell", ""),
        ('[roles.cashier.limits]\n"sale.x" = 1', "limits: there is no sale.x", ""),
        (
            '[rights]\n"sale.x" = {en="x", zh="x"}',
            "may only change [roles]",
            "part of the program",
        ),
        ('[roles.cashier.limits]\n"sale.discount.limit_percent" = -1', "Expected `int` >= 0", ""),
    ],
)
def test_a_role_with_something_unknown_is_refused(home, text, said, hint):
    home.mkdir()
    HomePaths(home).roles.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_roles(home)

    assert said in str(caught.value)
    assert hint in caught.value.hint


# ------------------------------------------------------------------------------ rules


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_stays_inside_the_bounds_of_every_rule(preset):
    rules = load_rules(preset)

    assert len(rules.modes) >= 40
    assert all(rules.mode(name) in rule.allowed() for name, rule in rules.table.items())
    assert rules.changed() == ()


def test_presets_differ_where_shops_do():
    modes = [load_rules(preset).mode("sale.negative_stock") for preset in PRESETS]

    assert modes == ["warn", "off", "approve", "block"]


def test_a_shop_changes_single_rules():
    rules = load_rules(
        "supermarket", {"sale.negative_stock": "block", "day.parked_sales": "approve"}
    )

    assert rules.mode("sale.negative_stock") == "block"
    assert rules.changed() == ("sale.negative_stock", "day.parked_sales")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("hold.sale", "approve"),
        ("journal.change", "warn"),
        ("sale.change_closed", "off"),
        ("signing.same_person", "approve"),
        ("approval.self", "approve"),
        ("sale.price_override_beyond_limit", "warn"),
        ("day.unsent_data", "block"),
        ("clock.off", "block"),
        ("day.parked_sales", "warn"),
        ("sale.void_line", "carry"),
        ("sale.void_line", "maybe"),
    ],
)
def test_a_rule_is_never_set_beyond_its_bounds(name, mode):
    with pytest.raises(ConfigError, match=f"rule {name} cannot be {mode}") as caught:
        load_rules("supermarket", {name: mode})

    assert caught.value.hint.startswith("this rule may be: ")


def test_an_unknown_rule_or_preset_is_named_with_what_was_meant():
    with pytest.raises(ConfigError) as caught:
        load_rules("supermarket", {"sale.negativ_stock": "warn"})
    assert caught.value.hint == "did you mean sale.negative_stock?"
    with pytest.raises(ConfigError, match="unknown preset of rules kiosk"):
        load_rules("kiosk")


def test_every_rule_that_can_ask_for_approval_names_a_right_that_can_be_approved():
    book = load_role_book()
    rules = load_rules("supermarket")

    wrong = [
        name
        for name, rule in rules.table.items()
        if "approve" in rule.allowed()
        and rule.never_softer_than != "block"
        and not (rule.right in book.rights and book.rights[rule.right].approvable)
    ]

    assert wrong == []


def test_who_lacks_the_right_needs_an_approval_even_where_the_rule_only_warns():
    rules = load_rules("convenience")
    roles = load_roles()

    assert rules.mode("drawer.no_sale") == "warn"
    assert rules.mode_for("drawer.no_sale", roles["cashier"]) == "approve"
    assert rules.mode_for("drawer.no_sale", roles["counter_head"]) == "warn"
    assert load_rules("pharmacy").mode_for("sale.open_item", roles["cashier"]) == "block"


# ------------------------------------------------------------------------------ key maps


@pytest.mark.parametrize("name", ["default", "ecr", "guanjiapo", "western"])
def test_each_shipped_key_map_names_every_command_once_and_has_no_conflict(name):
    listed = tomllib.loads((config_dir() / "keymaps" / f"{name}.toml").read_text(encoding="utf-8"))

    keymap = load_keymap(name)

    assert tuple(listed) == COMMANDS
    assert keymap.command_for("backspace") == "void_last"
    assert keymap.keys_for("help") == ("f1",)
    assert name in keymap_names()


def test_the_default_map_is_the_one_that_is_taught():
    keymap = load_keymap("default")

    taught = {
        "f1": "help", "f2": "member", "f3": "price_check", "f4": "undo", "f5": "park", "f6": "recall",
        "f7": "price", "f8": "line_discount", "f9": "pay", "f10": "sale_discount", "f12": "item_list",
        "delete": "void_line", "ctrl+r": "reprint", "ctrl+l": "lock", "ctrl+d": "no_sale",
        "ctrl+t": "return_mode",
    }  # fmt: skip
    assert {key: keymap.command_for(key) for key in taught} == taught


def test_a_conflict_is_refused_with_both_commands():
    with pytest.raises(ConfigError, match="f5 is bound to both park and recall") as caught:
        load_keymap("default", {"recall": ["F5"]})

    assert "another key" in caught.value.hint
    assert load_keymap("default", {"recall": ["F5"], "park": []}).command_for("f5") == "recall"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("enter", "belongs to the number pad"),
        ("7", "belongs to the number pad"),
        ("+", "belongs to the number pad"),
        ("asterisk", "belongs to the number pad"),
        ("ctrl+j", "belongs to the number pad"),
        ("ctrl+m", "belongs to the number pad"),
        ("Esc", "belongs to the number pad"),
        ("ctrl+s", "flow control"),
        ("ctrl+c", "interrupt"),
        ("ctrl+i", "moves between fields"),
        ("x", "typed text"),
        ("f99", "not the name of a key"),
        ("hyper+q", "not the name of a key"),
        ("", "not the name of a key"),
    ],
)
def test_a_key_that_cannot_be_a_command_is_refused_with_the_reason(key, said):
    with pytest.raises(ConfigError, match=said):
        load_keymap("default", {"park": [key]})


def test_ctrl_h_is_the_backspace_key_and_conflicts_with_it():
    with pytest.raises(ConfigError, match="bound to both void_last and lock"):
        load_keymap("default", {"lock": ["ctrl+h"]})


def test_an_unknown_command_or_map_is_named_with_what_was_meant():
    with pytest.raises(ConfigError) as caught:
        load_keymap("default", {"repint": ["f11"]})
    assert caught.value.hint == "did you mean reprint?"
    with pytest.raises(ConfigError, match="unknown key map defualt") as caught:
        load_keymap("defualt")
    assert caught.value.hint == "did you mean default?"


# ------------------------------------------------------------------------------ quick keys


def test_a_shops_quick_keys_come_in_the_order_of_their_numbers(home):
    home.mkdir()
    assert load_quick_keys(home) == ()
    HomePaths(home).quick_keys.write_text(
        '[[quick_keys]]\nnumber = 2\nitem_code = "B"\nlabel = "蛋"\n'
        '[[quick_keys]]\nnumber = 1\nitem_code = "A"\nlabel = "袋"\n',
        encoding="utf-8",
    )

    assert [key.item_code for key in load_quick_keys(home)] == ["A", "B"]


def test_a_scanner_may_say_its_speed_and_a_wrong_one_is_explained(tmp_path):
    (tmp_path / "guitai.toml").write_text(
        '[[scanner]]\nurl = "serial:/dev/ttyUSB0"\nbaudrate = 9600\nstopbits = 1\n'
    )
    assert load_settings(tmp_path).scanner[0].baudrate == 9600
    (tmp_path / "guitai.toml").write_text(
        '[[scanner]]\nurl = "serial:/dev/ttyUSB0"\nbaudrate = 12\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)

    assert "scanner[1].baudrate: expected a whole number 300..921600, got 12" in str(caught.value)
