#pragma once
// Structured log lines: an event's name and typed fields, one line each, to standard error.
//
// There is no call that takes a sentence or a format: case text, names, addresses and secrets have no way in by accident. Ids,
// codes, counts and times are what belongs here. Lines pass through a bounded queue to a writer thread; when it is full the oldest
// lines are dropped and counted (`dropped`), because a slow terminal must never hold a request. Any thread.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace entente::log {

enum class Level { debug, info, warning, error };
enum class Format { json, human };

// A view: what it points at must live until the call returns.
class Field {
  public:
    enum class Kind { text, whole, real, truth };
    Field(std::string_view key, std::string_view text) : key_(key), text_(text), kind_(Kind::text) {}
    Field(std::string_view key, const char* text) : key_(key), text_(text), kind_(Kind::text) {}
    Field(std::string_view key, const std::string& text) : key_(key), text_(text), kind_(Kind::text) {}
    Field(std::string_view key, bool truth) : key_(key), whole_(truth ? 1 : 0), kind_(Kind::truth) {}
    Field(std::string_view key, double real) : key_(key), real_(real), kind_(Kind::real) {}
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    Field(std::string_view key, Number number) : key_(key), whole_(static_cast<std::int64_t>(number)), kind_(Kind::whole) {}

    std::string_view key() const { return key_; }
    Kind kind() const { return kind_; }
    std::string_view text() const { return text_; }
    std::int64_t whole() const { return whole_; }
    double real() const { return real_; }

  private:
    std::string_view key_;
    std::string_view text_;
    std::int64_t whole_ = 0;
    double real_ = 0;
    Kind kind_;
};

using Fields = std::initializer_list<Field>;

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

struct Options {
    Level level = Level::info;
    Format format = Format::json;
    // Where lines go instead of standard error, without the line end; called on the writer thread. For tests and for tools.
    std::function<void(std::string_view line)> sink{};
};

// Before `start` only warnings and errors are written, directly to standard error: tools need no set-up. Starting again replaces
// the writer. `stop` writes what is queued. Both from the main thread.
void start(Options options);
void stop();
bool enabled(Level level);
std::uint64_t dropped();  // lines lost to a full queue since the start of the process

}  // namespace entente::log
