#include "core/access/user.hpp"

#include <algorithm>

#include "core/access/token.hpp"
#include "core/access/totp.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr int recovery_codes = 10;

constexpr const char* columns =
    "u.id, u.email, u.name, u.operator, u.password IS NOT NULL AS has_password,"
    " u.totp_confirmed_at IS NOT NULL AS has_totp, u.epoch, u.disabled_at, u.created_at";

User read(const Row& row) {
  User user;
  user.id = row["id"].as<UserId>();
  user.email = row["email"].as<std::string>();
  user.name = row["name"].as<std::string>();
  user.is_operator = row["operator"].as<bool>();
  user.has_password = row["has_password"].as<bool>();
  user.has_totp = row["has_totp"].as<bool>();
  user.epoch = row["epoch"].as<std::int64_t>();
  user.disabled_at = as_optional<Timestamp>(row["disabled_at"]);
  user.created_at = row["created_at"].as<Timestamp>();
  return user;
}

void add_memberships(Tx& tx, std::vector<User>& users) {
  std::vector<UserId> ids;
  std::map<UserId, User*> by_id;
  for (auto& user : users) {
    ids.push_back(user.id);
    by_id[user.id] = &user;
  }
  for (const auto& row : exec(tx,
                              "SELECT m.user_id, m.tenant_id, m.role, t.slug FROM membership m"
                              "  JOIN tenant t ON t.id = m.tenant_id AND t.deleted_at IS NULL"
                              " WHERE m.user_id = ANY($1::bigint[]) ORDER BY t.slug",
                              ids))
    by_id.at(row["user_id"].as<UserId>())
        ->memberships.push_back({row["tenant_id"].as<TenantId>(), row["slug"].as<std::string>(),
                                 parse_role(row["role"].as<std::string>())});
}

std::vector<User> read_all(Tx& tx, const Result& rows) {
  std::vector<User> users;
  for (const auto& row : rows) users.push_back(read(row));
  if (!users.empty()) add_memberships(tx, users);
  return users;
}

// Something before and after the last "@", a dot behind it, no blanks: what a typo breaks. Whether it exists
// only a letter could tell.
std::string checked_email(std::string_view text) {
  auto email = to_lower(trim(text));
  const auto at = email.rfind('@');
  const auto domain = at == std::string::npos ? std::string{} : email.substr(at + 1);
  const auto odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == ',' || c == ';' || c == '<' ||
           c == '>';
  };
  if (at == std::string::npos || at == 0 || domain.find('.') == std::string::npos || domain.front() == '.' ||
      domain.back() == '.' || email.size() > 254 || !is_valid_utf8(email) ||
      std::any_of(email.begin(), email.end(), odd))
    throw Error(Errc::invalid, "\"{}\" is not an e-mail address", text)
        .with_hint("write it as ann@example.com");
  return email;
}

void check_name(std::string_view name) {
  if (name.size() > 200 || !is_valid_utf8(name))
    throw Error(Errc::invalid, "a name has at most 200 bytes of UTF-8");
}

std::string context_of(UserId user, std::string_view what) {
  return fmt::format("{} of user {}", what, user.value);
}

std::string open(const SecretKey& key, const Field& field, UserId user, std::string_view what) {
  if (field.is_null()) return {};
  if (auto plain = open_sealed(key, as_bytes(field), context_of(user, what))) return *plain;
  throw Error(Errc::usage, "the {} of user {} was sealed with another secret key", what, user.value)
      .with_hint("set secrets.key_file to the key that this installation had");
}

// Whoever counts owners or operators does it alone.
void lock_users(Tx& tx) { exec(tx, "LOCK TABLE membership IN SHARE ROW EXCLUSIVE MODE"); }

// Tenants and the installation that have somebody in charge keep one who can come in.
class InCharge {
 public:
  InCharge(Tx& tx, UserId user) : tx_(tx), user_(user) {
    lock_users(tx);
    before_ = count();
  }
  void check() {
    for (const auto& [what, others] : count()) {
      if (others > 0 || before_[what] == 0) continue;
      if (what.empty()) throw Error(Errc::conflict, "nobody would be left to operate the installation");
      throw Error(Errc::conflict, "tenant {} would be left without an owner", what)
          .with_hint(
              fmt::format("make somebody else one: smscrm user update EMAIL --tenant {} --role owner", what));
    }
  }

