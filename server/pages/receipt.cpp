#include "server/pages/frame.hpp"

namespace entente::pages {

using operations::PageFacts;
using operations::PageStep;
using operations::Step;
using protocol::Language;

namespace {

constexpr std::string_view receipt_path = "/receipt/";

void top(Html& out, const PageFacts& facts, const Place& place, Step step) {
    const Language language = place.language;
    begin(out, filled(words::receipt_title[language], {{"vendor", facts.vendor.name}}), language);
    language_links(out, receipt_path, place);
    say_step(out, step, facts, language);
}

// What holds at this moment is for the page to say; the clock is the link's, which was found before its end.
std::string_view state_word(const protocol::Authorization& z, Language language) {
    switch (z.state) {
        case protocol::AuthorizationState::granted:
            return words::state_granted[language];
        case protocol::AuthorizationState::refused:
            return words::state_refused[language];
        case protocol::AuthorizationState::withdrawn:
            return words::state_withdrawn[language];
        case protocol::AuthorizationState::requested:
            break;
    }
    return words::state_requested[language];
}

std::string partner_name(const PageStep& step, protocol::CompanyId id) {
    for (const protocol::Company& partner : step.facts.partners)
        if (partner.id == id) return partner.name;
    return std::to_string(id.value);
}

void disclosures(Html& out, const PageStep& step, Language language) {
    out.raw("<h2>").text(words::disclosures[language]).raw("</h2>");
    if (step.disclosures.empty()) {
        out.raw("<p>").text(words::no_disclosures[language]).raw("</p>");
        return;
    }
    out.raw("<table><thead><tr><th scope=\"col\">").text(words::disclosed_at[language]).raw("</th><th scope=\"col\">");
    out.text(words::disclosed_to[language])
        .raw("</th><th scope=\"col\">")
        .text(words::disclosed_case[language])
        .raw("</th></tr></thead><tbody>");
    for (const store::Disclosure& one : step.disclosures) {
        out.raw("<tr><td>").text(moment(one.at)).raw("</td><td>").text(partner_name(step, one.company)).raw("</td><td>");
        out.text(one.case_token).raw("</td></tr>");
    }
    out.raw("</tbody></table>");
    if (std::ssize(step.disclosures) == step.disclosures_total) return;
    out.raw("<p>").say(words::not_all_disclosures[language], {{"shown", std::to_string(step.disclosures.size())},
                                                              {"total", std::to_string(step.disclosures_total)},
                                                              {"vendor", step.facts.vendor.name}});
    out.raw("</p>");
}

// Which parts of each case could be read; a list a case, because a table of many fields is no help on a phone.
void shown_fields(Html& out, const PageStep& step, Language language) {
    for (const operations::ShownFields& shown : step.shown) {
        out.raw("<h3>").say(words::shown_fields[language],
                            {{"case", shown.case_token}, {"partner", partner_name(step, shown.company)}});
        out.raw("</h3><ul>");
        const auto item = [&out](std::string_view text) { out.raw("<li>").text(text).raw("</li>"); };
        if (shown.summary) item(words::member_summary[language]);
        if (shown.description) item(words::member_description[language]);
        for (const std::string& label : shown.fields) item(label);
        if (shown.staff_contact) item(filled(words::member_contact[language], {{"vendor", step.facts.vendor.name}}));
        if (shown.notes > 0) item(filled(words::member_notes[language], {{"count", std::to_string(shown.notes)}}));
        out.raw("</ul>");
    }
}

void withdraw_form(Html& out, const PageStep& step, const Place& place) {
    const Language language = place.language;
    out.raw("<h2>").text(words::withdraw_title[language]).raw("</h2><p>");
    out.say(words::withdraw_text[language], {{"partners", names(step.facts.partners)}, {"vendor", step.facts.vendor.name}});
    out.raw("</p><form method=\"post\" action=\"")
        .text(receipt_path)
        .text(place.token)
        .raw("/withdraw?lang=")
        .text(protocol::name(language));
    out.raw("\"><input type=\"hidden\" name=\"ticket\" value=\"").text(step.ticket).raw("\">");
    out.raw("<label class=\"tick\"><input type=\"checkbox\" name=\"sure\" value=\"yes\" required><span>");
    out.text(words::withdraw_check[language]).raw("</span></label><button class=\"grave\">").text(words::withdraw[language]);
    out.raw("</button></form>");
}

}  // namespace

std::string receipt_door(const PageFacts& facts, const Place& place, Step step) {
    const Language language = place.language;
    Html out;
    top(out, facts, place, step);
    out.raw("<p>").say(words::receipt_lead[language], {{"partners", names(facts.partners)}}).raw("</p>");
    code_form(out, receipt_path, place, facts);
    out.raw("<h2>2. ")
        .text(words::see_title[language])
        .raw("</h2><form method=\"post\" action=\"")
        .text(receipt_path)
        .text(place.token);
    out.raw("?lang=").text(protocol::name(language)).raw("\">");
    code_field(out, language);
    out.raw("<p><button>").text(words::show[language]).raw("</button></p></form>");
    end(out, language);
    return out.take();
}

std::string receipt_page(const PageStep& step, const Place& place) {
    const Language language = place.language;
    const PageFacts& facts = step.facts;
    Html out;
    top(out, facts, place, step.step);
    out.raw("<p class=\"said\" role=\"status\"><strong>").text(words::state[language]).raw(":</strong> ");
    out.text(state_word(facts.authorization, language)).raw("</p>");
    if (facts.authorization.state == protocol::AuthorizationState::withdrawn)
        out.raw("<p>").say(words::was_withdrawn[language], {{"partners", names(facts.partners)}}).raw("</p>");
    out.raw("<h2>").text(words::agreed[language]).raw("</h2>");
    facts_list(out, facts, language);
    disclosures(out, step, language);
    shown_fields(out, step, language);
    out.raw("<h2>")
        .text(words::signed_receipt[language])
        .raw("</h2><form method=\"post\" action=\"")
        .text(receipt_path)
        .text(place.token);
    out.raw("/record\"><input type=\"hidden\" name=\"ticket\" value=\"").text(step.ticket).raw("\"><button class=\"second\">");
    out.text(words::download[language]).raw("</button></form>");
    if (facts.authorization.state == protocol::AuthorizationState::granted) withdraw_form(out, step, place);
    end(out, language);
    return out.take();
}

}  // namespace entente::pages
