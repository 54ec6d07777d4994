"""A fleet's figures: hardware replicas on one MariaDB, portals in front, replicas and the database dying."""

import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from harness import ROOT, Load, Program, ReadingCounter, against, get, percentile, profiles

sys.path.append(str(ROOT / "tests" / "support"))
import database_server  # noqa: E402

REPLICAS, PORTALS, CLIENTS = 4, 2, 64
TTLS, TTL = 12, 10
LEASE = 15
# What a server of this use is given anywhere; durability is the default.
SERVER = ["--innodb-buffer-pool-size=512M", "--innodb-log-file-size=512M"]
FLEET = {"profiles": profiles(200),
         "probes": [{"name": "simulated", "ttl": f"{TTL}s", "timeout": f"{TTL}s", "duration": "2s", "expire_after": "10m"}]}


class Fleet:
    """A database server with programs on it, ended together."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.directory = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="vacancy-bench-")))
        self.server = self.stack.enter_context(database_server.DatabaseServer("mariadb", options=SERVER))
        self.server.sql("CREATE DATABASE vacancy")
        self.started = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def add(self, name, config, *args):
        self.started += 1
        program = Program(name, config, self.directory, *args, "--log-level", "info", label=f"{name}-{self.started}")
        self.stack.callback(program.kill)
        return program

    def hardware(self, config=FLEET):
        access = {"database": f"mysql://{self.server.user}@127.0.0.1:{self.server.port}/vacancy",
                  "database_password_file": self.server.password_file}
        return self.add("hardware", config | {"hardware": access | config.get("hardware", {})})

    def portal(self, *replicas, config=None):
        return self.add("portal", config or {}, "--hardware-url", ",".join(f"http://127.0.0.1:{replica.port}" for replica in replicas))

    def sql(self, statements):
        return self.server.sql("USE vacancy; " + statements)

    def number(self, statement):
        return int(self.sql(statement))

    def wait(self, what, condition, seconds=120, period=0.05):
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            time.sleep(period)
        return result


def fsync_ms():
    """The median time that the disk takes for 4 KiB."""
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            begin = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def clients(portals, seconds):
    return [Load(f"http://127.0.0.1:{portal.port}/", CLIENTS // len(portals), seconds) for portal in portals]


def load_text(loads):
    results = [load.result() for load in loads]
    errors = {result["errors"] for result in results}
    return f"{sum(result['requests/s'] for result in results):.0f} requests/s, p99 {max(result['p99 ms'] for result in results):.1f} ms," \
           f" failed requests: {', '.join(sorted(errors))}"


def once_per_ttl(replicas, portals):
    """One window of whole TTLs after the first ones: readings per profile, and who did how much."""
    with Fleet() as fleet:
        hardware = [fleet.hardware() for _ in range(replicas)]
        fronts = [fleet.portal(*hardware) for _ in range(portals)]
        time.sleep(2 * TTL + 5)  # the first period of each profile is shortened at random
        counter = ReadingCounter(hardware[0].port)
        time.sleep(1)
        loads = clients(fronts, TTLS * TTL) if fronts else []
        counter.take()
        before, cpu = [each.probes() for each in hardware], [each.cpu_seconds() for each in hardware]
        time.sleep(TTLS * TTL)
        counts = list(counter.take().values())
        done = [each.probes() - was for each, was in zip(hardware, before)]
        cpu = sum(each.cpu_seconds() - was for each, was in zip(hardware, cpu))
        text = f"{sum(counts) / len(FLEET['profiles']) / TTLS:.3f} per profile and TTL ({min(counts)} to {max(counts)} in {TTLS} TTLs)"
        if replicas > 1:
            text += f", the replicas' shares {', '.join(f'{share / sum(done):.0%}' for share in sorted(done))}"
        text += f"; {cpu / sum(done) * 1000:.2f} ms of the replicas' CPU per probe"
        return text + ("; " + load_text(loads) if loads else "")


def sharing():
    yield f"{REPLICAS} replicas, {PORTALS} portals, {CLIENTS} clients, 200 profiles of 2 s, TTL {TTL} s: probes", \
        "1.00 ± 0.02, smallest share ≥ 15 %", once_per_ttl(REPLICAS, PORTALS)
    yield f"… {REPLICAS} replicas, no clients", "the same", once_per_ttl(REPLICAS, 0)
    yield "… one replica, no clients", "the same", once_per_ttl(1, 0)


def owner_of(replica):
    return re.search(r"leases tasks as (\w+)", replica.said()).group(1)


def freshness(portal):
    rows = json.loads(get(portal.port, "/api/v1/hardware?limit=1000")[1])["hardware"]
    return [row["freshness"] for row in rows]


def measured_at(fleet, ids):
    rows = fleet.sql(f"SELECT profile_id, COALESCE(measured_at, 0) FROM reading WHERE profile_id IN ({','.join(ids)})")
    return dict(line.split("\t") for line in rows.splitlines())


def kill():
    with Fleet() as fleet:
        hardware = [fleet.hardware() for _ in range(REPLICAS)]
        portals = [fleet.portal(*hardware) for _ in range(PORTALS)]
        fleet.wait("all fresh", lambda: set(freshness(portals[0])) == {"FRESH"})
        loads = clients(portals, 40)
        victim, owner = hardware[0], owner_of(hardware[0])
        held = fleet.wait("it holds tasks", lambda: fleet.sql(f"SELECT profile_id FROM task WHERE owner = '{owner}'").split())
        victim.process.send_signal(signal.SIGKILL)
        begin = time.time()
        held = fleet.sql(f"SELECT profile_id FROM task WHERE owner = '{owner}'").split() or held
        fleet.wait("its profiles are measured", lambda: all(int(at) / 1e6 > begin for at in measured_at(fleet, held).values()))
        seconds = time.time() - begin
        yield f"kill -9 of one of {REPLICAS} replicas while it probes: until all that it held is measured", \
            f"≤ lease + probe = {LEASE + 2} s; 0 failed requests", f"{against(LEASE + 2, seconds, f'{seconds:.1f} s')} ({len(held)} profiles); {load_text(loads)}"


def stop():
    slow = FLEET | {"profiles": profiles(1), "hardware": {"lease": "3s"},
                    "probes": [FLEET["probes"][0] | {"duration": "8s", "timeout": "60s", "ttl": "60s"}]}
    with Fleet() as fleet:
        first = fleet.hardware(slow)
        fleet.wait("it probes", lambda: first.metric(r"vacancy_probes_running\{[^}]*\}") == 1)
        first.process.send_signal(signal.SIGSTOP)
        fleet.hardware(slow)
        newer = fleet.wait("the other measures it", lambda: fleet.number("SELECT COALESCE(MAX(measured_at), 0) FROM reading"))
        first.process.send_signal(signal.SIGCONT)
        refused = fleet.wait("it is refused", lambda: first.metric(r"vacancy_writes_refused_total\{[^}]*\}"))
        stands = fleet.number("SELECT measured_at FROM reading") == newer
        logged = re.search(r"late results were refused", first.said())
        yield "SIGSTOP of a replica in a probe beyond its lease, SIGCONT", "its write is refused, counted, logged", \
            f"refused {refused:.0f}, logged: {'yes' if logged else 'no'}, the newer reading stands: {'yes' if stands else 'no'}"


def database():
    with Fleet() as fleet:
        hardware = [fleet.hardware() for _ in range(REPLICAS)]
        portals = [fleet.portal(*hardware) for _ in range(PORTALS)]
        fleet.wait("all fresh", lambda: set(freshness(portals[0])) == {"FRESH"})
        time.sleep(TTL)
        loads = clients(portals, 60)
        time.sleep(2)
        fleet.server.stop()
        stopped, stale_at = time.time(), None
        shown = {row["id"]: row["measured_at"] for row in json.loads(get(portals[0].port, "/api/v1/hardware?limit=1000")[1])["hardware"]}
        while time.time() < stopped + 30:
            if stale_at is None and set(freshness(portals[1])) == {"STALE"}:
                stale_at = time.time() - stopped
            time.sleep(0.1)
        fleet.server.start()
        begin = time.time()
        kept = dict(line.split("\t") for line in fleet.sql(
            "SELECT profile_id, DATE_FORMAT(FROM_UNIXTIME(measured_at / 1000000), '%Y-%m-%dT%H:%i:%s') FROM reading").splitlines())
        lost = [key for key, at in shown.items() if kept[str(key)] < at[:19]]
        fleet.wait("probing", lambda: fleet.number(f"SELECT COUNT(*) FROM task WHERE lease_until > {int(time.time() * 1e6)}"))
        again = time.time() - begin
        fleet.wait("all fresh", lambda: set(freshness(portals[0])) == {"FRESH"})
        fresh = time.time() - begin
        yield "the database stopped for 30 s", "0 failed reads; STALE as they should; probing ≤ 2 s after; nothing lost", \
            f"{load_text(loads)}; all STALE after {stale_at:.1f} s (a reading keeps {2 * TTL} s); first probe {again:.1f} s after the start," \
            f" all FRESH after {fresh:.1f} s; readings lost: {len(lost)}"


def latency():
    config = FLEET | {"probes": [FLEET["probes"][0] | {"duration": "500ms"}]}
    with Fleet() as fleet:
        hardware = [fleet.hardware(config) for _ in range(REPLICAS)]
        portals = [fleet.portal(*hardware) for _ in range(PORTALS)]
        fleet.wait("all fresh", lambda: set(freshness(portals[0])) == {"FRESH"})
        urls = [f"http://127.0.0.1:{portal.port}/" for portal in portals]
        text = subprocess.run(["node", ROOT / "bench" / "browser_latency.mjs", "30", *urls], capture_output=True, text=True, check=True).stdout
        values = json.loads(text)
        yield "end of a probe → event in a browser (Chromium) at any of 2 portals", "p99 ≤ 500 ms", \
            f"p50 {percentile(values, 0.5):.0f} ms, p99 {percentile(values, 0.99):.0f} ms, slowest of {len(values)} {max(values):.0f} ms"


def insert_profiles(fleet, count):
    for begin in range(0, count, 5000):
        values = ",".join(f"('provider-{i % 10}','type-{i:06}')" for i in range(begin, min(begin + 5000, count)))
        fleet.sql(f"INSERT INTO hardware (provider, name) VALUES {values}")


def settled_fleet(fleet, count, ttl):
    """A database in which `count` profiles were measured once."""
    config = {"probes": [{"name": "simulated", "ttl": ttl, "timeout": "30s", "duration": "0s"}]}
    fleet.hardware(config).stop()
    insert_profiles(fleet, count)
    begin = time.time()
    replica = fleet.hardware(config)
    fleet.wait("all measured", lambda: fleet.number("SELECT COUNT(*) FROM reading WHERE measured_at IS NOT NULL") == count, 300)
    print(f"    {count} profiles adopted, assigned and measured in {time.time() - begin:.1f} s", flush=True)
    return config, replica


def quantile(replica, call, share):
    """The upper bound of the histogram's bucket that holds this share."""
    text = get(replica.admin_port, "/metrics")[1].decode()
    buckets = re.findall(rf'^vacancy_database_seconds_bucket\{{call="{call}",le="([^"]+)"\}} (\S+)$', text, re.MULTILINE)
    total = float(buckets[-1][1])
    return next(float(bound) for bound, count in buckets if float(count) >= share * total), int(total)


