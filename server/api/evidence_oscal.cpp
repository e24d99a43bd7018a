#include "server/api/evidence_oscal.hpp"

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"

namespace entente::api {

using operations::Control;
using operations::controls;
using operations::Evidence;
using protocol::JsonWriter;

namespace {

constexpr std::string_view name_space = "urn:entente:evidence";

// Ids of OSCAL are tokens: a letter first, then letters, digits, points, hyphens.
std::string control_id(const Control& control) {
    std::string id(name(control.framework));
    id += '-';
    for (const char c : control.id) {
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.') {
            id += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        } else if (c == '(') {
            id += '-';
        }
    }
    return id;
}

class Ids {
  public:
    Ids(const Evidence& evidence, std::string_view origin) {
        seed_ = std::string(origin) + '\n' + std::to_string(evidence.company.value) + '\n' +
                std::to_string(evidence.input.from.us) + '\n' + std::to_string(evidence.until.us) + '\n' + evidence.input.seed +
                '\n';
    }
    // Shaped like a name-based UUID (version 5), over SHA-256.
    std::string operator()(std::string_view what) const {
        const auto digest = certs::sha256_of({protocol::as_bytes(seed_), protocol::as_bytes(what)});
        protocol::EventId id{};
        std::copy_n(digest.begin(), id.size(), id.begin());
        id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x50);
        id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
        return protocol::uuid_text(id);
    }

  private:
    std::string seed_;
};

void property(JsonWriter& out, std::string_view property_name, std::string_view value) {
    out.object().member("name", property_name).member("ns", name_space).member("value", value).end();
}

void observation(JsonWriter& out, const Evidence& evidence, std::size_t at, const Ids& id) {
    const Control& control = controls()[at];
    const operations::Population& population = evidence.populations[at];
    out.object().member("uuid", id("observation/" + control_id(control)));
    out.member("title", std::string(title(control.framework)) + " " + std::string(control.id) + " " + std::string(control.title));
    out.member("description", control.words).key("props").array();
    property(out, "control-id", control_id(control));
    property(out, "entries", std::to_string(population.entries));
    property(out, "refused", std::to_string(population.failed));
    property(out, "serves", name(control.serves));
    property(out, "evidence", evidence.holds(at) ? "yes" : "none-in-period");
    property(out, "population-sha256", protocol::hex(population.digest()));
    for (const std::string_view fact_name : operations::words_of(control.facts)) {
        if (const operations::Fact* fact = evidence.fact(fact_name)) property(out, "fact-" + std::string(fact_name), fact->value);
    }
    out.end().key("methods").array().value("EXAMINE").end().key("types").array().value("control-objective").end();
    out.member("collected", to_rfc3339(evidence.until)).key("relevant-evidence").array();
    out.object()
        .member("href", "controls.json")
        .member("description", "The population of records by index, with its digest.")
        .end();
    for (const operations::ProvenEntry& sample : evidence.samples) {
        if (std::find(sample.controls.begin(), sample.controls.end(), at) == sample.controls.end() || sample.core.empty()) continue;
        out.object().member("href", "opened/" + std::to_string(sample.index) + ".1.json");
        out.member("description", "Sampled record " + std::to_string(sample.index) + ": " + sample.operation).end();
    }
    out.end().end();
}

}  // namespace

std::string oscal_results(const Evidence& evidence, std::string_view origin) {
    const Ids id(evidence, origin);
    const std::string scope = evidence.company ? evidence.scope_name : "the whole gateway";
    JsonWriter out;
    out.object().key("assessment-results").object().member("uuid", id("document")).key("metadata").object();
    out.member("title", "Evidence of " + std::string(origin) + " for " + scope);
    out.member("last-modified", to_rfc3339(evidence.until)).member("version", "1").member("oscal-version", "1.1.3").end();
    out.key("import-ap").object().member("href", "#" + id("map")).end().key("results").array().object();
    out.member("uuid", id("result")).member("title", "Records and state for each control");
    out.member("description", "What the audit log holds for each control in the period, in the scope of " + scope +
                                  ". Observations only: no finding is made.");
    out.member("start", to_rfc3339(evidence.input.from)).member("end", to_rfc3339(evidence.until));
    out.key("reviewed-controls").object().key("control-selections").array().object().key("include-controls").array();
    for (const Control& control : controls())
        if (control.serves != operations::Serves::no) out.object().member("control-id", control_id(control)).end();
    out.end().end().end().end().key("observations").array();
    for (std::size_t i = 0; i < controls().size(); ++i)
        if (controls()[i].serves != operations::Serves::no) observation(out, evidence, i, id);
    out.end().end().end().key("back-matter").object().key("resources").array().object();
    out.member("uuid", id("map")).member("title", "The standing map from controls to records");
    out.member("description",
               "Which records and facts speak for which control, and which controls the gateway cannot serve, with reasons.");
    out.key("rlinks").array().object().member("href", "controls.json").member("media-type", "application/json").end().end();
    out.end().end().end().end();
    return out.end().take();
}

}  // namespace entente::api
