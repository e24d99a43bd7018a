#include "protocol/mail/address.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

constexpr std::size_t local_max = 64;
constexpr std::size_t address_max = 254;
constexpr std::size_t label_max = 63;
constexpr std::size_t found_max = 200;

constexpr bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
constexpr bool atom_character(char c) {
    return letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

bool dot_atom(std::string_view text) {
    if (text.empty() || text.size() > local_max || text.front() == '.' || text.back() == '.') return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '.' ? text[i - 1] == '.' : !atom_character(text[i])) return false;
    return true;
}

bool host_name(std::string_view text) {
    std::size_t labels = 0;
    while (true) {
        const auto dot = text.find('.');
        const std::string_view label = text.substr(0, dot);
        if (label.empty() || label.size() > label_max || label.front() == '-' || label.back() == '-') return false;
        for (const char c : label)
            if (!letter_or_digit(c) && c != '-') return false;
        ++labels;
        if (dot == std::string_view::npos) return labels >= 1;
        text.remove_prefix(dot + 1);
    }
}

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

// Splits an address list at commas and semicolons outside of quotes, comments and angle brackets; comments are dropped, quoted
// strings are unquoted into the name.
class AddressList {
  public:
    explicit AddressList(std::string_view text) : left_(text) {}

    std::vector<Mailbox> read() {
        while (!left_.empty() && found_.size() < found_max) {
            const char c = left_.front();
            left_.remove_prefix(1);
            if (c == '"') {
                quoted();
            } else if (c == '(') {
                comment();
            } else if (c == '<') {
                const auto end = left_.find('>');
                angle_ = std::string(left_.substr(0, end));
                left_ = end == std::string_view::npos ? std::string_view{} : left_.substr(end + 1);
                bracketed_ = true;
            } else if (c == ',' || c == ';') {
                finish();
            } else if (c == ':' && !bracketed_) {
                plain_.clear();  // the name of a group
            } else {
                plain_ += c;
            }
        }
        finish();
        return std::move(found_);
    }

  private:
    void quoted() {
        while (!left_.empty()) {
            char c = left_.front();
            left_.remove_prefix(1);
            if (c == '"') return;
            if (c == '\\' && !left_.empty()) {
                c = left_.front();
                left_.remove_prefix(1);
            }
            plain_ += c;
        }
    }
    void comment() {
        for (int depth = 1; depth > 0 && !left_.empty(); left_.remove_prefix(1)) {
            if (left_.front() == '(') ++depth;
            if (left_.front() == ')') --depth;
            if (left_.front() == '\\' && left_.size() > 1) left_.remove_prefix(1);
        }
    }
    void finish() {
        std::string spelled = bracketed_ ? angle_ : plain_;
        if (const auto route = spelled.rfind(':'); bracketed_ && spelled.starts_with('@') && route != std::string::npos)
            spelled.erase(0, route + 1);
        if (auto address = clean_address(trimmed(spelled)))
            found_.push_back({bracketed_ ? trimmed(plain_) : std::string{}, std::move(*address)});
        plain_.clear();
        angle_.clear();
        bracketed_ = false;
    }

    std::string_view left_;
    std::string plain_, angle_;
    bool bracketed_ = false;
    std::vector<Mailbox> found_;
};

}  // namespace

std::optional<std::string> clean_address(std::string_view text) {
    if (text.size() > address_max) return std::nullopt;
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return std::nullopt;
    if (!dot_atom(text.substr(0, at)) || !host_name(text.substr(at + 1))) return std::nullopt;
    std::string clean(text);
    for (std::size_t i = at; i < clean.size(); ++i) clean[i] = ascii_lower(clean[i]);
    return clean;
}

std::vector<Mailbox> addresses_in(std::string_view header_value) {
    return AddressList(header_value).read();
}

Split split_address(std::string_view clean) {
    const auto at = clean.rfind('@');
    ENTENTE_ASSERT(at != std::string_view::npos);
    return {clean.substr(0, at), clean.substr(at + 1)};
}

std::string with_tag(std::string_view box, std::string_view tag) {
    const Split split = split_address(box);
    return std::string(split.local) + "+" + std::string(tag) + "@" + std::string(split.domain);
}

std::optional<std::string_view> tag_of(std::string_view address, std::string_view box) {
    if (!address.contains('@') || !box.contains('@')) return std::nullopt;
    const Split have = split_address(address);
    const Split want = split_address(box);
    if (!same_letters(have.domain, want.domain) || have.local.size() < want.local.size() + 2) return std::nullopt;
    if (!same_letters(have.local.substr(0, want.local.size()), want.local) || have.local[want.local.size()] != '+')
        return std::nullopt;
    return have.local.substr(want.local.size() + 1);
}

}  // namespace entente::protocol::mail
