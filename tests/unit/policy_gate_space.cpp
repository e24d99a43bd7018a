// The gate over the whole of its small dimensions, and over generated situations, against an oracle that was written on its own:
// slow, plain, and only asking whether all three keys turn.

#include <algorithm>
#include <bit>
#include <optional>
#include <random>
#include <set>

#include "policy/minimisation.hpp"
#include "policy_support.hpp"

namespace entente::policy {
namespace {

// --- the oracle ---

bool contains(const std::vector<CompanyId>& all, CompanyId one) {
    return std::ranges::count(all, one) > 0;
}

bool shares_one(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    return std::ranges::any_of(left, [&](const std::string& one) { return std::ranges::count(right, one) > 0; });
}

bool first_key_turns(const Agreement& a, const Situation& s) {
    bool turns = a.state == AgreementState::in_force;
    turns = turns && contains(a.parties, s.from) && contains(a.parties, s.to) && s.from != s.to;
    // Of an agreement of many only the two count; in one_to_many one of them is the hub.
    const bool many = a.kind != protocol::AgreementKind::bilateral;
    if (a.kind == protocol::AgreementKind::one_to_many) turns = turns && (a.hub == s.from || a.hub == s.to);
    for (const CompanyId party : a.parties) {
        if (many && party != s.from && party != s.to) continue;
        bool accepted = false;
        for (const auto& acceptance : a.acceptances)
            accepted = accepted || (acceptance.company == party && acceptance.at.us <= s.at.us);
        turns = turns && accepted;
    }
    turns = turns && a.valid_from.us <= s.at.us && (!a.valid_until || s.at.us < a.valid_until->us);
    turns = turns && a.document_digest == digest && a.purpose == s.purpose;
    if (s.products && !a.products.empty()) turns = turns && shares_one(a.products, *s.products);
    return turns;
}

bool concerns(const Authorization& z, const Situation& s) {
    return z.company == s.from && z.customer == s.finding.customer && contains(z.partners, s.to) && z.purpose == s.purpose &&
           s.at.us < z.until.us;
}

bool second_key_turns(const Authorization& z, const Agreement& a, const Situation& s) {
    if (s.finding.kind != CustomerFinding::Kind::one || s.finding.customer.value == 0) return false;
    if (!concerns(z, s) || z.state != AuthorizationState::granted || s.at.us < z.not_before.us) return false;
    if (!z.emergency && static_cast<int>(z.assurance) < static_cast<int>(a.required_assurance)) return false;
    if (z.emergency && a.emergency_hours <= 0) return false;
    if (!z.product_codes.empty() && (!s.products || !shares_one(z.product_codes, *s.products))) return false;
    if (!z.cases.empty() && std::ranges::count(z.cases, s.case_id) == 0) return false;
    if (z.assurance == Assurance::attested) {
        for (const Authorization& no : s.authorizations) {
            if (concerns(no, s) && (no.state == AuthorizationState::refused || no.state == AuthorizationState::withdrawn))
                return false;
        }
    }
    if (s.referenced.value != 0) {
        for (const Authorization& named : s.authorizations) {
            if (named.id == s.referenced && named.company == s.from && named.id != z.id) return false;
        }
    }
    return true;
}

// What may be released at most, or nothing: the union would be too much, one pair must permit it.
std::optional<std::uint32_t> oracle(const Situation& s) {
    std::optional<std::uint32_t> best;
    for (const Agreement& a : s.agreements) {
        for (const Authorization& z : s.authorizations) {
            if (!first_key_turns(a, s) || !second_key_turns(z, a, s)) continue;
            const std::uint32_t both = a.permitted.bits() & z.classes.bits() & 0x7fU;
            if ((both & (1U << static_cast<int>(DataClass::technical))) == 0) continue;
            const std::uint32_t released = both | 1U;
            if (!best || std::popcount(released) > std::popcount(*best)) best = released;
        }
    }
    return best;
}

void agrees(const Situation& s, const std::string& which, bool to_the_byte) {
    const Decision decision = s.decide();
    const auto expected = oracle(s);
    ASSERT_EQ(decision.verdict == Verdict::allow, expected.has_value())
        << which << ": " << told(decision) << ' ' << decision_json(s.input(), decision);
    if (expected) {
        ASSERT_EQ(std::popcount(decision.released.bits()), std::popcount(*expected)) << which;
    } else {
        ASSERT_TRUE(decision.released.empty()) << which;
    }
    const std::string json = decision_json(s.input(), decision);
    const auto replayed = replay_decision(json);
    ASSERT_TRUE(replayed) << which << json;
    ASSERT_EQ(*replayed, decision) << which << json;
    if (!to_the_byte) return;
    ASSERT_TRUE(replays_exactly(json).value_or(false)) << which << json;
}

TEST(GateSpace, EveryStateAtEveryBoundaryWithEveryClass) {
    constexpr AgreementState agreement_states[]{AgreementState::draft,     AgreementState::offered,    AgreementState::in_force,
                                                AgreementState::suspended, AgreementState::superseded, AgreementState::terminated,
                                                AgreementState::expired};
    constexpr AuthorizationState authorization_states[]{AuthorizationState::requested, AuthorizationState::granted,
                                                        AuthorizationState::refused, AuthorizationState::withdrawn};
    constexpr std::int64_t offsets[]{-1, 0, 1};
    int allowed = 0;
    for (const auto agreement_state : agreement_states) {
        for (const auto authorization_state : authorization_states) {
            for (const std::int64_t from : offsets) {
                for (const std::int64_t until : offsets) {
                    for (const std::int64_t not_before : offsets) {
                        for (const std::int64_t ends : offsets) {
                            Situation s;
                            s.agreements[0].state = agreement_state;
                            s.agreements[0].valid_from = {now.us + from};
                            s.agreements[0].valid_until = Instant{now.us + until};
                            s.authorizations[0].state = authorization_state;
                            s.authorizations[0].not_before = {now.us + not_before};
                            s.authorizations[0].until = {now.us + ends};
                            agrees(s, "boundary", true);
                            if (HasFatalFailure()) return;
                            const bool open = from <= 0 && until > 0 && not_before <= 0 && ends > 0;
                            const bool in_force =
                                agreement_state == AgreementState::in_force && authorization_state == AuthorizationState::granted;
                            EXPECT_EQ(s.decide().verdict == Verdict::allow, open && in_force);
                            allowed += s.decide().verdict == Verdict::allow ? 1 : 0;
                        }
                    }
                }
            }
        }
    }
    EXPECT_EQ(allowed, 4);  // from and not_before one microsecond ago or now, both ends one microsecond ahead
}

// Every class under every pair of permissions, at both stages, before and after acceptance: released only when both keys permit it.
TEST(GateSpace, EveryClassNeedsBothPermissions) {
    for (int number = 0; number < protocol::data_class_count; ++number) {
        const auto data_class = static_cast<DataClass>(number);
        for (const bool by_agreement : {false, true}) {
            for (const bool by_customer : {false, true}) {
                Situation s;
                s.agreements[0].permitted = {DataClass::technical};
                s.authorizations[0].classes = {DataClass::technical};
                if (by_agreement) s.agreements[0].permitted.add(data_class);
                if (by_customer) s.authorizations[0].classes.add(data_class);
                const Decision decision = s.decide();
                ASSERT_EQ(told(decision), "allow all_keys_turn");
                const bool always = data_class == DataClass::case_facts || data_class == DataClass::technical;
                const bool never = data_class == DataClass::secret;
                EXPECT_EQ(decision.released.has(data_class), !never && (always || (by_agreement && by_customer)))
                    << name(data_class);
                for (const bool accepted : {false, true}) {
                    const bool both = decision.released.has(data_class);
                    EXPECT_EQ(field_verdict(data_class, protocol::Stage::release, decision.released, accepted).released, both);
                    EXPECT_EQ(field_verdict(data_class, protocol::Stage::acceptance, decision.released, accepted).released,
                              both && accepted);
                    EXPECT_FALSE(field_verdict(data_class, protocol::Stage::never, decision.released, accepted).released);
                }
            }
        }
    }
}

TEST(FieldVerdict, SaysWhy) {
    const DataClasses all = DataClasses::from_bits(0xff);
    EXPECT_EQ(field_verdict(DataClass::secret, protocol::Stage::release, all, true).reason, "secret");
    EXPECT_EQ(field_verdict(DataClass::technical, protocol::Stage::never, all, true).reason, "never_shared");
    EXPECT_EQ(field_verdict(DataClass::technical, protocol::Stage::acceptance, {}, false).reason, "class_not_permitted");
    EXPECT_EQ(field_verdict(DataClass::technical, protocol::Stage::acceptance, all, false).reason, "not_before_acceptance");
    EXPECT_EQ(field_verdict(DataClass::technical, protocol::Stage::acceptance, all, true).reason, "released");
    EXPECT_EQ(field_verdict(DataClass::case_facts, protocol::Stage::release, {}, false).reason, "released");
}

// --- generated situations ---

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }

