// Checks that change nothing: signing in, errors, the directory, forms, lists (contract sections 2 to 9).

#include "server/tools/conformance.hpp"
#include "server/tools/text.hpp"

namespace entente::tools::conformance {

namespace {

constexpr std::string_view token_text = "The authorization token provided was invalid.";
const std::string no_case = "NoSuchToken1234567";

Finding expect_status(const Exchange& got, int wanted, std::string_view why = {}) {
    if (got.status == wanted) return pass();
    return fail("expected " + std::to_string(wanted) + (why.empty() ? "" : " (" + std::string(why) + ")") + ", got " + got.said());
}

Finding shaped(const Exchange& got, std::string (*wrong_in)(const Value&)) {
    if (got.status != 200) return fail("expected 200, got " + got.said());
    const std::string wrong = wrong_in(got.body);
    return wrong.empty() ? pass() : fail(wrong);
}

bool is_array(const Exchange& got) {
    const auto begin = got.raw.find_first_not_of(" \t\r\n");
    return begin != std::string::npos && got.raw[begin] == '[';
}

Finding array_of(const Exchange& got, std::string (*wrong_in)(const Value&)) {
    if (got.status != 200) return fail("expected 200, got " + got.said());
    if (!is_array(got)) return fail("the answer must be an array: " + got.said());
    for (const Value& row : got.body.items())
        if (auto wrong = wrong_in(row); !wrong.empty()) return fail(wrong);
    return pass();
}

Finding refused_token(const Subject& subject, const std::string& token, std::string_view accept) {
    Peer stranger = subject.submitter;
    stranger.token = token;
    const Exchange got = stranger.get("/v1/me", accept);
    if (got.status != 401) return expect_status(got, 401, "in both error modes");
    if (!got.raw.contains(token_text))
        return fail("the body must contain \"" + std::string(token_text) + "\": one connector looks for it");
    return pass();
}

}  // namespace

void check_identity(const Subject& subject, Report& report) {
    report.check("3", "signing in gives a token that clients can keep", [&] {
        const Exchange got = subject.sign_in(false);
        const std::string token = got.body.text(subject.by_client ? "access_token" : "accessToken");
        if (got.status != 200 || token.empty()) return fail("no token: " + std::to_string(got.status));
        if (token.size() > 350) return fail("the token has more than 350 characters; one connector stores two pieces of 175");
        if (got.body.number(subject.by_client ? "expires_in" : "expiresIn").value_or(0) <= 0) return fail("its life is not told");
        return pass();
    });
    report.check("3", "a wrong secret is refused in the shape that clients read", [&] {
        const Exchange got = subject.sign_in(true);
        if (subject.by_client) {
            if (got.status != 400 && got.status != 401) return fail("expected 400 or 401, got " + got.said());
            return got.body.text("error").empty() ? fail("the error must have the OAuth shape (error, error_description)") : pass();
        }
        return got.status == 401 ? pass() : fail("expected 401 in problem mode, got " + got.said());
    });
    report.check("6", "GET /v1/me names company and user", [&] {
        const Exchange got = subject.submitter.get("/v1/me");
        for (const char* member : {"company.id", "company.name", "company.domain", "user.id", "user.email"})
            if (!got.body.at(member).present()) return fail(std::string(member) + " is missing: " + got.said());
        return expect_status(got, 200);
    });
    for (const auto& [what, token] : std::map<std::string, std::string>{
             {"no token", ""}, {"an unknown token", std::string(43, 'A')}, {"a malformed token", "a.b"}}) {
        report.check("3.3", what + " is 401 with the literal text, legacy mode",
                     [&] { return refused_token(subject, token, legacy_mode); });
        report.check("3.3", what + " is 401 with the literal text, problem mode",
                     [&] { return refused_token(subject, token, problem_mode); });
    }
    report.check("2", "a content type on a call without a body is tolerated", [&] {
        return expect_status(subject.submitter.call(api::Method::get, "/v1/me", {}, "*/*", {{"Content-Type", "application/json"}}),
                             200);
    });
    report.check("2", "a browser of another origin may ask", [&] {
        Peer page = subject.submitter;
        page.token.clear();
        const Exchange got = page.call(api::Method::options, "/v1/me", {}, "*/*",
                                       {{"Origin", "https://page.example"},
                                        {"Access-Control-Request-Method", "GET"},
                                        {"Access-Control-Request-Headers", "authorization,content-type,accept"}});
        if (got.status != 200 && got.status != 204)
            return fail("the preflight must succeed without credentials, got " + got.said());
        const std::string headers = lower(got.header("Access-Control-Allow-Headers"));
        if (got.header("Access-Control-Allow-Origin").empty() || !headers.contains("authorization"))
            return fail("the preflight must allow the origin and the header Authorization");
        return pass();
    });
}

void check_errors(const Subject& subject, Report& report) {
    const std::string path = "/v1/collaboration-requests/" + no_case;
    const std::string text = "Case with token " + no_case + " not found.";
    for (const std::string_view accept : {std::string_view(), std::string_view("*/*"), legacy_mode})
        report.check("4", "legacy mode with Accept " + (accept.empty() ? std::string("absent") : std::string(accept)), [&] {
            const Exchange got = subject.submitter.get(path, accept);
            if (got.status != 500) return fail("an unknown case must be 500 in legacy mode, got " + got.said());
            if (got.media != "application/json" || !got.body.is_object())
                return fail("the body must be a JSON object labelled application/json");
            return got.body.text("message") == text
                       ? pass()
                       : fail("message must be \"" + text + "\", is \"" + got.body.text("message") + "\"");
        });
    for (const std::string_view accept :
         {problem_mode, problem_only, std::string_view("text/plain;q=0.1, application/problem+json;q=0.2")})
        report.check("4", "problem mode with Accept " + std::string(accept), [&] {
            const Exchange got = subject.submitter.get(path, accept);
            if (got.status != 404) return fail("an unknown case must be 404 in problem mode, got " + got.said());
            if (got.media != "application/problem+json") return fail("the label must be application/problem+json, is " + got.media);
            for (const char* member : {"type", "title", "status", "detail", "instance"})
                if (!got.body.at(member).present()) return fail(std::string(member) + " is missing");
            return got.body.text("detail") == text
                       ? pass()
                       : fail("detail must be \"" + text + "\", is \"" + got.body.text("detail") + "\"");
        });
    report.check("4", "success carries the problem label when nothing else is accepted", [&] {
        const Exchange got = subject.submitter.get("/v1/me", problem_only);
        return got.status == 200 && got.media == "application/problem+json"
                   ? pass()
                   : fail("got " + std::to_string(got.status) + " " + got.media);
    });
    report.check("5", "there is no /v1/cases", [&] { return expect_status(subject.submitter.get("/v1/cases"), 404); });
}

void check_directory(const Subject& subject, Report& report) {
    const Peer& peer = subject.submitter;
    report.check("7", "keyword search answers with partners", [&] {
        if (subject.term.empty()) return skip("no --search WORD was given");
        const Exchange got = peer.get("/v1/partners/" + url_encoded(subject.term));
        if (auto shape = array_of(got, wrong_in_partner); shape.outcome != Outcome::passed) return shape;
        return got.body.items().empty() ? fail("nothing was found for " + subject.term) : pass();
    });
    report.check("7", "natural-language search answers with at most the rows asked for", [&] {
        const Exchange got = peer.get(
            "/v1/partners/search?query=" + url_encoded("who can help with " + (subject.term.empty() ? "storage" : subject.term)) +
            "&limit=2");
        if (auto shape = array_of(got, wrong_in_partner); shape.outcome != Outcome::passed) return shape;
        return got.body.items().size() <= 2 ? pass() : fail("more than 2 rows");
    });
    report.check("7", "nothing found is an empty array", [&] {
        const Exchange got = peer.get("/v1/partners/" + url_encoded("qzxv nobody wkjh"));
        if (auto shape = array_of(got, wrong_in_partner); shape.outcome != Outcome::passed) return shape;
        return got.body.items().empty() ? pass() : differs("something was found for a word that is nobody's");
    });
    report.check("8", "the form by document", [&] {
        if (subject.document.empty()) return skip("no --document ID was given");
        return shaped(peer.get("/v1/forms/document/" + subject.document), wrong_in_form);
    });
    report.check("8", "the form by company", [&] {
        if (subject.term.empty()) return skip("no --search WORD was given");
        const auto rows = peer.get("/v1/partners/" + url_encoded(subject.term)).body.items();
        if (rows.empty()) return skip("no partner was found");
        if (rows.front().at("departmentId").present())
            return shaped(peer.get("/v1/forms/department/" + rows.front().text("departmentId")), wrong_in_form);
        return shaped(peer.get("/v1/forms/company/" + rows.front().text("companyId")), wrong_in_form);
    });
    report.check("8.4", "a form that does not exist", [&] {
        const Exchange got = peer.get("/v1/forms/document/2147483647");
        return got.status == 404 || got.status == 400 ? pass() : fail("expected 404, got " + got.said());
    });
}

void check_lists(const Subject& subject, Report& report) {
    const Peer& peer = subject.submitter;
    report.check("9.6", "the deprecated list is an array",
                 [&] { return array_of(peer.get("/v1/collaboration-requests?updatedAfter=2999-01-01T00:00:00Z"), wrong_in_case); });
    report.check("9.6", "the deprecated list is a page when asked",
                 [&] { return shaped(peer.get("/v1/collaboration-requests?paginated=true&page=0&size=5"), wrong_in_page); });
    report.check("9.6", "the plain v2 list is an array", [&] {
        return array_of(peer.get("/v2/collaboration-requests/list?type=ALL&status=ALL&updatedAfter=2999-01-01T00:00:00Z"),
                        wrong_in_case);
    });
    report.check("9.6", "the paged v2 list is a page",
                 [&] { return shaped(peer.get("/v2/collaboration-requests?page=0&size=5"), wrong_in_page); });
    report.check("9.6", "a page past the end is empty and no error", [&] {
        const Exchange got = peer.get("/v2/collaboration-requests?page=100000&size=50");
        if (auto shape = shaped(got, wrong_in_page); shape.outcome != Outcome::passed) return shape;
        return got.body.items("content").empty() ? pass() : fail("content must be empty: one connector pages until it meets that");
    });
    report.check("9.6", "enumerations in a query in any letters, PENDINGACTION included", [&] {
        for (const char* query : {"type=outbound", "type=Inbound&status=open", "status=PENDINGACTION", "status=all"})
            if (const Exchange got = peer.get(std::string("/v2/collaboration-requests?size=1&") + query); got.status != 200)
                return fail(std::string(query) + ": " + got.said());
        return pass();
    });
}

}  // namespace entente::tools::conformance
