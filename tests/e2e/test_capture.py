"""The capture: live and replayed tell the same, a kill loses next to nothing, a stop loses nothing."""
import json
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import EndToEnd, final, run, tearDownModule  # noqa: F401
from sim.eastap_process import binary, clean_environment
from sim.exchange import eas_status, http_error


class Capture(EndToEnd):

    def troubled_session(self, server, tap):
        """A session with the three troubles in it."""
        phone = self.phone(tap)
        server.mailbox().fill()
        phone.set_up()
        for collection in ("5", "2", "7"):
            phone.sync_all(collection)
        phone.sync_all("7", restart=True)  # while nothing has failed yet
        server.trouble("Sync", http_error(500, from_exchange=False), 2)
        phone.sync("5"), phone.sync("5")
        phone.sync_all("5", restart=True)
        server.trouble("Provision", eas_status(110), 4)
        for _ in range(4):
            phone.provision_ask()
        phone.provision()
        phone.folder_sync()
        phone.close()
        tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))
        return phone

    def test_the_three_troubles_are_found_and_the_replay_tells_the_same(self):
        server, tap = self.stack()
        self.troubled_session(server, tap)
        self.assert_clean_stop(tap)
        found = {f["rule"]: f for f in tap.findings()}
        for rule in ("http-500-burst", "http500-then-reset", "synckey-zero", "provision-110-loop"):
            self.assertIn(rule, found, tap.told())
        exchanges = {e["id"]: e for e in tap.exchanges()}
        burst, reset = found["http-500-burst"], found["http500-then-reset"]
        self.assertEqual([exchanges[i]["http_status"] for i in burst["exchanges"]], [500, 500])
        self.assertEqual(burst["severity"], "warning")
        self.assertEqual(reset["severity"], "warning")
        self.assertEqual([exchanges[i]["http_status"] for i in reset["exchanges"]][:2], [500, 500])
        self.assertTrue(any(exchanges[i].get("collections", [{}])[0].get("sync_key") == "0" for i in reset["exchanges"]))
        loop = found["provision-110-loop"]
        self.assertEqual((loop["count"], {exchanges[i]["eas_status"] for i in loop["exchanges"]}), (4, {110}))
        self.assertEqual([exchanges[i]["collections"][0]["id"] for i in found["synckey-zero"]["exchanges"]], ["7"])
        self.assertIn(burst["id"], reset["because_of"])
        for finding in found.values():
            for name in ("summary", "explanation", "next_step", "source", "first", "last"):
                self.assertTrue(finding.get(name), f"{finding['rule']} has no {name}")
        for finding in (burst, reset, loop, found["synckey-zero"]):
            self.assertEqual((finding["device_id"], finding["user"]), ("TESTPHONE0001", "alice"))
        self.assert_replay_equals_live(tap)

    def test_findings_change_the_exit_code_only_on_demand(self):
        server, tap = self.stack()
        self.troubled_session(server, tap)
        self.assert_clean_stop(tap)
        self.assertEqual(run("replay", tap.capture, "--json").returncode, 0)
        self.assertEqual(run("replay", tap.capture, "--json", "--fail-on", "warning").returncode, 1)

    def test_two_runs_into_one_capture_continue_it(self):
        server, tap = self.stack()
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)
        again = self.eastap(server=server, capture=str(tap.capture), ca_dir=str(tap.ca_dir))
        phone = self.phone(again, device_id="SECOND")
        phone.set_up()
        again.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(again)
        replayed = again.replay()
        ids = [r["id"] for r in replayed if r["type"] == "exchange"]
        self.assertEqual(len(ids), 8)
        self.assertEqual(len(set(ids)), 8)
        self.assertEqual({r["device_id"] for r in replayed if r["type"] == "exchange" and "device_id" in r}, {"TESTPHONE0001", "SECOND"})

    def test_a_kill_loses_nothing_older_than_a_quarter_of_a_second_not_even_the_waiting_ping(self):
        server, tap = self.stack()
        phone = self.phone(tap)
        phone.set_up()
        phone.sync_all("5")
        phone.begin_ping(["5"], 900)
        tap.wait_for_waiting(command="Ping")
        told = len(tap.exchanges())
        time.sleep(0.25)  # the promise itself, not a wait for something to happen
        tap.kill()
        replayed = tap.replay()
        exchanges = final(replayed, "exchange")
        known = {*exchanges, *final(replayed, "waiting")}
        self.assertGreaterEqual(len(known), told + 1)
        for number, record in final(tap.records, "exchange").items():
            self.assertEqual(json.dumps(record, sort_keys=True), json.dumps(exchanges.get(number), sort_keys=True))
        self.assertTrue(any(r.get("command") == "Ping" for r in replayed), "the waiting Ping is lost")
        again = self.eastap(server=server, capture=str(tap.capture), ca_dir=str(tap.ca_dir))  # and it opens again
        again.address
        self.assert_clean_stop(again)

    def test_sigint_and_sigterm_stop_cleanly_while_a_ping_waits(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=how.name):
                server, tap = self.stack()
                phone = self.phone(tap)
                phone.set_up()
                phone.sync_all("5")
                phone.begin_ping(["5"], 900)
                tap.wait_for_waiting(command="Ping")
                self.assertEqual(tap.stop(how), 0, tap.told())
                self.assertTrue(tap.stderr.strip(), "no summary on stderr")
                ping = final(tap.replay(), "exchange")
                ended = [r for r in ping.values() if r["command"] == "Ping"]
                self.assertEqual([r["ending"] for r in ended], ["proxy_stopped"])
                self.assertEqual([p.name for p in tap.folder.glob("live.eastap*")], ["live.eastap"])

    def test_the_capture_is_an_sqlite_file_that_anyone_can_open(self):
        server, tap = self.stack()
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)
        with sqlite3.connect(f"file:{tap.capture}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
            self.assertEqual(database.execute("SELECT count(*) FROM exchanges").fetchone()[0], 4)

    def test_tail_follows_a_capture_that_is_being_written(self):
        server, tap = self.stack()
        phone = self.phone(tap)
        phone.set_up()
        tap.wait_for_exchange(command="FolderSync")
        follower = subprocess.Popen([binary(), "tail", str(tap.capture), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=clean_environment(str(tap.folder)))
        self.addCleanup(lambda: (follower.kill() if follower.poll() is None else None, follower.wait(),
                                 follower.stdout.close(), follower.stderr.close()))
        phone.sync("5", key="0")
        for line in follower.stdout:
            record = json.loads(line)
            if record.get("command") == "Sync":
                break
        else:
            self.fail("the follower ended without the Sync: " + follower.stderr.read().decode())
        follower.send_signal(signal.SIGINT)
        self.assertEqual(follower.wait(20), 0)

    def test_no_capture_leaves_no_file(self):
        server = self.exchange()
        tap = self.eastap(server=server, capture=False)
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)
        self.assertEqual([p.name for p in tap.folder.rglob("*.eastap*")], [])


if __name__ == "__main__":
    unittest.main()
