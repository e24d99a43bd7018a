// The own API: the event feed, as pages with long poll and as Server-Sent Events.
//
// The stream is a named exception to "one operation": it is the poll again and again, each time with its own look at the caller's
// rights and its own record, until the client goes or the gateway stops.

#include <charconv>

#include "protocol/reader.hpp"
#include "protocol/webhook.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/api/webhooks_json.hpp"

namespace entente::api {

namespace ops = operations;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr int page_default = 100;
constexpr std::int64_t page_max = 500;
constexpr std::int64_t wait_max_s = 60;
constexpr std::chrono::seconds heartbeat{15};
constexpr int pages_at_once = 20;  // of events that the filter leaves out, in one look

struct Ask {
    std::int64_t after = -1;
    bool from_now = false;
    int limit = page_default;
    std::chrono::milliseconds wait{0};
    ops::EventFilter filter;
};

class Reading {
  public:
    explicit Reading(const Call& call) : call_(call) {}

    protocol::Result<Ask> read() {
        for (const auto& item : call_.query) take(item.name, item.value);
        if (const auto last = call_.request->header("Last-Event-ID"); last && !last->empty())
            ask_.after = number("Last-Event-ID", *last, -1, std::int64_t{1} << 53);
        if (!violations_.empty()) return std::unexpected(protocol::invalid_members(std::move(violations_)));
        return std::move(ask_);
    }

  private:
    void take(std::string_view name, std::string_view value) {
        if (name == "after") {
            ask_.from_now = value == "now";
            if (!ask_.from_now) ask_.after = number(name, value, -1, std::int64_t{1} << 53);
        } else if (name == "limit") {
            ask_.limit = static_cast<int>(number(name, value, 1, page_max));
        } else if (name == "wait") {
            ask_.wait = std::chrono::seconds(number(name, value, 0, wait_max_s));
        } else if (name == "types") {
            words(value, [&](std::string_view word) {
                if (const auto kind = protocol::parse_event_kind(word)) return ask_.filter.kinds.push_back(*kind);
                violate(name, "must be names of events, such as case.created");
            });
        } else if (name == "directions") {
            words(value, [&](std::string_view word) {
                if (word == "INBOUND") return ask_.filter.sides.push_back(protocol::Side::receiver);
                if (word == "OUTBOUND") return ask_.filter.sides.push_back(protocol::Side::submitter);
                violate(name, "must be INBOUND, OUTBOUND or both");
            });
        } else if (name == "partners") {
            words(value, [&](std::string_view word) {
                if (const auto id = protocol::connect::decode_id(word)) return ask_.filter.partners.push_back({*id});
                violate(name, "must be ids of companies");
            });
        } else if (name == "case") {
            ask_.filter.case_token = value;
        }
    }
    std::int64_t number(std::string_view name, std::string_view text, std::int64_t least, std::int64_t most) {
        std::int64_t value = least;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (problem != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
            violate(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
            return least;
        }
        return value;
    }
    template <class Use>
    static void words(std::string_view text, Use use) {
        while (!text.empty()) {
            const auto comma = std::min(text.find(','), text.size());
            use(text.substr(0, comma));
            text.remove_prefix(std::min(comma + 1, text.size()));
        }
    }
    void violate(std::string_view name, std::string message) {
        violations_.push_back({'/' + std::string(name), "not_allowed", std::move(message)});
    }

    const Call& call_;
    Ask ask_;
    std::vector<protocol::Violation> violations_;
};

// One poll: looks, and when there is nothing waits for the bell and looks again, until the time is over.
class Poll : public std::enable_shared_from_this<Poll> {
  public:
    // `render` makes the answer of the page that was found; an empty one when nothing came.
    using RenderPage = std::function<Response(Gateway&, const CallPtr&, const ops::EventPage&)>;

    Poll(Gateway& gateway, CallPtr call, Ask ask, RenderPage render)
        : gateway_(gateway),
          call_(std::move(call)),
          ask_(std::move(ask)),
          render_(std::move(render)),
          until_(SteadyClock::now() + ask_.wait) {}

    Plan look() {
        auto step = std::make_unique<OnReader>();
        seen_ = gateway_.parts().bell.count();
        step->run = [self = shared_from_this()](store::ReadTxn& txn) { self->read(txn); };
        step->then = [self = shared_from_this()](std::string fault) { return self->looked(std::move(fault)); };
        return step;
    }

  private:
    // In whatever transaction: who asks, and what is there for him.
    void read(store::ReadTxn& txn) {
        const ops::Context now = gateway_.context();
        auto caller = ops::authenticate(txn, gateway_.parts().tools, now.now, call_->presented);
        if (!caller) {
            page_.emplace(std::unexpected(std::move(caller.error())));
            return;
        }
        caller_ = std::move(*caller);
        call_->caller = caller_.principal.label();
        if (std::exchange(ask_.from_now, false)) ask_.after = store::newest_position(txn);
        ops::EventPage all{.next = ask_.after};
        for (int i = 0; i < pages_at_once; ++i) {
            auto page = ops::read_events(txn, now, caller_, all.next, ask_.limit, ask_.filter);
            if (!page) {
                page_.emplace(std::unexpected(std::move(page.error())));
                return;
            }
            all = std::move(*page);
            if (!all.events.empty() || !all.more) break;
        }
        page_.emplace(std::move(all));
    }

