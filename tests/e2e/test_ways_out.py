"""The ways out: an upstream proxy (another eastap), own addresses, static hosts, an own name server, both families."""
import os
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

from harness import MAIL, EndToEnd, pki, tearDownModule  # noqa: F401
from sim.phone import PhoneConnection, ProxyRefused


class NameServer:
    """DNS over UDP on loopback: every known name has these addresses (RFC 1035 4.1)."""

    def __init__(self, names: dict[str, list[str]]):
        self.names = names
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            query, peer = self._socket.recvfrom(512)
            if len(query) < 12:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name, kind = ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0]
            self.asked.append(name)
            records = []
            for text in self.names.get(name, []):
                v6 = ":" in text
                if kind == (28 if v6 else 1):
                    data = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, text)
                    records.append(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data)
            flags = 0x8180 if name in self.names else 0x8183
            self._socket.sendto(query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + query[12:at + 5] + b"".join(records), peer)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as poke:
            host, port = self.address.split(":")
            poke.sendto(b"x", (host, int(port)))
        self._thread.join(5)
        self._socket.close()


class Out(EndToEnd):

    def secret(self, text: str) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = folder.name + "/secret"
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(text)
        return path

    def name_server(self, names: dict[str, list[str]]) -> NameServer:
        server = NameServer(names)
        self.addCleanup(server.close)
        return server

    def refusal(self, tap, host: str = MAIL, port: int = 443):
        with self.assertRaises(ProxyRefused) as refused:
            PhoneConnection(host, port, proxy=tap.address, ca=tap.ca)
        return refused.exception.answer


