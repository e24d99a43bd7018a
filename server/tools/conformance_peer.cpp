#include <algorithm>

#include "server/tools/conformance.hpp"
#include "server/tools/text.hpp"

namespace entente::tools::conformance {

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::failed:
            return "failed";
        case Outcome::differs:
            return "differs";
        case Outcome::skipped:
            return "skipped";
        case Outcome::passed:
            break;
    }
    return "passed";
}

std::string Exchange::said() const {
    return std::to_string(status) + " " + shortened(printable(raw.empty() ? "(no body)" : raw, Lines::join), 160);
}

std::string Exchange::message() const {
    const std::string detail = body.text("detail");
    return detail.empty() ? body.text("message") : detail;
}

std::string Exchange::header(std::string_view name) const {
    for (const api::Header& header : headers)
        if (same_ignoring_case(header.name, name)) return header.value;
    return {};
}

Exchange Peer::call(api::Method method, const std::string& target, std::string body, std::string_view accept,
                    std::vector<api::Header> more) const {
    api::Request request{.method = method,
                         .target = target,
                         .headers = std::move(more),
                         .body = std::move(body),
                         .peer_address = {},
                         .certificate = {},
                         .request_id = {}};
    if (!accept.empty()) request.headers.push_back({"Accept", std::string(accept)});
    const bool typed =
        std::ranges::any_of(request.headers, [](const auto& h) { return same_ignoring_case(h.name, "Content-Type"); });
    if (!request.body.empty() && !typed) request.headers.push_back({"Content-Type", "application/json"});
    if (!token.empty()) request.headers.push_back({"Authorization", "Bearer " + token});
    api::Response response = transport_.call(std::move(request));
    Exchange exchange;
    exchange.status = response.status;
    exchange.headers = std::move(response.headers);
    const std::string type = exchange.header("Content-Type");
    exchange.media = lower(trimmed(std::string_view(type).substr(0, type.find(';'))));
    exchange.raw = std::move(response.body);
    exchange.body = Value::parse(exchange.raw).value_or(Value());
    return exchange;
}

const Finding& Report::check(std::string section, std::string title, const std::function<Finding()>& look) {
    checks_.push_back({std::move(section), std::move(title), look()});
    return checks_.back().finding;
}

int Report::count(Outcome outcome) const {
    return static_cast<int>(std::ranges::count_if(checks_, [&](const Check& check) { return check.finding.outcome == outcome; }));
}

}  // namespace entente::tools::conformance
