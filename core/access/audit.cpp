#include "core/access/audit.hpp"

#include <map>

#include "core/base/text.hpp"
#include "core/db/each_row.hpp"

namespace smscrm {
namespace {

constexpr const char* select_events =
    "SELECT id, at, login, doer, via, request, action, object_id, rows, object_name, before, after, position,"
    " hash"
    "  FROM audit_event WHERE tenant_id = $1 ";
constexpr const char* key_purpose = "audit checkpoints";

std::int64_t owner_id(AuditOwner owner) { return owner ? owner->value : 0; }

AuditEvent read_audit_event(const Row& row) {
  AuditEvent event;
  event.id = row["id"].as<AuditEventId>();
  event.at = row["at"].as<Timestamp>();
  event.login = row["login"].as<std::string>();
  event.doer = row["doer"].as<std::string>();
  event.via = row["via"].as<std::string>();
  event.request = row["request"].as<std::string>();
  event.action = row["action"].as<std::string>();
  event.object_id = row["object_id"].as<std::string>();
  event.rows = row["rows"].as<std::int64_t>();
  event.object_name = as_optional<std::string>(row["object_name"]);
  event.before = as_optional<std::string>(row["before"]);
  event.after = as_optional<std::string>(row["after"]);
  event.position = as_optional<std::int64_t>(row["position"]);
  if (!row["hash"].is_null()) event.hash = as_bytes(row["hash"]);
  return event;
}

// The fixed form of what is hashed, as audit_text and int8send make it.
void put_number(std::string& bytes, std::int64_t number, int size = 8) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff);
}

void put_text(std::string& bytes, const std::optional<std::string>& text) {
  put_number(bytes, text ? static_cast<std::int64_t>(text->size()) : -1, 4);
  if (text) bytes += *text;
}

std::string leaf_of(std::int64_t owner, const AuditEvent& event, std::int64_t microseconds,
                    const std::string& salted) {
  std::string bytes;
  put_number(bytes, owner);
  put_number(bytes, event.id.value);
  put_number(bytes, microseconds);
  for (const auto& text : {event.login, event.doer, event.via, event.request, event.action, event.object_id})
    put_text(bytes, text);
  put_number(bytes, event.rows);
  return sha256(bytes + salted);
}

std::string salted_of(const std::string& salt, const AuditEvent& event) {
  auto bytes = salt;
  for (const auto& text : {event.object_name, event.before, event.after}) put_text(bytes, text);
  return sha256(bytes);
}

std::string signed_text(const AuditCheckpoint& checkpoint) {
  return fmt::format("smscrm-audit-1 {} {} {} {}", owner_id(checkpoint.owner), checkpoint.size,
                     hex_encode(checkpoint.hash), format_rfc3339(checkpoint.at));
}

std::optional<std::string> hex_decode(std::string_view text) {
  std::string bytes;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return std::nullopt;
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  }
  return text.size() % 2 == 0 ? std::optional{bytes} : std::nullopt;
}

AuditCheckpoint read_checkpoint(AuditOwner owner, const Row& row) {
  return {owner, row["size"].as<std::int64_t>(), as_bytes(row["hash"]), row["at"].as<Timestamp>(),
          as_bytes(row["signature"])};
}

}  // namespace

Listing<AuditEvent> list_audit(AuditOwner owner, const AuditFilter& filter) {
  Listing<AuditEvent> listing{select_events, "id DESC", {to_param(owner_id(owner))}, read_audit_event};
  auto& sql = listing.sql;
  if (!filter.doer.empty()) sql += fmt::format("AND doer = {} ", listing.param(filter.doer));
  if (!filter.action.empty()) {
    const auto param = listing.param(filter.action);
    sql += filter.action.find('.') != std::string::npos
               ? fmt::format("AND action = {} ", param)
               : fmt::format("AND split_part(action, '.', 1) = {} ", param);
  }
  if (!filter.object_id.empty()) sql += fmt::format("AND object_id = {} ", listing.param(filter.object_id));
  if (filter.since) sql += fmt::format("AND at >= {} ", listing.param(to_param(*filter.since)));
  if (filter.until) sql += fmt::format("AND at < {} ", listing.param(to_param(*filter.until)));
  if (filter.before) sql += fmt::format("AND id < {} ", listing.param(to_param(*filter.before)));
  return listing;
}

AuditEvent get_audit_event(Tx& tx, AuditOwner owner, AuditEventId id) {
  const auto rows = exec(tx, std::string{select_events} + "AND id = $2", owner_id(owner), id);
  if (rows.empty()) throw Error(Errc::not_found, "there is no entry {} in the audit", id.value);
  return read_audit_event(rows.front());
}

std::string format_checkpoint(const AuditCheckpoint& checkpoint) {
  return signed_text(checkpoint) + " " + hex_encode(checkpoint.signature);
}

AuditCheckpoint parse_checkpoint(std::string_view line) {
  const auto words = split(trim(line), ' ');
  const auto fail = [] {
    return Error(Errc::invalid, "that is no checkpoint of the audit")
        .with_hint("it is a line that begins with smscrm-audit-1, as \"smscrm audit checkpoint\" prints it");
  };
  if (words.size() != 6 || words[0] != "smscrm-audit-1") throw fail();
  const auto owner = parse_integer(words[1]), size = parse_integer(words[2]);
  const auto hash = hex_decode(words[3]), signature = hex_decode(words[5]);
  if (!owner || !size || *size < 1 || !hash || !signature) throw fail();
  AuditCheckpoint checkpoint;
  if (*owner != 0) checkpoint.owner = TenantId{*owner};
  checkpoint.size = *size;
  checkpoint.hash = *hash;
  checkpoint.signature = *signature;
  try {
    checkpoint.at = parse_rfc3339(words[4]);
  } catch (const Error&) {
    throw fail();
  }
  return checkpoint;
}

