#include "protocol/attachment.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 6> status_names{"SUCCESS",        "CONFIG_MISSING", "CONFIG_INVALID",
                                                       "FORWARD_FAILED", "CONTENT_ERROR",  "UNKNOWN"};
constexpr std::size_t password_chars = 1'000;
constexpr std::size_t path_bytes_max = 1'000;
constexpr std::size_t name_bytes_max = 200;
constexpr std::size_t ending_bytes_max = 32;
constexpr std::int64_t port_max = 65'535;
constexpr std::int64_t proposed_seconds = std::int64_t{90} * 86'400;
constexpr double epoch_max = 253'402'300'799.0;  // the year 9999
constexpr std::string_view domain_rule = "must be a host name with a dot, such as files.vendor.example";
constexpr std::string_view path_rule = "must begin with / and have no blanks";

bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool letter_or_digit(char c) {
    return letter(c) || (c >= '0' && c <= '9');
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

const json::object& members(const ParsedJson& parsed) {
    static const json::object none;
    return parsed.value().is_object() ? parsed.value().get_object() : none;
}

// A time as text, or epoch seconds with a fraction as a number or text.
std::optional<Instant> read_time(const json::value& value) {
    double seconds = -1;
    if (value.is_double()) seconds = value.get_double();
    if (value.is_int64()) seconds = static_cast<double>(value.get_int64());
    if (value.is_string()) {
        const std::string_view text = value.get_string();
        if (auto instant = parse_rfc3339(text)) return instant;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    }
    if (!(seconds >= 0) || seconds > epoch_max) return std::nullopt;
    return Instant{static_cast<std::int64_t>(std::llround(seconds * 1e6))};
}

HttpsTarget read_target(Reader& in, const json::object& object) {
    HttpsTarget target;
    target.domain = in.text("domain", 253);
    if (!target.domain.empty() && !is_target_domain(target.domain)) in.violate("domain", "not_allowed", std::string(domain_rule));
    target.port = static_cast<int>(in.integer("httpsPort", 1, port_max, Need::filled, Reader::NumberForm::or_text).value_or(0));
    target.path = in.text("httpsPath", path_bytes_max);
    if (!target.path.empty() && !is_target_path(target.path)) in.violate("httpsPath", "not_allowed", std::string(path_rule));
    target.password = in.secret("password", password_chars);
    if (!one_line(target.password)) in.violate("password", "not_allowed", "must be one line");
    const json::value* expiration = object.if_contains("expiration");
    if (expiration == nullptr || expiration->is_null()) {
        in.violate("expiration", "missing", "is required");
    } else if (const auto instant = read_time(*expiration)) {
        target.expires_at = *instant;
    } else {
        in.violate("expiration", "wrong_type", "must be a time such as 2030-05-04T09:30:00Z");
    }
    return target;
}

// The first member with one of these names, whatever their case, dashes and underscores.
const json::value* similar(const json::object& object, std::initializer_list<std::string_view> names) {
    for (const std::string_view wanted : names)
        for (const auto& member : object) {
            std::string plain;
            for (const char c : std::string_view(member.key()))
                if (letter_or_digit(c)) plain += lower(c);
            if (plain == wanted && !member.value().is_null()) return &member.value();
        }
    return nullptr;
}

std::string text_of(const json::value* value) {
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    if (value->is_int64()) return std::to_string(value->get_int64());
    return {};
}

int port_of(std::string_view text) {
    int port = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
    return problem == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= port_max ? port : 0;
}

void write_parameters(JsonWriter& out, const std::optional<HttpsTarget>& target) {
    out.key("parameters").object();
    if (target)
        out.member("domain", target->domain)
            .member("httpsPort", target->port)
            .member("httpsPath", target->path)
            .member("expiration", to_rfc3339(target->expires_at));
    out.end();
}

void write_side(JsonWriter& out, std::string_view which, const ConfigSide& side) {
    out.key(which).object().member("companyId", side.company.value);
    write_parameters(out, side.target);
    out.end();
}

}  // namespace

std::string_view name(ForwardStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

std::optional<ForwardStatus> parse_forward_status(std::string_view text) {
    const auto found = std::ranges::find(status_names, text);
    if (found == status_names.end()) return std::nullopt;
    return static_cast<ForwardStatus>(found - status_names.begin());
}

bool is_target_domain(std::string_view domain) {
    if (domain.size() > 253) return false;
    std::size_t labels = 0;
    std::string_view last;
    while (true) {
        const std::size_t dot = std::min(domain.find('.'), domain.size());
        last = domain.substr(0, dot);
        if (last.empty() || last.size() > 63 || !letter_or_digit(last.front()) || !letter_or_digit(last.back())) return false;
        if (!std::ranges::all_of(last, [](char c) { return letter_or_digit(c) || c == '-'; })) return false;
        ++labels;
        if (dot == domain.size()) break;
        domain.remove_prefix(dot + 1);
    }
    return labels >= 2 && last.size() >= 2 && std::ranges::all_of(last, letter);
}

bool is_target_path(std::string_view path) {
    constexpr std::string_view refused = " ?#\"<>\\^`{|}";
    return path.starts_with('/') && path.size() <= path_bytes_max &&
           std::ranges::all_of(path, [&](char c) { return c > 0x20 && c < 0x7f && refused.find(c) == std::string_view::npos; });
}

Result<HttpsTarget> decode_https_target(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed) return std::unexpected(parsed.error());
    Reader in(*parsed);
    HttpsTarget target = read_target(in, members(*parsed));
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return target;
}

