// Commands against a scripted gateway: what they ask, what they print, and the exit code they end with.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/tools_support.hpp"

namespace entente::tools {
namespace {

constexpr const char* form_body = R"({"documentId":7001,"customFields":[
    {"fieldId":71,"label":"Customer Company","value":null,"required":true},{"fieldId":72,"label":"Product","value":""}]})";

TEST(Commands, UsageErrorsAreTwoAndHelpIsZero) {
    Terminal terminal;
    EXPECT_EQ(terminal.run({"case", "open"}), exit_code::usage);
    EXPECT_EQ(terminal.run({"nonsense"}), exit_code::usage);
    EXPECT_EQ(terminal.run({"case", "list", "--type", "sideways"}), exit_code::usage);
    EXPECT_EQ(terminal.run({}), exit_code::usage);
    EXPECT_EQ(terminal.run({"--help"}), exit_code::ok);
    EXPECT_NE(terminal.out.str().find("Exit codes"), std::string::npos);
    EXPECT_TRUE(terminal.asked.empty());
}

TEST(Commands, AMistypedCommandIsNamedWithTheNearest) {
    const auto said = [](std::vector<std::string> words) {
        Terminal terminal;
        EXPECT_EQ(terminal.run(std::move(words)), exit_code::usage);
        EXPECT_TRUE(terminal.asked.empty());
        return terminal.err.str();
    };
    EXPECT_NE(said({"case", "shwo", "T"}).find("'case shwo'; is it 'entente case show'?"), std::string::npos);
    EXPECT_NE(said({"cse", "list"}).find("'cse'; is it 'entente case'?"), std::string::npos);
    const std::string far = said({"case", "elephant"});
    EXPECT_NE(far.find("'case elephant'"), std::string::npos) << far;
    EXPECT_EQ(far.find("is it"), std::string::npos) << far;
}

TEST(Commands, EveryCommandHasASummaryAnExampleAndHelp) {
    Terminal terminal;
    for (const Command& command : api_commands()) {
        SCOPED_TRACE(command.path);
        EXPECT_FALSE(command.summary.empty());
        EXPECT_NE(command.example.find(command.path == "completion" ? "completion" : "entente " + command.path), std::string::npos);
        std::vector<std::string> words;
        std::istringstream path(command.path);
        for (std::string word; path >> word;) words.push_back(word);
        words.emplace_back("--help");
        EXPECT_EQ(terminal.run(words), exit_code::ok);
        EXPECT_NE(terminal.out.str().find("Example:"), std::string::npos);
    }
}

TEST(Commands, ListIsATableAndJsonIsRaw) {
    const std::string body =
        R"({"items":[{"token":"Tk1","status":"open","flow":"open","priority":"HIGH","side":"receiver","submitter":{"companyName":"Northwind"},
        "receiver":{"caseNumber":null},"updatedAt":"2030-05-04T09:00:00Z","summary":"Paths\u001b[2J flap"}],"next":null})";
    Terminal terminal;
    terminal.answers(200, body);
    EXPECT_EQ(terminal.run({"case", "list", "--type", "inbound", "--status", "open", "--number", "N 1"}), exit_code::ok);
    EXPECT_EQ(terminal.asked[0].target, "/api/v1/cases?limit=500&side=receiver&status=open&caseNumber=N%201");
    EXPECT_EQ(terminal.asked[0].authorization, "Bearer token-of-ada");
    EXPECT_NE(terminal.out.str().find("Tk1    OPEN    HIGH  from  Northwind          2030-05-04 09:00Z  Paths\uFFFD[2J flap"),
              std::string::npos)
        << terminal.out.str();
    terminal.answers(200, body);
    EXPECT_EQ(terminal.run({"case", "list", "--json"}), exit_code::ok);
    EXPECT_EQ(terminal.asked[1].target, "/api/v1/cases?limit=500");
    EXPECT_EQ(terminal.out.str(), body + "\n");
    EXPECT_EQ(terminal.err.str(), "");
}

