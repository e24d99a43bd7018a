#pragma once
// What every page has around it. Private to server/pages.

#include "server/pages/html.hpp"
#include "server/pages/page.hpp"
#include "server/pages/words.hpp"

namespace entente::pages {

void begin(Html& out, std::string_view title, protocol::Language language);
void end(Html& out, protocol::Language language);
// Links to the same page in the other languages.
void language_links(Html& out, std::string_view path, const Place& place);
// What the last step came to; nothing for done.
void say_step(Html& out, operations::Step step, const operations::PageFacts& facts, protocol::Language language);
// The button that has a code mailed.
void code_form(Html& out, std::string_view path, const Place& place, const operations::PageFacts& facts);
void code_field(Html& out, protocol::Language language);

std::string names(const std::vector<protocol::Company>& companies);
std::string masked(std::string_view address);   // m***@harbourline.example
std::string moment(protocol::Instant instant);  // 2026-12-27 12:00 UTC
std::string day(protocol::Instant instant);     // 2026-12-27
// What was asked or agreed, as a description list.
void facts_list(Html& out, const operations::PageFacts& facts, protocol::Language language);

}  // namespace entente::pages
