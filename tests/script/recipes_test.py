#!/usr/bin/env -S python3 -B
"""The recipes of CONTRIBUTING.md are true: what they say stands in two places does. Kinds of probes and keys of the
configuration are held against the documents by src/config/documents_test.cpp."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
METHODS = "GET|POST|PUT|DELETE"


def read(name):
    return (ROOT / name).read_text()


def sources(folder="src", pattern="*.cpp"):
    return [path for path in sorted((ROOT / folder).rglob(pattern)) if not path.stem.endswith("_test")]


def shape(path):
    """A path whose parameters have no names. What stands behind one in a segment, such as .svg, is a part of it."""
    return re.sub(r"\{\w+\}[^/]*", "{}", path)


def routes():
    found = set()
    for file in sources():
        text = file.read_text()
        found |= {(method, shape(path)) for method, path in re.findall(rf'\badd\(\s*"({METHODS})",\s*"(/[^"]*)"', text)}
        found |= {("GET", shape(path)) for path in re.findall(r'^  open\("(/[^"]*)"', text, re.MULTILINE)}
    return found


def described():
    """(method, path) of docs/openapi.yaml."""
    paths = read("docs/openapi.yaml").split("\npaths:\n")[1].split("\ncomponents:\n")[0]
    for part in re.split(r"\n(?=  /)", paths):
        path = part.strip().split(":\n")[0]
        for method in re.findall(rf"^    ({METHODS.lower()}):$", part, re.MULTILINE):
            yield method.upper(), path


class Endpoints(unittest.TestCase):
    def test_each_is_described_and_each_that_is_described_is_there(self):
        self.assertEqual(routes(), {(method, shape(path)) for method, path in described()})

    def test_each_is_in_the_documents(self):
        text = read("docs/api.md")
        for method, path in described():
            if path != "/assets/{file}":
                self.assertRegex(text, rf"\b{method} {re.escape(path)}(?![\w/{{])", f"docs/api.md has no {method} {path}")

    def test_each_is_asked(self):
        cases = re.findall(r"^  \['\w+', '([^'?]*)[?']", read("tests/e2e/api.test.mjs"), re.MULTILINE)
        for method, path in described():
            if method == "GET":
                pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path[1:])))
                self.assertTrue(any(map(pattern.fullmatch, cases)), f"tests/e2e/api.test.mjs does not ask {path}")


class Migrations(unittest.TestCase):
    files = sorted(path.name for path in (ROOT / "db/migrations").iterdir())

    def test_they_are_numbered_and_built_in(self):
        self.assertEqual([name[:5] for name in self.files], [f"{number:04}_" for number in range(1, len(self.files) + 1)])
        self.assertIn("CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/db/migrations/*.sql", read("src/store/CMakeLists.txt"))

    def test_one_file_serves_all_databases(self):
        words = set(re.findall(r'"\$\{(\w+)\}"', read("src/store/migration.cpp")))
        self.assertIn("identity", words)
        for name in self.files:
            text = read(f"db/migrations/{name}")
            self.assertLessEqual(set(re.findall(r"\$\{(\w+)\}", text)), words, name)
            for_all = re.sub(r"\$\{mysql_only\}[^;]*;", "", text)
            self.assertNotRegex(for_all, r"(?i)AUTO_?INCREMENT|ENGINE\s*=", f"{name}: write ${{identity}}, ${{table}}")
            for table in re.split(r"CREATE TABLE ", text)[1:]:
                self.assertRegex(table.split(";")[0], r"\$\{table\}$", name)


class Places(unittest.TestCase):
    def test_what_documents_name_is_there(self):
        """Files and folders. KIND stands for each kind of probe."""
        for document, folder in (("CONTRIBUTING.md", ""), ("docs/architecture.md", "src/")):
            for name in re.findall(r"`((?:[\w.*-]+/)+(?:[\w.*{},-]+)?)`", read(document)):
                for option in re.findall(r"\{([\w,]+)\}", name)[0].split(",") if "{" in name else [""]:
                    path = re.sub(r"\{.*\}", option, name).replace("KIND", "exec")
                    places = [base for base in (folder, "") if list(ROOT.glob((base + path).rstrip("/")))]
                    self.assertTrue(places, f"{document}: {name}")

    def test_each_source_is_built(self):
        for file in (ROOT / "src").rglob("*.cpp"):
            text = "".join((base / "CMakeLists.txt").read_text() for base in file.parents
                           if ROOT in base.parents and (base / "CMakeLists.txt").exists())
            name = file.name if not file.stem.endswith("_main") else file.stem.removesuffix("_main")
            self.assertTrue(re.search(rf"[\s/(]{re.escape(name)}[\s)]", text), f"{file} is not in CMakeLists.txt")

    def test_each_fuzz_target_has_seeds(self):
        targets = {file.stem.removesuffix("_fuzz") for file in (ROOT / "tests/fuzz").glob("*_fuzz.cpp")}
        self.assertEqual(targets, {folder.name for folder in (ROOT / "tests/fuzz/seeds").iterdir()})

    def test_each_integration_test_is_run(self):
        names = read("tests/integration/CMakeLists.txt").split("foreach(name ")[1].split(")")[0].split()
        self.assertEqual(sorted(names), sorted(file.stem.removesuffix("_test") for file in (ROOT / "tests/integration").glob("*_test.py")))

    def test_threads_are_listed(self):
        table = read("docs/architecture.md").split("## Threads")[1].split("\n## ")[0]
        pools = {name for file in (*sources(), *sources(pattern="*.hpp"))
                 for name in re.findall(r'(?:pool_|database_|readers_)(?:\.emplace)?[({]"(\w+)"', file.read_text())}
        self.assertEqual(pools, set(re.findall(r"^\| pool `(\w+)`", table, re.MULTILINE)))
        members = sum(len(re.findall(r"^ +.*base::OffloadPool>? \w+[;{]", file.read_text(), re.MULTILINE))
                      for file in (*sources(), *sources(pattern="*.hpp")))
        self.assertEqual(members, len(pools), "a pool has no name that this test finds")


if __name__ == "__main__":
    unittest.main()
