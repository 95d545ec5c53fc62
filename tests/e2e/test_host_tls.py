"""TLS that depends on the host: real certificates instead of the CA, client certificates, legacy versions."""
import contextlib
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from harness import MAIL, EndToEnd, pki, tearDownModule  # noqa: F401
from sim.eastap_process import TIMEOUT
from sim.phone import ProxyRefused
from sim.streams import StreamEnded, client_context

ONLY_MAIL = ("--intercept", "none", "--intercept", MAIL)


def openssl(*arguments, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


class HostTls(EndToEnd):

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="eastap-tls-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def pfx(self, pem: pathlib.Path, password: str, *options: str) -> pathlib.Path:
        target = self.folder / (pem.stem + ".pfx")
        openssl("pkcs12", "-export", "-in", pem, "-out", target, "-passout", f"pass:{password}", *options)
        return target

    def user(self, name: str = "alice") -> pathlib.Path:
        """A certificate by which a server knows a user."""
        key, request, certificate = (self.folder / f"{name}{end}" for end in (".key", ".csr", ".crt"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions = self.folder / "client.ext"
        extensions.write_text("extendedKeyUsage=clientAuth\n")
        openssl("x509", "-req", "-in", request, "-CA", pki().ca, "-CAkey", pki().folder / "ca.key", "-days", "90", "-extfile", extensions, "-out", certificate)
        pem = self.folder / f"{name}.pem"
        pem.write_bytes(certificate.read_bytes() + key.read_bytes())
        return pem

    def file(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path


class OwnCertificates(HostTls):

    def test_with_a_real_certificate_no_ca_is_made_and_a_phone_needs_none(self):
        password = self.file("password", "of the pfx\n")
        real = pki().server(MAIL)
        for given in (real, f"{MAIL}={real}", f"{self.pfx(real, 'of the pfx')};password_file={password}"):
            with self.subTest(given=str(given)):
                server = self.exchange()
                tap = self.eastap(*ONLY_MAIL, "--certificate", str(given), server=server, intercept=None)
                phone = self.phone(tap, ca=str(pki().ca))
                phone.set_up()
                self.assertEqual(tap.wait_for_exchange(command="FolderSync")["http_status"], 200)
                self.assertFalse(tap.ca_dir.exists())
                # What is not covered is not decrypted, as nothing could be shown for it.
                self.assert_clean_stop(tap)

    def test_one_host_has_its_certificate_and_another_one_of_the_ca(self):
        server = self.exchange(hosts=(MAIL, "owa.contoso.test"), certificate=str(pki().server("owa.contoso.test", MAIL)))
        tap = self.eastap("--intercept", "owa.contoso.test", *self.route(server, "owa.contoso.test"), "--certificate", f"{pki().server(MAIL)}", server=server)
        self.connection(tap, ca=str(pki().ca))
        connection = self.connection(tap, "owa.contoso.test")
        self.assertIn(("DNS", "owa.contoso.test"), connection.stream.peer_certificate()["subjectAltName"])
        self.assertTrue(tap.ca_dir.exists())

    def test_a_host_without_certificate_is_passed_through_when_there_is_no_ca(self):
        server = self.exchange(hosts=(MAIL, "owa.contoso.test"), certificate=str(pki().server("owa.contoso.test", MAIL)))
        wildcard = pki().server("*.contoso.test")
        tap = self.eastap("--intercept", "none", "--intercept", "*.contoso.test", "--certificate", str(wildcard),
                          "--connect-to", f":443=127.0.0.1:{server.port}", "--upstream-insecure", "deep.owa.contoso.test", server=None, intercept=None)
        with contextlib.suppress(ssl.SSLError):
            self.connection(tap, "deep.owa.contoso.test", ca=str(pki().ca))  # a wildcard is for one label
        event = tap.wait_for_event("no --certificate is for it")
        self.assertEqual((event["type"], event["host"]), ("tunnel", "deep.owa.contoso.test"))
        self.assertFalse(tap.ca_dir.exists())

    def test_what_is_wrong_with_a_certificate_is_said_at_the_start(self):
        expired = pki().server(MAIL, expired=True)
        tap = self.eastap(*ONLY_MAIL, "--certificate", f"owa.contoso.test={expired}", intercept=None)
        told = tap.wait_for_stderr("expired on 2024-02-01", "not for owa.contoso.test but for " + MAIL)
        self.assertIn(str(expired), told)
        for wrong, words in (("/nowhere/mail.pem", "/nowhere/mail.pem"), (f"{pki().ca}", "key_file"), ("a b=x.pem", "a b")):
            with self.subTest(wrong=wrong):
                tap = self.eastap("--certificate", wrong)
                self.assertEqual(tap.wait_for_end(), 2)
                self.assertIn(words, tap.stderr)
                self.assertFalse(tap.ca_dir.exists())


class AskingServer:
    """A TLS server that asks for the client's certificate and answers each request with the name in it."""

    def __init__(self, version: ssl.TLSVersion, *, late: bool = False, required: bool = False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki().server(MAIL))
        self.context.minimum_version = self.context.maximum_version = version
        self.context.load_verify_locations(str(pki().ca))
        self.late, self.required = late, required
        if late:
            self.context.post_handshake_auth = True
        self.context.verify_mode = ssl.CERT_REQUIRED if required and not late else ssl.CERT_OPTIONAL
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError), sock:
            with self.context.wrap_socket(sock, server_side=True) as tls:
                buffer = b""
                while piece := tls.recv(4096):
                    buffer += piece
                    while b"\r\n\r\n" in buffer:
                        _, buffer = buffer.split(b"\r\n\r\n", 1)
                        if self.late and not tls.getpeercert(True):
                            with contextlib.suppress(ssl.SSLError):
                                tls.verify_client_post_handshake()
                            tls.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")  # carries the request
                            tls.settimeout(1)
                            with contextlib.suppress(TimeoutError):
                                buffer += tls.recv(4096)  # and takes the answer
                            tls.settimeout(None)
                        shown = tls.getpeercert(True)
                        name = re.findall(rb"\x55\x04\x03\x0c\x05(.{5})", shown)[-1] if shown else b"nobody"
                        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))

    def close(self):
        self.sock.close()


class ClientCertificates(HostTls):

    def server(self, *arguments, **options) -> AskingServer:
        server = AskingServer(*arguments, **options)
        self.addCleanup(server.close)
        return server

    def asked(self, tap, **options) -> bytes:
        connection = self.connection(tap, **options)
        connection.send(b"GET /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection.answer("GET").body

    def route_to(self, server: AskingServer) -> list[str]:
        return ["--connect-to", f"{MAIL}:443=127.0.0.1:{server.port}"]

    def test_a_server_that_asks_gets_the_configured_certificate(self):
        alice = self.user()
        password = self.file("password", "p12 secret")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for given in (f"{MAIL}={alice}", f"*.contoso.test={self.pfx(alice, 'p12 secret')};password_file={password}"):
                with self.subTest(version=version.name, given=given):
                    tap = self.eastap(*self.route_to(self.server(version, required=True)), "--client-certificate", given)
                    self.assertEqual(self.asked(tap), b"alice")
                    note = tap.wait_for_event("asks for a client certificate", "It got the certificate of alice")
                    self.assertEqual((note["type"], note["reason"], note["host"]), ("note", "client_certificate", MAIL))

    def test_a_request_after_the_handshake_is_answered_too(self):
        tap = self.eastap(*self.route_to(self.server(ssl.TLSVersion.TLSv1_3, late=True)), "--client-certificate", f"{MAIL}={self.user()}")
        self.assertEqual(self.asked(tap), b"alice")

    def test_without_one_the_event_names_the_option_and_the_way_around(self):
        tap = self.eastap(*self.route_to(self.server(ssl.TLSVersion.TLSv1_3, required=True)))
        with contextlib.suppress(ProxyRefused, OSError, ssl.SSLError, StreamEnded):
            self.connection(tap).stream.receive_until_end()
        event = tap.wait_for_event("upstream_failure", "client certificate", f"--client-certificate {MAIL}=FILE", f"--tunnel {MAIL}")
        self.assertEqual(event["reason"], "client_certificate")

    def test_the_phones_own_certificate_is_asked_for_and_the_event_says_that_it_cannot_be_forwarded(self):
        tap = self.eastap(*self.route_to(self.server(ssl.TLSVersion.TLSv1_2)))
        context = client_context(tap.ca)
        context.load_cert_chain(self.user("carol"))
        self.assertEqual(self.asked(tap, context=context), b"nobody")
        note = tap.wait_for_event("The device showed the certificate of carol", "cannot be forwarded")
        self.assertEqual(note["type"], "note")

    def test_a_certificate_that_the_server_refuses_is_named(self):
        stranger = self.folder / "stranger.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-subj", "/CN=stranger", "-keyout", stranger, "-out", self.folder / "c")
        stranger.write_bytes(stranger.read_bytes() + (self.folder / "c").read_bytes())
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version.name):
                tap = self.eastap(*self.route_to(self.server(version, required=True)), "--client-certificate", f"{MAIL}={stranger}")
                with contextlib.suppress(ProxyRefused, OSError, ssl.SSLError, StreamEnded):
                    self.connection(tap).stream.receive_until_end()
                tap.wait_for_event("upstream_failure", "the certificate of stranger", "did not accept it")


