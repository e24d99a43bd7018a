"""Calls and shapes that the project does without, each with the reason and the place that is exempt."""

import re

import pytest

import sources

ALL = sources.FLOORS

# name -> (pattern, folders, exempt files, why)
BANNED = {
    "the wall clock": (
        r"system_clock|(?<![\w.:>])time\s*\(\s*(nullptr|NULL|0|&)|\bgettimeofday\b|\bclock_gettime\b|\bstd::time\b|\blocaltime|\butc_clock\b",
        ALL, ["server/clock.cpp", "server/log.cpp", "server/archive/worker.cpp"], "time comes in as an argument; server/clock.cpp reads it, server/log.cpp stamps its lines"),
    "weak chance": (
        r"\b(s?rand|random|drand48)\s*\(\s*\)|\bmt19937|\brandom_device\b|default_random_engine|uniform_int_distribution",
        ALL, [], "certs/random is the only source of randomness"),
    "printing": (
        r"(?<![\w.])(std::)?(printf|puts|putchar|vprintf)\s*\(|\bstd::(cout|cerr|clog)\b|\bfprintf\s*\(",
        ALL, ["server/main.cpp", "protocol/result.hpp", "server/store/sqlcipher.cpp", "server/store/sqlcipher_connection.cpp", "server/archive/worker.cpp"],
        "the last words before an abort need no queue; other log lines go through server/log; tools print through their own terminal file"),
    "sleeping": (r"\bsleep_(for|until)\b|(?<![\w.:])(u|nano)?sleep\s*\(", ALL, ["server/tools/audit_export.cpp"],
                 "waiting is for a condition, never for a while; what another process will have written a second later is looked for again"),
    "backtracking patterns": (r"\bstd::(w?regex|smatch|cmatch|regex_\w+)\b", ALL, [], "RE2 in policy/ is linear in its input"),
    "unbounded C strings": (
        r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|atoi|atol|atof)\s*\(", ALL, [], "string_view, from_chars and vectors know their ends"),
    "shell and processes": (r"(?<![\w.:])(std::)?(system|popen|execl\w*|execv\w*|fork)\s*\(", ALL, [], "the gateway starts no other program but its archive worker (server/archive/process)"),
    "secrets as compared text": (r"\bmemcmp\s*\(", ALL, [], "equal_constant_time for secrets, spans and ranges for the rest"),
    "clearing that the compiler may drop": (r"\b(memset|bzero)\s*\(", ALL, ["certs/secret.cpp"], "Secret wipes itself"),
    "raw ownership": (r"\bdelete\s+(?!\[)\w|\bdelete\s*\[\]|(?<![\w.:])(std::)?(malloc|calloc|realloc|free)\s*\(", ALL, ["certs/memory.cpp", "server/tools/memory_wiping.cpp"],
                      "owners are values and unique_ptr; the functions under them are replaced in one place, so that what is freed is overwritten"),
    "detached work": (r"\.detach\s*\(\s*\)|\bdetached\b", ALL, ["server/net/runtime.hpp"], "a thread is joined; a coroutine goes through the spawn helper, which counts its faults"),
    "silent casts": (r"\bconst_cast\s*<", ALL, [], "what is const stays const"),
    "catching everything in silence": (r"catch\s*\(\s*\.\.\.\s*\)\s*\{\s*\}", ALL, [], "a fault is counted or passed on"),
    "leaving the process": (r"(?<![\w.:])(std::)?(exit|_exit|quick_exit)\s*\(", ALL, ["server/main.cpp"], "main returns; an assertion aborts"),
    "logging behind the log's back": (r"\bspdlog::", ALL, ["server/log.cpp"], "server/log takes fields only, so that content has no way in"),
    "locks in rules and rooms of values": (r"\bstd::(mutex|shared_mutex|lock_guard|scoped_lock|unique_lock|atomic)\b", ("protocol", "policy"), [], "pure functions of values"),
    "environment": (r"\b(secure_)?getenv\s*\(", ALL, ["server/main.cpp", "server/tools/*", "server/store/sqlcipher_statements.cpp"],
                    "settings come from one file; the store's reads one only where it is built to list its statements for the tests"),
}


def exempt(path, places):
    return any(re.fullmatch(place.replace("*", ".*"), str(path)) for place in places)


@pytest.mark.parametrize("what", sorted(BANNED))
def test_banned(what):
    pattern, tops, places, why = BANNED[what]
    # The terminal of the command line is where a person reads; printing and streams belong there.
    if what == "printing":
        places = [*places, "server/tools/*"]
    wrong = [line for path in sources.cpp_files(*tops) if not exempt(path, places) for line in sources.found(pattern, path)]
    assert not wrong, f"{why}\n" + "\n".join(wrong)


def test_tests_do_not_sleep_and_have_no_fixed_ports():
    wrong = []
    for path in sources.project_files():
        if path.parts[0] != "tests":
            continue
        if path.suffix in sources.SUFFIXES and not path.stem.endswith("_bench"):  # a load generator keeps its own time
            wrong += sources.found(r"\bsleep_(for|until)\b|(?<![\w.:])(u|nano)?sleep\s*\(", path)
        elif path.suffix == ".py" and path.name != "test_banned.py":
            for number, line in enumerate(sources.text_of(path).splitlines(), 1):
                if re.search(r"time\.sleep\((?!POLL_SECONDS)", line) or re.search(r"localhost:\d{2,5}|127\.0\.0\.1:\d{2,5}", line):
                    wrong.append(f"{path}:{number}: {line.strip()[:120]}")
    assert not wrong, "\n".join(wrong)


# --- awaited shapes ---------------------------------------------------------------------------------------------------------------


def statements(code):
    """(line, text) of each statement, roughly: text between semicolons and braces."""
    line = start = 1
    text = ""
    for char in code:
        if char == "\n":
            line += 1
        if char in ";{}":
            if text.strip():
                yield start, " ".join(text.split()) + char
            text, start = "", line
        else:
            if not text.strip():
                start = line
            text += char


AWAIT_SHAPE = re.compile(
    r"^(case [^:]+:\s*|default:\s*|else\s+)*"
    r"(if \([^;]*\)\s*|for \([^;]*\)\s*|while \([^;]*\)\s*|else\s+)*"          # a guard without an await, on the same line
    r"((const\s+)?[\w:<>,&*\[\]\s]+=\s*|[\w.>-]+\s*=\s*|co_return\s+)?"
    r"co_await\s[^;]*;$"
)


def test_an_awaited_call_is_the_whole_right_hand_side_of_a_statement():
    """Temporaries that live across a suspension, and the order in which operands are evaluated, are where compilers and readers err."""
    wrong = []
    for path in sources.cpp_files(*ALL):
        if "co_await" not in sources.code_of(path):
            continue
        for line, statement in statements(sources.code_of(path)):
            if "co_await" not in statement:
                continue
            if statement.count("co_await") > 1 or not AWAIT_SHAPE.match(statement) or re.search(r"[?|&]{2}|\?\s", statement.split("co_await")[0]):
                wrong.append(f"{path}:{line}: {statement[:160]}")
    assert not wrong, "\n".join(wrong)


def test_no_capturing_lambda_is_a_coroutine():
    """Its captures die with the lambda object while the coroutine still runs. The spawn helper keeps the object alive and is exempt."""
    wrong = []
    lambda_head = re.compile(r"\[([^\[\]]*)\]\s*(\([^()]*\))?\s*(mutable\s*)?(noexcept\s*)?(->\s*[\w:<>, ]+)?\s*\{")
    for path in sources.cpp_files(*ALL):
        if exempt(path, ["server/net/runtime.hpp"]):
            continue
        code = sources.code_of(path)
        for match in lambda_head.finditer(code):
            if not match.group(1).strip():
                continue
            depth, end = 1, match.end()
            while depth and end < len(code):
                depth += {"{": 1, "}": -1}.get(code[end], 0)
                end += 1
            if re.search(r"\bco_(await|return|yield)\b", code[match.end():end]):
                wrong.append(f"{path}:{code.count(chr(10), 0, match.start()) + 1}: [{match.group(1).strip()}]")
    assert not wrong, "\n".join(wrong)


def test_coroutines_that_run_on_their_own_own_what_they_use():
    """What `spawn` starts outlives its caller: its parameters are values. A coroutine that is awaited in place may borrow from the one
    that awaits it, but never a temporary: no parameter is a const reference to something that converts."""
    started, declared = set(), {}
    for path in sources.cpp_files(*ALL):
        code = sources.code_of(path)
        started |= set(re.findall(r"\bspawn\s*\([^;]*?,\s*(?:\"\"|\w+),\s*(?:\w+::)*(\w+)\s*\(", code))
        for name, parameters in re.findall(r"\b(?:(?:asio::)?awaitable|Task)<[^;{}()]*>\s+((?:\w+::)*\w+)\s*\(([^()]*)\)", code):
            declared.setdefault(name.rpartition("::")[2], []).append((path, parameters))
    assert started, "no spawned coroutine was found; the pattern of this test no longer fits the code"
    wrong = []
    for name, places in declared.items():
        for path, parameters in places:
            if name in started and "&" in parameters:
                wrong.append(f"{path}: {name}({' '.join(parameters.split())}) is spawned with a reference")
            if re.search(r"const\s+std::(string|vector|function)\b[^,]*&|&&", parameters):
                wrong.append(f"{path}: {name}({' '.join(parameters.split())}) may borrow a temporary")
    assert not wrong, "\n".join(wrong)
