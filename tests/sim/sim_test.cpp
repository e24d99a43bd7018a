// Sixty days of a thousand cases in seconds: partners that answer, stall, ask, offer, reject, pause, reopen and forget, under a
// clock that the test moves, with restarts at any moment. Afterwards the log, the rows and an oracle that knows only what the
// partners did must agree: every timer fired exactly once, and every life rebuilds from the log to the same bytes.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <queue>
#include <random>

#include "certs/keys.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/reader.hpp"
#include "server/audit/log/verify.hpp"
#include "server/operations/case_rebuild.hpp"
#include "server/operations/timers.hpp"
#include "server/store/sqlcipher.hpp"
#include "tests/sim/world.hpp"

namespace entente::tests {
namespace {

namespace json = boost::json;
using protocol::Instant;

constexpr std::int64_t hour_us = 3'600'000'000;
constexpr std::int64_t day_us = 24 * hour_us;
constexpr std::int64_t tick_us = hour_us;  // the housekeeper comes once an hour here

struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "entente-sim-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

// What one pair of partners does with one case, as far as the oracle wants to know.
struct Played {
    std::string token;
    std::int64_t id = 0;
    std::int64_t respond_by_us = 0;
    std::optional<std::int64_t> answered_us;                    // first answer or withdrawal
    std::vector<std::pair<std::int64_t, std::int64_t>> closed;  // [closed, reopened or end of time)
    std::optional<std::int64_t> pause_until_us;
    std::int64_t last_change_us = 0;
    bool over = false;
    std::int64_t over_us = 0;
};

class Play {
  public:
    Play(const std::filesystem::path& folder, std::uint64_t seed, int cases)
        : world(folder), chance_(seed), submitter_(world.company("halden")), receiver_(world.company("keplin")) {
        world.agree(submitter_, receiver_);
        customer_ = world.customer(submitter_, receiver_, "Harbourline");
        set_targets();
        start_us = world.clock.now().us;
        for (int i = 0; i < cases; ++i) later(below(30 * day_us), [this] { open(); });
        for (int i = 0; i < 20; ++i) later(below(60 * day_us), [this] { world.restart(); });
    }

    void run() {
        const std::int64_t end = start_us + 60 * day_us;
        for (std::int64_t tick = start_us + tick_us; tick <= end; tick += tick_us) {
            while (!events_.empty() && events_.top().at_us < tick) {
                const Event event = events_.top();
                events_.pop();
                world.clock.set({event.at_us});
                event.act();
            }
            world.clock.set({tick});
            world.keep_house();
            if (one_in(10)) world.keep_house();  // nothing is due any more
        }
        end_us = end;
    }

    SimWorld world;
    std::vector<std::unique_ptr<Played>> cases;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;

  private:
    struct Event {
        std::int64_t at_us;
        std::uint64_t order;
        std::function<void()> act;
        bool operator<(const Event& other) const { return std::tie(at_us, order) > std::tie(other.at_us, other.order); }
    };

    std::int64_t now() const { return world.clock.now().us; }
    std::int64_t below(std::int64_t limit) { return static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(limit)); }
    bool one_in(int n) { return below(n) == 0; }
    void later(std::int64_t us, std::function<void()> act) { events_.push({world.clock.now().us + us, ++order_, std::move(act)}); }

    Reply must(Reply reply) {
        if (reply.status >= 300) throw std::runtime_error(std::to_string(reply.status) + " " + json::serialize(reply.body));
        return reply;
    }
    std::string connect(const Played& c, const char* tail) { return "/v1/collaboration-requests/" + c.token + "/" + tail; }
    std::string native(const Played& c, const char* tail) { return "/api/v1/cases/" + c.token + "/" + tail; }
    void touched(Played& c) { c.last_change_us = now(); }
    void ended(Played& c) {
        c.over = true;
        c.over_us = now();
    }

    json::object engineer() {
        return {{"engineerName", "Duty"}, {"engineerEmail", "duty@" + receiver_.domain}, {"engineerPhone", "1"}};
    }

    // High priority: an answer within two working hours, solved within forty.
    void set_targets() {
        json::object week;
        for (const char* day : {"monday", "tuesday", "wednesday", "thursday", "friday"})
            week[day] = json::array{json::value{{"from", "08:00"}, {"to", "18:00"}}};
        const Reply calendar = must(receiver_.administrator.post(
            "/api/v1/calendars", {{"name", "Office"},
                                  {"timeZone", "Europe/Berlin"},
                                  {"week", week},
                                  {"holidays", json::array{json::value{{"day", "2030-01-01"}, {"name", "New Year"}}}}}));
        must(receiver_.administrator.call(
            api::Method::put, "/api/v1/targets",
            {{"high", {{"responseMinutes", 120}, {"resolutionMinutes", 2400}, {"calendar", calendar.number("id")}}}}));
    }

