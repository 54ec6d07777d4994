"""The kind aws in whole programs, against a server whose signatures, forms and answers AWS's own library checks."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

from support import PATIENCE, TestCase, eventually, rows

import aws_server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Prints the access key that AWS's own library finds.
BOTOCORE = "import botocore.session; print(botocore.session.Session().get_credentials().get_frozen_credentials().access_key)"


def example():
    """The configuration that docs/clouds.md shows for AWS."""
    chapter = (ROOT / "docs/clouds.md").read_text().split("\n## AWS\n")[1]
    block = chapter.split("\n    # vacancy.yaml", 1)[1].split("\n", 1)[1]
    return "\n".join(line[4:] for line in re.match(r"(?:    .*\n|\n)+", block)[0].splitlines()) + "\n"


class AwsProbeTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(aws_server.AwsServer())
        (self.directory / ".aws").mkdir()
        names = ("PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "REGION", "DEFAULT_REGION")
        self.environment = {f"AWS_{name}": "" for name in names} | {
            "HOME": str(self.directory), "AWS_ENDPOINT_URL": self.server.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.server.url,
            "no_proxy": "127.0.0.1"}
        self.log_in("ENVIRONMENT")

    def log_in(self, place):
        self.environment |= {"AWS_ACCESS_KEY_ID": aws_server.KEYS[place][0], "AWS_SECRET_ACCESS_KEY": aws_server.KEYS[place][1]}

    def log_out(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self.environment.pop(name, None)

    def start(self, text):
        shutil.rmtree(self.directory / "data", ignore_errors=True)  # with the readings of an earlier one
        config = self.directory / "aws.yaml"
        config.write_text(text)
        self.vacancy = self.program("vacancy", "up", "--config", config, "--data", "data", "--port", 0, "--hardware-port", 0,
                                    "--admin-port", 0, environment=self.environment).wait_ready()

        def answered():
            seen = rows(self.vacancy.port)
            return all(row["measured_at"] or "error" in row for row in seen.values()) and seen

        return eventually("all have answered", answered)

    def command(self, *args):
        return self.run_command("vacancy", "probe", args[0], "--hardware-url", f"http://127.0.0.1:{self.vacancy.ports[1]}",
                                "--token-file", self.directory / "data" / "admin-token", *args[1:])

    def probe(self, profiles, **keys):
        probe = {"name": "aws", "kind": "aws", "match": {"provider": "aws"}, "regions": ["eu-central-1"], "ttl": "1s", "timeout": "30s"}
        return json.dumps({"drain_timeout": "5m", "profiles": [{"provider": "aws", "name": name} for name in profiles], "probes": [probe | keys]})

    def test_the_example_of_the_documents_works(self):
        self.server.families = ["p5", "g6", "g6e", "g5"]  # all other types are offered nowhere
        text = example()
        seen = self.start(text)
        self.assertTrue(all("error" not in row for row in seen.values()), seen)
        reasons = {row["name"]: row["reason"] for row in seen.values()}
        self.assertTrue(any("is not offered in" in reason for reason in reasons.values()), reasons)
        self.assertTrue(any("for any of g5.2xlarge, g6.2xlarge, g6e.2xlarge" in reason for reason in reasons.values()), reasons)
        listed = self.command("list")
        self.assertRegex(listed.stdout, r"\n  calls a day: \d+ of 1728000 that the source allows\n", listed)

    def test_groups_share_scores_and_the_list_shows_the_configurations(self):
        groups = {"web": ["plain.large", "plain.xlarge", "plain.2xlarge", "plain.4xlarge", "few.4xlarge"]}
        seen = self.start(self.probe([*groups["web"][:4], "few.large"], groups=groups))
        reason = "spot score 3 of 10 for any of group web: few.4xlarge, plain.2xlarge, plain.4xlarge, plain.large, plain.xlarge (LOW: not score >= 5)"
        self.assertEqual({seen[name]["reason"] for name in groups["web"][:4]}, {reason})
        self.assertIn("on the lower scale", seen["few.large"]["reason"])
        self.assertEqual(len(set(self.server.forms)), 2)
        self.assertIn("\n  configurations: 2, of which the source limits new ones in a day\n", self.command("list").stdout)
        listed = json.loads(self.command("list", "--json").stdout)
        self.assertEqual(listed[0]["configurations"], 2, listed)
        printed = self.run_command("hardware", "--config", self.directory / "aws.yaml", "--print-config").stdout
        self.assertIn("groups:\n      web:\n        - plain.large\n", printed)

    def test_a_test_shows_each_request_and_what_follows(self):
        self.start(self.probe(["few.large"]))
        shown = self.command("test", "aws/few.large")
        for line in ("sent\n  POST http://127.0.0.1", "Authorization: …", "Action=GetSpotPlacementScores&Version=2016-11-15", "<score>3</score>",
                     "\nnumbers   score 3, price 0.5\n", "\nlevel     HIGH\n", "because   spot score 3 of 10"):
            self.assertIn(line, shown.stdout)
        self.assertNotIn(aws_server.KEYS["ENVIRONMENT"][0], shown.stdout)

    def test_credentials_are_those_that_awss_library_finds(self):
        keys = aws_server.KEYS
        config = f"[default]\naws_access_key_id = {keys['CONFIG'][0]}\naws_secret_access_key = {keys['CONFIG'][1]}\n"
        file = f"[team]\naws_access_key_id = {keys['FILE'][0]}\naws_secret_access_key = {keys['FILE'][1]}\naws_session_token = {keys['FILE'][2]}\n"
        made = {"Version": 1, "AccessKeyId": keys["PROCESS"][0], "SecretAccessKey": keys["PROCESS"][1], "SessionToken": keys["PROCESS"][2]}
        (self.directory / "made").write_text(json.dumps(made))
        process = f"[profile made]\ncredential_process = cat {self.directory}/made\n"
        container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.server.url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": aws_server.CONTAINER_TOKEN}
        for name, files, environment in [
            ("MACHINE1", ("", ""), {}),
            ("CONTAINER", ("", ""), container),
            ("CONFIG", (config + process, file), container),
            ("FILE", (config + process, file), {"AWS_PROFILE": "team"} | container),
            ("PROCESS", (config + process, file), {"AWS_PROFILE": "made"}),
            ("PROCESS", (process + config.split("\n", 1)[1], file), {"AWS_PROFILE": "made"}),
            ("ENVIRONMENT", (config + process, file), {"AWS_PROFILE": "team", **dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), keys["ENVIRONMENT"]))}),
        ]:
            with self.subTest(name):
                (self.directory / ".aws/config").write_text(files[0])
                (self.directory / ".aws/credentials").write_text(files[1])
                self.setUpEnvironment(environment)
                theirs = subprocess.run([sys.executable, "-c", BOTOCORE], env=self.environment | {"PATH": "/usr/bin:/bin"}, capture_output=True,
                                        text=True, timeout=PATIENCE)
                seen = self.start(self.probe(["few.large"]))
                self.assertEqual(seen["few.large"]["availability"], "HIGH", seen)
                self.assertEqual((theirs.stdout.strip(), self.server.used[-1]), (f"AKID{name}",) * 2, theirs)
                self.vacancy.stop()

    def setUpEnvironment(self, more):
        keep = ("HOME", "AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "no_proxy")
        self.environment = {name: self.environment[name] for name in keep} | more

    def test_credentials_rotate_without_a_restart(self):
        self.setUpEnvironment({})
        self.start(self.probe(["few.large"], ttl="200ms"))
        for _ in range(5):
            self.server.rotate()
            latest = f"AKIDMACHINE{self.server.rotations}"
            eventually("the new key is used", lambda: latest in self.server.used)
        self.assertNotIn("error", rows(self.vacancy.port)["few.large"])
        self.assertEqual(self.vacancy.metric(r'vacancy_probes_total\{probe="aws",result="failed"\}'), 0)
