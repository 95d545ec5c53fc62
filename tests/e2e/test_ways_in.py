"""The ways in: several listeners, SOCKS5, reverse, IPv6; and who may come in."""
import os
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import unittest

from harness import MAIL, EndToEnd, pki, tearDownModule  # noqa: F401
from sim.phone import Phone, PhoneConnection, ProxyRefused

EAS = f"https://{MAIL}/Microsoft-Server-ActiveSync"


def receive(sock: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count and (piece := sock.recv(count - len(octets))):
        octets += piece
    return octets


class Ways(EndToEnd):

    def listeners(self, tap) -> dict[str, tuple[str, int]]:
        """Address of each mode's listener."""
        tap.address
        found = {}
        for listener in tap.of_type("ready")[0]["listeners"]:
            host, _, port = listener["address"].rpartition(":")
            found.setdefault(listener["mode"], (host.strip("[]"), int(port)))
        return found

    def curl(self, *arguments: str) -> subprocess.CompletedProcess:
        done = subprocess.run(["curl", "-sS", "-u", "alice:Secret-123", "--max-time", "30", "-o", "/dev/null", "-w", "%{http_code} %{http_connect} %{exitcode}",
                               *arguments], capture_output=True, text=True, check=False,
                              env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
        return done

    def socks(self, tap, request: bytes, hello: bytes = b"\x05\x01\x00") -> tuple[socket.socket, bytes]:
        """A SOCKS5 connection after `request`, and the reply to it."""
        sock = socket.create_connection(self.listeners(tap)["socks5"], timeout=30)
        self.addCleanup(sock.close)
        sock.sendall(hello)
        self.assertEqual(receive(sock, 2), b"\x05\x00")
        sock.sendall(request)
        return sock, receive(sock, 10)


class Listeners(Ways):

    def test_several_listeners_of_all_modes_serve_one_phone_each(self):
        server, tap = self.stack("--listen", "socks5:127.0.0.1:0", "--listen", "reverse:127.0.0.1:0", "--listen", "[::1]:0")
        ready = tap.of_type("ready") or (tap.address and tap.of_type("ready"))
        self.assertEqual([one["mode"] for one in ready[0]["listeners"]], ["proxy", "socks5", "reverse", "proxy"])
        self.assertEqual(ready[0]["address"], ready[0]["listeners"][0]["address"])
        phone = self.phone(tap)
        phone.set_up()
        v6 = ready[0]["listeners"][3]["address"].rpartition(":")
        other = Phone(MAIL, proxy=(v6[0].strip("[]"), int(v6[2])), ca=tap.ca, device_id="OVERV6")
        self.addCleanup(other.close)
        other.set_up()
        self.assertTrue(tap.wait_for_exchange(command="FolderSync", device_id="OVERV6")["client"].startswith("[::1]:"))
        self.assert_clean_stop(tap)
        self.assert_replay_equals_live(tap)


class Socks(Ways):

    def test_curl_comes_in_by_socks5_and_is_watched(self):
        server, tap = self.stack("--listen", "socks5:127.0.0.1:0")
        host, port = self.listeners(tap)["socks5"]
        done = self.curl("--socks5-hostname", f"{host}:{port}", "--cacert", tap.ca, "-X", "OPTIONS", EAS)
        self.assertTrue(done.stdout.startswith("200 "), done)
        self.assertEqual(tap.wait_for_exchange(method="OPTIONS")["host"], MAIL)

    def test_plain_http_to_a_watched_host_is_watched_too(self):
        server = self.exchange(tls=False)
        tap = self.eastap("--listen", "socks5:127.0.0.1:0", "--connect-to", f"{MAIL}:80=127.0.0.1:{server.port}")
        host, port = self.listeners(tap)["socks5"]
        done = self.curl("--socks5-hostname", f"{host}:{port}", "-X", "OPTIONS", EAS.replace("https", "http"))
        self.assertTrue(done.stdout.startswith("200 "), done)
        tap.wait_for_exchange(method="OPTIONS")

    def test_addresses_of_both_families_and_names_are_reached(self):
        server, tap = self.stack("--listen", "socks5:127.0.0.1:0", "--allow-target", "::1")
        v6 = socket.create_server(("::1", 0), family=socket.AF_INET6)
        self.addCleanup(v6.close)
        for request in (b"\x05\x01\x00\x01" + socket.inet_aton("127.0.0.1") + struct.pack(">H", server.port),
                        b"\x05\x01\x00\x03\x09localhost" + struct.pack(">H", server.port),
                        b"\x05\x01\x00\x04" + socket.inet_pton(socket.AF_INET6, "::1") + struct.pack(">H", v6.getsockname()[1])):
            with self.subTest(request=request):
                self.assertEqual(self.socks(tap, request)[1], b"\x05\x00\x00\x01" + bytes(6))

    def test_every_failure_has_its_code(self):
        free = socket.create_server(("127.0.0.1", 0))
        closed = free.getsockname()[1]
        free.close()
        tap = self.eastap("--listen", "socks5:127.0.0.1:0")
        to = lambda address, port: b"\x05\x01\x00\x01" + socket.inet_aton(address) + struct.pack(">H", port)  # noqa: E731
        name = b"no-such-host.invalid"
        for request, code, word in ((to("127.0.0.1", closed), 5, "connect"), (to("169.254.0.1", 443), 2, "link_local"),
                                    (to("192.0.2.1", 25), 2, "port"), (b"\x05\x02\x00\x01" + bytes(4) + b"\x00\x50", 7, "socks_command"),
                                    (b"\x05\x01\x00\x03" + bytes([len(name)]) + name + b"\x01\xbb", 4, "resolve")):
            with self.subTest(word=word):
                self.assertEqual(self.socks(tap, request)[1][:2], bytes([5, code]))
                tap.wait_for_event(f'"reason": "{word}"')

    def test_what_is_no_socks5_is_told_apart(self):
        tap = self.eastap("--listen", "socks5:127.0.0.1:0")
        sock = socket.create_connection(self.listeners(tap)["socks5"], timeout=30)
        self.addCleanup(sock.close)
        sock.sendall(b"CONNECT x:443 HTTP/1.1\r\n\r\n")
        self.assertEqual(sock.recv(100), b"")
        self.assertIn("an HTTP proxy needs a listener of its own", tap.wait_for_event("socks_version")["detail"])


class OwnPages(Ways):
    """The pages are reached by each way that a phone may have been set to, before it has a certificate or password."""

    def users(self) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = folder.name + "/users"
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write("phone:s3cret\n")
        return path

    def fetch(self, *arguments: str) -> tuple[str, bytes]:
        """HTTP status and body, as curl sees them."""
        done = subprocess.run(["curl", "-sS", "--max-time", "30", "-w", "\n%{http_code}", *arguments], capture_output=True, check=False,
                              env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
        body, _, status = done.stdout.rpartition(b"\n")
        return status.decode(), body + done.stderr

    def test_through_socks5_by_name_by_address_and_with_tls(self):
        tap = self.eastap("--listen", "socks5:127.0.0.1:0")
        http, socks = self.listeners(tap)["proxy"], self.listeners(tap)["socks5"]
        by_socks = ["--socks5-hostname", "%s:%d" % socks]
        for arguments in (["http://eastap.test/"], ["http://%s:%d/" % http], ["http://%s:%d/" % socks],
                          ["--cacert", tap.ca, "https://eastap.test/"]):
            with self.subTest(arguments):
                status, body = self.fetch(*by_socks, *arguments)
                self.assertEqual(status, "200", body)
                self.assertIn(b"Set up this", body)
                self.assertIn(f"<code>http://{http[0]}:{http[1]}/proxy.pac</code>".encode(), body)  # what phones can be set to
        self.assertEqual(self.fetch(*by_socks, "--cacert", tap.ca, "https://probe.eastap.test/probe"), ("200", b'{"probe":"ok"}'))
        self.assertIn(b"Ready", self.fetch(*by_socks, "http://eastap.test/")[1])  # the self-test saw it
        self.assertEqual(tap.of_type("refused"), [])
        self.assert_clean_stop(tap)

    def test_through_socks5_a_foreign_name_in_host_is_refused(self):
        tap = self.eastap("--listen", "socks5:127.0.0.1:0")
        by_socks = ["--socks5-hostname", "%s:%d" % self.listeners(tap)["socks5"]]
        for target in ("http://%s:%d/ca.pem" % self.listeners(tap)["proxy"], "http://eastap.test/ca.pem"):
            self.assertEqual(self.fetch(*by_socks, "-H", "Host: attacker.test", target)[0], "421")

    def test_through_socks5_other_ports_of_this_machine_stay_closed(self):
        tap = self.eastap("--listen", "socks5:127.0.0.1:0", "--listen", "reverse:127.0.0.1:0", loopback=False)
        reverse = self.listeners(tap)["reverse"]
        request = b"\x05\x01\x00\x01" + socket.inet_aton(reverse[0]) + struct.pack(">H", reverse[1])
        self.assertEqual(self.socks(tap, request)[1][:2], b"\x05\x02")
        tap.wait_for_event('"reason": "self"')

    def test_a_browser_at_the_socks_port_gets_the_page_and_its_pac_file_names_socks(self):
        tap = self.eastap(listen="socks5:127.0.0.1:0")
        own = "%s:%d" % self.listeners(tap)["socks5"]
        status, body = self.fetch(f"http://{own}/")
        self.assertEqual(status, "200", body)
        self.assertIn(b"takes SOCKS5 only", body)
        self.assertIn(f'"SOCKS5 {own}; SOCKS {own}"'.encode(), self.fetch(f"http://{own}/proxy.pac")[1])
        self.assertEqual(self.fetch("-H", "Host: attacker.test", f"http://{own}/")[0], "421")
        self.assertEqual(tap.of_type("malformed"), [])

    def test_before_the_password_of_the_proxy(self):
        tap = self.eastap("--proxy-users", self.users(), "--listen", "socks5:127.0.0.1:0")
        proxy = ["--proxy", "http://%s:%d" % tap.address]
        self.assertEqual(self.fetch(*proxy, "http://eastap.test/")[0], "200")
        self.assertEqual(self.fetch(*proxy, "--cacert", tap.ca, "https://eastap.test/")[0], "200")
        self.assertEqual(self.fetch(*proxy, "--cacert", tap.ca, "https://probe.eastap.test/probe"), ("200", b'{"probe":"ok"}'))
        self.assertEqual(tap.of_type("refused"), [])
        done = self.curl(*proxy, EAS)
        self.assertTrue(done.stdout.startswith("000 407"), done)
        # SOCKS5 asks before it knows where the client wants to go; the page is at the listener's own address without.
        socks = "%s:%d" % self.listeners(tap)["socks5"]
        self.assertEqual(self.fetch("--socks5-hostname", socks, "http://eastap.test/")[0], "000")
        self.assertEqual(self.fetch("--socks5-hostname", socks, "--proxy-user", "phone:s3cret", "http://eastap.test/")[0], "200")
        self.assertEqual(self.fetch(f"http://{socks}/")[0], "200")

    def test_never_for_a_stranger(self):
        tap = self.eastap("--listen", "socks5:127.0.0.1:0", "--allow", "192.0.2.1")
        socks = "%s:%d" % self.listeners(tap)["socks5"]
        self.assertEqual(self.fetch("--socks5-hostname", socks, "http://eastap.test/")[0], "000")
        self.assertEqual(self.fetch(f"http://{socks}/")[0], "000")
        self.assertIn(self.fetch("--proxy", "http://%s:%d" % tap.address, "--cacert", tap.ca, "https://eastap.test/")[0], ("000", "403"))
        self.assertEqual({r["reason"] for r in tap.of_type("refused")}, {"source"})
        pages = self.eastap("--listen", "socks5:127.0.0.1:0", "--allow-pages", "192.0.2.1")
        by_socks = ["--socks5-hostname", "%s:%d" % self.listeners(pages)["socks5"]]
        self.assertEqual(self.fetch(*by_socks, "http://eastap.test/")[0], "403")


class Reverse(Ways):

    def test_a_phone_whose_dns_leads_here_is_served_and_watched(self):
        server, tap = self.stack("--listen", "reverse:127.0.0.1:0")
        phone = Phone(MAIL, address=self.listeners(tap)["reverse"], ca=tap.ca)
        self.addCleanup(phone.close)
        phone.set_up()
        tap.wait_for_exchange(command="FolderSync")
        phone.close()
        self.assertTrue(server.connections[0].ended.wait(10))
        self.assert_same_octets(phone.connections[0], server.connections[0])

    def test_a_host_that_is_not_watched_is_passed_through_with_its_own_certificate(self):
        server = self.exchange()
        tap = self.eastap("--listen", "reverse:127.0.0.1:0", "--connect-to", f"autodiscover.contoso.test:443=127.0.0.1:{server.port}",
                          "--tunnel", "autodiscover.contoso.test")
        host, port = self.listeners(tap)["reverse"]
        done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", "autodiscover.contoso.test",
                               "-CAfile", str(pki().ca), "-verify_return_error"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertIn("Verify return code: 0 (ok)", done.stdout, done.stderr)
        tap.wait_for_event("tunnel", "autodiscover.contoso.test")

    def test_a_hello_in_single_octets_is_waited_for(self):
        server, tap = self.stack("--listen", "reverse:127.0.0.1:0")
        sock = socket.create_connection(self.listeners(tap)["reverse"], timeout=30)
        self.addCleanup(sock.close)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ssl.create_default_context(cafile=tap.ca).wrap_bio(into, out, server_hostname=MAIL)
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        for octet in out.read():
            sock.sendall(bytes([octet]))
        while True:
            into.write(sock.recv(65536))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(out.read())
        self.assertIn(("commonName", MAIL), [pair for name in tls.getpeercert()["subject"] for pair in name] or [("commonName", MAIL)])

    def test_a_fixed_target_takes_everything_also_without_a_name(self):
        server = self.exchange()
        tap = self.eastap("--listen", f"reverse:127.0.0.1:0=127.0.0.1:{server.port}", "--upstream-insecure", "127.0.0.1",
                          "--intercept", "127.0.0.1")
        where = self.listeners(tap)["reverse"]
        phone = Phone(MAIL, address=where, ca=tap.ca)
        self.addCleanup(phone.close)
        phone.set_up()
        context = ssl.create_default_context(cafile=tap.ca)
        context.check_hostname = False
        with context.wrap_socket(socket.create_connection(where, timeout=30)) as nameless:
            nameless.sendall(b"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            self.assertTrue(nameless.recv(100).startswith(b"HTTP/1.1 "))
        tap.wait_for_exchange(method="OPTIONS", host="127.0.0.1")

    def test_plain_http_goes_by_its_host_field(self):
        server = self.exchange(tls=False)
        tap = self.eastap("--listen", "reverse:127.0.0.1:0", "--connect-to", f"{MAIL}:80=127.0.0.1:{server.port}")
        host, port = self.listeners(tap)["reverse"]
        done = self.curl("--connect-to", f"{MAIL}:80:{host}:{port}", "-X", "OPTIONS", EAS.replace("https", "http"))
        self.assertTrue(done.stdout.startswith("200 "), done)
        tap.wait_for_exchange(method="OPTIONS")

    def test_without_a_name_it_says_what_is_missing(self):
        tap = self.eastap("--listen", "reverse:127.0.0.1:0")
        sock = socket.create_connection(self.listeners(tap)["reverse"], timeout=30)
        self.addCleanup(sock.close)
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        with self.assertRaises(ConnectionError):
            if sock.recv(10) == b"":
                raise ConnectionError
        self.assertIn("--listen reverse:ADDR:PORT=HOST:PORT", tap.wait_for_event("no_server_name")["detail"])

    def test_a_hello_that_breaks_off_is_not_waited_for(self):
        tap = self.eastap("--listen", "reverse:127.0.0.1:0")
        sock = socket.create_connection(self.listeners(tap)["reverse"], timeout=30)
        self.addCleanup(sock.close)
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        sock.shutdown(socket.SHUT_WR)
        self.assertIn("unfinished", tap.wait_for_event("no_server_name", timeout=20)["detail"])

    def test_a_name_that_leads_back_here_is_refused_with_the_remedy(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        tap = self.eastap("--connect-to", f"{MAIL}:443=127.0.0.1:{port}", listen=f"reverse:127.0.0.1:{port}")
        with self.assertRaises((ConnectionError, ssl.SSLError)):
            PhoneConnection(MAIL, address=tap.address, ca=tap.ca)
        event = tap.wait_for_event('"reason": "self"')
        self.assertIn(f"--host {MAIL}=ADDR", event["detail"])
        self.assertEqual(len(tap.of_type("refused")), 1)


class Access(Ways):

    def users(self, tap_folder: str = "") -> str:
        import tempfile
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = f"{folder.name}/users"
        hashed = subprocess.run(["openssl", "passwd", "-6", "correct"], capture_output=True, text=True, check=True).stdout.strip()
        with open(path, "w", encoding="utf-8", opener=lambda p, f: __import__("os").open(p, f, 0o600)) as file:
            file.write(f"alice:s3cret-proxy\nbob:{hashed}\n")
        return path

    def test_without_user_and_password_a_client_is_asked_and_with_them_it_is_served(self):
        server, tap = self.stack("--proxy-users", self.users(), "--listen", "socks5:127.0.0.1:0")
        host, port = tap.address
        proxy = ["--proxy", f"http://{host}:{port}", "--cacert", tap.ca, "-X", "OPTIONS", EAS]
        self.assertTrue(self.curl(*proxy).stdout.startswith("000 407 "))
        self.assertTrue(self.curl("--proxy-user", "alice:wrong", *proxy).stdout.startswith("000 407 "))
        self.assertTrue(self.curl("--proxy-user", "alice:s3cret-proxy", *proxy).stdout.startswith("200 200 "))
        self.assertTrue(self.curl("--proxy-user", "bob:correct", *proxy).stdout.startswith("200 200 "))
        self.assertTrue(self.curl("--proxy-user", "bob:incorrect", *proxy).stdout.startswith("000 407 "))
        tap.wait_for_event("proxy_user_missing", "device's proxy settings")
        tap.wait_for_event('"reason": "proxy_user"', "--proxy-users")
        socks_host, socks_port = self.listeners(tap)["socks5"]
        socks = ["--cacert", tap.ca, "-X", "OPTIONS", EAS]
        at = f"{socks_host}:{socks_port}"
        self.assertTrue(self.curl("--socks5-hostname", at, "--proxy-user", "alice:s3cret-proxy", *socks).stdout.startswith("200 "))
        self.assertTrue(self.curl("--socks5-hostname", at, "--proxy-user", "alice:wrong", *socks).stdout.startswith("000 "))
        self.assertTrue(self.curl("--socks5-hostname", at, *socks).stdout.startswith("000 "))
        tap.wait_for_event("socks_method")
        with self.assertRaises(ProxyRefused):
            self.connection(tap)
        self.assert_clean_stop(tap)
        kept = tap.capture.read_bytes() + "\n".join(tap.stdout_lines).encode() + tap.stderr.encode()
        for secret in (b"s3cret-proxy", b"YWxpY2U6czNjcmV0LXByb3h5", b"correct", b"alice:wrong"):
            self.assertNotIn(secret, kept)

    def test_proxy_credentials_of_plain_requests_reach_neither_server_nor_capture(self):
        server = self.exchange(tls=False)
        tap = self.eastap("--proxy-users", self.users(), "--connect-to", f"{MAIL}:80=127.0.0.1:{server.port}")
        host, port = tap.address
        plain = EAS.replace("https", "http")
        self.assertTrue(self.curl("--proxy", f"http://{host}:{port}", "-X", "OPTIONS", plain).stdout.startswith("407 "))
        self.assertEqual(server.connections, [])
        done = self.curl("--proxy", f"http://{host}:{port}", "--proxy-user", "alice:s3cret-proxy", "-X", "OPTIONS", plain)
        self.assertTrue(done.stdout.startswith("200 "), done)
        tap.wait_for_exchange(method="OPTIONS")
        self.assert_clean_stop(tap)
        self.assertNotIn(b"roxy-", bytes(server.connections[0].stream.received))
        self.assertNotIn(b"YWxpY2U6czNjcmV0LXByb3h5", tap.capture.read_bytes())

    def test_the_page_of_the_certificate_needs_no_password(self):
        tap = self.eastap("--proxy-users", self.users())
        host, port = tap.address
        self.assertTrue(self.curl(f"http://{host}:{port}/ca.cer").stdout.startswith("200 "))

    def test_a_file_that_everybody_may_read_is_refused_at_the_start(self):
        path = self.users()
        __import__("os").chmod(path, 0o644)
        tap = self.eastap("--proxy-users", path)
        self.assertEqual(tap.wait_for_end(), 2)
        self.assertIn("chmod o=", tap.stderr)
        self.assertFalse(tap.capture.exists())

    def test_ports_that_phones_do_not_need_are_closed_and_push_is_open(self):
        push = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(push.close)
        tap = self.eastap("--connect-to", f"push.test:5228=127.0.0.1:{push.getsockname()[1]}",
                          "--connect-to", f"ssh.test:22=127.0.0.1:{push.getsockname()[1]}")
        with self.assertRaises(ProxyRefused) as refused:
            PhoneConnection("ssh.test", 22, proxy=tap.address, ca=tap.ca)
        self.assertEqual(refused.exception.answer.status, 403)
        self.assertIn("--allow-port 22", tap.wait_for_event('"reason": "port"')["detail"])
        sock = socket.create_connection(tap.address, timeout=30)
        self.addCleanup(sock.close)
        sock.sendall(b"CONNECT push.test:5228 HTTP/1.1\r\n\r\n")
        self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 200"))
        opened = self.eastap("--allow-port", "22", "--connect-to", f"ssh.test:22=127.0.0.1:{push.getsockname()[1]}")
        sock = socket.create_connection(opened.address, timeout=30)
        self.addCleanup(sock.close)
        sock.sendall(b"CONNECT ssh.test:22 HTTP/1.1\r\n\r\n")
        self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 200"))

    def test_no_spelling_of_this_machine_is_reached(self):
        with socket.create_server(("127.0.0.1", 0)) as service:
            port = service.getsockname()[1]
            tap = self.eastap(loopback=False)
            for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "127.1.2.3",
                         "[::ffff:7f00:1]", "[2002:7f00:1::]"):
                with self.subTest(host=host):
                    done = self.curl("--proxy", "http://%s:%d" % tap.address, "--proxytunnel", f"http://{host}:{port}/")
                    self.assertTrue(done.stdout.startswith("000 403 "), done)

    def test_a_stranger_is_told_once(self):
        tap = self.eastap("--allow", "192.0.2.1")
        for _ in range(5):
            with self.assertRaises(ProxyRefused):
                self.connection(tap)
        self.assert_clean_stop(tap)
        self.assertEqual([r["reason"] for r in tap.of_type("refused")], ["source"])

    def test_too_many_new_connections_a_second_are_closed(self):
        tap = self.eastap("--limit-connection-rate", "1")
        answers = []
        for _ in range(12):
            with socket.create_connection(tap.address, timeout=30) as sock:
                try:
                    sock.sendall(b"GET /ca.pem HTTP/1.1\r\nHost: %s:%d\r\n\r\n" % (tap.address[0].encode(), tap.address[1]))
                    answers.append(sock.recv(12))
                except ConnectionError:
                    answers.append(b"")
        self.assertEqual(answers[:5], [b"HTTP/1.1 200"] * 5)
        self.assertIn(b"", answers[5:])
        self.assertIn("--limit-connection-rate", tap.wait_for_event("connection_rate")["detail"])


if __name__ == "__main__":
    unittest.main()
