"""--redact: what is printed and exported of a session names nobody, and tells the same troubles."""
import base64
import json
import os
import stat
import tempfile
import unittest

from harness import MAIL, EndToEnd, final, run, tearDownModule  # noqa: F401
from sim.exchange import http_error

SECRETS = {"content": ["Geheimplan", "Kraus", "budget-2027", "Bis nachher"],
           "identity": ["alice", "contoso", "DEADBEEFCAFE0042"]}


class Redaction(EndToEnd):

    def session(self, *options):
        """A phone's session with something to hide and some trouble; stopped."""
        server, tap = self.stack(*options)
        mailbox = server.mailbox()
        mailbox.fill()
        mailbox.deliver("Geheimplan", "Bis nachher, Kraus\r\n")
        mailbox.add_contact("Wilma", "Kraus", "wilma@pharmland.test")
        phone = self.phone(tap, device_id="DEADBEEFCAFE0042")
        phone.autodiscover("alice@contoso.test")
        phone.set_up()
        phone.sync_all("5")
        phone.sync_all("7")
        phone.send_mail("wilma@pharmland.test", "Geheimplan", "Bis nachher, budget-2027")
        phone.settings_user_information()
        server.trouble("Sync", http_error(500, from_exchange=False), times=4)
        for _ in range(4):
            phone.sync("5")
        phone.sync("5")
        phone.close()
        expected = len(server.seen)
        tap.wait("all exchanges", lambda: len([e for e in tap.exchanges() if e.get("complete")]) >= expected)
        self.assert_clean_stop(tap)
        return tap

    def assert_hidden(self, text: str, level: str, where: str):
        words = SECRETS["content"] + (SECRETS["identity"] if level == "identity" else [])
        lower = text.lower()
        for word in words:
            forms = [word, word.encode().hex(), base64.b64encode(word.encode())[:len(word) * 8 // 6].decode()]
            for form in forms:
                self.assertNotIn(form.lower(), lower, f"{word} in {where} at {level}")

    @staticmethod
    def essence(records):
        exchanges = {n: (e.get("command"), e.get("http_status"), e.get("eas_status"), e.get("policy_key"),
                         [(c.get("id"), c.get("sync_key"), c.get("new_sync_key"), c.get("adds")) for c in e.get("collections", [])])
                     for n, e in final(records, "exchange").items()}
        findings = {n: (f["rule"], f["severity"], f["exchanges"]) for n, f in final(records, "finding").items()}
        return exchanges, findings

    def test_a_mute_of_a_user_or_device_holds_for_its_pseudonym(self):
        tap = self.session()
        for mute in ("user=alice", "device=deadbeefcafe0042"):
            done = run("replay", tap.capture, "--json", "--redact", "identity", "--mute", mute)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = [json.loads(line) for line in done.stdout.splitlines() if '"type":"finding"' in line]
            self.assertEqual([f["rule"] for f in found if f.get("device_id")], [], mute)

    def test_every_reader_hides_what_is_asked_and_tells_the_same(self):
        tap = self.session()
        plain = self.essence(tap.records)
        self.assertTrue(plain[1], "the session has no findings to compare")
        key = tap.folder / "key"
        key.write_bytes(os.urandom(32))
        for level in ("content", "identity"):
            told = tap.replay("--redact", level)
            self.assertEqual(self.essence(told), plain, level)
            for form in ("line", "xml", "json"):
                done = run("replay", "--tail", form, "--redact", level, "--redact-key", key, tap.capture)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("Sync", done.stdout)
                self.assert_hidden(done.stdout + done.stderr, level, form)
            again = run("replay", "--tail", "line", "--redact", level, "--redact-key", key, tap.capture).stdout
            self.assertEqual(again, run("replay", "--tail", "line", "--redact", level, "--redact-key", key, tap.capture).stdout)
        whole = run("replay", "--tail", "json", tap.capture).stdout
        for word in ["Geheimplan", "Kraus", *SECRETS["identity"]]:
            self.assertIn(word, whole)
        xml = run("replay", "--tail", "xml", "--redact", "content", tap.capture).stdout
        self.assertRegex(xml, r'<Subject [^>]*bytes="10"/>')

    def test_a_live_tail_is_redacted_and_its_capture_is_not(self):
        tap = self.session("--redact", "identity")
        self.assert_hidden("\n".join(tap.stdout_lines), "identity", "the live tail")
        whole = run("replay", "--tail", "xml", tap.capture).stdout
        self.assertIn("Geheimplan", whole)
        self.assertEqual(self.essence(tap.records), self.essence(tap.replay()))

    def test_an_export_holds_no_secret_and_replays_the_same(self):
        tap = self.session()
        plain = self.essence(tap.records)
        for level in ("identity", "content"):
            out = tap.folder / f"{level}.eastap"
            options = [] if level == "identity" else ["--redact", level]
            done = run("export", *options, tap.capture, out)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)
            self.assert_hidden(out.read_bytes().decode("latin-1"), level, "the exported file")
            replayed = run("replay", "--tail", "json", out)
            self.assertEqual(replayed.returncode, 0, replayed.stderr)
            records = [json.loads(line) for line in replayed.stdout.splitlines()]
            self.assertEqual(self.essence(records), plain, level)
            self.assertIn('"bytes":', replayed.stdout)
            self.assertEqual(run("export", tap.capture, out).returncode, 2, "it wrote over a file")
        self.assertEqual(run("export", tap.capture).returncode, 2)

    def test_a_key_that_is_none_is_refused(self):
        key = self.pki_file(b"short")
        done = run("decode", "--redact", "content", "--redact-key", key, stdin=b"\x03\x01\x6a\x00")
        self.assertEqual(done.returncode, 2)
        self.assertIn("16", done.stderr)

    def pki_file(self, octets: bytes):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "key")
        with open(path, "wb") as file:
            file.write(octets)
        return path

    def test_one_body_alone_is_redacted_in_every_form(self):
        body = bytes.fromhex("03016a00" "0002" "54" "03") + b"Geheimplan" + b"\x00\x01"
        for form, sign in (("--xml", 'bytes="10"'), ("--json", '"bytes":10'), ("--hex", "10 octets hidden")):
            done = run("decode", form, "--redact", "content", stdin=body)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(sign, done.stdout)
            self.assert_hidden(done.stdout, "content", form)


if __name__ == "__main__":
    unittest.main()
