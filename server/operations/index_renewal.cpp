#include "server/operations/index_renewal.hpp"

#include <map>

#include "certs/random.hpp"
#include "policy/customer.hpp"
#include "protocol/canonical.hpp"
#include "protocol/mail/address.hpp"
#include "server/operations/keys.hpp"
#include "server/operations/mail_parts.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/blind_indexes.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/mail.hpp"

namespace entente::operations {

namespace {

using store::Indexed;
using store::IndexedAddress;
using store::IndexedRow;
using store::Vault;

constexpr std::int64_t rows_between_words = 100'000;

class IndexRenewal {
  public:
    IndexRenewal(Txn& txn, Vault& vault, const std::function<void(std::int64_t)>& progress)
        : txn_(txn), vault_(vault), progress_(progress) {
        for (const IndexedAddress& row : store::indexed_addresses(txn)) addresses_.emplace(row.index, row);
    }

    IndexedAnew run() {
        walk(Indexed::people, [this](const IndexedRow& row) { person(row); });
        walk(Indexed::customers, [this](const IndexedRow& row) { customer(row); });
        walk(Indexed::mailboxes, [this](const IndexedRow& row) {
            if (const auto box = store::find_mail_recipient(txn_, vault_, row.id)) address(box->address);
        });
        walk(Indexed::letters, [this](const IndexedRow& row) {
            if (const auto letter = store::find_mail_letter(txn_, vault_, row.id)) address(letter->address);
        });
        walk(Indexed::authorizations, [this](const IndexedRow& row) { authorization(row); });
        walk(Indexed::cases, [this](const IndexedRow& row) {
            store::renew_number_indexes(txn_, vault_, {row.id});
            ++done_.cases;
        });
        done_.addresses_left = static_cast<std::int64_t>(addresses_.size());
        return done_;
    }

  private:
    template <class Each>
    void walk(Indexed what, Each each) {
        for (const IndexedRow& row : store::indexed_rows(txn_, what)) {
            each(row);
            if (++seen_ % rows_between_words == 0) progress_(seen_);
        }
    }

    void person(const IndexedRow& row) {
        const auto stored = store::find_user(txn_, vault_, {row.id});
        if (!stored || stored->user.username.empty()) return;  // erased: its index is a random one
        store::renew_username_index(txn_, vault_, stored->user);
        address(stored->user.email);
        ++done_.people;
    }

    void customer(const IndexedRow& row) {
        const auto stored = store::find_customer(txn_, vault_, row.company, {row.id});
        const std::string name = stored ? policy::normalise_name(stored->customer.name) : "";
        if (name.empty()) return;  // erased: its index is a random one
        store::renew_customer_index(txn_, vault_, {row.id}, name);
        for (const auto& contact : stored->customer.contacts) address(contact.email);
        ++done_.customers;
    }

    // A list that cannot be read goes on matching nothing: an empty one would mean every product.
    void authorization(const IndexedRow& row) {
        const auto stored = store::find_authorization(txn_, vault_, row.company, {row.id});
        if (!stored) return;
        std::vector<std::string> codes;
        for (const std::string& product : stored->authorization.products) codes.push_back(product_code(vault_, product));
        if (codes.empty()) codes.push_back(protocol::hex(certs::random_array<8>()));
        store::renew_product_codes(txn_, {row.id}, codes);
        ++done_.authorizations;
    }

    // What bounced there, and letters whose words are gone, have nothing else that says where they went.
    void address(std::string_view text) {
        const auto address = protocol::mail::clean_address(text);
        const auto before = address ? address_index_before(vault_, *address) : std::nullopt;
        if (!before) return;
        const auto [begin, end] = addresses_.equal_range(*before);
        for (auto row = begin; row != end; ++row) {
            store::set_address_index(txn_, row->second, address_index(vault_, *address));
            ++done_.addresses;
        }
        addresses_.erase(begin, end);
    }

    Txn& txn_;
    Vault& vault_;
    const std::function<void(std::int64_t)>& progress_;
    std::multimap<store::Hash, IndexedAddress> addresses_;  // still under the key before
    IndexedAnew done_;
    std::int64_t seen_ = 0;
};

}  // namespace

IndexedAnew renew_indexes(Txn& txn, Vault& vault, const std::function<void(std::int64_t)>& progress) {
    return IndexRenewal(txn, vault, progress).run();
}

audit::Record record_of_renewal(const IndexedAnew& done, const std::string& key) {
    audit::Record record = key_record("keys.index.renew", audit::activity_update);
    record.authentication = "local";
    record.resources.push_back({"index_key", key});
    record.decision = protocol::CanonicalObject{}
                          .set("addresses", done.addresses)
                          .set("addresses_left", done.addresses_left)
                          .set("authorizations", done.authorizations)
                          .set("cases", done.cases)
                          .set("customers", done.customers)
                          .set("people", done.people)
                          .text();
    return record;
}

}  // namespace entente::operations