class UpstreamProxy(Out):

    def chain(self, server, *options, upstream=(), **process_options):
        """A tap whose way out is a second eastap, which knows where `server` is."""
        further = self.eastap(*self.route(server), *self.route(server, port=80), "--intercept", "none", *upstream, intercept=None)
        return self.eastap("--upstream-proxy", "http://%s:%d" % further.address, *options, **process_options), further

    def test_the_phone_is_served_through_it(self):
        server = self.exchange()
        tap, further = self.chain(server)
        phone = self.phone(tap)
        phone.set_up()
        tap.wait_for_exchange(command="FolderSync")
        further.wait_for_event("tunnel", MAIL)
        phone.close()
        self.assertTrue(server.connections[0].ended.wait(10))
        self.assert_same_octets(phone.connections[0], server.connections[0])

    def test_its_user_and_password_come_from_a_file_and_are_shown_nowhere(self):
        server = self.exchange()
        users = self.secret("tap:upstream-s3cret\n")
        tap, further = self.chain(server, upstream=["--proxy-users", users])
        self.assertEqual(self.refusal(tap).status, 502)
        event = tap.wait_for_event("upstream_proxy")
        self.assertIn("--upstream-proxy-credentials", event["detail"])
        tap, further = self.chain(server, "--upstream-proxy-credentials", users, upstream=["--proxy-users", users])
        self.phone(tap).set_up()
        self.assert_clean_stop(tap)
        self.assertNotIn(b"upstream-s3cret", tap.capture.read_bytes() + "\n".join(tap.stdout_lines).encode() + tap.stderr.encode())
        wrong = self.secret("tap:another\n")
        tap, further = self.chain(server, "--upstream-proxy-credentials", wrong, upstream=["--proxy-users", users])
        self.assertEqual(self.refusal(tap).status, 502)
        self.assertIn("does not take our user and password", tap.wait_for_event("upstream_proxy")["detail"])

    def test_its_failures_are_told_apart_from_the_servers(self):
        server = self.exchange()
        tap, further = self.chain(server)
        self.refusal(tap, "no-such-host.invalid")
        self.assertIn("cannot reach no-such-host.invalid:443", tap.wait_for_event("upstream_proxy")["detail"])
        further.stop()
        self.refusal(tap)
        self.assertIn("Check --upstream-proxy", tap.wait_for_event("upstream_proxy", "refused")["detail"])

    def test_hosts_named_so_are_reached_without_it(self):
        server = self.exchange()
        with socket.create_server(("127.0.0.1", 0)) as free:
            nobody = free.getsockname()[1]
        tap = self.eastap("--upstream-proxy", f"127.0.0.1:{nobody}", "--no-upstream-proxy", "*.contoso.test",
                          "--host", f"{MAIL}=127.0.0.1", "--allow-port", str(server.port))
        connection = PhoneConnection(MAIL, server.port, proxy=tap.address, ca=tap.ca)
        self.addCleanup(connection.close)

    def test_plain_requests_go_to_it_in_absolute_form(self):
        server = self.exchange(tls=False)
        users = self.secret("tap:upstream-s3cret\n")
        tap, further = self.chain(server, "--upstream-proxy-credentials", users, upstream=["--proxy-users", users])
        done = subprocess.run(["curl", "-sS", "-u", "alice:Secret-123", "-o", "/dev/null", "-w", "%{http_code}", "-X", "OPTIONS",
                               "--proxy", "http://%s:%d" % tap.address, f"http://{MAIL}/Microsoft-Server-ActiveSync"],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.stdout, "200", done)
        tap.wait_for_exchange(method="OPTIONS")
        self.assertTrue(bytes(server.connections[0].stream.received).startswith(b"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\n"))

    def test_it_is_asked_for_the_address_of_a_static_host_and_the_name_stays_the_same(self):
        server = self.exchange()
        # The upstream proxy knows the way to the address only; the name it would look up in vain.
        further = self.eastap("--connect-to", f"192.0.2.10:443=127.0.0.1:{server.port}", "--intercept", "none", intercept=None)
        tap = self.eastap("--upstream-proxy", "%s:%d" % further.address, "--host", f"{MAIL}=192.0.2.10")
        self.phone(tap).set_up()
        self.assertEqual(tap.wait_for_exchange(command="FolderSync")["host"], MAIL)
        further.wait_for_event("tunnel", "192.0.2.10")
        self.assertIn(f"Host: {MAIL}\r\n".encode(), bytes(server.connections[0].stream.received))
        self.assert_clean_stop(tap)
        self.assert_replay_equals_live(tap)

    def test_the_addresses_of_a_static_host_are_tried_in_turn_and_named_when_none_is_reached(self):
        server = self.exchange()
        further = self.eastap("--connect-to", f"192.0.2.10:443=127.0.0.1:{server.port}", "--connect-to", "192.0.2.9:443=127.0.0.1:1",
                              "--intercept", "none", intercept=None)
        way = ["--upstream-proxy", "%s:%d" % further.address]
        tap = self.eastap(*way, "--host", f"{MAIL}=192.0.2.9", "--host", f"{MAIL}=192.0.2.10")
        self.phone(tap).set_up()
        lost = self.eastap(*way, "--host", f"{MAIL}=192.0.2.9")
        self.assertEqual(self.refusal(lost).status, 502)
        detail = lost.wait_for_event("upstream_proxy")["detail"]
        self.assertIn(f"{MAIL} is 192.0.2.9 by --host", detail)
        self.assertIn("cannot reach 192.0.2.9:443", detail)
        # No way around the rules.
        own = self.eastap(*way, "--host", f"{MAIL}=127.0.0.1", loopback=False)
        self.assertEqual(self.refusal(own).status, 403)

    def test_plain_requests_to_a_static_host_keep_their_host_field(self):
        server = self.exchange(tls=False)
        further = self.eastap("--connect-to", f"192.0.2.10:80=127.0.0.1:{server.port}", "--intercept", "none", intercept=None)
        tap = self.eastap("--upstream-proxy", "%s:%d" % further.address, "--host", f"{MAIL}=192.0.2.10")
        done = subprocess.run(["curl", "-sS", "-u", "alice:Secret-123", "-o", "/dev/null", "-w", "%{http_code}", "-X", "OPTIONS",
                               "--proxy", "http://%s:%d" % tap.address, f"http://{MAIL}/Microsoft-Server-ActiveSync"],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.stdout, "200", done)
        received = bytes(server.connections[0].stream.received)
        self.assertTrue(received.startswith(b"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\n"), received[:200])
        self.assertIn(f"Host: {MAIL}\r\n".encode(), received)

    def test_loopback_is_not_reached_through_it_either(self):
        tap, further = self.chain(self.exchange(), loopback=False)
        for host in ("127.0.0.1", "localhost", "::1"):
            with self.subTest(host=host):
                sock = socket.create_connection(tap.address, timeout=30)
                self.addCleanup(sock.close)
                sock.sendall(f"CONNECT {'[' + host + ']' if ':' in host else host}:443 HTTP/1.1\r\n\r\n".encode())
                self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 403"))

    def test_options_without_the_proxy_they_are_about_are_refused(self):
        tap = self.eastap("--no-upstream-proxy", "*.contoso.test")
        self.assertEqual(tap.wait_for_end(), 2)
        self.assertIn("--upstream-proxy", tap.stderr)


