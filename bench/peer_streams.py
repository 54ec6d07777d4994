"""Figures of many open event streams, of a portal beside nginx with nchan."""

import contextlib
import http.client
import json
import resource
import socket
import statistics
import subprocess
import threading

import servers
from comparison import OTHER, OURS, PROFILES, Ground, draw, rows_of, summary, wanted
from harness import BIN, OPTIONS, against
from ratios import spread
from servers import LOAD_CORE, cpu_seconds, cpu_since, memory_bytes, pinned

NCHAN = "nginx, nchan"
STREAMS, QUICK_STREAMS, EVENTS, QUICK_EVENTS = 10_000, 200, 10, 3
EVENT_PERIOD = 0.5
# A shorter message is no event of a reading.
LEAST_BYTES = 300
# nchan's part of an event.
FRAME = b"event: change\nid: 1700000000:0\ndata: \n\n"

def events():
    return QUICK_EVENTS if OPTIONS.quick else EVENTS


class Watchers:
    """Many open streams of a server."""

    def __init__(self, folder, port, request, count):
        (folder / "request").write_bytes(request)
        command = [*pinned(LOAD_CORE), BIN / "streams", port, folder / "request", count, events(), LEAST_BYTES, 60]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.expect("open")

    def expect(self, word):
        line = self.process.stdout.readline()
        assert line == word + "\n", f"the streams say {line!r} instead of {word}"

    def begin(self):
        """Returns when the count has begun."""
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        self.expect("begin")

    def result(self):
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.communicate()


class Publisher:
    """Posts events like one of ours to nchan, until stop()."""

    def __init__(self, port, data):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.data, self.ended = data, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended.wait(EVENT_PERIOD):
            self.connection.request("POST", "/pub", self.data, {"X-EventSource-Event": "change", "Content-Type": "text/plain"})
            self.connection.getresponse().read()

    def stop(self):
        self.ended.set()
        self.thread.join()
        self.connection.close()


def one_event(port, target):
    """The bytes of an event of a stream."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as stream:
        connection.sendall(wanted(target))
        event = b""
        for line in stream:
            # Lines that frame a piece of the answer end with CRLF.
            if not line.endswith(b"\r\n"):
                event += line
            if line == b"\n" and b"event: change" in event and len(event) >= LEAST_BYTES:
                return event
            if line == b"\n":
                event = b""
    raise AssertionError("the stream ends without an event")


def watch(ground, turn, target, pid, port, count):
    """One round of a server that was just started: opens the streams and counts events."""
    before = memory_bytes(pid)
    watchers = ground.start(Watchers, port, wanted(target, Accept="text/event-stream"), count)
    turn.note("bytes per stream", (memory_bytes(pid) - before) / count)
    watchers.begin()
    cpu = cpu_seconds(pid)
    result = watchers.result()
    cpu = cpu_since(pid, cpu)
    assert result["complete"] and result["deliveries"] == count * events(), f"{turn.name}: {result}"
    turn.note("µs", cpu / result["deliveries"] * 1e6)
    turn.note("ms", statistics.median(result["spread"]) / 1e3)


class Streamer:
    """The figures of a server of streams; a new one serves each round."""

    def __init__(self, name):
        self.name, self.figures = name, {}

    def note(self, what, value):
        self.figures.setdefault(what, []).append(value)


def streams():
    count = QUICK_STREAMS if OPTIONS.quick else STREAMS
    allow_files(count + 1000)
    with Ground() as ground:
        # One reading after the other, on the load's core.
        sources = ground.builds(PROFILES[:1], [{"name": "simulated", "ttl": f"{EVENT_PERIOD * 1000:.0f}ms", "timeout": "1s", "duration": "1ms"}],
                                hardware_core=LOAD_CORE)
        turns = [Streamer(name) for name in [*sources, NCHAN]]
        event = one_event(sources[OURS].portal.port, "/api/v1/events")
        for _ in range(OPTIONS.rounds):
            for turn in turns:
                with Ground() as round_ground:
                    if turn.name == NCHAN:
                        server = round_ground.start(servers.nchan)
                        data = event.partition(b"data: ")[2].rstrip(b"\n").ljust(len(event) - len(FRAME))
                        round_ground.start(lambda folder: Publisher(server.port, data))
                        pid, port, target = server.pid, server.port, "/sub"
                    else:
                        portal = round_ground.start(sources[turn.name].new_portal)
                        pid, port, target = portal.process.pid, portal.port, "/api/v1/events"
                    watch(round_ground, turn, target, pid, port, count)
    label = f"an event to {count:,} streams"
    yield from rows_of(f"CPU per stream of {label}", turns, "µs", "µs", {NCHAN: 0.6}, note=f"; {len(event)} bytes")
    yield from rows_of(f"first to last stream of {label}", turns, "ms", "ms", {NCHAN: 0.75})
    for turn in turns:
        kilobytes = [value / 1000 for value in turn.figures["bytes per stream"]]
        text = f"{spread(kilobytes, 1)} KB"
        own = turn.name in (OURS, OTHER)
        yield f"memory per stream, {turn.name}", "≤ 4 KB" if own else "reported", \
            against(4, statistics.median(kilobytes), text) if own else text
    draw("peers_streams", "An event to many streams", "µs of CPU per stream", {label.capitalize(): summary(turns, "µs")})


def allow_files(count):
    """Raises the limit of open files of this process and of all that it starts, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), max(hard, count)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert hard >= count, f"{count} open files are needed, {hard} are allowed: see ulimit -n"
