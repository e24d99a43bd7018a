#include "server/zones.hpp"

#include <date/tz.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "protocol/result.hpp"

namespace entente {

namespace {

constexpr date::sys_seconds first_moment = date::sys_days{date::year{1990} / 1 / 1};
constexpr date::sys_seconds last_moment = date::sys_days{date::year{2100} / 1 / 1};

// The database's own file names only: the library would open whatever path it is given.
bool name_shaped(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos) return false;
    return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == std::string_view::npos;
}

std::shared_ptr<const policy::ZoneRules> read(const std::string& name) {
    const date::time_zone* zone = nullptr;
    try {
        zone = date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
    auto rules = std::make_shared<policy::ZoneRules>();
    for (date::sys_seconds at = first_moment; at < last_moment;) {
        const date::sys_info info = zone->get_info(at);
        const auto from = std::max(info.begin, first_moment);
        const auto offset = static_cast<std::int32_t>(info.offset.count());
        // Names of a zone change more often than its offset.
        if (rules->rules.empty() || rules->rules.back().offset_s != offset)
            rules->rules.push_back({from.time_since_epoch().count(), offset});
        if (info.end <= at) break;
        at = info.end;
    }
    return rules;
}

}  // namespace

std::shared_ptr<const policy::ZoneRules> zone_rules(std::string_view name) {
    if (!name_shaped(name)) return nullptr;
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const policy::ZoneRules>, std::less<>> known;
    const std::lock_guard hold(mutex);
    if (const auto found = known.find(name); found != known.end()) return found->second;
    std::string key(name);
    auto rules = read(key);
    if (rules) known.emplace(std::move(key), rules);  // unknown names are not kept: anybody can make them up
    return rules;
}

}  // namespace entente
