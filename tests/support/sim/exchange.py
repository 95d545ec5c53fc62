"""A simulated Exchange front end: real TLS, HTTP/1.1 and WBXML, a mailbox that answers as Exchange does, and
troubles on demand.

    exchange = Exchange(pki)
    exchange.start()
    exchange.trouble("Sync", http_error(500, from_exchange=False), times=3)
    exchange.mailbox("alice").deliver("Hello")      # answers the Pings that wait for the Inbox
    exchange.stop()

Everything it received and sent, as plaintext octets per connection, is in `connections`; every request in `seen`.
"""
from __future__ import annotations

import base64
import email.utils
import gzip as gzip_module
import itertools
import socket
import ssl
import struct
import threading
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field
from typing import Callable, Iterable, Optional

from .pki import Pki
from .streams import HttpMessage, HttpReader, Stream, StreamEnded, TlsStream, server_context
from .wbxml import Element, Namespace, WbxmlError, decode, element, encode

COMMAND_NAMES = {0: "Sync", 1: "SendMail", 2: "SmartForward", 3: "SmartReply", 4: "GetAttachment", 9: "FolderSync",
                 10: "FolderCreate", 11: "FolderDelete", 12: "FolderUpdate", 13: "MoveItems", 14: "GetItemEstimate",
                 15: "MeetingResponse", 16: "Search", 17: "Settings", 18: "Ping", 19: "ItemOperations",
                 20: "Provision", 21: "ResolveRecipients", 22: "ValidateCert", 23: "Find"}
COMMAND_CODES = {name: code for code, name in COMMAND_NAMES.items()}
VERSIONS = "2.0,2.1,2.5,12.0,12.1,14.0,14.1,16.0,16.1"
COMMANDS = ("Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,CreateCollection,DeleteCollection,"
            "MoveCollection,FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,"
            "MeetingResponse,Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert,Find")
WBXML_TYPE = "application/vnd.ms-sync.wbxml"
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           417: "Expectation Failed", 449: "Retry after sending a PROVISION command", 451: "Redirect",
           500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
           504: "Gateway Timeout", 507: "Insufficient Storage"}
DRAINED = (b"<html><head><title>All servers drained</title></head>"
           b"<body><h1>500</h1><p>All servers drained</p></body></html>")

A, E, E2, B, F = map(Namespace, ("AirSync", "Email", "Email2", "AirSyncBase", "FolderHierarchy"))
P, S, C, K, G = map(Namespace, ("Ping", "Settings", "Calendar", "Contacts", "GetItemEstimate"))
V, M, IO, SE, GAL = map(Namespace, ("Provision", "Move", "ItemOperations", "Search", "GAL"))
MR, RR, VC, CM, FI = map(Namespace, ("MeetingResponse", "ResolveRecipients", "ValidateCert", "ComposeMail", "Find"))


# ---------------------------------------------------------------------------- requests and replies

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


# ---------------------------------------------------------------------------- mailbox

@dataclass
class Item:
    id: str
    data: list[Element]
    version: int = 1
    attachments: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # file reference → (type, octets)
    subject: str = ""


@dataclass
class Folder:
    id: str
    name: str
    type: int
    parent: str = "0"
    items: dict[str, Item] = field(default_factory=dict)

    @property
    def item_class(self) -> str:
        return {8: "Calendar", 13: "Calendar", 9: "Contacts", 14: "Contacts", 7: "Tasks", 10: "Notes"}.get(self.type, "Email")


