"""The repository keeps its own promises: layers, papers, catalogues, pins and start-up cost."""

from __future__ import annotations

import ast
import importlib.util
import io
import ipaddress
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pos", "drivers", "sync")

TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "config",
    "drivers",
    "pos",
    "pyproject.toml",
    "requirements.lock",
    "sync",
    "tests",
    "uv.lock",
}

MODULE_LINES_MAX = 500
LONGER_MODULES: dict[str, str] = {
    # "pos/…/module.py": "why it is one room and not two",
}

LOCALES = ROOT / "config" / "locale"
TEMPLATE = LOCALES / "guitai.pot"
CATALOGUES = ("zh_CN",)


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# ------------------------------------------------------------------------------------------------ layout and papers


def test_the_top_level_holds_only_what_has_a_place_there():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")

    found = {name.split("/", 1)[0] for name in listing.stdout.split("\0") if name}

    assert found - TOP_LEVEL == set()


def folders_named_in(paper: str) -> set[str]:
    text = (ROOT / paper).read_text(encoding="utf-8")
    return {match.rstrip("/") for match in re.findall(r"`((?:[\w.-]+/)+)`", text)}


def test_architecture_names_only_folders_that_exist():
    named = folders_named_in("ARCHITECTURE.md")

    assert named, "ARCHITECTURE.md names no folder at all"
    assert {folder for folder in named if not (ROOT / folder).is_dir()} == set()


def test_architecture_names_every_package_of_ours():
    packages = {relative(path.parent) for path in modules() if path.name == "__init__.py"}
    # The rooms of the house: two levels. What a room keeps in its cupboards is its own affair.
    rooms = {package for package in packages if package.count("/") <= 1}

    assert rooms - folders_named_in("ARCHITECTURE.md") == set()


@pytest.mark.parametrize("paper", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_papers_point_only_at_files_that_exist(paper):
    text = (ROOT / paper).read_text(encoding="utf-8")
    pattern = r"`((?:pos|drivers|sync|config|tests|\.ci)/[\w./-]*\.(?:py|toml|md|tcss))`"
    named = set(re.findall(pattern, text)) | set(re.findall(r"\]\(([\w./-]+)\)", text))

    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("paper", ["CONTRIBUTING.md", "README.md"])
def test_papers_name_only_make_targets_that_exist(paper):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    text = (ROOT / paper).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)\b", text, flags=re.MULTILINE))

    assert named - targets == set()


def test_the_changelog_has_a_place_for_this_version():
    version = pyproject()["project"]["version"]
    headings = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )

    assert headings[0] == "Unreleased" or headings[0] == version
    assert len(headings) == len(set(headings))


# ----------------------------------------------------------------------------------------------------- dependencies


