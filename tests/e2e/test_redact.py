"""--redact: what is printed and exported of a session names nobody, and tells the same troubles."""
import base64
import json
import os
import stat
import pathlib
import signal
import tempfile
import unittest
import urllib.parse

from harness import MAIL, EndToEnd, final, pki, run, tearDownModule  # noqa: F401
from sim.exchange import Reply, http_error, instead
from sim.tags import IO, S, SE
from sim.wbxml import encode_by_table

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
        undone = lower
        for _ in range(3):  # as it is, and with its escapes undone
            undone = urllib.parse.unquote(undone, "latin-1").lower()
            lower += "\n" + undone
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
        self.assert_hidden(tap.stderr, "identity", "standard error")
        whole = run("replay", "--tail", "xml", tap.capture).stdout
        self.assertIn("Geheimplan", whole)
        self.assertEqual(self.essence(tap.records), self.essence(tap.replay()))

    def spelled_session(self, *options):
        """Names and credentials that are spelled with %XX, in every place of a request and its answer; stopped."""
        server, tap = self.stack(*options)
        connection = self.connection(tap)
        password = "Geheimplan-Kraus"
        basic = base64.b64encode(f"alice:{password}".encode()).decode()
        page = (f"<html><title>Error</title><pre>POST /owa/%61lice HTTP/1.1\r\nHost: mail.c%6Fntoso.test\r\nAuthorization: Basic {basic}\r\n</pre>"
                f"<a href='/l?u=https%3A%2F%2Falice%3A{password}%40mail.contoso.test%2Fa&h=Authorization%3A%20Basic%20{basic}'>again</a></html>")
        server.trouble("*", instead(Reply(500, page.encode(), "text/html", [
            ("X-MS-diagnostics", '1;reason="al%69ce%40contoso.test has no mailbox"'),
            ("Location", "https://m%61il.contoso.test/owa/%61lice?to=https%3A%2F%2Fmail.contoso.test%2F%2561lice&t=%47eheimplan")])), times=3)
        for target, body in (
                ("/Microsoft-Server-ActiveSync?Cmd=Sync&User=%61lice%40c%6Fntoso.test&D%65viceId=%44EADBEEFCAFE004%32&DeviceType=iPhone&Reason=%61lice", b""),
                ("/Microsoft-Server-ActiveSync?%43md=Ping&%55ser=c%6Fntoso%5C%61lice&DeviceId=%44%45%41%44BEEFCAFE0042&DeviceType=iPhone", b""),
                ("/owa/auth.owa?login_hint=%61lice%40contoso.test&p%61ssword=Geheimplan-Kraus",
                 f"username=%61lice%40contoso.test&pass%77ord={password}&note=%47eheimplan&h=Authorization%3A+Basic+{basic}".encode())):
            connection.send((f"POST {target} HTTP/1.1\r\nHost: {MAIL}\r\nReferer: https://{MAIL}/%61lice?u=%61lice\r\n"
                             f"Authorization: Basic {basic}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                             f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
            self.assertEqual(connection.answer().status, 500)
        tap.wait("all exchanges", lambda: len([e for e in tap.exchanges() if e.get("complete")]) >= 3)
        self.assert_clean_stop(tap)
        return tap, password, basic

    def test_escapes_hide_no_name_and_show_no_credential(self):
        tap, password, basic = self.spelled_session("--redact", "identity")
        stored = tap.capture.read_bytes().decode("latin-1")
        self.assertIn("%61lice", stored)
        for text in (stored, run("replay", "--tail", "xml", tap.capture).stdout):  # at every level
            for secret in (password, basic):
                self.assertNotIn(secret, urllib.parse.unquote(text, "latin-1"))
        self.assert_hidden("\n".join(tap.stdout_lines), "identity", "the live tail")
        for level in ("content", "identity"):
            for form in ("line", "xml", "json"):
                done = run("replay", "--tail", form, "--redact", level, tap.capture)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_hidden(done.stdout + done.stderr, level, form)
        out = tap.folder / "copy.eastap"
        self.assertEqual(run("export", tap.capture, out).returncode, 0)
        self.assert_hidden(out.read_bytes().decode("latin-1"), "identity", "the exported file")

    def test_log_lines_are_redacted_and_so_is_what_else_is_told_beside_the_tail(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "own.pem").write_bytes(pki().server("imap.contoso.test").read_bytes())
            (folder / "own.pem").chmod(0o600)
            settings = folder / "eastap.toml"
            for level, shown in (("none", True), ("content", True), ("identity", False)):
                settings.write_text("")
                server = self.exchange()
                options = ["--config", settings, "--redact", level, "--certificate", f"{MAIL}={folder / 'own.pem'}",
                           "--intercept", "webmail.contoso.test", "--log-file", folder / f"{level}.log"]
                tap = self.eastap(*options, server=server, tail="line")
                phone = self.phone(tap, host="webmail.contoso.test", device_id="DEADBEEFCAFE0042")
                self.assertTrue(tap.address)
                settings.write_text('upstream_proxy = "ftp://alice@proxy.contoso.test:1"\n')
                tap.process.send_signal(signal.SIGHUP)
                log = lambda: (folder / f"{level}.log").read_text()  # noqa: E731, B023
                tap.wait("the settings refused", lambda: any("not read again" in line for line in tap.stdout_lines))
                self.assertEqual(tap.stop(), 0, tap.told())
                self.assertIn("the certificate is not for", log())
                self.assertIn("The settings were not read again", log())
                for where, text in (("log", log()), ("tail", "\n".join(tap.stdout_lines))):
                    self.assertEqual("contoso" in text.lower(), shown, f"{level}, {where}: {text}")
                if not shown:
                    self.assertNotIn("alice", log())
                    self.assertNotIn("contoso", tap.stderr)

    def test_the_cards_name_nobody_where_there_is_no_tail(self):
        for tail in ("off", "line"):
            server = self.exchange()
            tap = self.eastap("--redact", "identity", "--cards", "5", server=server, tail=tail)
            phone = self.phone(tap, device_id="DEADBEEFCAFE0042")
            phone.set_up()
            phone.sync_all("5")
            phone.close()
            self.assertEqual(tap.stop(), 0, tap.told())
            self.assertIn("iPhone", tap.stderr)
            self.assert_hidden(tap.stderr, "identity", f"standard error with --tail {tail}")

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

    def test_a_body_alone_shows_a_password_at_no_level(self):
        tree = S.Settings(S.DevicePassword(S.Set(S.Password("Geheimplan"))), IO.Password("Geheimplan"), SE.Password(b"Geheimplan"))
        whole = encode_by_table(tree)
        for body in (whole, whole[:whole.index(b"Geheimplan") + 8]):
            for level in ("none", "content", "identity"):
                for form in ("--xml", "--json", "--hex"):
                    for given in (body, body.hex().encode(), base64.b64encode(body)):
                        done = run("decode", form, "--redact", level, stdin=given)
                        for shown in ("Geheim", b"Geheim".hex(), b"Geheim".hex(" ")):
                            self.assertNotIn(shown, done.stdout + done.stderr, f"{level} {form}")
                        if body is whole:
                            self.assertEqual(done.returncode, 0, done.stderr)
                            self.assertIn("assword", done.stdout)

    def test_the_xml_of_another_language_shows_no_secret_of_it(self):
        provisioning = bytes.fromhex("030b6a0045" "870503") + b"AAUTHSECRET\0\x06\x03Geheimplan\0\1" + b"\1"
        sign_in = bytes.fromhex("02a4016a00" "6d6c4e4f03") + b"R2VoZWltcGxhbg==\0" + b"\1" * 4  # SyncML, SyncHdr, Cred, Data
        for body, kept in ((provisioning, 'name="AAUTHSECRET" value="**********"'), (sign_in, "<Data>****************</Data>")):
            for level in ("none", "content", "identity"):
                done = run("decode", "--redact", level, stdin=body)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("Geheim", done.stdout)
                self.assertNotIn("R2Vo", done.stdout)
                if level == "none":
                    self.assertIn(kept, done.stdout)


if __name__ == "__main__":
    unittest.main()
