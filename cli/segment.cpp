// smscrm segment …: rules on contacts, with a name.
#include "core/segment/segment.hpp"

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/db/joins.hpp"
#include "core/segment/segment_json.hpp"

namespace smscrm {
namespace {

struct SegmentFlags {
  std::string segment;
  std::optional<std::string> slug, rule, rule_file, description;
  bool if_missing = false, all = false;
  Page page;
};

// nullopt when none was given.
std::optional<std::string> read_rule(const SegmentFlags& flags) {
  if (flags.rule && flags.rule_file)
    throw Error(Errc::usage, "the rule is given twice; keep --rule-file or the other");
  return flags.rule_file ? std::optional{read_input(*flags.rule_file)} : flags.rule;
}

std::string need_rule(const SegmentFlags& flags, const char* what) {
  if (auto rule = read_rule(flags)) return *std::move(rule);
  throw Error(Errc::usage, "which rule? give {} or --rule-file", what);
}

// Of the rule that was named or given.
template <class Use>
auto with_wanted_rule(Context& context, Tx& tx, const SegmentFlags& flags, Use&& use) {
  const auto& tenant = context.tenant();
  const auto wanted = get_wanted_rule(tx, tenant.id, need_rule(flags, "one or the name of a segment"));
  return use(wanted, RuleClock{now(), tenant.timezone});
}

void create(Context& context, const SegmentFlags& flags) {
  const auto& tenant = context.tenant();
  if (flags.if_missing)
    if (const auto known =
            context.transaction([&](Tx& tx) { return find_segment(tx, tenant.id, flags.segment); });
        known && known->slug == flags.segment) {
      if (context.out().format() != Format::table) context.out().print_record(to_json(*known));
      return context.out().note(fmt::format("segment {} is there already", known->slug));
    }
  const auto rule = need_rule(flags, "--rule");
  const auto segment = context.transaction([&](Tx& tx) {
    return add_segment(tx, tenant, {flags.segment, rule, flags.description.value_or("")}, now());
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(segment));
  context.out().note(fmt::format("created segment {}", segment.slug));
}

void list_all(Context& context, const SegmentFlags& flags) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& segment : context.transaction([&](Tx& tx) { return list_segments(tx, tenant); }))
    rows.push_back(to_json(segment));
  print_page(context, {"slug", Column{"description"}.spare(), Column{"rule"}.wrapped()}, flags.page, rows,
             "slug", "no segments yet; create one with \"smscrm segment create SLUG --rule RULE\"");
}

void show(Context& context, const SegmentFlags& flags) {
  const auto tenant = context.tenant().id;
  context.out().print_record(context.transaction([&](Tx& tx) {
    const auto segment = get_segment(tx, tenant, flags.segment);
    auto record = to_json(segment);
    record["used_by"] = users_of_segment(tx, tenant, segment.slug);
    return record;
  }));
}

void update(Context& context, const SegmentFlags& flags) {
  const auto& tenant = context.tenant();
  const SegmentChange change{flags.slug, read_rule(flags), flags.description};
  const auto segment = context.transaction([&](Tx& tx) {
    return update_segment(tx, tenant, get_segment(tx, tenant.id, flags.segment), change, now());
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(segment));
  context.out().note(fmt::format("updated segment {}", segment.slug));
}

void remove(Context& context, const SegmentFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto segment = context.transaction([&](Tx& tx) { return get_segment(tx, tenant, flags.segment); });
  context.out().confirm(fmt::format("delete segment {}; its contacts stay", segment.slug));
  context.transaction([&](Tx& tx) { delete_segment(tx, tenant, segment); });
  context.out().note(fmt::format("deleted segment {}", segment.slug));
}

void print_everybody(Context& context, const SegmentFlags& flags) {
  const auto tenant = context.tenant().id;
  read_once(context, [&](Tx& tx) {
    const auto listing =
        with_wanted_rule(context, tx, flags, [&](const WantedRule& wanted, const RuleClock& clock) {
          return list_contacts(tenant, filter_by_rule(tx, tenant, {}, wanted.rule, clock), ContactId{});
        });
    ListPrinter printer{context.out(), {"phone", "name"}};
    stream(tx, listing, std::nullopt, [&](const Contact& contact) {
      const std::string name{trim(contact.first_name + " " + contact.last_name)};
      printer.add(to_json(RulePreview::Person{contact.msisdn, name}));
    });
    printer.finish("nobody");
  });
}

void preview_wanted(Context& context, const SegmentFlags& flags) {
  if (flags.all) return print_everybody(context, flags);
  const auto tenant = context.tenant().id;
  auto record = context.transaction([&](Tx& tx) {
    return with_wanted_rule(context, tx, flags, [&](const WantedRule& wanted, const RuleClock& clock) {
      return to_json(preview_rule(tx, tenant, wanted.rule, clock));
    });
  });
  if (context.out().format() != Format::table) return context.out().print_record(record);
  const auto sample = record["sample"].get<std::vector<Json>>();
  record.erase("sample");
  context.out().print_record(record);
  if (sample.empty()) return;
  context.out().print_raw("\n");
  context.out().print_list({"phone", "name"}, sample);
  if (record["count"].get<std::size_t>() > sample.size()) context.out().note("all of them with --all");
}

void explain_wanted(Context& context, const SegmentFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto explained = context.transaction([&](Tx& tx) {
    return with_wanted_rule(context, tx, flags, [&](const WantedRule& wanted, const RuleClock& clock) {
      return explain_rule(tx, tenant, wanted.rule, clock);
    });
  });
  auto& out = context.out();
  if (out.format() != Format::table) return out.print_record(to_json(explained));
  std::string text = explained.rule + "\n\n";
  text += fmt::format("{} contact{}, counted in {} ms; the planner's cost is {:.0f}\n", explained.count,
                      explained.count == 1 ? "" : "s", explained.took.count(), explained.cost);
  if (explained.absent > 0)
    text += fmt::format("{} of them match only because a value is absent\n", explained.absent);
  for (const auto& absence : explained.absences)
    text +=
        fmt::format("  column {}: {} have no {}\n", absence.place.column, absence.contacts, absence.field);
  for (const auto& tag : explained.unused_tags) text += fmt::format("nobody has the tag {}\n", tag);
  if (!explained.segments.empty()) text += fmt::format("uses segments: {}\n", join(explained.segments, ", "));
  out.print_text(text);
  out.print_text("\n" + explained.sql + "\n");
  for (std::size_t i = 0; i < explained.parameters.size(); ++i)
    out.print_text(fmt::format("  ${} {}\n", i + 1, explained.parameters[i]));
}

void add_rule_flags(CLI::App& verb, SegmentFlags& flags) {
  add_flag(verb, "--rule", flags.rule, "RULE", "Whom it holds, such as 'tag:vip and last_click < 30d'.");
  add_flag(verb, "--rule-file", flags.rule_file, "FILE", "Read the rule from a file; - is standard input.");
  add_flag(verb, "--description", flags.description, "TEXT", "What people read.");
}

}  // namespace

void add_segment(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "segment", "Saved rules that say whom to text.",
                        "smscrm segment create vips --rule \"tag:vip and attr.plan = 'pro'\"\n"
                        "smscrm segment preview 'last_click < 30d and not in list:staff'\n"
                        "smscrm segment preview vips --all -o ndjson\n"
                        "smscrm campaign create spring --template spring --audience segment:vips");
  const auto verb = [&](const char* name, const char* summary,
                        auto run) -> std::pair<CLI::App&, SegmentFlags&> {
    auto flags = std::make_shared<SegmentFlags>();
    auto& added = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    return {added, *flags};
  };

