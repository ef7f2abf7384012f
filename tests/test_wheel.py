"""The built wheel, installed somewhere else, is the whole product: its configuration travels in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("wheel")]


class Installation:
    """A virtual environment outside the checkout, holding the wheel and some of its extras."""

    def __init__(self, directory: Path, wheel: Path, extra: str) -> None:
        self.directory = directory
        venv.create(directory, with_pip=False, symlinks=True)
        constraints = directory / "constraints.txt"
        constraints.write_text(constraints_of_the_lock(), encoding="utf-8")
        # The checkout's pip installs into the new environment, which needs none of its own.
        pip = [sys.executable, "-m", "pip", "--python", str(self.binary("python")), "install"]
        requirement = f"guitai{extra} @ {wheel.as_uri()}"
        checked([*pip, "--quiet", "--constraint", str(constraints), requirement], cwd=directory)

    def binary(self, name: str) -> Path:
        return self.directory / "bin" / name

    def run(self, *command: str, home: Path, timeout_s: float = 60) -> subprocess.CompletedProcess:
        """Run one of its commands away from the checkout, with nothing of the checkout in sight."""
        environment = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": f"{self.directory / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm-256color",
        }
        return subprocess.run(
            [str(self.binary(command[0])), *command[1:]],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def distributions(self) -> set[str]:
        program = (
            "from importlib.metadata import distributions as d\n"
            "print('\\n'.join(x.metadata['Name'] for x in d()))"
        )
        return set(checked([str(self.binary("python")), "-c", program], self.directory).split())


def checked(command: list[str], cwd: Path) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def constraints_of_the_lock() -> str:
    """The lock's versions without its hashes: pip takes no hashes beside a wheel just built."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?(==[^\s;\\]+)", lock, flags=re.MULTILINE)
    return "".join(f"{name}{version}\n" for name, version in pins)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    checked(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)], ROOT
    )
    [built] = directory.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def till(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installation:
    return Installation(tmp_path_factory.mktemp("till") / "venv", wheel, extra="")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installation:
    return Installation(tmp_path_factory.mktemp("shop") / "venv", wheel, extra="[hq]")


def test_the_wheel_carries_every_file_of_the_configuration_and_no_test(wheel):
    tracked = {
        path.relative_to(ROOT / "config").as_posix()
        for path in (ROOT / "config").rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    carried = {name.removeprefix("pos/_config/") for name in names if "/_config/" in name}
    assert tracked - carried == set()
    assert {name.split("/")[0] for name in names} == {"pos", "drivers", "sync", dist_info(names)}


def dist_info(names: set[str]) -> str:
    return next(name.split("/")[0] for name in names if name.endswith(".dist-info/METADATA"))


def test_the_wheel_carries_every_file_of_the_packages(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    listing = checked(["git", "ls-files", "-z", "pos", "drivers", "sync"], ROOT)

    assert {name for name in listing.split("\0") if name} - names == set()


def test_a_till_has_neither_postgresql_nor_the_web_stack(till):
    unwanted = {"psycopg", "psycopg-binary", "litestar", "uvicorn", "xlsxwriter", "pytest"}

    assert {name.lower() for name in till.distributions()} & unwanted == set()


def test_head_office_on_a_till_says_which_extra_is_missing_and_exits_2(till, tmp_path):
    home = tmp_path / "head-office"
    result = till.run("hq", "serve", "--home", str(home), home=tmp_path)

    assert result.returncode == 2, result.stdout + result.stderr
    assert "guitai[hq]" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_installed_commands_tell_their_version_and_usage(till, tmp_path):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    for command in ("pos", "pos-sync", "hq"):
        told = till.run(command, "--version", home=tmp_path)
        helped = till.run(command, "--help", home=tmp_path)

        assert (told.returncode, version in told.stdout) == (0, True), (command, told)
        assert (helped.returncode, "--help" in helped.stdout) == (0, True), (command, helped)


def test_the_demo_from_the_installed_wheel_ends_with_equal_days(shop, tmp_path):
    result = shop.run("pos", "demo", "--check", home=tmp_path, timeout_s=300)

    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
