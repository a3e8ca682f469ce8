#include "niwaki/core/log.hpp"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace niwaki {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("niwaki", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("niwaki: %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

}  // namespace

void set_quiet(bool quiet) {
  logger().set_level(quiet ? spdlog::level::warn : spdlog::level::info);
}

void log_note(const std::string& message) {
  logger().info("note: {}", message);
}

void log_warning(const std::string& message) {
  logger().warn("warning: {}", message);
}

}  // namespace niwaki
