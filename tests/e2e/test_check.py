"""`eastap check` against simulated servers: healthy, failing at each step in turn, with every kind of bad certificate."""
import base64
import dataclasses
import json
import os
import pathlib
import pty
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

from harness import MAIL, EndToEnd, pki, tearDownModule  # noqa: F401
from sim.dns import NameServer
from sim.eastap_process import TIMEOUT, binary, clean_environment
from sim.exchange import (Exchange, Reply, dropped, eas_status, http_error, instead, raw)

PASSWORD = "Secret-123"
ADDRESS = "alice@contoso.test"
AUTODISCOVER = "autodiscover.contoso.test"
HEALTHY = ["dns", "tls", "auth", "options", "provision-ask", "provision-acknowledge", "device-information", "folder-sync", "sync",
           "sync-page", "estimate", "ping", "ping-limits"]
SIGN_IN_PAGE = b"<html><head><title>Contoso Sign-In</title></head><body>Please sign in</body></html>"


def signed_in(trouble):
    """Only for requests that carry a credential; the first OPTIONS carries none."""
    return lambda connection, request, normal: (trouble(connection, request, normal)
                                                if request.http.headers.get("Authorization") else normal())


def without(trouble):
    return lambda connection, request, normal: (normal() if request.http.headers.get("Authorization")
                                                else trouble(connection, request, normal))


def challenge(*schemes: str):
    return without(instead(Reply(401, b"", None, [("WWW-Authenticate", scheme) for scheme in schemes])))


class CheckTest(EndToEnd):

    def setUp(self):
        self.dns = NameServer({MAIL: ["A 127.0.0.1"], AUTODISCOVER: [f"CNAME {MAIL}"]})
        self.addCleanup(self.dns.close)
        self.home = tempfile.TemporaryDirectory(prefix="eastap-check-")
        self.addCleanup(self.home.cleanup)

    def arguments(self, subject: str, *options: str, server: Exchange | None = None, ca: str | None = "") -> list[str]:
        words = [binary(), "check", subject, "--resolver", self.dns.text, "--heartbeat", "1s", *options]
        if ca is not None:
            words += ["--upstream-ca", ca or str(pki().ca)]
        if server:
            words += ["--connect-to", f":443=127.0.0.1:{server.port}"]
        return words

    def check(self, subject: str, *options: str, password: str | None = PASSWORD, environment=None, **named):
        """Exit code, reports by id, summary."""
        extra = {"EASTAP_PASSWORD": password} if password else {}
        done = subprocess.run(self.arguments(subject, *options, "--json", **named), capture_output=True, timeout=TIMEOUT * 2, check=False,
                              stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.home.name,
                              env=clean_environment(self.home.name, {**extra, **(environment or {})}))
        out, err = done.stdout.decode(), done.stderr.decode()
        if password:
            self.assertNotIn(password, out + err)
        records = [json.loads(line) for line in out.splitlines()]
        self.assertTrue(records, err)
        summary = records.pop()
        self.assertEqual(summary["type"], "summary", err)
        steps = {}
        for record in records:
            self.assertEqual(record["type"], "step")
            steps.setdefault(record["id"], record)
            if record["verdict"] == "skipped":
                self.assertTrue(record["because"])
        counts = [sum(r["verdict"] == v for r in records) for v in ("ok", "warning", "failed", "skipped")]
        self.assertEqual(counts, [summary[name] for name in ("ok", "warnings", "failed", "skipped")])
        return done.returncode, steps, summary

    def assert_step(self, steps: dict, name: str, verdict: str, *words: str):
        step = steps[name]
        told = json.dumps(step, ensure_ascii=False)
        self.assertEqual(step["verdict"], verdict, told)
        for word in words:
            self.assertIn(word, told)

    def server(self, **options) -> Exchange:
        server = self.exchange(**options)
        server.mailbox("alice").fill()
        return server


