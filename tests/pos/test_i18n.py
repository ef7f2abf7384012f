"""The language of screens and receipts."""

import io
import os
import re
import subprocess
import sys

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from pos import i18n

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _english_afterwards():
    before = i18n.language()
    i18n.translation_for.cache_clear()
    yield
    i18n.translation_for.cache_clear()
    i18n.set_language(before)


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """A compiled Chinese catalogue in a configuration folder of its own."""
    messages = Catalog(locale="zh_CN")
    messages.add("Total", "合计")
    messages.add(("%(count)s item", "%(count)s items"), ("%(count)s 件",))
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    folder = tmp_path / "locale" / "zh_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "guitai.mo").write_bytes(compiled.getvalue())
    monkeypatch.setattr(i18n, "config_dir", lambda: tmp_path)


@pytest.mark.usefixtures("catalogue")
def test_the_language_is_switched_live():
    i18n.set_language("zh_CN")
    assert i18n.gettext("Total") == "合计"
    assert i18n.language() == "zh_CN"

    i18n.set_language("en")
    assert i18n.gettext("Total") == "Total"
    assert i18n.language() == "en"


@pytest.mark.usefixtures("catalogue")
def test_counted_texts_follow_the_language():
    i18n.set_language("zh_CN")
    assert i18n.ngettext("%(count)s item", "%(count)s items", 1) % {"count": 1} == "1 件"

    i18n.set_language("en")
    assert i18n.ngettext("%(count)s item", "%(count)s items", 2) % {"count": 2} == "2 items"


@pytest.mark.usefixtures("catalogue")
def test_a_receipt_speaks_its_own_language_whatever_the_screen_speaks():
    i18n.set_language("en")

    assert i18n.translation_for("zh_CN").gettext("Total") == "合计"
    assert i18n.translation_for("zh").gettext("Total") == "合计"
    assert i18n.translation_for("en").gettext("Total") == "Total"
    assert i18n.gettext("Total") == "Total"


@pytest.mark.usefixtures("catalogue")
def test_a_text_without_translation_stays_english_and_an_empty_one_empty():
    i18n.set_language("zh_CN")

    assert i18n.gettext("Not in the catalogue") == "Not in the catalogue"
    assert i18n.gettext("") == ""  # the catalogue's own heading hides under the empty text


def test_without_a_catalogue_everything_stays_english(tmp_path, monkeypatch):
    monkeypatch.setattr(i18n, "config_dir", lambda: tmp_path)

    i18n.set_language("zh_CN")

    assert i18n.gettext("Total") == "Total"


def test_an_unknown_language_is_refused_and_nothing_changes():
    i18n.set_language("en")

    with pytest.raises(ValueError, match="expected one of zh_CN, en as language, got 'fr'"):
        i18n.set_language("fr")

    assert i18n.language() == "en"


def test_a_marked_text_is_itself():
    assert i18n.N_("Total") == "Total"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, ""),
        ({}, ""),
    ],
)
def test_the_terminal_names_a_language_or_none(monkeypatch, locale, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)

    assert i18n.terminal_language() == language


@pytest.mark.parametrize("module", ["pos", "sync", "sync.head_office"])
def test_help_and_errors_speak_the_terminals_language(tmp_path, module):
    def said(language, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": f"{language}.UTF-8", "POS_HOME": str(tmp_path)},
            timeout=60,
        )
        return done.stdout + done.stderr

    arguments = ("enrol", "--help") if module == "sync" else ("--help",)
    assert HAN.search(said("zh_CN", *arguments).replace("柜台", ""))
    assert not HAN.search(said("en_US", *arguments).replace("柜台", ""))
    if module == "pos":
        assert "还不是收银机" in said("zh_CN")
        assert "is no till yet" in said("en_US")
