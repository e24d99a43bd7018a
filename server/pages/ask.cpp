#include "server/pages/frame.hpp"

namespace entente::pages {

using operations::PageFacts;
using operations::PageStep;
using operations::Step;
using protocol::DataClass;
using protocol::Language;

namespace {

constexpr std::string_view ask_path = "/authorize/";

const protocol::Said& state_sentence(const protocol::Authorization& z) {
    switch (z.state) {
        case protocol::AuthorizationState::refused:
            return words::was_refused;
        case protocol::AuthorizationState::withdrawn:
            return words::was_withdrawn;
        default:
            return words::was_allowed;
    }
}

void say_state(Html& out, const PageFacts& facts, Language language) {
    out.raw("<p class=\"said\" role=\"status\">");
    out.say(state_sentence(facts.authorization)[language],
            {{"partners", names(facts.partners)}, {"until", moment(facts.authorization.until)}})
        .raw("</p>");
}

void tick(Html& out, std::string_view name, std::string_view value, std::string_view label, std::string_view more) {
    out.raw("<label class=\"tick\"><input type=\"checkbox\" checked name=\"").text(name).raw("\" value=\"").text(value);
    out.raw("\"><span>").text(label);
    if (!more.empty()) out.raw("<br><small>").text(more).raw("</small>");
    out.raw("</span></label>");
}

void decision_form(Html& out, const PageFacts& facts, const Place& place) {
    const Language language = place.language;
    const protocol::Authorization& z = facts.authorization;
    const std::string last = day(z.emergency ? z.asked_until : z.until);
    out.raw("<h2>").text(words::step_decide[language]).raw("</h2><p>").text(words::narrow_hint[language]).raw("</p>");
    out.raw("<form method=\"post\" action=\"")
        .text(ask_path)
        .text(place.token)
        .raw("?lang=")
        .text(protocol::name(language))
        .raw("\">");
    out.raw("<fieldset><legend>").text(words::may_receive[language]).raw("</legend>");
    for (const protocol::Company& partner : facts.partners)
        tick(out, "partner", std::to_string(partner.id.value), partner.name, partner.domain);
    out.raw("</fieldset><fieldset><legend>").text(words::may_see[language]).raw("</legend>");
    for (int c = 0; c < protocol::data_class_count; ++c) {
        const auto data_class = static_cast<DataClass>(c);
        if (z.classes.has(data_class))
            tick(out, "class", protocol::name(data_class), words::kind(data_class)[language],
                 words::kind_example(data_class)[language]);
    }
    out.raw("</fieldset><label class=\"above\" for=\"until\">").text(words::allow_until[language]).raw("</label>");
    out.raw("<input type=\"date\" id=\"until\" name=\"until\" max=\"").text(last).raw("\" value=\"").text(last);
    out.raw("\" aria-describedby=\"until-hint\"><br><span class=\"hint\" id=\"until-hint\">");
    out.say(words::at_the_latest[language], {{"date", last}}).raw("</span>");
    code_field(out, language);
    out.raw("<p><button name=\"decision\" value=\"approve\">").text(words::allow[language]);
    out.raw("</button><button class=\"second\" name=\"decision\" value=\"refuse\">").text(words::refuse[language]);
    out.raw("</button></p></form>");
}

}  // namespace

std::string ask_page(const PageFacts& facts, const Place& place, Step step) {
    const Language language = place.language;
    const std::string partners = names(facts.partners);
    Html out;
    begin(out, filled(words::ask_title[language], {{"vendor", facts.vendor.name}, {"partners", partners}}), language);
    language_links(out, ask_path, place);
    say_step(out, step, facts, language);
    if (!facts.decidable) {
        if (step != Step::too_late) say_state(out, facts, language);
        end(out, language);
        return out.take();
    }
    const bool oral = facts.authorization.emergency;
    out.raw("<p>").say((oral ? words::oral_lead : words::ask_lead)[language], {{"vendor", facts.vendor.name},
                                                                               {"partners", partners},
                                                                               {"customer", facts.customer},
                                                                               {"until", moment(facts.authorization.until)}});
    out.raw("</p>");
    facts_list(out, facts, language);
    out.raw("<h2>").text(words::if_yes[language]).raw("</h2><p>");
    out.say(words::if_yes_text[language], {{"partners", partners}}).raw("</p><h2>").text(words::if_no[language]).raw("</h2><p>");
    out.say(words::if_no_text[language], {{"partners", partners}, {"vendor", facts.vendor.name}}).raw("</p>");
    code_form(out, ask_path, place, facts);
    decision_form(out, facts, place);
    end(out, language);
    return out.take();
}

std::string decided_page(const PageStep& step, const Place& place) {
    const Language language = place.language;
    const PageFacts& facts = step.facts;
    Html out;
    begin(out, words::decided_title[language], language);
    say_state(out, facts, language);
    out.raw("<p>").say(words::receipt_mailed[language], {{"address", masked(facts.link.address)}}).raw(" ");
    out.text(words::keep_address[language]).raw("</p><p><a href=\"/receipt/").text(step.receipt_token).raw("?lang=");
    out.text(protocol::name(language)).raw("\">").text(words::open_receipt[language]).raw("</a></p>");
    if (facts.authorization.state == protocol::AuthorizationState::granted) {
        out.raw("<h2>").text(words::agreed[language]).raw("</h2>");
        facts_list(out, facts, language);
    }
    out.raw("<h2>").text(words::signed_receipt[language]).raw("</h2><textarea readonly rows=\"6\" aria-label=\"");
    out.text(words::signed_receipt[language]).raw("\">").text(step.record).raw("</textarea>");
    end(out, language);
    return out.take();
}

std::string no_link_page(Language language) {
    Html out;
    begin(out, words::not_valid_title[language], language);
    out.raw("<p>").text(words::not_valid[language]).raw("</p>");
    end(out, language);
    return out.take();
}

}  // namespace entente::pages
