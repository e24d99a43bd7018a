#include "server/tools/value.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace entente::tools {

std::optional<Value> Value::parse(std::string_view text) {
    boost::system::error_code failure;
    auto root = std::make_shared<const Json>(boost::json::parse(text, failure));
    if (failure) return std::nullopt;
    const Json* at = root.get();
    return Value(std::move(root), at);
}

bool Value::present() const {
    return at_ != nullptr && !at_->is_null();
}

bool Value::is_object() const {
    return at_ != nullptr && at_->is_object();
}

Value Value::at(std::string_view path) const {
    const Json* at = at_;
    while (at != nullptr && !path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const boost::json::object* object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
        path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return Value(root_, at);
}

std::string Value::text(std::string_view path, std::string_view otherwise) const {
    const Value value = at(path);
    if (!value.present() || value.at_->is_object()) return std::string(otherwise);
    if (const boost::json::string* text = value.at_->if_string()) return std::string(*text);
    if (!value.at_->is_array()) return boost::json::serialize(*value.at_);
    std::string out;
    for (const Value& element : value.items()) {
        const std::string text = element.text();
        if (text.empty()) continue;
        if (!out.empty()) out.append(", ");
        out.append(text);
    }
    return out;
}

std::optional<std::int64_t> Value::number(std::string_view path) const {
    const Value value = at(path);
    if (!value.present()) return std::nullopt;
    if (value.at_->is_int64()) return value.at_->get_int64();
    if (value.at_->is_uint64() && value.at_->get_uint64() <= INT64_MAX) return static_cast<std::int64_t>(value.at_->get_uint64());
    return std::nullopt;
}

bool Value::truth(std::string_view path) const {
    const Value value = at(path);
    return value.present() && value.at_->is_bool() && value.at_->get_bool();
}

std::vector<Value> Value::items(std::string_view path) const {
    Value list = at(path);
    if (list.is_object()) {
        const Value content = list.at("content");
        list = list.at("items");
        if (!list.present()) list = content;
    }
    std::vector<Value> out;
    if (list.at_ == nullptr || !list.at_->is_array()) return out;
    for (const Json& element : list.at_->get_array()) out.push_back(Value(root_, &element));
    return out;
}

std::vector<std::string> Value::names() const {
    std::vector<std::string> out;
    if (!is_object()) return out;
    for (const auto& member : at_->get_object()) out.emplace_back(member.key());
    return out;
}

std::string Value::serialized() const {
    return at_ == nullptr ? std::string() : boost::json::serialize(*at_);
}

}  // namespace entente::tools
