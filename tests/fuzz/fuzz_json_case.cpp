// Bodies of the calls that open, change and answer a case. Whatever is accepted obeys the limits; whatever is refused says why
// without repeating the body.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/connect/decode.hpp"
#include "protocol/connect/errors.hpp"
#include "protocol/encoding.hpp"
#include "protocol/reader.hpp"

using namespace entente::protocol;

namespace {

template <class T>
void well_said(const Result<T>& result) {
    if (result) return;
    const Error& error = result.error();
    ENTENTE_ASSERT(error.kind == ErrorKind::malformed || error.kind == ErrorKind::invalid);
    ENTENTE_ASSERT(!error.message.empty() && valid_utf8(error.message));
    ENTENTE_ASSERT(error.kind == ErrorKind::malformed || !error.violations.empty());
    for (const auto mode : {connect::ErrorMode::legacy, connect::ErrorMode::problem})
        ENTENTE_ASSERT(parse_json(connect::render_error(error, mode, "/v1/collaboration-requests", "r").body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto made = connect::decode_new_case(body);
    well_said(made);
    if (made) {
        ENTENTE_ASSERT(made->form.value > 0 && made->form.value <= id_max);
        ENTENTE_ASSERT(!made->internal_case_number.empty() && !made->summary.empty());
        ENTENTE_ASSERT(utf8_length(made->description) <= connect::limit::description && valid_utf8(made->description));
        ENTENTE_ASSERT(made->fields.size() <= connect::limit::field_count && plain_text(made->description));
    }
    well_said(connect::decode_case_change(body));
    well_said(connect::decode_approval(body));
    well_said(connect::decode_rejection(body));
    well_said(connect::decode_information_request(body));
    well_said(connect::decode_information_response(body));
    well_said(connect::decode_closure(body));
    well_said(connect::decode_login(body));
    return 0;
}
