#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/train/learner.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

/// Where a training stands after an epoch, in one file, so that it is there whole or not at all.
struct Checkpoint {
  std::string tag;             // of the run that it belongs to
  std::vector<Epoch> history;  // the epochs done
  bool finished = false;       // no epoch is to come; `last` and `adam` are empty then
  bool stopped_early = false;
  std::map<std::string, Tensor> best;  // the tensors of the network of lowest validation loss
  std::map<std::string, Tensor> last;  // of the network after the last epoch done
  AdamState adam;
};

/// Written with core's AtomicFile; the SHA-256 of the rest ends the file.
void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

/// Nothing where there is no such file, where it is damaged, or where it is of another tag or another network than
/// `start`; `path` is then of no use. Says which in a note or a warning.
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path, const std::string& tag,
                                          const Graph& start);

}  // namespace niwaki
