"""The servers that a portal is compared with, each with one worker on the server's core, and what is seen of them from outside."""

import contextlib
import http.client
import io
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from harness import BIN, Program, get

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


def pinned(core):
    """The command that runs another one on `core`, and ends it when this process is killed."""
    return ["taskset", "-c", str(core), "setpriv", "--pdeathsig", "TERM"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def tree(pid):
    """A process and its descendants."""
    pids = [pid]
    for each in pids:
        with contextlib.suppress(OSError):
            pids += map(int, pathlib.Path(f"/proc/{each}/task/{each}/children").read_text().split())
    return pids


def cpu_seconds(pid):
    """The CPU that a process and its descendants have used."""
    ticks = 0
    for each in tree(pid):
        fields = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def cpu_since(pid, before):
    """What was used since `before`; at least the smallest amount that is told, so that a ratio exists."""
    return max(cpu_seconds(pid) - before, 1 / os.sysconf("SC_CLK_TCK"))


def memory_bytes(pid):
    """The memory of a process and its descendants; what they share counts once."""
    rollups = [pathlib.Path(f"/proc/{each}/smaps_rollup").read_text() for each in tree(pid)]
    return 1024 * sum(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE).group(1)) for text in rollups)


class Peer:
    """A foreign server in a folder of its own. With no port it prints the one that it took."""

    def __init__(self, folder, command, core=SERVER_CORE, port=None):
        self.port = port
        self.process = subprocess.Popen([*pinned(core), *command], start_new_session=True, stdin=subprocess.DEVNULL,
                                        stdout=open(folder / "out", "w"), stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        self.out = folder / "out"
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise

    def wait(self):
        """Until it listens."""
        deadline = time.monotonic() + 30
        while True:
            if not self.port:
                self.port = int((self.out.read_text().split() or [0])[0])
            with contextlib.suppress(OSError):
                if self.port:
                    return socket.create_connection(("127.0.0.1", self.port)).close()
            assert self.process.poll() is None and time.monotonic() < deadline, \
                f"{self.process.args} does not start: {self.out.read_text()}"
            time.sleep(0.02)

    def stop(self):
        pids = tree(self.pid)
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()


def floor(folder, answer):
    (folder / "answer").write_bytes(answer)
    return Peer(folder, [BIN / "epoll_floor", folder / "answer"])


def original(folder, answer, seconds):
    """The design of the original system with given bytes. It only feeds caches, on the other core."""
    (folder / "answer").write_bytes(answer)
    port = free_port()
    return Peer(folder, [BIN / "original_peer", str(port), str(seconds), "--answer", folder / "answer", "a", "b"], LOAD_CORE, port)


def nginx(folder, server, top="", http=""):
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = " ".join(f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
      {top} daemon off; {user} pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; worker_rlimit_nofile 20000;
      events {{ worker_connections 16000; }}
      http {{
        access_log off; {temporary} keepalive_timeout 1h; keepalive_requests 1000000000; tcp_nodelay on; {http}
        server {{ listen 127.0.0.1:{port} backlog=4096; {server} }}
      }}""")
    return Peer(folder, ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"], port=port)


def nginx_static(folder, content_type, body, coded):
    """`/body`, a file; with `coded`, its compressed bytes are prepared beside it."""
    (folder / "www").mkdir()
    (folder / "www" / "body").write_bytes(b"not compressed" if coded else body)
    if coded:
        (folder / "www" / "body.gz").write_bytes(body)
    return nginx(folder, f"root {folder}/www; default_type '{content_type}'; gzip_static {'on' if coded else 'off'};",
                 http="sendfile on; tcp_nopush on; open_file_cache max=100; open_file_cache_valid 1h;")


def nginx_cache(folder, upstream):
    """A cache that never lets a client wait for what it has already."""
    return nginx(folder, f"""location / {{
      proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache c; proxy_cache_valid 200 1s; proxy_cache_use_stale updating error timeout; proxy_cache_background_update on;
      proxy_cache_lock on;
    }}""", http=f"sendfile on; tcp_nopush on; open_file_cache max=100; proxy_cache_path {folder}/cache keys_zone=c:1m inactive=1h;")


def varnish(folder, upstream):
    port = free_port()
    (folder / "default.vcl").write_text(f"""vcl 4.1;
      backend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
      sub vcl_backend_response {{ set beresp.ttl = 1s; set beresp.grace = 1h; }}""")
    return Peer(folder, ["varnishd", "-F", "-n", folder / "varnish", "-a", f"127.0.0.1:{port}", "-f", folder / "default.vcl",
                         "-s", "malloc,64m", "-p", "thread_pools=1", "-p", "timeout_idle=600", "-j", "none", "-T", "none"], port=port)


def nchan(folder):
    """Event streams on `/sub`, whose events are posted to `/pub`."""
    return nginx(folder, """
      location = /pub { nchan_publisher; nchan_channel_id c; nchan_message_buffer_length 4; }
      location = /sub { nchan_subscriber eventsource; nchan_channel_id c; nchan_subscriber_first_message newest; }""",
                 top="load_module /usr/lib/nginx/modules/ngx_nchan_module.so;")


class Ours:
    """A hardware service and its portal, of one build; each serves with one thread."""

    def __init__(self, folder, bin_dir, profiles, probes, hardware_core=SERVER_CORE):
        self.bin_dir = bin_dir
        config = {"threads": 1, "log_level": "warn", "profiles": profiles, "probes": probes}
        self.hardware = Program("hardware", config, folder, "--database", f"sqlite:{folder}/vacancy.db", label="hardware",
                                bin_dir=bin_dir, prefix=pinned(hardware_core))
        try:
            get(self.hardware.port, "/hardware/?wait=30")
            self.portal = self.new_portal(folder)
        except BaseException:
            self.hardware.kill()
            raise

    def new_portal(self, folder):
        return Program("portal", {"threads": 1, "log_level": "warn"}, folder, "--hardware-url", f"http://127.0.0.1:{self.hardware.port}",
                       label="portal", bin_dir=self.bin_dir, prefix=pinned(SERVER_CORE))

    def since(self):
        """The target of what changed since the portal's state."""
        version = json.loads(get(self.portal.port, "/api/v1/hardware?limit=1")[1])["version"]
        return f"/hardware/?since={version}"

    def settle(self):
        """Waits until the portal has every reading of a list that is measured once."""
        deadline = time.monotonic() + 30
        while json.loads(get(self.hardware.port, self.since())[1])["changed"]:
            assert time.monotonic() < deadline, "the portal does not catch up"
            time.sleep(0.05)

    def stop(self):
        self.portal.kill()
        self.hardware.kill()


class Exchange:
    """The answer to the bytes of a request: its status, headers and body, and `raw`, its bytes."""

    def __init__(self, port, request):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(request)
            self.raw = b""
            while b"\r\n\r\n" not in self.raw:
                self.more(connection)
            head, _, _ = self.raw.partition(b"\r\n\r\n")
            first, _, lines = head.partition(b"\r\n")
            self.status = int(first.split()[1])
            self.headers = http.client.parse_headers(io.BytesIO(lines + b"\r\n\r\n"))
            length = 0 if self.status == 304 else int(self.headers["Content-Length"])
            while len(self.raw) < len(head) + 4 + length:
                self.more(connection)
            self.body = self.raw[len(head) + 4:]

    def more(self, connection):
        piece = connection.recv(65536)
        assert piece, f"the answer ends early: {self.raw}"
        self.raw += piece


@contextlib.contextmanager
def stopping(server):
    try:
        yield server
    finally:
        server.stop()
