"""Figures of a portal beside other servers of the same bytes, in turns on the same core."""

import json
import statistics
import subprocess

import servers
from comparison import OTHER, OURS, PROFILES, Ground, draw, rows_of, summary, wanted
from harness import BIN, OPTIONS
from peer_streams import streams
from servers import LOAD_CORE, Exchange, cpu_seconds, cpu_since, pinned

CLIENTS = 64
ONCE = [{"name": "simulated", "ttl": "24h", "timeout": "1s", "duration": "1ms", "seed": 1}]
FLOOR, STATIC, CACHE, VARNISH = "epoll loop", "nginx, a file", "nginx, proxy_cache", "Varnish"
# How long the original takes for what a cache asks it for, in the background.
ORIGINAL_SECONDS = 1
SECONDS, QUICK_SECONDS, WARM_UP = 1.0, 0.2, 0.4
SHARES = (0.5, 0.9)
GOALS = {FLOOR: 1.25, STATIC: 0.65, CACHE: 0.5}


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
        for longer in (1, 10, 100):
            result = self.look(longer * seconds, rate)
            assert result["errors"] == 0, f"{self.name}: {result}"
            # On a starved machine a short window may end before the first answer.
            if result["requests"] > 0:
                return result
        raise AssertionError(f"{self.name} does not answer: {result}")

    def look(self, seconds, rate):
        before = cpu_seconds(self.pid)
        command = [*pinned(LOAD_CORE), BIN / "load", self.port, self.file, self.status, self.length, CLIENTS, seconds, *([rate] if rate else [])]
        text = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True).stdout
        result = json.loads(text)
        result["cpu"] = cpu_since(self.pid, before)
        return result


def turns_of(ground, service, target, status=200, **headers):
    """Turns of our builds and of all peers, which answer with the bytes of ours; and the number of these bytes."""
    turns = []
    for name, build in ground.builds(PROFILES, ONCE).items():
        build.settle()
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


def seconds():
    return QUICK_SECONDS if OPTIONS.quick else SECONDS


def cpu_per_request(turns):
    """Notes microseconds of CPU per request of each server, round by round."""
    for turn in turns:
        turn.load(WARM_UP / 2 if OPTIONS.quick else WARM_UP)
    for _ in range(OPTIONS.rounds):
        for turn in turns:
            result = turn.load(seconds())
            turn.note("µs", result["cpu"] / result["requests"] * 1e6)
            turn.note("requests/s", result["requests"] / result["seconds"])


def compare(picture, title, cases):
    groups = {}
    for label, service, target, status, headers in cases:
        with Ground() as ground:
            turns, size = turns_of(ground, service, target, status, **headers)
            cpu_per_request(turns)
        size = f"{size / 1000:.1f} KB" if status == 200 else "no body"
        yield from rows_of(f"CPU per {label}", turns, "µs", "µs", GOALS, note=f"; {size}")
        groups[f"{label.replace('`', '')}"] = summary(turns, "µs")
    draw(picture, title, "µs of CPU per request", groups)


def requests():
    yield from compare("peers_requests", "The page", [
        ("`GET /` as text", "portal", "/", 200, {"Accept": "text/plain"}),
        ("`GET /` as a page", "portal", "/?limit=1", 200, {"Accept": "text/html"}),
    ])


def answers():
    yield from compare("peers_answers", "Other answers", [
        ("304 to `GET /` as text", "portal", "/", 304, {"Accept": "text/plain"}),
        ("`GET /` as a page, gzip", "portal", "/?limit=1", 200, {"Accept": "text/html", "Accept_Encoding": "gzip"}),
        ("JSON of 100 rows", "portal", "/api/v1/hardware?limit=100", 200, {}),
        ("`?since=` with nothing new", "hardware", servers.Ours.since, 200, {}),
    ])


def latencies(turns, share):
    """Notes each server's p99 at a share of what it can do."""
    # A pause that other work of the machine makes lasts longer than 1 % of such a round, so that the least of some counts.
    span, least_of = 0.4 * seconds(), 2 if OPTIONS.quick else 6
    for _ in range(OPTIONS.rounds):
        tries = {turn.name: [] for turn in turns}
        for _ in range(least_of):
            for turn in turns:
                tries[turn.name].append(turn.load(span, share * statistics.median(turn.figures["requests/s"]))["p99"] / 1000)
        for turn in turns:
            turn.note(share, min(tries[turn.name]))


def saturation():
    """Latency at shares of what each server can do."""
    groups = {}
    with Ground() as ground:
        turns, _ = turns_of(ground, "portal", "/?limit=1", Accept="text/html")
        turns = [turn for turn in turns if turn.name in (OURS, OTHER, STATIC, CACHE)]
        cpu_per_request(turns)
        for share in SHARES:
            latencies(turns, share)
            label = f"p99 of `GET /` as a page at {share:.0%} of what each can do"
            yield from rows_of(label, turns, share, "ms", {STATIC: 1.0}, 2)
            rates = ", ".join(f"{share * statistics.median(turn.figures['requests/s']) / 1000:.0f},000" for turn in turns)
            groups[f"{share:.0%} of what each can do: {rates} requests/s"] = summary(turns, share)
    draw("peers_latency", "p99 of a page", "ms", groups)


TITLE = "Beside other servers"
PARTS = {"requests": requests, "answers": answers, "saturation": saturation, "streams": streams}
HOW = """`script/bench peers` (`bench/peers.py`). Each server has one worker on one core, the load generator has the other core. They
take six turns each. A figure is the median ratio of a round, with the least and the most, then the medians of both servers
and, in brackets, the least of both, which other work of the machine disturbed least. CPU is that of all processes of a
server, from `/proc/PID/stat`, under 64 connections without a pause (`bench/load.cpp`). All peers answer with the bytes of
Vacancy's body. The epoll loop (`bench/epoll_floor.cpp`) also has its head, and looks at nothing but the end of a request.
nginx has the file open, and prepared with gzip. `proxy_cache` and Varnish stand before the original's design and renew their
answer in the background each second.

A latency counts from the time at which a request was due, at random times that do not depend on answers. A figure is the
least p99 of six short rounds, since a pause that other work of the machine makes is longer than 1 % of one. Streams
(`bench/streams.cpp`) are opened anew in each round, on a new server; memory is Pss, without that of the kernel. `--bin-dir`
and `--against` compare two builds.

![CPU per request for the page](peers_requests.svg)

![CPU per request for other answers](peers_answers.svg)

![Latency](peers_latency.svg)

![CPU per event and stream](peers_streams.svg)"""
