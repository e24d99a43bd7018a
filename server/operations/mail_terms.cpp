#include "server/operations/mail_terms.hpp"

#include <charconv>

namespace entente::operations {

namespace mail = protocol::mail;

namespace {

std::string number(Instant instant) {
    return std::to_string(instant.us);
}

struct Terms {
    const NamedTexts& all;
    std::string text(std::string_view name) const {
        for (const auto& [key, value] : all)
            if (key == name) return value;
        return {};
    }
    Instant instant(std::string_view name) const {
        const std::string digits = text(name);
        std::int64_t us = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), us);
        return {us};
    }
};

struct Kind {
    std::string operator()(const mail::AuthorizationRequest&) const { return "authorization_request"; }
    std::string operator()(const mail::AuthorizationCode&) const { return "authorization_code"; }
    std::string operator()(const mail::AuthorizationReceipt&) const { return "authorization_receipt"; }
    std::string operator()(const mail::AuthorizationNotice&) const { return "authorization_notice"; }
    std::string operator()(const mail::FeedbackRequest&) const { return "feedback_request"; }
};

struct ToTerms {
    NamedTexts operator()(const mail::AuthorizationRequest& w) const {
        return {{"vendor", w.vendor}, {"partners", w.partners}, {"link", w.link}, {"until", number(w.until)}};
    }
    NamedTexts operator()(const mail::AuthorizationCode& w) const {
        return {{"vendor", w.vendor}, {"code", w.code}, {"until", number(w.until)}};
    }
    NamedTexts operator()(const mail::AuthorizationReceipt& w) const {
        NamedTexts terms{
            {"vendor", w.vendor}, {"partners", w.partners}, {"decision", std::string(mail::name(w.decision))}, {"link", w.link}};
        if (w.until) terms.emplace_back("until", number(*w.until));
        return terms;
    }
    NamedTexts operator()(const mail::AuthorizationNotice& w) const {
        return {{"vendor", w.vendor}, {"partners", w.partners}, {"link", w.link}, {"until", number(w.until)}};
    }
    NamedTexts operator()(const mail::FeedbackRequest& w) const {
        return {{"vendor", w.vendor}, {"partners", w.partners}, {"token", w.token}, {"link", w.link}, {"until", number(w.until)}};
    }
};

}  // namespace

std::string letter_kind(const LetterWords& words) {
    return std::visit(Kind{}, words);
}
NamedTexts letter_terms(const LetterWords& words) {
    return std::visit(ToTerms{}, words);
}

std::optional<mail::Letter> letter_of(std::string_view kind, protocol::Language language, const NamedTexts& named) {
    const Terms terms{named};
    if (kind == "authorization_request")
        return mail::authorization_request_letter(
            language, {terms.text("vendor"), terms.text("partners"), terms.text("link"), terms.instant("until")});
    if (kind == "authorization_code")
        return mail::authorization_code_letter(language, {terms.text("vendor"), terms.text("code"), terms.instant("until")});
    if (kind == "authorization_receipt") {
        mail::AuthorizationReceipt receipt{
            .vendor = terms.text("vendor"), .partners = terms.text("partners"), .link = terms.text("link")};
        receipt.decision =
            mail::parse_authorization_decision(terms.text("decision")).value_or(mail::AuthorizationDecision::refused);
        if (!terms.text("until").empty()) receipt.until = terms.instant("until");
        return mail::authorization_receipt_letter(language, receipt);
    }
    if (kind == "authorization_notice")
        return mail::authorization_notice_letter(
            language, {terms.text("vendor"), terms.text("partners"), terms.text("link"), terms.instant("until")});
    if (kind == "feedback_request")
        return mail::feedback_request_letter(language, {terms.text("vendor"), terms.text("partners"), terms.text("token"),
                                                        terms.text("link"), terms.instant("until")});
    if (kind == "test") return mail::test_letter(language, terms.text("company"));
    if (kind == "reply_refused")
        return mail::reply_refused_letter(language, terms.text("number"), terms.text("token"), terms.text("reason"));
    return std::nullopt;
}

}  // namespace entente::operations
