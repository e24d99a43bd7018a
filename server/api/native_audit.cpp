#include "server/api/native_audit.hpp"

#include "certs/x509.hpp"
#include "protocol/connect/decode.hpp"
#include "protocol/encoding.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_json.hpp"
#include "server/api/native_tables.hpp"
#include "server/audit/format/decimal.hpp"
#include "server/operations/audit.hpp"
#include "server/operations/case_rebuild.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::ErrorKind;
using protocol::JsonWriter;

Verifier::~Verifier() {
    if (thread_.joinable()) thread_.join();
}

Verifier::State Verifier::wait(std::chrono::milliseconds patience) {
    std::unique_lock hold(mutex_);
    if (!running_) {
        if (thread_.joinable()) thread_.join();
        running_ = true;
        state_ = {};
        thread_ = std::thread([this] {
            State result;
            try {
                result.report = run_([this](std::int64_t done, std::int64_t size) {
                    const std::lock_guard inner(mutex_);
                    state_.checked = done;
                    state_.size = size;
                });
            } catch (const std::exception& fault) {
                result.fault = fault.what();
            }
            result.done = true;
            result.checked = result.report.entries;
            result.size = result.report.size;
            const std::lock_guard inner(mutex_);
            state_ = std::move(result);
            running_ = false;
            changed_.notify_all();
        });
    }
    changed_.wait_for(hold, patience, [&] { return state_.done; });
    return state_;
}

audit::EntryKey entry_key(std::string_view name) {
    if (const auto event = protocol::parse_uuid(name)) return *event;
    constexpr std::size_t digits_max = 15;
    const auto index = name.size() > digits_max ? std::nullopt : audit::plain_decimal(name);
    return index ? static_cast<std::int64_t>(*index) : std::int64_t{-1};
}