def declared_dependencies() -> list[str]:
    project = pyproject()["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(line for extra in extras for line in extra)]


def test_every_dependency_is_pinned_and_says_why_it_is_here():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    unexplained = []
    for dependency in declared_dependencies():
        assert "==" in dependency, f"{dependency} is not pinned"
        explained = [
            line for line in lines if f'"{dependency}"' in line and line.count(" # ") == 1
        ]
        if not explained:
            unexplained.append(dependency)

    assert unexplained == []


def test_every_lint_rule_that_is_switched_off_says_why():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = pyproject()["tool"]["ruff"]["lint"]["ignore"]
    unexplained = [
        code for code in ignored if not re.search(rf'^  "{code}", +# \S+ \S+', text, re.MULTILINE)
    ]

    assert unexplained == []


def test_a_till_installs_neither_postgresql_nor_the_web_stack():
    core = {re.split(r"[\[=<>~! ]", line)[0] for line in pyproject()["project"]["dependencies"]}

    assert core & {"psycopg", "litestar", "uvicorn", "jinja2", "starlette", "xlsxwriter"} == set()


def test_the_hashed_lock_holds_what_the_project_declares():
    locked = dict(
        re.findall(
            r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)",
            (ROOT / "requirements.lock").read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
    )
    differing = {}
    for dependency in declared_dependencies():
        name, version = re.sub(r"\[.*?\]", "", dependency).split("==")
        if locked.get(name.lower()) != version:
            differing[dependency] = locked.get(name.lower())

    assert differing == {}


def test_both_locks_agree():
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    versions = {package["name"]: package["version"] for package in locked}
    exported = dict(
        re.findall(
            r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)",
            (ROOT / "requirements.lock").read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
    )

    assert exported == {name: versions[name] for name in exported}


def test_the_locks_name_no_private_index_and_no_local_path():
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    registries = set(re.findall(r'registry = "(.*?)"', text))
    addresses = set(re.findall(r'url = "(.*?)"', text)) | registries

    assert len(registries) == 1
    for address in addresses:
        parts = urlsplit(address)
        host = parts.hostname or ""
        assert parts.scheme == "https", address
        assert parts.port is None, address
        assert parts.username is None, address
        assert "." in host, address
        assert not host.endswith((".local", ".internal", ".lan", ".localhost")), address
        with pytest.raises(ValueError, match="does not appear to be"):
            ipaddress.ip_address(host)
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


# -------------------------------------------------------------------------------------------------- code, as a whole


def test_the_core_reads_no_clock():
    reading = [
        f"{relative(path)}:{number}"
        for path in (ROOT / "pos" / "domain").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"\.(now|today|utcnow)\(", line)
    ]

    assert reading == []


def test_modules_stay_small_enough_to_be_read_in_one_sitting():
    longer = {}
    for path in modules():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines >= MODULE_LINES_MAX and relative(path) not in LONGER_MODULES:
            longer[relative(path)] = lines

    assert longer == {}


def test_the_list_of_longer_modules_names_only_longer_modules():
    stale = [
        name
        for name in LONGER_MODULES
        if not (ROOT / name).exists()
        or (ROOT / name).read_text(encoding="utf-8").count("\n") < MODULE_LINES_MAX
    ]

    assert stale == []


def test_every_module_opens_by_saying_what_it_is():
    silent = [
        relative(path)
        for path in modules()
        if path.stat().st_size and not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]

    assert silent == []


def test_import_contracts_hold():
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]


WEB = {"litestar", "uvicorn", "jinja2"}
DEVICES = {"serial", "escpos", "PIL"}
IMPORT_LISTS = {"pypinyin", "openpyxl", "xlsxwriter"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("pos.cli", {"textual", "psycopg", "peewee", "sync"} | WEB | DEVICES | IMPORT_LISTS),
        ("sync.cli", {"textual", "psycopg"} | WEB | DEVICES | IMPORT_LISTS),
        ("sync.head_office.cli", {"textual", "psycopg"} | WEB | DEVICES | IMPORT_LISTS),
        # peewee looks for psycopg by itself where it is installed; a till has none.
        ("sync.worker", {"textual"} | WEB | DEVICES | IMPORT_LISTS),
        ("pos.ui.app", {"sync", "escpos", "PIL"} | WEB | IMPORT_LISTS),
        ("pos.store.database", {"textual", "sync"} | WEB | DEVICES | IMPORT_LISTS),
    ],
)
def test_starting_loads_nothing_that_it_does_not_need(module, unwanted):
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        pytest.skip(f"{module} is not built yet")

    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".", 1)[0] for name in json.loads(result.stdout)}

    assert loaded & unwanted == set()


# ------------------------------------------------------------------------------------------------------- catalogues


def read_catalogue(path: Path) -> Catalog:
    assert path.exists(), f"{relative(path)} is missing: run `make messages`"
    with path.open("rb") as stream:
        return read_po(stream)


def catalogue_of(locale: str) -> Path:
    return LOCALES / locale / "LC_MESSAGES" / "guitai.po"


