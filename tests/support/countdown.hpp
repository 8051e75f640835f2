// Failure after so many chances to fail, for trying every point at which something may throw.
#pragma once

#include <cstddef>
#include <exception>
#include <limits>
#include <utility>

namespace support {

struct injected_failure : std::exception {
  const char* what() const noexcept override { return "injected failure"; }
};

class countdown {
 public:
  // The chance number `chance`, from 0, fails; all others do not.
  static void arm(std::size_t chance) {
    left_ = chance;
    fired_ = false;
  }
  static void disarm() { left_ = never; }
  static bool fired() { return fired_; }

  // While one lives there is no chance.
  class pause {
   public:
    pause() : left_(std::exchange(countdown::left_, never)) {}
    ~pause() { countdown::left_ = left_; }
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;

   private:
    std::size_t left_;
  };

  static void chance() {
    if (left_ == never) return;
    if (left_ != 0) {
      --left_;
      return;
    }
    left_ = never;
    fired_ = true;
    throw injected_failure();
  }

 private:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  static inline std::size_t left_ = never;
  static inline bool fired_ = false;
};

}  // namespace support
