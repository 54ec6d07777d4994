"""The lines of the documents work as they are typed, and print what they show."""

import os
import pathlib
import re
import subprocess

from support import BIN, ENVIRONMENT, PATIENCE, TestCase, eventually, rows

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Commands that this test leaves out, each with the reason: the first that a command begins with counts.
LEFT_OUT = [
    (r"script/(server|build|test|bootstrap|deploy)", "builds or serves for minutes: CI runs it"),
    (r"docker|docker-compose", "needs a container engine: script/test deploy runs it"),
    (r"git clone|cd |sudo |apt", "changes the machine"),
    (r"curl -N|vacancy watch|vacancy up", "does not end by itself: watch_test and up_test run it"),
    (r"cmake --install", "needs the release"),
    (r"source <\(|vacancy completion fish", "is for a shell in use: completion_test runs it"),
    (r"vacancy wait our-cluster/gpu --free", "waits for Slurm: slurm_probe_test does"),
    (r"vacancy wait 'Azure/\*' Amazon/c5 --at-least HIGH --for 5m", "waits for minutes: wait_test waits so"),
    (r"vacancy .*--(url|server) ?\S*(example|lab)", "needs that server: remote_test has one"),
    (r"vacancy (restore|backup)", "works on the database in use: sqlite_test runs it"),
]


def commands_in(document):
    """Each command of the document's shell blocks with the output that is shown below it."""
    commands, shown = [], None
    for line in document.read_text().splitlines():
        if line.startswith("    $ "):
            shown = []
            commands.append((re.sub(r"\s{2,}#.*", "", line[6:]), shown))
        elif shown is not None and line.startswith("    ") and line.strip():
            shown.append(line[4:])
        else:
            shown = None
    return commands


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
            parts.append(re.sub(r"localhost:\d+", r"localhost:\\d+", re.escape(word)))
    return r"\s+".join(parts)


class DocsTest(TestCase):
    def test_commands_work_as_typed(self):
        vacancy = self.up(probes=[{"name": "simulated", "ttl": "1h", "timeout": "1s", "duration": "10ms"}])
        eventually("levels", lambda: all(row["availability"] != "UNKNOWN" for row in rows(vacancy.port).values()))
        ports = {"5000": vacancy.ports[0], "5001": vacancy.ports[1], "5010": vacancy.ports[2]}
        environment = ENVIRONMENT | {"PATH": f"{BIN}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(self.directory),
                                     "VACANCY_URL": f"http://localhost:{ports['5000']}",
                                     "VACANCY_HARDWARE_URL": f"http://localhost:{ports['5001']}"}
        ran, left_out = 0, []
        for name in ("README.md", "docs/command_line.md"):
            for command, shown in commands_in(ROOT / name):
                with self.subTest(document=name, command=command):
                    reason = next((reason for pattern, reason in LEFT_OUT if re.match(pattern, command)), None)
                    if reason:
                        left_out.append(f"{name}: {command}: {reason}")
                        continue
                    typed = re.sub(r"localhost:(500[01]|5010)\b", lambda port: f"localhost:{ports[port[1]]}", command)
                    result = subprocess.run(["bash", "-c", typed], cwd=self.directory, env=environment, capture_output=True,
                                            text=True, timeout=PATIENCE)
                    self.assertEqual(result.returncode, 0, result)
                    for line in shown:
                        if line.strip() != "…":
                            self.assertRegex(result.stdout + result.stderr, pattern_of(line))
                    ran += 1
        print("\nleft out:", *left_out, sep="\n  ")
        self.assertGreater(ran, 8)

    def test_what_documents_name_is_there(self):
        """Files that the documents link to and programs that they run."""
        for name in ("README.md", "docs/command_line.md"):
            text = (ROOT / name).read_text()
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\"]+)\"", text):
                target = "".join(target)
                self.assertTrue((ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}")
            for command in re.findall(r"(?:^|\s)(script/\w+)", text):
                self.assertTrue((ROOT / command).exists(), f"{name}: {command}")
