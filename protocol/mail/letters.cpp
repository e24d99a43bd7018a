#include "protocol/mail/letters.hpp"

#include "protocol/mail/words.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

constexpr NameTable<AuthorizationDecision, 4> decision_names{{{AuthorizationDecision::approved, "approved"},
                                                              {AuthorizationDecision::narrowed, "narrowed"},
                                                              {AuthorizationDecision::refused, "refused"},
                                                              {AuthorizationDecision::withdrawn, "withdrawn"}}};

const Said& decision_words(AuthorizationDecision decision) {
    switch (decision) {
        case AuthorizationDecision::approved:
            return words::approved;
        case AuthorizationDecision::narrowed:
            return words::narrowed;
        case AuthorizationDecision::refused:
            return words::refused;
        case AuthorizationDecision::withdrawn:
            break;
    }
    return words::withdrawn;
}

std::string happened(EventKind kind, std::string_view who, Language language) {
    return fill(words::happened(kind, language), {{"who", who}});
}

Layout to_customer(Language language, std::string_view subject, const Terms& terms) {
    Layout layout;
    layout.language = language;
    layout.subject = fill(subject, terms);
    layout.heading = layout.subject;
    layout.footer.emplace_back(words::sent_by_gateway[language]);
    return layout;
}

void add_settings_footer(Layout& layout, std::string_view company, bool mailbox) {
    const Language language = layout.language;
    layout.footer.push_back(fill((mailbox ? words::why_box : words::why_person)[language], {{"company", company}}));
    layout.footer.emplace_back(words::change_settings[language]);
}

}  // namespace