    Plan looked(std::string fault) {
        if (!fault.empty()) return gateway_.fault(call_, std::move(fault));
        if (!*page_) return refused();
        if (!(*page_)->events.empty()) return record();
        ask_.after = (*page_)->next;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - SteadyClock::now());
        Bell& bell = gateway_.parts().bell;
        if ((*page_)->more) return look();
        if (left.count() <= 0 || bell.closed()) return render_(gateway_, call_, **page_);
        auto step = std::make_unique<OnBell>();
        step->bell = &bell;
        step->seen = seen_;
        step->wait = left;
        step->then = [self = shared_from_this()] { return self->look(); };
        return step;
    }

    // What is shown is read again beside its record: a case that froze in between is not told of.
    Plan record() {
        auto step = std::make_unique<OnWriter>();
        step->run = [self = shared_from_this()](store::Txn& txn) -> store::Written {
            self->read(txn);
            if (!*self->page_ || (*self->page_)->events.empty()) return {};
            return {{ops::events_record(self->caller_, **self->page_, self->ask_.after)}, true};
        };
        step->then = [self = shared_from_this()](store::Commit commit) -> Plan {
            if (!commit.durable) return self->gateway_.fault(self->call_, std::move(commit.fault));
            if (!*self->page_) return self->refused();
            Response response = self->render_(self->gateway_, self->call_, **self->page_);
            if (!commit.receipts.empty() && !response.stream)
                name_record(response, commit.receipts.front(), self->caller_.role() == protocol::Role::auditor);
            return response;
        };
        return step;
    }

    Plan refused() { return gateway_.failure(call_, page_->error()); }

    Gateway& gateway_;
    CallPtr call_;
    Ask ask_;
    RenderPage render_;
    SteadyClock::time_point until_;
    std::uint64_t seen_ = 0;
    ops::Caller caller_;
    std::optional<protocol::Result<ops::EventPage>> page_;
};

std::string stream_piece(const ops::EventPage& page, std::string_view source) {
    if (page.events.empty()) return ": nothing new\n\n";
    std::string text;
    for (std::size_t i = 0; i < page.events.size(); ++i) {
        const protocol::Event& event = page.events[i].event;
        // Only the last event of a record moves the client's place, so that a connection that breaks loses none of the others.
        const bool last = i + 1 == page.events.size() || page.events[i + 1].event.cursor != event.cursor;
        text += "event: " + std::string(name(event.kind)) + "\n";
        if (last) text += "id: " + std::to_string(event.cursor) + "\n";
        text += "data: " + protocol::encode_event(page.events[i], source) + "\n\n";
    }
    return text;
}

// The stream's state between two pieces.
struct Streaming {
    Gateway& gateway;
    CallPtr call;
    Ask ask;

    Plan next(const std::shared_ptr<Streaming>& self) {
        Ask poll = ask;
        poll.wait = heartbeat;
        return std::make_shared<Poll>(gateway, call, std::move(poll),
                                      [self](Gateway& g, const CallPtr&, const ops::EventPage& page) {
                                          self->ask.after = page.next;
                                          self->ask.from_now = false;
                                          Response piece;
                                          piece.body = stream_piece(page, g.parts().tools.settings.public_url);
                                          piece.close = g.parts().bell.closed();
                                          return piece;
                                      })
            ->look();
    }
};

bool wants_stream(const Call& call) {
    const auto accept = call.request->header("Accept");
    return accept && accept->find("text/event-stream") != std::string_view::npos;
}

Plan list_events(Gateway& gateway, CallPtr call) {
    auto ask = Reading(*call).read();
    if (!ask) return gateway.failure(call, ask.error());
    if (!wants_stream(*call))
        return std::make_shared<Poll>(gateway, call, std::move(*ask),
                                      [](Gateway& g, const CallPtr& c, const ops::EventPage& page) {
                                          return g.reply(c, 200, encode_event_page(page, g.parts().tools.settings.public_url));
                                      })
            ->look();
    // The first look decides whether there is a stream at all; it waits for nothing.
    auto state = std::make_shared<Streaming>(gateway, call, std::move(*ask));
    Ask first = state->ask;
    first.wait = std::chrono::milliseconds(0);
    return std::make_shared<Poll>(gateway, call, std::move(first),
                                  [state](Gateway& g, const CallPtr& c, const ops::EventPage& page) {
                                      state->ask.after = page.next;
                                      state->ask.from_now = false;
                                      Response response = g.reply(c, 200, stream_piece(page, g.parts().tools.settings.public_url));
                                      for (Header& header : response.headers)
                                          if (header.name == "Content-Type") header.value = "text/event-stream";
                                      response.close = true;
                                      response.stream = std::make_shared<Stream>([state] { return state->next(state); });
                                      return response;
                                  })
        ->look();
}

constexpr Route events_table[] = {
    {Method::get, "/api/v1/events", "listEvents", Dialect::native, Access::signed_in, list_events},
};

}  // namespace

std::span<const Route> native_event_routes() {
    return events_table;
}

}  // namespace entente::api
