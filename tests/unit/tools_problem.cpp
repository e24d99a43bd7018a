// Refusals as a person reads them, and the exit codes that a script reads.

#include <gtest/gtest.h>

#include "server/tools/exit_code.hpp"
#include "server/tools/next_step.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

Problem read(int status, std::string body, std::vector<api::Header> headers = {}) {
    return read_problem({.status = status, .headers = std::move(headers), .body = std::move(body)});
}

TEST(Problem, ProblemDetailsSayWhatWhyWhereAndWhatNext) {
    const Problem problem = read(403, R"({"type":"about:blank","title":"Forbidden","status":403,"detail":"no agreement is in force",
        "code":"agreement_missing","nextStep":"entente agreement list",
        "violations":[{"pointer":"/customFields/3/value","code":"too_long","message":"at most 191 characters"}]})");
    EXPECT_EQ(describe(problem, Paint(false)),
              "Refused: no agreement is in force\n"
              "  reason  agreement_missing (403)\n"
              "  at      /customFields/3/value: at most 191 characters (too_long)\n"
              "Next: entente agreement list\n");
    EXPECT_EQ(exit_code_of(problem), exit_code::refused);
}

TEST(Problem, LegacyBodiesAndTheirValidationErrors) {
    const Problem problem =
        read(500, R"({"message":"Error processing request","validationErrors":[{"field":"summary","message":"is required"}]})");
    EXPECT_EQ(problem.what, "Error processing request");
    ASSERT_EQ(problem.violations.size(), 1U);
    EXPECT_EQ(problem.violations[0].pointer, "summary");
}

TEST(Problem, OauthErrors) {
    const Problem problem = read(401, R"({"error":"invalid_client","error_description":"unknown client or secret"})");
    EXPECT_EQ(problem.what, "unknown client or secret");
    EXPECT_EQ(problem.code, "invalid_client");
    EXPECT_EQ(exit_code_of(problem), exit_code::not_signed_in);
}

TEST(Problem, WhatIsNotOursIsShownShortAndSafe) {
    const Problem problem = read(502, "<html>\x1b[31mBad gateway" + std::string(500, 'x'));
    EXPECT_LT(problem.what.size(), 300U);
    EXPECT_EQ(describe(problem, Paint(false)).find('\x1b'), std::string::npos);
    EXPECT_EQ(read(500, "").what, "status 500 without an explanation: ");
    EXPECT_EQ(read(500, "[1,2]").violations.size(), 0U);
    EXPECT_EQ(read(400, R"({"detail":7,"violations":{"x":1}})").what, "7");
}

TEST(Problem, OverloadSaysWhenToComeAgain) {
    const Problem problem = read(503, R"({"detail":"the queue is full"})", {{"retry-after", "2"}});
    EXPECT_EQ(describe(problem, Paint(false)), "Not now: the queue is full\n  again   in 2 s\n");
    EXPECT_EQ(exit_code_of(problem), exit_code::unreachable);
    EXPECT_EQ(exit_code_of(read(429, "{}")), exit_code::unreachable);
}

TEST(NextStep, CallsBecomeCommands) {
    EXPECT_EQ(command_for("create one: POST /api/v1/agreements with parties 12 and 31, then both accept it"),
              "entente agreement add 'TITLE' --party 12 --party 31 --document FILE --class technical --class product --class "
              "diagnostics");
    EXPECT_EQ(command_for("an administrator of company 31 accepts it: POST /api/v1/agreements/77/accept"),
              "entente agreement accept 77 --document FILE --signatory 'NAME, TITLE'");
    EXPECT_EQ(command_for("an administrator of a party resumes it: POST /api/v1/agreements/77/resume"),
              "entente agreement resume 77");
    EXPECT_EQ(command_for("both companies accept the newer version: GET /api/v1/agreements"), "entente agreement list");
    EXPECT_EQ(command_for("ask the customer and enter it: POST /api/v1/authorizations for customer 5 with partner 31"),
              "entente authorization request --customer 5 --partner 31 --class technical --class product --class diagnostics "
              "--until 30d");
    EXPECT_EQ(command_for("record the customer's answer: POST /api/v1/authorizations/9/grant"),
              "entente authorization grant 9 --obtained 'WHO, WHEN, HOW'");
    EXPECT_EQ(command_for("say which customer it is about: POST /api/v1/cases/Hq2sV8nT0LkYp5cWd3aB/customer"),
              "entente case customer Hq2sV8nT0LkYp5cWd3aB --customer NAME   (a colleague, not who opened the case)");
    EXPECT_EQ(command_for("entente form add FILE"), "entente form add FILE");
    EXPECT_EQ(command_for("choose the form of another company"), "");
}

TEST(Problem, TheCommandStandsBesideTheGatewaysWords) {
    const Problem problem =
        read(403, R"({"detail":"no","nextStep":"record the customer's answer: POST /api/v1/authorizations/9/grant"})");
    EXPECT_EQ(describe(problem, Paint(false)),
              "Refused: no\n  record the customer's answer\nNext: entente authorization grant 9 --obtained 'WHO, WHEN, HOW'\n");
}

TEST(Problem, ColoursOnRequest) {
    EXPECT_EQ(describe(read(404, R"({"detail":"Case with token x not found."})"), Paint(true)),
              "\x1b[31mNot found\x1b[0m: Case with token x not found.\n");
}

}  // namespace
}  // namespace entente::tools