    Situation situation() {
        agreements_ = static_cast<std::int64_t>(pick(3));
        authorizations_ = static_cast<std::int64_t>(pick(3));
        Situation s;
        s.from = usually(submitter, company());
        s.to = usually(receiver, company());
        s.purpose = usually(std::string("support"), std::string("sales"));
        using Kind = CustomerFinding::Kind;
        constexpr Kind kinds[]{Kind::one, Kind::none, Kind::several, Kind::conflict};
        s.finding.kind = usually(Kind::one, kinds[pick(4)]);
        s.finding.customer = usually(customer, CustomerId{static_cast<std::int64_t>(pick(3)) * 4});
        s.finding.reason = s.finding.kind == Kind::one ? "customer_named" : "customer_ambiguous";
        s.agreements.clear();
        for (std::size_t n = pick(4); n > 0; --n) s.agreements.push_back(agreement());
        s.authorizations.clear();
        for (std::size_t n = pick(5); n > 0; --n) s.authorizations.push_back(authorization());
        if (pick(2) == 0) s.products = products();
        s.case_id = {static_cast<std::int64_t>(pick(3))};
        if (pick(4) == 0) s.referenced = {static_cast<std::int64_t>(900 + pick(7))};
        return s;
    }

    Agreement agreement() {
        Agreement a = good_agreement();
        a.id = {500 + ++agreements_};
        if (pick(6) == 0) a.parties.push_back(stranger);
        if (pick(8) == 0) a.parties.erase(a.parties.begin() + static_cast<std::ptrdiff_t>(pick(a.parties.size())));
        if (pick(6) == 0) a.acceptances.push_back({stranger, "x", near()});
        if (pick(6) == 0) a.acceptances.pop_back();
        if (pick(4) == 0 && !a.acceptances.empty()) a.acceptances.front().at = near();
        a.valid_from = near();
        a.valid_until = pick(3) == 0 ? std::nullopt : std::optional(far());
        a.state = usually(AgreementState::in_force, static_cast<AgreementState>(pick(7)));
        a.permitted = classes();
        a.purpose = usually(std::string("support"), std::string("sales"));
        if (pick(12) == 0) a.document_digest = "unknown";
        a.required_assurance = static_cast<Assurance>(std::min(pick(5), pick(5)));
        if (pick(8) == 0) a.products = products();
        if (pick(4) == 0) a.kind = protocol::AgreementKind::consortium;
        if (pick(6) == 0) {
            a.kind = protocol::AgreementKind::one_to_many;
            a.hub = usually(submitter, company());
        }
        if (pick(2) == 0) a.emergency_hours = 4;
        a.version = static_cast<std::int64_t>(pick(9));
        return a;
    }

