#pragma once
// Appends compact JSON to a string: fixed member order, no blanks, escapes as RFC 8785 prescribes. For answers that are printed
// from plain structs and for bytes that get signed. The caller keeps objects and arrays balanced; take() checks it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::protocol {

// Appends `text` as a JSON string with its quotes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

class JsonWriter {
  public:
    JsonWriter() { out_.reserve(1024); }

    JsonWriter& object() { return open('{'); }
    JsonWriter& array() { return open('['); }
    JsonWriter& end();
    JsonWriter& key(std::string_view name);
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
    JsonWriter& value(bool truth);
    JsonWriter& null();
    JsonWriter& raw(std::string_view json);  // one finished JSON value

    template <class T>
    JsonWriter& member(std::string_view name, const T& what) {
        key(name);
        return put(what);
    }
    // The member is left out when there is no value.
    template <class T>
    JsonWriter& member_if(std::string_view name, const std::optional<T>& what) {
        if (what) member(name, *what);
        return *this;
    }

    std::string take();
    std::string_view view() const { return out_; }

  private:
    template <class T>
    JsonWriter& put(const std::optional<T>& what) {
        return what ? value(*what) : null();
    }
    JsonWriter& put(std::nullptr_t) { return null(); }
    template <class T>
    JsonWriter& put(const T& what) {
        return value(what);
    }
    JsonWriter& open(char bracket);
    void comma();

    std::string out_;
    std::string stack_;  // closing brackets still owed
    bool first_ = true;  // nothing written yet at this level
    bool after_key_ = false;
};

}  // namespace entente::protocol
