"""The simulated wires: messages are lost, cut, repeated, delayed, overtaken and answered by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.exchange import Answer, Lost, Request, RequestKind
from tests.sync.simulation.faults import SimulatedKill
from tests.sync.simulation.template import uuid_of

if TYPE_CHECKING:
    from tests.sync.simulation.till import Till
    from tests.sync.simulation.world import World

TIMEOUT_MS = 30_000
_STRANGERS = (
    Lost("a login page"),
    Answer(status=302),
    Answer(status=502),
    Answer(status=404),
    Answer(status=403),
    Answer(status=200, body=b'{"welcome":"hotel"}'),
    Answer(status=200, body=b"{}"),
    Answer(status=503, retry_after_s=2),
    Answer(status=429, retry_after_s=5),
    Answer(status=413),
)


class Network:
    """Between every till and head office; kind when `world.faulty` is off."""

    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, till: Till, flight: int, request: Request) -> None:
        """Carry a request; exactly one answer, or its loss, is told to the till in the end."""
        world, dice = self.world, self.world.random
        if not world.faulty:
            self._arrive(till, flight, request, in_ms=5)
            return
        rates = world.rates
        limit = world.proxy_limit
        if request.kind is RequestKind.JOURNAL and limit and len(request.body) > limit:
            self._tell(till, flight, request, Answer(status=413), in_ms=10)
            return
        roll = dice.random()
        world.at(
            world.now_ms + TIMEOUT_MS,
            lambda: (
                till.answered(flight, request, Lost("timeout"))
                if till.in_flight == flight
                else None
            ),
        )
        if roll < rates["lost request"]:
            world.count("net: request lost")
            return
        roll -= rates["lost request"]
        if roll < rates["stranger"]:
            world.count("net: stranger")
            self._tell(till, flight, request, dice.choice(_STRANGERS), in_ms=50)
            return
        roll -= rates["stranger"]
        latency = dice.randrange(5, 400)
        if roll < rates["delayed"]:
            # It arrives after the till gave up and sent something else: overtaken.
            world.count("net: delayed")
            latency = dice.randrange(TIMEOUT_MS, 20 * TIMEOUT_MS)
        answer_lost = dice.random() < rates["lost answer"]
        self._arrive(till, flight, request, in_ms=latency, answer_lost=answer_lost)
        if dice.random() < rates["repeated"]:
            world.count("net: repeated")
            self._arrive(
                till, 0, request, in_ms=dice.randrange(5, 20 * TIMEOUT_MS), answer_lost=True
            )

    def _arrive(
        self, till: Till, flight: int, request: Request, *, in_ms: int, answer_lost: bool = False
    ) -> None:
        world = self.world
        uuid, machine = uuid_of(till.number), till.machine

        def arrive() -> None:
            office = world.office
            if not office.up:
                self._tell(till, flight, request, Lost("refused"), in_ms=5)
                return
            try:
                answer = office.handle(uuid, machine, request)
            except SimulatedKill:
                world.count("office killed inside a transaction")
                world.office_died()
                self._tell(till, flight, request, Lost("reset"), in_ms=5)
                return
            world.checks.handled(request, answer)
            if answer_lost:
                world.count("net: answer lost")
                return
            self._tell(till, flight, request, answer, in_ms=5)

        world.at(world.now_ms + in_ms, arrive)

    def _tell(
        self, till: Till, flight: int, request: Request, answer: Answer | Lost, *, in_ms: int
    ) -> None:
        if flight:
            self.world.at(
                self.world.now_ms + in_ms, lambda: till.answered(flight, request, answer)
            )
