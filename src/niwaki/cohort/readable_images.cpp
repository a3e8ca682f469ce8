#include "niwaki/cohort/readable_images.hpp"

#include <cmath>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

std::optional<Problem> problem_of(const fs::path& file, const ImageReadOptions& options) {
  try {
    // One pixel of it: the decoding is what may fail.
    (void)read_resized(file, 1, 1, 1, options);
  } catch (const InputError& error) {
    return Problem{"pictures that cannot be read", error.problem(), error.where(), error.what_to_do()};
  }
  return std::nullopt;
}

std::vector<std::optional<Problem>> problems_of(const std::vector<fs::path>& files, const ImageReadOptions& options) {
  std::vector<std::optional<Problem>> problems(files.size());
  parallel_for(files.size(), [&](std::size_t row) {
    if (!files[row].empty()) {
      problems[row] = problem_of(files[row], options);
    }
  });
  return problems;
}

/// Of a file that several records name, the first keeps it; that has been told.
void drop_repeated(std::vector<fs::path>& files) {
  std::unordered_set<std::string> seen;
  for (fs::path& file : files) {
    if (!file.empty() && !seen.insert(file.lexically_normal().string()).second) {
      file.clear();
    }
  }
}

void check_limit(const ReadableImages& images, const BadImagePolicy& policy) {
  const std::size_t all = images.rows.size() + images.left_out;
  if (static_cast<double>(images.left_out) > policy.limit * static_cast<double>(all) || images.rows.empty()) {
    const ProblemReport::Kind& kind = images.problems.kinds().front();
    throw InputError(
        fmt::format("{} of {} pictures cannot be used, more than the {:g} % that may be left out (first: {})",
                    images.left_out, all, 100 * policy.limit, kind.examples.front().what),
        kind.examples.front().where,
        "see all kinds of problems with niwaki cohort check, mend them, or raise cohort.bad_images_limit "
        "(--bad-images-limit)");
  }
}

}  // namespace

void BadImagePolicy::check() const {
  if (action != "stop" && action != "leave-out") {
    throw InputError(fmt::format("'{}' is nothing to do about bad images", action), "cohort.bad_images or --bad-images",
                     "choose stop or leave-out");
  }
  if (!(limit >= 0 && limit <= 1)) {
    throw InputError(fmt::format("{} is out of range", limit), "cohort.bad_images_limit or --bad-images-limit",
                     "choose 0 to 1");
  }
}

std::vector<std::string> ReadableImages::notes() const {
  std::vector<std::string> lines;
  for (const ProblemReport::Kind& kind : problems.kinds()) {
    lines.push_back(fmt::format("{} of {} images left out: {} (first: {}: {})", kind.count, rows.size() + left_out,
                                kind.name, kind.examples.front().what, kind.examples.front().where));
  }
  return lines;
}

ReadableImages readable_images(const Cohort& cohort, const fs::path& folder, const ImageReadOptions& options,
                               const BadImagePolicy& policy) {
  options.check();
  policy.check();
  ReadableImages images;
  const bool leave_out = policy.action == "leave-out";
  std::vector<fs::path> files = find_picture_files(cohort, folder, leave_out ? &images.problems : nullptr);
  if (!leave_out) {
    images.rows.resize(cohort.size());
    std::iota(images.rows.begin(), images.rows.end(), std::size_t{0});
    return images;
  }
  drop_repeated(files);
  const std::vector<std::optional<Problem>> problems = problems_of(files, options);
  for (std::size_t row = 0; row < files.size(); ++row) {
    if (problems[row]) {
      images.problems.add(*problems[row]);
    }
    if (files[row].empty() || problems[row]) {
      ++images.left_out;
    } else {
      images.rows.push_back(row);
    }
  }
  if (images.left_out > 0) {
    check_limit(images, policy);
  }
  return images;
}

}  // namespace niwaki
