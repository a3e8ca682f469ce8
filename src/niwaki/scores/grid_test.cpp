#include "niwaki/scores/grid.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Grid : public testing::Test {
 protected:
  Grid() {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
  }
  ~Grid() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] ScoreGrid read(const std::string& rows) const {
    write_file(manifest_, "method,seed,sparsity,path\n" + rows);
    return read_grid(manifest_);
  }

  [[nodiscard]] std::string refusal(const std::string& rows) const {
    try {
      (void)read(rows);
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr("scores.csv"));
      return error.what();
    }
    return "not refused";
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("grid_test_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::path manifest_ = folder_ / "scores.csv";
};

TEST_F(Grid, lists_methods_seeds_and_sparsities_in_order) {
  const ScoreGrid grid = read(
      "random,7,0,d7\nrandom,7,0.9,r7\nrandom,7,0.5,q7\n"
      "random,2,0.50,q2\nrandom,2,0.00,d2\nrandom,2,0.9,r2\n");
  EXPECT_THAT(grid.methods, ElementsAre("random"));
  EXPECT_THAT(grid.seeds, ElementsAre(2, 7));
  EXPECT_THAT(grid.sparsities("random"), ElementsAre(0.0, 0.5, 0.9));
  EXPECT_EQ(grid.entry("random", 2, 0.9).path, "r2");
  EXPECT_EQ(grid.table_path(grid.entry("random", 7, 0.0)), (folder_ / "d7").string());
}

TEST_F(Grid, the_dense_network_of_one_method_stands_for_all) {
  const ScoreGrid grid = read("l1,1,0,dense\nl1,1,0.5,a\nrandom,1,0.7,b\n");
  EXPECT_THAT(grid.methods, ElementsAre("l1", "random"));
  EXPECT_THAT(grid.sparsities("random"), ElementsAre(0.0, 0.7));
  EXPECT_EQ(grid.entry("random", 1, 0.0).path, "dense");
}

TEST_F(Grid, a_method_that_is_only_the_shared_dense_network_is_no_method) {
  const ScoreGrid grid = read("dense,1,0,dense\nl1,1,0.5,a\nrandom,1,0.5,b\n");
  EXPECT_THAT(grid.methods, ElementsAre("l1", "random"));
  EXPECT_EQ(grid.entry("l1", 1, 0.0).path, "dense");
  EXPECT_THAT(read("dense,1,0,dense\n").methods, ElementsAre("dense"));  // but alone it is
}

TEST_F(Grid, each_method_uses_its_own_dense_network_where_it_has_one) {
  const ScoreGrid grid = read("a,1,0,da\na,1,0.5,pa\nb,1,0,db\nb,1,0.5,pb\n");
  EXPECT_EQ(grid.entry("a", 1, 0.0).path, "da");
  EXPECT_EQ(grid.entry("b", 1, 0.0).path, "db");
}

TEST_F(Grid, a_missing_table_is_named) {
  EXPECT_THAT(refusal("l1,1,0,a\nl1,1,0.5,b\nl1,2,0,c\n"), HasSubstr("method 'l1', seed 2, sparsity 0.5"));
  // With two dense networks, nobody can say which stands for a third method.
  EXPECT_THAT(refusal("a,1,0,d\na,1,0.5,p\nb,1,0,e\nb,1,0.5,q\nc,1,0.5,r\n"),
              HasSubstr("method 'c', seed 1, sparsity 0"));
  // The shared dense network lacks a seed: said once, though two methods need it.
  EXPECT_THAT(refusal("dense,1,0,d\na,1,0.5,p\na,2,0.5,q\nb,1,0.5,r\nb,2,0.5,s\n"),
              HasSubstr("1 of the grid's tables are missing, the first: method 'dense', seed 2, sparsity 0"));
  EXPECT_THAT(refusal("l1,1,0.5,a\n"), HasSubstr("no dense table"));
  EXPECT_THAT(refusal(""), HasSubstr("no table"));
}

TEST_F(Grid, a_table_listed_twice_is_refused_however_its_sparsity_is_written) {
  const std::string answer = refusal("l1,1,0,a\nl1,1,0.15,b\nl1,1,0.15000000000000002,c\n");
  EXPECT_THAT(answer, HasSubstr("listed twice"));
  EXPECT_THAT(answer, HasSubstr("line 4"));
  EXPECT_THAT(answer, HasSubstr("line 3"));
}

TEST_F(Grid, paths_that_leave_the_folder_are_refused) {
  for (const char* path : {"../x.npy", "/etc/passwd", "a/../../x.npy", ".."}) {
    EXPECT_THAT(refusal(std::string("l1,1,0,") + path + "\n"), HasSubstr("leaves the manifest's folder")) << path;
  }
  EXPECT_EQ(read("l1,1,0,a/../b/x.npy\n").entries.size(), 1U);
  EXPECT_THAT(refusal("l1,1,0,\n"), HasSubstr("empty"));
}

TEST_F(Grid, numbers_out_of_range_are_refused_with_line_and_column) {
  for (const char* sparsity : {"-0.1", "1.5", "nan", "", "90%"}) {
    EXPECT_THAT(refusal(std::string("l1,1,") + sparsity + ",a\n"), HasSubstr("line 2, column 'sparsity'"));
  }
  for (const char* seed : {"-1", "1.5", "x", "99999999999999999999"}) {
    EXPECT_THAT(refusal(std::string("l1,") + seed + ",0,a\n"), HasSubstr("line 2, column 'seed'"));
  }
  EXPECT_THAT(refusal(",1,0,a\n"), HasSubstr("no name"));
}

TEST_F(Grid, a_manifest_without_a_column_is_refused) {
  write_file(manifest_, "method,seed,path\nl1,1,a\n");
  EXPECT_THROW((void)read_grid(manifest_), InputError);
  EXPECT_THROW((void)read_grid(folder_ / "absent.csv"), InputError);
}

TEST_F(Grid, what_is_written_is_read) {
  const ScoreGrid grid = read("l1,1,0,dense\nl1,1,0.05,\"a, b.npy\"\nl1,1,0.95,c.npz:test\n");
  write_grid(grid, folder_ / "again.csv");
  const ScoreGrid again = read_grid(folder_ / "again.csv");
  ASSERT_EQ(again.entries.size(), grid.entries.size());
  for (std::size_t i = 0; i < grid.entries.size(); ++i) {
    EXPECT_EQ(again.entries[i].path, grid.entries[i].path);
    EXPECT_EQ(again.entries[i].sparsity, grid.entries[i].sparsity);
  }
  EXPECT_EQ(read_file(folder_ / "again.csv").substr(0, 42), "method,seed,sparsity,path\nl1,1,0,dense\nl1,");
}

TEST_F(Grid, a_grid_made_in_memory_is_checked_in_the_same_way) {
  const ScoreGrid grid = make_grid(folder_, {{"l1", 3, 0.0, "a"}, {"l1", 3, 0.1 + 0.2, "b"}}, "the study");
  EXPECT_THAT(grid.sparsities("l1"), ElementsAre(0.0, 0.3));
  EXPECT_EQ(grid.entry("l1", 3, 0.3).path, "b");
  EXPECT_THROW((void)make_grid(folder_, {{"l1", 3, 0.5, "b"}}, "the study"), InputError);
  EXPECT_THROW((void)grid.entry("l1", 3, 0.4), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