class Addresses(Out):

    def test_the_chosen_own_address_is_what_the_server_sees(self):
        server, tap = self.stack("--bind", "127.0.0.7")
        self.phone(tap).set_up()
        self.assertEqual(set(server.peers), {"127.0.0.7"})

    def test_an_own_address_that_is_not_there_is_named(self):
        server, tap = self.stack("--bind", "192.0.2.77")
        self.assertEqual(self.refusal(tap).status, 502)
        self.assertIn("Cannot assign requested address", tap.wait_for_event('"reason": "connect"')["detail"])

    def test_a_static_host_is_found_without_dns_and_keeps_its_name(self):
        server = self.exchange()
        tap = self.eastap("--host", f"{MAIL}=127.0.0.1")
        connection = PhoneConnection(MAIL, server.port, proxy=tap.address, ca=tap.ca)
        self.addCleanup(connection.close)
        self.assertEqual(connection.connect_answer.status, 200)

    def test_an_own_name_server_is_asked_instead_of_the_system(self):
        server = self.exchange()
        names = self.name_server({MAIL: ["127.0.0.1"]})
        tap = self.eastap("--resolver", names.address)
        connection = PhoneConnection(MAIL, server.port, proxy=tap.address, ca=tap.ca)
        self.addCleanup(connection.close)
        self.assertIn(MAIL, names.asked)
        self.assertEqual(self.refusal(tap, "autodiscover.contoso.test").status, 502)
        self.assertIn("--resolver", tap.wait_for_event('"reason": "resolve"')["detail"])

    def test_a_name_that_an_own_name_server_leads_to_loopback_is_refused(self):
        names = self.name_server({"evil.contoso.test": ["127.0.0.1", "::1"]})
        tap = self.eastap("--resolver", names.address, loopback=False)
        self.assertEqual(self.refusal(tap, "evil.contoso.test").status, 403)

    def test_a_family_without_a_server_costs_nothing(self):
        server = self.exchange()
        names = self.name_server({MAIL: ["::1", "127.0.0.1"]})
        tap = self.eastap("--resolver", names.address, "--allow-target", "127.0.0.0/8", "--allow-target", "::1")
        connection = PhoneConnection(MAIL, server.port, proxy=tap.address, ca=tap.ca)
        self.addCleanup(connection.close)
        self.assertEqual(connection.connect_answer.status, 200)

    def test_a_server_of_ipv6_alone_is_reached(self):
        from sim.exchange import Exchange
        server = Exchange(pki()).start(address="::1")
        self.addCleanup(server.stop)
        tap = self.eastap("--host", f"{MAIL}=::1", "--allow-target", "::1", listen="[::1]:0")
        connection = PhoneConnection(MAIL, server.port, proxy=tap.address, ca=tap.ca)
        self.addCleanup(connection.close)
        self.assertEqual(server.peers, ["::1"])
        literal = socket.create_connection(tap.address, timeout=30)
        self.addCleanup(literal.close)
        literal.sendall(f"CONNECT [::1]:{server.port} HTTP/1.1\r\n\r\n".encode())
        self.assertTrue(literal.recv(100).startswith(b"HTTP/1.1 200"))


if __name__ == "__main__":
    unittest.main()
