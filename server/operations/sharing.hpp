#pragma once
// Builds what the other side may see of a text or a value: the third key applied to every crossing item (semantics 3).
//
// A Sharer belongs to one case and one introducing side for the length of one operation. It scans inside the operation, with the
// rules and names of this very moment, so that a verdict can never be older than the transaction that records it (README, Decided
// here).

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/detectors.hpp"
#include "policy/labels.hpp"
#include "policy/minimisation.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

// Under what a side's words are shared: the classes that flow, its company's rules for this agreement, the label that it gave to
// the case and the ceiling of the link.
struct SharingTerms {
    policy::Sharing sharing;
    std::int64_t rules_id = 0;  // 0: the defaults
    policy::Label label = policy::Label::clear;
    policy::Label ceiling = policy::default_ceiling;
    protocol::Side side = protocol::Side::submitter;  // whose words they are
};

class Sharer {
  public:
    // `pseudonyms_json`: the side's map so far, or empty. `names`: what the gateway knows to be sensitive in this case.
    Sharer(const policy::Detectors& detectors, SharingTerms terms, std::string_view pseudonyms_json,
           std::vector<policy::KnownName> names);

    std::string text(std::string_view plain);  // masked plain text
    // The value of a field that was declared to carry a class: if all of it is one machine or serial number of that class, it was
    // asked for and passes as it is.
    std::string field(std::string_view value, protocol::DataClass declared);
    std::string html(std::string_view html);  // masked, as paragraphs
    // Whole or nothing: nothing when the value holds something that is not permitted.
    std::string whole(std::string_view value);
    // The same for the name, address or number of a vendor's own person: the contact itself is what is wanted, a secret in it is
    // not.
    std::string staff(std::string_view value);
    protocol::ContactDetails staff(const protocol::ContactDetails& contact);

    std::string pseudonyms() const { return pseudonyms_.to_json(); }
    // How many values were masked by data class name, for the record.
    const std::map<std::string, int>& counts() const { return counts_; }
    // Findings by kind, also those that passed, for the record: a rehearsal judges from them when the words are gone.
    const std::map<std::string_view, int>& findings() const { return findings_; }
    const SharingTerms& terms() const { return terms_; }
    const std::string& detectors() const { return detectors_.version(); }

    policy::Scan scan(std::string_view text) const { return detectors_.scan(text, names_); }
    // Is this value one of the parseable forms that this side's pseudonyms were given?
    bool is_stand_in(std::string_view value) const;
    // Looks at a text for rules and labels that object to it, without sharing it. HTML is looked at as it is read.
    void examine(std::string_view text);
    // What stands against sharing what went through this sharer so far; nothing when it may cross.
    std::optional<Error> objection() const;
    // The highest of the case's label and the markings in the texts.
    policy::Label label() const { return label_; }
    // A part of a long text that is scanned in windows (file_text): masks [begin, end) of `text`, whose scan this is, and notes
    // what was found there. Nothing of it is kept for a review: files are reviewed by their own digest.
    std::string part(std::string_view text, const policy::Scan& scan, std::size_t begin, std::size_t end);
    policy::Action strictest() const { return strictest_; }
    std::string strictest_kinds() const;  // in words, of what asked for hold or refuse
    // Changes when anything changes that this sharer decides by.
    std::string fingerprint() const;
    // Digest of the texts in which something is to be looked at by a second person (action hold).
    protocol::Hash held_digest() const;

  private:
    std::string whole_under(std::string_view value, protocol::DataClasses permitted);
    void note(std::string_view original, const policy::Masked& masked);

    const policy::Detectors& detectors_;
    SharingTerms terms_;
    policy::Label label_;
    policy::Action strictest_ = policy::Action::allow;
    std::set<std::string_view> kinds_;  // that asked for hold or refuse
    std::string held_texts_;
    policy::Pseudonyms pseudonyms_;
    std::vector<policy::KnownName> names_;
    std::map<std::string, int> counts_;
    std::map<std::string_view, int> findings_;
};

struct WithheldField {
    std::string label;
    std::string_view reason;
};

struct SharedWords {
    store::CaseWords words;
    std::vector<WithheldField> withheld;  // fields that will not be shown at any stage under the classes now permitted
};

// The receiver's version of a case. `staff_contacts`: the agreement lets the vendors exchange their own people's contact data.
SharedWords share_case(Sharer& sharer, const store::CaseWords& original, protocol::DataClasses permitted, bool staff_contacts);

// Fills in the other side's version of a note or a response. `staff`: the author's own name and contact data may go along.
void share_note_words(Sharer& sharer, store::StoredNote& note, bool staff);
void share_response_words(Sharer& sharer, store::StoredResponse& response, bool staff);

// Did the agreement permit the vendors' own contact data when the case was released?
bool staff_shared(const store::StoredCase& c);

// Names of a company's own people and of the contact that it gave for the case, for the scan of texts where the agreement keeps
// staff contacts back: full ones in both orders, and family names alone (policy/family_names says when such a word is a person).
std::vector<policy::KnownName> staff_names(ReadTxn& txn, store::Vault& vault, const store::StoredCase& c, protocol::Side side);

// Names of the case's customer and of its people, for the scan.
std::vector<policy::KnownName> known_names(const protocol::Customer* customer);

}  // namespace entente::operations
