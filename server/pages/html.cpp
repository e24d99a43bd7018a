#include "server/pages/html.hpp"

namespace entente::pages {

Html& Html::text(std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case '&':
                out_ += "&amp;";
                break;
            case '<':
                out_ += "&lt;";
                break;
            case '>':
                out_ += "&gt;";
                break;
            case '"':
                out_ += "&quot;";
                break;
            case '\'':
                out_ += "&#39;";
                break;
            default:
                out_ += c;
        }
    }
    return *this;
}

// One pass, so that a value that looks like a place-holder stays what it is.
std::string filled(std::string_view sentence, Terms terms) {
    std::string out;
    while (!sentence.empty()) {
        const std::size_t open = sentence.find('{');
        out += sentence.substr(0, open);
        if (open == std::string_view::npos) break;
        const std::size_t close = sentence.find('}', open);
        if (close == std::string_view::npos) break;
        const std::string_view name = sentence.substr(open + 1, close - open - 1);
        for (const auto& [term, value] : terms)
            if (term == name) out += value;
        sentence.remove_prefix(close + 1);
    }
    return out;
}

Html& Html::say(std::string_view sentence, Terms terms) {
    return text(filled(sentence, terms));
}

}  // namespace entente::pages
