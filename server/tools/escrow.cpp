// entente keys escrow and keys recover: everything in the keys folder, sealed to operators' age keys, and the way back. What is
// sealed is plain text that needs nothing but `age` and `base64` to become files again:
//
//   # Entente key escrow 1
//   # made 2026-11-27T21:00:00Z for https://gw.example.com
//   root.key <base64>
//   kek-0001.key <base64>
//   authority/ca.key <base64>
//
// Works on the files: whoever may read the keys may do this, and nobody else. The gateway's log gets the record before the sealed
// file exists.

#include <algorithm>
#include <map>
#include <ostream>

#include "certs/age.hpp"
#include "certs/digest.hpp"
#include "certs/files.hpp"
#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "protocol/encoding.hpp"
#include "server/config.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view escrow_first_line = "# Entente key escrow 1";
constexpr std::size_t escrow_file_max = 1U << 20U;

// Text that holds keys: wiped when it is let go.
class SecretText {
  public:
    SecretText() = default;
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    ~SecretText() { certs::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.capacity()}); }
    std::string text;
};

std::vector<std::int64_t> numbers(const std::vector<std::uint32_t>& from) {
    return {from.begin(), from.end()};
}

void add_file(Context& context, SecretText& out, const certs::KeptFolder& kept, const fs::path& path, const std::string& name) {
    // Certificates are for everybody to read; every other file must be as private as the gateway wants it.
    const certs::Secret content = path.extension() == ".pem"
                                      ? certs::Secret::copy_of(protocol::as_bytes(context.world().read_file(path.string())))
                                      : certs::read_private_file(path, escrow_file_max, kept.keeper);
    std::string encoded = protocol::base64(content.bytes());
    out.text.reserve(out.text.size() + name.size() + encoded.size() + 2);
    out.text.append(name).append(" ").append(encoded).append("\n");
    certs::wipe({reinterpret_cast<std::uint8_t*>(encoded.data()), encoded.size()});
}

// Every file below the folders, in order.
std::size_t add_files(Context& context, SecretText& out, const Config::Keys& keys) {
    std::map<std::string, std::pair<certs::KeptFolder, fs::path>> files;
    const auto gather = [&](const certs::KeptFolder& kept) {
        for (const auto& entry : fs::recursive_directory_iterator(kept.folder))
            // What begins with a dot is being written at this moment (certs/files).
            if (!entry.path().filename().string().starts_with('.') && entry.is_regular_file())
                files.insert_or_assign(entry.path().lexically_relative(kept.folder).generic_string(),
                                       std::pair(kept, entry.path()));
    };
    gather(keys.folder);
    gather(keys.files());
    // Room for everything at once, so that no half of it is left behind where the text grew.
    std::size_t room = 4'096;
    for (const auto& [name, file] : files) room += name.size() + 2 + (fs::file_size(file.second) + 3) * 4 / 3;
    out.text.reserve(room);
    for (const auto& [name, file] : files) add_file(context, out, file.first, file.second, name);
    return files.size();
}

std::vector<certs::AgeRecipient> recipients_of(Context& context) {
    std::vector<certs::AgeRecipient> recipients;
    for (const std::string& text : context.all("to")) {
        auto recipient = certs::parse_age_recipient(text);
        if (!recipient) throw Stop(exit_code::usage, "--to " + text + ": " + recipient.error().message);
        recipients.push_back(*recipient);
    }
    if (recipients.empty())
        throw Stop(exit_code::usage, "nobody is named who could open it",
                   "give --to age1... for each operator (age-keygen makes such a key)");
    return recipients;
}

