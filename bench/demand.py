"""Figures of demand, and of launches as evidence: two replicas on MariaDB, a portal of each."""

import contextlib
import http.client
import itertools
import json
import pathlib
import threading
import time

from fleet import Fleet
from harness import ReadingCounter, against, get, percentile

SHORTEST, LONGEST = 0.5, 10
CALLS, WINDOW, WINDOWS = 22, 10, 6
PROFILES = 8
LAUNCHES = 200
TOKEN = "0123456789abcdef0123456789abcdef"


def events(port, path):
    """The stream's lines of data, until the connection is closed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    return connection, (json.loads(line[6:]) for line in connection.getresponse() if line.startswith(b"data: "))


def watch(port, path):
    """Reads the stream as a browser would."""
    _, lines = events(port, path)

    def follow():
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            for _ in lines:
                pass

    threading.Thread(target=follow, daemon=True).start()


def watched():
    """A budget that the watched profile alone would use up."""
    probe = {"name": "metered", "duration": "5ms", "timeout": "5s", "budget": [f"{CALLS}/{WINDOW}s"],
             "refresh": {"min": f"{SHORTEST * 1000:.0f}ms", "max": f"{LONGEST}s"}}
    config = {"profiles": [{"provider": "cloud", "name": f"type-{number}"} for number in range(PROFILES)], "probes": [probe]}
    with Fleet() as fleet:
        replicas = [fleet.hardware(config) for _ in range(2)]
        portal = fleet.portal(*replicas)
        row = fleet.wait("all are measured", lambda: [row for row in json.loads(get(portal.port, "/api/v1/hardware")[1])["hardware"]
                                                      if row["name"] == "type-0" and row["freshness"] == "FRESH"])[0]
        watch(portal.port, "/api/v1/events?provider=cloud&name=type-0&limit=1")
        time.sleep(WINDOW)  # the runs of the start leave the window
        counter = ReadingCounter(replicas[0].port)
        time.sleep(1)
        counter.take()
        begin = [replica.probes() for replica in replicas]
        most = 0
        for _ in range(WINDOWS):
            before = sum(replica.probes() for replica in replicas)
            time.sleep(WINDOW)
            most = max(most, sum(replica.probes() for replica in replicas) - before)
        counts = counter.take()
        assert sum(replica.probes() for replica in replicas) > sum(begin)
        often = counts.pop(row["id"])
    yield f"a profile that a reader watches, of {PROFILES}, `refresh: {{min: 500ms, max: 10s}}`, budget {CALLS} runs in {WINDOW} s: its runs," \
        f" the most and the fewest of another one, in {WINDOWS * WINDOW} s; the most of all in {WINDOW} s", \
        f"≥ 5 times as often; others every {LONGEST} s; ≤ {CALLS}", \
        f"{often}, {max(counts.values())}, {min(counts.values())}{'' if often >= 5 * max(counts.values()) else ' (missed)'}; {most}"


def tell(portal, number):
    body = {"profile": "Amazon/c5", "source": f"s{number}"} | (
        {"outcome": "launched"} if number % 2 else {"outcome": "failed", "error": "InsufficientInstanceCapacity"})
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=20)
    connection.request("POST", "/api/v1/observations", json.dumps(body),
                       {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


def launches():
    """Each launch is told, and the next one when the event of its row has come."""
    with Fleet() as fleet:
        token = pathlib.Path(fleet.directory) / "token"
        token.write_text(TOKEN)
        config = {"profiles": ["Amazon/c5"], "probes": [{"name": "simulated", "ttl": "1h", "duration": "1ms"}],
                  "hardware": {"observer_token_file": str(token)}}
        replicas = [fleet.hardware(config) for _ in range(2)]
        portals = [fleet.portal(replica, config={"portal": {"observer_token_file": str(token)}}) for replica in replicas]
        connection, lines = events(portals[0].port, "/api/v1/events?limit=3")
        for what, portal in (("that portal", portals[0]), ("a portal of the other replica", portals[1])):
            seconds = []
            for number in range(LAUNCHES):
                begin = time.monotonic()
                tell(portal, number)
                next(itertools.dropwhile(lambda data: f"reported by s{number})" not in json.dumps(data), lines))
                seconds.append(time.monotonic() - begin)
            p99 = percentile(seconds, 0.99)
            yield f"`POST /api/v1/observations` → event of the row in a stream of a portal, told to {what}: p99", "≤ 600 ms", \
                f"{against(0.6, p99, f'{p99 * 1000:.0f} ms')} (median {percentile(seconds, 0.5) * 1000:.0f} ms, {LAUNCHES} launches)"
        connection.close()


TITLE = "Demand and launches"
PARTS = {"watched": watched, "launches": launches}
HOW = """`bench/demand.py` runs two replicas on MariaDB. Runs are counted from `/hardware/events` and `/metrics`; a replica hears of
another one's readings from the database, which it asks four times a second."""
