"""Hanging requests: seen while they wait, answered by mail or by their interval, and never cut by the proxy."""
import json
import re
import threading
import unittest

from harness import EndToEnd, tearDownModule  # noqa: F401
from sim.eastap_process import TIMEOUT
from sim.exchange import TakeOver


class Waiting(EndToEnd):

    def setUp(self):
        self.server, self.tap = self.stack()
        self.server.mailbox().fill()

    def ready_phone(self, **options):
        phone = self.phone(self.tap, **options)
        phone.set_up()
        phone.sync_all("5")
        return phone

    def test_a_ping_is_told_while_it_waits_and_again_when_mail_answers_it(self):
        phone = self.ready_phone()
        ping = phone.begin_ping(["5", "2"], 1800)
        waiting = self.tap.wait_for_waiting(command="Ping")
        self.assertEqual(waiting["waiting"]["seconds"], 1800)
        self.assertEqual([f["id"] for f in waiting["waiting"]["folders"]], ["5", "2"])
        self.assertEqual(waiting["waiting"]["folders"][0]["folder"], "Inbox")
        self.assertNotIn("http_status", waiting)
        self.server.wait_for("Ping")
        self.server.mailbox().deliver("wake up")
        self.assertEqual(ping.answer().value("Status"), "2")
        ended = self.tap.wait_for_exchange(command="Ping")
        self.assertEqual((ended["id"], ended["eas_status"], ended["complete"]), (waiting["id"], 2, True))
        self.assertEqual([f["id"] for f in ended["waiting"]["changed"]], ["5"])

    def test_a_ping_that_expires_is_healthy(self):
        phone = self.ready_phone()
        ping = phone.begin_ping(["5"], 1)
        self.assertEqual(ping.answer().value("Status"), "1")
        self.assertEqual(self.tap.wait_for_exchange(command="Ping")["eas_status"], 1)
        self.assertEqual([f for f in self.tap.findings() if f["severity"] != "info"], [])

    def test_an_empty_ping_repeats_the_last_one(self):
        phone = self.ready_phone()
        phone.ping(["5"], 1)
        phone.begin("Ping")
        waiting = self.tap.wait_for_waiting(command="Ping", nth=2)
        self.assertEqual((waiting["waiting"]["seconds"], waiting["request_repeats_last"]), (1, True))
        self.assertEqual(phone.connection.answer().value("Status"), "1")

    def test_a_hanging_sync_waits_like_a_ping(self):
        phone = self.ready_phone()
        connection = phone.begin("Sync", phone.sync_tree("5", heartbeat=900))
        waiting = self.tap.wait_for_waiting(command="Sync")
        self.assertEqual(waiting["waiting"]["seconds"], 900)
        self.server.wait_for("Sync", 3)
        self.server.mailbox().deliver("by Sync")
        self.assertEqual(phone.take_sync(connection.answer()).value("Collections/Collection/Commands/Add/ApplicationData/Subject"), "by Sync")

    def hanging_sync(self, tap):
        """A Sync of 80 mails whose answer hangs half way; gives the connection and what lets it go on."""
        for number in range(80):
            self.server.mailbox().deliver(f"letter {number}", f"text of letter {number}\r\n" * 20)
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def half(connection, request, normal):
            head, body = normal().wire(connection.server.name)
            connection.stream.send(head + body[:len(body) // 2])
            go_on.wait(TIMEOUT)
            connection.stream.send(body[len(body) // 2:])
            raise TakeOver(keep=True)

        phone = self.phone(tap)
        phone.set_up()
        phone.sync("5")
        self.server.trouble("Sync", half)
        return phone.begin("Sync", phone.sync_tree("5", window=100)), phone, go_on

    def test_an_answer_that_hangs_half_way_is_shown_as_far_as_it_came(self):
        connection, phone, go_on = self.hanging_sync(self.tap)
        progress = self.tap.wait("a progress record", lambda: next((r for r in self.tap.records if r["type"] == "progress"), None))
        self.assertEqual(progress["command"], "Sync")
        self.assertNotIn("complete", progress)
        document = json.dumps(progress["response"])
        self.assertIn("letter 0", document)
        self.assertNotIn("letter 79", document)
        self.assertEqual([e for e in self.tap.exchanges() if e["id"] == progress["id"]], [], "it had ended already")
        go_on.set()
        self.assertEqual(phone.take_sync(connection.answer()).status, 200)
        ended = self.tap.wait("its end", lambda: next((e for e in self.tap.exchanges() if e["id"] == progress["id"]), None))
        self.assertGreater(ended["response_bytes"], progress["response_bytes"])
        self.assertIn("letter 79", json.dumps(ended["response"]))
        self.assert_clean_stop(self.tap)
        self.assertEqual([r for r in self.tap.replay() if r["type"] == "progress"], [])

    def test_the_xml_tail_shows_a_hanging_answer_before_it_ends(self):
        tap = self.eastap(server=self.server, tail="xml")
        connection, phone, go_on = self.hanging_sync(tap)
        subject = re.compile(r"<Subject[^>]*>letter (\d+)<")
        shown = tap.wait("part of the answer", lambda: [n for line in tap.stdout_lines for n in subject.findall(line)])
        self.assertIn("0", shown)
        self.assertNotIn("79", shown)
        go_on.set()
        self.assertEqual(phone.take_sync(connection.answer()).status, 200)
        tap.wait("all of the answer", lambda: any(">letter 79<" in line for line in tap.stdout_lines))
        self.assertEqual(tap.stop(), 0, tap.told())

    def test_many_pings_wait_at_once_and_all_are_answered(self):
        phones = [self.phone(self.tap, device_id=f"MANY{number:03}") for number in range(30)]
        for phone in phones:
            phone.set_up()
            phone.sync_all("5")
        pings = [phone.begin_ping(["5"], 600) for phone in phones]
        self.server.wait_for("Ping", len(phones))
        self.server.mailbox().deliver("for all")
        self.assertEqual({ping.answer().value("Status") for ping in pings}, {"2"})
        self.tap.wait("all Pings told", lambda: sum(e["command"] == "Ping" for e in self.tap.exchanges()) == len(phones))

    def test_a_ping_that_the_phone_gives_up_for_a_newer_request_is_an_interruption_not_a_warning(self):
        phone = self.ready_phone()
        phone.begin_ping(["5"], 900)
        self.server.wait_for("Ping")
        phone.connection.stream.reset()
        phone.connection = None
        self.assertEqual(phone.sync("5").status, 200)
        record = self.tap.wait_for_exchange(command="Ping")
        self.assertEqual((record["complete"], record["ending"]), (False, "device_reset"))
        self.assertEqual([f for f in self.tap.findings() if f["severity"] in ("warning", "error")], [])

    def test_a_ping_cut_by_the_server_side_reaches_the_phone_as_an_end_and_is_told(self):
        phone = self.ready_phone()
        ping = phone.begin_ping(["5"], 900)
        self.server.wait_for("Ping")
        self.server.connections[0].stream.reset()
        self.assertEqual(ping.stream.receive_until_end(), b"")
        record = self.tap.wait_for_exchange(command="Ping")
        self.assertIn(record["ending"], ("server_reset", "server_closed"))
        self.assertIs(record["complete"], False)


if __name__ == "__main__":
    unittest.main()
