#include "policy/domains.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "policy/ascii.hpp"

namespace entente::policy {

namespace {

constexpr std::array internal{"local", "internal", "intranet", "corp", "lan", "home", "localdomain", "private", "priv", "ad"};
// Two labels are enough under these; under the others a name needs three, or something that programs do not write.
constexpr std::array plain{"com",      "net", "org",   "edu", "gov", "mil", "biz", "example", "corp", "lan", "localdomain",
                           "intranet", "eu",  "local", "de",  "fr",  "nl",  "pl",  "se",      "fi",   "dk",  "ch",
                           "jp",       "cn",  "uk",    "kr",  "br",  "au",  "nz",  "cz",      "tr"};
constexpr std::array longer{"io",   "dev",     "app",    "info", "int",     "test", "private", "priv", "home", "internal", "cloud",
                            "tech", "systems", "online", "site", "network", "ad",   "at",      "be",   "no",   "it",       "es",
                            "pt",   "ru",      "in",     "ca",   "us",      "mx",   "il",      "za",   "sg",   "hk",       "tw",
                            "ua",   "hu",      "ro",     "gr",   "ar",      "cl",   "ie",      "lu",   "sk",   "si",       "hr",
                            "bg",   "lt",      "lv",     "ee",   "th",      "vn",   "ae"};
// First labels of package names: com.example.Foo, org.apache..., java.net.
constexpr std::array packages{"com",     "org",     "net",      "io",        "java",       "javax", "sun",  "edu",
                              "gov",     "android", "androidx", "jdk",       "kotlin",     "scala", "akka", "github",
                              "jakarta", "dev",     "system",   "microsoft", "org.apache", "self",  "this", "std"};
// Public sites that people link to; nobody's infrastructure in a support case.
constexpr std::array sites{"github.com",      "github.io",    "gitlab.com",      "bitbucket.org",      "debian.org",
                           "ubuntu.com",      "kernel.org",   "redhat.com",      "fedoraproject.org",  "centos.org",
                           "suse.com",        "opensuse.org", "apache.org",      "eclipse.org",        "mozilla.org",
                           "w3.org",          "ietf.org",     "rfc-editor.org",  "microsoft.com",      "msdn.com",
                           "windows.com",     "google.com",   "googleapis.com",  "golang.org",         "python.org",
                           "nodejs.org",      "oracle.com",   "java.com",        "mysql.com",          "mariadb.org",
                           "postgresql.org",  "mongodb.com",  "redis.io",        "docker.com",         "docker.io",
                           "quay.io",         "k8s.io",       "kubernetes.io",   "vmware.com",         "cisco.com",
                           "ibm.com",         "apple.com",    "wikipedia.org",   "stackoverflow.com",  "serverfault.com",
                           "pool.ntp.org",    "maven.org",    "xmlsoap.org",     "openxmlformats.org", "schema.org",
                           "json-schema.org", "openssl.org",  "gnu.org",         "freedesktop.org",    "systemd.io",
                           "nist.gov",        "mitre.org",    "letsencrypt.org", "iana.org",           "icann.org",
                           "asp.net",         "vb.net",       "ado.net",         "example.com",        "example.org",
                           "example.net",     "rc.local",     "amazonaws.com",   "gstatic.com",        "android.com",
                           "cloudflare.com",  "akamai.net",   "digicert.com",    "verisign.com",       "springframework.org",
                           "hibernate.org",   "jboss.org",    "readthedocs.io"};
// A first label that says "for everybody to read".
constexpr std::array public_first{"www",       "docs",       "doc",    "support", "kb",       "help",
                                  "developer", "developers", "learn",  "blog",    "download", "downloads",
                                  "community", "forum",      "forums", "bugs",    "bugzilla", "issues"};

template <std::size_t n>
bool one_of(const std::array<const char*, n>& words, std::string_view word) {
    return std::ranges::any_of(words, [&](std::string_view one) { return one == word; });
}

std::vector<std::string_view> labels_of(std::string_view name) {
    std::vector<std::string_view> labels;
    std::size_t from = 0;
    while (true) {
        const std::size_t dot = name.find('.', from);
        labels.push_back(name.substr(from, dot - from));
        if (dot == std::string_view::npos) return labels;
        from = dot + 1;
    }
}

bool machine_like(std::string_view label) {
    return std::ranges::any_of(label, digit) || label.find('-') != std::string_view::npos;
}

// "System.Net", "fooBar.com": how programs name things.
bool mixed_case(std::string_view label) {
    return std::ranges::any_of(label, lower) && std::ranges::any_of(label, upper);
}

}  // namespace

bool under_domain(std::string_view name, std::string_view domain) {
    if (!name.ends_with(domain)) return false;
    return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

bool internal_domain(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot != std::string_view::npos && one_of(internal, name.substr(dot + 1));
}

bool telling_domain(std::string_view name) {
    if (name.size() < 5 || name.size() > 253) return false;
    std::string low(name);
    for (char& c : low) c = upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    const auto labels = labels_of(low);
    const auto spelled = labels_of(name);
    const std::size_t n = labels.size();
    if (n < 2 || std::ranges::any_of(labels, [](std::string_view one) { return one.empty(); })) return false;
    if (std::ranges::any_of(spelled, mixed_case)) return false;
    if (n >= 3 && one_of(packages, labels[0])) return false;
    if (std::ranges::none_of(labels[0], letter) && n < 3) return false;
    const bool enough = one_of(plain, labels.back()) ||
                        (one_of(longer, labels.back()) &&
                         (n >= 4 || (n == 3 && (machine_like(labels[0]) || internal_domain(low) || labels[1].size() >= 3))));
    if (!enough) return false;
    if (std::ranges::any_of(sites, [&](std::string_view site) { return under_domain(low, site); })) return false;
    return !(one_of(public_first, labels[0]) && !internal_domain(low) && n >= 3);
}

}  // namespace entente::policy
