#include "cli/backup_verify.hpp"

#include "core/access/audit.hpp"
#include "core/base/text.hpp"
#include "core/campaign/campaign.hpp"
#include "core/db/each_row.hpp"
#include "core/db/migrate.hpp"
#include "core/db/roles.hpp"
#include "core/report/verify_rollup.hpp"
#include "core/tenant/account.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {
namespace {

RestoreCheck check_schema(Connection& owner) {
  const auto had = list_applied_migrations(owner).size();
  const auto applied = migrate(owner);
  if (had == 0) return {"schema", false, "there is none: this is no database of smscrm"};
  return {"schema", true,
          applied.empty()
              ? fmt::format("{} migrations, none pending", had)
              : fmt::format("{} migrations; {} newer ones applied to the copy", had, applied.size())};
}

RestoreCheck tell(const char* check, std::vector<std::string> broken, const std::string& held) {
  if (broken.empty()) return {check, true, held};
  const auto count = broken.size();
  if (count > 3) broken.resize(3);
  return {check, false, fmt::format("{} do not hold: {}", count, join(broken, "; "))};
}

RestoreCheck check_campaigns(Tx& tx, const std::vector<Tenant>& tenants) {
  std::vector<std::string> broken;
  std::int64_t campaigns = 0;
  for (const auto& tenant : tenants)
    for (const auto& campaign : list_campaigns(tx, tenant.id, std::nullopt)) {
      if (!campaign.launched_at) continue;
      ++campaigns;
      for (const auto& check : verify_campaign(tx, tenant.id, campaign))
        if (!check.holds())
          broken.push_back(fmt::format("{} of {}: {}, expected {}, found {}", campaign.slug, tenant.slug,
                                       check.name, check.expected, check.found));
    }
  return tell("campaigns", std::move(broken), fmt::format("{} verified", campaigns));
}

RestoreCheck check_reports(Tx& tx, const std::vector<Tenant>& tenants) {
  std::vector<std::string> broken;
  for (const auto& tenant : tenants)
    for (const auto& check : verify_rollup(tx, tenant.id))
      if (!check.holds())
        broken.push_back(fmt::format("{}: {}, expected {}, found {}", tenant.slug, check.name, check.expected,
                                     check.found));
  return tell("reports", std::move(broken), fmt::format("of {} tenants counted again", tenants.size()));
}

RestoreCheck check_audit(Tx& tx, const std::vector<Tenant>& tenants, const SecretKey& key) {
  std::int64_t entries = 0;
  std::vector<AuditOwner> owners{std::nullopt};
  for (const auto& tenant : tenants) owners.emplace_back(tenant.id);
  for (const auto& owner : owners) {
    const auto proof = verify_audit(tx, owner, key, std::nullopt);
    if (!proof.holds())
      return {"audit", false,
              fmt::format("{} from position {}: {}",
                          owner ? fmt::format("tenant {}", owner->value) : "installation", proof.fault_at,
                          proof.fault)};
    entries += proof.entries;
  }
  return {"audit", true, fmt::format("{} entries in {} chains", entries, owners.size())};
}

// Without the right key texts cannot be sent, nor short links be followed.
RestoreCheck check_sealed(Tx& tx, const SecretKey& key) {
  LeftOut left_out;
  const auto accounts = list_accounts(tx, key, &left_out);
  if (left_out.rows > 0) return {"secrets", false, left_out.error};
  return {"secrets", true,
          fmt::format("the key opens {} account{}", accounts.size(), accounts.size() == 1 ? "" : "s")};
}

}  // namespace

Json to_json(const RestoreCheck& check) {
  return {{"check", check.check}, {"holds", check.holds}, {"detail", check.detail}};
}

CopyProof check_copy(const std::string& url, const SecretKey& key) {
  CopyProof proof;
  {
    Connection owner{url};
    proof.checks.push_back(check_schema(owner));
  }
  if (!proof.checks.front().holds) return proof;
  auto worker = connect_as_worker(url, "smscrm backup verify");
  in_transaction(worker, [&](Tx& tx) {
    use_one_snapshot(tx);
    const auto tenants = list_tenants(tx);
    proof.checks.push_back(check_campaigns(tx, tenants));
    proof.checks.push_back(check_reports(tx, tenants));
    proof.checks.push_back(check_audit(tx, tenants, key));
    proof.checks.push_back(check_sealed(tx, key));
    proof.bytes = exec(tx, "SELECT pg_database_size(current_database())").front()[0].as<std::int64_t>();
  });
  return proof;
}

}  // namespace smscrm
