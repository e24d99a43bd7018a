// Checks that write: a test case from its form to its closure from both sides, one that is declined, a subscription (contract
// sections 8 to 15).

#include "protocol/json_writer.hpp"
#include "server/tools/conformance.hpp"
#include "server/tools/text.hpp"

namespace entente::tools::conformance {

namespace {

using api::Method;
using Texts = std::vector<std::pair<std::string_view, std::string>>;

std::string object(const Texts& members) {
    protocol::JsonWriter json;
    json.object();
    for (const auto& [name, text] : members) json.member(name, text);
    json.end();
    return json.take();
}

Finding is_case(const Exchange& got) {
    if (got.status != 200) return fail("expected 200, got " + got.said());
    const std::string wrong = wrong_in_case(got.body);
    return wrong.empty() ? pass() : fail(wrong);
}

Finding is_case_in(const Exchange& got, std::string_view status) {
    if (auto shape = is_case(got); shape.outcome != Outcome::passed) return shape;
    return got.body.text("status") == status ? pass()
                                             : fail("status must be " + std::string(status) + ", is " + got.body.text("status"));
}

Finding is_refused(const Exchange& got, int natural) {
    if (got.status == natural) return pass();
    if (got.status >= 400 && got.status < 500)
        return differs("refused with " + std::to_string(got.status) + "; " + std::to_string(natural) + " is the natural choice");
    return fail("must be refused, got " + got.said());
}

bool has_response(const Value& c, std::string_view type) {
    for (const Value& response : c.items("caseResponses"))
        if (response.text("type") == type) return true;
    return false;
}

// One case on its way: where it is, and what the last step left of it.
struct Life {
    const Subject& subject;
    Report& report;
    std::string path;
    std::string number;
    std::string domain;  // the receiver's
    bool receiver_sees = false;

    const Peer& submitter() const { return subject.submitter; }
    const Peer& receiver() const { return subject.receiver; }

