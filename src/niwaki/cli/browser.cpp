#include "niwaki/cli/browser.hpp"

#include <array>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::array<const char*, 4> kBrowsers = {"chromium", "chromium-browser", "google-chrome-stable",
                                                  "google-chrome"};
constexpr auto kLongest = 120s;
constexpr const char* kWayOut = "open the page in any browser and print it there, or name a Chromium in NIWAKI_BROWSER";

bool runnable(const fs::path& file) {
  return fs::is_regular_file(file) && access(file.c_str(), X_OK) == 0;
}

/// A folder for the browser's profile, removed with all that it left there.
class Profile {
 public:
  Profile() : folder_((fs::temp_directory_path() / "niwaki-browser-XXXXXX").string()) {
    if (mkdtemp(folder_.data()) == nullptr) {
      throw MachineError("a temporary folder cannot be made", folder_, "make room there, or set TMPDIR");
    }
  }
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  Profile(Profile&&) = delete;
  Profile& operator=(Profile&&) = delete;
  ~Profile() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

/// What a path holds beyond letters and digits could be taken for a part of the address.
std::string file_address(const fs::path& page, const std::string& language) {
  std::string address = "file://";
  for (const unsigned char character : fs::absolute(page).string()) {
    const bool plain = std::isalnum(character) != 0 ||
                       std::string_view("/-_.~").find(static_cast<char>(character)) != std::string_view::npos;
    address += plain ? std::string(1, static_cast<char>(character)) : fmt::format("%{:02X}", character);
  }
  return address + "?lang=" + language;
}

/// Starts the program with nothing on its standard streams, in a process group of its own.
pid_t start(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn changes nothing
  }
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  }
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t process = 0;
  const int failed = posix_spawn(&process, pointers[0], &actions, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    throw MachineError("the browser does not start", arguments[0], kWayOut);
  }
  return process;
}

/// Waits for the end; stops the process and its children where it takes too long, or where the user has had enough.
void wait_for(pid_t process, const std::string& browser) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  int status = 0;
  while (waitpid(process, &status, WNOHANG) == 0) {
    const bool late = std::chrono::steady_clock::now() > end;
    if (late || cancellation_requested()) {
      kill(-process, SIGKILL);
      waitpid(process, &status, 0);
      throw_if_cancelled();
      throw MachineError("the browser has not printed the page within two minutes", browser, kWayOut);
    }
    std::this_thread::sleep_for(20ms);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw MachineError("the browser failed to print the page", browser, kWayOut);
  }
}

}  // namespace

std::optional<fs::path> find_browser() {
  if (const char* named = std::getenv("NIWAKI_BROWSER"); named != nullptr && *named != '\0') {
    if (!runnable(named)) {
      throw InputError(fmt::format("'{}' cannot be run", named), "NIWAKI_BROWSER", "name a Chromium's program file");
    }
    return named;
  }
  const char* path = std::getenv("PATH");
  for (const char* browser : kBrowsers) {
    for (const std::string& folder : split(path == nullptr ? "" : path, ':')) {
      if (!folder.empty() && runnable(fs::path(folder) / browser)) {
        return fs::path(folder) / browser;
      }
    }
  }
  return std::nullopt;
}

void print_pdf(const fs::path& browser, const fs::path& page, const fs::path& pdf, const std::string& language) {
  const Profile profile;
  const std::string printed = profile.folder() + "/page.pdf";
  std::vector<std::string> arguments = {browser.string(),
                                        "--headless",
                                        "--disable-gpu",
                                        "--disable-extensions",
                                        "--disable-dev-shm-usage",
                                        "--no-first-run",
                                        "--no-pdf-header-footer",
                                        "--host-resolver-rules=MAP * ~NOTFOUND",
                                        "--user-data-dir=" + profile.folder() + "/profile",
                                        "--print-to-pdf=" + printed};
  if (geteuid() == 0) {
    arguments.emplace_back("--no-sandbox");  // Chromium's sandbox refuses root
  }
  arguments.push_back(file_address(page, language));
  wait_for(start(arguments), browser.string());
  const std::string bytes = fs::exists(printed) ? read_file(printed) : "";
  if (!bytes.starts_with("%PDF-")) {
    throw MachineError("the browser printed no PDF", browser.string(), kWayOut);
  }
  write_file(pdf, bytes);
}

}  // namespace niwaki
