"""The floors and doors of the house: every #include is read against two tables.

`ROOMS` says which folders a folder may include from; a folder never includes from a higher floor, and policy and certs do not know
each other. `DOORS` says which files may include a third-party library at all. A new folder needs a row here, on purpose.
"""

import fnmatch
import re

import pytest

import sources

FLOOR_1 = {"policy", "certs", "protocol", "protocol/mail"}
# Small files beside the rooms of the server that any room above the store may use.
UTILITIES = {"server/bell.hpp", "server/log.hpp", "server/metrics.hpp", "server/clock.hpp", "server/random.hpp", "server/config.hpp"}

ROOMS = {
    "protocol": {"protocol"},
    "protocol/connect": {"protocol", "protocol/connect"},
    "protocol/mail": {"protocol", "protocol/mail"},
    "policy": {"policy", "policy/rules", "protocol"},
    "policy/rules": {"policy/rules", "policy", "protocol"},
    "certs": {"certs", "protocol"},
    "server/audit/format": {"server/audit/format"} | FLOOR_1,
    "server/audit/witness": {"server/audit/witness", "server/audit/format"} | FLOOR_1,
    # An exported log and its check: entente-verify is this and nothing else.
    "server/audit/package": {"server/audit/package", "server/audit/format"} | FLOOR_1,
    "server/store": {"server/store", "server/audit/format"} | FLOOR_1 | UTILITIES,
    "server/store/statements": {"server/store/statements", "server/store", "server/audit/format"} | FLOOR_1,
    "server/audit/log": {"server/audit/log", "server/audit/format", "server/audit/package", "server/store"} | FLOOR_1 | UTILITIES,
    # An operation is told the time and what it may know; it reads no clock and no configuration.
    "server/operations": {"server/operations", "server/store", "server/store/statements", "server/audit/format", "server/audit/log"} | FLOOR_1
    | {"protocol/connect", "server/random.hpp", "server/log.hpp", "server/metrics.hpp"},
    # HTML from what an operation answers; no statement, no request.
    "server/pages": {"server/pages", "server/operations", "server/store/statements"} | FLOOR_1,
    # The single header: the names of the files in a package.
    "server/api": {"server/api", "server/pages", "server/audit/package/paths.hpp", "server/operations", "server/store", "server/store/statements", "server/audit/format", "server/audit/log", "protocol/connect"} | FLOOR_1 | UTILITIES,
    "server/net": {"server/net", "server/api", "server/operations", "server/store", "server/audit/format"} | FLOOR_1 | UTILITIES,
    # The worker knows nothing of the gateway but the frames between them.
    "server/archive": {"server/archive", "protocol"},
    "server/deliveries": {"server/deliveries", "server/archive", "server/operations", "server/net", "server/store", "server/store/statements", "server/audit/format", "server/audit/log", "server/audit/witness", "protocol/connect"} | FLOOR_1 | UTILITIES,
    # The three single headers: entente keys log-compromised ends the log and asks its witnesses, and keys renew-root indexes the
    # database anew, while there is no gateway to do it.
    "server/tools": {"server/tools", "server/net", "server/api", "server/gateway.hpp", "server/operations/log_keys.hpp", "server/operations/index_renewal.hpp", "server/deliveries/witness.hpp", "server/store", "server/audit/log",
                     "server/audit/format", "server/audit/package", "server/audit/witness", "protocol/connect"} | FLOOR_1 | UTILITIES,
}
# The files directly under server/: the composition root sees everything; the others are leaves.
SERVER_FILES = {
    "server/gateway.hpp": None,
    "server/gateway.cpp": None,
    "server/main.cpp": None,
    "server/zones.hpp": {"policy"},
    "server/zones.cpp": {"policy", "protocol", "server/zones.hpp"},
    "server/automation.hpp": None,
    "server/automation.cpp": None,
    "server/housekeeper.hpp": None,
    "server/housekeeper.cpp": None,
    "server/scrubber.hpp": None,
    "server/scrubber.cpp": None,
    "server/upkeep.hpp": None,
    "server/upkeep.cpp": None,
    **{f"server/{name}.{suffix}": UTILITIES | {"protocol", "certs", "server/config_table.hpp"}
       for name in ("log", "metrics", "clock", "random", "config", "config_table", "config_text")
       for suffix in ("cpp", "hpp")},
}

