#pragma once
// Addresses of the internet protocol and of hardware as text: reading them, those that tell nothing, and stand-ins that look alike.
// Sources: RFC 1918, 3849, 5737, 2544 (benchmarks), 6890, 7042.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::policy {

std::optional<std::uint32_t> parse_ipv4(std::string_view text);  // dotted decimal, no leading zeros
bool private_range(std::uint32_t ipv4);
// The same on every machine: loopback, this network, masks, multicast, documentation and benchmark ranges, well-known resolvers.
bool meaningless(std::uint32_t ipv4);

// An address of version 6 that is one beyond doubt and tells something (not ::1, not 2001:db8::/32).
bool telling_ipv6(std::string_view text);
// MAC (6 bytes), EUI-64 or world wide name (8): with colons, hyphens or in Cisco's three groups; not all zero, broadcast,
// multicast, nor the range kept for documentation.
bool telling_hardware_address(std::string_view text);

// The n-th stand-in (n >= 1) of the same look: from 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, then 198.18.0.0/15; from
// 2001:db8::/32; from 00:00:5e:00:53:00, then 02:00:5e:..., with the separators of `like`.
std::string ipv4_stand_in(int n);
std::string ipv6_stand_in(int n);
std::string hardware_stand_in(int n, std::string_view like);

}  // namespace entente::policy
