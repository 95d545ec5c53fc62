"""Whatever a phone, a server, a file or a user does wrong: a message that names the thing and the remedy, the right
answer or exit code, and no other connection is touched."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import unittest
import zlib

from harness import MAIL, EastapProcess, EndToEnd, PhoneConnection, pki, run, tearDownModule  # noqa: F401
from sim.eastap_process import binary, clean_environment, sanitized
from sim.exchange import Reply, changed, instead, raw
from sim.phone import ProxyRefused
from sim.pki import Pki
from sim.streams import HttpReader, Stream, client_context
from sim.wbxml import TOKEN_BY_TAG

HEADER = b"\x03\x01\x6a\x00"


class BadPhones(EndToEnd):
    """The phone's side sends what it should not."""

    def setUp(self):
        self.server, self.tap = self.stack()

    def raw_connection(self) -> Stream:
        stream = Stream(socket.create_connection(self.tap.address))
        self.addCleanup(stream.close)
        return stream

    def connected(self) -> Stream:
        """After the answer to CONNECT, before TLS."""
        stream = self.raw_connection()
        stream.send(f"CONNECT {MAIL}:443 HTTP/1.1\r\nHost: {MAIL}:443\r\n\r\n".encode())
        reader = HttpReader(stream)
        self.assertEqual(reader.head().status, 200)
        return stream

    def client_hello(self) -> bytes:
        outgoing = ssl.MemoryBIO()
        tls = client_context(self.tap.ca).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=MAIL)
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        return outgoing.read()

    def test_garbage_instead_of_http_is_told_and_closed(self):
        with self.bystander(self.tap, self.server):
            for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(300), b"\x00" * 5000 + b"\r\n\r\n", b"HELO phone\r\n\r\n"):
                stream = self.raw_connection()
                stream.send(garbage)
                with contextlib.suppress(OSError):
                    stream.half_close()
                answer = stream.receive_until_end()
                self.assertTrue(not answer or answer.startswith(b"HTTP/1.1 400"), answer[:100])
            self.tap.wait("three malformed events", lambda: len(self.tap.of_type("malformed")) == 3)
        for event in self.tap.of_type("malformed"):
            self.assertTrue(event["detail"])
            self.assertIn("127.0.0.1", event["client"])

    def test_an_endless_request_head_is_refused_at_a_limit(self):
        with self.bystander(self.tap, self.server):
            stream = self.raw_connection()
            with contextlib.suppress(OSError):
                stream.send(f"CONNECT {MAIL}:443 HTTP/1.1\r\n".encode())
                for _ in range(400):
                    stream.send(b"X-Filler: " + b"x" * 10000 + b"\r\n")
                self.fail("4 MB of head were taken")
            stream.receive_until_end()
            self.tap.wait("an event", lambda: self.tap.of_type("malformed", "refused"))

    def test_garbage_instead_of_tls_is_told_for_the_host_and_closed(self):
        with self.bystander(self.tap, self.server):
            stream = self.connected()
            stream.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + os.urandom(200))
            with contextlib.suppress(OSError):
                stream.half_close()
            stream.receive_until_end()
            event = self.tap.wait_for_event("not_tls", MAIL)
        self.assertEqual((event["type"], event["reason"]), ("malformed", "not_tls"))
        self.assertIn(f"--tunnel {MAIL}", event["detail"])

    def test_a_cut_client_hello_is_told_and_closed(self):
        hello = self.client_hello()
        with self.bystander(self.tap, self.server):
            for kept in (1, 5, 40, len(hello) - 1):
                stream = self.connected()
                stream.send(hello[:kept])
                stream.half_close()
                stream.receive_until_end()
            self.tap.wait("four events", lambda: len([e for e in self.tap.of_type("tls_failure", "malformed") if e.get("host") == MAIL]) == 4)

    def test_a_phone_that_rejects_the_ca_is_explained(self):
        stranger = Pki(name="Another CA")
        self.addCleanup(stranger.close)
        with self.bystander(self.tap, self.server):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.connection(self.tap, ca=str(stranger.ca))
            event = self.tap.wait_for_event("tls_failure", MAIL)
        self.assertEqual(event["reason"], "unknown_ca")
        self.assertRegex(event["detail"].lower(), r"trust|install")
        self.assertIn("ca", event["detail"].lower())

    def test_a_phone_that_goes_away_during_the_handshake_costs_nothing(self):
        with self.bystander(self.tap, self.server):
            for _ in range(10):
                stream = self.connected()
                stream.send(self.client_hello())
                stream.receive(1)
                stream.reset()
            self.raw_connection().close()  # a port scan

    def test_a_request_cut_inside_its_body_is_interrupted_not_invented(self):
        phone = self.phone(self.tap)
        phone.set_up()
        phone.sync("5", key="0")
        with self.bystander(self.tap, self.server):
            whole = phone.request_octets("Sync", phone.sync_tree("5"))
            connection = self.connection(self.tap)
            connection.send(whole[:-10])
            connection.stream.half_close()
            connection.stream.receive_until_end()
            record = self.tap.wait("the cut request", lambda: next((e for e in self.tap.exchanges() if not e["complete"]), None))
        self.assertEqual(record["command"], "Sync")
        self.assertIn(record["ending"], ("device_closed", "device_reset"))
        self.assertFalse(record["request"]["complete"])

    def test_a_body_that_is_not_wbxml_passes_and_is_shown_with_the_place(self):
        phone = self.phone(self.tap)
        phone.set_up()
        bodies = (b"\xff" * 40, b"", HEADER, HEADER + b"\x45\x5c\x4f\x4b\x03no end", HEADER + b"\x7f\x03x\x00\x01")
        with self.bystander(self.tap, self.server):
            for body in bodies:
                connection = self.connection(self.tap)
                connection.send(phone.head("POST", phone.target("Sync"), body, extra=[("X-Case", str(len(body)))]) + body)
                self.assertIn(connection.answer().status, (200, 400))
                connection.close()
        self.tap.wait_for_exchange(command="Sync", device_id=phone.device_id, nth=len(bodies))
        broken = [e for e in self.tap.exchanges() if e.get("diagnostics")]
        self.assertGreaterEqual(len(broken), 3, self.tap.told())
        for record in broken:
            self.assertTrue(all("offset" in d and d["code"] for d in record["diagnostics"]))


