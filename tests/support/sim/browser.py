"""Headless Chromium at a phone's size, driven by its debugging protocol over a pipe; Python's standard library only.

    with Browser(proxy=("127.0.0.1", 8888), trusted=["ca.pem"]) as browser:
        browser.open("http://eastap.test/")
        browser.wait_for("document.getElementById('test').dataset.word === 'trusted'")
        browser.screenshot("page.png")
"""
from __future__ import annotations

import base64
import json
import os
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
from typing import Any, Optional, Sequence

TIMEOUT = float(os.environ.get("EASTAP_TEST_TIMEOUT", "30")) * 3  # a browser starts slowly on a busy machine
IPHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
          "Version/17.4 Mobile/15E148 Safari/604.1")


def program() -> Optional[str]:
    """Chromium when it is installed, with certutil beside it."""
    return shutil.which("chromium") if shutil.which("certutil") else None


class Browser:
    def __init__(self, *, proxy: Optional[tuple[str, int]] = None, pac: Optional[str] = None, trusted: Sequence[str] = (),
                 user_agent: str = IPHONE, size: tuple[int, int] = (390, 844), dark: bool = False, script: bool = True):
        self._home = tempfile.TemporaryDirectory(prefix="eastap-browser-", ignore_cleanup_errors=True)
        home = pathlib.Path(self._home.name)
        self._trust(home / ".pki" / "nssdb", trusted)
        arguments = [program(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                     f"--user-data-dir={home / 'profile'}", f"--user-agent={user_agent}", "--remote-debugging-pipe", "about:blank"]
        if proxy:
            arguments.insert(1, f"--proxy-server=http://{proxy[0]}:{proxy[1]}")
        if pac:
            arguments.insert(1, f"--proxy-pac-url={pac}")
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()

        def hand_over():  # the browser reads commands from descriptor 3 and writes answers to 4
            low, high = os.dup(commands), os.dup(answers)
            os.dup2(low, 3)
            os.dup2(high, 4)

        environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=environment, preexec_fn=hand_over, close_fds=False)
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._replies: dict[int, queue.Queue] = {}
        self.events: list[dict] = []
        threading.Thread(target=self._read, daemon=True).start()
        target = self._send("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.call("Network.enable")
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": size[0], "height": size[1], "deviceScaleFactor": 2, "mobile": True})
        if dark:
            self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", {"value": True})

    @staticmethod
    def _trust(database: pathlib.Path, certificates: Sequence[str]) -> None:
        database.mkdir(parents=True)
        subprocess.run(["certutil", "-d", f"sql:{database}", "-N", "--empty-password"], check=True)
        for number, path in enumerate(certificates):
            subprocess.run(["certutil", "-d", f"sql:{database}", "-A", "-t", "C,,", "-n", f"ca{number}", "-i", str(path)], check=True)

    # ---- the debugging protocol: JSON objects, each ended by a zero octet

    def _read(self) -> None:
        buffer = b""
        while True:
            try:
                piece = os.read(self._answers, 1 << 16)
            except OSError:
                return
            if not piece:
                return
            buffer += piece
            *whole, buffer = buffer.split(b"\0")
            for text in whole:
                message = json.loads(text)
                waiting = self._replies.get(message.get("id", -1))
                if waiting is not None:
                    waiting.put(message)
                else:
                    self.events.append(message)

    def _send(self, method: str, parameters: Optional[dict] = None, session: Optional[str] = None) -> dict:
        self._number += 1
        number = self._number
        self._replies[number] = queue.Queue()
        message = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        try:
            answer = self._replies[number].get(timeout=TIMEOUT)
        except queue.Empty:
            raise AssertionError(f"the browser did not answer {method}") from None
        finally:
            del self._replies[number]
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer.get("result", {})

    def call(self, method: str, parameters: Optional[dict] = None) -> dict:
        return self._send(method, parameters, self._session)

    # ---- what tests do

    def open(self, url: str) -> str:
        """Goes there and waits for the end of loading; the error's name ("net::ERR_…") when it failed, else ""."""
        before = len(self.events)
        failed = self.call("Page.navigate", {"url": url}).get("errorText", "")
        if not failed:
            self._until(lambda: any(event["method"] == "Page.loadEventFired" for event in self.events[before:]), f"{url} to be loaded")
        return failed

    @staticmethod
    def _until(true, what: str) -> None:
        end = time.monotonic() + TIMEOUT
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what}")
            time.sleep(0.05)

    def evaluate(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        end = time.monotonic() + TIMEOUT
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {expression}; the page says: {self.evaluate('document.body.innerText')[:600]}")
            time.sleep(0.1)

    def hosts(self) -> set[str]:
        """Everything that the pages asked for, by host."""
        return {urllib.parse.urlsplit(event["params"]["request"]["url"]).netloc
                for event in self.events if event["method"] == "Network.requestWillBeSent"}

    def complaints(self) -> list[str]:
        """What the browser holds against the page: exceptions, blocked content, console errors."""
        found = []
        for event in self.events:
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(event["params"]))
            if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                found.append(event["params"]["entry"]["text"])
        return found

    def screenshot(self, path: str | pathlib.Path, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """Once more changes nothing."""
        if self._commands < 0:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for descriptor in (self._commands, self._answers):
            os.close(descriptor)
        self._commands = -1
        self._home.cleanup()

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_) -> None:
        self.close()
