"""How eastap ends, and where its output goes: signals, closed and full outputs, readers that stall; and ends of
connections that reach the other side of plain HTTP."""
import contextlib
import json
import os
import resource
import select
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from harness import MAIL, EndToEnd, pki, run, tearDownModule  # noqa: F401
from sim.eastap_process import binary, clean_environment, sanitized
from sim.phone import ProxyRefused
from sim.streams import HttpReader, Stream


class Silent:
    """A listener that accepts and then does what `serve(socket)` says, on a thread a connection."""

    def __init__(self, serve=lambda sock: None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets, self.serve = [], serve
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.sockets.append(sock)
                threading.Thread(target=self._one, args=(sock,), daemon=True).start()

    def _one(self, sock):
        with contextlib.suppress(OSError, ssl.SSLError):
            self.serve(sock)

    def close(self):
        self.listener.close()
        for sock in self.sockets:
            sock.close()


class Outputs(EndToEnd):

    def silent(self, *arguments) -> Silent:
        server = Silent(*arguments)
        self.addCleanup(server.close)
        return server

    def folder(self) -> str:
        folder = tempfile.TemporaryDirectory(prefix="eastap-ends-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def unread(self):
        """eastap whose JSON tail nobody reads after its first line: process, address and capture."""
        folder = self.folder()
        capture = os.path.join(folder, "live.eastap")
        process = subprocess.Popen([binary(), "run", "--listen", "127.0.0.1:0", "--ca-dir", os.path.join(folder, "ca"), "--tail", "json",
                                    "--capture", capture], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=clean_environment(folder), cwd=folder, bufsize=0)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        ready = json.loads(process.stdout.readline())
        host, _, port = ready["address"].rpartition(":")
        return process, (host, int(port)), capture

    def make_events(self, address, count: int):
        for _ in range(count):
            with contextlib.closing(socket.create_connection(address)) as sock:
                sock.sendall(b"\x01\x02 no HTTP\r\n\r\n")
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass

    def test_ctrl_c_that_also_ends_the_reader_of_the_tail_is_a_clean_stop(self):
        process, address, capture = self.unread()
        self.make_events(address, 400)  # more than the pipe holds
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.stdout.close()  # jq, too, got the Ctrl-C
        self.assertEqual(process.wait(20), 0)
        self.assertGreaterEqual(run("replay", capture, "--json").stdout.count('"malformed"'), 400)

    def test_a_reader_that_stopped_reading_does_not_hold_up_the_stop(self):
        process, address, capture = self.unread()
        self.make_events(address, 400)
        select.select([process.stdout], [], [], 5)
        os.read(process.stdout.fileno(), 8192)  # room for a page, not for all that waits
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.assertGreaterEqual(run("replay", capture, "--json").stdout.count('"malformed"'), 400)

    def test_a_full_disk_behind_the_tail_is_told_and_stops_nothing(self):
        with open("/dev/full", "wb", buffering=0) as full:
            folder = self.folder()
            with subprocess.Popen([binary(), "run", "--listen", "127.0.0.1:0", "--ca-dir", os.path.join(folder, "ca"), "--no-capture"],
                                  stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, env=clean_environment(folder), cwd=folder) as process:
                self.addCleanup(process.kill)
                for line in process.stderr:
                    if line.startswith(b"ready "):
                        host, _, port = line.split()[1].decode().rpartition(":")
                        break
                self.make_events((host, int(port)), 3)
                self.assertIn(b"standard output", process.stderr.readline())
                self.make_events((host, int(port)), 3)
                self.assertIsNone(process.poll())
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(20), 0)

    def test_a_closed_stdout_at_the_start_is_not_given_to_another_file(self):
        server = self.exchange()
        folder = self.folder()
        capture = os.path.join(folder, "live.eastap")
        command = [binary(), "run", "--listen", "127.0.0.1:0", "--ca-dir", os.path.join(folder, "ca"), "--capture", capture, "--intercept", MAIL,
                   "--upstream-ca", str(pki().ca), *self.route(server)]
        process = subprocess.Popen(["/bin/sh", "-c", 'exec "$@" <&- >&-', "sh", *command], stderr=subprocess.PIPE, env=clean_environment(folder), cwd=folder)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for line in process.stderr:
            if line.startswith(b"ready "):
                break
        for number in (0, 1):
            self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{number}"), "/dev/null")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0)

    def test_output_that_cannot_be_written_is_an_error_with_its_reason(self):
        server, tap = self.stack()
        self.phone(tap).set_up()
        self.assert_clean_stop(tap)
        with open("/dev/full", "wb", buffering=0) as full:
            for arguments, stdin in ((["replay", str(tap.capture), "--json"], None), (["decode", "-"], bytes.fromhex("03016a00455c03310001010100")),
                                     (["--help"], None), (["ca", "show", "--ca-dir", str(tap.ca_dir)], None)):
                with self.subTest(arguments=arguments[0]):
                    done = subprocess.run([binary(), *arguments], input=stdin, stdout=full, stderr=subprocess.PIPE, timeout=20, check=False,
                                          env=clean_environment(str(tap.folder)))
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertIn(b"No space left", done.stderr)

    def test_a_pipe_that_closes_early_is_a_normal_end_of_a_replay(self):
        server, tap = self.stack()
        phone = self.phone(tap)
        phone.set_up()
        phone.sync_all("5")
        self.assert_clean_stop(tap)
        done = subprocess.run(["/bin/bash", "-c", '"$0" replay "$1" --json | head -1; exit ${PIPESTATUS[0]}', binary(), str(tap.capture)],
                              capture_output=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_a_terminal_that_goes_away_is_a_clean_stop(self):
        _, tap = self.stack()
        self.phone(tap).set_up()
        self.assertEqual(tap.stop(signal.SIGHUP), 0)
        self.assertIn("capture", tap.stderr)

    def test_a_second_signal_ends_at_once(self):
        process, address, _ = self.unread()
        self.make_events(address, 400)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)  # now the reader that does not read is given its two seconds
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(1), -signal.SIGINT)

    def test_a_stop_does_not_wait_for_servers_that_do_not_answer(self):
        server = self.silent()
        tap = self.eastap("--connect-to", f"{MAIL}:443=127.0.0.1:{server.port}")
        with contextlib.closing(socket.create_connection(tap.address)) as sock:
            sock.sendall(f"CONNECT {MAIL}:443 HTTP/1.1\r\n\r\n".encode())
            deadline = time.monotonic() + 10
            while not server.sockets and time.monotonic() < deadline:
                time.sleep(0.01)
            began = time.monotonic()
            self.assert_clean_stop(tap)
            self.assertLess(time.monotonic() - began, 3)

    def test_too_few_files_cost_new_connections_only_and_are_told_once(self):
        if sanitized():
            self.skipTest("UBSan opens a pipe to look at a pointer, and takes a failure for a wrong pointer")
        server, tap = self.stack()
        with self.bystander(tap, server):
            resource.prlimit(tap.process.pid, resource.RLIMIT_NOFILE, (48, 4096))
            held = [socket.create_connection(tap.address) for _ in range(60)]
            tap.wait_for_stderr("cannot be accepted")
            time.sleep(0.6)
            self.assertEqual(tap.stderr.count("cannot be accepted"), 1)
            for sock in held:
                sock.close()
            time.sleep(0.3)
        phone = self.phone(tap)
        phone.set_up()
        self.assert_clean_stop(tap)

    def test_a_small_limit_of_files_is_told_in_numbers_that_are_true(self):
        tap = self.eastap(before_start=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)))
        tap.wait_for_stderr("only 200 files may be open at once, so about 84 connections")


