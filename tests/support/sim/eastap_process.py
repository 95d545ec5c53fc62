"""A running eastap: started on a free port, its `--tail json` records read as they come, stopped and judged.

    with EastapProcess("--intercept", "mail.contoso.test") as tap:
        … Phone(proxy=tap.address, ca=tap.ca) …
        record = tap.wait_for_exchange(command="Sync")
"""
from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import Callable, Iterable, Optional

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOT_EVENTS = ("ready", "exchange", "waiting", "finding")
TIMEOUT = float(os.environ.get("EASTAP_TEST_TIMEOUT", "30"))


def binary() -> str:
    """$EASTAP, else the release build."""
    return os.path.abspath(os.environ.get("EASTAP") or ROOT / "build" / "release" / "proxy" / "app" / "eastap")


def sanitized() -> bool:
    """Built with a sanitizer: memory is larger, and UBSan needs free file descriptors to look at a pointer."""
    with open(binary(), "rb") as file:
        octets = file.read()
    return any(name in octets for name in (b"__asan_init", b"__tsan_init"))


def clean_environment(home: str, extra: Optional[dict[str, str]] = None) -> dict[str, str]:
    """Without the developer's own configuration, and with UTC so that times can be compared."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("EASTAP_", "XDG_")) and k not in ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
            and k.upper() not in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")}
    return {**kept, "HOME": home, "TZ": "UTC", "LC_ALL": "C.UTF-8", **(extra or {})}


def run(*arguments, stdin: bytes | None = None, timeout: float = TIMEOUT, environment: Optional[dict[str, str]] = None,
        **options) -> subprocess.CompletedProcess:
    """`eastap arguments…` to its end, output as text."""
    with tempfile.TemporaryDirectory(prefix="eastap-home-") as home, tempfile.TemporaryDirectory(prefix="eastap-program-") as folder:
        program = binary()
        if "user" in options:  # who may not look into the folder that this was built in, /root perhaps
            os.chmod(home, 0o777)
            os.chmod(folder, 0o755)
            program = shutil.copy(program, folder)
        done = subprocess.run([program, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout,
                              env=clean_environment(home, environment), cwd=home, check=False, **options)
        done.left_behind = sorted(path.name for path in pathlib.Path(home).rglob("*"))
    done.stdout = done.stdout.decode("utf-8", "replace")
    done.stderr = done.stderr.decode("utf-8", "replace")
    return done


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def final(records: Iterable[dict], kind: str) -> dict[int, dict]:
    """The last record of each id: a finding is told again whenever it grows, and the last one holds."""
    return {record["id"]: record for record in records if record.get("type") == kind}


class EastapError(AssertionError):
    """What was expected of eastap did not come; carries what it printed."""


class EastapProcess:
    """`eastap run` with a CA folder and capture of its own (unless given)."""

    def __init__(self, *options: str, folder: Optional[str] = None, capture: bool | str = True, ca_dir: Optional[str] = None,
                 environment: Optional[dict[str, str]] = None, listen: str = "127.0.0.1:0", tail: str = "json",
                 before_start: Optional[Callable[[], None]] = None, **popen_options):
        self._temporary = tempfile.TemporaryDirectory(prefix="eastap-e2e-") if folder is None else None
        self.folder = pathlib.Path(self._temporary.name if self._temporary else folder)
        self.ca_dir = pathlib.Path(ca_dir) if ca_dir else self.folder / "ca"
        self.capture = pathlib.Path(capture) if isinstance(capture, str) else self.folder / "live.eastap"
        self.records: list[dict] = []
        self.condition = threading.Condition()
        self.stderr = ""
        self.stdout_lines: list[str] = []
        self._address: Optional[tuple[str, int]] = None
        self._tail = tail
        self._closed_streams = 0
        self.command = [binary(), "run", "--listen", listen, "--ca-dir", str(self.ca_dir), "--tail", tail,
                        *(["--capture", str(self.capture)] if capture else ["--no-capture"]), *map(str, options)]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=clean_environment(str(self.folder), environment), cwd=self.folder, preexec_fn=before_start,
                                        **popen_options)
        self._readers = [threading.Thread(target=self._read_stdout, daemon=True),
                         threading.Thread(target=self._read_stderr, daemon=True)]
        for reader in self._readers:
            reader.start()

    # ---- reading

    def _read_stdout(self) -> None:
        for octets in self.process.stdout:
            line = octets.decode("utf-8", "replace").rstrip("\n")
            with self.condition:
                self.stdout_lines.append(line)
                if self._tail == "json" and line:
                    try:
                        record = json.loads(line)
                    except ValueError as error:
                        record = {"type": "not-json", "line": line, "problem": str(error)}
                    record_type = record.get("type")
                    if record_type == "ready":
                        host, _, port = record["address"].rpartition(":")
                        self._address = (host.strip("[]"), int(port))
                    self.records.append(record)
                self.condition.notify_all()
        self._stream_closed()

    def _read_stderr(self) -> None:
        for octets in self.process.stderr:
            line = octets.decode("utf-8", "replace")
            with self.condition:
                self.stderr += line
                if line.startswith("ready ") and self._address is None:
                    host, _, port = line.split()[1].rpartition(":")
                    self._address = (host.strip("[]"), int(port))
                self.condition.notify_all()
        self._stream_closed()

    def _stream_closed(self) -> None:
        with self.condition:
            self._closed_streams += 1
            self.condition.notify_all()

    def wait(self, what: str, predicate: Callable[[], object], timeout: float = TIMEOUT):
        """Waits until `predicate()` is true and returns its value; fails early when eastap has ended."""
        deadline = time.monotonic() + timeout
        with self.condition:
            while not (result := predicate()):
                left = deadline - time.monotonic()
                if left <= 0 or self._closed_streams == 2:
                    raise EastapError(f"{what}: {'eastap ended' if left > 0 else f'not within {timeout} s'}\n{self.told()}")
                self.condition.wait(left)
            return result

    def told(self) -> str:
        """What eastap has said so far, for failure messages."""
        lines = [json.dumps({k: v for k, v in r.items() if k not in ("request", "response")}, ensure_ascii=False)[:600]
                 for r in self.records[-30:]]
        return "\n".join(["--- records", *lines, "--- stderr", self.stderr[-4000:]])

    # ---- questions

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens; waits for the ready line."""
        self.wait("ready line", lambda: self._address)
        return self._address

    @property
    def ca(self) -> str:
        self.address  # the CA exists when it is ready
        return str(self.ca_dir / "ca.pem")

    def of_type(self, *types: str) -> list[dict]:
        with self.condition:
            return [record for record in self.records if record.get("type") in types]

    def exchanges(self) -> list[dict]:
        """The last record of each exchange, by id."""
        with self.condition:
            return [record for _, record in sorted(final(self.records, "exchange").items())]

    def findings(self) -> list[dict]:
        with self.condition:
            return [record for _, record in sorted(final(self.records, "finding").items())]

    def events(self) -> list[dict]:
        """Records of connections and of eastap itself."""
        with self.condition:
            return [r for r in self.records if r.get("type") not in NOT_EVENTS]

    def wait_for_exchange(self, *, nth: int = 1, timeout: float = TIMEOUT, **fields) -> dict:
        """The nth ended exchange (by id) that has these fields."""
        return self._nth("exchange", nth, timeout, fields)

    def wait_for_waiting(self, *, nth: int = 1, timeout: float = TIMEOUT, **fields) -> dict:
        """The nth record of a request that hangs."""
        return self._nth("waiting", nth, timeout, fields)

    def _nth(self, kind: str, nth: int, timeout: float, fields: dict) -> dict:
        def found():
            pool = [r for _, r in sorted(final(self.records, kind).items()) if all(r.get(k) == v for k, v in fields.items())]
            return pool[nth - 1] if len(pool) >= nth else None
        return self.wait(f"{kind} number {nth} with {fields}", found, timeout)

    def wait_for_finding(self, rule: str, *, severity: Optional[str] = None, timeout: float = TIMEOUT) -> dict:
        def found():
            pool = [r for r in self.records if r.get("type") == "finding" and r["rule"] == rule
                    and (severity is None or r["severity"] == severity)]
            return pool[-1] if pool else None
        return self.wait(f"finding {rule} {severity or ''}", found, timeout)

    def wait_for_event(self, *words: str, timeout: float = TIMEOUT) -> dict:
        """The first record that is neither exchange nor finding and holds all `words` (case ignored)."""
        def found():
            return next((r for r in self.records if r.get("type") not in NOT_EVENTS
                         and all(w.lower() in json.dumps(r, ensure_ascii=False).lower() for w in words)), None)
        return self.wait(f"event with {words}", found, timeout)

    def wait_for_stderr(self, *words: str, timeout: float = TIMEOUT) -> str:
        return self.wait(f"stderr with {words}",
                         lambda: self.stderr if all(w.lower() in self.stderr.lower() for w in words) else "", timeout)

    def memory_high_water_mark(self) -> int:
        """Most octets that were resident so far."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise EastapError("no VmHWM")

    # ---- ends

    def wait_for_end(self, timeout: float = TIMEOUT) -> int:
        """The exit code, with all output read."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise EastapError(f"eastap did not end within {timeout} s\n{self.told()}") from None
        for reader in self._readers:
            reader.join(timeout)
        return code

    def stop(self, how: int = signal.SIGINT, timeout: float = TIMEOUT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait_for_end(timeout)

    def kill(self) -> None:
        self.process.kill()
        self.wait_for_end()

    def replay(self, *options: str) -> list[dict]:
        """The capture's records by `eastap replay --json`."""
        done = run("replay", str(self.capture), "--json", *options)
        if done.returncode not in (0, 1):
            raise EastapError(f"replay ended {done.returncode}: {done.stderr}")
        return json_lines(done.stdout)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> "EastapProcess":
        self.address
        return self

    def __exit__(self, *unused) -> None:
        self.close()
