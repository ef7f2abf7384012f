"""Is the clock right? A manager says date and time with number and PIN; or not now (R20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import clock_watch, operators
from pos.services.clock_watch import Confirmed, Doubt, StillWrong
from pos.services.context import Till
from pos.ui import parsing
from pos.ui.clock_words import doubt_text, local_text
from pos.ui.keys import PadState
from pos.ui.parsing import TypedError
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, clean, fit, lines_of
from pos.ui.texts import pin_refusal_text
from pos.ui.widgets.pad_footer import Hint

_DATE, _TIME, _NUMBER, _PIN = range(4)
_LONGEST = 32


class ClockScreen(DialogScreen[Confirmed | StillWrong | None], inherit_bindings=False):
    """Answers with what the manager said, or None when it was put off.

    Date and time stand there as the clock has them; a digit replaces them.
    """

    CSS_PATH = "clock.tcss"
    scan_policy = ScanPolicy.FORWARD

    def __init__(self, till: Till, doubt: Doubt | None) -> None:
        super().__init__()
        self.till = till
        self.doubt = doubt
        self.title_text = _("Date and time")
        self.at = _DATE
        self.typed: list[str | None] = [None, None, "", ""]
        """None: as the clock has it."""

        self.checking = False

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        return {"next": "", "cancel": _("Clear") if self.typed[self.at] else _("Back")}

    def hints(self) -> list[Hint]:
        if self.doubt is None or clock_watch.may_put_off(self.till):
            return [("*", _("Not now"))]
        return []

    @property
    def labels(self) -> tuple[str, ...]:
        """Words of the fields."""
        return _("Date"), _("Time"), _("Manager's number"), _("PIN")

    def _shown(self, field: int) -> str:
        typed = self.typed[field]
        if typed is not None:
            return "●" * len(typed) if field == _PIN else clean(typed)
        local = local_text(self.till, self.till.clock.utc_ms())
        return local[:10] if field == _DATE else local[11:16]

    def content(self, width: int) -> Sequence[Line]:
        rows: list[Line] = []
        if self.doubt is not None:
            expected = local_text(self.till, self.doubt.expected_utc_ms)
            rows += lines_of(doubt_text(self.doubt), width, "panel_orange")
            if self.doubt.cause == "head_office":
                told = _("Head office's time was {time}")
            else:
                told = _("Before that it was {time}")
            rows += lines_of(told.format(time=expected), width, "panel")
        rows += lines_of(
            _("A manager says what day and time it is. Selling can go on; entries are marked."),
            width,
            "panel_dim",
        )
        rows.append(())
        size = max(cells(one) for one in self.labels) + 1
        for field, words in enumerate(self.labels):
            cursor = "▏" if field == self.at else ""
            role = "panel_field" if field == self.at else "panel"
            value = (fit(f" {self._shown(field)}{cursor}", width - size), role)
            rows.append(((fit(words, size), "panel_strong"), value))
        if self.checking:
            rows.append((("… " + _("One moment"), "panel_blue"),))
        return rows

    def idle(self, _seconds: float) -> None:
        """Called each second: the clock goes on, and may have been put right meanwhile."""
        if self.doubt is not None and not self.checking:
            self.doubt = clock_watch.open_doubt(self.till)
            if self.doubt is None:
                self.finish(None)
                return
        self.redraw()

    def pad(self, action: str, press: KeyPress) -> None:
        if self.checking:
            return
        if action == "choose":
            self.guarded(press, self._go_on)
        elif action == "cancel":
            self._cancel()
        elif press.key == "*":
            self._not_now()

    def other_key(self, press: KeyPress) -> None:
        if self.checking:
            return
        typed = self.typed[self.at]
        if press.key == "backspace":
            self.typed[self.at] = (typed or "")[:-1] or (None if self.at <= _TIME else "")
        elif len(typed or "") < _LONGEST and (
            press.digit or (press.text and (press.text == ":" or self.at == _NUMBER))
        ):
            self.band.good()
            self.typed[self.at] = (typed or "") + press.text

    def _cancel(self) -> None:
        if self.typed[self.at]:
            self.typed[self.at] = None if self.at <= _TIME else ""
        elif self.at:
            self.at -= 1
        else:
            self._not_now()

    def _not_now(self) -> None:
        if self.doubt is not None and not clock_watch.may_put_off(self.till):
            self.error(_("This shop sells only when a manager has answered"))
            return
        clock_watch.put_off(self.till)
        self.finish(None)

    def _go_on(self) -> None:
        try:
            self._said_utc_ms()
        except TypedError as error:
            self.error(str(error), self.typed[self.at] or "")
            return
        if self.at < _PIN:
            self.at += 1 if self.at <= _TIME or self.typed[self.at] else 0
        elif self.typed[_PIN]:
            self.host.start(self._check())
        if self.is_mounted:
            self.redraw()

    def _said_utc_ms(self) -> int | None:
        """The time that was typed; None when the clock's was left standing."""
        date, time = self.typed[_DATE], self.typed[_TIME]
        if date is None and time is None:
            return None
        day = parsing.day(date if date is not None else self._shown(_DATE))
        at = parsing.time_of_day(time if time is not None else self._shown(_TIME))
        offset = timedelta(minutes=self.till.clock.utc_offset_minutes())
        local = datetime.fromisoformat(f"{day}T{at}:00").replace(tzinfo=UTC)
        return int((local - offset).timestamp() * 1000)

    async def _check(self) -> None:
        number, pin = self.typed[_NUMBER] or "", self.typed[_PIN] or ""
        self.checking = True
        self.redraw()
        checked = await self.host.off_loop(
            lambda: operators.check_credentials(self.till, number, pin)
        )
        self.checking = False
        result = (
            checked
            if isinstance(checked, Refusal)
            else clock_watch.answer(self.till, checked, self._said_utc_ms())
        )
        if isinstance(result, Refusal):
            self.typed[_PIN] = ""
            if result.code != "wrong_pin":
                self.at, self.typed[_NUMBER] = _NUMBER, ""
            self.error(pin_refusal_text(result))
        else:
            self.finish(result)
