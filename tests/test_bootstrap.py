"""`.ci/bootstrap`, behind `make demo` and `make test`, on a machine where python3-venv is missing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

PROGRAMS = {
    # A Python as Debian ships it without python3-venv; once "installed", venv makes an empty folder.
    "python3.11": """\
case "$*" in
*"import ensurepip, venv"*) [ -e {folder}/installed ] ; exit $? ;;
*"print(sys.executable)"*) echo {folder}/python3.11 ; exit 0 ;;
*"-m venv"*) echo "venv $*" >> {folder}/called ; exit 3 ;;
esac
exit 0
""",
    "dpkg-query": "exit 1\n",
    "apt-get": 'echo "apt-get $*" >> {folder}/called\n: > {folder}/installed\n',
    "id": "echo {uid}\n",
}


@pytest.fixture
def bootstrap(tmp_path):
    """Run it among programs that only note how they were called."""

    def run(uid: int) -> tuple[subprocess.CompletedProcess[str], str]:
        for name, text in PROGRAMS.items():
            program = tmp_path / name
            program.write_text("#!/bin/sh\n" + text.format(folder=tmp_path, uid=uid))
            program.chmod(0o755)
        for name in ("bash", "dirname", "sed"):
            (tmp_path / name).symlink_to(f"/bin/{name}")
        done = subprocess.run(
            ["/bin/bash", CHECKOUT / ".ci" / "bootstrap", "environment", tmp_path / "venv"],
            env={**os.environ, "PATH": f"{tmp_path}:/nowhere", "PYTHON": "python3.11"},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        called = tmp_path / "called"
        return done, called.read_text() if called.exists() else ""

    return run


def test_without_root_the_one_apt_command_is_printed_and_nothing_is_installed(bootstrap):
    done, called = bootstrap(uid=1000)

    assert done.returncode != 0
    assert "sudo apt-get install -y python3-venv" in done.stderr
    assert called == ""


def test_root_gets_the_missing_package_installed_and_the_environment_is_begun(bootstrap):
    _done, called = bootstrap(uid=0)

    assert "apt-get install -y" in called
    assert "python3-venv" in called
    assert called.splitlines()[-1].startswith("venv ")
