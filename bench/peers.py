"""Figures of a portal beside other servers of the same bytes, in turns on the same core."""

import contextlib
import http.client
import json
import pathlib
import resource
import socket
import statistics
import subprocess
import tempfile
import threading

import servers
from bars import bars
from harness import BIN, OPTIONS, ROOT, against
from ratios import compared, spread
from servers import LOAD_CORE, Exchange, cpu_seconds, memory_bytes, pinned, stopping

CLIENTS = 64
# Texts of 2 KB, since the original's lines have names only.
PROFILES = [{"provider": f"c{i % 10}", "name": f"gpu-{i:03}"} for i in range(100)]
ONCE = [{"name": "simulated", "ttl": "24h", "timeout": "1s", "duration": "1ms", "seed": 1}]
OURS, OTHER, FLOOR, STATIC, CACHE, VARNISH, NCHAN = \
    "Vacancy", "other build", "epoll loop", "nginx, a file", "nginx, proxy_cache", "Varnish", "nginx, nchan"
# How long the original takes for what a cache asks it for, in the background.
ORIGINAL_SECONDS = 1
STREAMS, QUICK_STREAMS, EVENTS, EVENT_PERIOD = 10_000, 200, 10, 0.5
SECONDS, QUICK_SECONDS, WARM_UP = 1.5, 0.2, 0.4
GOALS = {FLOOR: 1.25, STATIC: 0.65, CACHE: 0.5}


def wanted(target, **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()


class Turn:
    """A server that takes its turn: where it is, what it is asked for, and the figures of each round."""

    def __init__(self, folder, name, port, pid, request, status=200, body=None):
        self.name, self.port, self.pid, self.status = name, port, pid, status
        self.file = folder / f"{name}.request"
        self.file.write_bytes(request)
        # Of an answer that tells the time, the length may change.
        self.length = len(body) if body else 0
        self.figures = {}
        got = Exchange(port, request)
        assert got.status == status, f"{name} answers {got.status} instead of {status}"
        assert body is None or got.body == body, f"{name} answers with other bytes"

    def note(self, what, value):
        self.figures.setdefault(what, []).append(value)

    def load(self, seconds, rate=None):
        """Result of the load generator, with the CPU that the server used meanwhile."""
        before = cpu_seconds(self.pid)
        command = [*pinned(LOAD_CORE), BIN / "load", self.port, self.file, self.status, self.length, CLIENTS, seconds, *([rate] if rate else [])]
        text = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True).stdout
        result = json.loads(text)
        result["cpu"] = cpu_seconds(self.pid) - before
        assert result["requests"] > 0 and result["errors"] == 0, f"{self.name}: {result}"
        return result


class Ground:
    """A temporary folder, our builds, and everything else that ends with it."""

    def __init__(self):
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.path = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="vacancy-bench-")))
        self.count = 0
        return self

    def __exit__(self, *exception):
        return self.stack.__exit__(*exception)

    def folder(self):
        self.count += 1
        folder = self.path / str(self.count)
        folder.mkdir()
        return folder

    def start(self, make, *args, **more):
        server = make(self.folder(), *args, **more)
        return self.stack.enter_context(stopping(server))

    def builds(self, *args, **more):
        """Our servers by name: this build, and the other one of --against."""
        directories = {OURS: OPTIONS.bin_dir, **({OTHER: OPTIONS.against} if OPTIONS.against else {})}
        return {name: self.start(servers.Ours, directory, *args, **more) for name, directory in directories.items()}