int escrow(Context& context) {
    const Config config = config_with_keys(context);
    const certs::KeptFolder kept = config.keys.files();
    const auto recipients = recipients_of(context);
    const fs::path target = context.text("FILE");
    const bool replace = context.flag("replace");
    if (!replace && fs::exists(target)) throw Stop(exit_code::usage, target.string() + " exists already", "give --replace");
    if (certs::next_database_key(kept.folder) || certs::next_service_root(kept.folder))
        throw Stop(exit_code::refused, "a change of keys was interrupted", "start the gateway once: it finishes it");
    // What is sealed must be whole, or the day it is needed shows that it is not.
    const auto keys = certs::open_key_folder(kept);
    const auto log_keys = certs::open_log_keys(kept);
    SecretText plain;
    plain.text.append(escrow_first_line).append("\n# made ").append(protocol::to_rfc3339(context.world().now()));
    plain.text.append(" for ").append(config.published.url).append("\n");
    SecretText files;
    const std::size_t count = add_files(context, files, config.keys);
    // A key that was made meanwhile would be sealed and not recorded, and never asked back when it ends.
    if (certs::open_key_folder(kept)->generations() != keys->generations() ||
        certs::open_log_keys(kept)->keys().size() != log_keys->keys().size())
        throw Stop(exit_code::refused, "the keys changed meanwhile", "run it again");
    files.text.insert(0, plain.text);
    const protocol::Blob sealed = certs::age_seal(recipients, protocol::as_bytes(files.text));
    const std::string digest = protocol::hex(certs::sha256(sealed));

    protocol::JsonWriter json;
    json.object().member("digest", digest).key("recipients").array();
    for (const certs::AgeRecipient& recipient : recipients) json.value(certs::format_age_recipient(recipient));
    json.end().key("generations").array();
    for (const std::int64_t number : numbers(keys->generations())) json.value(number);
    json.end().key("logKeys").array();
    for (const certs::LogKey& key : log_keys->keys()) json.value(static_cast<std::int64_t>(key.number));
    json.end().member("rootKeys", certs::root_keys_name(*keys));
    const Answer answer = context.post("/api/v1/keys/escrows", json.end().take());
    if (replace) {
        certs::replace_private_file(target, sealed);
    } else {
        certs::create_private_file(target, sealed);
    }
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << target.string() << "\n";
    context.note(
        counted(static_cast<std::int64_t>(count), "file", "files") + " sealed to " +
        counted(static_cast<std::int64_t>(recipients.size()), "key", "keys") + " of age. SHA-256 " + digest +
        "\nKeep it apart from the data and their backups, and destroy every copy once a generation in it has ended (entente keys "
        "escrows). Way back: entente keys recover");
    return exit_code::ok;
}

certs::AgeIdentity identity_in(Context& context, const std::string& file) {
    SecretText content;
    content.text = context.world().read_file(file);
    auto identity = certs::AgeIdentity::parse_file(content.text);
    if (!identity) throw Stop(exit_code::usage, file + ": " + identity.error().message);
    return *std::move(identity);
}

// A name below the folder and nowhere else.
bool safe_name(std::string_view name) {
    const fs::path path(name);
    return !name.empty() && path.is_relative() && path.lexically_normal() == path &&
           std::ranges::none_of(path, [](const fs::path& part) { return part == ".." || part == "." || part.empty(); });
}

struct RecoveredFile {
    std::string name;
    protocol::Blob content;
};

// Everything is looked at before anything is written.
std::vector<RecoveredFile> files_in(std::string_view text) {
    std::vector<RecoveredFile> files;
    std::string_view rest = text;
    const auto first = protocol::cut_line(rest);
    if (!first || *first != escrow_first_line) throw Stop(exit_code::refused, "this is no key escrow of Entente");
    while (const auto line = protocol::cut_line(rest)) {
        if (line->empty() || line->starts_with('#')) continue;
        const auto blank = line->rfind(' ');
        const auto content = blank == std::string_view::npos ? std::nullopt : protocol::from_base64(line->substr(blank + 1));
        if (!content || !safe_name(line->substr(0, blank))) throw Stop(exit_code::refused, "a line of the key escrow is damaged");
        files.push_back({std::string(line->substr(0, blank)), *content});
    }
    if (!rest.empty() || files.empty()) throw Stop(exit_code::refused, "the key escrow is cut short");
    return files;
}