TEST(Commands, ListSaysWhatIsHeldAndReadsToTheEnd) {
    const auto page = [](std::string token, std::string flow, std::string next) {
        return R"({"items":[{"token":")" + token + R"(","status":"open","flow":")" + flow + R"(","side":"submitter"}],"next":)" +
               next + "}";
    };
    Terminal terminal;
    terminal.answers(200, page("Tk1", "held", R"("c&1")"));
    terminal.answers(200, page("Tk2", "frozen", "null"));
    EXPECT_EQ(terminal.run({"case", "list", "--status", "held"}), exit_code::ok);
    EXPECT_EQ(terminal.asked[0].target, "/api/v1/cases?limit=500&flow=held");
    EXPECT_EQ(terminal.asked[1].target, "/api/v1/cases?limit=500&flow=held&after=c%261");
    EXPECT_NE(terminal.out.str().find("Tk1    held"), std::string::npos) << terminal.out.str();
    EXPECT_NE(terminal.out.str().find("Tk2    frozen"), std::string::npos) << terminal.out.str();
    terminal.answers(200, page("Tk1", "open", R"("c1")"));
    terminal.answers(200, page("Tk2", "open", "null"));
    EXPECT_EQ(terminal.run({"case", "list", "--json"}), exit_code::ok);
    EXPECT_EQ(terminal.out.str(), R"({"items":[{"token":"Tk1","status":"open","flow":"open","side":"submitter"},)"
                                  R"({"token":"Tk2","status":"open","flow":"open","side":"submitter"}],"next":null})"
                                  "\n");
}

TEST(Commands, RerouteTakesANameOrAnId) {
    const std::string receivers = R"({"side":"receiver","receiver":{"company":31,"companyName":"Fabrikam"}})";
    const std::string submitters = R"({"side":"submitter","receiver":{"company":31,"companyName":"Fabrikam"}})";
    const std::string partners = R"([{"companyId":30,"departmentId":300,"departmentName":"Routing"},
        {"companyId":31,"departmentId":310,"departmentName":"Routing"},{"companyId":31,"departmentId":311,"departmentName":"Switching"}])";
    Terminal terminal;
    terminal.answers(200, "{}");
    EXPECT_EQ(terminal.run({"case", "reroute", "Tk1", "--department", "310"}), exit_code::ok);
    EXPECT_EQ(terminal.asked.back().body, R"({"department":310})");
    terminal.answers(200, receivers);
    terminal.answers(200, R"({"items":[{"id":309,"name":"Switching"},{"id":310,"name":"Routing"}]})");
    terminal.answers(200, "{}");
    EXPECT_EQ(terminal.run({"case", "reroute", "Tk1", "--department", "routing"}), exit_code::ok);
    EXPECT_EQ(terminal.asked.back().body, R"({"department":310})");
    terminal.answers(200, submitters);
    terminal.answers(200, partners);
    terminal.answers(200, "{}");
    EXPECT_EQ(terminal.run({"case", "reroute", "Tk1", "--department", "Routing"}), exit_code::ok);
    EXPECT_EQ(terminal.asked.back().body, R"({"department":310})");
    terminal.answers(200, submitters);
    terminal.answers(200, partners);
    EXPECT_EQ(terminal.run({"case", "reroute", "Tk1", "--department", "Storage"}), exit_code::refused);
    EXPECT_NE(terminal.err.str().find("no department 'Storage'; it has\n  Routing\n  Switching"), std::string::npos);
}

