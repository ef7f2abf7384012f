"""A simulated ESC/POS printer without any port: bytes in, answers and paper out (pure).

It behaves as the real ones were observed to: real-time requests are answered at once, even when
nothing can be printed; everything else waits in the buffer while paper is missing, the cover is
open or the printer is offline, and comes out by itself afterwards, together with the answers that
were asked for in between.
"""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field

from drivers.escpos.decoder import PaperBuilder, Receipt
from drivers.escpos.tokens import Kind, Token, Tokenizer
from drivers.printer_troubles import PrinterTroubles

_NONSENSE = b"\xc5\xff\x99\x8b\xe1"


@dataclass(slots=True)
class PrinterModel(PrinterTroubles):
    """State of the simulated printer."""

    columns: int = 48
    echoes_process_id: bool = True
    """Whether it knows GS ( H; cheap printers do not."""
    echo_always: bytes = b""
    """Echoes these four bytes whatever number was sent, as a careless clone does."""
    answers_in_order: bool = True
    """Whether it knows GS r."""
    clears_buffer: bool = True
    paper_low: bool = False
    drawer_open: bool = False
    _builder: PaperBuilder = field(init=False)
    _tokenizer: Tokenizer = field(default_factory=Tokenizer)
    _buffer: deque[Token] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Put an empty roll in."""
        self._builder = PaperBuilder(self.columns)

    def receive(self, data: bytes) -> None:
        """Take bytes; answers are then in :meth:`take_output`."""
        self.raw += data
        if self.dead:
            return
        for token in self._tokenizer.feed(data):
            if token.kind is Kind.REAL_TIME_STATUS:
                self._answer(bytes((self._real_time(token.value),)))
            elif token.kind is Kind.CLEAR_BUFFER:
                if self.clears_buffer:
                    self._buffer.clear()
                    self._answer(b"\x37\x25\x00")
            else:
                self._buffer.append(token)
                self.run()

    def run(self) -> None:
        """Print what is in the buffer, as far as it goes."""
        while self._buffer and self.ready:
            self._execute(self._buffer.popleft())

    def power_cycle(self) -> None:
        """Off and on again: what was in the buffer is gone."""
        self._buffer.clear()
        self._tokenizer = Tokenizer()
        self._output.clear()

    def receipts(self) -> tuple[Receipt, ...]:
        """What has come out, the strip that is not cut yet included."""
        return copy.deepcopy(self._builder).paper().receipts

    def tear_off(self) -> tuple[Receipt, ...]:
        """Take the receipts that are cut; they are no longer among :meth:`receipts`."""
        torn = tuple(self._builder.receipts)
        self._builder.receipts.clear()
        return torn

    @property
    def drawer_kicks(self) -> tuple[int, ...]:
        """Connector pins of the pulses that ran."""
        return tuple(self._builder.drawer_kicks)

    @property
    def garbage(self) -> tuple[bytes, ...]:
        """Bytes that it did not understand."""
        return tuple(self._builder.garbage)

    def _execute(self, token: Token) -> None:
        if token.kind is Kind.ORDERED_STATUS:
            if self.answers_in_order:
                self._answer(bytes((self._ordered(token.value),)))
            return
        if token.kind is Kind.PROCESS_ID:
            if self.echoes_process_id:
                self._answer(b"\x37\x22" + (self.echo_always or token.data) + b"\x00")
            return
        self._builder.take(token)
        if token.kind is Kind.DRAWER:
            self.drawer_open = True
        if token.kind is Kind.LINE:
            self._use_paper()

    def _answer(self, data: bytes) -> None:
        if self.silent:
            return
        if self.nonsense:
            data = _NONSENSE[: max(1, len(data))]
        self._output += data

    def _real_time(self, request: int) -> int:
        value = 0x12
        if request == 1:
            value |= 0x04 if self.drawer_open else 0
            value |= 0 if self.ready else 0x08
        elif request == 2:
            value |= 0x04 if self.cover_open else 0
            value |= 0 if self.paper else 0x20
            value |= 0x40 if self.cutter_jammed else 0
        elif request == 3:
            value |= 0x08 if self.cutter_jammed else 0
        elif request == 4:
            value |= 0x0C if self.paper_low or not self.paper else 0
            value |= 0 if self.paper else 0x60
        return value

    def _ordered(self, request: int) -> int:
        if request == 2:
            return 0x01 if self.drawer_open else 0x00
        return 0x03 if self.paper_low else 0x00
