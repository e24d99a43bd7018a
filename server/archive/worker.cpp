// entente-archive: opens archives of strangers, and packs what was read again, for a gateway that trusts neither.
//
//   entente-archive unpack            archive on standard input, frames on standard output
//   entente-archive pack SHAPE        frames on standard input, archive on standard output
//
// A process of its own for each archive, without files, network, children or the gateway's memory: before the first byte is read it
// gives up everything but the two pipes and memory (resource limits, no new privileges, a seccomp filter that ends the process). A
// flaw in the borrowed libarchive then yields nothing but wrong frames, which the gateway checks like anything from a stranger.

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/archive/frames.hpp"

namespace {

using namespace entente::archive;

constexpr rlim_t memory_max = rlim_t{768} << 20;
constexpr rlim_t cpu_seconds = 1'800;
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr int filters_max = 2;  // one compression, and the bytes themselves
// zlib's word for the largest window in the format of gzip and no other.
constexpr int gzip_alone = 15 + 16;
// Of a gzip's content, in a row, that belongs to no member.
constexpr std::uint64_t silence_max = std::uint64_t{64} << 20;

[[noreturn]] void give_up(const char* why) {
    std::fprintf(stderr, "entente-archive: %s\n", why);
    std::_Exit(3);
}

void limit(int what, rlim_t most) {
    const rlimit both{.rlim_cur = most, .rlim_max = most};
    if (::setrlimit(static_cast<__rlimit_resource>(what), &both) != 0) give_up("a resource limit cannot be set");
}

void lock_up() {
    if (::setlocale(LC_ALL, "C.UTF-8") == nullptr) give_up("the locale C.UTF-8 is missing");
    if (::close_range(3, ~0U, 0) != 0) give_up("open files cannot be closed");
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0 ||
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up("privileges cannot be given up");
    limit(RLIMIT_AS, memory_max);
    limit(RLIMIT_CPU, cpu_seconds);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NPROC, 0);
    const std::unique_ptr<void, void (*)(void*)> filter(::seccomp_init(SCMP_ACT_KILL_PROCESS), ::seccomp_release);
    bool good = filter != nullptr;
    for (const int call :
         {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap),
          SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
          SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(getpid)})
        good = good && ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) == 0;
    // What a library asks for out of habit is told no; everything else ends the process.
    for (const int call : {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(access), SCMP_SYS(readlink), SCMP_SYS(umask),
                           SCMP_SYS(mprotect), SCMP_SYS(fcntl), SCMP_SYS(ioctl)})
        good = good && ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), call, 0) == 0;
    if (!good || ::seccomp_load(filter.get()) != 0) give_up("the sandbox cannot be entered");
}

void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::write(1, bytes.data(), bytes.size());
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR) {
            std::_Exit(4);  // the gateway lost interest
        }
    }
}

[[noreturn]] void fail(std::string_view code) {
    write_all(frame(Frame::error, code));
    std::_Exit(0);
}

// --- unpacking ---

