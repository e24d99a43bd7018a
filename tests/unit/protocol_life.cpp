// Lives of cases: generated ones keep their promises (no gap, no overlap, sums to the microsecond, the same bytes from the log's
// spelling), and single ones tell the story that people would tell. ENTENTE_LONG=1 generates a million.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "protocol/case_life.hpp"
#include "protocol/case_machine.hpp"
#include "protocol/case_moves.hpp"
#include "protocol/case_states.hpp"

namespace entente::protocol {
namespace {

constexpr std::int64_t hour = 3'600'000'000;
constexpr Instant birth{1'893'456'000'000'000};

struct Lived {
    Life life;     // as the operations keep it
    Life rebuilt;  // from the spelling of its steps
    CaseStatus status = CaseStatus::open;
    bool held = false;
    bool frozen = false;
    bool responded = false;
    Instant now = birth;

    void add(LifeStep step) {
        step = apply(life, std::move(step));
        const std::string text = to_canonical(step).text();
        const auto parsed = parse_canonical(text);
        ASSERT_TRUE(parsed) << text;
        const auto read = read_life_step(*parsed);
        ASSERT_TRUE(read) << text;
        ASSERT_EQ(*read, step) << text;
        apply(rebuilt, *read);
    }
    void add(LifeMove move, CaseOwner by, std::string reason = {}) {
        LifeStep step{.move = move, .by = by, .person = by != CaseOwner::gateway, .at = now, .turn = {}, .reason = reason};
        step.turn = turn_after(life, move, reason);
        add(std::move(step));
    }
    // The move as the own API makes it; false when it is not legal now.
    bool make(MoveInput input, Side side) {
        const auto plan = plan_move(input, {.life = life, .status = status, .side = side, .held = held, .responded = responded});
        if (!plan || (frozen && input.move != LifeMove::withdrawn)) return false;
        status = plan->status;
        add({.move = input.move,
             .by = owner_of(side),
             .person = true,
             .at = now,
             .turn = plan->turn,
             .reason = input.reason,
             .level = plan->level,
             .channel = input.channel,
             .until = input.until});
        return true;
    }
    bool over() const { return status == CaseStatus::closed || status == CaseStatus::rejected; }
};

void keeps_its_promises(const Lived& lived, Instant until) {
    const Life& life = lived.life;
    ASSERT_FALSE(life.intervals.empty());
    ASSERT_EQ(life.intervals.front().start, birth);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < life.intervals.size(); ++i) {
        const Interval& interval = life.intervals[i];
        const bool last = i + 1 == life.intervals.size();
        ASSERT_EQ(interval.end.has_value(), !last);
        if (!last) {
            ASSERT_EQ(*interval.end, life.intervals[i + 1].start);
            ASSERT_LE(interval.start, *interval.end);
        }
        sum += length_us(interval, until);
    }
    ASSERT_EQ(sum, age_us(life, until));
    std::int64_t shared = 0;
    for (const Share& share : shares(life, until)) shared += share.us;
    ASSERT_EQ(shared, age_us(life, until));
    ASSERT_EQ(age_us(life, until), until.us - birth.us);
    ASSERT_EQ(life_text(life), life_text(lived.rebuilt));
    ASSERT_EQ(parse_facts(facts_text(life.facts)), life.facts);
}

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : chance_(seed) {}

    Lived next() {
        Lived lived;
        lived.add(LifeMove::opened, CaseOwner::submitter);
        lived.held = below(4) == 0;
        lived.held ? lived.add(LifeMove::held, CaseOwner::gateway, hold_reasons[below(3)])
                   : lived.add(LifeMove::released, CaseOwner::gateway);
        const std::uint64_t steps = below(60);
        for (std::uint64_t i = 0; i < steps; ++i) {
            pass(lived);
            act(lived);
        }
        return lived;
    }
    std::uint64_t below(std::uint64_t limit) { return chance_() % limit; }

  private:
    static constexpr const char* hold_reasons[] = {"authorization_missing", "authorization_not_granted",
                                                   "authorization_not_yet_valid"};

    // Mostly forward, sometimes not at all, sometimes the clock was set back.
    void pass(Lived& lived) {
        const std::uint64_t how = below(10);
        if (how == 0) return;
        if (how == 1)
            lived.now.us -= static_cast<std::int64_t>(below(5'000'000));
        else
            lived.now.us += static_cast<std::int64_t>(below(how == 2 ? 3 : 200 * hour));
    }

    void act(Lived& lived) {
        if (lived.held) {
            gate(lived);
            return;
        }
        const std::uint64_t what = below(20);
        if (what < 7)
            call(lived);
        else if (what < 15)
            move(lived);
        else if (what < 17)
            freeze(lived);
        else
            time(lived);
    }

