#include "protocol/automation.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

std::string_view name(EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::contract:
            return "contract";
        case EvidenceKind::product:
            return "product";
        case EvidenceKind::existing_case:
            return "existing_case";
        case EvidenceKind::serial_number:
            break;
    }
    return "serial_number";
}

std::optional<EvidenceKind> parse_evidence_kind(std::string_view text) {
    for (const auto kind :
         {EvidenceKind::serial_number, EvidenceKind::contract, EvidenceKind::product, EvidenceKind::existing_case})
        if (same_letters(name(kind), text)) return kind;
    return std::nullopt;
}

}  // namespace entente::protocol
