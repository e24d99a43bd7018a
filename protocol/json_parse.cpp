// parse_json: Boost.JSON's incremental parser with our own handler, because its default one keeps the last of two equal members and
// turns huge integers into doubles.

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "protocol/encoding.hpp"
#include "protocol/reader.hpp"

namespace entente::protocol {

namespace {

namespace json = boost::json;
using error_code = boost::system::error_code;

class Handler {
  public:
    static constexpr std::size_t max_object_size = json_members_max;
    static constexpr std::size_t max_array_size = json_elements_max;
    static constexpr std::size_t max_key_size = 1'000;
    static constexpr std::size_t max_string_size = std::numeric_limits<std::uint32_t>::max();

    json::value release() { return stack_.release(); }
    const std::string& complaint() const { return complaint_; }

    bool on_document_begin(error_code&) {
        stack_.reset();
        return true;
    }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        names_.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t n, error_code&) {
        names_.pop_back();
        stack_.push_object(n);
        return true;
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t n, error_code&) {
        stack_.push_array(n);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        key_.append(part.data(), part.size());
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, error_code& ec) {
        key_.append(part.data(), part.size());
        stack_.push_key(part);
        const bool fresh = names_.back().insert(std::exchange(key_, {})).second;
        return fresh || refuse("a member appears twice in one object", ec);
    }
    bool on_string_part(json::string_view part, std::size_t, error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, error_code&) {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(json::string_view part, error_code& ec) {
        number_chars_ += part.size();
        return number_chars_ <= json_number_max || refuse("a number is too long", ec);
    }
    bool on_int64(std::int64_t number, json::string_view last, error_code& ec) {
        if (!on_number_part(last, ec)) return false;
        number_chars_ = 0;
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t, json::string_view, error_code& ec) { return refuse("a number is too large", ec); }
    bool on_double(double number, json::string_view last, error_code& ec) {
        if (!on_number_part(last, ec)) return false;
        number_chars_ = 0;
        if (!std::isfinite(number)) return refuse("a number is too large", ec);
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool truth, error_code&) {
        stack_.push_bool(truth);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }

  private:
    bool refuse(std::string why, error_code& ec) {
        complaint_ = std::move(why);
        ec = json::make_error_code(json::error::exception);
        return false;
    }

    json::value_stack stack_;
    std::vector<std::set<std::string>> names_;  // of the objects that are open
    std::string key_;
    std::size_t number_chars_ = 0;
    std::string complaint_;
};

std::string_view sentence_for(const error_code& ec) {
    if (ec == json::error::incomplete) return "it ends too early";
    if (ec == json::error::too_deep) return "it is nested too deeply";
    if (ec == json::error::illegal_leading_surrogate || ec == json::error::illegal_trailing_surrogate)
        return "half of a surrogate pair";
    if (ec == json::error::exponent_overflow || ec == json::error::number_too_large) return "a number is too large";
    if (ec == json::error::object_too_large) return "an object has too many members";
    if (ec == json::error::array_too_large) return "an array has too many elements";
    if (ec == json::error::key_too_large) return "a member's name is too long";
    return "unexpected character";
}

std::unexpected<Error> malformed(std::size_t offset, std::string_view why) {
    return fail(ErrorKind::malformed, "malformed_json",
                "the body is not valid JSON at byte " + std::to_string(offset + 1) + ": " + std::string(why));
}

}  // namespace

Result<ParsedJson> parse_json(std::string_view body) {
    if (!valid_utf8(body)) return fail(ErrorKind::malformed, "malformed_json", "the body is not valid UTF-8");
    json::parse_options options;
    options.max_depth = json_depth_max;
    json::basic_parser<Handler> parser(options);
    error_code ec;
    const std::size_t used = parser.write_some(false, body.data(), body.size(), ec);
    if (ec) {
        const std::string& complaint = parser.handler().complaint();
        return malformed(used, complaint.empty() ? sentence_for(ec) : std::string_view(complaint));
    }
    const std::size_t rest = body.find_first_not_of(" \t\r\n", used);
    if (rest != std::string_view::npos) return malformed(rest, "something follows the value");
    return ParsedJson(std::make_shared<const json::value>(parser.handler().release()));
}

}  // namespace entente::protocol