std::string mail_time(Instant instant) {
    const std::string iso = to_rfc3339(instant);
    return iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

Letter case_letter(Language language, const CaseFacts& facts, EventKind kind, std::string_view who, const CaseContent* content) {
    Layout layout;
    layout.language = language;
    layout.heading = happened(kind, who, language);
    layout.subject = "[" + facts.number + "] " + layout.heading;
    layout.reply_mark = facts.replies;
    const auto fact = [&](const Said& label, std::string value) {
        if (!value.empty()) layout.facts.emplace_back(label[language], std::move(value));
    };
    fact(words::token, facts.token);
    fact(words::your_number, facts.number == facts.token ? "" : facts.number);
    fact(words::partner, facts.partner);
    fact(words::their_number, facts.partner_number);
    fact(words::state_label, std::string(words::state(facts.status, facts.flow, language)));
    if (facts.respond_by && facts.status == CaseStatus::open) fact(words::answer_due, mail_time(*facts.respond_by));
    if (content != nullptr) {
        if (!content->summary.empty()) layout.quotes.emplace_back(words::summary[language], content->summary);
        if (!content->written.empty())
            layout.quotes.emplace_back(fill(words::what_they_wrote[language], {{"who", who}}), content->written);
    } else {
        layout.closing.emplace_back(words::content_stays[language]);
    }
    layout.link = facts.link;
    layout.link_label = fill(words::open_case[language], {{"token", facts.token}});
    layout.closing.push_back(facts.replies ? fill(words::reply_becomes_note[language], {{"who", facts.partner}})
                                           : std::string(words::no_replies[language]));
    add_settings_footer(layout, facts.company, facts.mailbox);
    return render(layout);
}

Letter agreement_letter(Language language, const AgreementFacts& facts) {
    Layout layout;
    layout.language = language;
    layout.heading = happened(EventKind::agreement_changed, facts.who, language);
    layout.subject = "[" + facts.id + "] " + layout.heading;
    layout.facts.emplace_back(words::agreement[language], facts.title + " (" + facts.id + ")");
    layout.paragraphs.push_back(fill(words::agreement_changes[language], {{"id", facts.id}}));
    layout.closing.emplace_back(words::no_replies[language]);
    add_settings_footer(layout, facts.company, facts.mailbox);
    return render(layout);
}

Letter digest_letter(Language language, std::string_view company, bool mailbox, const std::vector<DigestItem>& items,
                     std::string_view link) {
    Layout layout;
    layout.language = language;
    const std::string count = std::to_string(items.size());
    layout.subject = fill(words::digest_subject[language], {{"count", count}});
    layout.heading = layout.subject;
    for (const DigestItem& item : items) {
        const std::string time = mail_time(item.time);
        const std::string what = happened(item.kind, item.who, language);
        layout.items.push_back(fill(words::digest_item[language], {{"time", time}, {"number", item.number}, {"what", what}}));
    }
    layout.link = link;
    layout.link_label = fill(words::open_case[language], {{"token", "TOKEN"}});
    if (link.empty()) layout.link_label.clear();
    layout.closing.emplace_back(words::no_replies[language]);
    add_settings_footer(layout, company, mailbox);
    return render(layout);
}

Letter test_letter(Language language, std::string_view company) {
    Layout layout;
    layout.language = language;
    layout.subject = words::test_subject[language];
    layout.heading = layout.subject;
    layout.paragraphs.emplace_back(words::test_body[language]);
    add_settings_footer(layout, company, false);
    return render(layout);
}

Letter reply_refused_letter(Language language, std::string_view number, std::string_view token, std::string_view reason) {
    Layout layout;
    layout.language = language;
    layout.subject = "[" + std::string(number) + "] " + std::string(words::refused_subject[language]);
    layout.heading = words::refused_subject[language];
    layout.paragraphs.push_back(fill(words::refused_body[language], {{"number", number}}));
    layout.facts.emplace_back(words::refused_reason[language], reason);
    layout.closing.push_back(fill(words::refused_next[language], {{"token", token}}));
    return render(layout);
}

Letter authorization_request_letter(Language language, const AuthorizationRequest& request) {
    const std::string until = mail_time(request.until);
    const Terms terms{{"vendor", request.vendor}, {"partners", request.partners}, {"until", until}};
    Layout layout = to_customer(language, words::request_subject[language], terms);
    layout.paragraphs.push_back(fill(words::request_body[language], terms));
    layout.paragraphs.emplace_back(words::request_how[language]);
    layout.link = request.link;
    layout.link_label = words::request_link[language];
    layout.closing.push_back(fill(words::link_until[language], terms));
    layout.closing.emplace_back(words::ignore_it[language]);
    return render(layout);
}

Letter authorization_code_letter(Language language, const AuthorizationCode& code) {
    const std::string until = mail_time(code.until);
    const Terms terms{{"vendor", code.vendor}, {"until", until}};
    Layout layout = to_customer(language, words::code_subject[language], terms);
    layout.paragraphs.emplace_back(words::code_body[language]);
    layout.code = code.code;
    layout.closing.push_back(fill(words::code_until[language], terms));
    layout.closing.emplace_back(words::code_warning[language]);
    return render(layout);
}

std::string_view name(AuthorizationDecision decision) {
    return name_in(decision_names, decision);
}
std::optional<AuthorizationDecision> parse_authorization_decision(std::string_view text) {
    return find_exact(decision_names, text);
}

Letter authorization_receipt_letter(Language language, const AuthorizationReceipt& receipt) {
    const std::string_view decision = decision_words(receipt.decision)[language];
    const Terms terms{{"vendor", receipt.vendor}, {"partners", receipt.partners}, {"decision", decision}};
    Layout layout = to_customer(language, words::receipt_subject[language], terms);
    layout.paragraphs.push_back(fill(words::receipt_body[language], terms));
    layout.facts.emplace_back(words::decision_label[language], decision);
    const bool shares = receipt.decision == AuthorizationDecision::approved || receipt.decision == AuthorizationDecision::narrowed;
    if (shares) layout.facts.emplace_back(words::shared_with[language], receipt.partners);
    if (shares && receipt.until) layout.facts.emplace_back(words::until_label[language], mail_time(*receipt.until));
    if (!receipt.link.empty()) {
        layout.link = receipt.link;
        layout.link_label = words::receipt_link[language];
        layout.closing.emplace_back(words::receipt_later[language]);
    }
    return render(layout);
}

Letter authorization_notice_letter(Language language, const AuthorizationNotice& notice) {
    const std::string until = mail_time(notice.until);
    const Terms terms{{"vendor", notice.vendor}, {"partners", notice.partners}, {"until", until}};
    Layout layout = to_customer(language, words::notice_subject[language], terms);
    layout.paragraphs.push_back(fill(words::notice_body[language], terms));
    layout.link = notice.link;
    layout.link_label = words::notice_link[language];
    return render(layout);
}

Letter feedback_request_letter(Language language, const FeedbackRequest& request) {
    const std::string until = mail_time(request.until);
    const Terms terms{{"vendor", request.vendor}, {"partners", request.partners}, {"until", until}, {"token", request.token}};
    Layout layout = to_customer(language, words::feedback_subject[language], terms);
    layout.paragraphs.push_back(fill(words::feedback_body[language], terms));
    layout.facts.emplace_back(words::token[language], request.token);
    layout.link = request.link;
    layout.link_label = words::feedback_link[language];
    layout.closing.push_back(fill(words::link_until[language], terms));
    layout.closing.emplace_back(words::ignore_it[language]);
    return render(layout);
}

}  // namespace entente::protocol::mail