  auto [create_verb, created] = verb("create", "Save a rule as a segment.", create);
  add_positional(create_verb, "slug", created.segment, "SLUG",
                 "Its name on command lines: a-z, 0-9, - and _.");
  add_rule_flags(create_verb, created);
  add_switch(create_verb, "--if-missing", created.if_missing, "Leave one that is there as it is; status 0.");

  auto [list_verb, listed] = verb("list", "List all segments.", list_all);
  add_page(list_verb, listed.page, "--after", "SEGMENT");

  auto [show_verb, shown] = verb("show", "Show one segment, and what uses it.", show);
  add_positional(show_verb, "segment", shown.segment, "SEGMENT", "Slug or id.");

  auto changes = std::make_shared<SegmentFlags>();
  auto& update_verb = add_change(noun, "update", "Change the rule, the name or the description.",
                                 [=, &context] { update(context, *changes); });
  add_positional(update_verb, "segment", changes->segment, "SEGMENT", "Slug or id.");
  add_flag(update_verb, "--slug", changes->slug, "SLUG", "A new slug; drafts that are meant for it follow.");
  add_rule_flags(update_verb, *changes);

  auto [delete_verb, doomed] = verb("delete", "Delete a segment; its contacts stay.", remove);
  add_positional(delete_verb, "segment", doomed.segment, "SEGMENT", "Slug or id.");

  const auto add_question = [&](CLI::App& question, SegmentFlags& flags) {
    question.add_option("rule", flags.rule, "A rule in quotes, or the slug of a segment.")->type_name("RULE");
    add_flag(question, "--rule-file", flags.rule_file, "FILE",
             "Read the rule from a file; - is standard input.");
  };
  auto [preview_verb, previewed] =
      verb("preview", "Count whom a rule holds now, with ten of them.", preview_wanted);
  add_question(preview_verb, previewed);
  add_switch(preview_verb, "--all", previewed.all, "All of them, one by one, instead.");

  auto [explain_verb, explained] =
      verb("explain", "Show how a rule is read, what it costs and whom it holds for want of a value.",
           explain_wanted);
  add_question(explain_verb, explained);
}

}  // namespace smscrm
