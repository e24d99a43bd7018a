#pragma once
// The one seam to durable state: run this function in a transaction, together with its audit record, and tell me when it is
// durable. Nothing changes the world by any other way (design 8, semantics 6).
//
// Promises, tested by one suite on every engine:
//   - a work runs on the store's thread, never concurrently with itself; it may run again after a conflict or when its batch
//     could not be committed, so it touches only its transaction and the state that it captured and overwrites;
//   - `done` is called exactly once, from the store's thread, after the batch that carries the record is durable, or with a fault
//     when nothing happened;
//   - a full queue answers at once (submit returns false) and nothing happened;
//   - an I/O error at commit aborts the process: its outcome cannot be known from here.
//
// Statements are one SQL text for both engines with $1..$n. Values are int64, text, bytes or null: time as int64 microseconds,
// booleans as 0 and 1, JSON as text. Text compares bytewise.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/result.hpp"
#include "server/audit/format/record.hpp"

namespace entente::store {

using Bytes = std::span<const std::uint8_t>;

// An argument of a statement. Views: what they point at must live until the call returns.
class Value {
  public:
    Value() : held_(std::monostate{}) {}
    Value(std::nullptr_t) : held_(std::monostate{}) {}
    Value(std::int64_t number) : held_(number) {}
    Value(int number) : held_(static_cast<std::int64_t>(number)) {}
    Value(bool truth) : held_(static_cast<std::int64_t>(truth ? 1 : 0)) {}
    Value(std::string_view text) : held_(text) {}
    Value(const std::string& text) : held_(std::string_view(text)) {}
    Value(const char* text) : held_(std::string_view(text)) {}
    Value(Bytes bytes) : held_(bytes) {}
    Value(const std::vector<std::uint8_t>& bytes) : held_(Bytes(bytes)) {}
    template <class T>
    Value(const std::optional<T>& maybe) {
        if (maybe) *this = Value(*maybe);
    }
    const std::variant<std::monostate, std::int64_t, std::string_view, Bytes>& held() const { return held_; }

  private:
    std::variant<std::monostate, std::int64_t, std::string_view, Bytes> held_;
};

using Args = std::initializer_list<Value>;

// One row of an answer. Columns count from 0; views die with the row. A wrong type or column is a bug and stops the process.
class Row {
  public:
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t number(int column) const = 0;
    virtual std::string_view text(int column) const = 0;
    virtual Bytes bytes(int column) const = 0;
    std::optional<std::int64_t> maybe_number(int column) const {
        if (is_null(column)) return std::nullopt;
        return number(column);
    }
    std::optional<std::string> maybe_text(int column) const {
        if (is_null(column)) return std::nullopt;
        return std::string(text(column));
    }

  protected:
    ~Row() = default;
};

using RowFn = std::function<void(const Row&)>;

// A consistent snapshot that cannot be changed: there is no such member.
class ReadTxn {
  public:
    virtual void each(std::string_view sql, Args args, const RowFn& row) = 0;
    // The first row's answer mapped by `read`, or nothing when there is none.
    template <class Read>
    auto first(std::string_view sql, Args args, Read read) -> std::optional<decltype(read(std::declval<const Row&>()))> {
        std::optional<decltype(read(std::declval<const Row&>()))> found;
        each(sql, args, [&](const Row& row) {
            if (!found) found.emplace(read(row));
        });
        return found;
    }

    // Whether `what` was asked about less than a second ago on this connection; if not, it counts as asked about now. For checks
    // that need not be repeated for every request (critical_rows.hpp).
    virtual bool checked_lately(std::string_view what) = 0;
    virtual void forget_checked(std::string_view what) = 0;
    // Whether this transaction is the writer's, which may have changed what it reads.
    virtual bool writes() const = 0;

  protected:
    ~ReadTxn() = default;
};

class Txn : public ReadTxn {
  public:
    // Rows changed. A broken unique or foreign key throws Constraint.
    virtual std::int64_t change(std::string_view sql, Args args) = 0;
    // Serialises works that name the same thing until the transaction ends. Nothing to do on SQLite's single writer.
    virtual void lock(std::string_view what) = 0;

  protected:
    ~Txn() = default;
};

// A unique, check or foreign key was broken; the store rolls the work back and reports a fault unless the work catches it.
class Constraint : public protocol::Fault {
  public:
    using Fault::Fault;
};

// The machine refused (disk full, broken or in use): says nothing about what is stored.
class Unavailable : public protocol::Fault {
  public:
    using Fault::Fault;
};

// What a work leaves behind. keep = false: its business rows are rolled back and only the records stay.
struct Written {
    std::vector<audit::Record> records;  // at least one, unless the work changed nothing and showed nothing
    bool keep = true;
    bool derived = false;  // follows from the log itself (a signed checkpoint), or a later record tells it (counts of reads)
};

// Told after the commit. On success one receipt per record, in order; on a fault the reason, and nothing happened.
struct Commit {
    bool durable = false;
    std::vector<audit::Receipt> receipts;
    std::string fault;  // private, for the log
};

using Work = std::function<Written(Txn&)>;
using ReadWork = std::function<void(ReadTxn&)>;
using Done = std::move_only_function<void(Commit)>;
using ReadDone = std::move_only_function<void(std::string fault)>;  // empty: the work ran

// Turns the records of one batch into entries of the log, inside the batch's transaction (server/audit/log). Throws to fail the
// whole batch: without a record nothing happens.
using Recorder = std::function<std::vector<audit::Receipt>(Txn&, std::span<const audit::Record>)>;

class Store {
  public:
    virtual ~Store() = default;
    // False: the queue is full or the store is draining; nothing happened and `done` is not called.
    virtual bool submit(Work work, Done done) = 0;
    virtual bool read(ReadWork work, ReadDone done) = 0;
    // Finishes what is queued, refuses what comes. Safe to call twice.
    virtual void drain() = 0;
    virtual bool healthy() const = 0;
    virtual std::size_t queued() const = 0;
};

// Waits for the answer on the calling thread: start-up, tools and tests. Never on a network thread.
Commit submit_and_wait(Store& store, Work work);
void read_and_wait(Store& store, ReadWork work);

}  // namespace entente::store
