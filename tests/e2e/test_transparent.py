"""The transparent listener, in network namespaces of its own: REDIRECT and TPROXY, IPv4 and IPv6."""
import os
import socket
import ssl
import sys
import time
import unittest

from harness import MAIL, EndToEnd, pki, tearDownModule  # noqa: F401
from sim import namespaces
from sim.exchange import Exchange
from sim.phone import Phone, PhoneConnection

REDIRECT = """
table inet eastap {
  chain prerouting {
    type nat hook prerouting priority dstnat
    iifname "near1" tcp dport { 80, 443, 993 } redirect to :%d
  }
}
"""
TPROXY = """
table inet eastap {
  chain prerouting {
    type filter hook prerouting priority mangle
    iifname "near1" meta nfproto ipv4 tcp dport { 80, 443 } tproxy ip to :%(port)d meta mark set 1 accept
    iifname "near1" meta nfproto ipv6 tcp dport { 80, 443 } tproxy ip6 to :%(port)d meta mark set 1 accept
  }
}
"""
LOOP = """
table inet eastap {
  chain output {
    type nat hook output priority -100
    tcp dport 443 redirect to :%d
  }
}
"""


class Transparent(EndToEnd):

    @classmethod
    def setUpClass(cls):
        lacking = namespaces.missing()
        if lacking:
            if os.geteuid() == 0 and os.environ.get("CI"):
                raise AssertionError(f"root of CI must be able to run this: {lacking}")
            print(f"NOT TESTED: the transparent listener. Network namespaces cannot be used here: {lacking}", file=sys.stderr)
            raise unittest.SkipTest(lacking)
        cls.cables = namespaces.Cables()

    @classmethod
    def tearDownClass(cls):
        cls.cables.close()

    def start(self, *options):
        tap = self.eastap("--upstream-insecure", "10.73.2.2", *options, listen="transparent:[::]:0",
                          before_start=lambda: namespaces.enter(self.cables.proxy))
        tap.address
        return tap

    def server(self, port: int, address: str = "", **options):
        with namespaces.inside(self.cables.server):
            server = Exchange(pki(), **options).start(port, address or self.cables.SERVER[0])
        self.addCleanup(server.stop)
        return server

    def phone_to(self, tap, address: str, port: int = 443, **options) -> Phone:
        phone = Phone(MAIL, port, address=(address, port), ca=tap.ca, **options)
        self.addCleanup(phone.close)
        with namespaces.inside(self.cables.client):
            phone.connection = phone.connect()
        return phone

    def test_redirected_connections_are_watched_over_both_families(self):
        tap = self.start()
        self.cables.firewall(REDIRECT % tap.address[1])
        for address in self.cables.SERVER:
            with self.subTest(address=address):
                server = self.server(443, address)
                phone = self.phone_to(tap, address, device_id="REDIRECT6" if ":" in address else "REDIRECT4")
                phone.set_up()
                exchange = tap.wait_for_exchange(command="FolderSync", device_id=phone.device_id)
                self.assertEqual(exchange["host"], MAIL)
                self.assertTrue(exchange["client"].lstrip("[").startswith(self.cables.CLIENT[":" in address]))
                self.assertEqual(server.peers[0], self.cables.PROXY[":" in address])
                phone.close()
                server.stop()

    def test_tproxy_hands_over_connections_to_foreign_addresses(self):
        tap = self.start()
        for family in ("-4", "-6"):
            self.cables.at(self.cables.proxy, "ip", family, "rule", "add", "fwmark", "1", "lookup", "100")
            self.cables.at(self.cables.proxy, "ip", family, "route", "add", "local", "default", "dev", "lo", "table", "100")
        self.cables.firewall(TPROXY % {"port": tap.address[1]})
        for address in self.cables.SERVER:
            with self.subTest(address=address):
                server = self.server(443, address)
                phone = self.phone_to(tap, address, device_id="TPROXY6" if ":" in address else "TPROXY4")
                phone.set_up()
                tap.wait_for_exchange(command="FolderSync", device_id=phone.device_id)
                phone.close()
                server.stop()

    def test_hosts_that_are_not_watched_and_other_protocols_pass(self):
        tap = self.start("--tunnel", "autodiscover.contoso.test")
        self.cables.firewall(REDIRECT % tap.address[1])
        self.server(443)
        with namespaces.inside(self.cables.client):
            through = PhoneConnection("autodiscover.contoso.test", address=(self.cables.SERVER[0], 443), ca=str(pki().ca))
        self.addCleanup(through.close)  # the server's own certificate
        tap.wait_for_event("tunnel", "autodiscover.contoso.test")
        with namespaces.inside(self.cables.server):
            imap = socket.create_server((self.cables.SERVER[0], 993))
        self.addCleanup(imap.close)
        with namespaces.inside(self.cables.client):
            client = socket.create_connection((self.cables.SERVER[0], 993), timeout=30)
        self.addCleanup(client.close)
        far, _ = imap.accept()
        self.addCleanup(far.close)
        far.sendall(b"* OK the server speaks first\r\n")
        self.assertEqual(client.recv(100), b"* OK the server speaks first\r\n")

    def test_a_connection_opened_long_before_its_hello_is_watched(self):
        tap = self.start()
        self.cables.firewall(REDIRECT % tap.address[1])
        self.server(443)
        with namespaces.inside(self.cables.client):
            early = socket.create_connection((self.cables.SERVER[0], 443), timeout=30)
        self.addCleanup(early.close)
        time.sleep(2)  # longer than the server of another protocol would be given to speak first
        with ssl.create_default_context(cafile=tap.ca).wrap_socket(early, server_hostname=MAIL) as phone:
            phone.sendall(b"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: " + MAIL.encode() + b"\r\n\r\n")
            self.assertTrue(phone.recv(100).startswith(b"HTTP/1.1 "))
        tap.wait_for_exchange(method="OPTIONS")

    def test_plain_http_is_named_by_its_host_field(self):
        tap = self.start()
        self.cables.firewall(REDIRECT % tap.address[1])
        server = self.server(80, tls=False)
        phone = self.phone_to(tap, self.cables.SERVER[0], 80, tls=False)
        phone.options()
        self.assertEqual(tap.wait_for_exchange(method="OPTIONS")["host"], MAIL)
        phone.close()
        self.assertTrue(server.connections[0].ended.wait(10))
        self.assert_same_octets(phone.connections[0], server.connections[0])

    def test_a_connection_to_the_listener_itself_is_refused_with_the_reason(self):
        tap = self.start()
        self.cables.firewall(REDIRECT % tap.address[1])
        with self.assertRaises(ConnectionError), namespaces.inside(self.cables.client):
            with socket.create_connection(("10.73.1.1", tap.address[1]), timeout=30) as sock:
                sock.sendall(b"CONNECT mail.contoso.test:443 HTTP/1.1\r\n\r\n")
                if sock.recv(100) == b"":
                    raise ConnectionResetError
        self.assertIn("mode proxy", tap.wait_for_event("not_redirected")["detail"])

    def test_the_proxys_own_connections_led_back_to_it_are_refused(self):
        tap = self.start()
        self.cables.firewall(REDIRECT % tap.address[1] + LOOP.replace("table inet eastap", "table inet loop") % tap.address[1])
        self.server(443)
        with self.assertRaises(OSError):
            self.phone_to(tap, self.cables.SERVER[0])
        self.assertIn("--uid-owner", tap.wait_for_event('"reason": "loop"')["detail"])
        self.assert_clean_stop(tap)
        self.assertEqual([r["reason"] for r in tap.of_type("refused")], ["loop"])


if __name__ == "__main__":
    unittest.main()
