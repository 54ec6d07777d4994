#!/usr/bin/env -S python3 -B
"""script/lint_tidy: what passed is not looked at again, anywhere; what differs in anything that decides, and what failed, is."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "script/lint_tidy"
NINJA = """
rule compile
  command = clang++-19 -I../../src -MD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
build one.o: compile ../../src/one.cpp
build two.o: compile ../../src/two.cpp
"""
# Notes the files that it is given; a file that has the word WRONG fails.
TIDY = """#!/bin/sh
if [ "$1" = --version ]; then echo "$TIDY_VERSION"; exit; fi
for file; do :; done
echo "$file" >>"$TIDY_LOG"
if grep -q WRONG "$file"; then echo "$file: wrong"; echo "1 warning generated."; exit 1; fi
"""


class LintTidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.log = self.home / "log"
        tidy = self.home / "bin/clang-tidy-19"
        tidy.parent.mkdir()
        tidy.write_text(TIDY)
        tidy.chmod(0o755)
        self.environment = os.environ | {"PATH": f"{tidy.parent}:{os.environ['PATH']}", "CCACHE_DIR": str(self.home / "cache"),
                                         "TIDY_LOG": str(self.log), "TIDY_VERSION": "19.1"}
        self.root = self.checkout("first")

    def checkout(self, name):
        root = self.home / name
        for path, text in {"src/one.cpp": '#include "a.hpp"\n', "src/two.cpp": "", "src/a.hpp": "", "build/dev/build.ninja": NINJA,
                           ".clang-tidy": "Checks: a"}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        commands = [{"directory": str(root / "build/dev"), "file": str(root / f"src/{name}.cpp"),
                     "command": f"clang++-19 -I{root}/src -o {name}.o -c {root}/src/{name}.cpp"} for name in ("one", "two")]
        (root / "build/dev/compile_commands.json").write_text(json.dumps(commands))
        (root / "script").mkdir()
        shutil.copy(SCRIPT, root / "script")
        return root

    def tidy(self, root=None, passes=True):
        """The files that clang-tidy was run on, after a build."""
        root = root or self.root
        subprocess.run(["ninja", "-C", root / "build/dev"], check=True, capture_output=True)
        self.log.write_text("")
        done = subprocess.run([root / "script/lint_tidy", "src/one.cpp", "src/two.cpp"], cwd=root, env=self.environment,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode == 0, done.stderr), (passes, ""))
        self.assertEqual(done.stdout.strip(), "" if passes else "src/two.cpp: wrong")
        return sorted(self.log.read_text().split())

    def test_what_passed_is_not_looked_at_again_in_any_checkout(self):
        self.assertEqual(self.tidy(), ["src/one.cpp", "src/two.cpp"])
        self.assertEqual(self.tidy(), [])
        self.assertEqual(self.tidy(self.checkout("deeper/second")), [])

    def test_a_header_or_source_that_changed_is_looked_at(self):
        self.tidy()
        (self.root / "src/a.hpp").write_text("// changed\n")
        self.assertEqual(self.tidy(), ["src/one.cpp"])
        (self.root / "src/two.cpp").write_text("// changed\n")
        self.assertEqual(self.tidy(), ["src/two.cpp"])

    def test_other_rules_another_program_or_command_look_at_all(self):
        self.tidy()
        (self.root / ".clang-tidy").write_text("Checks: b")
        self.assertEqual(len(self.tidy()), 2)
        self.environment["TIDY_VERSION"] = "19.2"
        self.assertEqual(len(self.tidy()), 2)
        commands = self.root / "build/dev/compile_commands.json"
        commands.write_text(commands.read_text().replace("clang++-19 ", "clang++-19 -DNDEBUG "))
        self.assertEqual(len(self.tidy()), 2)

    def test_what_failed_is_looked_at_again(self):
        (self.root / "src/two.cpp").write_text("// WRONG\n")
        self.assertEqual(self.tidy(passes=False), ["src/one.cpp", "src/two.cpp"])
        self.assertEqual(self.tidy(passes=False), ["src/two.cpp"])

    def test_what_was_not_compiled_is_always_looked_at(self):
        self.tidy()
        ninja = self.root / "build/dev/build.ninja"
        ninja.write_text(NINJA[: NINJA.index("build two")])
        subprocess.run(["ninja", "-C", self.root / "build/dev", "-t", "recompact"], check=True, capture_output=True)
        self.assertEqual(self.tidy(), ["src/two.cpp"])
        self.assertEqual(self.tidy(), ["src/two.cpp"])


if __name__ == "__main__":
    unittest.main()
