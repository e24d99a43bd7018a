#include "server/api/uploads.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/multipart.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/idempotency.hpp"
#include "server/bell.hpp"
#include "server/operations/attachments.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::Error;
using protocol::ErrorKind;
using protocol::FormPart;
using protocol::FormReader;
using protocol::Result;

namespace {

constexpr std::chrono::minutes bell_wait{10};
constexpr std::size_t description_bytes_max = 4 * protocol::attachment_description_chars;
constexpr std::size_t type_bytes_max = 100;

Response go_on() {
    Response response;
    response.status = 100;
    return response;
}

// Rung when the files are through.
struct Waiting {
    Bell bell;
    std::mutex mutex;
    std::optional<std::vector<protocol::FileResult>> results;
};

// A media type without parameters, or nothing when the part's makes no sense.
std::string plain_type(std::string_view type) {
    type = type.substr(0, type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    constexpr std::string_view marks = "!#$&-^_.+/";
    const bool shaped = std::ranges::count(type, '/') == 1 && type.size() <= type_bytes_max && !type.starts_with('/') &&
                        !type.ends_with('/') && std::ranges::all_of(type, [&](char c) {
                            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                   marks.find(c) != std::string_view::npos;
                        });
    if (!shaped || type.starts_with("multipart/") || type.starts_with("message/")) return {};
    return std::string(type);
}

std::optional<std::string> query_description(const Call& call) {
    for (const auto& item : call.query)
        if (item.name == "description") return item.value;
    return std::nullopt;
}

Response render(Gateway& gateway, const CallPtr& call, const std::vector<protocol::FileResult>& results) {
    return gateway.reply(call, 200, protocol::encode_file_results(results));
}

Plan await(Gateway& gateway, CallPtr call, std::shared_ptr<Waiting> waiting) {
    auto step = std::make_unique<OnBell>();
    step->bell = &waiting->bell;
    step->wait = bell_wait;
    step->then = [&gateway, call, waiting]() -> Plan {
        std::optional<std::vector<protocol::FileResult>> results;
        {
            const std::lock_guard hold(waiting->mutex);
            results = waiting->results;
        }
        if (!results) return await(gateway, call, waiting);
        return render(gateway, call, *results);
    };
    return step;
}

class FormUpload final : public Upload, public std::enable_shared_from_this<FormUpload> {
  public:
    // The key is taken from the call: it names the files, which are there only at the end.
    FormUpload(Gateway& gateway, CallPtr call)
        : gateway_(gateway), call_(std::move(call)), key_(std::exchange(call_->idempotency_key, std::nullopt)) {}

    Plan begin() override {
        const auto type = call_->request->header("Content-Type");
        auto boundary = protocol::form_boundary(type.value_or(""));
        if (!boundary) return gateway_.failure(call_, boundary.error());
        description_ = query_description(*call_).value_or("");
        form_.emplace(*boundary, FormReader::Events{.begin = [this](const FormPart& part) { return begin_part(part); },
                                                    .data = [this](std::string_view bytes) { return take_data(bytes); },
                                                    .end = [this] { return end_part(); }});
        return gateway_.write<ops::UploadOpened>(
            call_,
            [self = shared_from_this(), token = call_->path.at(0)](store::Txn& txn, const ops::Context& context,
                                                                   const ops::Caller& caller) {
                if (self->key_) {
                    self->earlier_ = store::find_repeat(txn, self->request(caller).scope);
                    if (self->earlier_) return ops::reopen_upload(txn, context, caller, token);
                }
                return ops::open_upload(txn, context, caller, token);
            },
            [self = shared_from_this()](Gateway& gateway, const CallPtr& call, ops::UploadOpened& opened) -> Response {
                self->opened_ = std::move(opened);
                self->opened_->keyed = self->key_.has_value();
                if (gateway.parts().files == nullptr) return gateway.unavailable(*call->request);
                self->place_ = gateway.parts().files->place(self->opened_->caller.company());
                if (!self->place_)
                    return gateway.failure(call, {.kind = ErrorKind::too_many,
                                                  .code = "too_many_uploads",
                                                  .message = "too many files are under way, please try again in a moment",
                                                  .retry_after_s = 5});
                return go_on();
            });
    }

    Plan take(std::string piece) override {
        auto step = std::make_unique<OnWorker>();
        step->run = [self = shared_from_this(), piece = std::move(piece)]() -> Plan {
            if (auto taken = self->form_->feed(piece); !taken) return self->gateway_.failure(self->call_, taken.error());
            return go_on();
        };
        return step;
    }

    Plan end() override {
        if (auto whole = form_->finish(); !whole) return gateway_.failure(call_, whole.error());
        if (!protocol::valid_utf8(description_) || protocol::utf8_length(description_) > protocol::attachment_description_chars)
            return gateway_.failure(call_, wrong_member("/description", "too_long", "must have at most 500 characters"));
        if (files_.empty()) return gateway_.failure(call_, wrong_member("/files", "missing", "at least one file is needed"));
        if (earlier_) return repeat();
        if (opened_->closed) return answer(all_refused(*opened_->closed));
        return spool();
    }

  private:
    static Error wrong_member(std::string pointer, std::string code, std::string message) {
        Error error{.kind = ErrorKind::invalid, .code = "invalid_members", .message = message};
        error.violations.push_back({std::move(pointer), std::move(code), std::move(message)});
        return error;
    }

    Result<void> begin_part(const FormPart& part) {
        in_file_ = part.is_file && part.name == "files";
        in_description_ = !part.is_file && part.name == "description";
        if (in_description_) description_.clear();
        if (!in_file_) return {};
        if (files_.size() >= protocol::attachment_files_max)
            return std::unexpected(wrong_member("/files", "too_many", "must be at most 50 files"));
        ops::ArrivedFile file;
        digests_.emplace_back();
        file.name = part.file_name;
        file.content_type = plain_type(part.content_type);
        if (!protocol::valid_utf8(file.name)) {
            file.name = protocol::plain_file_name(file.name);
            file.refused =
                Error{.kind = ErrorKind::invalid, .code = "file_name_unreadable", .message = "the file's name is not valid UTF-8"};
        }
        if (opened_->closed) {
            file.refused = opened_->closed;
        } else if (!file.refused && !earlier_) {
            file.file = gateway_.parts().files->spool().create(opened_->caller.company().value);
        }
        files_.push_back(std::move(file));
        return {};
    }

    Result<void> take_data(std::string_view bytes) {
        if (in_description_)
            description_ += bytes.substr(0, description_bytes_max + 1 - std::min(description_.size(), description_bytes_max + 1));
        if (!in_file_) return {};
        ops::ArrivedFile& file = files_.back();
        file.bytes += static_cast<std::int64_t>(bytes.size());
        digest_.update(protocol::as_bytes(bytes));
        if (file.refused || earlier_) return {};
        if (const std::uint64_t most = bytes_max(); static_cast<std::uint64_t>(file.bytes) > most) {
            refuse_file(file, "file_too_large", "a file has at most " + std::to_string(most) + " bytes here");
            return {};
        }
        try {
            file.file->append(bytes);
        } catch (const store::SpoolFull& full) {
            refuse_file(file, "spool_full", full.what());
        }
        return {};
    }

    Result<void> end_part() {
        if (!in_file_) return {};
        ops::ArrivedFile& file = files_.back();
        digests_.back() = protocol::hex(digest_.finish());
        if (!file.refused && !earlier_) {
            file.digest = digests_.back();
            try {
                file.file->finish();
            } catch (const store::SpoolFull& full) {
                refuse_file(file, "spool_full", full.what());
            }
        }
        in_file_ = false;
        return {};
    }

    static void refuse_file(ops::ArrivedFile& file, std::string code, std::string message) {
        file.refused = Error{.kind = ErrorKind::too_large, .code = std::move(code), .message = std::move(message)};
        file.file.reset();
    }

    std::uint64_t bytes_max() const { return gateway_.parts().files->file_bytes_max(); }

    std::vector<protocol::FileResult> all_refused(const Error& why) const {
        std::vector<protocol::FileResult> results;
        for (const ops::ArrivedFile& file : files_) {
            const protocol::SideResult side{protocol::ForwardStatus::content_error, why.message};
            results.push_back({file.name, side, side});
        }
        return results;
    }

    // What was sent, whatever the border of the parts is called: the same files under the same names are the same request.
    std::string content() const {
        protocol::JsonWriter out;
        out.object().member("description", description_).key("files").array();
        for (std::size_t i = 0; i < files_.size(); ++i)
            out.object()
                .member("bytes", files_[i].bytes)
                .member("name", files_[i].name)
                .member("sha256", digests_[i])
                .member("type", files_[i].content_type)
                .end();
        return out.end().end().take();
    }

    store::Repeat request(const ops::Caller& caller) const {
        return name_request(*call_, gateway_.parts().vault, caller, *key_, content());
    }

    Plan spool() {
        struct State {
            ops::Spooled kept;
        };
        auto state = std::make_shared<State>();
        place_ = std::make_shared<std::pair<std::shared_ptr<void>, std::shared_ptr<void>>>(
            std::move(place_), gateway_.parts().files->announce(opened_->upload));
        auto step = std::make_unique<OnWriter>();
        step->run = [self = shared_from_this(), state](store::Txn& txn) -> store::Written {
            const ops::Context now = self->gateway_.context();
            store::Repeat request;
            if (self->key_) {
                request = self->request(self->opened_->caller);
                self->earlier_ = store::find_repeat(txn, request.scope);
                if (self->earlier_) return {{}, false};  // the same request was faster
            }
            state->kept = ops::keep_spooled(txn, now, *self->opened_, self->files_, self->description_);
            if (self->key_) {
                request.outcome = self->opened_->upload;
                request.operation = "attachment.upload";
                request.resources = resources_of(state->kept.records.front());
                request.created_at = now.now;
                store::insert_repeat(txn, request);
            }
            return {state->kept.records, true};
        };
        step->then = [self = shared_from_this(), state](store::Commit commit) -> Plan {
            if (!commit.durable) return self->gateway_.fault(self->call_, std::move(commit.fault));
            if (self->earlier_) return self->repeat();
            return self->forward(std::move(state->kept.files));
        };
        return step;
    }

    // What the first request with this key did: its answer, when it is there.
    Plan repeat() {
        place_.reset();
        for (ops::ArrivedFile& file : files_) file.file.reset();
        return when_through(gateway_, earlier_->outcome, [self = shared_from_this()] { return self->answer_again(); });
    }

    Plan answer_again() {
        using Results = std::vector<protocol::FileResult>;
        return gateway_.write<Results>(
            call_,
            [self = shared_from_this()](store::Txn& txn, const ops::Context& context,
                                        const ops::Caller& caller) -> ops::Audited<Results> {
                audit::Record record = repeat_record(*self->earlier_, caller);
                record.resources.push_back({"case", std::to_string(self->opened_->case_id.value)});
                record.case_scope = self->opened_->case_id;
                if (!same_request(*self->earlier_, self->request(caller)))
                    return ops::refused<Results>(std::move(record), reused_key());
                const auto rows = ops::files_of_upload(txn, context, caller, self->opened_->token, self->earlier_->outcome);
                if (!rows) return ops::refused<Results>(std::move(record), rows.error());
                if (rows->size() != self->files_.size()) return ops::refused<Results>(std::move(record), already_done(*self->key_));
                Results results;
                for (std::size_t i = 0; i < rows->size(); ++i)
                    results.push_back(ops::result_again((*rows)[i], self->files_[i].name));
                self->call_->repeated = true;
                return {std::move(results), std::move(record)};
            },
            [](Gateway& gateway, const CallPtr& call, Results& results) { return render(gateway, call, results); });
    }

    Plan forward(std::vector<store::StoredAttachment> rows) {
        return forward_and_wait(gateway_, call_, place_, [&](ops::FileDesk::Done done) {
            return gateway_.parts().files->forward(std::move(*opened_), std::move(files_), std::move(rows), description_,
                                                   std::move(done));
        });
    }

    Response answer(const std::vector<protocol::FileResult>& results) const { return render(gateway_, call_, results); }

    Gateway& gateway_;
    CallPtr call_;
    std::optional<FormReader> form_;
    std::optional<ops::UploadOpened> opened_;
    std::shared_ptr<void> place_;
    std::string description_;
    std::vector<ops::ArrivedFile> files_;
    std::vector<std::string> digests_;  // of the files, whether they were kept or not
    certs::Sha256 digest_;
    std::optional<std::string> key_;
    std::optional<store::Repeat> earlier_;  // the first request with this key, if this is not it
    bool in_file_ = false;
    bool in_description_ = false;
};

class RefusedUpload final : public Upload {
  public:
    explicit RefusedUpload(Response refusal) : refusal_(std::move(refusal)) {}
    Plan begin() override { return refusal_; }
    Plan take(std::string) override { return refusal_; }
    Plan end() override { return refusal_; }

  private:
    Response refusal_;
};

// Runs `next` once the plan ends in "go on"; any other answer stays.
Plan after(Plan plan, std::function<Plan()> next) {
    if (auto* response = std::get_if<Response>(&plan)) return response->status == 100 ? next() : Plan(std::move(*response));
    if (auto* worker = std::get_if<std::unique_ptr<OnWorker>>(&plan)) {
        (*worker)->run = [run = std::move((*worker)->run), next]() mutable { return after(run(), next); };
    } else if (auto* reader = std::get_if<std::unique_ptr<OnReader>>(&plan)) {
        (*reader)->then = [then = std::move((*reader)->then), next](std::string fault) mutable {
            return after(then(std::move(fault)), next);
        };
    } else if (auto* writer = std::get_if<std::unique_ptr<OnWriter>>(&plan)) {
        (*writer)->then = [then = std::move((*writer)->then), next](store::Commit commit) mutable {
            return after(then(std::move(commit)), next);
        };
    }
    return plan;
}

}  // namespace

Plan forward_and_wait(Gateway& gateway, CallPtr call, std::shared_ptr<void> place,
                      const std::function<bool(ops::FileDesk::Done)>& begin) {
    auto waiting = std::make_shared<Waiting>();
    const bool begun = begin([waiting, place = std::move(place)](std::vector<protocol::FileResult> results) {
        {
            const std::lock_guard hold(waiting->mutex);
            waiting->results = std::move(results);
        }
        waiting->bell.ring();
    });
    if (!begun) return gateway.unavailable(*call->request);
    return await(gateway, std::move(call), std::move(waiting));
}

Plan when_through(Gateway& gateway, std::int64_t upload, std::function<Plan()> next) {
    struct Through {
        Bell bell;
        std::atomic<bool> done{false};
    };
    auto through = std::make_shared<Through>();
    const bool under_way = gateway.parts().files != nullptr && gateway.parts().files->when_through(upload, [through] {
        through->done = true;
        through->bell.ring();
    });
    if (!under_way) return next();
    // Named, because a wait that was too short is begun again.
    auto wait = std::make_shared<std::function<Plan()>>();
    *wait = [through, next = std::move(next), weak = std::weak_ptr(wait)]() -> Plan {
        if (through->done) return next();
        auto step = std::make_unique<OnBell>();
        step->bell = &through->bell;
        step->wait = bell_wait;
        step->then = [self = weak.lock()]() -> Plan { return (*self)(); };
        return step;
    };
    return (*wait)();
}

std::shared_ptr<Upload> begin_form_upload(Gateway& gateway, CallPtr call) {
    return std::make_shared<FormUpload>(gateway, std::move(call));
}

std::shared_ptr<Upload> refused_upload(Response refusal) {
    return std::make_shared<RefusedUpload>(std::move(refusal));
}

Plan form_upload(Gateway& gateway, CallPtr call) {
    std::string body = call->request->body;
    auto upload = begin_form_upload(gateway, std::move(call));
    return after(upload->begin(),
                 [upload, body = std::move(body)] { return after(upload->take(body), [upload] { return upload->end(); }); });
}

}  // namespace entente::api