def throughput():
    count = 100_000
    with Fleet() as fleet:
        config, replica = settled_fleet(fleet, count, "1h")
        replica.stop()
        deadlocks = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Innodb_deadlocks'"
        before = fleet.number(deadlocks)
        hardware = [fleet.hardware(config) for _ in range(2)]
        for each in hardware:
            fleet.wait("loaded", lambda: each.metric("vacancy_profiles") == count)
        cpu = [each.cpu_seconds() for each in hardware]
        begin = time.time()
        fleet.sql("UPDATE task SET due = 1 WHERE lease_until = 0")
        # Seldom: to look takes CPU from those that are looked at.
        fleet.wait("all measured", lambda: sum(each.probes() for each in hardware) >= count, 300, period=1)
        fleet.wait("all written", lambda: fleet.number(f"SELECT COUNT(*) FROM reading WHERE measured_at < {int(begin * 1e6)}") == 0)
        first, last = map(int, fleet.sql(f"SELECT MIN(measured_at), MAX(measured_at) FROM reading").split())
        revision = fleet.number("SELECT revision FROM board")
        fleet.wait("on the boards", lambda: all(each.metric("vacancy_board_revision") >= revision for each in hardware))
        seconds = time.time() - first / 1e6
        cpu = sum(each.cpu_seconds() - was for each, was in zip(hardware, cpu))
        claims = [quantile(each, "claim", 0.99) for each in hardware]
        done = [each.probes() for each in hardware]
        yield f"{count} profiles due at once, MariaDB, 2 replicas, instant probes", \
            "≥ 8,000 readings/s through store and board; claim p99 ≤ 50 ms; 0 deadlocks; our CPU ≤ 80 µs per reading", \
            f"{count / seconds:.0f} readings/s, shares {min(done) / sum(done):.0%} and {max(done) / sum(done):.0%}; " \
            f"claim p99 ≤ {max(bound for bound, _ in claims) * 1000:.0f} ms ({sum(number for _, number in claims)} claims); " \
            f"deadlocks {fleet.number(deadlocks) - before}; {cpu / count * 1e6:.0f} µs of CPU per reading; fsync {fsync_ms():.2f} ms"


