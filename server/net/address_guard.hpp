#pragma once
// Which addresses the gateway may call on behalf of somebody else (webhooks). Only addresses of the public internet, and what the
// operator named: a subscription must not reach into the gateway's own network (server-side request forgery).
//
// Judged are bytes of an address, never names and never spellings of addresses, and the very address that is then connected to.
// Addresses that carry another one (v4-mapped, NAT64) are judged by the one inside; other transition forms are refused.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

struct sockaddr;

namespace entente::net {

struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};  // of version 4: the first four
    bool v4 = false;
};

// The usual spellings only (inet_pton); nothing for a name.
std::optional<IpAddress> parse_address(std::string_view text);
std::optional<IpAddress> address_of(const sockaddr* socket_address);
bool is_public(const IpAddress& address);

class AddressGuard {
  public:
    // `allowed`: networks that may be called although they are not public, as "10.1.0.0/16, fd00:1::/32". Throws Fault naming the
    // part that is none.
    explicit AddressGuard(std::string_view allowed);
    bool allows(const IpAddress& address) const;
    // A host of a URL that is an address (or plainly this machine's name): may it be called? Nothing when only a resolver can tell.
    std::optional<bool> judge_host(std::string_view host) const;

  private:
    struct Network {
        IpAddress address;
        int bits = 0;
    };
    std::vector<Network> allowed_;
};

}  // namespace entente::net
