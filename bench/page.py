"""Figures of the dashboard and its API over many profiles."""

import contextlib
import gzip
import http.client
import itertools
import pathlib
import sqlite3
import tempfile
import time

from harness import against, get, percentile, profiles, simulated, vacancy

COUNT = 100_000
ROUNDS = 20
FILTERS = ["", "q=type-{n}", "q=provider+{d}", "level=HIGH", "level=LOW,UNKNOWN", "freshness=FRESH", "failing=1", "provider=provider-{d}"]
SORTS = ["", "sort=-key", "sort=name", "sort=-level", "sort=-free", "sort=measured", "sort=-price", "sort=provider&group=provider"]


def asked(port, path):
    """Seconds of one request over a connection of its own, and the answer's bytes on the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    begin = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body = response.read()
    took = time.perf_counter() - begin
    connection.close()
    assert response.status == 200, (path, response.status)
    return took, body


def views():
    config = {"profiles": profiles(COUNT), "probes": simulated("1h", "1ms")}
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as data:
        with vacancy(config, data) as running:
            get(running.hardware_port, "/hardware/?wait=600", timeout=700)
        # The largest strips: each half hour of the last day has a level of its own.
        with contextlib.closing(sqlite3.connect(pathlib.Path(data) / "vacancy.db", isolation_level=None)) as database:
            database.execute("UPDATE reading SET recent_low = random(), recent_high = random()")
        yield from measured_views(config, data)


def measured_views(config, data):
    with vacancy(config, data) as running:
        get(running.hardware_port, "/hardware/?wait=600", timeout=700)
        # Connections go to the cores in turn, so that each core answers for the first time among these.
        firsts = [asked(running.port, "/") for _ in range(16)]
        first, body = max(firsts)
        assert gzip.decompress(body).count(b"data-id=") == 100
        # Each core counts all rows once, and then those of the parts that change.
        again = [asked(running.port, f"/?limit={100 + n % 3}")[0] for n in range(1020)][20:]
        queries = [f"/api/v1/hardware?limit=50&offset={n}&{one.format(n=n, d=n % 10)}&{sort}"
                   for n in range(ROUNDS) for one, sort in itertools.product(FILTERS, SORTS)]
        times = [asked(running.port, query)[0] for query in queries]
    yield f"first page of {COUNT} profiles with strips of random levels: bytes on the wire; slowest of the first 16 answers, and p50 and p99 of 1000 later ones", \
        "≤ 60 KB; ≤ 5 ms", f"{len(body) / 1000:.1f} KB; {against(0.005, first, f'{first * 1000:.1f} ms')}, {percentile(again, 0.5) * 1000:.1f} and {percentile(again, 0.99) * 1000:.1f} ms"
    yield f"{len(FILTERS)} filters with {len(SORTS)} orders of {COUNT} profiles, {len(queries)} different lists: p50, p99", \
        "p99 ≤ 20 ms", f"{percentile(times, 0.5) * 1000:.1f} ms, {percentile(times, 0.99) * 1000:.1f} ms"


TITLE = "The dashboard"
PARTS = {"views": views}
HOW = "`script/bench page` (`bench/page.py`)."