class ClientCertificates(EndToEnd):

    def test_a_server_that_wants_a_client_certificate_is_told_plainly(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version.name):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(pki().server(MAIL))
                context.minimum_version = context.maximum_version = version
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(str(pki().ca))

                def serve(sock, context=context):
                    context.wrap_socket(sock, server_side=True).recv(1)
                server = Silent(serve)
                self.addCleanup(server.close)
                tap = self.eastap("--connect-to", f"{MAIL}:443=127.0.0.1:{server.port}")
                with contextlib.suppress(ProxyRefused, OSError, ssl.SSLError):
                    self.connection(tap).stream.receive_until_end()
                event = tap.wait_for_event("client certificate", f"--tunnel {MAIL}")
                self.assertEqual(event["reason"], "client_certificate")


class PlainHttp(EndToEnd):

    def plain(self, tap) -> Stream:
        stream = Stream(socket.create_connection(tap.address))
        self.addCleanup(stream.close)
        return stream

    def test_a_request_that_follows_a_body_at_once_goes_to_its_own_server(self):
        def serve(name):
            def one(sock):
                reader = HttpReader(Stream(sock))
                while head := reader.head():
                    request = reader.body(head, until_close=False)
                    sock.sendall(b"HTTP/1.1 200 OK\r\nX-Server: " + name + b"\r\nX-Target: " + request.target.encode() +
                                 b"\r\nX-Length: %d\r\nContent-Length: 0\r\n\r\n" % len(request.body))
            server = Silent(one)
            self.addCleanup(server.close)
            return server
        first, second = serve(b"first"), serve(b"second")
        tap = self.eastap("--connect-to", f"a.test:80=127.0.0.1:{first.port}", "--connect-to", f"b.test:80=127.0.0.1:{second.port}")
        stream = self.plain(tap)
        stream.send(b"POST http://a.test/1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"
                    b"POST http://a.test/2 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                    b"GET http://b.test/3 HTTP/1.1\r\nHost: b.test\r\nProxy-Authorization: Basic eDp5\r\n\r\n")
        reader = HttpReader(stream)
        answers = [reader.response(method) for method in ("POST", "POST", "GET")]
        self.assertEqual([(a.headers.get("X-Server"), a.headers.get("X-Target"), a.headers.get("X-Length")) for a in answers],
                         [("first", "/1", "5"), ("first", "/2", "3"), ("second", "/3", "0")])

    def test_a_client_that_resets_while_the_server_hangs_ends_the_server_s_connection(self):
        ended = threading.Event()

        def hang(sock):
            try:
                while sock.recv(4096):
                    pass
            finally:
                ended.set()
        server = Silent(hang)
        self.addCleanup(server.close)
        for request in (b"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
                        b"POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nabc"):
            with self.subTest(request=request[:4]):
                ended.clear()
                tap = self.eastap("--connect-to", f"a.test:80=127.0.0.1:{server.port}")
                stream = self.plain(tap)
                stream.send(request)
                time.sleep(0.3)
                stream.reset()
                self.assertTrue(ended.wait(10), "the server was not told that the client has gone")

    def test_an_early_answer_of_a_server_that_reads_no_more_ends_the_exchange(self):
        held = threading.Event()
        self.addCleanup(held.set)

        def refuse(sock):
            sock.recv(100)
            sock.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            held.wait(30)
        server = Silent(refuse)
        self.addCleanup(server.close)
        tap = self.eastap("--connect-to", f"a.test:80=127.0.0.1:{server.port}")
        stream = self.plain(tap)
        stream.send(b"POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\n")

        def upload():
            with contextlib.suppress(OSError):
                while True:
                    stream.sock.sendall(b"x" * 65536)
        threading.Thread(target=upload, daemon=True).start()
        self.assertEqual(HttpReader(stream).response("POST").status, 413)
        with contextlib.suppress(ConnectionError):
            self.assertEqual(stream.receive_until_end(), b"")


if __name__ == "__main__":
    unittest.main()
