#!/usr/bin/python3 -B
"""Records a healthy session of the simulated phone with the simulated Exchange: tests/data/captures/simulated.eastap.

usage: tests/support/record_healthy.py FILE        EASTAP=… chooses the binary
"""
import pathlib
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sim.eastap_process import EastapProcess  # noqa: E402
from sim.exchange import Exchange  # noqa: E402
from sim.phone import Phone, contact_add, event_add, mark_read  # noqa: E402
from sim.pki import Pki  # noqa: E402

HOST = "mail.contoso.test"


def play(phone: Phone, server: Exchange) -> None:
    mailbox = server.mailbox("alice")
    mailbox.fill()
    phone.autodiscover("alice@contoso.test")
    phone.set_up()
    phone.settings_device_information(), phone.settings_user_information()
    for collection in ("5", "2", "7"):
        phone.sync_all(collection, window=5)
    phone.ping(["5", "2", "7"], 5)  # runs out
    for number in range(3):
        waiting = phone.begin_ping(["5", "2", "7"], 470)
        server.wait_for("Ping", number + 2)
        mailbox.deliver(f"News {number}")
        waiting.answer()
        phone.sync("5")
    first = next(iter(phone.items["5"]))
    phone.sync("5", commands=[mark_read(first)])
    phone.fetch_item("5", first)
    phone.estimate("5")
    phone.send_mail("bob@contoso.test", "Lunch?", "At noon?", "c1")
    phone.search_gal("bob"), phone.search_mailbox("5", "News")
    phone.resolve_recipients("bob@contoso.test")
    phone.sync("7", commands=[contact_add("k1", "Edsger", "Dijkstra", "ed@example.test")])
    phone.sync("2", commands=[event_add("e1", "Dentist", "UID-1", "20261203T080000Z", "20261203T083000Z", with_uid=False)])
    phone.move(first, "5", phone.folder_named(4))
    phone.sync("5")
    phone.settings_oof()
    phone.folder_sync()


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(pathlib.Path(folder) / "pki")
        with Exchange(pki) as server:
            tap = EastapProcess("--intercept", HOST, "--intercept", "autodiscover.contoso.test", "--allow-target", "127.0.0.0/8",
                                "--upstream-ca", str(pki.ca), "--connect-to", f":443=127.0.0.1:{server.port}", folder=folder)
            phone = Phone(HOST, proxy=tap.address, ca=tap.ca, device_id="APPLHEALTHY01")
            play(phone, server)
            phone.close()
            tap.wait("every exchange", lambda: len(tap.exchanges()) == len(server.seen))
            if tap.stop() != 0:
                print(tap.told(), file=sys.stderr)
                return 1
            shutil.copyfile(tap.capture, sys.argv[1])
    with sqlite3.connect(sys.argv[1]) as database:
        database.execute("VACUUM")
    return 0


if __name__ == "__main__":
    sys.exit(main())
