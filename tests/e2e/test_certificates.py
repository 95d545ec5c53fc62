"""The CA by its commands, what phones and openssl make of it, and certificates of the user's own."""
import hashlib
import json
import os
import pathlib
import pty
import select
import subprocess
import tempfile
import unittest

from harness import MAIL, EndToEnd, pki, run, tearDownModule  # noqa: F401
from sim.eastap_process import TIMEOUT, binary, clean_environment


def openssl(*arguments, stdin: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=TIMEOUT, check=False)


class Folder(EndToEnd):

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="eastap-ca-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.ca_dir = self.folder / "ca"

    def ca(self, *arguments, status: int = 0, environment: dict[str, str] | None = None):
        """`eastap ca …` on the test's folder."""
        done = run("ca", *arguments, "--ca-dir", self.ca_dir, environment=environment, start_new_session=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def facts(self) -> dict:
        return json.loads(self.ca("show", "--json").stdout)

    def file(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path


class Ca(Folder):

    def test_a_limited_ca_is_obeyed_by_openssl_and_by_eastap(self):
        self.ca("create", "--permit", "contoso.test")
        inside, outside = self.exchange(), self.exchange(certificate=str(pki().server("mail.fabrikam.test")), hosts=("mail.fabrikam.test",))
        tap = self.eastap("--intercept", "mail.fabrikam.test", *self.route(outside, "mail.fabrikam.test"), server=inside, ca_dir=str(self.ca_dir))
        connection = self.connection(tap)
        leaf = self.folder / "leaf.der"
        leaf.write_bytes(connection.stream.peer_certificate_der())
        good = openssl("verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", MAIL, "-CAfile", self.ca_dir / "ca.pem", leaf)
        self.assertEqual(good.returncode, 0, good.stderr)
        # The other host keeps its own certificate, and the tail says why.
        other = self.connection(tap, "mail.fabrikam.test", ca=str(pki().ca))
        self.assertIn(("DNS", "mail.fabrikam.test"), other.stream.peer_certificate()["subjectAltName"])
        event = tap.wait_for_event("may sign only for contoso.test")
        self.assertEqual((event["type"], event["reason"], event["host"]), ("tunnel", "ca_constraints", "mail.fabrikam.test"))

    def test_a_ca_for_a_whole_top_level_says_so(self):
        self.assertIn("'com' is a whole top level", self.ca("create", "--permit", "*.com").stderr)

    def test_the_ca_of_a_first_run_is_limited_when_asked_and_else_it_is_said_how(self):
        tap = self.eastap(ca_dir=str(self.ca_dir), tail="line")
        self.assertTrue(tap.address)
        self.assertIn(f"signs for any host; to limit it:\n     eastap ca renew --ca-dir {self.ca_dir} --permit DOMAIN", tap.stderr)
        self.assert_clean_stop(tap)
        self.assertEqual(self.facts()["permitted"], [])
        # One that is there keeps its limits, and that is told with the command.
        tap = self.eastap("--ca-permit", "contoso.test", ca_dir=str(self.ca_dir), tail="line")
        told = tap.wait_for_stderr("was there before and signs for any host, not only for contoso.test")
        self.assertIn(f"eastap ca renew --ca-dir {self.ca_dir} --permit contoso.test", told)
        self.assert_clean_stop(tap)
        self.ca("renew", "--permit", "contoso.test")
        server = self.exchange()
        tap = self.eastap("--ca-permit", "contoso.test", server=server, ca_dir=str(self.ca_dir), tail="line")
        self.phone(tap).set_up()
        self.assertNotIn("was there before", tap.stderr)
        self.assertIn("signs only for contoso.test", tap.stderr)
        self.assert_clean_stop(tap)
        self.ca_dir = self.folder / "new"
        tap = self.eastap("--ca-permit", "contoso.test", server=server, ca_dir=str(self.ca_dir))
        self.phone(tap).set_up()
        self.assert_clean_stop(tap)
        self.assertEqual(self.facts()["permitted"], ["contoso.test"])
        self.ca_dir = self.folder / "never"
        tap = self.eastap("--ca-permit", "not a host", ca_dir=str(self.ca_dir))
        self.assertEqual(tap.wait_for_end(), 2)
        self.assertIn("--ca-permit", tap.stderr)
        self.assertFalse(self.ca_dir.exists())

    def test_openssl_refuses_what_a_stolen_limited_ca_signs_for_other_names(self):
        self.ca("create", "--permit", "contoso.test")
        for names, accepted in (("DNS:mail.contoso.test", True), ("DNS:www.bank.test", False), ("IP:192.0.2.1", False),
                                ("DNS:mail.contoso.test,DNS:www.bank.test", False)):
            with self.subTest(names=names):
                key, request, certificate = (self.folder / name for name in ("k", "r", "c"))
                extensions = self.file("e", f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
                self.assertEqual(openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                         "-keyout", key, "-out", request, "-subj", "/O=thief").returncode, 0)
                self.assertEqual(openssl("x509", "-req", "-in", request, "-CA", self.ca_dir / "ca.pem", "-CAkey", self.ca_dir / "ca.key",
                                         "-days", "5", "-extfile", extensions, "-out", certificate).returncode, 0)
                verdict = openssl("verify", "-purpose", "sslserver", "-CAfile", self.ca_dir / "ca.pem", certificate)
                self.assertEqual(verdict.returncode == 0, accepted, verdict.stderr)
                if not accepted:
                    self.assertRegex(verdict.stderr, rb"permitted subtree violation|excluded subtree violation")

    def test_show_tells_hosts_key_and_expiry_and_renew_keeps_them(self):
        self.ca("create", "--permit", "contoso.test", "--permit", "10.1.0.0/16", "--days", "30")
        before = self.facts()
        self.assertEqual(before["permitted"], ["contoso.test", "10.1.0.0/16"])
        self.assertEqual((before["key"], before["key_encrypted"]), ("EC P-256", False))
        self.assertIn(before["days_left"], (28, 29))  # backdated by a day
        shown = self.ca("show").stdout
        for part in ("signs for    contoso.test, 10.1.0.0/16", "days left", before["sha256"], "not encrypted"):
            self.assertIn(part, shown)
        renewed = self.ca("renew")
        self.assertIn("every phone needs it", renewed.stderr)
        after = self.facts()
        self.assertEqual((after["subject"], after["permitted"]), (before["subject"], before["permitted"]))
        self.assertIn(after["days_left"], (363, 364))
        self.assertNotEqual(after["sha256"], before["sha256"])
        self.ca("renew", "--permit", "any")
        self.assertEqual(self.facts()["permitted"], [])

    def test_create_says_what_is_wrong_with_a_host(self):
        self.assertIn("10.1.2.3/16", self.ca("create", "--permit", "10.1.2.3/16", status=2).stderr)
        self.assertFalse(self.ca_dir.exists())

    def test_a_passphrase_comes_from_a_file_or_the_environment_and_run_takes_it_too(self):
        secret = self.file("passphrase", "korrekt Pferd\nsecond line\n")
        self.ca("create", "--passphrase-file", secret)
        self.assertIn("ENCRYPTED", (self.ca_dir / "ca.key").read_text())
        self.assertEqual((self.ca_dir / "ca.key").stat().st_mode & 0o777, 0o600)
        self.assertTrue(self.facts()["key_encrypted"])
        self.assertEqual(openssl("pkey", "-in", self.ca_dir / "ca.key", "-passin", "pass:korrekt Pferd", "-noout").returncode, 0)
        server = self.exchange()
        tap = self.eastap(server=server, ca_dir=str(self.ca_dir), environment={"EASTAP_CA_PASSPHRASE": "korrekt Pferd"})
        self.assertIn(("DNS", MAIL), self.connection(tap).stream.peer_certificate()["subjectAltName"])
        self.assertNotIn("means nothing", tap.stderr)
        self.assertIn("does not open the key", self.ca("renew", status=2, environment={"EASTAP_CA_PASSPHRASE": "wrong"}).stderr)
        self.assertIn("there is no passphrase", self.ca("renew", status=2).stderr)

    def test_the_terminal_is_asked_without_echo(self):
        program = binary()
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(program, [program, "ca", "create", "--encrypt", "--ca-dir", str(self.ca_dir)], clean_environment(str(self.folder)))
        seen = b""

        def until(word: bytes):
            nonlocal seen
            start = len(seen)
            while word not in seen[start:]:
                self.assertTrue(select.select([terminal], [], [], TIMEOUT)[0], seen)
                try:
                    piece = os.read(terminal, 4096)
                except OSError:
                    piece = b""
                self.assertTrue(piece, seen)
                seen += piece
        until(b"new passphrase of the CA key: ")
        os.write(terminal, b"from the keyboard\n")
        until(b"new passphrase of the CA key: ")
        os.write(terminal, b"from the keyboard\n")
        until(b"private key")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(terminal)  # not before: it would hang up on the program
        self.assertNotIn(b"from the keyboard", seen)
        self.assertEqual(openssl("pkey", "-in", self.ca_dir / "ca.key", "-passin", "pass:from the keyboard", "-noout").returncode, 0)

    def test_pkcs12_moves_the_ca_and_never_by_accident(self):
        self.ca("create")
        target = self.folder / "moved.p12"
        self.assertIn("--pkcs12", self.ca("export", target, status=2).stderr)
        self.assertIn("no terminal", self.ca("export", "--pkcs12", target, status=2).stderr)
        self.assertFalse(target.exists())
        done = self.ca("export", "--pkcs12", target, environment={"EASTAP_PKCS12_PASSWORD": "on the way"})
        self.assertIn("private key", done.stderr)
        self.assertEqual(target.stat().st_mode & 0o777, 0o600)
        read = openssl("pkcs12", "-in", target, "-passin", "pass:on the way", "-nodes")
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertIn(b"PRIVATE KEY", read.stdout)
        der = openssl("x509", "-outform", "der", stdin=read.stdout).stdout
        self.assertEqual(hashlib.sha256(der).hexdigest(), self.facts()["sha256"].replace(":", "").lower())
        there = run("ca", "import", target, "--ca-dir", self.folder / "there", environment={"EASTAP_PKCS12_PASSWORD": "on the way"}, start_new_session=True)
        self.assertEqual(there.returncode, 0, there.stderr)
        self.assertIn(self.facts()["sha256"], there.stdout)
        self.assertEqual((self.folder / "there" / "ca.pem").read_bytes(), (self.ca_dir / "ca.pem").read_bytes())
        again = self.ca("export", "--pkcs12", target, status=2, environment={"EASTAP_PKCS12_PASSWORD": "x"})
        self.assertIn("exists", again.stderr)

    def test_a_ca_below_the_organisations_root_sends_its_chain(self):
        root = pki()
        for name, extra in (("own", "pathlen:0"),):
            key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
            openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
            extensions = self.file("ext", f"basicConstraints=critical,CA:TRUE,{extra}\nkeyUsage=critical,keyCertSign\nnameConstraints=critical,permitted;DNS:contoso.test\n")
            done = openssl("x509", "-req", "-in", request, "-CA", root.ca, "-CAkey", root.folder / "ca.key", "-days", "90",
                           "-extfile", extensions, "-out", self.folder / f"{name}.crt")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.ca_dir.mkdir()
        (self.ca_dir / "ca.pem").write_bytes((self.folder / "own.crt").read_bytes() + root.ca.read_bytes())
        (self.ca_dir / "ca.key").write_bytes((self.folder / "own.key").read_bytes())
        (self.ca_dir / "ca.key").chmod(0o600)
        self.assertEqual(self.facts()["permitted"], ["contoso.test"])
        server = self.exchange()
        tap = self.eastap(server=server, ca_dir=str(self.ca_dir))
        # A phone that knows only the organisation's root.
        connection = self.connection(tap, ca=str(root.ca))
        self.assertIn(("DNS", MAIL), connection.stream.peer_certificate()["subjectAltName"])
        self.assertIn("only that CA can renew it", self.ca("renew", status=2).stderr)


if __name__ == "__main__":
    unittest.main()
