// The own API: the life of a case (timeline, moves, links), and the hours and targets of a company.

#include "protocol/reader.hpp"
#include "server/api/native_json_life.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/store/statements/hours.hpp"

namespace entente::api {

// What a repeated request shows (idempotency.hpp).
template <>
struct Again<ops::Timeline> {
    static constexpr Right right = policy::Operation::case_read;
    static std::optional<ops::Timeline> load(store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller,
                                             std::int64_t id) {
        return ops::reread_timeline(txn, context, caller, {id});
    }
    static std::int64_t id(const ops::Timeline& timeline) { return timeline.shown.id.value; }
    // Who had the move and for how long, no words: the first answer is no disclosure either.
    static void about(store::Txn& txn, const ops::Context&, const ops::Caller&, audit::Record& record,
                      const ops::Timeline& timeline) {
        ops::name_shown(txn, record, timeline.shown);
    }
};
template <>
struct Again<protocol::BusinessCalendar> {
    static constexpr Right right = policy::Operation::directory_read;
    static std::optional<protocol::BusinessCalendar> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller,
                                                          std::int64_t id) {
        return store::find_calendar(txn, caller.company(), {id});
    }
    static std::int64_t id(const protocol::BusinessCalendar& calendar) { return calendar.id.value; }
};
template <>
struct Again<ops::TargetsOf> {
    static constexpr Right right = policy::Operation::directory_read;
    static std::optional<ops::TargetsOf> load(store::ReadTxn& txn, const ops::Context&, const ops::Caller&, std::int64_t id) {
        return ops::TargetsOf{{id}, store::targets_of(txn, {id})};
    }
    static std::int64_t id(const ops::TargetsOf& targets) { return targets.company.value; }
};

using namespace native;
using protocol::LifeMove;

namespace {

Plan timeline(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::Timeline>(
        std::move(call), "case.timeline",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_timeline(txn, context, caller, token);
        },
        [](const ops::Timeline& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::Timeline& read) { return g.reply(c, 200, encode_timeline(read)); });
}

template <LifeMove move>
Plan make_move(Gateway& gateway, CallPtr call) {
    auto input = decode_move(call->request->body, move);
    std::string token = call->path.at(0);
    return post<ops::Timeline>(
        gateway, std::move(call), std::move(input),
        [token = std::move(token)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller,
                                   const ops::CaseMove& value) { return ops::make_move(txn, context, caller, token, value); },
        200, encode_timeline);
}

// A moment in the query: nothing where it is absent, an error where it is none.
protocol::Result<std::optional<protocol::Instant>> query_moment(const Call& call, std::string_view name) {
    const std::string text = query_text(call, name);
    if (text.empty()) return std::nullopt;
    if (const auto instant = protocol::parse_rfc3339(text)) return instant;
    std::vector<protocol::Violation> violations;
    violations.push_back({'/' + std::string(name), "not_allowed", "must be a time such as 2030-05-04T13:30:00Z"});
    return std::unexpected(protocol::invalid_members(std::move(violations)));
}

Plan read_feedback(Gateway& gateway, CallPtr call) {
    const auto from = query_moment(*call, "from");
    const auto until = query_moment(*call, "until");
    if (!from || !until) return gateway.failure(call, (from ? until : from).error());
    const ops::FeedbackPeriod period{{query_id(*call, "partner")}, *from, *until};
    return gateway.disclose<ops::FeedbackSummary>(
        std::move(call), "feedback.read", "company",
        [period](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_feedback(txn, context, caller, period);
        },
        [](Gateway& g, const CallPtr& c, ops::FeedbackSummary& summary) { return g.reply(c, 200, encode_feedback(summary)); });
}

Plan link(Gateway& gateway, CallPtr call) {
    auto input = decode_link(call->request->body);
    std::string token = call->path.at(0);
    return post<ops::Timeline>(
        gateway, std::move(call), std::move(input),
        [token = std::move(token)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller,
                                   const ops::LinkInput& value) { return ops::link_case(txn, context, caller, token, value); },
        200, encode_timeline);
}

Plan unlink(Gateway& gateway, CallPtr call) {
    auto input = link_in_path(call->path.at(1), call->path.at(2));
    std::string token = call->path.at(0);
    return post<ops::Timeline>(
        gateway, std::move(call), std::move(input),
        [token = std::move(token)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller,
                                   const ops::LinkInput& value) { return ops::unlink_case(txn, context, caller, token, value); },
        200, encode_timeline);
}

Plan list_calendars(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{query_id(*call, "company")};
    return listing<protocol::BusinessCalendar>(gateway, std::move(call), "calendar.list", "calendar",
                                               [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
                                                   return ops::list_calendars(txn, caller, company);
                                               });
}

