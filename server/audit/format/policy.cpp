#include "server/audit/format/policy.hpp"

#include <algorithm>
#include <set>
#include <span>

#include "server/audit/format/decimal.hpp"

namespace entente::audit {
namespace {

std::unexpected<protocol::Error> policy_malformed(std::size_t line, const std::string& what) {
    return protocol::fail(protocol::ErrorKind::malformed, "policy_malformed", "line " + std::to_string(line) + ": " + what);
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    while (!line.empty()) {
        const auto begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos) break;
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(" \t"), line.size());
        words.emplace_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

class Parser {
  public:
    protocol::Result<Policy> parse(std::string_view text) {
        if (text.size() > policy_bytes_max) return policy_malformed(1, "a policy has at most 65,536 bytes");
        std::size_t number = 0;
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            // Whoever got it by mail may have lines that end in CRLF.
            std::string_view whole = text.substr(0, end);
            if (whole.ends_with('\r')) whole.remove_suffix(1);
            const auto words = words_of(whole);
            text.remove_prefix(std::min(end + 1, text.size()));
            ++number;
            if (words.empty() || words.front().starts_with('#')) continue;
            if (auto read = line(words); !read.empty()) return policy_malformed(number, read);
        }
        if (!quorum_seen_) return policy_malformed(number, "the quorum line is missing; without witnesses it is: quorum none");
        return std::move(policy_);
    }

  private:
    using Words = std::vector<std::string>;

    // What is wrong with the line; empty when nothing is.
    std::string line(const Words& words) {
        if (words[0] == "log") return log(words);
        if (words[0] == "witness") return witness(words);
        if (words[0] == "group") return group(words);
        if (words[0] == "quorum") return quorum(words);
        return "a line begins with log, witness, group or quorum";
    }

    std::string log(const Words& words) {
        if (words.size() < 2 || words.size() > 3) return "log takes a verifier key and an address";
        auto key = parse_vkey(words[1]);
        if (!key) return key.error().message;
        if (key->type != KeyType::ed25519) return "the key of a log is a plain Ed25519 key";
        policy_.logs.push_back({*std::move(key), words.size() > 2 ? words[2] : std::string{}});
        return {};
    }

    std::string witness(const Words& words) {
        if (words.size() < 3 || words.size() > 4) return "witness takes a name, a verifier key and an address";
        auto key = parse_vkey(words[2]);
        if (!key) return key.error().message;
        if (key->type != KeyType::cosignature) return "the key of a witness is one for cosignatures";
        // One witness under two names would count twice for a quorum.
        for (const PolicyWitness& other : policy_.witnesses)
            if (other.key.public_key == key->public_key) return "the key of " + words[1] + " is that of " + other.name;
        if (!new_name(words[1])) return "the name " + words[1] + " is taken";
        policy_.witnesses.push_back({words[1], *std::move(key), words.size() > 3 ? words[3] : std::string{}});
        return {};
    }

    std::string group(const Words& words) {
        if (words.size() < 4) return "group takes a name, any, all or a number, and members";
        Policy::Group made{.name = words[1], .needed = 0, .members = {words.begin() + 3, words.end()}};
        for (const std::string& member : made.members)
            if (!names_.contains(member)) return member + " is no witness or group that was named before";
        if (std::set(made.members.begin(), made.members.end()).size() != made.members.size()) return "a member is named twice";
        const auto number = plain_decimal(words[2]);
        made.needed = words[2] == "any"   ? 1
                      : words[2] == "all" ? made.members.size()
                                          : static_cast<std::size_t>(number.value_or(0));
        if (made.needed == 0 || made.needed > made.members.size()) return "a group needs any, all, or a number up to its members";
        if (!new_name(words[1])) return "the name " + words[1] + " is taken";
        policy_.groups.push_back(std::move(made));
        return {};
    }

    std::string quorum(const Words& words) {
        if (words.size() != 2) return "quorum takes one name, or none";
        if (quorum_seen_) return "there is a quorum line already";
        if (words[1] != "none" && !names_.contains(words[1])) return words[1] + " is no witness or group that was named before";
        quorum_seen_ = true;
        policy_.quorum = words[1];
        return {};
    }

    bool new_name(const std::string& name) { return name != "none" && names_.insert(name).second; }

    Policy policy_;
    std::set<std::string> names_;
    bool quorum_seen_ = false;
};

}  // namespace

bool Policy::quorum_met(const Note& note) const {
    if (quorum == "none") return true;
    std::set<std::string> met;
    for (const PolicyWitness& witness : witnesses)
        if (verify_note(note, std::span(&witness.key, 1))) met.insert(witness.name);
    // Members are named before their group.
    for (const Group& group : groups) {
        const auto signed_by =
            std::ranges::count_if(group.members, [&](const std::string& member) { return met.contains(member); });
        if (static_cast<std::size_t>(signed_by) >= group.needed) met.insert(group.name);
    }
    return met.contains(quorum);
}

std::vector<VerifierKey> Policy::log_keys() const {
    std::vector<VerifierKey> keys;
    keys.reserve(logs.size());
    for (const PolicyLog& log : logs) keys.push_back(log.key);
    return keys;
}

protocol::Result<Policy> parse_policy(std::string_view text) {
    return Parser().parse(text);
}

std::string format_policy(const Policy& policy) {
    std::string out;
    const auto address = [](const std::string& url) { return url.empty() ? std::string{} : " " + url; };
    for (const PolicyLog& log : policy.logs) out += "log " + format_vkey(log.key) + address(log.url) + "\n";
    for (const PolicyWitness& witness : policy.witnesses)
        out += "witness " + witness.name + " " + format_vkey(witness.key) + address(witness.url) + "\n";
    for (const Policy::Group& group : policy.groups) {
        out += "group " + group.name + " " + (group.needed == group.members.size() ? "all" : std::to_string(group.needed));
        for (const std::string& member : group.members) out += " " + member;
        out += "\n";
    }
    return out + "quorum " + policy.quorum + "\n";
}

protocol::Result<Checkpoint> verify_checkpoint(std::string_view bytes, const Policy& policy) {
    const auto refuse = [](std::string what) {
        return protocol::fail(protocol::ErrorKind::invalid, "note_not_verified", std::move(what));
    };
    const auto note = parse_note(bytes);
    if (!note) return std::unexpected(note.error());
    const auto signers = verify_note(*note, policy.log_keys());
    if (!signers) return std::unexpected(signers.error());
    auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) return checkpoint;
    const bool own = std::ranges::any_of(*signers, [&](const Signer& signer) { return signer.name == checkpoint->origin; });
    if (!own) return refuse("the checkpoint is of the log " + checkpoint->origin + ", whose key did not sign it");
    if (!policy.quorum_met(*note)) return refuse("too few of the policy's witnesses cosigned the checkpoint");
    return checkpoint;
}

}  // namespace entente::audit
