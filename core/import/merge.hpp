// A chunk of a file merged into the tenant's contacts, a few statements for all of its rows.
#pragma once

#include "core/import/chunk.hpp"

namespace smscrm {

struct MergeTarget {
  TenantId tenant;
  ImportId import;
  Timestamp at;  // written to contacts as created_at and updated_at: by it undo knows what it may touch
  OnConflict on_conflict;
  std::optional<ListId> list;
  // When the consent was given that is offered for every row; nullopt: at `at`.
  std::optional<Timestamp> blanket_at = {};
  // A dry run does not: no count depends on it, and a STOP need not wait for it.
  bool writes_consent = true;
  bool asks_for_consent = true;  // whether nobody is texted without a yes
};

// Makes the temporary tables of this session; does nothing when they are there. To be committed before the
// merge begins.
void prepare_merge(Tx& tx);

// The first statement of a transaction in which merge_chunk is to be called: REPEATABLE READ, so that a
// contact or consent which somebody else changes meanwhile is a serialization failure, and what is counted is
// what is done.
void begin_merge(Tx& tx);

// Merges one chunk and records its rejects. Returns the chunk's counts in full.
ImportCounts merge_chunk(Tx& tx, const MergeTarget& target, const ImportChunk& chunk);

// Sums of both.
void add_counts(ImportCounts& sum, const ImportCounts& counts);

}  // namespace smscrm
