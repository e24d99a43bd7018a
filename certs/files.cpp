#include "certs/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "certs/random.hpp"
#include "protocol/result.hpp"

namespace entente::certs {
namespace {

using protocol::Fault;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& sentence) {
    throw Fault(path.string() + ": " + sentence);
}

[[noreturn]] void refuse_errno(const std::filesystem::path& path, const std::string& what) {
    refuse(path, what + ": " + std::system_category().message(errno));
}

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }

  private:
    int number_;
};

struct Place {
    std::filesystem::path folder;
    std::string name;
};

Place place_of(const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    return {folder.empty() ? std::filesystem::path(".") : folder, file.filename().string()};
}

void check_owner(const std::filesystem::path& path, const struct stat& facts) {
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
        refuse(path, "belongs to user " + std::to_string(facts.st_uid) + ", not to this service's user or root; change its owner");
    }
}

// A trailing slash would make the system follow a symbolic link in spite of O_NOFOLLOW.
std::filesystem::path without_trailing_slash(const std::filesystem::path& folder) {
    return folder.has_filename() || !folder.has_parent_path() ? folder : folder.parent_path();
}

int open_folder(const std::filesystem::path& given) {
    const auto folder = without_trailing_slash(given);
    const int number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0 && (errno == ELOOP || (errno == ENOTDIR && std::filesystem::is_symlink(folder)))) {
        refuse(folder, "is a symbolic link; give the folder itself");
    }
    if (number < 0) refuse_errno(folder, "cannot open the folder");
    return number;
}

struct stat check_folder(const std::filesystem::path& folder, int number) {
    struct stat facts{};
    if (::fstat(number, &facts) != 0) refuse_errno(folder, "cannot examine the folder");
    check_owner(folder, facts);
    if ((facts.st_mode & 0022U) != 0) refuse(folder, "group or others may write this folder; chmod go-w it");
    return facts;
}

bool is_credential(const struct stat& facts, const struct stat& folder) {
    constexpr mode_t any_write = 0222;
    constexpr mode_t more_than_reading = 0337;  // owner and group (which is the mask of the access list) read, and nothing else
    const auto is_roots = [](const struct stat& one) { return one.st_uid == 0 && one.st_gid == 0; };
    return is_roots(folder) && (folder.st_mode & any_write) == 0 && is_roots(facts) && (facts.st_mode & more_than_reading) == 0;
}

void check_file(const std::filesystem::path& file, const struct stat& facts) {
    if (!S_ISREG(facts.st_mode)) refuse(file, "is not a regular file");
    check_owner(file, facts);
    if ((facts.st_mode & 0077U) != 0) refuse(file, "group or others have access to this file; chmod 600 it");
}

void write_all(const std::filesystem::path& file, int number, Bytes content) {
    while (!content.empty()) {
        const ssize_t written = ::write(number, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) refuse_errno(file, "cannot write");
        content = content.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(number) != 0) refuse_errno(file, "cannot sync");
}

// With chance, to the disk. The file is as private as it was when it was written.
void overwrite(const std::filesystem::path& file, int number) {
    struct stat facts{};
    if (::fstat(number, &facts) != 0) refuse_errno(file, "cannot look at");
    check_file(file, facts);
    Blob noise(static_cast<std::size_t>(facts.st_size));
    random_bytes(noise);
    write_all(file, number, noise);
}

