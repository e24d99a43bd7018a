#include "server/operations/customer_mail.hpp"

namespace entente::operations {

// Without a mail server nobody can be asked by mail.
bool post_customer_mail(Txn&, const Context&, const CustomerMail&) {
    return false;
}

}  // namespace entente::operations