TEST(Commands, AMistypedCustomerIsHintedAt) {
    Terminal terminal;
    const auto opened = [&](const std::string& customers) {
        terminal.answers(200, form_body);
        terminal.answers(200, R"({"token":"Tk1","receiveCompanyName":"Fabrikam"})");
        terminal.answers(200, R"({"flow":"held","verdict":"hold","reason":"customer_missing","text":"no customer"})");
        terminal.answers(200, customers);
        return terminal.run({"case", "open", "--form", "7001", "--number", "N", "--summary", "S", "--description", "D",
                             "--customer", "Harbourlin Shipping"});
    };
    EXPECT_EQ(opened(R"({"items":[{"id":5,"name":"Harbourline Shipping"},{"id":6,"name":"Fjord Ferries","aliases":["FF"]}]})"),
              exit_code::ok);
    EXPECT_NE(terminal.err.str().find("No customer is called 'Harbourlin Shipping'. Nearest: Harbourline Shipping\n"),
              std::string::npos)
        << terminal.err.str();
    EXPECT_EQ(opened(R"({"items":[{"id":6,"name":"Fjord Ferries"}]})"), exit_code::ok);
    EXPECT_EQ(terminal.err.str().find("Nearest"), std::string::npos);
}

TEST(Commands, RefusedMembersAreNamedByTheirOptions) {
    Terminal terminal;
    terminal.answers(200, form_body);
    terminal.answers(400, R"({"detail":"bad","violations":[{"pointer":"/problemSummary","code":"too_long","message":"m"},
        {"pointer":"/customFields/1/value","code":"not_allowed","message":"n"}]})");
    EXPECT_EQ(terminal.run({"case", "open", "--form", "7001", "--number", "N", "--summary", "S", "--description", "D"}),
              exit_code::refused);
    EXPECT_NE(terminal.err.str().find("/problemSummary (--summary): m"), std::string::npos) << terminal.err.str();
    EXPECT_NE(terminal.err.str().find("/customFields/1/value (--field Product=...): n"), std::string::npos) << terminal.err.str();
    terminal.asked.clear();
    EXPECT_EQ(terminal.run({"gate", "rehearse"}), exit_code::usage);
    EXPECT_NE(terminal.err.str().find("--successor, --class, --product, --assurance"), std::string::npos) << terminal.err.str();
    EXPECT_EQ(terminal.run({"case", "answer", "Tk1", "--update"}), exit_code::usage);
    EXPECT_NE(terminal.err.str().find("--number TEXT"), std::string::npos);
    EXPECT_TRUE(terminal.asked.empty());
}

TEST(Commands, WhoamiSaysTheRole) {
    Terminal terminal;
    terminal.answers(200, R"({"company":{"name":"Northwind"},"user":{"firstName":"Ada"}})");
    terminal.answers(200, R"({"role":"engineer"})");
    EXPECT_EQ(terminal.run({"whoami"}), exit_code::ok);
    EXPECT_NE(terminal.out.str().find("role        engineer\n"), std::string::npos) << terminal.out.str();
    EXPECT_NE(terminal.out.str().find("first name  Ada\n"), std::string::npos) << terminal.out.str();
}

TEST(Commands, HelpFitsTheTerminal) {
    Terminal terminal;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--help"}, {"case", "--help"}, {"case", "list", "--help"}}) {
        EXPECT_EQ(terminal.run(words), exit_code::ok);
        const std::string help = terminal.out.str();
        std::istringstream lines(help.substr(0, help.find("Example:")));
        for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
        EXPECT_EQ(help.find("Subcommands"), std::string::npos);
        EXPECT_EQ(help.find(" :{"), std::string::npos);
    }
    EXPECT_NE(terminal.out.str().find("--status {open,"), std::string::npos) << terminal.out.str();
    EXPECT_EQ(terminal.run({"case", "--help"}), exit_code::ok);
    EXPECT_NE(terminal.out.str().find("\nCommands:\n"), std::string::npos);
}

