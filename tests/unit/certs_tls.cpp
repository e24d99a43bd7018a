#include "certs/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "certs/files.hpp"
#include "tests/unit/certs_craft.hpp"

namespace entente::certs {
namespace {

using tests::craft;
using tests::Crafted;
using tests::fault_of;
using tests::Files;
using tests::present;
using tests::save;
using tests::ScratchFolder;
using tests::shake;

class Tls : public testing::Test {
  protected:
    const ScratchFolder scratch;
    const std::filesystem::path folder = scratch / "ca";
    const Authority authority = Authority::create(folder, present());
    const Files server_files = save(scratch, "server", *authority.issue_server(local_names(), 30, present()));

    ServerTls asking(ClientCertificate how) const { return {server_files.certificate, server_files.key, folder / "ca.pem", how}; }
    std::shared_ptr<ssl_ctx_st> client() const { return client_context(folder / "ca.pem"); }
    std::shared_ptr<ssl_ctx_st> client_with(const Issued& identity) const {
        const Files files = save(scratch, "client", identity);
        return client_context(folder / "ca.pem", ClientIdentity{files.certificate, files.key});
    }
};

TEST_F(Tls, SpeaksTls13AndHttp11) {
    const auto server = server_context({server_files.certificate, server_files.key});
    const auto result = shake(server.get(), client().get());
    ASSERT_TRUE(result.ok);
    EXPECT_EQ(result.version, "TLSv1.3");
    EXPECT_EQ(result.alpn, "http/1.1");
    EXPECT_FALSE(result.peer_of_server);
    EXPECT_TRUE(result.resumable);
    EXPECT_FALSE(shake(server.get(), client().get(), "127.0.0.2").ok) << "another address";
}

TEST_F(Tls, Tls12TakesOnlyForwardSecretAeadSuites) {
    const auto server = server_context({server_files.certificate, server_files.key});
    for (const char* suite : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
        const auto context = client();
        SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
        ASSERT_EQ(SSL_CTX_set_cipher_list(context.get(), suite), 1);
        const auto result = shake(server.get(), context.get());
        EXPECT_TRUE(result.ok) << suite;
        EXPECT_EQ(result.cipher, suite);
    }
    for (const char* suite :
         {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
        const auto context = client();
        SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
        ASSERT_EQ(SSL_CTX_set_cipher_list(context.get(), suite), 1);
        EXPECT_FALSE(shake(server.get(), context.get()).ok) << suite;
    }
}

TEST_F(Tls, RefusesOldVersionsAndOtherProtocols) {
    const auto server = server_context({server_files.certificate, server_files.key});
    const auto old = client();
    SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(old.get(), "ALL:@SECLEVEL=0");
    EXPECT_FALSE(shake(server.get(), old.get()).ok);
    EXPECT_FALSE(shake(server.get(), client().get(), "localhost", "\x02h2").ok);
    EXPECT_TRUE(shake(server.get(), client().get(), "localhost", "\x02h2\x08http/1.1").ok);
}

TEST_F(Tls, ClientTrustsOnlyItsAuthorityAndTheName) {
    const auto server = server_context({server_files.certificate, server_files.key});
    Authority::create(scratch / "other", present());
    EXPECT_FALSE(shake(server.get(), client_context(scratch / "other" / "ca.pem").get()).ok);
    EXPECT_FALSE(shake(server.get(), client().get(), "elsewhere.example").ok);
}

TEST_F(Tls, OptionalClientCertificateMayBeMissing) {
    const auto result = shake(server_context(asking(ClientCertificate::optional)).get(), client().get());
    EXPECT_TRUE(result.ok);
    EXPECT_FALSE(result.peer_of_server);
    EXPECT_FALSE(result.resumable) << "a resumed session would skip verification";
    EXPECT_FALSE(shake(server_context(asking(ClientCertificate::required)).get(), client().get()).ok);
}

TEST_F(Tls, GoodClientCertificateIsProven) {
    const auto identity = authority.issue_client("spiffe://vendor.example/gateway", 30, present());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto context = client_with(*identity);
        SSL_CTX_set_max_proto_version(context.get(), version);
        const auto result = shake(server_context(asking(ClientCertificate::required)).get(), context.get());
        ASSERT_TRUE(result.ok);
        EXPECT_EQ(result.server_saw_uri, "spiffe://vendor.example/gateway");
        EXPECT_EQ(result.server_saw_authority, read_certificate_pem(authority.ca_pem())->fingerprint_sha256);
        EXPECT_FALSE(result.resumable);
    }
}

TEST_F(Tls, EveryBadClientCertificateIsRefused) {
    const std::pair<int, std::string> uri{NID_subject_alt_name, "URI:spiffe://a/b"};
    const std::pair<int, std::string> usage{NID_key_usage, "critical,digitalSignature"};
    const std::pair<int, std::string> for_clients{NID_ext_key_usage, "clientAuth"};
    const auto day = [](int days) { return present().plus_seconds(std::int64_t{days} * 86'400); };
    const std::vector<std::pair<const char*, Crafted>> bad{
        {"expired", {.extensions = {uri, usage, for_clients}, .from = day(-5)}},
        {"not yet valid", {.extensions = {uri, usage, for_clients}, .from = day(1)}},
        {"for servers", {.extensions = {uri, usage, {NID_ext_key_usage, "serverAuth"}}}},
        {"no URI name", {.extensions = {usage, for_clients, {NID_subject_alt_name, "DNS:a.example"}}}},
        {"two URI names", {.extensions = {usage, for_clients, {NID_subject_alt_name, "URI:spiffe://a/b,URI:spiffe://a/c"}}}},
        {"no digitalSignature", {.extensions = {uri, for_clients, {NID_key_usage, "critical,keyAgreement"}}}},
        {"may sign certificates", {.extensions = {uri, for_clients, {NID_key_usage, "critical,digitalSignature,keyCertSign"}}}},
        {"an authority", {.extensions = {uri, usage, for_clients, {NID_basic_constraints, "critical,CA:TRUE"}}}},
    };
    const auto server = server_context(asking(ClientCertificate::optional));
    const auto good = craft(folder, {.extensions = {uri, usage, for_clients}});
    ASSERT_TRUE(shake(server.get(), client_with(good).get()).ok) << "else the following would prove nothing";
    for (const auto& [what, wanted] : bad) {
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            const auto context = client_with(craft(folder, wanted));
            SSL_CTX_set_max_proto_version(context.get(), version);
            EXPECT_FALSE(shake(server.get(), context.get()).ok) << what;
        }
    }
    const auto stranger = Authority::create(scratch / "other", present());
    EXPECT_FALSE(shake(server.get(), client_with(*stranger.issue_client("spiffe://a/b", 1, present())).get()).ok)
        << "another authority";
}

TEST_F(Tls, ANewContextServesTheNewCertificate) {
    const auto before = server_context({server_files.certificate, server_files.key});
    const auto old_fingerprint = shake(before.get(), client().get()).client_saw_fingerprint;
    save(scratch, "server", *authority.issue_server(local_names(), 30, present()));
    const auto after = server_context({server_files.certificate, server_files.key});
    EXPECT_NE(shake(after.get(), client().get()).client_saw_fingerprint, old_fingerprint);
    EXPECT_EQ(shake(before.get(), client().get()).client_saw_fingerprint, old_fingerprint) << "old connections keep theirs";
}

TEST_F(Tls, RefusesFilesWithASentence) {
    const auto sentence = [&](const ServerTls& tls) { return fault_of([&] { server_context(tls); }); };
    EXPECT_NE(sentence({scratch / "none.pem", server_files.key}).find("none.pem: no usable certificate chain"), std::string::npos);
    EXPECT_NE(sentence({server_files.certificate, scratch / "none.key"}).find("none.key: cannot be read"), std::string::npos);
    const Files other = save(scratch, "other", *authority.issue_server(local_names(), 30, present()));
    EXPECT_NE(sentence({server_files.certificate, other.key}).find("key values mismatch"), std::string::npos);
    EXPECT_NE(sentence({server_files.certificate, server_files.key, std::nullopt, ClientCertificate::optional})
                  .find("no file of client authorities"),
              std::string::npos);
    ASSERT_EQ(::chmod(server_files.key.c_str(), 0644), 0);
    EXPECT_NE(sentence({server_files.certificate, server_files.key}).find("others can read this private key"), std::string::npos);
}

}  // namespace
}  // namespace entente::certs
