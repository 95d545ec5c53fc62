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
import gzip as gzip_module
import itertools
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass
from typing import Callable, Optional

from .commands import Commands
from .mailbox import Device, Mailbox
from .pki import Pki
from .replies import (Reply, Request, TakeOver, Trouble, changed, dropped, eas_status, http_error, instead,  # noqa: F401
                      provision_first_449, raw, upgraded_echo)
from .streams import HttpMessage, HttpReader, Stream, StreamEnded, TlsStream, server_context
from .wbxml import WbxmlError, decode, encode

COMMAND_NAMES = {0: "Sync", 1: "SendMail", 2: "SmartForward", 3: "SmartReply", 4: "GetAttachment", 9: "FolderSync",
                 10: "FolderCreate", 11: "FolderDelete", 12: "FolderUpdate", 13: "MoveItems", 14: "GetItemEstimate",
                 15: "MeetingResponse", 16: "Search", 17: "Settings", 18: "Ping", 19: "ItemOperations",
                 20: "Provision", 21: "ResolveRecipients", 22: "ValidateCert", 23: "Find"}
COMMAND_CODES = {name: code for code, name in COMMAND_NAMES.items()}
VERSIONS = "2.0,2.1,2.5,12.0,12.1,14.0,14.1,16.0,16.1"
COMMANDS = ("Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,CreateCollection,DeleteCollection,"
            "MoveCollection,FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,"
            "MeetingResponse,Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert,Find")


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


class Exchange(Commands):
    """The server: `start()`, use, `stop()`; also a context manager."""

    def __init__(self, pki: Optional[Pki], hosts: tuple[str, ...] = ("mail.contoso.test", "autodiscover.contoso.test"), *,
                 certificate: Optional[str] = None, tls: bool = True, name: str = "EX01",
                 users: Optional[dict[str, str]] = None, requires_policy: bool = True, host_url: Optional[str] = None,
                 context: Optional[ssl.SSLContext] = None):
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
            self._context = context or server_context(certificate or str(pki.server(*hosts, "127.0.0.1")))
        self._mailboxes: dict[str, Mailbox] = {}
        self._devices: dict[tuple[str, str], Device] = {}
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
            device = self._devices.setdefault((user, request.device_id), Device())
        if self.requires_policy and request.command not in ("Provision", "Settings"):
            if not device.policy_key or request.policy_key != device.policy_key:
                if request.version < "14":
                    return Reply(449, b"", None)
                return eas_status(142 if request.policy_key in ("", "0") else 144)(None, request, None)
        result = method(request, mailbox, device)
        if isinstance(result, Reply):
            return result
        return Reply(body=encode(result) if result is not None else b"")
