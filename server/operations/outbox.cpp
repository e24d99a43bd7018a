#include "server/operations/outbox.hpp"

#include <algorithm>
#include <set>

#include "protocol/json_writer.hpp"
#include "protocol/webhook.hpp"
#include "server/operations/readers.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

using protocol::Event;
using store::DeliveryState;
using store::StoredDelivery;
using store::StoredEvent;
using store::Target;

namespace {

constexpr int plan_events_max = 100;

audit::Record gateway_record(std::string operation) {
    audit::Record record;
    record.operation = std::move(operation);
    record.activity = audit::activity_create;
    record.authentication = "none";
    record.role = "gateway";
    return record;
}

// A record about one delivery: its company is party to it, ids and codes only.
audit::Record delivery_record(const StoredDelivery& d, const protocol::EventId& event, std::string_view step) {
    audit::Record record = gateway_record(d.sender + "." + std::string(step));
    if (d.sender == "webhook") {
        record.class_uid = audit::Class::http_activity;
        record.activity = audit::http_post;
    }
    if (d.company) record.parties = {d.company};
    record.resources.push_back({"delivery", std::to_string(d.id), d.attempts});
    record.resources.push_back({d.sender, std::to_string(d.target)});
    if (d.event_idx != 0) {
        record.resources.push_back({"event", protocol::event_uuid(event)});
        if (d.lane != 0) {
            record.resources.push_back({"case", std::to_string(d.lane)});
            record.case_scope = {d.lane};
        }
    }
    return record;
}

// Words of a case leave: both its sides are party to the record, which names whom they go to, and the register has the version.
audit::Record sent_words(Txn& txn, const Context& context, const StoredDelivery& d, const protocol::EventId& event,
                         const Shown& shown) {
    audit::Record record = delivery_record(d, event, "content.send");
    std::erase_if(record.resources, [](const auto& resource) { return resource.type == "case"; });
    name_shown(txn, record, shown);
    record.resources.push_back({"company", std::to_string(d.company.value)});
    register_disclosure(txn, context, d.company, shown.id, shown.version, record.operation, false);
    return record;
}

Sender* sender_of(const Senders& senders, std::string_view kind) {
    const auto found = std::ranges::find(senders, kind, [](const Sender* sender) { return sender->kind(); });
    return found == senders.end() ? nullptr : *found;
}

}  // namespace

std::int64_t retry_pause_ms(const RetryPolicy& policy, int attempts, std::uint64_t chance) {
    std::int64_t pause = policy.first_ms;
    for (int i = 1; i < attempts && pause < policy.max_ms; ++i) pause *= 3;
    pause = std::min(pause, policy.max_ms);
    // 80 % to 120 %: targets that failed together do not come back together.
    return std::max<std::int64_t>(1, pause * (800 + static_cast<std::int64_t>(chance % 401)) / 1000);
}

bool may_tell(ReadTxn& txn, const StoredEvent& event, Instant now, KnownKeys& known) {
    if (event.view.event.side == protocol::Side::submitter || !leads_to_content(event.view.event)) return true;
    if (event.flow == protocol::Flow::frozen || event.flow == protocol::Flow::held) return false;
    if (event.flow == protocol::Flow::ended) return true;
    const auto [found, fresh] = known.try_emplace({event.agreement, event.authorization}, false);
    if (fresh) found->second = store::keys_hold(txn, event.agreement, event.authorization, now);
    return found->second;
}

