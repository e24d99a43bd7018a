#include "server/audit/format/note.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/audit/format/proof.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::audit {
namespace {

using tests::audit_vectors;
using tests::blob_of;
using tests::hash_of;
using tests::log_vectors;
using tests::text_of;

constexpr std::string_view foo_vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
// A line of a key that nobody knows.
constexpr std::string_view grease = "\xe2\x80\x94 grease.example AAAAAAECAwQFBgc=\n";

VerifierKey key_of(std::string_view text) {
    auto key = parse_vkey(text);
    EXPECT_TRUE(key) << key.error().message;
    return key.value_or(VerifierKey{});
}

TEST(Note, OfThePublicLibraryByteForByte) {
    const auto& vector = audit_vectors().at("note").as_object();
    const std::string text = text_of(vector.at("text"));
    const certs::SigningKey key(blob_of(vector.at("seed_hex")));
    const Note note{text, {sign_note(key, "PeterNeumann", text)}};
    EXPECT_EQ(format_signature_line(note.signatures.front()), text_of(vector.at("sig_line")));
    EXPECT_EQ(format_vkey({"PeterNeumann", KeyType::ed25519, key.public_key()}), text_of(vector.at("vkey")));

    const auto parsed = parse_note(text + "\n" + text_of(vector.at("sig_line")));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, note);
    const VerifierKey known[] = {key_of(text_of(vector.at("vkey")))};
    const auto signers = verify_note(*parsed, known);
    ASSERT_TRUE(signers);
    EXPECT_EQ(*signers, (std::vector<Signer>{{"PeterNeumann", 0}}));
}

