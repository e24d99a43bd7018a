#include "server/store/store.hpp"

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
    if (!store.read(std::move(work),
                    [told = std::move(promise)](std::string fault) mutable { told.set_value(std::move(fault)); })) {
        throw protocol::Fault("the store takes no reads: its queue is full or it is closing");
    }
    if (const std::string fault = answer.get(); !fault.empty()) throw protocol::Fault(fault);
}

}  // namespace entente::store
