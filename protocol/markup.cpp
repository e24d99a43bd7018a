#include "protocol/markup.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "protocol/markup_entities.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

enum class Kind : std::uint8_t {
    inline_,
    block,        // stands on lines of its own
    cell,         // parted from its neighbour by a tab
    void_,        // has no content: br
    transparent,  // its tags are dropped, its content stays
};

struct Element {
    std::string_view name;
    Kind kind;
};

constexpr std::array elements{
    Element{"a", Kind::inline_},
    Element{"article", Kind::transparent},
    Element{"b", Kind::inline_},
    Element{"blockquote", Kind::block},
    Element{"body", Kind::transparent},
    Element{"br", Kind::void_},
    Element{"center", Kind::transparent},
    Element{"code", Kind::inline_},
    Element{"div", Kind::block},
    Element{"em", Kind::inline_},
    Element{"font", Kind::transparent},
    Element{"h1", Kind::block},
    Element{"h2", Kind::block},
    Element{"h3", Kind::block},
    Element{"h4", Kind::block},
    Element{"h5", Kind::block},
    Element{"h6", Kind::block},
    Element{"html", Kind::transparent},
    Element{"i", Kind::inline_},
    Element{"li", Kind::block},
    Element{"ol", Kind::block},
    Element{"p", Kind::block},
    Element{"pre", Kind::block},
    Element{"section", Kind::transparent},
    Element{"small", Kind::transparent},
    Element{"span", Kind::inline_},
    Element{"strong", Kind::inline_},
    Element{"table", Kind::block},
    Element{"tbody", Kind::transparent},
    Element{"td", Kind::cell},
    Element{"th", Kind::cell},
    Element{"thead", Kind::transparent},
    Element{"tr", Kind::block},
    Element{"u", Kind::inline_},
    Element{"ul", Kind::block},
};

const Element* find_element(std::string_view name) {
    for (const Element& element : elements)
        if (same_letters(element.name, name)) return &element;
    return nullptr;
}

constexpr bool letter(char c) {
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}
constexpr bool space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// A longer tag is text: bounds the search for its end, so that the whole stays linear.
constexpr std::size_t tag_bytes_max = 2'200;
constexpr std::size_t address_bytes_max = 2'000;  // escaped; leaves a tag that we wrote below tag_bytes_max
constexpr std::size_t depth_max = 48;

struct Tag {
    const Element* element = nullptr;
    bool closing = false;
    std::string_view href;  // as written, undecoded
    std::size_t bytes = 0;
};

// Reads attributes up to the end of the tag.
class TagReader {
  public:
    explicit TagReader(std::string_view text) : text_(text.substr(0, tag_bytes_max)) {}

