"""The portal behind the proxies of Debian, each with the least configuration and with the one of docs/operations.md."""

import concurrent.futures
import functools
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
import unittest
import urllib.parse
import zlib

from support import BIN, ENVIRONMENT, PATIENCE, Program, TestCase, eventually, request

TOKEN = "0123456789abcdef"
SOON = 2.0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def nginx(listen, upstream, folder, path, more="", tls=False):
    """With nothing but proxy_pass it speaks HTTP/1.0."""
    certificate = f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;" if tls else ""
    (folder / "nginx.conf").write_text(f"""
      daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
      events {{ worker_connections 256; }}
      http {{
        access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp;
        fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
        server {{
          listen 127.0.0.1:{listen} {"ssl" if tls else ""}; {certificate}
          location {path} {{ proxy_pass http://127.0.0.1:{upstream}/; {more} }}
        }}
      }}""")
    return ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]


def nginx_tuned(listen, upstream, folder, path):
    return nginx(listen, upstream, folder, path, 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host '
                 "$http_host; proxy_buffering off; gzip on; gzip_types text/event-stream application/json;")


def nginx_tls(listen, upstream, folder, path):
    return nginx(listen, upstream, folder, path, tls=True)


def caddy(listen, upstream, folder, path, site=None, more=""):
    handle = f"handle_path {path}*" if path != "/" else "handle"
    (folder / "Caddyfile").write_text(f"""
      {{
        admin off
        auto_https disable_redirects
        skip_install_trust
        storage file_system {folder}/storage
      }}
      {site or f"http://127.0.0.1:{listen}"} {{
        {more}
        {handle} {{
          reverse_proxy 127.0.0.1:{upstream}
        }}
      }}""")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]


def caddy_encode(listen, upstream, folder, path):
    return caddy(listen, upstream, folder, path, more="encode zstd gzip")


def caddy_tls(listen, upstream, folder, path):
    return caddy(listen, upstream, folder, path, f"https://127.0.0.1:{listen}", f"tls {folder}/cert.pem {folder}/key.pem")


def haproxy(listen, upstream, folder, path, more=""):
    strip = f"http-request replace-path {path}(.*) /\\1" if path != "/" else ""
    (folder / "haproxy.cfg").write_text(f"""
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend f
  bind 127.0.0.1:{listen}
  default_backend b
backend b
  {strip}
  {more}
  server s 127.0.0.1:{upstream}
""")
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


def haproxy_tuned(listen, upstream, folder, path):
    return haproxy(listen, upstream, folder, path, "compression algo gzip\n  compression type text/html application/json "
                   "text/event-stream\n  option httpchk GET /api/v1/hardware?limit=1")


def varnish(listen, upstream, folder, path):
    strip = f'sub vcl_recv {{ set req.url = regsub(req.url, "^{path}", "/"); }}' if path != "/" else ""
    (folder / "default.vcl").write_text(
        f'vcl 4.1; backend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }} {strip}')
    return ["varnishd", "-F", "-n", folder / "varnish", "-a", f"127.0.0.1:{listen}", "-f", folder / "default.vcl", "-s", "malloc,16m",
            "-j", "none", "-T", "none"]


def apache(listen, upstream, folder, path, more=""):
    (folder / "apache.conf").write_text(f"""
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
Listen 127.0.0.1:{listen}
""" + "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
              for name in ["mpm_event", "authz_core", "proxy", "proxy_http", "filter", "deflate"]) + f"""
{more}
ProxyPass {path} http://127.0.0.1:{upstream}/
""")
    return ["apache2", "-X", "-f", folder / "apache.conf"]


def apache_deflate(listen, upstream, folder, path):
    return apache(listen, upstream, folder, path, "AddOutputFilterByType DEFLATE text/html application/json text/event-stream")


class Tls(ssl.SSLContext):
    """Believes whatever certificate."""

    def __new__(cls):
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


class Stream:
    """A stream through a proxy, as it comes."""

    def __init__(self, port, path, tls):
        kind = functools.partial(http.client.HTTPSConnection, context=Tls()) if tls else http.client.HTTPConnection
        self.connection = kind("127.0.0.1", port, timeout=PATIENCE)
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        self.socket, self.answer = self.connection.sock, self.connection.getresponse()
        coded = self.answer.headers["Content-Encoding"] == "gzip"
        self.decode = zlib.decompressobj(31).decompress if coded else bytes
        self.text = ""

    def until(self, wanted, seconds=PATIENCE):
        """How long it took to come."""
        begin = time.monotonic()
        while wanted not in self.text:
            self.socket.settimeout(max(0.001, begin + seconds - time.monotonic()))
            try:
                piece = self.answer.read1(65536)
            except TimeoutError:
                raise AssertionError(f"no {wanted!r} within {seconds} s: {self.text[-500:]!r}") from None
            assert piece, f"it ended: {self.text[-500:]!r}"
            self.text += self.decode(piece).decode()
        self.text = self.text[self.text.index(wanted) + len(wanted):]
        return time.monotonic() - begin

    def close(self):
        self.connection.close()


