#include "certs/authority.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "certs/x509.hpp"
#include "tests/unit/certs_craft.hpp"

namespace entente::certs {
namespace {

using tests::fault_of;
using tests::present;
using tests::ScratchFolder;
namespace fs = std::filesystem;

class AuthorityTest : public testing::Test {
  protected:
    const ScratchFolder scratch;
    const fs::path folder = scratch / "ca";
    const protocol::Instant now = present();
    const Authority authority = Authority::create(folder, now);
};

TEST_F(AuthorityTest, MayIssueLeavesOnlyAndKeepsItsKeyPrivate) {
    const auto facts = read_certificate_pem(authority.ca_pem());
    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->ca);
    EXPECT_TRUE(facts->key_cert_sign);
    EXPECT_FALSE(facts->digital_signature);
    EXPECT_EQ(facts->subject, facts->issuer);
    EXPECT_EQ(fs::status(folder / "ca.key").permissions(), fs::perms(0600));
    EXPECT_EQ(fs::status(folder / "ca.pem").permissions(), fs::perms(0644));
}

TEST_F(AuthorityTest, IsNeverReplaced) {
    EXPECT_NE(fault_of([&] { Authority::create(folder, now); }).find("holds an authority already"), std::string::npos);
    EXPECT_EQ(Authority::open(folder).ca_pem(), authority.ca_pem());
}

TEST_F(AuthorityTest, OpensOnlyAPrivateKey) {
    ASSERT_EQ(::chmod((folder / "ca.key").c_str(), 0640), 0);
    EXPECT_NE(fault_of([&] { Authority::open(folder); }).find("chmod 600"), std::string::npos);
}

TEST_F(AuthorityTest, ServerCertificateHasItsNames) {
    const auto issued = authority.issue_server(local_names(), 90, now);
    ASSERT_TRUE(issued);
    const auto facts = read_certificate_pem(issued->certificate_pem);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->dns_names, std::vector<std::string>{"localhost"});
    EXPECT_FALSE(facts->ca);
    EXPECT_TRUE(facts->digital_signature);
    EXPECT_EQ(facts->not_before.seconds(), now.seconds() - 300);
    EXPECT_EQ(facts->not_after.seconds(), now.seconds() + 90LL * 86'400);
    EXPECT_EQ(facts->issuer, read_certificate_pem(authority.ca_pem())->subject);
    EXPECT_EQ(facts->serial.size(), 32U);
    EXPECT_EQ(facts->fingerprint_sha256.size(), 64U);
}

TEST_F(AuthorityTest, ClientCertificateSatisfiesThePartnerRules) {
    const auto issued = authority.issue_client("spiffe://vendor.example/gateway", 30, now);
    ASSERT_TRUE(issued);
    const auto facts = read_certificate_pem(issued->certificate_pem);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->uri_san, "spiffe://vendor.example/gateway");
    EXPECT_TRUE(acceptable_partner_leaf(*facts));
    EXPECT_TRUE(protocol::as_text(issued->private_key_pem.bytes()).starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(AuthorityTest, RefusesNamesThatCouldSmuggleOthers) {
    for (const char* uri : {"spiffe://a/b,URI:spiffe://c/d", "spiffe://a/b\nX", "not a uri", ""}) {
        EXPECT_FALSE(authority.issue_client(uri, 30, now)) << uri;
    }
    EXPECT_FALSE(authority.issue_server({.dns = {"a,DNS:b"}}, 30, now));
    EXPECT_FALSE(authority.issue_server({.dns = {}, .addresses = {"127.0.0.999"}}, 30, now));
    EXPECT_FALSE(authority.issue_server({}, 30, now));
}

TEST_F(AuthorityTest, NothingOutlivesTheAuthority) {
    EXPECT_FALSE(authority.issue_client("spiffe://a/b", 0, now));
    EXPECT_FALSE(authority.issue_client("spiffe://a/b", 3'651, now));
    EXPECT_FALSE(authority.issue_client("spiffe://a/b", 30, now.plus_seconds(3'630LL * 86'400)));
    EXPECT_TRUE(authority.issue_client("spiffe://a/b", 3'650, now));
}

TEST_F(AuthorityTest, IssuesFromARequestOnlyWhatItDecides) {
    const auto request = make_request("whatever the partner writes");
    const auto pem = authority.issue_from_csr(request.csr_pem, "spiffe://vendor.example/gateway", 30, now);
    ASSERT_TRUE(pem) << pem.error().message;
    const auto facts = read_certificate_pem(*pem);
    ASSERT_TRUE(facts);
    EXPECT_TRUE(acceptable_partner_leaf(*facts));
    EXPECT_EQ(facts->uri_san, "spiffe://vendor.example/gateway");
    EXPECT_EQ(facts->subject.find("whatever"), std::string::npos);
}

TEST_F(AuthorityTest, RefusesADamagedRequest) {
    const auto request = make_request("x");
    EXPECT_FALSE(authority.issue_from_csr("", "spiffe://a/b", 30, now));
    EXPECT_FALSE(authority.issue_from_csr(authority.ca_pem(), "spiffe://a/b", 30, now));
    // A changed byte in the signed part: the signature no longer proves possession of the key.
    std::string body = request.csr_pem.substr(request.csr_pem.find('\n') + 1);
    body.resize(body.find("-----END"));
    std::erase(body, '\n');
    auto der = *protocol::from_base64(body);
    const auto named = std::ranges::search(der, std::string("Entente"));
    ASSERT_FALSE(named.empty());
    *named.begin() = 'F';
    const std::string bent =
        "-----BEGIN CERTIFICATE REQUEST-----\n" + protocol::base64(der) + "\n-----END CERTIFICATE REQUEST-----\n";
    const auto refused = authority.issue_from_csr(bent, "spiffe://a/b", 30, now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "the certificate request's signature does not verify");
}

}  // namespace
}  // namespace entente::certs