// Standard input for libarchive. gzip is opened here, because libarchive skips what stands at its end: zlib holds the content
// against the sum and the size there. What follows is a further gzip or zero bytes, as some tapes have them.
class Input {
  public:
    Input() {
        while (have_ < 3 && refill()) {
        }
        gzip_ = begins({0x1f, 0x8b, 8});
        compressed_ = gzip_ || begins({0xfd, '7', 'z'}) || begins({0x28, 0xb5, 0x2f});
        if (gzip_ && ::inflateInit2(&stream_, gzip_alone) != Z_OK) give_up("out of memory");
    }
    ~Input() {
        if (gzip_) ::inflateEnd(&stream_);
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    bool gzip() const { return gzip_; }
    bool compressed() const { return compressed_; }  // by its own first words
    bool broken() const { return broken_; }
    void heard() { silent_ = 0; }  // content of a member came out

    // Nothing at the end, and when it is broken.
    std::string_view next() {
        if (broken_) return {};
        if (!gzip_) {
            if (used_ == have_ && !refill()) return {};
            const std::size_t from = std::exchange(used_, have_);
            return {reinterpret_cast<const char*>(raw_.data()) + from, have_ - from};
        }
        stream_.next_out = plain_.data();
        stream_.avail_out = static_cast<uInt>(plain_.size());
        while (stream_.avail_out == plain_.size()) {
            if (used_ == have_ && !refill()) {
                broken_ = broken_ || !between_;
                return {};
            }
            if (between_) {
                while (used_ < have_ && raw_[used_] == 0) ++used_;
                if (used_ == have_) continue;
                between_ = false;
            }
            stream_.next_in = raw_.data() + used_;
            stream_.avail_in = static_cast<uInt>(have_ - used_);
            const int state = ::inflate(&stream_, Z_NO_FLUSH);
            used_ = have_ - stream_.avail_in;
            broken_ = state != Z_OK && state != Z_STREAM_END;
            if (broken_) return {};
            if (state == Z_STREAM_END) {
                between_ = true;
                broken_ = ::inflateReset(&stream_) != Z_OK;
            }
        }
        const std::size_t made = plain_.size() - stream_.avail_out;
        silent_ += made;
        broken_ = silent_ > silence_max;
        if (broken_) return {};
        return {reinterpret_cast<const char*>(plain_.data()), made};
    }

    // What libarchive did not ask for.
    void finish() {
        while (!next().empty()) {
        }
    }

  private:
    bool begins(const std::array<std::uint8_t, 3>& mark) const {
        return have_ >= mark.size() && std::ranges::equal(std::span(raw_).first(mark.size()), mark);
    }
    // Reads on behind what is there, from the front when all of that was used.
    bool refill() {
        if (used_ == have_) used_ = have_ = 0;
        for (;;) {
            const ssize_t got = ::read(0, raw_.data() + have_, raw_.size() - have_);
            if (got > 0) have_ += static_cast<std::size_t>(got);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) broken_ = true;
            return got > 0;
        }
    }

    std::array<std::uint8_t, piece_bytes> raw_{};
    std::array<std::uint8_t, piece_bytes> plain_{};
    std::size_t used_ = 0;
    std::size_t have_ = 0;
    z_stream stream_{};
    bool gzip_ = false;
    bool compressed_ = false;
    bool between_ = false;  // behind the end of one gzip
    bool broken_ = false;
    std::uint64_t silent_ = 0;
};

la_ssize_t from_gateway(archive* in, void* input, const void** bytes) {
    auto& from = *static_cast<Input*>(input);
    const std::string_view piece = from.next();
    *bytes = piece.data();
    if (from.broken()) {
        ::archive_set_error(in, EINVAL, "the content is not what its end says");
        return ARCHIVE_FATAL;
    }
    return static_cast<la_ssize_t>(piece.size());
}

Compression compression_of(archive* in, const Input& input) {
    if (input.gzip()) return Compression::gzip;
    switch (::archive_filter_code(in, 0)) {
        case ARCHIVE_FILTER_XZ:
            return Compression::xz;
        case ARCHIVE_FILTER_ZSTD:
            return Compression::zstd;
        default:
            return Compression::none;
    }
}

Format format_of(archive* in) {
    switch (::archive_format(in) & ARCHIVE_FORMAT_BASE_MASK) {
        case ARCHIVE_FORMAT_ZIP:
            return Format::zip;
        case ARCHIVE_FORMAT_RAW:
        case ARCHIVE_FORMAT_EMPTY:
            return Format::single;
        default:
            return Format::tar;
    }
}

Member describe(archive_entry* entry) {
    Member member;
    member.kind = MemberKind::other;
    if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_filetype(entry) == AE_IFLNK) {
        member.kind = MemberKind::link;
    } else if (::archive_entry_filetype(entry) == AE_IFDIR) {
        member.kind = MemberKind::folder;
    } else if (::archive_entry_filetype(entry) == AE_IFREG || ::archive_entry_filetype(entry) == 0) {
        member.kind = MemberKind::file;
    }
    member.encrypted = ::archive_entry_is_encrypted(entry) != 0;
    member.executable = (::archive_entry_perm(entry) & 0111U) != 0;
    member.size = ::archive_entry_size_is_set(entry) != 0 ? ::archive_entry_size(entry) : -1;
    member.modified = ::archive_entry_mtime_is_set(entry) != 0 ? ::archive_entry_mtime(entry) : 0;
    const char* name = ::archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = ::archive_entry_pathname(entry);
    member.name = name != nullptr ? name : "";
    return member;
}

