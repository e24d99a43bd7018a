#include "server/net/address_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <string>

#include "protocol/result.hpp"

namespace entente::net {
namespace {

using V4 = std::array<std::uint8_t, 4>;

struct V4Network {
    V4 address;
    int bits;
};
// IANA's special-purpose registry: whatever is not meant to be reached from everywhere.
constexpr std::array<V4Network, 16> special_v4{{{{0, 0, 0, 0}, 8},
                                                {{10, 0, 0, 0}, 8},
                                                {{100, 64, 0, 0}, 10},
                                                {{127, 0, 0, 0}, 8},
                                                {{169, 254, 0, 0}, 16},
                                                {{172, 16, 0, 0}, 12},
                                                {{192, 0, 0, 0}, 24},
                                                {{192, 0, 2, 0}, 24},
                                                {{192, 31, 196, 0}, 24},
                                                {{192, 88, 99, 0}, 24},
                                                {{192, 168, 0, 0}, 16},
                                                {{198, 18, 0, 0}, 15},
                                                {{198, 51, 100, 0}, 24},
                                                {{203, 0, 113, 0}, 24},
                                                {{224, 0, 0, 0}, 4},
                                                {{240, 0, 0, 0}, 4}}};

bool within(const std::uint8_t* address, const std::uint8_t* network, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(address, address + whole, network)) return false;
    const int rest = bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return (address[whole] & mask) == (network[whole] & mask);
}

bool is_public_v4(const std::uint8_t* address) {
    return std::ranges::none_of(special_v4, [&](const V4Network& net) { return within(address, net.address.data(), net.bits); });
}

bool starts_with(const std::array<std::uint8_t, 16>& address, std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress from_v6(const std::uint8_t* bytes) {
    IpAddress address;
    if (std::ranges::equal(std::span(bytes, mapped_prefix.size()), mapped_prefix)) {
        address.v4 = true;
        std::memcpy(address.bytes.data(), bytes + 12, 4);
    } else {
        std::memcpy(address.bytes.data(), bytes, 16);
    }
    return address;
}

bool is_public_v6(const std::array<std::uint8_t, 16>& a) {
    // NAT64's well-known prefix leads to the address inside.
    if (starts_with(a, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return is_public_v4(a.data() + 12);
    if ((a[0] & 0xe0) != 0x20) return false;                                 // only 2000::/3 is global unicast
    if (starts_with(a, {0x20, 0x01}) && a[2] < 2) return false;              // 2001::/23: Teredo, ORCHID, benchmarks
    if (starts_with(a, {0x20, 0x01, 0x0d, 0xb8})) return false;              // documentation
    if (starts_with(a, {0x20, 0x02})) return false;                          // 6to4: leads to a version 4 address
    if (starts_with(a, {0x26, 0x20, 0x00, 0x4f, 0x80, 0x00})) return false;  // AS112
    return !(starts_with(a, {0x3f, 0xff}) && (a[2] & 0xf0) == 0);            // documentation
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
    const std::string word(text);
    IpAddress address;
    if (::inet_pton(AF_INET, word.c_str(), address.bytes.data()) == 1) {
        address.v4 = true;
        return address;
    }
    std::array<std::uint8_t, 16> v6{};
    if (::inet_pton(AF_INET6, word.c_str(), v6.data()) != 1) return std::nullopt;
    return from_v6(v6.data());
}

std::optional<IpAddress> address_of(const sockaddr* socket_address) {
    IpAddress address;
    if (socket_address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, socket_address, sizeof v4);
        address.v4 = true;
        std::memcpy(address.bytes.data(), &v4.sin_addr, 4);
        return address;
    }
    if (socket_address->sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6{};
    std::memcpy(&v6, socket_address, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
    return from_v6(bytes.data());
}

bool is_public(const IpAddress& address) {
    return address.v4 ? is_public_v4(address.bytes.data()) : is_public_v6(address.bytes);
}

AddressGuard::AddressGuard(std::string_view allowed) {
    while (!allowed.empty()) {
        const auto comma = std::min(allowed.find(','), allowed.size());
        const std::string_view word = trimmed(allowed.substr(0, comma));
        allowed.remove_prefix(std::min(comma + 1, allowed.size()));
        if (word.empty()) continue;
        const auto slash = std::min(word.find('/'), word.size());
        const auto address = parse_address(word.substr(0, slash));
        if (!address) throw protocol::Fault("'" + std::string(word) + "' is no network such as 10.1.0.0/16");
        Network network{*address, address->v4 ? 32 : 128};
        if (slash < word.size()) {
            const std::string_view bits = word.substr(slash + 1);
            const int most = network.bits;
            const auto [end, problem] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
            if (problem != std::errc{} || end != bits.data() + bits.size() || network.bits < 0 || network.bits > most)
                throw protocol::Fault("'" + std::string(word) + "' is no network such as 10.1.0.0/16");
        }
        allowed_.push_back(network);
    }
}

bool AddressGuard::allows(const IpAddress& address) const {
    if (is_public(address)) return true;
    return std::ranges::any_of(allowed_, [&](const Network& network) {
        return network.address.v4 == address.v4 && within(address.bytes.data(), network.address.bytes.data(), network.bits);
    });
}

std::optional<bool> AddressGuard::judge_host(std::string_view host) const {
    if (const auto address = parse_address(host)) return allows(*address);
    std::string name(host);
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    while (name.ends_with('.')) name.pop_back();
    if (name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local") || name.ends_with(".internal"))
        return allows(*parse_address("127.0.0.1")) || allows(*parse_address("::1"));
    return std::nullopt;
}

}  // namespace entente::net
