"""Configuration: the shipped files of `config/`, a workstation's own, and what they say together.

Everything is read once at the edge, into frozen values, and handed down. Imports only the
standard library, msgspec, `pos.domain` and (when a file is written) tomlkit, so that the till, the
uploader and head office can all use it: item lists (with openpyxl) and 助记码 (with pypinyin) are
read here for the same reason. Names are loaded when first used: a command that prints
its help, or wants only the message catalogues, does not pay for the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pos.config.paths import HomePaths, config_dir, pos_home

if TYPE_CHECKING:
    from pos.config.checking import known_keys
    from pos.config.device_settings import Drawer, MorePrinter, PaymentTerminal, Printer, Scanner
    from pos.config.errors import ConfigError, Problem
    from pos.config.keymaps import COMMANDS, Keymap, keymap_names, load_keymap
    from pos.config.loading import load_settings, with_values
    from pos.config.roles import Limit, Right, Role, RoleBook, load_role_book, load_roles
    from pos.config.rules import PRESET_NAMES_ZH, PRESETS, Rule, Rules, load_rules
    from pos.config.sample_shop import (
        DemoOperator,
        QuickKey,
        SampleShop,
        load_quick_keys,
        load_sample_shop,
    )
    from pos.config.selling_settings import (
        Barcode,
        Department,
        Payment,
        Prices,
        Reason,
        Reasons,
        Receipt,
        Returns,
        Tender,
        WeighedLayout,
    )
    from pos.config.setting_types import RuleMode
    from pos.config.settings import (
        Approval,
        Backup,
        Clock,
        Day,
        Lock,
        Logs,
        Security,
        Settings,
        Shift,
        Store,
        Sync,
        Ui,
        Workstation,
    )
    from pos.config.writing import load_secrets, parse_value, set_secret, set_value

_HOMES = {
    "checking": ("known_keys",),
    "errors": ("ConfigError", "Problem"),
    "keymaps": ("COMMANDS", "Keymap", "keymap_names", "load_keymap"),
    "loading": ("load_settings", "with_values"),
    "roles": ("Limit", "Right", "Role", "RoleBook", "load_role_book", "load_roles"),
    "rules": ("PRESET_NAMES_ZH", "PRESETS", "Rule", "Rules", "load_rules"),
    "sample_shop": (
        "DemoOperator",
        "QuickKey",
        "SampleShop",
        "load_quick_keys",
        "load_sample_shop",
    ),
    "device_settings": (
        "Drawer",
        "MorePrinter",
        "PaymentTerminal",
        "Printer",
        "Scanner",
    ),
    "selling_settings": (
        "Barcode",
        "Department",
        "Payment",
        "Prices",
        "Reason",
        "Reasons",
        "Receipt",
        "Returns",
        "Tender",
        "WeighedLayout",
    ),
    "setting_types": ("RuleMode",),
    "settings": (
        "Approval",
        "Backup",
        "Clock",
        "Day",
        "Lock",
        "Logs",
        "Security",
        "Settings",
        "Shift",
        "Store",
        "Sync",
        "Ui",
        "Workstation",
    ),
    "writing": ("load_secrets", "parse_value", "set_secret", "set_value"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use."""
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


__all__ = [
    "COMMANDS",
    "PRESETS",
    "PRESET_NAMES_ZH",
    "Approval",
    "Backup",
    "Barcode",
    "Clock",
    "ConfigError",
    "Day",
    "DemoOperator",
    "Department",
    "Drawer",
    "HomePaths",
    "Keymap",
    "Limit",
    "Lock",
    "Logs",
    "MorePrinter",
    "Payment",
    "PaymentTerminal",
    "Prices",
    "Printer",
    "Problem",
    "QuickKey",
    "Reason",
    "Reasons",
    "Receipt",
    "Returns",
    "Right",
    "Role",
    "RoleBook",
    "Rule",
    "RuleMode",
    "Rules",
    "SampleShop",
    "Scanner",
    "Security",
    "Settings",
    "Shift",
    "Store",
    "Sync",
    "Tender",
    "Ui",
    "WeighedLayout",
    "Workstation",
    "config_dir",
    "keymap_names",
    "known_keys",
    "load_keymap",
    "load_quick_keys",
    "load_role_book",
    "load_roles",
    "load_rules",
    "load_sample_shop",
    "load_secrets",
    "load_settings",
    "parse_value",
    "pos_home",
    "set_secret",
    "set_value",
    "with_values",
]
