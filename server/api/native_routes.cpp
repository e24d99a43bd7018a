// The own API is the tables of its nouns, one after the other.

#include <vector>

#include "server/api/native_tables.hpp"

namespace entente::api {

std::span<const Route> native_routes() {
    static const std::vector<Route> all = [] {
        std::vector<Route> joined;
        for (const auto table : {
                 native_session_routes(),   native_directory_routes(), native_automation_routes(),  native_people_routes(),
                 native_trust_routes(),     native_agreement_routes(), native_case_routes(),        native_conversation_routes(),
                 native_gate_routes(),      native_link_routes(),      native_idempotency_routes(), native_sharing_routes(),
                 native_life_routes(),      native_audit_routes(),     customer_page_routes(),      native_webhook_routes(),
                 native_event_routes(),     native_mail_routes(),      native_attachment_routes(),  native_evidence_routes(),
                 native_proof_routes(),     native_export_routes(),    native_reconcile_routes(),   native_erasure_routes(),
                 native_key_routes(),       native_subject_routes(),   native_reader_routes(),      native_scrub_routes(),
                 native_rehearsal_routes(),
             })
            joined.insert(joined.end(), table.begin(), table.end());
        return joined;
    }();
    return all;
}

}  // namespace entente::api
