#include "server/deliveries/mail_senders.hpp"

#include <algorithm>

#include "server/operations/mail_send.hpp"

namespace entente::deliveries {
namespace {

using operations::Answer;

Answer answer_of(const SmtpAnswer& said) {
    switch (said.kind) {
        case SmtpAnswer::Kind::accepted:
            return {.end = Answer::End::delivered, .reason = "", .http_status = {}, .response = ""};
        case SmtpAnswer::Kind::recipient:
            return {.end = Answer::End::refused,
                    .reason = std::string(operations::recipient_refused) + said.reason,
                    .http_status = {},
                    .response = ""};
        case SmtpAnswer::Kind::message:
            return {.end = Answer::End::refused, .reason = "message_" + said.reason, .http_status = {}, .response = ""};
        case SmtpAnswer::Kind::interrupted:
            return {.end = Answer::End::interrupted, .reason = "interrupted", .http_status = {}, .response = ""};
        case SmtpAnswer::Kind::later:
            break;
    }
    return {.end = Answer::End::retry, .reason = said.reason, .http_status = {}, .response = ""};
}

// The attempts' log keeps the kind of the mail alone: its words and its address are nobody's business afterwards.
std::expected<operations::Parcel, std::string> parcel_of(Smtp& smtp, std::expected<operations::ReadyMail, std::string> ready) {
    if (!ready) return std::unexpected(std::move(ready.error()));
    operations::Parcel parcel;
    parcel.name = ready->kind;
    parcel.shows = ready->shows;
    parcel.send = [&smtp, mail = std::move(*ready)](const operations::Proceed& proceed) -> Answer {
        if (!proceed()) return {.end = Answer::End::stopped, .reason = "gate_closed", .http_status = {}, .response = ""};
        return answer_of(smtp.send(mail.return_path, mail.to, mail.bytes));
    };
    return parcel;
}

operations::RetryPolicy policy_of(const MailRetry& retry) {
    operations::RetryPolicy policy;
    policy.first_ms = retry.first_seconds * 1'000;
    policy.max_ms = std::max<std::int64_t>(policy.first_ms, 3'600'000);
    // As many attempts as fit into the hours, counted with the pauses that retry_pause_ms makes.
    std::int64_t pause = policy.first_ms;
    policy.attempts = 1;
    for (std::int64_t waited = 0; waited < retry.give_up_hours * 3'600'000; ++policy.attempts) {
        waited += pause;
        pause = std::min(pause * 3, policy.max_ms);
    }
    return policy;
}

}  // namespace

class MailSenders::Recipients final : public operations::Sender {
  public:
    Recipients(Smtp& smtp, const operations::RetryPolicy& policy) : smtp_(smtp), policy_(policy) {}
    std::string_view kind() const override { return "mail"; }
    const operations::RetryPolicy* retry() const override { return &policy_; }
    void hurry() override { smtp_.hurry(); }
    void plan(store::Txn& txn, const operations::Context& context, const protocol::Event& event,
              std::vector<operations::Planned>& wanted) override {
        operations::plan_mails(txn, context, event, wanted);
    }
    std::expected<operations::Parcel, std::string> prepare(store::Txn& txn, const operations::Context& context,
                                                           const store::StoredDelivery& delivery,
                                                           const store::StoredEvent* event) override {
        return parcel_of(smtp_, operations::prepare_mail(txn, context, delivery, event));
    }
    void settled(store::Txn& txn, const operations::Context& context, const operations::Settled& one, bool over) override {
        operations::mail_settled(txn, context, one.delivery, one.answer, over);
    }

  private:
    Smtp& smtp_;
    const operations::RetryPolicy& policy_;
};

class MailSenders::Letters final : public operations::Sender {
  public:
    Letters(Smtp& smtp, const operations::RetryPolicy& policy) : smtp_(smtp), policy_(policy) {}
    std::string_view kind() const override { return "letter"; }
    const operations::RetryPolicy* retry() const override { return &policy_; }
    void hurry() override { smtp_.hurry(); }
    void plan(store::Txn&, const operations::Context&, const protocol::Event&, std::vector<operations::Planned>&) override {}
    std::expected<operations::Parcel, std::string> prepare(store::Txn& txn, const operations::Context& context,
                                                           const store::StoredDelivery& delivery,
                                                           const store::StoredEvent*) override {
        return parcel_of(smtp_, operations::prepare_letter(txn, context, delivery));
    }
    void settled(store::Txn& txn, const operations::Context& context, const operations::Settled& one, bool over) override {
        operations::mail_settled(txn, context, one.delivery, one.answer, over);
    }

  private:
    Smtp& smtp_;
    const operations::RetryPolicy& policy_;
};

MailSenders::MailSenders(SmtpOptions options, const MailRetry& retry)
    : smtp_(std::move(options)),
      policy_(policy_of(retry)),
      recipients_(std::make_unique<Recipients>(smtp_, policy_)),
      letters_(std::make_unique<Letters>(smtp_, policy_)) {}

MailSenders::~MailSenders() = default;

operations::Senders MailSenders::senders() {
    return {recipients_.get(), letters_.get()};
}

}  // namespace entente::deliveries