    void open() {
        static constexpr const char* priorities[] = {"LOW", "MEDIUM", "HIGH"};
        const json::value body{
            {"documentId", receiver_.form},
            {"internalCaseNumber", "N-" + std::to_string(cases.size())},
            {"problemSummary", "Paths drop"},
            {"problemDescription", "Every hour"},
            {"priority", priorities[below(3)]},
            {"customFields", json::array{json::value{{"fieldId", receiver_.customer_field}, {"value", customer_}}}}};
        const Reply made = must(submitter_.engineer.post("/v1/collaboration-requests", body));
        auto played = std::make_unique<Played>();
        played->token = made.text("token");
        played->id = made.number("id");
        played->respond_by_us = protocol::parse_rfc3339(made.text("respondBy"))->us;
        // The wire has whole seconds; the deadline does not.
        played->respond_by_us += now() % 1'000'000;
        touched(*played);
        Played* c = played.get();
        cases.push_back(std::move(played));
        if (one_in(10)) return;  // nobody ever answers
        if (one_in(12)) return later(below(2 * day_us), [this, c] { withdraw(*c); });
        later(one_in(4) ? below(5 * day_us) : below(3 * hour_us), [this, c] { answer(*c); });
    }

    void withdraw(Played& c) {
        must(submitter_.engineer.post(native(c, "withdraw")));
        c.answered_us = now();
        ended(c);
        touched(c);
    }

    void answer(Played& c) {
        if (c.over) return;
        if (!c.answered_us) c.answered_us = now();
        touched(c);
        json::object body = engineer();
        if (one_in(10)) {
            body["reason"] = "Not ours";
            must(receiver_.engineer.post(connect(c, "rejection"), body));
            ended(c);
        } else if (one_in(3)) {
            body["requestedInformation"] = "Which release?";
            must(receiver_.engineer.post(connect(c, "information-request"), body));
            if (!one_in(8)) later(below(8 * day_us), [this, pointer = &c] { inform(*pointer); });
        } else {
            body["caseNumber"] = "K-1";
            must(receiver_.engineer.post(connect(c, "approval"), body));
            later(below(4 * day_us), [this, pointer = &c] { work(*pointer); });
        }
    }

    void inform(Played& c) {
        must(submitter_.engineer.post(connect(c, "information-response"), {{"requestedInformation", "9.3.0"}}));
        touched(c);
        later(below(2 * day_us), [this, pointer = &c] { answer(*pointer); });
    }

    void work(Played& c) {
        if (c.over) return;
        if (one_in(6)) return;  // forgotten: the gateway closes it some day
        touched(c);
        if (one_in(4)) {
            const std::int64_t until = now() / 1'000'000 * 1'000'000 + (1 + below(5)) * day_us;
            must(receiver_.engineer.post(native(c, "pause"),
                                         {{"reason", "maintenance_window"}, {"until", protocol::to_rfc3339({until})}}));
            c.pause_until_us = until;
            if (one_in(3)) must(submitter_.engineer.post(native(c, "pause/contest"), {{"reason", "not_agreed"}}));
            return later(until + 2 * tick_us - now() + below(day_us), [this, pointer = &c] { offer(*pointer); });
        }
        offer(c);
    }

    void offer(Played& c) {
        if (c.over) return;
        must(receiver_.engineer.post(native(c, "fix"), {{"reason", "fix"}}));
        touched(c);
        later(below(6 * day_us), [this, pointer = &c] { judge(*pointer); });
    }

    void judge(Played& c) {
        if (one_in(3)) {
            must(submitter_.engineer.post(native(c, "fix/reject"), {{"reason", "not_fixed"}}));
            touched(c);
            return later(below(3 * day_us), [this, pointer = &c] { offer(*pointer); });
        }
        must(one_in(2) ? submitter_.engineer.post(native(c, "fix/confirm")) : submitter_.engineer.post(connect(c, "closure")));
        touched(c);
        ended(c);
        c.closed.emplace_back(now(), std::numeric_limits<std::int64_t>::max());
        if (one_in(5)) later(below(10 * day_us), [this, pointer = &c] { reopen(*pointer); });
    }

    void reopen(Played& c) {
        must(submitter_.engineer.post(native(c, "reopen"), {{"reason", "recurred"}}));
        touched(c);
        c.over = false;
        c.closed.back().second = now();
        later(below(2 * day_us), [this, pointer = &c] { offer(*pointer); });
    }

