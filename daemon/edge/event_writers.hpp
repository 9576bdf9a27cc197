// The writers of one daemon: of texts, of hits, and two of receipts, which take turns.
#pragma once

#include <array>
#include <string>

#include "daemon/edge/event_writer.hpp"

namespace smscrm {

struct EventWriters {
  // Slots `slot` to `slot` + 3 are theirs.
  EventWriters(const std::string& database_url, std::chrono::milliseconds interval, CounterSlot slot)
      : texts(database_url, interval, slot),
        receipts(database_url, interval, static_cast<CounterSlot>(slot + 1), "receipt"),
        receipts_2(database_url, interval, static_cast<CounterSlot>(slot + 2), receipts),
        clicks(database_url, interval, static_cast<CounterSlot>(slot + 3), gate) {}

  std::array<EventWriter*, 4> all() { return {&texts, &receipts, &receipts_2, &clicks}; }
  std::array<const EventWriter*, 4> all() const { return {&texts, &receipts, &receipts_2, &clicks}; }

  // The rest may be called from any thread.
  void set_interval(std::chrono::milliseconds interval) {
    for (auto* writer : all()) writer->set_interval(interval);
  }
  bool healthy() const {
    for (const auto* writer : all())
      if (!writer->healthy()) return false;
    return true;
  }
  std::uint64_t count(Counter WriterCounts::*what) const {
    std::uint64_t sum = 0;
    for (const auto* writer : all()) sum += (writer->counts().*what).load();
    return sum;
  }

  EventWriter texts;
  EventWriter receipts, receipts_2;
  ClickGate gate;
  EventWriter clicks;
};

}  // namespace smscrm
