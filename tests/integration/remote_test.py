"""The command line against a portal behind https, a path and a login; `status`; `init` on a real cluster."""

import base64
import http.client
import http.server
import json
import os
import re
import shutil
import ssl
import subprocess
import threading

from completion_test import on_terminal, width
from support import BIN, ENVIRONMENT, PATIENCE, TestCase, eventually, request, rows, slurm_cluster

LOGIN = "Basic " + base64.b64encode(b"me:s3cret").decode()


class Edge(http.server.ThreadingHTTPServer):
    """What stands before a portal: TLS, a path that it takes off, and a login."""

    daemon_threads = True

    def __init__(self, target, certificate, key, prefix="/vacancy"):
        edge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path.startswith("/old/"):
                    return self.reply(302, {"Location": prefix + self.path[4:]})
                if self.path.startswith("/sso/"):
                    return self.reply(302, {"Location": "https://login.example/start?secret=1"})
                if self.headers.get("Authorization") != edge.login:
                    return self.reply(401, {"WWW-Authenticate": "Basic"})
                inner = http.client.HTTPConnection("127.0.0.1", target, timeout=PATIENCE)
                inner.request(self.command, self.path.removeprefix(prefix), headers={"Accept": self.headers.get("Accept", "*/*")})
                answer = inner.getresponse()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                try:
                    while piece := answer.read1(65536):
                        self.wfile.write(piece)
                except (OSError, http.client.HTTPException):
                    pass
                inner.close()

            def reply(self, status, headers):
                self.send_response(status)
                for name, value in (headers | {"Content-Length": "0"}).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.login = None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class RemoteTest(TestCase):
    def setUp(self):
        super().setUp()
        if not shutil.which("openssl"):
            self.skipTest("no openssl")
        self.certificate, key = self.directory / "ca.pem", self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.certificate],
                       check=True, capture_output=True)
        self.vacancy = self.up()
        eventually("levels", lambda: all(row["availability"] != "UNKNOWN" for row in rows(self.vacancy.port).values()))
        self.edge = Edge(self.vacancy.port, self.certificate, key)
        self.addCleanup(self.edge.server_close)
        self.addCleanup(self.edge.shutdown)
        self.origin = f"https://localhost:{self.edge.server_address[1]}"
        self.url = f"{self.origin}/vacancy/"

    def ask(self, *args, environment=None, trusted=True):
        trust = ["--ca-file", self.certificate] if trusted else []
        return self.run_command("vacancy", *args, *trust, environment={"XDG_CONFIG_HOME": str(self.directory)} | (environment or {}))

    def test_every_command_of_a_portal_goes_through_https_below_a_path(self):
        listed = self.ask("list", "-o", "name", "--url", self.url)
        self.assertEqual((listed.stdout, listed.stderr), ("Amazon/c5\nAzure/H16mr\n", ""))
        self.assertEqual(self.ask("wait", "Azure/*", "--at-least", "LOW", "--timeout", "30s", "--url", self.url).returncode, 0)
        self.assertIn("ok    portal", self.ask("status", "--url", self.url).stdout)
        self.assertIn("provider,name,", self.ask("list", "-o", "csv", "--url", self.url).stdout)
        watch = subprocess.Popen([BIN / "vacancy", "watch", "--url", self.url, "--ca-file", self.certificate], stdout=subprocess.PIPE,
                                 text=True, env=ENVIRONMENT)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        self.assertIn("Amazon/c5", watch.stdout.readline())
        untrusted = self.ask("list", "--url", self.url, trusted=False)
        self.assertEqual(untrusted.returncode, 2)
        self.assertIn("certificate not trusted", untrusted.stderr)
        waiting = self.ask("wait", "Azure/*", "--url", self.url, trusted=False)
        self.assertEqual(waiting.returncode, 2, "it does not wait for what does not come")

    def test_logins_come_from_files_urls_and_named_servers(self):
        self.edge.login = LOGIN
        (self.directory / "login").write_text("me:s3cret\n")
        (self.directory / "wrong").write_text("me:other\n")
        missing = self.ask("list", "--url", self.url)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("wants a login, and none is given", missing.stderr)
        wrong = self.ask("list", "--url", self.url, "--login-file", "wrong")
        self.assertIn("it is wrong", wrong.stderr)
        self.assertEqual(self.ask("list", "--url", self.url, "--login-file", "login").returncode, 0)
        with_login = self.url.replace("https://", "https://me:s3cret@")
        self.assertEqual(self.ask("list", "--url", with_login).returncode, 0)
        self.assertEqual(self.ask("list", environment={"VACANCY_URL": with_login}).returncode, 0)
        (self.directory / "headers").write_text(f"Authorization: {LOGIN}\n")
        self.assertEqual(self.ask("list", "--url", self.url, "--header-file", "headers").returncode, 0)
        (self.directory / "vacancy").mkdir()
        (self.directory / "vacancy/config.yaml").write_text(
            f"default: lab\nservers:\n  lab: {{url: '{self.url}', ca_file: ../ca.pem, login_file: ../login}}\n")
        self.assertEqual(self.ask("list", trusted=False).returncode, 0)
        self.assertEqual(self.ask("list", "--server", "lab", trusted=False).returncode, 0)
        for result in (missing, wrong, self.ask("list", "--url", with_login.replace("s3cret", "s4cret"))):
            self.assertNotRegex(result.stderr, "s.cret")

    def test_no_other_process_sees_the_login_of_a_url(self):
        self.edge.login = LOGIN
        watch = subprocess.Popen([BIN / "vacancy", "watch", "--url", self.url.replace("https://", "https://me:s3cret@"), "--ca-file",
                                  self.certificate], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        watch.stdout.readline()
        with open(f"/proc/{watch.pid}/cmdline", "rb") as file:
            self.assertNotIn(b"s3cret", file.read())

    def test_redirects_lead_within_the_origin_only(self):
        self.assertEqual(self.ask("list", "--url", f"{self.origin}/old").returncode, 0)
        for command in (["list"], ["status"], ["wait", "a/b"], ["watch"]):
            result = self.ask(*command, "--url", f"{self.origin}/sso")
            self.assertEqual(result.returncode, 2, command)
            self.assertIn("redirects to https://login.example/start, a login page", result.stderr)

    def test_status_says_what_is_wrong(self):
        url = f"http://127.0.0.1:{self.vacancy.port}"
        well = self.run_command("vacancy", "status", "--json", "--url", url)
        self.assertEqual((well.returncode, json.loads(well.stdout)["ok"]), (0, True), well)
        self.vacancy.stop()
        away = self.run_command("vacancy", "status", "--url", url)
        self.assertEqual(away.returncode, 1)
        self.assertRegex(away.stdout, r"^WRONG portal    cannot connect to")

    def test_what_is_printed_fits_80_columns(self):
        url = f"http://127.0.0.1:{self.vacancy.port}"
        hardware = f"http://127.0.0.1:{self.vacancy.ports[1]}"
        for name in ("a" * 60, "日本" * 15):
            added = self.run_command("vacancy", "profile", "--hardware-url", hardware, "add", "provider-of-some-length", name)
            self.assertEqual(added.returncode, 0, added)
        eventually("they are there", lambda: len(rows(self.vacancy.port)) == 4)
        for columns in (80, 40):
            for args in (["list"], ["list", "--color", "always"], ["status"], ["profile", "--hardware-url", hardware, "list"],
                         ["wait", "*/*", "--free", "1", "--timeout", "1s"]):
                place = [] if args[0] == "profile" else ["--url", url]
                text = re.sub(r"\x1b\[[\d;]*[mK]", "", on_terminal([BIN / "vacancy", *args, *place], self.directory, columns))
                lines = re.split(r"[\r\n]+", text)
                if args[0] != "wait":
                    self.assertEqual([line for line in lines if width(line) > columns], [], (args, columns))
                else:
                    self.assertEqual([line for line in lines if width(line) > columns and "waiting" in line], [], columns)

    def test_a_terminal_gets_colors_unless_it_says_no(self):
        url = f"http://127.0.0.1:{self.vacancy.port}"
        self.assertIn("\x1b[", on_terminal(["env", "TERM=xterm", BIN / "vacancy", "list", "--url", url], self.directory))
        self.assertNotIn("\x1b[", on_terminal(["env", "NO_COLOR=1", BIN / "vacancy", "list", "--url", url], self.directory))


class InitTest(TestCase):
    def init(self, *args, **environment):
        quiet = {"HOME": str(self.directory), "PATH": f"{BIN}:/bin"} | environment
        return self.run_command("vacancy", "init", *args, environment=quiet)

    def test_it_writes_what_up_reads_and_no_secret(self):
        result = self.init(AWS_ACCESS_KEY_ID="AKIAs3cret", AWS_SECRET_ACCESS_KEY="s3cret", PATH="/nonexistent")
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("AWS", result.stdout)
        text = (self.directory / "vacancy.yaml").read_text()
        self.assertNotIn("s3cret", text)
        again = self.init(PATH="/nonexistent")
        self.assertEqual(again.returncode, 2)
        self.assertIn("--force", again.stderr)
        self.assertEqual((self.directory / "vacancy.yaml").read_text(), text)
        self.assertEqual(self.init("--force", PATH="/nonexistent").returncode, 0)
        self.assertEqual(self.run_command("vacancy", "up", "--check-config").stdout, "The configuration is valid.\n")
        # What stands there as a comment is right, too.
        (self.directory / "vacancy.yaml").write_text(re.sub(r"(?m)^#(?=profiles:|probes:|  [-#]|    \w)", "", text))
        self.assertEqual(self.run_command("vacancy", "up", "--check-config").returncode, 0, text)

    def test_two_commands_show_a_cluster(self):
        try:
            cluster = self.enterContext(slurm_cluster.SlurmCluster(2, 1))
        except slurm_cluster.Unavailable as reason:
            self.skipTest(str(reason))
        slurm = {"SLURM_CONF": cluster.conf, "HOME": str(self.directory)}
        here = self.program("vacancy", "up", "--port", 0, "--hardware-port", 0, "--admin-port", 0, environment=slurm).wait_ready()
        eventually("it says so", lambda: "this machine has Slurm: `vacancy init`" in here.log())
        here.stop()
        shutil.rmtree(self.directory / "data")
        result = self.run_command("vacancy", "init", environment=slurm)
        self.assertIn("found Slurm: cluster test, 2 partitions now", result.stdout)
        vacancy = self.program("vacancy", "up", "--port", 0, "--hardware-port", 0, "--admin-port", 0, environment=slurm).wait_ready()
        eventually("the partitions", lambda: {"batch", "gpu", "gpu:a100"} <= {
            name for name, row in rows(vacancy.port).items() if row["freshness"] == "FRESH"})
        self.assertEqual({row["provider"] for row in rows(vacancy.port).values()}, {"test"}, "no sample")
        self.assertIn("batch", request(vacancy.port, "/").text)

    def test_an_empty_list_of_profiles_is_no_sample(self):
        vacancy = self.up(profiles=[])
        self.assertEqual(request(vacancy.port, "/api/v1/hardware").json["hardware"], [])
        self.assert_logged(vacancy, "begins empty;")
        status = self.run_command("vacancy", "status", "--url", f"http://127.0.0.1:{vacancy.port}")
        self.assertEqual(status.returncode, 0, status)
        self.assertIn("no profiles", status.stdout)
