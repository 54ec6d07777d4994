#!/usr/bin/env -S python3 -B
"""script/lint_includes and script/lint_coroutines find what they should, and nothing else."""

import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "script"
sys.path.insert(0, str(SCRIPTS))


def load(name):
    """A script as a module: its name has no .py."""
    spec = spec_from_loader(name, SourceFileLoader(name, str(SCRIPTS / name)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKS = {name: load(name).check for name in ("lint_includes", "lint_coroutines")}


def lint(script, files):
    """What a check says about a tree of these files."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return CHECKS[script](Path(root))


class Includes(unittest.TestCase):
    def refused(self, path, line, expected):
        text = line if path.endswith(".cpp") else f"#pragma once\n{line}"
        lines = lint("lint_includes", {path: text + "\n"})
        number = text.count("\n") + 1
        self.assertEqual(len(lines), 1, (path, line, lines))
        self.assertTrue(lines[0].startswith(f"{path}:{number}: "), lines[0])
        self.assertIn(expected, lines[0])

    def allowed(self, path, line):
        text = line if path.endswith(".cpp") else f"#pragma once\n{line}"
        self.assertEqual(lint("lint_includes", {path: text + "\n"}), [])

    def test_the_portal_reaches_neither_database_nor_probes(self):
        for folder in ("sql", "store", "probe", "refresh", "hardware", "app"):
            self.refused(
                "src/portal/page.cpp",
                f'#include "{folder}/x.hpp"',
                f'"{folder}/x.hpp": portal may include base, core, config, board, http, feed',
            )

    def test_folders_include_only_what_the_table_says(self):
        self.refused("src/base/text.hpp", '#include "core/level.hpp"', "base may include no other folder")
        self.refused("src/http/server.cpp", '#include "core/level.hpp"', "http may include base")
        self.refused("src/config/config.cpp", '#include "probe/probe.hpp"', "config may include base, core")
        self.refused("src/board/board_test.cpp", '#include "feed/writer.hpp"', "board may include base, core")
        self.refused("src/hardware/service.cpp", '#include "portal/page.hpp"', "hardware may include base, core, config")
        self.allowed("src/store/store.cpp", '#include "sql/session.hpp"')
        self.allowed("src/portal/page.hpp", '#include "portal/view.hpp"')
        self.allowed("src/hardware/service.hpp", '#include "feed/writer.hpp"')
        self.allowed("src/app/commands/list.cpp", '#include "portal/service.hpp"')

    def test_third_parties_stay_in_their_folders(self):
        for header, home in {
            "sqlite3.h": "sql",
            "boost/beast/http.hpp": "http",
            "boost/asio/ssl.hpp": "http",
            "yaml-cpp/yaml.h": "config",
            "kainjow/mustache.hpp": "portal",
            "CLI/CLI.hpp": "app",
            "prometheus/counter.h": "base",
            "boost/json.hpp": "feed",
        }.items():
            self.refused("src/core/level.cpp", f"#include <{header}>", f"<{header}>: only ")
            self.allowed(f"src/{home}/x.cpp", f"#include <{header}>")
        self.allowed("src/board/core_board.hpp", "#include <boost/asio/awaitable.hpp>")
        self.allowed("src/core/level.hpp", "#include <string_view>")

    def test_headers_avoid_beast(self):
        self.refused("tests/support/client.hpp", "#include <boost/beast/core.hpp>", "headers avoid Beast")
        self.allowed("tests/support/client.cpp", "#include <boost/beast/core.hpp>")
        self.allowed("src/http/session.hpp", "#include <boost/beast/core.hpp>")

    def test_only_tests_include_test_support(self):
        for line in ('#include "support/fake_clock.hpp"', "#include <gtest/gtest.h>", "#include <gmock/gmock.h>"):
            self.refused("src/board/board.cpp", line, "only *_test.cpp")
            self.allowed("src/board/board_test.cpp", line)
            self.allowed("tests/integration/up.cpp", line)
        self.allowed("tests/support/memory_store.hpp", '#include "store/store.hpp"')

    def test_own_headers_are_named_from_the_root(self):
        for line in ('#include "board.hpp"', '#include "../core/level.hpp"', '#include "src/core/level.hpp"', '#include "fmt/format.h"'):
            self.refused("src/board/board.cpp", line, 'own headers are "folder/file.hpp"')
        self.refused("src/board/board.cpp", "#include <core/level.hpp>", "own headers stand in quotes")
        self.refused("src/board/board.cpp", '  #  include "feed/writer.hpp"', "board may include")

    def test_line_numbers_and_comments(self):
        text = '/*\n#include "feed/a.hpp"\n*/\n// #include "feed/b.hpp"\nauto x = R"(\n#include "feed/c.hpp"\n)";\n#include "feed/d.hpp"\n'
        lines = lint("lint_includes", {"src/board/board.cpp": text})
        self.assertEqual([line.split(": ")[0] for line in lines], ["src/board/board.cpp:8"])

    def test_headers_say_pragma_once(self):
        lines = lint("lint_includes", {"src/core/level.hpp": "// #pragma once\nenum class Level;\n"})
        self.assertEqual(lines, ["src/core/level.hpp:1: a header says #pragma once"])

    def test_folders_of_the_source_are_known(self):
        lines = lint("lint_includes", {"src/util/x.cpp": "\n", "src/x.cpp": "\n"})
        self.assertEqual(len(lines), 2, lines)


class Coroutines(unittest.TestCase):
    def lines(self, code):
        """The lines of the code that are refused."""
        lines = lint("lint_coroutines", {"src/refresh/x.cpp": code})
        return [int(line.split(":")[1]) for line in lines]

    def test_braces_in_the_expression(self):
        for code in (
            "co_await run([c = x] { return c; });",
            "co_return co_await run(Task{x, 1});",
            "auto y = co_await run({.a = 1});",
            "if (co_await run(Task{x})) {}",
            "if (g(co_await a, Task{x})) {}",
            "auto y = f(co_await a, [c = x] {});",
        ):
            self.assertEqual(self.lines(f"\n{code}\n"), [2], code)
        self.assertEqual(self.lines("co_await run(x,\n  Task{\n  x});\nco_await run({});\n"), [1, 4])

    def test_braces_after_or_before_it(self):
        for code in (
            "if (co_await run(x)) { y(); }",
            "if (!(co_await run(x)) && (z)) { y(); }",
            "if constexpr (co_await run(x)) { y(); }",
            "while (auto v = co_await next()) { y(); }",
            "for (auto v : co_await all(x)) { y(); }",
            "if (auto v = co_await next(); v) { y(); }",
            "switch (co_await next()) { default: break; }",
            "co_spawn(e, [c = x]() -> awaitable<void> { co_await run(c); }, detached);",
            "Task t{co_await run(x)};",
            "bool operator co_await() { return {}; }",
        ):
            self.assertEqual(self.lines(f"{code}\n"), [], code)

    def test_braces_in_text(self):
        for code in (
            'co_await run("{");',
            "co_await run('{', 1'000);",
            'co_await run(R"x({)" {)x", u8"\\"{");',
            "co_await run(x /* { */);  // {",
            "// co_await run({});",
            "#define AWAIT(x) co_await x\nvoid f() {}",
        ):
            self.assertEqual(self.lines(f"{code}\n"), [], code)


if __name__ == "__main__":
    unittest.main()
