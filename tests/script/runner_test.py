#!/usr/bin/env -S python3 -B
"""script/test and .ci/run: what fails, or does not run, is counted and ends with a status that is not 0."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CTEST = """
if [[ $* == *broken* ]]; then echo '50% tests passed, 1 tests failed out of 2'; exit 8; fi
if [[ $* == *crashes* ]]; then exit 139; fi
if [[ $* == *nothing* ]]; then echo 'No tests were found!!!'; exit 0; fi
if [[ $* == *skips* ]]; then printf '100%% tests passed, 0 tests failed out of 2\\n\\n\\t  1 - one (Skipped)\\n'; exit 0; fi
echo '100% tests passed, 0 tests failed out of 2'
"""
NODE = """
if [[ $1 == --version ]]; then echo v20.0.0; exit; fi
if [[ $* == *broken* ]]; then printf 'ℹ pass 1\\nℹ fail 1\\nℹ cancelled 1\\n'; exit 1; fi
if [[ $* == *crashes* ]]; then exit 134; fi
if [[ $* == *nothing* ]]; then printf 'ℹ pass 0\\nℹ fail 0\\n'; exit; fi
if [[ $* == *skips* ]]; then printf 'ℹ pass 1\\nℹ fail 0\\nℹ skipped 1\\n'; exit; fi
printf 'ℹ pass 2\\nℹ fail 0\\nℹ cancelled 0\\nℹ skipped 0\\nℹ todo 0\\n'
"""
DEPLOY = """
import unittest
class Test(unittest.TestCase):
    def test_one(self): pass
    def test_two(self): {}
"""
# By phase of .ci/run: the script that it runs, and what distinguishes its arguments.
PHASES = {
    "bootstrap": ("script/bootstrap", ""), "mysql": ("tests/support/mysql_root", ""), "lint": ("script/test", "lint"),
    "build dev": ("script/build", "dev"), "unit": ("script/test", "unit"), "tidy": ("script/lint", "--tidy"),
    "tsan": ("script/test", "tsan"), "fuzz": ("script/test", "fuzz"), "build release": ("script/build", "release"),
    "integration": ("script/test", "integration"), "e2e": ("script/test", "e2e"), "chart": ("script/test", "chart"),
    "aws": ("script/test", "aws"), "engine": ("tests/deploy/engine", ""),
    "bench": ("script/bench", "--quick"), "deploy": ("script/test", "deploy"), "compose v2": ("tests/support/debian_root", ""),
    "deploy v2": ("script/test", "deploy redeploy_test"),
}  # fmt: skip


class Scripts(unittest.TestCase):
    """A folder that looks like the repository, with scripts that do what the test wants."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.environment = {name: value for name, value in os.environ.items() if name != "CI"}
        self.environment["PATH"] = f"{self.root}/bin:{self.environment['PATH']}"

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def script(self, name, text=""):
        self.put(name, f"#!/usr/bin/env bash\n{text}\n")

    def copy(self, name):
        self.put(name, (ROOT / name).read_text())

    def ends(self, expected, command, *args, **environment):
        """`expected`: what its last line counts, (passed, failed). The status is 0 when nothing failed."""
        done = subprocess.run([self.root / command, *args], capture_output=True, text=True, timeout=300,
                              env=self.environment | environment)  # fmt: skip
        text = done.stdout + done.stderr
        self.assertRegex(done.stdout, r"(^|\n)\d+ passed, \d+ failed\n$", text)
        last = re.fullmatch(r"(\d+) passed, (\d+) failed", done.stdout.splitlines()[-1])
        self.assertEqual((int(last[1]), int(last[2])), expected, (args, text))
        self.assertEqual(done.returncode, 0 if expected[1] == 0 else 1, (args, text))
        return text


