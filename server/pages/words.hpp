#pragma once
// Every sentence of the customer's page, in English, German and Japanese. Plain words for somebody who sees this once: no terms of
// ours, no "please note", one thought a sentence.

#include "protocol/classes.hpp"
#include "protocol/language.hpp"

namespace entente::pages::words {

using protocol::Said;

// --- asking ---
extern const Said ask_title, ask_lead, oral_lead, who_asks, for_customer, who_receives, what_for, support_purpose, other_purpose,
    kinds, only_products, only_cases, conditions, never_leaves, never_leaves_text, how_long, how_long_text, if_yes, if_yes_text,
    if_no, if_no_text;
extern const Said step_code, code_why, send_code, code_on_its_way, step_decide, narrow_hint, may_receive, may_see, allow_until,
    at_the_latest, code_label, code_hint, allow, refuse;

// --- answers to a step ---
extern const Said code_wrong, code_too_many, ticket_ended, incomplete, too_late, not_valid_title, not_valid;

// --- decided, receipt ---
extern const Said decided_title, was_allowed, was_narrowed, was_refused, was_withdrawn, was_ended, receipt_mailed, keep_address,
    open_receipt;
extern const Said receipt_title, receipt_lead, see_title, agreed, state, disclosures, no_disclosures, not_all_disclosures,
    disclosed_at, disclosed_to, disclosed_case, download, signed_receipt, withdraw_title, withdraw_text, withdraw_check, withdraw,
    show;
extern const Said state_requested, state_granted, state_refused, state_withdrawn, state_ended;
extern const Said shown_fields, member_summary, member_description, member_contact, member_notes;

// --- how it went ---
extern const Said feedback_title, feedback_lead, feedback_question, feedback_who_sees, feedback_send, feedback_thanks,
    feedback_may_change, feedback_incomplete, feedback_over;
extern const Said score_1, score_2, score_3, score_4, score_5;

extern const Said languages, footer;

// What a kind of information means to somebody who does not know our classes.
const Said& kind(protocol::DataClass data_class);
const Said& kind_example(protocol::DataClass data_class);

}  // namespace entente::pages::words
