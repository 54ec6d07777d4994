"""Figures of large boards: 50 changes a second for 1,000 filtered streams, and a million profiles."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import selectors
import socket
import sqlite3
import tempfile
import time

from fleet import Fleet
from harness import Load, Program, Vacancy, against, get, percentile

TTL = 2000
RATE = 50
STREAMS = 1000
MILLION = 1_000_000
PROBES = [{"name": "simulated", "ttl": f"{TTL}s", "timeout": "30s", "duration": "1ms", "expire_after": "5h"}]
CONFIG = {"probes": PROBES, "portal": {"first_snapshot_wait": "5m"}}


def measured_profiles(numbers, now, count):
    """SQL that inserts profiles with readings, whose next runs are spread over a period. `numbers` yields i from 0 on."""
    period = TTL * 1_000_000
    return f"""
      DELETE FROM hardware; DELETE FROM reading; DELETE FROM task;
      INSERT INTO hardware (id, provider, name, revision) SELECT i + 1, CONCAT('provider-', i % 10),
        CONCAT('type-', SUBSTR(CONCAT('000000', i), -6)), 1 FROM {numbers};
      INSERT INTO reading (profile_id, revision, probe, level, reason, measured_at, stale_at, expires_at, took)
        SELECT i + 1, 1, 'simulated', CASE i % 3 WHEN 0 THEN 'HIGH' WHEN 1 THEN 'MEDIUM' ELSE 'LOW' END, 'picked at random',
        {now}, {now} + {2 * period}, {now} + {9 * period}, 1000 FROM {numbers};
      INSERT INTO task (profile_id, probe, due) SELECT i + 1, 'simulated', {now} + 10000000 + i * {period // count}
        FROM {numbers};"""


def fill_sqlite(data, count):
    """Measured profiles in a new data directory of `vacancy up`."""
    Vacancy(CONFIG, data).stop()
    database = sqlite3.connect(pathlib.Path(data) / "vacancy.db")
    database.create_function("concat", -1, lambda *parts: "".join(map(str, parts)))
    numbers = f"(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}) SELECT i FROM n)"
    database.executescript("BEGIN; " + measured_profiles(numbers, time.time_ns() // 1000, count) + "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")
    database.close()
    os.sync()  # so that writing it back does not slow down the start


def await_complete(port, count, begin):
    """Seconds from `begin` until the portal shows all profiles."""
    deadline = time.monotonic() + 300
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if json.loads(get(port, "/api/v1/hardware?limit=1")[1])["counts"]["total"] == count:
                return time.perf_counter() - begin
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Streams:
    """Event streams of a portal, each of one of 100 selections that match a tenth of the profiles."""

    def __init__(self, port):
        self.selector = selectors.DefaultSelector()
        self.bytes = 0
        for i in range(STREAMS):
            connection = socket.create_connection(("127.0.0.1", port))
            query = f"provider=provider-{i % 10}&limit={100 * (1 + i // 10 % 10)}"
            connection.sendall(f"GET /api/v1/events?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ)

    def follow(self, seconds):
        """Seconds from the end of each probe to its row at each client."""
        delays, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            for key, _ in self.selector.select(0.1):
                data = key.fileobj.recv(1 << 20)
                now = time.time()
                assert data, "a stream ended"
                self.bytes += len(data)
                for text in re.findall(rb'"measured_at":"([^"]+)"', data):
                    delays.append(now - datetime.datetime.fromisoformat(text.decode()).timestamp())
        return delays

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def changes():
    count = TTL * RATE
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as data:
        fill_sqlite(data, count)
        hardware = Program("hardware", CONFIG, data, "--database", f"sqlite:{data}/vacancy.db", "--log-level", "warn", label="hardware")
        portal = Program("portal", {}, data, "--hardware-url", f"http://127.0.0.1:{hardware.port}", "--log-level", "warn", label="portal")
        await_complete(portal.port, count, 0)
        streams = Streams(portal.port)
        streams.follow(15)  # the first rows, and until tasks are due
        cpu, probes, received, begin = portal.cpu_seconds(), hardware.probes(), streams.bytes, time.monotonic()
        other = hardware.cpu_seconds()
        delays = streams.follow(30)
        took = time.monotonic() - begin
        cpu, probes = (portal.cpu_seconds() - cpu) / took, (hardware.probes() - probes) / took
        other = (hardware.cpu_seconds() - other) / took
        streams.close()
        portal.stop()
        hardware.stop()
    p99 = percentile(delays, 0.99) * 1000
    yield f"{RATE} changes/s on {count:,} profiles, {STREAMS:,} event streams of 100 filters, each of 10 %: CPU of the portal", \
        "≤ 25% of a core", f"{against(0.25, cpu, f'{cpu:.0%}')} at {probes:.0f} changes/s, {(streams.bytes - received) / took / 1000:.0f} KB/s in all; of the hardware service {other:.0%}"
    yield "… end of a probe → its row at a client", "p99 ≤ 100 ms", \
        against(100, p99, f"p50 {percentile(delays, 0.5) * 1000:.0f} ms, p99 {p99:.0f} ms, {len(delays)} rows")


def whole_list(port, hardware_port):
    """Rows of `GET /` while clients take the whole list."""
    load = Load(f"http://127.0.0.1:{port}/", 8, 12)
    time.sleep(1)
    begin = time.perf_counter()
    size = len(get(hardware_port, "/hardware/")[1])
    took = time.perf_counter() - begin
    result = load.result()
    return f"{size / 1e6:.0f} MB in {took:.1f} s; p99 {result['p99 ms']:.1f} ms, slowest {result['max ms']:.0f} ms", result["p99 ms"]


def million():
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as data:
        Vacancy(CONFIG, data).stop()
        fill_sqlite(data, MILLION)
        running = Vacancy(CONFIG, data)
        took = await_complete(running.port, MILLION, running.begin)
        yield f"{MILLION:,} profiles, `vacancy up` on SQLite: exec to a complete portal", "≤ 8 s", against(8, took, f"{took:.1f} s, {running.cpu_seconds():.1f} s of CPU")
        time.sleep(20)
        memory = running.resident_mb()
        yield "… resident memory, 20 s later", "≤ 800 MB", against(800, memory, f"{memory:.0f} MB, at most {running.peak_mb():.0f} MB")
        text, p99 = whole_list(running.port, running.hardware_port)
        yield "… the whole list while 8 clients load `GET /`; its p99", "p99 ≤ 20 ms", against(20, p99, text)
        running.stop()


def million_mariadb():
    with Fleet() as fleet:
        fleet.hardware(CONFIG).stop()
        fleet.sql(measured_profiles(f"(SELECT seq AS i FROM seq_0_to_{MILLION - 1}) n", "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS INT)", MILLION))
        begin = time.perf_counter()
        hardware = fleet.hardware(CONFIG)
        portal = fleet.portal(hardware)
        took = await_complete(portal.port, MILLION, begin)
        yield f"{MILLION:,} profiles, a service each on MariaDB: exec to a complete portal", "≤ 20 s", against(20, took, f"{took:.1f} s")
        time.sleep(20)
        sizes = [each.resident_mb() * (1 << 20) / MILLION for each in (hardware, portal)]
        yield "… resident memory for each profile, 20 s later: hardware / portal", "≤ 600 bytes each", \
            against(600, max(sizes), f"{sizes[0]:.0f} / {sizes[1]:.0f} bytes, at most {hardware.peak_mb():.0f} / {portal.peak_mb():.0f} MB in all")


TITLE = "Large boards"
PARTS = {"changes": changes, "million": million, "million_mariadb": million_mariadb}
HOW = """`bench/scale.py`. The profiles, their readings and the times of their next runs are inserted with SQL. The goal of an event
counts from the end of its probe, before the commit. Each stream asks for 100 to 1,000 rows of one provider of ten."""