    Authorization authorization() {
        Authorization z = good_authorization();
        z.id = {900 + ++authorizations_};
        z.company = usually(submitter, company());
        z.customer = usually(customer, other_customer);
        z.partners = {usually(receiver, company())};
        if (pick(3) == 0) z.partners.push_back(company());
        z.purpose = usually(std::string("support"), std::string("sales"));
        z.classes = classes();
        z.not_before = near();
        z.until = far();
        z.state = usually(AuthorizationState::granted, static_cast<AuthorizationState>(pick(4)));
        z.assurance = static_cast<Assurance>(std::max(pick(5), pick(5)));
        if (pick(8) == 0) z.product_codes = products();
        if (pick(8) == 0) z.cases = {{static_cast<std::int64_t>(pick(3))}};
        if (pick(8) == 0) {
            z.emergency = true;
            z.assurance = Assurance::attested;
        }
        z.version = static_cast<std::int64_t>(pick(9));
        return z;
    }

    std::vector<std::string> products() {
        std::vector<std::string> some;
        if (pick(2) == 0) some.push_back(product_a);
        if (pick(2) == 0) some.push_back(product_b);
        return some;
    }

    DataClasses classes() { return DataClasses::from_bits(static_cast<std::uint32_t>(random_()) | (pick(4) != 0 ? 2U : 0U)); }

