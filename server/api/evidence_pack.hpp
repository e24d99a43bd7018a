#pragma once
// Evidence as it leaves: the list of controls, and packs as named files. The same evidence gives the same bytes; nothing says when
// or by whom it was made. Receipts and the checkpoint that they lead to are the exception: they are of the moment.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/operations/evidence.hpp"

namespace entente::api {

struct PackFile {
    std::string name;  // a relative path
    std::string bytes;
    bool text = true;  // UTF-8, and carried as such
};

// What proves entries against the outside: filled in where the gateway signs checkpoints.
struct Proofs {
    std::string checkpoint;                                      // signed note; empty: none
    std::string policy;                                          // whom a verifier believes
    std::vector<std::pair<std::int64_t, std::string>> receipts;  // by index
};

std::string encode_controls(const operations::Evidence& evidence, std::string_view origin);

// report.html, assessment-results.json (OSCAL), controls.json, samples.json, opened/, receipts/, README.txt, SHA256SUMS.
std::vector<PackFile> evidence_pack(const operations::Evidence& evidence, std::string_view origin, const Proofs& proofs);
// report.html, breach.json, opened/, receipts/, README.txt, SHA256SUMS.
std::vector<PackFile> breach_pack(const operations::Breach& breach, std::string_view origin, const Proofs& proofs);

std::string encode_pack(const std::vector<PackFile>& files);

}  // namespace entente::api
