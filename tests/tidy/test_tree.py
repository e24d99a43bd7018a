"""The look of the tree: what lies at the top, what a text may not contain, and how headers begin."""

import os
import re
import stat

import pytest

import sources

TOP = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "CHANGELOG.md", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes",
    ".editorconfig", ".ci", "protocol", "policy", "certs", "server", "tests", "deploy",
}
TEST_FOLDERS = {"support", "unit", "store", "api", "interop", "sim", "fuzz", "vectors", "snapshots", "measure", "hostile", "crash", "browser", "bench", "tidy"}


def test_top_level_has_only_what_the_house_has():
    extra = {path.parts[0] for path in sources.project_files()} - TOP
    assert not extra, f"unexpected at the top: {sorted(extra)}"


def test_folders_of_the_tests():
    extra = {path.parts[1] for path in sources.project_files() if path.parts[0] == "tests" and len(path.parts) > 2} - TEST_FOLDERS
    assert not extra, f"unexpected under tests/: {sorted(extra)}"


@pytest.mark.parametrize("folder", ["protocol", "policy", "certs", "server", "tests", "deploy"])
def test_each_top_folder_has_a_readme(folder):
    assert (sources.ROOT / folder / "README.md").is_file()


def readable():
    for path in sources.project_files():
        if path.parts[:2] == ("tests", "fuzz") and "corpus" in path.parts:
            continue
        try:
            yield path, sources.text_of(path)
        except UnicodeDecodeError:
            continue


def test_no_paths_of_one_machine():
    """A stranger's clone has neither this checkout's place nor anybody's home."""
    here = re.escape(str(sources.ROOT)) + r"\b"
    home = r"(?<![\w.:/])/(home/\w+|Users/\w+|root|mnt|media)/\w"
    wrong = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in readable()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(f"{here}|{home}", line)
    ]
    assert not wrong, "\n".join(wrong)


def test_links_in_texts_lead_somewhere():
    """Relative links of Markdown files stay inside the tree and name what is there."""
    wrong = []
    for path, text in readable():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text):
            place = (sources.ROOT / path.parent / target).resolve()
            if not place.is_relative_to(sources.ROOT) or not place.exists():
                wrong.append(f"{path}: {target}")
    assert not wrong, "\n".join(wrong)


def test_no_unfinished_marks():
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    wrong = [f"{path}:{number}: {line.strip()[:120]}" for path, text in readable() for number, line in enumerate(text.splitlines(), 1) if marks.search(line)]
    assert not wrong, "\n".join(wrong)


def test_text_files_are_clean():
    """UTF-8, line feeds, no blanks at line ends, a last line that ends."""
    wrong = []
    for path, text in readable():
        if path.parts[0] == "tests" and path.parts[1] in ("vectors", "snapshots", "fuzz"):
            continue
        if "\0" in text:
            continue
        if "\r" in text:
            wrong.append(f"{path}: carriage returns")
        if text and not text.endswith("\n"):
            wrong.append(f"{path}: last line does not end")
        if re.search(r"[ \t]+$", text, re.MULTILINE) and path.suffix != ".md":
            wrong.append(f"{path}: blanks at a line's end")
    assert not wrong, "\n".join(wrong)


def test_headers_begin_with_prose():
    """`#pragma once` and then a few lines of comment: what it is, who owns it, what holds."""
    wrong = [
        str(path) for path in sources.cpp_files(*sources.FLOORS)
        if path.suffix == ".hpp" and not re.match(r"#pragma once\n// \S.*\n", sources.text_of(path))
    ]
    assert not wrong, "\n".join(wrong)


def test_files_stay_of_a_size_that_a_person_reads():
    """About 300 lines is the habit; far above it a file has become two."""
    wrong = []
    for path in sources.cpp_files(*sources.FLOORS):
        lines = sources.text_of(path).count("\n")
        if lines > 800:
            wrong.append(f"{path}: {lines} lines")
    assert not wrong, "\n".join(wrong)


def test_no_private_keys_in_the_tree():
    """Keys are made when they are needed. Vectors and planted pieces that detectors must find are too short to be a key."""
    wrong = [str(path) for path, text in readable() if re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n([A-Za-z0-9+/=]{64}\n){2}", text)]
    assert not wrong, "\n".join(wrong)


def test_programs_can_be_started():
    """A file that begins with #! and is meant to be run has the bit; others have none."""
    wrong = []
    for path in sources.project_files():
        with open(sources.ROOT / path, "rb") as file:
            shebang = file.read(2) == b"#!"
        runnable = bool(os.stat(sources.ROOT / path).st_mode & stat.S_IXUSR)
        if runnable and not shebang:
            wrong.append(f"{path}: executable without #!")
        if shebang and not runnable and path.suffix not in (".py",):
            wrong.append(f"{path}: #! but not executable")
    assert not wrong, "\n".join(wrong)


def test_shell_scripts_parse():
    import subprocess
    wrong = []
    for path in sources.project_files():
        with open(sources.ROOT / path, "rb") as file:
            first = file.readline()
        if first.startswith(b"#!") and first.rstrip().endswith((b"bash", b"/sh")):
            done = subprocess.run(["bash", "-n", str(sources.ROOT / path)], capture_output=True, text=True, check=False)
            if done.returncode:
                wrong.append(done.stderr)
    assert not wrong, "\n".join(wrong)
