#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/cohort_verbs.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cohort/described_images.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/log.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kLargestSalt = std::size_t{1} << 20;

struct DescribeCommand {
  CommonOptions common;
  BadImageOptions bad_images;
  std::string images, out, salt_file;

  void run() const {
    common.apply();
    check_output(out, {".csv"});
    // A salt that nobody keeps cannot be used to try patients' ids one after the other.
    const std::string salt = salt_file.empty() ? secret_bytes(kSaltBytes) : read_file(salt_file, kLargestSalt);
    const DescribedImages described = describe_images(images, salt, bad_images.policy);
    for (const ProblemReport::Kind& kind : described.problems.kinds()) {
      log_warning(fmt::format("{} {} left out (first: {}: {})", kind.count, kind.name, kind.examples.front().what,
                              kind.examples.front().where));
    }
    write_file(out, described_table(described));
    print_line(common, fmt::format("{} DICOM files described in {}; {} left out, {} other files passed over",
                                   described.rows.size(), out, described.left_out, described.other_files));
    if (common.json) {
      print_json(nlohmann::ordered_json{
          {"images", described.rows.size()},
          {"left_out", described.left_out},
          {"other_files", described.other_files},
          {"strata",
           out}}.dump(2));
    }
  }
};

}  // namespace

void add_cohort_describe(CLI::App& cohort) {
  CLI::App* verb = cohort.add_subcommand("describe", "What DICOM files say of their pictures, for strata");
  const auto command = std::make_shared<DescribeCommand>();
  verb->add_option("IMAGES", command->images, "Folder of DICOM files")->required();
  verb->add_option("--out", command->out, "Where to write the table, .csv")->required();
  verb->add_option("--salt", command->salt_file,
                   "A secret file of 16 bytes or more: the same one gives the same patients (else: thrown away)");
  command->bad_images.add_to(*verb);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
