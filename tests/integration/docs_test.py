"""The lines of the documents work as they are typed, and print what they show."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from support import BIN, ENVIRONMENT, PATIENCE, TestCase, eventually, rows

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENTS = ("README.md", "docs/command_line.md", "docs/api.md", "docs/probes.md", "docs/operations.md", "docs/observations.md")

# Commands that this test leaves out, each with the reason. A pattern matches a command and its output from the beginning.
LEFT_OUT = [
    (r"script/(server|build|test|bootstrap|deploy)", "builds or serves for minutes: CI runs it"),
    (r"docker|docker-compose", "needs a container engine: script/test deploy runs it"),
    (r"git clone|cd |sudo |apt", "changes the machine"),
    (r"curl -N|vacancy watch|vacancy up", "does not end by itself: watch_test and up_test run it"),
    (r"cmake --install", "needs the release"),
    (r"source <\(|vacancy completion fish", "is for a shell in use: completion_test runs it"),
    (r"sbatch |p=\$\(vacancy wait", "needs Slurm: wait_test has a program of that name"),
    (r"vacancy wait our-cluster/gpu --free", "waits for Slurm: slurm_probe_test does"),
    (r"vacancy wait 'Azure/\*' Amazon/c5 --at-least HIGH --for 5m|curl 'localhost:5000/api/v1/wait", "waits for minutes: wait_test waits so"),
    (r"vacancy .*--(url|server) ?\S*(example|lab)", "needs that server: remote_test has one"),
    (r"curl -si localhost:5000/ -H 'If-None-Match", "has the ETag of another run: api.test.mjs asks so"),
    (r"vacancy probe test our-cluster/gpu:a100", "needs Slurm: slurm_probe_test has it"),
    (r"vacancy probe test our-k8s/", "needs Kubernetes: kubernetes_probe_test has a server"),
    (r"curl -s localhost:5011/readyz", "needs a database that is locked: readiness is tested in sqlite_test"),
    (r"hardware migrate --check", "needs a MariaDB of old: migrate_test.cpp has one"),
    (r"vacancy history \S+ --since 6h|vacancy list --at 2h", "needs a history of hours: history_test has a shorter one"),
    (r"vacancy alert (list|test|replay|retry)", "needs rules, a receiver and a dead letter: alert_test.cpp has them"),
    (r"curl 'localhost:5000/api/v1/sets/cfd-large/first", "passes over other profiles in each run: wait_test and sets_test have sets"),
    (r"kubectl |tail -n 0 -F |terraform |export VACANCY_URL", "needs a program that launches: observation_test has their logs"),
    (r"mysqldump", "needs MySQL: import_test has its dumps"),
    (r"printf ", "is the end of a program: exec_probe_test runs such"),
    (r"vacancy list\n.*\ndown", "shows a source that is down: http_probe_test has one"),
    (r"vacancy probe test gpu-cloud/h100", "needs that source of HTTP: http_probe_test has one"),
    (r"vacancy probe test our-cloud/gpu-8x\nprobe +capacity", "needs that source of HTTP: http_probe_test has one"),
    (r"curl -s localhost:5000/api/v1/hardware/our-cloud/gpu-8x\n.*due_at|vacancy probe list\n.* watched", "needs a probe with refresh and a reader: demand_test has both"),
    (r"vacancy probe test our-cloud/gpu-8x\nvacancy: the budget", "needs a budget that is used up: probe_command_test has one"),
]

QUOTA = """#!/bin/sh
echo '{"free": 3, "total": 16, "reason": "quota in eu-west is 16"}'
"""
PROBES = [
    {"name": "simulated", "match": {"provider": "A*"}, "ttl": "1h", "timeout": "1s", "duration": "10ms"},
    {"name": "quota", "kind": "exec", "match": {"provider": "our-cloud"}, "command": ["./quota", "--type", "{name}"], "ttl": "5m",
     "timeout": "20s", "rate": "2/1s", "budget": ["60/1h", "1000/1d"]},
]
DUMP = """CREATE TABLE `hardware` (`id` int, `provider` varchar(9), `name` varchar(9));
INSERT INTO `hardware` VALUES (1,'Amazon','c5'),(2,'Azure','H16mr');
"""
INIT = "\n" * 6 + "INSERT INTO hardware (provider, name) VALUES ('Amazon', NULL);\n"
DRAFT = "probes:\n  - name: simulated\n    ttl: 60\n"


def commands_in(document):
    """Each command of the document's shell blocks, with the output that is shown below it."""
    commands, command, shown = [], None, None
    for line in document.read_text().splitlines():
        if line.startswith("    $ ") or (command is not None and command.endswith("\\")):
            command = (command[:-1] if command and command.endswith("\\") else "") + re.sub(r"\s{2,}#.*", "", line[6:])
            shown = []
            if not command.endswith("\\"):
                commands.append((command, shown))
        elif shown is not None and line.startswith("    ") and line.strip():
            shown.append(line[4:])
        else:
            command = shown = None
    return commands


