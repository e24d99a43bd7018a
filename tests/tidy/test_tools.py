"""What clang's own tools say: the format of every file, headers that compile alone, and clang-tidy on what changed."""

import concurrent.futures
import json
import os
import re
import shlex
import subprocess

import pytest

import sources

# Configured, not built: the commands of the preset dev, where each file is compiled on its own.
BUILD = sources.ROOT / "build" / "dev"
JOBS = 2
# Without a change to look at, a sample that stays the same from run to run: the pure floors and the seams, quick to read for the tool.
SAMPLE = 16


def run(*command):
    return subprocess.run(command, cwd=sources.ROOT, capture_output=True, text=True, check=False)


def test_clang_format():
    files = [str(path) for path in sources.cpp_files(*sources.FLOORS, "tests")]
    done = run("clang-format-19", "--dry-run", "-Werror", *files)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error: code should be clang-formatted", done.stderr, re.MULTILINE)))
    assert done.returncode == 0, "clang-format-19 -i " + " ".join(wrong)


@pytest.fixture(scope="module")
def commands():
    """How each file is compiled: its path from the root, and the command."""
    done = run("cmake", "--preset", "dev")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    # Sources that the build writes itself (embedded texts) are read by nobody here.
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    return {os.path.relpath(entry["file"], sources.ROOT): entry["command"] for entry in entries if "verify_interface_header_sets" not in entry["command"]}


def in_parallel(check, names):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return [text for text in pool.map(check, names) if text]


def stands_first(header):
    """Whether the source file of the same name includes it before anything else."""
    source = header.with_suffix(".cpp")
    if not (sources.ROOT / source).is_file():
        return False
    first = re.search(r"^#include .*$", sources.text_of(source), re.MULTILINE)
    return first is not None and first.group(0) == f'#include "{header}"'


def test_every_header_compiles_alone(commands):
    """With the flags of a source of its own folder, or of the folder above."""
    flags = {}
    for name, command in commands.items():
        words = shlex.split(command)
        words = words[words.index(next(word for word in words if "clang++" in word)):]
        for switch, values in (("-o", 1), ("-MF", 1), ("-MT", 1), ("-MD", 0), ("-c", 1)):
            if switch in words:
                at = words.index(switch)
                del words[at:at + 1 + values]
        flags.setdefault(os.path.dirname(name), words)

    def alone(path):
        folder = next(str(each) for each in path.parents if str(each) in flags)
        # Read from the standard input, so that the header is no main file: #pragma once is as it is for everybody.
        done = subprocess.run([*flags[folder], "-fsyntax-only", "-x", "c++", "-"], input=f'#include "{path}"\n', cwd=sources.ROOT, capture_output=True, text=True, check=False)
        return f"{path}:\n{done.stderr[-2000:]}" if done.returncode else ""

    headers = [path for path in sources.cpp_files(*sources.FLOORS) if path.suffix == ".hpp"]
    if os.environ.get("ENTENTE_LONG") != "1":
        # The rest stands first in a source file, so the daily build, which compiles each file on its own, shows the same.
        headers = [path for path in headers if not stands_first(path)]
    wrong = in_parallel(alone, headers)
    print(f"{len(headers)} headers compile alone")
    assert headers and not wrong, "\n".join(wrong)


def test_every_header_is_in_a_header_set():
    """Only headers that a library lists are compiled alone by the target above."""
    wrong = []
    for path in sources.cpp_files(*sources.FLOORS):
        if path.suffix != ".hpp":
            continue
        lists = [sources.ROOT / folder / "CMakeLists.txt" for folder in (path.parent, *path.parent.parents) if str(folder) != "."]
        if not any(entry.is_file() and (path.name in entry.read_text() or "GLOB" in entry.read_text()) for entry in lists):
            wrong.append(str(path))
    assert not wrong, "\n".join(wrong)


def changed_since_the_merge_base():
    """Files that differ from the branch this work started from, committed or not; empty when there is no such branch or no change."""
    head = run("git", "rev-parse", "HEAD").stdout
    for name in ("origin/main", "origin/master", "main", "master"):
        # On the branch itself its name says nothing about where the work started.
        if not name.startswith("origin/") and run("git", "rev-parse", "--quiet", "--verify", name).stdout == head:
            continue
        base = run("git", "merge-base", "HEAD", name)
        if base.returncode == 0:
            listed = run("git", "diff", "--name-only", base.stdout.strip())
            return set(listed.stdout.split()) | set(run("git", "ls-files", "--others", "--exclude-standard").stdout.split())
    return set()


def test_clang_tidy(commands):
    ours = [name for name in sorted(commands) if name.split("/")[0] in sources.FLOORS]
    changed = [name for name in changed_since_the_merge_base() if name in ours]
    # Files that instantiate Beast and TLS streams take the tool a minute each; they have their turn in the long form.
    slow = {name for name in ours if re.search(r"#include <boost/(asio|beast)", sources.text_of(sources.pathlib.PurePosixPath(name)))}
    chosen = [name for name in (changed or ours[::max(1, len(ours) // SAMPLE)]) if os.environ.get("ENTENTE_LONG") == "1" or name not in slow]
    if os.environ.get("ENTENTE_LONG") != "1":
        chosen = sorted(chosen, key=lambda name: len(sources.text_of(sources.pathlib.PurePosixPath(name))))[-3 * SAMPLE:]

    def one(name):
        done = run("clang-tidy-19", "-p", str(BUILD), "--quiet", "--extra-arg=-Wno-unknown-warning-option", name)
        return f"{name}:\n{done.stdout[-3000:]}" if done.returncode else ""

    wrong = in_parallel(one, chosen)
    print(f"clang-tidy read {len(chosen)} of {len(ours)} files")
    assert not wrong, "\n".join(wrong)
