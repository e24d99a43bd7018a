#pragma once
// The customer's pages as whole HTML documents: what a link shows, and what follows a step. Server-rendered, without scripts,
// readable on a phone; one column, real form elements, a heading for everything, errors said where a screen reader hears them.

#include <string>
#include <string_view>

#include "protocol/language.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/feedback.hpp"

namespace entente::pages {

// Where a form points and what it says. `token` stays in the path: it is the one secret allowed there.
struct Place {
    std::string_view token;
    protocol::Language language = protocol::Language::english;
};

// The page that asks. `step` says what the last step came to, or done for a first look; a decided link shows only its state.
std::string ask_page(const operations::PageFacts& facts, const Place& place, operations::Step step);
// After a decision, with the receipt's address.
std::string decided_page(const operations::PageStep& step, const Place& place);
// Before the code, after a wrong one, and after the ticket ended.
std::string receipt_door(const operations::PageFacts& facts, const Place& place, operations::Step step);
// After a right code: what is agreed, what was shown, withdrawal, download.
std::string receipt_page(const operations::PageStep& step, const Place& place);
// One question after a case, and the thanks.
std::string feedback_page(const operations::FeedbackVisit& visit, const Place& place);
// An unknown or ended link.
std::string no_link_page(protocol::Language language);

// The Content-Security-Policy of every page: nothing but its own style sheet, by digest, and forms to its own origin.
const std::string& content_security_policy();

}  // namespace entente::pages
