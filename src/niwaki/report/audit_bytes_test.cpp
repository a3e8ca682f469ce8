// The whole audit, with a bootstrap, gives the same bytes however it is computed.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "niwaki/audit/audit.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

// Set for the child process that writes its answer to this file.
constexpr const char* kAnswer = "NIWAKI_AUDIT_BYTES_ANSWER";

class AuditBytes : public testing::Test {
 protected:
  AuditBytes() {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
    RandomStream random(1, "audit_bytes_test");
    cohort_ = drawn_cohort(random);
    validation_.cohort = drawn_cohort(random);
    for (const std::uint64_t seed : {4, 1, 9}) {
      add("l1", seed, 0.0, random);
      add("l1", seed, 0.9, random);
      add("random", seed, 0.5, random);
      add("random", seed, 0.9, random);
      add("validation", seed, 0.0, random);
    }
    std::vector<GridEntry> audited;
    std::vector<GridEntry> validated;
    for (const GridEntry& entry : entries_) {
      (entry.method == "validation" ? validated : audited).push_back(entry);
    }
    grid_ = make_grid(folder_, audited, "test");
    validation_.grid = make_grid(folder_, validated, "test");
  }
  ~AuditBytes() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string bytes() const {
    const AuditOptions options = {.minimum_patients = 4, .resamples = 133};  // not a whole number of blocks
    return audit_json(audit(cohort_, {9, 8, 7, 6}, grid_, options, false, &validation_));
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("audit_bytes_") + testing::UnitTest::GetInstance()->current_test_info()->name() +
       (std::getenv(kAnswer) == nullptr ? "" : "_child"));

 private:
  static Cohort drawn_cohort(RandomStream& random) {
    Cohort cohort;
    cohort.classes = {"A", "B", "C", "D"};
    for (std::size_t row = 0; row < 150; ++row) {
      cohort.records.push_back({fmt::format("{}", row), fmt::format("{}", random.below(100)), "", ""});
      for (const double prevalence : {0.4, 0.3, 0.3, 0.02}) {
        cohort.labels.push_back(random.chance(0.05)         ? Label::kUnknown
                                : random.chance(prevalence) ? Label::kPositive
                                                            : Label::kNegative);
      }
    }
    return cohort;
  }

  void add(const std::string& method, std::uint64_t seed, double sparsity, RandomStream& random) {
    std::vector<float> values;
    for (const Label label : cohort_.labels) {
      const double lift = label == Label::kPositive ? 0.3 * (1.0 - sparsity) : 0.0;
      values.push_back(static_cast<float>(lift + std::floor(random.uniform() * 60.0) / 100.0));
    }
    const std::string name = fmt::format("{}-{}-{}.npy", method, seed, sparsity);
    write_npy(folder_ / name, {cohort_.size(), cohort_.classes.size()}, values);
    entries_.push_back({method, seed, sparsity, name});
  }

  Cohort cohort_;
  ScoreGrid grid_;
  ValidationScores validation_;
  std::vector<GridEntry> entries_;
};

TEST_F(AuditBytes, are_the_same_with_any_number_of_threads) {
  const int threads = thread_count();
  set_thread_count(1);
  const std::string expected = bytes();
  EXPECT_NE(expected.find("\"recall\""), std::string::npos);
  EXPECT_NE(expected.find("\"kept_up_to\""), std::string::npos);
  for (const int count : {2, 3}) {
    set_thread_count(count);
    EXPECT_TRUE(bytes() == expected) << count << " threads";
  }
  set_thread_count(threads);
}

// The instruction set is chosen once a process, so each is asked of another one: this program again, running this test.
TEST_F(AuditBytes, are_the_same_with_any_instruction_set) {
  if (const char* answer = std::getenv(kAnswer)) {
    write_file(answer, fmt::format("{}\n{}", instruction_set_name(instruction_set()), bytes()));
    return;
  }
  const std::string expected = bytes();
  for (const InstructionSet set : {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (set > instruction_set()) {
      continue;  // not on this machine
    }
    const std::string name = instruction_set_name(set);
    const std::filesystem::path answer = folder_ / name;
    const std::string isa = "NIWAKI_ISA=" + name;
    const std::string wanted = fmt::format("{}={}", kAnswer, answer.string());
    const std::string filter = "--gtest_filter=AuditBytes.are_the_same_with_any_instruction_set";
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    std::vector<char*> arguments = {const_cast<char*>(program.c_str()), const_cast<char*>(filter.c_str()), nullptr};
    std::vector<char*> environment = {const_cast<char*>(isa.c_str()), const_cast<char*>(wanted.c_str()), nullptr};
    const pid_t child = fork();
    if (child == 0) {
      execve(program.c_str(), arguments.data(), environment.data());
      _exit(1);
    }
    ASSERT_GT(child, 0);
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << name;
    EXPECT_TRUE(read_file(answer) == fmt::format("{}\n{}", name, expected)) << name;
  }
}

}  // namespace
}  // namespace niwaki