def keys(catalogue: Catalog) -> set:
    return {(message.context, message.id) for message in catalogue if message.id}


def test_the_catalogue_template_covers_every_string(tmp_path):
    extracted = tmp_path / "guitai.pot"
    arguments = ["-F", str(ROOT / "pyproject.toml"), "-o", str(extracted), str(ROOT)]
    CommandLineInterface().run(["pybabel", "-q", "extract", *arguments])
    used, listed = keys(read_catalogue(extracted)), keys(read_catalogue(TEMPLATE))

    assert used - listed == set(), "new strings: run `make messages`"
    assert listed - used == set(), "strings that are gone: run `make messages`"


def test_no_string_hides_from_the_catalogue_inside_an_f_string():
    """Before Python 3.12 an f-string is one token: what `_()` holds inside it is not extracted."""
    known = {message.id for message in read_catalogue(TEMPLATE)}
    hidden = {
        f"{relative(path)}:{call.lineno}: {call.args[0].value}"
        for path in modules()
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", getattr(call.func, "attr", "")) in {"_", "N_", "gettext"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value not in known
    }

    assert hidden == set()


@pytest.mark.parametrize("locale", CATALOGUES)
def test_the_catalogue_has_every_string_translated_and_none_fuzzy(locale):
    catalogue = read_catalogue(catalogue_of(locale))
    wanting = [message.id for message in catalogue if message.id and not is_translated(message)]
    fuzzy = [message.id for message in catalogue if message.id and message.fuzzy]

    assert keys(catalogue) == keys(read_catalogue(TEMPLATE))
    assert wanting == []
    assert fuzzy == []


def is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return all(texts)


PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}|%\((\w+)\)[sd]")


@pytest.mark.parametrize("locale", CATALOGUES)
def test_the_catalogue_keeps_every_placeholder(locale):
    def placeholders(text: str) -> set:
        return set(PLACEHOLDER.findall(text))

    broken = []
    for message in read_catalogue(catalogue_of(locale)):
        sources = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
        texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        wanted = set().union(*(placeholders(source) for source in sources))
        # One form of a plural may leave its number out; no text may name what its source lacks.
        complete = len(sources) > 1 or placeholders(texts[0]) == wanted
        if message.id and not (complete and all(placeholders(text) <= wanted for text in texts)):
            broken.append(message.id)

    assert broken == []


HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,.:;!?()]|[,.:;!?()][\u4e00-\u9fff]")
"""Punctuation of a Latin keyboard that touches a Chinese character."""

TYPED_AS_IT_STANDS = re.compile(r"serial:路径|tcp:主机:|条码:数量|条码,编码,重量,金额")
"""What the shop types so: a format, no sentence."""


def half_width(text: str) -> bool:
    return bool(HALF_WIDTH.search(TYPED_AS_IT_STANDS.sub("", text)))


@pytest.mark.parametrize("text", ["时钟:正常", "时钟差(秒)", "忘记日结,后补", "完成!"])
def test_half_width_punctuation_in_chinese_is_found(text):
    assert half_width(text)


@pytest.mark.parametrize(
    "text", ["时钟：正常", "按 . 选批号", "如 12.50", "! 待核", "tcp:主机:9100"]
)
def test_what_is_no_punctuation_of_a_sentence_may_stay_as_it_is_typed(text):
    assert not half_width(text)


def test_chinese_is_punctuated_as_chinese():
    """，。：；（）！？ are as wide as a character; their narrow look-alikes tear a line apart."""
    torn = [
        text
        for message in read_catalogue(catalogue_of("zh_CN"))
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
        if message.id and half_width(text)
    ]

    assert torn == []


@pytest.mark.parametrize("locale", CATALOGUES)
def test_the_compiled_catalogue_is_what_its_source_compiles_to(locale):
    source = catalogue_of(locale)
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(source))

    assert source.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make messages`"
