#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/result.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/explain/explain.hpp"

namespace niwaki {

struct StudyExplainOptions {
  std::string pruned;          // this method's exemplars alone; all methods' where empty
  ExplainOptions explain;      // how maps are made and compared; its classes and its reading have no say
  std::size_t pictures = 24;   // overlays below pictures/
  std::size_t page_side = 64;  // pixels along the longer side of a map on the page
};

/// The exemplars of one method, explained.
struct ExplainedMethod {
  std::string method;
  double sparsity = 0.0;
  std::filesystem::path folder;    // STUDY/explain/METHOD
  std::vector<std::size_t> drawn;  // pairs below pictures/
  Explanation explanation;         // of the dense network, the pruned one and, where there is one, another training
};

/// The class that an exemplar's maps are of, which is the one that its card on the page lists first: of those of which
/// the call flipped, or of all where none did, the one whose probability changed most; where none changed, the one that
/// the dense network gives the highest probability. A place in the classes.
std::size_t class_to_explain(const Exemplar& exemplar, const std::vector<Flip>& flips);

/// Explains the exemplars that a finished study's page shows, each with one class, by the dense network of the study's
/// first seed, by the network of that seed pruned to the exemplars' sparsity, and by the second seed's dense network
/// where that was trained. Writes STUDY/explain/METHOD: what write_explanation() writes, and last what
/// write_method_maps() does.
///
/// Throws InputError for a folder that is no study, a study whose data are not what they were, without an audit,
/// without one of the networks, and without exemplars or a page that shows any; and as explain() does.
std::vector<ExplainedMethod> explain_study(const std::filesystem::path& study, const StudyExplainOptions& options,
                                           Progress& progress);

}  // namespace niwaki
