// Creates the schema from the embedded migrations on a PostgreSQL and prepares every statement text on it: what the embedded engine
// accepts must be PostgreSQL too.
//
//   pg_prepare CONNECTION < statements        texts separated by zero bytes, as ENTENTE_STATEMENTS_FILE collects them
//
// A statement that names a table of the tests (test_*) is skipped. Exit: 0 all prepared, 1 some refused, 2 no database or schema.

#include <libpq-fe.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "server/store/migrations.hpp"

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

bool succeeded(const Result& result) {
    const auto status = PQresultStatus(result.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

std::set<std::string> read_statements() {
    const std::string all{std::istreambuf_iterator<char>(std::cin), {}};
    std::set<std::string> statements;
    for (std::size_t at = 0; at < all.size();) {
        const auto end = std::min(all.find('\0', at), all.size());
        statements.insert(all.substr(at, end - at));
        at = end + 1;
    }
    return statements;
}

// Tests bring tables of their own and look into the embedded engine's catalogue; a work may list without end, numbers in the text.
bool of_the_tests(const std::string& sql) {
    return sql.find("test_") != std::string::npos || sql.find("sqlite_master") != std::string::npos;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: pg_prepare CONNECTION < statements\n");
        return 2;
    }
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(argv[1]), PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        std::fprintf(stderr, "cannot connect: %s", PQerrorMessage(connection.get()));
        return 2;
    }
    for (const auto& migration : entente::store::embedded_migrations()) {
        const std::string sql = entente::store::for_postgres(migration.sql);
        const Result result(PQexec(connection.get(), sql.c_str()), PQclear);
        if (!succeeded(result)) {
            std::fprintf(stderr, "migration %.*s: %s", static_cast<int>(migration.name.size()), migration.name.data(),
                         PQerrorMessage(connection.get()));
            return 2;
        }
    }
    int prepared = 0;
    int skipped = 0;
    int refused = 0;
    for (const std::string& sql : read_statements()) {
        if (of_the_tests(sql)) {
            ++skipped;
            continue;
        }
        const Result result(PQprepare(connection.get(), "", sql.c_str(), 0, nullptr), PQclear);
        if (succeeded(result)) {
            ++prepared;
        } else {
            ++refused;
            std::fprintf(stderr, "refused: %s\n  %s", sql.c_str(), PQerrorMessage(connection.get()));
        }
    }
    std::printf("postgres: %zu migrations, %d statements prepared, %d of the tests skipped, %d refused\n",
                entente::store::embedded_migrations().size(), prepared, skipped, refused);
    return refused == 0 ? 0 : 1;
}
