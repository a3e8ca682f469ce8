#pragma once

#include <cstddef>
#include <filesystem>

namespace niwaki {

/// A file that is read from its beginning, straight into the reader's memory. It is read and never mapped: a mapped
/// file that somebody shortens meanwhile ends the process.
class InputFile {
 public:
  /// Throws InputError naming `path` where it is missing, is a folder, or may not be read.
  explicit InputFile(std::filesystem::path path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile(InputFile&&) = delete;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  /// How many bytes it held when it was opened; 0 for what does not know, as a pipe. Check what is read all the same.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Fills `bytes`, and answers how many of them: fewer only at the end of the file. Throws InputError where the disk
  /// fails.
  std::size_t read(char* bytes, std::size_t count);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
};

}  // namespace niwaki
