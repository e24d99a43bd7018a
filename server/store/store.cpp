#include "server/store/store.hpp"

#include <exception>
#include <future>

namespace entente::store {

Commit submit_and_wait(Store& store, Work work) {
    // The promise belongs to the callback: whoever waits may be gone before set_value has returned.
    std::promise<Commit> promise;
    auto answer = promise.get_future();
    if (!store.submit(std::move(work), [told = std::move(promise)](Commit commit) mutable { told.set_value(std::move(commit)); })) {
        return Commit{.durable = false, .receipts = {}, .fault = "the store takes no work: its queue is full or it is closing"};
    }
    return answer.get();
}

void read_and_wait(Store& store, ReadWork work) {
    std::promise<std::string> promise;
    auto answer = promise.get_future();
    // What the work throws reaches the caller as what it is: a contradiction in the log is not just any fault.
    std::exception_ptr thrown;
    const auto remembering = [&work, &thrown](ReadTxn& txn) {
        try {
            work(txn);
        } catch (...) {
            thrown = std::current_exception();
            throw;
        }
    };
    if (!store.read(remembering, [told = std::move(promise)](std::string fault) mutable { told.set_value(std::move(fault)); })) {
        throw protocol::Fault("the store takes no reads: its queue is full or it is closing");
    }
    const std::string fault = answer.get();
    if (thrown) std::rethrow_exception(thrown);
    if (!fault.empty()) throw protocol::Fault(fault);
}

}  // namespace entente::store
