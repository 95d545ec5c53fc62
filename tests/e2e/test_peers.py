"""The simulated peers themselves, without eastap between them: what they say is valid, and libwbxml agrees."""
import unittest
import xml.etree.ElementTree as ElementTree

from harness import EndToEnd, pki, tearDownModule  # noqa: F401
from sim import wbxml
from sim.exchange import changed, eas_status, http_error
from sim.phone import Phone, contact_add


class Peers(EndToEnd):

    def test_phone_and_exchange_understand_each_other_in_every_command(self):
        for base64_query in (False, True):
            with self.subTest(base64_query=base64_query):
                server = self.exchange()
                server.mailbox().fill()
                phone = Phone(address=("127.0.0.1", server.port), ca=str(pki().ca), base64_query=base64_query)
                self.addCleanup(phone.close)
                phone.set_up()
                self.assertEqual([phone.sync_all(c) for c in ("5", "2", "7")], [7, 2, 2])
                waiting = phone.begin_ping(["5"], 600)
                server.wait_for("Ping")
                server.mailbox().deliver("new")
                self.assertEqual(waiting.answer().value("Status"), "2")
                phone.sync("7", commands=[contact_add("n", "Ada", "Lovelace", "ada@contoso.test")])
                server.trouble("Sync", changed(gzip=True, chunks=[3]))
                self.assertEqual(phone.sync("5").value("Collections/Collection/Status"), "1")
                server.trouble("Sync", http_error(500))
                self.assertEqual(phone.sync("5").status, 500)
                server.trouble("Provision", eas_status(110))
                self.assertEqual(phone.provision_ask().value("Status"), "110")
                phone.close()
                far = server.connections[0]
                self.assertTrue(far.ended.wait(10))
                self.assert_same_octets(phone.connections[0], far)
                self.assertEqual([s.request.problem for s in server.seen if s.request.problem], [])

    def test_an_interrupted_sync_is_repeated_with_the_same_key(self):
        server = self.exchange(requires_policy=False)
        server.mailbox().fill()
        phone = Phone(address=("127.0.0.1", server.port), ca=str(pki().ca))
        self.addCleanup(phone.close)
        phone.sync("5", key="0")
        lost = phone.request("Sync", phone.sync_tree("5", window=3))  # the phone forgets it
        again = phone.sync("5", window=3)
        self.assertEqual(lost.body, again.body)
        self.assertEqual(phone.sync("5", key="77").value("Collections/Collection/Status"), "3")


class Wbxml(unittest.TestCase):

    def test_libwbxml_and_the_table_write_the_same_octets_where_libwbxml_knows_the_tags(self):
        before = wbxml.writer.by_library
        A, B, E = map(wbxml.Namespace, ("AirSync", "AirSyncBase", "Email"))
        tree = A.Sync(A.Collections(A.Collection(A.SyncKey(1), A.CollectionId("5"), A.MoreAvailable(), A.Commands(A.Add(
            A.ServerId("5:1"), A.ApplicationData(E.Subject("Grüße <&> \r\n  "), B.Body(B.Type(1), B.Data("a\r\n\tb"))))))))
        self.assertEqual(wbxml.encode(tree), wbxml.encode_by_table(tree))
        self.assertEqual(wbxml.writer.by_library, before + 1)
        self.assertEqual(wbxml.decode(wbxml.encode(tree)), tree)

    def test_opaque_data_and_the_tags_of_16_1_are_written_too(self):
        C, F = wbxml.Namespace("ComposeMail"), wbxml.Namespace("Find")
        for tree in (C.SendMail(C.ClientId("x"), C.Mime(b"\x00\xff From: a\r\n")), F.Find(F.SearchId("1"), F.ExecuteSearch())):
            self.assertEqual(wbxml.decode(wbxml.encode(tree)), tree)

    def test_libwbxml_reads_what_the_table_writes(self):
        G = wbxml.Namespace("FolderHierarchy")
        xml = wbxml.wbxml_to_xml(wbxml.encode_by_table(G.FolderSync(G.SyncKey("42"))))
        self.assertEqual(ElementTree.fromstring(xml).find("{FolderHierarchy:}SyncKey").text, "42")


if __name__ == "__main__":
    unittest.main()