PlanResult plan_deliveries(Txn& txn, const Context& context, const Senders& senders, const RetryPolicy& policy,
                           std::int64_t after) {
    PlanResult result;
    const auto events = store::events_to_plan(txn, std::max(after, store::planned_until(txn)), plan_events_max);
    result.planned = events.empty() ? after : events.back().cursor;
    result.more = events.size() >= plan_events_max;
    std::map<Target, std::int64_t> waiting;
    std::int64_t rows = 0;
    bool noted = false;
    std::int64_t overflowed = 0;
    std::vector<Planned> wanted;
    for (const Event& event : events)
        for (Sender* sender : senders) {
            wanted.clear();
            sender->plan(txn, context, event, wanted);
            for (const Planned& one : wanted) {
                if (one.noted) {
                    noted = true;
                    continue;
                }
                const Target target{std::string(sender->kind()), one.target};
                const auto known = waiting.try_emplace(target, 0);
                if (known.second) known.first->second = store::waiting_for(txn, target, policy.queue_max);
                StoredDelivery d;
                d.sender = target.sender;
                d.target = one.target;
                d.company = event.company;
                if (!one.without_event) {
                    d.lane = event.case_id.value;
                    d.event_idx = event.cursor;
                    d.event_seq = event.ordinal;
                }
                d.ref = one.ref;
                d.due_at = std::max(one.due_at, context.now);
                d.created_at = context.now;
                if (known.first->second >= policy.queue_max) {
                    d.state = DeliveryState::dead;
                    d.reason = "queue_full";
                    d.finished_at = context.now;
                    ++overflowed;
                }
                if (!store::insert_delivery(txn, d, [&] { return context.tools.draw(); })) continue;
                ++known.first->second;
                ++rows;
            }
        }
    // Events that nobody wants move no row: looking at them again after a restart costs nothing and finds the same.
    if (rows == 0 && !noted) return result;
    store::set_planned(txn, result.planned);
    for (const auto& [target, count] : waiting) result.targets.push_back(target);
    audit::Record record = gateway_record("deliveries.plan");
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("dead", overflowed)
                          .member("events", static_cast<std::int64_t>(events.size()))
                          .member("rows", rows)
                          .member("until", result.planned)
                          .end()
                          .take();
    result.records.push_back(std::move(record));
    return result;
}

namespace {

// Everything that decides at the moment of sending. Nothing: send it; otherwise the reason why not.
std::optional<std::string> reason_not_to(ReadTxn& txn, const Context& context, const StoredDelivery& d,
                                         const std::optional<StoredEvent>& event) {
    // The operator's own (a test mail) belong to no company.
    if (d.company) {
        const auto company = store::find_company(txn, d.company);
        if (!company || !company->active) return "company_inactive";
    }
    if (d.event_idx == 0) return std::nullopt;
    if (!event) return "event_gone";
    if (!may_tell(txn, *event, context.now)) return "gate_closed";
    return std::nullopt;
}

}  // namespace

LeaseResult lease_deliveries(Txn& txn, const Context& context, const Senders& senders,
                             std::span<const std::pair<Target, int>> wishes, std::int64_t lease_seconds) {
    const Instant until = context.now.plus_seconds(lease_seconds);
    LeaseResult result;
    for (const auto& [target, slots] : wishes) {
        Sender* sender = sender_of(senders, target.sender);
        if (sender == nullptr) {
            result.next[target] = {};  // nothing is due for who sends no more
            continue;
        }
        auto due = store::due_deliveries(txn, target, context.now, slots);
        result.next[target].more = due.size() >= static_cast<std::size_t>(slots);
        for (StoredDelivery& d : due) {
            std::optional<StoredEvent> event;
            if (d.event_idx != 0) event = store::find_event(txn, d.company, d.event_idx, d.event_seq);
            const protocol::EventId event_id = event ? event->view.event.id : protocol::EventId{};
            auto stop = reason_not_to(txn, context, d, event);
            std::expected<Parcel, std::string> parcel = std::unexpected(stop.value_or(""));
            if (!stop) parcel = sender->prepare(txn, context, d, event ? &*event : nullptr);
            if (!parcel) {
                store::finish_delivery(txn, d.id, DeliveryState::stopped, parcel.error(), context.now);
                result.records.push_back(delivery_record(d, event_id, "stopped"));
                result.records.back().outcome = audit::Outcome::failure;
                result.records.back().reason = parcel.error();
                result.next[target].more = true;  // what stood behind it in its lane may be next
                continue;
            }
            store::lease_delivery(txn, d.id, until);
            ++d.attempts;
            result.records.push_back(parcel->shows ? sent_words(txn, context, d, event_id, *parcel->shows)
                                                   : delivery_record(d, event_id, "send"));
            result.leased.push_back({std::move(d), event_id, std::move(*parcel), until});
        }
        result.next[target].due = store::next_due(txn, target, context.now);
    }
    return result;
}

