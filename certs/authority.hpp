#pragma once
// A small certificate authority for development, tests and first installations: P-256 keys, a CA that may issue leaves only
// (path length 0), server certificates with DNS and address names, client certificates with exactly one URI name. Time comes from
// the caller; certificates begin five minutes earlier, so that a partner whose clock is a little behind can use them at once.
//
// Folder: ca.pem (readable) and ca.key (0600). Trouble with files is a Fault; a bad request is an Error.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/secret.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::certs {

struct Issued {
    std::string certificate_pem;
    Secret private_key_pem;
};

struct ServerNames {
    std::vector<std::string> dns;
    std::vector<std::string> addresses;  // IPv4 or IPv6 text
};

// localhost, 127.0.0.1 and ::1
ServerNames local_names();

class Authority {
  public:
    // Makes folder, key and certificate (valid ten years). An existing authority is a Fault: replacing one orphans what it issued.
    static Authority create(const std::filesystem::path& folder, protocol::Instant now,
                            std::string_view name = "Entente development CA");
    static Authority open(const std::filesystem::path& folder);
    static bool exists(const std::filesystem::path& folder);

    Authority(Authority&&) noexcept;
    Authority& operator=(Authority&&) noexcept;
    ~Authority();

    protocol::Result<Issued> issue_server(const ServerNames& names, int days, protocol::Instant now) const;
    protocol::Result<Issued> issue_client(std::string_view uri_san, int days, protocol::Instant now) const;
    // Takes nothing but the public key from the request, and only after its signature proved possession of the private key.
    protocol::Result<std::string> issue_from_csr(std::string_view csr_pem, std::string_view uri_san, int days,
                                                 protocol::Instant now) const;

    const std::string& ca_pem() const;

  private:
    struct Keys;
    explicit Authority(std::unique_ptr<Keys> keys);
    std::unique_ptr<Keys> keys_;
};

// A key of its own and a request for it: what a partner does before asking an authority.
struct Request {
    std::string csr_pem;
    Secret private_key_pem;
};
Request make_request(std::string_view common_name);

}  // namespace entente::certs
