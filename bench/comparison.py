"""What the comparisons of a portal with other servers share."""

import contextlib
import pathlib
import statistics
import tempfile

import servers
from bars import bars
from harness import OPTIONS, ROOT, against
from ratios import compared
from servers import stopping

# Texts of 2 KB, since the original's lines have names only.
PROFILES = [{"provider": f"c{i % 10}", "name": f"gpu-{i:03}"} for i in range(100)]
OURS, OTHER = "Vacancy", "other build"


def wanted(target, **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()


class Ground:
    """A temporary folder, our builds, and everything else that ends with it."""

    def __init__(self):
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.path = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="vacancy-bench-")))
        self.count = 0
        return self

    def __exit__(self, *exception):
        return self.stack.__exit__(*exception)

    def folder(self):
        self.count += 1
        folder = self.path / str(self.count)
        folder.mkdir()
        return folder

    def start(self, make, *args, **more):
        server = make(self.folder(), *args, **more)
        return self.stack.enter_context(stopping(server))

    def builds(self, *args, **more):
        """Our servers by name: this build, and the other one of --against."""
        directories = {OURS: OPTIONS.bin_dir, **({OTHER: OPTIONS.against} if OPTIONS.against else {})}
        return {name: self.start(servers.Ours, directory, *args, **more) for name, directory in directories.items()}


def rows_of(label, turns, what, unit, goals, digits=1, note=""):
    """A row for each server that ours is compared with."""
    ours = turns[0].figures[what]
    for turn in turns[1:]:
        ratio, text = compared(ours, turn.figures[what], unit, digits)
        goal = goals.get(turn.name)
        yield f"{label}, to {turn.name}", f"≤ {goal}" if goal else "reported", against(goal or ratio, ratio, text + note)


def summary(turns, what):
    return {turn.name: (statistics.median(turn.figures[what]), min(turn.figures[what]), max(turn.figures[what])) for turn in turns}


def draw(name, title, unit, groups):
    if OPTIONS.writes:
        (ROOT / "docs" / f"{name}.svg").write_text(bars(title, unit, groups))
