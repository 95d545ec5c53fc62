"""A simulated phone: an ActiveSync client that goes through an HTTP proxy as a phone with a Wi-Fi proxy does.

    phone = Phone("mail.contoso.test", proxy=("127.0.0.1", 8888), ca="ca.pem")
    phone.set_up()                      # OPTIONS, Provision ×2, FolderSync
    phone.sync_all("5")                 # key 0, then every page
    answer = phone.ping(["5"], 60)

Each `PhoneConnection` keeps its plaintext octets of both directions in `stream.sent` and `stream.received`.
"""
from __future__ import annotations

import base64
import binascii
import gzip as gzip_module
import socket
import ssl
import struct
import urllib.parse
import zlib
from dataclasses import dataclass
from typing import Iterable, Optional, Sequence

from .exchange import COMMAND_CODES
from .replies import WBXML_TYPE
from .streams import DEFAULT_TIMEOUT, HttpMessage, HttpReader, Stream, TlsStream, client_context
from .tags import A, B, C, CM, E, F, FI, G, IO, K, M, MR, P, RR, S, SE, V, VC
from .wbxml import Element, decode, element, encode


class ProxyRefused(Exception):
    """The proxy answered CONNECT with something other than 200; `answer` is that message."""

    def __init__(self, answer: HttpMessage):
        super().__init__(f"{answer.start_line}: {answer.body.decode('utf-8', 'replace').strip()}")
        self.answer = answer


@dataclass
class Answer:
    """An answer as the phone understands it. `interim` are the 1xx messages before it."""

    http: HttpMessage
    interim: list[HttpMessage]
    body: bytes = b""
    tree: Optional[Element] = None
    parts: Sequence[bytes] = ()

    @property
    def status(self) -> int:
        return self.http.status

    def value(self, path: str, default: Optional[str] = None) -> Optional[str]:
        return self.tree.value(path, default) if self.tree else default


def undo_content_coding(message: HttpMessage) -> bytes:
    coding = (message.headers.get("Content-Encoding") or "").lower()
    if coding == "gzip":
        return gzip_module.decompress(message.body)
    if coding == "deflate":
        return zlib.decompress(message.body)
    return message.body