def peers_of(ground, builds, service, target, status=200, **headers):
    """Turns of our builds and of all peers, which answer with the bytes of ours; and the number of these bytes."""
    turns = []
    for name, build in builds.items():
        program = getattr(build, service)
        asked = target(build) if callable(target) else target
        if status == 304:
            headers["If_None_Match"] = Exchange(program.port, wanted(asked, **headers)).headers["ETag"]
        turns.append(Turn(ground.path, name, program.port, program.process.pid, wanted(asked, **headers), status))
    request = turns[0].file.read_bytes()
    theirs = Exchange(turns[0].port, request)
    # A cache and a file have the whole answer, and find out by themselves that the client has it.
    whole = Exchange(turns[0].port, request.replace(b"If-None-Match", b"X-None"))
    kind, coding = whole.headers["Content-Type"], whole.headers["Content-Encoding"]
    coded = f"Content-Encoding: {coding}\r\n" if coding else ""
    head = f'HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nETag: "1"\r\n{coded}Content-Length: {len(whole.body)}\r\n\r\n'
    upstream = ground.start(servers.original, head.encode() + whole.body, ORIGINAL_SECONDS)
    loop = ground.start(servers.floor, theirs.raw)
    turns.append(Turn(ground.path, FLOOR, loop.port, loop.pid, request, status, theirs.body))
    for name, server in {
        STATIC: ground.start(servers.nginx_static, kind, whole.body, coding),
        CACHE: ground.start(servers.nginx_cache, upstream.port),
        VARNISH: ground.start(servers.varnish, upstream.port),
    }.items():
        accepted = {"Accept_Encoding": "gzip"} if coding else {}
        first = Exchange(server.port, wanted("/body", **accepted))
        assert first.body == whole.body, f"{name} answers with other bytes"
        if status == 304:
            accepted["If_None_Match"] = first.headers["ETag"]
        turns.append(Turn(ground.path, name, server.port, server.pid, wanted("/body", **accepted), status, theirs.body))
    return turns, len(whole.body)


def cpu_per_request(turns):
    """Notes microseconds of CPU per request of each server, round by round."""
    for turn in turns:
        turn.load(WARM_UP / 2 if OPTIONS.quick else WARM_UP)
    for _ in range(OPTIONS.rounds):
        for turn in turns:
            result = turn.load(QUICK_SECONDS if OPTIONS.quick else SECONDS)
            turn.note("µs", result["cpu"] / result["requests"] * 1e6)
            turn.note("requests/s", result["requests"] / result["seconds"])


def rows_of(label, turns, what, unit, goals, digits=1):
    """A row for each server that ours is compared with."""
    ours = turns[0].figures[what]
    for turn in turns[1:]:
        ratio, text = compared(ours, turn.figures[what], unit, digits)
        goal = goals.get(turn.name)
        yield f"{label}, to {turn.name}", f"≤ {goal}" if goal else "reported", against(goal or ratio, ratio, text)


def summary(turns, what):
    return {turn.name: (statistics.median(turn.figures[what]), min(turn.figures[what]), max(turn.figures[what])) for turn in turns}


def draw(name, title, unit, groups):
    if OPTIONS.writes:
        (ROOT / "docs" / f"{name}.svg").write_text(bars(title, unit, groups))


def compare(picture, title, cases):
    groups = {}
    for label, service, target, status, headers in cases:
        with Ground() as ground:
            builds = ground.builds(PROFILES, ONCE)
            for build in builds.values():
                build.settle()
            turns, size = peers_of(ground, builds, service, target, status, **headers)
            cpu_per_request(turns)
        label = label.format(size=f"{size / 1000:.1f} KB")
        yield from rows_of(f"CPU per {label}", turns, "µs", "µs", GOALS)
        groups[label.replace("`", "")] = summary(turns, "µs")
    draw(picture, title, "µs of CPU per request", groups)


def requests():
    yield from compare("peers_requests", "The page", [
        ("`GET /` as text, {size}", "portal", "/", 200, {"Accept": "text/plain"}),
        ("`GET /` as a page, {size}", "portal", "/?limit=1", 200, {"Accept": "text/html"}),
    ])


def answers():
    yield from compare("peers_answers", "Other answers", [
        ("304 to `GET /` as text", "portal", "/", 304, {"Accept": "text/plain"}),
        ("`GET /` as a page, gzip, {size}", "portal", "/?limit=1", 200, {"Accept": "text/html", "Accept_Encoding": "gzip"}),
        ("JSON of 100 rows, {size}", "portal", "/api/v1/hardware?limit=100", 200, {}),
        ("`?since=` with nothing new, {size}", "hardware", servers.Ours.since, 200, {}),
    ])


