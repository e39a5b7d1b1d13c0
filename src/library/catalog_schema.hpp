// The tables of the SQLite catalog and how older ones become today's. Internal to the library.
#pragma once

#include "library/sqlite.hpp"

namespace segue {

// Sets the connection up (write-ahead log, foreign keys) and makes the tables or migrates them; one
// process does it, others wait.
// Throws Error(library) if the file is another program's database or from a newer segue.
void prepare_catalog_schema(sqlite::Database& database);

}  // namespace segue
