"""eastap as a service: settings read again on SIGHUP, captures that go on in new files, what systemd is told."""
import http.client
import os
import pathlib
import pty
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import unittest

from harness import MAIL, EndToEnd, pki, run, tearDownModule  # noqa: F401
from sim.eastap_process import TIMEOUT, binary, clean_environment, json_lines


class Reload(EndToEnd):
    def configured(self, text: str, *options, **more):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "eastap.toml"
        self.file.write_text(text, encoding="utf-8")
        return self.eastap("--config", self.file, *options, **more)

    def hang_up(self, tap, text: str, reason: str = "reload") -> dict:
        """Writes the file, sends SIGHUP, and waits for the note that it was read."""
        self.assertTrue(tap.address)  # it has begun to listen, and for signals
        before = len([r for r in tap.records if r.get("reason") == reason])
        self.file.write_text(text, encoding="utf-8")
        os.kill(tap.process.pid, signal.SIGHUP)
        return tap.wait(f"note {reason}", lambda: next((r for r in [r for r in tap.records if r.get("reason") == reason][before:]), None))

    def test_hosts_that_are_added_are_decrypted_from_the_next_connection_on(self):
        server = self.exchange()
        tap = self.configured(f'tunnel = ["{MAIL}"]\n', server=server, intercept=None)
        untouched = self.phone(tap, ca=str(pki().ca))
        untouched.set_up()
        tap.wait("a tunnel", lambda: next((r for r in tap.records if r["type"] == "tunnel"), None))
        note = self.hang_up(tap, "")
        self.assertIn("tunnel", note["detail"])
        self.phone(tap).set_up()
        tap.wait_for_exchange(command="FolderSync")
        self.assert_clean_stop(tap)

    def test_a_waiting_ping_does_not_notice(self):
        server = self.exchange()
        tap = self.configured("", server=server)
        with self.bystander(tap, server):
            self.hang_up(tap, "[limit]\nconnections = 100\n")
        self.assert_clean_stop(tap)

    def test_a_file_with_a_mistake_changes_nothing_and_the_reason_is_told(self):
        server = self.exchange()
        tap = self.configured("", server=server)
        note = self.hang_up(tap, "lisen = 1\n", "reload_refused")
        self.assertIn("lisen", note["detail"])
        self.assertIn("lisen", tap.stderr)
        note = self.hang_up(tap, "[rules.no-such-rule]\nenabled = false\n", "reload_refused")
        self.assertIn("no-such-rule", note["detail"])
        note = self.hang_up(tap, 'allow = ["300.1.1.1"]\n', "reload_refused")
        self.assertIn("300.1.1.1", note["detail"])
        note = self.hang_up(tap, 'log_file = "/nonexistent/folder/x.log"\n', "reload_refused")
        self.assertIn("/nonexistent", note["detail"])
        self.phone(tap).set_up()
        self.assert_clean_stop(tap)

    def test_a_file_with_a_mistake_is_not_noticed_by_open_connections_and_mended_it_counts(self):
        server = self.exchange()
        tap = self.configured("", server=server, capture=True)
        mistake = 'tunnel = ["%s"]\n[limit]\nconnections = 0\n' % MAIL
        with self.bystander(tap, server) as phone:
            note = self.hang_up(tap, mistake, "reload_refused")
            for words in ("stay as they were", str(self.file), "limit.connections"):
                self.assertIn(words, note["detail"])
            # The old settings hold as a whole, also for who comes now: nothing of the file was taken.
            other = self.phone(tap, device_id="NEWCOMER")
            other.set_up()
            tap.wait_for_exchange(command="FolderSync", device_id="NEWCOMER")
            self.assertEqual(tap.of_type("tunnel"), [])
            self.hang_up(tap, 'tunnel = ["%s"]\n' % MAIL)
            later = self.phone(tap, device_id="LATER", ca=str(pki().ca))
            later.set_up()
            tap.wait("a tunnel", lambda: next((r for r in tap.records if r["type"] == "tunnel"), None))
            other.sync_all("5")  # over its own connection, as it began
            tap.wait_for_exchange(command="Sync", device_id="NEWCOMER")
        phone.close()
        self.assert_clean_stop(tap)
        self.assert_replay_equals_live(tap)

    def test_keys_that_need_a_restart_are_named_until_there_was_one(self):
        server = self.exchange()
        tap = self.configured("", server=server)
        for _ in range(2):
            note = self.hang_up(tap, 'threads = 2\n[deadline]\nclose = "7s"\n')
            self.assertIn("Only after a restart: threads", note["detail"])
        self.assertNotIn("deadline.close", note["detail"])
        note = self.hang_up(tap, '[deadline]\nclose = "7s"\n')
        self.assertIn("are what they were", note["detail"])

    def test_a_muted_rule_is_silent_from_the_note_on_and_the_capture_tells_from_where(self):
        server = self.exchange()
        tap = self.configured("", server=server, capture=True)
        phone = self.phone(tap, device_id="FIRST")
        phone.set_up()
        phone.sync_all("5")
        for _ in range(4):
            phone.sync_all("5", restart=True)
        tap.wait("a finding", lambda: next((r for r in tap.records if r["type"] == "finding" and r["rule"].startswith("synckey-zero")), None))
        self.hang_up(tap, '[[mute]]\nuser = "alice"\n')
        known = {r["id"] for r in tap.records if r["type"] == "finding"}
        other = self.phone(tap, device_id="SECOND")
        other.set_up()
        other.sync_all("5")
        for _ in range(4):
            other.sync_all("5", restart=True)
        self.assertEqual(tap.stop(), 0)
        later = {r["id"] for r in tap.records if r["type"] == "finding"} - known
        self.assertEqual(later, set())
        with sqlite3.connect(tap.capture) as capture:
            notes = [row[0] for row in capture.execute("SELECT detail FROM connection_events WHERE reason = 'reload'")]
        self.assertEqual(len(notes), 1)
        self.assertIn("mute", notes[0])

    def test_the_log_file_is_opened_again_for_logrotate(self):
        server = self.exchange()
        folder = tempfile.mkdtemp()
        log = pathlib.Path(folder) / "eastap.log"
        tap = self.configured("", "--log-file", log, server=server)
        self.assertTrue(tap.address)
        log.rename(log.with_suffix(".1"))
        self.hang_up(tap, "")
        self.assertIn("were read again", log.read_text(encoding="utf-8"))
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)

    def test_a_terminal_that_hangs_up_ends_eastap_as_ever(self):
        with tempfile.TemporaryDirectory() as folder:
            child, terminal = pty.fork()
            if child == 0:
                os.execve(binary(), [binary(), "run", "--listen", "127.0.0.1:0", "--ca-dir", folder + "/ca", "--no-capture"],
                          clean_environment(folder))
            seen = b""
            while b"ready 127.0.0.1" not in seen:
                seen += os.read(terminal, 4096)
            os.close(terminal)
            _, status = os.waitpid(child, 0)
            self.assertEqual(os.waitstatus_to_exitcode(status), 0)

    def test_systemd_is_told_when_it_listens_reads_again_and_stops(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(folder + "/notify")
            manager.settimeout(TIMEOUT)
            tap = self.eastap(environment={"NOTIFY_SOCKET": folder + "/notify"})
            self.assertRegex(manager.recv(4096).decode(), r"^READY=1\nSTATUS=Listening on 127\.0\.0\.1:\d+\n$")
            os.kill(tap.process.pid, signal.SIGHUP)
            self.assertTrue(manager.recv(4096).startswith(b"RELOADING=1\n"))
            self.assertTrue(manager.recv(4096).startswith(b"READY=1\n"))
            self.assert_clean_stop(tap)
            self.assertTrue(manager.recv(4096).startswith(b"STOPPING=1\n"))


class Rotation(EndToEnd):
    def busy(self, tap, server, device: str, mails: int):
        """Mail enough to fill a file or two."""
        phone = self.phone(tap, device_id=device)
        phone.set_up()
        phone.sync_all("5")
        for number in range(mails):
            server.mailbox("alice").deliver(f"number {number}", text=os.urandom(100_000).hex())
            phone.sync("5")

    def test_every_exchange_is_in_one_of_the_files_and_the_newest_files_stay(self):
        server = self.exchange()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        stranger = pathlib.Path(folder.name) / "run-20260101-000000.eastap"
        stranger.write_text("mine", encoding="ascii")
        tap = self.eastap("--capture-max-size", "1MiB", server=server, capture=folder.name + "/run.eastap")
        self.busy(tap, server, "ONE", 8)
        self.assert_clean_stop(tap)
        live = {r["id"] for r in tap.records if r["type"] == "exchange"}
        files = sorted(pathlib.Path(folder.name).glob("run*.eastap"), key=lambda path: path.stat().st_mtime)
        files.remove(stranger)
        self.assertGreater(len(files), 1)
        stored = set()
        for path in files:
            stored |= {r["id"] for r in json_lines(run("replay", "--json", path).stdout) if r["type"] == "exchange"}
        self.assertEqual(live, stored)
        self.assertIn("this capture goes on in run-", run("replay", "--tail", "off", files[0]).stderr)
        # A second run with a limit on the total keeps the newest, and what is not its own.
        again = self.eastap("--capture-keep-size", "1MiB", server=server, capture=folder.name + "/run.eastap")
        again.wait("a deletion", lambda: next((r for r in again.records if "Deleted by the limits" in r.get("detail", "")), None))
        self.assert_clean_stop(again)
        self.assertTrue(stranger.exists())
        self.assertLess(len(list(pathlib.Path(folder.name).glob("run-*.eastap"))), len(files))

    def test_a_tail_goes_on_in_the_next_file(self):
        server = self.exchange()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        tap = self.eastap("--capture-max-size", "1MiB", server=server, capture=folder.name + "/run.eastap")
        self.assertTrue(tap.address)
        follower = subprocess.Popen([binary(), "tail", "--json", folder.name + "/run.eastap"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=clean_environment(folder.name), text=True)
        self.busy(tap, server, "ONE", 8)
        self.assert_clean_stop(tap)
        output, _ = follower.communicate(timeout=TIMEOUT)
        self.assertGreater(len(list(pathlib.Path(folder.name).glob("run*.eastap"))), 1)
        live = {r["id"] for r in tap.records if r["type"] == "exchange"}
        self.assertEqual({r["id"] for r in json_lines(output) if r["type"] == "exchange"}, live)


class Metrics(EndToEnd):
    def page(self, tap, **fields):
        connection = http.client.HTTPConnection(*tap.address, timeout=TIMEOUT)
        self.addCleanup(connection.close)
        connection.request("GET", "/metrics", headers=fields)
        answer = connection.getresponse()
        return answer, answer.read().decode()

    def test_prometheus_gets_counters_without_a_name_from_the_wire(self):
        server = self.exchange()
        tap = self.eastap(server=server)
        phone = self.phone(tap, device_id="SECRETDEVICE")
        phone.set_up()
        phone.sync_all("5")
        tap.wait_for_exchange(command="Sync")
        answer, text = self.page(tap)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertRegex(text, r'(?m)^eastap_exchanges_total\{command="FolderSync",status="2xx"\} [1-9]')
        self.assertRegex(text, r"(?m)^eastap_capture_inputs_total \d+$")
        self.assertRegex(text, r"(?m)^eastap_connections_open [1-9]")
        self.assertRegex(text, r"(?m)^process_resident_memory_bytes [1-9]")
        for secret in ("alice", "SECRETDEVICE", MAIL, "127.0.0.1"):
            self.assertNotIn(secret, text)
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr + done.stdout)

    def test_a_foreign_name_gets_nothing(self):
        tap = self.eastap()
        answer, text = self.page(tap, Host="evil.example")
        self.assertNotEqual(answer.status, 200)
        self.assertNotIn("eastap_exchanges_total", text)


if __name__ == "__main__":
    unittest.main()
