#!/usr/bin/env python3
"""One table of three WBXML decoders on the same bodies: eastap's, libwbxml, and Wireshark's dissector (tshark -V, which decodes
and prints; its time with the dissector switched off is taken away); eastap's rendering as XML, its worst inputs and its
allocations; then the targets. CPU time, everything in one run. Only the ratios (x: times as long as eastap) travel.

    tests/bench/decoders.py FOLDER_OF_THE_BENCHMARK_PROGRAMS
"""
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile

MSS = 60_000  # of the packets that a body is split into, below what an IP datagram holds
UNDERSTAND = re.compile(r"small Sync and answer +understand +(\d+) ns")


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


def times(theirs: str, ours: float) -> str:
    return f"{float(theirs) / ours:.0f}x" if theirs else ""


def table(tools: str, folder: str) -> dict[str, dict[str, float]]:
    printed = subprocess.run([os.path.join(tools, "bench_wbxml"), folder], capture_output=True, text=True, check=True).stdout
    print(f"{'':34} {'octets':>8} {'elements':>8} | {'ns each':>8} {'MB/s':>6} {'alloc.':>7} {'XML MB/s':>8} | "
          f"{'libwbxml ns':>11} {'':>5} | {'Wireshark ns':>12} {'':>5}")
    rows = {}
    for line in printed.splitlines():
        name, size, nodes, ours, allocations, xml, theirs = line.split("\t")
        speed = int(size) / int(nodes) / float(ours) * 1e3
        path = os.path.join(folder, name + ".wbxml")
        third = ""
        if os.path.exists(path) and int(size) > 1_000:  # below, tshark's own noise is larger
            with open(path, "rb") as file:
                third = f"{wireshark_ns(file.read(), folder) / int(nodes):.0f}"
        print(f"{name:34} {size:>8} {nodes:>8} | {ours:>8} {speed:>6.0f} {allocations:>7} {xml:>8} | "
              f"{theirs:>11} {times(theirs, float(ours)):>5} | {third:>12} {times(third, float(ours)):>5}", flush=True)
        rows[name] = {"elements": int(nodes), "ns": float(ours), "speed": speed, "allocations": float(allocations), "xml": float(xml)}
    return rows


def print_targets(rows: dict[str, dict[str, float]], understand_us: float) -> None:
    usual = {name: row for name, row in rows.items() if not name.startswith("worst")}
    slowest = min(rows, key=lambda name: rows[name]["speed"])
    slowest_xml = min(usual, key=lambda name: usual[name]["xml"])
    # One a body is the least, and a broken body has up to 64 remarks, whatever its size.
    most = max((name for name in usual if usual[name]["elements"] > 10), key=lambda name: usual[name]["allocations"])
    judged = [
        ("tag-dense body (1000 contacts), ns an element", usual["1000 contacts"]["ns"], "<=", 50, ""),
        ("Sync response of 200 messages, MB/s", usual["Sync response, 200 messages"]["speed"], ">=", 800, ""),
        ("small Sync and its answer understood, µs", understand_us, "<=", 5, ""),
        ("worst input, MB/s", rows[slowest]["speed"], ">=", 60, slowest),
        ("XML made of usual bodies, MB/s", rows[slowest_xml]["xml"], ">=", 200, slowest_xml),
        ("allocations an element, more than 10 elements", rows[most]["allocations"], "<=", 0.1, most),
    ]
    print()
    for what, value, relation, target, where in judged:
        met = value <= target if relation == "<=" else value >= target
        print(f"{what:50} {value:10.2f}  target {relation} {target:<5} {'met' if met else 'MISSED':7} {where}")


def main() -> None:
    tools = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="eastap-decoders-") as folder:
        rows = table(tools, folder)
    printed = subprocess.run([os.path.join(tools, "bench_eas"), "small"], capture_output=True, text=True, check=True).stdout
    print_targets(rows, int(UNDERSTAND.search(printed)[1]) / 1_000)


if __name__ == "__main__":
    main()
