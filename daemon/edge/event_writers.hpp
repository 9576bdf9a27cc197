// The writers of one daemon: of texts and hits, and two of receipts, which take turns.
#pragma once

#include <array>
#include <string>

#include "daemon/edge/event_writer.hpp"

namespace smscrm {

struct EventWriters {
  // Slots `slot` to `slot` + 2 are theirs.
  EventWriters(const std::string& database_url, std::chrono::milliseconds interval, CounterSlot slot)
      : texts(database_url, interval, slot),
        receipts(database_url, interval, static_cast<CounterSlot>(slot + 1)),
        receipts_2(database_url, interval, static_cast<CounterSlot>(slot + 2), receipts) {}

  std::array<EventWriter*, 3> all() { return {&texts, &receipts, &receipts_2}; }
  std::array<const EventWriter*, 3> all() const { return {&texts, &receipts, &receipts_2}; }

  // The rest may be called from any thread.
  void set_interval(std::chrono::milliseconds interval) {
    for (auto* writer : all()) writer->set_interval(interval);
  }
  bool healthy() const { return texts.healthy() && receipts.healthy() && receipts_2.healthy(); }
  std::uint64_t count(Counter WriterCounts::*what) const {
    std::uint64_t sum = 0;
    for (const auto* writer : all()) sum += (writer->counts().*what).load();
    return sum;
  }

  EventWriter texts;  // and hits
  EventWriter receipts, receipts_2;
};

}  // namespace smscrm