void unpack_data(archive* in, Input& input, bool encrypted) {
    std::array<char, piece_bytes> piece{};
    for (;;) {
        const la_ssize_t got = ::archive_read_data(in, piece.data(), piece.size());
        if (got == 0) return;
        if (got < 0) fail(encrypted ? "encrypted" : "damaged");
        write_all(frame(Frame::data, {piece.data(), static_cast<std::size_t>(got)}));
        input.heard();
    }
}

void unpack() {
    const std::unique_ptr<archive, int (*)(archive*)> in(::archive_read_new(), ::archive_read_free);
    if (!in) give_up("out of memory");
    ::archive_read_support_filter_gzip(in.get());  // inside of a gzip, which is once too often
    ::archive_read_support_filter_xz(in.get());
    ::archive_read_support_filter_zstd(in.get());
    ::archive_read_support_format_tar(in.get());
    ::archive_read_support_format_zip_streamable(in.get());
    ::archive_read_support_format_raw(in.get());
    ::archive_read_support_format_empty(in.get());
    // To the end of the bytes, so that every sum that stands behind the last member is looked at.
    ::archive_read_set_options(in.get(), "tar:read_concatenated_archives");
    Input input;
    if (::archive_read_open(in.get(), &input, nullptr, from_gateway, nullptr) != ARCHIVE_OK)
        fail(input.compressed() ? "damaged" : "unsupported");
    const int filters = input.gzip() ? filters_max - 1 : filters_max;
    bool first = true;
    for (;;) {
        archive_entry* entry = nullptr;
        const int next = ::archive_read_next_header(in.get(), &entry);
        if (::archive_filter_count(in.get()) > filters) fail("too_deep");
        if (first && (next == ARCHIVE_OK || next == ARCHIVE_WARN || next == ARCHIVE_EOF)) {
            const Format format = format_of(in.get());
            // Uncompressed bytes of no format at all are no archive.
            if (format == Format::single && compression_of(in.get(), input) == Compression::none && next != ARCHIVE_EOF)
                fail("unsupported");
            // A block of zero bytes reads as the end of an empty tar; it may be the beginning of anything.
            if (format == Format::tar && next == ARCHIVE_EOF) fail("unsupported");
            write_all(frame(Frame::shape, shape_text({format, compression_of(in.get(), input)})));
            first = false;
        }
        if (next == ARCHIVE_EOF) break;
        // What begins with zero bytes reads as a tar, and is none when what follows is no member.
        if (first && next == ARCHIVE_FATAL && !input.broken() &&
            (::archive_format(in.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR)
            fail("unsupported");
        if (next != ARCHIVE_OK && next != ARCHIVE_WARN) fail("damaged");
        const Member member = describe(entry);
        if (member.name.size() + 64 > frame_bytes_max) fail("damaged");
        write_all(frame(Frame::member, member_text(member)));
        if (member.encrypted) fail("encrypted");
        if (member.kind == MemberKind::file) unpack_data(in.get(), input, member.encrypted);
        write_all(frame(Frame::end, {}));
    }
    input.finish();
    if (input.broken()) fail("damaged");
    write_all(frame(Frame::whole, {}));
}

// --- packing ---

class FrameSource {
  public:
    Taken next() {
        have_.erase(0, used_);
        used_ = 0;
        for (;;) {
            bool broken = false;
            if (const auto taken = take_frame(have_, broken)) {
                used_ = frame_head + taken->content.size();
                return *taken;
            }
            if (broken) give_up("broken frames");
            std::array<char, piece_bytes> piece{};
            const ssize_t got = ::read(0, piece.data(), piece.size());
            if (got > 0) have_.append(piece.data(), static_cast<std::size_t>(got));
            if (got == 0) give_up("the frames break off");
            if (got < 0 && errno != EINTR) give_up("the frames cannot be read");
        }
    }

  private:
    std::string have_;
    std::size_t used_ = 0;
};

void need(bool good) {
    if (!good) give_up("packing failed");
}

la_ssize_t to_gateway(archive*, void*, const void* bytes, std::size_t size) {
    write_all({static_cast<const char*>(bytes), size});
    return static_cast<la_ssize_t>(size);
}

void pack(std::string_view wanted) {
    const auto shape = parse_shape(wanted);
    if (!shape) give_up("no such shape");
    const std::unique_ptr<archive, int (*)(archive*)> out(::archive_write_new(), ::archive_write_free);
    need(out != nullptr);
    switch (shape->format) {
        case Format::tar:
            need(::archive_write_set_format_pax_restricted(out.get()) == ARCHIVE_OK);
            break;
        case Format::zip:
            need(::archive_write_set_format_zip(out.get()) == ARCHIVE_OK);
            need(::archive_write_set_options(out.get(), "zip:hdrcharset=UTF-8") == ARCHIVE_OK);
            break;
        case Format::single:
            need(::archive_write_set_format_raw(out.get()) == ARCHIVE_OK);
            break;
    }
    switch (shape->compression) {
        case Compression::none:
            break;
        case Compression::gzip:
            need(::archive_write_add_filter_gzip(out.get()) == ARCHIVE_OK);
            ::archive_write_set_options(out.get(), "gzip:!timestamp");
            break;
        case Compression::xz:
            need(::archive_write_add_filter_xz(out.get()) == ARCHIVE_OK);
            need(::archive_write_set_options(out.get(), "xz:compression-level=3") == ARCHIVE_OK);
            break;
        case Compression::zstd:
            need(::archive_write_add_filter_zstd(out.get()) == ARCHIVE_OK);
            break;
    }
    need(::archive_write_set_bytes_in_last_block(out.get(), 1) == ARCHIVE_OK);
    need(::archive_write_open(out.get(), nullptr, nullptr, to_gateway, nullptr) == ARCHIVE_OK);
    FrameSource frames;
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(), ::archive_entry_free);
    need(entry != nullptr);
    for (;;) {
        const Taken taken = frames.next();
        if (taken.kind == Frame::whole) break;
        if (taken.kind == Frame::data) {
            need(::archive_write_data(out.get(), taken.content.data(), taken.content.size()) ==
                 static_cast<la_ssize_t>(taken.content.size()));
        } else if (taken.kind == Frame::end) {
            need(::archive_write_finish_entry(out.get()) == ARCHIVE_OK);
        } else {
            const auto member = taken.kind == Frame::member ? parse_member(taken.content) : std::nullopt;
            need(member.has_value());
            ::archive_entry_clear(entry.get());
            ::archive_entry_set_pathname_utf8(entry.get(), member->name.c_str());
            const bool folder = member->kind == MemberKind::folder;
            ::archive_entry_set_filetype(entry.get(), folder ? AE_IFDIR : AE_IFREG);
            ::archive_entry_set_perm(entry.get(), folder || member->executable ? 0755 : 0644);
            ::archive_entry_set_size(entry.get(), folder ? 0 : member->size);
            ::archive_entry_set_mtime(entry.get(), member->modified, 0);
            need(::archive_write_header(out.get(), entry.get()) == ARCHIVE_OK);
        }
    }
    need(::archive_write_close(out.get()) == ARCHIVE_OK);
}

}  // namespace

int main(int count, char** words) {
    const std::string_view what = count > 1 ? words[1] : "";
    if (what != "unpack" && (what != "pack" || count != 3)) {
        std::fprintf(stderr, "entente-archive unpack | pack SHAPE: a part of the gateway, which starts it\n");
        return 2;
    }
    lock_up();
    if (what == "unpack") {
        unpack();
    } else {
        pack(words[2]);
    }
    return 0;
}
