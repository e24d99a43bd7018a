#pragma once
// Readers and writers that several nouns of the own API share, and the lengths they allow. The same numbers stand in
// protocol/openapi; a test compares them. Private to server/api/native_json_*.cpp.

#include "protocol/reader.hpp"
#include "server/api/native_json.hpp"

namespace entente::api::native {

using protocol::id_max;
using protocol::Need;
using protocol::Reader;

constexpr std::size_t name_chars = 191;
constexpr std::size_t text_chars = 5'000;
constexpr std::size_t html_chars = 20'000;
constexpr std::int64_t month_minutes = 60 * 24 * 31;

// Reads a JSON body with `read`; every violation at once.
template <class T, class Read>
Result<T> decode(std::string_view body, Read read) {
    const auto json = protocol::parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    T value = read(in);
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return value;
}

protocol::CompanyId read_company_id(Reader& in);  // 0: the caller's own
bool domain_shaped(std::string_view domain);      // at least one dot, letters, digits and hyphens
std::string read_domain(Reader& in, std::string_view name);
std::string read_mail(Reader& in, std::string_view name, Need need = Need::filled);
protocol::DataClasses read_classes(Reader& in);
std::string read_digest(Reader& in, std::string_view name, Need need);  // SHA-256, 64 lower-case hexadecimal digits
std::string read_purpose(Reader& in);
std::vector<protocol::CompanyId> read_companies(Reader& in, std::string_view name);

void write_classes(JsonWriter& out, protocol::DataClasses classes);
void write_ids(JsonWriter& out, std::string_view key, const std::vector<protocol::CompanyId>& ids);

}  // namespace entente::api::native
