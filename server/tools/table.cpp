#include "server/tools/table.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "server/tools/text.hpp"

namespace entente::tools {

std::string Paint::operator()(Ink ink, std::string_view text) const {
    if (!on_ || ink == Ink::plain || text.empty()) return std::string(text);
    constexpr std::array<std::string_view, 7> codes{"", "1", "2", "31", "32", "33", "34"};
    std::string out = "\x1b[";
    out.append(codes[static_cast<std::size_t>(ink)]).append("m").append(text).append("\x1b[0m");
    return out;
}

Ink ink_for_state(std::string_view state) {
    const std::string word = lower(state);
    constexpr std::array good{"accepted", "in_force", "granted", "open", "release",
                              "released", "active",   "success", "yes",  "allowed"};
    constexpr std::array waiting{"held", "information", "requested", "offered", "draft", "suspended", "hold", "frozen"};
    constexpr std::array bad{"rejected", "refused", "withdrawn", "terminated", "revoked", "refuse", "no", "denied", "failure"};
    const auto among = [&](const auto& words) { return std::ranges::find(words, word) != words.end(); };
    if (among(good)) return Ink::green;
    if (among(waiting)) return Ink::yellow;
    if (among(bad)) return Ink::red;
    return word == "closed" || word == "ended" ? Ink::dim : Ink::plain;
}

Table::Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}

void Table::row(std::vector<Cell> cells) {
    cells.resize(heads_.size(), Cell(std::string()));
    for (Cell& cell : cells) cell.text = printable(cell.text, Lines::join);
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t limit) const {
    std::vector<std::size_t> out;
    for (std::size_t column = 0; column < heads_.size(); ++column) {
        std::size_t widest = display_width(heads_[column]);
        for (const auto& row : rows_) widest = std::max(widest, display_width(row[column].text));
        out.push_back(widest);
    }
    if (limit == 0 || out.empty()) return out;
    const auto total = [&] { return std::accumulate(out.begin(), out.end(), std::size_t{0}) + 2 * (out.size() - 1); };
    constexpr std::size_t narrowest = 8;
    while (total() > limit) {
        auto widest = out.end();
        for (auto it = out.begin(); it != out.end(); ++it) {
            const auto column = static_cast<std::size_t>(it - out.begin());
            if (std::ranges::find(whole_, column) == whole_.end() && (widest == out.end() || *it > *widest)) widest = it;
        }
        if (widest == out.end() || *widest <= narrowest) break;
        *widest = std::max(narrowest, *widest - std::min(*widest, total() - limit));
        // Take no more from one column than makes it as wide as the next: the cut is shared.
        const std::size_t fair = [&] {
            std::size_t second = narrowest;
            for (auto it = out.begin(); it != out.end(); ++it) {
                if (it != widest) second = std::max(second, *it);
            }
            return second;
        }();
        if (*widest < fair && total() < limit) *widest += std::min(fair - *widest, limit - total());
    }
    return out;
}

std::string Table::print(const Paint& paint, std::size_t width) const {
    const std::vector<std::size_t> columns = widths(width);
    std::string out;
    const auto line = [&](const auto& text_of, const auto& ink_of) {
        std::string row;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string cut = shortened(text_of(i), columns[i]);
            row.append(paint(ink_of(i), cut));
            if (i + 1 < columns.size()) row.append(columns[i] - std::min(columns[i], display_width(cut)) + 2, ' ');
        }
        while (row.ends_with(' ')) row.pop_back();
        out.append(row).push_back('\n');
    };
    line([&](std::size_t i) { return heads_[i]; }, [](std::size_t) { return Ink::bold; });
    for (const auto& row : rows_) {
        line([&](std::size_t i) { return row[i].text; }, [&](std::size_t i) { return row[i].ink; });
    }
    return out;
}

void Facts::add(std::string name, std::string text, Ink ink) {
    if (text.empty()) return;
    facts_.push_back({std::move(name), printable(text, Lines::keep), ink});
}

std::string Facts::print(const Paint& paint, std::size_t width) const {
    std::size_t widest = 0;
    for (const Fact& fact : facts_) widest = std::max(widest, display_width(fact.name));
    const std::size_t indent = widest + 2;
    const std::size_t room = width > indent + 20 ? width - indent : 0;
    std::string out;
    for (const Fact& fact : facts_) {
        bool first = true;
        const auto put = [&](std::string_view line) {
            if (first) {
                out.append(paint(Ink::dim, fact.name)).append(indent - display_width(fact.name), ' ');
            } else if (!line.empty()) {
                out.append(indent, ' ');
            }
            first = false;
            out.append(paint(fact.ink, line)).push_back('\n');
        };
        for (const std::string& line : wrapped(fact.text, room == 0 ? static_cast<std::size_t>(-1) / 2 : room)) put(line);
    }
    return out;
}

}  // namespace entente::tools
