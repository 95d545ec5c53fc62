"""Byte streams with and without TLS that record the plaintext of both directions, and HTTP/1.1 messages on them.

TLS runs over memory BIOs, so that one direction can be closed while the other goes on, and so that a test
can put anything it likes between two records.
"""
from __future__ import annotations

import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import Optional

DEFAULT_TIMEOUT = 20.0


class StreamEnded(Exception):
    """The other side ended where a message was expected; `partial` holds what came of it."""

    def __init__(self, message: str, partial: bytes = b""):
        super().__init__(message)
        self.partial = partial


class Stream:
    """A TCP stream. `sent` and `received` hold the octets of both directions; `end` says how the peer ended:
    None (not yet), "fin", "close_notify" or "reset"."""

    def __init__(self, sock: socket.socket, timeout: Optional[float] = DEFAULT_TIMEOUT):
        self.sock = sock
        self.sock.settimeout(timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent, self.received = bytearray(), bytearray()
        self.end: Optional[str] = None

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)
        self.sent += data

    def receive(self, limit: int = 65536) -> bytes:
        """Some octets, or b"" when the peer has ended (see `end`)."""
        data = self._recv(limit)
        self.received += data
        return data

    def _recv(self, limit: int) -> bytes:
        if self.end:
            return b""
        try:
            data = self.sock.recv(limit)
        except (ConnectionResetError, BrokenPipeError):
            self.end = "reset"
            return b""
        if not data:
            self.end = "fin"
        return data

    def half_close(self) -> None:
        """Says "no more from me"; receiving goes on."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        """An orderly end; safe to call twice and from another thread."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def receive_until_end(self) -> bytes:
        out = bytearray()
        while data := self.receive():
            out += data
        return bytes(out)


