"""What stands on the counter beside scanner and printer: the scale and the customer's display.

Either may be absent, appear later or vanish; neither is ever waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.events import LineDisplayStatus, ScaleEvent, ScaleStatus
from drivers.line_display.profile import LineDisplayProfile, line_display_profile_from_mapping
from drivers.registry import display_from_url, scale_from_url
from drivers.scale.profile import ScaleProfile, scale_profile_from_mapping
from pos.config.device_profiles import device_profile
from pos.services.context import Till

if TYPE_CHECKING:
    from drivers.line_display.serial_display import SerialLineDisplay
    from drivers.line_display.simulated import FakeLineDisplay
    from drivers.ports import Scale


class Counter:
    """The counter's devices of one till."""

    def __init__(
        self,
        till: Till,
        scale: Scale | None,
        display: SerialLineDisplay | FakeLineDisplay | None,
    ) -> None:
        self._till = till
        self.scale = scale
        self.display = display

    def enable(self) -> None:
        """Connect, on the running event loop."""
        if self.scale is not None:
            self.scale.subscribe(self._scale_said)
            self.scale.open()
            self.scale.claim()
            self.scale.enable()
        if self.display is not None:
            self.display.start()

    def close(self) -> None:
        """Let go."""
        if self.scale is not None:
            self.scale.close()
        if self.display is not None:
            self.display.close()

    def _scale_said(self, event: ScaleEvent) -> None:
        if isinstance(event, ScaleStatus):
            self._till.status.scale = event.state.value
            self._till.tell(event)


def connect_counter(till: Till) -> Counter:
    """Make the devices that the settings name; nothing is opened yet.

    Raises drivers' `Illegal` for a URL or a profile that means nothing, ConfigError for a profile
    that is not there.
    """
    settings = till.settings
    scale = display = None
    if settings.scale.url:
        scale = scale_from_url(settings.scale.url, scale_profile(settings.scale.profile))
        till.scale = scale
        till.status.scale = "disconnected"
    if settings.customer_display.url:

        def heard(event: LineDisplayStatus) -> None:
            till.status.display = event.state.value
            till.tell(event)

        profile = display_profile(settings.customer_display.profile)
        display = display_from_url(settings.customer_display.url, profile, on_event=heard)
        till.display = display
        till.status.display = "connected" if settings.customer_display.url == "sim:" else "unknown"
    return Counter(till, scale, display)


def scale_profile(name: str) -> ScaleProfile:
    """The model that the settings name, from `config/scales`."""
    return scale_profile_from_mapping(device_profile("scales", name, "scale.profile"))


def display_profile(name: str) -> LineDisplayProfile:
    """The model that the settings name, from `config/displays`."""
    return line_display_profile_from_mapping(
        device_profile("displays", name, "customer_display.profile")
    )
