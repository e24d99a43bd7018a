#include "server/operations/partner_index.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

#include "policy/words.hpp"

namespace entente::operations {

namespace {

constexpr std::size_t words_max = 32;
constexpr float weight_company = 3.0F, weight_department = 2.5F, weight_tag = 2.0F, weight_product = 1.5F,
                weight_description = 0.8F;
constexpr float same = 1.0F, unmarked = 0.95F, begins = 0.85F, contains = 0.6F, related = 0.5F, one_off = 0.7F, two_off = 0.5F;
// A row of a sentence search stays when it reaches this part of the best one.
constexpr double kept = 0.25;

bool ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::u32string characters_of(std::string_view text) {
    std::u32string characters;
    for (std::size_t at = 0; at < text.size();) {
        const std::int32_t c = policy::next_character(text, at);
        if (c >= 0) characters += static_cast<char32_t>(c);
    }
    return characters;
}

// Words as they are compared. policy::words_of makes each character of a script without blanks a word; here two neighbours become
// one, because single characters stand in every second name.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    const auto parts = policy::words_of(text);
    const auto lone = [](const policy::Word& word) { return !ascii(word.folded) && characters_of(word.folded).size() == 1; };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool pairs = lone(parts[i]) && i + 1 < parts.size() && lone(parts[i + 1]) && parts[i].end == parts[i + 1].begin;
        if (pairs) {
            words.push_back(parts[i].folded + parts[i + 1].folded);
        } else if (const bool second = i > 0 && lone(parts[i]) && lone(parts[i - 1]) && parts[i - 1].end == parts[i].begin;
                   !second) {
            words.push_back(parts[i].folded);
        }
    }
    return words;
}

// The word without its English ending, so that "routers" and "routing" meet "router". Empty when it has none that we know.
std::string plain_form(std::string_view word) {
    if (!ascii(word)) return {};
    const auto without = [&](std::string_view ending, std::string_view instead) -> std::string {
        if (word.size() < ending.size() + 3 || !word.ends_with(ending)) return {};
        return std::string(word.substr(0, word.size() - ending.size())) + std::string(instead);
    };
    if (word.ends_with("ss")) return {};
    if (auto stem = without("ies", "y"); !stem.empty()) return stem;
    for (const std::string_view ending : {"ings", "ing", "ers", "er", "es", "ed", "s"})
        if (auto stem = without(ending, ""); !stem.empty()) return stem;
    return {};
}

// Words that a sentence has and a directory does not: they would find everything.
bool filler(std::string_view word) {
    static constexpr std::string_view fillers[] = {
        "a",       "about",   "after",    "all",    "an",     "and",     "any",      "are",     "as",       "at",     "be",
        "because", "been",    "but",      "by",     "can",    "company", "could",    "do",      "does",     "for",    "from",
        "get",     "has",     "have",     "help",   "helps",  "how",     "i",        "in",      "is",       "it",     "its",
        "know",    "looking", "make",     "makes",  "me",     "my",      "need",     "needs",   "no",       "of",     "on",
        "or",      "our",     "partner",  "people", "please", "problem", "problems", "product", "products", "should", "some",
        "someone", "support", "supports", "team",   "that",   "the",     "their",    "them",    "there",    "they",   "this",
        "to",      "us",      "vendor",   "want",   "was",    "we",      "what",     "when",    "where",    "which",  "who",
        "whom",    "whose",   "why",      "will",   "with",   "would",   "you",      "your",    "der",      "die",    "das",
        "und",     "für",     "mit",      "wer"};
    return std::ranges::find(fillers, word) != std::end(fillers);
}

// Words of one field: who asks for one of them may well mean another.
constexpr std::string_view families[] = {"storage san nas disk disks volume array lun multipath speicher",
                                         "network networking switch switching router routing fabric lan wan vlan ethernet netzwerk",
                                         "database databases sql dbms query transaction replication datenbank",
                                         "backup restore snapshot recovery archive sicherung",
                                         "virtualization virtualisation hypervisor vm vms container kubernetes",
                                         "security firewall vpn tls certificate certificates encryption identity",
                                         "cloud saas iaas paas hosting",
                                         "mail email smtp exchange messaging",
                                         "server servers compute hardware blade bios firmware",
                                         "linux unix kernel os windows",
                                         "billing invoice invoicing payment license licence licensing",
                                         "print printer printing scanner"};

