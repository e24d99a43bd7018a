// A resolver whose answers a test changes, for a gateway that runs: loaded before libc (LD_PRELOAD), it answers for the names in
// the file that ENTENTE_RESOLVER_SHIM names, one a line with its addresses behind it ("name.example 127.0.0.2 127.0.0.1"), and
// counts its answers by adding a byte to the file beside it that ends in ".asked". Other names go their usual way. The gateway
// itself knows nothing of it.

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace {

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

// The addresses that the file gives for the name, one after the other; empty when it does not know it.
std::string answer_for(const char* name) {
    const char* const path = std::getenv("ENTENTE_RESOLVER_SHIM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (path == nullptr || name == nullptr) return {};
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string known;
        words >> known;
        if (known != name) continue;
        const int asked = ::open((std::string(path) + ".asked").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (asked >= 0 && ::write(asked, ".", 1) == 1) ::close(asked);
        std::string rest;
        std::getline(words, rest);
        return rest;
    }
    return {};
}

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
    static const auto below = reinterpret_cast<GetAddrInfo>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    std::istringstream addresses(answer_for(node));
    addrinfo** end = found;
    for (std::string address; addresses >> address;) {
        // Lists of libc are made of single pieces, so they may be joined.
        if (const int wrong = below(address.c_str(), service, hints, end); wrong != 0) return wrong;
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return end == found ? below(node, service, hints, found) : 0;
}
