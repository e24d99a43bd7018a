#pragma once
// The tables of the own API by noun; native_routes() is all of them. A new file of handlers adds its table here and there.

#include <span>

#include "server/api/route.hpp"

namespace entente::api {

std::span<const Route> native_session_routes();
std::span<const Route> native_directory_routes();
std::span<const Route> native_automation_routes();
std::span<const Route> native_people_routes();
std::span<const Route> native_trust_routes();
std::span<const Route> native_agreement_routes();
std::span<const Route> native_case_routes();
std::span<const Route> native_conversation_routes();
std::span<const Route> native_gate_routes();
std::span<const Route> native_link_routes();
std::span<const Route> native_idempotency_routes();
std::span<const Route> native_sharing_routes();
std::span<const Route> native_rehearsal_routes();
std::span<const Route> native_life_routes();
std::span<const Route> native_audit_routes();
std::span<const Route> native_evidence_routes();
std::span<const Route> native_proof_routes();
std::span<const Route> native_export_routes();
std::span<const Route> native_reconcile_routes();
std::span<const Route> customer_page_routes();  // HTML, for customers
std::span<const Route> native_webhook_routes();
std::span<const Route> native_event_routes();
std::span<const Route> native_mail_routes();
std::span<const Route> native_attachment_routes();
std::span<const Route> native_erasure_routes();
std::span<const Route> native_key_routes();
std::span<const Route> native_subject_routes();
std::span<const Route> native_reader_routes();
std::span<const Route> native_scrub_routes();

}  // namespace entente::api
