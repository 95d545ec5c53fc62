"""What one side sends is what the other receives, octet by octet, whatever shape HTTP takes; and each exchange is
understood all the same."""
import base64
import os
import threading
import unittest

from harness import MAIL, EndToEnd, tearDownModule  # noqa: F401
from sim.exchange import Reply, TakeOver, changed, dropped, http_error, instead, raw, upgraded_echo
from sim.wbxml import Namespace, encode

A = Namespace("AirSync")
TARGET = "/Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=TESTPHONE0001&DeviceType=iPhone"
AUTHORIZATION = base64.b64encode(b"alice:Secret-123").decode()
SYNC = encode(A.Sync(A.Collections(A.Collection(A.SyncKey(0), A.CollectionId(5)))))


def sync_request(*headers: str, body: bytes = SYNC, version: str = "HTTP/1.1", length: bool = True) -> bytes:
    lines = [f"POST {TARGET} {version}", f"Host: {MAIL}", f"Authorization: Basic {AUTHORIZATION}", "MS-ASProtocolVersion: 16.1",
             "Content-Type: application/vnd.ms-sync.wbxml", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class ByteExactness(EndToEnd):

    def setUp(self):
        self.server, self.tap = self.stack(requires_policy=False)
        self.server.mailbox().fill()

    def finish(self, connection, number: int = 1):
        """Ends the connection and compares both sides."""
        connection.close()
        far = self.server.wait_for_connection(number)
        self.assertTrue(far.ended.wait(20), "the server's side of the connection did not end")
        self.assert_same_octets(connection, far)
        return far

    def test_odd_headers_keep_case_order_spaces_and_repetition(self):
        connection = self.connection(self.tap)
        connection.send(sync_request("x-ODD-hEaDeR:no space", "X-Empty:", "COOKIE: a=1", "Cookie: b=2", "X-Latin: Gr\xfc\xdfe",
                                     "X-Tabs:\t tabs \t", "Zzz: last"))
        self.assertEqual(connection.answer().status, 200)
        answer = (b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 0\r\nX-a:1\r\nx-A: 2\r\nSet-Cookie: k=v\r\nSet-Cookie: l=w\r\nX-FEServer:   EX01  \r\n\r\n")
        self.server.trouble("Sync", raw(answer, close=False))
        connection.send(sync_request())
        self.assertEqual(connection.answer().http.raw, answer)
        self.finish(connection)
        record = self.tap.wait_for_exchange(command="Sync", nth=2)
        self.assertEqual([h["name"] for h in record["response"]["headers"]], ["content-LENGTH", "X-a", "x-A", "Set-Cookie", "Set-Cookie", "X-FEServer"])

    def test_bare_line_feeds_and_a_status_line_without_reason_pass_and_are_read(self):
        answer = b"HTTP/1.1 200\nContent-Length: 3\n\nabc"
        self.server.trouble("Sync", raw(answer, close=False))
        connection = self.connection(self.tap)
        connection.send(sync_request().replace(b"\r\n", b"\n"))
        self.assertEqual(connection.answer().http.body, b"abc")
        self.finish(connection)
        self.assertEqual(self.tap.wait_for_exchange(command="Sync")["http_status"], 200)

    def test_chunks_with_extensions_and_trailers_pass_as_they_are_and_gzip_is_undone_for_the_record(self):
        self.server.trouble("Sync", changed(chunks=[1, 2, 3, 17], chunk_extension=';name="quoted;value";x', trailers="X-Checksum: abc\r\n", gzip=True))
        phone = self.phone(self.tap)
        phone.sync("5", key="0")
        phone.sync("5")
        phone.close()
        self.server.connections[0].ended.wait(20)
        self.assert_same_octets(phone.connections[0], self.server.connections[0])
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertEqual(record["collections"][0]["new_sync_key"], "1")
        self.assertFalse(record.get("diagnostics"))

    def test_a_chunked_request_passes_and_is_decoded(self):
        framed = b"".join(f"{len(part):X};ext=1\r\n".encode() + part + b"\r\n" for part in (SYNC[:1], SYNC[1:7], SYNC[7:])) + b"0\r\nX-T: 1\r\n\r\n"
        connection = self.connection(self.tap)
        connection.send(sync_request("Transfer-Encoding: chunked", body=framed, length=False))
        self.assertEqual(connection.answer().value("Collections/Collection/SyncKey"), "1")
        self.finish(connection)
        self.assertEqual(self.tap.wait_for_exchange(command="Sync")["collections"][0]["sync_key"], "0")

    def test_expect_100_continue_waits_for_the_server_and_its_interim_answer_passes(self):
        connection = self.connection(self.tap)
        whole = sync_request("Expect: 100-continue")
        head, body = whole[:-len(SYNC)], SYNC
        connection.send(head)
        interim = connection.reader.response()
        self.assertEqual(interim.status, 100)
        connection.send(body)
        self.assertEqual(connection.answer().status, 200)
        connection.send(sync_request())  # and the connection goes on
        self.assertEqual(connection.answer().status, 200)
        self.finish(connection)
        self.assertEqual(self.tap.wait_for_exchange(command="Sync", nth=2)["http_status"], 200)
        self.assertEqual(self.tap.wait_for_exchange(command="Sync")["http_status"], 200)

    def test_an_expectation_that_the_server_refuses_ends_the_exchange_without_its_body(self):
        def refuse_at_the_head(connection, head):
            self.assertEqual(head.headers.get("Expect"), "100-continue")
            connection.stream.send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        self.server.on_head = refuse_at_the_head
        connection = self.connection(self.tap)
        connection.send(sync_request("Expect: 100-continue")[:-len(SYNC)])
        self.assertEqual(connection.answer().status, 417)
        self.finish(connection)

    def test_an_upgraded_connection_becomes_a_pipe_in_both_directions(self):
        self.server.trouble("Sync", upgraded_echo())
        connection = self.connection(self.tap)
        connection.send(sync_request("Connection: Upgrade", "Upgrade: test-echo"))
        self.assertEqual(connection.answer().status, 101)
        for part in (b"\x00\x01\xff", b"GET / HTTP/1.1\r\n\r\n", os.urandom(70000)):
            connection.send(part)
            got = bytes(connection.reader.buffer)
            connection.reader.buffer.clear()
            while len(got) < len(part):
                got += connection.stream.receive()
            self.assertEqual(got, part)
        connection.stream.half_close()
        self.assertEqual(connection.stream.receive_until_end(), b"")
        self.finish(connection)
        self.assertEqual(self.tap.wait_for_exchange(command="Sync")["http_status"], 101)

    def test_a_body_until_close_passes_with_its_end(self):
        self.server.trouble("Sync", changed(until_close=True))
        connection = self.connection(self.tap)
        connection.send(sync_request(version="HTTP/1.0"))
        self.assertEqual(connection.answer().value("Collections/Collection/SyncKey"), "1")
        self.assertEqual(connection.stream.end, "close_notify")
        self.finish(connection)
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertEqual((record["http_status"], record["complete"]), (200, True))
        self.assertEqual(record["collections"][0]["new_sync_key"], "1")

    def test_pipelined_requests_are_answered_in_order_and_kept_apart(self):
        connection = self.connection(self.tap)
        options = f"OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: {MAIL}\r\nAuthorization: Basic {AUTHORIZATION}\r\n\r\n".encode()
        connection.send(sync_request() + options + sync_request("X-Second: 1") + options)
        answers = [connection.answer() for _ in range(4)]
        self.assertEqual([a.status for a in answers], [200] * 4)
        self.finish(connection)
        self.tap.wait("four exchanges", lambda: len(self.tap.exchanges()) == 4)
        self.assertEqual([e["command"] for e in self.tap.exchanges()], ["Sync", "OPTIONS", "Sync", "OPTIONS"])
        self.assertTrue(all(e["complete"] for e in self.tap.exchanges()))

    def test_a_phone_that_half_closes_after_its_request_still_gets_the_answer(self):
        self.server.trouble("Sync", changed(delay=0.3))
        connection = self.connection(self.tap)
        connection.send(sync_request())
        connection.stream.half_close()
        self.assertEqual(connection.answer().value("Collections/Collection/SyncKey"), "1")
        self.assertEqual(connection.stream.receive_until_end(), b"")
        far = self.finish(connection)
        self.assertIn(far.stream.end, ("close_notify", "fin"))
        self.assertTrue(self.tap.wait_for_exchange(command="Sync")["complete"])

    def test_a_reset_of_the_server_reaches_the_phone_as_an_end_and_is_told(self):
        self.server.trouble("Sync", changed(cut_after=5, reset=True))
        connection = self.connection(self.tap)
        connection.send(sync_request())
        connection.stream.receive_until_end()
        self.assertIn(connection.stream.end, ("reset", "fin"))
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertIs(record["complete"], False)
        self.assertIn(record["ending"], ("server_reset", "server_closed"))
        self.assertTrue(record["error"])

    def test_a_server_that_ends_without_an_answer_is_told_and_the_phone_sees_the_end(self):
        self.server.trouble("Sync", dropped())
        connection = self.connection(self.tap)
        connection.send(sync_request())
        self.assertEqual(connection.stream.receive_until_end(), b"")
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertNotIn("http_status", record)
        self.assertEqual((record["complete"], record["ending"]), (False, "server_closed"))

    def test_a_phone_that_closes_mid_answer_is_told_with_what_was_delivered(self):
        self.server.trouble("Sync", instead(Reply(body=os.urandom(8 << 20), content_type="application/octet-stream")))
        connection = self.connection(self.tap)
        connection.send(sync_request())
        connection.stream.receive(1000)
        connection.stream.reset()
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertIs(record["complete"], False)
        self.assertIn(record["ending"], ("device_reset", "device_closed"))
        self.assertLess(record.get("delivered_bytes", 0), 8 << 20)
        self.assertTrue(self.server.wait_for_connection(1).ended.wait(20), "the server was not told that the phone has gone")

    def test_large_bodies_pass_both_ways_and_a_slow_reader_holds_the_sender_back(self):
        size = 48 << 20
        blob = os.urandom(1 << 20) * (size >> 20)
        written = threading.Event()

        def big(connection, request, normal):
            self.assertEqual(len(request.http.body), size)
            head, body = Reply(body=blob, content_type="application/octet-stream").wire("EX01")
            connection.stream.send(head + body)
            written.set()
            raise TakeOver(keep=True)
        self.server.trouble("Sync", big)
        connection = self.connection(self.tap, timeout=60)
        connection.send(sync_request(body=blob).replace(b"vnd.ms-sync.wbxml", b"octet-stream"))
        first = connection.stream.receive(1)
        self.assertFalse(written.wait(1.0), "48 MiB were taken from the server while the phone reads nothing")
        resident = self.tap.memory_high_water_mark()
        connection.reader.buffer += first
        self.assertEqual(len(connection.answer().http.body), size)
        self.assertTrue(written.wait(20))
        self.finish(connection)
        self.assertLess(resident, 400 << 20)
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertEqual(record["response"]["body_bytes"], size)

    def test_keep_alive_serves_many_exchanges_on_one_connection(self):
        phone = self.phone(self.tap)
        for _ in range(100):
            self.assertEqual(phone.sync("5", key="0").status, 200)
        phone.close()
        self.assertEqual(len(self.server.connections), 1)
        self.server.connections[0].ended.wait(20)
        self.assert_same_octets(phone.connections[0], self.server.connections[0])
        self.tap.wait("100 exchanges", lambda: len(self.tap.exchanges()) == 100)

    def test_a_413_before_the_request_is_complete_reaches_the_phone(self):
        def early(connection, head):
            connection.stream.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            while connection.stream.receive():
                pass
            return False
        self.server.on_head = early
        connection = self.connection(self.tap)
        whole = sync_request(body=b"x" * 100000)
        connection.send(whole[:5000])
        self.assertEqual(connection.answer().status, 413)
        connection.close()
        record = self.tap.wait_for_exchange(command="Sync")
        self.assertEqual(record["http_status"], 413)

    def test_octets_are_forwarded_as_they_arrive(self):
        """A byte is never held back until its line, head, chunk or body is complete."""
        parts = (b"HTTP/1.1 200 O", b"K\r\nTransfer-Enc", b"oding: chunked\r\n\r\n5\r\nab", b"cde\r", b"\n0\r\n\r\n")
        received = threading.Semaphore(0)

        def drip(connection, request, normal):
            for part in parts:
                connection.stream.send(part)
                self.assertTrue(received.acquire(timeout=20), f"{part!r} was held back")
            raise TakeOver(keep=True)
        self.server.trouble("Sync", drip)
        connection = self.connection(self.tap)
        connection.send(sync_request())
        for part in parts:
            got = b""
            while len(got) < len(part):
                got += connection.stream.receive()
            self.assertEqual(got, part)
            received.release()
        self.assertTrue(self.tap.wait_for_exchange(command="Sync")["complete"])


class HttpErrors(EndToEnd):

    def test_server_errors_pass_with_their_pages_and_say_who_made_them(self):
        server, tap = self.stack(requires_policy=False)
        phone = self.phone(tap)
        server.trouble("Sync", http_error(503, headers=[("Retry-After", "30")]))
        self.assertEqual(phone.sync("5", key="0").status, 503)
        server.trouble("Sync", instead(Reply(449, b"", None)))
        self.assertEqual(phone.sync("5", key="0").http.start_line, "HTTP/1.1 449 Retry after sending a PROVISION command")
        self.assertEqual(tap.wait_for_exchange(http_status=449)["command"], "Sync")
        self.assertEqual(tap.wait_for_exchange(http_status=503)["response"]["kind"], "html")


if __name__ == "__main__":
    unittest.main()