class PhoneConnection:
    """One connection: TCP to the proxy (or server), CONNECT, TLS, HTTP."""

    def __init__(self, host: str, port: int = 443, *, proxy: Optional[tuple[str, int]] = None,
                 address: Optional[tuple[str, int]] = None, ca: Optional[str] = None, tls: bool = True,
                 context: Optional[ssl.SSLContext] = None, session_host: Optional[str] = None,
                 connect_headers: str = "", timeout: float = DEFAULT_TIMEOUT):
        self.host, self.port = host, port
        self.connect_answer: Optional[HttpMessage] = None
        self.sock = socket.create_connection(proxy or address or (host, port), timeout=timeout)
        try:
            if proxy and tls:
                raw = Stream(self.sock, timeout)
                raw.send(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{connect_headers}\r\n".encode())
                reader = HttpReader(raw)
                self.connect_answer = reader.head()
                if self.connect_answer is None:
                    raise ConnectionError(f"the proxy ended the connection ({raw.end}) instead of answering CONNECT")
                if self.connect_answer.status != 200:
                    reader.body(self.connect_answer, until_close=True)
                    raise ProxyRefused(self.connect_answer)
                assert not reader.buffer, "octets behind the answer to CONNECT before TLS began"
            if tls:
                self.stream: Stream = TlsStream(self.sock, context or client_context(ca),
                                                server_name=session_host or host, timeout=timeout)
                self.stream.handshake()
            else:
                self.stream = Stream(self.sock, timeout)
        except BaseException:
            self.sock.close()
            raise
        self.reader = HttpReader(self.stream)

    def send(self, octets: bytes) -> None:
        self.stream.send(octets)

    def answer(self, method: str = "POST") -> Answer:
        """Reads up to the next final response."""
        interim = []
        while True:
            message = self.reader.response(method)
            if message.status >= 200 or message.status == 101:
                break
            interim.append(message)
        result = Answer(message, interim, undo_content_coding(message))
        kind = (message.headers.get("Content-Type") or "").split(";")[0]
        if kind == "application/vnd.ms-sync.multipart":
            count = struct.unpack_from("<I", result.body)[0]
            spans = [struct.unpack_from("<II", result.body, 4 + 8 * i) for i in range(count)]
            result.parts = [result.body[start:start + length] for start, length in spans]
            result.tree = decode(result.parts[0])
        elif result.body and kind.startswith("application/vnd.ms-sync"):
            result.tree = decode(result.body)
        return result

    def close(self) -> None:
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Phone:
    """An account on a phone. Commands go over one kept-alive connection, opened anew when it has ended."""

    def __init__(self, host: str = "mail.contoso.test", port: int = 443, *, proxy: Optional[tuple[str, int]] = None,
                 address: Optional[tuple[str, int]] = None, ca: Optional[str] = None, tls: bool = True,
                 user: str = "alice", password: str = "Secret-123", device_id: str = "TESTPHONE0001",
                 device_type: str = "iPhone", user_agent: str = "Apple-iPhone15C2/2201.50", version: str = "16.1",
                 base64_query: bool = False, timeout: float = DEFAULT_TIMEOUT, accept_gzip: bool = True):
        self.host, self.port, self.proxy, self.address, self.ca, self.tls = host, port, proxy, address, ca, tls
        self.user, self.password, self.device_id, self.device_type = user, password, device_id, device_type
        self.user_agent, self.version, self.base64_query = user_agent, version, base64_query
        self.timeout, self.accept_gzip = timeout, accept_gzip
        self.policy_key = "0"
        self.hierarchy_key = "0"
        self.folders: dict[str, tuple[str, int]] = {}     # id → name, type
        self.keys: dict[str, str] = {}                    # collection → SyncKey
        self.items: dict[str, dict[str, Element]] = {}    # collection → server id → ApplicationData
        self.cookies: dict[str, str] = {}
        self.connection: Optional[PhoneConnection] = None
        self.connections: list[PhoneConnection] = []

    # ---- transport

    def connect(self) -> PhoneConnection:
        connection = PhoneConnection(self.host, self.port, proxy=self.proxy, address=self.address, ca=self.ca,
                                     tls=self.tls, timeout=self.timeout)
        self.connections.append(connection)
        return connection

    def _current(self) -> PhoneConnection:
        if self.connection is None or self.connection.stream.end:
            self.connection = self.connect()
        return self.connection

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def target(self, command: str, parameters: Optional[dict[str, str]] = None) -> str:
        parameters = dict(parameters or {})
        prefix = "" if self.tls or not self.proxy else f"http://{self.host}:{self.port}"
        if not self.base64_query:
            values = {"Cmd": command, "User": self.user, "DeviceId": self.device_id, "DeviceType": self.device_type, **parameters}
            return f"{prefix}/Microsoft-Server-ActiveSync?" + urllib.parse.urlencode(values)
        major, _, minor = self.version.partition(".")
        octets = bytearray((int(major) * 10 + int(minor or 0), COMMAND_CODES[command])) + struct.pack("<H", 0x0409)
        octets += bytes((len(self.device_id),)) + self.device_id.encode()
        octets += b"\0" if self.policy_key in ("", "0") else b"\x04" + struct.pack("<I", int(self.policy_key))
        octets += bytes((len(self.device_type),)) + self.device_type.encode()
        for name, value in parameters.items():
            tag = {"AttachmentName": 0, "CollectionId": 1, "ItemId": 3, "LongId": 4, "Occurrence": 6, "Options": 7, "User": 8}[name]
            octets += bytes((tag, len(value))) + value.encode("latin-1")
        return f"{prefix}/Microsoft-Server-ActiveSync?" + base64.b64encode(octets).decode()

    def head(self, method: str, target: str, body: Optional[bytes], *, content_type: Optional[str] = WBXML_TYPE,
             extra: Iterable[tuple[str, str]] = (), with_policy_key: bool = True) -> bytes:
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        port = "" if self.port == 443 else f":{self.port}"
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}{port}"]
        if self.base64_query and method == "POST" and "Microsoft-Server" in target:
            pass  # version and policy key are in the query
        elif method == "POST" and "Microsoft-Server" in target:
            lines.append(f"MS-ASProtocolVersion: {self.version}")
            if with_policy_key:
                lines.append(f"X-MS-PolicyKey: {self.policy_key}")
        lines += [f"Authorization: Basic {token}", f"User-Agent: {self.user_agent}", "Accept: */*", "Accept-Language: en-us"]
        if self.accept_gzip:
            lines.append("Accept-Encoding: gzip, deflate")
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        lines += [f"{name}: {value}" for name, value in extra]
        if body:
            lines.append(f"Content-Type: {content_type}")
        if method != "OPTIONS" and not any(name.lower() == "transfer-encoding" for name, _ in extra):
            lines.append(f"Content-Length: {len(body or b'')}")
        lines.append("Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def request_octets(self, command: str, tree: Optional[Element] = None, *, body: Optional[bytes] = None,
                       parameters: Optional[dict[str, str]] = None, extra: Iterable[tuple[str, str]] = (),
                       content_type: str = WBXML_TYPE) -> bytes:
        octets = body if body is not None else (encode(tree) if tree is not None else b"")
        return self.head("POST", self.target(command, parameters), octets, content_type=content_type, extra=extra) + octets

    def begin(self, command: str, tree: Optional[Element] = None, **options) -> PhoneConnection:
        """Sends a request and does not wait: `connection.answer()` reads the answer."""
        connection = self._current()
        connection.send(self.request_octets(command, tree, **options))
        return connection

    def request(self, command: str, tree: Optional[Element] = None, **options) -> Answer:
        return self._learn(self.begin(command, tree, **options).answer())

    def _learn(self, answer: Answer) -> Answer:
        for cookie in answer.http.headers.all("Set-Cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        if (answer.http.headers.get("Connection") or "").lower() == "close" or answer.http.start_line.startswith("HTTP/1.0"):
            if self.connection:
                self.connection.close()
            self.connection = None
        return answer

    # ---- commands

    def autodiscover(self, address: str) -> Answer:
        body = ('<?xml version="1.0" encoding="utf-8"?><Autodiscover '
                'xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"><Request>'
                f'<EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>'
                'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006'
                '</AcceptableResponseSchema></Request></Autodiscover>').encode()
        prefix = "" if self.tls or not self.proxy else f"http://{self.host}:{self.port}"
        connection = self._current()
        connection.send(self.head("POST", f"{prefix}/autodiscover/autodiscover.xml", body, content_type="text/xml") + body)
        return self._learn(connection.answer())

    def options(self) -> Answer:
        prefix = "" if self.tls or not self.proxy else f"http://{self.host}:{self.port}"
        connection = self._current()
        connection.send(self.head("OPTIONS", f"{prefix}/Microsoft-Server-ActiveSync", None))
        return self._learn(connection.answer("OPTIONS"))

    def provision_ask(self) -> Answer:
        """Phase 1; on success the temporary key is taken."""
        self.policy_key = "0"
        answer = self.request("Provision", V.Provision(
            element("Settings:DeviceInformation", S.Set(
                S.Model("iPhone15C2"), S.IMEI("350000000000001"), S.FriendlyName("Alice's iPhone"), S.OS("iOS 18.1 22B83"),
                S.OSLanguage("en"), S.PhoneNumber("+491705550100"), S.UserAgent(self.user_agent), S.MobileOperator("Carrier"))),
            V.Policies(V.Policy(V.PolicyType("MS-EAS-Provisioning-WBXML")))))
        if key := answer.value("Policies/Policy/PolicyKey"):
            self.policy_key = key
        return answer

    def provision_acknowledge(self, status: int = 1) -> Answer:
        """Phase 2, with how the policy was applied."""
        answer = self.request("Provision", V.Provision(V.Policies(V.Policy(
            V.PolicyType("MS-EAS-Provisioning-WBXML"), V.PolicyKey(self.policy_key), V.Status(status)))))
        if key := answer.value("Policies/Policy/PolicyKey"):
            self.policy_key = key
        return answer

    def provision(self) -> None:
        self.provision_ask()
        self.provision_acknowledge()

    def folder_sync(self, key: Optional[str] = None) -> Answer:
        answer = self.request("FolderSync", F.FolderSync(F.SyncKey(key if key is not None else self.hierarchy_key)))
        if answer.value("Status") == "1":
            self.hierarchy_key = answer.value("SyncKey", "0")
            for add in answer.tree.find_all("Changes/Add"):
                self.folders[add.value("ServerId", "")] = (add.value("DisplayName", ""), int(add.value("Type", "1")))
        return answer

    def set_up(self) -> None:
        """What a phone does when an account is added."""
        self.options()
        self.provision()
        self.folder_sync()

    def folder_named(self, *types: int) -> str:
        """The id of the first folder of one of the types."""
        return next(number for number, (_, kind) in self.folders.items() if kind in types)

    def item_class(self, collection: str) -> str:
        kind = self.folders.get(collection, ("", 2))[1]
        return {8: "Calendar", 13: "Calendar", 9: "Contacts", 14: "Contacts", 7: "Tasks", 15: "Tasks", 10: "Notes", 17: "Notes"}.get(kind, "Email")

    def sync_tree(self, collection: str, *, key: Optional[str] = None, window: int = 25, commands: Sequence[Element] = (),
                  filter_type: Optional[int] = None, wait: Optional[int] = None, heartbeat: Optional[int] = None,
                  get_changes: bool = True, body_type: int = 1, options: bool = True) -> Element:
        key = self.keys.get(collection, "0") if key is None else key
        kind = self.item_class(collection)
        parts: list = [A.SyncKey(key), A.CollectionId(collection)]
        if key != "0":
            parts += [A.DeletesAsMoves(1) if kind == "Email" else None, A.GetChanges() if get_changes else A.GetChanges(0),
                      A.WindowSize(window)]
            chosen = []
            if kind in ("Email", "Calendar"):
                chosen.append(A.FilterType(filter_type if filter_type is not None else (5 if kind == "Email" else 4)))
            if kind == "Email":
                chosen += [A.MIMESupport(0)]
            chosen.append(B.BodyPreference(B.Type(body_type), B.TruncationSize(32768)))
            if options:
                parts.append(A.Options(*chosen))
            if commands:
                parts.append(A.Commands(*commands))
        return A.Sync(A.Collections(A.Collection(*parts)), A.Wait(wait) if wait else None,
                      A.HeartbeatInterval(heartbeat) if heartbeat else None)

    def take_sync(self, answer: Answer) -> Answer:
        for found in answer.tree.find_all("Collections/Collection") if answer.tree else ():
            number = found.value("CollectionId", "")
            if found.value("Status", "1") == "1" and found.find("SyncKey"):
                if self.keys.get(number, "0") == "0":
                    self.items[number] = {}
                self.keys[number] = found.value("SyncKey", "0")
            elif found.value("Status") == "3":
                self.keys[number] = "0"
            held = self.items.setdefault(number, {})
            for command in (found.find("Commands").children if found.find("Commands") else ()):
                if command.tag in ("Add", "Change"):
                    data = command.find("ApplicationData")
                    if command.tag == "Add" or command.value("ServerId", "") not in held:
                        held[command.value("ServerId", "")] = data
                elif command.tag in ("Delete", "SoftDelete"):
                    held.pop(command.value("ServerId", ""), None)
        return answer

    def sync(self, collection: str, **options) -> Answer:
        return self.take_sync(self.request("Sync", self.sync_tree(collection, **options)))

    def sync_all(self, collection: str, *, restart: bool = False, **options) -> int:
        """From key 0 if there is none yet (or `restart`), page by page until nothing is left; number of items held."""
        if restart or self.keys.get(collection, "0") == "0":
            self.sync(collection, key="0")
        while True:
            answer = self.sync(collection, **options)
            if answer.tree is None or not answer.tree.find("Collections/Collection/MoreAvailable"):
                return len(self.items.get(collection, {}))

    @staticmethod
    def ping_tree(collections: Sequence[tuple[str, str]], heartbeat: int) -> Element:
        return P.Ping(P.HeartbeatInterval(heartbeat),
                      P.Folders(*(P.Folder(P.Id(number), P.Class(kind)) for number, kind in collections)))

    def begin_ping(self, collections: Sequence[str], heartbeat: int = 470) -> PhoneConnection:
        return self.begin("Ping", self.ping_tree([(c, self.item_class(c)) for c in collections], heartbeat))

    def ping(self, collections: Sequence[str], heartbeat: int = 470) -> Answer:
        return self._learn(self.begin_ping(collections, heartbeat).answer())

    def send_mail(self, to: str, subject: str, text: str, client_id: str = "c1") -> Answer:
        mime = (f"From: {self.user}@contoso.test\r\nTo: {to}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
                f"Message-ID: <{client_id}.{binascii.crc32(subject.encode())}@phone.test>\r\n"
                f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n").encode()
        return self.send_mime(mime, client_id)

    def send_mime(self, mime: bytes, client_id: str = "c1") -> Answer:
        return self.request("SendMail", CM.SendMail(CM.ClientId(client_id), CM.SaveInSentItems(), CM.Mime(mime)))

    def smart(self, command: str, folder: str, item: str, mime: bytes, client_id: str = "") -> Answer:
        """SmartReply or SmartForward."""
        client_id = client_id or f"{command}-{item}"  # [MS-ASCMD] ClientId: one of its own for each message
        return self.request(command, element(f"ComposeMail:{command}", CM.ClientId(client_id), CM.SaveInSentItems(),
                                             CM.Source(CM.FolderId(folder), CM.ItemId(item)), CM.Mime(mime)))

    def fetch_attachment(self, reference: str, *, multipart: bool = False) -> Answer:
        extra = [("MS-ASAcceptMultiPart", "T")] if multipart and not self.base64_query else []
        parameters = {"Options": "\x02"} if multipart and self.base64_query else None
        return self.request("ItemOperations", IO.ItemOperations(IO.Fetch(IO.Store("Mailbox"), B.FileReference(reference))),
                            extra=extra, parameters=parameters)

    def fetch_item(self, collection: str, item: str) -> Answer:
        return self.request("ItemOperations", IO.ItemOperations(IO.Fetch(
            IO.Store("Mailbox"), A.CollectionId(collection), A.ServerId(item),
            IO.Options(B.BodyPreference(B.Type(1))))))

    def settings_user_information(self) -> Answer:
        return self.request("Settings", S.Settings(S.UserInformation(S.Get())))

    def settings_oof(self) -> Answer:
        return self.request("Settings", S.Settings(S.Oof(S.Get(S.BodyType("TEXT")))))

    def settings_device_information(self) -> Answer:
        return self.request("Settings", S.Settings(S.DeviceInformation(S.Set(
            S.Model("iPhone15C2"), S.FriendlyName("Alice's iPhone"), S.OS("iOS 18.1 22B83"), S.UserAgent(self.user_agent)))))

    def search_gal(self, words: str) -> Answer:
        return self.request("Search", SE.Search(SE.Store(SE.Name("GAL"), SE.Query(words), SE.Options(SE.Range("0-9")))))

    def search_mailbox(self, collection: str, words: str) -> Answer:
        return self.request("Search", SE.Search(SE.Store(
            SE.Name("Mailbox"), SE.Query(SE.And(A.Class("Email"), A.CollectionId(collection), SE.FreeText(words))),
            SE.Options(SE.RebuildResults(), SE.Range("0-19"), B.BodyPreference(B.Type(1), B.TruncationSize(512))))))

    def find(self, collection: str, words: str) -> Answer:
        return self.request("Find", FI.Find(FI.SearchId("5B2B4C24-4A41-4A0B-9A47-5E2D1F6E7A10"), FI.ExecuteSearch(FI.MailBoxSearchCriterion(
            FI.Query(A.Class("Email"), A.CollectionId(collection), FI.FreeText(words)), FI.Options(FI.Range("0-9"), FI.DeepTraversal())))))

    def move(self, item: str, source: str, target: str) -> Answer:
        return self.request("MoveItems", M.MoveItems(M.Move(M.SrcMsgId(item), M.SrcFldId(source), M.DstFldId(target))))

    def estimate(self, collection: str) -> Answer:
        return self.request("GetItemEstimate", G.GetItemEstimate(G.Collections(G.Collection(
            A.SyncKey(self.keys.get(collection, "0")), G.CollectionId(collection)))))

    def meeting_response(self, collection: str, item: str, answer: int = 1) -> Answer:
        return self.request("MeetingResponse", MR.MeetingResponse(MR.Request(
            MR.UserResponse(answer), MR.CollectionId(collection), MR.RequestId(item))))

    def resolve_recipients(self, words: str) -> Answer:
        return self.request("ResolveRecipients", RR.ResolveRecipients(RR.To(words), RR.Options(
            RR.MaxAmbiguousRecipients(5),
            RR.Availability(RR.StartTime("2026-11-23T00:00:00.000Z"), RR.EndTime("2026-11-24T00:00:00.000Z")))))

    def validate_certificate(self, der: bytes) -> Answer:
        return self.request("ValidateCert", VC.ValidateCert(VC.Certificates(VC.Certificate(base64.b64encode(der).decode())), VC.CheckCRL(0)))

    def folder_create(self, name: str, kind: int = 12, parent: str = "0") -> Answer:
        return self._hierarchy(self.request("FolderCreate", F.FolderCreate(
            F.SyncKey(self.hierarchy_key), F.ParentId(parent), F.DisplayName(name), F.Type(kind))))

    def folder_update(self, number: str, name: str, parent: str = "0") -> Answer:
        return self._hierarchy(self.request("FolderUpdate", F.FolderUpdate(
            F.SyncKey(self.hierarchy_key), F.ServerId(number), F.ParentId(parent), F.DisplayName(name))))

    def folder_delete(self, number: str) -> Answer:
        return self._hierarchy(self.request("FolderDelete", F.FolderDelete(F.SyncKey(self.hierarchy_key), F.ServerId(number))))

    def _hierarchy(self, answer: Answer) -> Answer:
        if answer.value("Status") == "1":
            self.hierarchy_key = answer.value("SyncKey", self.hierarchy_key)
        return answer


def contact_add(client_id: str, first: str, last: str, address: str) -> Element:
    return A.Add(A.ClientId(client_id), A.ApplicationData(
        K.FileAs(f"{last}, {first}"), K.FirstName(first), K.LastName(last), K.Email1Address(address)))


def event_add(client_id: str, subject: str, uid: str, start: str, end: str, *, with_uid: bool = True) -> Element:
    return A.Add(A.ClientId(client_id), A.ApplicationData(
        C.DtStamp("20261120T100000Z"), C.StartTime(start), C.Subject(subject), C.UID(uid) if with_uid else None, C.EndTime(end),
        C.Sensitivity(0), C.BusyStatus(2), C.AllDayEvent(0), C.MeetingStatus(0)))


def mark_read(item: str, read: bool = True) -> Element:
    return A.Change(A.ServerId(item), A.ApplicationData(E.Read(1 if read else 0)))
