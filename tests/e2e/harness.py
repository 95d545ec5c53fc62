"""What the end-to-end tests share: eastap between a simulated phone and a simulated Exchange, all on loopback,
every listener on port 0."""
from __future__ import annotations

import contextlib
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from sim.eastap_process import EastapProcess, final, run  # noqa: E402,F401
from sim.exchange import Exchange  # noqa: E402
from sim.phone import Phone, PhoneConnection  # noqa: E402
from sim.pki import Pki  # noqa: E402

MAIL = "mail.contoso.test"
_pki = None


def pki() -> Pki:
    """One test CA a process: making keys is what takes time."""
    global _pki
    if _pki is None:
        _pki = Pki()
    return _pki


def tearDownModule():  # imported by every test file
    global _pki
    if _pki is not None:
        _pki.close()
        _pki = None


class EndToEnd(unittest.TestCase):
    """Starts what a test asks for and takes it down again, whatever happens."""

    maxDiff = 4000

    def exchange(self, **options) -> Exchange:
        server = Exchange(pki(), **options).start()
        self.addCleanup(server.stop)
        return server

    def route(self, server: Exchange, host: str = MAIL, port: int = 443) -> list[str]:
        """Options that lead `host` to the simulated server."""
        return ["--connect-to", f"{host}:{port}=127.0.0.1:{server.port}"]

    def eastap(self, *options, server: Exchange | None = None, intercept: str | None = MAIL, loopback: bool = True,
               **process_options) -> EastapProcess:
        arguments = [*(["--allow-target", "127.0.0.0/8"] if loopback else []), "--upstream-ca", str(pki().ca)]
        if intercept:
            arguments += ["--intercept", intercept]
        if server:
            arguments += self.route(server)
        tap = EastapProcess(*arguments, *options, **process_options)
        self.addCleanup(tap.close)
        return tap

    def phone(self, tap: EastapProcess, **options) -> Phone:
        options.setdefault("ca", tap.ca)
        phone = Phone(options.pop("host", MAIL), proxy=tap.address, **options)
        self.addCleanup(phone.close)
        return phone

    def connection(self, tap: EastapProcess, host: str = MAIL, **options) -> PhoneConnection:
        """A bare connection through the proxy, for tests that write their own octets."""
        options.setdefault("ca", tap.ca)
        connection = PhoneConnection(host, proxy=tap.address, **options)
        self.addCleanup(connection.close)
        return connection

    def stack(self, *options, **server_options) -> tuple[Exchange, EastapProcess]:
        server = self.exchange(**server_options)
        return server, self.eastap(*options, server=server)

    @contextlib.contextmanager
    def bystander(self, tap: EastapProcess, server: Exchange):
        """Another phone whose Ping hangs while the body of the `with` makes trouble, and that must be answered
        by mail afterwards as if nothing had been."""
        server.mailbox("alice")
        phone = self.phone(tap, device_id="BYSTANDER")
        phone.set_up()
        phone.sync_all("5")
        arrived = sum(seen.request.command == "Ping" for seen in server.seen)
        waiting = phone.begin_ping(["5"], 600)
        server.wait_for("Ping", arrived + 1)
        yield phone
        self.assertIsNone(tap.process.poll(), "eastap has ended\n" + tap.told())
        server.mailbox("alice").deliver("for the bystander")
        answer = waiting.answer()
        self.assertEqual(answer.value("Status"), "2", "the bystander's Ping was disturbed")
        self.assertEqual(phone.sync("5").status, 200)

    def assert_same_octets(self, phone_side, server_side, message: str = ""):
        """What the phone sent is what the server received, and the other way round."""
        self.assertEqual(bytes(phone_side.stream.sent), bytes(server_side.stream.received), f"request octets differ {message}")
        self.assertEqual(bytes(server_side.stream.sent), bytes(phone_side.stream.received), f"answer octets differ {message}")

    def assert_clean_stop(self, tap: EastapProcess):
        self.assertEqual(tap.stop(), 0, tap.told())
        self.assertEqual([r for r in tap.records if r["type"] == "not-json"], [])

    def assert_replay_equals_live(self, tap: EastapProcess):
        """After a stop: the capture tells the same exchanges and findings as the live tail did."""
        replayed = tap.replay()
        for kind in ("exchange", "finding"):
            live, again = final(tap.records, kind), final(replayed, kind)
            self.assertEqual(sorted(live), sorted(again), f"ids of {kind} records")
            for number, record in live.items():
                self.assertEqual(json.dumps(record, indent=1, sort_keys=True).splitlines(),
                                 json.dumps(again[number], indent=1, sort_keys=True).splitlines(), f"{kind} {number}")
