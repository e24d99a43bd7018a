#include "server/store/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "certs/files.hpp"
#include "certs/random.hpp"
#include "protocol/encoding.hpp"

namespace entente::store {

using certs::Blob;
using certs::Bytes;
using certs::Secret;
using protocol::Fault;

namespace {

constexpr std::string_view domain = "entente/spool/v1";
constexpr std::uint64_t kept_part = 2;  // of each quota
constexpr std::size_t sealed_bytes = SpoolFile::chunk_bytes + certs::seal_tag_size;

// A key seals one file, so a counter is a nonce. The last chunk says so: a file that was cut off does not open.
std::array<std::uint8_t, certs::nonce_size> nonce_of(std::uint64_t chunk, bool last) {
    std::array<std::uint8_t, certs::nonce_size> nonce{};
    for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(chunk >> (56 - 8 * i));
    nonce[8] = last ? 1 : 0;
    return nonce;
}

void write_all(int descriptor, Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (errno == ENOSPC || errno == EDQUOT) {
            throw SpoolFull("the disk of the spool is full");
        } else if (errno != EINTR) {
            throw Fault("the spool cannot be written");
        }
    }
}

}  // namespace

SpoolFile::SpoolFile(Spool& spool, std::string name, std::int64_t owner, Secret key)
    : spool_(spool), name_(std::move(name)), owner_(owner), key_(std::move(key)) {
    descriptor_ = ::open(spool_.path_of(name_).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) {
        spool_.let_go(name_);
        throw Fault("a file of the spool cannot be made");
    }
    pending_.reserve(chunk_bytes);
}

SpoolFile::SpoolFile(Spool& spool, std::string name, std::int64_t owner, Secret key, std::uint64_t size, Reopened)
    : spool_(spool), name_(std::move(name)), owner_(owner), key_(std::move(key)), size_(size) {
    descriptor_ = ::open(spool_.path_of(name_).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor_ < 0 && errno == ENOENT) keep_no_longer();
    finished_ = true;
    chunks_ = size_ / chunk_bytes + 1;
}

SpoolFile::~SpoolFile() {
    spool_.let_go(name_);
    if (descriptor_ >= 0) ::close(descriptor_);
    certs::wipe({reinterpret_cast<std::uint8_t*>(pending_.data()), pending_.size()});
}

bool SpoolFile::keep() {
    return spool_.keep(name_);
}

void SpoolFile::keep_no_longer() {
    spool_.keep_no_longer(name_);
}

void SpoolFile::append(std::string_view bytes) {
    ENTENTE_ASSERT(!finished_);
    spool_.charge(*this, bytes.size());
    size_ += bytes.size();
    while (!bytes.empty()) {
        const std::size_t room = std::min(bytes.size(), chunk_bytes - pending_.size());
        pending_ += bytes.substr(0, room);
        bytes.remove_prefix(room);
        if (pending_.size() == chunk_bytes) write_chunk(false);
    }
}

void SpoolFile::finish() {
    if (finished_) return;
    write_chunk(true);
    finished_ = true;
    std::string().swap(pending_);
}

// Every full chunk is followed by another one, which may be empty: only the last may be shorter.
void SpoolFile::write_chunk(bool last) {
    const auto nonce = nonce_of(chunks_, last);
    write_all(descriptor_, certs::xaes_seal(key_.bytes(), nonce, protocol::as_bytes(domain), protocol::as_bytes(pending_)));
    ++chunks_;
    pending_.clear();
}

std::string_view SpoolFile::Reader::next() {
    ENTENTE_ASSERT(file_->finished_);
    if (chunk_ >= file_->chunks_) return {};
    const bool last = chunk_ + 1 == file_->chunks_;
    const std::size_t plain = last ? static_cast<std::size_t>(file_->size_ - chunk_ * chunk_bytes) : chunk_bytes;
    Blob sealed(plain + certs::seal_tag_size);
    std::size_t have = 0;
    while (have < sealed.size()) {
        const ssize_t got = ::pread(file_->descriptor_, sealed.data() + have, sealed.size() - have,
                                    static_cast<off_t>(chunk_ * sealed_bytes + have));
        if (got > 0) {
            have += static_cast<std::size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            throw Fault("a file of the spool is cut short");
        }
    }
    auto opened = certs::xaes_open(file_->key_.bytes(), nonce_of(chunk_, last), protocol::as_bytes(domain), sealed);
    if (!opened) throw Fault("a file of the spool does not open");
    plain_ = std::move(*opened);
    ++chunk_;
    return protocol::as_text(plain_);
}

