#include "niwaki/core/version.hpp"

namespace niwaki {

const char* version() {
  return NIWAKI_VERSION;
}

}  // namespace niwaki