class Healthy(CheckTest):

    def test_a_healthy_server_passes_every_step(self):
        server = self.server()
        code, steps, summary = self.check(MAIL, "--user", "alice", server=server)
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        self.assertEqual(list(steps), HEALTHY)
        self.assertEqual({steps[name]["verdict"] for name in HEALTHY if name != "device-information"}, {"ok"})
        self.assert_step(steps, "tls", "ok", "TLSv1.3", "Contoso Test Root CA", "every phone must have it installed")
        self.assert_step(steps, "auth", "ok", "offers Basic", "OAuth is not offered")
        self.assert_step(steps, "options", "ok", "goes on with 16.1", "MS-Server-ActiveSync 15.2")
        self.assert_step(steps, "provision-ask", "ok", "PIN ≥ 4")
        self.assert_step(steps, "folder-sync", "ok", "10 folders")
        self.assert_step(steps, "sync-page", "ok", "7 messages")
        self.assert_step(steps, "ping", "ok", "waited 1 s")
        self.assert_step(steps, "ping-limits", "ok", "3540 s")
        self.assertIn("a phone can set up", summary["sentence"])

    def test_nothing_but_the_partnership_is_made_and_always_the_same_device(self):
        server = self.server()
        before = {f.name: list(f.items) for f in server.mailbox().folders.values()}
        for _ in range(2):
            self.assertEqual(self.check(MAIL, "--user", "alice", server=server)[0], 0)
        self.assertEqual({f.name: list(f.items) for f in server.mailbox().folders.values()}, before)
        devices = {s.request.device_id for s in server.seen if s.request.device_id}
        self.assertEqual(len(devices), 1)
        self.assertRegex(devices.pop(), r"^EASTAPCHECK[0-9a-f]{16}$")
        self.assertEqual({s.request.command for s in server.seen},
                         {"OPTIONS", "Provision", "FolderSync", "Sync", "GetItemEstimate", "Ping"})

    def test_the_cookie_that_names_the_back_end_is_sent_back(self):
        def with_cookie(_connection, _request, normal):
            reply = normal()
            return dataclasses.replace(reply, headers=[*reply.headers, ("Set-Cookie", "X-BackEndCookie=7f3a; path=/; secure; HttpOnly")])

        server = self.server()
        server.trouble("OPTIONS", with_cookie)
        self.assertEqual(self.check(MAIL, "--user", "alice", server=server)[0], 0)
        sent = [seen.request.http.headers.get("Cookie") for seen in server.seen]
        self.assertIsNone(sent[0])
        self.assertEqual(set(sent[1:]), {"X-BackEndCookie=7f3a"})

    def test_the_device_and_the_version_can_be_chosen(self):
        server = self.server()
        for version in ("12.1", "14.0", "14.1", "16.0"):
            code, steps, _ = self.check(MAIL, "--user", "CONTOSO\\alice", "--protocol", version, "--device-id", "ABC1", "--device-type",
                                        "iPhone", "--user-agent", "Apple-iPhone15C2/2201.100", server=server)
            self.assertEqual(code, 0, json.dumps(steps, indent=1))
            last = server.seen[-1].request
            self.assertEqual((last.version, last.device_id, last.device_type, last.user), (version, "ABC1", "iPhone", "CONTOSO\\alice"))
            self.assertEqual(last.http.headers.get("User-Agent"), "Apple-iPhone15C2/2201.100")
            self.assertEqual(steps["device-information"]["verdict"], "ok" if version in ("12.1", "14.0") else "skipped")

    def test_an_address_is_led_to_its_server(self):
        server = self.server()
        code, steps, _ = self.check(ADDRESS, server=server)
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        self.assert_step(steps, "autodiscover-dns", "ok", f"alias of {MAIL}", "contoso.test: no such name")
        self.assert_step(steps, "autodiscover-host", "ok", f"https://{MAIL}/Microsoft-Server-ActiveSync")
        self.assert_step(steps, "autodiscover", "ok")
        self.assertEqual(steps["ping"]["verdict"], "ok")

    def test_without_a_password_the_server_alone_is_tested(self):
        server = self.server()
        code, steps, summary = self.check(MAIL, server=server, password=None)
        self.assertEqual(code, 0)
        self.assertEqual(steps["auth"]["verdict"], "ok")
        self.assert_step(steps, "options", "skipped", "no user")
        self.assertIn("answers as an ActiveSync server", summary["sentence"])
        self.assertEqual([s.request.command for s in server.seen], ["OPTIONS"])

    def test_through_a_running_eastap_the_exchanges_are_seen_there(self):
        server, tap = self.stack()
        server.mailbox("alice").fill()
        code, steps, _ = self.check(MAIL, "--user", "alice", "--proxy", "%s:%d" % tap.address, ca=tap.ca)
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        self.assert_step(steps, "tls", "ok", "made by an intercepting eastap")
        self.assertEqual(tap.wait_for_exchange(command="FolderSync")["device_type"], "eastapcheck")
        self.assert_clean_stop(tap)
        self.assertNotIn(PASSWORD, tap.told())