    // A check that needs the case, and one that needs the receiver's eyes.
    void with_case(std::string section, std::string title, const std::function<Finding()>& look) {
        report.check(std::move(section), std::move(title), [&] { return path.empty() ? skip("no case was opened") : look(); });
    }
    void with_receiver(std::string section, std::string title, const std::function<Finding()>& look) {
        with_case(std::move(section), std::move(title), [&] {
            if (!subject.has_receiver) return skip("no partner's credential was given");
            return receiver_sees ? look() : skip("the receiver does not see the case");
        });
    }
    std::string engineer(const std::string& at, std::string_view more = {}) const {
        Texts members{{"caseNumber", "CONF-" + subject.run},
                      {"engineerName", "Conformance"},
                      {"engineerPhone", ""},
                      {"engineerEmail", "conformance@" + at}};
        if (!more.empty()) members.emplace_back("nextSteps", std::string(more));
        return object(members);
    }
};

bool open(Life& life, const std::string& suffix) {
    life.number = "CONF-" + life.subject.run + suffix;
    const auto& found = life.report.check("9.1", "a filled-in form becomes a case (" + life.number + ")", [&] {
        if (life.subject.document.empty()) return skip("no --document ID was given");
        const Exchange form = life.submitter().get("/v1/forms/document/" + life.subject.document);
        const Exchange got =
            life.submitter().post("/v1/collaboration-requests", filled(form.body, life.number, life.subject.customer));
        if (auto shape = is_case_in(got, "OPEN"); shape.outcome != Outcome::passed) return shape;
        life.path = "/v1/collaboration-requests/" + got.body.text("token");
        if (got.body.text("direction") != "OUTBOUND") return fail("direction must be OUTBOUND for the submitter");
        if (!got.body.truth("testCase")) return fail("testSubmission must come back as testCase");
        if (got.body.text("submitterCaseNumber") != life.number)
            return fail("internalCaseNumber must come back as submitterCaseNumber");
        return got.body.text("createdAt") == got.body.text("updatedAt")
                   ? pass()
                   : differs("createdAt and updatedAt differ right after creation");
    });
    return found.outcome != Outcome::skipped && !life.path.empty();
}

void check_submitters_side(Life& life) {
    life.with_case("9.4", "the submitter reads it", [&] { return is_case(life.submitter().get(life.path)); });
    life.with_case("10.2", "an open case cannot be closed", [&] {
        const Exchange got = life.submitter().post(life.path + "/closure", "{}");
        if (auto refused = is_refused(got, 422); refused.outcome != Outcome::passed) return refused;
        return got.message() == "OPEN cases cannot be closed."
                   ? pass()
                   : differs("people look for \"OPEN cases cannot be closed.\", told was \"" + got.message() + "\"");
    });
    life.with_case("12", "the submitter cannot accept it",
                   [&] { return is_refused(life.submitter().post(life.path + "/approval", life.engineer("example.com")), 403); });
    life.with_case("9.5", "its number can be changed", [&] {
        const Exchange got = life.submitter().call(Method::patch, life.path, object({{"internalCaseNumber", life.number + "-b"}}));
        if (auto shape = is_case(got); shape.outcome != Outcome::passed) return shape;
        return got.body.text("submitterCaseNumber") == life.number + "-b" ? pass() : fail("the number did not change");
    });
    life.with_case("13", "a note is added and moves updatedAt", [&] {
        const Exchange before = life.submitter().get(life.path);
        const Exchange got = life.submitter().post(
            life.path + "/notes",
            object({{"summary", "Conformance note"}, {"description", "first line\nsecond"}, {"priority", "LOW"}}));
        if (got.status != 200) return fail("expected 200, got " + got.said());
        const Exchange after = life.submitter().get(life.path);
        if (after.body.text("updatedAt") < before.body.text("updatedAt")) return fail("updatedAt went back");
        const auto notes = life.submitter().get(life.path + "/notes").body.items();
        if (notes.empty() || notes.back().text("summary") != "Conformance note")
            return fail("the list of notes does not end with it");
        return notes.back().text("description").contains('<') ? pass()
                                                              : differs("plain text comes back wrapped in markup upstream");
    });
    life.with_case("13", "a summary of 501 characters is refused", [&] {
        return is_refused(life.submitter().post(life.path + "/notes", object({{"summary", std::string(501, 'x')}})), 400);
    });
    life.with_case("9.6", "the lists find it by number and by time", [&] {
        const Exchange c = life.submitter().get(life.path);
        for (const std::string& query : {"internalCaseNumber=" + url_encoded(c.body.text("submitterCaseNumber")),
                                         "updatedAfter=" + c.body.text("updatedAt")}) {
            bool found = false;
            for (const Value& row : life.submitter().get("/v2/collaboration-requests/list?type=OUTBOUND&" + query).body.items())
                found = found || row.text("token") == c.body.text("token");
            if (!found) return fail("not found by " + query);
        }
        return pass();
    });
    check_files(life.submitter(), life.path, life.report);
}

void look_as_receiver(Life& life) {
    life.with_case("9.4", "the receiver reads it", [&] {
        if (!life.subject.has_receiver) return skip("no partner's credential was given");
        life.domain = life.receiver().get("/v1/me").body.text("company.domain");
        const Exchange got = life.receiver().get(life.path);
        if (got.status == 404)
            return skip("the receiver does not see it yet (a server may hold a case back, for example until a customer agreed)");
        if (auto shape = is_case(got); shape.outcome != Outcome::passed) return shape;
        life.receiver_sees = true;
        return got.body.text("direction") == "INBOUND" ? pass() : fail("direction must be INBOUND for the receiver");
    });
}

void check_answers(Life& life) {
    life.with_receiver("12.2", "the receiver asks", [&] {
        const Exchange got =
            life.receiver().post(life.path + "/information-request",
                                 object({{"requestedInformation", "Which release?"}, {"engineerName", ""}, {"engineerEmail", ""}}));
        if (auto shape = is_case_in(got, "INFORMATION"); shape.outcome != Outcome::passed) return shape;
        return got.body.truth("responded") && has_response(got.body, "INFORMATION_REQUEST")
                   ? pass()
                   : fail("responded must be true and the response be there");
    });
    life.with_receiver("12.2", "the submitter answers", [&] {
        const Exchange got =
            life.submitter().post(life.path + "/information-response", object({{"requestedInformation", "9.3.0"}}));
        if (auto shape = is_case(got); shape.outcome != Outcome::passed) return shape;
        if (!has_response(got.body, "INFORMATION_RESPONSE")) return fail("the response is missing");
        return got.body.text("status") == "INFORMATION"
                   ? pass()
                   : differs("the status moved to " + got.body.text("status") + " (open point 3)");
    });
    life.with_receiver("12.1", "a foreign mail domain cannot accept", [&] {
        return is_refused(life.receiver().post(life.path + "/approval", life.engineer("elsewhere.example")), 400);
    });
    life.with_receiver("12.1", "the receiver accepts, without next steps", [&] {
        const Exchange got = life.receiver().post(life.path + "/approval", life.engineer(life.domain));
        if (auto shape = is_case_in(got, "ACCEPTED"); shape.outcome != Outcome::passed) return shape;
        return has_response(got.body, "APPROVAL") && got.body.text("receiverCaseNumber") == "CONF-" + life.subject.run
                   ? pass()
                   : fail("the response or receiverCaseNumber is missing");
    });
    life.with_receiver("13", "system notes tell of creation and acceptance", [&] {
        std::string told;
        for (const Value& note : life.submitter().get(life.path + "/notes").body.items())
            if (note.text("creatorName") == "SYSTEM") told += lower(trimmed(note.text("summary"))) + ";";
        return told.contains("case created;") && told.contains("case accepted;") ? pass() : differs("found: " + told);
    });
    life.with_receiver("12.1", "the acceptance can be changed", [&] {
        const Exchange got =
            life.receiver().call(Method::patch, life.path + "/approval", life.engineer(life.domain, "Reproducing"));
        if (auto shape = is_case_in(got, "ACCEPTED"); shape.outcome != Outcome::passed) return shape;
        return has_response(got.body, "UPDATE_APPROVAL") ? pass() : fail("the response UPDATE_APPROVAL is missing");
    });
    life.with_receiver("10.2", "an accepted case cannot be accepted again",
                       [&] { return is_refused(life.receiver().post(life.path + "/approval", life.engineer(life.domain)), 422); });
    life.with_receiver("10.2", "the receiver can never close",
                       [&] { return is_refused(life.receiver().post(life.path + "/closure", {}), 403); });
    life.with_receiver("12.2", "the submitter closes with an empty body", [&] {
        const Exchange got =
            life.submitter().call(Method::post, life.path + "/closure", {}, legacy_mode, {{"Content-Type", "application/json"}});
        if (auto shape = is_case_in(got, "CLOSED"); shape.outcome != Outcome::passed) return shape;
        return has_response(got.body, "CLOSURE") ? pass() : fail("the response CLOSURE is missing");
    });
    life.with_receiver("10.2", "nothing moves a closed case", [&] {
        const Exchange note = life.submitter().post(life.path + "/notes", object({{"summary", "Late"}}));
        if (note.status == 200) return differs("notes are taken on closed cases (open point 15)");
        return is_refused(life.receiver().post(life.path + "/rejection", object({{"reason", "Late"}})), 422);
    });
}

}  // namespace

void check_life(const Subject& subject, Report& report) {
    Life first{subject, report, {}, {}, {}, false};
    open(first, "-1");
    check_submitters_side(first);
    look_as_receiver(first);
    check_answers(first);

    Life second{subject, report, {}, {}, {}, false};
    if (!subject.has_receiver || !open(second, "-2")) return;
    look_as_receiver(second);
    second.with_receiver("12.2", "the receiver declines with a reason alone", [&] {
        const Exchange got = second.receiver().post(second.path + "/rejection", object({{"reason", "Conformance test"}}));
        if (auto shape = is_case_in(got, "REJECTED"); shape.outcome != Outcome::passed) return shape;
        return has_response(got.body, "REJECTION") ? pass() : fail("the response REJECTION is missing");
    });
}

void check_webhooks(const Subject& subject, Report& report) {
    const Peer& peer = subject.submitter;
    std::string id;
    report.check("15.2", "a subscription shows its secret once", [&] {
        const Exchange got = peer.post(
            "/v1/webhooks",
            R"({"callbackUrl":"https://conformance.invalid/hook","eventTypes":[],"callbackAuth":{"type":"NONE","username":""}})");
        if (got.status != 200) return fail("expected 200, got " + got.said());
        id = got.body.text("id");
        return id.empty() || got.body.text("secret").empty() ? fail("id or secret is missing") : pass();
    });
    const auto needs = [&](std::string section, std::string title, const std::function<Finding()>& look) {
        report.check(std::move(section), std::move(title), [&] { return id.empty() ? skip("no subscription was made") : look(); });
    };
    needs("15.2", "lists show no secret", [&] {
        const Exchange got = peer.get("/v1/webhooks");
        if (got.status != 200) return fail("expected 200, got " + got.said());
        for (const Value& row : got.body.items())
            if (row.at("secret").present()) return fail("a row of the list has the secret");
        return pass();
    });
    needs("15.1", "the v2 list does not show a v1 subscription", [&] {
        for (const Value& row : peer.get("/v2/webhooks").body.items())
            if (row.text("id") == id) return fail("it does");
        return pass();
    });
    needs("15.7", "the delivery log is a page", [&] {
        const Exchange got = peer.get("/v1/webhooks/" + id + "/deliveries?page=0&size=20");
        return got.status == 200 && got.body.at("content").present() ? pass() : fail("got " + got.said());
    });
    needs("15.2", "the secret can be renewed", [&] {
        const Exchange got = peer.post("/v1/webhooks/" + id + "/secret", {});
        return got.status == 200 && !got.body.text("secret").empty() ? pass() : fail("got " + std::to_string(got.status));
    });
    needs("15.2", "deleting it, with only problem+json accepted", [&] {
        const Exchange got = peer.call(Method::delete_, "/v1/webhooks/" + id, {}, problem_only);
        if (got.status != 204 && got.status != 200) return fail("expected 204, got " + got.said());
        return peer.call(Method::delete_, "/v1/webhooks/" + id, {}, problem_only).status == 404
                   ? pass()
                   : fail("deleting it again must be 404");
    });
}

}  // namespace entente::tools::conformance
