"""The main job's figures: starting, probing without waste, answering without waiting, and size."""

import contextlib
import socket
import subprocess
import tempfile
import time

from harness import BIN, Load, ReadingCounter, get, percentile, profiles, simulated, timed_gets, vacancy

WINDOW_TTLS = 12
TTL = 5
CLIENTS = 64


def first_answer(config, data):
    """Milliseconds from exec to the first complete answer on `/`."""
    with vacancy(config, data) as running:
        status, body = get(running.port, "/", {"Accept": "text/html"})
        assert status == 200 and b"</html>" in body
        return (time.perf_counter() - running.begin) * 1000


def start():
    config = {"profiles": profiles(2), "probes": simulated("60s")}
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as data:
        first_answer(config, data)
        times = [first_answer(config, data) for _ in range(20)]
    yield "exec of `vacancy up`, existing database, to the first complete answer on `/`", "≤ 100 ms", \
        f"median {percentile(times, 0.5):.0f} ms, slowest of 20 {max(times):.0f} ms"


def fresh():
    config = {"profiles": profiles(1000), "probes": simulated("60s")}
    times = []
    for _ in range(3):
        with vacancy(config) as running:
            status, body = get(running.hardware_port, "/hardware/?wait=30")
            times.append(time.perf_counter() - running.begin)
            assert status == 200 and body.count(b'"FRESH"') == 1000, body.count(b'"FRESH"')
            cpu = running.cpu_seconds()
    yield "1,000 profiles, 5 s `sleep`, from exec on nothing to all FRESH", "≤ 5.5 s", \
        f"{', '.join(f'{t:.2f}' for t in times)} s ({cpu:.2f} s of CPU)"


def window(running, counter, clients):
    """One window of whole TTLs under load: readings per profile, and the load's latencies."""
    seconds = WINDOW_TTLS * TTL
    urls = [f"http://127.0.0.1:{running.port}/", f"http://127.0.0.1:{running.hardware_port}/hardware/"]
    # One client loads the page; of 64, half load the page and half the list.
    shares = {0: [], 1: [1], CLIENTS: [CLIENTS // 2, CLIENTS // 2]}[clients]
    counter.take()
    probes = running.probes()
    begin = time.perf_counter()
    loads = [Load(url, share, seconds) for url, share in zip(urls, shares)]
    time.sleep(max(0.0, begin + seconds - time.perf_counter()))
    probes = running.probes() - probes
    counts = counter.take()
    return probes, counts, [load.result() for load in loads]


def probing():
    count = 100
    config = {"profiles": profiles(count), "probes": simulated(f"{TTL}s")}
    with vacancy(config) as running:
        counter = ReadingCounter(running.hardware_port)
        get(running.hardware_port, "/hardware/?wait=30")
        time.sleep(TTL)
        slowest, errors = {}, set()
        for clients in (0, 1, CLIENTS):
            probes, counts, loads = window(running, counter, clients)
            least, most = min(counts.values()), max(counts.values())
            yield f"probes in {WINDOW_TTLS} TTLs of {TTL} s, {count} profiles of 5 s, {clients} client{'s' * (clients != 1)}", \
                "12 per profile ± 1, the same number", f"{probes} in all, {least} to {most} per profile"
            for name, load in zip(("GET /", "GET /hardware/"), loads):
                slowest[clients, name] = load
                errors.add(load["errors"])
    for (clients, name), load in slowest.items():
        yield f"`{name}` meanwhile, {clients} client{'s' * (clients != 1)} without a pause", "p99 ≤ 20 ms", \
            f"p99 {load['p99 ms']:.1f} ms, slowest {load['max ms']:.0f} ms, {load['requests/s']:.0f} requests/s, errors: {load['errors']}"


def large():
    count = 100_000
    config = {"probes": simulated("60s")}
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as data:
        with vacancy(config | {"profiles": profiles(count)}, data) as running:
            deadline = time.monotonic() + 120
            while running.probes() < count and time.monotonic() < deadline:
                time.sleep(0.5)
        with vacancy(config, data) as running:
            yield "100,000 profiles: exec to ready, existing database", "≤ 2 s", f"{running.ready_seconds:.2f} s"
            page = timed_gets(running.port, "/", 200, {"Accept": "text/html"})
            api = timed_gets(running.port, "/api/v1/hardware?limit=100", 200)
            probes, begin = running.probes(), time.monotonic()
            time.sleep(20)
            rate = (running.probes() - probes) / (time.monotonic() - begin)
            page += timed_gets(running.port, "/", 200, {"Accept": "text/html"})
            api += timed_gets(running.port, "/api/v1/hardware?limit=100", 200)
            yield "… resident memory, 20 s later, while probing", "≤ 200 MB", \
                f"{running.resident_mb():.0f} MB, at {rate:.0f} probes/s"
            yield "… `GET /` (100 rows) while probing", "≤ 20 ms", \
                f"median {percentile(page, 0.5) * 1000:.1f} ms, p99 {percentile(page, 0.99) * 1000:.1f} ms, slowest of 400 {max(page) * 1000:.1f} ms"
            yield "… `GET /api/v1/hardware?limit=100` while probing", "≤ 5 ms", \
                f"median {percentile(api, 0.5) * 1000:.1f} ms, p99 {percentile(api, 0.99) * 1000:.1f} ms, slowest of 400 {max(api) * 1000:.1f} ms"


@contextlib.contextmanager
def original():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([BIN / "original_peer", str(port), "5", "Amazon - c5", "Azure - H16mr"])
    try:
        for _ in range(1000):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.005)
        yield port
    finally:
        process.kill()
        process.wait()


def peer():
    config = {"profiles": [{"provider": "Amazon", "name": "c5"}, {"provider": "Azure", "name": "H16mr"}], "probes": simulated(f"{TTL}s")}
    with original() as port, vacancy(config) as running:
        get(running.hardware_port, "/hardware/?wait=30")
        theirs = Load(f"http://127.0.0.1:{port}/", CLIENTS, 20, "text/plain").result()
        ours = Load(f"http://127.0.0.1:{running.port}/", CLIENTS, 20, "text/plain").result()
    yield f"the original's design, 2 profiles, {CLIENTS} clients", "reported", f"{theirs['requests/s']:.1f} requests/s, p50 {theirs['p50 ms'] / 1000:.2f} s"
    yield "Vacancy, the same profiles and clients, text lines", "reported", \
        f"{ours['requests/s']:.0f} requests/s, p50 {ours['p50 ms']:.2f} ms, p99 {ours['p99 ms']:.1f} ms: " \
        f"{ours['requests/s'] / theirs['requests/s']:.0f} times the requests"


PARTS = {"start": start, "fresh": fresh, "probing": probing, "large": large, "peer": peer}

TITLE = "One process: `vacancy up` on SQLite"
HOW = """`bench/main_job.py` starts the release build on free ports and looks at it from outside. Readings per profile
are counted from `/hardware/events`, the total from `/metrics`; load comes from `wrk`, which sends the next request when the
answer is there, so that it and the servers share the cores at full load. The original's design is
`bench/original_peer.cpp`: a thread per profile and request, each sleeping 5 s."""
