#pragma once
// Mails as a kind of delivery: the dispatcher plans, leases and settles them like everything else that leaves the house.

#include <memory>

#include "server/deliveries/mail.hpp"
#include "server/operations/outbox.hpp"

namespace entente::deliveries {

struct MailRetry {
    std::int64_t first_seconds = 60;  // pause after the first failure; then three times longer each time, up to an hour
    std::int64_t give_up_hours = 48;
};

// Two senders that share one connection to the mail server: `mail` for those who want to be told, `letter` for single addresses.
class MailSenders {
  public:
    MailSenders(SmtpOptions options, const MailRetry& retry);
    ~MailSenders();
    MailSenders(const MailSenders&) = delete;
    MailSenders& operator=(const MailSenders&) = delete;

    operations::Senders senders();

  private:
    class Recipients;
    class Letters;
    Smtp smtp_;
    operations::RetryPolicy policy_;
    std::unique_ptr<Recipients> recipients_;
    std::unique_ptr<Letters> letters_;
};

}  // namespace entente::deliveries
