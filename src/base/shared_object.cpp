#include "base/shared_object.hpp"

#include <dlfcn.h>

#include <string>

#include "base/error.hpp"
#include "base/paths.hpp"

namespace segue {

void* shipped_symbol(const char* file_name, const char* symbol) {
  const std::filesystem::path file = find_shipped(file_name);
  if (file.empty()) {
    throw Error(ErrorKind::internal, std::string(file_name) + ", a part of segue, was not found", {},
                "build it or set SEGUE_HOME to the folder that holds it");
  }
  void* object = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) {
    throw Error(ErrorKind::internal, std::string("cannot be loaded (") + ::dlerror() + ")", file,
                "install what it needs (scripts/packages.sh) and build again");
  }
  void* address = ::dlsym(object, symbol);
  if (address == nullptr) {
    throw Error(ErrorKind::internal, "belongs to another version of segue", file, "build it again");
  }
  return address;
}

}  // namespace segue