class Mailbox:
    """Folders and items of one user. All methods may be called from any thread."""

    def __init__(self, user: str, changed_condition: threading.Condition):
        self.user = user
        self.address = user if "@" in user else f"{user}@contoso.test"
        self._changed = changed_condition
        self._numbers = itertools.count(1)
        self.folders: dict[str, Folder] = {}
        self.hierarchy_version = 1
        for number, name, kind in (("1", "Drafts", 3), ("2", "Calendar", 8), ("3", "Deleted Items", 4), ("4", "Notes", 10),
                                   ("5", "Inbox", 2), ("6", "Outbox", 6), ("7", "Contacts", 9), ("8", "Tasks", 7),
                                   ("9", "Sent Items", 5), ("RI", "RecipientInfo", 19)):
            self.folders[number] = Folder(number, name, kind)

    def deliver(self, subject: str, text: str = "Hello from Contoso.\r\n", *, folder: str = "5",
                sender: str = '"Bob Builder" <bob@contoso.test>',
                attachment: Optional[tuple[str, str, bytes]] = None, html: bool = False) -> Item:
        """A new message; waiting Pings of the folder are answered."""
        with self._changed:
            number = next(self._numbers)
            identifier = f"{folder}:{number}"
            item = Item(identifier, [], subject=subject)
            parts = [E.To(f'"{self.user}" <{self.address}>'), E.From(sender), E.Subject(subject),
                     E.DateReceived(time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())), E.DisplayTo(self.user),
                     E.ThreadTopic(subject), E.Importance(1), E.Read(0)]
            if attachment:
                name, kind, octets = attachment
                reference = f"{folder}%3a{number}%3a0"
                item.attachments[reference] = (kind, octets)
                parts.append(B.Attachments(B.Attachment(B.DisplayName(name), B.FileReference(reference), B.Method(1),
                                                        B.EstimatedDataSize(len(octets)))))
            parts += [B.Body(B.Type(2 if html else 1), B.EstimatedDataSize(len(text.encode())), B.Data(text)),
                      E.MessageClass("IPM.Note"), E.InternetCPID(65001), E.Flag(),
                      E.ContentClass("urn:content-classes:message"), B.NativeBodyType(2 if html else 1),
                      E2.ConversationId(uuid.uuid5(uuid.NAMESPACE_DNS, subject).bytes),
                      E2.ConversationIndex(struct.pack(">BI", 1, number))]
            item.data = parts
            self.folders[folder].items[identifier] = item
            self._changed.notify_all()
            return item

    def add_event(self, subject: str, start: str = "20261201T090000Z", end: str = "20261201T100000Z", *,
                  place: str = "Room 3") -> Item:
        with self._changed:
            identifier = f"2:{next(self._numbers)}"
            zone = base64.b64encode(struct.pack("<i64s16si64s16si", -60, b"", b"", 0, b"", b"", -60)).decode()
            item = Item(identifier, [
                C.Timezone(zone), C.DtStamp("20261101T080000Z"), C.StartTime(start), C.Subject(subject),
                C.UID(f"{uuid.uuid5(uuid.NAMESPACE_DNS, subject).hex.upper()}"),
                C.OrganizerName("Bob Builder"), C.OrganizerEmail("bob@contoso.test"),
                C.Attendees(C.Attendee(C.Email(self.address), C.Name(self.user), C.AttendeeStatus(0), C.AttendeeType(1))),
                B.Location(B.DisplayName(place)), C.EndTime(end),
                B.Body(B.Type(1), B.EstimatedDataSize(8), B.Data("Agenda\r\n")), C.Sensitivity(0), C.BusyStatus(2),
                C.AllDayEvent(0), C.Reminder(15), C.MeetingStatus(3)], subject=subject)
            self.folders["2"].items[identifier] = item
            self._changed.notify_all()
            return item

    def add_contact(self, first: str, last: str, address: str) -> Item:
        with self._changed:
            identifier = f"7:{next(self._numbers)}"
            item = Item(identifier, [K.FileAs(f"{last}, {first}"), K.FirstName(first), K.LastName(last),
                                     K.Email1Address(address), K.MobilePhoneNumber("+49 170 5550100")],
                        subject=f"{first} {last}")
            self.folders["7"].items[identifier] = item
            self._changed.notify_all()
            return item

    def fill(self) -> "Mailbox":
        """The content of a small, healthy mailbox."""
        for number in range(1, 8):
            self.deliver(f"Quarterly numbers {number}", f"Please find number {number} attached, grüße.\r\n" * 4,
                         attachment=("numbers.csv", "text/csv", b"a;b\r\n1;2\r\n" * number) if number == 3 else None)
        self.add_event("Team meeting")
        self.add_event("Übergabe", "20261202T130000Z", "20261202T133000Z", place="Café")
        self.add_contact("Grace", "Hopper", "grace@contoso.test")
        self.add_contact("Jürgen", "Groß-Weiß", "jg@contoso.test")
        return self


@dataclass
class _Collection:
    """What one device holds of one folder."""

    key: int = 0
    known: dict[str, int] = field(default_factory=dict)            # of `key`
    previous: Optional[tuple[int, dict[str, int]]] = None          # of the key before: its answer may have been lost
    options: list[Element] = field(default_factory=list)


@dataclass
class _Device:
    policy_key: str = ""
    temporary_key: str = ""
    hierarchy_key: int = 0
    collections: dict[str, _Collection] = field(default_factory=dict)
    last_ping: Optional[tuple[int, list[str]]] = None


# ---------------------------------------------------------------------------- server

@dataclass
class Seen:
    """One request and its answer as octets."""

    request: Request
    connection: "Connection"
    reply: bytes = b""


