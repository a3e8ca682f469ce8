#pragma once

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace niwaki {

/// A folder of this process that lives as long as this object: a member of a test's fixture.
class FolderForTests {
 public:
  explicit FolderForTests(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / fmt::format("niwaki-{}-{}", name, ::getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~FolderForTests() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FolderForTests(const FolderForTests&) = delete;
  FolderForTests& operator=(const FolderForTests&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace niwaki
