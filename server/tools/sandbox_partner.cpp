// The fake partner of the sandbox, and the voice with which it and the setup speak to the gateway.

#include <algorithm>

#include "protocol/connect/query.hpp"
#include "protocol/json_writer.hpp"
#include "server/tools/sandbox.hpp"

namespace entente::tools {

using protocol::JsonWriter;

// --- Voice ---

api::Response Voice::send(api::Method method, const std::string& target, std::string body, std::string_view type,
                          std::string_view key) {
    api::Request request;
    request.method = method;
    request.target = target;
    request.body = std::move(body);
    request.peer_address = "127.0.0.1";
    if (!type.empty()) request.headers.push_back({"Content-Type", std::string(type)});
    if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_});
    if (!key.empty()) request.headers.push_back({"Idempotency-Key", std::string(key)});
    return gateway_.call(std::move(request));
}

namespace {

bool good(const api::Response& response) {
    return response.status >= 200 && response.status < 300;
}

Value read(const std::string& target, const api::Response& response) {
    const Value value = Value::parse(response.body).value_or(Value());
    if (!good(response))
        throw protocol::Fault("the sandbox's own call of " + target +
                              " was refused: " + value.text("detail", value.text("message")));
    return value;
}

}  // namespace

void Voice::sign_in(std::string_view username, std::string_view password) {
    JsonWriter out;
    out.object().member("username", username).member("password", password).end();
    token_.clear();
    token_ = read("/v1/login", send(api::Method::post, "/v1/login", out.take(), "application/json", {})).text("accessToken");
}

void Voice::sign_in_client(std::string_view id, std::string_view secret) {
    token_.clear();
    const std::string body = "grant_type=client_credentials&client_id=" + protocol::connect::encode_segment(id) +
                             "&client_secret=" + protocol::connect::encode_segment(secret);
    const std::string target = "/sandbox/oauth2/v2.0/token";
    token_ = read(target, send(api::Method::post, target, body, "application/x-www-form-urlencoded", {})).text("access_token");
}

Value Voice::get(const std::string& target) {
    return read(target, send(api::Method::get, target, {}, {}, {}));
}

Value Voice::post(const std::string& target, const std::string& body, std::string_view key) {
    return read(target, send(api::Method::post, target, body, "application/json", key));
}

std::optional<Value> Voice::attempt(api::Method method, const std::string& target, const std::string& body, std::string_view key) {
    const api::Response response = send(method, target, body, body.empty() ? "" : "application/json", key);
    if (!good(response)) return std::nullopt;
    return Value::parse(response.body).value_or(Value());
}

// --- FakePartner ---

namespace {

constexpr std::string_view engineer = R"("engineer":{"name":"Sandy Partner","email":"sandy@sandbox-partner.example"})";

// Whole words, letters in any case: "Please refuse this" but not "refused".
bool has_word(std::string_view text, std::string_view word) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    std::string current;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && letter(text[i])) {
            current += static_cast<char>(text[i] | 0x20);
            continue;
        }
        if (current == word) return true;
        current.clear();
    }
    return false;
}

}  // namespace

FakePartner::FakePartner(Gateway& gateway, const SandboxWorld& world, std::function<void(const std::string&)> say)
    : voice_(gateway), world_(world), say_(std::move(say)), thread_([this] { run(); }) {}

FakePartner::~FakePartner() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void FakePartner::run() {
    std::unique_lock hold(mutex_);
    while (!stopping_) {
        hold.unlock();
        try {
            look();
        } catch (const protocol::Fault& fault) {
            say_(std::string("partner: ") + fault.what());
        }
        hold.lock();
        wake_.wait_for(hold, std::chrono::milliseconds(250), [this] { return stopping_; });
    }
}

// Signs in anew when the token has ended; a day of idling is nothing to complain about.
void FakePartner::look() {
    const std::string list = "/api/v1/cases?side=receiver&status=open,information,accepted&limit=500";
    auto found = voice_.attempt(api::Method::get, list, {}, {});
    if (!found) {
        voice_.sign_in_client(world_.partner_client_id, world_.partner_client_secret);
        found = voice_.get(list);
    }
    for (const Value& row : found->items()) {
        const std::string token = row.text("token");
        if (seen_[token] == row.text("version")) continue;
        seen_[token] = row.text("version");
        treat(row);
    }
}

std::string FakePartner::behaviour(const Value& row) const {
    for (const std::string_view word : {"refuse", "stall", "ask", "answer"})
        if (has_word(row.text("summary"), word)) return std::string(word);
    for (const auto& [name, form] : world_.forms)
        if (form == row.text("form")) return name;
    return "answer";
}

void FakePartner::answer(const std::string& token, const std::string& kind, const std::string& body, const std::string& line) {
    const auto done = voice_.attempt(api::Method::post, "/api/v1/cases/" + token + "/answers",
                                     R"({"kind":")" + kind + "\"," + body + "," + std::string(engineer) + "}", kind + "-" + token);
    if (done) say_("partner: " + line + " " + token);
}

void FakePartner::treat(const Value& row) {
    const std::string token = row.text("token");
    const std::string what = behaviour(row);
    if (row.text("status") == "accepted") {
        // A note that waits for words gets some.
        const Value notes = voice_.get("/api/v1/cases/" + token + "/notes?visibility=shared&limit=500");
        const auto all = notes.items();
        if (all.empty() || all.back().text("direction") != "inbound") return;
        const std::string key = "note-" + all.back().text("id");
        if (voice_.attempt(api::Method::post, "/api/v1/cases/" + token + "/notes",
                           R"({"visibility":"shared","summary":"Thank you, we look into it"})", key))
            say_("partner: replied to a note in " + token);
        return;
    }
    if (what == "stall") return;
    if (what == "refuse") return answer(token, "reject", R"("reason":"The sandbox was asked to refuse this case.")", "refused");
    if (what == "ask" && row.text("status") == "open")
        return answer(token, "ask", R"("text":"Which release do you run?")", "asked a question in");
    if (what == "ask") {
        const Value answers = voice_.get("/api/v1/cases/" + token + "/answers");
        const auto all = answers.items();
        if (all.empty() || all.back().text("kind") != "reply") return;
    }
    answer(token, "approve", R"("caseNumber":"SBX-)" + std::to_string(next_number_++) + R"(","nextSteps":"We look at it at once.")",
           "accepted");
}

}  // namespace entente::tools
