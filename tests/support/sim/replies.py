"""What goes through the simulated Exchange: requests as it understands them, replies, and troubles to order."""
from __future__ import annotations

import email.utils
import gzip as gzip_module
import time
import uuid
from dataclasses import dataclass, field
from typing import Callable, Iterable, Optional

from .streams import HttpMessage
from .tags import A, V
from .wbxml import Element, element, encode

WBXML_TYPE = "application/vnd.ms-sync.wbxml"
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           417: "Expectation Failed", 449: "Retry after sending a PROVISION command", 451: "Redirect",
           500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
           504: "Gateway Timeout", 507: "Insufficient Storage"}
DRAINED = (b"<html><head><title>All servers drained</title></head>"
           b"<body><h1>500</h1><p>All servers drained</p></body></html>")


@dataclass
class Request:
    """A request as the server understands it."""

    http: HttpMessage
    command: str = ""
    user: str = ""
    device_id: str = ""
    device_type: str = ""
    version: str = ""
    policy_key: str = ""
    parameters: dict = field(default_factory=dict)
    tree: Optional[Element] = None
    problem: str = ""  # why the body could not be read


@dataclass
class Reply:
    """What goes back, and in which way."""

    status: int = 200
    body: bytes = b""
    content_type: Optional[str] = WBXML_TYPE
    headers: list[tuple[str, str]] = field(default_factory=list)
    reason: Optional[str] = None
    from_exchange: bool = True           # with the headers an Exchange server sets
    gzip: bool = False
    chunks: Optional[list[int]] = None   # sizes of the first chunks; the rest is one more
    chunk_extension: str = ""
    trailers: str = ""
    content_length: Optional[int] = None  # another than the true one
    cut_after: Optional[int] = None      # octets of the body (as framed) after which the connection ends
    reset: bool = False                  # with `cut_after`: by a TCP reset
    until_close: bool = False            # HTTP/1.0: no length, ends with the connection
    close: bool = False
    delay: float = 0.0
    head_bytes: Optional[bytes] = None   # a whole head of the test's own making
    pieces: int = 1                      # written in this many pieces

    def wire(self, server: str) -> tuple[bytes, bytes]:
        """Head and framed body."""
        body = gzip_module.compress(self.body, mtime=0) if self.gzip else self.body
        framed = body
        if self.chunks is not None:
            framed, position = b"", 0
            for size in [*self.chunks, len(body)]:
                part = body[position:position + size]
                position += len(part)
                if part:
                    framed += f"{len(part):x}{self.chunk_extension}\r\n".encode() + part + b"\r\n"
            framed += b"0\r\n" + self.trailers.encode() + b"\r\n"
        if self.head_bytes is not None:
            return self.head_bytes, framed
        headers: list[tuple[str, str]] = [("Cache-Control", "private")]
        if self.chunks is not None:
            headers.append(("Transfer-Encoding", "chunked"))
        elif not self.until_close:
            length = len(framed) if self.content_length is None else self.content_length
            headers.append(("Content-Length", str(length)))
        if self.body and self.content_type:
            headers.append(("Content-Type", self.content_type))
        if self.gzip:
            headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        if self.from_exchange:
            headers += [("Server", "Microsoft-IIS/10.0"), ("request-id", str(uuid.uuid4())),
                        ("X-CalculatedBETarget", f"{server.lower()}.contoso.test"), ("X-DiagInfo", server),
                        ("X-BEServer", server), ("MS-Server-ActiveSync", "15.2"),
                        ("X-AspNet-Version", "4.0.30319"), ("X-Powered-By", "ASP.NET"), ("X-FEServer", server)]
        else:
            headers.append(("Server", "lb-frontend"))
        headers += self.headers
        headers.append(("Date", email.utils.formatdate(usegmt=True)))
        if self.close:
            headers.append(("Connection", "close"))
        protocol = "HTTP/1.0" if self.until_close else "HTTP/1.1"
        reason = self.reason if self.reason is not None else REASONS.get(self.status, "Status")
        lines = [f"{protocol} {self.status} {reason}", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), framed


class TakeOver(Exception):
    """Raised by a trouble that has served the connection itself; `keep` says whether it goes on."""

    def __init__(self, keep: bool = False):
        super().__init__("the trouble served this connection")
        self.keep = keep


Trouble = Callable[["Connection", Request, Callable[[], Reply]], Reply]


def http_error(status: int, *, from_exchange: bool = True, body: bytes = DRAINED, content_type: str = "text/html",
               headers: Iterable[tuple[str, str]] = ()) -> Trouble:
    """An HTTP error instead of the answer; an HTML page that a load balancer or IIS would show."""
    return lambda connection, request, normal: Reply(status, body, content_type, list(headers), from_exchange=from_exchange)


def eas_status(code: int) -> Trouble:
    """HTTP 200 with `code` as the status of the command; for Sync of its first collection."""
    def trouble(connection: "Connection", request: Request, normal) -> Reply:
        if request.command == "Sync" and request.tree is not None and code < 100:
            collections = [A.Collection(A.SyncKey(c.value("SyncKey", "0")), A.CollectionId(c.value("CollectionId", "")),
                                        A.Status(code)) for c in request.tree.find_all("Collections/Collection")]
            return Reply(body=encode(A.Sync(A.Collections(*collections))))
        namespace = {"Sync": "AirSync", "FolderSync": "FolderHierarchy", "FolderCreate": "FolderHierarchy",
                     "SendMail": "ComposeMail", "SmartReply": "ComposeMail", "SmartForward": "ComposeMail",
                     "MoveItems": "Move"}.get(request.command, request.command)
        return Reply(body=encode(element(f"{namespace}:{request.command}", element(f"{namespace}:Status", code))))
    return trouble


def changed(**fields) -> Trouble:
    """The healthy answer, with fields of `Reply` replaced: changed(gzip=True), changed(chunks=[1, 7]), changed(delay=.2)."""
    def trouble(connection: "Connection", request: Request, normal: Callable[[], Reply]) -> Reply:
        reply = normal()
        for name, value in fields.items():
            setattr(reply, name, value)
        return reply
    return trouble


def instead(reply: Reply) -> Trouble:
    return lambda connection, request, normal: reply


def provision_first_449() -> Trouble:
    return lambda connection, request, normal: Reply(449, b"", None)


def raw(octets: bytes, *, close: bool = True) -> Trouble:
    """These octets instead of an answer."""
    def trouble(connection: "Connection", request: Request, normal) -> Reply:
        connection.stream.send(octets)
        raise TakeOver(keep=not close)
    return trouble


def dropped(*, reset: bool = False) -> Trouble:
    """No answer at all: the connection ends."""
    def trouble(connection: "Connection", request: Request, normal) -> Reply:
        if reset:
            connection.stream.reset()
        raise TakeOver()
    return trouble


def upgraded_echo(protocol: str = "test-echo") -> Trouble:
    """101 Switching Protocols, and every octet comes back until the device ends."""
    def trouble(connection: "Connection", request: Request, normal) -> Reply:
        connection.stream.send(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: {protocol}\r\nConnection: Upgrade\r\n\r\n".encode())
        pending = bytes(connection.reader.buffer)
        connection.reader.buffer.clear()
        while pending or (pending := connection.stream.receive()):
            connection.stream.send(pending)
            pending = b""
        raise TakeOver()
    return trouble
