// The three helpers of Gateway, as templates over the operation's value. Included by gateway_api.hpp only.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>

namespace entente::api {

template <class T>
operations::Audited<T> Gateway::once(store::Txn& txn, const operations::Context& now, const CallPtr& call,
                                     const operations::Caller& caller, const WriteOperation<T>& operation) {
    call->repeated = false;
    if (!call->idempotency_key) return operation(txn, now, caller);
    store::Repeat request = name_request(*call, parts_.vault, caller, *call->idempotency_key, call->request->body);
    if (const auto earlier = store::find_repeat(txn, request.scope)) {
        audit::Record record = repeat_record(*earlier, caller);
        if (!same_request(*earlier, request)) return operations::refused<T>(std::move(record), reused_key());
        if constexpr (Repeatable<T>)
            if (auto found = may_see_again<T>(caller) ? Again<T>::load(txn, now, caller, earlier->outcome) : std::nullopt) {
                call->repeated = true;
                if constexpr (requires { Again<T>::about(txn, now, caller, record, *found); })
                    Again<T>::about(txn, now, caller, record, *found);
                return {std::move(*found), std::move(record)};
            }
        return operations::refused<T>(std::move(record), already_done(*call->idempotency_key));
    }
    operations::Audited<T> done = operation(txn, now, caller);
    if (!done.outcome) return done;
    if constexpr (Repeatable<T>) request.outcome = Again<T>::id(*done.outcome);
    request.operation = done.record.operation;
    request.resources = resources_of(done.record);
    request.created_at = now.now;
    store::insert_repeat(txn, request);
    return done;
}

template <class T>
Plan Gateway::write(CallPtr call, WriteOperation<T> operation, Render<T> render,
                    std::function<Plan(T&, std::function<Response()>)> after) {
    struct State {
        std::optional<protocol::Result<T>> outcome;
        bool auditor = false;
    };
    auto state = std::make_shared<State>();
    auto step = std::make_unique<OnWriter>();
    step->run = [this, call, state, operation = std::move(operation)](store::Txn& txn) -> store::Written {
        const operations::Context now = context();
        auto caller = operations::authenticate(txn, parts_.tools, now.now, call->presented);
        if (!caller) {
            state->outcome.emplace(std::unexpected(std::move(caller.error())));
            return {{}, false};
        }
        recognise(call, *caller);
        state->auditor = caller->role() == protocol::Role::auditor;
        operations::Audited<T> done = once(txn, now, call, *caller, operation);
        const bool keep = done.outcome.has_value();
        if (!keep && note_refused_access(txn, call, *caller, done.outcome.error())) {
            state->outcome.emplace(std::move(done.outcome));
            return {{}, false};
        }
        state->outcome.emplace(std::move(done.outcome));
        std::vector<audit::Record> records;
        records.push_back(std::move(done.record));
        if (keep) std::ranges::move(done.further, std::back_inserter(records));
        return {std::move(records), keep};
    };
    step->then = [this, call, state, render = std::move(render), after = std::move(after)](store::Commit commit) -> Plan {
        if (!commit.durable) return fault(call, std::move(commit.fault));
        auto finish = [this, call, state, render, receipts = std::move(commit.receipts)]() -> Response {
            Response response = *state->outcome ? render(*this, call, **state->outcome) : failure(call, state->outcome->error());
            if (!receipts.empty()) name_record(response, receipts.front(), state->auditor);
            return response;
        };
        if (!*state->outcome && state->outcome->error().kind == protocol::ErrorKind::unauthenticated) refuse_token(call);
        if (*state->outcome && after) return after(**state->outcome, finish);
        return finish();
    };
    return step;
}

template <class T>
Plan Gateway::read(CallPtr call, std::string operation, ReadOperation<T> work,
                   std::function<std::vector<operations::Shown>(const T&)> shown, Render<T> render) {
    struct State {
        std::string operation;
        ReadOperation<T> work;
        std::function<std::vector<operations::Shown>(const T&)> shown;
        Render<T> render;
        std::optional<protocol::Result<T>> outcome;
        operations::Caller caller;
        std::vector<operations::Shown> all;    // what the answer shows
        std::vector<operations::Shown> fresh;  // of it, what this principal was never shown in this version
        bool moved = false;
        int attempts = 0;
    };
    auto state = std::make_shared<State>();
    state->operation = std::move(operation);
    state->work = std::move(work);
    state->shown = std::move(shown);
    state->render = std::move(render);

    // Named, because the read runs again when a case moved between reading it and recording that.
    auto attempt = std::make_shared<std::function<Plan()>>();
    *attempt = [this, call, state, weak = std::weak_ptr(attempt)]() -> Plan {
        auto self = weak.lock();
        auto step = std::make_unique<OnReader>();
        step->run = [this, call, state](store::ReadTxn& txn) {
            const operations::Context now = context();
            state->outcome.reset();
            state->fresh.clear();
            auto caller = operations::authenticate(txn, parts_.tools, now.now, call->presented);
            if (!caller) {
                state->outcome.emplace(std::unexpected(std::move(caller.error())));
                return;
            }
            state->caller = std::move(*caller);
            recognise(call, state->caller);
            state->outcome.emplace(state->work(txn, now, state->caller));
            if (!*state->outcome) {
                note_refused_access(txn, call, state->caller, state->outcome->error());
                return;
            }
            state->all = state->shown(**state->outcome);
            for (const operations::Shown& item : state->all) {
                const std::string who = item.seen_by(call->caller);
                if (parts_.sights.seen(who, item.key(), item.version)) continue;
                const auto known = store::sight(txn, who, item.key());
                if (known && *known >= item.version) {
                    parts_.sights.remember(who, item.key(), *known);
                } else {
                    state->fresh.push_back(item);
                }
            }
        };
        step->then = [this, call, state, self](std::string fault_text) -> Plan {
            if (!fault_text.empty()) return fault(call, std::move(fault_text));
            if (!*state->outcome) {
                if (state->outcome->error().kind == protocol::ErrorKind::unauthenticated) refuse_token(call);
                // A refused access to something that exists is a record; what does not exist for the caller is only counted.
                if (state->outcome->error().kind != protocol::ErrorKind::forbidden) return failure(call, state->outcome->error());
                auto refusal = std::make_unique<OnWriter>();
                refusal->run = [state](store::Txn&) -> store::Written {
                    audit::Record record =
                        operations::record_of(state->caller, state->operation, audit::Class::api_activity, audit::activity_read);
                    record.outcome = audit::Outcome::failure;
                    record.reason = state->outcome->error().code;
                    return {{std::move(record)}, true};
                };
                refusal->then = [this, call, state](store::Commit commit) -> Plan {
                    if (!commit.durable) return fault(call, std::move(commit.fault));
                    return failure(call, state->outcome->error());
                };
                return refusal;
            }
            const auto now = parts_.clock.now();
            const auto count_known = [this, call, state, now] {
                for (const operations::Shown& item : state->all)
                    if (std::ranges::none_of(state->fresh, [&](const auto& f) { return f.key() == item.key(); }))
                        parts_.sights.count(item.seen_by(call->caller), item.key(), now);
            };
            if (state->fresh.empty()) {
                count_known();
                return state->render(*this, call, **state->outcome);
            }
            auto record = std::make_unique<OnWriter>();
            record->run = [this, state, call](store::Txn& txn) -> store::Written {
                state->moved = false;
                for (const operations::Shown& item : state->all)
                    if (!operations::still_current(txn, item)) {
                        state->moved = true;
                        return {{}, false};
                    }
                for (const operations::Shown& item : state->fresh)
                    store::record_sight(txn, item.seen_by(call->caller), item.key(), item.version);
                operations::note_disclosures(txn, context(), state->caller, state->operation, state->fresh);
                return {operations::disclosure_records(txn, state->caller, state->operation, state->fresh), true};
            };
            record->then = [this, call, state, self, count_known](store::Commit commit) -> Plan {
                if (!commit.durable) return fault(call, std::move(commit.fault));
                if (state->moved) {
                    if (++state->attempts < 5) return (*self)();
                    return failure(call, {.kind = protocol::ErrorKind::unavailable,
                                          .code = "case_moving",
                                          .message = "the case changes faster than it can be read",
                                          .retry_after_s = 1});
                }
                count_known();
                for (const operations::Shown& item : state->fresh)
                    parts_.sights.remember(item.seen_by(call->caller), item.key(), item.version);
                Response response = state->render(*this, call, **state->outcome);
                name_record(response, commit.receipts.front(), state->caller.role() == protocol::Role::auditor);
                return response;
            };
            return record;
        };
        return step;
    };
    return (*attempt)();
}

template <class T>
Plan Gateway::look_up(CallPtr call, ReadOperation<T> work, Render<T> render, std::function<std::optional<Plan>(T&)> instead) {
    auto outcome = std::make_shared<std::optional<protocol::Result<T>>>();
    auto step = std::make_unique<OnReader>();
    step->run = [this, call, outcome, work = std::move(work)](store::ReadTxn& txn) {
        const operations::Context now = context();
        auto caller = operations::authenticate(txn, parts_.tools, now.now, call->presented);
        if (!caller) {
            outcome->emplace(std::unexpected(std::move(caller.error())));
            return;
        }
        recognise(call, *caller);
        outcome->emplace(work(txn, now, *caller));
    };
    step->then = [this, call, outcome, render = std::move(render), instead = std::move(instead)](std::string fault_text) -> Plan {
        if (!fault_text.empty()) return fault(call, std::move(fault_text));
        if (**outcome && instead)
            if (auto plan = instead(***outcome)) return std::move(*plan);
        if (**outcome) return render(*this, call, ***outcome);
        if ((*outcome)->error().kind == protocol::ErrorKind::unauthenticated) refuse_token(call);
        return failure(call, (*outcome)->error());
    };
    return step;
}

template <class T>
Plan Gateway::disclose(CallPtr call, std::string operation, std::string type, ReadOperation<T> work, Render<T> render,
                       std::function<std::vector<operations::Shown>(const T&)> shown) {
    struct State {
        std::string operation;
        std::string type;
        ReadOperation<T> work;
        Render<T> render;
        std::function<std::vector<operations::Shown>(const T&)> shown;
        std::optional<protocol::Result<T>> outcome;
        std::optional<protocol::Role> role;  // in which it was found
    };
    auto state = std::make_shared<State>(
        State{std::move(operation), std::move(type), std::move(work), std::move(render), std::move(shown), {}, {}});
    auto step = std::make_unique<OnReader>();
    step->run = [this, call, state](store::ReadTxn& txn) {
        const operations::Context now = context();
        const auto caller = operations::authenticate(txn, parts_.tools, now.now, call->presented);
        // Who is nobody (any more) is told so by the step that writes.
        if (!caller) return;
        state->role = caller->role();
        state->outcome.emplace(state->work(txn, now, *caller));
    };
    step->then = [this, call, state](std::string fault_text) -> Plan {
        if (!fault_text.empty()) return fault(call, std::move(fault_text));
        return write<T>(
            call,
            [state](store::Txn& txn, const operations::Context& now, const operations::Caller& caller) -> operations::Audited<T> {
                audit::Record record =
                    operations::record_of(caller, state->operation, audit::Class::api_activity, audit::activity_read);
                record.resources.push_back({state->type, "list"});
                const auto all = [&] {
                    return state->shown && state->outcome && *state->outcome ? state->shown(**state->outcome)
                                                                             : std::vector<operations::Shown>();
                };
                // Signed in or given another role between the two, or a case moved since its words were found: rare, so it is found
                // again here.
                const auto moved = [&](const operations::Shown& item) { return !operations::still_current(txn, item); };
                if (state->role != caller.role() || std::ranges::any_of(all(), moved))
                    state->outcome.emplace(state->work(txn, now, caller));
                protocol::Result<T> found = *state->outcome;
                if (!found) return operations::refused<T>(std::move(record), std::move(found.error()));
                // A part of each version: it is registered and recorded, but reading the case afterwards is a first sight still.
                const auto disclosed = all();
                operations::note_disclosures(txn, now, caller, state->operation, disclosed, false);
                return {std::move(found), std::move(record),
                        operations::disclosure_records(txn, caller, state->operation, disclosed)};
            },
            state->render);
    };
    return step;
}

}  // namespace entente::api
