"""The files of deploy/compose."""

import http.client
import shutil
import ssl
import tempfile
from pathlib import Path

from support import DeployTest, docker, eventually, subprocess, ENVIRONMENT


class OverridesTest(DeployTest):
    @classmethod
    def prepare(cls, system):
        system.compose("build", "portal", "hardware")

    def setUp(self):
        self.addCleanup(self.system.compose, "down", "-v")
        self.kept = dict(self.system.settings)
        self.addCleanup(self.restore)

    def restore(self):
        self.system.settings = self.kept
        self.system.set()

    def up(self, **settings):
        self.system.set(**settings)
        self.system.compose("up", "-d", "--no-build")
        self.system.wait()

    def test_a_domain_is_served_with_tls_and_keeps_its_certificate(self):
        self.up(COMPOSE_FILE="compose.yaml:deploy/compose/tls.yaml", DOMAIN="localhost", HTTP_PORT="0", HTTPS_PORT="0")

        def certificate():
            published = self.system.inspect("edge")[0]["NetworkSettings"]["Ports"]
            port = int(published["443/tcp"][0]["HostPort"])
            connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=ssl._create_unverified_context())
            connection.request("GET", "/", headers={"User-Agent": "curl/8.0"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            self.assertIn("Amazon - c5", answer.read().decode())
            plain = http.client.HTTPConnection("localhost", int(published["80/tcp"][0]["HostPort"]), timeout=10)
            plain.request("GET", "/")
            self.assertEqual(plain.getresponse().status, 308)
            return self.system.run("docker", "exec", self.system.containers("edge")[0], "sha256sum",
                                   "/var/lib/caddy/caddy/pki/authorities/local/root.crt").stdout

        first = eventually("TLS", certificate)
        self.system.compose("up", "-d", "--no-build", "--force-recreate", "--no-deps", "edge")
        self.system.wait()
        self.assertEqual(eventually("TLS again", certificate), first)

    def test_launches_are_taken_with_their_token(self):
        self.up(COMPOSE_FILE="compose.yaml:deploy/compose/observations.yaml")
        token = self.token()

        def tell(token):
            connection = http.client.HTTPConnection("127.0.0.1", self.system.port, timeout=10)
            connection.request("POST", "/api/v1/observations", '{"profile": "Amazon/c5", "outcome": "failed", "error": "InsufficientInstanceCapacity"}',
                               {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
            return connection.getresponse().status

        self.assertEqual(tell("0123456789abcdef"), 401)
        self.assertEqual(tell(token), 200)
        eventually("the row tells it", lambda: "launch failed" in self.system.rows()["c5"]["reason"])

    def token(self):
        """As the file says it."""
        docker("cp", f"{self.system.containers('hardware')[0]}:/secrets/observer/observer-token", str(self.system.directory))
        return (self.system.directory / "observer-token").read_text().strip()

    def test_mariadb_in_place_of_mysql(self):
        self.up(DB_IMAGE="mariadb", DB_TAG="11.4")
        self.assertEqual(sorted(self.system.rows()), ["H16mr", "c5"])
        backup = self.system.run("script/database", "backup").stdout
        self.assertIn("MariaDB", backup)
        self.system.run("script/database", "rotate-password")
        self.system.run("script/database", "restore", stdin=backup)
        volumes = docker("volume", "ls", "-q", "--filter", f"name={self.system.project}")
        self.assertIn("mariadb-data", volumes)

    def test_a_database_of_ones_own(self):
        folder = Path(tempfile.mkdtemp(prefix="vacancy-own-"))
        self.addCleanup(shutil.rmtree, folder)
        folder.chmod(0o755)
        (folder / "password").write_text("a password of mine\n")
        (folder / "root").write_text("another\n")
        for name, command in (("ca", ["-x509", "-keyout", "ca.key", "-subj", "/CN=mine"]),
                              ("server", ["-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-subj", "/CN=db",
                                          "-addext", "subjectAltName=DNS:db"])):
            subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-days", "2", *command, "-out", f"{name}.pem"],
                           cwd=folder, check=True, capture_output=True)
        for file in folder.iterdir():
            file.chmod(0o644)
        network = f"{self.system.project}_database"
        docker("network", "create", network)
        own = docker("run", "-d", "--network", network, "--network-alias", "db", "--user", "999:999", "-v", f"{folder}:/own:ro",
                     "-e", "MYSQL_DATABASE=vacancy", "-e", "MYSQL_USER=vacancy", "-e", "MYSQL_PASSWORD_FILE=/own/password",
                     "-e", "MYSQL_ROOT_PASSWORD_FILE=/own/root", "-e", "MYSQL_ROOT_HOST=localhost", "mysql:8.4",
                     "--ssl-ca=/own/ca.pem", "--ssl-cert=/own/server.pem", "--ssl-key=/own/server.key")
        self.addCleanup(subprocess.run, ["docker", "network", "rm", network], env=ENVIRONMENT, capture_output=True)
        self.addCleanup(docker, "rm", "-fv", own)
        override = self.system.directory / "own-network.yaml"
        override.write_text(f"networks: {{database: {{external: true, name: {network}}}}}\n")
        self.up(COMPOSE_FILE="compose.yaml:deploy/compose/external-database.yaml:own-network.yaml",
                DATABASE="mysql://vacancy@db:3306/vacancy", DATABASE_PASSWORD_FILE=str(folder / "password"),
                DATABASE_CA_FILE=str(folder / "ca.pem"))
        self.assertEqual(sorted(self.system.rows()), ["H16mr", "c5"])

    def test_limits_and_tools(self):
        self.system.run("docker", "build", "-q", "-f", "deploy/docker/Dockerfile.buildkit", "--target", "hardware-tools", "-t",
                        f"{self.system.project}/hardware-tools", ".")
        self.system.set(COMPOSE_FILE="compose.yaml:deploy/compose/limits.yaml:deploy/compose/tools.yaml")
        self.system.compose("build", "hardware")
        self.up()
        hardware = self.system.inspect("hardware")[0]
        self.assertEqual(hardware["HostConfig"]["PidsLimit"], 8192)
        self.assertEqual(hardware["HostConfig"]["Memory"], 4 << 30)
        self.assertEqual(hardware["Config"]["User"], "10001:10001")
        for program, says in (("/usr/lib/nagios/plugins/check_dummy 0 fine", "OK: fine"), ("command -v sinfo", "/usr/bin/sinfo")):
            self.assertEqual(docker("exec", hardware["Id"], "sh", "-c", program, check=False), says)
        self.assertEqual(sorted(self.system.rows()), ["H16mr", "c5"])
