"""A copy of the repository, brought up by compose on a real engine, for the tests of this folder."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Nothing that would win over .env; the client that fits Debian's engine, and a compile cache.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("LC_")}
ENVIRONMENT |= {"PATH": "/usr/bin:" + os.environ["PATH"], "DOCKER_BUILDKIT": "1"}
COMPOSE = os.environ.get("COMPOSE", "docker-compose").split()
PATIENCE = 60


def docker(*args, check=True):
    done = subprocess.run(["docker", *args], env=ENVIRONMENT, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(args)}: {done.stderr}")
    return done.stdout.strip()


def no_engine():
    """Why these tests cannot run here, or None."""
    for command in (["docker", "version"], [*COMPOSE, "version"]):
        try:
            done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
        except OSError as error:
            return str(error)
        if done.returncode != 0:
            return done.stderr.strip().splitlines()[-1]
    return None


def eventually(what, look, seconds=PATIENCE):
    """Waits until look() is true and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except (OSError, http.client.HTTPException, ValueError) as error:
            found, problem = None, error
        else:
            problem = found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what} ({problem!r})")
        time.sleep(0.05)


class Load:
    """load.py beside what a with statement does; afterwards the attributes are what it counted."""

    def __init__(self, port, rate=400, limit=20):
        self.process = subprocess.Popen([sys.executable, "-B", Path(__file__).with_name("load.py"), str(port), str(rate), str(limit)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        output, _ = self.process.communicate()
        for name, value in json.loads(output).items():
            setattr(self, name, value)

    def __str__(self):
        return (f"{self.answers} answers at {self.rate:.0f}/s, {self.failed} failed, p99 {self.p99 * 1000:.0f} ms, "
                f"slowest {self.slowest * 1000:.0f} ms")


class System:
    """The system in containers, from a copy of the repository that tests may change."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="vacancy-deploy-"))
        self.project = f"vacancy-test-{uuid.uuid4().hex[:8]}"
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                                capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (self.directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.directory / name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.settings = {"COMPOSE_PROJECT_NAME": self.project, "PORT": str(self.port), "IMAGES": self.project,
                         "DOCKERFILE": "deploy/docker/Dockerfile.buildkit"}
        self.set()

    def set(self, **settings):
        """Writes .env, as a user would."""
        self.settings.update(settings)
        (self.directory / ".env").write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))

    def run(self, *command, check=True, stdin=None):
        done = subprocess.run([str(part) for part in command], cwd=self.directory, env=ENVIRONMENT | {"COMPOSE": " ".join(COMPOSE)},
                              capture_output=True, text=True, input=stdin)
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout[-3000:]} {done.stderr[-3000:]}")
        return done

    def compose(self, *args, **options):
        return self.run(*COMPOSE, *args, **options)

    def containers(self, service, state="running"):
        found = docker("ps", "-aq", "--no-trunc", "--filter", f"label=com.docker.compose.project={self.project}",
                       "--filter", f"label=com.docker.compose.service={service}", "--filter", f"status={state}")
        return sorted(found.split())

    def inspect(self, service):
        return json.loads(docker("inspect", *self.containers(service)))

    def image(self, service):
        return docker("image", "inspect", "--format", "{{.Id}}", f"{self.project}/{service}:latest")

    def change(self, service):
        """A change of one line in a service's code."""
        file, text = {"portal": ("src/portal/text_page.cpp", "namespace portal {"),
                      "hardware": ("src/hardware/service.cpp", "namespace hardware {")}[service]
        path = self.directory / file
        mark = f"extern const char build_mark[]; const char build_mark[] = \"{time.monotonic_ns()}\";"
        lines = [line for line in path.read_text().splitlines() if "build_mark" not in line]
        lines.insert(lines.index(text) + 1, f"{mark}")
        path.write_text("\n".join(lines) + "\n")

    def get(self, path="/", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def rows(self):
        return {row["name"]: row for row in json.loads(self.get("/api/v1/hardware")[1])["hardware"]}

    def healthy(self, service):
        containers = self.containers(service)
        states = docker("inspect", "--format", "{{.State.Health.Status}}", *containers, check=False).split() if containers else []
        return states and set(states) == {"healthy"}

    def wait(self, *services):
        for service in services or ("mysql", "hardware", "portal", "edge"):
            eventually(f"{service} is healthy", lambda service=service: self.healthy(service), 120)

    def close(self):
        self.compose("down", "-v", "--timeout", "5", check=False)
        left = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}", check=False).split()
        if left:
            docker("rm", "-fv", *left, check=False)
            self.compose("down", "-v", check=False)
        images = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={self.project}/*", check=False).split()
        if images:
            docker("rmi", "-f", *set(images), check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


class DeployTest(unittest.TestCase):
    """Tests of one file share one system, which the first one starts."""

    system = None

    @classmethod
    def setUpClass(cls):
        reason = no_engine()
        if reason:
            raise unittest.SkipTest(f"no container engine: {reason}")
        cls.system = System()
        cls.addClassCleanup(cls.system.close)
        cls.prepare(cls.system)

    @classmethod
    def prepare(cls, system):
        system.compose("up", "--build", "-d")
        system.wait()

    def note(self, what):
        """A figure, for whoever reads the run."""
        print(f"\n    {what}", flush=True)
