// Notes, checkpoints, verifier keys and receipts come from partners and witnesses. What parses must print as it was written.

#include <cstddef>
#include <cstdint>

#include "protocol/result.hpp"
#include "server/audit/format/note.hpp"
#include "server/audit/format/proof.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace entente;
    const std::string_view text = protocol::as_text({data, size});
    if (const auto note = audit::parse_note(text)) {
        ENTENTE_ASSERT(audit::format_note(*note) == text);
        if (const auto checkpoint = audit::parse_checkpoint(note->text))
            ENTENTE_ASSERT(audit::checkpoint_text(*checkpoint) == note->text);
        const audit::VerifierKey nobody{"example.com/foo", audit::KeyType::ed25519, protocol::Blob(32, 1)};
        ENTENTE_ASSERT(!audit::verify_note(*note, {&nobody, 1}));
    }
    if (const auto checkpoint = audit::parse_checkpoint(text)) ENTENTE_ASSERT(audit::checkpoint_text(*checkpoint) == text);
    if (const auto key = audit::parse_vkey(text)) ENTENTE_ASSERT(audit::format_vkey(*key) == text);
    if (const auto receipt = audit::parse_receipt(text)) {
        ENTENTE_ASSERT(audit::format_receipt(*receipt) == text);
        ENTENTE_ASSERT(!audit::verify_receipt(*receipt, {}));
    }
    return 0;
}