class Connection:
    """One accepted connection; `stream.received` and `stream.sent` are its plaintext."""

    def __init__(self, server: "Exchange", stream: Stream):
        self.server, self.stream = server, stream
        self.reader = HttpReader(stream)
        self.ended = threading.Event()

    def serve(self) -> None:
        try:
            while self._one():
                pass
        except (StreamEnded, OSError, ssl.SSLError):
            pass
        finally:
            self.stream.close()
            self.ended.set()

    def _one(self) -> bool:
        head = self.reader.head()
        if head is None:
            return False
        if self.server.on_head and (goes_on := self.server.on_head(self, head)) is not None:
            return goes_on
        expectation = (head.headers.get("Expect") or "").lower()
        if expectation == "100-continue" and self.server.answers_expect:
            self.stream.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        message = self.reader.body(head, until_close=False)
        request = self.server.understand(message)
        entry = Seen(request, self)
        start = len(self.stream.sent)
        with self.server.condition:
            self.server.seen.append(entry)
            self.server.condition.notify_all()
        try:
            reply = self.server.answer(self, request)
        except TakeOver as taken:
            entry.reply = bytes(self.stream.sent[start:])
            return taken.keep
        if reply.delay:
            self.server.stopping.wait(reply.delay)
        head_octets, body = reply.wire(self.server.name)
        if message.method == "HEAD":
            body = b""
        if reply.cut_after is not None:
            self.stream.send(head_octets + body[:reply.cut_after])
            if reply.reset:
                self.stream.reset()
            return False
        if reply.pieces <= 1:
            self.stream.send(head_octets + body)
        else:
            whole = head_octets + body
            step = max(1, len(whole) // reply.pieces)
            for position in range(0, len(whole), step):
                self.stream.send(whole[position:position + step])
        entry.reply = bytes(self.stream.sent[start:])
        return not (reply.until_close or reply.close or
                    (message.headers.get("Connection") or "").lower() == "close")


class Exchange:
    """The server: `start()`, use, `stop()`; also a context manager."""

    def __init__(self, pki: Optional[Pki], hosts: tuple[str, ...] = ("mail.contoso.test", "autodiscover.contoso.test"), *,
                 certificate: Optional[str] = None, tls: bool = True, name: str = "EX01",
                 users: Optional[dict[str, str]] = None, requires_policy: bool = True, host_url: Optional[str] = None):
        self.name, self.hosts, self.tls = name, hosts, tls
        self.users = users if users is not None else {"alice": "Secret-123"}
        self.requires_policy = requires_policy
        self.url = host_url or f"https://{hosts[0]}/Microsoft-Server-ActiveSync"
        self.answers_expect = True
        #: Called with connection and head before the body is read; a bool ends the exchange: whether to go on.
        self.on_head: Optional[Callable[[Connection, HttpMessage], Optional[bool]]] = None
        self.condition = threading.Condition(threading.RLock())
        self.stopping = threading.Event()
        self.seen: list[Seen] = []
        self.connections: list[Connection] = []
        self.peers: list[str] = []  # the address that each came from
        self.handshake_failures: list[str] = []
        self._context = None
        if tls:
            self._context = server_context(certificate or str(pki.server(*hosts, "127.0.0.1")))
        self._mailboxes: dict[str, Mailbox] = {}
        self._devices: dict[tuple[str, str], _Device] = {}
        self._troubles: list[list] = []  # [command or "*", trouble, times left, device]
        self._expire = 0
        self._keys = itertools.count(3609689902)
        self._listener: Optional[socket.socket] = None
        self._threads: list[threading.Thread] = []

    # ---- life

    def start(self, port: int = 0, address: str = "127.0.0.1") -> "Exchange":
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=256)
        self.address = self._listener.getsockname()
        self.port = self.address[1]
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def stop(self) -> None:
        self.stopping.set()
        if self._listener:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
        with self.condition:
            self.condition.notify_all()
            connections = list(self.connections)
        for connection in connections:
            connection.stream.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def __enter__(self) -> "Exchange":
        return self if self._listener else self.start()

    def __exit__(self, *unused) -> None:
        self.stop()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, peer = self._listener.accept()
                self.peers.append(peer[0])
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, sock: socket.socket) -> None:
        if self._context:
            stream: Stream = TlsStream(sock, self._context, server_side=True, timeout=None)
            try:
                stream.handshake()
            except (OSError, ssl.SSLError) as error:
                self.handshake_failures.append(str(error))
                sock.close()
                return
        else:
            stream = Stream(sock, timeout=None)
        connection = Connection(self, stream)
        with self.condition:
            self.connections.append(connection)
            self.condition.notify_all()
        connection.serve()

    # ---- control by tests

    def trouble(self, command: str, trouble: Trouble, times: int = 1, *, device_id: Optional[str] = None) -> None:
        """The next `times` requests of `command` ("*": any, "OPTIONS", "Autodiscover" too), of any device or of
        `device_id`, meet `trouble`."""
        with self.condition:
            self._troubles.append([command, trouble, times, device_id])

    def clear_troubles(self) -> None:
        with self.condition:
            self._troubles.clear()

    def mailbox(self, user: str = "alice") -> Mailbox:
        with self.condition:
            if user not in self._mailboxes:
                self._mailboxes[user] = Mailbox(user, self.condition)
            return self._mailboxes[user]

    def expire_pings(self) -> None:
        """Answers the requests that wait now as if their interval had passed."""
        with self.condition:
            self._expire += 1
            self.condition.notify_all()

    def demand_provision(self) -> None:
        """As after a change of policy: commands are refused until the device provisions again."""
        with self.condition:
            for device in self._devices.values():
                device.policy_key = ""

    def wait_for(self, command: str, count: int = 1, timeout: float = 20) -> Seen:
        """Waits until `count` requests of `command` have arrived; the last of them."""
        def enough():
            return [s for s in self.seen if s.request.command == command]
        with self.condition:
            if not self.condition.wait_for(lambda: len(enough()) >= count, timeout):
                raise AssertionError(f"{count} {command} expected at the server, {len(enough())} came")
            return enough()[count - 1]

    def wait_for_connection(self, count: int = 1, timeout: float = 20) -> Connection:
        with self.condition:
            if not self.condition.wait_for(lambda: len(self.connections) >= count, timeout):
                raise AssertionError(f"{count} connections expected at the server, {len(self.connections)} came")
            return self.connections[count - 1]

    # ---- understanding

    def understand(self, message: HttpMessage) -> Request:
        request = Request(message)
        target = message.target
        if target.startswith(("http://", "https://")):
            target = "/" + target.split("/", 3)[3] if target.count("/") >= 3 else "/"
        path, _, query = target.partition("?")
        headers = message.headers
        request.version = headers.get("MS-ASProtocolVersion", "") or ""
        request.policy_key = headers.get("X-MS-PolicyKey", "") or ""
        authorization = headers.get("Authorization") or ""
        if authorization.lower().startswith("basic "):
            try:
                request.user = base64.b64decode(authorization[6:]).decode("utf-8").partition(":")[0]
            except (ValueError, UnicodeDecodeError):
                pass
        if message.method == "OPTIONS":
            request.command = "OPTIONS"
        elif path.lower().endswith("/autodiscover.xml"):
            request.command = "Autodiscover"
        elif "Cmd=" in query:
            values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
            request.command = values.pop("Cmd", "")
            request.user = request.user or values.get("User", "")
            request.device_id, request.device_type = values.get("DeviceId", ""), values.get("DeviceType", "")
            request.parameters = values
        elif query:
            try:
                self._base64_query(query, request)
            except (ValueError, IndexError, struct.error) as error:
                request.problem = f"base64 query: {error}"
        if message.body and (headers.get("Content-Type") or "").startswith("application/vnd.ms-sync"):
            body = message.body
            if (headers.get("Content-Encoding") or "").lower() == "gzip":
                body = gzip_module.decompress(body)
            try:
                request.tree = decode(body)
            except WbxmlError as error:
                request.problem = str(error)
        return request

    @staticmethod
    def _base64_query(query: str, request: Request) -> None:
        octets = base64.b64decode(query + "=" * (-len(query) % 4))
        request.version = f"{octets[0] // 10}.{octets[0] % 10}"
        request.command = COMMAND_NAMES.get(octets[1], f"command {octets[1]}")
        position = 4

        def field_() -> bytes:
            nonlocal position
            length = octets[position]
            value = octets[position + 1:position + 1 + length]
            position += 1 + length
            return value
        request.device_id = field_().decode("latin-1")
        key = field_()
        request.policy_key = str(struct.unpack("<I", key)[0]) if len(key) == 4 else ""
        request.device_type = field_().decode("latin-1")
        names = {0: "AttachmentName", 1: "CollectionId", 3: "ItemId", 4: "LongId", 6: "Occurrence", 7: "Options", 8: "User"}
        while position < len(octets):
            tag = octets[position]
            position += 1
            request.parameters[names.get(tag, str(tag))] = field_().decode("latin-1")
        request.user = request.user or request.parameters.get("User", "")

    # ---- answering

    def answer(self, connection: Connection, request: Request) -> Reply:
        with self.condition:
            for entry in self._troubles:
                if entry[0] in (request.command, "*") and entry[2] > 0 and entry[3] in (None, request.device_id):
                    entry[2] -= 1
                    trouble = entry[1]
                    break
            else:
                trouble = None
        if trouble:
            return trouble(connection, request, lambda: self._healthy(request))
        return self._healthy(request)

    def _healthy(self, request: Request) -> Reply:
        authorization = request.http.headers.get("Authorization") or ""
        if self.users:
            try:
                user, _, password = base64.b64decode(authorization[6:]).decode("utf-8").partition(":")
            except (ValueError, UnicodeDecodeError):
                user = password = ""
            if not user or self.users.get(user.rpartition("\\")[2].partition("@")[0]) != password:
                return Reply(401, b"", None, [("WWW-Authenticate", 'Basic realm="mail.contoso.test"')])
        user = request.user.rpartition("\\")[2].partition("@")[0] or "alice"
        mailbox = self.mailbox(user)
        if request.command == "OPTIONS":
            return Reply(200, b"", None, [("Allow", "OPTIONS,POST"), ("Public", "OPTIONS,POST"),
                                          ("MS-ASProtocolVersions", VERSIONS), ("MS-ASProtocolCommands", COMMANDS)])
        if request.command == "Autodiscover":
            return self._autodiscover(request, mailbox)
        if request.problem:
            return Reply(400, b"", None, [("X-MS-ASError", request.problem[:100])])
        method = getattr(self, "_" + "".join("_" + c.lower() if c.isupper() else c for c in request.command).lstrip("_"), None)
        if request.http.method != "POST" or method is None or request.command not in COMMAND_CODES:
            return Reply(501 if request.command else 404, b"", None)
        with self.condition:
            device = self._devices.setdefault((user, request.device_id), _Device())
        if self.requires_policy and request.command not in ("Provision", "Settings"):
            if not device.policy_key or request.policy_key != device.policy_key:
                if request.version < "14":
                    return Reply(449, b"", None)
                return eas_status(142 if request.policy_key in ("", "0") else 144)(None, request, None)
        result = method(request, mailbox, device)
        if isinstance(result, Reply):
            return result
        return Reply(body=encode(result) if result is not None else b"")

    def _autodiscover(self, request: Request, mailbox: Mailbox) -> Reply:
        xml = ('<?xml version="1.0" encoding="utf-8"?><Autodiscover '
               'xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response '
               'xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006">'
               f'<Culture>en:us</Culture><User><DisplayName>{mailbox.user}</DisplayName><EMailAddress>{mailbox.address}'
               '</EMailAddress></User><Action><Settings><Server><Type>MobileSync</Type>'
               f'<Url>{self.url}</Url><Name>{self.url}</Name></Server></Settings></Action></Response></Autodiscover>')
        return Reply(body=xml.encode(), content_type="text/xml; charset=utf-8")

    def _provision(self, request: Request, mailbox: Mailbox, device: _Device):
        tree = request.tree
        acknowledged = tree.value("Policies/Policy/Status") if tree else None
        kind = V.PolicyType("MS-EAS-Provisioning-WBXML")
        with self.condition:
            key = str(next(self._keys))
            if acknowledged is None:
                device.temporary_key = key
                document = V.EASProvisionDoc(
                    V.DevicePasswordEnabled(1), V.AlphanumericDevicePasswordRequired(0), V.PasswordRecoveryEnabled(0),
                    V.RequireStorageCardEncryption(0), V.AttachmentsEnabled(1), V.MinDevicePasswordLength(4),
                    V.MaxInactivityTimeDeviceLock(900), V.MaxDevicePasswordFailedAttempts(8), V.MaxAttachmentSize(),
                    V.AllowSimpleDevicePassword(1), V.DevicePasswordExpiration(), V.DevicePasswordHistory(0))
                settings = element("Settings:DeviceInformation", S.Status(1)) if tree is not None and tree.find("DeviceInformation") else None
                return V.Provision(settings, V.Status(1), V.Policies(V.Policy(kind, V.Status(1), V.PolicyKey(key), V.Data(document))))
            if tree.value("Policies/Policy/PolicyKey") != device.temporary_key:
                return V.Provision(V.Status(1), V.Policies(V.Policy(kind, V.Status(5))))
            device.policy_key = key
            return V.Provision(V.Status(1), V.Policies(V.Policy(kind, V.Status(1), V.PolicyKey(key))))

    def _folder_sync(self, request: Request, mailbox: Mailbox, device: _Device):
        asked = request.tree.value("SyncKey", "0") if request.tree else "0"
        with self.condition:
            if asked == "0":
                device.hierarchy_key = mailbox.hierarchy_version
                device.collections.clear()
                folders = [F.Add(F.ServerId(f.id), F.ParentId(f.parent), F.DisplayName(f.name), F.Type(f.type))
                           for f in mailbox.folders.values()]
                return F.FolderSync(F.Status(1), F.SyncKey(device.hierarchy_key), F.Changes(F.Count(len(folders)), *folders))
            if asked != str(device.hierarchy_key):
                return F.FolderSync(F.Status(9))
            device.hierarchy_key = max(device.hierarchy_key, mailbox.hierarchy_version)
            return F.FolderSync(F.Status(1), F.SyncKey(device.hierarchy_key), F.Changes(F.Count(0)))

    def _folder_create(self, request: Request, mailbox: Mailbox, device: _Device):
        with self.condition:
            mailbox.hierarchy_version += 1
            device.hierarchy_key = mailbox.hierarchy_version
            number = str(100 + mailbox.hierarchy_version)
            mailbox.folders[number] = Folder(number, request.tree.value("DisplayName", "New"), int(request.tree.value("Type", "12")),
                                             request.tree.value("ParentId", "0"))
            return F.FolderCreate(F.Status(1), F.SyncKey(device.hierarchy_key), F.ServerId(number))

    def _folder_update(self, request: Request, mailbox: Mailbox, device: _Device):
        with self.condition:
            folder = mailbox.folders.get(request.tree.value("ServerId", ""))
            if folder is None:
                return F.FolderUpdate(F.Status(4))
            folder.name = request.tree.value("DisplayName", folder.name)
            mailbox.hierarchy_version += 1
            device.hierarchy_key = mailbox.hierarchy_version
            return F.FolderUpdate(F.Status(1), F.SyncKey(device.hierarchy_key))

    def _folder_delete(self, request: Request, mailbox: Mailbox, device: _Device):
        with self.condition:
            if mailbox.folders.pop(request.tree.value("ServerId", ""), None) is None:
                return F.FolderDelete(F.Status(4))
            mailbox.hierarchy_version += 1
            device.hierarchy_key = mailbox.hierarchy_version
            return F.FolderDelete(F.Status(1), F.SyncKey(device.hierarchy_key))

    def _changes(self, folder: Folder, known: dict[str, int]) -> list[tuple[str, Optional[Item]]]:
        out: list[tuple[str, Optional[Item]]] = [("Delete", Item(i, [])) for i in known if i not in folder.items]
        for item in folder.items.values():
            if item.id not in known:
                out.append(("Add", item))
            elif known[item.id] != item.version:
                out.append(("Change", item))
        return out

    def _sync(self, request: Request, mailbox: Mailbox, device: _Device):
        if request.tree is None:
            return Reply(body=encode(A.Sync(A.Status(13))))
        wait = int(request.tree.value("Wait", "0")) * 60 or int(request.tree.value("HeartbeatInterval", "0"))
        asked = list(request.tree.find_all("Collections/Collection"))
        if wait:
            def something():
                return any(self._changes(mailbox.folders[c.value("CollectionId")], device.collections[c.value("CollectionId")].known)
                           for c in asked if c.value("CollectionId") in device.collections)
            self._hang(wait, something)
        with self.condition:
            answers = [answer for c in asked if (answer := self._sync_collection(c, mailbox, device)) is not None]
        return A.Sync(A.Collections(*answers)) if answers else None

    def _sync_collection(self, asked: Element, mailbox: Mailbox, device: _Device) -> Optional[Element]:
        key, number = asked.value("SyncKey", "0"), asked.value("CollectionId", "")
        folder = mailbox.folders.get(number)
        if folder is None:
            return A.Collection(A.SyncKey(key), A.CollectionId(number), A.Status(12))
        state = device.collections.setdefault(number, _Collection())
        if key == "0":
            state.key, state.known, state.previous = 1, {}, None
            return A.Collection(A.SyncKey(1), A.CollectionId(number), A.Status(1))
        if state.previous and key == str(state.previous[0]):
            state.key, state.known = state.previous[0], dict(state.previous[1])
        elif key != str(state.key) or not state.key:
            return A.Collection(A.SyncKey(0), A.CollectionId(number), A.Status(3))
        window = int(asked.value("WindowSize", "100") or "100")
        known = dict(state.known)
        responses = []
        commands = asked.find("Commands")
        for command in commands.children if commands else ():
            server_id, client_id = command.value("ServerId", ""), command.value("ClientId")
            data = command.find("ApplicationData")
            if command.tag == "Add":
                item = Item(f"{number}:{next(mailbox._numbers)}", data.children if data else [])
                folder.items[item.id] = item
                known[item.id] = item.version
                responses.append(A.Add(A.ClientId(client_id), A.ServerId(item.id), A.Status(1)))
            elif command.tag == "Change":
                item = folder.items.get(server_id)
                if item is None:
                    responses.append(A.Change(A.ServerId(server_id), A.Status(8)))
                else:
                    item.version += 1
                    known[server_id] = item.version
            elif command.tag == "Delete":
                folder.items.pop(server_id, None)
                known.pop(server_id, None)
            elif command.tag == "Fetch":
                item = folder.items.get(server_id)
                responses.append(A.Fetch(A.ServerId(server_id), A.Status(1), A.ApplicationData(*item.data)) if item
                                 else A.Fetch(A.ServerId(server_id), A.Status(8)))
        changes = self._changes(folder, known) if asked.value("GetChanges", "1") != "0" else []
        if not changes and not (commands and commands.children):
            return None
        sent = []
        for kind, item in changes[:window]:
            if kind == "Delete":
                known.pop(item.id)
                sent.append(A.Delete(A.ServerId(item.id)))
            else:
                known[item.id] = item.version
                sent.append(element(f"AirSync:{kind}", A.ServerId(item.id), A.ApplicationData(*item.data)))
        state.previous = (state.key, dict(state.known))
        state.key, state.known = state.key + 1, known
        return A.Collection(A.SyncKey(state.key), A.CollectionId(number), A.Status(1),
                            A.MoreAvailable() if len(changes) > window else None,
                            A.Responses(*responses) if responses else None, A.Commands(*sent) if sent else None)

    def _hang(self, seconds: float, something: Callable[[], bool]) -> bool:
        """Waits for a change, the interval or `expire_pings()`; whether there is a change."""
        with self.condition:
            before = self._expire
            self.condition.wait_for(lambda: self.stopping.is_set() or self._expire != before or something(), seconds)
            return something()

    def _ping(self, request: Request, mailbox: Mailbox, device: _Device):
        tree = request.tree
        interval = int(tree.value("HeartbeatInterval", "0")) if tree else 0
        folders = [f.value("Id", "") for f in tree.find_all("Folders/Folder")] if tree else []
        with self.condition:
            if device.last_ping:
                interval, folders = interval or device.last_ping[0], folders or device.last_ping[1]
            if not interval or not folders:
                return P.Ping(P.Status(3))
            if not 1 <= interval <= 3540:
                return P.Ping(P.Status(5), P.HeartbeatInterval(60 if interval < 60 else 3540))
            device.last_ping = (interval, folders)

        def changed_folders() -> list[str]:
            return [number for number in folders if number in device.collections and number in mailbox.folders
                    and self._changes(mailbox.folders[number], device.collections[number].known)]
        self._hang(interval, lambda: bool(changed_folders()))
        with self.condition:
            found = changed_folders()
        if not found:
            return P.Ping(P.Status(1))
        return P.Ping(P.Status(2), P.Folders(*(P.Folder(number) for number in found)))

    def _keep_sent(self, request: Request, mailbox: Mailbox) -> None:
        with self.condition:
            mailbox.deliver("sent from the phone", folder="9", sender=mailbox.address)

    def _send_mail(self, request: Request, mailbox: Mailbox, device: _Device):
        if request.tree is not None and not request.tree.find("Mime"):
            return CM.SendMail(CM.Status(103))
        self._keep_sent(request, mailbox)
        return None

    def _smart_reply(self, request: Request, mailbox: Mailbox, device: _Device):
        self._keep_sent(request, mailbox)
        return None

    _smart_forward = _smart_reply

    def _item_operations(self, request: Request, mailbox: Mailbox, device: _Device):
        parts: list[bytes] = []
        multipart = ((request.http.headers.get("MS-ASAcceptMultiPart") or "").upper() == "T" or
                     bool(ord(request.parameters.get("Options") or "\0") & 2))
        answers = []
        for operation in request.tree.children:
            if operation.tag == "EmptyFolderContents":
                answers.append(IO.EmptyFolderContents(IO.Status(1), A.CollectionId(operation.value("CollectionId", ""))))
                continue
            reference = operation.value("FileReference")
            found = None
            if reference is not None:
                for folder in mailbox.folders.values():
                    for item in folder.items.values():
                        found = found or item.attachments.get(reference)
                if found is None:
                    answers.append(IO.Fetch(IO.Status(6), B.FileReference(reference)))
                    continue
                kind, octets = found
                if multipart:
                    parts.append(octets)
                    content = IO.Part(len(parts))
                else:
                    content = IO.Data(base64.b64encode(octets).decode())
                answers.append(IO.Fetch(IO.Status(1), B.FileReference(reference), IO.Properties(B.ContentType(kind), content)))
            else:
                number = operation.value("ServerId", "")
                item = next((f.items[number] for f in mailbox.folders.values() if number in f.items), None)
                collection = A.CollectionId(operation.value("CollectionId", ""))
                answers.append(IO.Fetch(IO.Status(1), collection, A.ServerId(number), A.Class("Email"), IO.Properties(*item.data))
                               if item else IO.Fetch(IO.Status(6), collection, A.ServerId(number)))
        body = encode(IO.ItemOperations(IO.Status(1), IO.Response(*answers)))
        if not multipart:
            return Reply(body=body)
        pieces = [body, *parts]
        head, position = struct.pack("<I", len(pieces)), 4 + 8 * len(pieces)
        for piece in pieces:
            head += struct.pack("<II", position, len(piece))
            position += len(piece)
        return Reply(body=head + b"".join(pieces), content_type="application/vnd.ms-sync.multipart")

    def _settings(self, request: Request, mailbox: Mailbox, device: _Device):
        answers = []
        for part in request.tree.children:
            if part.tag == "DeviceInformation":
                answers.append(S.DeviceInformation(S.Status(1)))
            elif part.tag == "UserInformation":
                answers.append(S.UserInformation(S.Status(1), S.Get(S.Accounts(S.Account(
                    S.EmailAddresses(S.SMTPAddress(mailbox.address), S.PrimarySmtpAddress(mailbox.address)))))))
            elif part.tag == "Oof":
                answers.append(S.Oof(S.Status(1), S.Get(S.OofState(0))))
        return S.Settings(S.Status(1), *answers)

    def _search(self, request: Request, mailbox: Mailbox, device: _Device):
        store = request.tree.find("Store")
        name, query = store.value("Name", ""), store.value("Query", "")
        if name == "GAL":
            hits = [SE.Result(SE.Properties(GAL.DisplayName("Bob Builder"), GAL.Alias("bob"), GAL.EmailAddress("bob@contoso.test")))]
        else:
            words = (store.value("Query/And/FreeText") or query).lower()
            hits = [SE.Result(A.Class("Email"), SE.LongId(f"RgAAAA{i.id}"), A.CollectionId(f.id), SE.Properties(E.Subject(i.subject)))
                    for f in mailbox.folders.values() for i in f.items.values() if i.subject and words in i.subject.lower()]
        total = [SE.Range(f"0-{max(0, len(hits) - 1)}"), SE.Total(len(hits))] if hits else []
        return SE.Search(SE.Status(1), SE.Response(SE.Store(SE.Status(1), *(hits or [SE.Result()]), *total)))

    def _find(self, request: Request, mailbox: Mailbox, device: _Device):
        return FI.Find(FI.Status(1), FI.Response(element("ItemOperations:Store", "Mailbox"), FI.Status(1), FI.Range("0-0"), FI.Total(0)))

    def _move_items(self, request: Request, mailbox: Mailbox, device: _Device):
        answers = []
        with self.condition:
            for move in request.tree.find_all("Move"):
                source, origin, target = (move.value(name, "") for name in ("SrcMsgId", "SrcFldId", "DstFldId"))
                item = mailbox.folders[origin].items.pop(source, None) if origin in mailbox.folders else None
                if item is None or target not in mailbox.folders:
                    answers.append(M.Response(M.SrcMsgId(source), M.Status(1 if item is None else 2)))
                    continue
                item.id = f"{target}:{source.rpartition(':')[2]}"
                mailbox.folders[target].items[item.id] = item
                if origin in device.collections:
                    device.collections[origin].known.pop(source, None)
                answers.append(M.Response(M.SrcMsgId(source), M.Status(3), M.DstMsgId(item.id)))
        return M.MoveItems(*answers)

    def _get_item_estimate(self, request: Request, mailbox: Mailbox, device: _Device):
        answers = []
        with self.condition:
            for asked in request.tree.find_all("Collections/Collection"):
                number = asked.value("CollectionId", "")
                state, folder = device.collections.get(number), mailbox.folders.get(number)
                if folder is None or state is None or asked.value("SyncKey") != str(state.key):
                    answers.append(G.Response(G.Status(2 if folder is None else 4), G.Collection(G.CollectionId(number))))
                else:
                    count = len(self._changes(folder, state.known))
                    answers.append(G.Response(G.Status(1), G.Collection(G.CollectionId(number), G.Estimate(count))))
        return G.GetItemEstimate(*answers)

    def _meeting_response(self, request: Request, mailbox: Mailbox, device: _Device):
        return MR.MeetingResponse(*(MR.Result(MR.RequestId(r.value("RequestId", "")), MR.Status(1), MR.CalendarId("2:8"))
                                    for r in request.tree.find_all("Request")))

    def _resolve_recipients(self, request: Request, mailbox: Mailbox, device: _Device):
        answers = [RR.Response(RR.To(to.text), RR.Status(1), RR.RecipientCount(1),
                               RR.Recipient(RR.Type(1), RR.DisplayName("Bob Builder"), RR.EmailAddress("bob@contoso.test")))
                   for to in request.tree.find_all("To")]
        return RR.ResolveRecipients(RR.Status(1), *answers)

    def _validate_cert(self, request: Request, mailbox: Mailbox, device: _Device):
        return VC.ValidateCert(VC.Status(1), VC.Certificate(VC.Status(3)))

    def _get_attachment(self, request: Request, mailbox: Mailbox, device: _Device):
        reference = request.parameters.get("AttachmentName", "")
        for folder in mailbox.folders.values():
            for item in folder.items.values():
                if reference in item.attachments:
                    kind, octets = item.attachments[reference]
                    return Reply(body=octets, content_type=kind)
        return Reply(404, b"", None)
