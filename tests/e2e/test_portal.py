"""The proxy's own pages, the set-up of a device in a real browser, the QR code, and phones that do not trust us."""
import fcntl
import json
import os
import pathlib
import plistlib
import pty
import re
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from harness import MAIL, EndToEnd, PhoneConnection, pki, tearDownModule  # noqa: F401
from sim import browser
from sim.browser import Browser
from sim.eastap_process import binary, clean_environment, run
from sim.streams import HttpReader, Stream

# scripts/check installs them and says so; elsewhere they may be missing.
REQUIRED = os.environ.get("EASTAP_BROWSER_TESTS") == "required"
PICTURES = os.environ.get("EASTAP_TEST_PICTURES")  # a folder to keep screenshots in, to look at
KEPT = ("Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Content-Security-Policy: ")


def with_programs(*programs):
    missing = [name for name in programs if shutil.which(name) is None]
    return unittest.skipIf(missing and not REQUIRED, f"not installed: {' '.join(missing)}")


def ask(tap, octets: bytes):
    """Sends a request of one's own octets to the proxy's port: the answer with its body."""
    stream = Stream(socket.create_connection(tap.address))
    try:
        stream.send(octets)
        return HttpReader(stream).response(octets.split()[0].decode())
    finally:
        stream.close()


def get(tap, path: str = "/", host: str | None = None, method: str = "GET", agent: str = browser.IPHONE):
    host = host or "%s:%d" % tap.address
    return ask(tap, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n\r\n".encode())


def refuse(test, tap, host=MAIL, **options):
    """A handshake of a client that does not trust our CA."""
    with test.assertRaises((ssl.SSLError, ConnectionError)):
        PhoneConnection(host, proxy=tap.address, ca=str(pki().ca), **options)


class Pages(EndToEnd):

    def test_the_page_is_answered_directly_by_its_name_and_by_its_address_through_the_proxy(self):
        tap = self.eastap()
        own = "%s:%d" % tap.address
        for octets in (f"GET / HTTP/1.1\r\nHost: {own}\r\nUser-Agent: {browser.IPHONE}\r\n\r\n",
                       f"GET / HTTP/1.1\r\nHost: localhost:{tap.address[1]}\r\nUser-Agent: {browser.IPHONE}\r\n\r\n",
                       f"GET http://eastap.test/ HTTP/1.1\r\nHost: eastap.test\r\nUser-Agent: {browser.IPHONE}\r\n\r\n",
                       f"GET http://{own}/ HTTP/1.1\r\nHost: {own}\r\nUser-Agent: {browser.IPHONE}\r\n\r\n"):
            with self.subTest(octets):
                answer = ask(tap, octets.encode())
                self.assertEqual(answer.status, 200)
                self.assertIn(b"Set up this iPhone", answer.body)
                self.assertLess(len(answer.body), 64 * 1024)
                for field in KEPT:
                    self.assertIn(field, answer.raw.decode("latin-1"))
        self.assert_clean_stop(tap)

    def test_the_magic_name_answers_inside_connect_with_tls_and_without(self):
        tap = self.eastap()
        secure = self.connection(tap, "eastap.test")
        secure.send(b"GET / HTTP/1.1\r\nHost: eastap.test\r\nUser-Agent: Windows NT 10.0\r\n\r\n")
        self.assertIn(b"Set up this Windows", secure.answer("GET").http.body)
        stream = Stream(socket.create_connection(tap.address))
        self.addCleanup(stream.close)
        stream.send(b"CONNECT eastap.test:80 HTTP/1.1\r\nHost: eastap.test:80\r\n\r\n")
        reader = HttpReader(stream)
        self.assertEqual(reader.head().status, 200)
        stream.send(b"GET /proxy.pac HTTP/1.1\r\nHost: eastap.test\r\n\r\n")
        self.assertIn(f"PROXY 127.0.0.1:{tap.address[1]}".encode(), reader.response("GET").body)

    def test_a_foreign_name_in_host_is_refused_whatever_the_page(self):
        tap = self.eastap("--page-host", "tap.contoso.test")
        for path in ("/", "/status.json", "/ca.cer", "/eastap.mobileconfig", "/proxy.pac"):
            self.assertEqual(get(tap, path, "attacker.test").status, 421)
            self.assertEqual(get(tap, path, f"attacker.test:{tap.address[1]}").status, 421)
        self.assertEqual(get(tap, "/", "8.8.8.8:%d" % tap.address[1]).status, 421)
        self.assertEqual(get(tap, "/", "tap.contoso.test").status, 200)
        self.assertEqual(ask(tap, b"GET / HTTP/1.1\r\n\r\n").status, 400)
        self.assertEqual(ask(tap, b"GET / HTTP/1.1\r\nHost: eastap.test\r\nHost: x.test\r\n\r\n").status, 400)

    def test_pages_are_read_only_and_only_for_whom_they_are_meant(self):
        tap = self.eastap()
        self.assertEqual(get(tap, method="POST").status, 405)
        self.assertEqual(get(tap, "/ca.key").status, 404)
        self.assertEqual(get(tap, method="HEAD").status, 200)
        for options in (["--allow-pages", "192.0.2.0/24"], ["--no-pages"]):
            with self.subTest(options):
                server = self.exchange()
                closed = self.eastap(*options, server=server)
                self.assertEqual(get(closed).status, 403)
                self.assertEqual(get(closed, "/ca.cer").status, 403)
                self.connection(closed).close()  # the proxy itself works as ever

    def test_the_profile_is_a_property_list_with_the_ca_that_the_proxy_uses(self):
        tap = self.eastap()
        answer = get(tap, "/eastap.mobileconfig")
        self.assertEqual(answer.headers.get("Content-Type"), "application/x-apple-aspen-config")
        profile = plistlib.loads(answer.body)
        der = ssl.PEM_cert_to_DER_cert(pathlib.Path(tap.ca).read_text())
        self.assertEqual(profile["PayloadContent"][0]["PayloadContent"], der)
        self.assertEqual(get(tap, "/ca.cer").body, der)
        self.assertEqual(plistlib.loads(get(tap, "/eastap.mobileconfig").body), profile)
        key = re.search(rb'name="key" value="([0-9a-f]{32})"', get(tap).body)[1].decode()
        wishes = f"/eastap.mobileconfig?key={key}&ssid=Office+%C3%BC&mail=mail.contoso.test&address=alice%40contoso.test&user=alice"
        wifi, account = plistlib.loads(get(tap, wishes).body)["PayloadContent"][1:]
        self.assertEqual((wifi["SSID_STR"], wifi["ProxyServer"], wifi["ProxyServerPort"]), ("Office ü", *tap.address))
        self.assertEqual((account["Host"], account["UserName"]), ("mail.contoso.test", "alice"))
        self.assertEqual([name for payload in profile["PayloadContent"] + [wifi, account] for name in payload if "Password" in name], [])
        self.assertEqual(get(tap, wishes.replace(key, "0" * 32)).status, 403)
        record = tap.wait_for_event("got the certificate", "eastap.mobileconfig")
        self.assertEqual(record["reason"], "ca_downloaded")

    def test_the_self_test_is_told_once_and_its_handshakes_not_at_all(self):
        tap = self.eastap()
        for _ in range(3):
            refuse(self, tap, "probe.eastap.test")
            while True:  # our alert may still be on its way when we ask
                status = json.loads(get(tap, "/status.json?browser=failed&age=20000").body)
                if status["word"] != "waiting":
                    break
            self.assertEqual((status["word"], status["reason"], status["proxied"]), ("not_installed", "unknown_ca", True))
        probe = self.connection(tap, "probe.eastap.test")
        probe.send(b"GET /probe HTTP/1.1\r\nHost: probe.eastap.test\r\nOrigin: http://127.0.0.1\r\n\r\n")
        answer = probe.answer("GET").http
        self.assertEqual((answer.status, answer.headers.get("Access-Control-Allow-Origin")), (200, "*"))
        self.assertIn(b"Ready", get(tap, "/").body)  # without a script the page itself tells
        self.assertTrue(json.loads(get(tap, "/status.json?browser=ok").body)["good"])
        tap.wait_for_event("self_test_trusted")
        self.assert_clean_stop(tap)
        self.assertEqual([r["reason"] for r in tap.events()], ["self_test_not_installed", "self_test_trusted"])


    def test_where_every_host_has_its_own_certificate_none_is_offered(self):
        server = self.exchange()
        tap = self.eastap("--intercept", "none", "--intercept", MAIL, "--certificate", f"{pki().server(MAIL)}", server=server, intercept=None)
        page = get(tap).body
        self.assertIn(b"No certificate is needed", page)
        self.assertNotIn(b"/ca.", page)
        for path in ("/ca.cer", "/ca.crt", "/ca.pem", "/eastap.mobileconfig"):
            self.assertEqual(get(tap, path).status, 404)
        self.assertIn(b"connect-src 'self' http://probe.eastap.test;", get(tap).raw)
        answer = ask(tap, b"GET http://probe.eastap.test/probe HTTP/1.1\r\nHost: probe.eastap.test\r\nOrigin: http://127.0.0.1\r\n\r\n")
        self.assertEqual((answer.status, answer.body, answer.headers.get("Access-Control-Allow-Origin")), (200, b'{"probe":"ok"}', "*"))
        self.assertIn(b"Ready: the proxy is used", get(tap).body)
        self.assertEqual(json.loads(get(tap, "/status.json?browser=ok").body)["word"], "ready")
        tap.wait_for_event("self_test_ready")
        self.phone(tap, ca=str(pki().ca)).set_up()
        self.assert_clean_stop(tap)

    def test_a_ca_limited_to_some_hosts_is_tested_by_a_name_that_it_may_sign_for(self):
        with tempfile.TemporaryDirectory() as folder:
            made = run("ca", "create", "--ca-dir", folder, "--permit", "contoso.test")
            self.assertEqual(made.returncode, 0, made.stderr)
            tap = self.eastap(ca_dir=folder)
            self.assertIn(b'data-probe="https://eastap-probe.contoso.test/probe"', get(tap).body)
            self.assertIn(b'host == "eastap-probe.contoso.test"', get(tap, "/proxy.pac").body)
            probe = self.connection(tap, "eastap-probe.contoso.test")
            probe.send(b"GET /probe HTTP/1.1\r\nHost: eastap-probe.contoso.test\r\n\r\n")
            self.assertEqual(probe.answer("GET").http.body, b'{"probe":"ok"}')


class Setup(EndToEnd):
    """A phone-sized browser on its way to the first decrypted request."""

    def picture(self, page: Browser, name: str, whole: bool = True) -> None:
        if PICTURES:
            page.screenshot(pathlib.Path(PICTURES) / f"{name}.png", whole)

    def browse(self, **options) -> Browser:
        page = Browser(**options)
        self.addCleanup(page.close)
        return page

    @staticmethod
    def word(word: str) -> str:
        return f"document.getElementById('test').dataset.word === '{word}'"

    @with_programs("chromium", "certutil")
    def test_the_page_tells_step_by_step_what_is_still_missing(self):
        tap = self.eastap()
        url = "http://%s:%d/" % tap.address
        unset = self.browse()
        unset.open(url)
        unset.wait_for(self.word("no_proxy"))
        self.picture(unset, "1-no-proxy")
        unset.close()
        stranger = self.browse(proxy=tap.address)
        stranger.open("http://eastap.test/")
        stranger.wait_for(self.word("not_installed"))
        self.picture(stranger, "2-not-installed")
        get(tap, "/ca.cer")  # from the same address
        stranger.wait_for(self.word("not_trusted"))
        self.assertIn("Certificate Trust Settings", stranger.evaluate("document.getElementById('advice').textContent"))
        self.picture(stranger, "3-not-trusted")
        stranger.close()
        ready = self.browse(proxy=tap.address, trusted=[tap.ca], dark=True)
        ready.open("http://eastap.test/")
        ready.wait_for(self.word("trusted"))
        self.picture(ready, "4-trusted-dark")
        self.assertEqual(ready.complaints(), [])
        self.assertLessEqual(ready.evaluate("document.documentElement.scrollWidth"), 390)
        self.assertEqual(ready.open("https://probe.eastap.test/"), "")
        self.assertIn("trusts the proxy", ready.evaluate("document.body.innerText"))
        tap.wait_for_event("self_test_no_proxy")
        tap.wait_for_event("self_test_trusted")

    @with_programs("chromium")
    def test_without_a_ca_the_page_tests_the_proxy_setting_alone(self):
        tap = self.eastap("--intercept", "none", "--intercept", MAIL, "--certificate", f"{pki().server(MAIL)}", intercept=None)
        unset = self.browse()
        unset.open("http://%s:%d/" % tap.address)
        unset.wait_for(self.word("no_proxy"))
        self.picture(unset, "5-no-ca-no-proxy")
        unset.close()
        ready = self.browse(proxy=tap.address)
        ready.open("http://eastap.test/")
        ready.wait_for(self.word("ready"))
        self.picture(ready, "6-no-ca-ready")
        self.assertEqual(ready.complaints(), [])
        self.assertLessEqual(ready.evaluate("document.documentElement.scrollWidth"), 390)

    @with_programs("chromium", "certutil")
    def test_every_devices_page_fits_a_phone_and_loads_nothing_from_elsewhere(self):
        tap = self.eastap()
        page = self.browse(proxy=tap.address, trusted=[tap.ca])
        for device in ("ios", "ipados", "android", "windows", "macos", "linux"):
            with self.subTest(device):
                page.open(f"http://eastap.test/?platform={device}")
                page.wait_for(self.word("trusted"))
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
                self.picture(page, f"device-{device}")
        self.assertEqual(page.hosts() - {""}, {"eastap.test", "probe.eastap.test"})  # "": the data: URL of no icon
        self.assertEqual(page.complaints(), [])

    @with_programs("chromium", "certutil", "zbarimg")
    def test_the_qr_code_of_the_page_leads_to_the_page(self):
        tap = self.eastap()
        url = "http://%s:%d/" % tap.address
        page = self.browse()
        page.open(url)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = []
        # As a camera moves nearer: zbarimg misses some codes at some sizes of their modules.
        for width in (None, 200, 260, 300, 340, 380, 420):
            if width:
                page.evaluate("document.querySelectorAll('svg').forEach(s => {"
                              f"s.style.width = s.style.height = '{width}px'; s.style.maxWidth = 'none' }})")
            with tempfile.TemporaryDirectory() as folder:
                shot = pathlib.Path(folder) / "page.png"
                page.screenshot(shot, whole=True)
                read = subprocess.run(["zbarimg", "--quiet", "--raw", str(shot)], capture_output=True, text=True, check=False)
            found = read.stdout.split()
            if found:
                break
        self.assertEqual(found, [url])

    @with_programs("chromium", "certutil")
    def test_without_scripts_the_page_works_and_tells_what_was_seen(self):
        tap = self.eastap()
        page = self.browse(proxy=tap.address, trusted=[tap.ca], script=False)
        page.open("http://eastap.test/")
        html = get(tap).body.decode()
        self.assertIn('href="/eastap.mobileconfig"', html)
        self.assertIn("Not tested yet.", html)
        self.assertEqual(page.open("https://probe.eastap.test/"), "")
        self.assertIn("Ready", get(tap).body.decode())

    @with_programs("chromium", "certutil")
    def test_the_pac_file_sends_decrypted_hosts_through_the_proxy_and_no_others(self):
        server = self.exchange(hosts=(MAIL,))
        other = self.exchange(hosts=("www.fabrikam.test",))
        tap = self.eastap(*self.route(other, "www.fabrikam.test"), server=server)
        page = self.browse(pac="http://%s:%d/proxy.pac" % tap.address, trusted=[tap.ca])
        page.open("http://%s:%d/" % tap.address)
        page.wait_for(self.word("trusted"))
        page.open(f"https://{MAIL}/")
        self.assertEqual(tap.wait_for_exchange(method="GET")["host"], MAIL)
        self.assertEqual(page.open("https://www.fabrikam.test/"), "net::ERR_NAME_NOT_RESOLVED")
        self.assertEqual(tap.of_type("tunnel"), [])


class TerminalCode(EndToEnd):

    def start_on_terminal(self, columns: int, *options, environment=None) -> str:
        """What `eastap run` says at its start on a terminal of that width."""
        folder = tempfile.TemporaryDirectory(prefix="eastap-e2e-")
        self.addCleanup(folder.cleanup)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([binary(), "run", "--listen", "127.0.0.1:0", "--ca-dir", folder.name + "/ca", "--no-capture",
                                    "--tail", "off", *options], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                                   env=clean_environment(folder.name, environment), cwd=folder.name)
        os.close(theirs)
        text = b""
        try:
            while not re.search(rb"\nready [^\n]*\n", text):  # a read may end inside the line
                text += os.read(ours, 65536)
        finally:
            process.terminate()
            process.wait(30)
            os.close(ours)
        return text.decode()

    @staticmethod
    def picture_of(text: str) -> tuple[bytes, int]:
        """The block characters as a grey picture, eight dots a module, as the terminal's colours show them."""
        rows = []
        for line in text.splitlines():
            coloured = re.search("\x1b\\[30;107m(.*?)\x1b\\[0m", line)
            blocks = coloured[1] if coloured else line.strip("\r")[5:] if "█" in line or "▀" in line else None
            if blocks is None:
                continue
            ink = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
            on, off = (0, 255) if coloured else (255, 0)
            for half in (0, 1):
                rows.append([on if ink[c][half] else off for c in blocks])
        width = max(map(len, rows))
        background = 0 if rows and min(len(r) for r in rows) else 255
        dots = b""
        for row in rows:
            row = row + [background] * (width - len(row))
            dots += bytes(v for value in row for v in [value] * 8) * 8
        return b"P5 %d %d 255\n" % (width * 8, len(rows) * 8) + dots, width

    @with_programs("zbarimg")
    def test_the_code_on_a_terminal_of_80_columns_leads_to_the_page(self):
        for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            with self.subTest(coloured):
                text = self.start_on_terminal(80, environment=environment)
                self.assertEqual("\x1b[" in text, coloured)
                picture, width = self.picture_of(text)
                self.assertLessEqual(width + 5, 80)
                with tempfile.NamedTemporaryFile(suffix=".pgm") as file:
                    file.write(picture)
                    file.flush()
                    read = subprocess.run(["zbarimg", "--quiet", "--raw", file.name], capture_output=True, text=True, check=False)
                address = re.search(r"ready (\S+)", text)[1]
                self.assertEqual(read.stdout.strip(), f"http://{address}/")
                for line in re.sub("\x1b\\[[0-9;]*m", "", text).splitlines():
                    self.assertLessEqual(len(line), 80, line)

    def test_there_is_no_code_where_it_has_no_room_or_is_not_wanted_or_nobody_looks(self):
        self.assertNotIn("▀", self.start_on_terminal(30))
        self.assertNotIn("▀", self.start_on_terminal(80, "--no-qr"))
        self.assertNotIn("▀", self.start_on_terminal(80, "--no-pages"))
        tap = self.eastap(tail="line")
        tap.address
        self.assertNotIn("▀", tap.stderr)


class Distrust(EndToEnd):
    APPLE = "User-Agent: dataaccessd (unknown version) CFNetwork/1494.0.7 Darwin/23.4.0\r\n"

    def test_one_finding_a_host_names_evidence_and_cause_and_closes_when_the_host_is_decrypted(self):
        server, tap = self.stack()
        for _ in range(2):
            refuse(self, tap, connect_headers=self.APPLE)
        first = tap.wait_for_finding("tls-ca-untrusted")
        for words in ("TLS alert 48 unknown_ca", "dataaccessd", "not installed", MAIL):
            self.assertIn(words, first["summary"])
        get(tap, "/eastap.mobileconfig")
        tap.wait_for_event("ca_downloaded")
        for _ in range(3):
            refuse(self, tap, connect_headers=self.APPLE)
        grown = tap.wait_for_finding("tls-ca-untrusted", severity="error")
        self.assertEqual(grown["id"], first["id"])
        self.assertIn("not switched on", grown["summary"])
        self.assertIn("Certificate Trust Settings", grown["next_step"])
        self.phone(tap).set_up()
        over = tap.wait("the finding to be over", lambda: next(
            (r for r in tap.records if r.get("type") == "finding" and r["summary"].startswith("over: ")), None))
        self.assertEqual((over["id"], over["count"]), (first["id"], 5))
        self.assert_clean_stop(tap)
        self.assert_replay_equals_live(tap)

    def test_a_host_that_alone_is_refused_counts_as_pinned(self):
        server = self.exchange()
        other = self.exchange(hosts=("api.contoso.test",))
        tap = self.eastap("--intercept", "api.contoso.test", *self.route(other, "api.contoso.test"), server=server)
        self.phone(tap).set_up()
        for _ in range(3):
            refuse(self, tap, "api.contoso.test")
        found = tap.wait_for_finding("tls-pinned")
        self.assertIn("while other hosts work", found["summary"])

    def test_a_client_that_takes_the_certificate_and_leaves_at_once_is_noted(self):
        server, tap = self.stack()
        for _ in range(3):
            self.connection(tap).close()
        self.assertIn("closed after the handshake", tap.wait_for_finding("tls-pinned")["summary"])

    def test_old_tls_and_a_wrong_clock_are_not_taken_for_distrust(self):
        server, tap = self.stack()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(tap.ca)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        for _ in range(2):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                PhoneConnection(MAIL, proxy=tap.address, context=old)
        self.assertIn(f"--legacy-tls '{MAIL};side=phone'", tap.wait_for_finding("tls-version")["next_step"])
        self.assertEqual([f["rule"] for f in tap.findings()], ["tls-version"])

    def test_a_host_refused_n_times_is_passed_through_for_that_phone_and_said_once(self):
        server, tap = self.stack("--tunnel-after-failures", "2")
        for _ in range(2):
            refuse(self, tap)
        tap.wait_for_event("tunnelled_for_client", MAIL)
        for _ in range(2):  # the server's own certificate, which this client trusts
            phone = self.phone(tap, ca=str(pki().ca))
            self.assertEqual(phone.options().status, 200)
        self.assert_clean_stop(tap)
        self.assertEqual(len([r for r in tap.events() if r.get("reason") == "tunnelled_for_client"]), 1)
        self.assertEqual(tap.exchanges(), [])

    def test_the_tail_says_it_in_one_line_and_is_silent_about_each_tunnel(self):
        server = self.exchange()
        tap = self.eastap("--tunnel-after-failures", "1", server=server, tail="line")
        refuse(self, tap)
        tap.wait("the note", lambda: any("from now on" in line for line in tap.stdout_lines))
        for _ in range(3):
            self.phone(tap, ca=str(pki().ca)).options()
        tap.stop()
        self.assertEqual(sum("passed through undecrypted" in line for line in tap.stdout_lines), 1, tap.stdout_lines)

    def test_when_the_time_is_over_the_host_is_decrypted_again(self):
        server, tap = self.stack("--tunnel-after-failures", "1", "--tunnel-for", "1s")
        refuse(self, tap)
        tap.wait_for_event("tunnelled_for_client")
        phone = self.phone(tap)
        deadline = time.monotonic() + 30
        while True:  # trusts our CA only: works when it is intercepted again
            try:
                phone.options()
                break
            except (ssl.SSLError, ConnectionError):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
        tap.wait_for_exchange(command="OPTIONS")

    def test_without_the_option_a_refusing_phone_is_never_passed_through(self):
        server, tap = self.stack()
        for _ in range(6):
            refuse(self, tap)
        tap.wait_for_finding("tls-ca-untrusted", severity="error")
        self.assertEqual(tap.of_type("tunnel"), [])


if __name__ == "__main__":
    unittest.main()
