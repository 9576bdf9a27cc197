// What every command may need, made when first asked for: configuration, database, tenant, key, output.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "core/base/local_time.hpp"
#include "core/config.hpp"
#include "core/db/db.hpp"
#include "core/db/roles.hpp"
#include "core/net/crypto.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct GlobalFlags {
  std::string config_file;
  std::string tenant;  // slug or id; also SMSCRM_TENANT
  std::string output = "table";
  bool quiet = false;
  bool yes = false;
  bool no_color = false;
  bool csv_raw = false;
  bool wide = false;
  bool utc = false;
  std::string columns;  // with commas between
  std::string log_level;
};

// One per process; one thread.
class Context {
 public:
  GlobalFlags flags;  // filled while the command line is parsed, before any command runs

  // With what a running `smscrm local` supplies. Throws Error{usage} naming every mistake.
  const Config& config();
  const std::vector<Setting>& settings();  // of the same, for `config show`
  bool uses_local();

  // The one connection. Throws Error{usage} when no database is configured or migrations are pending,
  // Error{unavailable} when there is no server.
  Connection& connection();
  // The same without a look at the schema: for migrate and doctor.
  Connection& unchecked_connection();

  // The same, once it is known to be a session for as long as it lasts: for what holds locks or temporary
  // tables beyond a transaction, and opens its own, for the tenant. Throws Error{usage} behind a pooler that
  // gives none.
  Connection& session();

  // Once a tenant is known it is for that one: the database shows and changes no other's rows in it.
  template <class Work>
  auto transaction(Work&& work) {
    bool writes = false;
    const auto note = [&](Tx& tx) { writes = has_written(tx); };
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, Tx&>>) {
      in_transaction(connection(), [&](Tx& tx) { act(tx), work(tx), note(tx); });
      changed_ = changed_ || writes;
    } else {
      auto result = in_transaction(connection(), [&](Tx& tx) {
        act(tx);
        auto made = work(tx);
        note(tx);
        return made;
      });
      changed_ = changed_ || writes;
      return result;
    }
  }

  // First in a transaction that is opened by hand: for whom it is.
  void act(Tx& tx);
  // From now on transactions are for the whole installation, whatever tenant is given: for nouns that live
  // beside the tenants.
  void act_for_installation() { for_installation_ = true; }

  // Whether one of these transactions has changed anything: from then on no error is mere wrong usage, which
  // promises that nothing was.
  bool has_changed() const { return changed_; }

  // The next transaction opens a new connection: this one was lost.
  void reconnect() { connection_.reset(); }

  // The tenant of --tenant or SMSCRM_TENANT. Throws Error{usage} when neither is given, Error{not_found}.
  const Tenant& tenant();
  // Whether that is one. Only for who acts for the whole installation.
  bool has_tenant();

  // By whose clock people are told times: UTC's until a tenant is known.
  std::string zone() const { return output_ ? output_->zone() : "UTC"; }

  // A time as people type it (core/base/local_time.hpp), by the tenant's clock, or UTC's with --utc; what
  // `flag` was given. Throws Error{usage}.
  Timestamp read_time(std::string_view flag, std::string_view text, TimeSense sense);

  // The key that encrypts tokens at rest. Throws Error{usage} when it is not set or cannot be read.
  const SecretKey& secret_key();
  // Throws Error{refused} for a number of the tenant's that was erased (core/consent/erased.hpp).
  void refuse_erased(Tx& tx, const std::string& msisdn);

  // After a commit that gave the senders work: tells them at once where there is Redis.
  void wake_senders();

  Output& out();

  // How the process ends when the command returns: `partly` after some rows were rejected, for example.
  void set_status(ExitStatus status) { status_ = status; }
  ExitStatus status() const { return status_; }

 private:
  void load();
  std::string tenant_name();  // that was given; empty: none
  Acting acting() const;
  static bool has_written(Tx& tx);

  std::optional<LoadedConfig> loaded_;
  bool uses_local_ = false;
  std::optional<Connection> connection_;
  bool schema_checked_ = false;
  bool session_checked_ = false;
  bool changed_ = false;
  bool for_installation_ = false;
  DatabaseRoles roles_;
  std::optional<Tenant> tenant_;
  std::optional<SecretKey> key_;
  std::optional<Output> output_;
  ExitStatus status_ = ExitStatus::done;
};

}  // namespace smscrm
