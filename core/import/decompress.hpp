// Compressed files, read as what is in them.
#pragma once

#include "core/import/byte_source.hpp"

namespace smscrm {

// gzip (RFC 1952) of any number of members. The source throws Error{invalid} for data that is broken or cut
// short.
ByteSource gunzip(ByteSource source);

// The same of Zstandard (RFC 8878) and its frames, with windows of up to 32 MiB.
ByteSource unzstd(ByteSource source);

}  // namespace smscrm