    void gate(Lived& lived) {
        switch (below(4)) {
            case 0:
                lived.add(LifeMove::held, CaseOwner::gateway, hold_reasons[below(3)]);
                break;
            case 1:
                lived.add(LifeMove::refused, CaseOwner::gateway, "authorization_refused");
                lived.status = CaseStatus::rejected;
                lived.held = false;
                break;
            case 2:
                if (lived.make({.move = LifeMove::withdrawn}, Side::submitter)) lived.held = false;
                break;
            default:
                lived.add(LifeMove::released, CaseOwner::gateway);
                lived.held = false;
        }
    }

    void call(Lived& lived) {
        static constexpr std::pair<CaseAction, LifeMove> calls[] = {
            {CaseAction::approve, LifeMove::approved},
            {CaseAction::reject, LifeMove::declined},
            {CaseAction::request_information, LifeMove::information_requested},
            {CaseAction::provide_information, LifeMove::information_provided},
            {CaseAction::close, LifeMove::closed},
            {CaseAction::add_note, LifeMove::noted}};
        const auto& [action, step] = calls[below(6) == 1 ? below(6) : std::array<std::size_t, 4>{0, 2, 3, 5}[below(4)]];
        const Side side = below(2) == 0 ? Side::submitter : Side::receiver;
        const auto next = next_status(lived.status, action, side);
        if (!next || lived.frozen) return;
        lived.status = *next;
        lived.responded = lived.responded || side == Side::receiver;
        lived.add(step, owner_of(side));
    }

    void move(Lived& lived) {
        static constexpr LifeMove moves[] = {LifeMove::moved,           LifeMove::fix_offered, LifeMove::fix_confirmed,
                                             LifeMove::fix_rejected,    LifeMove::reopened,    LifeMove::withdrawn,
                                             LifeMove::rerouted,        LifeMove::escalated,   LifeMove::paused,
                                             LifeMove::pause_contested, LifeMove::resumed,     LifeMove::feedback_given};
        MoveInput input{.move = moves[below(std::size(moves))]};
        const auto reasons = reasons_of(input.move);
        input.reason = reasons[below(reasons.size())];
        if (input.move == LifeMove::moved) input.owner = static_cast<CaseOwner>(below(case_owner_count));
        if (input.move == LifeMove::moved && below(2) == 0) input.work = static_cast<CaseWork>(below(case_work_count));
        if (input.move == LifeMove::escalated && below(2) == 0) input.level = static_cast<int>(below(4));
        if (input.move == LifeMove::escalated) input.channel = static_cast<Channel>(below(3));
        if (input.move == LifeMove::feedback_given) input.score = static_cast<int>(1 + below(5));
        if (input.move == LifeMove::paused) input.until = Instant{lived.now.us + hour};
        lived.make(input, below(2) == 0 ? Side::submitter : Side::receiver);
    }

    void freeze(Lived& lived) {
        if (lived.over()) return;
        lived.frozen = !lived.frozen;
        lived.add(lived.frozen ? LifeMove::frozen : LifeMove::released, CaseOwner::gateway,
                  lived.frozen ? "authorization_withdrawn" : "");
    }

    void time(Lived& lived) {
        const CaseWork work = lived.life.current().turn.work;
        switch (below(5)) {
            case 0:
                if (!lived.over()) lived.add(LifeMove::reminded, CaseOwner::gateway, "answer_overdue");
                break;
            case 1:
                if (work == CaseWork::waiting) lived.add(LifeMove::resumed, CaseOwner::gateway, "pause_ended");
                break;
            case 2:
                if (lived.over()) lived.add(LifeMove::feedback_requested, CaseOwner::gateway);
                break;
            case 3:
                if (lived.over()) lived.add(LifeMove::content_removed, CaseOwner::gateway);
                break;
            default:
                if (lived.over() || below(3) != 0) break;
                lived.add(LifeMove::closed_idle, CaseOwner::gateway, "idle");
                lived.status = CaseStatus::closed;
        }
    }

