#pragma once
// Finds partners by words: an immutable index over one snapshot of the directory. Pure values, no store; searched by any number of
// threads at once.
//
// What is looked through: names of companies and departments, tags, the company's description, and the products that a form offers
// for choice. Words are compared folded (policy/words), in this order of worth: the same word, its plain form ("routers"), a word
// that begins with it, one that contains it, a near miss (only when nothing better exists, and never for words with digits: part
// numbers one apart are different parts). A rare word counts more than a common one. Scripts without blanks are compared by pairs
// of characters.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/directory.hpp"

namespace entente::operations {

struct PartnerSource {
    protocol::PartnerRow row;
    std::string description;            // of the company
    std::vector<std::string> products;  // choices of the form's product fields
};

class PartnerIndex {
  public:
    // keyword: a row fits when it has every word. sentence: filler words are left out, related words count a little ("san" finds
    // "Storage"), and a row fits when it has enough of the rest.
    enum class Manner : std::uint8_t { keyword, sentence };

    struct Hit {
        const protocol::PartnerRow* row = nullptr;  // lives as long as the index
        double score = 0;                           // comparable within one answer only
    };

    explicit PartnerIndex(std::vector<PartnerSource> sources);

    // Best first, at most `limit`, none of the company `except`. Only the first 32 different words of the query count.
    std::vector<Hit> find(std::string_view query, Manner manner, std::size_t limit, protocol::CompanyId except) const;

    const std::vector<protocol::PartnerRow>& rows() const { return rows_; }

  private:
    struct Posting {
        std::uint32_t row = 0;
        float weight = 0;
    };
    struct Term {
        std::string text;
        std::u32string characters;
        std::uint64_t letters = 0;  // which characters it has, hashed to bits: cheap refusal before distances are counted
        bool digits = false;
        float rarity = 0;
        std::vector<Posting> postings;
    };
    struct Match {
        const Term* term = nullptr;
        float quality = 0;
    };

    void add(std::uint32_t row, std::string_view text, float weight);
    std::vector<Match> matches(const std::string& word, Manner manner) const;
    void near_misses(const std::string& word, std::vector<Match>& found) const;

    std::vector<protocol::PartnerRow> rows_;
    std::vector<Term> terms_;                                // by text
    std::vector<std::pair<std::string, Posting>> gathered_;  // while building
};

}  // namespace entente::operations
