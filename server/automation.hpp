#pragma once
// What companies let the gateway do without a person: accept by rule, send and settle probes. The housekeeper calls it every
// second; each step is a work of the store with its own record.

#include <map>

#include "server/clock.hpp"
#include "server/operations/context.hpp"
#include "server/store/store.hpp"

namespace entente {

class Automation {
  public:
    Automation(store::Store& store, const operations::Tools& tools, const Clock& clock);
    void tick();

  private:
    void accept();
    void probe();

    store::Store& store_;
    const operations::Tools& tools_;
    const Clock& clock_;
    std::map<std::int64_t, std::int64_t> judged_;  // cases that no rule took, by version: judged again when they moved
};

}  // namespace entente
