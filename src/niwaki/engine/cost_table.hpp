#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "niwaki/engine/place.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {

/// How long a convolution takes on this machine by either kernel, and a change of layout: measured when it is first
/// asked for, on random values, and remembered in a file, so that the same network is planned alike (and gives the same
/// bits) in the next process. Safe to use from several threads.
class CostTable {
 public:
  /// Costs remembered in `file` (CSV: key, seconds), which need not exist. An empty path: in memory alone. A file that
  /// is not of this processor and this version is begun anew.
  explicit CostTable(std::filesystem::path file);

  /// Where costs are kept unless said otherwise: the environment variable NIWAKI_COSTS, or engine-costs.csv in the
  /// user's cache folder ($XDG_CACHE_HOME/niwaki, ~/.cache/niwaki). Empty where there is no such folder.
  static std::filesystem::path usual_file();

  /// Seconds of one convolution with a weight of this density (1 for kBlocked), images and sizes as in `x` and `out`.
  double convolution(const Step& step, const Place& x, const Place& out, Layout layout, std::size_t threads);
  /// Seconds of a change between kPlanes and kBlocked (or from kImage).
  double change(const Place& value, Layout from, Layout to, std::size_t threads);

  /// Writes what was measured since. Where the file cannot be written, it is measured again next time.
  void save();

 private:
  double known(const std::string& key, const std::function<double()>& measure);
  double sparse(const Step& step, const Place& x, const Place& out, double density, std::size_t threads);

  std::filesystem::path file_;
  std::mutex mutex_;
  std::map<std::string, double> seconds_;
  bool changed_ = false;
};

}  // namespace niwaki
