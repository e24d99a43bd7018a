// Answers of the Connect dialect, byte for byte against the contract's examples, and the error bodies of both modes.

#include "protocol/connect/encode.hpp"
#include "protocol/connect/errors.hpp"
#include "protocol/reader.hpp"
#include "protocol_support.hpp"

namespace entente::protocol::connect {
namespace {

constexpr std::string_view example_text =
    R"({"id":3101,"token":"Hq2sV8nT0LkYp5cWd3","status":"OPEN","direction":"OUTBOUND","priority":"MEDIUM",)"
    R"("submitCompanyName":"Northwind Storage","submitCompanyId":12,"submitterCaseNumber":"NW-9001",)"
    R"("receiveCompanyName":"Contoso","receiveCompanyId":31,"receiverCaseNumber":null,)"
    R"("summary":"Mount fails after upgrade","description":"Host loses its paths.",)"
    R"("createdAt":"2030-05-04T09:30:00Z","updatedAt":"2030-05-04T09:30:00Z","deletedAt":null,)"
    R"("responded":false,"respondBy":"2030-05-04T13:30:00Z","feedbackRequested":false,"reminderSent":false,)"
    R"("priorityNote":"<p>P2, four hours</p>","escalationInstructions":"<p>Ask for the duty lead.</p>","testCase":true,)"
    R"("customFields":[{"id":88,"section":"PROBLEM_SECTION","fieldName":"Product","value":"Cloud:Vault","displayOrder":2,"type":"TIERSELECT"}],)"
    R"("submittedBy":{"id":870,"username":null,"firstName":"Ada","lastName":"Okafor","email":"ada@northwind.example",)"
    R"("phone":"5550100","phoneCountryCode":"US","city":"Austin"},)"
    R"("submitterContactDetails":{"name":"Ada Okafor","email":"ada@northwind.example","phone":null},)"
    R"("receiverContactDetails":null,"caseNotes":[],"caseResponses":[]})";

constexpr std::string_view note_text =
    R"({"id":5501,"caseId":3101,"companyName":"Northwind Storage","creatorUsername":null,"creatorEmail":"ada@northwind.example",)"
    R"("creatorName":"Ada Okafor","summary":"Logs attached","description":"<p>See the share.</p>","priority":"LOW","status":"ENTERED",)"
    R"("token":"Zk4QyW1rT7bXe9Ms20","createdAt":"2030-05-04T10:00:00Z","updatedAt":"2030-05-04T10:00:00Z",)"
    R"("type":"USER_PUBLIC","companyId":12,"direction":"OUTBOUND"})";

TEST(EncodeCase, IsTheContractsExampleByteForByte) {
    EXPECT_EQ(encode_case(example_case()), example_text);
}

TEST(EncodeCase, RespondByIsLeftOutAndNeverNull) {
    CaseView view = example_case();
    view.respond_by.reset();
    const std::string text = encode_case(view);
    EXPECT_FALSE(text.contains("respondBy"));
    EXPECT_TRUE(text.contains(R"("responded":false,"feedbackRequested")"));
}

TEST(EncodeCase, WhatMustNotBeNullIsNotEvenInAnEmptyView) {
    const std::string text = encode_case(CaseView{});
    const auto json = parse_json(text);
    ASSERT_TRUE(json) << text;
    Reader in(*json);
    for (const std::string_view member : {"id",
                                          "token",
                                          "status",
                                          "direction",
                                          "priority",
                                          "submitCompanyName",
                                          "submitCompanyId",
                                          "receiveCompanyName",
                                          "receiveCompanyId",
                                          "submitterCaseNumber",
                                          "summary",
                                          "createdAt",
                                          "updatedAt",
                                          "responded",
                                          "feedbackRequested",
                                          "reminderSent",
                                          "testCase",
                                          "customFields",
                                          "caseNotes",
                                          "caseResponses",
                                          "submittedBy"})
        EXPECT_TRUE(in.has(member)) << member;
}

TEST(EncodeCase, CarriesNotesAndResponses) {
    CaseView view = example_case();
    view.side = Side::receiver;
    view.description.reset();
    view.notes = {example_note()};
    view.responses = {{.id = ResponseId{9},
                       .type = ResponseType::approval,
                       .case_number = "CT-1",
                       .engineer_name = "Bo Lund",
                       .engineer_email = "bo@contoso.example",
                       .next_steps = "Looking",
                       .created_at = at("2030-05-04T11:00:00.9Z")}};
    const std::string text = encode_case(view);
    EXPECT_TRUE(text.contains("\"direction\":\"INBOUND\""));
    EXPECT_TRUE(text.contains("\"description\":null"));
    EXPECT_TRUE(text.contains("\"caseNotes\":[" + std::string(note_text) + "]"));
    EXPECT_TRUE(text.contains(R"("caseResponses":[{"id":9,"type":"APPROVAL","caseNumber":"CT-1","engineerName":"Bo Lund",)"
                              R"("engineerEmail":"bo@contoso.example","engineerPhone":null,"nextSteps":"Looking","reason":null,)"
                              R"("requestedInformation":null,"createdAt":"2030-05-04T11:00:00Z"}])"));
}

TEST(EncodeCases, ArrayAndPage) {
    const std::vector<CaseView> views{example_case()};
    EXPECT_EQ(encode_cases(views), "[" + std::string(example_text) + "]");
    EXPECT_EQ(encode_cases({}), "[]");
    EXPECT_EQ(encode_case_page({.content = views, .total = 41, .size = 20, .number = 2}),
              "{\"content\":[" + std::string(example_text) + "],\"totalElements\":41,\"totalPages\":3,\"size\":20,\"number\":2}");
    EXPECT_EQ(encode_case_page({.content = {}, .total = 41, .size = 20, .number = 7}),
              R"({"content":[],"totalElements":41,"totalPages":3,"size":20,"number":7})");
    EXPECT_EQ(encode_case_page({.content = {}, .total = 0, .size = 0, .number = 0}),
              R"({"content":[],"totalElements":0,"totalPages":0,"size":0,"number":0})");
    EXPECT_TRUE(encode_case_page({.content = views, .total = 1, .size = 0, .number = 0})
                    .ends_with(R"("totalElements":1,"totalPages":1,"size":1,"number":0})"));
}

TEST(EncodeNote, IsTheContractsExampleWithTheNewestMembersAppended) {
    EXPECT_EQ(encode_note(example_note()), note_text);
    EXPECT_EQ(encode_notes({}), "[]");
    NoteView system = example_note();
    system.company.reset();
    system.company_name.reset();
    system.creator_email.reset();
    system.creator_name = "SYSTEM";
    system.summary = "Case created";
    system.description = "";
    system.type = NoteType::system;
    system.outbound = false;
    EXPECT_EQ(
        encode_note(system),
        R"({"id":5501,"caseId":3101,"companyName":null,"creatorUsername":null,"creatorEmail":null,"creatorName":"SYSTEM",)"
        R"("summary":"Case created","description":"","priority":"LOW","status":"ENTERED","token":"Zk4QyW1rT7bXe9Ms20",)"
        R"("createdAt":"2030-05-04T10:00:00Z","updatedAt":"2030-05-04T10:00:00Z","type":"SYSTEM","companyId":null,"direction":"INBOUND"})");
}

TEST(EncodeIdentity, TokenMeAndPartnersAreTheContractsExamples) {
    EXPECT_EQ(encode_token("abc", 3600), R"({"accessToken":"abc","tokenType":"Bearer","expiresIn":3600})");
    EXPECT_EQ(encode_oauth_token("abc", 3600, "x/.default"),
              R"({"access_token":"abc","token_type":"Bearer","expires_in":3600,"scope":"x/.default"})");
    EXPECT_EQ(encode_oauth_error("invalid_client", "unknown client or wrong secret"),
              R"({"error":"invalid_client","error_description":"unknown client or wrong secret"})");
    EXPECT_EQ(
        encode_me({.id = CompanyId{12}, .name = "Northwind Storage", .domain = "northwind.example"}, example_case().submitted_by),
        R"({"company":{"id":12,"name":"Northwind Storage","description":null,"domain":"northwind.example"},)"
        R"("user":{"id":870,"username":null,"firstName":"Ada","lastName":"Okafor","email":"ada@northwind.example",)"
        R"("phone":"5550100","phoneCountryCode":"US","city":"Austin"}})");
    const std::vector<PartnerRow> rows{
        {.label = "Contoso - Networking",
         .company_name = "Contoso",
         .department_name = "Networking",
         .company = CompanyId{31},
         .department = DepartmentId{310},
         .form = FormId{7001},
         .tags = {"switching"}},
        {.label = "Contoso", .company_name = "Contoso", .company = CompanyId{31}, .form = FormId{7000}}};
    EXPECT_EQ(
        encode_partners(rows),
        R"([{"label":"Contoso - Networking","companyName":"Contoso","departmentName":"Networking","companyId":31,"departmentId":310,)"
        R"("documentId":7001,"tags":[{"tag":"switching"}]},{"label":"Contoso","companyName":"Contoso","departmentName":null,)"
        R"("companyId":31,"departmentId":null,"documentId":7000,"tags":[]}])");
}

TEST(EncodeForm, IsACreateRequestThatWaits) {
    const Form form{.id = FormId{7001},
                    .company = CompanyId{31},
                    .admin_note = "<p>Call us</p>",
                    .fields = {{.id = FieldId{11},
                                .section = Section::problem,
                                .label = "Product",
                                .type = FieldType::select,
                                .options = {"Disk", "Tape"},
                                .display_order = 3,
                                .required = true},
                               {.id = FieldId{12},
                                .section = Section::contact,
                                .label = "Area",
                                .type = FieldType::tierselect,
                                .selections = {{"A", {{"B", {}}}}},
                                .validation_rules = "not_numeric"}},
                    .injected_field = FieldId{99}};
    const std::string plain = encode_form(form, Priority::medium, false);
    EXPECT_EQ(
        plain,
        R"({"documentId":7001,"internalCaseNumber":"","receiverInternalCaseNumber":"","problemSummary":"","problemDescription":"",)"
        R"("priority":"MEDIUM","adminNote":"<p>Call us</p>","escalationInstructions":"","submitterContactDetails":null,"customFields":[)"
        R"({"fieldId":11,"section":"PROBLEM_SECTION","label":"Product","type":"SELECT","options":"Disk\r\nTape","selections":[],)"
        R"("additionalSettings":null,"displayOrder":3,"validationRules":null,"required":true,"value":""},)"
        R"({"fieldId":12,"section":"CONTACT_SECTION","label":"Area","type":"TIERSELECT","options":"",)"
        R"("selections":[{"value":"A","children":[{"value":"B","children":[]}]}],)"
        R"("additionalSettings":null,"displayOrder":0,"validationRules":"not_numeric","required":false,"value":""}],)"
        R"("internalNotes":[],"testSubmission":false})");
    EXPECT_FALSE(plain.contains("Authorization reference"));
    EXPECT_TRUE(
        encode_form(form, Priority::low, true)
            .contains(R"({"fieldId":99,"section":"COMMON_CUSTOMER_SECTION","label":"Authorization reference","type":"STRING",)"
                      R"("options":"","selections":[],"additionalSettings":null,"displayOrder":4,"validationRules":null,)"
                      R"("required":false,"value":""}],"internalNotes")"));
}

// --- Errors ---

TEST(ErrorModes, TheAcceptHeaderChooses) {
    const struct {
        std::optional<std::string_view> accept;
        bool problem, only;
    } cases[]{
        {std::nullopt, false, false},
        {"", false, false},
        {"*/*", false, false},
        {"application/json", false, false},
        {"application/json, text/plain, */*", false, false},
        {"application/problem+json", true, true},
        {"application/problem+json;q=0.1", true, true},
        {"Application/Problem+JSON , application/problem+json", true, true},
        {"application/json, application/problem+json", true, false},
        {"application/problem+json;q=0, */*;q=0.1", true, false},
        {"application/problem+jsonx", false, false},
        {",,application/problem+json,", true, true},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(error_mode(c.accept) == ErrorMode::problem, c.problem) << c.accept.value_or("(none)");
        EXPECT_EQ(problem_only(c.accept), c.only) << c.accept.value_or("(none)");
    }
}

TEST(RenderError, StatusesOfBothModes) {
    const struct {
        ErrorKind kind;
        int legacy, problem;
    } cases[]{
        {ErrorKind::malformed, 500, 400},   {ErrorKind::invalid, 500, 400},     {ErrorKind::unauthenticated, 401, 401},
        {ErrorKind::forbidden, 500, 403},   {ErrorKind::not_found, 500, 404},   {ErrorKind::conflict, 500, 409},
        {ErrorKind::wrong_state, 500, 422}, {ErrorKind::too_large, 413, 413},   {ErrorKind::too_many, 429, 429},
        {ErrorKind::stale, 503, 503},       {ErrorKind::unavailable, 503, 503}, {ErrorKind::internal, 500, 500},
    };
    for (const auto& c : cases) {
        const Error error{.kind = c.kind, .code = "some_code", .message = "some sentence", .cause = "PRIVATE"};
        const ErrorBody legacy = render_error(error, ErrorMode::legacy, "/v1/me", "r1");
        const ErrorBody problem = render_error(error, ErrorMode::problem, "/v1/me", "r1");
        EXPECT_EQ(legacy.status, c.legacy);
        EXPECT_EQ(problem.status, c.problem);
        EXPECT_EQ(legacy.content_type, "application/json");
        EXPECT_EQ(problem.content_type, "application/problem+json");
        EXPECT_EQ(legacy.retry_after_s > 0, c.legacy == 429 || c.legacy == 503);
        EXPECT_FALSE((legacy.body + problem.body).contains("PRIVATE"));
    }
}

TEST(RenderError, LegacyBodyIsMessageAndValidationErrorsOnly) {
    Error error{
        .kind = ErrorKind::wrong_state, .code = "wrong_state", .message = "OPEN cases cannot be closed.", .next_step = "wait"};
    EXPECT_EQ(render_error(error, ErrorMode::legacy, "/x", "r1").body, R"({"message":"OPEN cases cannot be closed."})");
    error =
        invalid_members({{"/customFields/0/fieldId", "missing", "is missing"}, {"/priority", "not_allowed", "must be one of LOW"}});
    EXPECT_EQ(
        render_error(error, ErrorMode::legacy, "/x", "").body,
        R"({"message":"customFields[0].fieldId is missing; priority must be one of LOW",)"
        R"("validationErrors":[{"field":"customFields[0].fieldId","message":"is missing"},{"field":"priority","message":"must be one of LOW"}]})");
}

TEST(RenderError, ProblemBodyIsRfc7807WithOurMembers) {
    Error error{.kind = ErrorKind::wrong_state,
                .code = "wrong_state",
                .message = "OPEN cases cannot be closed.",
                .next_step = "wait for the answer"};
    error.violations = {{"/a", "missing", "is missing"}};
    EXPECT_EQ(render_error(error, ErrorMode::problem, "/v1/collaboration-requests/Hq2sV8nT0LkYp5cWd3/closure", "r1").body,
              R"({"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"OPEN cases cannot be closed.",)"
              R"("instance":"/v1/collaboration-requests/Hq2sV8nT0LkYp5cWd3/closure","code":"wrong_state",)"
              R"("message":"OPEN cases cannot be closed.","nextStep":"wait for the answer","requestId":"r1",)"
              R"("violations":[{"pointer":"/a","code":"missing","message":"is missing"}]})");
}

TEST(RenderError, TokenProblemsCarryTheLiteralTextInBothModes) {
    const Error error{.kind = ErrorKind::unauthenticated, .code = "token_expired", .message = "anything"};
    EXPECT_EQ(render_error(error, ErrorMode::legacy, "/x", "").body,
              R"({"message":"The authorization token provided was invalid."})");
    const std::string problem = render_error(error, ErrorMode::problem, "/x", "").body;
    EXPECT_TRUE(problem.contains(R"("detail":"The authorization token provided was invalid.")"));
    EXPECT_TRUE(problem.contains(R"("message":"The authorization token provided was invalid.")"));
}

TEST(RenderError, WrongCredentialsLookUnexplained) {
    const Error error{
        .kind = ErrorKind::unauthenticated, .code = std::string(wrong_credentials), .message = "", .retry_after_s = 4};
    const ErrorBody legacy = render_error(error, ErrorMode::legacy, "/v1/login", "");
    EXPECT_EQ(legacy.status, 500);
    EXPECT_EQ(legacy.body, R"({"message":"Error processing request"})");
    EXPECT_EQ(legacy.retry_after_s, 4);
    EXPECT_EQ(render_error(error, ErrorMode::problem, "/v1/login", "").status, 401);
}

TEST(RenderStatus, KeepsTheStatusOfTheRim) {
    const ErrorBody legacy =
        render_status(405, "method_not_allowed", "this path has no such method", ErrorMode::legacy, "/v1/me", "");
    EXPECT_EQ(legacy.status, 405);
    EXPECT_EQ(legacy.body, R"({"message":"this path has no such method"})");
    EXPECT_TRUE(render_status(431, "too_large", "x", ErrorMode::problem, "/", "")
                    .body.contains(R"("title":"Request Header Fields Too Large","status":431)"));
    EXPECT_EQ(case_not_found_text("T1"), "Case with token T1 not found.");
}

}  // namespace
}  // namespace entente::protocol::connect
