#pragma once
// The spelling of mails in the own API: preferences, mailboxes, outbox, bounces. Private to server/api/native_*.cpp.

#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_writer.hpp"
#include "protocol/result.hpp"
#include "server/operations/mail.hpp"
#include "server/operations/mail_receive.hpp"

namespace entente::api::native {

protocol::Result<protocol::mail::Preferences> decode_mail_preferences(std::string_view body);
std::string encode_mail_preferences(const operations::OwnPreferences& own);

protocol::Result<store::MailRecipient> decode_mailbox(std::string_view body);
std::string encode_mailbox(const store::MailRecipient& box);
std::string encode_mailboxes(const std::vector<store::MailRecipient>& boxes);

protocol::Result<store::MailCompany> decode_mail_settings(std::string_view body);
std::string encode_mail_settings(const store::MailCompany& settings);

std::string encode_outbox(const std::vector<store::OutboxRow>& rows);
std::string encode_bounces(const std::vector<store::MailBounce>& bounces);

protocol::Result<std::string> decode_test_address(std::string_view body);
std::string encode_queued(const operations::MailQueued& queued);
std::string encode_taken(const operations::MailTaken& taken);

}  // namespace entente::api::native
