// SQLite behind RAII: a connection and its prepared statements. Internal to the library module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/content_hash.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace segue::sqlite {

class Database;

// One run of a prepared statement: parameters are bound, rows are fetched one by one; the
// statement is reset when this goes. Columns count from 0; spans and texts hold until next().
class Query {
 public:
  ~Query();
  Query(Query&& other) noexcept
      : database_(other.database_),
        statement_(std::exchange(other.statement_, nullptr)),
        bound_(other.bound_) {}
  Query& operator=(Query&&) = delete;

  bool next();  // whether there is a row; throws as Database says
  void run();   // to the end

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::span<const std::byte> blob(int column) const;
  std::filesystem::path path(int column) const;
  ContentHash hash(int column) const;  // throws Error(library) if it is not 16 bytes
  std::optional<ContentHash> optional_hash(int column) const;

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  void bind(std::int64_t value);
  void bind(int value) { bind(std::int64_t{value}); }
  void bind(double value);
  void bind(std::string_view text);
  void bind(const std::string& text) { bind(std::string_view(text)); }
  void bind(const char* text) { bind(std::string_view(text)); }
  void bind(std::span<const std::byte> blob);
  void bind(const std::filesystem::path& path);
  void bind(const ContentHash& hash);
  void bind(const std::optional<ContentHash>& hash);

  Database& database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

// One connection. Not thread-safe. Every call throws
//   Error(library) if the file is damaged, no database, or locked by others for 20 s,
//   Error(output) if it cannot be written (permission, full disk),
//   Error(interrupted) if an interrupt came while waiting for a lock.
class Database {
 public:
  // Opens or makes it. A damaged file is left as it is.
  explicit Database(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // sql: a literal; the statement is prepared once and kept. Nothing may be bound while another
  // Query of the same text lives.
  template <class... Arguments>
  Query query(const char* sql, const Arguments&... arguments) {
    Query result(*this, prepared(sql));
    (result.bind(arguments), ...);
    return result;
  }
  // Statements without results, which may be run twice where a lock is met.
  void execute(const std::string& sql);

  const std::filesystem::path& file() const noexcept { return file_; }
  [[noreturn]] void fail(int code) const;  // the Error for a result code of SQLite
  int refusal(int system_error) const;     // errno
  [[noreturn]] void fail_as_damaged() const;

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  sqlite3_stmt* prepared(const char* sql);

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

// Changes made while it lives come into effect together by commit(), or not at all.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace segue::sqlite