class TlsStream(Stream):
    """TLS over a connected socket. `handshake()` first."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, *, server_side: bool = False,
                 server_name: Optional[str] = None, timeout: Optional[float] = DEFAULT_TIMEOUT):
        super().__init__(sock, timeout)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=server_side, server_hostname=server_name)
        self._lock = threading.Lock()

    def handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                self._flush()
                return
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                self._flush()  # the alert that says why
                raise

    @property
    def version(self) -> Optional[str]:
        return self._tls.version()

    @property
    def alpn(self) -> Optional[str]:
        return self._tls.selected_alpn_protocol()

    @property
    def session_reused(self) -> Optional[bool]:
        return self._tls.session_reused

    def peer_certificate(self) -> Optional[dict]:
        return self._tls.getpeercert()

    def peer_certificate_der(self) -> Optional[bytes]:
        return self._tls.getpeercert(True)

    def _flush(self) -> None:
        if pending := self._out.read():
            self.sock.sendall(pending)

    def _fill(self) -> None:
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            self.end = "reset"
            raise ConnectionResetError("reset during the TLS handshake") from None
        if not data:
            self.end = "fin"
            self._in.write_eof()
        else:
            self._in.write(data)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), 1 << 18):
            with self._lock:
                self._tls.write(view[start:start + (1 << 18)])
                out = self._out.read()
            self.sock.sendall(out)
            self.sent += view[start:start + (1 << 18)]

    def _recv(self, limit: int) -> bytes:
        while not self.end:
            with self._lock:
                try:
                    data = self._tls.read(limit)
                    if data:
                        return data
                    self.end = "close_notify"
                    return b""
                except ssl.SSLWantReadError:
                    pending = self._out.read()
                except ssl.SSLZeroReturnError:
                    self.end = "close_notify"
                    return b""
                except ssl.SSLEOFError:
                    self.end = "fin"
                    return b""
            if pending:  # a key update's answer
                self.sock.sendall(pending)
            try:
                octets = self.sock.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                self.end = "reset"
                return b""
            with self._lock:
                if octets:
                    self._in.write(octets)
                else:
                    self._in.write_eof()
        return b""

    def half_close(self) -> None:
        """Sends close_notify and a FIN; receiving goes on."""
        self.close_notify()
        self.sock.shutdown(socket.SHUT_WR)

    def close_notify(self) -> None:
        with self._lock:
            try:
                self._tls.unwrap()
            except ssl.SSLError:  # "want read": the peer's close_notify has not come yet
                pass
            out = self._out.read()
        self.sock.sendall(out)

    def close(self) -> None:
        try:
            self.close_notify()
        except (OSError, ValueError):
            pass
        super().close()


# ---------------------------------------------------------------------------- HTTP/1.1

class Headers(list):
    """Name and value pairs in wire order; look-up ignores case."""

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        for key, value in self:
            if key.lower() == name.lower():
                return value
        return default

    def all(self, name: str) -> list[str]:
        return [value for key, value in self if key.lower() == name.lower()]

    def __contains__(self, name) -> bool:
        return self.get(name) is not None if isinstance(name, str) else super().__contains__(name)


@dataclass
class HttpMessage:
    """A request or response; `body` without transfer coding, `raw` as it was on the wire."""

    start_line: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    raw: bytes = b""

    @property
    def method(self) -> str:
        return self.start_line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.start_line.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.start_line.split(" ")[1])


class HttpReader:
    """Reads messages off a stream, keeping what was read too far."""

    def __init__(self, stream: Stream):
        self.stream = stream
        self.buffer = bytearray()
        self._consumed = bytearray()

    def _more(self, why: str) -> None:
        data = self.stream.receive()
        if not data:
            raise StreamEnded(f"{self.stream.end} {why}", bytes(self._consumed + self.buffer))
        self.buffer += data

    def _take(self, count: int) -> bytes:
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        self._consumed += data
        return data

    def _line(self, why: str) -> bytes:
        while (end := self.buffer.find(b"\n")) < 0:
            self._more(why)
        return self._take(end + 1)

    def _exactly(self, count: int, why: str) -> bytes:
        while len(self.buffer) < count:
            self._more(why)
        return self._take(count)

    def head(self) -> Optional[HttpMessage]:
        """Start line and headers; None when the peer ended before the first octet."""
        self._consumed = bytearray()
        while not self.buffer:
            data = self.stream.receive()
            if not data:
                return None
            self.buffer += data
        start = self._line("inside the start line").decode("latin-1").rstrip("\r\n")
        headers = Headers()
        while True:
            line = self._line("inside the headers").decode("latin-1").rstrip("\r\n")
            if not line:
                break
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return HttpMessage(start, headers, b"", bytes(self._consumed))

    def body(self, message: HttpMessage, *, until_close: bool) -> HttpMessage:
        """Completes a message from its head; `until_close`: a missing length means "to the end"."""
        coding = (message.headers.get("Transfer-Encoding") or "").lower()
        length = message.headers.get("Content-Length")
        if coding.endswith("chunked"):
            out = bytearray()
            while True:
                size = int(self._line("at a chunk size").split(b";")[0].strip(), 16)
                if not size:
                    break
                out += self._exactly(size, "inside a chunk")
                self._line("after a chunk")
            while self._line("in the trailers").strip():
                pass
            message.body = bytes(out)
        elif length is not None:
            message.body = self._exactly(int(length), f"inside a body of {length} octets")
        elif until_close:
            message.body = self._take(len(self.buffer)) + self.stream.receive_until_end()
            self._consumed = bytearray(message.raw + message.body)
        message.raw = bytes(self._consumed)
        return message

    def response(self, method: str = "POST") -> HttpMessage:
        """The next response, 1xx included (as messages without a body)."""
        message = self.head()
        if message is None:
            raise StreamEnded(f"{self.stream.end} before an answer")
        if message.status < 200 or message.status in (204, 304) or method == "HEAD":
            return message
        return self.body(message, until_close=True)


def client_context(ca: Optional[str], alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """A phone's TLS: trusts only `ca`; None trusts nothing that this machine could have issued."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is not None:
        context.load_verify_locations(cafile=str(ca))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def server_context(pem: str, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(pem))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
