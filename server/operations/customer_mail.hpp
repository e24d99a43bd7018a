#pragma once
// The one place from where customers get mail: a link that asks, a code, a receipt, news of an emergency. The row lies in the same
// transaction as what it tells.

#include <string>

#include "protocol/language.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct CustomerMail {
    enum class Kind : std::uint8_t { request, notice, code, receipt, feedback };
    Kind kind = Kind::request;
    protocol::CompanyId company;  // whose customer
    protocol::CustomerId customer;
    std::string address;
    protocol::Language language = protocol::Language::english;
    std::string vendor;    // names for reading
    std::string partners;  // likewise, joined
    std::string link;      // request, notice, receipt, feedback
    std::string token{};   // feedback: of the case
    std::string code;
    std::string decision;  // receipt: approved, narrowed, refused, withdrawn
    std::string record;    // receipt: the record with the signed receipt, as JSON; goes along as a file
    Instant until;  // request: end of the link; notice: end of the emergency; code: its end; receipt: end of the authorization
};

// False: this gateway sends no mails, or the address is none that can be written to.
// `record`: of the step that it follows from.
bool post_customer_mail(Txn& txn, const Context& context, audit::Record& record, const CustomerMail& mail);

}  // namespace entente::operations
