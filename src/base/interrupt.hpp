// Ctrl-C, SIGTERM and a terminal that is closed (SIGHUP) as a flag that long work asks about.
#pragma once

namespace segue {

// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process; the second one ends
// it at once. SIGHUP stays ignored where it is, as under nohup.
void catch_interrupts();

// Whether an interrupt came (or request_interrupt() was called). Any thread.
bool interrupted() noexcept;
void request_interrupt() noexcept;
void clear_interrupt() noexcept;  // for tests and interactive use

// Throws Error(interrupted) if one came. Call it at least every 100 ms of work.
void throw_if_interrupted();

}  // namespace segue
