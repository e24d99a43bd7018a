#include "server/pages/frame.hpp"

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"

namespace entente::pages {

using operations::PageFacts;
using operations::Step;
using protocol::DataClass;
using protocol::Instant;
using protocol::Language;

namespace {

// One place for the text, so that its digest in the policy cannot differ.
#define ENTENTE_PAGE_STYLE                                                                                                         \
    "html{color-scheme:light}"                                                                                                     \
    "body{margin:0 auto;max-width:42rem;padding:1rem;font:1.0625rem/1.5 system-ui,sans-serif;color:#1b1b1f;background:#fff;"       \
    "overflow-wrap:anywhere}"                                                                                                      \
    "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2rem}"                                                    \
    "dl{margin:0}dt{font-weight:600;margin-top:.9rem}dd{margin:0}ul{margin:.2rem 0;padding-left:1.2rem}"                           \
    "small,.hint{color:#4a4a55}"                                                                                                   \
    "fieldset{border:1px solid #767680;border-radius:.4rem;margin:1rem 0;padding:.6rem .9rem}legend{font-weight:600}"              \
    ".tick{display:flex;gap:.7rem;align-items:flex-start;min-height:2.75rem;padding:.3rem 0}"                                      \
    ".tick input{width:1.5rem;height:1.5rem;flex:none;margin:0}"                                                                   \
    "label.above{display:block;font-weight:600;margin-top:1rem}"                                                                   \
    "input[type=text],input[type=date]{font:inherit;width:100%;max-width:16rem;box-sizing:border-box;padding:.6rem;"               \
    "border:1px solid #767680;border-radius:.4rem}"                                                                                \
    "button{font:inherit;min-height:2.9rem;padding:.6rem 1.2rem;border-radius:.4rem;border:2px solid #0b4f8a;background:#0b4f8a;"  \
    "color:#fff;margin:.5rem .5rem .5rem 0}button.second{background:#fff;color:#0b4f8a}button.grave{background:#9b1c1c;"           \
    "border-color:#9b1c1c;color:#fff}"                                                                                             \
    ":focus-visible{outline:3px solid #b35900;outline-offset:2px}"                                                                 \
    ".said{border-left:.4rem solid #0b4f8a;background:#eef4fa;padding:.7rem "                                                      \
    "1rem}.said.wrong{border-color:#9b1c1c;background:#fdf0f0}"                                                                    \
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .5rem .4rem 0;border-bottom:1px solid #c9c9d2;" \
    "vertical-align:top}nav a{margin-right:.8rem}a{color:#0b4f8a}textarea{width:100%;box-sizing:border-box;font:.8rem/1.4 "        \
    "ui-monospace,monospace}footer{margin-top:2.5rem;border-top:1px solid #c9c9d2}"

bool wrong(Step step) {
    return step != Step::done && step != Step::code_sent;
}

const protocol::Said* said(Step step) {
    switch (step) {
        case Step::code_sent:
            return &words::code_on_its_way;
        case Step::code_wrong:
            return &words::code_wrong;
        case Step::code_too_many:
            return &words::code_too_many;
        case Step::ticket_ended:
            return &words::ticket_ended;
        case Step::incomplete:
            return &words::incomplete;
        case Step::too_late:
            return &words::too_late;
        case Step::done:
            break;
    }
    return nullptr;
}

void fact(Html& out, std::string_view label, std::string_view value) {
    out.raw("<dt>").text(label).raw("</dt><dd>").text(value).raw("</dd>");
}

void list(Html& out, std::string_view label, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out.raw("<dt>").text(label).raw("</dt><dd><ul>");
    for (const std::string& value : values) out.raw("<li>").text(value).raw("</li>");
    out.raw("</ul></dd>");
}

}  // namespace

const std::string& content_security_policy() {
    static const std::string policy = "default-src 'none'; style-src 'sha256-" +
                                      protocol::base64(certs::sha256(protocol::as_bytes(ENTENTE_PAGE_STYLE))) +
                                      "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    return policy;
}

void begin(Html& out, std::string_view title, Language language) {
    out.raw("<!DOCTYPE html>\n<html lang=\"")
        .text(protocol::name(language))
        .raw("\"><head><meta charset=\"utf-8\"><title>")
        .text(title);
    out.raw(
        "</title><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"robots\" content=\"noindex\"><meta name=\"referrer\" content=\"no-referrer\">"
        "<style>" ENTENTE_PAGE_STYLE "</style></head><body><main><h1>");
    out.text(title).raw("</h1>");
}

void end(Html& out, Language language) {
    out.raw("</main><footer><p><small>").text(words::footer[language]).raw("</small></p></footer></body></html>\n");
}

void language_links(Html& out, std::string_view path, const Place& place) {
    static constexpr std::string_view own_names[] = {"English", "Deutsch", "日本語"};
    out.raw("<nav aria-label=\"").text(words::languages[place.language]).raw("\">");
    for (const Language language : protocol::languages) {
        if (language == place.language) continue;
        out.raw("<a href=\"").text(path).text(place.token).raw("?lang=").text(protocol::name(language)).raw("\" lang=\"");
        out.text(protocol::name(language)).raw("\" hreflang=\"").text(protocol::name(language)).raw("\">");
        out.text(own_names[static_cast<std::size_t>(language)]).raw("</a>");
    }
    out.raw("</nav>");
}

void say_step(Html& out, Step step, const PageFacts& facts, Language language) {
    const protocol::Said* sentence = said(step);
    if (sentence == nullptr) return;
    out.raw(wrong(step) ? Markup("<p class=\"said wrong\" role=\"alert\">") : Markup("<p class=\"said\" role=\"status\">"));
    out.say((*sentence)[language], {{"address", masked(facts.link.address)}, {"vendor", facts.vendor.name}}).raw("</p>");
}

void code_form(Html& out, std::string_view path, const Place& place, const PageFacts& facts) {
    out.raw("<h2>").text(words::step_code[place.language]).raw("</h2><p>");
    out.say(words::code_why[place.language], {{"address", masked(facts.link.address)}}).raw("</p><form method=\"post\" action=\"");
    out.text(path).text(place.token).raw("/code?lang=").text(protocol::name(place.language)).raw("\"><button class=\"second\">");
    out.text(words::send_code[place.language]).raw("</button></form>");
}

void code_field(Html& out, Language language) {
    out.raw("<label class=\"above\" for=\"code\">").text(words::code_label[language]).raw("</label>");
    out.raw(
        "<input type=\"text\" id=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"12\""
        " required aria-describedby=\"code-hint\"><br><span class=\"hint\" id=\"code-hint\">");
    out.text(words::code_hint[language]).raw("</span>");
}

std::string names(const std::vector<protocol::Company>& companies) {
    std::string text;
    for (const protocol::Company& company : companies) text += (text.empty() ? "" : ", ") + company.name;
    return text;
}

std::string masked(std::string_view address) {
    const std::size_t at = std::min(address.find('@'), address.size());
    return std::string(address.substr(0, std::min<std::size_t>(1, at))) + "***" + std::string(address.substr(at));
}

std::string day(Instant instant) {
    return to_rfc3339(instant).substr(0, 10);
}
std::string moment(Instant instant) {
    const std::string text = to_rfc3339(instant);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

void facts_list(Html& out, const PageFacts& facts, Language language) {
    const protocol::Authorization& z = facts.authorization;
    const std::string until = moment(z.emergency ? z.asked_until : z.until);
    out.raw("<dl>");
    fact(out, words::who_asks[language], facts.vendor.name + " (" + facts.vendor.domain + ")");
    fact(out, words::for_customer[language], facts.customer);
    std::vector<std::string> partners;
    partners.reserve(facts.partners.size());
    for (const protocol::Company& partner : facts.partners) partners.push_back(partner.name + " (" + partner.domain + ")");
    list(out, words::who_receives[language], partners);
    fact(out, words::what_for[language],
         z.purpose == "support" ? std::string(words::support_purpose[language])
                                : filled(words::other_purpose[language], {{"purpose", z.purpose}}));
    std::vector<std::string> kinds;
    for (int c = 0; c < protocol::data_class_count; ++c) {
        const auto data_class = static_cast<DataClass>(c);
        if (z.classes.has(data_class))
            kinds.push_back(std::string(words::kind(data_class)[language]) + ": " +
                            std::string(words::kind_example(data_class)[language]));
    }
    list(out, words::kinds[language], kinds);
    list(out, words::only_products[language], z.products);
    list(out, words::only_cases[language], facts.cases);
    if (!z.conditions.empty()) fact(out, words::conditions[language], z.conditions);
    fact(out, words::never_leaves[language], words::never_leaves_text[language]);
    fact(out, words::how_long[language], filled(words::how_long_text[language], {{"until", until}}));
    out.raw("</dl>");
}

}  // namespace entente::pages
