"""The capture: live and replayed tell the same, a kill loses next to nothing, a stop loses nothing."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
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

    # ---- the tables of what was understood

    def tables(self, capture):
        """What `commands` and `findings` say, but for the run that a finding's number is of."""
        with contextlib.closing(sqlite3.connect(capture)) as database:
            database.row_factory = sqlite3.Row
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
            return [[dict(row) for row in database.execute(query)] for query in (
                "SELECT * FROM commands ORDER BY exchange",
                "SELECT rule, severity, time, host, user, device_id, device_type, count, first, last, exchanges, summary, "
                "explanation, next_step, source, json_array_length(because_of) AS causes FROM findings ORDER BY time, rule, first")]

    def age(self, capture, *statements):
        """As if a decoder of another version had written it."""
        with contextlib.closing(sqlite3.connect(capture)) as database, database:
            database.execute("UPDATE meta SET value = '0.0.1' WHERE key = 'decoder_version'")
            for statement in statements:
                database.execute(statement)

    def meta(self, capture):
        with contextlib.closing(sqlite3.connect(capture)) as database:
            return dict(database.execute("SELECT key, value FROM meta"))

    def rebuilt(self, capture):
        done = run("replay", capture, "--rebuild")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(sorted(p.name for p in capture.parent.glob(capture.name + "*")), [capture.name])
        self.assertEqual(self.meta(capture)["derived_complete"], "1")
        return " ".join(done.stderr.split())

    def test_a_rebuild_gives_the_rows_that_the_run_wrote(self):
        server, tap = self.stack()
        self.troubled_session(server, tap)
        self.assert_clean_stop(tap)
        before, version = self.tables(tap.capture), self.meta(tap.capture)["decoder_version"]
        commands, found = before
        self.assertTrue(commands and found)
        self.age(tap.capture, "UPDATE commands SET detail = 'stale', name = NULL", "DELETE FROM findings",
                 "INSERT INTO commands (exchange, name) VALUES (9999, 'Stale')")
        told = self.rebuilt(tap.capture)
        self.assertEqual(self.tables(tap.capture), before)
        self.assertEqual(self.meta(tap.capture)["decoder_version"], version)
        self.assertIn(f": {len(commands)} commands and {len(found)} findings derived anew from ", told)
        self.assert_replay_equals_live(tap)
        # Rules of today count: one that is off leaves no row.
        done = run("replay", tap.capture, "--rebuild", "--rule", "synckey-zero.enabled=false")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("synckey-zero", {row["rule"] for row in self.tables(tap.capture)[1]})

    def test_a_rebuild_tells_the_runs_of_one_capture_apart(self):
        server, tap = self.stack()
        self.troubled_session(server, tap)
        self.assert_clean_stop(tap)
        again = self.eastap(server=server, capture=str(tap.capture), ca_dir=str(tap.ca_dir))
        phone = self.phone(again)
        phone.set_up()
        phone.sync_all("5", restart=True)  # no second restart: the run before is not this one's past
        phone.close()
        again.wait("every exchange", lambda: len(tap.exchanges()) + len(again.exchanges()) == len(server.seen))
        self.assert_clean_stop(again)
        before = self.tables(tap.capture)
        self.age(tap.capture, "DELETE FROM commands", "DELETE FROM findings")
        self.rebuilt(tap.capture)
        self.assertEqual(self.tables(tap.capture), before)

    def test_a_rebuild_of_a_redacted_capture_shows_no_more_than_it_holds(self):
        server, tap = self.stack()
        self.troubled_session(server, tap)
        self.assert_clean_stop(tap)
        for level in ("content", "identity"):
            out = tap.folder / f"{level}.eastap"
            self.assertEqual(run("export", "--redact", level, tap.capture, out).returncode, 0)
            before = self.tables(out)
            self.assertTrue(all(before))
            self.age(out, "DELETE FROM commands", "DELETE FROM findings")
            self.rebuilt(out)
            self.assertEqual(self.tables(out), before, level)

    def test_a_run_into_a_capture_of_another_version_says_what_it_drops(self):
        server, tap = self.stack()
        self.troubled_session(server, tap)
        self.assert_clean_stop(tap)
        before = self.tables(tap.capture)
        self.age(tap.capture)
        again = self.eastap(server=server, capture=str(tap.capture), ca_dir=str(tap.ca_dir))
        told = again.wait_for_event("another version of the decoder")
        self.assertIn(f"`eastap replay {tap.capture} --rebuild`", told["detail"])
        again.wait_for_stderr("another version of the decoder")
        refused = run("replay", tap.capture, "--rebuild")
        self.assertEqual(refused.returncode, 2)
        self.assertIn(f"is being written by another eastap (process {again.process.pid}): stop that one", " ".join(refused.stderr.split()))
        self.assert_clean_stop(again)
        self.assertEqual(self.tables(tap.capture), [[], []])
        self.rebuilt(tap.capture)
        self.assertEqual(self.tables(tap.capture), before)

    def test_a_rebuild_that_cannot_be_done_says_why_and_changes_nothing(self):
        server, tap = self.stack()
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)
        octets = tap.capture.read_bytes()
        other = tap.folder / "notes.txt"
        other.write_text("no capture " * 100)
        for words, code, reason in (
                ((tap.capture, "--json"), 2, "--json and --rebuild exclude each other"),
                ((tap.capture, "--redact", "identity"), 2, "--rebuild and --redact exclude each other"),
                ((tap.capture, "--rule", "synckey-zeno.enabled=false"), 2, "synckey-zeno"),
                (("-",), 2, "wants a file and not stdin"),
                ((other,), 3, f"{other} is not a capture of eastap"),
                ((tap.folder / "gone.eastap",), 3, "gone.eastap")):
            with self.subTest(words=words):
                done = run("replay", "--rebuild", *words, stdin=octets)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(reason, " ".join(done.stderr.split()))
        self.assertEqual(tap.capture.read_bytes(), octets)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become another user")
    def test_a_rebuild_of_a_file_that_may_only_be_read_names_it_and_the_way_out(self):
        server, tap = self.stack()
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            copy = pathlib.Path(folder) / "read-only.eastap"
            shutil.copyfile(tap.capture, copy)
            copy.chmod(0o444)
            octets = copy.read_bytes()
            done = run("replay", copy, "--rebuild", user="nobody", group="nogroup")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"{copy} cannot be written: Permission denied. Change its owner or mode, or work on a copy",
                          " ".join(done.stderr.split()))
            self.assertEqual(copy.read_bytes(), octets)

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
