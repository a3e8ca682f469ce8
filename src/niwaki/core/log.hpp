#pragma once

#include <string>

namespace niwaki {

/// Lines on standard error: `niwaki: note: ...`, `niwaki: warning: ...`. No patient data goes here: ids of
/// images are file names that others chose, so messages give counts and classes, not patients.
void set_quiet(bool quiet);  // quiet keeps warnings, drops notes
void log_note(const std::string& message);
void log_warning(const std::string& message);

}  // namespace niwaki