class Watchers:
    """Many open streams of a server."""

    def __init__(self, folder, port, request, count, least):
        (folder / "request").write_bytes(request)
        command = [*pinned(LOAD_CORE), BIN / "streams", port, folder / "request", count, EVENTS, least, 60]
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


def one_event(port, target, least):
    """The bytes of an event of a stream."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as stream:
        connection.sendall(wanted(target))
        event = b""
        for line in stream:
            # Lines that frame a piece of the answer end with CRLF.
            if not line.endswith(b"\r\n"):
                event += line
            if line == b"\n" and b"event: change" in event and len(event) >= least:
                return event
            if line == b"\n":
                event = b""
    raise AssertionError("the stream ends without an event")


def watch(ground, turn, target, pid, port, count, least):
    """One round of a server that was just started: opens the streams and counts events."""
    before = memory_bytes(pid)
    watchers = ground.start(Watchers, port, wanted(target, Accept="text/event-stream"), count, least)
    turn.note("bytes per stream", (memory_bytes(pid) - before) / count)
    watchers.begin()
    cpu = cpu_seconds(pid)
    result = watchers.result()
    cpu = cpu_seconds(pid) - cpu
    assert result["complete"] and result["deliveries"] == count * EVENTS, f"{turn.name}: {result}"
    turn.note("µs", cpu / result["deliveries"] * 1e6)
    turn.note("ms", statistics.median(result["spread"]) / 1e3)


class Streamer:
    """The figures of a server of streams; a new one serves each round."""

    def __init__(self, name):
        self.name, self.figures = name, {}

    note = Turn.note


def streams():
    count = QUICK_STREAMS if OPTIONS.quick else STREAMS
    allow_files(count + 1000)
    with Ground() as ground:
        # One reading after the other, on the load's core.
        sources = ground.builds(PROFILES[:1], [{"name": "simulated", "ttl": f"{EVENT_PERIOD * 1000:.0f}ms", "timeout": "1s", "duration": "1ms"}],
                                hardware_core=LOAD_CORE)
        turns = [Streamer(name) for name in [*sources, NCHAN]]
        event = one_event(sources[OURS].portal.port, "/api/v1/events", 300)
        for _ in range(OPTIONS.rounds):
            for turn in turns:
                with Ground() as round_ground:
                    if turn.name == NCHAN:
                        server = round_ground.start(servers.nchan)
                        data = event.partition(b"data: ")[2].rstrip(b"\n")
                        # What is around the data differs by a few bytes.
                        round_ground.start(lambda folder: Publisher(server.port, data))
                        pid, port, target = server.pid, server.port, "/sub"
                    else:
                        portal = round_ground.start(sources[turn.name].new_portal)
                        pid, port, target = portal.process.pid, portal.port, "/api/v1/events"
                    watch(round_ground, turn, target, pid, port, count, len(event) - 100)
    label = f"an event of {len(event)} bytes to {count:,} streams"
    goals = {NCHAN: 0.6}
    yield from rows_of(f"CPU of {label}, per stream", turns, "µs", "µs", goals, 2)
    yield from rows_of(f"time between the first and the last stream, {label}", turns, "ms", "ms", {NCHAN: 0.75})
    for turn in turns:
        kilobytes = [value / 1000 for value in turn.figures["bytes per stream"]]
        text = f"{spread(kilobytes, 1)} KB"
        own = turn.name in (OURS, OTHER)
        yield f"memory per stream, {turn.name}", "≤ 4 KB" if own else "reported", \
            against(4, statistics.median(kilobytes), text) if own else text
    draw("peers_streams", "An event to many streams", "µs of CPU per stream", {label: summary(turns, "µs")})


def allow_files(count):
    """Raises the limit of open files of this process and of all that it starts, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), max(hard, count)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert hard >= count, f"{count} open files are needed, {hard} are allowed: see ulimit -n"


TITLE = "Beside other servers"
PARTS = {"requests": requests, "answers": answers, "streams": streams}
HOW = """todo"""