class Test(Scripts):
    def setUp(self):
        super().setUp()
        self.copy("script/test")
        self.script("script/build", 'if [[ ${DOES_NOT_BUILD-} == "$1" ]]; then exit 1; fi; mkdir -p "build/$1"')
        self.script("script/npm_packages", "exit ${NO_PACKAGES:-0}")
        self.script("bin/ctest", CTEST)
        self.script("bin/node", NODE)
        for name in ("npm", "chromium", "clang-format-19", "shellcheck"):
            self.script(f"bin/{name}")
        self.put("tests/e2e/some.test.mjs", "")
        self.put("tests/deploy/chart/some.test.mjs", "")
        self.script("deploy/aws/node_modules/.bin/tsc", "exit ${DOES_NOT_COMPILE:-0}")

    def test_runners(self):
        for part in ("unit", "integration", "tsan", "e2e", "chart", "aws"):
            self.ends((2, 0), "script/test", part)
            self.ends((1, 2 if part in ("e2e", "chart", "aws") else 1), "script/test", part, "broken")
            self.ends((0, 1), "script/test", part, "crashes")
            self.ends((0, 1), "script/test", part, "nothing")
            self.ends((1, 0), "script/test", part, "skips")
            self.ends((1, 1), "script/test", part, "skips", CI="true")

    def test_what_does_not_build_is_not_run(self):
        for part, presets in {"unit": ["dev"], "integration": ["dev", "release"], "tsan": ["tsan"], "fuzz": ["fuzz"], "e2e": ["release"]}.items():
            for preset in presets:
                self.ends((0, 1), "script/test", part, DOES_NOT_BUILD=preset)
        for part in ("e2e", "chart", "aws"):
            self.ends((0, 1), "script/test", part, NO_PACKAGES="1")
        self.ends((0, 1), "script/test", "aws", DOES_NOT_COMPILE="1")

    def test_what_is_missing_is_skipped_unless_that_is_forbidden(self):
        (self.root / "tests/e2e/some.test.mjs").unlink()
        self.ends((0, 0), "script/test", "e2e")
        self.ends((0, 1), "script/test", "e2e", CI="true")
        self.script("bin/node", "echo v16.0.0")
        for part in ("e2e", "chart", "aws"):
            self.ends((0, 1), "script/test", part, CI="true")

    def test_checks(self):
        for name in ("script/lint", "script/lint_openapi", "tests/script/a_test.py"):
            self.script(name)
        self.ends((3, 0), "script/test", "lint")
        for name in ("script/lint", "script/lint_openapi", "tests/script/a_test.py"):
            self.script(name, "exit 1")
            self.ends((2, 1), "script/test", "lint")
            self.script(name)

    def test_fuzz_targets(self):
        targets = ["exec", "json", "squeue"]
        for target in targets:
            self.put(f"tests/fuzz/{target}_fuzz.cpp", "")
            self.script(f"build/fuzz/bin/{target}_fuzz")
        self.ends((len(targets), 0), "script/test", "fuzz", "-runs=1")
        for target in ("exec", "squeue"):
            self.script(f"build/fuzz/bin/{target}_fuzz", "exit 77")
        self.ends((len(targets) - 2, 2), "script/test", "fuzz", "-runs=1")

    @unittest.skipIf(os.geteuid() != 0, "script/test deploy needs root")
    def test_deploy(self):
        self.put("tests/deploy/support.py", "def no_engine(): return None\n")
        for does, expected in {
            "pass": (4, 0), "self.fail()": (3, 1), "raise OSError": (3, 1), "import os; os._exit(3)": (2, 1),
            "self.skipTest('x')": (3, 0),
        }.items():  # fmt: skip
            self.put("tests/deploy/a_test.py", DEPLOY.format("pass"))
            self.put("tests/deploy/b_test.py", DEPLOY.format(does))
            self.ends(expected, "script/test", "deploy")
        self.ends((3, 1), "script/test", "deploy", CI="true")
        self.put("tests/deploy/b_test.py", "")
        self.ends((2, 1), "script/test", "deploy")
        self.put("tests/deploy/support.py", "def no_engine(): return 'no docker'\n")
        self.ends((0, 0), "script/test", "deploy")
        self.ends((0, 1), "script/test", "deploy", CI="true")

    def test_a_part_that_fails_does_not_stop_the_others(self):
        self.put("tests/deploy/support.py", "def no_engine(): return 'no docker'\n")
        self.script("script/lint", "exit 1")
        for name in ("script/lint_openapi", "tests/script/a_test.py"):
            self.script(name)
        self.ends((2 + 1 + 1 + 2 + 2 + 2, 1 + 1 + 1), "script/test", "all", "broken")

    def test_a_part_that_does_not_exist(self):
        done = subprocess.run([self.root / "script/test", "units"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_what_fails_in_a_file_that_also_skips_has_failed(self):
        """With the real ctest, and what tests/integration tells it."""
        (self.root / "bin/ctest").unlink()
        self.copy("tests/integration/CMakeLists.txt")
        self.put("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(small LANGUAGES NONE)\nenable_testing()\n"
                 "add_subdirectory(tests/integration)\n")  # fmt: skip
        self.run_cmake()
        names = re.findall(r"Test +#\d+: integration\.(\w+)", self.run_in("ctest", "--test-dir", "build/dev", "-N"))
        for name in names:
            self.put(f"tests/integration/{name}_test.py", DEPLOY.format("pass"))
        self.ends((len(names), 0), "script/test", "integration")
        skips = DEPLOY.format("self.skipTest('x')")
        self.put(f"tests/integration/{names[0]}_test.py", skips)
        self.ends((len(names) - 1, 0), "script/test", "integration")
        self.put(f"tests/integration/{names[0]}_test.py", skips + "    def test_three(self): self.fail()\n")
        self.ends((len(names) - 1, 1), "script/test", "integration")

    def run_in(self, *command):
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=True).stdout

    def run_cmake(self):
        self.run_in("cmake", "-S", ".", "-B", "build/dev")


class Ci(Scripts):
    """Every phase's script says what FAILS tells it to, when its arguments are those of the phase."""

    STUB = """
    case " $FAILS " in
      *" dies:$0:$*: "*) exit 3 ;;
      *" counts:$0:$*: "*) echo '2 passed, 1 failed'; exit 1 ;;
      *" lies:$0:$*: "*) echo '2 passed, 1 failed'; exit 0 ;;
    esac
    [[ $0 != script/test ]] || echo '3 passed, 0 failed'
    """

    def setUp(self):
        super().setUp()
        self.copy(".ci/run")
        for script in {script for script, _ in PHASES.values()}:
            self.script(script, self.STUB)

    def test_every_phase_counts(self):
        tests = sum(script == "script/test" for script, _ in PHASES.values())
        self.ends((3 * tests, 0), ".ci/run", FAILS="")
        for phase, (script, args) in PHASES.items():
            arguments = {"bootstrap": "build test lint", "mysql": None, "compose v2": None}.get(phase, args)
            if arguments is None:
                continue  # their arguments name a folder that the run makes
            done = self.ended(f"dies:{script}:{arguments}:")
            self.assertEqual(done.returncode, 1, phase)
            self.assertRegex(done.stdout.splitlines()[-1], r"^\d+ passed, 1 failed$", phase)
            self.assertRegex(done.stdout, rf"\n{phase} +\d+ s of +\d+  failed\n")
        for how in ("counts", "lies"):
            done = self.ended(f"{how}:script/test:unit:")
            self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (1, f"{3 * tests - 1} passed, 1 failed"), how)

    def ended(self, fails):
        return subprocess.run([self.root / ".ci/run"], capture_output=True, text=True, env=self.environment | {"FAILS": fails})

    def test_what_needs_a_build_that_failed_does_not_run(self):
        self.assertNotIn("== unit", self.ended("dies:script/build:dev:").stdout)
        self.assertNotIn("== e2e", self.ended("dies:script/build:release:").stdout)
        self.assertNotIn("== deploy", self.ended("dies:tests/deploy/engine::").stdout)
        self.assertNotIn("== lint", self.ended("dies:script/bootstrap:build test lint:").stdout)


if __name__ == "__main__":
    unittest.main()