Plan add_calendar(Gateway& gateway, CallPtr call) {
    auto input = decode_calendar(call->request->body);
    return create<protocol::BusinessCalendar>(gateway, std::move(call), std::move(input), ops::save_calendar, as_json);
}

Plan replace_calendar(Gateway& gateway, CallPtr call) {
    auto input = decode_calendar(call->request->body);
    if (input) input->id = path_id<protocol::CalendarId>(*call);
    return post<protocol::BusinessCalendar>(gateway, std::move(call), std::move(input), ops::save_calendar, 200, as_json);
}

Plan read_targets(Gateway& gateway, CallPtr call) {
    const protocol::CompanyId company{query_id(*call, "company")};
    return gateway.disclose<ops::TargetsOf>(
        std::move(call), "targets.read", "company",
        [company](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::read_targets(txn, caller, company);
        },
        [](Gateway& g, const CallPtr& c, ops::TargetsOf& targets) { return g.reply(c, 200, encode_targets(targets)); });
}

Plan replace_targets(Gateway& gateway, CallPtr call) {
    auto input = decode_targets(call->request->body);
    return post<ops::TargetsOf>(gateway, std::move(call), std::move(input), ops::set_targets, 200, encode_targets);
}

constexpr Route life_table[] = {
    {Method::get, "/api/v1/cases/{token}/timeline", "getTimeline", Dialect::native, Access::signed_in, timeline},
    {Method::post, "/api/v1/cases/{token}/move", "moveCase", Dialect::native, Access::signed_in, make_move<LifeMove::moved>},
    {Method::post, "/api/v1/cases/{token}/fix", "offerFix", Dialect::native, Access::signed_in, make_move<LifeMove::fix_offered>},
    {Method::post, "/api/v1/cases/{token}/fix/confirm", "confirmFix", Dialect::native, Access::signed_in,
     make_move<LifeMove::fix_confirmed>},
    {Method::post, "/api/v1/cases/{token}/fix/reject", "rejectFix", Dialect::native, Access::signed_in,
     make_move<LifeMove::fix_rejected>},
    {Method::post, "/api/v1/cases/{token}/reopen", "reopenCase", Dialect::native, Access::signed_in, make_move<LifeMove::reopened>},
    {Method::post, "/api/v1/cases/{token}/withdraw", "withdrawCase", Dialect::native, Access::signed_in,
     make_move<LifeMove::withdrawn>},
    {Method::post, "/api/v1/cases/{token}/reroute", "rerouteCase", Dialect::native, Access::signed_in,
     make_move<LifeMove::rerouted>},
    {Method::post, "/api/v1/cases/{token}/escalate", "escalateCase", Dialect::native, Access::signed_in,
     make_move<LifeMove::escalated>},
    {Method::post, "/api/v1/cases/{token}/pause", "pauseCase", Dialect::native, Access::signed_in, make_move<LifeMove::paused>},
    {Method::post, "/api/v1/cases/{token}/pause/contest", "contestPause", Dialect::native, Access::signed_in,
     make_move<LifeMove::pause_contested>},
    {Method::post, "/api/v1/cases/{token}/resume", "resumeCase", Dialect::native, Access::signed_in, make_move<LifeMove::resumed>},
    {Method::post, "/api/v1/cases/{token}/feedback", "giveFeedback", Dialect::native, Access::signed_in,
     make_move<LifeMove::feedback_given>},
    {Method::get, "/api/v1/feedback", "getFeedback", Dialect::native, Access::signed_in, read_feedback},
    {Method::post, "/api/v1/cases/{token}/links", "linkCase", Dialect::native, Access::signed_in, link},
    {Method::delete_, "/api/v1/cases/{token}/links/{case}/{kind}", "unlinkCase", Dialect::native, Access::signed_in, unlink},
    {Method::get, "/api/v1/calendars", "listCalendars", Dialect::native, Access::signed_in, list_calendars},
    {Method::post, "/api/v1/calendars", "createCalendar", Dialect::native, Access::signed_in, add_calendar},
    {Method::put, "/api/v1/calendars/{id}", "replaceCalendar", Dialect::native, Access::signed_in, replace_calendar},
    {Method::get, "/api/v1/targets", "getTargets", Dialect::native, Access::signed_in, read_targets},
    {Method::put, "/api/v1/targets", "replaceTargets", Dialect::native, Access::signed_in, replace_targets},
};

}  // namespace

std::span<const Route> native_life_routes() {
    return life_table;
}

}  // namespace entente::api
