#include "core/sending/transactional.hpp"

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/lane/sender.hpp"
#include "core/net/crypto.hpp"
#include "core/sending/single.hpp"

namespace smscrm {
namespace {

// Of all that makes it this message and no other; no part can run over into the next.
std::string digest(const NewTransactional& message) {
  std::string text;
  const auto add = [&](const std::string& part) { text += fmt::format("{} {}\n", part.size(), part); };
  add(message.msisdn);
  add(message.body);
  add(message.sender);
  for (const auto& [field, value] : message.values) add(field), add(value);
  return sha256(text);
}

// The message that has the key; nullopt: it is ours now, until the transaction ends.
std::optional<MessageId> take_key(Tx& tx, TenantId tenant, const NewTransactional& message, Timestamp at) {
  check_length(message.key, longest_name, "a message's key");
  // Two with one key go one after the other: the second waits here for the first's commit.
  if (!exec(tx,
            "INSERT INTO message_key (tenant_id, key, digest, created_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING RETURNING 1",
            tenant, message.key, bytea_param(digest(message)), at)
           .empty())
    return std::nullopt;
  const auto row = exec(tx, "SELECT message_id, digest FROM message_key WHERE tenant_id = $1 AND key = $2",
                        tenant, message.key)
                       .front();
  if (as_bytes(row["digest"]) != digest(message))
    throw Error(Errc::conflict, "the key \"{}\" sent another text, message {}", message.key,
                row["message_id"].as<std::int64_t>())
        .with_hint("use a key of its own for each text");
  return row["message_id"].as<MessageId>();
}

// The sender that was asked for, if any.
std::optional<SenderId> check_may_text(Tx& tx, TenantId tenant, const NewTransactional& message) {
  const auto consent = get_consent_status(tx, tenant, message.msisdn);
  const auto reason = refusal(consent);
  bool refused = reason == "dnc" || reason == "opted_out" || consent.no_sender_left;
  std::optional<SenderId> chosen;
  if (!message.sender.empty()) {
    const auto sender = get_sender(tx, tenant, message.sender);
    refused = refused || is_opted_out(consent, sender.address, sender.pool);
    chosen = sender.id;
  }
  if (refused) throw Error(Errc::refused, "{} is not texted: {}", message.msisdn, explain(consent));
  return chosen;
}

void check_can_send(Tx& tx, TenantId tenant) {
  const auto account =
      exec(tx, "SELECT coalesce(messaging_service, '') <> '' FROM account WHERE tenant_id = $1", tenant);
  if (account.empty())
    throw Error(Errc::refused, "the tenant has no account to send with")
        .with_hint("run \"smscrm account set\"");
  if (!account.front()[0].as<bool>() && list_senders(tx, tenant).empty())
    throw Error(Errc::refused, "the tenant has no sender").with_hint("add one with \"smscrm sender add\"");
}

}  // namespace

QueuedMessage queue_transactional(Tx& tx, TenantId tenant, const NewTransactional& message,
                                  const Shorten& shorten, Timestamp at) {
  if (!message.key.empty())
    if (const auto sent = take_key(tx, tenant, message, at)) return {*sent, true};
  check_can_send(tx, tenant);
  const auto sender = check_may_text(tx, tenant, message);
  const auto sample = render_sample(tx, tenant, message.body, message.msisdn,
                                    {.values = message.values, .stand_ins = false, .shorten = shorten});
  if (!sample.missing.empty())
    throw Error(Errc::invalid, "the text needs {}, and {} has none", join(sample.missing, ", "),
                message.msisdn)
        .with_hint(
            fmt::format("give it with --set {0}=VALUE, or a default: {{{{{0}|…}}}}", sample.missing.front()));
  const MessageId id = queue_single(tx, tenant,
                                    {.kind = SingleKind::transactional,
                                     .msisdn = message.msisdn,
                                     .body = sample.text,
                                     .sender = sender,
                                     .contact = sample.contact},
                                    at);
  if (!message.key.empty())
    exec(tx, "UPDATE message_key SET message_id = $3 WHERE tenant_id = $1 AND key = $2", tenant, message.key,
         id);
  return {id, false};
}

}  // namespace smscrm
