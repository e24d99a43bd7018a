#pragma once
// First sight, then counts (semantics 6): the first time a principal is shown a version of a case is a record, durable before the
// body leaves; reading the same version again is counted here and written down once a second.
//
// And what is only counted: refused requests of nobody in particular, exact, written down every ten seconds. Thread-safe.

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/audit/format/record.hpp"

namespace entente::api {

class Sights {
  public:
    // Was this version (or a later one) shown to the principal already, as far as memory knows?
    bool seen(std::string_view principal, protocol::CaseId id, std::int64_t version) const;
    void remember(std::string_view principal, protocol::CaseId id, std::int64_t version);

    void count(std::string_view principal, protocol::CaseId id, protocol::Instant now);
    struct Count {
        std::string principal;
        protocol::CaseId id;
        std::int64_t hour = 0;
        std::int64_t reads = 0;
    };
    std::vector<Count> take_counts();
    void put_back(const std::vector<Count>& counts);  // the write failed

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::int64_t> seen_;
    std::map<std::tuple<std::string, std::int64_t, std::int64_t>, std::int64_t> counts_;
};

// Refused accesses to cases that exist: a record each, written within a second and not before the answer leaves, so that the answer
// takes as long as for a case that does not exist. Bounded; what does not fit is only counted.
class Refusals {
  public:
    bool add(audit::Record record);  // false: full
    std::vector<audit::Record> take();

  private:
    std::mutex mutex_;
    std::vector<audit::Record> records_;
};

class Tally {
  public:
    void add(std::string_view reason, std::string_view source);
    struct Line {
        std::string reason;
        std::int64_t count = 0;
        std::vector<std::string> sources;  // up to 16 prefixes
    };
    std::vector<Line> take();
    void put_back(const std::vector<Line>& lines);

  private:
    struct Held {
        std::int64_t count = 0;
        std::set<std::string> sources;
    };
    std::mutex mutex_;
    std::map<std::string, Held, std::less<>> lines_;
};

}  // namespace entente::api