class Proxy:
    """One proxy before the portal of the test, and what is asked of it."""

    def __init__(self, test, name, command, path):
        self.test, self.path, self.tls = test, path, name.endswith("_tls")
        self.name = f"{name} at {path}"
        folder = test.directory / f"{name}{path.count('/')}"
        folder.mkdir()
        for file in ["cert.pem", "key.pem"]:
            shutil.copy(test.directory / file, folder)
        self.listen = free_port()
        program, *args = command(self.listen, test.portal_service.port, folder, path)
        self.program = Program(name, args, folder, folder=folder, executable=find(program), environment={"HOME": str(folder)})
        test.addCleanup(self.program.kill)

    def curl(self, path, *more):
        url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.listen}{self.path}{path.lstrip('/')}"
        return subprocess.run(["curl", "-sSk", "--max-time", "60", *more, url], capture_output=True, text=True, check=True).stdout

    def ask(self, path):
        return json.loads(self.curl(path))

    def listens(self):
        assert self.program.process.poll() is None, self.program.log()
        try:
            return self.ask("/api/v1/hardware")["total"]
        except subprocess.CalledProcessError:
            return 0

    def check(self):
        eventually(f"{self.name} listens", self.listens)
        assert "p - first: " in self.curl("/")
        assert "<html" in self.curl("/", "-H", "Accept: text/html", "--compressed")
        stream = Stream(self.listen, f"{self.path}api/v1/events", self.tls)
        try:
            stream.until('"phase":"end"')
            for name in [f"{self.name} 1", f"{self.name} 2"]:
                self.test.add(name)
                took = stream.until(f'"name":"{name}"')
                assert took < SOON, f"a change came after {took:.1f} s"
            stream.until("event: heartbeat\n")
        finally:
            stream.close()
        assert not self.ask("/api/v1/wait?profile=p/none&timeout=300ms")["satisfied"]
        self.walk()
        self.command_line()

    def walk(self):
        url, names = "/api/v1/hardware?limit=2", []
        while url:
            page = self.ask(url)
            names += [row["name"] for row in page["hardware"]]
            url = page["next"] and urllib.parse.urljoin(url, page["next"])
        assert sorted(set(names)) == names and f"{self.name} 2" in names, names

    def command_line(self):
        url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.listen}{self.path}".rstrip("/")
        at = ["--url", url, *(["--ca-file", self.test.directory / "cert.pem"] if self.tls else [])]
        listed = self.test.run_command("vacancy", "list", *at)
        assert f"{self.name} 2" in listed.stdout, listed.stderr
        if self.tls:
            stranger = self.test.run_command("vacancy", "list", "--url", url)
            assert stranger.returncode == 2 and "certificate" in stranger.stderr, stranger
        waited = self.test.run_command("vacancy", "wait", "p/first", "--at-least", "LOW", "--timeout", "1m", *at)
        assert waited.returncode == 0, waited.stderr
        watch = subprocess.Popen([BIN / "vacancy", "watch", *at], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
                                 cwd=self.test.directory)
        try:
            next(line for line in watch.stdout if f"p/{self.name} 2" in line)
            self.test.add(f"{self.name} 3")
            begin = time.monotonic()
            next(line for line in watch.stdout if f"p/{self.name} 3" in line)
            assert time.monotonic() - begin < SOON
        finally:
            watch.kill()
            watch.wait()
            watch.stdout.close()


def find(program):
    return shutil.which(program, path=ENVIRONMENT.get("PATH", "") + ":/usr/sbin:/usr/bin")


CASES = {
    "nginx": ("nginx", nginx), "nginx_tuned": ("nginx", nginx_tuned), "nginx_tls": ("nginx", nginx_tls),
    "caddy": ("caddy", caddy), "caddy_encode": ("caddy", caddy_encode), "caddy_tls": ("caddy", caddy_tls),
    "haproxy": ("haproxy", haproxy), "haproxy_tuned": ("haproxy", haproxy_tuned), "varnish": ("varnishd", varnish),
    "apache": ("apache2", apache), "apache_deflate": ("apache2", apache_deflate),
}


class ProxyTest(TestCase):
    def add(self, name):
        answer = request(self.hardware_service.port, "/hardware/", "POST",
                         {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
                         json.dumps({"provider": "p", "name": name}))
        self.assertEqual(answer.status, 201, answer.text)

    def test_each_proxy_passes_pages_streams_and_requests_that_wait(self):
        cases = [(name, command, path) for name, (program, command) in CASES.items() if find(program) for path in ["/", "/vacancy/"]]
        if not cases:
            self.skipTest("no proxy is installed")
        (self.directory / "token").write_text(TOKEN)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", self.directory / "key.pem", "-out", self.directory / "cert.pem"],
                       check=True, capture_output=True)
        probe = {"name": "simulated", "ttl": "1h", "timeout": "10s", "duration": "10ms"}
        self.hardware_service = self.hardware(hardware={"admin_token_file": "token"}, profiles=["p/first"], probes=[probe])
        self.portal_service = self.portal(self.hardware_service.port)
        proxies = [Proxy(self, *each) for each in cases]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            checks = [pool.submit(proxy.check) for proxy in proxies]
        for proxy, check in zip(proxies, checks):
            with self.subTest(proxy.name):
                check.result()


if __name__ == "__main__":
    unittest.main()
