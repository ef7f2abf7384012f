"""Power cuts: the image of a disk taken while the till sells has every acknowledged sale on it.

The till's home lies on ext4 in an image file on XFS. `cp --reflink` copies that file atomically:
what had not been flushed to the block device by then is not in the copy, which is what a power cut
leaves. With synchronous=OFF the same images must lose sales, or the test sees nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.checker import Findings, check
from tests.faults.process import Home, needs_root, running

pytestmark = [
    pytest.mark.fault,
    pytest.mark.privileged,
    needs_root,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("mkfs.xfs") is None, reason="xfsprogs is not installed"),
    pytest.mark.skipif(shutil.which("mkfs.ext4") is None, reason="e2fsprogs is not installed"),
]

IMAGES = 8
CONTROL_IMAGES = 4


class Unsupported(Exception):
    """This machine cannot mount an image."""


def command(*words: str) -> None:
    """Run a tool; raises Unsupported with what it said."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Unsupported(f"{' '.join(words[:2])}: {done.stderr.strip()[-200:]}")


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """An image file mounted on a folder."""
    folder.mkdir(exist_ok=True)
    command("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        command("umount", str(folder))


@dataclass(frozen=True)
class Bench:
    """The outer XFS, where images are copied, and the till's ext4 inside it."""

    outer: Path
    disk: Path
    image: Path

    def cut(self, home: Home) -> Findings:
        """Copy the image as it is at this instant, mount the copy and look at the home in it."""
        acknowledged = home.acks.read_text().splitlines()  # before the image: must be in it
        snapshot = self.outer / "snapshot.img"
        command("cp", "--reflink=always", str(self.image), str(snapshot))
        begun = home.acks.read_text().splitlines()  # after the image: may be in it
        facts = [line for line in acknowledged if '"ack"' in line]
        facts += [line for line in begun if '"try"' in line and line.endswith("}")]
        acks = self.outer / "acks"
        acks.write_text("\n".join(facts) + "\n")
        try:
            with mounted(snapshot, self.outer / "after") as after:
                return check(after / "home", acks, home.copy)
        finally:
            snapshot.unlink()


@pytest.fixture
def bench(disk: Path) -> Iterator[Bench]:
    """ext4 in an image on XFS in an image; skips where that cannot be had."""
    outer_image = disk / "outer.img"
    try:
        command("truncate", "-s", "600M", str(outer_image))
        command("mkfs.xfs", "-q", "-m", "reflink=1", str(outer_image))
        with mounted(outer_image, disk / "outer") as outer:
            inner_image = outer / "disk.img"
            command("truncate", "-s", "200M", str(inner_image))
            command("mkfs.ext4", "-q", "-F", str(inner_image))
            with mounted(inner_image, disk / "disk") as inner:
                yield Bench(outer, inner, inner_image)
    except Unsupported as error:
        pytest.skip(f"this machine cannot simulate a power cut: {error}")


def trade_and_cut(bench: Bench, home: Home, synchronous: str, images: int) -> list[Findings]:
    """Let the till sell on the bench's disk and take images meanwhile."""
    own = Home(bench.disk / "home", home.acks, home.copy)
    shutil.copytree(home.path, own.path)
    own.run("--sales", "1")
    subprocess.run(["sync", "-f", str(own.path)], check=True)
    findings = []
    with running(own.command("--lines", "4", "--synchronous", synchronous)) as till:
        for _ in range(5):
            assert till.wait_for("ack"), till.said
        for number in range(images):
            findings.append(bench.cut(own))
            time.sleep(0.1 + 0.07 * number)
        assert till.process.poll() is None
        till.kill()
    return findings


def test_no_acknowledged_sale_is_lost_to_a_power_cut(bench: Bench, home: Home) -> None:
    findings = trade_and_cut(bench, home, "FULL", IMAGES)

    assert [found.faults for found in findings] == [[]] * IMAGES
    assert all(found.acknowledged >= 5 for found in findings)
    print(
        f"\n{IMAGES} power cuts: {json.dumps([found.acknowledged for found in findings])} acknowledged, 0 lost"
    )


def test_without_synchronous_writes_the_same_cuts_lose_sales(bench: Bench, home: Home) -> None:
    # Negative control: the images have teeth.
    findings = trade_and_cut(bench, home, "OFF", CONTROL_IMAGES)

    bad = [found for found in findings if found.faults]
    print(f"\nsynchronous=OFF: {len(bad)} of {CONTROL_IMAGES} images lost sales: {bad[:1]}")
    assert bad
