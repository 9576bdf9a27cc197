#include "daemon/reload.hpp"

#include "core/net/crypto.hpp"
#include "daemon/http/listener.hpp"
#include "daemon/http/proxy.hpp"

namespace smscrm {

Reload plan_reload(const Config& running, const Config& next) {
  for (const auto* list : {&next.http.listen, &next.http.admin_listen})
    for (const auto& address : *list) check_listen_address(address);
  TrustedProxies{next.http.trusted_proxies};
  read_key_file(next.secrets.key_file);

  Reload reload{running, {}, {}};
  reload.running.log = next.log;
  reload.running.twilio = next.twilio;
  reload.running.webhook = next.webhook;
  reload.running.webhook.deliver = running.webhook.deliver;
  reload.running.sender = next.sender;
  reload.running.sender.enabled = running.sender.enabled;
  reload.running.scheduler = next.scheduler;
  reload.running.scheduler.enabled = running.scheduler.enabled;
  reload.changed = list_changed_keys(running, reload.running);
  reload.kept = list_changed_keys(reload.running, next);
  return reload;
}

}  // namespace smscrm
