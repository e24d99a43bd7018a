// Names and mail addresses from forms: normalising twice changes nothing, words lie in the text in order.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/customer.hpp"
#include "policy/words.hpp"
#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

using namespace entente;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string name = policy::normalise_name(text);
    ENTENTE_ASSERT(protocol::valid_utf8(name));
    ENTENTE_ASSERT(policy::normalise_name(name) == name);
    std::size_t at = 0;
    for (const policy::Word& word : policy::words_of(text)) {
        ENTENTE_ASSERT(word.begin >= at && word.end > word.begin && word.end <= text.size() && !word.folded.empty());
        at = word.begin;
    }
    for (const std::string& domain : policy::mail_domains(text)) ENTENTE_ASSERT(policy::domain_within(domain, domain));
    const protocol::Customer customers[]{{.id = {1}, .name = text.substr(0, size / 2)}, {.id = {2}, .name = text.substr(size / 2)}};
    const auto finding =
        policy::find_customer(customers, {.names = {text}, .mails = {text}, .texts = {text}}, "vendor.example", "partner.example");
    ENTENTE_ASSERT((finding.kind == policy::CustomerFinding::Kind::one) == static_cast<bool>(finding.customer));
    return 0;
}
