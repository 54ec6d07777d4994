"""What the checks of C++ text share: which files there are, their text without comments and literals, the command line."""

import re
import sys
from pathlib import Path

# One alternative for each thing in which a quote or a slash means something else.
_TOKEN = re.compile(
    r"""
    (?P<comment> //(?:\\\n|[^\n])* | /\*.*?\*/ )
  | (?P<raw>     (?:u8|[uUL])?R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)" )
  | (?P<string>  "(?:\\.|[^"\\\n])*" )
  | (?P<number>  \.?\d(?:'?[\w.])* )
  | (?P<char>    '(?:\\.|[^'\\\n])+' )
  | (?P<word>    [A-Za-z_]\w* )
    """,
    re.VERBOSE | re.DOTALL,
)


def blank(text, keep_strings=False):
    """The text with comments and the insides of literals as spaces: places and lines stay."""

    def replace(match):
        kind = match.lastgroup if match.lastgroup != "delimiter" else "raw"
        token = match.group()
        if kind in ("number", "word") or (kind == "string" and keep_strings):
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def cpp_files(root):
    """The C++ files of src/, tests/ and bench/, as paths relative to the root."""
    for top in ("src", "tests", "bench"):
        for path in sorted(Path(root, top).rglob("*")):
            if path.suffix in (".hpp", ".cpp") and "node_modules" not in path.parts and path.is_file():
                yield path.relative_to(root)


def run(check, script):
    """The command line of a check: prints what it finds in the tree, this repository when none is named."""
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(f"Usage: script/{Path(script).name} [ROOT]   (default: this repository)")
        return 0
    found = check(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(script).resolve().parent.parent)
    for line in found:
        print(line)
    return 1 if found else 0