TEST(Commands, FilesThatWereNamedAndAreNotThereAreSaid) {
    Terminal terminal;
    const std::string missing = (terminal.folder / "missing").string();
    EXPECT_EQ(terminal.run({"case", "list", "--ca", missing}), exit_code::usage);
    EXPECT_NE(terminal.err.str().find("cannot read the certificate authority in " + missing + " (named by --ca)"),
              std::string::npos);
    terminal.environment["ENTENTE_CONFIG"] = missing;
    EXPECT_EQ(terminal.run({"case", "list"}), exit_code::configuration);
    EXPECT_NE(terminal.err.str().find("cannot read the configuration " + missing + " (named by ENTENTE_CONFIG)"),
              std::string::npos);
    EXPECT_TRUE(terminal.asked.empty());
}

TEST(Commands, OpenFillsTheFormAndTellsWhatHoldsTheCase) {
    Terminal terminal;
    terminal.files["problem.txt"] = "It fails.\n";
    terminal.answers(
        200,
        R"([{"label":"Fabrikam","companyName":"Fabrikam Networks","companyId":31,"departmentId":310,"departmentName":"Switching","documentId":7001}])");
    terminal.answers(200, form_body);
    terminal.answers(200, R"({"token":"Tk1","receiveCompanyName":"Fabrikam Networks"})");
    terminal.answers(
        200,
        R"({"flow":"held","verdict":"hold","reason":"authorization_missing","text":"the customer has not agreed","nextStep":"entente authorization request"})");
    EXPECT_EQ(terminal.run({"case", "open", "--to", "fabrikam networks", "--number", "NW-1", "--summary", "S", "--description",
                            "@problem.txt", "--priority", "high", "--customer", "HFL", "--field", "product=Switch"}),
              exit_code::ok);
    EXPECT_EQ(terminal.asked[0].target, "/v1/partners/fabrikam%20networks");
    EXPECT_EQ(terminal.asked[1].target, "/v1/forms/department/310");
    EXPECT_EQ(
        terminal.asked[2].body,
        R"({"documentId":7001,"internalCaseNumber":"NW-1","problemSummary":"S","problemDescription":"It fails.\n","priority":"HIGH",)"
        R"("testSubmission":false,"customFields":[{"fieldId":71,"label":"Customer Company","value":"HFL"},)"
        R"({"fieldId":72,"label":"Product","value":"Switch"}],"internalNotes":[]})");
    EXPECT_NE(terminal.out.str().find("Held: the customer has not agreed"), std::string::npos);
    EXPECT_NE(terminal.out.str().find("Next: entente authorization request"), std::string::npos);
}

TEST(Commands, OpenRefusesAFieldThatTheFormDoesNotHave) {
    Terminal terminal;
    terminal.answers(200, form_body);
    EXPECT_EQ(terminal.run({"case", "open", "--form", "7001", "--number", "N", "--summary", "S", "--description", "D", "--field",
                            "Shoe size=44"}),
              exit_code::refused);
    EXPECT_EQ(terminal.asked.size(), 1U);
    EXPECT_NE(terminal.err.str().find("no field 'shoe size'"), std::string::npos);
    EXPECT_NE(terminal.err.str().find("Customer Company  (required)"), std::string::npos);
}

TEST(Commands, AnswerTakesExactlyOneDecision) {
    Terminal terminal;
    EXPECT_EQ(terminal.run({"case", "answer", "Tk1"}), exit_code::usage);
    EXPECT_EQ(terminal.run({"case", "answer", "Tk1", "--accept", "--reject", "no"}), exit_code::usage);
    EXPECT_EQ(terminal.run({"case", "answer", "Tk1", "--accept", "--engineer", "B", "--email", "b@x.example"}), exit_code::usage);
    EXPECT_TRUE(terminal.asked.empty());
    terminal.answers(200, R"({"user":{"firstName":"Bo","lastName":"Lund","email":"bo@fabrikam.example","phone":"1"}})");
    terminal.answers(200, R"({"token":"Tk1","status":"ACCEPTED","direction":"INBOUND"})");
    EXPECT_EQ(terminal.run({"case", "answer", "Tk1", "--accept", "--number", "FB-7"}), exit_code::ok);
    EXPECT_EQ(terminal.asked[1].target, "/v1/collaboration-requests/Tk1/approval");
    EXPECT_EQ(
        terminal.asked[1].body,
        R"({"caseNumber":"FB-7","engineerName":"Bo Lund","engineerEmail":"bo@fabrikam.example","engineerPhone":"1","nextSteps":""})");
}

