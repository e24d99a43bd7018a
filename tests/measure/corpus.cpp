#include "tests/measure/corpus.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/measure/values.hpp"

namespace entente::corpus {

namespace {

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "corpus: %s\n", why.c_str());
    std::abort();
}

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) stop("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> blocks_of(const std::string& text) {
    std::vector<std::string> blocks;
    std::size_t at = text.find("%%\n");  // what stands before the first is for the reader
    while (at != std::string::npos) {
        const std::size_t begin = at + 3;
        at = text.find("%%\n", begin);
        blocks.push_back(text.substr(begin, at == std::string::npos ? at : at - begin));
    }
    return blocks;
}

void plant(Document& document, const Value& value) {
    document.labels.push_back({document.text.size(), document.text.size() + value.text.size(), value.code, value.formatted});
    document.text += value.text;
}

// Codes of values that a hand-written text plants; what has a form of its own is known by its code.
bool has_form(const std::string& code) {
    constexpr std::array spoken{"assigned_secret", "spoken_secret", "command_password", "device_password", "person_name",
                                "customer_name",   "host_name",     "internal_url",     "serial_number"};
    return std::ranges::none_of(spoken, [&](const char* one) { return code == one; });
}

Document fill(const std::string& block, Chance& chance) {
    constexpr std::string_view open = "⟦", close = "⟧";
    Document document;
    for (std::size_t at = 0; at < block.size();) {
        const std::string_view rest = std::string_view(block).substr(at);
        if (rest.starts_with("<<")) {
            const std::size_t end = block.find(">>", at);
            if (end == std::string::npos) stop("<< without >> in: " + block);
            const bool planted = block[at + 2] == '!';
            const std::string name = block.substr(at + (planted ? 3 : 2), end - at - (planted ? 3 : 2));
            const Value value = make_value(name, chance);
            if (planted != !value.code.empty()) stop("<<" + name + ">> is planted exactly when it has a code");
            if (planted) plant(document, value);
            if (!planted) document.text += value.text;
            at = end + 2;
        } else if (rest.starts_with(open)) {
            const std::size_t colon = block.find(':', at);
            const std::size_t end = block.find(close, at);
            const std::string code = block.substr(at + open.size(), colon - at - open.size());
            plant(document, {block.substr(colon + 1, end - colon - 1), code, has_form(code)});
            at = end + close.size();
        } else {
            document.text += block[at++];
        }
    }
    return document;
}

}  // namespace

std::vector<Document> generate(const std::string& folder, const std::string& split, std::uint64_t seed, int rounds) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(folder) / split))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    Chance chance(seed);
    std::vector<Document> documents;
    for (const auto& path : files) {
        const std::string stem = path.stem().string();
        int number = 0;
        for (const std::string& block : blocks_of(read(path))) {
            // A text without anything to fill in is the same in every round.
            const int times = block.find("<<") == std::string::npos ? 1 : rounds;
            for (int i = 0; i < times; ++i) {
                Document document = fill(block, chance);
                document.kind = stem.substr(0, stem.find('_'));
                document.name = split;
                document.name.append("/").append(stem).append("/").append(std::to_string(number++));
                documents.push_back(std::move(document));
            }
        }
    }
    return documents;
}

std::string group_of(const std::string& code) {
    if (code == "mail_address") return "mail";
    if (code == "phone_number") return "phone";
    if (code == "person_name") return "person";
    if (code == "bank_account") return "account";
    if (code == "payment_card") return "card";
    if (code == "national_id") return "national_id";
    if (code == "host_name" || code == "internal_url") return "host";
    if (code == "ip_address") return "address";
    if (code == "hardware_address") return "hardware";
    if (code == "serial_number") return "serial";
    if (code == "customer_name" || code == "known_name") return "customer";
    return "secret";
}

}  // namespace entente::corpus
