// Requests of the Connect dialect: good bodies in the shapes that the four connectors send, and every violation.

#include "protocol/connect/decode.hpp"
#include "protocol_support.hpp"

namespace entente::protocol::connect {
namespace {

std::string letters(std::size_t count) {
    return std::string(count, 'x');
}

// --- Sign in ---

TEST(DecodeLogin, TakesAnyPassword) {
    const auto login = decode_login(R"({"username":"ada","password":"  \u0000pa\"ss\n ","extra":1})");
    ASSERT_TRUE(login);
    EXPECT_EQ(login->username, "ada");
    EXPECT_EQ(login->password, std::string("  \0pa\"ss\n ", 10));
}

TEST(DecodeLogin, NamesWhatIsWrong) {
    EXPECT_EQ(violations(decode_login("{}")), (Words{"/username missing", "/password missing"}));
    EXPECT_EQ(violations(decode_login(R"({"username":" ","password":""})")), (Words{"/username empty", "/password empty"}));
    EXPECT_EQ(violations(decode_login(R"({"username":1,"password":2})")), (Words{"/username wrong_type", "/password wrong_type"}));
    EXPECT_EQ(violations(decode_login("{\"username\":\"" + letters(192) + "\",\"password\":\"" + letters(1025) + "\"}")),
              (Words{"/username too_long", "/password too_long"}));
    EXPECT_EQ(violations(decode_login("[]")), Words{" wrong_type"});
    EXPECT_EQ(violations(decode_login("username=ada")), Words{"(malformed_json)"});
}

TEST(DecodeTokenRequest, ReadsTheForm) {
    const auto request = decode_token_request(
        "client_id=c1&client_secret=p%2Bq%26r+s&grant_type=client_credentials&scope=api%3A%2F%2Fgateway%2F.default&resource="
        "ignored");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->client_id, "c1");
    EXPECT_EQ(request->client_secret, "p+q&r s");
    EXPECT_EQ(request->scope, "api://gateway/.default");
    const auto basic = decode_token_request("grant_type=client_credentials");
    ASSERT_TRUE(basic);
    EXPECT_EQ(basic->client_id, "");
}

TEST(DecodeTokenRequest, ErrorsAreOAuthCodes) {
    const auto code = [](std::string_view body) { return decode_token_request(body).error().code; };
    EXPECT_EQ(code(""), "invalid_request");
    EXPECT_EQ(code("{}"), "invalid_request");
    EXPECT_EQ(code("grant_type=password"), "unsupported_grant_type");
    EXPECT_EQ(code("grant_type=client_credentials&client_id=%zz"), "invalid_request");
    EXPECT_EQ(code("grant_type=client_credentials&client_id=a&client_id=b"), "invalid_request");
    EXPECT_EQ(code("grant_type=client_credentials&client_id=" + letters(3000)), "invalid_request");
}

TEST(DecodeBasic, ReadsUserAndPassword) {
    const auto credentials = decode_basic("Basic YzE6cGE6c3M=");
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->user, "c1");
    EXPECT_EQ(credentials->password, "pa:ss");
    EXPECT_TRUE(decode_basic("basic  YzE6"));
    for (const std::string_view bad : {"", "Basic", "Basic ", "Bearer YzE6", "Basic YzE", "Basic YzE2", "Basic //8="})
        EXPECT_FALSE(decode_basic(bad)) << bad;
}

// --- Create: the four connectors ---

void expect_good(const Result<NewCase>& made) {
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->form.value, 7001);
    EXPECT_EQ(made->internal_case_number, "NW-9001");
    EXPECT_EQ(made->summary, "Mount fails after upgrade");
    EXPECT_EQ(made->description, "Host loses its paths.\r\n\tERROR 0x1F");
    EXPECT_EQ(made->priority, Priority::medium);
}