std::vector<AuditCheckpoint> seal_audit(Tx& tx, const SecretKey& key, int most, Timestamp at) {
  std::vector<AuditCheckpoint> heads;
  for (const auto& row : exec(tx, "SELECT * FROM seal_audit($1)", most)) {
    AuditCheckpoint head;
    if (const auto owner = row["tenant_id"].as<std::int64_t>(); owner != 0) head.owner = TenantId{owner};
    head.size = row["size"].as<std::int64_t>();
    head.hash = as_bytes(row["hash"]);
    head.at = at;
    head.signature = sign(derive_key(key, key_purpose), signed_text(head));
    exec(tx, "SELECT record_checkpoint($1, $2, $3, $4, $5)", owner_id(head.owner), head.size,
         bytea_param(head.hash), head.at, bytea_param(head.signature));
    heads.push_back(std::move(head));
  }
  return heads;
}

// Of each owner by the order of its index, which has the unsealed alone and so is nearly empty.
std::chrono::seconds unsealed_for(Tx& tx, Timestamp at) {
  const auto since = as_optional<Timestamp>(
      exec(tx, "SELECT " + within_calendar("min(at)") + " FROM audit_event WHERE position IS NULL")
          .front()[0]);
  if (!since || *since > at) return std::chrono::seconds{0};
  return std::chrono::duration_cast<std::chrono::seconds>(at - *since);
}

std::optional<AuditCheckpoint> find_checkpoint(Tx& tx, AuditOwner owner) {
  const auto rows = exec(tx,
                         "SELECT size, hash, at, signature FROM audit_checkpoint"
                         " WHERE tenant_id = $1 ORDER BY size DESC LIMIT 1",
                         owner_id(owner));
  if (rows.empty()) return std::nullopt;
  return read_checkpoint(owner, rows.front());
}

AuditProof verify_audit(Tx& tx, AuditOwner owner, const SecretKey& key,
                        const std::optional<AuditCheckpoint>& anchor) {
  AuditProof proof;
  const auto fault = [&](std::int64_t position, std::string words) {
    if (!proof.holds()) return;
    proof.fault = std::move(words);
    proof.fault_at = position;
  };
  const auto verifies = public_key(derive_key(key, key_purpose));
  std::map<std::int64_t, AuditCheckpoint> checkpoints;
  const auto expect = [&](const AuditCheckpoint& checkpoint, const char* what) {
    if (!is_signed(signed_text(checkpoint), checkpoint.signature, verifies))
      return fault(checkpoint.size, fmt::format("the {} has a wrong signature, or one by another key", what));
    const auto [known, is_new] = checkpoints.emplace(checkpoint.size, checkpoint);
    if (!is_new && known->second.hash != checkpoint.hash)
      fault(checkpoint.size, fmt::format("the {} is of another history", what));
  };
  if (anchor) {
    if (owner_id(anchor->owner) != owner_id(owner))
      throw Error(Errc::invalid, "the anchor is another tenant's: of tenant {}", owner_id(anchor->owner));
    expect(*anchor, "anchor");
  }
  stream_rows(tx, "SELECT size, hash, at, signature FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY size",
              {to_param(owner_id(owner))}, [&](const Row& row) {
                ++proof.checkpoints;
                expect(read_checkpoint(owner, row), "checkpoint");
              });
  std::string chain;
  stream_rows(
      tx,
      "SELECT id, at, login, doer, via, request, action, object_id, rows, object_name, before, after, "
      "position, hash,"
      "       (extract(epoch FROM at) * 1000000)::bigint AS microseconds, salt, salted, leaf"
      "  FROM audit_event WHERE tenant_id = $1 AND position IS NOT NULL ORDER BY position",
      {to_param(owner_id(owner))}, [&](const Row& row) {
        const auto event = read_audit_event(row);
        const auto position = ++proof.entries;
        const auto salted = as_bytes(row["salted"]), leaf = as_bytes(row["leaf"]);
        if (event.position != position) fault(position, "an entry is missing");
        if (row["salt"].is_null()) {
          ++proof.erased;
          if (event.object_name || event.before || event.after)
            fault(position, fmt::format("entry {} tells what was erased", event.id.value));
        } else if (salted_of(as_bytes(row["salt"]), event) != salted) {
          fault(position, fmt::format("what entry {} tells was changed", event.id.value));
        }
        if (leaf_of(owner_id(owner), event, row["microseconds"].as<std::int64_t>(), salted) != leaf)
          fault(position, fmt::format("entry {} was changed", event.id.value));
        std::string bytes = chain;
        put_number(bytes, position);
        chain = sha256(bytes + leaf);
        if (event.hash != chain) fault(position, "the chain is broken");
        const auto known = checkpoints.find(position);
        if (known != checkpoints.end() && known->second.hash != chain)
          fault(position, "the history is another than the one that was signed");
      });
  if (!checkpoints.empty() && checkpoints.rbegin()->first > proof.entries)
    fault(proof.entries + 1, fmt::format("{} entries were signed for, and {} are there",
                                         checkpoints.rbegin()->first, proof.entries));
  // A head is signed in the transaction that makes it.
  if (proof.entries > 0 && checkpoints.count(proof.entries) == 0)
    fault(proof.entries, "its head was not signed");
  proof.unsealed =
      exec(tx, "SELECT count(*) FROM audit_event WHERE tenant_id = $1 AND position IS NULL", owner_id(owner))
          .front()[0]
          .as<std::int64_t>();
  return proof;
}

}  // namespace smscrm