 private:
  // Owners of each tenant that the user is in, and operators ("").
  std::map<std::string, std::int64_t> count() {
    std::map<std::string, std::int64_t> owners;
    for (const auto& row :
         exec(tx_,
              "SELECT '' AS what, count(*) FROM app_user WHERE operator AND disabled_at IS NULL"
              " UNION ALL SELECT t.slug, count(*) FILTER (WHERE m.role = 'owner' AND u.disabled_at IS NULL)"
              "   FROM membership m JOIN app_user u ON u.id = m.user_id"
              "   JOIN tenant t ON t.id = m.tenant_id AND t.deleted_at IS NULL"
              "  WHERE m.tenant_id IN (SELECT tenant_id FROM membership WHERE user_id = $1)"
              "  GROUP BY t.slug",
              user_))
      owners[row[0].as<std::string>()] = row[1].as<std::int64_t>();
    for (const auto& [what, count] : before_) owners.try_emplace(what, count == 0 ? 0 : missing(what));
    return owners;
  }
  // Of a tenant that the user has just left.
  std::int64_t missing(const std::string& slug) {
    return exec(tx_,
                "SELECT count(*) FROM membership m JOIN app_user u ON u.id = m.user_id JOIN tenant t ON t.id "
                "= m.tenant_id"
                " WHERE t.slug = $1 AND t.deleted_at IS NULL AND m.role = 'owner' AND u.disabled_at IS NULL",
                slug)
        .front()[0]
        .as<std::int64_t>();
  }

  Tx& tx_;
  UserId user_;
  std::map<std::string, std::int64_t> before_;
};

void end_sessions(Tx& tx, UserId user, Timestamp at) {
  exec(tx, "UPDATE app_user SET epoch = epoch + 1, updated_at = $2 WHERE id = $1", user, at);
}

}  // namespace

User add_user(Tx& tx, const NewUser& added, Timestamp at) {
  const auto email = checked_email(added.email);
  check_name(added.name);
  const auto rows = exec(tx,
                         "INSERT INTO app_user (email, name, operator, created_at, updated_at)"
                         " VALUES ($1, $2, $3, $4, $4) ON CONFLICT (email) DO NOTHING RETURNING id",
                         email, added.name, added.is_operator, at);
  if (rows.empty()) throw Error(Errc::conflict, "there is a user {} already", email);
  return get_user(tx, std::to_string(rows.front()[0].as<UserId>().value));
}

std::optional<User> find_user(Tx& tx, std::string_view name) {
  const bool by_id = looks_like_id(name);
  const auto users = read_all(tx, exec(tx,
                                       fmt::format("SELECT {} FROM app_user u WHERE u.{} = $1", columns,
                                                   by_id ? "id::text" : "email"),
                                       to_lower(trim(name))));
  return users.empty() ? std::nullopt : std::optional{users.front()};
}

User get_user(Tx& tx, std::string_view name) {
  if (auto user = find_user(tx, name)) return *user;
  std::vector<std::string> emails;
  for (const auto& row : exec(tx, "SELECT email FROM app_user ORDER BY email LIMIT 1000"))
    emails.push_back(row[0].as<std::string>());
  Error error(Errc::not_found, "there is no user \"{}\"", name);
  const auto near = nearest(to_lower(name), emails);
  throw std::move(error).with_hint(near ? fmt::format("did you mean \"{}\"?", *near)
                                        : "\"smscrm user list --all\" shows who there is");
}

std::vector<User> list_users(Tx& tx, std::optional<TenantId> tenant) {
  return read_all(tx,
                  exec(tx,
                       fmt::format("SELECT {} FROM app_user u WHERE $1::bigint IS NULL OR u.id IN"
                                   " (SELECT user_id FROM membership WHERE tenant_id = $1) ORDER BY u.email",
                                   columns),
                       tenant));
}

User update_user(Tx& tx, UserId user, const UserChange& change, Timestamp at) {
  InCharge in_charge{tx, user};
  std::optional<std::string> email;
  if (change.email) {
    email = checked_email(*change.email);
    if (!exec(tx, "SELECT FROM app_user WHERE email = $1 AND id <> $2", *email, user).empty())
      throw Error(Errc::conflict, "there is a user {} already", *email);
  }
  if (change.name) check_name(*change.name);
  exec(tx,
       "UPDATE app_user SET email = coalesce($2, email), name = coalesce($3, name),"
       "       operator = coalesce($4::boolean, operator),"
       "       disabled_at = CASE WHEN $5::boolean THEN coalesce(disabled_at, $6::timestamptz)"
       "                          WHEN NOT $5::boolean THEN NULL ELSE disabled_at END,"
       "       updated_at = $6 WHERE id = $1",
       user, email, change.name, change.is_operator, change.disabled, at);
  if (change.email || change.is_operator || change.disabled) end_sessions(tx, user, at);
  in_charge.check();
  return get_user(tx, std::to_string(user.value));
}

void set_role(Tx& tx, TenantId tenant, UserId user, Role role, Timestamp at) {
  InCharge in_charge{tx, user};
  const auto before =
      exec(tx, "SELECT role FROM membership WHERE tenant_id = $1 AND user_id = $2", tenant, user);
  exec(tx,
       "INSERT INTO membership (tenant_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)"
       " ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = EXCLUDED.role",
       tenant, user, std::string{to_string(role)}, at);
  // A tenant more takes nothing away, and whoever gives it must not end what others gave; but a link that
  // somebody else still holds must not lead into it.
  if (before.empty()) exec(tx, "DELETE FROM one_time_link WHERE user_id = $1 AND used_at IS NULL", user);
  if (!before.empty() && before.front()[0].as<std::string>() != to_string(role)) end_sessions(tx, user, at);
  in_charge.check();
}

