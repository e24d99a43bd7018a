#pragma once
// Data classes: what kind of information a form field, a case member or a text carries. Agreements and authorizations permit
// classes; the gate releases a value only when every key permits its class (policy/minimisation).

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace entente::protocol {

enum class DataClass : std::uint8_t {
    case_facts,         // numbers, states, priorities, times: always needed to work together
    technical,          // problem descriptions, error messages, steps, notes about the issue
    product,            // product names, versions, serial numbers, configuration names
    diagnostics,        // log excerpts, traces, dumps as text
    customer_identity,  // which customer it is: company name, site, their case number
    personal_contact,   // names, mail addresses, phone numbers of persons
    contractual,        // contract numbers, entitlements, prices
    secret,             // credentials and keys: never leaves, whatever anybody permits
};

inline constexpr int data_class_count = 8;

// A set of classes as bits; its number is what is stored.
class DataClasses {
  public:
    constexpr DataClasses() = default;
    constexpr DataClasses(std::initializer_list<DataClass> classes) {
        for (const DataClass c : classes) add(c);
    }
    static constexpr DataClasses from_bits(std::uint32_t bits) {
        DataClasses set;
        set.bits_ = bits & ((1U << data_class_count) - 1U);
        return set;
    }
    constexpr void add(DataClass c) { bits_ |= 1U << static_cast<unsigned>(c); }
    constexpr bool has(DataClass c) const { return (bits_ >> static_cast<unsigned>(c) & 1U) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr DataClasses both(DataClasses other) const { return from_bits(bits_ & other.bits_); }
    constexpr std::uint32_t bits() const { return bits_; }
    constexpr bool operator==(const DataClasses&) const = default;

  private:
    std::uint32_t bits_ = 0;
};

// When a value may be seen by the other side.
enum class Stage : std::uint8_t {
    release,     // as soon as the three keys have turned
    acceptance,  // once the receiver has accepted and named an engineer
    never,       // kept for the owner alone
};

std::string_view name(DataClass c);
std::optional<DataClass> parse_data_class(std::string_view text);
std::string_view name(Stage stage);
std::optional<Stage> parse_stage(std::string_view text);

}  // namespace entente::protocol
