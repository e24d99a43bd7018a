#include "server/audit/format/told_rows.hpp"

#include <algorithm>
#include <vector>

#include "certs/digest.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/decimal.hpp"

namespace entente::audit {

using protocol::CanonicalValue;
using protocol::Hash;

namespace {

constexpr std::string_view first_line_of_rows = "entente-rows 1";

const CanonicalValue* inside(const CanonicalValue* value, std::string_view member) {
    return value == nullptr ? nullptr : value->find(member);
}

std::unexpected<protocol::Error> malformed_rows(std::size_t line, std::string_view what) {
    return protocol::fail(protocol::ErrorKind::malformed, "rows_malformed",
                          "line " + std::to_string(line) + ": " + std::string(what));
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const auto blank = line.find(' ');
        words.push_back(line.substr(0, blank));
        if (blank == std::string_view::npos) return words;
        line.remove_prefix(blank + 1);
    }
}

std::optional<std::int64_t> number(std::string_view text) {
    const auto value = plain_decimal(text);
    if (!value || *value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

}  // namespace

std::optional<std::map<RowName, Hash>> told_rows(std::string_view core) {
    const auto parsed = protocol::parse_canonical(core);
    const auto* rows = parsed ? inside(inside(inside(&*parsed, "unmapped"), "decision"), "rows") : nullptr;
    if (rows == nullptr || rows->array() == nullptr) return std::nullopt;
    std::map<RowName, Hash> told;
    for (const CanonicalValue& row : *rows->array()) {
        const auto* kind = row.find("kind");
        const auto* id = row.find("id");
        const auto* digest = row.find("digest");
        if (kind == nullptr || id == nullptr || digest == nullptr || kind->text() == nullptr || id->integer() == nullptr ||
            digest->text() == nullptr)
            return std::nullopt;
        const auto bytes = protocol::from_hex(*digest->text());
        Hash hash{};
        if (!bytes || bytes->size() != hash.size()) return std::nullopt;
        std::ranges::copy(*bytes, hash.begin());
        told[{*kind->text(), *id->integer()}] = hash;
    }
    return told;
}

bool tells_rows(std::string_view core) {
    const auto parsed = protocol::parse_canonical(core);
    const auto* operation = parsed ? inside(inside(&*parsed, "api"), "operation") : nullptr;
    return operation != nullptr && operation->text() != nullptr && *operation->text() == rows_operation;
}

Hash row_digest(std::string_view kind, std::string_view row) {
    std::string text = "gw-audit/v1/row/";
    text += kind;
    text.push_back('\0');
    text += row;
    return certs::sha256(protocol::as_bytes(text));
}

std::string format_rows(const RowList& list) {
    std::string out(first_line_of_rows);
    out.append("\norigin ").append(list.origin).append("\nsize ").append(std::to_string(list.size)).append("\n");
    for (const auto& [name, row] : list.rows) {
        out.append("row ").append(name.kind).append(" ").append(std::to_string(name.id)).append(" ");
        out.append(std::to_string(row.index)).append(" ").append(protocol::base64(protocol::as_bytes(row.row))).append("\n");
    }
    return out.append("end ").append(std::to_string(list.rows.size())).append("\n");
}

protocol::Result<RowList> parse_rows(std::string_view text) {
    RowList list;
    std::size_t at = 0;
    const auto next = [&]() -> std::vector<std::string_view> {
        ++at;
        const auto line = protocol::cut_line(text);
        return line ? words_of(*line) : std::vector<std::string_view>{};
    };
    const auto head = protocol::cut_line(text);
    ++at;
    if (!head || *head != first_line_of_rows) return malformed_rows(1, "a listing of rows begins with entente-rows 1");
    const auto origin = next();
    if (origin.size() != 2 || origin[0] != "origin") return malformed_rows(at, "origin and the name of the log");
    list.origin = origin[1];
    const auto size = next();
    const auto entries = size.size() == 2 && size[0] == "size" ? plain_decimal(size[1]) : std::nullopt;
    if (!entries) return malformed_rows(at, "size and the entries of the log");
    list.size = *entries;
    for (;;) {
        const auto words = next();
        if (words.size() == 2 && words[0] == "end") {
            if (words[1] != std::to_string(list.rows.size()) || !text.empty()) return malformed_rows(at, "another number of rows");
            return list;
        }
        if (words.size() != 5 || words[0] != "row")
            return malformed_rows(at, "row, kind, id, index and the row itself, or the end");
        const auto id = number(words[2]);
        const auto index = number(words[3]);
        const auto row = protocol::from_base64(words[4]);
        if (words[1].empty() || !id || !index || !row) return malformed_rows(at, "an id, an index and base64 are expected");
        const bool fresh =
            list.rows.emplace(RowName{std::string(words[1]), *id}, ListedRow{*index, std::string(protocol::as_text(*row))}).second;
        if (!fresh) return malformed_rows(at, "a row is listed twice");
    }
}

}  // namespace entente::audit
