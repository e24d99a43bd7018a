#include "tests/measure/values.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <vector>

#include "tests/measure/national.hpp"

namespace entente::corpus {

namespace {

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view letters_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view capitals_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64_url = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

using Strings = std::vector<std::string>;
using Maker = std::function<std::string(Chance&)>;

const Strings first_names{"Anna", "Jonas",  "Mei",  "Carlos", "Zofia",  "Olivier", "Sanna", "Giulia", "Piotr", "Amara",
                          "Yuki", "Rasmus", "Ines", "Dmitri", "Fatima", "Lars",    "Priya", "Tomás",  "Chloé", "Björn"};
const Strings last_names{"Berg", "Lindqvist", "Tanaka",   "Moreno",  "Kowalska", "Lefèvre", "Virtanen", "Ricci", "Nowak",  "Okafor",
                         "Sato", "Holm",      "Carvalho", "Sokolov", "Haddad",   "Jansen",  "Raman",    "Novák", "Dubois", "Weiß"};
const Strings domains{"harbourline.example",   "nordwind-logistik.example", "corp.example",      "kitamura.example",
                      "acme-hospital.example", "lumenbank.example",         "fjordfish.example", "belair-energie.example"};
const Strings words{"harbour", "tiger",  "sommer", "kite",  "zebra",  "granit",  "lantern", "pepper",
                    "falcon",  "meadow", "quartz", "river", "copper", "thunder", "velvet",  "winter"};
const Strings users{"svc_orders", "app",      "backup",  "monitor", "root",  "admin",
                    "oracle",     "postgres", "jenkins", "etl",     "batch", "replicator"};
const Strings stems{"db", "web", "esx", "app", "mail", "san", "k8s-node", "fs", "sql", "mq", "lb", "nas"};
const Strings programs{"sshd",    "kernel",   "systemd", "crond", "multipathd", "iscsid",
                       "kubelet", "postgres", "haproxy", "ntpd",  "auditd",     "smbd"};

std::string capital(std::string word) {
    word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
}
std::string two(std::size_t n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
}
std::string year(Chance& c) {
    return std::to_string(2027 + c.below(4));
}
std::string month(Chance& c) {
    return two(1 + c.below(12));
}
std::string day(Chance& c) {
    return two(1 + c.below(28));
}
std::string time_of_day(Chance& c) {
    return two(c.below(24)) + ':' + two(c.below(60)) + ':' + two(c.below(60));
}
std::string month_word(Chance& c) {
    static const Strings names{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return c.one_of(names);
}

// What people choose: words, digits and marks.
std::string password(Chance& c) {
    switch (c.below(6)) {
        case 0:
            return capital(c.one_of(words)) + c.from("!#$%*-+", 1) + c.digits(2 + c.below(3));
        case 1:
            return c.from(letters_digits, 5) + c.digits(2) + c.from("!#$%*", 1) + c.from(letters_digits, 4);
        case 2:
            return capital(c.one_of(words)) + '-' + capital(c.one_of(words)) + c.digits(1 + c.below(3));
        case 3:
            return c.one_of(words) + c.digits(4);
        case 4:
            return c.from(letters_digits, 10 + c.below(8)) + c.digits(1) + c.from(lower, 1);
        default:
            return c.from(upper, 1) + c.from(lower, 4) + '@' + year(c) + c.from("!?*", 1);
    }
}

std::string to_base64(std::string_view text) {
    std::string out;
    std::size_t i = 0;
    for (; i + 2 < text.size(); i += 3) {
        const unsigned n = static_cast<unsigned>(static_cast<unsigned char>(text[i])) << 16U |
                           static_cast<unsigned>(static_cast<unsigned char>(text[i + 1])) << 8U |
                           static_cast<unsigned char>(text[i + 2]);
        for (const unsigned shift : {18U, 12U, 6U, 0U}) out += base64[n >> shift & 63U];
    }
    if (i + 1 == text.size()) {
        const unsigned n = static_cast<unsigned>(static_cast<unsigned char>(text[i])) << 16U;
        out += base64[n >> 18U & 63U];
        out += base64[n >> 12U & 63U];
        out += "==";
    } else if (i + 2 == text.size()) {
        const unsigned n = static_cast<unsigned>(static_cast<unsigned char>(text[i])) << 16U |
                           static_cast<unsigned>(static_cast<unsigned char>(text[i + 1])) << 8U;
        for (const unsigned shift : {18U, 12U, 6U}) out += base64[n >> shift & 63U];
        out += '=';
    }
    return out;
}

std::string jwt(Chance& c) {
    return "eyJhbGciOiJIUzI1NiJ9.eyJ" + c.from(base64_url, 40 + c.below(60)) + '.' + c.from(base64_url, 43);
}

std::string private_key(Chance& c) {
    static const Strings kinds{"RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"};
    const std::string kind = c.one_of(kinds);
    std::string text = "-----BEGIN " + kind + "-----\n";
    const std::size_t lines = 3 + c.below(10);
    for (std::size_t i = 0; i < lines; ++i) text += c.from(base64, 64) + '\n';
    return text + c.from(base64, 22) + "==\n-----END " + kind + "-----";
}

std::string mail(Chance& c) {
    static const Strings plain{"anna", "jonas", "mei", "carlos", "zofia", "olivier", "sanna", "giulia", "p", "a", "yuki", "rasmus"};
    static const Strings last{"berg",    "lindqvist", "tanaka", "moreno", "kowalska",
                              "lefevre", "virtanen",  "ricci",  "nowak",  "okafor"};
    static const Strings joints{".", "_", "-", ""};
    std::string local = c.one_of(plain) + c.one_of(joints) + c.one_of(last);
    if (c.below(5) == 0) local += c.digits(2);
    if (c.below(9) == 0) local += "+support";
    return local + '@' + (c.below(4) == 0 ? "mail." : "") + c.one_of(domains);
}

std::string grouped(const std::string& digits, std::size_t size, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && i % size == 0) out += separator;
        out += digits[i];
    }
    return out;
}

std::string phone_international(Chance& c) {
    static const Strings codes{"+49", "+33", "+44", "+1", "+81", "+48", "+46", "+31", "+41", "+39", "+34", "+353", "+55", "+91"};
    const std::string code = c.one_of(codes);
    const std::string area = std::to_string(20 + c.below(70));
    switch (c.below(5)) {
        case 0:
            return code + ' ' + area + ' ' + c.digits(3) + ' ' + c.digits(4);
        case 1:
            return code + area + c.digits(7);
        case 2:
            return code + '-' + area + '-' + c.digits(3) + '-' + c.digits(4);
        case 3:
            return code + " (0)" + area + ' ' + c.digits(6) + '-' + c.digits(2);
        default:
            return code + ' ' + area + '/' + c.digits(7);
    }
}

std::string card(Chance& c) {
    static const Strings prefixes{"4", "51", "54", "37", "34", "6011", "3530", "2221"};
    const std::string prefix = c.one_of(prefixes);
    const std::size_t length = prefix[0] == '3' && prefix.size() == 2 ? 15 : 16;
    const std::string digits = with_luhn(prefix + c.digits(length - prefix.size() - 1));
    static const Strings separators{"", " ", "-"};
    const std::string separator = c.one_of(separators);
    if (digits.size() == 15) return digits.substr(0, 4) + separator + digits.substr(4, 6) + separator + digits.substr(10);
    return grouped(digits, 4, separator);
}

std::string ip(Chance& c) {
    switch (c.below(4)) {
        case 0:
            return "10." + std::to_string(c.below(256)) + '.' + std::to_string(c.below(256)) + '.' +
                   std::to_string(1 + c.below(254));
        case 1:
            return "192.168." + std::to_string(c.below(256)) + '.' + std::to_string(1 + c.below(254));
        case 2:
            return "172." + std::to_string(16 + c.below(16)) + '.' + std::to_string(c.below(256)) + '.' +
                   std::to_string(1 + c.below(254));
        default:
            return std::to_string(20 + c.below(80)) + '.' + std::to_string(c.below(256)) + '.' + std::to_string(c.below(256)) +
                   '.' + std::to_string(1 + c.below(254));
    }
}

std::string ipv6(Chance& c) {
    switch (c.below(3)) {
        case 0:
            return "fe80::" + c.from(hex, 3) + c.digits(1) + ':' + c.from(hex, 4) + ":" + c.from(hex, 4) + ':' + c.from(hex, 4);
        case 1:
            return "fd" + c.from(hex, 2) + ':' + c.from(hex, 3) + c.digits(1) + ':' + c.from(hex, 4) +
                   "::" + std::to_string(1 + c.below(99));
        default: {
            std::string text = "2a0" + c.digits(1);
            for (int i = 0; i < 7; ++i) text += ':' + c.from(hex, 3) + c.digits(1);
            return text;
        }
    }
}

std::string hardware(Chance& c) {
    const std::string separator = c.below(2) == 0 ? ":" : "-";
    return "0" + c.from("048c", 1) + separator + grouped(c.from("abcdef", 1) + c.from(hex, 9), 2, separator);
}

std::string host(Chance& c) {
    return c.one_of(stems) + (c.below(3) == 0 ? "-" : "") + two(1 + c.below(60)) + (c.below(4) == 0 ? "-prd" : "");
}
std::string full_host(Chance& c) {
    static const Strings inner{"corp.local",    "dc1.lan",   "int.harbourline.example", "nordwind-logistik.example",
                               "prod.internal", "emea.corp", "srv.kitamura.example"};
    return host(c) + '.' + c.one_of(inner);
}
std::string full_name(Chance& c) {
    return c.one_of(first_names) + ' ' + c.one_of(last_names);
}
std::string uuid(Chance& c) {
    return c.from(hex, 8) + '-' + c.from(hex, 4) + "-4" + c.from(hex, 3) + "-a" + c.from(hex, 3) + '-' + c.from(hex, 12);
}

struct Row {
    const char* code;
    bool formatted;
    Maker make;
};

void add_noise(std::map<std::string, Row>& rows) {
    const auto put = [&](const char* name, Maker make) { rows.emplace(name, Row{"", false, std::move(make)}); };
    put("ts_iso",
        [](Chance& c) { return year(c) + '-' + month(c) + '-' + day(c) + 'T' + time_of_day(c) + '.' + c.digits(3) + 'Z'; });
    put("ts_log", [](Chance& c) { return year(c) + '-' + month(c) + '-' + day(c) + ' ' + time_of_day(c) + ',' + c.digits(3); });
    put("ts_syslog", [](Chance& c) { return month_word(c) + ' ' + std::to_string(10 + c.below(19)) + ' ' + time_of_day(c); });
    put("ts_apache", [](Chance& c) { return day(c) + '/' + month_word(c) + '/' + year(c) + ':' + time_of_day(c) + " +0200"; });
    put("date", [](Chance& c) { return year(c) + '-' + month(c) + '-' + day(c); });
    put("date_de", [](Chance& c) { return day(c) + '.' + month(c) + '.' + year(c); });
    put("time", time_of_day);
    put("n", [](Chance& c) { return std::to_string(c.below(100'000)); });
    put("small", [](Chance& c) { return std::to_string(1 + c.below(60)); });
    put("big", [](Chance& c) { return std::to_string(1 + c.below(9)) + c.digits(8 + c.below(6)); });
    put("epoch_ms", [](Chance& c) { return "18" + c.digits(11); });
    put("port", [](Chance& c) { return std::to_string(1024 + c.below(60'000)); });
    put("pid", [](Chance& c) { return std::to_string(100 + c.below(30'000)); });
    put("hex8", [](Chance& c) { return c.from(hex, 8); });
    put("hex16", [](Chance& c) { return c.from(hex, 16); });
    put("sha256", [](Chance& c) { return c.from(hex, 64); });
    put("sha1", [](Chance& c) { return c.from(hex, 40); });
    put("uuid", uuid);
    put("ver3", [](Chance& c) {
        return std::to_string(1 + c.below(14)) + '.' + std::to_string(c.below(20)) + '.' + std::to_string(c.below(30));
    });
    put("ver4", [](Chance& c) {
        return std::to_string(1 + c.below(14)) + '.' + std::to_string(c.below(20)) + '.' + std::to_string(c.below(30)) + '.' +
               std::to_string(c.below(400));
    });
    put("size", [](Chance& c) { return std::to_string(1 + c.below(999)) + '.' + c.digits(1) + " GiB"; });
    put("ms", [](Chance& c) { return std::to_string(1 + c.below(5000)) + " ms"; });
    put("user", [](Chance& c) { return c.one_of(users); });
    put("program", [](Chance& c) { return c.one_of(programs); });
    put("word", [](Chance& c) { return c.one_of(words); });
    put("percent", [](Chance& c) { return std::to_string(c.below(100)) + '.' + c.digits(1) + '%'; });
    put("block", [](Chance& c) { return "blk_-" + std::to_string(1 + c.below(9)) + c.digits(18); });
    put("device", [](Chance& c) { return "sd" + c.from(lower, 1); });
    put("wrong_card", [](Chance& c) {  // the right length, the wrong check digit
        std::string digits = with_luhn("4" + c.digits(14));
        digits.back() = static_cast<char>('0' + (digits.back() - '0' + 3) % 10);
        return digits;
    });
}

void add_tokens(std::map<std::string, Row>& rows) {
    const auto put = [&](const char* name, const char* code, Maker make) { rows.emplace(name, Row{code, true, std::move(make)}); };
    put("aws_key", "aws_access_key", [](Chance& c) { return (c.below(3) == 0 ? "ASIA" : "AKIA") + c.from(base32, 16); });
    put("github", "github_token", [](Chance& c) { return "gh" + c.from("pousr", 1) + '_' + c.from(letters_digits, 36); });
    put("github_pat", "github_token",
        [](Chance& c) { return "github_pat_" + c.from(letters_digits, 22) + '_' + c.from(letters_digits, 59); });
    put("gitlab", "gitlab_token", [](Chance& c) { return "glpat-" + c.from(base64_url, 20); });
    put("slack", "slack_token",
        [](Chance& c) { return "xoxb-" + c.digits(12) + '-' + c.digits(12) + '-' + c.from(letters_digits, 24); });
    put("stripe", "stripe_key", [](Chance& c) { return "sk_live_" + c.from(letters_digits, 24); });
    put("google", "google_key", [](Chance& c) { return "AIza" + c.from(base64_url, 35); });
    put("jwt", "json_web_token", jwt);
    put("npm", "service_token", [](Chance& c) { return "npm_" + c.from(letters_digits, 36); });
    put("pypi", "service_token", [](Chance& c) { return "pypi-AgEIcHlwaS5vcmc" + c.from(base64_url, 70); });
    put("digitalocean", "service_token", [](Chance& c) { return "dop_v1_" + c.from(hex, 64); });
    put("anthropic", "service_token", [](Chance& c) { return "sk-ant-api03-" + c.from(base64_url, 93) + "AA"; });
    put("openai", "service_token",
        [](Chance& c) { return "sk-proj-" + c.from(letters_digits, 40) + c.digits(1) + c.from(letters_digits, 20); });
    put("huggingface", "service_token",
        [](Chance& c) { return "hf_" + c.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 33) + c.digits(1); });
    put("sendgrid", "service_token",
        [](Chance& c) { return "SG." + c.from(base64_url, 21) + c.digits(1) + '.' + c.from(base64_url, 43); });
    put("databricks", "service_token", [](Chance& c) { return "dapi" + c.from(hex, 32); });
    put("vault", "service_token", [](Chance& c) { return "hvs." + c.from(letters_digits, 90); });
    put("docker", "service_token", [](Chance& c) { return "dckr_pat_" + c.from(base64_url, 26) + c.digits(1); });
    put("grafana", "service_token", [](Chance& c) { return "glsa_" + c.from(letters_digits, 32) + '_' + c.from(hex, 8); });
    put("shopify", "service_token", [](Chance& c) { return "shpat_" + c.from(hex, 32); });
    put("azure", "service_token",
        [](Chance& c) { return c.from(letters_digits, 3) + c.digits(1) + "Q~" + c.from(base64_url, 34); });
    put("twilio", "service_token", [](Chance& c) { return "SK" + c.from(hex, 32); });
    put("mailgun", "service_token", [](Chance& c) { return "key-" + c.from(hex, 32); });
    put("telegram", "service_token",
        [](Chance& c) { return std::to_string(1 + c.below(9)) + c.digits(9) + ":AA" + c.from(base64_url, 33); });
    put("postman", "service_token", [](Chance& c) { return "PMAK-" + c.from(hex, 24) + '-' + c.from(hex, 34); });
    put("age", "private_key", [](Chance& c) { return "AGE-SECRET-KEY-1" + c.from("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58); });
    put("private_key", "private_key", private_key);
    put("bcrypt", "password_hash", [](Chance& c) { return "$2b$12$" + c.from(letters_digits, 53); });
    put("crypt6", "password_hash", [](Chance& c) { return "$6$" + c.from(letters_digits, 8) + '$' + c.from(letters_digits, 86); });
}

void add_contextual(std::map<std::string, Row>& rows) {
    const auto put = [&](const char* name, const char* code, bool formatted, Maker make) {
        rows.emplace(name, Row{code, formatted, std::move(make)});
    };
    put("password", "assigned_secret", false, password);
    put("url_password", "url_password", true,
        [](Chance& c) { return capital(c.one_of(words)) + '-' + c.from(letters_digits, 4) + c.digits(2); });
    put("word_password", "assigned_secret", false, [](Chance& c) { return c.one_of(words) + c.one_of(words); });
    put("hex_secret", "assigned_secret", false, [](Chance& c) { return c.from(hex, 31) + c.digits(1); });
    put("aws_secret", "assigned_secret", false, [](Chance& c) { return c.from(base64, 38) + c.digits(2); });
    put("random_secret", "assigned_secret", false,
        [](Chance& c) { return c.from(letters_digits, 28) + c.digits(2) + c.from(upper, 1) + c.from(lower, 1); });
    put("bearer", "bearer_token", true, [](Chance& c) { return c.from(base64_url, 38) + c.digits(2); });
    put("basic", "basic_credentials", true, [](Chance& c) { return to_base64(c.one_of(users) + ':' + password(c)); });
    put("cookie", "session_cookie", true, [](Chance& c) { return c.from(hex, 32); });
}

void add_persons(std::map<std::string, Row>& rows) {
    const auto put = [&](const char* name, const char* code, bool formatted, Maker make) {
        rows.emplace(name, Row{code, formatted, std::move(make)});
    };
    put("mail", "mail_address", true, mail);
    put("phone", "phone_number", true, phone_international);
    put("phone_us", "phone_number", true, [](Chance& c) {
        return '(' + std::to_string(200 + c.below(800)) + ") " + std::to_string(200 + c.below(800)) + '-' + c.digits(4);
    });
    put("phone_local", "phone_number", false, [](Chance& c) { return '0' + std::to_string(10 + c.below(90)) + ' ' + c.digits(7); });
    put("iban", "bank_account", true, [](Chance& c) { return make_iban(c); });
    put("card", "payment_card", true, card);
    put("name", "person_name", false, full_name);
    put("first_name", "person_name", false, [](Chance& c) { return c.one_of(first_names); });
    for (const NationalNumber& number : national_numbers())
        rows.emplace(number.name, Row{"national_id", number.formatted, number.make});
}

void add_machines(std::map<std::string, Row>& rows) {
    const auto put = [&](const char* name, const char* code, bool formatted, Maker make) {
        rows.emplace(name, Row{code, formatted, std::move(make)});
    };
    put("ip", "ip_address", true, ip);
    put("ip6", "ip_address", true, ipv6);
    put("mac", "hardware_address", true, hardware);
    put("wwn", "hardware_address", true, [](Chance& c) { return "50:0" + c.digits(1) + ':' + grouped(c.from(hex, 12), 2, ":"); });
    put("host", "host_name", false, host);
    put("fqdn", "host_name", true, full_host);
    put("serial", "serial_number", false, [](Chance& c) { return c.from(upper, 3) + c.digits(4) + c.from(capitals_digits, 3); });
}

}  // namespace

std::uint64_t Chance::next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

std::string Chance::from(std::string_view alphabet, std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += alphabet[below(alphabet.size())];
    return text;
}

Value make_value(const std::string& name, Chance& chance) {
    static const std::map<std::string, Row> rows = [] {
        std::map<std::string, Row> all;
        add_noise(all);
        add_tokens(all);
        add_contextual(all);
        add_persons(all);
        add_machines(all);
        return all;
    }();
    const auto found = rows.find(name);
    if (found == rows.end()) {
        std::fprintf(stderr, "corpus: nobody makes a <<%s>>\n", name.c_str());
        std::abort();
    }
    return {found->second.make(chance), found->second.code, found->second.formatted};
}

}  // namespace entente::corpus
