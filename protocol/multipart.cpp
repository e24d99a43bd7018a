#include "protocol/multipart.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/encoding.hpp"

namespace entente::protocol {

namespace {

constexpr std::size_t header_bytes_max = 8 * 1024;
constexpr std::size_t parts_max = 200;
constexpr std::size_t preamble_max = 64 * 1024;
constexpr std::size_t boundary_max = 70;  // RFC 2046, 5.1.1

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}
bool blank(char c) {
    return c == ' ' || c == '\t';
}
std::string_view trimmed(std::string_view text) {
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}
bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// name=value or name="quoted", one after the other; false at the first thing that is neither.
template <class Use>
bool each_parameter(std::string_view text, Use use) {
    while (true) {
        text = trimmed(text);
        while (!text.empty() && text.front() == ';') text = trimmed(text.substr(1));
        if (text.empty()) return true;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) return false;
        const std::string_view name = trimmed(text.substr(0, equals));
        text = trimmed(text.substr(equals + 1));
        std::string value;
        if (text.starts_with('"')) {
            std::size_t at = 1;
            // Browsers write \ as it is and " as %22, others escape both: a backslash counts only before a quote or itself.
            while (at < text.size() && text[at] != '"') {
                if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
                value += text[at++];
            }
            if (at >= text.size()) return false;
            text.remove_prefix(at + 1);
        } else {
            const std::size_t end = std::min(text.find(';'), text.size());
            value = trimmed(text.substr(0, end));
            text.remove_prefix(end);
        }
        use(name, std::move(value));
    }
}

// RFC 5987: charset'language'percent-encoded; UTF-8 only.
std::optional<std::string> from_extended(std::string_view text) {
    const auto first = text.find('\'');
    const auto second = first == std::string_view::npos ? first : text.find('\'', first + 1);
    if (second == std::string_view::npos || !same(text.substr(0, first), "utf-8")) return std::nullopt;
    std::string out;
    for (std::size_t i = second + 1; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto byte = from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1) return std::nullopt;
        out += static_cast<char>(byte->front());
        i += 2;
    }
    return out;
}

Result<FormPart> bad(std::string_view why) {
    return fail(ErrorKind::malformed, "bad_form", "the form " + std::string(why));
}

}  // namespace

Result<std::string> form_boundary(std::string_view content_type) {
    const std::size_t semicolon = std::min(content_type.find(';'), content_type.size());
    std::string boundary;
    int seen = 0;
    const bool readable = each_parameter(content_type.substr(semicolon), [&](std::string_view name, std::string value) {
        if (!same(name, "boundary")) return;
        ++seen;
        boundary = std::move(value);
    });
    constexpr std::string_view others = "'()+_,-./:=? ";
    const bool legal = std::ranges::all_of(boundary, [&](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || others.find(c) != std::string_view::npos;
    });
    if (!same(trimmed(content_type.substr(0, semicolon)), "multipart/form-data") || !readable || seen != 1 || boundary.empty() ||
        boundary.size() > boundary_max || boundary.ends_with(' ') || !legal)
        return fail(ErrorKind::malformed, "no_boundary", "files are sent as multipart/form-data with a boundary");
    return boundary;
}

Result<FormPart> read_disposition(std::string_view value) {
    const std::size_t semicolon = std::min(value.find(';'), value.size());
    if (!same(trimmed(value.substr(0, semicolon)), "form-data")) return bad("has a part that is no form-data");
    FormPart part;
    bool named = false;
    bool twice = false;
    std::optional<std::string> plain;
    std::optional<std::string> extended;
    const bool readable = each_parameter(value.substr(semicolon), [&](std::string_view name, std::string text) {
        if (same(name, "name")) {
            twice = twice || named;
            named = true;
            part.name = std::move(text);
        } else if (same(name, "filename")) {
            twice = twice || plain.has_value();
            plain = std::move(text);
        } else if (same(name, "filename*")) {
            twice = twice || extended.has_value();
            extended = from_extended(text).value_or("");
        }
    });
    if (!readable || !named || twice) return bad("has a part whose Content-Disposition cannot be read");
    part.is_file = plain.has_value() || extended.has_value();
    part.file_name = extended && !extended->empty() ? *extended : plain.value_or("");
    if (has_control(part.name) || has_control(part.file_name)) return bad("has a part whose name has control characters");
    return part;
}

FormReader::FormReader(std::string_view boundary, Events events)
    : delimiter_("\r\n--" + std::string(boundary)), events_(std::move(events)) {}

Result<void> FormReader::broken(std::string_view why) {
    return fail(ErrorKind::malformed, "bad_form", "the form " + std::string(why));
}

