"""Network namespaces: a client, the machine of the proxy, and a server, joined by two cables.

    client 10.73.1.2 ── 10.73.1.1 proxy 10.73.2.1 ── 10.73.2.2 server      (and fd73:1::, fd73:2:: likewise)

Nothing outside of them is touched, and everything goes with them.
"""
from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def enter(name: str) -> None:
    """This thread makes its sockets in that namespace from now on."""
    with open(f"/run/netns/{name}", "rb") as handle:
        if _libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {name}")


@contextlib.contextmanager
def inside(name: str):
    """The sockets made in the body are in that namespace."""
    with open(f"/proc/self/task/{_thread()}/ns/net", "rb") as home:
        enter(name)
        try:
            yield
        finally:
            if _libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns home")


def _thread() -> int:
    import threading
    return threading.get_native_id()


def run(*words: str, stdin: str | None = None) -> None:
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")


def missing() -> str:
    """What this machine lacks for namespaces with a firewall; "" when nothing."""
    for program in ("ip", "nft"):
        if not shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin"):
            return f"{program} is not installed (packages iproute2, nftables)"
    if os.geteuid() != 0:
        return "root is needed"
    probe = f"eastap-probe-{os.getpid()}"
    try:
        run("ip", "netns", "add", probe)
    except OSError as error:
        return str(error)
    try:
        run("ip", "netns", "exec", probe, "nft", "add", "table", "inet", "probe")
        return ""
    except OSError as error:
        return str(error)
    finally:
        subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)


class Cables:
    """The three namespaces; `close` takes them away."""

    CLIENT, PROXY, SERVER = (("10.73.1.2", "fd73:1::2"), ("10.73.2.1", "fd73:2::1"), ("10.73.2.2", "fd73:2::2"))

    def __init__(self):
        self.client, self.proxy, self.server = (f"eastap-{part}-{os.getpid()}" for part in ("client", "proxy", "server"))
        self.names = (self.client, self.proxy, self.server)
        try:
            for name in self.names:
                run("ip", "netns", "add", name)
                self.at(name, "ip", "link", "set", "lo", "up")
            for number, (far, host) in enumerate(((self.client, 2), (self.server, 2)), start=1):
                run("ip", "link", "add", f"near{number}", "netns", self.proxy, "type", "veth",
                    "peer", "name", "far", "netns", far)
                for name, link, last in ((self.proxy, f"near{number}", 1), (far, "far", host)):
                    self.at(name, "ip", "address", "add", f"10.73.{number}.{last}/24", "dev", link)
                    self.at(name, "ip", "address", "add", f"fd73:{number}::{last}/64", "dev", link, "nodad")
                    self.at(name, "ip", "link", "set", link, "up")
                self.at(far, "ip", "route", "add", "default", "via", f"10.73.{number}.1")
                self.at(far, "ip", "-6", "route", "add", "default", "via", f"fd73:{number}::1")
            self.at(self.proxy, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        except BaseException:
            self.close()
            raise

    def at(self, name: str, *words: str, stdin: str | None = None) -> None:
        run("ip", "netns", "exec", name, *words, stdin=stdin)

    def firewall(self, rules: str) -> None:
        """Replaces the rules of the proxy's machine."""
        self.at(self.proxy, "nft", "-f", "-", stdin="flush ruleset\n" + rules)

    def close(self) -> None:
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
