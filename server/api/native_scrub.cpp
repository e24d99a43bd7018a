// The own API: the background check of the log and the data file.

#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/audit.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;

namespace {

std::string encode_state(const ScrubState& state) {
    const auto time = [](JsonWriter& out, std::string_view key, const std::optional<protocol::Instant>& at) {
        out.key(key);
        at ? out.value(to_rfc3339(*at)) : out.null();
    };
    JsonWriter out;
    out.object().member("state", state.running ? "running" : "idle").member("checked", state.checked).member("size", state.size);
    time(out, "last", state.last);
    out.key("ok");
    state.last ? out.value(state.good) : out.null();
    out.member("sentence", state.sentence).member("firstBadIndex", state.first_bad);
    time(out, "next", state.next);
    return out.end().take();
}

// Whoever may verify the log may see how far the gateway itself is, and ask for a run.
template <bool begin>
Plan scrub(Gateway& gateway, CallPtr call) {
    return gateway.write<bool>(std::move(call), ops::allow_verification, [](Gateway& g, const CallPtr& c, bool&) {
        const Scrub& background = g.parts().scrub;
        if (begin && background.begin) background.begin();
        return g.reply(c, begin ? 202 : 200, encode_state(background.state ? background.state() : ScrubState{}));
    });
}

constexpr Route scrub_table[] = {
    {Method::get, "/api/v1/audit/scrub", "getScrub", Dialect::native, Access::signed_in, scrub<false>},
    {Method::post, "/api/v1/audit/scrub", "beginScrub", Dialect::native, Access::signed_in, scrub<true>},
};

}  // namespace

std::span<const Route> native_scrub_routes() {
    return scrub_table;
}

}  // namespace entente::api
