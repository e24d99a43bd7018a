// Texts of other companies: a scan never crashes, its findings are in order and cut no character, and the masked text has none.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/detectors.hpp"
#include "policy/minimisation.hpp"
#include "protocol/encoding.hpp"
#include "protocol/markup.hpp"
#include "protocol/result.hpp"

using namespace entente;

namespace {

const policy::Detectors& detectors() {
    static const policy::Detectors built;
    return built;
}

bool cuts_character(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

void in_order(std::string_view text, const policy::Scan& scan, bool utf8) {
    std::size_t at = 0;
    for (const policy::Finding& one : scan.findings) {
        ENTENTE_ASSERT(one.begin >= at && one.end > one.begin && one.end <= text.size());
        ENTENTE_ASSERT(one.classes.has(one.data_class));
        ENTENTE_ASSERT(!utf8 || (!cuts_character(text, one.begin) && !cuts_character(text, one.end)));
        at = one.end;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const bool utf8 = protocol::valid_utf8(text);
    const policy::KnownName names[]{{"Nordwind Logistics", protocol::DataClass::customer_identity},
                                    {"Anna Berg", protocol::DataClass::personal_contact}};
    const policy::Scan scan = detectors().scan(text, names);
    in_order(text, scan, utf8);
    ENTENTE_ASSERT(detectors().scan(text, names) == scan);

    policy::Pseudonyms pseudonyms;
    const std::string masked = policy::mask(text, scan, {}, pseudonyms).text;
    ENTENTE_ASSERT(detectors().scan(masked, names).findings.empty());
    ENTENTE_ASSERT(!utf8 || protocol::valid_utf8(masked));
    const auto stored = policy::Pseudonyms::from_json(pseudonyms.to_json());
    ENTENTE_ASSERT(stored && *stored == pseudonyms);

    if (!utf8) return 0;  // markup comes through decoders that let nothing else pass
    const std::string visible = protocol::visible_text(text);
    policy::Pseudonyms others;
    const std::string html = policy::mask_html(text, detectors().scan(visible, names), {}, others).text;
    ENTENTE_ASSERT(protocol::sanitise_html(html) == html);
    return 0;
}
