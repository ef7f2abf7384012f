"""The client on real sockets: signed, bounded in time and size, and fooled by nobody."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pos.store.clock import SystemClock
from sync import protocol
from sync.client import Client
from sync.exchange import Answer, Lost, Request, RequestKind

KEY = bytes(range(32))
UUID = "11111111-2222-4333-8444-555555555555"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Handler = Callable[[socket.socket], None]


class Server:
    """A server that does to each connection what a test says; keeps what it was sent."""

    def __init__(self, *handlers: Handler, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[bytes] = []
        self.connections = 0
        self._handlers = list(handlers)
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        self.clients: list[Client] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            handler = self._handlers.pop(0) if len(self._handlers) > 1 else self._handlers[0]
            self._open.append(connection)
            try:
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                    self._open.append(connection)
                handler(connection)
            except OSError:
                pass

    def close(self) -> None:
        for client in self.clients:
            client.close()
        for connection in (self._socket, *self._open):
            connection.close()


def request_of(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(answer: bytes, *, times: int = 1, close: bool = True) -> Handler:
    def handler(connection: socket.socket) -> None:
        for _ in range(times):
            if not request_of(connection):
                return
            connection.sendall(answer)
        if close:
            connection.close()

    return handler


def whole(body: bytes, head: bytes = JSON) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(*handlers: Handler, **more) -> Server:
        made.append(Server(*handlers, **more))
        return made[-1]

    yield make
    for server in made:
        server.close()


def client_of(server: Server, *, scheme: str = "http", prefix: str = "", **more) -> Client:
    values = {"timeout_s": 5.0} | more
    client = Client(
        f"{scheme}://127.0.0.1:{server.port}{prefix}",
        private_key=KEY,
        workstation_uuid=UUID,
        machine_id="machine",
        clock=SystemClock(),
        **values,
    )
    server.clients.append(client)
    return client


def get() -> Request:
    return Request(kind=RequestKind.CHANGES, method="GET", target="/sync/v1/changes?cursor=a.1")


def test_a_request_is_signed_over_method_target_time_nonce_body_and_machine(serve):
    heard: list[bytes] = []

    def handler(connection: socket.socket) -> None:
        heard.append(request_of(connection))
        connection.sendall(whole(b"{}"))

    client = client_of(serve(handler), prefix="/guitai")
    body = protocol.deflate(b"{}")
    request = Request(
        kind=RequestKind.JOURNAL, method="POST", target="/sync/v1/journal", body=body, gzip=True
    )

    before = time.time_ns() // 1_000_000
    answer = client.carry(request, server_offset_ms=3_600_000)

    assert answer == Answer(status=200, body=b"{}")
    head, _, sent = heard[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert lines[0] == "POST /guitai/sync/v1/journal HTTP/1.1"
    assert sent == body
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Guitai-Key"] == UUID
    assert abs(int(headers["Guitai-Time"]) - before - 3_600_000) < 5_000
    message = protocol.signed_message(
        "POST",
        "/guitai/sync/v1/journal",
        headers["Guitai-Time"],
        headers["Guitai-Nonce"],
        body,
        "machine",
    )
    public = protocol.public_key_of(KEY)
    assert protocol.verify(public, headers["Guitai-Signature"], message)
    assert not protocol.verify(public, headers["Guitai-Signature"], message + b"x")


def test_one_connection_carries_many_requests(serve):
    server = serve(says(whole(b"{}"), times=5))
    client = client_of(server)

    answers = [client.carry(get()) for _ in range(3)]

    assert answers == [Answer(status=200, body=b"{}")] * 3
    assert server.connections == 1


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again_and_signed_anew(serve):
    nonces: list[bytes] = []

    def once(connection: socket.socket) -> None:
        nonces.append(request_of(connection))
        connection.sendall(whole(b"{}"))
        connection.close()

    client = client_of(serve(once))

    assert isinstance(client.carry(get()), Answer)
    assert isinstance(client.carry(get()), Answer)
    assert len({n.partition(b"Guitai-Nonce: ")[2][:16] for n in nonces}) == 2


def test_gzip_answers_are_inflated(serve):
    packed = gzip.compress(b'{"a": 1}')
    server = serve(says(whole(packed, JSON + b"Content-Encoding: gzip\r\n")))

    assert client_of(server).carry(get()) == Answer(status=200, body=b'{"a": 1}')


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (whole(b"<html>", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"), "expected JSON"),
        (whole(b"{}", b"HTTP/1.1 200 OK\r\n"), "expected JSON"),
        (JSON + b"Content-Length: 100\r\n\r\n{}", "IncompleteRead|expected 100"),
        (JSON + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}", "IncompleteRead"),
        (b"HTTP/1.1 2", "RemoteDisconnected|BadStatusLine"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "BadStatusLine"),
        (b"", "RemoteDisconnected"),
        (whole(b"not gzip", JSON + b"Content-Encoding: gzip\r\n"), "damaged gzip"),
        (whole(gzip.compress(b"{}")[:-3], JSON + b"Content-Encoding: gzip\r\n"), "cut off"),
        (whole(gzip.compress(b"{}") + b"x", JSON + b"Content-Encoding: gzip\r\n"), "data after"),
        (whole(b"{}", JSON + b"Content-Encoding: br\r\n"), "expected gzip"),
        (whole(gzip.compress(bytes(10**8)), JSON + b"Content-Encoding: gzip\r\n"), "too large"),
    ],
)
def test_what_is_cut_damaged_or_somebody_elses_is_lost(serve, answer, why):
    request = Request(kind=RequestKind.HELLO, method="POST", target="/sync/v1/hello", body=b"{}")

    found = client_of(serve(says(answer))).carry(request)

    assert isinstance(found, Lost)
    assert any(part in found.reason for part in why.split("|")), found.reason


def test_an_answer_without_length_ends_with_its_connection(serve):
    server = serve(says(JSON + b"\r\n{}"))

    assert client_of(server).carry(get()) == Answer(status=200, body=b"{}")


def test_a_proxys_error_page_is_a_status_without_words(serve):
    page = whole(b"<html>bad gateway", b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n")

    assert client_of(serve(says(page))).carry(get()) == Answer(status=502)


def test_a_redirect_is_not_followed(serve):
    away = whole(b"", b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n")
    server = serve(says(away))

    assert client_of(server).carry(get()) == Answer(status=302)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("value", "seconds"), [(b"17", 17.0), (b"soon", None), (b"-3", None), (b"", None)]
)
def test_retry_after_in_seconds_is_read(serve, value, seconds):
    head = (
        b"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nRetry-After: " + value + b"\r\n"
    )

    answer = client_of(serve(says(whole(b"{}", head)))).carry(get())

    assert isinstance(answer, Answer)
    assert answer.retry_after_s == seconds


def test_retry_after_as_a_date_is_read(serve):
    then = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
    head = (
        b"HTTP/1.1 429 Wait\r\nRetry-After: "
        + then.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()
        + b"\r\n"
    )

    answer = client_of(serve(says(whole(b"", head)))).carry(get())

    assert isinstance(answer, Answer)
    assert answer.retry_after_s is not None
    assert 90 < answer.retry_after_s <= 100


def test_a_server_that_never_answers_is_left_in_time(serve):
    began = time.monotonic()

    found = client_of(serve(lambda c: request_of(c) and None), timeout_s=0.5).carry(get())

    assert isinstance(found, Lost)
    assert 0.3 < time.monotonic() - began < 3


def test_a_server_that_sends_a_byte_at_a_time_is_left_in_time(serve):
    def drip(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(JSON + b"Content-Length: 1000\r\n\r\n")
        for _ in range(60):
            connection.sendall(b" ")
            time.sleep(0.1)

    began = time.monotonic()
    found = client_of(serve(drip), timeout_s=1.0).carry(get())

    assert isinstance(found, Lost)
    assert time.monotonic() - began < 4


def test_an_endless_answer_is_left_when_it_is_too_large(serve):
    def endless(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(JSON + b"\r\n")
        while True:
            connection.sendall(b" " * 65536)

    request = Request(kind=RequestKind.HELLO, method="POST", target="/sync/v1/hello", body=b"{}")

    found = client_of(serve(endless)).carry(request)

    assert isinstance(found, Lost)
    assert "at most" in found.reason


def test_nobody_there_is_lost(serve):
    server = serve(says(b""))
    server.close()

    assert isinstance(client_of(server).carry(get()), Lost)


def test_a_name_that_does_not_resolve_is_lost():
    client = Client(
        "http://head-office.invalid",
        private_key=KEY,
        workstation_uuid=UUID,
        machine_id="m",
        clock=SystemClock(),
        timeout_s=5,
    )

    assert isinstance(client.carry(get()), Lost)


def test_abort_breaks_off_what_is_waited_for(serve):
    client = client_of(serve(lambda c: request_of(c) and None), timeout_s=30)
    threading.Timer(0.3, client.abort).start()
    began = time.monotonic()

    found = client.carry(get())

    assert isinstance(found, Lost)
    assert time.monotonic() - began < 5
    assert isinstance(client.carry(get()), Lost)


@pytest.mark.parametrize("url", ["", "head-office", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="expected an address"):
        Client(url, private_key=KEY, workstation_uuid=UUID, machine_id="m", clock=SystemClock())


# -------------------------------------------------------------------------------------------- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., tuple[Path, ssl.SSLContext]]:
    def make(*, host: str = "127.0.0.1", days: int = 10) -> tuple[Path, ssl.SSLContext]:
        import ipaddress

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "head office")])
        now = dt.datetime.now(dt.UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=30))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        pem = tmp_path / f"{host}.pem"
        pem.write_bytes(
            built.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return pem, context

    return make


def test_tls_with_the_companys_own_certificate_works_when_its_file_is_given(serve, certificate):
    pem, context = certificate()
    server = serve(says(whole(b"{}")), context=context)

    answer = client_of(server, scheme="https", ca_file=pem).carry(get())

    assert answer == Answer(status=200, body=b"{}")


def test_tls_with_an_unknown_certificate_is_refused(serve, certificate):
    _, context = certificate()
    server = serve(says(whole(b"{}")), context=context)

    found = client_of(server, scheme="https").carry(get())

    assert isinstance(found, Lost)
    assert "CERTIFICATE_VERIFY_FAILED" in found.reason


@pytest.mark.parametrize("wrong", [{"host": "127.0.0.2"}, {"days": -1}])
def test_tls_for_another_host_or_out_of_date_is_refused(serve, certificate, wrong):
    pem, context = certificate(**wrong)
    server = serve(says(whole(b"{}")), context=context)

    found = client_of(server, scheme="https", ca_file=pem).carry(get())

    assert isinstance(found, Lost)
    assert "CERTIFICATE_VERIFY_FAILED" in found.reason
