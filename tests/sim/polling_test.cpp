// A partner that polls every open case once a minute: what the data grow by, and that nothing of it is lost. The promise is a year
// of 500 open cases in 5 GB; a scaled run is measured and the year reckoned from it.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "certs/keys.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/reader.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/statements/readers.hpp"
#include "server/store/vault.hpp"
#include "tests/sim/world.hpp"

namespace entente::tests {
namespace {

namespace json = boost::json;

constexpr std::int64_t minute_us = 60'000'000;
constexpr std::int64_t promised_cases = 500;
constexpr std::int64_t hours_of_a_year = 8'760;
constexpr std::int64_t promised_bytes = 5'000'000'000;

struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "entente-poll-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

bool long_form() {
    const char* const wanted = std::getenv("ENTENTE_LONG");
    return wanted != nullptr && std::string_view(wanted) == "1";
}

class Polling {
  public:
    Polling(const std::filesystem::path& folder, int cases) : world(folder) {
        auto submitter = world.company("halden");
        auto receiver = world.company("keplin");
        world.agree(submitter, receiver);
        const std::string customer = world.customer(submitter, receiver, "Harbourline");
        for (int i = 0; i < cases; ++i) {
            const json::value body{
                {"documentId", receiver.form},
                {"internalCaseNumber", "N-" + std::to_string(i)},
                {"problemSummary", "Paths drop"},
                {"problemDescription", "Every hour"},
                {"priority", "LOW"},
                {"customFields", json::array{json::value{{"fieldId", receiver.customer_field}, {"value", customer}}}}};
            tokens.push_back(submitter.engineer.post("/v1/collaboration-requests", body).text("token"));
        }
        reader = std::make_unique<SimWorld::Partner>(receiver.engineer);
    }

    void poll(std::int64_t minutes) {
        for (std::int64_t i = 0; i < minutes; ++i) {
            world.clock.advance(std::chrono::microseconds(minute_us));
            for (const std::string& token : tokens) {
                ASSERT_EQ(reader->get("/v1/collaboration-requests/" + token).status, 200);
                ++reads;
            }
            world.keep_house();
        }
    }

    // With the gateway down: what lies in the log is in the file.
    std::int64_t bytes() {
        world.stop();
        return static_cast<std::int64_t>(std::filesystem::file_size(world.config().data.folder / "entente.db"));
    }

    SimWorld world;
    std::vector<std::string> tokens;
    std::unique_ptr<SimWorld::Partner> reader;
    std::int64_t reads = 0;
};

TEST(Polling, a_year_of_open_cases_polled_every_minute_fits) {
    const Folder folder;
    const int cases = long_form() ? 500 : 25;
    const std::int64_t hours = long_form() ? 24 : 3;
    Polling polling(folder.path, cases);
    polling.poll(60);  // first sights, and the first counts
    const std::int64_t before = polling.bytes();
    polling.world.restart();
    const std::int64_t reads_before = polling.reads;
    polling.poll(hours * 60);
    const std::int64_t after = polling.bytes();
    const std::int64_t reads = polling.reads - reads_before;
    const double a_case_hour = static_cast<double>(after - before) / static_cast<double>(cases * hours);
    const double year = a_case_hour * static_cast<double>(promised_cases * hours_of_a_year);
    std::printf(
        "%lld reads of %d cases in %lld hours grew the data by %lld bytes: %.0f bytes a case and hour, %.2f a read;\n"
        "a year of %lld cases is %.2f GB\n",
        static_cast<long long>(reads), cases, static_cast<long long>(hours), static_cast<long long>(after - before), a_case_hour,
        static_cast<double>(after - before) / static_cast<double>(reads), static_cast<long long>(promised_cases), year / 1e9);
    EXPECT_LT(year, static_cast<double>(promised_bytes));

    // Every read is counted, and the log has told every count.
    const Config config = polling.world.config();
    const auto provider = certs::open_key_folder(config.keys.folder);
    const certs::DerivedKeys derived(provider->service_root());
    std::int64_t counted = 0;
    std::int64_t recorded = 0;
    store::open_database_file(config.data.folder / "entente.db", derived.database())->read([&](store::ReadTxn& txn) {
        txn.each("SELECT SUM(reads), SUM(recorded) FROM read_counts", {}, [&](const store::Row& row) {
            counted = row.number(0);
            recorded = row.number(1);
        });
    });
    EXPECT_EQ(counted, polling.reads - cases) << "all but the first sight of each";
    EXPECT_EQ(recorded, counted);
}

// A record has a ceiling: the first list of a partner with very many new cases is told in several, and does not fail.
TEST(Polling, a_long_first_list_is_recorded_in_several_entries) {
    const Folder folder;
    constexpr int cases = 1'001;
    Polling polling(folder.path, cases);
    const Reply list = polling.reader->get("/v1/collaboration-requests");
    ASSERT_EQ(list.status, 200);
    ASSERT_EQ(list.body.as_array().size(), static_cast<std::size_t>(cases));
    const Config config = polling.world.config();
    polling.world.stop();
    const auto provider = certs::open_key_folder(config.keys.folder);
    const certs::DerivedKeys derived(provider->service_root());
    std::int64_t entries = 0;
    store::open_database_file(config.data.folder / "entente.db", derived.database())->read([&](store::ReadTxn& txn) {
        txn.each("SELECT COUNT(*) FROM audit_entry WHERE operation = 'case.list'", {},
                 [&](const store::Row& row) { entries = row.number(0); });
    });
    EXPECT_EQ(entries, 2);
}

}  // namespace
}  // namespace entente::tests
