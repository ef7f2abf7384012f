"""Bytes of scales to weights, and what to send to get them (C1). Pure: no port, no clock.

==============  ================================================================================
toledo-8217     ``W`` is answered by ``STX NN.NNN CR`` when the weight is stable and by
                ``STX ? status CR`` when it is not (bits: 0 motion, 1 over capacity, 2 under zero,
                4 centre of zero, 6 bad command)
cas-ecr         ``ENQ`` → ``ACK``, ``DC1`` → ``SOH STX sta sign w.www kg BCC ETX EOT``; BCC is the
                XOR between STX and itself; sta is S stable, U unstable, F fault
pattern         frames up to ``frame_end``, each read with the profile's regular expression: CAS
                22 bytes and OIML streams, and everything that can be described so
==============  ================================================================================

A frame that does not hold together is dropped: a weight is either read whole or not at all. The
number is taken from the wire as a decimal, never through a float.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final, Protocol

from drivers.errors import Illegal
from drivers.events import WeightState
from drivers.scale.profile import ScaleProfile

BUFFER_MAX: Final = 256
"""Bytes without a frame in them before the oldest are dropped."""

MG_PER: Final[dict[str, Decimal]] = {
    "kg": Decimal(1_000_000),
    "g": Decimal(1_000),
    "jin": Decimal(500_000),
    "lb": Decimal("453592.37"),
}

STX, ETX, EOT, ENQ, ACK, DC1, SOH = 0x02, 0x03, 0x04, 0x05, 0x06, 0x11, 0x01


@dataclass(frozen=True, slots=True)
class Weight:
    """What the scale says at one moment."""

    state: WeightState
    weight_mg: int = 0
    """With STABLE and UNSTABLE; positive."""


@dataclass(frozen=True, slots=True)
class Send:
    """What the protocol wants sent now."""

    data: bytes


class ScaleProtocol(Protocol):
    """One conversation with a scale."""

    def ask(self) -> bytes:
        """Forget what was begun; gives what asks for a weight, empty when it comes by itself."""

    def feed(self, data: bytes) -> list[Weight | Send]:
        """Take received bytes."""


def protocol_of(profile: ScaleProfile) -> ScaleProtocol:
    """The conversation that ``profile`` names."""
    if profile.protocol == "toledo-8217":
        return Toledo8217(profile)
    if profile.protocol == "cas-ecr":
        return CasEcr(profile)
    return Pattern(profile)


def weight_of(profile: ScaleProfile, number: str, unit: str, *, stable: bool) -> Weight | None:
    """A positive number within capacity, as milligrams; None when it is no number at all."""
    text = number.replace(" ", "")
    if not re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", text) or not text.isascii():
        return None
    value = Decimal(text)
    if profile.decimals >= 0 and "." not in text:
        value = value.scaleb(-profile.decimals)
    mg = int((value * MG_PER[unit]).quantize(Decimal(1), ROUND_HALF_UP))
    if mg == 0:
        return Weight(WeightState.ZERO)
    if mg > profile.capacity_g * 1000:
        return Weight(WeightState.OVERLOAD)
    return Weight(WeightState.STABLE if stable else WeightState.UNSTABLE, mg)


class _Buffered:
    def __init__(self, profile: ScaleProfile) -> None:
        self._profile = profile
        self._buffer = bytearray()

    def ask(self) -> bytes:
        self._buffer.clear()
        return self._profile.request

    def _take(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > BUFFER_MAX:
            del self._buffer[:-BUFFER_MAX]


class Toledo8217(_Buffered):
    """Mettler-Toledo 8217: one letter asks, one short frame answers."""

    _FRAME: Final = re.compile(rb"\x02(?:\?(.)|([ 0-9.]{1,8}))\r", re.DOTALL)

    def ask(self) -> bytes:
        """Ask for the weight."""
        super().ask()
        return self._profile.request or b"W"

    def feed(self, data: bytes) -> list[Weight | Send]:
        """Take received bytes; the parity bit of a line opened with 8 data bits is dropped."""
        self._take(bytes(byte & 0x7F for byte in data))
        found: list[Weight | Send] = []
        end = 0
        for match in self._FRAME.finditer(self._buffer):
            end = match.end()
            status, number = match.groups()
            weight = (
                Weight(self._state(status[0]))
                if status
                else weight_of(self._profile, number.decode(), self._profile.unit, stable=True)
            )
            if weight is not None:
                found.append(weight)
        del self._buffer[:end]
        return found

    @staticmethod
    def _state(status: int) -> WeightState:
        if status & 0b0000_0010:
            return WeightState.OVERLOAD
        if status & 0b0000_0100:
            return WeightState.UNDER_ZERO
        if status & 0b0000_0001:
            return WeightState.UNSTABLE
        if status & 0b0001_0000:
            return WeightState.ZERO
        return WeightState.FAULT


class CasEcr(_Buffered):
    """CAS PD-II and AP-1, also 大华 ACS models: a handshake, then a frame with a check byte."""

    _BODY: Final = re.compile(rb"([SUF])([-+ F]?)([ 0-9.]{1,10}?) *(kg|g|lb)")

    def __init__(self, profile: ScaleProfile) -> None:
        """Nothing has been asked."""
        super().__init__(profile)
        self._greeted = False

    def ask(self) -> bytes:
        """Ask whether it is there; its ACK is answered by the request proper."""
        super().ask()
        self._greeted = True
        return bytes([ENQ])

    def feed(self, data: bytes) -> list[Weight | Send]:
        """Take received bytes."""
        found: list[Weight | Send] = []
        if self._greeted and ACK in data:
            self._greeted = False
            found.append(Send(bytes([DC1])))
            data = data[data.index(ACK) + 1 :]
        self._take(data)
        while (body := self._frame()) is not None:
            weight = self._weight(body)
            if weight is not None:
                found.append(weight)
        return found

    def _frame(self) -> bytes | None:
        """Take the next frame's body out of the buffer; None while there is none."""
        buffer = self._buffer
        start = buffer.find(bytes([SOH, STX]))
        if start < 0:
            del buffer[: max(0, len(buffer) - 1)]
            return None
        del buffer[:start]
        check = 0
        for at in range(2, len(buffer) - 2):  # the check byte may be any byte, ETX and EOT too
            if buffer[at + 1 : at + 3] == bytes([ETX, EOT]):
                body = bytes(buffer[2:at])
                if check == buffer[at]:
                    del buffer[: at + 3]
                    return body
                if self._BODY.fullmatch(body):  # whole, with a wrong check byte
                    del buffer[: at + 3]
                    return b""
            check ^= buffer[at]
        return None

    def _weight(self, body: bytes) -> Weight | None:
        match = self._BODY.fullmatch(body)
        if match is None:
            return None
        state, sign, number, unit = (part.decode() for part in match.groups())
        if state == "F" or sign == "F":
            return Weight(WeightState.OVERLOAD)
        if sign == "-":
            return Weight(WeightState.UNDER_ZERO)
        return weight_of(self._profile, number, unit, stable=state == "S")


