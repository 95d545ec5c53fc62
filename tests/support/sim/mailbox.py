"""What the simulated Exchange keeps: folders and items of a user, and what each device holds of them."""
from __future__ import annotations

import base64
import itertools
import struct
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Optional

from .tags import B, C, E, E2, K
from .wbxml import Element


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
class Held:
    """What one device holds of one folder."""

    key: int = 0
    known: dict[str, int] = field(default_factory=dict)            # of `key`
    previous: Optional[tuple[int, dict[str, int]]] = None          # of the key before: its answer may have been lost
    options: list[Element] = field(default_factory=list)


@dataclass
class Device:
    policy_key: str = ""
    temporary_key: str = ""
    hierarchy_key: int = 0
    collections: dict[str, Held] = field(default_factory=dict)
    last_ping: Optional[tuple[int, list[str]]] = None