class LegacyTls(HostTls):

    def old_server(self, *options: str) -> int:
        """`openssl s_server` that speaks TLS 1.0 only."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(pki().server(MAIL)), "-key", str(pki().server(MAIL)),
                                    "-www", "-cipher", "DEFAULT@SECLEVEL=0", "-quiet", *options],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return port
            threading.Event().wait(0.05)
        raise AssertionError("s_server did not start")

    def old_phone(self, tap, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run(["openssl", "s_client", "-proxy", "%s:%d" % tap.address, "-connect", f"{MAIL}:443", "-servername", MAIL, "-CAfile", tap.ca,
                               "-verify_return_error", "-tls1", *options],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)

    def test_an_old_server_is_a_failure_that_names_the_option_which_then_works(self):
        port = self.old_server("-tls1")
        route = ["--connect-to", f"{MAIL}:443=127.0.0.1:{port}"]
        tap = self.eastap(*route)
        with self.assertRaises(ProxyRefused):
            self.connection(tap)
        event = tap.wait_for_event("upstream_failure", f"--legacy-tls '{MAIL};side=server'")
        self.assertEqual(event["reason"], "old_tls")
        tap = self.eastap(*route, "--legacy-tls", f"{MAIL};side=server")
        connection = self.connection(tap)
        connection.send(b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn(b"TLSv1", connection.stream.receive_until_end())

    def test_an_old_phone_is_a_failure_that_names_the_option_which_then_works_with_old_ciphers_too(self):
        server = self.exchange()
        tap = self.eastap(server=server)
        self.assertNotEqual(self.old_phone(tap, "-cipher", "DEFAULT@SECLEVEL=0").returncode, 0)
        event = tap.wait_for_event("tls_failure", f"--legacy-tls '{MAIL};side=phone'")
        self.assertEqual(event["reason"], "old_tls")
        tap = self.eastap("--legacy-tls", f"{MAIL};side=phone", server=server)
        for ciphers in ("DEFAULT@SECLEVEL=0", "AES128-SHA:@SECLEVEL=0"):
            with self.subTest(ciphers=ciphers):
                done = self.old_phone(tap, "-cipher", ciphers)
                self.assertIn(b"Verify return code: 0 (ok)", done.stdout, done.stderr)
                self.assertRegex(done.stdout, rb"Protocol *: TLSv1\b")


if __name__ == "__main__":
    unittest.main()