TEST(Commands, RefusalsNameTheNextStepAndEndWithOne) {
    Terminal terminal;
    terminal.answers(422, R"({"detail":"OPEN cases cannot be closed.","code":"wrong_state"})");
    EXPECT_EQ(terminal.run({"case", "close", "Tk1"}), exit_code::refused);
    EXPECT_EQ(terminal.err.str(), "Refused: OPEN cases cannot be closed.\n  reason  wrong_state (422)\n");
    terminal.answers(422, R"({"detail":"x"})");
    EXPECT_EQ(terminal.run({"case", "close", "Tk1", "--json"}), exit_code::refused);
    EXPECT_EQ(terminal.out.str(), "{\"detail\":\"x\"}\n");
}

TEST(Commands, NobodySignedInIsFourAndNoGatewayIsThree) {
    Terminal terminal;
    EXPECT_EQ(terminal.run({"case", "list", "--profile", "nobody"}), exit_code::not_signed_in);
    EXPECT_NE(terminal.err.str().find("Next: entente login --profile nobody --username NAME"), std::string::npos);
    terminal.now = terminal.now.plus_seconds(3600);
    EXPECT_EQ(terminal.run({"case", "list"}), exit_code::not_signed_in);
    EXPECT_NE(terminal.err.str().find("has ended"), std::string::npos);
    terminal.environment["ENTENTE_TOKEN"] = "given";
    terminal.answers(401, R"({"message":"The authorization token provided was invalid."})");
    EXPECT_EQ(terminal.run({"case", "list"}), exit_code::not_signed_in);
    EXPECT_EQ(terminal.asked.back().authorization, "Bearer given");
    terminal.away = true;
    EXPECT_EQ(terminal.run({"case", "list"}), exit_code::unreachable);
}

TEST(Commands, LoginKeepsTheTokenPrivatelyAndNeverThePassword) {
    Terminal terminal;
    terminal.typed = "s3cret pass";
    terminal.answers(200, R"({"accessToken":"new-token","tokenType":"Bearer","expiresIn":3600})");
    EXPECT_EQ(terminal.run({"login", "--profile", "bo", "--username", "bo", "--url", "https://gw.example:8443"}), exit_code::ok);
    EXPECT_EQ(terminal.prompts, "Password of bo: ");
    EXPECT_EQ(terminal.asked[0].body, R"({"username":"bo","password":"s3cret pass"})");
    const auto file = terminal.folder / "state" / "profiles" / "bo.json";
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto profile = read_profile(terminal.folder / "state", "bo");
    ASSERT_TRUE(profile);
    EXPECT_EQ(profile->token, "new-token");
    EXPECT_EQ(profile->url, "https://gw.example:8443");
    terminal.answers(200, "[]");
    EXPECT_EQ(terminal.run({"case", "list", "--profile", "bo"}), exit_code::ok);
    EXPECT_EQ(terminal.addresses.back().url, "https://gw.example:8443");
    EXPECT_EQ(terminal.asked.back().authorization, "Bearer new-token");
    EXPECT_EQ(terminal.run({"login", "--profile", "../evil", "--username", "x"}), exit_code::usage);
}

