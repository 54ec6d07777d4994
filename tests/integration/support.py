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
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import database_server  # noqa: E402
import function_server  # noqa: E402
import kube_objects  # noqa: E402
import kube_server  # noqa: E402
import slurm_cluster  # noqa: E402

BIN = pathlib.Path(os.environ["BIN_DIR"])
# Without the sanitizers, which do not bear a preloaded library.
RELEASE_BIN = pathlib.Path(os.environ.get("RELEASE_BIN_DIR", "/nonexistent"))
# Never reached when all is well, so it may be long: the programs are under a sanitizer, on a machine that may be busy.
PATIENCE = 90.0
# How long an end may take that waits for what should have ended: longer than any test does.
DRAIN_TIMEOUT = "5m"
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


def request(port, path, method="GET", headers=None, body=None, timeout=PATIENCE):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Events:
    """A server-sent event stream, read in the background into a queue of (event, id, data), without its heartbeats."""

    def __init__(self, port, path, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
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
                    if event.get("event") != "heartbeat":
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


def of_each_process(name):
    """The bytes of a file in /proc of each process, by its number."""
    for path in pathlib.Path("/proc").glob(f"[0-9]*/{name}"):
        with contextlib.suppress(OSError):  # it has just ended
            yield int(path.parent.name), path.read_bytes()


def processes_with(marker):
    """The numbers of the processes that have the text in their arguments or their environment."""
    return {number for name in ("cmdline", "environ") for number, text in of_each_process(name) if marker.encode() in text}


def children(pid):
    """The numbers of a process's children, with those that nobody has reaped yet."""
    parents = {number: int(text.rpartition(b") ")[2].split()[1]) for number, text in of_each_process("stat")}
    return {number for number, parent in parents.items() if parent == pid}


class Program:
    """One of our programs, on free ports."""

    def __init__(self, name, args, cwd, environment=None, folder=BIN, open_files=None, **streams):
        """`open_files`: its soft and its hard limit. `streams` are those of subprocess.Popen, instead of a pipe for standard
        output and a file for the log."""
        self.name = name

        def prepare():
            die_with_parent()
            if open_files:
                resource.setrlimit(resource.RLIMIT_NOFILE, open_files)

        # Appending: reading the log moves an offset that the program has too.
        self.errors = open(cwd / f"{name}-{next(NUMBERS)}.log", "a+")
        self.process = subprocess.Popen(
            [folder / name, *map(str, args)], cwd=cwd, text=True, env=ENVIRONMENT | (environment or {}),
            **({"stdout": subprocess.PIPE, "stderr": self.errors, "preexec_fn": prepare} | streams))

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

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ends it in good order: well before DRAIN_TIMEOUT, so nothing was waited for that should have ended."""
        self.send(number)
        code = self.process.wait(timeout=PATIENCE)
        assert code == 0, f"{self.name} ended with {code}: {self.log()}"

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()


QUICK = {"name": "simulated", "ttl": "1s", "timeout": "1s", "duration": "100ms"}


class TestCase(unittest.TestCase):
    """Gives each test a directory, and leaves no process and no file behind."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vacancy-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def assert_logged(self, program, text):
        """A thread of its own writes the log."""
        eventually(f"the log has {text!r}", lambda: text in program.log())

    def config(self, name="config.yaml", **keys):
        file = self.directory / name
        file.write_text(json.dumps({"drain_timeout": DRAIN_TIMEOUT} | keys))  # JSON is YAML
        return file

    def program(self, name, *args, **options):
        program = Program(name, args, self.directory, **options)
        self.addCleanup(program.kill)
        return program

    def up(self, *args, **keys):
        keys.setdefault("probes", [QUICK])
        return self.program("vacancy", "up", "--config", self.config(**keys), "--data", "data", "--port", 0,
                            "--hardware-port", 0, "--admin-port", 0, *args).wait_ready()

    def hardware(self, *args, config="hardware.yaml", database="sqlite:vacancy.db", listen=0, ready=True,
                 process=None, **keys):
        keys.setdefault("probes", [QUICK])
        program = self.program("hardware", "--config", self.config(config, **keys), "--database", database,
                               "--port", listen, "--admin-port", 0, *args, **(process or {}))
        return program.wait_ready() if ready else program

    def portal(self, *hardware_ports, config="portal.yaml", **keys):
        urls = ",".join(f"http://127.0.0.1:{port}" for port in hardware_ports)
        return self.program("portal", "--config", self.config(config, **keys), "--hardware-url", urls, "--port", 0,
                            "--admin-port", 0).wait_ready()

    def functions(self):
        """The server of functions that measure, for this test."""
        return self.enterContext(function_server.FunctionServer())

    def run_command(self, name, *args, environment=None):
        return subprocess.run([BIN / name, *map(str, args)], cwd=self.directory, capture_output=True, text=True, timeout=PATIENCE,
                              env=ENVIRONMENT | (environment or {}))

    def events(self, port, path, **options):
        events = Events(port, path, **options)
        self.addCleanup(events.close)
        return events


def rows(port):
    """The API's rows by name, once there are any: nothing is true of all of none."""
    found = {row["name"]: row for row in request(port, "/api/v1/hardware?limit=1000").json["hardware"]}
    assert found, "there are no rows"
    return found


def listed(port):
    """The hardware service's rows, once there are any."""
    found = request(port, "/hardware/").json
    assert found, "there are no rows"
    return found


class DatabaseCase(TestCase):
    """A test with a real server, started once for the class, and a database of its own on it."""

    kind = "mariadb"
    tls = False
    options = ()
    environment = {}

    @classmethod
    def setUpClass(cls):
        try:
            cls.server = database_server.DatabaseServer(cls.kind, tls=cls.tls, fast=True, options=cls.options,
                                                        environment=cls.environment)
        except database_server.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.name = f"vacancy_{next(NUMBERS)}"
        self.server.sql(f"CREATE DATABASE {self.name}")

    def url(self, port=None, host="127.0.0.1", user=None):
        return f"mysql://{user or self.server.user}@{host}:{port or self.server.port}/{self.name}"

    def hardware(self, *args, database=None, hardware=None, **options):
        keys = {"database_password_file": self.server.password_file} | (hardware or {})
        return super().hardware(*args, database=database or self.url(), hardware=keys, **options)

    def sql(self, statements):
        """The rows that statements of the database's administrator give, as text."""
        return self.server.sql(f"USE {self.name}; {statements}")

    def number(self, statement):
        return int(self.sql(statement))

    def session(self):
        """A session of the administrator that stays open: give it a statement, and read a line."""
        session = subprocess.Popen(
            [self.server.client, "--no-defaults", "--user=root", f"--socket={self.server.socket}", "--skip-ssl", "--batch",
             "--skip-column-names", "--unbuffered", self.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(session.wait)
        self.addCleanup(session.stdout.close)
        self.addCleanup(session.stdin.close)
        return session

    def lock(self, table):
        """A session that has locked a table; it takes further statements."""
        session = self.session()
        session.stdin.write(f"LOCK TABLES {table} WRITE; SELECT 'locked';\n")
        session.stdin.flush()
        self.assertEqual(session.stdout.readline(), "locked\n")
        return session