    std::mt19937_64 chance_;
};

TEST(Lives, GeneratedOnesHaveNoGapNoOverlapAndRebuildToTheSameBytes) {
    const char* forced = std::getenv("ENTENTE_SEED");
    const std::uint64_t seed = forced != nullptr ? std::strtoull(forced, nullptr, 10) : std::random_device{}();
    const char* long_form = std::getenv("ENTENTE_LONG");
    const int lives = long_form != nullptr && std::string_view(long_form) == "1" ? 1'000'000 : 50'000;
    Generator generator(seed);
    std::size_t intervals = 0;
    std::array<int, case_work_count> reached{};
    for (int i = 0; i < lives; ++i) {
        const Lived lived = generator.next();
        const Instant last{std::max(lived.now.us, lived.life.current().start.us) +
                           static_cast<std::int64_t>(generator.below(100 * hour))};
        keeps_its_promises(lived, last);
        if (HasFatalFailure()) FAIL() << "life " << i << ", ENTENTE_SEED=" << seed;
        intervals += lived.life.intervals.size();
        for (const Interval& interval : lived.life.intervals) ++reached[static_cast<std::size_t>(interval.turn.work)];
    }
    std::printf("%d lives with %zu intervals, seed %llu\n", lives, intervals, static_cast<unsigned long long>(seed));
    // The generator goes everywhere, or the promise above says little.
    for (int work = 0; work < case_work_count; ++work)
        EXPECT_GT(reached[static_cast<std::size_t>(work)], 0) << name(static_cast<CaseWork>(work));
}

// --- stories ---

struct Story : testing::Test {
    Lived lived;
    void SetUp() override {
        lived.add(LifeMove::opened, CaseOwner::submitter);
        lived.add(LifeMove::released, CaseOwner::gateway);
    }
    void after_hours(std::int64_t hours) { lived.now.us += hours * hour; }
    void approve() {
        lived.add(LifeMove::approved, CaseOwner::receiver);
        lived.status = CaseStatus::accepted;
        lived.responded = true;
    }
    bool make(LifeMove move, Side side, std::string reason = {}) {
        return lived.make({.move = move, .reason = std::move(reason)}, side);
    }
    Turn turn() const { return lived.life.current().turn; }
};

TEST_F(Story, AReleasedCaseIsTheReceiversToDecideFromItsFirstMoment) {
    ASSERT_EQ(lived.life.intervals.size(), 1U);
    EXPECT_EQ(turn(), (Turn{CaseOwner::receiver, CaseWork::deciding}));
}

TEST_F(Story, InformationGoesThereAndBack) {
    after_hours(1);
    lived.add(LifeMove::information_requested, CaseOwner::receiver);
    EXPECT_EQ(turn(), (Turn{CaseOwner::submitter, CaseWork::supplying_information}));
    after_hours(2);
    lived.add(LifeMove::information_provided, CaseOwner::submitter);
    EXPECT_EQ(turn(), (Turn{CaseOwner::receiver, CaseWork::deciding}));
    EXPECT_EQ(lived.life.facts.rounds_before, 1);
    EXPECT_EQ(lived.life.facts.returns_without_evidence, 0) << "the answer is the evidence";
    EXPECT_TRUE(lived.life.facts.first_answer_by_person);
}

TEST_F(Story, AMoveThatComesBackWithNothingIsCounted) {
    approve();
    after_hours(1);
    ASSERT_TRUE(lived.make({.move = LifeMove::moved, .owner = CaseOwner::customer}, Side::receiver));
    after_hours(1);
    ASSERT_TRUE(lived.make({.move = LifeMove::moved, .owner = CaseOwner::receiver}, Side::submitter));
    EXPECT_EQ(lived.life.facts.returns_without_evidence, 1);
    after_hours(1);
    ASSERT_TRUE(lived.make({.move = LifeMove::moved, .owner = CaseOwner::submitter}, Side::receiver));
    lived.add(LifeMove::noted, CaseOwner::submitter);
    after_hours(1);
    ASSERT_TRUE(lived.make({.move = LifeMove::moved, .owner = CaseOwner::receiver_engineering}, Side::submitter));
    EXPECT_EQ(lived.life.facts.returns_without_evidence, 2) << "the receiver gave it away with nothing new, the submitter did not";
}

TEST_F(Story, TheSideThatWaitsCanTakeTheMoveButNotGiveIt) {
    approve();
    EXPECT_FALSE(lived.make({.move = LifeMove::moved, .owner = CaseOwner::receiver_engineering}, Side::submitter));
    EXPECT_TRUE(lived.make({.move = LifeMove::moved, .owner = CaseOwner::submitter}, Side::submitter));
}

TEST_F(Story, AFixIsOfferedRejectedAndConfirmed) {
    EXPECT_FALSE(make(LifeMove::fix_offered, Side::receiver)) << "not before acceptance";
    approve();
    after_hours(5);
    ASSERT_TRUE(make(LifeMove::fix_offered, Side::receiver, "workaround"));
    EXPECT_EQ(turn(), (Turn{CaseOwner::submitter, CaseWork::verifying_fix}));
    EXPECT_FALSE(make(LifeMove::fix_offered, Side::receiver));
    EXPECT_FALSE(make(LifeMove::fix_rejected, Side::submitter)) << "needs a reason";
    after_hours(3);
    ASSERT_TRUE(make(LifeMove::fix_rejected, Side::submitter, "not_fixed"));
    EXPECT_EQ(turn(), (Turn{CaseOwner::receiver, CaseWork::reworking}));
    after_hours(10);
    ASSERT_TRUE(make(LifeMove::fix_offered, Side::receiver));
    ASSERT_TRUE(make(LifeMove::fix_confirmed, Side::submitter));
    EXPECT_EQ(lived.status, CaseStatus::closed);
    const auto& attempts = lived.life.facts.attempts;
    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].reason, "not_fixed");
    EXPECT_FALSE(attempts[0].confirmed);
    EXPECT_TRUE(attempts[1].confirmed);
}

