"""温湿度: readings of the places' thermometers, twice a day, within limits (QLT-11)."""

from __future__ import annotations

from concurrent.futures import Future

import msgspec

from pos.config.quality import ReadingPlace
from pos.domain.cart import Refusal
from pos.domain.goods.registers import Register, RegisterNoted
from pos.i18n import N_
from pos.services.context import Till
from pos.services.goods import documents
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers


class PlaceToday(msgspec.Struct, frozen=True, kw_only=True):
    """A place, how often it was read today, how often it should be."""

    place: ReadingPlace
    read: int
    wanted: int
    last_tenths: int | None = None
    out_of_limits: bool = False

    @property
    def missing(self) -> int:
        """Readings still to be made today."""
        return max(0, self.wanted - self.read)


def today(till: Till) -> list[PlaceToday]:
    """Every place with its readings of the day."""
    day = stock_day(till)
    notes = goods_ledgers.notes(till.journal.reader(), Register.TEMPERATURE.value, since_day=day)
    found = []
    for place in till.settings.quality.places:
        own = [one for one in notes if one.subject == place.id and one.business_day == day]
        last = int(own[-1].fields["temperature_tenths"]) if own else None
        found.append(
            PlaceToday(
                place=place,
                read=len(own),
                wanted=till.settings.quality.readings_per_day,
                last_tenths=last,
                out_of_limits=bool(own) and own[-1].action == "out_of_limits",
            )
        )
    return found


def within(place: ReadingPlace, temperature_tenths: int, humidity: int | None) -> bool:
    """Whether a reading is within the place's limits."""
    return place.lowest_tenths <= temperature_tenths <= place.highest_tenths and (
        humidity is None or place.humidity_lowest <= humidity <= place.humidity_highest
    )


def record(
    till: Till,
    place_id: str,
    temperature_tenths: int,
    humidity: int | None = None,
    *,
    measure: str = "",
) -> Future[None] | Refusal:
    """Journal a reading; one out of limits needs what was done about it."""
    place = next((one for one in till.settings.quality.places if one.id == place_id), None)
    if place is None:
        return Refusal("no_such_place", N_("no such place is set up"))
    good = within(place, temperature_tenths, humidity)
    if not good and not measure.strip():
        return Refusal(
            "measure_missing",
            N_("out of limits: say what was done about it"),
            {
                "lowest": place.lowest_tenths,
                "highest": place.highest_tenths,
                "came": temperature_tenths,
            },
        )
    fields = {
        "temperature_tenths": str(temperature_tenths),
        "humidity": "" if humidity is None else str(humidity),
        "lowest_tenths": str(place.lowest_tenths),
        "highest_tenths": str(place.highest_tenths),
        "measure": measure.strip(),
        "name": place.name,
        "at": till.local_iso(),
    }
    return documents.note(
        till,
        RegisterNoted(
            register=Register.TEMPERATURE,
            subject=place_id,
            action="reading" if good else "out_of_limits",
            fields={name: value for name, value in fields.items() if value},
        ),
    )
