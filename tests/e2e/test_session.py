"""A healthy phone's whole day: every command is passed on, decoded, recorded field by field, and nothing is flagged."""
import re
import unittest

from harness import MAIL, EndToEnd, tearDownModule  # noqa: F401
from sim.phone import contact_add, event_add, mark_read

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$")
SEVERITIES = ("info", "notice", "warning", "error")


def elements(node):
    """All elements of a decoded document in a record."""
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, dict):
            if "tag" in top:
                yield top
            stack.extend(reversed(top.get("children") or []))


class HealthySession(EndToEnd):

    def play(self, base64_query: bool):
        server, tap = self.stack()
        server.mailbox().fill()
        phone = self.phone(tap, base64_query=base64_query)
        self.assertEqual(phone.autodiscover("alice@contoso.test").status, 200)
        phone.set_up()
        self.assertEqual([phone.sync_all("5", window=3), phone.sync_all("2"), phone.sync_all("7")], [7, 2, 2])
        self.assertEqual(phone.sync("5").body, b"")  # nothing new: an empty answer
        waiting = phone.begin_ping(["5", "2"], 300)
        server.wait_for("Ping")
        server.mailbox().deliver("While you waited")
        self.assertEqual(waiting.answer().value("Status"), "2")
        phone.sync("5", commands=[mark_read("5:1")])
        reference = next(d.value("Attachments/Attachment/FileReference") for d in phone.items["5"].values() if d.find("Attachments"))
        phone.fetch_attachment(reference)
        self.assertEqual(phone.fetch_attachment(reference, multipart=True).parts[1], b"a;b\r\n1;2\r\n" * 3)
        phone.fetch_item("5", "5:1")
        phone.send_mail("bob@contoso.test", "Grüße", "Bis später")
        phone.smart("SmartReply", "5", "5:1", b"To: bob@contoso.test\r\nSubject: Re\r\n\r\nyes\r\n")
        phone.smart("SmartForward", "5", "5:1", b"To: carla@contoso.test\r\nSubject: Fwd\r\n\r\nsee below\r\n")
        phone.move("5:2", "5", "3")
        phone.settings_user_information()
        phone.settings_oof()
        phone.search_gal("bob")
        phone.search_mailbox("5", "quarterly")
        phone.find("5", "numbers")
        phone.estimate("5")
        phone.meeting_response("5", "5:1")
        phone.resolve_recipients("bob")
        phone.validate_certificate(b"0\x03\x02\x01\x01")
        created = phone.folder_create("Projects").value("ServerId")
        phone.folder_update(created, "Projects 2026")
        phone.folder_delete(created)
        phone.request("GetAttachment", parameters={"AttachmentName": reference})
        phone.sync("7", commands=[contact_add("n1", "Alan", "Turing", "alan@contoso.test")])
        phone.sync("2", commands=[event_add("n2", "Dentist", "UID-1", "20261203T080000Z", "20261203T083000Z")])
        phone.close()
        expected = len(server.seen)
        tap.wait("all exchanges", lambda: len([e for e in tap.exchanges() if e.get("complete")]) >= expected)
        self.assert_same_octets(phone.connections[0], server.connections[0])
        self.assert_clean_stop(tap)
        return server, tap, phone

    def check_common_fields(self, server, tap, phone):
        exchanges = tap.exchanges()
        self.assertEqual([e["command"] for e in exchanges], [s.request.command for s in server.seen])
        for record in exchanges:
            with self.subTest(id=record["id"], command=record["command"]):
                self.assertEqual(record["type"], "exchange")
                self.assertRegex(record["time"], TIME)
                self.assertEqual(record["host"], MAIL)
                self.assertEqual(record["user_agent"], phone.user_agent)
                self.assertRegex(record["client"], r"^127\.0\.0\.1:\d+$")
                self.assertEqual(record["http_status"], 200)
                self.assertIs(record["complete"], True)
                self.assertNotIn("error", record)
                self.assertGreaterEqual(record["duration_ms"], record["ttfb_ms"])
                self.assertGreaterEqual(record["ttfb_ms"], 0)
                self.assertFalse(record.get("diagnostics"), record.get("diagnostics"))
                if record["command"] not in ("OPTIONS", "Autodiscover"):
                    self.assertEqual(record["method"], "POST")
                    self.assertEqual(record["user"], "alice")
                    self.assertEqual(record["device_id"], phone.device_id)
                    self.assertEqual(record["device_type"], "iPhone")
                    self.assertEqual(record["protocol_version"], "16.1")
        for record, seen in zip(exchanges, server.seen):
            self.assertEqual(record["target"], seen.request.http.target)
            self.assertEqual(record["request_bytes"], len(seen.request.http.raw))
            self.assertEqual(record["response_bytes"], len(seen.reply))
            self.assertEqual(record["delivered_bytes"], len(seen.reply))
        self.assertEqual([f for f in tap.findings() if f["severity"] != "info"], [])

    def test_every_command_of_a_plain_query_is_decoded_and_nothing_is_flagged(self):
        server, tap, phone = self.play(base64_query=False)
        self.check_common_fields(server, tap, phone)
        self.check_details(tap, phone)
        self.assert_replay_equals_live(tap)

    def test_the_base64_query_tells_the_same(self):
        server, tap, phone = self.play(base64_query=True)
        self.check_common_fields(server, tap, phone)
        keys = {e.get("policy_key") for e in tap.exchanges() if e["command"] == "Sync"}
        self.assertEqual(keys, {phone.policy_key})
        self.assert_replay_equals_live(tap)

    def check_details(self, tap, phone):
        by_command = {}
        for record in tap.exchanges():
            by_command.setdefault(record["command"], []).append(record)

        options = by_command["OPTIONS"][0]
        self.assertEqual(options["method"], "OPTIONS")

        ask, acknowledge = by_command["Provision"]
        self.assertEqual((ask["eas_status"], acknowledge["eas_status"]), (1, 1))
        self.assertNotEqual(ask.get("policy_key"), acknowledge.get("policy_key"))
        self.assertEqual(by_command["FolderSync"][0]["policy_key"], phone.policy_key)

        first, *pages = [r for r in by_command["Sync"] if r["collections"][0]["id"] == "5"][:4]
        self.assertEqual((first["collections"][0]["sync_key"], first["collections"][0]["new_sync_key"]), ("0", "1"))
        self.assertEqual([p["collections"][0]["adds"] for p in pages], [3, 3, 1])
        self.assertEqual([bool(p["collections"][0].get("more_available")) for p in pages], [True, True, False])
        self.assertEqual([p["collections"][0]["sync_key"] for p in pages], ["1", "2", "3"])
        self.assertEqual([p["collections"][0]["new_sync_key"] for p in pages], ["2", "3", "4"])
        self.assertTrue(all(p["collections"][0]["status"] == 1 for p in pages))
        self.assertGreater(pages[0]["response_bytes"], 500)

        subjects = [e["text"] for e in elements(pages[0]["response"]["document"]) if e["tag"] == "Subject"]
        self.assertEqual(subjects, [f"Quarterly numbers {n}" for n in (1, 2, 3)])
        self.assertEqual({e["namespace"] for e in elements(pages[0]["response"]["document"]) if e["tag"] == "Subject"}, {"Email"})

        empty = next(r for r in by_command["Sync"] if not r["response"]["body_bytes"])
        self.assertEqual(empty["collections"][0]["sync_key"], "4")
        self.assertNotIn("new_sync_key", empty["collections"][0])

        ping = by_command["Ping"][0]
        self.assertEqual(ping["eas_status"], 2)
        text = [e.get("text") for e in elements(ping["request"]["document"]) if e["tag"] == "HeartbeatInterval"]
        self.assertEqual(text, ["300"])

        send = by_command["SendMail"][0]
        mime = next(e for e in elements(send["request"]["document"]) if e["tag"] == "Mime")
        self.assertIn("Subject: Grüße", mime.get("text") or mime.get("base64") or "")
        self.assertEqual(send["response"]["body_bytes"], 0)

        headers = {header["name"].lower(): header["value"] for header in send["request"]["headers"]}
        self.assertIn("authorization", headers)
        whole = str(tap.records) + "".join(tap.stdout_lines) + tap.stderr
        self.assertNotIn("U2VjcmV0LTEyMw", whole)
        self.assertNotIn("Secret-123", whole)
        self.assertNotIn("YWxpY2U6U2VjcmV0LTEyMw", whole)  # base64 of alice:Secret-123
        self.assertNotIn(b"YWxpY2U6U2VjcmV0LTEyMw", tap.capture.read_bytes())
        self.assertEqual(tap.capture.stat().st_mode & 0o777, 0o600)
        self.assertEqual((tap.ca_dir / "ca.key").stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
