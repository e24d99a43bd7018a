// Age files and keys come from people outside. Nothing that was not sealed for us opens, and no input may do more than be refused.

#include <cstddef>
#include <cstdint>

#include "certs/age.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace entente;
    const protocol::Bytes bytes(data, size);
    static const auto identity = certs::AgeIdentity::generate();
    ENTENTE_ASSERT(!certs::age_open(identity, bytes));
    const std::string_view text = protocol::as_text(bytes);
    if (const auto recipient = certs::parse_age_recipient(text)) ENTENTE_ASSERT(certs::format_age_recipient(*recipient) == text);
    return 0;
}
