#pragma once

#include "niwaki/core/error.hpp"

namespace niwaki {

/// A gate says no: a certificate that is not granted, or that does not hold any more. Exit code 4.
class GateRefusal : public UserError {
 public:
  using UserError::UserError;
};

}  // namespace niwaki