std::vector<std::string_view> family_of(std::string_view word) {
    for (std::string_view family : families) {
        std::vector<std::string_view> members;
        bool ours = false;
        for (std::string_view left = family; !left.empty();) {
            const std::size_t end = std::min(left.find(' '), left.size());
            members.push_back(left.substr(0, end));
            ours = ours || members.back() == word;
            left.remove_prefix(std::min(end + 1, left.size()));
        }
        if (ours) return members;
    }
    return {};
}

std::uint64_t letters_of(const std::u32string& characters) {
    std::uint64_t letters = 0;
    for (const char32_t c : characters) letters |= std::uint64_t{1} << (c % 64);
    return letters;
}

// Edits (insert, delete, replace, swap of neighbours) that part two words; more than `most` is any number above it.
int distance(const std::u32string& a, const std::u32string& b, int most) {
    const std::size_t columns = b.size() + 1;
    std::vector<int> before2(columns), before(columns), now(columns);
    for (std::size_t j = 0; j < columns; ++j) before[j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = static_cast<int>(i);
        int least = now[0];
        for (std::size_t j = 1; j < columns; ++j) {
            const int replaced = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = std::min({before[j] + 1, now[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before2[j - 2] + 1);
            least = std::min(least, now[j]);
        }
        if (least > most) return least;
        std::swap(before2, before);
        std::swap(before, now);
    }
    return before[b.size()];
}

}  // namespace

PartnerIndex::PartnerIndex(std::vector<PartnerSource> sources) {
    rows_.reserve(sources.size());
    for (PartnerSource& source : sources) {
        const auto row = static_cast<std::uint32_t>(rows_.size());
        add(row, source.row.company_name, weight_company);
        if (source.row.department_name) add(row, *source.row.department_name, weight_department);
        for (const std::string& tag : source.row.tags) add(row, tag, weight_tag);
        for (const std::string& product : source.products) add(row, product, weight_product);
        add(row, source.description, weight_description);
        rows_.push_back(std::move(source.row));
    }
    // The heaviest place of a word in a row counts.
    std::ranges::sort(gathered_, [](const auto& a, const auto& b) {
        if (a.first != b.first) return a.first < b.first;
        return a.second.row != b.second.row ? a.second.row < b.second.row : a.second.weight > b.second.weight;
    });
    for (auto& [text, posting] : gathered_) {
        if (terms_.empty() || terms_.back().text != text) {
            Term term;
            term.text = text;
            term.characters = characters_of(text);
            term.letters = letters_of(term.characters);
            term.digits = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
            terms_.push_back(std::move(term));
        }
        auto& postings = terms_.back().postings;
        if (postings.empty() || postings.back().row != posting.row) postings.push_back(posting);
    }
    gathered_ = {};
    for (Term& term : terms_)
        term.rarity =
            static_cast<float>(std::log(1.0 + static_cast<double>(rows_.size()) / static_cast<double>(term.postings.size())));
}

void PartnerIndex::add(std::uint32_t row, std::string_view text, float weight) {
    for (const std::string& word : words_of(text)) {
        gathered_.emplace_back(word, Posting{row, weight});
        if (std::string stem = plain_form(word); !stem.empty())
            gathered_.emplace_back(std::move(stem), Posting{row, weight * unmarked});
    }
}

void PartnerIndex::near_misses(const std::string& word, std::vector<Match>& found) const {
    const std::u32string wanted = characters_of(word);
    const int most = wanted.size() >= 8 ? 2 : wanted.size() >= 4 ? 1 : 0;
    if (most == 0 || std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; })) return;
    const std::uint64_t letters = letters_of(wanted);
    for (const Term& term : terms_) {
        if (term.digits || std::popcount(term.letters ^ letters) > 2 * most) continue;
        const auto longer = std::max(term.characters.size(), wanted.size()),
                   shorter = std::min(term.characters.size(), wanted.size());
        if (longer - shorter > static_cast<std::size_t>(most)) continue;
        const int edits = distance(wanted, term.characters, most);
        if (edits <= most) found.push_back({&term, edits <= 1 ? one_off : two_off});
    }
}

