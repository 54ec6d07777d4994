"""Starts the real programs, talks to them from outside, and ends them. Standard library only."""

import contextlib
import ctypes
import http.client
import itertools
import json
import os
import pathlib
import queue
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

BIN = pathlib.Path(os.environ["BIN_DIR"])
# A program under a sanitizer works at a fraction of its speed.
PATIENCE = 20.0
# What a shutdown may take with work in flight.
SHUTDOWN_SECONDS = 2.0
# The programs refuse variables of ours that they do not know.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("VACANCY_")}
NUMBERS = itertools.count(1)
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """In a child: it must not outlive a test that ctest killed for its time."""
    LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def eventually(what, look, seconds=PATIENCE):
    """The first truthy result of `look`, which may raise meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            last = look()
            if last:
                return last
        except (OSError, AssertionError, LookupError, http.client.HTTPException, ValueError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what} (last: {last!r})")
        time.sleep(0.01)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


def request(port, path, method="GET", headers=None, body=None, timeout=60):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Events:
    """A server-sent event stream, read in the background into a queue of (event, id, data)."""

    def __init__(self, port, path, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", path, headers=headers or {})
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status
        self.queue = queue.Queue()
        # "clean" after the last chunk; an exception's name when it broke off.
        self.ended = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        event = {}
        try:
            for line in self._lines():
                field, _, value = line.partition(": ")
                if field:
                    event[field] = value
                elif "data" in event:
                    self.queue.put((event.get("event"), event.get("id"), json.loads(event["data"])))
                    event = {}
            self.ended = "clean"
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            self.ended = type(error).__name__

    def _lines(self):
        # Iterating the response would take a missing last chunk for its end; read1 does not.
        rest = b""
        while piece := self.answer.read1(65536):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.decode() for line in lines)

    def until(self, what, wanted, seconds=PATIENCE):
        """The first event for which `wanted(event, id, data)` holds, and all that came before it."""
        deadline, before = time.monotonic() + seconds, []
        while True:
            try:
                item = self.queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no event within {seconds} s: {what}; seen {[b[:2] for b in before]}") from None
            if wanted(*item):
                return item, before
            before.append(item)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the reader, whose lock closing would wait for
        self.thread.join()
        self.connection.close()


class Program:
    """One of our programs, on free ports."""

    def __init__(self, name, args, cwd, environment=None):
        self.name = name
        # Appending: reading the log moves an offset that the program has too.
        self.errors = open(cwd / f"{name}-{next(NUMBERS)}.log", "a+")
        self.process = subprocess.Popen(
            [BIN / name, *map(str, args)], cwd=cwd, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env=ENVIRONMENT | (environment or {}), preexec_fn=die_with_parent)

    def wait_ready(self):
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if readable else f"no line within {PATIENCE} s"
        assert "ready" in line, f"{self.name} is not ready: {line!r}; {self.log()}"
        self.ports = [int(port) for port in re.findall(r"http://[^/ ]*:(\d+)", line)]
        self.port, self.admin_port = self.ports[0], self.ports[-1]
        return self

    def log(self):
        self.errors.seek(0)
        return self.errors.read()

    def metric(self, pattern):
        """The sum of all samples whose name and labels match."""
        text = request(self.admin_port, "/metrics").text
        return sum(float(value) for value in re.findall(rf"^{pattern} (\S+)$", text, re.MULTILINE))

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ends it and returns the seconds that took."""
        begin = time.monotonic()
        self.send(number)
        code = self.process.wait(timeout=30)
        seconds = time.monotonic() - begin
        assert code == 0, f"{self.name} ended with {code}: {self.log()}"
        return seconds

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


QUICK = {"name": "simulated", "ttl": "1s", "timeout": "1s", "duration": "100ms"}


class TestCase(unittest.TestCase):
    """Gives each test a directory, and leaves no process and no file behind."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vacancy-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def config(self, name="config.yaml", **keys):
        file = self.directory / name
        file.write_text(json.dumps(keys))  # JSON is YAML
        return file

    def program(self, name, *args, **options):
        program = Program(name, args, self.directory, **options)
        self.addCleanup(program.kill)
        return program

    def up(self, *args, **keys):
        keys.setdefault("probes", [QUICK])
        return self.program("vacancy", "up", "--config", self.config(**keys), "--data", "data", "--port", 0,
                            "--hardware-port", 0, "--admin-port", 0, *args).wait_ready()

    def hardware(self, *args, config="hardware.yaml", port=0, **keys):
        keys.setdefault("probes", [QUICK])
        return self.program("hardware", "--config", self.config(config, **keys), "--database", "sqlite:vacancy.db",
                            "--port", port, "--admin-port", 0, *args).wait_ready()

    def portal(self, *hardware_ports, config="portal.yaml", **keys):
        urls = ",".join(f"http://127.0.0.1:{port}" for port in hardware_ports)
        return self.program("portal", "--config", self.config(config, **keys), "--hardware-url", urls, "--port", 0,
                            "--admin-port", 0).wait_ready()

    def run_command(self, name, *args, environment=None):
        return subprocess.run([BIN / name, *map(str, args)], cwd=self.directory, capture_output=True, text=True, timeout=60,
                              env=ENVIRONMENT | (environment or {}))

    def events(self, port, path, **options):
        events = Events(port, path, **options)
        self.addCleanup(events.close)
        return events


def rows(port):
    """The API's rows by name."""
    return {row["name"]: row for row in request(port, "/api/v1/hardware?limit=1000").json["hardware"]}