Result<TargetOptionsInput> decode_company_target(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed) return std::unexpected(parsed.error());
    Reader in(*parsed);
    TargetOptionsInput input;
    constexpr std::array place{"domain", "httpsPort", "httpsPath", "password", "expiration"};
    if (std::ranges::any_of(place, [&](const char* member) { return in.has(member); }))
        input.target = read_target(in, members(*parsed));
    input.options.max_bytes = in.integer("maxBytes", 0, std::int64_t{1} << 50, Need::optional).value_or(0);
    input.options.history = in.boolean("history").value_or(false);
    input.options.note = in.boolean("note").value_or(false);
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return input;
}

Result<HttpsTarget> analyze_target(std::string_view body, Instant now) {
    const auto parsed = parse_json(body);
    if (!parsed) return std::unexpected(parsed.error());
    Reader in(*parsed);
    if (!parsed->value().is_object()) return std::unexpected(in.done().error());
    const json::object& object = members(*parsed);
    HttpsTarget target;
    target.domain = text_of(similar(object, {"domain", "host", "hostname", "server", "fqdn"}));
    std::string url = text_of(similar(object, {"url", "uri", "httpsurl", "address", "endpoint"}));
    if (url.empty() && target.domain.find("//") != std::string::npos) url.swap(target.domain);
    target.path = text_of(similar(object, {"httpspath", "path", "folder", "directory", "basepath"}));
    target.port = port_of(text_of(similar(object, {"httpsport", "port"})));
    if (!url.empty()) {
        std::string_view rest = url;
        if (const auto scheme = rest.find("//"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 2);
        const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
        std::string_view authority = rest.substr(0, slash);
        if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        if (target.domain.empty()) target.domain = authority.substr(0, colon);
        if (target.port == 0 && colon < authority.size()) target.port = port_of(authority.substr(colon + 1));
        const std::string_view path = rest.substr(slash, rest.find_first_of("?#", slash) - slash);
        if (target.path.empty()) target.path = path;
    }
    if (target.port == 0) target.port = 443;
    if (!target.path.starts_with('/')) target.path.insert(0, "/");
    if (!is_target_domain(target.domain)) in.violate("domain", "not_allowed", std::string(domain_rule));
    if (!is_target_path(target.path)) in.violate("httpsPath", "not_allowed", std::string(path_rule));
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    target.password = text_of(similar(object, {"password", "secret", "token", "key", "pass", "credential"}));
    const json::value* expires = similar(object, {"expiration", "expires", "expiresat", "validuntil", "until", "expiry"});
    const auto until = expires != nullptr ? read_time(*expires) : std::nullopt;
    target.expires_at = until.value_or(now.plus_seconds(proposed_seconds));
    return target;
}

std::string encode_https_target(const HttpsTarget& target) {
    return JsonWriter()
        .object()
        .member("domain", target.domain)
        .member("password", target.password)
        .member("expiration", to_rfc3339(target.expires_at))
        .member("httpsPath", target.path)
        .member("httpsPort", target.port)
        .end()
        .take();
}

std::string encode_attachment_config(const ConfigSide& submitter, const ConfigSide& receiver) {
    JsonWriter out;
    out.object();
    write_side(out, "submitter", submitter);
    write_side(out, "receiver", receiver);
    return out.end().take();
}

std::string encode_file_results(const std::vector<FileResult>& results) {
    JsonWriter out;
    out.array();
    for (const FileResult& result : results)
        out.object()
            .member("fileName", result.name)
            .member("receiverStatus", name(result.receiver.status))
            .member("receiverMessage", result.receiver.message)
            .member("submitterStatus", name(result.submitter.status))
            .member("submitterMessage", result.submitter.message)
            .member("completeSuccess", result.complete())
            .member("partialSuccess", result.partial())
            .end();
    return out.end().take();
}

std::string plain_file_name(std::string_view whole) {
    if (const auto slash = whole.find_last_of("/\\"); slash != std::string_view::npos) whole.remove_prefix(slash + 1);
    std::string plain;
    for (const char c : whole)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) plain += c;
    while (!plain.empty() && (plain.back() == ' ' || plain.back() == '.')) plain.pop_back();
    if (!valid_utf8(plain) || plain.find_first_not_of(". ") == std::string::npos) return "file";
    if (plain.size() <= name_bytes_max) return plain;
    const auto dot = plain.rfind('.');
    const std::string ending = dot != std::string::npos && plain.size() - dot <= ending_bytes_max ? plain.substr(dot) : "";
    return std::string(utf8_prefix(plain, name_bytes_max - ending.size())) + ending;
}

std::string url_segment(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view unreserved = "-._~";
    std::string out;
    for (const char c : text) {
        if (letter_or_digit(c) || unreserved.find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}  // namespace entente::protocol
