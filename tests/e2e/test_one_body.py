"""eastap decode and encode as a user calls them: one body to XML and back."""
import os
import subprocess
import unittest

from harness import EndToEnd, tearDownModule  # noqa: F401
from sim.tags import A, B, CM, E, E2
from sim.wbxml import encode_by_table


def piped(*arguments, given: bytes) -> subprocess.CompletedProcess:
    """Octets in and out: what encode writes is no text."""
    return subprocess.run([os.environ["EASTAP"], *arguments], input=given, capture_output=True, timeout=60)


class OneBody(EndToEnd):
    def back(self, body: bytes) -> bytes:
        xml = piped("decode", given=body)
        self.assertEqual(xml.returncode, 0, xml.stderr)
        encoded = piped("encode", given=xml.stdout)
        self.assertEqual(encoded.returncode, 0, encoded.stderr)
        return encoded.stdout

    def test_what_decode_prints_becomes_the_same_body(self):
        start = bytes.fromhex("03016a0045")
        bodies = {
            "usual values": encode_by_table(A.Sync(A.Commands(A.Add(A.ServerId("5:1"), A.ApplicationData(
                E.Subject("a < b & c\r\n"), B.Body(B.Type("1"), B.Data("  x  ")), E2.ConversationId(bytes(range(16)))))))),
            "an opaque text": start + bytes.fromhex("4bc303") + b"abc" + bytes.fromhex("0101"),
            "an empty opaque value": start + bytes.fromhex("4bc3000101"),
            "an empty string": start + bytes.fromhex("4b03000101"),
            "control characters in a string": start + bytes.fromhex("4b030102000101"),
            "octets that are no UTF-8 in a string": start + bytes.fromhex("4b03fffe000101"),
            "an inline message": start + bytes.fromhex("001550") + b"\x03From: a\r\n\0" + bytes.fromhex("0101"),
            "a conversation of text": start + bytes.fromhex("001649c320") + b"44997723AC344564BBEEF22D3A1A3373" + bytes.fromhex("0101"),
            "mixed content": start + b"\x03a\0\x4b\x031\0\x01\x03b\0\x03 \0\xc3\x01c\x02\x41\x01",
            "attributes": start[:-1] + b"\xc5\x05\x03v\0\x01\x4b\x031\0\x01\x01",
        }
        for name, body in bodies.items():
            with self.subTest(name):
                self.assertEqual(self.back(body), body)
        self.assertEqual(self.back(encode_by_table(CM.SendMail(CM.Mime(b"From: a")))), encode_by_table(CM.SendMail(CM.Mime(b"From: a"))))

    def test_conversations_of_other_tools_are_the_octets(self):
        octets = bytes.fromhex("44997723AC344564BBEEF22D3A1A3373")
        for text in ("RJl3I6w0RWS77vItOhozcw==", "44997723AC344564BBEEF22D3A1A3373"):
            xml = ("<airsync:Sync xmlns:airsync=\"AirSync\" xmlns:email2=\"Email2\">"
                   f"<email2:ConversationId>{text}</email2:ConversationId><email2:ConversationIndex>zsHoKe0=</email2:ConversationIndex></airsync:Sync>")
            done = piped("encode", given=xml.encode())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, encode_by_table(A.Sync(E2.ConversationId(octets), E2.ConversationIndex(bytes.fromhex("CEC1E829ED")))))

    def test_words_of_enumerations_stay_and_no_octet_is_invented_where_identities_are_hidden(self):
        tree = A.Sync(E.MessageClass("IPM.Note"), E.ContentClass("urn:content-classes:message"), A.Class("Email"),
                      B.ContentType("application/vnd.openxmlformats-officedocument.wordprocessingml.document"))
        plain = piped("decode", given=encode_by_table(tree)).stdout
        self.assertIn(b"IPM.Note", plain)
        self.assertEqual(piped("decode", "--redact", "identity", given=encode_by_table(tree)).stdout, plain)
        for body, named in ((b"\x09\xfesecret", b"0x09"), (b"\xfe\xfesecret", b"0xFE")):
            done = piped("decode", "--hex", "--redact", "identity", given=body.hex().encode())
            self.assertEqual(done.returncode, 3)
            self.assertIn(b"The first octet is " + named, done.stderr)
        done = piped("decode", "--hex", "--redact", "identity", given=b"<html>secret</html>")
        self.assertIn(b"a character of text", done.stderr)


if __name__ == "__main__":
    unittest.main()
