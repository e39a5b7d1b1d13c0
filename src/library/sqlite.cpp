#include "library/sqlite.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace segue::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(20);  // for another process to finish its writing
constexpr auto kPause = std::chrono::milliseconds(10);

// SQLite calls it when a lock is held elsewhere: 1 tries again, 0 gives up.
int wait_for_lock(void*, int attempts) {
  if (interrupted() || attempts * kPause >= kPatience) return 0;
  std::this_thread::sleep_for(kPause);
  return 1;
}

}  // namespace

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Query::run() {
  while (next()) {
  }
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Query::text(int column) const {
  const auto bytes = blob(column);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::span<const std::byte> Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

std::filesystem::path Query::path(int column) const { return text(column); }

ContentHash Query::hash(int column) const {
  const auto bytes = blob(column);
  ContentHash result;
  if (bytes.size() != result.bytes.size()) database_.fail_as_damaged();
  std::memcpy(result.bytes.data(), bytes.data(), bytes.size());
  return result;
}

std::optional<ContentHash> Query::optional_hash(int column) const {
  return is_null(column) ? std::nullopt : std::optional(hash(column));
}

// Binding fails only by lack of memory or by a wrong number of parameters, a mistake of ours; the
// step that follows then fails or gives nothing. Everything is copied (SQLITE_TRANSIENT).
void Query::bind(std::int64_t value) { sqlite3_bind_int64(statement_, ++bound_, value); }
void Query::bind(double value) { sqlite3_bind_double(statement_, ++bound_, value); }
void Query::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}
void Query::bind(std::span<const std::byte> blob) {
  sqlite3_bind_blob64(statement_, ++bound_, blob.empty() ? static_cast<const void*>("") : blob.data(),
                      blob.size(), SQLITE_TRANSIENT);
}
void Query::bind(const std::filesystem::path& path) {
  const std::string& name = path.native();
  bind(std::as_bytes(std::span(name.data(), name.size())));
}
void Query::bind(const ContentHash& hash) { bind(std::as_bytes(std::span(hash.bytes))); }
void Query::bind(const std::optional<ContentHash>& hash) {
  if (hash) {
    bind(*hash);
  } else {
    sqlite3_bind_null(statement_, ++bound_);
  }
}

void Database::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
void Database::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Database::Database(const std::filesystem::path& file) : file_(file) {
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &connection,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(connection);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_handler(connection, wait_for_lock, nullptr);
}

Database::~Database() = default;

void Database::execute(const std::string& sql) {
  // SQLite does not call its handler where waiting with a lock in hand could block two connections
  // for ever, as when both turn the write-ahead log on. Beginning anew gives the lock up.
  for (int attempts = 0;; ++attempts) {
    const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xFF) != SQLITE_BUSY || wait_for_lock(nullptr, attempts) == 0) fail(code);
  }
}

sqlite3_stmt* Database::prepared(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    const int code =
        sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (code != SQLITE_OK) fail(code);
    statement.reset(made);
  }
  return statement.get();
}

void Database::fail_as_damaged() const {
  throw Error(ErrorKind::library, "is damaged", file_,
              "run 'segue library verify', or move it away and analyze the music again");
}

// Why it cannot be written: SQLite may tell of a journal that is not there, where it may make none.
int Database::refusal(int system_error) const {
  for (const std::filesystem::path& path : {file_, file_.parent_path()})
    if (::access(path.c_str(), W_OK) != 0 && errno != ENOENT) return errno;
  return system_error != 0 ? system_error : EACCES;
}

void Database::fail(int code) const {
  const int system_error = connection_ ? sqlite3_system_errno(connection_.get()) : 0;
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      fail_as_damaged();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw_if_interrupted();
      throw Error(ErrorKind::library, "is in use by another segue", file_,
                  "try again when that has finished");
    case SQLITE_FULL:
      throw write_error(file_, ENOSPC);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      throw write_error(file_, refusal(system_error));
    case SQLITE_IOERR:
      throw write_error(file_, system_error != 0 ? system_error : EIO);
    default:
      throw Error(ErrorKind::internal,
                  std::string("gave an unexpected error (") + sqlite3_errmsg(connection_.get()) + ")",
                  file_, "report this");
  }
}

Transaction::Transaction(Database& database) : database_(database) {
  // Taking the write lock first: a reader that turns writer can meet a lock nobody may wait for.
  database_.query("BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.query("ROLLBACK").run();
  } catch (const Error&) {
    // After a full disk or an I/O error SQLite has rolled back by itself.
  }
}

void Transaction::commit() {
  database_.query("COMMIT").run();
  open_ = false;
}

}  // namespace segue::sqlite