SIZES = (100, 1_000, 10_000, 100_000)


def growth():
    """Memory and CPU of a replica and a portal, by number of profiles; each profile measured every 60 s."""
    points = []
    for count in SIZES:
        with Fleet() as fleet:
            config, replica = settled_fleet(fleet, count, "60s")
            replica.stop()
            programs = [replica := fleet.hardware(config)]
            programs.append(portal := fleet.portal(replica))
            fleet.wait("loaded", lambda: json.loads(get(portal.port, "/api/v1/hardware?limit=1")[1])["total"] == count)
            time.sleep(15)
            cpu, probes = [each.cpu_seconds() for each in programs], replica.probes()
            time.sleep(60)
            cpu = [each.cpu_seconds() - was for each, was in zip(programs, cpu)]
            probes = replica.probes() - probes
            memory, per_reading = [each.resident_mb() for each in programs], [value / probes * 1e6 for value in cpu]
            points.append((count, memory, cpu, probes))
            yield f"{count:,} profiles, TTL 60 s, MariaDB: replica / portal", "constant per profile", \
                f"{memory[0]:.0f} / {memory[1]:.0f} MB; {per_reading[0]:.0f} / {per_reading[1]:.0f} µs of CPU per reading ({probes / 60:.0f} readings/s); fsync {fsync_ms():.2f} ms"
    for before, after in zip(points, points[1:]):
        memory = [(after[1][i] - before[1][i]) * 1024 / (after[0] - before[0]) for i in range(2)]
        cpu = [(after[2][i] - before[2][i]) / (after[3] - before[3]) * 1e6 for i in range(2)]
        yield f"… each further profile, from {before[0]:,} to {after[0]:,}: replica / portal", "constant", \
            f"{memory[0]:.1f} / {memory[1]:.1f} KiB; {cpu[0]:.0f} / {cpu[1]:.0f} µs of CPU per reading"
    (ROOT / "docs" / "growth.svg").write_text(plot(points))


