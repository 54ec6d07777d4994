"""Flags, configuration and their mistakes."""

import os
import signal
import socket
import subprocess

from support import BIN, PATIENCE, TestCase, request


class CommandLineTest(TestCase):
    def refused(self, name, *args, says, environment=None):
        result = self.run_command(name, *args, environment=environment)
        self.assertEqual(result.returncode, 2, (args, result))
        for part in says:
            self.assertIn(part, result.stderr, args)

    def test_help_and_version(self):
        for name, flags in {"hardware": ["--config", "--database", "--port", "--admin-port", "migrate", "--check-config", "--print-config"],
                            "portal": ["--config", "--hardware-url", "--port", "--admin-port"]}.items():
            help_text = self.run_command(name, "--help").stdout
            for flag in flags:
                self.assertIn(flag, help_text)
        help_text = self.run_command("vacancy", "up", "--help").stdout
        for flag in ("--config", "--data", "--port", "--hardware-port", "--admin-port"):
            self.assertIn(flag, help_text)
        self.assertRegex(self.run_command("vacancy", "--version").stdout, r"^\d+\.\d+\.\d+")

    def test_printed_configuration_reads_back_the_same(self):
        config = self.config(probes=[{"name": "x", "ttl": "7s"}], portal={"http": {"port": 8080}})
        printed = self.run_command("portal", "--config", config, "--print-config").stdout
        (self.directory / "printed.yaml").write_text(printed)
        self.assertEqual(self.run_command("portal", "--config", "printed.yaml", "--print-config").stdout, printed)
        self.assertIn("7s", printed)
        self.assertEqual(self.run_command("portal", "--config", "printed.yaml", "--check-config").returncode, 0)

    def test_flags_override_the_environment_which_overrides_the_file(self):
        config = self.config(portal={"http": {"port": 1001}})
        environment = {"VACANCY_PORTAL_HTTP_PORT": "1002"}
        printed = self.run_command("portal", "--config", config, "--print-config", environment=environment).stdout
        self.assertIn("port: 1002", printed)
        printed = self.run_command("portal", "--config", config, "--port", 1003, "--print-config", environment=environment).stdout
        self.assertIn("port: 1003", printed)

    def test_mistakes_say_where_and_what_is_right(self):
        (self.directory / "bad.yaml").write_text("portal:\n  htpp:\n    port: 1\n")
        self.refused("portal", "--config", "bad.yaml", "--check-config", says=["bad.yaml:2", "htpp", "http"])
        self.refused("portal", "--config", "none.yaml", says=["none.yaml"])
        self.refused("portal", says=["VACANCY_PROTAL_HTTP_PORT", "VACANCY_PORTAL_HTTP_PORT"], environment={"VACANCY_PROTAL_HTTP_PORT": "1"})
        self.refused("portal", "--hardware-url", "https://x", says=["https://x", "http://"])
        self.refused("hardware", "--database", "oracle:x", "--check-config", says=["oracle", "sqlite:"])
        self.refused("hardware", "--database", "mysql://u:p@h/n", "--check-config", says=["password"])
        self.refused("hardware", "--database", "mysql://u@h:65536/n", "--check-config", says=["'65536' is not a port"])
        os.mkfifo(self.directory / "pipe")
        self.refused("hardware", "--config", "pipe", "--check-config", says=["pipe: cannot be read: it is a pipe"])
        self.refused("hardware", "--config", "/dev/zero", says=["/dev/zero: cannot be read: it is a device"])
        self.refused("hardware", says=["the admin token", "it is a pipe"], environment={"VACANCY_HARDWARE_ADMIN_TOKEN_FILE": "pipe"})
        probe = {"name": "x", "kind": "http", "url": "http://:80/"}
        self.refused("hardware", "--config", self.config(probes=[probe]), "--check-config", says=["probes[0].url: names no host"])
        self.refused("hardware", "--database", "sqlite:", says=["give the path of a file"])
        (self.directory / "text.db").write_text("this is no database, and long enough to be sure of it" * 20)
        self.refused("hardware", "--database", "sqlite:text.db", says=["text.db"])
        self.refused("hardware", "--database", "sqlite:nowhere/x.db", says=["nowhere"])
        (self.directory / "file").write_text("")
        self.refused("vacancy", "up", "--data", "file", says=["file"])

    def test_a_port_in_use_is_said_and_ends_what_was_started(self):
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", 0))
            taken.listen()
            port = taken.getsockname()[1]
            flags = ["--port", "--hardware-port", "--admin-port"]
            for flag in flags:
                others = [word for other in flags if other != flag for word in (other, 0)]
                self.refused("vacancy", "up", flag, port, *others, says=[str(port), "in use", f"give another {flag}\n"])
            self.refused("hardware", "--port", port, "--admin-port", 0, says=[str(port), "in use", "give another --port"])
            self.refused("portal", "--port", 0, "--admin-port", port, says=[str(port), "in use", "give another --admin-port"])
        self.refused("vacancy", "up", "--port", port, "--hardware-port", port, "--admin-port", 0,
                     says=[f"portal and hardware both want port {port}; give another --port or --hardware-port"])
        self.assertEqual(sorted(os.listdir(self.directory)), [], "nothing is made")

    def test_files_that_cannot_be_had_are_told_with_the_reason(self):
        self.refused("vacancy", "profile", "apply", "none.yaml", says=["cannot read 'none.yaml': No such file or directory"])
        self.refused("vacancy", "profile", "apply", ".", says=["cannot read '.': Is a directory"])
        self.refused("vacancy", "init", "nowhere/x.yaml", says=["cannot write 'nowhere/x.yaml': No such file or directory"])

    def test_mistakes_in_flags_and_commands(self):
        self.refused("vacancy", "frobnicate", says=["there is no command 'frobnicate'", "--help"])
        self.refused("vacancy", "profile", "addd", "x", "y", says=["there is no command 'addd'"])
        self.refused("vacancy", "wait", "--fre", 8, says=["--fre"])
        self.refused("vacancy", "wait", "Amazon/c5", "--free", 1.5, says=["--free", "1.5", "0 to 1000000000"])
        self.refused("vacancy", says=["subcommand"])
        self.refused("portal", "--prot", 1, says=["--prot"])
        self.refused("hardware", "--port", 70000, says=["70000"])

    def test_output_that_cannot_be_written_is_a_failure(self):
        vacancy = self.up()
        command = f"{BIN / 'vacancy'} list --url http://127.0.0.1:{vacancy.ports[0]} >/dev/full"
        result = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot write", result.stderr)

    def test_migrate_makes_the_schema_and_ends(self):
        self.assertEqual(self.run_command("hardware", "migrate", "--database", "sqlite:new.db").returncode, 0)
        self.assertTrue((self.directory / "new.db").exists())
        self.assertEqual(self.run_command("hardware", "migrate", "--database", "sqlite:new.db").returncode, 0)

    def test_bad_requests_get_problems_that_say_what_is_right(self):
        vacancy = self.up()
        port, hardware_port, _ = vacancy.ports
        for target_port, path, status, says in [
            (port, "/api/v1/hardware?limit=0", 400, "from 1 to"),
            (port, "/api/v1/hardware?limti=5", 400, "limit"),
            (port, "/api/v1/hardware?limit=%zz", 400, "percent"),
            (port, "/api/v1/hardware/Amazon/none", 404, "/api/v1/hardware"),
            (port, "/api/v1/events?offset=-1&limit=1", 400, "offset"),
            (port, "/?offset=x", 400, "offset"),
            (hardware_port, "/hardware/?wait=soon", 400, "wait"),
            (hardware_port, "/hardware", 404, ""),
        ]:
            answer = request(target_port, path)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (status, "application/problem+json"), path)
            self.assertIn(says, answer.json["detail"], path)
        answer = request(port, "/api/v1/hardware", "DELETE")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_what_containers_need(self):
        made = self.run_command("hardware", "secrets", "token", "other")
        self.assertEqual((made.returncode, made.stdout), (0, "token: made\nother: made\n"))
        secret = (self.directory / "token").read_text()
        self.assertRegex(secret, r"^[0-9a-f]{64}\n$")
        self.assertEqual((self.directory / "token").stat().st_mode & 0o777, 0o440)
        self.assertIn("is there already", self.run_command("hardware", "secrets", "token").stdout)
        self.assertEqual((self.directory / "token").read_text(), secret)
        self.run_command("hardware", "secrets", "--replace", "token")
        self.assertNotEqual((self.directory / "token").read_text(), secret)
        self.refused("hardware", "secrets", "nowhere/token", says=["nowhere/token"])
        from_environment = ("hardware", "secrets", "--from-environment", "VACANCY_SECRET", "given")
        written = self.run_command(*from_environment, environment={"VACANCY_SECRET": "s3cret"})
        self.assertEqual((written.returncode, written.stdout), (0, "given: written\n"))
        self.assertEqual((self.directory / "given").read_text(), "s3cret")
        self.refused(*from_environment, says=["no variable 'VACANCY_SECRET'"])

        database = ("--database", "sqlite:vacancy.db")
        self.assertIn("sample profiles", self.run_command("hardware", "migrate", "--sample", *database).stdout)
        self.assertNotIn("sample", self.run_command("hardware", "migrate", "--sample", *database).stdout)
        environment = {"VACANCY_HARDWARE_ADMIN_TOKEN_FILE": "token"}
        hardware = self.hardware(process={"environment": environment})
        port, admin = hardware.ports
        added = self.run_command("hardware", "profile", "--hardware-url", f"http://127.0.0.1:{port}", "add", "ours", "gpu",
                                 environment=environment)
        self.assertIn("added ours gpu (id 3)", added.stdout, added)
        self.assertEqual(self.run_command("hardware", "--admin-port", admin, "--healthcheck").returncode, 0)
        hardware.send(signal.SIGSTOP)
        self.addCleanup(hardware.send, signal.SIGCONT)
        hung = self.run_command("hardware", "--admin-port", admin, "--healthcheck")
        self.assertEqual(hung.returncode, 1)
        hardware.send(signal.SIGCONT)
        hardware.stop()
        gone = self.run_command("hardware", "--admin-port", admin, "--healthcheck")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("refused", gone.stderr)
        self.refused("hardware", "--admin-port", 0, "--healthcheck", says=["admin.port", "give it a number"])