std::vector<audit::Record> settle_deliveries(Txn& txn, const Context& context, const Senders& senders, const RetryPolicy& usual,
                                             std::span<const Settled> settled) {
    std::vector<audit::Record> records;
    for (const Settled& one : settled) {
        const StoredDelivery& d = one.delivery;
        using End = Answer::End;
        Sender* sender = sender_of(senders, d.sender);
        const RetryPolicy& policy = sender != nullptr && sender->retry() != nullptr ? *sender->retry() : usual;
        const bool counts = store::holds_lease(txn, d.id, d.attempts);
        const bool interrupted = one.answer.end == End::interrupted;
        const bool again = interrupted || (one.answer.end == End::retry && d.attempts < policy.attempts);
        const char* step = "sent";
        if (!counts) {
            step = "late";
        } else if (again) {
            const Instant due{context.now.us + 1'000 * retry_pause_ms(policy, d.attempts, context.tools.draw())};
            store::put_back_delivery(txn, d.id, interrupted ? context.now : due, one.answer.reason, !interrupted);
            step = "retry";
        } else if (one.answer.end == End::delivered) {
            store::finish_delivery(txn, d.id, DeliveryState::delivered, "", context.now);
        } else if (one.answer.end == End::stopped) {
            store::finish_delivery(txn, d.id, DeliveryState::stopped, one.answer.reason, context.now);
            step = "stopped";
        } else {
            store::finish_delivery(txn, d.id, DeliveryState::dead, one.answer.reason, context.now);
            step = "dead";
        }
        if (one.begun && one.answer.end != End::stopped) {
            store::StoredAttempt attempt{.delivery = d.id,
                                         .target = {d.sender, d.target},
                                         .number = d.attempts,
                                         .event = one.event,
                                         .event_name = one.name,
                                         .http_status = one.answer.http_status,
                                         .success = one.answer.end == End::delivered,
                                         .reason = one.answer.reason,
                                         .at = context.now,
                                         .request = one.request,
                                         .response = one.answer.response};
            const auto told = store::find_event(txn, d.company, d.event_idx, d.event_seq);
            store::insert_attempt(txn, context.tools.vault, d.company, told ? told->view.event.case_id : protocol::CaseId{},
                                  attempt, [&] { return context.tools.draw(); });
        }
        if (counts && sender != nullptr) sender->settled(txn, context, one, !again);
        audit::Record record = delivery_record(d, one.event, step);
        record.reason = one.answer.reason;
        if (one.answer.end != End::delivered) record.outcome = audit::Outcome::failure;
        if (one.answer.http_status)
            record.decision = protocol::JsonWriter().object().member("http_status", *one.answer.http_status).end().take();
        records.push_back(std::move(record));
    }
    return records;
}

namespace {

std::vector<audit::Record> recovered(std::int64_t freed) {
    if (freed == 0) return {};
    audit::Record record = gateway_record("deliveries.recover");
    record.decision = protocol::JsonWriter().object().member("rows", freed).end().take();
    return {std::move(record)};
}

}  // namespace

std::vector<audit::Record> recover_deliveries(Txn& txn, const Context& context) {
    return recovered(store::release_leases(txn, context.now));
}

std::vector<audit::Record> recover_ended_leases(Txn& txn, const Context& context) {
    return recovered(store::release_ended_leases(txn, context.now));
}

}  // namespace entente::operations