std::vector<PartnerIndex::Match> PartnerIndex::matches(const std::string& word, Manner manner) const {
    std::vector<Match> found;
    const std::string stem = plain_form(word);
    bool good = false;
    for (const Term& term : terms_) {
        float quality = 0;
        if (term.text == word) {
            quality = same;
        } else if (!stem.empty() && term.text == stem) {
            quality = unmarked;
        } else if (term.text.size() > word.size()) {
            const std::size_t at = term.text.find(word);
            const float part = static_cast<float>(word.size()) / static_cast<float>(term.text.size());
            if (at == 0) {
                quality = begins * (0.6F + 0.4F * part);
            } else if (at != std::string::npos && word.size() >= 2) {
                quality = contains * (0.6F + 0.4F * part);
            }
            // Inside of a sentence a short word is part of too many others.
            if (manner == Manner::sentence && word.size() < 4) quality = 0;
        }
        if (quality > 0) found.push_back({&term, quality});
        good = good || quality > contains;
    }
    if (manner == Manner::sentence) {
        for (const std::string_view member : family_of(word)) {
            const auto term = std::ranges::lower_bound(terms_, member, {}, &Term::text);
            if (term != terms_.end() && term->text == member && member != word) found.push_back({&*term, related});
        }
    }
    if (!good) near_misses(word, found);
    return found;
}

std::vector<PartnerIndex::Hit> PartnerIndex::find(std::string_view query, Manner manner, std::size_t limit,
                                                  protocol::CompanyId except) const {
    std::vector<std::string> words;
    for (std::string& word : words_of(query))
        if (words.size() < words_max && std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
    if (manner == Manner::sentence && std::ranges::any_of(words, [](const auto& word) { return !filler(word); }))
        std::erase_if(words, [](const auto& word) { return filler(word); });
    if (words.empty()) return {};

    std::vector<float> total(rows_.size()), best(rows_.size());
    std::vector<std::uint16_t> fitting(rows_.size());
    std::vector<std::uint32_t> touched;
    for (const std::string& word : words) {
        touched.clear();
        for (const Match& match : matches(word, manner)) {
            for (const Posting& posting : match.term->postings) {
                const float worth = match.quality * match.term->rarity * posting.weight;
                if (best[posting.row] == 0) touched.push_back(posting.row);
                best[posting.row] = std::max(best[posting.row], worth);
            }
        }
        for (const std::uint32_t row : touched) {
            total[row] += best[row];
            ++fitting[row];
            best[row] = 0;
        }
    }

    std::vector<Hit> hits;
    double highest = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (fitting[row] == 0 || rows_[row].company == except) continue;
        if (manner == Manner::keyword && fitting[row] < words.size()) continue;
        const double part = static_cast<double>(fitting[row]) / static_cast<double>(words.size());
        const double score = static_cast<double>(total[row]) * (0.4 + 0.6 * part);
        hits.push_back({&rows_[row], score});
        highest = std::max(highest, score);
    }
    if (manner == Manner::sentence) std::erase_if(hits, [&](const Hit& hit) { return hit.score < kept * highest; });
    const auto order = [](const Hit& a, const Hit& b) {
        if (a.score != b.score) return a.score > b.score;
        return a.row->label != b.row->label ? a.row->label < b.row->label : a.row->form < b.row->form;
    };
    const std::size_t shown = std::min(limit, hits.size());
    std::ranges::partial_sort(hits, hits.begin() + static_cast<std::ptrdiff_t>(shown), order);
    hits.resize(shown);
    return hits;
}

}  // namespace entente::operations
