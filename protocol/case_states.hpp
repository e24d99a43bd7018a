#pragma once
// One machine, many spellings: the state of a case in our words, in the Connect contract, in SIS (the support interchange standard
// of 1998), in TM Forum TMF621 / MEF 124 and in the Dataspace Protocol. The table is published in protocol/case-states.md; a test
// compares.

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/case_life.hpp"

namespace entente::protocol {

enum class LifeState : std::uint8_t {
    drafting,  // before the gateway knows of it
    checking,
    refused,
    deciding,
    supplying_information,
    investigating,
    verifying_fix,
    reworking,
    waiting_submitter,
    waiting_receiver,
    frozen,
    closed,
    declined,
    withdrawn,
};
inline constexpr int life_state_count = 14;

struct StateRow {
    LifeState state;
    std::string_view name;
    std::string_view owner;  // in words
    std::string_view connect;
    std::string_view sis;
    std::string_view tmf621;
    std::string_view dataspace;
};

std::span<const StateRow> state_table();
const StateRow& row_of(LifeState state);
LifeState state_of(const Turn& turn);

}  // namespace entente::protocol