TEST_F(Story, APauseStopsUntilItIsContested) {
    approve();
    ASSERT_TRUE(make(LifeMove::paused, Side::receiver, "waiting_for_customer"));
    EXPECT_EQ(turn(), (Turn{CaseOwner::customer, CaseWork::waiting}));
    EXPECT_FALSE(make(LifeMove::resumed, Side::submitter)) << "not its pause";
    EXPECT_FALSE(make(LifeMove::pause_contested, Side::receiver, "not_agreed")) << "its own pause";
    ASSERT_TRUE(make(LifeMove::pause_contested, Side::submitter, "nothing_asked"));
    EXPECT_TRUE(lived.life.current().contested);
    after_hours(2);
    ASSERT_TRUE(make(LifeMove::resumed, Side::receiver));
    EXPECT_EQ(turn(), (Turn{CaseOwner::receiver, CaseWork::investigating}));
}

TEST_F(Story, AFrozenCaseComesBackToWhoeverHadTheMove) {
    approve();
    ASSERT_TRUE(make(LifeMove::fix_offered, Side::receiver));
    after_hours(1);
    lived.add(LifeMove::frozen, CaseOwner::gateway, "authorization_withdrawn");
    EXPECT_EQ(turn(), (Turn{CaseOwner::submitter, CaseWork::renewing_permission}));
    after_hours(1);
    lived.add(LifeMove::released, CaseOwner::gateway);
    EXPECT_EQ(turn(), (Turn{CaseOwner::submitter, CaseWork::verifying_fix}));
}

TEST_F(Story, WithdrawingIsForUnansweredCasesAndReopeningForClosedOnes) {
    EXPECT_FALSE(make(LifeMove::reopened, Side::submitter, "recurred"));
    Lived answered = lived;
    answered.add(LifeMove::information_requested, CaseOwner::receiver);
    answered.status = CaseStatus::information;
    answered.responded = true;
    EXPECT_FALSE(answered.make({.move = LifeMove::withdrawn}, Side::submitter));
    EXPECT_FALSE(make(LifeMove::withdrawn, Side::receiver));
    ASSERT_TRUE(make(LifeMove::withdrawn, Side::submitter));
    EXPECT_EQ(lived.status, CaseStatus::closed);
    EXPECT_FALSE(make(LifeMove::reopened, Side::submitter, "recurred")) << "a withdrawn case is opened anew";
}

TEST_F(Story, EscalationRisesByOneAndIsLoweredByWhoRaisedIt) {
    ASSERT_TRUE(lived.make({.move = LifeMove::escalated, .reason = "business_impact", .channel = Channel::phone}, Side::submitter));
    EXPECT_EQ(lived.life.facts.escalation.level, 1);
    EXPECT_FALSE(lived.make({.move = LifeMove::escalated, .reason = "resolved", .level = 0}, Side::receiver));
    EXPECT_TRUE(lived.make({.move = LifeMove::escalated, .reason = "resolved", .level = 0}, Side::submitter));
    EXPECT_FALSE(lived.make({.move = LifeMove::escalated, .reason = "no_answer", .level = 4}, Side::submitter));
}

TEST(States, ThePublishedTableIsTheOneInUse) {
    std::ifstream file(std::string(ENTENTE_SOURCE_DIR) + "/protocol/case-states.md");
    std::stringstream text;
    text << file.rdbuf();
    for (const StateRow& row : state_table()) {
        std::string line = "|";
        for (const std::string_view cell : {row.name, row.owner, row.connect, row.sis, row.tmf621, row.dataspace})
            (line += " ").append(cell) += " |";
        EXPECT_NE(text.str().find(line + "\n"), std::string::npos) << line;
    }
}

TEST(States, EveryTurnHasOne) {
    for (int owner = 0; owner < case_owner_count; ++owner)
        for (int work = 0; work < case_work_count; ++work) {
            const StateRow& row = row_of(state_of({static_cast<CaseOwner>(owner), static_cast<CaseWork>(work)}));
            EXPECT_NE(row.state, LifeState::drafting);
        }
}

}  // namespace
}  // namespace entente::protocol
