#pragma once
// Identifiers are types, so that a company's id cannot be passed where a case's id is wanted.
//
// Numeric ids are random, positive and below 2^31, because two connectors parse them into signed 32 bits (contract section 2).
// Tokens name cases and notes on the wire: 20 characters of A-Z a-z 0-9, case sensitive.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace entente::protocol {

template <class Tag>
struct Id {
    std::int64_t value = 0;  // 0 means none
    auto operator<=>(const Id&) const = default;
    explicit operator bool() const { return value != 0; }
};

using CompanyId = Id<struct CompanyTag>;
using DepartmentId = Id<struct DepartmentTag>;
using UserId = Id<struct UserTag>;
using ClientId = Id<struct ClientTag>;
using FormId = Id<struct FormTag>;  // documentId on the wire
using FieldId = Id<struct FieldTag>;
using CaseId = Id<struct CaseTag>;
using NoteId = Id<struct NoteTag>;
using ResponseId = Id<struct ResponseTag>;
using CustomerId = Id<struct CustomerTag>;
using AgreementId = Id<struct AgreementTag>;
using AuthorizationId = Id<struct AuthorizationTag>;

inline constexpr std::int64_t id_max = 0x7fff'ffff;

// UUIDv7 bytes: the id of an audit event (audit and crypto reference, section 9).
using EventId = std::array<std::uint8_t, 16>;

}  // namespace entente::protocol

// A specialisation for our own type, which the standard allows.
template <class Tag>
// NOLINTNEXTLINE(cert-dcl58-cpp)
struct std::hash<entente::protocol::Id<Tag>> {
    std::size_t operator()(const entente::protocol::Id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
