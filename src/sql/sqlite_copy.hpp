#pragma once

#include <string>

namespace sql {

/// A database file that is gone at the end of the scope, with what SQLite puts beside it. Nothing need be there.
class ScratchFile {
 public:
  explicit ScratchFile(std::string path) : path_(std::move(path)) {}
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Copies the database at `path`, which may be in use, as it is at one moment, into the new file `to`, which is whole
/// by itself and on the disk when this returns. Throws base::UsageError when there is no database, or a file `to`
/// already; and sql::Error.
void copy_sqlite(const std::string& path, const std::string& to);

/// The same with a backup, which stays as it is, as do the files beside it. Throws base::UsageError that names it when
/// it is none, or when the directory of `to` is not there.
void take_backup(const std::string& path, const std::string& to);

/// Makes the database at `path` what the file `from` is, which copy_sqlite() made in the same directory and which is
/// gone afterwards. Until then the old one stays. Programs that use the database see one change. Where the old one
/// is too damaged for that, or gone, the file is exchanged with what belongs to it, which no program may have open.
/// Throws base::UsageError and sql::Error.
void replace_sqlite(const std::string& from, const std::string& path);

}  // namespace sql