namespace native_audit {

namespace {

void write_line(JsonWriter& out, const audit::Line& line) {
    out.member("index", line.index).member("event", protocol::uuid_text(line.event)).member("time", to_rfc3339(line.time));
    out.member("kind", static_cast<std::int64_t>(line.kind)).member("operation", line.operation);
    out.member("outcome", line.outcome == audit::Outcome::success ? "success" : "failure").member("reason", line.reason);
}

void write_core(JsonWriter& out, const std::string& core) {
    out.key("core");
    if (core.empty()) {
        out.null();
    } else {
        out.raw(core);
    }
}

std::string_view section_name(store::Tag tag) {
    switch (tag) {
        case store::Tag::core:
            return "core";
        case store::Tag::customer:
            return "customer";
        case store::Tag::actor:
            return "actor";
        case store::Tag::content:
            return "content";
    }
    return "reserved";
}

std::string encode_list(const ops::EntryList& list) {
    JsonWriter out;
    out.object().key("items").array();
    for (const audit::Line& line : list.lines) {
        out.object();
        write_line(out, line);
        write_core(out, line.core);
        out.end();
    }
    out.end().member("size", list.head.size).member("root", protocol::hex(list.head.root)).end();
    return out.take();
}

std::string encode_entry(const audit::Shown& shown) {
    JsonWriter out;
    out.object();
    write_line(out, shown.line);
    out.member("leaf", protocol::hex(shown.leaf)).member("entry", protocol::base64(shown.entry));
    write_core(out, shown.line.core);
    out.key("sections").array();
    for (const audit::SectionView& section : shown.sections) {
        static constexpr std::string_view states[] = {"opened", "withheld", "erased"};
        out.object().member("section", section_name(section.tag)).member("tag", static_cast<std::int64_t>(section.tag));
        out.member("commitment", protocol::hex(section.commitment)).member("sealedHash", protocol::hex(section.sealed_hash));
        out.member("state", states[static_cast<int>(section.state)]);
        if (section.state == audit::SectionState::opened) out.key("text").raw(section.text);
        out.end();
    }
    out.end().end();
    return out.take();
}

std::string encode_verification(const Verifier::State& state) {
    JsonWriter out;
    out.object().member("state", state.done ? "done" : "running").member("size", state.size).member("checked", state.checked);
    if (state.done) {
        const audit::VerifyReport& report = state.report;
        const bool good = state.fault.empty() && report.good();
        out.member("ok", good).member("root", protocol::hex(report.root));
        out.member_if("firstBadIndex", report.first_bad());
        if (!report.findings.empty())
            out.member("check", audit::check_name(report.findings.front().check))
                .member("sentence", report.findings.front().sentence);
        if (good)
            out.member("sentence", "every entry of the log is intact: " + std::to_string(report.entries) + " entries, " +
                                       std::to_string(report.opened) + " sections opened and matched");
        if (!state.fault.empty()) out.member("sentence", "the log could not be read");
    }
    return out.end().take();
}

// Operator, compliance officer and auditor may; the rest is told so.
std::int64_t query_number(const Call& call, std::string_view name, std::int64_t fallback, std::int64_t max) {
    for (const auto& item : call.query) {
        if (item.name != name) continue;
        std::int64_t number = 0;
        for (const char c : item.value) {
            if (c < '0' || c > '9' || number > max / 10) return fallback;
            number = number * 10 + (c - '0');
        }
        return item.value.empty() ? fallback : std::min(number, max);
    }
    return fallback;
}

}  // namespace

Plan list_entries(Gateway& gateway, CallPtr call) {
    std::string token;
    bool newest = false;
    for (const auto& item : call->query) {
        if (item.name == "case") token = item.value;
        if (item.name == "order") newest = item.value == "newest";
    }
    const std::int64_t from = query_number(*call, "from", 0, std::numeric_limits<std::int64_t>::max() / 16);
    const std::int64_t limit = query_number(*call, "limit", 50, 1'000);
    return gateway.disclose<ops::EntryList>(
        std::move(call), "audit.list", "audit",
        [token, from, limit, newest](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_entries(txn, context, caller, token, from, limit, newest);
        },
        [](Gateway& g, const CallPtr& c, ops::EntryList& list) { return g.reply(c, 200, encode_list(list)); });
}

Plan replay_lives(Gateway& gateway, CallPtr call) {
    const protocol::CaseId after{query_number(*call, "after", 0, std::numeric_limits<std::int32_t>::max())};
    const std::int64_t limit = std::max<std::int64_t>(1, query_number(*call, "limit", 100, 500));
    return gateway.disclose<ops::LivesReplay>(
        std::move(call), "case.rebuild", "audit",
        [after, limit](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::replay_lives(txn, context, caller, after, limit);
        },
        [](Gateway& g, const CallPtr& c, ops::LivesReplay& replay) {
            const auto id = [](const std::optional<protocol::CaseId>& found) {
                return found ? std::optional(found->value) : std::nullopt;
            };
            JsonWriter out;
            out.object().member("cases", replay.cases).member("exact", replay.exact).member("older", replay.older);
            out.member("erased", replay.erased).member("firstDifference", id(replay.first_difference));
            return g.reply(c, 200, out.member("next", id(replay.next)).end().take());
        });
}

Plan replay(Gateway& gateway, CallPtr call) {
    const std::int64_t from = query_number(*call, "from", 0, std::numeric_limits<std::int64_t>::max() / 16);
    const std::int64_t limit = query_number(*call, "limit", 500, 1'000);
    return gateway.disclose<ops::Replay>(
        std::move(call), "decision.replay", "audit",
        [from, limit](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::replay_decisions(txn, context, caller, from, limit);
        },
        [](Gateway& g, const CallPtr& c, ops::Replay& replay) {
            JsonWriter out;
            out.object().member("entries", replay.entries).member("decisions", replay.decisions).member("exact", replay.exact);
            out.member("erased", replay.erased).member("firstDifference", replay.first_difference);
            return g.reply(c, 200, out.member("next", replay.next).end().take());
        });
}

Plan read_entry(Gateway& gateway, CallPtr call) {
    const audit::EntryKey key = entry_key(call->path.at(0));
    return gateway.disclose<audit::Shown>(
        std::move(call), "audit.read", "audit",
        [key](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_entry(txn, context, caller, key);
        },
        [](Gateway& g, const CallPtr& c, audit::Shown& shown) { return g.reply(c, 200, encode_entry(shown)); });
}

Plan verify(Gateway& gateway, CallPtr call) {
    return gateway.write<bool>(
        call, ops::allow_verification, [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); },
        [&gateway, call](bool&, std::function<Response()>) -> Plan {
            auto step = std::make_unique<OnWorker>();
            step->run = [&gateway, call]() -> Plan {
                const auto state = gateway.parts().verifier()->wait(std::chrono::milliseconds(1'200));
                return gateway.reply(call, state.done ? 200 : 202, encode_verification(state));
            };
            return step;
        });
}

// --- certificates ---

namespace {

void write_certificate(JsonWriter& out, const store::StoredCertificate& certificate) {
    out.member("fingerprint", certificate.fingerprint)
        .member("client", certificate.client.value)
        .member("serial", certificate.serial);
    out.member("uri", certificate.uri).member("notAfter", to_rfc3339(certificate.not_after));
    out.member("revoked", certificate.revoked_at.has_value()).key("revokedAt");
    if (certificate.revoked_at) {
        out.value(to_rfc3339(*certificate.revoked_at));
    } else {
        out.null();
    }
}

struct IssuedCertificate {
    store::StoredCertificate stored;
    std::string certificate_pem;
    std::optional<std::string> private_key_pem;
};

protocol::Result<IssuedCertificate> issue(const certs::Authority& authority, const native::CertificateInput& input,
                                          const store::StoredClient& client, protocol::Instant now) {
    IssuedCertificate made;
    if (input.csr) {
        auto issued = authority.issue_from_csr(*input.csr, *client.certificate_uri, input.days, now);
        if (!issued) return std::unexpected(std::move(issued.error()));
        made.certificate_pem = std::move(*issued);
    } else {
        auto issued = authority.issue_client(*client.certificate_uri, input.days, now);
        if (!issued) return std::unexpected(std::move(issued.error()));
        made.certificate_pem = issued->certificate_pem;
        made.private_key_pem = std::string(protocol::as_text(issued->private_key_pem.bytes()));
    }
    const auto facts = certs::read_certificate_pem(made.certificate_pem);
    if (!facts) return std::unexpected(facts.error());
    made.stored = {facts->fingerprint_sha256, client.id, facts->serial, *client.certificate_uri, facts->not_after, std::nullopt};
    return made;
}

}  // namespace

Plan issue_certificate(Gateway& gateway, CallPtr call) {
    auto input = native::decode_certificate(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    const certs::Authority* authority = gateway.parts().authority;
    if (authority == nullptr)
        return gateway.failure(call, {.kind = ErrorKind::wrong_state,
                                      .code = "no_authority",
                                      .message = "this gateway has no certificate authority of its own"});
    return gateway.write<IssuedCertificate>(
        std::move(call),
        [authority, input = std::move(*input)](store::Txn& txn, const ops::Context& context,
                                               const ops::Caller& caller) -> ops::Audited<IssuedCertificate> {
            audit::Record record =
                ops::record_of(caller, "certificate.issue", audit::Class::entity_management, audit::activity_create);
            if (auto allowed = ops::require(caller, policy::Operation::certificate_admin); !allowed)
                return ops::refused<IssuedCertificate>(std::move(record), allowed.error());
            const auto client = store::find_client(txn, input.client);
            if (!client || !client->certificate_uri)
                return ops::refused<IssuedCertificate>(std::move(record),
                                                       {.kind = ErrorKind::not_found,
                                                        .code = "client_not_found",
                                                        .message = "there is no such client, or it has no certificate URI",
                                                        .next_step = "entente client add --certificate-uri spiffe://..."});
            auto made = issue(*authority, input, *client, context.now);
            if (!made) return ops::refused<IssuedCertificate>(std::move(record), std::move(made.error()));
            auto stored = ops::register_certificate(txn, context, caller, made->stored);
            if (!stored.outcome) return {std::unexpected(stored.outcome.error()), std::move(stored.record)};
            return {std::move(*made), std::move(stored.record)};
        },
        [](Gateway& g, const CallPtr& c, IssuedCertificate& made) {
            JsonWriter out;
            out.object();
            write_certificate(out, made.stored);
            out.member("certificate", made.certificate_pem).member_if("privateKey", made.private_key_pem).end();
            return g.reply(c, 201, out.take());
        });
}

Plan list_certificates(Gateway& gateway, CallPtr call) {
    return gateway.disclose<std::vector<store::StoredCertificate>>(
        std::move(call), "certificate.list", "certificate",
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::list_certificates(txn, caller); },
        [](Gateway& g, const CallPtr& c, std::vector<store::StoredCertificate>& all) {
            JsonWriter out;
            out.object().key("items").array();
            for (const auto& certificate : all) {
                out.object();
                write_certificate(out, certificate);
                out.end();
            }
            out.end().end();
            return g.reply(c, 200, out.take());
        });
}

Plan revoke_certificate(Gateway& gateway, CallPtr call) {
    std::string fingerprint = call->path.at(0);
    return gateway.write<store::StoredCertificate>(
        std::move(call),
        [fingerprint = std::move(fingerprint)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::revoke_certificate(txn, context, caller, fingerprint);
        },
        [](Gateway& g, const CallPtr& c, store::StoredCertificate& revoked) {
            JsonWriter out;
            out.object();
            write_certificate(out, revoked);
            out.end();
            return g.reply(c, 200, out.take());
        });
}

namespace {

constexpr Route audit_table[] = {
    {Method::get, "/api/v1/audit/entries", "listAuditEntries", Dialect::native, Access::signed_in, list_entries},
    {Method::get, "/api/v1/audit/entries/{entry}", "getAuditEntry", Dialect::native, Access::signed_in, read_entry},
    {Method::post, "/api/v1/decisions/replay", "replayDecisions", Dialect::native, Access::signed_in, replay},
    {Method::post, "/api/v1/lives/replay", "replayLives", Dialect::native, Access::signed_in, replay_lives},
    {Method::post, "/api/v1/audit/verification", "verifyAuditLog", Dialect::native, Access::signed_in, verify},
    {Method::get, "/api/v1/certificates", "listCertificates", Dialect::native, Access::signed_in, list_certificates},
    {Method::post, "/api/v1/certificates", "issueCertificate", Dialect::native, Access::signed_in, issue_certificate},
    {Method::post, "/api/v1/certificates/{fingerprint}/revoke", "revokeCertificate", Dialect::native, Access::signed_in,
     revoke_certificate},
};

}  // namespace

}  // namespace native_audit

std::span<const Route> native_audit_routes() {
    return native_audit::audit_table;
}

}  // namespace entente::api
