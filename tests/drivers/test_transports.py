"""Transports: typed errors, timeouts and URLs."""

import socket
import threading
import time

import pytest

from drivers import errors
from drivers.escpos.profile import PrinterProfile
from drivers.fakes import FakeScanner, PtyScanner
from drivers.registry import printer_from_url, scanner_from_url
from drivers.serial_port import SerialPort, SerialSettings
from drivers.transports import (
    FileTransport,
    SerialTransport,
    TcpTransport,
    WriteFailed,
    transport_from_url,
)


def test_urls_name_transports():
    serial = transport_from_url("serial:/dev/ttyS9?baudrate=19200&parity=E&bytesize=7&flow=rtscts")
    assert isinstance(serial, SerialTransport)
    assert serial.settings == SerialSettings("/dev/ttyS9", 19200, 7, "E", 1, "rtscts")
    tcp = transport_from_url("tcp:printer.shop:9101")
    assert isinstance(tcp, TcpTransport)
    assert (tcp.host, tcp.port) == ("printer.shop", 9101)
    short = transport_from_url("tcp:10.0.0.9")
    assert isinstance(short, TcpTransport)
    assert short.port == 9100
    sixth = transport_from_url("tcp:[::1]:9100")
    assert isinstance(sixth, TcpTransport)
    assert sixth.host == "::1"
    assert isinstance(transport_from_url("file:/dev/usb/lp0"), FileTransport)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/dev/ttyUSB0",
        "usb:1",
        "serial:",
        "serial:/dev/x?baud=9600",
        "serial:/dev/x?baudrate=fast",
        "serial:/dev/x?parity=X",
        "tcp:",
        "tcp:host:0",
        "tcp:host:99999",
        "file:",
        "file:/dev/usb/lp0?x=1",
    ],
)
def test_wrong_urls_are_refused_with_what_was_expected(url):
    with pytest.raises(errors.Illegal, match=r"expected|unknown option"):
        transport_from_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "tcp:host:1",
        "serial:/dev/x?framing=xml",
        "serial:/dev/x?gap_ms=1",
        "serial:/dev/x?flow=xonxoff",
    ],
)
def test_wrong_scanner_urls_are_refused(url):
    with pytest.raises(errors.Illegal):
        scanner_from_url(url)


def test_simulated_devices_have_urls_too():
    assert isinstance(scanner_from_url("sim:"), FakeScanner)
    printer = printer_from_url("sim:", PrinterProfile("p", 48, 576))
    assert printer.status().ready
    with pytest.raises(errors.Illegal):
        printer_from_url("serial:", PrinterProfile("p", 48, 576))


def test_a_line_is_held_exclusively():
    with PtyScanner() as far:
        first = SerialPort(SerialSettings(far.path))
        with pytest.raises(errors.Claimed):
            SerialPort(SerialSettings(far.path))
        first.close()
        SerialPort(SerialSettings(far.path)).close()


def test_what_is_no_serial_line_is_said(tmp_path):
    with pytest.raises(errors.NoHardware):
        SerialPort(SerialSettings(str(tmp_path / "none")))
    with pytest.raises(errors.DeviceError):
        SerialPort(SerialSettings("/dev/null"))


def test_an_address_that_swallows_connections_times_out():
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)
    started = time.monotonic()

    with pytest.raises(errors.Timeout):
        TcpTransport("127.0.0.1", port).open()

    assert 2.5 < time.monotonic() - started < 4
    for one in (*fillers, listener):
        one.close()


def test_a_peer_that_reads_nothing_times_out_with_what_was_sent():
    listener = socket.create_server(("127.0.0.1", 0))
    transport = TcpTransport("127.0.0.1", listener.getsockname()[1])
    transport.open()

    with pytest.raises(WriteFailed) as caught:
        transport.write(b"x" * 50_000_000, 0.2)

    assert 0 < caught.value.sent < 50_000_000
    assert isinstance(caught.value.cause, errors.Timeout)
    transport.close()
    listener.close()


def test_closing_cleanly_lets_everything_arrive():
    listener = socket.create_server(("127.0.0.1", 0))
    received = []

    def serve():
        connection, _ = listener.accept()
        with connection:
            data = b""
            while piece := connection.recv(4096):
                data += piece
            received.append(data)

    server = threading.Thread(target=serve)
    server.start()
    transport = TcpTransport("127.0.0.1", listener.getsockname()[1])
    transport.open()
    transport.write(b"y" * 200_000, 1)
    transport.finish()
    server.join(5)
    listener.close()

    assert received == [b"y" * 200_000]


def test_a_closed_transport_says_so(tmp_path):
    for transport in (
        TcpTransport("h"),
        FileTransport(str(tmp_path / "f")),
        SerialTransport(SerialSettings("x")),
    ):
        with pytest.raises(errors.Offline) as caught:
            transport.read(0)
        assert caught.value.code == "closed"
        transport.finish()


def test_a_write_only_device_is_opened_for_writing_alone(tmp_path):
    path = tmp_path / "lp"
    path.touch(mode=0o200)
    transport = FileTransport(str(path))
    transport.open()
    transport.write(b"abc", 1)
    assert transport.read(0.01) == b""
    transport.finish()
    path.chmod(0o600)

    assert path.read_bytes() == b"abc"


def test_every_code_has_a_hint_that_says_what_to_do():
    for kind in errors.DeviceError.__subclasses__():
        assert kind().hint
    assert all(hint.endswith(".") for hint in errors.HINTS.values())
