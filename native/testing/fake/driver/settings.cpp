// Reads the environment.
#include "settings.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "results.h"

namespace gputae_fake {

template <typename Read>
void Settings::read(const char* name, Read read) {
  const char* text = std::getenv(name);
  if (text == nullptr || read(std::string(text))) return;
  complain("%s=%s is not understood", name, text);
  wrong = true;
}

void Settings::number(const char* name, long least, long& value) {
  read(name, [&](const std::string& text) {
    char* end = nullptr;
    value = std::strtol(text.c_str(), &end, 10);
    return !text.empty() && *end == '\0' && value >= least;
  });
}

Settings::Settings() {
  if (const char* text = std::getenv("GPU_TAE_FAKE_KERNELS")) kernels = text;
  if (const char* text = std::getenv("GPU_TAE_FAKE_COUNTS")) counts = text;
  number("GPU_TAE_FAKE_THREADS", 1, threads);
  number("GPU_TAE_FAKE_SEED", LONG_MIN, seed);
  number("GPU_TAE_FAKE_DRIVER", 0, driver);
  number("GPU_TAE_FAKE_DEVICES", 0, devices);
  number("GPU_TAE_FAKE_MULTIPROCESSORS", 1, multiprocessors);
  number("GPU_TAE_FAKE_SHARED_OPTIN", kShared, shared_optin);
  number("GPU_TAE_FAKE_MEMORY", 0, memory);
  read("GPU_TAE_FAKE_CAPABILITY", [this](const std::string& text) {
    int used = 0;
    return std::sscanf(text.c_str(), "%d.%d%n", &major, &minor, &used) == 2 && static_cast<size_t>(used) == text.size();
  });
  read("GPU_TAE_FAKE_FATBIN",
       [this](const std::string& text) { return text.empty() || (refuse_fatbin = text == "refuse"); });
  read("GPU_TAE_FAKE_ORDER", [this](const std::string& text) {
    order = text == "backward" ? gputae_host::kBackward
            : text == "random" ? gputae_host::kRandom
                               : gputae_host::kForward;
    return order != gputae_host::kForward || text == "forward";
  });
  read("GPU_TAE_FAKE_FAIL", [this](const std::string& text) {
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      char name[64], at[24] = "1";
      int code = 0;
      if (std::sscanf(text.substr(begin, end - begin).c_str(), " %63[^=]=%d@%23s", name, &code, at) < 2) return false;
      failures[name] = {code, at[0] == '*' ? 0 : std::strtoull(at, nullptr, 10)};
      begin = end + 1;
    }
    return true;
  });
}

}  // namespace gputae_fake