# Library (a prefix of what is included) -> the files that may include it.
DOORS = {
    "boost/asio": ["server/net/*.cpp", "server/net/runtime.hpp"],
    "boost/beast": ["server/net/*.cpp"],
    "boost/json/fwd.hpp": ["*"],
    "boost/json": ["protocol/*.cpp", "protocol/connect/*.cpp", "server/api/*.cpp", "server/tools/*.cpp"],
    "boost/url": ["server/net/*.cpp", "server/api/*.cpp", "protocol/connect/*.cpp"],
    "boost/": ["server/net/*.cpp"],
    "openssl/": ["certs/*.cpp", "server/net/tls_session.cpp"],
    "sodium": ["certs/*.cpp", "server/net/tls_session.cpp"],
    "sqlite3.h": ["server/store/sqlcipher*.cpp"],
    "sqlcipher/": ["server/store/sqlcipher*.cpp"],
    "libpq-fe.h": ["server/store/postgres.cpp"],
    "postgresql/": ["server/store/postgres.cpp"],
    "re2/": ["policy/*.cpp"],
    "unicode/": ["policy/*.cpp", "protocol/mail/charset.cpp"],
    "archive": ["server/archive/worker.cpp"],
    "seccomp.h": ["server/archive/worker.cpp"],
    "curl/": ["server/deliveries/mail.cpp"],
    "date/": ["server/zones.cpp"],
    "spdlog/": ["server/log.cpp"],
    "fmt/": ["server/log.cpp"],
    "toml": ["server/config*.cpp", "server/tools/*.cpp"],
    "CLI/": ["server/tools/*.cpp", "server/main.cpp"],
    "gtest/": [],
    "gmock/": [],
    "hypothesis": [],
}
# Floor 0 and the pure half of floor 1 have no input, output, clock, thread or chance of their own.
IMPURE = ["fstream", "iostream", "filesystem", "thread", "mutex", "shared_mutex", "condition_variable", "future", "random", "sys/", "unistd.h", "fcntl.h",
          "netdb.h", "arpa/", "netinet/", "pthread.h", "time.h", "ctime", "poll.h", "csignal", "signal.h"]

FILES = sources.cpp_files(*sources.FLOORS)


def room_of(path):
    return str(path.parent)


def allowed_project_include(path, what):
    """Whether a file may include a header of the project, by the table of rooms."""
    name = str(path)
    if name in SERVER_FILES:
        rooms = SERVER_FILES[name]
        if rooms is None:
            return True
    else:
        rooms = ROOMS.get(room_of(path))
        if rooms is None:
            return False
    return what in rooms or what.rpartition("/")[0] in rooms


@pytest.mark.parametrize("room", sorted({room_of(path) for path in FILES}))
def test_a_room_includes_only_from_itself_and_below(room):
    assert room == "server" or room in ROOMS, f"{room} has no row in the table of rooms"
    wrong = []
    for path in (path for path in FILES if room_of(path) == room):
        for number, quote, what in sources.includes_of(path):
            if quote == '"' and not allowed_project_include(path, what):
                wrong.append(f"{path}:{number} includes {what}")
    assert not wrong, "\n".join(wrong)


def test_quotes_name_files_of_the_project_from_its_root():
    wrong = [
        f"{path}:{number}: {what}"
        for path in FILES
        for number, quote, what in sources.includes_of(path)
        if (quote == '"') != (sources.ROOT / what).is_file()
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_is_included_only_at_its_door(library):
    wrong = []
    for path in FILES:
        for number, _, what in sources.includes_of(path):
            # The longest prefix in the table is the row that counts.
            row = max((name for name in DOORS if what.startswith(name)), key=len, default=None)
            if row == library and not any(fnmatch.fnmatchcase(str(path), door) for door in DOORS[library]):
                wrong.append(f"{path}:{number} includes <{what}>")
    assert not wrong, "\n".join(wrong)


def test_every_foreign_header_has_a_row():
    standard = re.compile(r"[a-z_]+(\.h)?|c[a-z]+|(sys|netinet|arpa|linux)/[a-z_]+\.h")
    wrong = [
        f"{path}:{number} includes <{what}>"
        for path in FILES
        for number, quote, what in sources.includes_of(path)
        if quote == "<" and not standard.fullmatch(what) and not any(what.startswith(name) for name in DOORS)
    ]
    assert not wrong, "\n".join(wrong)


def test_protocol_and_policy_do_no_input_output_and_know_no_time_or_chance():
    wrong = [
        f"{path}:{number} includes <{what}>"
        for path in sources.cpp_files("protocol", "policy")
        for number, quote, what in sources.includes_of(path)
        if quote == "<" and any(what == name or (name.endswith("/") and what.startswith(name)) for name in IMPURE)
    ]
    assert not wrong, "\n".join(wrong)


def test_headers_stay_light():
    """Boost above json/fwd.hpp, OpenSSL and the like never appear in a header, except in the one header of the network room that holds the spawn helper."""
    wrong = [
        f"{path}:{number} includes <{what}>"
        for path in FILES
        if path.suffix == ".hpp" and str(path) != "server/net/runtime.hpp"
        for number, quote, what in sources.includes_of(path)
        if quote == "<" and any(what.startswith(name) for name in DOORS) and what != "boost/json/fwd.hpp"
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_looks_into_the_tests():
    wrong = [f"{path}:{number}" for path in FILES for number, _, what in sources.includes_of(path) if what.startswith("tests/")]
    assert not wrong, "\n".join(wrong)


def test_each_folder_is_its_own_library():
    """A folder with sources has a CMakeLists.txt that names each of its files, so that none is compiled elsewhere or forgotten."""
    wrong = []
    for path in FILES:
        lists = [sources.ROOT / folder / "CMakeLists.txt" for folder in (path.parent, *path.parent.parents) if str(folder) != "."]
        named = any(
            entry.is_file() and re.search(rf"(?<![\w/.-]){re.escape(str(path.relative_to(entry.parent.relative_to(sources.ROOT))))}(?![\w.-])", entry.read_text())
            or entry.is_file() and "GLOB" in entry.read_text() and path.suffix in entry.read_text()
            for entry in lists
        )
        if not named:
            wrong.append(f"{path} is in no CMakeLists.txt")
    assert not wrong, "\n".join(wrong)
