#pragma once
// Attachments (contract section 14): where a company takes files, and what became of a file that was forwarded to both sides.
//
// The gateway keeps no file. A target is an HTTPS address of a member with a password; a file is put there under its own name. The
// spelling of the contract is here; our own API shares it and adds members.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

inline constexpr std::size_t attachment_description_chars = 500;
inline constexpr std::size_t attachment_files_max = 50;  // of one call

struct HttpsTarget {
    std::string domain;
    int port = 443;
    std::string path;  // begins with a slash
    std::string password;
    Instant expires_at;
};

// What a company says about its own target beyond the contract; all of it is opt-in.
struct TargetOptions {
    std::int64_t max_bytes = 0;  // of one file; 0: as much as the gateway takes
    bool history = false;        // files sent by the company are listed, and failed ones can be sent again for 24 hours
    bool note = false;           // a note tells both sides which files went
};

enum class ForwardStatus : std::uint8_t { success, config_missing, config_invalid, forward_failed, content_error, unknown };
std::string_view name(ForwardStatus status);  // SUCCESS, CONFIG_MISSING, ...
std::optional<ForwardStatus> parse_forward_status(std::string_view text);

struct SideResult {
    ForwardStatus status = ForwardStatus::unknown;
    std::string message;
};
struct FileResult {
    std::string name;  // as it was sent
    SideResult submitter;
    SideResult receiver;
    bool complete() const { return submitter.status == ForwardStatus::success && receiver.status == ForwardStatus::success; }
    bool partial() const { return (submitter.status == ForwardStatus::success) != (receiver.status == ForwardStatus::success); }
};

bool is_target_domain(std::string_view domain);  // the contract's pattern; at most 253 characters
bool is_target_path(std::string_view path);      // the contract's pattern; printable, at most 1,000 characters

// The body of createAttachmentConfig. `expiration` may be a number of epoch seconds with a fraction, as one client writes it.
Result<HttpsTarget> decode_https_target(std::string_view body);
// Any object to a proposal: members of the same or similar names are read (host, url, port, path, secret, expires). What is missing
// gets a usual value; without anything like a host there is nothing to propose.
Result<HttpsTarget> analyze_target(std::string_view body, Instant now);
std::string encode_https_target(const HttpsTarget& target);  // with the password: only to who just sent it

struct TargetOptionsInput {
    std::optional<HttpsTarget> target;  // none: the body changes the options alone
    TargetOptions options;
};
Result<TargetOptionsInput> decode_company_target(std::string_view body);

// getAttachmentConfig: `parameters` never holds a password.
struct ConfigSide {
    CompanyId company;
    std::optional<HttpsTarget> target;
};
std::string encode_attachment_config(const ConfigSide& submitter, const ConfigSide& receiver);
std::string encode_file_results(const std::vector<FileResult>& results);

// The last part of a name that may hold folders of either kind of system, without control characters; "file" when nothing is left.
// At most 200 bytes of valid UTF-8; the ending stays.
std::string plain_file_name(std::string_view name);
// One segment of a URL's path, percent-encoded.
std::string url_segment(std::string_view name);

}  // namespace entente::protocol
