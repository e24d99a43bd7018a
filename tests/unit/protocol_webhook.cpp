// Webhooks as values: who is told what under which name, filters, and the exact bytes.

#include <gtest/gtest.h>

#include "protocol/webhook.hpp"

namespace entente::protocol {
namespace {

Event event(EventKind kind, Side side, CompanyId by) {
    Event e;
    for (std::size_t i = 0; i < e.id.size(); ++i) e.id[i] = static_cast<std::uint8_t>(i * 17);
    e.kind = kind;
    e.side = side;
    e.company = side == Side::submitter ? CompanyId{1} : CompanyId{2};
    e.partner = side == Side::submitter ? CompanyId{2} : CompanyId{1};
    e.by = by;
    e.cursor = 77;
    e.time = Instant{1'904'119'201'500'000};
    e.case_id = {4711};
    return e;
}

Webhook webhook(WebhookVersion version, Side side) {
    Webhook w;
    w.version = version;
    w.company = side == Side::submitter ? CompanyId{1} : CompanyId{2};
    return w;
}

TEST(Webhook, EveryVersionTellsWhatTheContractSays) {
    const CompanyId submitter{1};
    const CompanyId receiver{2};
    const auto v1 = [](const Event& e) { return std::string(event_name(WebhookVersion::v1, e).value_or("-")); };
    const auto v2 = [](const Event& e) {
        std::string name(event_name(WebhookVersion::v2, e).value_or("-"));
        constexpr std::string_view common = "org.tsanet.connect.collaboration-request.";
        return name.starts_with(common) ? name.substr(common.size()) : name;
    };
    const Event created = event(EventKind::case_created, Side::receiver, submitter);
    EXPECT_EQ(v1(created), "collaboration-request.created");
    EXPECT_EQ(v2(created), "created");
    EXPECT_EQ(v1(event(EventKind::case_created, Side::submitter, submitter)), "-");
    EXPECT_EQ(v1(event(EventKind::note_created, Side::receiver, submitter)), "note.created");
    EXPECT_EQ(v1(event(EventKind::note_created, Side::submitter, submitter)), "-") << "one's own doing";
    EXPECT_EQ(v1(event(EventKind::note_created, Side::submitter, {})), "note.created") << "the gateway's notes go to both";
    EXPECT_EQ(v1(event(EventKind::case_closed, Side::receiver, submitter)), "-") << "v1 has no word for it";
    EXPECT_EQ(v2(event(EventKind::case_closed, Side::receiver, submitter)), "closed");
    EXPECT_EQ(v2(event(EventKind::case_accepted, Side::submitter, receiver)), "response.created");
    EXPECT_EQ(v2(event(EventKind::case_rejected, Side::submitter, receiver)), "response.created");
    EXPECT_EQ(v2(event(EventKind::information_requested, Side::submitter, receiver)), "response.created");
    EXPECT_EQ(v2(event(EventKind::information_provided, Side::receiver, submitter)), "response.created");
    EXPECT_EQ(v2(event(EventKind::case_acceptance_updated, Side::submitter, receiver)), "response.updated");
    EXPECT_EQ(v2(event(EventKind::case_frozen, Side::receiver, {})), "-");
    for (int kind = 0; kind < event_kind_count; ++kind)
        EXPECT_EQ(event_name(WebhookVersion::native, event(static_cast<EventKind>(kind), Side::receiver, receiver)),
                  name(static_cast<EventKind>(kind)));
}

TEST(Webhook, NamesBelongToOneVersionEach) {
    for (const auto version : {WebhookVersion::v1, WebhookVersion::v2})
        for (const std::string_view one : event_names(version)) EXPECT_TRUE(knows_event_name(version, one));
    EXPECT_EQ(version_of_event_name("collaboration-request.created"), WebhookVersion::v1);
    EXPECT_EQ(version_of_event_name("org.tsanet.connect.collaboration-request.closed"), WebhookVersion::v2);
    EXPECT_EQ(version_of_event_name("case.closed"), WebhookVersion::native);
    EXPECT_EQ(version_of_event_name("case.exploded"), std::nullopt);
    // The one name that v1 and our own version share.
    EXPECT_TRUE(knows_event_name(WebhookVersion::v1, "note.created") && knows_event_name(WebhookVersion::native, "note.created"));
    for (int kind = 0; kind < event_kind_count; ++kind)
        EXPECT_EQ(parse_event_kind(name(static_cast<EventKind>(kind))), static_cast<EventKind>(kind));
}

TEST(Webhook, FiltersNarrowAndAnEmptyOneDoesNot) {
    const Event note = event(EventKind::note_created, Side::receiver, {1});
    Webhook w = webhook(WebhookVersion::v2, Side::receiver);
    EXPECT_TRUE(wants(w, note));
    w.sides = {Side::submitter};
    EXPECT_FALSE(wants(w, note));
    w.sides = {Side::submitter, Side::receiver};
    w.partners = {{1}};
    EXPECT_TRUE(wants(w, note));
    w.partners = {{9}};
    EXPECT_FALSE(wants(w, note));
    w.partners.clear();
    w.event_types = {"org.tsanet.connect.collaboration-request.closed"};
    EXPECT_FALSE(wants(w, note));
    w.event_types.clear();
    w.active = false;
    EXPECT_FALSE(wants(w, note));
    EXPECT_FALSE(wants(webhook(WebhookVersion::v2, Side::submitter), note)) << "another company's";
}

TEST(Webhook, TheSubmitterHearsOfACreationOnlyWhenItAsks) {
    const Event created = event(EventKind::case_created, Side::submitter, {1});
    Webhook w = webhook(WebhookVersion::v2, Side::submitter);
    EXPECT_FALSE(wants(w, created));
    w.sides = {Side::submitter};
    EXPECT_TRUE(wants(w, created));
    EXPECT_TRUE(wants(webhook(WebhookVersion::native, Side::submitter), created));
}

TEST(Webhook, BodiesAreExactBytes) {
    EventView view{event(EventKind::note_created, Side::receiver, {1}), "Hq2sV8nT0LkYp5cWd3", "Zk4QyW1rT7bXe9Ms20"};
    view.event.subject = {EventSubject::Type::note, 17};
    EXPECT_EQ(encode_event_v1(view),
              R"({"eventType":"note.created","requestToken":"Hq2sV8nT0LkYp5cWd3","noteToken":"Zk4QyW1rT7bXe9Ms20",)"
              R"("timestamp":"2030-05-04T10:00:01Z"})");
    EXPECT_EQ(
        encode_event_v2(view),
        R"({"specversion":"1.0","id":"00112233-4455-8677-8899-aabbccddeeff","source":"/connect",)"
        R"("type":"org.tsanet.connect.collaboration-request.note.created","time":"2030-05-04T10:00:01Z",)"
        R"("datacontenttype":"application/json","data":{"requestToken":"Hq2sV8nT0LkYp5cWd3","noteToken":"Zk4QyW1rT7bXe9Ms20"}})");
    EXPECT_EQ(
        encode_event(view, "https://gw.example"),
        R"({"specversion":"1.0","id":"00112233-4455-8677-8899-aabbccddeeff","source":"https://gw.example","type":"note.created",)"
        R"("subject":"cases/Hq2sV8nT0LkYp5cWd3","time":"2030-05-04T10:00:01Z","datacontenttype":"application/json","cursor":"77",)"
        R"("data":{"case":{"id":4711,"token":"Hq2sV8nT0LkYp5cWd3"},"side":"receiver","partner":1,"by":"partner",)"
        R"("note":{"id":17,"token":"Zk4QyW1rT7bXe9Ms20"}}})");
}

TEST(Webhook, WhatLeadsToWordsOfTheOtherSide) {
    EXPECT_TRUE(leads_to_content(event(EventKind::case_created, Side::receiver, {})));
    EXPECT_TRUE(leads_to_content(event(EventKind::note_created, Side::receiver, {1})));
    EXPECT_FALSE(leads_to_content(event(EventKind::note_created, Side::receiver, {2}))) << "its own";
    EXPECT_FALSE(leads_to_content(event(EventKind::note_created, Side::receiver, {}))) << "a notice of the gateway";
    EXPECT_FALSE(leads_to_content(event(EventKind::case_frozen, Side::receiver, {})));
    EXPECT_FALSE(leads_to_content(event(EventKind::case_closed, Side::receiver, {1})));
}

TEST(Callback, IsTakenApartOrRefused) {
    const auto url = parse_callback("https://hooks.example.com:8443/a/b?c=d", false);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->authority, "hooks.example.com:8443");
    EXPECT_EQ(url->host, "hooks.example.com");
    EXPECT_EQ(url->target, "/a/b?c=d");
    EXPECT_EQ(parse_callback("HTTPS://h?x", false)->target, "/?x");
    EXPECT_EQ(parse_callback("https://[2001:4860::1]/", false)->host, "2001:4860::1");
    EXPECT_FALSE(parse_callback("http://h/", false));
    EXPECT_FALSE(parse_callback("http://h/", true)->tls);
    for (const char* bad :
         {"", "https:/h", "https://", "https:///x", "https://u@h/", "https://h:/", "https://h:x/", "https://h:123456/",
          "https://[::1", "https://[h]/", "https://h\\/", "https://h/ x", "https://h/#f", "https://h/\r\nX: y", "https://ü/"})
        EXPECT_FALSE(parse_callback(bad, true)) << bad;
}

}  // namespace
}  // namespace entente::protocol
