#include "server/deliveries/file_judge.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"
#include "server/operations/file_text.hpp"

namespace entente::deliveries {

using archive::Format;
using archive::Member;
using archive::MemberKind;
using archive::Reading;
using archive::Shape;
using protocol::Error;
using protocol::ErrorKind;
using store::SpoolFile;

namespace {

constexpr std::uint64_t free_bytes = std::uint64_t{64} << 20;
constexpr std::size_t name_bytes_max = 1'000;

Error refusal(std::string code, std::string message) {
    return {.kind = ErrorKind::forbidden, .code = std::move(code), .message = std::move(message)};
}

bool is_document(std::string_view name) {
    return name == "[Content_Types].xml" || name == "mimetype";
}

std::function<std::string_view()> pieces_of(SpoolFile::Reader& reader) {
    return [&reader] { return reader.next(); };
}

}  // namespace

bool looks_like_archive(std::string_view bytes) {
    using namespace std::string_view_literals;
    constexpr std::size_t tar_mark = 257;
    return bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv) || bytes.starts_with("\x1f\x8b\x08"sv) ||
           bytes.starts_with(
               "\xfd"
               "7zXZ\0"sv) ||
           bytes.starts_with("\x28\xb5\x2f\xfd"sv) || (bytes.size() > tar_mark + 5 && bytes.substr(tar_mark, 5) == "ustar"sv);
}