TEST(DecodeNewCase, JavaWritesEveryUnsetMemberAsNullAndReturnsTheDefinitions) {
    const auto made = decode_new_case(R"({"documentId":7001,"internalCaseNumber":"NW-9001","receiverInternalCaseNumber":null,
        "problemSummary":"Mount fails after upgrade","problemDescription":"Host loses its paths.\r\n\tERROR 0x1F","priority":"MEDIUM",
        "adminNote":"<p>Call us</p>","escalationInstructions":"<p>x</p>","submitterContactDetails":null,
        "customFields":[{"fieldId":11,"section":"COMMON_CUSTOMER_SECTION","label":"Customer Company","options":"","additionalSettings":null,
          "type":"STRING","displayOrder":1,"validationRules":null,"value":"Fabrikam","selections":[],"required":true},
         {"fieldId":12,"section":"PROBLEM_SECTION","label":"Product","options":"Disk\r\nTape","type":"SELECT","displayOrder":2,"value":null,
          "selections":[{"value":"Disk","children":[{"value":"Fast","children":[]}]}],"required":false}],
        "internalNotes":[],"testSubmission":false})");
    expect_good(made);
    ASSERT_EQ(made->fields.size(), 2U);
    EXPECT_EQ(made->fields[0].field.value, 11);
    EXPECT_EQ(made->fields[0].value, "Fabrikam");
    EXPECT_EQ(made->fields[1].value, "");
    EXPECT_FALSE(made->contact);
    EXPECT_FALSE(made->test);
}

TEST(DecodeNewCase, ZendeskSendsRoutingIdsAndContact) {
    const auto made =
        decode_new_case(R"({"documentId":7001,"receiverDepartmentId":310,"receiverCompanyId":31,"internalCaseNumber":"NW-9001",
        "receiverInternalCaseNumber":"","problemSummary":"Mount fails after upgrade",
        "problemDescription":"Host loses its paths.\r\n\tERROR 0x1F","priority":"MEDIUM","adminNote":"","escalationInstructions":"",
        "submitterContactDetails":{"name":"Ada Okafor","email":"ada@northwind.example","phone":"5550100"},
        "customFields":[{"fieldId":11,"value":"Cloud:Vault"},{"fieldId":13,"value":""}],"internalNotes":[{"note":"call first"},{"note":""}],
        "testSubmission":true})");
    expect_good(made);
    ASSERT_TRUE(made->contact);
    EXPECT_EQ(made->contact->phone, "5550100");
    EXPECT_EQ(made->internal_notes, Words{"call first"});
    EXPECT_TRUE(made->test);
}

TEST(DecodeNewCase, SalesforceSendsNumbersAsTextAndLeavesMembersOut) {
    const auto made =
        decode_new_case(R"({"documentId":"7001","internalCaseNumber":"NW-9001","problemSummary":"Mount fails after upgrade",
        "problemDescription":"Host loses its paths.\r\n\tERROR 0x1F","priority":"MEDIUM","EscalationInstructions":"<p>x</p>",
        "customFields":[{"fieldId":"11","value":"Cloud : Vault","label":"Product"}],
        "submitterContactDetails":{"name":"","email":"","phone":null}})");
    expect_good(made);
    ASSERT_EQ(made->fields.size(), 1U);
    EXPECT_EQ(made->fields[0].field.value, 11);
    EXPECT_FALSE(made->contact) << "an object with nothing in it is no contact";
}

TEST(DecodeNewCase, DynamicsSendsNoFieldsAndLowerCasePriority) {
    const auto made =
        decode_new_case(R"({"documentId":7001,"internalCaseNumber":"NW-9001","problemSummary":"Mount fails after upgrade",
        "problemDescription":"Host loses its paths.\r\n\tERROR 0x1F","priority":"medium","customFields":[],"internalNotes":null,"testSubmission":null})");
    expect_good(made);
    EXPECT_TRUE(made->fields.empty());
}

TEST(DecodeNewCase, NamesEveryMissingMember) {
    EXPECT_EQ(violations(decode_new_case("{}")),
              (Words{"/documentId missing", "/internalCaseNumber missing", "/problemSummary missing", "/problemDescription missing",
                     "/priority missing", "/customFields missing"}));
    EXPECT_EQ(
        violations(decode_new_case(R"({"documentId":null,"internalCaseNumber":null,"problemSummary":null,"problemDescription":null,
        "priority":null,"customFields":null})")),
        violations(decode_new_case("{}")));
}

