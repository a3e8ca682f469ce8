#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "niwaki/engine/costs.hpp"

namespace niwaki {

/// Costs on this machine, measured when they are first asked for, on random values, and remembered in a file, so that
/// the same network is planned alike (and gives the same bits) in the next process. Safe to use from several threads.
class CostTable : public Costs {
 public:
  /// Costs remembered in `file` (CSV: key, seconds), which need not exist. An empty path: in memory alone. A file that
  /// is not of this processor and this version is begun anew.
  explicit CostTable(std::filesystem::path file);

  /// Where costs are kept unless said otherwise: the environment variable NIWAKI_COSTS, or engine-costs.csv in the
  /// user's cache folder ($XDG_CACHE_HOME/niwaki, ~/.cache/niwaki). Empty where there is no such folder.
  static std::filesystem::path usual_file();

  double convolution(const Step& step, const Place& x, const Place& out, Layout layout, std::size_t threads) override;
  double winograd(const Step& step, const Place& x, const Place& out, std::size_t threads) override;
  double change(const Place& value, Layout from, Layout to, std::size_t threads) override;

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
