"""A name server on loopback for tests: A, AAAA, CNAME and SRV from a table, over UDP.

    with NameServer({"mail.contoso.test": ["A 127.0.0.1"], "_autodiscover._tcp.contoso.test": ["SRV 0 0 443 mail.contoso.test"]}) as dns:
        … "--resolver", dns.text …
"""
from __future__ import annotations

import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33}
NO_SUCH_NAME = 3


def wire_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


class NameServer:
    """`records`: name → list of "TYPE value…". Names with a record of "silence" get no answer."""

    def __init__(self, records: dict[str, list[str]]):
        self.records = {name.lower().rstrip("."): values for name, values in records.items()}
        self.asked: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.text = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                question, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not question:  # of `close`
                return
            answer = self.answer(question)
            if answer:
                self._socket.sendto(answer, client)

    def answer(self, question: bytes) -> bytes | None:
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1").lower())
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1:at + 3])[0]
        asked = question[12:at + 5]
        name = ".".join(labels)
        self.asked.append((name, kind))
        if "silence" in self.records.get(name, ()):
            return None
        found: list[bytes] = []
        known = self._collect(name, kind, found)
        flags = 0x8580 | (0 if known else NO_SUCH_NAME)
        return question[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0) + asked + b"".join(found)

    def _collect(self, name: str, kind: int, found: list[bytes]) -> bool:
        """Appends the records of `name`, and of what it is an alias of; false when there is no such name."""
        if name not in self.records:
            return False
        for record in self.records[name]:
            word, *values = record.split()
            if word == "CNAME":
                found.append(self._record(name, word, wire_name(values[0])))
                self._collect(values[0], kind, found)
            elif TYPES[word] == kind:
                found.append(self._record(name, word, self._data(word, values)))
        return True

    @staticmethod
    def _data(word: str, values: list[str]) -> bytes:
        if word == "SRV":
            return struct.pack(">HHH", *map(int, values[:3])) + wire_name(values[3])
        return socket.inet_pton(socket.AF_INET if word == "A" else socket.AF_INET6, values[0])

    @staticmethod
    def _record(name: str, word: str, data: bytes) -> bytes:
        return wire_name(name) + struct.pack(">HHIH", TYPES[word], 1, 60, len(data)) + data

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def __enter__(self) -> "NameServer":
        return self

    def __exit__(self, *unused) -> None:
        self.close()
