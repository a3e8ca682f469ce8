#pragma once

#include <functional>
#include <string>
#include <vector>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// exemplars.csv: a row an exemplar, by method and rank.
std::string exemplar_table(const AuditResult& result);

/// images.csv: a row an image, by method and row of the label file: its vulnerability curve (one column a sparsity),
/// the class that fell most, and the calls that flipped. A method without exemplars has no rows. Answers what make the
/// parts of the text, for write_files(); they keep a reference to `result`.
std::vector<std::function<std::string()>> image_table(const AuditResult& result);

/// The exemplars of the first method, without method and sparsity.
std::string pair_exemplar_table(const AuditResult& result);

/// "Edema lost 5 of 5; Hernia gained 3 of 5"; "" where nothing flipped.
std::string flips_text(const std::vector<Flip>& flips, const std::vector<std::string>& findings, std::size_t seeds);

}  // namespace niwaki
