// How the process holds its memory.
#pragma once

namespace segue {

// Memory that is freed stays with the process and serves again: networks, and windows of sound, take
// and free megabytes thousands of times a second, and fresh pages from the system cost more than what is
// done with them. For the whole process, once.
void keep_freed_memory();

}  // namespace segue