bool remove_role(Tx& tx, TenantId tenant, UserId user, Timestamp at) {
  InCharge in_charge{tx, user};
  if (exec(tx, "DELETE FROM membership WHERE tenant_id = $1 AND user_id = $2", tenant, user)
          .affected_rows() == 0)
    return false;
  end_sessions(tx, user, at);
  in_charge.check();
  return true;
}

std::optional<Credentials> find_credentials(Tx& tx, const SecretKey& key, std::string_view email) {
  const auto rows = exec(
      tx, fmt::format("SELECT {}, u.password, u.totp_secret FROM app_user u WHERE u.email = $1", columns),
      to_lower(trim(email)));
  if (rows.empty()) return std::nullopt;
  const auto& row = rows.front();
  Credentials found;
  found.user = read(row);
  found.password = open(key, row["password"], found.user.id, "password");
  if (found.user.has_totp) found.totp_secret = open(key, row["totp_secret"], found.user.id, "second factor");
  return found;
}

void set_password(Tx& tx, const SecretKey& key, UserId user, const std::string& hash, Timestamp at,
                  bool same) {
  exec(tx,
       "UPDATE app_user SET password = $2, password_at = CASE WHEN $4 THEN password_at ELSE $3 END WHERE id "
       "= $1",
       user, bytea_param(seal(key, hash, context_of(user, "password"))), at, same);
  if (!same) end_sessions(tx, user, at);
}

std::string begin_totp(Tx& tx, const SecretKey& key, UserId user, Timestamp at) {
  auto secret = new_totp_secret();
  exec(tx,
       "UPDATE app_user SET totp_secret = $2, totp_confirmed_at = NULL, totp_step = 0, updated_at = $3 WHERE "
       "id = $1",
       user, bytea_param(seal(key, secret, context_of(user, "second factor"))), at);
  return secret;
}

bool use_totp(Tx& tx, const SecretKey& key, UserId user, std::string_view code, Timestamp at) {
  const auto rows = exec(tx, "SELECT totp_secret, totp_step FROM app_user WHERE id = $1 FOR UPDATE", user);
  if (rows.empty() || rows.front()["totp_secret"].is_null()) return false;
  const auto step = find_totp_step(open(key, rows.front()["totp_secret"], user, "second factor"), code, at);
  if (!step || *step <= rows.front()["totp_step"].as<std::int64_t>()) return false;
  exec(tx, "UPDATE app_user SET totp_step = $2 WHERE id = $1", user, *step);
  return true;
}

std::vector<std::string> confirm_totp(Tx& tx, const SecretKey& key, UserId user, std::string_view code,
                                      Timestamp at) {
  if (!use_totp(tx, key, user, code, at)) throw Error(Errc::invalid, "the code is wrong, or was used before");
  std::vector<std::string> codes, digests;
  for (int i = 0; i < recovery_codes; ++i) {
    codes.push_back(new_recovery_code());
    digests.push_back(hex_encode(recovery_digest(codes.back())));
  }
  exec(tx, "DELETE FROM recovery_code WHERE user_id = $1", user);
  exec(tx,
       "INSERT INTO recovery_code (user_id, digest) SELECT $1, decode(d, 'hex') FROM unnest($2::text[]) AS d",
       user, digests);
  exec(tx, "UPDATE app_user SET totp_confirmed_at = $2, updated_at = $2 WHERE id = $1", user, at);
  return codes;
}

void remove_totp(Tx& tx, UserId user, Timestamp at) {
  exec(tx, "UPDATE app_user SET totp_secret = NULL, totp_confirmed_at = NULL, totp_step = 0 WHERE id = $1",
       user);
  exec(tx, "DELETE FROM recovery_code WHERE user_id = $1", user);
  end_sessions(tx, user, at);
}

bool use_recovery_code(Tx& tx, UserId user, std::string_view code, Timestamp at) {
  return exec(tx,
              "UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND digest = $2 AND used_at IS NULL",
              user, bytea_param(recovery_digest(code)), at)
             .affected_rows() > 0;
}

int count_recovery_codes(Tx& tx, UserId user) {
  return exec(tx, "SELECT count(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL", user)
      .front()[0]
      .as<int>();
}

std::optional<Principal> find_principal(Tx& tx, UserId user) {
  const auto found = find_user(tx, std::to_string(user.value));
  if (!found || found->disabled_at) return std::nullopt;
  Principal who;
  who.user = user;
  who.is_operator = found->is_operator;
  for (const auto& membership : found->memberships) who.roles[membership.tenant] = membership.role;
  return who;
}

}  // namespace smscrm