TEST(DecodeNewCase, NamesEveryWrongMember) {
    EXPECT_EQ(
        violations(
            decode_new_case(R"({"documentId":"x","internalCaseNumber":" ","problemSummary":"","problemDescription":"a\u001b[0m",
        "priority":"P1","submitterContactDetails":"ada","testSubmission":"yes",
        "customFields":[{"fieldId":0,"value":"v"},{"value":"v"},{"fieldId":5,"value":7},{"fieldId":5,"value":"again"},"field"],
        "internalNotes":[{"note":1}]})")),
        (Words{"/documentId wrong_type", "/internalCaseNumber empty", "/problemSummary empty", "/problemDescription not_allowed",
               "/priority not_allowed", "/submitterContactDetails wrong_type", "/customFields/4 wrong_type",
               "/customFields/0/fieldId out_of_range", "/customFields/1/fieldId missing", "/customFields/2/value wrong_type",
               "/customFields/3/fieldId duplicate", "/internalNotes/0/note wrong_type", "/testSubmission wrong_type"}));
    EXPECT_EQ(violations(
                  decode_new_case(R"({"documentId":2147483648,"internalCaseNumber":"a","problemSummary":"b","problemDescription":"",
        "priority":"LOW","customFields":{}})")),
              (Words{"/documentId out_of_range", "/customFields wrong_type"}));
}

TEST(DecodeNewCase, HoldsItsLimits) {
    const auto body = [](std::size_t number, std::size_t summary, std::size_t description, std::size_t value, std::size_t fields) {
        std::string json = "{\"documentId\":1,\"priority\":\"LOW\",\"internalCaseNumber\":\"" + letters(number) +
                           "\",\"problemSummary\":\"" + letters(summary) + "\",\"problemDescription\":\"" + letters(description) +
                           "\",\"customFields\":[";
        for (std::size_t i = 0; i < fields; ++i)
            json += (i ? ",{\"fieldId\":" : "{\"fieldId\":") + std::to_string(i + 1) + ",\"value\":\"" + letters(value) + "\"}";
        return json + "]}";
    };
    EXPECT_TRUE(decode_new_case(body(191, 500, 65'535, 5'000, 2)));
    EXPECT_TRUE(decode_new_case(body(1, 1, 0, 0, 200)));
    EXPECT_EQ(violations(decode_new_case(body(192, 501, 65'536, 5'001, 1))),
              (Words{"/internalCaseNumber too_long", "/problemSummary too_long", "/problemDescription too_long",
                     "/customFields/0/value too_long"}));
    EXPECT_EQ(violations(decode_new_case(body(1, 1, 1, 1, 201))), Words{"/customFields too_many"});
}

// --- Change, answers, closure ---

TEST(DecodeCaseChange, AbsentMembersAreLeftAlone) {
    const auto change =
        decode_case_change(R"({"internalCaseNumber":"NW-2","submitterContactDetails":{"name":"Bo","email":"bo@n.example"}})");
    ASSERT_TRUE(change);
    EXPECT_EQ(change->internal_case_number, "NW-2");
    EXPECT_EQ(change->contact->email, "bo@n.example");
    for (const std::string_view body :
         {"{}", R"({"internalCaseNumber":null,"submitterContactDetails":null})", R"({"internalCaseNumber":""})"}) {
        const auto none = decode_case_change(body);
        ASSERT_TRUE(none);
        EXPECT_FALSE(none->internal_case_number || none->contact);
    }
    EXPECT_EQ(violations(decode_case_change("{\"internalCaseNumber\":\"" + letters(192) + "\",\"submitterContactDetails\":[]}")),
              (Words{"/internalCaseNumber too_long", "/submitterContactDetails wrong_type"}));
}

TEST(DecodeApproval, NeedsOnlyTheMail) {
    const auto full = decode_approval(
        R"({"caseNumber":"CT-1","engineerName":"Bo Lund","engineerPhone":"555","engineerEmail":"bo@contoso.example","nextSteps":"Looking"})");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->case_number, "CT-1");
    EXPECT_EQ(full->engineer.name, "Bo Lund");
    EXPECT_EQ(full->next_steps, "Looking");
    EXPECT_TRUE(decode_approval(R"({"engineerEmail":"bo@contoso.example","engineerPhone":null,"nextSteps":""})"));
    EXPECT_EQ(violations(decode_approval(R"({"caseNumber":"CT-1"})")), Words{"/engineerEmail missing"});
    EXPECT_EQ(violations(decode_approval("{\"engineerEmail\":\"" + letters(192) + "\",\"engineerName\":\"" + letters(192) +
                                         "\",\"engineerPhone\":\"" + letters(51) + "\",\"nextSteps\":\"" + letters(5'001) + "\"}")),
              (Words{"/engineerName too_long", "/engineerEmail too_long", "/engineerPhone too_long", "/nextSteps too_long"}));
}

TEST(DecodeRejection, ReasonAloneIsEnough) {
    EXPECT_TRUE(decode_rejection(R"({"reason":"Not ours"})"));
    EXPECT_EQ(violations(decode_rejection(R"({"engineerName":"Bo","engineerEmail":"b@c.example"})")), Words{"/reason missing"});
    EXPECT_EQ(violations(decode_rejection(R"({"reason":""})")).size(), 1u);
    ASSERT_TRUE(decode_rejection("{}")) << "without any word: whether the case takes that is the operation's matter";
    EXPECT_EQ(decode_rejection("{}")->reason, "");
    EXPECT_TRUE(decode_rejection("{\"reason\":\"" + letters(2'000) + "\"}"));
    EXPECT_EQ(violations(decode_rejection("{\"reason\":\"" + letters(2'001) + "\"}")), Words{"/reason too_long"});
}

TEST(DecodeInformation, TextIsRequired) {
    const auto request = decode_information_request(R"({"requestedInformation":"Which build?","engineerName":"Bo"})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->requested, "Which build?");
    EXPECT_EQ(request->engineer.name, "Bo");
    EXPECT_EQ(decode_information_response(R"({"requestedInformation":"7.2"})")->information, "7.2");
    EXPECT_EQ(violations(decode_information_request("{}")), Words{"/requestedInformation missing"});
    EXPECT_EQ(violations(decode_information_response(R"({"requestedInformation":"\n"})")), Words{"/requestedInformation empty"});
    EXPECT_EQ(violations(decode_information_response("{\"requestedInformation\":\"" + letters(5'001) + "\"}")),
              Words{"/requestedInformation too_long"});
}

TEST(DecodeClosure, AnyFormOfNothing) {
    for (const std::string_view body : {"", " \r\n", "{}", "{ }", "\"\"", "null", R"({"unknown":1})"})
        EXPECT_TRUE(decode_closure(body)) << body;
    for (const std::string_view body : {"[]", "{", "true", "\"x\"", "closed"}) EXPECT_FALSE(decode_closure(body)) << body;
}

// --- Notes ---

TEST(DecodeNewNote, NamesTheAuthorFromAPartialUser) {
    const auto note = decode_new_note(R"({"summary":"Logs attached","description":"See the share.","priority":"HIGH",
        "submittedBy":{"id":null,"firstName":"Ada","lastName":"Okafor"},"type":"USER_PARTNER"})");
    ASSERT_TRUE(note);
    EXPECT_EQ(note->author_name, "Ada Okafor");
    EXPECT_EQ(note->priority, Priority::high);
    EXPECT_EQ(note->type, NoteType::user_partner);
    EXPECT_EQ(decode_new_note(R"({"summary":"s","submittedBy":{"lastName":"Okafor"}})")->author_name, "Okafor");
    const auto bare = decode_new_note(R"({"summary":"s","description":null,"priority":"","submittedBy":null})");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->description, "");
    EXPECT_EQ(bare->priority, Priority::medium);
    EXPECT_EQ(bare->type, NoteType::user_public);
}

TEST(DecodeNewNote, NamesWhatIsWrong) {
    EXPECT_EQ(violations(decode_new_note(R"({"description":"x"})")), Words{"/summary missing"});
    EXPECT_EQ(violations(decode_new_note(R"({"summary":"s","priority":"URGENT","submittedBy":"Ada","type":"SYSTEM"})")),
              (Words{"/priority not_allowed", "/submittedBy wrong_type", "/type not_allowed"}));
    EXPECT_EQ(violations(decode_new_note("{\"summary\":\"" + letters(501) + "\",\"description\":\"" + letters(5'001) + "\"}")),
              (Words{"/summary too_long", "/description too_long"}));
    EXPECT_TRUE(decode_new_note("{\"summary\":\"" + letters(500) + "\",\"description\":\"" + letters(5'000) + "\"}"));
}

// --- Query strings and paths ---

std::vector<QueryItem> items(std::string_view query) {
    auto parsed = parse_query(query);
    EXPECT_TRUE(parsed) << query;
    return parsed ? *parsed : std::vector<QueryItem>{};
}

TEST(ParseQuery, BothSpellingsOfABlank) {
    const auto parsed = items("a=x+y%20z&b=&c&=d&&%C3%A9=%2B");
    ASSERT_EQ(parsed.size(), 5U);
    EXPECT_EQ(parsed[0].value, "x y z");
    EXPECT_EQ(parsed[1].value, "");
    EXPECT_EQ(parsed[2].name, "c");
    EXPECT_EQ(parsed[4].name, "é");
    EXPECT_EQ(parsed[4].value, "+");
    EXPECT_TRUE(items("").empty());
}

TEST(ParseQuery, StrictEscapes) {
    for (const std::string_view bad : {"a=%", "a=%4", "a=%zz", "a=%4g", "a=%c3", "a=%ff", "a=%00", "a=%1b", "%7f=1"}) {
        const auto parsed = parse_query(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().kind, ErrorKind::malformed);
    }
    std::string many;
    for (int i = 0; i < 101; ++i) many += "a=1&";
    EXPECT_FALSE(parse_query(many));
}

TEST(DecodeSegment, OncePlusStaysPlus) {
    EXPECT_EQ(*decode_segment("a%20b+c%2525"), "a b+c%25");
    EXPECT_FALSE(decode_segment("%0"));
    EXPECT_FALSE(decode_segment("%e2%82"));
    EXPECT_EQ(encode_segment("a b/é~"), "a%20b%2F%C3%A9~");
    EXPECT_EQ(*decode_segment(encode_segment("x & y?#é+")), "x & y?#é+");
    EXPECT_EQ(*decode_search_term("%20Con%20toso%20"), "Con toso");
    EXPECT_EQ(violations(decode_search_term("%20")), Words{"/searchTerm empty"});
    EXPECT_EQ(violations(decode_search_term(letters(101))), Words{"/searchTerm too_long"});
    EXPECT_EQ(decode_id("2147483647"), 2'147'483'647);
    for (const std::string_view bad : {"", "0", "-1", "+1", "1x", "2147483648", "99999999999999999999", " 1"})
        EXPECT_FALSE(decode_id(bad)) << bad;
}

TEST(DecodeCaseFilter, ReadsEachListsOwnParameters) {
    const auto all = items(
        "internalCaseNumber=NW-1&type=inbound&status=Accepted&updatedAfter=2030-05-04T09:30:00Z&createdAfter=&"
        "includeRemovedNotes=true&page=2&size=50&paginated=true&unknown=1");
    const auto plain = decode_case_filter(all, ListKind::v2_plain);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->internal_case_number, "NW-1");
    EXPECT_EQ(plain->side, Side::receiver);
    EXPECT_EQ(plain->status, CaseStatus::accepted);
    EXPECT_EQ(plain->updated_after, at("2030-05-04T09:30:00Z"));
    EXPECT_FALSE(plain->created_after);
    EXPECT_TRUE(plain->include_removed_notes);
    EXPECT_FALSE(plain->paged);

    const auto paged = decode_case_filter(all, ListKind::v2_paged);
    EXPECT_TRUE(paged->paged);
    EXPECT_EQ(paged->page, 2);
    EXPECT_EQ(paged->size, 50);
    EXPECT_FALSE(paged->updated_after) << "the paged list has no time filter";

    const auto v1 = decode_case_filter(all, ListKind::v1);
    EXPECT_TRUE(v1->paged);
    EXPECT_FALSE(v1->updated_after) << "inert when paginated";
    EXPECT_TRUE(decode_case_filter(items("updatedAfter=2030-05-04T09:30Z"), ListKind::v1)->updated_after);
}

TEST(DecodeCaseFilter, DefaultsFilterNothing) {
    const auto none = decode_case_filter(items("type=ALL&status=all"), ListKind::v2_paged);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->side || none->status || none->status_matches_nothing || none->internal_case_number);
    EXPECT_EQ(none->page, 0);
    EXPECT_EQ(none->size, 20);
    EXPECT_EQ(decode_case_filter(items("paginated=true"), ListKind::v1)->size, 0) << "0 means everything";
    EXPECT_EQ(decode_case_filter(items("size=0"), ListKind::v2_paged)->size, 0);
    EXPECT_EQ(decode_case_filter(items("size=5000"), ListKind::v2_paged)->size, 1'000) << "a larger page than we send";
    EXPECT_TRUE(decode_case_filter(items("status=PENDINGACTION"), ListKind::v2_plain)->status_matches_nothing);
}

TEST(DecodeCaseFilter, AnOffsetWithABarePlus) {
    const auto filter = decode_case_filter(items("updatedAfter=2030-05-04T11:30:00+02:00"), ListKind::v2_plain);
    ASSERT_TRUE(filter);
    EXPECT_EQ(filter->updated_after, at("2030-05-04T09:30:00Z"));
}

TEST(DecodeCaseFilter, NamesWhatIsWrong) {
    EXPECT_EQ(violations(decode_case_filter(items("type=x&status=y&includeRemovedNotes=z&page=-1&size=1.5"), ListKind::v2_paged)),
              (Words{"/type not_allowed", "/status not_allowed", "/includeRemovedNotes wrong_type", "/page wrong_type",
                     "/size wrong_type"}));
    EXPECT_EQ(violations(decode_case_filter(items("updatedAfter=today&createdAfter=1&internalCaseNumber=" + letters(192)),
                                            ListKind::v2_plain)),
              (Words{"/internalCaseNumber too_long", "/updatedAfter wrong_type", "/createdAfter wrong_type"}));
}

TEST(DecodeNoteFilter, ReadsItsParameters) {
    const auto filter = decode_note_filter(items("updatedAfter=2030-05-04T09:30:00Z&includeRemoved=TRUE"));
    ASSERT_TRUE(filter);
    EXPECT_TRUE(filter->updated_after && !filter->created_after && filter->include_removed);
    EXPECT_EQ(violations(decode_note_filter(items("createdAfter=x"))), Words{"/createdAfter wrong_type"});
    EXPECT_EQ(decode_include_removed_notes(items("includeRemovedNotes=true")), true);
    EXPECT_EQ(decode_include_removed_notes(items("")), false);
    EXPECT_FALSE(decode_include_removed_notes(items("includeRemovedNotes=1")));
}

TEST(Decoders, NeverRepeatTheBody) {
    const std::string canary = "CANARY-7f3a";
    for (const std::string& body : {"{\"summary\":\"" + canary + std::string(600, 'x') + "\",\"priority\":\"" + canary + "\"}",
                                    "{\"" + canary + "\":", "{\"" + canary + "\":1,\"" + canary + "\":2}"}) {
        const auto note = decode_new_note(body);
        ASSERT_FALSE(note);
        EXPECT_FALSE(note.error().message.contains(canary));
        for (const Violation& violation : note.error().violations)
            EXPECT_FALSE((violation.pointer + violation.message).contains(canary));
    }
    EXPECT_FALSE(parse_query("q=" + canary + "%").error().message.contains(canary));
}

}  // namespace
}  // namespace entente::protocol::connect