TEST(Commands, PasswordsComeFromFilesNotFromTheCommandLine) {
    Terminal terminal;
    terminal.files["pw"] = "from file\r\n";
    terminal.answers(401, R"({"message":"Error processing request"})");
    EXPECT_EQ(terminal.run({"login", "--username", "bo", "--password-file", "pw"}), exit_code::not_signed_in);
    EXPECT_EQ(terminal.asked[0].body, R"({"username":"bo","password":"from file"})");
    for (const Command& command : api_commands()) {
        for (const Option& option : command.options) {
            EXPECT_NE(option.name, "password") << command.path;
            EXPECT_NE(option.name, "secret") << command.path;
        }
    }
}

TEST(Commands, NamesBecomeIdsAndTimesBecomeInstants) {
    Terminal terminal;
    terminal.answers(
        200,
        R"({"items":[{"id":5,"name":"Harbour Freight Lines","aliases":["HFL"]},{"id":6,"name":"Harbour Cranes","aliases":[]}]})");
    terminal.answers(200, R"({"items":[{"id":31,"name":"Fabrikam Networks","domain":"fabrikam.example"}]})");
    terminal.answers(201, R"({"id":9,"state":"requested","customer":5,"partners":[31]})");
    terminal.answers(200, R"({"items":[{"id":5,"name":"Harbour Freight Lines"}]})");
    terminal.answers(403, "{}");
    terminal.answers(200, R"({"items":[{"id":31,"name":"Fabrikam Networks"}]})");
    EXPECT_EQ(terminal.run({"authorization", "request", "--customer", "hfl", "--partner", "fabrikam.example", "--class",
                            "technical", "--until", "30d"}),
              exit_code::ok);
    EXPECT_EQ(terminal.asked[2].body,
              R"({"customer":5,"partners":[31],"purpose":"support","dataClasses":["technical"],"until":"2030-06-03T09:30:00Z"})");
    EXPECT_NE(terminal.err.str().find("entente authorization grant 9"), std::string::npos);
    EXPECT_NE(terminal.out.str().find("customer  Harbour Freight Lines (5)"), std::string::npos) << terminal.out.str();
    EXPECT_NE(terminal.out.str().find("partners  Fabrikam Networks (31)"), std::string::npos);
    terminal.answers(200, R"({"items":[{"id":5,"name":"Harbour Freight Lines"}]})");
    EXPECT_EQ(terminal.run({"authorization", "request", "--customer", "Harbor", "--partner", "31", "--until", "1d"}),
              exit_code::refused);
    EXPECT_EQ(terminal.run({"authorization", "request", "--customer", "5", "--partner", "31", "--until", "soon"}),
              exit_code::usage);
}

TEST(Commands, VerificationSaysWhichRecordAndEndsWithFive) {
    Terminal terminal;
    terminal.answers(200, R"({"ok":true,"size":12,"root":"ab","checked":12})");
    EXPECT_EQ(terminal.run({"audit", "verify"}), exit_code::ok);
    terminal.answers(
        200,
        R"({"ok":false,"size":12,"root":"ab","checked":11,"firstBadIndex":7,"check":"sealed","sentence":"record 7: the envelope does not match"})");
    EXPECT_EQ(terminal.run({"audit", "verify"}), exit_code::tampered);
    EXPECT_NE(terminal.out.str().find("first bad record    7"), std::string::npos) << terminal.out.str();
}

