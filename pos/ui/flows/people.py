"""People: a forgotten PIN, one's own PIN, lifting a delay, operators of a lone shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import operators, pin_changes
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.texts import named, pin_refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.base import TillScreen
    from pos.ui.screens.sale import SaleScreen


async def forgotten_pin(app: TillApp, screen: TillScreen[Any]) -> None:
    """At the sign-on screen: the recovery code of `pos init` sets a PIN anew, once."""
    title = _("PIN forgotten")
    lines = [_("A manager can set it anew after signing on; otherwise the recovery code does.")]
    operator_id = await Ask(
        EntryScreen(title, parsing.words, label=_("Operator's number"), lines=lines, letters=True)
    )
    if operator_id is None:
        return
    code = await Ask(EntryScreen(title, parsing.words, label=_("Recovery code"), letters=True))
    if code is None:
        return
    new_pin = await ask_new_pin(title)
    if new_pin is None:
        return
    result = await app.off_loop(
        lambda: pin_changes.reset_pin(
            app.till, operator_id, new_pin, recovery_code=code.strip().upper()
        )
    )
    if isinstance(result, Refusal):
        screen.error(pin_refusal_text(result))
        return
    if result.recovery_code:
        await Ask(
            ReadScreen(
                _("The new recovery code"),
                [_("Write it down and keep it locked away:"), "", f"  {result.recovery_code}"],
            )
        )
    screen.note(_("The PIN is set"))


async def ask_new_pin(title: str) -> str | None:
    """A new PIN, typed twice; None when given up or when the two differ."""
    first = await Ask(EntryScreen(title, parsing.pin, label=_("New PIN"), hidden=True))
    if first is None:
        return None
    again = await Ask(EntryScreen(title, parsing.pin, label=_("New PIN again"), hidden=True))
    if again is None:
        return None
    if first != again:
        return await ask_new_pin(_("The two differed: once more"))
    return first


async def people(app: TillApp, sale: SaleScreen) -> None:
    """Operators: own PIN, another's PIN, lift a delay, add or change somebody."""
    action = await Ask(
        ChooseScreen(
            _("People"),
            [
                Choice(1, _("Change my PIN"), "own"),
                Choice(2, _("Set somebody's PIN anew"), "reset"),
                Choice(3, _("Lift the delay after wrong PINs"), "lift"),
                Choice(4, _("Add an operator"), "add"),
                Choice(5, _("An operator leaves or comes back"), "active"),
            ],
        )
    )
    if action == "own":
        await own_pin(app, sale)
    elif action == "reset":
        await reset_pin(app, sale)
    elif action == "lift":
        await lift(app, sale)
    elif action == "add":
        await add_operator(app, sale)
    elif action == "active":
        await change_active(app, sale)


async def own_pin(app: TillApp, sale: SaleScreen) -> None:
    """Change one's own PIN."""
    title = _("Change my PIN")
    old = await Ask(EntryScreen(title, parsing.pin, label=_("PIN"), hidden=True))
    new = await ask_new_pin(title) if old is not None else None
    if old is None or new is None:
        return
    result = await app.off_loop(lambda: pin_changes.change_pin(app.till, old, new))
    _say(sale, result, _("The PIN is set"))


async def reset_pin(app: TillApp, sale: SaleScreen) -> None:
    """A manager sets somebody's PIN anew."""
    one = await choose_person(app)
    new = await ask_new_pin(_("Set somebody's PIN anew")) if one is not None else None
    if one is None or new is None:
        return
    result = await app.off_loop(lambda: pin_changes.reset_pin(app.till, one.operator_id, new))
    _say(sale, result, _("The PIN is set"))


async def lift(app: TillApp, sale: SaleScreen) -> None:
    """Lift the delay after wrong PINs."""
    one = await choose_person(app)
    if one is not None:
        _say(sale, pin_changes.lift_lockout(app.till, one.operator_id), _("The delay is lifted"))


async def add_operator(app: TillApp, sale: SaleScreen) -> None:
    """Add somebody to a lone shop."""
    title = _("Add an operator")
    number = await Ask(
        EntryScreen(title, parsing.words, label=_("Operator's number"), letters=True)
    )
    if number is None:
        return
    name = await Ask(EntryScreen(title, parsing.words, label=_("Name"), letters=True))
    if name is None:
        return
    roles = list(app.till.roles.values())
    role = await Ask(
        ChooseScreen(
            _("Role"),
            [
                Choice(index, named(one.name_zh, one.name_en), one.role_id)
                for index, one in enumerate(roles, start=1)
            ],
        )
    )
    pin = await ask_new_pin(title) if role is not None else None
    if role is None or pin is None:
        return
    result = await app.off_loop(
        lambda: operators.set_operator(app.till, number, name=name, role=role, pin=pin)
    )
    _say(sale, result, _("{name} can sign on now").format(name=name))


async def change_active(app: TillApp, sale: SaleScreen) -> None:
    """Somebody leaves, or comes back."""
    one = await choose_person(app, everybody=True)
    if one is None:
        return
    result = operators.set_operator(
        app.till,
        one.operator_id,
        name=one.name,
        role=one.role,
        language=one.language,
        active=not one.active,
    )
    done = _("{name} cannot sign on any more") if one.active else _("{name} can sign on now")
    _say(sale, result, done.format(name=one.name))


async def choose_person(app: TillApp, *, everybody: bool = False) -> operators.Person | None:
    """One of the operators."""
    listed = operators.people(app.till) if everybody else operators.operators(app.till)
    choices = []
    for number, one in enumerate(listed, start=1):
        role = app.till.roles.get(one.role)
        words = f"{one.operator_id}  {one.name}"
        detail = named(role.name_zh, role.name_en) if role is not None else one.role
        choices.append(Choice(number, words, one, detail=detail))
    return await Ask(ChooseScreen(_("People"), choices))


def _say(sale: SaleScreen, result: object, done: str) -> None:
    if isinstance(result, Refusal):
        sale.error(pin_refusal_text(result))
    else:
        sale.note(done)
