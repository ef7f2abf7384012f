"""What the commands of `hq goods` share: their options, and head office opened for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import office

if TYPE_CHECKING:
    from sync.head_office.goods_orders import GoodsOrders
    from sync.head_office.people import Person

_Command = TypeVar("_Command", bound=Callable[..., Any])


def by_option(command: _Command) -> _Command:
    """`--by`."""
    return click.option("--by", required=True, help=_("Person of head office who does it."))(
        command
    )


def store_option(command: _Command) -> _Command:
    """`--store`, required."""
    return click.option("--store", required=True, help=_("Number of the store."))(command)


def line_option(command: _Command) -> _Command:
    """`--line`, several."""
    return click.option(
        "--line",
        "lines",
        multiple=True,
        help=_("'ITEM QUANTITY PRICE', once for each line."),
    )(command)


def note_option(command: _Command) -> _Command:
    """`--note`."""
    return click.option("--note", default="", help=_("Why; it is kept."))(command)


@contextmanager
def acting(
    home: str | None, database_url: str | None, by: str
) -> Iterator[tuple[GoodsOrders, Person]]:
    """Orders of an open head office, and the person who acts."""
    from sync.head_office import people
    from sync.head_office.feed import Feed
    from sync.head_office.goods_following import follow_all
    from sync.head_office.goods_orders import GoodsOrders

    place = office(home, database_url)
    try:
        orders = GoodsOrders(Feed(place))
        follow_all(orders)
        yield orders, people.by_name(place, by)
    finally:
        place.close()


@contextmanager
def reading(home: str | None, database_url: str | None) -> Iterator[GoodsOrders]:
    """Orders of a head office that is only read."""
    from sync.head_office.feed import Feed
    from sync.head_office.goods_orders import GoodsOrders

    place = office(home, database_url, read_only=True)
    try:
        yield GoodsOrders(Feed(place))
    finally:
        place.close()
