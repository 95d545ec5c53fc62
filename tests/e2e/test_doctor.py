"""eastap doctor against a machine and servers with one thing wrong, and the shells' completion with a real shell."""
import json
import os
import pty
import select
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from harness import MAIL, EndToEnd, pki, tearDownModule  # noqa: F401
from sim.dns import NameServer

EASTAP = os.environ["EASTAP"]


class Doctor(EndToEnd):
    def doctor(self, *options, server=None, ca=True) -> dict[str, list[dict]]:
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--ca-dir", folder, "--json", "--capture", folder + "/x.eastap"]
            if "--listen" not in options:
                arguments += ["--listen", "0.0.0.0:0"]
            if ca:
                arguments += ["--upstream-ca", str(pki().ca)]
            if server:
                arguments += self.route(server)
            done = subprocess.run([EASTAP, "doctor", *arguments, *options], capture_output=True, text=True, timeout=120)
        self.status, self.errors = done.returncode, done.stderr
        lines: dict[str, list[dict]] = {}
        for line in done.stdout.splitlines():
            record = json.loads(line)
            self.assertEqual(record["type"], "doctor")
            lines.setdefault(record["topic"], []).append(record)
        return lines

    def test_a_server_that_answers_is_found_well_and_its_clock_compared(self):
        server = self.exchange()
        lines = self.doctor(server=server)
        self.assertEqual([line["verdict"] for line in lines["server"]], ["ok"], lines["server"])
        self.assertIn(MAIL, lines["server"][0]["text"])
        self.assertEqual(lines["config"][0]["verdict"], "ok")
        self.assertEqual(lines["port"][0]["verdict"], "ok")
        self.assertEqual(lines["ca"][0]["verdict"], "note")
        self.assertEqual(set(lines), set(lines) | {"firewall", "clock", "capture", "files", "addresses", "ipv6"})

    def test_an_untrusted_server_is_bad_and_the_remedy_names_the_option(self):
        server = self.exchange()
        lines = self.doctor(server=server, ca=False)
        self.assertEqual(lines["server"][0]["verdict"], "bad")
        self.assertIn("--upstream-ca", lines["server"][0]["remedy"])
        self.assertEqual(self.status, 1)
        self.assertEqual(self.doctor("--upstream-insecure", MAIL, server=server, ca=False)["server"][0]["verdict"], "warning")

    def test_a_port_in_use_is_told_with_its_holder(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            lines = self.doctor("--listen", f"127.0.0.1:{port}")
        self.assertEqual(lines["port"][0]["verdict"], "bad")
        self.assertIn(f"(process {os.getpid()})", lines["port"][0]["text"])
        self.assertEqual(self.status, 1)

    def test_a_config_file_with_a_mistake_is_a_verdict_and_the_rest_is_still_looked_at(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('lisen = "0.0.0.0:1"\n')
            file.flush()
            lines = self.doctor("--config", file.name)
        self.assertEqual(lines["config"][0]["verdict"], "bad")
        self.assertIn("lisen", lines["config"][0]["text"])
        self.assertIn("clock", lines)
        lines = self.doctor("--rule", "no-such-rule.enabled=false")
        self.assertIn("no-such-rule", lines["config"][0]["text"])
        lines = self.doctor("--intercept", "http://x")
        self.assertEqual(lines["config"][0]["verdict"], "bad")

    def test_a_usable_ca_is_told_with_its_end(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([EASTAP, "ca", "create", "--ca-dir", folder], check=True, capture_output=True)
            lines = self.doctor("--ca-dir", folder)
            self.assertEqual(lines["ca"][0]["verdict"], "ok")
            with open(folder + "/ca.key", "w", encoding="ascii") as key:
                key.write("broken")
            lines = self.doctor("--ca-dir", folder)
            self.assertEqual(lines["ca"][0]["verdict"], "bad")

    def secret(self, text: str) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = folder.name + "/secret"
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(text)
        return path

    def test_a_server_is_looked_at_through_the_upstream_proxy(self):
        server = self.exchange()
        users = self.secret("tap:upstream-s3cret\n")
        further = self.eastap(*self.route(server), "--connect-to", f"192.0.2.10:443=127.0.0.1:{server.port}", "--proxy-users", users,
                              "--intercept", "none", intercept=None)
        way = ["--upstream-proxy", "%s:%d" % further.address]
        lines = self.doctor(*way, MAIL)
        self.assertEqual(lines["server"][0]["verdict"], "bad")
        self.assertIn("wants a user and password", lines["server"][0]["text"])
        self.assertIn("--upstream-proxy-credentials", lines["server"][0]["remedy"])
        way += ["--upstream-proxy-credentials", users]
        lines = self.doctor(*way, MAIL)
        self.assertEqual(lines["server"][0]["verdict"], "ok", lines["server"])
        self.assertIn(f"{MAIL} through 127.0.0.1:{further.address[1]} answers", lines["server"][0]["text"])
        further.wait_for_event("tunnel", MAIL)
        lines = self.doctor(*way, "--host", f"{MAIL}=192.0.2.9", "--host", f"{MAIL}=192.0.2.10", MAIL)
        self.assertEqual(lines["server"][0]["verdict"], "ok", lines["server"])
        further.wait_for_event("tunnel", "192.0.2.10")
        lines = self.doctor(*way, "no-such-host.invalid")
        self.assertIn("cannot reach no-such-host.invalid:443", lines["server"][0]["text"])
        # What goes past the proxy is dialled.
        lines = self.doctor(*way, "--no-upstream-proxy", "*.contoso.test", *self.route(server), MAIL)
        self.assertIn(f"{MAIL} at 127.0.0.1:{server.port} answers", lines["server"][0]["text"])
        further.stop()
        lines = self.doctor(*way, MAIL)
        self.assertEqual(lines["server"][0]["verdict"], "bad")
        self.assertIn("Check --upstream-proxy", lines["server"][0]["remedy"])
        self.assertNotIn("upstream-s3cret", json.dumps(lines) + self.errors)

    def test_a_proxy_of_the_environment_is_no_trouble_when_eastap_uses_one(self):
        os.environ["https_proxy"] = "http://user:hidden@proxy.contoso.test:3128"
        self.addCleanup(os.environ.pop, "https_proxy")
        self.assertEqual(self.doctor()["proxies"][0]["verdict"], "warning")
        line = self.doctor("--upstream-proxy", "proxy.contoso.test:3128")["proxies"][0]
        self.assertEqual(line["verdict"], "ok")
        self.assertNotIn("hidden", line["text"])

    def test_static_hosts_and_the_chosen_resolver_are_looked_at_as_run_would(self):
        server = self.exchange()
        self.assertEqual(self.doctor("--host", f"{MAIL}=127.0.0.1", f"{MAIL}:{server.port}")["server"][0]["verdict"], "ok")
        names = NameServer({MAIL: ["A 127.0.0.1"]})
        self.addCleanup(names.close)
        self.assertEqual(self.doctor("--resolver", names.text, f"{MAIL}:{server.port}")["server"][0]["verdict"], "ok")
        line = self.doctor("--resolver", names.text, "owa.contoso.test")["server"][0]
        self.assertEqual(line["verdict"], "bad")
        self.assertIn("--resolver", line["text"])

    def test_the_own_address_to_connect_from_is_used_as_run_would(self):
        server = self.exchange()
        line = self.doctor("--bind", "::1", "--bind", "127.0.0.7", server=server)["server"][0]
        self.assertEqual(line["verdict"], "ok", line)
        self.assertIn(f"at 127.0.0.1:{server.port} from 127.0.0.7 answers", line["text"])
        self.assertEqual(set(server.peers), {"127.0.0.7"})
        line = self.doctor("--bind", "192.0.2.77", server=server)["server"][0]
        self.assertEqual(line["verdict"], "bad")
        self.assertIn("from 192.0.2.77: Cannot assign requested address", line["text"])
        self.assertIn("--bind", line["remedy"])
        self.assertEqual(set(server.peers), {"127.0.0.7"})
        # The way to an upstream proxy begins there, too.
        further = self.eastap(*self.route(server), "--allow", "127.0.0.7", "--intercept", "none", intercept=None)
        way = ["--upstream-proxy", "%s:%d" % further.address, MAIL]
        self.assertEqual(self.doctor("--bind", "127.0.0.7", *way)["server"][0]["verdict"], "ok")
        line = self.doctor("--bind", "192.0.2.77", *way)["server"][0]
        self.assertIn("--bind", line["remedy"])
        line = self.doctor("--bind", "127.0.0.7", "--bind", "127.0.0.8", server=server)["config"][0]
        self.assertEqual(line["verdict"], "bad")
        self.assertIn("--bind 127.0.0.8", line["text"])

    def test_an_encrypted_key_is_compared_when_its_passphrase_is_given(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as stranger:
            right, wrong = self.secret("right one\n"), self.secret("wrong one\n")
            for place in (folder, stranger):
                subprocess.run([EASTAP, "ca", "create", "--encrypt", "--passphrase-file", right, "--ca-dir", place], check=True, capture_output=True)
            verdicts = lambda *options: [(line["verdict"], line["text"]) for line in self.doctor("--ca-dir", folder, *options)["ca"]]  # noqa: E731
            told = verdicts()
            self.assertEqual(told[1][0], "unseen")
            self.assertIn("was not compared", told[1][1])
            told = verdicts("--passphrase-file", right)
            self.assertEqual([verdict for verdict, _ in told], ["ok", "ok"])
            self.assertEqual(verdicts("--passphrase-file", wrong)[0][0], "bad")
            shutil.copy(stranger + "/ca.key", folder + "/ca.key")
            self.assertEqual(verdicts("--passphrase-file", right)[0][0], "bad")
            self.assertEqual(verdicts()[1][0], "unseen")

    def test_no_ca_is_missed_where_every_host_has_its_certificate(self):
        lines = self.doctor("--intercept", "none", "--intercept", MAIL, "--certificate", str(pki().server(MAIL)))
        self.assertEqual(lines["ca"][0]["verdict"], "ok")
        self.assertIn("none is needed", lines["ca"][0]["text"])

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("nft") and shutil.which("unshare"), "needs root, nft and unshare")
    def test_the_firewall_is_asked_about_every_port_that_a_phone_needs(self):
        rules = "add table inet t; add chain inet t input { type filter hook input priority 0; policy drop; }; add rule inet t input tcp dport 8888 accept"
        done = subprocess.run(["unshare", "--net", "sh", "-c", f"ip link set lo up; nft '{rules}'; exec \"$0\" doctor --json --no-capture"
                               " --listen 0.0.0.0:8888 --listen socks5:0.0.0.0:1080 --listen reverse:127.0.0.1:8443", EASTAP],
                              capture_output=True, text=True, timeout=120)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        told = {(line["verdict"], line["text"]) for line in lines if line["topic"] == "firewall" and "nftables" in line["text"]}
        self.assertTrue(any(verdict == "ok" and "port 8888" in text for verdict, text in told), told)
        self.assertTrue(any(verdict == "warning" and "port 1080" in text for verdict, text in told), told)
        self.assertFalse(any("8443" in text for _, text in told), told)

    def test_a_person_gets_lines_of_words(self):
        done = subprocess.run([EASTAP, "doctor", "--listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=120,
                              env={"HOME": "/nonexistent"})
        self.assertRegex(done.stdout, r"(?m)^ok       config     no config file is named")
        self.assertNotIn("\x1b", done.stdout)


class Terminal:
    """A shell in a pseudo terminal, typed at like a person does."""

    def __init__(self, *command, home):
        self.seen = b""
        self.child, self.handle = pty.fork()
        if self.child == 0:
            environment = {"PATH": os.path.dirname(EASTAP) + ":/usr/bin:/bin", "HOME": home, "TERM": "dumb", "PS1": "ready> "}
            os.chdir(home)
            os.execve(command[0], list(command), environment)

    def type(self, text: str, until: str) -> str:
        """What the shell shows until `until` is in it."""
        os.write(self.handle, text.encode())
        begin, limit = len(self.seen), time.monotonic() + 60
        while until.encode() not in self.seen[begin:]:
            ready, _, _ = select.select([self.handle], [], [], max(0, limit - time.monotonic()))
            if not ready:
                raise AssertionError(f"{until!r} did not appear: {self.seen[begin:]!r}")
            self.seen += os.read(self.handle, 65536)
        return self.seen[begin:].decode(errors="replace")

    def close(self):
        os.close(self.handle)
        os.waitpid(self.child, 0)


class Completion(unittest.TestCase):
    def terminal(self, *command):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        for name in ("monday.eastap", "my folder"):
            path = os.path.join(home.name, name)
            os.mkdir(path) if " " in name else open(path, "w", encoding="ascii").close()
        shell = Terminal(*command, home=home.name)
        self.addCleanup(shell.close)
        return shell

    def complete_everything(self, shell):
        """Each line is typed up to a Tab, and what Tab has made of it is printed by the shell itself."""
        for typed, becomes in (("ru", "run"), ("ca ex", "ca export"), ("run --limit-q", "run --limit-queue"), ("run --fail-on warn", "run --fail-on warning"),
                               ("replay mon", "replay monday.eastap"), ("run --rule synckey-zero.thr", "run --rule synckey-zero.threshold="),
                               ("--completion z", "--completion zsh"), ("run --ca-dir my", "run --ca-dir my folder")):
            with self.subTest(typed):
                shell.type(f"eastap {typed}\t", "")
                # The words as the shell has them: "<run><--fail-on>".
                shown = shell.type("\x01print_words \x05\n", "words end").replace("my folder/", "my folder").replace("my folder", "my_folder")
                self.assertIn("<" + "><".join(becomes.replace("my folder", "my_folder").split(" ")) + ">", shown)

    def test_bash_completes_at_the_prompt(self):
        shell = self.terminal("/bin/bash", "--norc", "--noprofile", "-i")
        shell.type("bind 'set enable-bracketed-paste off'; source <(eastap --completion bash)\n", "ready> ")
        shell.type("print_words() { shift; printf '<%s>' \"$@\"; echo \" words\" end; }; echo loa''ded\n", "loaded")
        self.complete_everything(shell)

    @unittest.skipUnless(os.path.exists("/usr/bin/zsh"), "zsh is not installed")
    def test_zsh_completes_at_the_prompt(self):
        shell = self.terminal("/usr/bin/zsh", "-f", "-i")
        shell.type("autoload -Uz compinit; compinit -u -D; source <(eastap --completion zsh); bindkey -e\n", "\n")
        shell.type("print_words() { shift; printf '<%s>' \"$@\"; echo \" words\" end; }; echo loa''ded\n", "loaded")
        self.complete_everything(shell)

    @unittest.skipUnless(os.path.exists("/usr/bin/zsh"), "zsh is not installed")
    def test_zsh_loads_it_from_its_folder(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with open(folder + "/_eastap", "wb") as file:
            subprocess.run([EASTAP, "--completion", "zsh"], stdout=file, check=True)
        shell = self.terminal("/usr/bin/zsh", "-f", "-i")
        shell.type(f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; bindkey -e\n", "\n")
        shell.type("print_words() { shift; printf '<%s>' \"$@\"; echo \" words\" end; }; echo loa''ded\n", "loaded")
        self.complete_everything(shell)


if __name__ == "__main__":
    unittest.main()
