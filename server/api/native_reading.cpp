#include "server/api/native_reading.hpp"

namespace entente::api::native {

bool domain_shaped(std::string_view domain) {
    if (domain.size() < 3 || domain.size() > 253 || domain.find('.') == std::string_view::npos) return false;
    for (const char c : domain)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
    return domain.front() != '.' && domain.back() != '.';
}

namespace {

bool mail_shaped(std::string_view mail) {
    const std::size_t at = mail.find('@');
    return at != std::string_view::npos && at > 0 && mail.find('@', at + 1) == std::string_view::npos &&
           domain_shaped(mail.substr(at + 1));
}

protocol::DataClasses to_set(const std::vector<protocol::DataClass>& classes) {
    protocol::DataClasses set;
    for (const auto c : classes) set.add(c);
    return set;
}

bool digest_shaped(std::string_view digest) {
    if (digest.size() != 64) return false;
    for (const char c : digest)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    return true;
}

}  // namespace

protocol::CompanyId read_company_id(Reader& in) {
    return {in.integer("company", 1, id_max, Need::optional).value_or(0)};
}

std::string read_domain(Reader& in, std::string_view name) {
    std::string domain = in.text(name, 253);
    if (!domain.empty() && !domain_shaped(domain)) in.violate(name, "not_allowed", "must be a domain such as example.com");
    return domain;
}

std::string read_mail(Reader& in, std::string_view name, Need need) {
    std::string mail = in.text(name, name_chars, need);
    if (!mail.empty() && !mail_shaped(mail)) in.violate(name, "not_allowed", "must be a mail address");
    return mail;
}

protocol::DataClasses read_classes(Reader& in) {
    const auto set = to_set(
        in.choices("dataClasses", protocol::parse_data_class,
                   "case_facts, technical, product, diagnostics, customer_identity, personal_contact, contractual", Need::filled));
    if (set.has(protocol::DataClass::secret)) in.violate("dataClasses", "not_allowed", "secrets can never be shared");
    return set;
}

std::string read_digest(Reader& in, std::string_view name, Need need) {
    std::string digest = in.text(name, 64, need);
    if (!digest.empty() && !digest_shaped(digest))
        in.violate(name, "not_allowed", "must be a SHA-256 digest as 64 lower-case hexadecimal digits");
    return digest;
}

std::string read_purpose(Reader& in) {
    std::string purpose = in.text("purpose", 64, Need::optional);
    if (purpose.empty()) purpose = "support";
    for (const char c : purpose)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            in.violate("purpose", "not_allowed", "must be a code of a-z, 0-9, _ and -");
            break;
        }
    return purpose;
}

std::vector<protocol::CompanyId> read_companies(Reader& in, std::string_view name) {
    std::vector<protocol::CompanyId> companies;
    for (const std::int64_t id : in.integers(name, 100, 1, id_max, Need::filled)) companies.push_back({id});
    return companies;
}

void write_classes(JsonWriter& out, protocol::DataClasses classes) {
    out.key("dataClasses").array();
    for (int c = 0; c < protocol::data_class_count; ++c)
        if (classes.has(static_cast<protocol::DataClass>(c))) out.value(name(static_cast<protocol::DataClass>(c)));
    out.end();
}

void write_ids(JsonWriter& out, std::string_view key, const std::vector<protocol::CompanyId>& ids) {
    out.key(key).array();
    for (const auto id : ids) out.value(id.value);
    out.end();
}

}  // namespace entente::api::native
