"""The project's sources as the tidy tests read them: which files there are, and their text without comments and literals."""

import functools
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FLOORS = ("protocol", "policy", "certs", "server")
SUFFIXES = {".cpp", ".hpp"}


@functools.cache
def project_files():
    """Every file of the project as a path relative to its root: what git tracks, and what it would track. Without git, the tree."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
    else:
        names = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [f for f in folders if f not in ("build", ".git", "data", "keys", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files]
    return sorted(pathlib.PurePosixPath(name) for name in set(names) if (ROOT / name).is_file())


def cpp_files(*tops):
    """The C++ files under these top folders."""
    return [path for path in project_files() if path.suffix in SUFFIXES and path.parts[0] in tops]


@functools.cache
def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


_TOKENS = re.compile(
    r"""(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)|(?P<raw>(?:u8|[uUL])?R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)")"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<char>(?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)+')""",
    re.DOTALL | re.VERBOSE,
)


@functools.cache
def code_of(path):
    """The text with comments and the insides of literals blanked; lines keep their numbers."""

    def blank(match):
        kept = "\n" * match.group(0).count("\n")
        return f'""{kept}' if match.lastgroup in ("string", "raw", "tag") or match.group("raw") else (f"' '{kept}" if match.group("char") else kept)

    return _TOKENS.sub(blank, text_of(path))


def includes_of(path):
    """(line number, how it is quoted, what) for each #include."""
    for number, line in enumerate(text_of(path).splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def found(pattern, path, text=None):
    """'path:line: text' for each line of the code that matches."""
    code = code_of(path) if text is None else text
    for number, line in enumerate(code.splitlines(), 1):
        if re.search(pattern, line):
            yield f"{path}:{number}: {line.strip()[:160]}"
