// The witness's side: it cosigns what grew out of what it knows, nothing else, also after a restart.

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "certs/files.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/witness/cosigner.hpp"
#include "server/audit/witness/request.hpp"

namespace entente::audit {
namespace {

// A log in memory: leaves, and what it asks a witness.
class TestLog {
  public:
    explicit TestLog(std::string origin = "log.example.com/a", std::uint8_t seed = 1)
        : origin_(std::move(origin)), key_(protocol::Blob(32, seed)) {}
    void grow(int count, std::uint8_t content) {
        for (int i = 0; i < count; ++i) leaves_.push_back(leaf_hash(protocol::Blob{content, static_cast<std::uint8_t>(i)}));
    }
    NodeSource nodes() const {
        return [this](unsigned level, std::uint64_t index) {
            return root_of(std::span(leaves_).subspan(static_cast<std::size_t>(index << level), std::size_t{1} << level));
        };
    }
    std::string checkpoint() const {
        const std::string text = checkpoint_text({origin_, leaves_.size(), root_of(leaves_)});
        Note note{text, {sign_note(key_, origin_, text)}};
        if (beside_) note.signatures.push_back(sign_note(*beside_, origin_, text));
        return format_note(note);
    }
    std::string request(std::uint64_t old_size) const {
        CosignRequest made{.old_size = old_size, .checkpoint = checkpoint()};
        if (old_size <= leaves_.size()) made.proof = consistency_proof(old_size, leaves_.size(), nodes());
        return format_cosign_request(made);
    }
    // Signs with these from now on, the first and perhaps another.
    void sign_with(std::uint8_t seed, std::optional<std::uint8_t> beside = {}) {
        key_ = certs::SigningKey(protocol::Blob(32, seed));
        beside_.reset();
        if (beside) beside_.emplace(protocol::Blob(32, *beside));
    }
    VerifierKey key() const { return {origin_, KeyType::ed25519, key_.public_key()}; }