class BadServers(EndToEnd):
    """The server's side cannot be reached, cannot be trusted or answers nonsense."""

    def refused(self, tap: EastapProcess, host: str, **options) -> str:
        """The proxy's 502 for `host`, as text."""
        with self.assertRaises(ProxyRefused) as refused:
            PhoneConnection(host, proxy=tap.address, ca=tap.ca, **options)
        self.assertEqual(refused.exception.answer.status, 502, refused.exception)
        self.assertIn(host, refused.exception.answer.body.decode())
        return refused.exception.answer.body.decode()

    def test_an_unresolvable_host_is_a_502_that_names_it(self):
        server, tap = self.stack()
        with self.bystander(tap, server):
            self.refused(tap, "mail.nowhere.invalid", timeout=60)
            event = tap.wait_for_event("upstream_failure", "mail.nowhere.invalid")
        self.assertEqual(event["reason"], "resolve")

    def test_a_refusing_server_is_a_502_that_names_host_and_port(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        server = self.exchange()
        tap = self.eastap("--connect-to", f"mail.closed.test:443=127.0.0.1:{port}", server=server)
        with self.bystander(tap, server):
            self.assertIn("refused", self.refused(tap, "mail.closed.test").lower())
            event = tap.wait_for_event("upstream_failure", "mail.closed.test")
        self.assertEqual(event["reason"], "connect")

    def test_a_server_that_says_nothing_in_tls_is_a_502(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = self.exchange()
            tap = self.eastap("--connect-to", f"mail.mute.test:443=127.0.0.1:{listener.getsockname()[1]}", server=server, intercept="*.test")
            with self.bystander(tap, server):
                def hang_up():
                    sock, _ = listener.accept()
                    sock.recv(100)
                    sock.close()
                threading.Thread(target=hang_up, daemon=True).start()
                self.refused(tap, "mail.mute.test")
                tap.wait_for_event("upstream_failure", "mail.mute.test")

    def certificate_case(self, certificate_host: str, words: tuple[str, ...], **options):
        bad = self.exchange(certificate=str(pki().server(certificate_host, **options)), hosts=("mail.bad.test",))
        good = self.exchange()
        tap = self.eastap("--intercept", "mail.bad.test", *self.route(bad, "mail.bad.test"), server=good)
        with self.bystander(tap, good):
            text = self.refused(tap, "mail.bad.test")
            event = tap.wait_for_event("upstream_failure", "mail.bad.test")
        self.assertEqual(event["reason"], "certificate")
        for word in words:
            self.assertIn(word, text.lower())
            self.assertIn(word, event["detail"].lower())
        self.assertEqual(bad.seen, [])

    def test_an_expired_certificate_is_a_502_that_says_so(self):
        self.certificate_case("mail.bad.test", ("expired",), expired=True)

    def test_a_certificate_for_another_name_is_a_502_that_says_so(self):
        self.certificate_case("mail.elsewhere.test", ("mail.elsewhere.test",))

    def test_a_certificate_of_an_unknown_authority_is_a_502_that_names_the_remedy(self):
        other = Pki(name="Company Root")
        self.addCleanup(other.close)
        bad = self.exchange(certificate=str(other.server("mail.bad.test")), hosts=("mail.bad.test",))
        tap = self.eastap("--intercept", "mail.bad.test", *self.route(bad, "mail.bad.test"))
        self.refused(tap, "mail.bad.test")
        event = tap.wait_for_event("upstream_failure", "mail.bad.test")
        self.assertEqual(event["reason"], "certificate")
        self.assertIn("upstream-ca", event["detail"])

    def test_a_bad_certificate_can_be_accepted_by_name(self):
        bad = self.exchange(certificate=str(pki().server("mail.bad.test", expired=True)), hosts=("mail.bad.test",))
        tap = self.eastap("--intercept", "mail.bad.test", "--upstream-insecure", "mail.bad.test", *self.route(bad, "mail.bad.test"))
        self.assertEqual(self.phone(tap, host="mail.bad.test").options().status, 200)


class BadAnswers(EndToEnd):

    def setUp(self):
        self.server, self.tap = self.stack()
        self.server.mailbox().fill()
        self.victim = self.phone(self.tap)
        self.victim.set_up()
        self.victim.sync("5", key="0")
        self.tap.wait_for_exchange(command="Sync")

    def answer_of(self, trouble, *, until_end: bool = False) -> tuple[PhoneConnection, dict]:
        """The phone's connection and the record of a Sync that met `trouble`, beside an undisturbed Ping."""
        with self.bystander(self.tap, self.server):
            done = len(self.of_the_victim())
            self.server.trouble("Sync", trouble, device_id=self.victim.device_id)
            connection = self.victim.begin("Sync", self.victim.sync_tree("5"))
            if until_end:
                connection.stream.receive_until_end()
            else:
                connection.reader.response()
            record = self.tap.wait("the record", lambda: self.of_the_victim()[done:])[0]
        return connection, record

    def of_the_victim(self) -> list[dict]:
        return [e for e in self.tap.exchanges() if e["command"] == "Sync" and e.get("device_id") == self.victim.device_id]

    def test_an_answer_cut_inside_its_body(self):
        connection, record = self.answer_of(changed(cut_after=20), until_end=True)
        self.assertEqual((record["complete"], record["ending"]), (False, "server_closed"))
        self.assertFalse(record["response"]["complete"])
        self.assertTrue(record["error"])

    def test_an_answer_shorter_than_its_content_length(self):
        _, record = self.answer_of(changed(content_length=100000, close=True, cut_after=10**9), until_end=True)
        self.assertEqual((record["complete"], record["ending"]), (False, "server_closed"))
        self.assertTrue(record["response"].get("document"), "what came is decoded all the same")

    def test_an_answer_longer_than_its_content_length_passes_and_is_told(self):
        connection, record = self.answer_of(changed(content_length=30, close=True), until_end=True)
        far = self.server.connections[0]
        self.assertTrue(far.ended.wait(20))
        self.assertEqual(bytes(connection.stream.received), bytes(far.stream.sent))
        self.assertTrue(record.get("diagnostics") or record.get("error") or self.tap.of_type("malformed"), self.tap.told())

    def test_an_answer_that_is_no_http_passes_and_is_told(self):
        connection, record = self.answer_of(raw(b"\x00\x01\x02 this is no HTTP\r\n\r\n"), until_end=True)
        self.assertTrue(bytes(connection.stream.received).endswith(b"this is no HTTP\r\n\r\n"))
        self.assertFalse(record["complete"] and record.get("http_status"))

    def test_100_kb_of_nested_tags_pass_and_show_where_the_limit_was(self):
        token = TOKEN_BY_TAG[("AirSync", "Collections")][1]
        for body in (HEADER + bytes((token | 0x40,)) * 100_000, HEADER + bytes((token | 0x40,)) * 50_000 + b"\x01" * 50_000):
            connection, record = self.answer_of(instead(Reply(body=body)))
            self.assertEqual(record["response"]["body_bytes"], len(body))
            self.assertTrue(record["complete"])
            self.assertTrue(record["diagnostics"], "no word about the nesting")
            self.assertTrue(all(d["offset"] <= len(body) for d in record["diagnostics"]))

    def test_a_gzip_bomb_passes_and_is_decoded_only_to_a_limit(self):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = packer.compress(HEADER + b"\x45\x03")
        for _ in range(300):
            bomb += packer.compress(b"a" * (1 << 20))
        bomb += packer.flush()
        before = self.tap.memory_high_water_mark()
        _, record = self.answer_of(instead(Reply(body=bomb, headers=[("Content-Encoding", "gzip")])))
        self.assertEqual(record["response"]["body_bytes"], len(bomb))
        self.assertTrue(record["complete"])
        self.assertTrue(record["diagnostics"], "no word about the size")
        if not sanitized():  # asan keeps what was freed
            self.assertLess(self.tap.memory_high_water_mark() - before, 250 << 20)

    def test_a_broken_gzip_body_is_told(self):
        _, record = self.answer_of(instead(Reply(body=b"\x1f\x8b\x08\x00 not gzip at all", headers=[("Content-Encoding", "gzip")])))
        self.assertTrue(record["complete"])
        self.assertTrue(record["diagnostics"])

    def test_escape_sequences_of_a_server_do_not_reach_the_terminal(self):
        server = self.exchange(requires_policy=False)
        tap = self.eastap(server=server, tail="line")
        evil = "\x1b[2J\x1b]0;owned\x07\u202egnp.exe"
        server.trouble("Sync", instead(Reply(500, b"<title>\x1b[31mboo</title>", "text/html", from_exchange=False)))
        phone = self.phone(tap, user_agent="evil\x1b[5magent")
        phone.sync("5", key="0")
        server.mailbox().folders["5"].name = evil
        phone.folder_sync()
        phone.close()
        self.assertEqual(tap.stop(), 0)
        text = "".join(tap.stdout_lines)
        self.assertTrue(text)
        self.assertNotIn("\x1b[2J", text)
        self.assertNotIn("\x1b]0;", text)
        self.assertNotIn("\x1b[5m", text)
        self.assertNotIn("\u202e", text)


class BadSurroundings(EndToEnd):
    """Ports, files, folders, configuration."""

    def ends_with(self, *arguments, code: int = 2, words: tuple[str, ...] = (), **options) -> str:
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(str(word).lower(), done.stderr.lower())
        self.assertEqual(done.left_behind, [], "a run that could not start leaves files")
        self.assertLess(len(done.stderr.splitlines()), 15, "a message, not a novel")
        return done.stderr

    def folder(self) -> pathlib.Path:
        name = tempfile.mkdtemp(prefix="eastap-bad-")
        self.addCleanup(shutil.rmtree, name, True)
        return pathlib.Path(name)

    def test_a_second_eastap_on_the_same_port_says_which_port_and_leaves_the_first_alone(self):
        server, tap = self.stack()
        folder = self.folder()
        with self.bystander(tap, server):
            text = self.ends_with("run", "--listen", f"127.0.0.1:{tap.address[1]}", "--ca-dir", folder / "ca", "--no-capture",
                                  words=(f"127.0.0.1:{tap.address[1]}", "--listen"))
        self.assertRegex(text, "in use|uses this port")

    def test_a_second_eastap_on_the_same_capture_says_which_file_and_leaves_the_first_alone(self):
        server, tap = self.stack()
        with self.bystander(tap, server):
            text = self.ends_with("run", "--listen", "127.0.0.1:0", "--ca-dir", tap.ca_dir, "--capture", tap.capture, words=(tap.capture,))
        self.assertIn("another eastap", text.lower())
        self.assert_clean_stop(tap)
        self.assertTrue(tap.replay())

    def test_a_ca_folder_that_cannot_be_written_is_named(self):
        folder = self.folder()
        (folder / "file").write_text("no folder")
        self.ends_with("run", "--listen", "127.0.0.1:0", "--no-capture", "--ca-dir", folder / "file" / "ca", words=(folder / "file" / "ca", "--ca-dir"))

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become another user")
    def test_a_ca_folder_of_somebody_else_is_named(self):
        folder = self.folder()
        folder.chmod(0o555)
        self.ends_with("run", "--listen", "127.0.0.1:0", "--no-capture", "--ca-dir", folder / "ca", words=(folder / "ca",), user="nobody", group="nogroup")

    def test_broken_ca_files_are_named(self):
        folder = self.folder()
        (folder / "ca.pem").write_text("this is no certificate")
        (folder / "ca.key").write_text("this is no key")
        self.ends_with("run", "--listen", "127.0.0.1:0", "--no-capture", "--ca-dir", folder, words=(folder / "ca.",))
        self.assertEqual((folder / "ca.pem").read_text(), "this is no certificate", "existing files are never replaced")

    def test_an_unknown_config_key_is_named_with_file_and_line(self):
        folder = self.folder()
        config = folder / "eastap.toml"
        config.write_text('# mine\nlisten = "127.0.0.1:0"\nlissten_backlog = 5\n')
        text = self.ends_with("run", "--config", config, "--ca-dir", folder / "ca", words=(config, "lissten_backlog"))
        self.assertRegex(text, r"eastap\.toml:3|line 3")

    def test_a_config_that_is_no_toml_is_named_with_the_line(self):
        config = self.folder() / "eastap.toml"
        config.write_text('listen = "127.0.0.1:0"\nintercept = [ "a", \n')
        self.ends_with("run", "--config", config, words=(config,))

    def test_a_missing_config_and_a_wrong_value_are_named(self):
        folder = self.folder()
        self.ends_with("run", "--config", folder / "none.toml", words=(folder / "none.toml",))
        self.ends_with("run", "--listen", "127.0.0.1:99999", words=("99999",))
        self.ends_with("run", "--allow", "10.0.0.0/99", "--listen", "127.0.0.1:0", words=("10.0.0.0/99",))
        self.ends_with("run", "--no-such-option", words=("--no-such-option",))
        self.ends_with("run", "--upstream-ca", folder / "none.pem", "--listen", "127.0.0.1:0", "--ca-dir", folder / "ca", "--no-capture",
                       words=(folder / "none.pem",))

    def test_a_run_that_cannot_listen_leaves_no_capture(self):
        _, tap = self.stack()
        capture = self.folder() / "new.eastap"
        self.ends_with("run", "--listen", f"127.0.0.1:{tap.address[1]}", "--ca-dir", tap.ca_dir, "--capture", capture,
                       words=(f"127.0.0.1:{tap.address[1]}",))
        self.assertFalse(capture.exists())

    def test_an_unknown_rule_is_named_with_its_place(self):
        config = self.folder() / "eastap.toml"
        config.write_text("[rules.provision-lop]\nthreshold = 3\n")
        self.ends_with("run", "--config", config, "--listen", "127.0.0.1:0", "--no-capture",
                       words=(f"{config}:1", "provision-lop", "did you mean \"provision-loop\""))
        text = self.ends_with("run", "--rule", "gibberish.threshold=3", "--listen", "127.0.0.1:0", "--no-capture", words=("--rule", "gibberish", "eastap explain rule"))
        self.assertNotIn("did you mean", text)

    def test_an_unknown_rule_is_told_before_anything_is_read_or_made(self):
        for words in (("replay", "-"), ("replay", self.folder() / "gone.eastap"), ("tail", self.folder() / "gone.eastap"), ("report", "-")):
            with self.subTest(words):
                # Standard input that never ends: who reads it first does not get as far as the rule.
                process = subprocess.Popen([binary(), *map(str, words), "--rule", "provision-lop.threshold=3"], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(str(self.folder())))
                self.addCleanup(process.kill)
                code = process.wait(20)
                told = process.stderr.read().decode()
                for stream in (process.stdin, process.stdout, process.stderr):
                    stream.close()
                self.assertEqual(code, 2, told)
                self.assertIn("provision-lop", told)
        config, out = self.folder() / "eastap.toml", self.folder() / "out.eastap"
        config.write_text("[rules.provision-lop]\nthreshold = 3\n")
        self.ends_with("export", "--config", config, self.capture_of_a_run(), out, words=(f"{config}:1", "provision-lop"))
        self.assertFalse(out.exists())

    def test_standard_input_that_is_no_capture_is_called_standard_input(self):
        text = self.ends_with("replay", "-", stdin=b"hello\n" * 1000, code=3, words=("standard input is not a capture",))
        self.assertNotIn("/tmp", text)

    def test_a_text_given_to_decode_is_said_to_be_one(self):
        path = self.folder() / "body"
        for content, word in ((b"<html><body>hello</body></html>", "XML"), (b'{"Protocol":"ActiveSync"}', "JSON"), (b"hello, world", "text")):
            with self.subTest(word):
                path.write_bytes(content)
                self.ends_with("decode", path, code=3, words=(path, word))

    def capture_of_a_run(self) -> pathlib.Path:
        server, tap = self.stack()
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)
        copy = self.folder() / "old.eastap"
        shutil.copy(tap.capture, copy)
        return copy

    def test_a_capture_from_a_newer_version_is_neither_read_nor_changed(self):
        capture = self.capture_of_a_run()
        with sqlite3.connect(capture) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute(f"PRAGMA user_version = {version + 1000}")
        database.close()
        before = capture.read_bytes()
        self.ends_with("replay", capture, "--json", code=3, words=(capture, "newer"))
        self.ends_with("run", "--listen", "127.0.0.1:0", "--ca-dir", self.folder() / "ca", "--capture", capture, words=(capture, "newer"))
        self.assertEqual(capture.read_bytes(), before)

    def test_a_file_that_is_no_capture_is_neither_read_nor_changed(self):
        folder = self.folder()
        for content in (b"", b"SQLite format 3\0" + b"\0" * 200, b"hello\n" * 1000):
            path = folder / "letter.eastap"
            path.write_bytes(content)
            with self.subTest(content=content[:10]):
                self.ends_with("replay", path, "--json", code=3, words=(path,))
                if content:
                    self.ends_with("run", "--listen", "127.0.0.1:0", "--ca-dir", folder / "ca", "--capture", path, words=(path,))
                    self.assertEqual(path.read_bytes(), content)
        self.ends_with("replay", folder / "none.eastap", code=3, words=(folder / "none.eastap",))

    def test_a_cut_capture_gives_what_is_left_or_says_why_not(self):
        capture = self.capture_of_a_run()
        whole = capture.read_bytes()
        for part in (0.3, 0.6, 0.9):
            capture.write_bytes(whole[:int(len(whole) * part)])
            done = run("replay", capture, "--json")
            self.assertIn(done.returncode, (0, 3), done.stderr)
            self.assertTrue(done.stderr.strip() or done.stdout.strip())
            self.assertIn(str(capture), done.stderr)

    def full_disk(self, tap: EastapProcess, server, fill, free):
        """The proxy goes on while the capture cannot be written, says so, and writes again when it can."""
        phone = self.phone(tap)
        phone.set_up()
        tap.wait_for_exchange(command="FolderSync")
        fill()
        size = 256 << 10
        for number in range(12):
            server.trouble("Sync", instead(Reply(body=os.urandom(size), content_type="application/octet-stream")))
            self.assertEqual(len(phone.request("Sync", phone.sync_tree("5", key="0")).http.body), size)
        tap.wait("a note that names the capture", lambda: any(str(tap.capture) in json.dumps(r) for r in tap.of_type("note")) or str(tap.capture) in tap.stderr)
        with self.bystander(tap, server):
            pass
        free()
        notes = len(tap.of_type("note"))
        phone.sync("5", key="0")
        tap.wait("a note that it writes again", lambda: len(tap.of_type("note")) > notes)
        self.assert_clean_stop(tap)
        self.assertIn("Sync", {r.get("command") for r in tap.replay()})

    def test_a_full_disk_costs_no_connection_and_the_capture_goes_on_afterwards(self):
        """The disk is full at a file size of 600 kB (RLIMIT_FSIZE), later it is not."""
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        server = self.exchange()
        tap = self.eastap(server=server, before_start=limited, restore_signals=False)
        pid = tap.process.pid
        tap.address
        unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        self.full_disk(tap, server, lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (600 << 10, unlimited[1])),
                       lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited))

    def test_a_full_file_system_costs_no_connection_and_the_capture_goes_on_afterwards(self):
        folder = self.folder()
        if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True).returncode:
            self.skipTest("needs the right to mount a tmpfs")
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)], check=True)
        server = self.exchange()
        tap = self.eastap(server=server, capture=str(folder / "live.eastap"))
        filler = folder / "filler"

        def fill():
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * 4096)
        self.full_disk(tap, server, fill, lambda: (filler.unlink(), subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)))

    def test_a_reader_of_stdout_that_goes_away_ends_the_run_like_ctrl_c_with_a_whole_capture(self):
        server, tap = self.stack()
        phone = self.phone(tap)
        phone.set_up()
        tap.wait_for_exchange(command="FolderSync")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, tap.process.stdout.fileno())  # the reader's next read ends it; then nobody holds the pipe
        os.close(null)
        with contextlib.suppress(Exception):
            while tap.process.poll() is None:  # until a write meets the closed pipe
                phone.options()
        self.assertEqual(tap.wait_for_end(), 0)
        self.assertGreaterEqual(len([r for r in tap.replay() if r["type"] == "exchange"]), 4)


if __name__ == "__main__":
    unittest.main()