Spool::Spool(std::filesystem::path folder, SpoolLimits limits) : folder_(std::move(folder)), limits_(limits) {
    certs::create_private_folder(folder_);
}

std::shared_ptr<SpoolFile> Spool::create(std::int64_t owner) {
    std::array<std::uint8_t, 16> name{};
    Secret key(certs::key_size);
    certs::random_bytes(name);
    certs::random_bytes(key.writable());
    hold({protocol::hex(name), owner, 0}, false);  // before it is there, so that no clean() finds it unheld
    return std::make_shared<SpoolFile>(*this, protocol::hex(name), owner, std::move(key));
}

std::shared_ptr<SpoolFile> Spool::reopen(const std::string& name, std::int64_t owner, Bytes key, std::uint64_t size) {
    if (key.size() != certs::key_size || name.find('/') != std::string::npos) return nullptr;
    hold({name, owner, size}, true);
    std::shared_ptr<SpoolFile> file(new SpoolFile(*this, name, owner, Secret::copy_of(key), size, SpoolFile::Reopened{}));
    if (file->descriptor_ < 0) return nullptr;
    return file;
}

std::size_t Spool::clean(std::span<const KeptFile> keep) {
    std::map<std::string_view, const KeptFile*> kept;
    for (const KeptFile& file : keep) kept.emplace(file.name, &file);
    std::size_t removed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        const std::string name = entry.path().filename().string();
        const auto stays = kept.find(name);
        const std::lock_guard hold(mutex_);
        const auto lying = files_.find(name);
        if (stays != kept.end()) {
            if (lying == files_.end()) add(*stays->second, true);
        } else if (lying == files_.end()) {
            std::error_code ignored;
            if (std::filesystem::remove(entry.path(), ignored)) ++removed;
        } else if (lying->second.holders == 0) {
            remove(lying);
            ++removed;
        }
    }
    return removed;
}

std::uint64_t Spool::used() const {
    const std::lock_guard hold(mutex_);
    return total_;
}

void Spool::charge(const SpoolFile& file, std::uint64_t bytes) {
    const std::lock_guard hold(mutex_);
    std::uint64_t& own = by_owner_[file.owner_];
    if (total_ + bytes > limits_.total_bytes) throw SpoolFull("the gateway has no room for further files right now");
    if (own + bytes > limits_.owner_bytes) throw SpoolFull("the company has too many files under way or kept to be sent again");
    own += bytes;
    total_ += bytes;
    files_.at(file.name_).bytes += bytes;
}

void Spool::hold(const KeptFile& file, bool kept) {
    const std::lock_guard lock(mutex_);
    const auto lying = files_.find(file.name);
    ++(lying == files_.end() ? add(file, kept) : lying->second).holders;
}

bool Spool::keep(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Lying& file = files_.at(name);
    if (file.kept) return true;
    std::uint64_t all = file.bytes;
    std::uint64_t own = file.bytes;
    for (const auto& [other, lying] : files_) {
        if (!lying.kept) continue;
        all += lying.bytes;
        if (lying.owner == file.owner) own += lying.bytes;
    }
    file.kept = all <= limits_.total_bytes / kept_part && own <= limits_.owner_bytes / kept_part;
    return file.kept;
}

void Spool::keep_no_longer(const std::string& name) {
    const std::lock_guard lock(mutex_);
    files_.at(name).kept = false;
}

void Spool::let_go(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto file = files_.find(name);
    if (--file->second.holders == 0 && !file->second.kept) remove(file);
}

Spool::Lying& Spool::add(const KeptFile& file, bool kept) {
    total_ += file.bytes;
    by_owner_[file.owner] += file.bytes;
    return files_.emplace(file.name, Lying{.owner = file.owner, .bytes = file.bytes, .holders = 0, .kept = kept}).first->second;
}

void Spool::remove(Files::iterator file) {
    ::unlink(path_of(file->first).c_str());
    const Lying& lying = file->second;
    total_ -= lying.bytes;
    std::uint64_t& own = by_owner_[lying.owner];
    own -= lying.bytes;
    if (own == 0) by_owner_.erase(lying.owner);
    files_.erase(file);
}

}  // namespace entente::store
