#pragma once
// The own API's spelling of acceptance rules, probes and partners of the directory.

#include "protocol/json_writer.hpp"
#include "server/operations/acceptance.hpp"
#include "server/operations/probes.hpp"

namespace entente::api::native {

protocol::Result<protocol::AcceptanceRule> decode_acceptance_rule(std::string_view body);
void write(protocol::JsonWriter& out, const operations::ScoredRule& scored);

protocol::Result<protocol::IntakeProbe> decode_probe(std::string_view body);
void write(protocol::JsonWriter& out, const protocol::IntakeProbe& probe);

void write(protocol::JsonWriter& out, const operations::PartnerFound& found);

}  // namespace entente::api::native
