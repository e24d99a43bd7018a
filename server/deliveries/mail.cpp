#include "server/deliveries/mail.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "protocol/result.hpp"
#include "server/log.hpp"

namespace entente::deliveries {
namespace {

using std::chrono::steady_clock;

constexpr auto slot_wait = std::chrono::seconds(2);
constexpr std::int64_t pause_first_s = 2;
constexpr std::int64_t pause_max_s = 60;

void start_curl_once() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw protocol::Fault("libcurl could not be started");
}

struct HandleEnd {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleEnd>;

// What happens during one dialogue: the command that was sent last and the last line of its answer.
struct Dialogue {
    std::string_view rest;  // of the mail
    std::string command;    // its first word
    std::string reply;
    bool mail_sent = false;
    bool over = false;  // libcurl says goodbye: what decides was said before
    const std::atomic<bool>* hurry = nullptr;
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* user) {
    auto& dialogue = *static_cast<Dialogue*>(user);
    const std::size_t taken = std::min(size * count, dialogue.rest.size());
    std::memcpy(to, dialogue.rest.data(), taken);
    dialogue.rest.remove_prefix(taken);
    if (dialogue.rest.empty()) dialogue.mail_sent = true;
    return taken;
}

int overhear(CURL*, curl_infotype what, char* data, std::size_t size, void* user) {
    auto& dialogue = *static_cast<Dialogue*>(user);
    const std::string_view text(data, size);
    if (what == CURLINFO_HEADER_OUT) {
        const std::string_view command = text.substr(0, text.find_first_of(" \r\n"));
        dialogue.over = dialogue.over || command == "QUIT" || command == "RSET";
        if (dialogue.over) return 0;
        dialogue.command = command;
        dialogue.reply.clear();
    } else if (what == CURLINFO_HEADER_IN && !dialogue.over) {
        dialogue.reply = text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 40));
    }
    return 0;
}

// Called about once a second and between packets: ends a dialogue that has not given its mail away when the gateway stops. One that
// has waits for the answer, so that the mail is not sent twice.
int keep_going(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& dialogue = *static_cast<Dialogue*>(user);
    return dialogue.hurry->load() && !dialogue.mail_sent ? 1 : 0;
}

template <class T>
void set(CURL* handle, CURLoption option, T value) {
    if (curl_easy_setopt(handle, option, value) != CURLE_OK) throw protocol::Fault("libcurl lacks an option for SMTP");
}

SmtpAnswer later(std::string reason) {
    return {SmtpAnswer::Kind::later, std::move(reason)};
}

bool unreachable(CURLcode code) {
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_GOT_NOTHING;
}

// The three digits of a reply; 0 when there was none. libcurl's own last code may be that of its goodbye.
int reply_number(std::string_view reply) {
    int number = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        if (i >= reply.size() || reply[i] < '0' || reply[i] > '9') return 0;
        number = number * 10 + (reply[i] - '0');
    }
    return number;
}

SmtpAnswer judged(CURLcode code, int reply, const Dialogue& dialogue) {
    if (code == CURLE_OK) return {SmtpAnswer::Kind::accepted, ""};
    if (code == CURLE_ABORTED_BY_CALLBACK) return {SmtpAnswer::Kind::interrupted, ""};  // keep_going
    if (code == CURLE_USE_SSL_FAILED) return later("smtp_no_tls");
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) return later("smtp_certificate");
    if (code == CURLE_LOGIN_DENIED) return later("smtp_login");
    const bool permanent = reply >= 500 && reply < 600;
    if (permanent && dialogue.command == "RCPT") return {SmtpAnswer::Kind::recipient, reply_code(dialogue.reply)};
    // After MAIL a refusal is about us (sign-in, sender), which an operator can mend; after DATA it is about this mail.
    if (permanent && (dialogue.command == "DATA" || dialogue.mail_sent))
        return {SmtpAnswer::Kind::message, reply_code(dialogue.reply)};
    if (reply >= 400 && reply < 600) return later("smtp_" + std::to_string(reply));
    if (unreachable(code)) return later("smtp_unreachable");
    return later("smtp_broken");
}

}  // namespace

std::string reply_code(std::string_view reply) {
    const std::string_view basic = reply.substr(0, 3);
    if (reply.size() > 4) {
        const std::string_view rest = reply.substr(4);
        const std::string_view enhanced = rest.substr(0, rest.find_first_not_of("0123456789."));
        if (enhanced.size() >= 5 && std::ranges::count(enhanced, '.') == 2 && enhanced.front() == basic.front())
            return std::string(enhanced);
    }
    return std::string(basic);
}

struct Smtp::State {
    SmtpOptions options;
    std::string url;

    std::mutex mutex;
    std::condition_variable freed;
    std::vector<Handle> idle;  // keep their connections open between mails
    int under_way = 0;
    steady_clock::time_point closed_until;
    std::int64_t pause_s = pause_first_s;
    std::atomic<bool> hurry = false;

