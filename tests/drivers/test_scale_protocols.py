"""Bytes of scales: whole frames, split frames, and what is none (C1)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.errors import Illegal
from drivers.events import WeightState
from drivers.scale.profile import ScaleProfile, scale_profile_from_mapping
from drivers.scale.protocols import BUFFER_MAX, Send, Weight, protocol_of
from drivers.scale.simulated import ScaleModel, cas_ecr_frame, stream_line, toledo_frame
from tests.contract.counter_benches import scale_profile

FRAMES = {"toledo-8217": toledo_frame, "cas-pd2": cas_ecr_frame, "oiml-stream": stream_line}


@pytest.mark.parametrize(
    ("profile", "data", "expected"),
    [
        ("toledo-8217", b"\x0201.250\r", Weight(WeightState.STABLE, 1_250_000)),
        ("toledo-8217", b"\x82\xb01.250\x8d", Weight(WeightState.STABLE, 1_250_000)),
        ("toledo-8217", b"\x02?A\r", Weight(WeightState.UNSTABLE)),
        ("toledo-8217", b"\x02?B\r", Weight(WeightState.OVERLOAD)),
        ("toledo-8217", b"\x02?D\r", Weight(WeightState.UNDER_ZERO)),
        ("toledo-8217", b"\x0200.000\r", Weight(WeightState.ZERO)),
        ("cas-pd2", b"\x01\x02S  0.500kg\x7f\x03\x04", None),
        ("oiml-stream", b"ST,GS,+  0.500kg\r\n", Weight(WeightState.STABLE, 500_000)),
        ("oiml-stream", b"ST,NT,  0.5005 kg\r\n", Weight(WeightState.STABLE, 500_500)),
        ("oiml-stream", b"ST,GS,\x01\x81,   0.500 kg\r\n", Weight(WeightState.STABLE, 500_000)),
        ("oiml-stream", b"US,GS,+  0.500kg\r\n", Weight(WeightState.UNSTABLE, 500_000)),
        ("oiml-stream", b"OL,GS,+ 99.999kg\r\n", Weight(WeightState.OVERLOAD)),
        ("oiml-stream", b"ST,GS,-  0.020kg\r\n", Weight(WeightState.UNDER_ZERO)),
        ("oiml-stream", b"ST,GS,+    250 g\r\n", Weight(WeightState.STABLE, 250_000)),
    ],
)
def test_a_frame_is_read(profile, data, expected):
    found = protocol_of(scale_profile(profile)).feed(data)

    assert found == ([] if expected is None else [expected])


def test_cas_asks_in_two_steps_and_checks_the_check_byte():
    protocol = protocol_of(scale_profile("cas-pd2"))

    assert protocol.ask() == b"\x05"
    assert protocol.feed(b"\x06") == [Send(b"\x11")]
    assert protocol.feed(cas_ecr_frame(ScaleModel(1_234))) == [
        Weight(WeightState.STABLE, 1_234_000)
    ]
    assert protocol.feed(cas_ecr_frame(ScaleModel(1_234, wrong_check=True))) == []


def test_the_unit_is_explicit():
    profile = ScaleProfile("斤", "pattern", unit="jin", pattern=r"(?P<weight>[0-9.]+)")

    assert protocol_of(profile).feed(b"1.5\r\n") == [Weight(WeightState.STABLE, 750_000)]


def test_a_number_without_a_point_takes_the_profiles_decimals():
    profile = ScaleProfile("acs", "pattern", unit="kg", pattern=r"(?P<weight>\d+)", decimals=3)

    assert protocol_of(profile).feed(b"01500\r\n") == [Weight(WeightState.STABLE, 1_500_000)]


@given(
    profile=st.sampled_from(sorted(FRAMES)),
    weights=st.lists(st.tuples(st.integers(-100, 16_000), st.booleans()), min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=40),
)
def test_frames_may_come_in_any_pieces(profile, weights, cuts):
    models = [ScaleModel(g, settling=settling) for g, settling in weights]
    stream = b"".join(FRAMES[profile](model) for model in models)
    protocol = protocol_of(scale_profile(profile))
    found = []
    at = turn = 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += protocol.feed(stream[at : at + size])
        at, turn = at + size, turn + 1

    capacity_g = scale_profile(profile).capacity_g
    for model, said in zip(models, found, strict=True):
        model.capacity_g = min(model.capacity_g, capacity_g)
        assert said.state is model.state
        if said.state is WeightState.STABLE:
            assert said.weight_mg == model.weight_g * 1_000


@given(profile=st.sampled_from(sorted(FRAMES)), data=st.binary(max_size=600))
@example(profile="toledo-8217", data=b"\x02" * 300)
@example(profile="cas-pd2", data=b"\x01\x02" + b"S" * 300 + b"\x03\x04")
@example(profile="oiml-stream", data=b"ST,GS,+9999999999999999999999kg\r\n")
@example(profile="oiml-stream", data="ST,GS,+１.５００kg\r\n".encode())
def test_no_bytes_break_it_and_every_weight_is_within_capacity(profile, data):
    protocol = protocol_of(scale_profile(profile))
    for one in protocol.feed(data):
        if isinstance(one, Weight):
            assert 0 <= one.weight_mg <= scale_profile(profile).capacity_g * 1_000
    assert len(protocol._buffer) <= BUFFER_MAX


def test_a_profile_says_everything_that_is_wrong_with_it():
    with pytest.raises(Illegal) as caught:
        scale_profile_from_mapping(
            {"name": "x", "protocol": "morse", "unit": "kg", "request": "zz", "speed": 1}
        )

    said = str(caught.value)
    assert "protocol: expected one of 'toledo-8217', 'cas-ecr', 'pattern', got 'morse'" in said
    assert "request: expected bytes in hexadecimal" in said
    assert "speed: unknown; expected one of" in said


@pytest.mark.parametrize("pattern", ["(", r"\d+", "(?P<weight>.)(?P<mood>.)"])
def test_a_pattern_that_cannot_give_a_weight_is_refused(pattern):
    with pytest.raises(Illegal, match="pattern"):
        scale_profile_from_mapping(
            {"name": "x", "protocol": "pattern", "unit": "kg", "pattern": pattern}
        )
