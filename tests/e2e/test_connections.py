"""Ways to the server: CONNECT intercepted or tunnelled, absolute-form HTTP, and what the proxy refuses."""
import contextlib
import hashlib
import json
import socket
import ssl
import unittest

from harness import MAIL, EndToEnd, PhoneConnection, pki, tearDownModule  # noqa: F401
from sim.eastap_process import EastapProcess
from sim.phone import ProxyRefused
from sim.streams import HttpReader, Stream, client_context


class Connect(EndToEnd):

    def test_a_host_that_is_not_on_the_list_is_tunnelled_untouched_and_named_once(self):
        server, tap = self.stack()
        other = self.exchange(hosts=("www.fabrikam.test",))
        tap = self.eastap(*self.route(other, "www.fabrikam.test"), server=server)
        for _ in range(3):
            connection = PhoneConnection("www.fabrikam.test", proxy=tap.address, ca=str(pki().ca))  # the server's own certificate
            connection.send(b"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: www.fabrikam.test\r\n\r\n")
            self.assertEqual(connection.answer("OPTIONS").status, 401)
            self.assertEqual(connection.stream.peer_certificate()["subjectAltName"][0], ("DNS", "www.fabrikam.test"))
            connection.close()
        tap.wait_for_event("tunnel", "www.fabrikam.test")
        self.assert_clean_stop(tap)
        self.assertEqual(tap.exchanges(), [])

    def test_a_tunnel_carries_any_protocol_with_half_close(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        tap = self.eastap("--connect-to", f"any.fabrikam.test:7000=127.0.0.1:{listener.getsockname()[1]}")
        client = Stream(socket.create_connection(tap.address))
        self.addCleanup(client.close)
        client.send(b"CONNECT any.fabrikam.test:7000 HTTP/1.1\r\nHost: any.fabrikam.test:7000\r\n\r\n")
        self.assertEqual(HttpReader(client).head().status, 200)
        accepted, _ = listener.accept()
        server = Stream(accepted)
        self.addCleanup(server.close)
        server.send(b"220 server speaks first\r\n")
        got = b""
        while len(got) < 25:
            got += client.receive()
        client.send(b"\x00\xff not HTTP")
        client.half_close()
        self.assertEqual(server.receive_until_end(), b"\x00\xff not HTTP")
        server.send(b"last words")
        server.close()
        self.assertEqual(client.receive_until_end(), b"last words")

    def test_octets_sent_with_the_connect_are_not_lost(self):
        server, tap = self.stack()
        sock = socket.create_connection(tap.address)
        self.addCleanup(sock.close)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context(tap.ca).wrap_bio(incoming, outgoing, server_hostname=MAIL)
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        sock.sendall(f"CONNECT {MAIL}:443 HTTP/1.1\r\nHost: {MAIL}:443\r\n\r\n".encode() + outgoing.read())
        stream = Stream(sock)
        reader = HttpReader(stream)
        self.assertEqual(reader.head().status, 200)
        incoming.write(bytes(reader.buffer))
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(stream.receive())
        self.assertEqual(tls.version(), "TLSv1.3")

    def test_the_leaf_is_for_the_host_from_our_ca_and_sessions_resume(self):
        server, tap = self.stack()
        first = self.connection(tap)
        self.assertIn(("DNS", MAIL), first.stream.peer_certificate()["subjectAltName"])
        self.assertEqual(first.stream.version, "TLSv1.3")
        self.assertEqual(first.stream.alpn, "http/1.1")
        context = client_context(tap.ca)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(self.connection(tap, context=context).stream.version, "TLSv1.2")
        second = self.connection(tap)
        self.assertEqual(hashlib.sha256(first.stream.peer_certificate_der()).digest(), hashlib.sha256(second.stream.peer_certificate_der()).digest())

    def test_an_address_instead_of_a_name_gets_a_leaf_for_that_address(self):
        server = self.exchange(hosts=("127.0.0.1",))
        tap = self.eastap(intercept="127.0.0.1")
        connection = PhoneConnection("127.0.0.1", server.port, proxy=tap.address, ca=tap.ca)
        self.addCleanup(connection.close)
        self.assertIn(("IP Address", "127.0.0.1"), connection.stream.peer_certificate()["subjectAltName"])


class AbsoluteForm(EndToEnd):

    def test_plain_http_in_absolute_form_reaches_the_server_and_is_decoded(self):
        server = self.exchange(tls=False)
        tap = self.eastap(*self.route(server, MAIL, 80))
        phone = self.phone(tap, port=80, tls=False, ca=None)
        phone.set_up()
        self.assertEqual(phone.sync("5", key="0").status, 200)
        record = tap.wait_for_exchange(command="Sync")
        self.assertEqual((record["host"], record["user"], record["complete"]), (MAIL, "alice", True))
        seen = server.wait_for("Sync")
        self.assertIn(MAIL, seen.request.http.headers.get("Host"))

    def test_a_request_for_the_proxy_itself_does_not_loop(self):
        tap = self.eastap()
        host, port = tap.address
        with contextlib.closing(Stream(socket.create_connection(tap.address))) as stream:
            stream.send(f"GET http://{host}:{port}/ HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            answer = HttpReader(stream).response("GET")
            self.assertIn(answer.status, (200, 400, 403, 404, 502, 508))
        with contextlib.closing(Stream(socket.create_connection(tap.address))) as stream:
            stream.send(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            self.assertIn(HttpReader(stream).response("GET").status, (403, 502))
        self.assertIsNone(tap.process.poll())


class Refusals(EndToEnd):

    def test_loopback_targets_are_refused_without_permission(self):
        server = self.exchange(hosts=("127.0.0.1", "localhost"))
        tap = EastapProcess("--intercept", "127.0.0.1", "--upstream-ca", str(pki().ca))
        self.addCleanup(tap.close)
        for host in ("127.0.0.1", "localhost"):
            with self.assertRaises(ProxyRefused) as refused:
                PhoneConnection(host, server.port, proxy=tap.address, ca=tap.ca)
            self.assertEqual(refused.exception.answer.status, 403)
            self.assertIn("allow-target", str(refused.exception) + json.dumps(tap.wait_for_event("refused", host)))
        self.assertEqual(server.connections, [])

    def test_strangers_are_refused(self):
        server = self.exchange()
        tap = self.eastap("--allow", "10.99.0.0/16", server=server)
        try:
            with self.assertRaises(ProxyRefused) as refused:
                self.connection(tap)
            self.assertEqual(refused.exception.answer.status, 403)
        except ConnectionError:
            pass  # closing without a word is a refusal too
        self.assertIn("allow", json.dumps(tap.wait_for_event("refused", "127.0.0.1")))


if __name__ == "__main__":
    unittest.main()
