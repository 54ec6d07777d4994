"""Receivers of alerts for tests, and a source whose levels a test sets. Standard library, but for the programs they run."""

import datetime
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def seconds_of(time_text):
    """A time of RFC 3339 in seconds since 1970."""
    return datetime.datetime.fromisoformat(time_text.replace("Z", "+00:00")).timestamp()


class Server:
    """An HTTP server on a free port, each request on a thread of its own."""

    def __init__(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.post(self, body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that break off
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def answer(handler, status, body=b"", headers=()):
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class Levels(Server):
    """A batched source: each profile's level is what `levels` says. `fails`: it answers 503."""

    def __init__(self):
        self.levels, self.fails = {}, False
        super().__init__()

    def probe(self, **keys):
        return {"name": "levels", "kind": "http", "url": self.url, "method": "POST", "batch": True, "ttl": "1s",
                "timeout": "5s"} | keys

    def post(self, handler, body):
        if self.fails:
            self.answer(handler, 503)
            return
        rows = [{"provider": row["provider"], "name": row["name"], "level": self.levels.get(row["name"], "LOW")}
                for row in json.loads(body)]
        self.answer(handler, 200, json.dumps(rows).encode(), [("Content-Type", "application/json")])


class Attempt:
    """A request that a webhook got."""

    def __init__(self, headers, body):
        self.at, self.headers, self.body = time.time(), headers, body
        self.id, self.accepted = headers.get("Vacancy-Id"), False

    @property
    def json(self):
        return json.loads(self.body)

    def is_genuine(self, key):
        stamp = self.headers["Vacancy-Timestamp"]
        mine = hmac.new(key.encode(), stamp.encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest("v1=" + mine, self.headers["Vacancy-Signature"]) and abs(self.at - int(stamp)) < 60


class Hook(Server):
    """A webhook. `behave(number of the attempt, from 0)` says what it does: a status, or a pair of one and headers; "drop"
    closes the connection, "cut" does so within the answer, "cut head" within its head, and a function is called and its result taken."""

    def __init__(self, behave=lambda number: 200):
        self.behave, self.attempts, self.lock = behave, [], threading.Lock()
        super().__init__()

    def post(self, handler, body):
        attempt = Attempt(handler.headers, body)
        with self.lock:
            number = len(self.attempts)
            self.attempts.append(attempt)
        wanted = self.behave(number)
        if callable(wanted):
            wanted = wanted()
        parts = {"drop": b"", "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of",
                 "cut head": b"HTTP/1.1 200 OK\r\nContent-Le"}
        if wanted in parts:
            handler.wfile.write(parts[wanted])
            handler.close_connection = True
            return
        status, headers = wanted if isinstance(wanted, tuple) else (wanted, ())
        attempt.accepted = status // 100 == 2
        self.answer(handler, status, b"", headers)

    def accepted(self):
        """The messages, each once, in the order of their first arrival."""
        found = {}
        for attempt in list(self.attempts):
            if attempt.accepted:
                found.setdefault(attempt.id, attempt)
        return list(found.values())

    def items(self):
        """What was told about each subject, in order."""
        told = {}
        for attempt in self.accepted():
            for item in attempt.json["items"]:
                told.setdefault(item["subject"], []).append(item)
        return told


class Mailbox:
    """The mail server of smtp_server.mjs."""

    def __init__(self, *arguments):
        self.mails = []
        self.process = subprocess.Popen(["node", ROOT / "tests/support/smtp_server.mjs", *map(str, arguments)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.mails.append(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


def make_certificate(directory, name="localhost"):
    """A certificate and its key, both as files."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}-key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


class Alertmanager:
    """Debian's Alertmanager, which sends what it gets on to `hook`."""

    program = shutil.which("prometheus-alertmanager")

    def __init__(self, directory, hook):
        config = directory / "alertmanager.yml"
        config.write_text(json.dumps({
            "route": {"receiver": "hook", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": hook.url, "send_resolved": True}]}]}))
        self.log = open(directory / "alertmanager.log", "w+")
        self.process = subprocess.Popen(
            [self.program, f"--config.file={config}", f"--storage.path={directory}/alertmanager", "--cluster.listen-address=",
             "--web.listen-address=127.0.0.1:0"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        deadline = time.monotonic() + 60
        while not (found := re.search(r'msg="?Listening on"?.* address=127.0.0.1:(\d+)', self._said())):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"Alertmanager does not start: {self._said()}")
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{found.group(1)}"
        return self

    def _said(self):
        self.log.seek(0)
        return self.log.read()

    def alerts(self):
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            return json.load(answer)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