  private:
    CompanyId company() { return CompanyId{static_cast<std::int64_t>(pick(4)) * 11}; }
    Instant near() { return {now.us - 2 + static_cast<std::int64_t>(pick(4))}; }  // two before to one after
    Instant far() { return {now.us - 1 + static_cast<std::int64_t>(pick(5))}; }
    template <class T>
    T usually(T good, T other) {
        return pick(6) == 0 ? other : good;
    }

    std::mt19937_64 random_;
    std::int64_t agreements_ = 0;  // ids given so far
    std::int64_t authorizations_ = 0;
};

// Takes something away from an authorization, in one of the ways a customer can.
void narrow(Authorization& z, Generator& generator) {
    switch (generator.pick(6)) {
        case 0:
            if (!z.partners.empty()) z.partners.pop_back();
            break;
        case 1:
            z.until = {z.until.us - 1 - static_cast<std::int64_t>(generator.pick(3))};
            break;
        case 2:
            if (z.product_codes.size() > 1) z.product_codes.pop_back();
            if (z.product_codes.empty()) z.product_codes = {product_a};
            break;
        case 3:
            if (z.cases.empty()) z.cases = {{static_cast<std::int64_t>(generator.pick(3))}};
            break;
        case 4:
            z.not_before = {z.not_before.us + static_cast<std::int64_t>(generator.pick(3))};
            break;
        default:
            z.classes = z.classes.both(generator.classes());
    }
}

TEST(GateSpace, NeverAllowsUnlessAllThreeKeysTurn) {
    const std::uint64_t seed = [] {
        const char* given = std::getenv("ENTENTE_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    }();
    const int rounds = long_form() ? 1'000'000 : 50'000;
    std::printf("ENTENTE_SEED=%llu, %d situations\n", static_cast<unsigned long long>(seed), rounds);
    Generator generator(seed);
    int allowed = 0;
    std::set<std::string> reasons_seen;
    for (int round = 0; round < rounds; ++round) {
        Situation s = generator.situation();
        const std::string which = "seed " + std::to_string(seed) + " round " + std::to_string(round) + ' ';
        agrees(s, which, round % 10 == 0);
        if (HasFatalFailure()) return;
        const Decision decision = s.decide();
        reasons_seen.insert(told(decision));
        allowed += decision.verdict == Verdict::allow ? 1 : 0;

        // The order of rows decides nothing.
        Situation turned = s;
        std::ranges::reverse(turned.agreements);
        std::ranges::reverse(turned.authorizations);
        if (decision.verdict == Verdict::allow) {
            const Decision again = turned.decide();
            ASSERT_EQ(again.released.bits() != 0, true) << which;
            ASSERT_EQ(std::popcount(again.released.bits()), std::popcount(decision.released.bits())) << which;
        }

        // Narrowing an authorization never releases more; nor does a refusal or withdrawal that is added.
        Situation narrowed = s;
        for (Authorization& z : narrowed.authorizations) z.classes = z.classes.both(generator.classes());
        const Decision less = narrowed.decide();
        ASSERT_LE(std::popcount(less.released.bits()), std::popcount(decision.released.bits())) << which;
        // Nor does it release more to name fewer partners, an earlier end, fewer products, single cases, or to expect more of it.
        Situation tighter = s;
        for (Authorization& z : tighter.authorizations)
            if (z.state == AuthorizationState::granted)
                narrow(z, generator);  // a customer's "no" is not narrowed: it would be less of one
        for (Agreement& a : tighter.agreements) {
            if (generator.pick(3) == 0)
                a.required_assurance = std::max(a.required_assurance, static_cast<Assurance>(generator.pick(5)));
            if (generator.pick(3) == 0) a.emergency_hours = 0;
            if (generator.pick(3) == 0) a.permitted = a.permitted.both(generator.classes());
        }
        ASSERT_LE(std::popcount(tighter.decide().released.bits()), std::popcount(decision.released.bits())) << which;
        Situation refused = s;
        refused.authorizations.push_back(good_authorization());
        refused.authorizations.back().id = {990};
        refused.authorizations.back().state = generator.pick(2) == 0 ? AuthorizationState::refused : AuthorizationState::withdrawn;
        ASSERT_LE(std::popcount(refused.decide().released.bits()), std::popcount(decision.released.bits())) << which;
    }
    EXPECT_GT(allowed, rounds / 50) << "the generator hardly reaches the case that matters";
    EXPECT_GT(reasons_seen.size(), 18U) << "the generator misses reasons";
}

}  // namespace
}  // namespace entente::policy
