"""Device cards: how far each phone came, why no further, live and of the capture alike."""
import json
import re
import ssl
import unittest

from harness import MAIL, EndToEnd, pki, run, tearDownModule  # noqa: F401
from sim.exchange import http_error
from sim.phone import PhoneConnection

SUMMARY = re.compile(r"^eastap: \d+ exchanges? of ", re.MULTILINE)


def short_cards(stderr: str) -> str:
    """What a run or replay prints on stderr before its summary, warnings and the introduction aside."""
    lines = stderr[:SUMMARY.search(stderr).start()].splitlines()
    first = next((number for number, line in enumerate(lines) if " at " + MAIL in line), len(lines))
    return "\n".join(lines[first:]).strip()


class Report(EndToEnd):

    def healthy(self, server, tap, **options):
        phone = self.phone(tap, **options)
        server.mailbox("alice").fill()
        phone.set_up()
        for collection in ("5", "2", "7"):
            phone.sync_all(collection)
        waiting = phone.begin_ping(["5", "2", "7"], 470)
        tap.wait_for_waiting(command="Ping")
        server.mailbox("alice").deliver("news")
        waiting.answer()
        phone.sync("5")
        phone.close()
        tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))

    def cards(self, tap, *options):
        done = run("report", *options, "--json", tap.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def states(self, card):
        return {step["step"]: step["state"] for step in card["steps"]}

    def test_a_healthy_phone_has_every_step_and_the_capture_tells_what_the_run_told(self):
        server, tap = self.stack()
        self.healthy(server, tap)
        self.assert_clean_stop(tap)
        cards = self.cards(tap)
        self.assertEqual(len(cards), 1, cards)
        card = cards[0]
        self.assertEqual((card["type"], card["device_id"], card["user"], card["host"]), ("device", "TESTPHONE0001", "alice", MAIL))
        self.assertEqual(set(self.states(card).values()), {"done"}, card["steps"])
        self.assertNotIn("stopped_at", card)
        exchanges = {e["id"]: e["command"] for e in tap.exchanges()}
        reached = {step["step"]: exchanges[step["exchange"]] for step in card["steps"]}
        self.assertEqual({name: reached[name] for name in ("options", "provision", "folder_sync", "first_sync", "ping", "push")},
                         {"options": "OPTIONS", "provision": "Provision", "folder_sync": "FolderSync", "first_sync": "Sync",
                          "ping": "Ping", "push": "Sync"})
        self.assertEqual(sorted(folder["id"] for folder in card["folders"]), ["2", "5", "7"])
        self.assertTrue(all(folder["http_status"] == 200 and folder["delivered"] for folder in card["folders"]))
        self.assertEqual((card["heartbeat"]["sent"], card["heartbeat"]["asked_last_s"], card["heartbeat"]["with_changes"]), (1, 470, 1))
        replayed = run("replay", "--tail", "off", tap.capture)
        self.assertIn("push", short_cards(tap.stderr))
        self.assertEqual(short_cards(tap.stderr), short_cards(replayed.stderr))

    def test_the_card_for_people_names_the_folders_and_fits_eighty_columns_of_text(self):
        server, tap = self.stack()
        self.healthy(server, tap)
        self.assert_clean_stop(tap)
        done = run("report", tap.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in ("alice", "TESTPHONE0001", "✓ OPTIONS", "✓ Provision 2/2", "✓ push works", "Inbox(5)", "waiting"):
            self.assertIn(part, done.stdout)
        self.assertEqual(run("report", "-", stdin=tap.capture.read_bytes()).stdout, done.stdout)

    def test_a_phone_that_is_stuck_says_where_and_why(self):
        server, tap = self.stack()
        server.trouble("FolderSync", http_error(403), 9, device_id="BLOCKED01")
        phone = self.phone(tap, device_id="BLOCKED01")
        phone.options(), phone.provision(), phone.folder_sync(), phone.folder_sync()
        phone.close()
        stranger = pki()  # whose CA the next phone trusts, not eastap's
        for _ in range(2):
            with self.assertRaises((ssl.SSLError, OSError)):
                PhoneConnection(MAIL, proxy=tap.address, ca=str(stranger.ca)).close()
        tap.wait("both TLS failures", lambda: len(tap.of_type("tls_failure")) == 2)
        tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))
        self.assert_clean_stop(tap)
        card, = self.cards(tap, "--device", "block")
        self.assertEqual(card["stopped_at"]["step"], "folder_sync")
        self.assertTrue(card["stopped_at"]["reason"].startswith("HTTP 403"), card["stopped_at"])
        self.assertEqual(self.states(card)["provision"], "done")
        self.assertEqual(card["failed_connections"][0]["count"], 2)
        self.assertIn("stopped at FolderSync: HTTP 403", tap.stderr)

    def test_a_phone_that_trusts_nothing_has_a_card_by_its_address(self):
        server, tap = self.stack()
        for _ in range(3):
            with self.assertRaises((ssl.SSLError, OSError)):
                PhoneConnection(MAIL, proxy=tap.address, ca=str(pki().ca)).close()
        tap.wait("the TLS failures", lambda: len(tap.of_type("tls_failure")) == 3)
        self.assert_clean_stop(tap)
        card, = self.cards(tap)
        self.assertEqual((card["client"], card["exchanges"], card["stopped_at"]["step"]), ("127.0.0.1", 0, "tls"))
        self.assertNotIn("device_id", card)
        self.assertEqual([f["rule"] for f in card["findings"]], ["tls-ca-untrusted"])
        self.assertEqual(len(self.cards(tap, "--device", "127.")), 1)

    def test_a_device_is_chosen_by_the_beginning_of_its_id(self):
        server, tap = self.stack()
        for device in ("APPL01", "APPL02"):
            phone = self.phone(tap, device_id=device)
            phone.set_up()
            phone.close()
        tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))
        self.assert_clean_stop(tap)
        self.assertEqual([c["device_id"] for c in self.cards(tap)], ["APPL01", "APPL02"])
        self.assertEqual([c["device_id"] for c in self.cards(tap, "--device", "appl02")], ["APPL02"])
        several = run("report", "--device", "APPL", tap.capture)
        self.assertEqual(several.returncode, 2)
        self.assertIn("several devices begin with \"APPL\": APPL01, APPL02", several.stderr)
        none = run("report", "--device", "X", tap.capture)
        self.assertEqual(none.returncode, 2)
        self.assertIn("no device begins with \"X\"", none.stderr)

    def test_cards_at_the_end_are_bounded_and_can_be_switched_off(self):
        server, tap = self.stack("--cards", "1")
        for device in ("APPL01", "APPL02"):
            phone = self.phone(tap, device_id=device)
            phone.set_up()
            phone.close()
        tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))
        self.assert_clean_stop(tap)
        self.assertIn("and 1 more device", tap.stderr)
        self.assertNotIn("APPL0", run("replay", "--tail", "off", "--cards", "0", tap.capture).stderr)

    def test_findings_of_a_report_change_the_exit_code_only_on_demand(self):
        server, tap = self.stack()
        server.trouble("Sync", http_error(500, from_exchange=False), 2)
        phone = self.phone(tap)
        phone.set_up()
        phone.sync("5", key="0"), phone.sync("5", key="0")
        phone.close()
        tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))
        self.assert_clean_stop(tap)
        self.assertEqual(run("report", tap.capture).returncode, 0)
        self.assertEqual(run("report", "--fail-on", "warning", tap.capture).returncode, 1)
        self.assertEqual(run("report", tap.folder / "missing.eastap").returncode, 3)

    def test_two_runs_of_one_capture_are_told_apart_as_each_run_told_them(self):
        server, tap = self.stack()
        self.healthy(server, tap)
        self.assert_clean_stop(tap)
        again = self.eastap(server=server, capture=str(tap.capture), ca_dir=str(tap.ca_dir))
        phone = self.phone(again)
        # After a pause nobody saw, key 0 is no second restart: an absent past is no evidence.
        phone.set_up()
        phone.sync_all("5", restart=True)
        phone.close()
        again.wait("every exchange", lambda: len(tap.exchanges()) + len(again.exchanges()) == len(server.seen))
        self.assert_clean_stop(again)
        self.assertEqual([c["run"] for c in self.cards(again)], [1, 2])
        live = [f["rule"] for f in tap.findings() + again.findings()]
        replayed = {r["id"]: r["rule"] for r in again.replay() if r["type"] == "finding"}
        self.assertEqual(sorted(replayed.values()), sorted(live))
        self.assertEqual(short_cards(again.stderr), short_cards(run("replay", "--tail", "off", again.capture).stderr))


if __name__ == "__main__":
    unittest.main()
