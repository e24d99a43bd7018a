#include "protocol/mail/html_text.hpp"

#include <algorithm>
#include <array>

#include "protocol/markup_entities.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

constexpr std::array<std::string_view, 9> silent{"head",     "style", "script", "title", "template",
                                                 "noscript", "svg",   "select", "object"};
constexpr std::array<std::string_view, 26> blocks{"p",  "div", "br",    "tr",    "li",    "ul",     "ol",   "table", "h1",
                                                  "h2", "h3",  "h4",    "h5",    "h6",    "pre",    "hr",   "dt",    "dd",
                                                  "dl", "td",  "tbody", "thead", "tfoot", "center", "body", "form"};
constexpr int quote_depth_max = 8;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// What a browser takes as the name of the tag behind '<' or '</'.
std::string_view tag_name(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && !is_space(text[size]) && text[size] != '>' && text[size] != '/') ++size;
    return text.substr(0, size);
}

template <std::size_t n>
bool among(const std::array<std::string_view, n>& names, std::string_view wanted) {
    return std::ranges::any_of(names, [&](std::string_view each) { return same_letters(each, wanted); });
}

class Text {
  public:
    explicit Text(std::string_view html) : left_(html) {}

    std::string read() {
        while (!left_.empty()) {
            if (left_.front() == '<') {
                markup();
            } else if (left_.front() == '&') {
                reference();
            } else {
                letter(left_.front());
                left_.remove_prefix(1);
            }
        }
        return std::move(out_);
    }

  private:
    void markup() {
        if (left_.starts_with("<!--")) return skip_to("-->");
        const bool closing = left_.size() > 1 && left_[1] == '/';
        const std::string_view name = tag_name(left_.substr(closing ? 2 : 1));
        const bool a_tag = !name.empty() && ((ascii_lower(name.front()) >= 'a' && ascii_lower(name.front()) <= 'z') ||
                                             name.front() == '!' || name.front() == '?');
        if (!a_tag) {
            letter('<');
            left_.remove_prefix(1);
            return;
        }
        skip_tag();
        if (!closing && among(silent, name)) return skip_element(name);
        if (same_letters(name, "blockquote")) {
            line_end();
            quote_ = std::clamp(quote_ + (closing ? -1 : 1), 0, quote_depth_max);
        } else if (among(blocks, name)) {
            line_end();
            if (same_letters(name, "p") && closing) paragraph_ = true;
            if (same_letters(name, "br") && at_line_start_twice_) out_ += '\n';
            at_line_start_twice_ = same_letters(name, "br");
            preformatted_ = same_letters(name, "pre") ? !closing : preformatted_;
        }
    }

    // Behind the '>' of the tag; quoted attribute values may hold one.
    void skip_tag() {
        char quote = 0;
        std::size_t i = 1;
        for (; i < left_.size(); ++i) {
            const char c = left_[i];
            if (quote != 0) {
                if (c == quote) quote = 0;
            } else if ((c == '"' || c == '\'') && left_[i - 1] == '=') {
                quote = c;
            } else if (c == '>') {
                break;
            }
        }
        left_.remove_prefix(std::min(left_.size(), i + 1));
    }

    void skip_element(std::string_view name) {
        while (!left_.empty()) {
            left_.remove_prefix(std::min(left_.size(), left_.find("</")));
            if (left_.empty()) return;
            const bool ends = same_letters(tag_name(left_.substr(2)), name);
            left_.remove_prefix(2);
            if (!ends) continue;
            left_.remove_prefix(std::min(left_.size(), left_.find('>')));
            if (!left_.empty()) left_.remove_prefix(1);
            return;
        }
    }

    void skip_to(std::string_view mark) {
        const auto at = left_.find(mark);
        left_ = at == std::string_view::npos ? std::string_view{} : left_.substr(at + mark.size());
    }

    void reference() {
        std::string character;
        const std::size_t used = decode_reference(left_, character);
        if (used == 0) {
            letter('&');
            left_.remove_prefix(1);
            return;
        }
        left_.remove_prefix(used);
        if (character == "\xc2\xa0") character = " ";
        for (const char c : character) letter(c);
    }

    void letter(char c) {
        if (is_space(c) && !preformatted_) {
            blank_ = !line_empty_;
            return;
        }
        if (c == '\n' || c == '\r') return line_end();
        if (line_empty_) begin_line();
        if (blank_) out_ += ' ';
        blank_ = false;
        out_ += c;
        at_line_start_twice_ = false;
    }

    void begin_line() {
        if (paragraph_ && !out_.empty()) out_ += '\n';
        paragraph_ = false;
        for (int i = 0; i < quote_; ++i) out_ += "> ";
        line_empty_ = false;
        blank_ = false;
    }

    void line_end() {
        if (line_empty_) return;
        out_ += '\n';
        line_empty_ = true;
        blank_ = false;
    }

    std::string_view left_;
    std::string out_;
    int quote_ = 0;
    bool line_empty_ = true, blank_ = false, paragraph_ = false, preformatted_ = false, at_line_start_twice_ = false;
};

}  // namespace

std::string html_to_text(std::string_view html) {
    return Text(html).read();
}

}  // namespace entente::protocol::mail
