#!/usr/bin/env python3
"""One table of three WBXML decoders on the same bodies: eastap's, libwbxml, and Wireshark's dissector (tshark -V, which decodes
and prints; its time with the dissector switched off is taken away). CPU time; everything in one run.

    tests/bench/decoders.py BENCH_WBXML
"""
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile

MSS = 60_000  # of the packets that a body is split into, below what an IP datagram holds
LINE = re.compile(r"^(.+?) +(\d+) octets +(\d+) nodes +([\d.]+) ns/node +([\d.]+) MB/s +([\d.]+) allocations/node(?:  libwbxml(?: \(refused\))? +([\d.]+) ns/node)?")


def write_capture(path: str, body: bytes, copies: int) -> None:
    """`copies` HTTP answers that carry `body`, each on a connection of its own, as a pcap of raw IP."""
    def packet(number, source, target, sequence, acknowledged, data):
        tcp = struct.pack(">HHIIBBHHH", source, target, sequence, acknowledged, 0x50, 0x18, 65535, 0, 0) + data
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), number & 0xFFFF, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\2") + tcp
        file.write(struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(ip), len(ip)) + ip)

    asked = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        number = 0
        for copy in range(copies):
            port = 10_000 + copy
            packet(number, port, 80, 1, 1, asked)
            number += 1
            for at in range(0, len(answer), MSS):
                packet(number, 80, port, 1 + at, 1 + len(asked), answer[at:at + MSS])
                number += 1


def cpu_seconds(*command: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wireshark_ns(body: bytes, folder: str) -> float:
    """Nanoseconds a body; the median of three differences."""
    copies = max(20, min(2_000, 2_000_000 // len(body)))
    path = os.path.join(folder, "bodies.pcap")
    write_capture(path, body, copies)
    whole = [cpu_seconds("tshark", "-r", path, "-V") for _ in range(3)]
    without = [cpu_seconds("tshark", "-r", path, "-V", "--disable-protocol", "wbxml") for _ in range(3)]
    return sorted(a - b for a, b in zip(whole, without))[1] / copies * 1e9


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="eastap-decoders-") as folder:
        printed = subprocess.run([sys.argv[1], folder], capture_output=True, text=True, check=True).stdout
        print(f"{'ns an element':34} {'octets':>8} {'elements':>8} {'eastap':>8} {'libwbxml':>9} {'Wireshark':>10} {'eastap MB/s':>12} {'allocations':>12}")
        for found in map(LINE.match, printed.splitlines()):
            if found is None:
                continue
            name, size, nodes, ours, speed, allocations, theirs = found.groups()
            path = os.path.join(folder, name + ".wbxml")
            third = ""
            if os.path.exists(path) and int(size) > 1_000:  # below, tshark's own noise is larger
                with open(path, "rb") as file:
                    third = f"{wireshark_ns(file.read(), folder) / int(nodes):.0f}"
            print(f"{name:34} {size:>8} {nodes:>8} {ours:>8} {theirs or '':>9} {third:>10} {speed:>12} {allocations:>12}", flush=True)


if __name__ == "__main__":
    main()
