"""A browser driven over WebDriver's plain HTTP interface: Debian's Chromium, nothing downloaded."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def browser_binaries() -> tuple[str, str] | None:
    """Chromium and its driver, or None when the machine has none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    return (chromium, driver) if chromium and driver else None


class Browser:
    """One Chromium with a profile of its own; downloads land in `downloads`."""

    def __init__(self, folder: Path, *, language: str = "en-GB", script: bool = True) -> None:
        found = browser_binaries()
        assert found is not None, "expected chromium and chromedriver"
        self.downloads = folder / "downloads"
        self.downloads.mkdir(parents=True, exist_ok=True)
        self._driver = subprocess.Popen(
            [found[1], "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Chromium's own words, the form of a date field among them, follow LANGUAGE.
            env=os.environ | {"LANGUAGE": language.replace("-", "_")},
        )
        assert self._driver.stdout is not None
        port = ""
        for text in self._driver.stdout:
            if "started successfully on port " in text:
                port = text.rpartition("on port ")[2].strip().rstrip(".")
                break
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        prefs: dict[str, Any] = {
            "download.default_directory": str(self.downloads),
            "download.prompt_for_download": False,
            "intl.accept_languages": language,
        }
        if not script:
            prefs["profile.managed_default_content_settings.javascript"] = 2
        answer = self._http.post(
            "/session",
            json={
                "capabilities": {
                    "alwaysMatch": {
                        "browserName": "chrome",
                        "goog:chromeOptions": {
                            "binary": found[0],
                            "args": [
                                *FLAGS,
                                f"--user-data-dir={folder / 'profile'}",
                                f"--accept-lang={language}",
                                f"--lang={language}",
                            ],
                            "prefs": prefs,
                        },
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                    }
                }
            },
        ).json()["value"]
        assert "sessionId" in answer, answer
        self._session = f"/session/{answer['sessionId']}"
        self.requested: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.delete(self._session)
        self._http.close()
        self._driver.terminate()
        self._driver.wait(timeout=20)
        assert self._driver.stdout is not None
        self._driver.stdout.close()

    # ---------------------------------------------------------------- what a person does

    def open(self, url: str) -> None:
        self._post("/url", url=url)

    def click(self, selector: str) -> None:
        self._post(f"/element/{self._find(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        element = self._find(selector)
        self._post(f"/element/{element}/clear")
        self._post(f"/element/{element}/value", text=text)

    def size(self, width: int, height: int) -> None:
        """Set the size of the page itself: headless Chromium takes no window under 500 wide."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    # ---------------------------------------------------------------- what a person sees

    def text(self, selector: str) -> str:
        return str(self._get(f"/element/{self._find(selector)}/text"))

    def texts(self, selector: str) -> list[str]:
        return [str(self._get(f"/element/{e}/text")) for e in self._find_all(selector)]

    def attribute(self, selector: str, name: str) -> str:
        return str(self._get(f"/element/{self._find(selector)}/attribute/{name}"))

    def has(self, selector: str) -> bool:
        return bool(self._find_all(selector))

    @property
    def url(self) -> str:
        return str(self._get("/url"))

    @property
    def title(self) -> str:
        return str(self._get("/title"))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page; the answer is what it returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def screenshot(self, path: Path, *, whole: bool = False) -> Path:
        """Save a picture of the window, or of the whole page."""
        if whole:
            metrics = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": metrics["width"], "height": metrics["height"]}
            found = self.cdp(
                "Page.captureScreenshot", captureBeyondViewport=True, clip=clip | {"scale": 1}
            )["data"]
        else:
            found = self._get("/screenshot")
        path.write_bytes(base64.b64decode(found))
        return path

    # ---------------------------------------------------------------- what happened

    def complaints(self) -> list[str]:
        """Console messages of warning or error since the last call."""
        return [
            f"{entry['level']}: {entry['message']}"
            for entry in self._post("/se/log", type="browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]

    def origins(self) -> set[str]:
        """Origins of all requests so far, the browser's own pages left out."""
        for entry in self._post("/se/log", type="performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
        parts = [urlsplit(url) for url in self.requested]
        return {f"{p.scheme}://{p.netloc}" for p in parts if p.scheme in ("http", "https", "ws")}

    def wait(self, done: Callable[[], Any], what: str, timeout_s: float = 20) -> Any:
        """Ask until the answer is true; an element that is being replaced asks again."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            try:
                found = done()
            except WebDriverError:
                found = None
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come within {timeout_s} s")

    def downloaded(self, timeout_s: float = 20) -> Path:
        """The next finished download."""
        known = set(self._taken)

        def look() -> Path | None:
            # Chromium writes `.org.chromium…` and `*.crdownload` first and renames at the end.
            names = [p for p in self.downloads.iterdir() if not p.name.startswith(".")]
            whole = [p for p in names if p.suffix != ".crdownload" and p.name not in known]
            return whole[0] if whole and len(names) == len(known) + 1 else None

        path: Path = self.wait(look, "a download", timeout_s)
        self._taken.add(path.name)
        return path

    # ---------------------------------------------------------------- the wire

    @property
    def _taken(self) -> set[str]:
        names: set[str] = self.__dict__.setdefault("_taken_names", set())
        return names

    def cdp(self, command: str, **parameters: Any) -> Any:
        return self._post("/goog/cdp/execute", cmd=command, params=parameters)

    def _find(self, selector: str) -> str:
        found = self._post("/element", using="css selector", value=selector)
        return str(found[_ELEMENT])

    def _find_all(self, selector: str) -> list[str]:
        found = self._post("/elements", using="css selector", value=selector)
        return [str(element[_ELEMENT]) for element in found]

    def _get(self, path: str) -> Any:
        return self._value(self._http.get(self._session + path))

    def _post(self, path: str, **body: Any) -> Any:
        return self._value(self._http.post(self._session + path, json=body))

    @staticmethod
    def _value(answer: httpx.Response) -> Any:
        value = answer.json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise WebDriverError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value


class WebDriverError(Exception):
    """The browser could not do what was asked."""
