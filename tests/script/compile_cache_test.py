#!/usr/bin/env -S python3 -B
"""cmake/ccache: what one checkout compiled fits another, elsewhere, and what changed is compiled anew."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

CMAKE = Path(__file__).resolve().parents[2] / "cmake"

# The smallest project with libraries as ours: one makes the precompiled header, the other reuses it.
FILES = {
    "CMakeLists.txt": """
        cmake_minimum_required(VERSION 3.25)
        project(small VERSION 1.0 LANGUAGES CXX)
        list(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR}/cmake)
        include(options)
        include(library)
        find_package(Threads REQUIRED)
        vacancy_library(base SOURCES src/base/base.cpp)
        vacancy_library(core SOURCES src/core/core.cpp LINK base)
        add_executable(program src/main.cpp)
        target_link_libraries(program PRIVATE core)
        vacancy_precompiled(program)
        """,
    "src/base/precompiled.hpp": "#pragma once\n#include <cstdio>\n#define PRECOMPILED 1\n",
    "src/base/base.hpp": "#pragma once\n#define BASE 1\nint base();\n",
    "src/base/base.cpp": '#include "base/base.hpp"\nint base() { return BASE * 10 + PRECOMPILED; }\n',
    "src/core/core.hpp": "#pragma once\nconst char* file();\n",
    "src/core/core.cpp": '#include "core/core.hpp"\nconst char* file() { return __FILE__; }\n',
    "src/main.cpp": '#include "base/base.hpp"\n#include "core/core.hpp"\n'
    'int main() { std::printf("%d %d %s", base(), PRECOMPILED, file()); }\n',
}
SOURCES = sum(name.endswith(".cpp") for name in FILES)


class CompileCache(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("CCACHE_")}
        self.environment["CCACHE_DIR"] = str(self.root / "cache")

    def run_in(self, folder, *command):
        done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def checkout(self, name):
        folder = self.root / name
        for path, text in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        shutil.copytree(CMAKE, folder / "cmake")
        self.run_in(
            folder, "cmake", "-S", ".", "-B", "build/dev", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
            "-DBUILD_TESTING=OFF", "-DCMAKE_CXX_COMPILER=clang++-19", f"-DCMAKE_CXX_COMPILER_LAUNCHER={folder}/cmake/ccache",
        )  # fmt: skip
        return folder

    def build(self, folder):
        """How many files were compiled, how many came from the cache, and what the program prints."""
        self.run_in(folder, "ccache", "--zero-stats")
        self.run_in(folder, "cmake", "--build", "build/dev")
        stats = dict(line.split("\t") for line in self.run_in(folder, "ccache", "--print-stats").splitlines())
        hits = int(stats["direct_cache_hit"]) + int(stats["preprocessed_cache_hit"])
        return int(stats["cache_miss"]), hits, self.run_in(folder, "build/dev/bin/program")

    def test_another_checkout_compiles_nothing_also_when_the_first_is_gone(self):
        first = self.checkout("first")
        self.assertEqual(self.build(first), (SOURCES, 0, "11 1 src/core/core.cpp"))
        shutil.rmtree(first)
        self.assertEqual(self.build(self.checkout("a folder/second")), (0, SOURCES, "11 1 src/core/core.cpp"))

    def test_what_uses_a_changed_header_is_compiled_anew(self):
        self.build(self.checkout("first"))
        second = self.checkout("second")
        (second / "src/base/base.hpp").write_text(FILES["src/base/base.hpp"].replace("BASE 1", "BASE 2"))
        self.assertEqual(self.build(second), (1, 2, "21 1 src/core/core.cpp"))

    def test_a_changed_precompiled_header_changes_all(self):
        self.build(self.checkout("first"))
        second = self.checkout("second")
        header = second / "src/base/precompiled.hpp"
        header.write_text(FILES["src/base/precompiled.hpp"].replace("PRECOMPILED 1", "PRECOMPILED 2"))
        self.assertEqual(self.build(second), (SOURCES, 0, "12 2 src/core/core.cpp"))
        header.write_text(FILES["src/base/precompiled.hpp"])
        self.assertEqual(self.build(second), (0, SOURCES, "11 1 src/core/core.cpp"))


if __name__ == "__main__":
    unittest.main()
