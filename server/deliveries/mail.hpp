#pragma once
// Hands mails to the mail server in front of us (SMTP through libcurl). The only file that knows libcurl is mail.cpp.
//
// send() blocks the calling thread for at most the time limits below; any thread may call it. At most `connections` dialogues run
// at a time: who finds none free within two seconds is told to come again. While the server cannot be reached, nobody waits for it:
// after a failure everyone is answered at once for a while that grows to a minute.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "certs/secret.hpp"

namespace entente::deliveries {

struct SmtpOptions {
    enum class Security {
        starttls,  // plain greeting, then TLS or nothing
        tls,       // TLS from the first byte
        none       // plain text: for a relay on this very machine
    };
    std::string server;  // host name or address
    std::int64_t port = 587;
    Security security = Security::starttls;
    std::filesystem::path authority;  // who vouches for the server's certificate; empty: the system's authorities
    std::string user;                 // empty: no sign-in
    certs::Secret password;
    std::string greeting;  // our name in EHLO
    std::int64_t connect_seconds = 10;
    std::int64_t send_seconds = 30;
    int connections = 4;
};

struct SmtpAnswer {
    enum class Kind {
        accepted,     // the server has it now
        later,        // not now: what a further attempt may change
        recipient,    // this address will never take it
        message,      // this mail will never be taken
        interrupted,  // hurry() came before it was given away
    };
    Kind kind = Kind::later;
    // Stable: smtp_unreachable, smtp_certificate, smtp_no_tls, smtp_login, smtp_busy, smtp_451, or the code of a refusal: 5.1.1,
    // 550.
    std::string reason;
};

class Smtp {
  public:
    explicit Smtp(SmtpOptions options);
    ~Smtp();
    Smtp(const Smtp&) = delete;
    Smtp& operator=(const Smtp&) = delete;

    // `bytes` is a whole mail with CRLF line ends. Addresses are clean (protocol/mail/address).
    SmtpAnswer send(const std::string& return_path, const std::string& to, std::string_view bytes);

    // The gateway stops: nothing is begun any more, and what has not given its mail away yet ends at once.
    void hurry();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// "5.1.1" of "550 5.1.1 no such user", or "550"; what a server says in words may name persons and is not kept.
std::string reply_code(std::string_view reply);

}  // namespace entente::deliveries