TEST(Note, KeysReadAndWrite) {
    EXPECT_EQ(format_vkey(key_of(foo_vkey)), foo_vkey);
    const std::string good(foo_vkey);
    for (const std::string& wrong :
         {std::string(), std::string("example.com/foo"), good.substr(0, good.size() - 4), "x" + good, "a b" + good,
          std::string("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
          std::string("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
          std::string("example.com/foo+530d903a+B+kyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")}) {
        EXPECT_FALSE(parse_vkey(wrong)) << wrong;
    }
}

class CheckpointTest : public testing::Test {
  protected:
    const certs::SigningKey log_key{blob_of(log_vectors().at("log_seed"))};
    const certs::SigningKey witness_key{blob_of(log_vectors().at("witness_seed"))};
    const std::string origin = text_of(log_vectors().at("origin"));
    const std::string published = text_of(log_vectors().at("checkpoint"));
    const VerifierKey log = key_of(text_of(log_vectors().at("log_vkey")));
    const VerifierKey witness = key_of(text_of(log_vectors().at("witness_vkey")));
    const std::uint64_t witness_time = static_cast<std::uint64_t>(log_vectors().at("witness_time").as_int64());
    const Checkpoint checkpoint{origin, 4, hash_of(log_vectors().at("root"))};

    protocol::Result<std::vector<Signer>> verified(const std::string& bytes, std::vector<VerifierKey> known) const {
        const auto note = parse_note(bytes);
        if (!note) return std::unexpected(note.error());
        return verify_note(*note, known);
    }
};

TEST_F(CheckpointTest, OfTheVectorsByteForByte) {
    EXPECT_EQ(log.public_key, log_key.public_key());
    EXPECT_EQ(format_vkey({origin, KeyType::ed25519, log_key.public_key()}), text_of(log_vectors().at("log_vkey")));
    EXPECT_EQ(format_vkey({witness.name, KeyType::cosignature, witness_key.public_key()}),
              text_of(log_vectors().at("witness_vkey")));
    const std::string text = checkpoint_text(checkpoint);
    EXPECT_EQ(format_note({text, {sign_note(log_key, origin, text)}}), published);
    EXPECT_EQ(format_signature_line(cosign_note(witness_key, witness.name, text, witness_time)),
              text_of(log_vectors().at("witness_line")));
    const auto note = parse_note(published);
    ASSERT_TRUE(note);
    const auto parsed = parse_checkpoint(note->text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, checkpoint);
}

TEST_F(CheckpointTest, VerifiesUnderLogAndWitness) {
    const std::string cosigned = published + text_of(log_vectors().at("witness_line"));
    EXPECT_EQ(verified(published, {log})->size(), 1U);
    EXPECT_EQ(*verified(cosigned, {log, witness}), (std::vector<Signer>{{origin, 0}, {witness.name, witness_time}}));
    EXPECT_EQ(verified(cosigned, {witness})->size(), 1U);
}

TEST_F(CheckpointTest, UnknownLinesAreIgnoredKnownOnesMustVerify) {
    const std::string greased = published + std::string(grease);
    EXPECT_TRUE(verified(greased, {log}));
    EXPECT_FALSE(verified(greased, {key_of(foo_vkey)})) << "no known line";
    // The log's own line with another signature: refused although a good line stands beside it.
    NoteSignature forged = sign_note(witness_key, origin, checkpoint_text(checkpoint));
    forged.key_id = log.key_id();
    EXPECT_FALSE(verified(published + format_signature_line(forged), {log}));
}

TEST_F(CheckpointTest, EveryChangedBitOfTheTextIsNoticed) {
    const auto note = parse_note(published);
    const VerifierKey known[] = {log};
    for (std::size_t bit = 0; bit < note->text.size() * 8; ++bit) {
        Note bent = *note;
        bent.text[bit / 8] = static_cast<char>(bent.text[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(verify_note(bent, known)) << bit;
    }
}

TEST_F(CheckpointTest, CosignatureBindsItsTime) {
    NoteSignature line = cosign_note(witness_key, witness.name, checkpoint_text(checkpoint), witness_time);
    const VerifierKey known[] = {witness};
    EXPECT_TRUE(verify_note({checkpoint_text(checkpoint), {line}}, known));
    line.signature[7] ^= 1U;
    EXPECT_FALSE(verify_note({checkpoint_text(checkpoint), {line}}, known));
    line.signature.resize(71);
    EXPECT_FALSE(verify_note({checkpoint_text(checkpoint), {line}}, known));
}

TEST_F(CheckpointTest, RefusesMalformedNotes) {
    const std::string line = text_of(log_vectors().at("witness_line"));
    const std::string lines = [&] {
        std::string all;
        for (int i = 0; i < 65; ++i) all += line;
        return all;
    }();
    for (const std::string& wrong :
         {std::string(), std::string("text\n"), std::string("text\n\n"), "text\n" + line,
          "text\n\n" + line.substr(0, line.size() - 1), "text\n\nx" + line, std::string("text\n\n\xe2\x80\x94 name\n"),
          std::string("text\n\n\xe2\x80\x94 name AAAA\n"), std::string("text\n\n\xe2\x80\x94 na+me AAAAAAA=\n"),
          std::string("text\n\n\xe2\x80\x94 name AAAAAAB=\n"), "te\txt\n\n" + line, "\xff\n\n" + line, "text\n\n" + lines,
          std::string(1'000'001, 'a')}) {
        EXPECT_FALSE(parse_note(wrong)) << wrong.substr(0, 60);
    }
    EXPECT_TRUE(parse_note("text\n\n" + lines.substr(0, line.size() * 64)));
}

TEST_F(CheckpointTest, RefusesMalformedCheckpoints) {
    const std::string root = protocol::base64(checkpoint.root);
    EXPECT_TRUE(parse_checkpoint("o\n0\n" + root + "\n"));
    for (const std::string& wrong :
         {std::string(), "o\n4\n" + root, "o\n04\n" + root + "\n", "o\n+4\n" + root + "\n", "o\n-1\n" + root + "\n",
          "o\n\n" + root + "\n", "\n4\n" + root + "\n", "o\n4\n" + root.substr(4) + "\n", "o\n4\n" + root + "\nextension\n",
          "o o\n4\n" + root + "\n", "o\n18446744073709551616\n" + root + "\n", "o\n4 \n" + root + "\n"}) {
        EXPECT_FALSE(parse_checkpoint(wrong)) << wrong;
    }
}

TEST_F(CheckpointTest, ReceiptOfTheVectorsByteForByte) {
    const std::string text = text_of(log_vectors().at("receipt"));
    const auto receipt = parse_receipt(text);
    ASSERT_TRUE(receipt) << receipt.error().message;
    EXPECT_EQ(format_receipt(*receipt), text);
    EXPECT_EQ(receipt->entry, blob_of(log_vectors().at("entries").as_array().at(1)));
    EXPECT_EQ(receipt->index, 1U);
    const VerifierKey known[] = {log, witness};
    const auto proven = verify_receipt(*receipt, known);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(proven->checkpoint, checkpoint);
    EXPECT_EQ(proven->signers.size(), 2U);
}

TEST_F(CheckpointTest, AReceiptForAnythingElseIsRefused) {
    const VerifierKey known[] = {log};
    const auto good = parse_receipt(text_of(log_vectors().at("receipt")));
    ASSERT_TRUE(verify_receipt(*good, known));
    auto bent = *good;
    bent.index = 0;
    EXPECT_FALSE(verify_receipt(bent, known));
    bent = *good;
    bent.entry.back() ^= 1U;
    EXPECT_FALSE(verify_receipt(bent, known));
    bent = *good;
    bent.path.pop_back();
    EXPECT_FALSE(verify_receipt(bent, known));
    bent = *good;
    bent.index = 4;
    EXPECT_FALSE(verify_receipt(bent, known));
    EXPECT_FALSE(parse_receipt("c2sp.org/tlog-proof@v1\nindex 1\n\n"));
    EXPECT_FALSE(parse_receipt("c2sp.org/tlog-proof@v2\n"));
}

}  // namespace
}  // namespace entente::audit
