#pragma once

namespace niwaki {

/// The program's version, as CMake's project() has it: "0.1.0".
const char* version();

}  // namespace niwaki
