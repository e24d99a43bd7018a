#pragma once
// A JSON answer to read from: a path such as "company.name" instead of a ladder of checks. What is missing, null or of another type
// reads as absent, because a tool shows what it can. Copies share the document.

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::tools {

class Value {
  public:
    Value() = default;  // absent
    // Nothing when the text is not JSON.
    static std::optional<Value> parse(std::string_view text);

    bool present() const;  // there, and not null
    bool is_object() const;

    // Dotted path; the empty path is the value itself.
    Value at(std::string_view path) const;
    // Texts as they are, numbers and booleans as JSON spells them, arrays of those joined by ", "; `otherwise` for everything else.
    std::string text(std::string_view path = {}, std::string_view otherwise = {}) const;
    std::optional<std::int64_t> number(std::string_view path = {}) const;
    bool truth(std::string_view path = {}) const;
    // The elements of an array, or of the member `items` or `content` of an object; empty otherwise.
    std::vector<Value> items(std::string_view path = {}) const;
    std::vector<std::string> names() const;  // of an object's members

    std::string serialized() const;  // as JSON; empty when absent

  private:
    using Json = boost::json::value;
    Value(std::shared_ptr<const Json> root, const Json* at) : root_(std::move(root)), at_(at) {}

    std::shared_ptr<const Json> root_;
    const Json* at_ = nullptr;
};

}  // namespace entente::tools
