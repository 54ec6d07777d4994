"""The portal behind the proxies of Debian, each with the least configuration and with the one of docs/operations.md."""

import json
import shutil
import socket
import ssl
import subprocess
import time
import unittest
import urllib.parse

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
      daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
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
    return ["apache2", "-D", "FOREGROUND", "-f", folder / "apache.conf"]


def apache_deflate(listen, upstream, folder, path):
    return apache(listen, upstream, folder, path, "AddOutputFilterByType DEFLATE text/html application/json text/event-stream")


class Tls(ssl.SSLContext):
    """Believes whatever certificate."""

    def __new__(cls):
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


class Stream:
    """Lines of a stream through a proxy, as they come."""

    def __init__(self, port, path, tls):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if tls:
            self.socket = Tls().wrap_socket(self.socket, server_hostname="localhost")
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        self.text = ""

    def until(self, wanted, seconds=PATIENCE):
        """How long it took to come."""
        begin = time.monotonic()
        while wanted not in self.text:
            left = begin + seconds - time.monotonic()
            assert left > 0, f"no {wanted!r} within {seconds} s: {self.text[-500:]!r}"
            self.socket.settimeout(left)
            piece = self.socket.recv(65536)
            assert piece, f"it ended: {self.text[-500:]!r}"
            self.text += piece.decode(errors="replace")
        self.text = self.text[self.text.index(wanted) + len(wanted):]
        return time.monotonic() - begin

    def close(self):
        self.socket.close()


class ProxyTest(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    def behind(self, program, make, path="/", tls=False):
        if shutil.which(program) is None and not shutil.which(program, path="/usr/sbin"):
            self.skipTest(f"{program} is missing")
        folder = self.directory / "proxy"
        folder.mkdir()
        if tls:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                           check=True, capture_output=True)
        (self.directory / "token").write_text(TOKEN)
        probe = {"name": "simulated", "ttl": "1h", "timeout": "10s", "duration": "10ms"}
        self.hardware_service = self.hardware(hardware={"admin_token_file": "token"}, profiles=["p/first"], probes=[probe])
        portal = self.portal(self.hardware_service.port)
        listen = free_port()
        command = make(listen, portal.port, folder, path)
        found = shutil.which(command[0], path=ENVIRONMENT.get("PATH", "") + ":/usr/sbin:/usr/bin")
        proxy = Program("proxy", command[1:], self.directory, folder=folder, executable=found,
                        environment={"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})
        self.addCleanup(proxy.kill)
        self.listen, self.path, self.tls = listen, path, tls

        def listens():
            self.assertIsNone(proxy.process.poll(), proxy.log())
            return self.ask("/api/v1/hardware")["total"]
        eventually(f"{command[0]} listens", listens)

    def curl(self, path, *more):
        scheme = "https" if self.tls else "http"
        url = f"{scheme}://127.0.0.1:{self.listen}{self.path}{path.lstrip('/')}"
        return subprocess.run(["curl", "-sSk", "--max-time", "60", *more, url], capture_output=True, text=True, check=True).stdout

    def ask(self, path):
        return json.loads(self.curl(path))

    def add(self, name):
        answer = request(self.hardware_service.port, "/hardware/", "POST",
                         {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
                         json.dumps({"provider": "p", "name": name}))
        self.assertEqual(answer.status, 201, answer.text)

    def check(self):
        self.assertIn("p - first: ", self.curl("/"))
        self.assertIn("<html", self.curl("/", "-H", "Accept: text/html", "--compressed"))
        self.stream_arrives()
        self.wait_answers()
        self.list_is_walked()
        if not self.tls:
            self.commands_work()

    def stream_arrives(self):
        stream = Stream(self.listen, f"{self.path}api/v1/events", self.tls)
        self.addCleanup(stream.close)
        stream.until('"phase":"end"')
        for name in ["second", "third"]:
            self.add(name)
            self.assertLess(stream.until(f'"name":"{name}"'), SOON)
        stream.until("event: heartbeat\n", 10)

    def wait_answers(self):
        begin = time.monotonic()
        self.assertFalse(self.ask("/api/v1/wait?profile=p/none&timeout=300ms")["satisfied"])
        self.assertLess(time.monotonic() - begin, SOON + 0.3)

    def list_is_walked(self):
        url, names = "/api/v1/hardware?limit=2", []
        while url:
            page = self.ask(url)
            names += [row["name"] for row in page["hardware"]]
            url = page["next"] and urllib.parse.urljoin(url, page["next"])
        self.assertEqual(names, ["first", "second", "third"])

    def commands_work(self):
        url = f"http://127.0.0.1:{self.listen}{self.path}".rstrip("/")
        listed = self.run_command("vacancy", "list", "--url", url)
        self.assertIn("third", listed.stdout, listed.stderr)
        watch = subprocess.Popen([BIN / "vacancy", "watch", "--url", url], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT,
                                 cwd=self.directory)
        try:
            for line in watch.stdout:
                if "p/third" in line:
                    break
            self.add("fourth")
            begin = time.monotonic()
            for line in watch.stdout:
                if "p/fourth" in line:
                    break
            self.assertLess(time.monotonic() - begin, SOON)
        finally:
            watch.kill()
            watch.wait()
            watch.stdout.close()


CASES = {
    "nginx": ("nginx", nginx), "nginx_tuned": ("nginx", nginx_tuned), "nginx_tls": ("nginx", nginx_tls),
    "caddy": ("caddy", caddy), "caddy_encode": ("caddy", caddy_encode), "caddy_tls": ("caddy", caddy_tls),
    "haproxy": ("haproxy", haproxy), "haproxy_tuned": ("haproxy", haproxy_tuned), "varnish": ("varnishd", varnish),
    "apache": ("apache2", apache), "apache_deflate": ("apache2", apache_deflate),
}


def case(program, make, path):
    def test(self):
        self.behind(program, make, path, make.__name__.endswith("_tls"))
        self.check()
    return test


for each, (program, make) in CASES.items():
    for place, path in [("root", "/"), ("sub_path", "/vacancy/")]:
        setattr(ProxyTest, f"test_{each}_at_{place}", case(program, make, path))

if __name__ == "__main__":
    unittest.main()
