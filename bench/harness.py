"""Runs the programs for a benchmark and looks at them from outside. Standard library only."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "release" / "bin"
# Chosen on the command line: see bench.py.
OPTIONS = types.SimpleNamespace(bin_dir=BIN, against=None, rounds=6, quick=False, writes=True)


def percentile(values, share):
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def against(goal, value, text):
    """`text` of a measured value, and whether it missed its goal."""
    return text if value <= goal else f"{text} (missed)"


def get(port, path, headers=None, timeout=120):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def timed_gets(port, path, count, headers=None):
    """Seconds of `count` requests, one after the other, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
        seconds.append(time.perf_counter() - begin)
        assert answer.status == 200 and body, (path, answer.status)
    connection.close()
    return seconds


class Program:
    """One of our programs on free ports, until stop() or kill(). `prefix` is a command that runs it."""

    def __init__(self, name, config, directory, *args, label="config", bin_dir=BIN, prefix=()):
        file = pathlib.Path(directory) / f"{label}.yaml"
        file.write_text(json.dumps(config))  # JSON is YAML
        self.log = open(pathlib.Path(directory) / f"{label}.log", "a+")
        self.begin = time.perf_counter()
        self.process = subprocess.Popen(
            [*prefix, bin_dir / name, *args, "--config", file, "--port", "0", "--admin-port", "0"], stdout=subprocess.PIPE,
            stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.ready_seconds = time.perf_counter() - self.begin
        assert "ready" in line, f"not ready: {line} {self.said()}"
        ports = [int(port) for port in re.findall(r"http://[^/ ]*:(\d+)", line)]
        self.port, self.admin_port = ports[0], ports[-1]
        self.hardware_port = ports[1] if len(ports) > 2 else None

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def metric(self, name):
        text = get(self.admin_port, "/metrics")[1].decode()
        return sum(float(value) for value in re.findall(rf"^{name} (\S+)$", text, re.MULTILINE))

    def probes(self):
        return int(self.metric(r"vacancy_probes_total\{[^}]*\}"))

    def resident_mb(self, field="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+)", status).group(1)) / 1024

    def peak_mb(self):
        return self.resident_mb("VmHWM")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=20) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()


class Vacancy(Program):
    """`vacancy up` with its own data directory or a given one."""

    def __init__(self, config, data):
        super().__init__("vacancy", config, data, "up", "--data", data, "--log-level", "warn", "--hardware-port", "0")


@contextlib.contextmanager
def vacancy(config, data=None):
    with contextlib.ExitStack() as stack:
        directory = data or stack.enter_context(tempfile.TemporaryDirectory(prefix="vacancy-bench-"))
        running = Vacancy(config, directory)
        try:
            yield running
        finally:
            running.stop()


def profiles(count):
    return [{"provider": f"provider-{i % 10}", "name": f"type-{i:06}"} for i in range(count)]


def simulated(ttl, duration="5s", timeout="30s"):
    return [{"name": "simulated", "ttl": ttl, "timeout": timeout, "duration": duration}]


class ReadingCounter:
    """Follows /hardware/events and counts the readings of each profile."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.request("GET", "/hardware/events")
        self.answer = self.connection.getresponse()
        self.lock = threading.Lock()
        self.last = {}
        self.counts = {}
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
            for line in self.answer:
                if not line.startswith(b"data: "):
                    continue
                data = json.loads(line[6:])
                with self.lock:
                    for row in data.get("rows", []) + data.get("changed", []):
                        if row["measured_at"] and row["measured_at"] != self.last.get(row["id"]):
                            self.last[row["id"]] = row["measured_at"]
                            self.counts[row["id"]] = self.counts.get(row["id"], 0) + 1

    def take(self):
        """The counts since the last call."""
        with self.lock:
            counts, self.counts = self.counts, {}
            return counts


class Load:
    """wrk with `clients` connections for `seconds`, in the background."""

    def __init__(self, url, clients, seconds, accept="text/html"):
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "60s", "-H", f"Accept: {accept}",
             "-H", "Accept-Encoding: gzip", url], stdout=subprocess.PIPE, text=True)

    def result(self):
        text = self.process.communicate()[0]
        units = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}

        def milliseconds(pattern):
            value, unit = re.search(pattern + r"\s+([\d.]+)(us|ms|s|m)\b", text).groups()
            return float(value) * units[unit]

        longest = re.search(r"Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s|m)\b", text).groups()
        errors = re.search(r"Socket errors: (.*)", text)
        return {
            "requests/s": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
            "p50 ms": milliseconds("50%"),
            "p99 ms": milliseconds("99%"),
            "max ms": float(longest[0]) * units[longest[1]],
            "errors": errors.group(1) if errors else ("non-2xx" if "Non-2xx" in text else "none"),
        }