    // A free connection; nothing when all are busy for too long or the server is being left alone.
    Handle take(std::string& reason) {
        std::unique_lock hold(mutex);
        const auto closed = [this] { return steady_clock::now() < closed_until; };
        const bool free = freed.wait_for(hold, slot_wait, [&] { return hurry || closed() || under_way < options.connections; });
        if (hurry || closed() || !free) {
            reason = closed() ? "smtp_unreachable" : "smtp_busy";
            return nullptr;
        }
        ++under_way;
        if (idle.empty()) return Handle(curl_easy_init());
        Handle handle = std::move(idle.back());
        idle.pop_back();
        return handle;
    }

    void give_back(Handle handle, const SmtpAnswer& answer) {
        const bool down = answer.reason == "smtp_unreachable" || answer.reason == "smtp_no_tls" ||
                          answer.reason == "smtp_certificate" || answer.reason == "smtp_login";
        {
            const std::lock_guard hold(mutex);
            --under_way;
            if (down) {
                closed_until = steady_clock::now() + std::chrono::seconds(pause_s);
                pause_s = std::min(pause_s * 2, pause_max_s);
            } else {
                pause_s = pause_first_s;
                if (handle) idle.push_back(std::move(handle));
            }
        }
        freed.notify_all();
        if (down) log::warning("mail.server_failing", {{"reason", answer.reason}});
    }

    void prepare(CURL* handle, const std::string& return_path, curl_slist* to, Dialogue& dialogue) const {
        curl_easy_reset(handle);
        set(handle, CURLOPT_URL, url.c_str());
        set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        set(handle, CURLOPT_PROXY, "");
        set(handle, CURLOPT_NOSIGNAL, 1L);
        set(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_seconds));
        set(handle, CURLOPT_TIMEOUT, static_cast<long>(options.send_seconds));
        if (options.security == SmtpOptions::Security::starttls) set(handle, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
        set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        if (!options.authority.empty()) set(handle, CURLOPT_CAINFO, options.authority.c_str());
        if (!options.user.empty()) {
            const std::string password(protocol::as_text(options.password.bytes()));
            set(handle, CURLOPT_USERNAME, options.user.c_str());
            set(handle, CURLOPT_PASSWORD, password.c_str());
        }
        set(handle, CURLOPT_MAIL_FROM, ("<" + return_path + ">").c_str());
        set(handle, CURLOPT_MAIL_RCPT, to);
        set(handle, CURLOPT_UPLOAD, 1L);
        set(handle, CURLOPT_READFUNCTION, &give);
        set(handle, CURLOPT_READDATA, &dialogue);
        set(handle, CURLOPT_DEBUGFUNCTION, &overhear);
        set(handle, CURLOPT_DEBUGDATA, &dialogue);
        set(handle, CURLOPT_VERBOSE, 1L);
        set(handle, CURLOPT_XFERINFOFUNCTION, &keep_going);
        set(handle, CURLOPT_XFERINFODATA, &dialogue);
        set(handle, CURLOPT_NOPROGRESS, 0L);
    }

    SmtpAnswer perform(CURL* handle, const std::string& return_path, const std::string& to, std::string_view bytes) const {
        // A connection that the server closed while it was idle is no failure of this mail: once more with a new one.
        for (const bool fresh : {false, true}) {
            Dialogue dialogue{.rest = bytes, .command = {}, .reply = {}, .mail_sent = false, .over = false, .hurry = &hurry};
            const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
                curl_slist_append(nullptr, ("<" + to + ">").c_str()), &curl_slist_free_all);
            prepare(handle, return_path, recipients.get(), dialogue);
            if (fresh) set(handle, CURLOPT_FRESH_CONNECT, 1L);
            const CURLcode code = curl_easy_perform(handle);
            const int reply = reply_number(dialogue.reply);
            long connects = 0;
            curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
            const bool stale = code != CURLE_OK && connects == 0 && !dialogue.mail_sent && (reply == 0 || reply == 421);
            if (!stale || fresh) return judged(code, reply, dialogue);
        }
        return later("smtp_broken");
    }
};

Smtp::Smtp(SmtpOptions options) : state_(std::make_unique<State>()) {
    start_curl_once();
    const std::string host = options.server.contains(':') ? "[" + options.server + "]" : options.server;
    state_->url = std::string(options.security == SmtpOptions::Security::tls ? "smtps://" : "smtp://") + host + ":" +
                  std::to_string(options.port) + "/" + options.greeting;
    state_->options = std::move(options);
}

Smtp::~Smtp() = default;

SmtpAnswer Smtp::send(const std::string& return_path, const std::string& to, std::string_view bytes) {
    std::string reason;
    Handle handle = state_->take(reason);
    if (!handle && state_->hurry) return {SmtpAnswer::Kind::interrupted, ""};
    if (!handle) return later(reason.empty() ? "smtp_broken" : std::move(reason));
    SmtpAnswer answer = later("smtp_broken");
    try {
        answer = state_->perform(handle.get(), return_path, to, bytes);
    } catch (...) {
        state_->give_back(nullptr, answer);
        throw;
    }
    state_->give_back(std::move(handle), answer);
    return answer;
}

void Smtp::hurry() {
    state_->hurry = true;
    state_->freed.notify_all();
}

}  // namespace entente::deliveries