  private:
    std::string origin_;
    certs::SigningKey key_;
    std::optional<certs::SigningKey> beside_;
    std::vector<Hash> leaves_;
};

class WitnessTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("entente-witness-" + std::to_string(::getpid()));
        std::filesystem::remove_all(folder_);
        certs::create_private_folder(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    Cosigner witness() const {
        return {"witness.example/1",
                certs::SigningKey(protocol::Blob(32, 9)),
                {TestLog().key(), TestLog("log.example.com/b", 2).key()},
                folder_ / "state",
                [] { return std::uint64_t{1'767'225'661}; }};
    }
    std::filesystem::path folder_;
};

TEST_F(WitnessTest, follows_a_log_to_another_key) {
    Cosigner cosigner("witness.example/1", certs::SigningKey(protocol::Blob(32, 9)),
                      {TestLog().key(), TestLog("log.example.com/a", 3).key()}, folder_ / "state",
                      [] { return std::uint64_t{1'767'225'661}; });
    TestLog log;
    log.grow(3, 1);
    EXPECT_EQ(cosigner.add_checkpoint(log.request(0)).status, 200) << "by the older key";
    log.sign_with(1, 3);
    log.grow(3, 2);
    EXPECT_EQ(cosigner.add_checkpoint(log.request(3)).status, 200) << "by both";
    log.sign_with(3);
    log.grow(3, 3);
    EXPECT_EQ(cosigner.add_checkpoint(log.request(6)).status, 200) << "by the newer key alone";
    log.sign_with(4);
    log.grow(3, 4);
    EXPECT_EQ(cosigner.add_checkpoint(log.request(9)).status, 403) << "by a key that nobody named";
    // Whoever was not told of the newer key does not follow.
    auto behind = witness();
    TestLog other;
    other.sign_with(3);
    other.grow(3, 1);
    EXPECT_EQ(behind.add_checkpoint(other.request(0)).status, 403);
}

TEST_F(WitnessTest, cosigns_a_log_that_grows) {
    auto cosigner = witness();
    TestLog log;
    std::uint64_t before = 0;
    for (int round = 1; round < 20; ++round) {
        log.grow(round, 1);
        const auto answer = cosigner.add_checkpoint(log.request(before));
        ASSERT_EQ(answer.status, 200) << answer.body;
        const auto lines = parse_cosignatures(answer.body);
        ASSERT_TRUE(lines);
        auto note = parse_note(log.checkpoint());
        note->signatures.insert(note->signatures.end(), lines->begin(), lines->end());
        const auto signers = verify_note(*note, std::vector{log.key(), cosigner.key()});
        ASSERT_TRUE(signers);
        EXPECT_EQ(signers->at(1), (Signer{"witness.example/1", 1'767'225'661}));
        before = parse_checkpoint(note->text)->size;
        EXPECT_EQ(cosigner.known_size("log.example.com/a"), before);
    }
    EXPECT_EQ(cosigner.add_checkpoint(log.request(before)).status, 200) << "the same one again";
}

TEST_F(WitnessTest, says_what_it_knows_when_it_is_asked_from_elsewhere) {
    auto cosigner = witness();
    TestLog log;
    log.grow(5, 1);
    ASSERT_EQ(cosigner.add_checkpoint(log.request(0)).status, 200);
    log.grow(5, 1);
    for (const std::uint64_t wrong : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{6}}) {
        const auto answer = cosigner.add_checkpoint(log.request(wrong));
        EXPECT_EQ(answer.status, 409);
        EXPECT_EQ(answer.body, "5\n");
        EXPECT_FALSE(answer.forked);
    }
    EXPECT_EQ(cosigner.add_checkpoint(log.request(11)).status, 400) << "older than itself";
}

TEST_F(WitnessTest, cosigns_no_fork_and_remembers_over_a_restart) {
    TestLog log;
    log.grow(5, 1);
    ASSERT_EQ(witness().add_checkpoint(log.request(0)).status, 200);
    auto cosigner = witness();
    TestLog fork;
    fork.grow(4, 1);
    fork.grow(1, 2);
    auto answer = cosigner.add_checkpoint(fork.request(5));
    EXPECT_EQ(answer.status, 409) << "as long, but another";
    EXPECT_TRUE(answer.forked);
    fork.grow(3, 2);
    answer = cosigner.add_checkpoint(fork.request(5));
    EXPECT_EQ(answer.status, 422);
    EXPECT_TRUE(answer.forked);
    EXPECT_EQ(cosigner.known_size("log.example.com/a"), 5u);
    log.grow(1, 1);
    EXPECT_EQ(cosigner.add_checkpoint(log.request(5)).status, 200) << "the log that it knew goes on";
}

TEST_F(WitnessTest, knows_its_logs_by_their_keys) {
    auto cosigner = witness();
    TestLog unknown("log.example.com/c", 1);
    unknown.grow(1, 1);
    EXPECT_EQ(cosigner.add_checkpoint(unknown.request(0)).status, 404);
    TestLog forged("log.example.com/a", 5);
    forged.grow(1, 1);
    EXPECT_EQ(cosigner.add_checkpoint(forged.request(0)).status, 403);
    TestLog second("log.example.com/b", 2);
    second.grow(3, 1);
    EXPECT_EQ(cosigner.add_checkpoint(second.request(0)).status, 200);
    EXPECT_EQ(cosigner.known_size("log.example.com/a"), 0u);
}

TEST_F(WitnessTest, malformed_requests_are_refused) {
    auto cosigner = witness();
    TestLog log;
    log.grow(3, 1);
    const std::string good = log.request(0);
    for (const std::string& wrong :
         {std::string(), std::string("old"), "new" + good.substr(3), "old 00" + good.substr(5), "old -1" + good.substr(5),
          good.substr(0, good.size() / 2), "old 0\nAAAA\n\n" + log.checkpoint(), good + "x"}) {
        EXPECT_EQ(cosigner.add_checkpoint(wrong).status, 400) << wrong;
    }
    EXPECT_EQ(cosigner.known_size("log.example.com/a"), 0u);
}

TEST_F(WitnessTest, a_damaged_state_is_not_taken_for_none) {
    TestLog log;
    log.grow(5, 1);
    ASSERT_EQ(witness().add_checkpoint(log.request(0)).status, 200);
    std::filesystem::resize_file(folder_ / "state", 20);
    EXPECT_THROW(witness(), protocol::Fault);
}

TEST_F(WitnessTest, does_not_begin_where_it_could_keep_nothing) {
    const auto in = [&](const std::filesystem::path& state) {
        return Cosigner("witness.example/1", certs::SigningKey(protocol::Blob(32, 9)), {TestLog().key()}, state,
                        [] { return std::uint64_t{1'767'225'661}; });
    };
    EXPECT_THROW(in(folder_ / "nowhere" / "state"), protocol::Fault);
    EXPECT_THROW(in(folder_), protocol::Fault) << "a folder";
    // Trying leaves nothing behind, and takes nothing from what is there.
    (void)witness();
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
    TestLog log;
    log.grow(5, 1);
    ASSERT_EQ(witness().add_checkpoint(log.request(0)).status, 200);
    EXPECT_EQ(witness().known_size("log.example.com/a"), 5u);
}

TEST_F(WitnessTest, what_cannot_be_kept_is_not_cosigned) {
    auto cosigner = witness();
    TestLog log;
    log.grow(5, 1);
    std::filesystem::create_directories(folder_ / "state");  // a folder in the place of the file
    EXPECT_THROW(cosigner.add_checkpoint(log.request(0)), std::exception);
    EXPECT_EQ(cosigner.known_size("log.example.com/a"), 0u);
}

}  // namespace
}  // namespace entente::audit