def reason_to_leave_out(command, shown):
    text = "\n".join([command, *shown])
    return next((reason for pattern, reason in LEFT_OUT if re.match(pattern, text)), None)


def pattern_of(line):
    """What differs from run to run (levels, ages, numbers, reasons) may differ."""
    words = re.split(r"\s+", line.strip())
    volatile = r"HIGH|MEDIUM|LOW|UNKNOWN|FRESH|STALE|PENDING|\d+(ms|s|m|h)\S*|\d\S*|-"
    parts = []
    for word in words:
        if re.fullmatch(volatile, word) or "…" in word:
            parts.append(r"\S+")
        elif re.fullmatch(r"\(id", word):
            parts.append(r"\(id")
        else:
            word = re.sub(r"localhost:\d+", r"localhost:\\d+", re.escape(word))
            parts.append(re.sub(r"\d{8}\\-\d{6}", r"\\d{8}-\\d{6}", word))
    return r"\s+".join(parts)


class DocsTest(TestCase):
    def system(self):
        """`vacancy up` as the documents have it, new."""
        shutil.rmtree(self.directory / "data", ignore_errors=True)
        (self.directory / "quota").write_text(QUOTA)
        (self.directory / "create-machine").write_text("#!/bin/sh\n")
        for name in ("quota", "create-machine"):
            (self.directory / name).chmod(0o755)
        for name, text in (("dump.sql", DUMP), ("init.sql", INIT), ("draft.yaml", DRAFT), ("vacancy.yaml", json.dumps({"probes": PROBES}))):
            (self.directory / name).write_text(text)
        profiles = ["Amazon/c5", "Azure/H16mr", "our-cloud/gpu-8x", "our-cloud/cpu-64"]
        vacancy = self.up(probes=PROBES, profiles=profiles, sets={"cfd-large": ["GCP/h3", "Azure/*", "Amazon/c5"]})
        eventually("levels", lambda: all(row["availability"] != "UNKNOWN" for row in rows(vacancy.port).values()))
        return vacancy

    def type(self, command, ports):
        environment = ENVIRONMENT | {"PATH": f"{BIN}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(self.directory),
                                     "VACANCY_URL": f"http://localhost:{ports['5000']}",
                                     "VACANCY_HARDWARE_URL": f"http://localhost:{ports['5001']}"}
        typed = re.sub(r"localhost:(500[01]|5010)\b", lambda port: f"localhost:{ports[port[1]]}", command)
        return subprocess.run(["bash", "-c", typed], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=PATIENCE)

    def type_within_budget(self, command, ports):
        result = None

        def ran():
            nonlocal result
            result = self.type(command, ports)
            return "the budget of probe quota is used up" not in result.stdout + result.stderr

        eventually("the budget lets it run", ran)
        return result

    def as_here(self, command, vacancy):
        """The command with the names and numbers that this run has."""
        for backup in self.directory.glob("vacancy-*.db"):
            command = re.sub(r"vacancy-\d{8}-\d{6}\.db", backup.name, command)
        return re.sub(r"hardware/13\b", lambda _: f"hardware/{max(row['id'] for row in rows(vacancy.port).values())}", command)

    def compare(self, shown, result):
        printed = (result.stdout + result.stderr).replace("./quota", "/opt/vacancy/quota")
        # An error that is shown is one.
        wanted = 2 if shown and re.match(r"(vacancy|hardware|portal): ", shown[0]) else 0
        self.assertEqual(result.returncode, wanted, result)
        if shown and shown[0].startswith(("{", "[")):
            for key in re.findall(r'"(\w+)":', "\n".join(shown)):
                self.assertIn(f'"{key}":', printed)
            return
        for line in shown:
            if line.strip() != "…":
                self.assertRegex(printed, pattern_of(line))

    def test_commands_work_as_typed(self):
        ran, left_out = 0, []
        for name in DOCUMENTS:
            vacancy = self.system()
            ports = {"5000": vacancy.ports[0], "5001": vacancy.ports[1], "5010": vacancy.ports[2]}
            for command, shown in commands_in(ROOT / name):
                reason = reason_to_leave_out(command, shown)
                if reason:
                    left_out.append(f"{name}: {command}: {reason}")
                    continue
                if command.startswith("vacancy restore"):
                    vacancy.stop()  # it works on the database in use
                with self.subTest(document=name, command=command):
                    self.compare(shown, self.type_within_budget(self.as_here(command, vacancy), ports))
                    ran += 1
            vacancy.kill()
        print("\nleft out:", *left_out, sep="\n  ")
        self.assertGreater(ran, 30)

    def test_what_documents_name_is_there(self):
        """Files that the documents link to and programs that they run."""
        for name in ["README.md", *(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md"))]:
            text = (ROOT / name).read_text()
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\"]+)\"", text):
                target = "".join(target)
                self.assertTrue((ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}")
            for command in re.findall(r"(?:^|\s)(script/\w+)", text):
                self.assertTrue((ROOT / command).exists(), f"{name}: {command}")