class FailingSteps(CheckTest):
    """One failure each; what needs the step is skipped, the summary names it, the exit code is 1."""

    def failing(self, command, trouble, step, *words, times=1, vital=True, subject=MAIL, **options):
        with self.subTest(step=step, words=words):
            server = self.server()
            server.trouble(command, trouble, times)
            code, steps, summary = self.check(subject, "--user", "alice", server=server, **options)
            self.assert_step(steps, step, "failed", *words)
            self.assertEqual(code, 1)
            self.assertEqual(summary["verdict"], "failed")
            self.assertIn(steps[step]["title"], summary["sentence"])
            self.assertEqual(summary.get("next_step"), steps[step].get("next_step"))
            if vital:
                self.assertEqual(steps["ping"]["verdict"], "skipped")
            return steps

    def test_options_without_password(self):
        self.failing("OPTIONS", http_error(404), "auth", "HTTP 404", "Check the server name")
        self.failing("OPTIONS", http_error(503, from_exchange=False, headers=[("Retry-After", "30")]), "auth", "HTTP 503", "Retry-After 30 s",
                     "lb-frontend")
        self.failing("OPTIONS", http_error(302, headers=[("Location", "https://sts.contoso.test/adfs")]), "auth",
                     "redirected (HTTP 302) to https://sts.contoso.test/adfs", "without redirect")
        self.failing("OPTIONS", instead(Reply(200, SIGN_IN_PAGE, "text/html", from_exchange=False)), "auth", "a web page came",
                     "Contoso Sign-In")
        self.failing("OPTIONS", instead(Reply(401, b"", None)), "auth", "401 without WWW-Authenticate")
        self.failing("OPTIONS", dropped(), "auth", "ended the connection without an answer")
        self.failing("OPTIONS", raw(b"220 mail.contoso.test ESMTP\r\n"), "auth", "is not HTTP")

    def test_signing_in(self):
        steps = self.failing("-", dropped(), "options", "were refused", "user principal name", password="wrong")
        self.assertIn("offers Basic", json.dumps(steps["auth"]))
        self.failing("OPTIONS", signed_in(http_error(403)), "options", "HTTP 403", "ActiveSync enabled", times=2)
        self.failing("OPTIONS", signed_in(instead(Reply(200, b"", None))), "options", "without MS-ASProtocolVersions", times=2)
        old = Reply(200, b"", None, [("MS-ASProtocolVersions", "1.0,2.0,2.5"), ("MS-ASProtocolCommands", "Sync")])
        self.failing("OPTIONS", signed_in(instead(old)), "options", "the best is 2.5", times=2)
        self.failing("OPTIONS", challenge('Bearer client_id="x", authorization_uri="https://login.contoso.test/"'), "options",
                     "takes no password, only Bearer", "--token-file", times=2)
        self.failing("OPTIONS", signed_in(http_error(456)), "options", "HTTP 456", "Unlock", times=2)

    def test_provisioning(self):
        self.failing("Provision", eas_status(2), "provision-ask", "status 2, ProtocolError")
        self.failing("Provision", http_error(449, body=b""), "provision-ask", "HTTP 449")
        self.failing("Provision", instead(Reply(200, b"<xml/>", "text/xml")), "provision-ask", "is no Provision")
        second = iter([False, True])
        self.failing("Provision", lambda c, r, normal: eas_status(3)(c, r, normal) if next(second) else normal(),
                     "provision-acknowledge", "status 3, ServerError", times=2)

    def test_folders_and_the_inbox(self):
        self.failing("FolderSync", eas_status(142), "folder-sync", "status 142", "DeviceNotProvisioned")
        self.failing("FolderSync", eas_status(129), "folder-sync", "status 129")
        self.failing("FolderSync", http_error(500, from_exchange=False), "folder-sync", "HTTP 500", "not Exchange")
        self.failing("FolderSync", instead(Reply(200, b"\x03\x01\x6a\x00\x00\x07\x56\x4c\x03", cut_after=None)), "folder-sync",
                     "breaks off")
        self.failing("Sync", eas_status(3), "sync", "status 3, InvalidSyncKey")
        second = iter([False, True])
        self.failing("Sync", lambda c, r, normal: eas_status(8)(c, r, normal) if next(second) else normal(), "sync-page",
                     "status 8", times=2)

    def test_estimate_and_ping(self):
        self.failing("GetItemEstimate", eas_status(4), "estimate", vital=False)
        self.failing("Ping", eas_status(8), "ping", "status 8", vital=False)
        self.failing("Ping", dropped(), "ping", "was cut", "idle time-out", vital=False)

    def test_no_connection_no_name_no_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        code, steps, _ = self.check(MAIL, "--connect-to", f":443=127.0.0.1:{port}")
        self.assertEqual(code, 1)
        self.assert_step(steps, "tls", "failed", "no connection to " + MAIL, "firewall")
        code, steps, _ = self.check("nowhere.contoso.test")
        self.assertEqual(code, 1)
        self.assert_step(steps, "dns", "failed", "no such name", "A or AAAA")
        self.assertEqual(steps["tls"]["verdict"], "skipped")
        self.dns.records["silent.contoso.test"] = ["silence"]
        code, steps, _ = self.check("silent.contoso.test")
        self.assertEqual(code, 1)
        self.assert_step(steps, "dns", "failed", "look-up failed", "--resolver")

    def test_a_451_is_followed_and_a_second_one_told(self):
        moved = http_error(451, body=b"", headers=[("X-MS-Location", f"https://{MAIL}/eu/Microsoft-Server-ActiveSync")])
        server = self.server()
        server.trouble("OPTIONS", signed_in(moved), 2)
        code, steps, _ = self.check(MAIL, "--user", "alice", server=server)
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        self.assert_step(steps, "options", "ok", f"451: moved to https://{MAIL}/eu/Microsoft-Server-ActiveSync")
        self.assertTrue(server.seen[-1].request.http.target.startswith("/eu/Microsoft-Server-ActiveSync?"))
        self.failing("OPTIONS", signed_in(moved), "options", "HTTP 451", times=9)


