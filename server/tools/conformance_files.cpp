// Checks of attachments (contract section 14): places for files, a proposal, and files that are pushed. The sides of the test case
// get a place that nobody answers at, so that nothing leaves the server that is looked at.

#include "protocol/json_writer.hpp"
#include "server/tools/conformance.hpp"

namespace entente::tools::conformance {

namespace {

using api::Method;

constexpr std::string_view statuses = "SUCCESS CONFIG_MISSING CONFIG_INVALID FORWARD_FAILED CONTENT_ERROR UNKNOWN";

std::string place(std::string_view domain, int port) {
    return protocol::JsonWriter()
        .object()
        .member("domain", domain)
        .member("httpsPort", port)
        .member("httpsPath", "/conformance/")
        .member("password", "conformance")
        .member("expiration", "2035-01-01T00:00:00Z")
        .end()
        .take();
}

Finding is_config(const Exchange& got) {
    if (got.status != 200) return fail("expected 200, got " + got.said());
    for (const char* side : {"submitter", "receiver"}) {
        const Value one = got.body.at(side);
        if (!one.is_object() || !one.number("companyId"))
            return fail(std::string(side) + " must name its companyId: " + got.said());
        if (one.at("parameters").present() && !one.at("parameters").is_object()) return fail("parameters must be an object");
    }
    return got.raw.find("conformance\"") != std::string::npos && got.raw.find("password") != std::string::npos
               ? differs("the password is shown (open point 18)")
               : pass();
}

// One part as one connector labels it, one without a type.
std::string two_files(std::string_view boundary) {
    const std::string mark = "--" + std::string(boundary);
    return mark + "\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n\r\n" + mark +
           "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"first log.txt\"\r\nContent-Type: "
           "multipart/form-data\r\n\r\n" +
           "one line\n\r\n" + mark +
           "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"second.txt\"\r\n\r\nanother\r\n" + mark + "--\r\n";
}

Finding are_results(const Exchange& got) {
    if (got.status != 200) return fail("expected 200 even if every delivery failed, got " + got.said());
    const auto rows = got.body.items();
    if (rows.size() != 2 || rows[0].text("fileName") != "first log.txt" || rows[1].text("fileName") != "second.txt")
        return fail("one row a file, in the order of the request, with its name as it was sent: " + got.said());
    for (const Value& row : rows) {
        for (const char* member : {"receiverStatus", "submitterStatus"}) {
            const std::string status = row.text(member);
            if (status.empty() || statuses.find(status) == std::string_view::npos) return fail("not a status: " + status);
        }
        const bool receiver = row.text("receiverStatus") == "SUCCESS";
        const bool submitter = row.text("submitterStatus") == "SUCCESS";
        if (row.truth("completeSuccess") != (receiver && submitter)) return fail("completeSuccess is both SUCCESS: " + got.said());
        if (row.truth("partialSuccess") != (receiver != submitter))
            return fail("partialSuccess is exactly one SUCCESS: " + got.said());
    }
    return pass();
}

}  // namespace

void check_files(const Peer& party, const std::string& path, Report& report) {
    const auto check = [&](std::string section, std::string title, const std::function<Finding()>& look) {
        report.check(std::move(section), std::move(title), [&] { return path.empty() ? skip("no case was opened") : look(); });
    };
    check("14.2", "the delivery targets can always be read", [&] {
        const Finding found = is_config(party.get(path + "/attachments/config"));
        return found.outcome == Outcome::failed ? fail(found.detail + "; the Java client stops here") : found;
    });
    check("14.2", "a target is proposed and not kept", [&] {
        const Exchange got = party.post(path + "/attachments/config/https/analyze",
                                        R"({"host":"files.conformance.example","port":8443,"path":"/in","secret":"s"})");
        if (got.status != 200) return fail("expected 200, got " + got.said());
        for (const char* member : {"domain", "httpsPort", "httpsPath", "password", "expiration"})
            if (!got.body.at(member).present()) return fail(std::string(member) + " is missing: " + got.said());
        return got.body.text("domain") == "files.conformance.example" ? pass()
                                                                      : differs("another domain is proposed: " + got.said());
    });
    check("14.2", "a domain that is none is refused", [&] {
        const Exchange got = party.call(Method::put, path + "/attachments/config/https", place("not a domain", 443));
        if (got.status == 400) return pass();
        return got.status > 400 && got.status < 500 ? differs("refused with " + std::to_string(got.status))
                                                    : fail("must be refused, got " + got.said());
    });
    check("14.2", "a target of the own side is kept for the case", [&] {
        const Exchange got = party.call(Method::put, path + "/attachments/config/https", place("nobody.invalid", 443));
        if (auto shape = is_config(got); shape.outcome == Outcome::failed) return shape;
        return got.raw.find("nobody.invalid") != std::string::npos ? pass() : fail("the answer does not show it: " + got.said());
    });
    check("14.3", "files are answered one by one", [&] {
        constexpr std::string_view boundary = "=_Part 4_1 conformance";
        const std::string type = "multipart/form-data; boundary=\"" + std::string(boundary) + "\"";
        return are_results(
            party.call(Method::post, path + "/attachments", two_files(boundary), problem_mode, {{"Content-Type", type}}));
    });
    check("14.3", "what is no form is refused", [&] {
        const Exchange got = party.post(path + "/attachments", "{}");
        return got.status >= 400 && got.status < 500 ? pass() : fail("must be refused, got " + got.said());
    });
}

}  // namespace entente::tools::conformance