    // `text` starts with '<'; nothing when no tag of ours begins here.
    std::optional<Tag> read() {
        Tag tag;
        at_ = 1;
        if (peek() == '/') {
            tag.closing = true;
            ++at_;
        }
        const std::size_t begin = at_;
        while (at_ < text_.size() && !space(peek()) && peek() != '/' && peek() != '>' && at_ - begin < 16) ++at_;
        tag.element = find_element(text_.substr(begin, at_ - begin));
        if (!tag.element) return std::nullopt;
        while (at_ < text_.size()) {
            if (peek() == '>') {
                tag.bytes = at_ + 1;
                return tag;
            }
            if (peek() == '<') return std::nullopt;  // the tag before has no end: text
            if (space(peek()) || peek() == '/') {
                ++at_;
            } else if (!attribute(tag)) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

  private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (at_ < text_.size() && space(peek())) ++at_;
    }

    bool attribute(Tag& tag) {
        const std::size_t begin = at_++;
        while (at_ < text_.size() && !space(peek()) && !std::string_view("=<>/").contains(peek())) ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        skip_space();
        if (peek() != '=') return true;
        ++at_;
        skip_space();
        const auto found = value();
        if (!found) return false;
        if (same_letters(name, "href") && tag.href.empty()) tag.href = *found;
        return true;
    }

    std::optional<std::string_view> value() {
        const char quote = peek();
        std::size_t begin = at_;
        if (quote == '"' || quote == '\'') {
            begin = ++at_;
            const std::size_t end = text_.find(quote, begin);
            if (end == std::string_view::npos) return std::nullopt;
            at_ = end + 1;
            return text_.substr(begin, end - begin);
        }
        while (at_ < text_.size() && !space(peek()) && peek() != '<' && peek() != '>') ++at_;
        return text_.substr(begin, at_ - begin);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void escape_into(std::string& out, std::string_view plain, bool quotes) {
    for (const char c : plain) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (quotes && c == '"')
            out += "&quot;";
        else if (quotes && c == '\'')
            out += "&#39;";
        else
            out += c;
    }
}

// The address as a browser would follow it, or nothing when its scheme is not one of ours.
std::string safe_address(std::string_view written) {
    std::string address;
    for (std::size_t i = 0; i < written.size();) {
        std::size_t used = written[i] == '&' ? decode_reference(written.substr(i), address) : 0;
        if (used == 0) {
            address += written[i];
            used = 1;
        }
        i += used;
    }
    // Browsers drop line ends and tabs anywhere and other controls and blanks at both ends before they read the scheme.
    std::erase_if(address, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    address.erase(0, std::min(address.find_first_not_of(' '), address.size()));
    address.erase(address.find_last_not_of(' ') + 1);
    for (const std::string_view scheme : {"https://", "http://", "mailto:"})
        if (same_letters(std::string_view(address).substr(0, scheme.size()), scheme))
            return escape_html(address).size() <= address_bytes_max ? address : std::string();
    return {};
}

// Bytes of the character at the beginning of valid UTF-8; stray bytes count one.
std::size_t character_bytes(std::string_view text) {
    std::size_t length = 1;
    while (length < text.size() && length < 4 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) ++length;
    return length;
}

// Writes clean HTML and the visible text side by side, so that positions of the one can be found in the other.
class Renderer {
  public:
    Renderer(std::span<const TextEdit> edits, const std::vector<bool>& dropped_links)
        : edits_(edits), dropped_links_(dropped_links) {}

    void character(std::string_view bytes) {
        const bool blank = bytes.size() == 1 && space(bytes.front());
        if (blank && preformatted_ == 0) {
            part(Part::space);
            write(bytes, visible_.size(), 1);
            return;
        }
        flush();
        write(bytes, visible_.size(), bytes.size());
        visible_ += bytes;
    }

    void open(const Element& element, const std::string& address) {
        separate(element);
        html_ += '<';
        html_ += element.name;
        if (!address.empty()) {
            const bool dropped = links_.size() < dropped_links_.size() && dropped_links_[links_.size()];
            links_.push_back(address);
            if (!dropped) {
                html_ += " href=\"";
                escape_into(html_, address, true);
                html_ += "\" rel=\"noopener noreferrer\"";
            }
        }
        html_ += '>';
        if (element.name == "pre") ++preformatted_;
    }

    void close(const Element& element) {
        html_ += "</";
        html_ += element.name;
        html_ += '>';
        if (element.name == "pre") --preformatted_;
        separate(element);
    }

    void finish() {
        while (edit_ < edits_.size() && edits_[edit_].begin < visible_.size()) finish_edit();
        text_bytes_ = visible_.size();
        for (const std::string& link : links_) {
            if (!visible_.empty()) visible_ += '\n';
            link_begins_.push_back(visible_.size());
            visible_ += link;
        }
    }

    std::string take_html() { return std::move(html_); }
    std::string take_visible() { return std::move(visible_); }
    std::string take_text() {
        visible_.resize(text_bytes_);
        return std::move(visible_);
    }
    // Which links the edits touch.
    std::vector<bool> touched_links(std::span<const TextEdit> edits) const {
        std::vector<bool> touched(links_.size());
        for (std::size_t i = 0; i < links_.size(); ++i) {
            const std::size_t begin = link_begins_[i];
            const std::size_t end = begin + links_[i].size();
            touched[i] = std::ranges::any_of(edits, [&](const TextEdit& edit) { return edit.begin < end && edit.end > begin; });
        }
        return touched;
    }

  private:
    enum class Part : std::uint8_t { none, space, tab, line };

    void part(Part by) { pending_ = std::max(pending_, by); }
    void separate(const Element& element) {
        if (element.kind == Kind::block || element.kind == Kind::void_) part(Part::line);
        if (element.kind == Kind::cell) part(Part::tab);
    }
    void flush() {
        constexpr std::string_view marks = " \t\n";
        if (pending_ != Part::none && !visible_.empty()) visible_ += marks[static_cast<std::size_t>(pending_) - 1];
        pending_ = Part::none;
    }

    // Writes a character of the page that shows at `position`, or the edit that replaces it.
    void write(std::string_view bytes, std::size_t position, std::size_t length) {
        while (edit_ < edits_.size() && edits_[edit_].end <= position) finish_edit();
        const bool replaced = edit_ < edits_.size() && edits_[edit_].begin < position + length && edits_[edit_].end > position;
        if (!replaced) {
            escape_into(html_, bytes, false);
        } else if (!written_) {
            escape_into(html_, edits_[edit_].text, false);
            written_ = true;
        }
    }
    void finish_edit() {
        if (!written_) escape_into(html_, edits_[edit_].text, false);
        written_ = false;
        ++edit_;
    }

    std::span<const TextEdit> edits_;
    const std::vector<bool>& dropped_links_;
    std::string html_;
    std::string visible_;
    std::vector<std::string> links_;
    std::vector<std::size_t> link_begins_;
    std::size_t text_bytes_ = 0;
    std::size_t edit_ = 0;
    bool written_ = false;  // the text of the edit in work is in html_
    int preformatted_ = 0;
    Part pending_ = Part::none;
};

// Walks broken or hostile markup and tells the renderer of balanced, allowed elements only.
class Walker {
  public:
    Walker(std::string_view html, Renderer& renderer) : html_(html), renderer_(renderer) {}

    // True when at least one tag of ours was met.
    bool walk() {
        while (at_ < html_.size()) {
            const char c = html_[at_];
            if ((c == '<' && tag()) || (c == '&' && reference())) continue;
            const std::size_t length = character_bytes(html_.substr(at_));
            emit(html_.substr(at_, length));
            at_ += length;
        }
        while (!stack_.empty()) pop();
        renderer_.finish();
        return met_tag_;
    }

  private:
    bool reference() {
        std::string decoded;
        const std::size_t used = decode_reference(html_.substr(at_), decoded);
        if (used == 0) return false;
        emit(decoded);
        at_ += used;
        return true;
    }

    // Line ends become line feeds; other control characters show as a replacement character, as they would in a browser.
    void emit(std::string_view character) {
        const char c = character.front();
        if (c == '\r') {
            if (!html_.substr(at_ + 1).starts_with('\n')) renderer_.character("\n");
        } else if (static_cast<unsigned char>(c) < 0x20 && !space(c)) {
            renderer_.character("\xef\xbf\xbd");
        } else {
            renderer_.character(character);
        }
    }

    bool tag() {
        const std::string_view rest = html_.substr(at_);
        const char next = rest.size() > 1 ? rest[1] : '\0';
        if (next == '!' || next == '?') return declaration(rest);
        if (!letter(next) && next != '/') return false;
        const auto found = TagReader(rest).read();
        if (!found) return false;
        met_tag_ = true;
        at_ += found->bytes;
        if (found->element->kind == Kind::transparent) return true;
        if (found->closing) {
            close(*found->element);
        } else {
            open(*found->element, found->href);
        }
        return true;
    }

    // Comments, document types, processing instructions: nothing a reader sees.
    bool declaration(std::string_view rest) {
        if (rest.starts_with("<!--")) {
            if (!comments_end_) return false;
            const std::size_t end = rest.find("-->", 2);
            comments_end_ = end != std::string_view::npos;
            if (comments_end_) at_ += end + 3;
            return comments_end_;
        }
        if (rest.size() < 3 || (!letter(rest[2]) && rest[2] != '[')) return false;
        const std::size_t end = rest.substr(0, tag_bytes_max).find('>');
        if (end == std::string_view::npos) return false;
        at_ += end + 1;
        return true;
    }

    static bool ends_implicitly(const Element& open, const Element& next) {
        if (open.kind == Kind::cell) return next.kind == Kind::cell || next.name == "tr";
        return open.name == next.name && (open.name == "p" || open.name == "li" || open.name == "tr");
    }

    void open(const Element& element, std::string_view href) {
        while (!stack_.empty() && ends_implicitly(*stack_.back(), element)) pop();
        if (stack_.size() >= depth_max) return;
        renderer_.open(element, element.name == "a" ? safe_address(href) : std::string());
        if (element.kind != Kind::void_) stack_.push_back(&element);
    }

    void close(const Element& element) {
        if (std::ranges::find(stack_, &element) == stack_.end()) return;
        while (stack_.back() != &element) pop();
        pop();
    }

    void pop() {
        const Element* element = stack_.back();
        stack_.pop_back();
        renderer_.close(*element);
    }

    std::string_view html_;
    Renderer& renderer_;
    std::vector<const Element*> stack_;
    std::size_t at_ = 0;
    bool met_tag_ = false;
    bool comments_end_ = true;  // false once no comment end was found ahead
};

const std::vector<bool> no_links;

}  // namespace

std::string escape_html(std::string_view plain) {
    std::string out;
    out.reserve(plain.size() + plain.size() / 8);
    escape_into(out, plain, true);
    return out;
}

std::string paragraphs(std::string_view plain) {
    std::string out;
    std::string paragraph;
    const auto finish = [&] {
        if (!paragraph.empty()) out += "<p>" + paragraph + "</p>";
        paragraph.clear();
    };
    while (!plain.empty()) {
        std::string_view line = plain.substr(0, plain.find_first_of("\r\n"));
        plain.remove_prefix(line.size());
        plain.remove_prefix(plain.starts_with("\r\n") ? 2 : std::min<std::size_t>(plain.size(), 1));
        while (!line.empty() && space(line.back())) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) {
            finish();
            continue;
        }
        if (!paragraph.empty()) paragraph += "<br>";
        escape_into(paragraph, line, false);
    }
    finish();
    return out;
}

bool has_markup(std::string_view text) {
    if (!text.contains('<')) return false;
    Renderer renderer({}, no_links);
    return Walker(text, renderer).walk();
}

std::string sanitise_html(std::string_view html) {
    Renderer renderer({}, no_links);
    Walker(html, renderer).walk();
    return renderer.take_html();
}

std::string to_html(std::string_view posted) {
    return has_markup(posted) ? sanitise_html(posted) : paragraphs(posted);
}

std::string visible_text(std::string_view html) {
    Renderer renderer({}, no_links);
    Walker(html, renderer).walk();
    return renderer.take_visible();
}

std::string edit_visible(std::string_view html, std::span<const TextEdit> edits) {
    Renderer first({}, no_links);
    Walker(html, first).walk();
    const std::vector<bool> dropped = first.touched_links(edits);
    Renderer second(edits, dropped);
    Walker(html, second).walk();
    return second.take_html();
}

std::string strip_tags(std::string_view html) {
    Renderer renderer({}, no_links);
    Walker(html, renderer).walk();
    const std::string text = renderer.take_text();
    std::string line;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (space(c)) {
            if (!line.empty() && line.back() != ' ') line += ' ';
        } else if (c == '<' && (letter(next) || next == '/' || next == '!' || next == '?')) {
            line += "\u2039";  // looks alike, but no client can take it for the beginning of a tag
        } else {
            line += c;
        }
    }
    if (line.ends_with(' ')) line.pop_back();
    return line;
}

}  // namespace entente::protocol
