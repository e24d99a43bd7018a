#include "server/operations/log_stream.hpp"

#include "protocol/canonical.hpp"
#include "server/audit/log/ocsf_event.hpp"

namespace entente::operations {

StreamPage stream_page(ReadTxn& txn, const Context& context, std::string_view origin, std::int64_t from, std::int64_t limit,
                       std::size_t bytes_max) {
    StreamPage page;
    page.size = audit::head(txn).size;
    for (const audit::Line& line : audit::list(txn, context.tools.vault, {.from = from, .limit = limit})) {
        page.entries.push_back({.index = line.index,
                                .time = line.time,
                                .operation = line.operation,
                                .failed = line.outcome == audit::Outcome::failure,
                                .alarm = line.core.find("\"class_uid\":2004,") != std::string::npos,
                                .event = audit::ocsf_event(line, origin, bytes_max)});
        page.last_leaf = line.leaf;
    }
    return page;
}

bool position_fits(ReadTxn& txn, const Context& context, std::int64_t next, const audit::Hash& leaf) {
    if (next == 0) return true;
    const auto lines = audit::list(txn, context.tools.vault, {.from = next - 1, .limit = 1});
    return lines.size() == 1 && lines[0].index == next - 1 && lines[0].leaf == leaf;
}

audit::Record stream_record(std::string_view sink, std::int64_t from, bool position_lost) {
    audit::Record record;
    record.operation = "audit.stream";
    record.class_uid = position_lost ? audit::Class::detection_finding : audit::Class::datastore_activity;
    record.activity = position_lost ? audit::activity_create : audit::datastore_read;
    record.authentication = "none";
    record.role = "gateway";
    if (position_lost) {
        record.outcome = audit::Outcome::failure;
        record.reason = "stream_position_lost";
    }
    record.resources.push_back({"stream", std::string(sink)});
    record.decision = protocol::CanonicalObject().set("from", from).text();
    return record;
}

}  // namespace entente::operations
