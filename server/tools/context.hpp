#pragma once
// What a running command has: its arguments, its streams, and the API with the right credential. The World underneath is what a
// test replaces: streams, environment, clock, and how a gateway is reached.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/secret.hpp"
#include "protocol/instant.hpp"
#include "protocol/json_writer.hpp"
#include "server/tools/command.hpp"
#include "server/tools/session.hpp"
#include "server/tools/table.hpp"
#include "server/tools/transport.hpp"
#include "server/tools/value.hpp"

namespace entente::tools {

// Folders of the gateway on this machine, as its configuration names them.
struct Places {
    std::filesystem::path config_file;
    std::filesystem::path data_folder;
    std::filesystem::path keys_folder;
};

struct World {
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    std::size_t width = 0;  // of the terminal; 0: not one
    std::function<std::optional<std::string>(const std::string&)> environment;
    std::function<protocol::Instant()> now;
    std::function<certs::Secret(const std::string& prompt)> ask_secret;                   // from the terminal, without echo
    std::function<std::string(const std::string& file)> read_file;                        // "-" is the standard input; throws Stop
    std::function<void(const std::string& file, std::string_view bytes)> write_new_file;  // never over an old one; throws Stop
    std::function<std::optional<Places>(const std::string& config_file)> places;          // empty name: the usual ones; throws Stop
    std::function<std::unique_ptr<Transport>(const Address&)> connect;                    // throws Unreachable
    std::filesystem::path state_folder;                                                   // where profiles are kept
    const std::vector<Command>* commands = nullptr;                                       // the whole table; set by run()
};

// Name of an option or argument to its values, as parsed.
using Arguments = std::map<std::string, std::vector<std::string>, std::less<>>;

struct Answer {
    int status = 200;
    std::vector<api::Header> headers;
    std::string body;
    Value value;

    bool good() const { return status >= 200 && status < 300; }
    api::Response response() const { return {.status = status, .headers = headers, .body = body, .close = false}; }
};

class Context {
  public:
    Context(World& world, const Command& command, Arguments arguments);
    ~Context();

    bool flag(std::string_view name) const;
    bool given(std::string_view name) const;
    std::string text(std::string_view name, std::string_view otherwise = {}) const;
    std::vector<std::string> all(std::string_view name) const;
    std::optional<std::int64_t> number(std::string_view name) const;  // throws Stop(usage) unless it is one

    std::ostream& out() { return world_.out; }
    std::ostream& err() { return world_.err; }
    World& world() { return world_; }
    const Command& command() const { return command_; }
    const Paint& paint() const { return paint_; }
    std::size_t width() const { return world_.width; }
    bool json() const { return flag("json"); }
    void note(std::string_view line);  // progress and remarks, to the error stream; silent with --json

    // Calls with the command's credential. Anything but success throws Refused.
    Answer get(const std::string& target);
    Answer post(const std::string& target, std::string body = {});
    Answer put(const std::string& target, std::string body);
    Answer patch(const std::string& target, std::string body);
    Answer remove(const std::string& target);
    // The same, but a refusal is returned.
    Answer attempt(api::Method method, const std::string& target, std::string body = {});
    // The same for a body that is no JSON.
    Answer attempt_typed(const std::string& target, std::string_view content_type, std::string body);
    // Without a credential and with another content type: the two token calls.
    Answer attempt_plain(const std::string& target, std::string_view content_type, std::string body);

    // Prints the raw answer with --json and says so.
    bool printed_raw(const Answer& answer);

    Transport& transport();
    std::optional<Places> places();
    std::string profile_name() const;
    Address address();

  private:
    api::Response send(api::Method method, const std::string& target, std::string body, std::string_view content_type,
                       bool signed_in);
    Answer call(api::Method method, const std::string& target, std::string body);
    const std::string& token();
    std::optional<Profile> fitting_profile(const Address& address) const;
    std::string operator_token(const Places& places);

    World& world_;
    const Command& command_;
    Arguments arguments_;
    Paint paint_;
    std::unique_ptr<Transport> transport_;
    std::string token_;
    bool is_operator_ = false;
};

// Where the time of a person goes: "30d", "12h", "2027-01-31" or RFC 3339; RFC 3339 out. Throws Stop(usage).
std::string moment(Context& context, std::string_view option);

// A value that may be given as text or, as @FILE, in a file ("@-": standard input).
std::string text_or_file(Context& context, std::string_view option);

// Columns or lines by path into the answer; an ink for states is chosen by the word.
struct Field {
    std::string head;
    std::string path;
};
int print_list(Context& context, const Answer& answer, const std::vector<Field>& fields, std::string_view when_empty);
int print_object(Context& context, const Answer& answer, const std::vector<Field>& fields);

// The row of a list whose member equals `named` without regard to case, or whose id it is. Throws Stop when there is none.
Value find_row(Context& context, const std::string& target, std::string_view member, std::string_view named, std::string_view kind);

// Body members from options that were given: option "first-name" to member "firstName".
struct Member {
    std::string option;
    std::string name;
};
void add_texts(protocol::JsonWriter& json, const Context& context, const std::vector<Member>& members);
void add_list(protocol::JsonWriter& json, std::string_view name, const std::vector<std::string>& texts);
// `company` when it was given (the operator says for whom; others act for their own).
void add_company(protocol::JsonWriter& json, Context& context);
std::string of_company(Context& context, const std::string& target);  // the same for a list: ?company=ID
Option company_option();

// From --password-file ("-": standard input), else asked at the terminal; `twice` for a new one. Throws Stop(usage) without either.
certs::Secret password(Context& context, std::string_view option, const std::string& prompt, bool twice);

// The id of a company named by id, name or mail domain; of a customer by id, name or alias. Throws Stop with the candidates.
std::string company_id(Context& context, std::string_view named);
std::string customer_id(Context& context, std::string_view named);
// One line about a customer that nobody is called like, with those that may be meant; empty when there is none to name.
std::string customers_meant(Context& context, std::string_view named);

// Ids as people read them, "Keplin Networks (844171613)", as far as the caller may know the names. Asks the gateway once.
class Names {
  public:
    static Names of_companies(Context& context);
    static Names of_customers(Context& context);
    std::string operator()(const Value& ids) const;  // one id or a list

  private:
    std::map<std::string, std::string> names_;
};

}  // namespace entente::tools