Result<void> FormReader::headers_done(std::string_view block) {
    std::optional<std::string> disposition;
    std::string type;
    while (!block.empty()) {
        const std::size_t end = std::min(block.find("\r\n"), block.size());
        const std::string_view line = block.substr(0, end);
        block.remove_prefix(std::min(end + 2, block.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0 || line.find('\n') != std::string_view::npos ||
            line.find('\r') != std::string_view::npos)
            return broken("has a part whose header is not readable");
        const std::string_view name = trimmed(line.substr(0, colon));
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (same(name, "content-disposition")) {
            if (disposition) return broken("has a part with two Content-Disposition lines");
            disposition = value;
        } else if (same(name, "content-type")) {
            type = value;
        } else if (same(name, "content-transfer-encoding") && !same(value, "binary") && !same(value, "8bit") &&
                   !same(value, "7bit")) {
            return broken("has a part with a transfer encoding");
        }
    }
    if (!disposition) return broken("has a part without Content-Disposition");
    auto part = read_disposition(*disposition);
    if (!part) return std::unexpected(part.error());
    part->content_type = std::move(type);
    if (++parts_ > parts_max) return broken("has too many parts");
    return events_.begin(*part);
}

// One step over what is pending; `more` is false when it needs further bytes.
Result<void> FormReader::step(bool& more) {
    more = false;
    const std::string_view have = pending_;
    switch (place_) {
        case Place::preamble: {
            const std::string_view mark = std::string_view(delimiter_).substr(first_ ? 2 : 0);
            if (first_ && have.size() < mark.size() && mark.starts_with(have)) return {};
            if (first_ && have.starts_with(mark)) {
                pending_.erase(0, mark.size());
                place_ = Place::after_boundary;
                more = true;
                return {};
            }
            first_ = false;
            const std::size_t found = have.find(delimiter_);
            if (found == std::string_view::npos) {
                if (have.size() > preamble_max) return broken("does not begin with its boundary");
                return {};
            }
            pending_.erase(0, found + delimiter_.size());
            place_ = Place::after_boundary;
            more = true;
            return {};
        }
        case Place::after_boundary: {
            if (have.size() >= 2 && have.starts_with("--")) {
                place_ = Place::epilogue;
                pending_.clear();
                return {};
            }
            std::size_t at = 0;
            while (at < have.size() && blank(have[at])) ++at;
            if (at > header_bytes_max) return broken("has a boundary that does not end");
            if (have.size() < at + 2) return {};
            if (have.substr(at, 2) != "\r\n") return broken("has something behind a boundary");
            pending_.erase(0, at + 2);
            place_ = Place::headers;
            more = true;
            return {};
        }
        case Place::headers: {
            const std::size_t found = have.starts_with("\r\n") ? 0 : have.find("\r\n\r\n");
            if (found == std::string_view::npos) {
                if (have.size() > header_bytes_max) return broken("has a part whose header is too large");
                return {};
            }
            if (found > header_bytes_max) return broken("has a part whose header is too large");
            if (auto done = headers_done(have.substr(0, found)); !done) return done;
            // The blank line's CRLF stays: it may be that of a delimiter, and the part is empty.
            pending_.erase(0, have.starts_with("\r\n") ? 0 : found + 2);
            place_ = Place::content;
            first_ = true;
            more = true;
            return {};
        }
        case Place::content: {
            std::size_t from = 0;
            if (first_) {  // still before the content's own CRLF
                if (have.size() < delimiter_.size() && std::string_view(delimiter_).starts_with(have)) return {};
                if (!have.starts_with(delimiter_)) from = 2;
                first_ = false;
                pending_.erase(0, from);
                more = true;
                return {};
            }
            const std::size_t found = have.find(delimiter_);
            std::size_t safe = found;
            if (found == std::string_view::npos) {
                // Keep what may be the beginning of a delimiter.
                safe = have.size() - std::min(have.size(), delimiter_.size() - 1);
                const std::size_t mark = have.find('\r', safe);
                safe = mark == std::string_view::npos ? have.size() : mark;
            }
            if (safe > 0)
                if (auto taken = events_.data(have.substr(0, safe)); !taken) return taken;
            if (found == std::string_view::npos) {
                pending_.erase(0, safe);
                return {};
            }
            pending_.erase(0, found + delimiter_.size());
            place_ = Place::after_boundary;
            more = true;
            return events_.end();
        }
        case Place::epilogue:
            pending_.clear();
            return {};
        case Place::failed:
            break;
    }
    return std::unexpected(error_);
}

Result<void> FormReader::feed(std::string_view bytes) {
    if (place_ == Place::failed) return std::unexpected(error_);
    pending_ += bytes;
    for (bool more = true; more;) {
        auto done = step(more);
        if (done) continue;
        error_ = done.error();
        place_ = Place::failed;
        pending_.clear();
        return done;
    }
    return {};
}

Result<void> FormReader::finish() {
    if (place_ == Place::failed) return std::unexpected(error_);
    if (place_ != Place::epilogue) return broken("breaks off before its closing boundary");
    return {};
}

}  // namespace entente::protocol
