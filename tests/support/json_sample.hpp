// Stored samples of what programs read: tests/data/json/NAME.json, each one line of a command and what it
// printed.
//
// A sample holds every key, their order, every value and its type. What differs from run to run is replaced
// by a placeholder of the same type; of a list three rows are kept. With SMSCRM_WRITE_SAMPLES set they are
// written instead of compared.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace smscrm {

// `value` with placeholders for ids, times, lengths of time, paths, addresses and random words.
Json without_chance(const Json& value);
std::string without_chance(std::string text);

// Compares with the sample of that name, in a doctest assertion, or writes it. `output`: one document, or a
// list.
void check_sample(const std::string& name, const std::vector<std::string>& words, int status,
                  const Json& output);

// The names of all that are stored.
std::set<std::string> stored_samples();

}  // namespace smscrm
