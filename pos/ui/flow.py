"""A dialogue with the cashier as one straight story: a coroutine that waits for screens.

Textual runs callbacks of dialogs some turns of the loop later; keys typed meanwhile would go
astray. Here the next step runs at once, in the same call that answers the dialog, so a burst of
keys always lands where a slow typist's would.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.base import TillScreen

T = TypeVar("T")
Story = Coroutine[Any, Any, T]


class Ask(Generic[T]):
    """Await it: push a screen and wait for its answer."""

    def __init__(self, screen: TillScreen[T]) -> None:
        self.screen = screen

    def __await__(self) -> Generator[Ask[T], Any, T]:
        return (yield self)  # type: ignore[no-any-return]  # what `Flow` sends back


class Saved(Generic[T]):
    """Await it: wait until the write worker has committed; raises what it raised."""

    def __init__(self, future: concurrent.futures.Future[T]) -> None:
        self.future = future

    def __await__(self) -> Generator[Saved[T], Any, T]:
        if not self.future.done():
            yield self
        return self.future.result()


class Flow:
    """Runs a story to its end, one step for each answer."""

    def __init__(self, app: TillApp, story: Story[Any], done: Callable[[Any], None]) -> None:
        self._app = app
        self._story = story
        self._done = done
        self.waiting_for_disk = False

    def start(self) -> None:
        """Run up to the first screen."""
        self._step(None)

    def _step(self, answer: object) -> None:
        try:
            waiter = self._story.send(answer)
        except StopIteration as end:
            self._done(end.value)
            return
        if isinstance(waiter, Ask):
            self._app.open_screen(waiter.screen, self._step)
            return
        if isinstance(waiter, Saved):
            self.waiting_for_disk = True
            asyncio.wrap_future(waiter.future).add_done_callback(self._written)
            return
        msg = f"expected a screen or a write to wait for, got {waiter!r}"
        raise TypeError(msg)

    def _written(self, future: asyncio.Future[Any]) -> None:
        self.waiting_for_disk = False
        if not future.cancelled():
            future.exception()  # the story reads it from its own future
        self._app.run_inside(lambda: self._step(None))
