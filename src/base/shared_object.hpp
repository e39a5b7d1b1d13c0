// Parts of segue that are loaded when they are first needed, because the libraries behind them
// take long to load.
#pragma once

namespace segue {

// Loads a shared object that ships with segue (paths.hpp) and returns the address of its C symbol.
// It stays loaded. Throws Error(internal) if it is not there or cannot be loaded.
void* shipped_symbol(const char* file_name, const char* symbol);

}  // namespace segue