TEST(Commands, OnboardingAddsWhatIsMissingAndSaysWhatExists) {
    Terminal terminal;
    terminal.files["c.toml"] =
        "[company]\nname='Northwind'\ndomain='northwind.example'\n[[user]]\nusername='ada'\nfirst_name='A'\nlast_name='O'\n"
        "email='a@northwind.example'\n[[client]]\nname='Connector'\n";
    terminal.environment["ENTENTE_PROFILE"] = "default";
    terminal.answers(200, R"({"items":[{"id":12,"domain":"northwind.example"}]})");
    terminal.answers(200, R"({"items":[{"username":"ADA"}]})");
    terminal.answers(200, R"({"items":[]})");
    terminal.answers(201, R"({"id":3,"clientId":"c-3","clientSecret":"shown-once"})");
    const std::string secrets = (terminal.folder / "secrets.json").string();
    EXPECT_EQ(terminal.run({"onboard", "c.toml", "--secrets", secrets}), exit_code::ok) << terminal.err.str();
    EXPECT_NE(terminal.out.str().find("exists  company Northwind"), std::string::npos);
    EXPECT_NE(terminal.out.str().find("adding  client Connector"), std::string::npos);
    EXPECT_NE(terminal.out.str().find("1 added, 2 existed already"), std::string::npos);
    EXPECT_EQ(terminal.out.str().find("shown-once"), std::string::npos);
    EXPECT_EQ(std::filesystem::status(secrets).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    terminal.files["bad.toml"] = "[company]\nname='X'\n";
    EXPECT_EQ(terminal.run({"onboard", "bad.toml"}), exit_code::refused);
    EXPECT_NE(terminal.err.str().find("bad.toml:1: company.domain: it is missing"), std::string::npos);
}

TEST(Commands, WordsAfterAnOptionAreArguments) {
    Terminal terminal;
    terminal.files["a.toml"] = terminal.files["b.toml"] = "[company]\nname='X'\ndomain='x.example'\n";
    EXPECT_EQ(terminal.run({"onboard", "--check", "--secrets", "s.json", "a.toml", "b.toml"}), exit_code::ok) << terminal.err.str();
    EXPECT_EQ(terminal.out.str(), "2 files are in order\n");
    EXPECT_EQ(terminal.run({"case", "show", "--profile", "a", "--profile", "b", "Tk1"}), exit_code::usage);
}

TEST(Commands, TheUsualProfileDoesNotCountAtAnotherGateway) {
    Terminal terminal;
    write_profile(terminal.folder / "state", "default",
                  {.url = "https://one.example",
                   .ca_file = {},
                   .config_file = {},
                   .token = "t",
                   .who = "ada",
                   .expires = terminal.now.plus_seconds(60)});
    EXPECT_EQ(terminal.run({"case", "list", "--url", "https://two.example"}), exit_code::not_signed_in);
    terminal.answers(200, "[]");
    EXPECT_EQ(terminal.run({"case", "list", "--url", "https://one.example"}), exit_code::ok);
}

// The terminal's world keeps what was written as a new file: 0600, and never over an old one.
TEST(Commands, WhatIsHeldAboutSomebodyGoesIntoANewFile) {
    Terminal terminal;
    const std::string file = (terminal.folder / "tanaka.json").string();
    terminal.answers(200, R"({"items":[{"place":"case"}]})");
    EXPECT_EQ(terminal.run({"subject", "export", "--mail", "mei@harbourline.example", "--out", file}), exit_code::ok);
    ASSERT_TRUE(terminal.files.contains(file));
    EXPECT_NE(terminal.files.at(file).find("\"place\":\"case\""), std::string::npos);
    std::ofstream(file) << "of another day";
    EXPECT_EQ(terminal.run({"subject", "export", "--mail", "mei@harbourline.example", "--out", file}), exit_code::usage)
        << "before anything is looked up";
}

TEST(Commands, CompletionKnowsEveryCommandAndOption) {
    Terminal terminal;
    EXPECT_EQ(terminal.run({"completion", "bash"}), exit_code::ok);
    const std::string script = terminal.out.str();
    for (const Command& command : api_commands())
        EXPECT_NE(script.find("'" + command.path + "')"), std::string::npos) << command.path;
    EXPECT_NE(script.find("words='inbound outbound all'"), std::string::npos);
    EXPECT_EQ(terminal.run({"completion", "zsh"}), exit_code::ok);
    EXPECT_EQ(terminal.out.str().substr(0, 16), "#compdef entente");
    EXPECT_EQ(terminal.run({"completion", "fish"}), exit_code::usage);
}

}  // namespace
}  // namespace entente::tools
