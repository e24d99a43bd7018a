#include "certs/x509.hpp"

#include <gtest/gtest.h>
#include <openssl/obj_mac.h>

#include <string>

#include "certs/authority.hpp"
#include "tests/unit/certs_craft.hpp"

namespace entente::certs {
namespace {

using tests::craft;
using tests::present;
using tests::ScratchFolder;

TEST(PartnerUri, AcceptsSpiffeNames) {
    for (const char* uri :
         {"spiffe://vendor.example/gateway", "spiffe://v/a", "spiffe://vendor.example/a/B-c_d.e/9", "spiffe://v_1-x.example/..a"}) {
        EXPECT_TRUE(acceptable_partner_uri(uri)) << uri;
    }
    const std::string longest = "spiffe://v/" + std::string(2'048 - 11, 'a');
    EXPECT_TRUE(acceptable_partner_uri(longest));
    EXPECT_FALSE(acceptable_partner_uri(longest + "a"));
}

TEST(PartnerUri, RefusesEveryOtherSpelling) {
    for (const char* uri : {"",
                            "spiffe://",
                            "spiffe:///a",
                            "spiffe://vendor.example",
                            "spiffe://vendor.example/",
                            "spiffe://vendor.example/a/",
                            "spiffe://vendor.example//a",
                            "spiffe://Vendor.example/a",
                            "SPIFFE://vendor.example/a",
                            "spiffe://vendor.example:443/a",
                            "spiffe://user@vendor.example/a",
                            "spiffe://vendor.example/a?b",
                            "spiffe://vendor.example/a#b",
                            "spiffe://vendor.example/%61",
                            "spiffe://vendor.example/./a",
                            "spiffe://vendor.example/../a",
                            "spiffe://vendor.example/a b",
                            "spiffe://vendor.example/\xc3\xa4",
                            "https://vendor.example/a",
                            "vendor"}) {
        EXPECT_FALSE(acceptable_partner_uri(uri)) << uri;
    }
    EXPECT_FALSE(acceptable_partner_uri("spiffe://" + std::string(256, 'a') + "/b"));
}

TEST(PartnerUri, AnotherUriMustBeTheRegisteredOne) {
    EXPECT_TRUE(acceptable_partner_uri("https://vendor.example/id", "https://vendor.example/id"));
    EXPECT_TRUE(
        acceptable_partner_uri("urn:uuid:0190f5fe-7c00-7a00-8000-000000000001", "urn:uuid:0190f5fe-7c00-7a00-8000-000000000001"));
    EXPECT_FALSE(acceptable_partner_uri("https://vendor.example/id", "https://vendor.example/ID"));
    EXPECT_FALSE(acceptable_partner_uri("no scheme", "no scheme"));
    EXPECT_FALSE(acceptable_partner_uri("spiffe://Vendor.example/a", "spiffe://Vendor.example/a"))
        << "registering does not widen spiffe";
}

class Read : public testing::Test {
  protected:
    const ScratchFolder scratch;
    const std::filesystem::path folder = scratch / "ca";
    const Authority authority = Authority::create(folder, present());

    CertificateFacts crafted(std::vector<std::pair<int, std::string>> extensions) const {
        const auto facts = read_certificate_pem(craft(folder, {.extensions = std::move(extensions)}).certificate_pem);
        EXPECT_TRUE(facts) << facts.error().message;
        return facts.value_or(CertificateFacts{});
    }
};

TEST_F(Read, CountsUriNames) {
    const auto none = crafted({{NID_key_usage, "digitalSignature"}});
    EXPECT_EQ(none.uri_sans, 0);
    EXPECT_FALSE(acceptable_partner_leaf(none));
    const auto two =
        crafted({{NID_key_usage, "digitalSignature"}, {NID_subject_alt_name, "URI:spiffe://a/b,URI:spiffe://c/d,DNS:x.example"}});
    EXPECT_EQ(two.uri_sans, 2);
    EXPECT_EQ(two.uri_san, "");
    EXPECT_EQ(two.dns_names, std::vector<std::string>{"x.example"});
    EXPECT_FALSE(acceptable_partner_leaf(two));
}

TEST_F(Read, LeafRulesNameWhatIsWrong) {
    const std::pair<int, std::string> uri{NID_subject_alt_name, "URI:spiffe://a/b"};
    EXPECT_TRUE(acceptable_partner_leaf(crafted({{NID_key_usage, "digitalSignature"}, uri})));
    EXPECT_FALSE(acceptable_partner_leaf(crafted({uri}))) << "no key usage at all";
    EXPECT_FALSE(acceptable_partner_leaf(crafted({{NID_key_usage, "keyEncipherment"}, uri})));
    EXPECT_FALSE(acceptable_partner_leaf(crafted({{NID_key_usage, "digitalSignature,keyCertSign"}, uri})));
    EXPECT_FALSE(acceptable_partner_leaf(crafted({{NID_basic_constraints, "CA:TRUE"}, {NID_key_usage, "digitalSignature"}, uri})));
}

TEST_F(Read, RefusesWhatIsNoCertificate) {
    for (const std::string& text :
         {std::string(), std::string("hello"), std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
          std::string(70'000, 'x')}) {
        const auto facts = read_certificate_pem(text);
        ASSERT_FALSE(facts);
        EXPECT_EQ(facts.error().code, "certificate_unreadable");
    }
    EXPECT_FALSE(read_certificate_der({}));
}

TEST_F(Read, EveryCutOfACertificateIsRefused) {
    const std::string pem = authority.issue_client("spiffe://a/b", 1, present())->certificate_pem;
    const auto begin = pem.find('\n') + 1;
    std::string body = pem.substr(begin, pem.find("-----END") - begin);
    std::erase(body, '\n');
    auto der = *protocol::from_base64(body);
    ASSERT_TRUE(read_certificate_der(der));
    for (std::size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(read_certificate_der(Bytes(der).first(size)));
    der.push_back(0);
    EXPECT_FALSE(read_certificate_der(der)) << "trailing bytes";
}

}  // namespace
}  // namespace entente::certs
