"""Takes the README's picture of head office: `python -m tests.sync.head_office.take_picture`.

The same chain as in the tests, without its hostile names, in Chromium, in Chinese (or `en`).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.support.webdriver import Browser
from tests.sync.head_office.demo_chain import PASSWORD, Chain
from tests.sync.head_office.pages_kit import Pages

TARGET = Path(__file__).resolve().parents[3] / ".github" / "images" / "dashboard.png"
WIDTH, HEIGHT = 1280, 1530


def take(target: Path, language: str) -> None:
    """Save the top of the overview as a palette image."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chain = Chain(folder / "hq", sales_a_day=120, hostile=False)
        with Pages(folder / "hq") as pages, Browser(folder, language=language) as browser:
            browser.size(WIDTH, HEIGHT)
            browser.open(pages.url + "/")
            browser.type("[name=name]", "admin")
            browser.type("[name=password]", PASSWORD)
            browser.click("main button")
            browser.wait(lambda: browser.has("[data-chart] canvas"), "the chart")
            browser.screenshot(folder / "page.png")
        chain.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(folder / "page.png") as picture:
            picture.convert("RGB").quantize(255, method=Image.Quantize.MAXCOVERAGE).save(
                target, optimize=True
            )
    sys.stdout.write(f"{target} {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    take(TARGET, "en-GB" if sys.argv[1:] == ["en"] else "zh-CN")