std::optional<std::string> safe_member_name(std::string_view name) {
    std::string plain(name);
    std::ranges::replace(plain, '\\', '/');
    while (plain.starts_with("./")) plain.erase(0, 2);
    const bool drive = plain.size() >= 2 && plain[1] == ':';
    const bool control = std::ranges::any_of(plain, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (plain.size() > name_bytes_max || plain.starts_with('/') || drive || control || !protocol::valid_utf8(plain))
        return std::nullopt;
    for (std::string_view rest = plain; !rest.empty();) {
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        if (rest.substr(0, slash) == "..") return std::nullopt;
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    return plain;
}

FileJudge::FileJudge(const JudgeOptions& options, store::Spool& spool, std::int64_t owner, operations::Sharer& sharer,
                     bool uninspected_allowed, std::function<bool()> stop)
    : options_(options),
      spool_(spool),
      owner_(owner),
      sharer_(sharer),
      allowed_(uninspected_allowed),
      stop_(std::move(stop)),
      deadline_(std::chrono::steady_clock::now() + options.whole) {}

FileJudge::Outcome FileJudge::uninspected() const {
    Outcome outcome;
    outcome.as_it_is = allowed_;
    if (allowed_) return outcome;
    outcome.nobody_can_look = true;
    outcome.refused = refusal("file_uninspected", "nobody can look into it: it is binary, encrypted or an image");
    return outcome;
}

FileJudge::Outcome FileJudge::judge(const SpoolFile& file) {
    room_ = std::min(options_.expanded_bytes, free_bytes + file.size() * options_.expanded_ratio);
    try {
        return look(file, 0);
    } catch (const store::SpoolFull& full) {
        Outcome outcome;
        outcome.refused = refusal("spool_full", full.what());
        return outcome;
    }
}

FileJudge::Outcome FileJudge::look(const SpoolFile& file, int layer) {
    SpoolFile::Reader reader(file);
    std::string_view piece = reader.next();
    if (looks_like_archive(piece)) return open(file, layer);
    Outcome outcome;
    outcome.kind = "text";
    outcome.shared = spool_.create(owner_);
    operations::TextFilter filter(sharer_, [&](std::string_view bytes) { outcome.shared->append(bytes); });
    for (; !piece.empty(); piece = reader.next())
        if (!filter.feed(piece)) return uninspected();
    if (!filter.finish()) return uninspected();
    outcome.shared->finish();
    return outcome;
}

FileJudge::Outcome FileJudge::open(const SpoolFile& file, int layer) {
    Outcome outcome;
    outcome.kind = "archive";
    if (layer >= options_.depth) {
        outcome.refused = refusal("archive_too_deep",
                                  "it holds archives in archives, more than " + std::to_string(options_.depth) + " layers deep");
        return outcome;
    }
    if (++archives_ > options_.archives) {
        outcome.refused = refusal("archive_too_large", "it holds too many archives");
        return outcome;
    }
    outcome.shared = spool_.create(owner_);
    std::unique_ptr<archive::Worker> packing;
    std::unique_ptr<archive::Packer> packer;
    std::optional<Outcome> ended;  // why the reading was stopped
    std::shared_ptr<SpoolFile> content;
    Member now;
    bool taken = false;  // the member is one that goes along
    bool packed = true;
    bool single = false;

    const auto stop_with = [&](Outcome why) {
        ended = std::move(why);
        return false;
    };
    const auto refuse = [&](std::string code, std::string message) {
        Outcome why;
        why.kind = "archive";
        why.refused = refusal(std::move(code), std::move(message));
        return stop_with(std::move(why));
    };

    archive::Reader events;
    events.shape = [&](Shape shape) {
        single = shape.format == Format::single;
        packing = std::make_unique<archive::Worker>(options_.archive_program, "pack", archive::shape_text(shape), deadline_, stop_);
        packer = std::make_unique<archive::Packer>(*packing, [&](std::string_view bytes) { outcome.shared->append(bytes); });
        return true;
    };
    events.member = [&](const Member& member) {
        now = member;
        content.reset();
        taken = member.kind == MemberKind::file || member.kind == MemberKind::folder;
        if (++members_ > options_.members)
            return refuse("archive_too_large", "it holds more than " + std::to_string(options_.members) + " files");
        if (!taken) {
            ++left_out_;
            return true;
        }
        const auto name = safe_member_name(member.name);
        if (!name) return refuse("archive_unsafe_name", "a name in it leads out of the archive or is not readable");
        if (is_document(*name)) {
            Outcome document = uninspected();
            document.first = "a document";
            return stop_with(std::move(document));
        }
        now.name = *name;
        if (member.encrypted) return true;  // the worker says so next
        if (member.kind == MemberKind::file) content = spool_.create(owner_);
        return true;
    };
    events.data = [&](std::string_view bytes) {
        if (!content) return true;
        if (bytes.size() > room_) return refuse("archive_too_large", "it grows too much when it is opened");
        room_ -= bytes.size();
        content->append(bytes);
        return true;
    };
    events.end = [&] {
        if (!taken) return true;
        Member member = now;
        member.name = single ? now.name : sharer_.text(now.name);
        std::shared_ptr<SpoolFile> shared;
        if (content) {
            content->finish();
            Outcome inside = look(*content, layer + 1);
            if (inside.refused) {
                if (inside.nobody_can_look && inside.first.empty()) inside.first = now.name;
                inside.kind = "archive";
                return stop_with(std::move(inside));
            }
            shared = inside.as_it_is ? content : inside.shared;
            member.size = static_cast<std::int64_t>(shared->size());
        }
        packed = packer->member(member);
        if (shared) {
            SpoolFile::Reader reader(*shared);
            for (auto piece = reader.next(); packed && !piece.empty(); piece = reader.next()) packed = packer->data(piece);
        }
        packed = packed && packer->end();
        return packed;
    };

    SpoolFile::Reader reader(file);
    archive::Worker reading(options_.archive_program, "unpack", "", deadline_, stop_);
    const Reading read = archive::unpack(reading, pieces_of(reader), events);
    if (ended) return std::move(*ended);
    Outcome why;
    why.kind = "archive";
    switch (read) {
        case Reading::whole:
            if (packer && packed && packer->finish()) {
                outcome.shared->finish();
                return outcome;
            }
            why.refused = refusal("archive_not_packed", "it could not be packed again");
            return why;
        case Reading::encrypted:
        case Reading::unsupported:
            return uninspected();
        case Reading::too_deep:
            why.refused = refusal("archive_too_deep", "it is compressed more than once");
            return why;
        case Reading::stopped:
            why.refused = refusal("archive_not_packed", "it could not be packed again");
            return why;
        case Reading::damaged:
            break;
    }
    why.refused = refusal("archive_damaged", "it is cut off or damaged, or says something of itself that is not so");
    return why;
}

}  // namespace entente::deliveries
