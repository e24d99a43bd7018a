#include "tests/vectors/vectors.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace entente::tests {

const boost::json::object& audit_vectors() {
    static const boost::json::value document = [] {
        std::ifstream in(ENTENTE_TEST_VECTORS "/audit-vectors.json");
        if (!in) throw std::runtime_error("tests/vectors/audit-vectors.json cannot be read");
        std::ostringstream text;
        text << in.rdbuf();
        return boost::json::parse(text.str());
    }();
    return document.as_object();
}

const boost::json::object& log_vectors() {
    return audit_vectors().at("gw_audit_v1").as_object();
}

std::string text_of(const boost::json::value& value) {
    return std::string(value.as_string());
}

protocol::Blob blob_of(const boost::json::value& hex_text) {
    auto bytes = protocol::from_hex(text_of(hex_text));
    if (!bytes) throw std::runtime_error("a vector is not hexadecimal");
    return *std::move(bytes);
}

}  // namespace entente::tests
