"""What the simulated Exchange answers to each command, as a healthy server does."""
from __future__ import annotations

import base64
import struct
from typing import Callable, Optional

from .mailbox import Device, Folder, Held, Item, Mailbox
from .replies import Reply, Request
from .tags import A, B, CM, E, F, FI, G, GAL, IO, M, MR, P, RR, S, SE, V, VC
from .wbxml import Element, element, encode


class Commands:
    """A part of `Exchange`, whose mailboxes and locks it uses: a method a command."""

    def _autodiscover(self, request: Request, mailbox: Mailbox) -> Reply:
        xml = ('<?xml version="1.0" encoding="utf-8"?><Autodiscover '
               'xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response '
               'xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006">'
               f'<Culture>en:us</Culture><User><DisplayName>{mailbox.user}</DisplayName><EMailAddress>{mailbox.address}'
               '</EMailAddress></User><Action><Settings><Server><Type>MobileSync</Type>'
               f'<Url>{self.url}</Url><Name>{self.url}</Name></Server></Settings></Action></Response></Autodiscover>')
        return Reply(body=xml.encode(), content_type="text/xml; charset=utf-8")

    def _provision(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _folder_sync(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _folder_create(self, request: Request, mailbox: Mailbox, device: Device):
        with self.condition:
            mailbox.hierarchy_version += 1
            device.hierarchy_key = mailbox.hierarchy_version
            number = str(100 + mailbox.hierarchy_version)
            mailbox.folders[number] = Folder(number, request.tree.value("DisplayName", "New"), int(request.tree.value("Type", "12")),
                                             request.tree.value("ParentId", "0"))
            return F.FolderCreate(F.Status(1), F.SyncKey(device.hierarchy_key), F.ServerId(number))

    def _folder_update(self, request: Request, mailbox: Mailbox, device: Device):
        with self.condition:
            folder = mailbox.folders.get(request.tree.value("ServerId", ""))
            if folder is None:
                return F.FolderUpdate(F.Status(4))
            folder.name = request.tree.value("DisplayName", folder.name)
            mailbox.hierarchy_version += 1
            device.hierarchy_key = mailbox.hierarchy_version
            return F.FolderUpdate(F.Status(1), F.SyncKey(device.hierarchy_key))

    def _folder_delete(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _sync(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _sync_collection(self, asked: Element, mailbox: Mailbox, device: Device) -> Optional[Element]:
        key, number = asked.value("SyncKey", "0"), asked.value("CollectionId", "")
        folder = mailbox.folders.get(number)
        if folder is None:
            return A.Collection(A.SyncKey(key), A.CollectionId(number), A.Status(12))
        state = device.collections.setdefault(number, Held())
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

    def _ping(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _send_mail(self, request: Request, mailbox: Mailbox, device: Device):
        if request.tree is not None and not request.tree.find("Mime"):
            return CM.SendMail(CM.Status(103))
        self._keep_sent(request, mailbox)
        return None

    def _smart_reply(self, request: Request, mailbox: Mailbox, device: Device):
        self._keep_sent(request, mailbox)
        return None

    _smart_forward = _smart_reply

    def _item_operations(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _settings(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _search(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _find(self, request: Request, mailbox: Mailbox, device: Device):
        return FI.Find(FI.Status(1), FI.Response(element("ItemOperations:Store", "Mailbox"), FI.Status(1), FI.Range("0-0"), FI.Total(0)))

    def _move_items(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _get_item_estimate(self, request: Request, mailbox: Mailbox, device: Device):
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

    def _meeting_response(self, request: Request, mailbox: Mailbox, device: Device):
        return MR.MeetingResponse(*(MR.Result(MR.RequestId(r.value("RequestId", "")), MR.Status(1), MR.CalendarId("2:8"))
                                    for r in request.tree.find_all("Request")))

    def _resolve_recipients(self, request: Request, mailbox: Mailbox, device: Device):
        answers = [RR.Response(RR.To(to.text), RR.Status(1), RR.RecipientCount(1),
                               RR.Recipient(RR.Type(1), RR.DisplayName("Bob Builder"), RR.EmailAddress("bob@contoso.test")))
                   for to in request.tree.find_all("To")]
        return RR.ResolveRecipients(RR.Status(1), *answers)

    def _validate_cert(self, request: Request, mailbox: Mailbox, device: Device):
        return VC.ValidateCert(VC.Status(1), VC.Certificate(VC.Status(3)))

    def _get_attachment(self, request: Request, mailbox: Mailbox, device: Device):
        reference = request.parameters.get("AttachmentName", "")
        for folder in mailbox.folders.values():
            for item in folder.items.values():
                if reference in item.attachments:
                    kind, octets = item.attachments[reference]
                    return Reply(body=octets, content_type=kind)
        return Reply(404, b"", None)
