// A PostgreSQL for a while: what was restored is looked at through a socket of its own, by nobody else.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/child.hpp"
#include "core/db/db.hpp"

namespace smscrm {

// Where PostgreSQL's programs of a major version are: of that one, or of the next newer that is installed.
// Debian keeps each in a directory of its own. Throws Error{unavailable} naming the package.
std::filesystem::path find_postgres_program(const std::string& program, int at_least);

// The major version that a directory of programs is of; 0: another directory.
int postgres_version_of(const std::filesystem::path& program);

// An empty directory to work in, below `parent`, removed at the end. What processes left that were killed is
// removed when the next one is made.
class ScratchDirectory {
 public:
  // Throws Error{unavailable} when it cannot be made.
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Of the user that servers run as. Throws Error{unavailable}.
  std::filesystem::path make(const std::string& name) const;
  // Throws Error{unavailable} unless so many bytes are free there.
  void require_room(std::int64_t bytes) const;
  void remove() const noexcept;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

// Gives a file or directory to the user that servers run as.
void give_to_server(const std::filesystem::path& path);

class PrivateServer {
 public:
  // An empty cluster in SCRATCH/data, whose superuser is postgres.
  static void make_cluster(const std::filesystem::path& initdb, const ScratchDirectory& scratch);

  // Starts it on SCRATCH/data and returns once it answers, after the whole recovery of a backup.
  // Nothing of what it does is synced to disk or archived. Throws Error{internal} with the server's words.
  PrivateServer(const std::filesystem::path& postgres, const ScratchDirectory& scratch,
                const std::string& user, const std::string& database);

  std::string url(const std::string& user, const std::string& database) const;

 private:
  void await(const std::string& url);

  std::filesystem::path log_, run_;
  std::unique_ptr<Child> server_;
};

}  // namespace smscrm