class Autodiscover(CheckTest):

    def wall(self, steps):
        return json.dumps(steps, indent=1, ensure_ascii=False)

    def test_the_http_redirect_and_the_service_record(self):
        server = self.server(certificate=str(pki().server("elsewhere.contoso.test", MAIL)))  # not for autodiscover.
        self.dns.records |= {"elsewhere.contoso.test": ["A 127.0.0.1"],
                             "_autodiscover._tcp.contoso.test": ["SRV 10 0 443 far.contoso.test", "SRV 0 0 443 elsewhere.contoso.test"]}
        plain = Exchange(None, tls=False, users={}).start()
        self.addCleanup(plain.stop)
        plain.trouble("*", http_error(302, headers=[("Location", "https://elsewhere.contoso.test/autodiscover/autodiscover.xml")]), 9)
        routes = ("--connect-to", f"{AUTODISCOVER}:80=127.0.0.1:{plain.port}")
        code, steps, _ = self.check(ADDRESS, *routes, server=server)
        self.assert_step(steps, "autodiscover-host", "warning", f"not for {AUTODISCOVER}")
        self.assert_step(steps, "autodiscover-redirect", "ok", "HTTP 302 to https://elsewhere.contoso.test")
        self.assert_step(steps, "autodiscover-srv", "skipped", "answered")
        self.assertEqual((code, steps["ping"]["verdict"]), (0, "ok"), self.wall(steps))
        plain.clear_troubles()
        code, steps, _ = self.check(ADDRESS, *routes, server=server)
        self.assert_step(steps, "autodiscover-redirect", "skipped", "no redirect")
        self.assert_step(steps, "autodiscover-srv", "ok", "service record: elsewhere.contoso.test:443")
        self.assertEqual((code, steps["ping"]["verdict"]), (0, "ok"), self.wall(steps))

    def test_a_web_site_at_the_domain_is_passed_over(self):
        self.dns.records["contoso.test"] = ["A 127.0.0.1"]
        site = self.exchange(certificate=str(pki().server("contoso.test")), users={})
        site.trouble("*", http_error(404, from_exchange=False), 9)
        server = self.server()
        code, steps, _ = self.check(ADDRESS, "--connect-to", f"contoso.test:443=127.0.0.1:{site.port}", server=server)
        self.assert_step(steps, "autodiscover-domain", "skipped", "not there (HTTP 404)")
        self.assertEqual((code, steps["autodiscover-host"]["verdict"]), (0, "ok"))

    def test_errors_and_redirects_in_the_answer(self):
        def answer(inner: str):
            return signed_in(instead(Reply(200, ("<?xml version='1.0'?><Autodiscover><Response>" + inner +
                                                 "</Response></Autodiscover>").encode(), "text/xml")))
        for inner, words in (("<Error><ErrorCode>601</ErrorCode></Error>", "NoProvider"),
                             ("<Action><Error><Status>2</Status><Message>Unknown</Message></Error></Action>", "Unknown"),
                             ("<Action><Redirect>alice@contoso.test</Redirect></Action>", "more than 5 redirects"),
                             ("<Action/>", "names no ActiveSync server")):
            with self.subTest(words=words):
                server = self.server()
                server.trouble("Autodiscover", answer(inner), 99)
                code, steps, _ = self.check(ADDRESS, server=server)
                self.assertEqual(code, 1)
                self.assert_step(steps, "autodiscover", "failed", words)
                self.assert_step(steps, "tls", "skipped", "no server was found")

    def test_an_address_that_moved_is_followed(self):
        server = self.server()
        moved = Reply(200, b"<Autodiscover><Response><Action><Redirect>alice@fabrikam.test</Redirect></Action></Response></Autodiscover>",
                      "text/xml")
        server.trouble("Autodiscover", lambda c, r, normal: moved if b"contoso" in r.http.body and r.http.headers.get("Authorization")
                       else normal(), 99)
        self.dns.records |= {"autodiscover.fabrikam.test": ["A 127.0.0.1"]}
        other = self.exchange(certificate=str(pki().server("autodiscover.fabrikam.test")), hosts=(MAIL,))
        code, steps, _ = self.check(ADDRESS, "--connect-to", f"autodiscover.fabrikam.test:443=127.0.0.1:{other.port}", server=server)
        self.assert_step(steps, "autodiscover-host", "ok", "redirected to alice@fabrikam.test")
        self.assert_step(steps, "autodiscover", "ok", "autodiscover.fabrikam.test")
        self.assertEqual(code, 0, self.wall(steps))

    def test_v2_is_compared_with_v1(self):
        server = self.server()
        body = json.dumps({"Protocol": "ActiveSync", "Url": "https://eu.contoso.test/Microsoft-Server-ActiveSync"}).encode()
        server.trouble("", instead(Reply(200, body, "application/json; charset=utf-8")), 9)
        _, steps, _ = self.check(ADDRESS, server=server)
        self.assert_step(steps, "autodiscover-json", "warning", f"v1 names {MAIL}, v2 names eu.contoso.test")
        target = next(s.request.http.target for s in server.seen if "autodiscover.json" in s.request.http.target)
        self.assertEqual(target, "/autodiscover/autodiscover.json/v1.0/alice%40contoso.test?Protocol=ActiveSync")

    def test_a_wrong_password_ends_with_what_to_do(self):
        code, steps, _ = self.check(ADDRESS, server=self.server(), password="wrong")
        self.assertEqual(code, 1)
        self.assert_step(steps, "autodiscover", "failed", "were refused", "user principal name")