def plot(points):
    """Memory by profiles, both logarithmic, as a picture."""
    import math
    width, height, left, bottom = 560, 300, 60, 40

    def x(count):
        return left + (math.log10(count) - 2) / 3 * (width - left - 20)

    def y(megabytes):
        return height - bottom - math.log10(max(megabytes, 1)) / 3 * (height - bottom - 20)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 {width + 40} {height}" font-family="sans-serif" font-size="12">',
             f'<rect x="-10" width="{width + 40}" height="{height}" fill="white"/>']
    for power in range(4):
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y(10 ** power):.0f}" y2="{y(10 ** power):.0f}" stroke="#ccc"/>'
                     f'<text x="{left - 8}" y="{y(10 ** power) + 4:.0f}" text-anchor="end">{10 ** power} MB</text>')
    for count in SIZES:
        parts.append(f'<text x="{x(count):.0f}" y="{height - bottom + 18}" text-anchor="middle">{count:,}</text>')
    parts.append(f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">profiles</text>')
    for index, (name, color) in enumerate([("hardware replica", "#0b5"), ("portal", "#06c")]):
        line = " ".join(f"{x(count):.0f},{y(memory[index]):.0f}" for count, memory, *_ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>'
                     f'<text x="{left + 12}" y="{30 + 18 * index}" fill="{color}">{name}</text>')
    return "\n".join(parts) + "\n</svg>\n"


PARTS = {"sharing": sharing, "kill": kill, "stop": stop, "database": database, "latency": latency,
         "throughput": throughput, "growth": growth}

TITLE = "A fleet: hardware processes on one MariaDB"
HOW = """`bench/fleet.py` starts a real MariaDB 10.11 (fsync at each commit), replicas, portals, `wrk` and a browser, all on this
machine's cores, and kills, stops and measures them from outside. Shares and totals are the replicas' own counters,
readings per profile are counted from `/hardware/events`. CPU is `/proc/PID/stat`; claims are the histogram
`vacancy_database_seconds`, so that a percentile is the upper end of a bucket. Profiles are inserted with plain SQL.

![Memory by number of profiles](growth.svg)"""
