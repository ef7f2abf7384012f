"""Head office: is it there, what waits for it, and does its clock agree."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pos.config import Settings, load_settings
from pos.doctor.finding import FAIL, OK, WARN, Finding, found
from pos.i18n import N_
from pos.store.journal_files import live_journal
from pos.store.reference import ReferenceReader

ANSWER_S = 5.0
UNSENT_WARN_H = 24


def clock(home: Path) -> Iterator[Finding]:
    """The clock against head office's, and against the journal: it must not have stepped back."""
    from pos.store.upkeep import last_entry_flagged, last_entry_utc_ms

    settings = load_settings(home)
    last_ms = last_entry_utc_ms(live_journal(home))
    now_ms = time.time_ns() // 1_000_000
    if last_ms and now_ms < last_ms - 60_000:
        yield found(
            FAIL,
            N_("the clock is {minutes} minutes before the last entry of the journal"),
            N_("Set date and time; the till asks a manager to confirm them."),
            minutes=(last_ms - now_ms) // 60_000,
        )
    elif last_entry_flagged(home):
        yield found(
            WARN,
            N_("the till doubts its clock: entries are marked"),
            N_("Set date and time, or have a manager confirm them at the till: Functions, Clock."),
        )
    with closing(ReferenceReader(home)) as reference:
        offset = reference.meta("head_office_offset_ms") or ""
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if not offset:
        yield found(OK, N_("{now}; not compared with head office"), now=shown)
        return
    off_s = abs(int(offset)) // 1000
    far = off_s > settings.clock.warn_off_by_s
    yield found(
        WARN if far else OK,
        N_("{now}; {seconds} s from head office's"),
        N_("Switch on time synchronisation: timedatectl set-ntp true") if far else "",
        now=shown,
        seconds=off_s,
    )


def head_office(home: Path) -> Iterator[Finding]:
    """Whether head office answers, and what the uploader last had to say."""
    settings = load_settings(home)
    with closing(ReferenceReader(home)) as reference:
        enrolled = bool(reference.meta("identity.workstation_uuid"))
        url = settings.sync.head_office_url or reference.meta("identity.head_office_url") or ""
        trouble = reference.meta("last_error") or ""
    if not enrolled and not url:
        yield found(OK, N_("none: this shop stands alone"))
        return
    if not enrolled:
        yield found(
            FAIL,
            N_("this till is not enrolled"),
            N_("Get a code from `hq enrol`, then run `pos-sync enrol --url {url} --code CODE`."),
            url=url,
        )
    why = _answer(url, settings)
    if why:
        yield found(
            WARN,
            N_("{url} does not answer: {why}"),
            N_("Selling goes on; check the line and the address."),
            url=url,
            why=why,
        )
    else:
        yield found(OK, N_("{url} answers"), url=url)
    if trouble:
        yield found(
            WARN,
            N_("the uploader's last trouble: {why}"),
            N_("`pos-sync status` says more."),
            why=trouble,
        )


def outbox(home: Path) -> Iterator[Finding]:
    """What head office has not acknowledged, and since when it waits."""
    from pos.store.upkeep import unsent_entries

    with closing(ReferenceReader(home)) as reference:
        if not reference.meta("identity.workstation_uuid"):
            return
        acked = {epoch: row.acked_seq for epoch, row in reference.acked().items()}
    count, oldest_ms = unsent_entries(home, acked)
    if not count:
        yield found(OK, N_("everything is at head office"))
        return
    hours = (time.time() - oldest_ms / 1000) / 3600
    late = hours > UNSENT_WARN_H
    yield found(
        WARN if late else OK,
        N_("{count} entries wait, the oldest for {hours} hours"),
        N_("Check the line, or carry them on a stick: `pos journal export --out FILE`.")
        if late
        else "",
        count=count,
        hours=round(max(hours, 0.0), 1),
    )


def _answer(url: str, settings: Settings) -> str:
    """Why head office does not answer; empty when it does, with whatever status."""
    if not url.startswith(("http://", "https://")):
        return "?"
    context = None
    if url.startswith("https:"):
        context = ssl.create_default_context(cafile=settings.sync.ca_file or None)
    request = urllib.request.Request(f"{url.rstrip('/')}/healthz")  # noqa: S310 - http(s) only, above
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S, context=context):  # noqa: S310
            return ""
    except urllib.error.HTTPError as error:
        return "" if error.code < 500 else f"HTTP {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
