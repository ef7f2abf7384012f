"""Approval for one action: ask a second person, then act with the grant (rule 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from pos.services.context import Grant, NeedsApproval
from pos.ui.flow import Ask

if TYPE_CHECKING:
    from pos.ui.app import TillApp

Result = TypeVar("Result")


async def approved(
    app: TillApp,
    action: Callable[[Grant | None], Result | NeedsApproval],
    told: str = "",
    meant: str = "",
) -> Result | None:
    """The action's result, after an approval where one is needed; None = given up.

    `told` says how much is at stake: who signs sees the figures, not only whose they are. `meant`
    says what was probably meant by whoever pressed the wrong key.
    """
    from pos.ui.screens.approval import ApprovalScreen

    result = action(None)
    grants: list[Grant] = []
    while isinstance(result, NeedsApproval):
        grant = await Ask(ApprovalScreen(app.till, result, told, meant))
        if grant is None:
            return None
        grants.append(grant)
        # An action that needs several signatures takes them all; most need one.
        result = action(grant if len(grants) == 1 else cast("Grant", tuple(grants)))
    return result