// A recovery that was interrupted can be run again: what it wrote is as in the escrow. Anything else in that place is left alone.
bool recovered_before(Context& context, const fs::path& target, protocol::Bytes content) {
    const fs::file_status status = fs::symlink_status(target);
    if (!fs::exists(status)) return false;
    SecretText there;
    if (fs::is_regular_file(status)) there.text = context.world().read_file(target.string());
    if (!std::ranges::equal(protocol::as_bytes(there.text), content))
        throw Stop(exit_code::refused, target.string() + " exists already and is another; nothing is overwritten",
                   "recover into an empty folder");
    return true;
}

int recover(Context& context) {
    const std::string file = context.text("FILE");
    fs::path folder = context.text("into");
    if (folder.empty()) {
        const std::optional<Places> places = find_places(context.address().config_file);
        if (!places) throw Stop(exit_code::usage, "where to is not said", "give --into FOLDER or --config FILE");
        folder = places->keys_folder;
    }
    SecretText given;
    given.text = context.world().read_file(file);
    protocol::Blob opened;
    std::string_view text = given.text;
    if (!text.starts_with(escrow_first_line)) {
        if (!context.given("identity"))
            throw Stop(exit_code::usage, "the file is sealed",
                       "give --identity FILE, or: age -d -i FILE ESCROW | entente keys recover -");
        auto plain = certs::age_open(identity_in(context, context.text("identity")), protocol::as_bytes(text));
        if (!plain) throw Stop(exit_code::refused, file + ": " + plain.error().message);
        opened = *std::move(plain);
        text = protocol::as_text(opened);
    }
    auto files = files_in(text);
    const std::size_t count = files.size();
    std::erase_if(files, [&](const RecoveredFile& one) { return recovered_before(context, folder / one.name, one.content); });
    certs::create_private_folder(folder);
    for (RecoveredFile& one : files) {
        const fs::path target = folder / one.name;
        std::vector<fs::path> missing;
        for (fs::path above = target.parent_path(); above != folder; above = above.parent_path()) missing.push_back(above);
        std::ranges::reverse(missing);
        for (const fs::path& each : missing) certs::create_private_folder(each);
        certs::create_private_file(target, one.content);
        certs::wipe(one.content);
    }
    certs::wipe(opened);
    // As the gateway will open them.
    const auto keys = certs::open_key_folder(folder);
    const auto log_keys = certs::open_log_keys(folder);
    context.out() << folder.string() << ": " << count << " files, key generation " << keys->current_generation()
                  << " is the current one, key of the log " << protocol::hex(log_keys->keys().back().public_key) << "\n";
    context.note(
        "Next: put the data and the configuration back and start the gateway. If it says that the log was put back, because the "
        "data are older than the anchor: entente audit restore");
    return exit_code::ok;
}

}  // namespace

std::vector<Command> escrow_commands() {
    const Option config = value("config", "FILE", "configuration of the gateway on this machine (or ENTENTE_CONFIG)");
    return {
        {.path = "keys escrow",
         .summary = "Seal everything in the keys folder to operators' age keys, any one of whom can open it; the log records it",
         .example = "  entente keys escrow /safe/keys.age --to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n"
                    "  entente keys escrow /safe/keys.age --replace --to age1... --to age1...",
         .caller = Caller::gateway_operator,
         .options = {argument("FILE", "the sealed file"),
                     several("to", "AGE-KEY", "who can open it (age1...); may be given several times"),
                     flag("replace", "over an older one")},
         .run = escrow},
        {.path = "keys recover",
         .summary = "Make a keys folder of what was sealed; nothing is overwritten",
         .example = "  entente keys recover /safe/keys.age --identity me.txt --into /etc/entente/keys\n"
                    "  age -d -i me.txt /safe/keys.age | entente keys recover - --into /etc/entente/keys",
         .caller = Caller::nobody,
         .options = {argument("FILE", "the sealed file, or - for what age opened"),
                     value("identity", "FILE", "file with your age identity (AGE-SECRET-KEY-1...)"),
                     value("into", "FOLDER", "the new keys folder; keys.folder of the configuration without it"), config},
         .run = recover},
    };
}

}  // namespace entente::tools