// A finished, synced file under a name of its own, removed again unless it was moved into place.
class Temporary {
  public:
    Temporary(const std::filesystem::path& file, int folder, const std::string& name, Bytes content) : folder_(folder) {
        name_ = "." + name + ".new-" + protocol::hex(random_array<6>());
        const Descriptor out(::openat(folder, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (out.get() < 0) refuse_errno(file, "cannot create");
        try {
            write_all(file, out.get(), content);
        } catch (...) {
            ::unlinkat(folder_, name_.c_str(), 0);
            throw;
        }
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (!moved_) ::unlinkat(folder_, name_.c_str(), 0);
    }

    void replace(const std::filesystem::path& file, const std::string& name) {
        if (::renameat(folder_, name_.c_str(), folder_, name.c_str()) != 0) refuse_errno(file, "cannot move into place");
        moved_ = true;
    }

    void appear(const std::filesystem::path& file, const std::string& name) {
        if (::renameat2(folder_, name_.c_str(), folder_, name.c_str(), RENAME_NOREPLACE) == 0) {
            moved_ = true;
            return;
        }
        if (errno == EEXIST) refuse(file, "exists already and is not replaced");
        // Some file systems cannot rename without replacing, but can link: the same promise.
        if (::linkat(folder_, name_.c_str(), folder_, name.c_str(), 0) == 0) return;
        if (errno == EEXIST) refuse(file, "exists already and is not replaced");
        refuse_errno(file, "cannot move into place");
    }

  private:
    int folder_;
    std::string name_;
    bool moved_ = false;
};

void sync_folder(const std::filesystem::path& folder, int number) {
    if (::fsync(number) != 0) refuse_errno(folder, "cannot sync the folder");
}

}  // namespace

Secret read_private_file(const std::filesystem::path& file, std::size_t size_max, Keeper keeper) {
    const Place place = place_of(file);
    const Descriptor folder(open_folder(place.folder));
    const struct stat around = check_folder(place.folder, folder.get());
    // O_NONBLOCK: a pipe in the place of a key must be refused, not waited for.
    const Descriptor in(::openat(folder.get(), place.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (in.get() < 0 && errno == ELOOP) refuse(file, "is a symbolic link; a private file must be a file of its own");
    if (in.get() < 0) refuse_errno(file, "cannot open");
    struct stat facts{};
    if (::fstat(in.get(), &facts) != 0) refuse_errno(file, "cannot examine");
    if (!S_ISREG(facts.st_mode) || keeper != Keeper::service_manager || !is_credential(facts, around)) check_file(file, facts);
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (size > size_max)
        refuse(file, "has " + std::to_string(size) + " bytes, more than the " + std::to_string(size_max) + " expected");

    Secret content(size);
    auto rest = content.writable();
    while (!rest.empty()) {
        const ssize_t got = ::read(in.get(), rest.data(), rest.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse_errno(file, "cannot read");
        if (got == 0) refuse(file, "became shorter while it was read");
        rest = rest.subspan(static_cast<std::size_t>(got));
    }
    return content;
}

void create_private_file(const std::filesystem::path& file, Bytes content) {
    const Place place = place_of(file);
    const Descriptor folder(open_folder(place.folder));
    Temporary temporary(file, folder.get(), place.name, content);
    temporary.appear(file, place.name);
    sync_folder(place.folder, folder.get());
}

void replace_private_file(const std::filesystem::path& file, Bytes content) {
    const Place place = place_of(file);
    const Descriptor folder(open_folder(place.folder));
    Temporary temporary(file, folder.get(), place.name, content);
    temporary.replace(file, place.name);
    sync_folder(place.folder, folder.get());
}

void try_private_file(const std::filesystem::path& file, Bytes content) {
    const Place place = place_of(file);
    const Descriptor folder(open_folder(place.folder));
    const Temporary temporary(file, folder.get(), place.name, content);
}

void replace_secret_file(const std::filesystem::path& file, Bytes content) {
    const Place place = place_of(file);
    const Descriptor folder(open_folder(place.folder));
    // Held open, the old content is still there when its name is the new one's.
    const Descriptor old(::openat(folder.get(), place.name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (old.get() < 0 && errno != ENOENT) refuse_errno(file, "cannot open to replace");
    replace_private_file(file, content);
    if (old.get() >= 0) overwrite(file, old.get());
}

void rename_private_file(const std::filesystem::path& from, const std::filesystem::path& to) {
    const Place place = place_of(from);
    const Descriptor folder(open_folder(place.folder));
    if (::renameat(folder.get(), place.name.c_str(), folder.get(), place_of(to).name.c_str()) != 0)
        refuse_errno(from, "cannot rename");
    sync_folder(place.folder, folder.get());
}

void destroy_private_file(const std::filesystem::path& file) {
    const Place place = place_of(file);
    const Descriptor folder(open_folder(place.folder));
    {
        const Descriptor out(::openat(folder.get(), place.name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (out.get() < 0) refuse_errno(file, "cannot open to destroy");
        overwrite(file, out.get());
    }
    if (::unlinkat(folder.get(), place.name.c_str(), 0) != 0) refuse_errno(file, "cannot remove");
    sync_folder(place.folder, folder.get());
}

void create_private_folder(const std::filesystem::path& given) {
    const auto folder = without_trailing_slash(given);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) refuse_errno(folder, "cannot make the folder");
    check_private_folder(folder);
}

void check_private_folder(const std::filesystem::path& folder) {
    const Descriptor number(open_folder(folder));
    check_folder(folder, number.get());
}

}  // namespace entente::certs