@lru_cache(maxsize=16)
def compiled_pattern(profile: ScaleProfile) -> re.Pattern[bytes]:
    """The profile's regular expression.

    Raises:
        Illegal: it is none, or has no group ``weight``.
    """
    try:
        compiled = re.compile(profile.pattern.encode())
    except re.error as error:
        raise Illegal(f"scale profile {profile.name!r}: pattern: {error}") from error
    unknown = set(compiled.groupindex) - {
        "weight", "sign", "unit", "stable", "unstable", "overload",
    }  # fmt: skip
    if "weight" not in compiled.groupindex or unknown:
        raise Illegal(
            f"scale profile {profile.name!r}: pattern: expected the named group weight and, where"
            " the scale says so, sign, unit, stable, unstable, overload"
        )
    return compiled


class Pattern(_Buffered):
    """A scale whose frames a regular expression can read."""

    def __init__(self, profile: ScaleProfile) -> None:
        """Compile the profile's pattern."""
        super().__init__(profile)
        self._pattern = compiled_pattern(profile)

    def feed(self, data: bytes) -> list[Weight | Send]:
        """Take received bytes."""
        self._take(data)
        found: list[Weight | Send] = []
        while (end := self._buffer.find(self._profile.frame_end)) >= 0:
            weight = self._weight(bytes(self._buffer[:end]))
            del self._buffer[: end + len(self._profile.frame_end)]
            if weight is not None:
                found.append(weight)
        return found

    def _weight(self, frame: bytes) -> Weight | None:
        match = self._pattern.search(frame)
        if match is None:
            return None
        said = {name: value for name, value in match.groupdict().items() if value is not None}
        if "overload" in said:
            return Weight(WeightState.OVERLOAD)
        if said.get("sign") == b"-":
            return Weight(WeightState.UNDER_ZERO)
        unit = said.get("unit", self._profile.unit.encode()).decode("ascii", "replace").lower()
        if "weight" not in said or unit not in MG_PER:
            return None
        names = self._pattern.groupindex
        stable = "stable" in said if "stable" in names else "unstable" not in said
        return weight_of(self._profile, said["weight"].decode("ascii"), unit, stable=stable)
