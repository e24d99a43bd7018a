// What a collector of security events gets: the frame, the event and its limit, the position.

#include <gtest/gtest.h>

#include "protocol/canonical.hpp"
#include "server/audit/log/core_section.hpp"
#include "server/audit/log/ocsf_event.hpp"
#include "server/deliveries/siem.hpp"

namespace entente::deliveries {
namespace {

operations::StreamedEntry entry(std::string operation = "case.create") {
    return {.index = 7,
            .time = {1'900'000'000'000'042},
            .operation = std::move(operation),
            .failed = false,
            .alarm = false,
            .event = R"({"class_uid":6003})"};
}

TEST(SyslogFrame, CountsItsOctetsAndHasTheWholeHeader) {
    EXPECT_EQ(syslog_frame(entry(), "gateway.example"),
              "137 <110>1 2030-03-17T17:46:40.000042Z gateway.example entente - case.create [origin software=\"Entente\" "
              "swVersion=\"" ENTENTE_VERSION "\"] {\"class_uid\":6003}");
}

TEST(SyslogFrame, TellsFailuresAndAlarmsByTheirSeverity) {
    auto one = entry();
    one.failed = true;
    EXPECT_NE(syslog_frame(one, "h").find(" <109>1 "), std::string::npos);
    one.alarm = true;
    EXPECT_NE(syslog_frame(one, "h").find(" <105>1 "), std::string::npos);
}

TEST(SyslogFrame, AHeaderHasNoBlanksOfItsOwn) {
    const std::string frame = syslog_frame(entry(std::string(40, 'x')), "two words\n");
    EXPECT_NE(frame.find("Z two?words? entente - " + std::string(32, 'x') + " ["), std::string::npos) << frame;
    EXPECT_NE(syslog_frame(entry(""), "").find("Z - entente - - ["), std::string::npos);
}

TEST(StreamPosition, ReadsBackWhatItWroteAndNothingElse) {
    StreamPosition position{.origin = "gw.example/a", .next = 12};
    position.leaf.fill(0xab);
    const std::string text = position_text(position);
    const auto back = parse_position(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->origin, position.origin);
    EXPECT_EQ(back->next, 12);
    EXPECT_EQ(back->leaf, position.leaf);
    for (std::size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(parse_position(std::string_view(text).substr(0, cut)));
    EXPECT_FALSE(parse_position(text + "\n"));
    EXPECT_FALSE(parse_position("o\n-1\n" + std::string(64, '0') + "\n"));
}

audit::Line line_of(const audit::Record& record) {
    audit::Line line;
    line.index = 3;
    line.operation = record.operation;
    line.time = {5'000'000};
    line.core = audit::core_section(record, line.event, line.time, "gw.example/a");
    return line;
}

TEST(OcsfEvent, IsTheCoreSectionAsItsClassWantsItWithItsPlaceInTheLog) {
    audit::Record record;
    record.operation = "form.change";
    record.class_uid = audit::Class::entity_management;
    record.activity = audit::activity_update;
    record.acting_company = {101};
    record.role = "administrator";
    record.authentication = "password";
    record.credential = "c0ffee";
    record.resources.push_back({"form", "7", 3});
    const audit::Line line = line_of(record);
    const std::string event = audit::ocsf_event(line, "gw.example/a", 0);
    ASSERT_TRUE(protocol::check_canonical(event));
    EXPECT_EQ(
        event,
        R"({"action_id":1,"activity_id":3,"actor":{"user":{"groups":[{"name":"administrator"}],"org":{"uid":"101"},)"
        R"("type_id":2,"uid":"c0ffee"}},"category_uid":3,"class_uid":3004,"disposition_id":1,)"
        R"("entity":{"type":"form","type_id":99,"uid":"7","version":"3"},)"
        R"("metadata":{"event_code":"form.change","log_name":"gw.example/a","product":{"name":"Entente",)"
        R"("vendor_name":"Entente","version":")" ENTENTE_VERSION R"("},"profiles":["security_control"],)"
        R"("uid":"00000000-0000-0000-0000-000000000000","version":"1.8.0"},"severity_id":1,"status_id":1,"time":5000,)"
        R"("type_uid":300403,"unmapped":{"attestation":{"chain_uid":"gw.example/a","fingerprint":{"algorithm_id":3,"value":")" +
            std::string(64, '0') +
            R"("},"serialization_id":2},"authentication":"password","log_index":3,)"
            R"("resources":[{"type":"form","uid":"7","version":3}]}})");
}

TEST(OcsfEvent, WhatIsTooLargeLosesTheDecisionThenResourcesThenParties) {
    audit::Record record;
    record.operation = "case.create";
    record.decision = protocol::CanonicalObject().set("gate", std::string(3'000, 'g')).text();
    for (int i = 0; i < 100; ++i) record.resources.push_back({"case", std::to_string(1'000'000 + i)});
    for (int i = 1; i < 200; ++i) record.parties.push_back({i});
    const audit::Line line = line_of(record);
    const std::string whole = audit::ocsf_event(line, "o", 0);
    EXPECT_GT(whole.size(), 6'000U);
    EXPECT_NE(whole.find("\"decision\""), std::string::npos);
    const std::string without = audit::ocsf_event(line, "o", whole.size() - 1);
    EXPECT_NE(without.find("\"decision_omitted\":true"), std::string::npos);
    EXPECT_NE(without.find("1000099"), std::string::npos);
    const std::string small = audit::ocsf_event(line, "o", 3'000);
    EXPECT_LE(small.size(), 3'000U);
    EXPECT_NE(small.find("\"resources_omitted\":92"), std::string::npos) << small;
    EXPECT_NE(small.find("\"parties\":["), std::string::npos) << small;
    const std::string least = audit::ocsf_event(line, "o", 1);
    EXPECT_NE(least.find("\"parties_omitted\":199"), std::string::npos) << least;
    for (const std::string& event : {whole, without, small, least}) EXPECT_TRUE(protocol::check_canonical(event));
}

TEST(OcsfEvent, AnEntryWithoutACoreSectionIsABaseEvent) {
    audit::Line line;
    line.index = 0;
    line.kind = 4;
    const std::string event = audit::ocsf_event(line, "o", 0);
    EXPECT_NE(event.find("\"class_uid\":0"), std::string::npos);
    EXPECT_NE(event.find("\"entry_kind\":\"log start\""), std::string::npos);
    EXPECT_TRUE(protocol::check_canonical(event));
}

}  // namespace
}  // namespace entente::deliveries
