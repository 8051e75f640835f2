// What may go wrong during an operation on a container: an allocation fails, or the hash, the
// equality or a copy throws. A byte plans it, so that fuzzers choose it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "support/countdown.hpp"
#include "support/ledger_allocator.hpp"
#include "support/model.hpp"

namespace support {

class trouble {
 public:
  explicit trouble(std::span<memory_ledger> ledgers) : ledgers_(ledgers) {}

  // For the next attempt: half of the bytes plan nothing.
  void plan(std::uint8_t byte) { planned_ = byte; }

  // Allocating larger blocks fails from now on.
  void refuse_above(std::size_t bytes) {
    for (memory_ledger& ledger : ledgers_) ledger.refuse_above = bytes;
  }
  bool short_of_memory() const { return ledgers_[0].refuse_above != memory_ledger::never; }

  // Runs what must not fail for want of memory.
  template <class Operation>
  void with_all_memory(const Operation& operation) {
    disarm();
    const std::size_t before = ledgers_[0].refuse_above;
    refuse_above(memory_ledger::never);
    operation();
    refuse_above(before);
  }

  // Whether the operation went through. Nothing but planned trouble may stop it.
  template <class Operation>
  bool attempt(const Operation& operation) {
    arm();
    try {
      operation();
    } catch (const std::bad_alloc&) {
      require(short_of_memory() || has_failed(), "std::bad_alloc, though no allocation failed");
      disarm();
      return false;
    } catch (const injected_failure&) {
      disarm();
      return false;
    }
    disarm();
    return true;
  }

  // Call it before an operation goes on after the call under test.
  void disarm() {
    countdown::disarm();
    planned_ = 0;
    for (memory_ledger& ledger : ledgers_) ledger.fail_at = memory_ledger::never;
  }

 private:
  void arm() {
    if (planned_ < 0x80) return;
    const std::size_t chance = planned_ & 0x1f;
    if ((planned_ & 0x40) != 0) return countdown::arm(chance);
    for (memory_ledger& ledger : ledgers_) ledger.fail_at = ledger.calls + 1 + chance % 8;
  }

  bool has_failed() const {
    for (const memory_ledger& ledger : ledgers_) {
      if (ledger.has_failed()) return true;
    }
    return false;
  }

  std::span<memory_ledger> ledgers_;
  std::uint8_t planned_ = 0;
};

}  // namespace support
