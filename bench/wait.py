"""Figures of waiting: from a change to the end of those who wait for it."""

import datetime
import json
import os
import pathlib
import selectors
import socket
import subprocess
import tempfile
import threading
import time

from harness import BIN, Program, get, percentile, profiles

WAITERS = 1000
COMMANDS = 20
ROWS = 100_000
ROUNDS = 5


class Target:
    """A profile whose level is in a file."""

    def __init__(self, directory):
        self.file = pathlib.Path(directory) / "level.json"
        self.says("LOW")

    def says(self, level):
        self.file.with_suffix(".new").write_text(json.dumps({"level": level}))
        os.replace(self.file.with_suffix(".new"), self.file)

    def probe(self):
        return {"name": "target", "kind": "exec", "match": {"provider": "target"}, "ttl": "500ms", "timeout": "2s",
                "command": ["/bin/cat", str(self.file)]}


def waiting_sockets(port, queries):
    """One long poll for each query, all sent."""
    sockets = []
    for query in queries:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(f"GET /api/v1/wait?{query}&timeout=60s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        sockets.append(connection)
    return sockets


def arrivals(sockets):
    """When each has its answer, and what the answers say."""
    with selectors.DefaultSelector() as selector:
        for connection in sockets:
            selector.register(connection, selectors.EVENT_READ)
        times, bodies = [], []
        while len(times) < len(sockets):
            for key, _ in selector.select(60):
                times.append(time.time())
                selector.unregister(key.fileobj)
        for connection in sockets:
            with connection, connection.makefile("rb") as file:
                bodies.append(json.loads(file.read().partition(b"\r\n\r\n")[2]))
        return times, bodies


def start_commands(port, count):
    return [subprocess.Popen([BIN / "vacancy", "wait", "target/*", "--url", f"http://127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
            for _ in range(count)]


def ends(processes, times):
    def wait(process):
        assert process.wait() == 0
        times.append(time.time())

    threads = [threading.Thread(target=wait, args=(process,)) for process in processes]
    for thread in threads:
        thread.start()
    return threads


def measured_at(port):
    row = json.loads(get(port, "/api/v1/hardware/target/gpu")[1])
    return row["availability"], datetime.datetime.fromisoformat(row["measured_at"]).timestamp()


def until_level(port, level):
    deadline = time.monotonic() + 30
    while measured_at(port)[0] != level:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def one_round(target, portal):
    """Seconds from the measurement to each answer, and to each command's end."""
    target.says("LOW")
    until_level(portal.port, "LOW")
    queries = [f"profile=target/{'gpu' if i % 2 else '*'}&profile=provider-{i % 10}/none-{i}&at_least=HIGH" for i in range(WAITERS)]
    sockets, processes = waiting_sockets(portal.port, queries), start_commands(portal.port, COMMANDS)
    time.sleep(3)  # the commands' first answers are behind them
    command_times = []
    threads = ends(processes, command_times)
    target.says("HIGH")
    times, bodies = arrivals(sockets)
    for thread in threads:
        thread.join()
    assert all(body["satisfied"] for body in bodies)
    begin = datetime.datetime.fromisoformat(bodies[0]["rows"][0]["measured_at"]).timestamp()
    return [at - begin for at in times], [at - begin for at in command_times]


def wait():
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as directory:
        target = Target(directory)
        others = {"name": "others", "ttl": "10m", "duration": "1s", "concurrency": 1000}
        config = {"profiles": [{"provider": "target", "name": "gpu"}, *profiles(ROWS)], "probes": [target.probe(), others]}
        database = f"sqlite:{directory}/vacancy.db"
        # Either measures: the portal follows one of them.
        services = [Program("hardware", config, directory, "--database", database, "--log-level", "warn", label=f"hardware-{i}")
                    for i in range(2)]
        portal = Program("portal", {}, directory, "--hardware-url", f"http://127.0.0.1:{services[0].port}", "--log-level", "warn",
                         label="portal")
        try:
            deadline = time.monotonic() + 300
            while sum(service.probes() for service in services) < ROWS:
                assert time.monotonic() < deadline
                time.sleep(0.5)
            rounds = [one_round(target, portal) for _ in range(ROUNDS)]
            sockets = waiting_sockets(portal.port, ["profile=*/none*" for _ in range(WAITERS)])
            time.sleep(10)
            before, begin = portal.cpu_seconds(), time.monotonic()
            time.sleep(20)
            load = (portal.cpu_seconds() - before) / (time.monotonic() - begin)
            memory = portal.resident_mb()
            for connection in sockets:
                connection.close()
        finally:
            for program in (portal, *services):
                program.stop()
    answers = [seconds for answered, _ in rounds for seconds in answered]
    commands = [seconds for _, ended in rounds for seconds in ended]
    yield f"{WAITERS:,} long polls and {COMMANDS} `vacancy wait` on {ROWS:,} rows, {ROUNDS} rounds: end of the probe to the answer, p50; p99", \
        "p99 ≤ 600 ms", f"{percentile(answers, 0.5) * 1000:.0f} ms; {percentile(answers, 0.99) * 1000:.0f} ms"
    yield "end of the probe to the exit of `vacancy wait`, as above, p50; p99", "p99 ≤ 600 ms", \
        f"{percentile(commands, 0.5) * 1000:.0f} ms; {percentile(commands, 0.99) * 1000:.0f} ms"
    yield f"CPU of a portal with {ROWS:,} rows while {WAITERS:,} wait for `*/none*`, 170 rows change each second; its memory", \
        "≤ 20% of a core", f"{load:.0%}; {memory:.0f} MB"


TITLE = "Waiting"
PARTS = {"wait": wait}
HOW = "`script/bench wait` (`bench/wait.py`). Two hardware processes share an SQLite database; the portal follows one of them."
