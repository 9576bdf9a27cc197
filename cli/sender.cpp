// smscrm sender …: the addresses that messages come from.
#include "core/lane/sender.hpp"

#include "cli/page.hpp"
#include "cli/question.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/lane/lane_json.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string address;
  std::optional<double> rate;
  std::optional<std::string> daily_cap, pool;
  Page page;
};

void report(Context& context, const Sender& sender, std::string_view done) {
  if (context.out().format() != Format::table) context.out().print_record(to_json(sender));
  context.out().note(fmt::format("{} sender {} ({}, {} parts/s{})", done, sender.address,
                                 to_string(sender.kind), sender.rate,
                                 sender.daily_cap ? fmt::format(", {} a day", *sender.daily_cap) : ""));
}

void add(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto cap = flags.daily_cap ? parse_daily_cap(*flags.daily_cap) : std::nullopt;
  report(context, context.transaction([&](Tx& tx) {
    return add_sender(tx, tenant, flags.address, flags.rate, cap, flags.pool.value_or(""));
  }),
         "added");
}

void list(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& sender : context.transaction([&](Tx& tx) { return list_senders(tx, tenant); }))
    rows.push_back(to_json(sender));
  print_page(context, {"address", "kind", {"rate", "parts/s"}, {"daily_cap", "parts/day"}, "pool"},
             flags.page, rows, "address", "no senders yet; add one with \"smscrm sender add +15005550006\"");
}

void update(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto sender = context.transaction([&](Tx& tx) {
    auto changed = get_sender(tx, tenant, flags.address);
    if (flags.rate) changed.rate = *flags.rate;
    if (flags.daily_cap) changed.daily_cap = parse_daily_cap(*flags.daily_cap);
    if (flags.pool) changed.pool = *flags.pool;
    return update_sender(tx, tenant, changed);
  });
  context.wake_senders();
  report(context, sender, "updated");
}

void remove(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  ask_at_terminal(context.out(), fmt::format("send nothing more from {}", flags.address));
  context.transaction([&](Tx& tx) { remove_sender(tx, tenant, flags.address, now()); });
  context.out().note(fmt::format("removed sender {}", flags.address));
}

}  // namespace

void add_sender(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "sender", "The addresses that messages come from, and their rates.",
                        "smscrm sender add +15005550006 --rate 100\n"
                        "smscrm sender add 'Acme Coffee'\n"
                        "smscrm sender update +15005550006 --rate 10 --daily-cap 2000\n"
                        "smscrm sender remove +15005550006");

  auto added = std::make_shared<Flags>();
  auto& add_it = add_verb(noun, "add", "Add a sender, or take a removed one back.",
                          [=, &context] { add(context, *added); });
  add_positional(add_it, "sender", added->address, "ADDRESS",
                 "+E164, a short code, a name of up to 11 characters, or MG…");
  add_flag(add_it, "--rate", added->rate, "N", "Parts per second; without it, what Twilio gives its kind.");
  add_flag(add_it, "--daily-cap", added->daily_cap, "N|off", "Parts a day at most, by the tenant's clock.");
  add_flag(add_it, "--pool", added->pool, "NAME", "Senders that an opt-out may hold for together.");

  auto listed = std::make_shared<Flags>();
  auto& list_verb = add_verb(noun, "list", "List all senders.", [=, &context] { list(context, *listed); });
  add_page(list_verb, listed->page, "--after", "SENDER");

  auto updated = std::make_shared<Flags>();
  auto& update_it = add_change(noun, "update", "Change a sender's rate, daily cap or pool.",
                               [=, &context] { update(context, *updated); });
  add_positional(update_it, "sender", updated->address, "SENDER", "Its address.");
  add_flag(update_it, "--rate", updated->rate, "N", "Parts per second.");
  add_flag(update_it, "--daily-cap", updated->daily_cap, "N|off",
           "Parts a day at most, by the tenant's clock.");
  add_flag(update_it, "--pool", updated->pool, "NAME",
           "Senders that an opt-out may hold for together; empty: none.");

  auto removed = std::make_shared<Flags>();
  auto& remove_it = add_verb(noun, "remove", "Send nothing more from an address.",
                             [=, &context] { remove(context, *removed); });
  add_positional(remove_it, "sender", removed->address, "SENDER", "Its address.");
}

}  // namespace smscrm