class Certificates(CheckTest):
    """Every certificate that a phone refuses is refused, in words, and no password is sent."""

    def refused(self, *words, certificate=None, context=None, ca="", verdict="failed"):
        with self.subTest(words=words):
            server = self.server(**({"context": context} if context else {"certificate": str(certificate)}))
            code, steps, _ = self.check(MAIL, "--user", "alice", server=server, ca=ca)
            self.assert_step(steps, "tls", verdict, *words)
            sent = [s.request for s in server.seen if s.request.http.headers.get("Authorization")]
            if verdict == "failed":
                self.assertEqual((code, sent), (1, []))
                self.assertEqual(steps["options"]["verdict"], "skipped")
            else:
                self.assertTrue(sent)
            return steps

    @staticmethod
    def weak_context(pem) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(str(pem))
        return context

    def test_dates_names_and_chains(self):
        self.refused("expired on 2024-02-01", "renew", certificate=pki().server(MAIL, expired=True))
        self.refused("is for owa.contoso.test, not for " + MAIL, certificate=pki().server("owa.contoso.test"))
        self.refused("the chain is not complete", "Contoso Test Issuing CA", "let the server send its intermediate",
                     certificate=pki().odd_server(MAIL, "missing-intermediate"))
        self.refused("Contoso Test Issuing CA", certificate=pki().odd_server(MAIL, "intermediate"), verdict="ok")
        self.refused("is self-signed", certificate=pki().odd_server(MAIL, "self-signed"))
        self.refused("the root \\\"Contoso Test Root CA\\\" is not known here", "--upstream-ca", certificate=pki().server(MAIL), ca=None)
        self.refused("no subjectAltName", certificate=pki().odd_server(MAIL, "no-name"))
        self.refused("lacks serverAuth", certificate=pki().odd_server(MAIL, "client-only"))
        self.refused("valid for 1095 days", "825", certificate=pki().odd_server(MAIL, "long"))

    def test_weak_keys_signatures_and_protocols(self):
        self.refused("RSA key of 1024 bit", context=self.weak_context(pki().odd_server(MAIL, "rsa-1024")))
        self.refused("signed with sha1", context=self.weak_context(pki().odd_server(MAIL, "sha1")))
        old = self.weak_context(pki().server(MAIL))
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
        self.refused("the server speaks TLSv1 with", "switch on TLS 1.2", context=old)
        plain = self.weak_context(pki().odd_server(MAIL, "rsa-1024"))
        plain.maximum_version = ssl.TLSVersion.TLSv1_2
        plain.set_ciphers("AES128-SHA:@SECLEVEL=0")
        self.refused("no forward secrecy", context=plain)

    def test_a_port_without_tls(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def answer():
                for _ in range(2):
                    with listener.accept()[0] as connection:
                        connection.recv(4096)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            threading.Thread(target=answer, daemon=True).start()
            code, steps, _ = self.check(MAIL, "--user", "alice", "--connect-to", ":443=127.0.0.1:%d" % listener.getsockname()[1])
        self.assertEqual(code, 1)
        self.assert_step(steps, "tls", "failed", "does not complete a TLS handshake")

    def test_a_server_that_asks_for_a_client_certificate_is_told(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(pki().server(MAIL)))
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(str(pki().ca))
        self.refused("asks for a client certificate", context=context, verdict="ok")

    def test_a_host_named_insecure_is_signed_in_to(self):
        server = self.server(certificate=str(pki().server(MAIL, expired=True)))
        code, steps, _ = self.check(MAIL, "--user", "alice", "--upstream-insecure", MAIL, server=server)
        self.assertEqual((code, steps["tls"]["verdict"], steps["ping"]["verdict"]), (1, "failed", "ok"))


class OtherSchemes(CheckTest):

    def user(self, name: str = "alice") -> pathlib.Path:
        """A certificate by which a server knows a user."""
        folder = pathlib.Path(self.home.name)
        key, request, certificate, extensions, pem = (folder / f"{name}.{end}" for end in ("key", "csr", "crt", "ext", "pem"))
        extensions.write_text("extendedKeyUsage=clientAuth\n")
        for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                       "-subj", f"/CN={name}"],
                      ["x509", "-req", "-in", request, "-CA", pki().ca, "-CAkey", pki().folder / "ca.key", "-days", "90",
                       "-extfile", extensions, "-out", certificate]):
            subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
        pem.write_bytes(certificate.read_bytes() + key.read_bytes())
        return pem

    def asking(self, version: ssl.TLSVersion, certificate: str | None = None) -> Exchange:
        """A server that takes users by certificate, and asks for no password."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate or str(pki().server(MAIL)))
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(pki().ca))
        return self.server(context=context, users={})

    def test_a_client_certificate_signs_in_for_the_whole_check(self):
        given = f"{MAIL}={self.user()}"
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                server = self.asking(version)
                code, steps, _ = self.check(MAIL, "--user", "alice", "--client-certificate", given, server=server, password=None)
                self.assertEqual(code, 0, json.dumps(steps, indent=1))
                self.assert_step(steps, "auth", "ok", 'got that of \\"alice\\"')
                self.assert_step(steps, "options", "ok", "signs in with the client certificate")
                self.assertEqual({steps[name]["verdict"] for name in ("folder-sync", "sync", "estimate", "ping")}, {"ok"})
                self.assertEqual({seen.request.http.headers.get("Authorization") for seen in server.seen}, {None})
                code, steps, _ = self.check(MAIL, "--user", "alice", server=server, password=None)
                self.assertEqual(code, 1)
                self.assertIn(f"--client-certificate {MAIL}=FILE", json.dumps(steps))

    def test_a_client_certificate_is_not_shown_to_a_server_that_is_not_trusted(self):
        given = ["--user", "alice", "--client-certificate", f"{MAIL}={self.user()}"]
        server = self.asking(ssl.TLSVersion.TLSv1_3, str(pki().server("www.fabrikam.test")))
        code, steps, _ = self.check(MAIL, *given, server=server, password=None)
        self.assertEqual(code, 1)
        self.assertNotIn("got that of", json.dumps(steps))
        self.assertEqual(server.seen, [])
        self.assert_step(steps, "auth", "failed", "--upstream-insecure")
        code, steps, _ = self.check(MAIL, *given, "--upstream-insecure", MAIL, server=server, password=None)
        self.assertEqual((steps["tls"]["verdict"], steps["ping"]["verdict"]), ("failed", "ok"))

    def test_a_token_signs_in_for_the_whole_check(self):
        server = self.server(users={})
        server.trouble("*", without(instead(Reply(401, b"", None, [("WWW-Authenticate", "Bearer")]))), times=10_000)
        code, steps, _ = self.check(MAIL, "--user", "alice", server=server, password=None, environment={"EASTAP_TOKEN": "ey.token.sig"})
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        self.assert_step(steps, "options", "ok", "access token")
        self.assertEqual(steps["ping"]["verdict"], "ok")
        self.assertEqual({s.request.http.headers.get("Authorization") for s in server.seen}, {None, "Bearer ey.token.sig"})

    def test_a_password_goes_by_ntlm_where_nothing_else_is_offered(self):
        server = self.server(users={})
        challenge_message = b"NTLMSSP\0" + struct.pack("<IHHIIQQHHI", 2, 0, 0, 48, 0x00008201, 0x0123456789ABCDEF, 0, 0, 0, 48)
        signed, names = set(), []  # connections; who signed in

        def by_ntlm(connection, request, normal):
            message = (request.http.headers.get("Authorization") or "").partition("NTLM ")[2]
            octets = base64.b64decode(message) if message else b""
            if octets[8:9] == b"\3":
                length, _, offset = struct.unpack("<HHI", octets[36:44])
                names.append(octets[offset:offset + length].decode("utf-16-le" if octets[offset + 1:offset + 2] == b"\0" else "latin-1"))
                signed.add(id(connection))
            if id(connection) in signed:
                return normal()
            told = "NTLM " + base64.b64encode(challenge_message).decode() if octets else "NTLM"
            return Reply(401, b"", None, [("WWW-Authenticate", told)])
        server.trouble("*", by_ntlm, times=10_000)
        code, steps, _ = self.check(MAIL, "--user", "CONTOSO\\alice", server=server)
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        self.assert_step(steps, "auth", "warning", "only NTLM offered", "Basic, OAuth or a certificate")
        self.assert_step(steps, "options", "ok", "signs in with NTLM, which phones do not")
        self.assertEqual(steps["ping"]["verdict"], "ok")
        self.assertEqual(set(names), {"alice"})


class Secrets(CheckTest):

    def test_the_password_comes_from_file_or_environment_and_a_token_goes_as_bearer(self):
        secret = pathlib.Path(self.home.name) / "secret"
        secret.write_text(PASSWORD + "\r\nnot this\n")
        secret.chmod(0o600)
        server = self.server()
        code, steps, _ = self.check(MAIL, "--user", "alice", "--password-file", str(secret), server=server, password=None)
        self.assertEqual(code, 0, json.dumps(steps, indent=1))
        secret.write_text("ey.token.sig\n")
        code, steps, _ = self.check(MAIL, "--user", "alice", "--token-file", str(secret), server=server, password=None)
        self.assert_step(steps, "options", "failed", "the access token was refused")
        self.assertEqual(server.seen[-1].request.http.headers.get("Authorization"), "Bearer ey.token.sig")
        self.check(MAIL, server=server, password=None, environment={"EASTAP_TOKEN": "from.the.environment"})
        self.assertEqual(server.seen[-1].request.http.headers.get("Authorization"), "Bearer from.the.environment")

    def test_wrong_usage_ends_with_2(self):
        for words in (["check"], ["check", "not a host"], ["check", "@contoso.test"], ["check", "ftp://x/"],
                      ["check", MAIL, "--password-file", "/nonexistent"], ["check", MAIL, "--resolver", "not-an-address"],
                      ["check", MAIL, "--protocol", "2.5"], ["check", MAIL, "--device-id", "a b"], ["check", MAIL, "--proxy", "a b"],
                      ["check", MAIL, "--heartbeat", "2h"], ["check", MAIL, "--password", "x"]):
            with self.subTest(words=words):
                done = subprocess.run([binary(), *words], capture_output=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL,
                                      start_new_session=True, env=clean_environment(self.home.name), cwd=self.home.name)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                self.assertTrue(done.stderr)

    def test_on_a_terminal_the_password_is_asked_for_without_echo_and_the_wall_fits(self):
        server = self.server()
        words = self.arguments(MAIL, "--user", "alice", server=server)
        process, terminal = pty.fork()
        if process == 0:
            try:
                os.chdir(self.home.name)
                os.execve(words[0], words, clean_environment(self.home.name, {"TERM": "xterm"}))
            finally:
                os._exit(127)
        seen, typed = b"", False
        while select.select([terminal], [], [], TIMEOUT)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if not typed and b"password of alice" in seen:
                os.write(terminal, PASSWORD.encode() + b"\n")
                typed = True
        _, status = os.waitpid(process, 0)
        text = seen.decode("utf-8", "replace")
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, text)
        self.assertTrue(typed)
        self.assertNotIn(PASSWORD, text)
        self.assertIn("… TLS mail.contoso.test", text)
        self.assertIn("a phone can set up", text)


if __name__ == "__main__":
    unittest.main()