    std::mt19937_64 chance_;
    SimWorld::Company submitter_;
    SimWorld::Company receiver_;
    std::string customer_;
    std::priority_queue<Event> events_;
    std::uint64_t order_ = 0;
};

// --- what the log and the rows say ---

struct Told {
    std::string operation;
    std::string reason;
    std::int64_t at_us = 0;
};

struct Evidence {
    std::vector<Told> records;
    protocol::Life kept;
    protocol::Life rebuilt;
    std::map<std::string, std::int64_t> fired;  // by kind
    std::int64_t overdue = 0;

    std::int64_t count(std::string_view operation, std::string_view reason = {}) const {
        std::int64_t n = 0;
        for (const Told& told : records)
            if (told.operation == operation && (reason.empty() || told.reason == reason)) ++n;
        return n;
    }
};

std::vector<Told> records_of(store::ReadTxn& txn, store::Vault& vault, protocol::CaseId id) {
    std::vector<Told> told;
    audit::Filter filter;
    filter.case_id = id;
    filter.limit = 1'000;
    for (const audit::Line& line : audit::list(txn, vault, filter)) told.push_back({line.operation, line.reason, line.time.us});
    return told;
}

std::vector<Evidence> look(Play& play) {
    const Config config = play.world.config();
    const auto provider = certs::open_key_folder(config.keys.folder);
    const certs::DerivedKeys derived(provider->service_root());
    store::Vault vault(*provider, derived.index(), audit::log_id(config.published.origin));
    std::vector<Evidence> all;
    store::open_database_file(config.data.folder / "entente.db", derived.database())->read([&](store::ReadTxn& txn) {
        audit::VerifyOptions options;
        options.vault = &vault;
        const audit::VerifyReport report = audit::verify(txn, options);
        EXPECT_TRUE(report.good());
        for (const auto& c : play.cases) {
            Evidence evidence;
            const auto kept = store::find_life(txn, {c->id});
            EXPECT_TRUE(kept.has_value());
            if (kept) evidence.kept = *kept;
            evidence.rebuilt = operations::rebuild_life(txn, vault, {c->id});
            evidence.records = records_of(txn, vault, {c->id});
            txn.each("SELECT kind, fired, due_at FROM timers WHERE case_id = $1", {c->id}, [&](const store::Row& row) {
                evidence.fired[std::string(row.text(0))] = row.number(1);
                if (!row.is_null(2) && row.number(2) <= play.end_us) ++evidence.overdue;
            });
            all.push_back(std::move(evidence));
        }
    });
    return all;
}

void the_log_and_the_rows_agree(const Evidence& evidence, std::int64_t end_us) {
    ASSERT_EQ(protocol::life_text(evidence.kept), protocol::life_text(evidence.rebuilt));
    std::int64_t sum = 0;
    for (const auto& interval : evidence.kept.intervals) sum += protocol::length_us(interval, {end_us});
    ASSERT_EQ(sum, protocol::age_us(evidence.kept, {end_us}));
    ASSERT_EQ(evidence.overdue, 0) << "a timer was missed";
    std::int64_t fired = 0;
    for (const auto& [kind, times] : evidence.fired) fired += times;
    const std::int64_t told = evidence.count("case.remind") + evidence.count("case.escalate", "answer_overdue") +
                              evidence.count("case.escalate", "resolution_overdue") + evidence.count("case.resume", "pause_ended") +
                              evidence.count("case.feedback.request") + evidence.count("case.close.idle") +
                              evidence.count("case.close.put_off") + evidence.count("case.content.remove") +
                              evidence.count("case.content.put_off") + evidence.count("case.timer.pass");
    ASSERT_EQ(fired, told) << "each firing has one record";
}

// Nothing here looks at what the gateway keeps: it follows from what the partners did and when.
void the_oracle_agrees(const Played& c, const Evidence& evidence, std::int64_t end_us) {
    const bool late = c.answered_us.value_or(end_us) > c.respond_by_us;
    const std::int64_t early = c.answered_us.value_or(end_us) - c.respond_by_us;
    // Between the deadline and the housekeeper's next round an answer may still come.
    if (!late || early >= tick_us) ASSERT_EQ(evidence.count("case.remind", "answer_overdue"), late ? 1 : 0);
    std::int64_t idle_since = c.last_change_us;
    for (const Told& told : evidence.records)
        if (told.operation == "case.remind" || told.operation == "case.escalate" || told.operation == "case.resume")
            idle_since = std::max(idle_since, told.at_us);
    const std::int64_t idle_due = operations::idle_close_due({idle_since}, 30).us;
    const bool idle = !c.over && idle_due <= end_us;
    ASSERT_EQ(evidence.count("case.close.idle"), idle ? 1 : 0) << "idle since " << idle_since;
    std::int64_t asked = 0;
    bool close_call = false;
    auto closures = c.closed;
    if (idle) closures.emplace_back(idle_due, end_us);
    for (const auto& [closed, reopened] : closures) {
        const std::int64_t lasted = std::min(reopened, end_us) - closed;
        if (lasted >= 5 * day_us + tick_us)
            asked = 1;
        else if (lasted >= 5 * day_us)
            close_call = true;
    }
    if (!close_call) ASSERT_EQ(evidence.count("case.feedback.request"), asked);
    const std::int64_t ended = c.over ? c.over_us : idle ? idle_due : end_us;
    const std::int64_t ago = end_us - ended - 20 * day_us;
    if (ago < 0 || ago >= tick_us) ASSERT_EQ(evidence.count("case.content.remove"), ago < 0 ? 0 : 1);
    if (c.pause_until_us && *c.pause_until_us + tick_us < end_us) ASSERT_EQ(evidence.count("case.resume", "pause_ended"), 1);
}

// A round of the upkeep may take minutes in a large log; the heartbeat does not wait for its end.
TEST(Upkeep, ALongSearchIsNoSilence) {
    const Folder folder;
    SimWorld world(folder.path);
    auto company = world.company("halden");
    auto partner = world.company("keplin");
    world.agree(company, partner);
    world.customer(company, partner, "Harbourline");
    world.keep_house();  // what the first round of an hour records
    const auto customers = company.compliance.get("/api/v1/customers").body.at("items").as_array();
    const Reply order = company.compliance.post(
        "/api/v1/erasures", {{"scope", "customer"}, {"subject", customers.at(0).at("id")}, {"reason", "Asked for"}});
    ASSERT_EQ(order.status, 202) << json::serialize(order.body);
    const std::string path = "/api/v1/erasures/" + std::to_string(order.number("id"));
    ASSERT_EQ(company.administrator.post(path + "/confirm").status, 200);

    world.clock.advance(std::chrono::seconds(world.config().audit.heartbeat_seconds + 1));
    world.keep_house();
    world.stop();
    std::vector<std::string> operations;
    const auto provider = certs::open_key_folder(world.config().keys.folder);
    const certs::DerivedKeys derived(*provider);
    store::open_database_file(world.config().data.folder / "entente.db", derived.database())->read([&](store::ReadTxn& txn) {
        txn.each("SELECT operation FROM audit_entry ORDER BY idx", {},
                 [&](const store::Row& row) { operations.emplace_back(row.text(0)); });
    });
    const auto beat = std::ranges::find(operations, "audit.heartbeat");
    const auto done = std::ranges::find(operations, "erasure.carry_out");
    ASSERT_NE(done, operations.end());
    EXPECT_LT(beat, done) << "before the order was carried out, in the same round";
}

TEST(SixtyDays, EveryTimerFiresOnceAlsoAcrossRestarts) {
    const char* forced = std::getenv("ENTENTE_SEED");
    const std::uint64_t seed = forced != nullptr ? std::strtoull(forced, nullptr, 10) : std::random_device{}();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    const char* long_form = std::getenv("ENTENTE_LONG");
    const int cases = long_form != nullptr && std::string_view(long_form) == "1" ? 10'000 : 1'000;
    const Folder folder;
    Play play(folder.path, seed, cases);
    play.run();
    play.world.stop();
    const std::vector<Evidence> all = look(play);
    ASSERT_EQ(all.size(), play.cases.size());
    std::map<std::string, std::int64_t> fired;
    for (std::size_t i = 0; i < all.size(); ++i) {
        the_log_and_the_rows_agree(all[i], play.end_us);
        if (!testing::Test::HasFatalFailure()) the_oracle_agrees(*play.cases[i], all[i], play.end_us);
        if (testing::Test::HasFatalFailure()) FAIL() << "case " << i << ", ENTENTE_SEED=" << seed;
        for (const auto& [kind, times] : all[i].fired) fired[kind] += times;
    }
    for (const auto& [kind, times] : fired) std::printf("%s fired %lld times\n", kind.c_str(), static_cast<long long>(times));
    for (const char* kind : {"reminder", "escalation", "pause_end", "feedback", "idle_close", "content_removal"})
        EXPECT_GT(fired[kind], 0) << kind;
}

}  // namespace
}  // namespace entente::tests
