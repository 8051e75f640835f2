// Erased nodes that wait for their end (retired_nodes.hpp), under every schedule of small programs:
// none is freed while a reader may have it, each is freed once, and there are never more than the
// limit and one for each thread that retires some. The same programs catch what is broken on
// purpose.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/retired_nodes.hpp>

#include "interleave/support/explore.hpp"
#include "interleave/support/searches.hpp"
#include "interleave/support/tiny_map.hpp"

namespace {

// What is broken, as policies of their own.
struct no_grace_period : interleave::interleaved_sync {};
struct several_have_the_right : interleave::interleaved_sync {};
struct counted_when_added : interleave::interleaved_sync {};
struct relaxed_list : interleave::interleaved_sync {};

constexpr std::uint64_t most_held = 2;
constexpr std::uint64_t batch = 1;

template <class Sync>
struct watched_node {
  watched_node* next_retired = nullptr;
  typename Sync::template atomic<std::uint64_t> content{0};
};
template <class Sync>
using tiny_nodes = steady::detail::retired_nodes<Sync, watched_node<Sync>, most_held, batch>;

}  // namespace

namespace steady::detail {

template <>
bool grace_period<no_grace_period>::is_over(std::uint64_t) noexcept {
  return true;
}

template <>
sole_right<several_have_the_right>::attempt::attempt(sole_right& right) noexcept
    : right_(right), has_it_(true) {}

template <>
void tiny_nodes<counted_when_added>::push(watched_node<counted_when_added>* gone) noexcept {
  auto* first = young_.load(std::memory_order_relaxed);
  do {
    gone->next_retired = first;
  } while (!young_.compare_exchange_strong(first, gone, std::memory_order_release,
                                           std::memory_order_relaxed));
  held_.fetch_add(1, std::memory_order_relaxed);
}

template <>
void tiny_nodes<relaxed_list>::push(watched_node<relaxed_list>* gone) noexcept {
  held_.fetch_add(1, std::memory_order_relaxed);
  auto* first = young_.load(std::memory_order_relaxed);
  do {
    gone->next_retired = first;
  } while (!young_.compare_exchange_strong(first, gone, std::memory_order_relaxed,
                                           std::memory_order_relaxed));
}

}  // namespace steady::detail

namespace {

using namespace interleave;
namespace sd = steady::detail;

// One place that leads to a node, which threads replace and read.
template <class Sync>
class node_place {
  using node = watched_node<Sync>;

 public:
  explicit node_place(std::uint64_t erasers) : erasers_(erasers) {
    make_records<Sync>();
    place_.store(make(), std::memory_order_relaxed);
  }

  // Before the threads begin.
  node* make() {
    nodes_.push_back(std::make_unique<node>());
    return nodes_.back().get();
  }

  void replace(node* by) {
    by->content.store(written, std::memory_order_relaxed);
    node* gone = nullptr;
    {
      const typename sd::grace_period<Sync>::pin pinned;
      gone = place_.exchange(by, std::memory_order_acq_rel);
    }
    gone->content.store(erased, std::memory_order_relaxed);
    ++retired_;
    retired_nodes_.retire(gone, [this](node* dead) { free(dead); });
    require_bounded();
  }
  void trim() {
    retired_nodes_.free_some(2, [this](node* dead) { free(dead); });
    require_bounded();
  }
  void read() {
    const typename sd::grace_period<Sync>::pin pinned;
    const node* const there = place_.load(std::memory_order_acquire);
    const std::uint64_t content = there->content.load(std::memory_order_relaxed);
    require(content == 0 || content == written || content == erased, "what nobody has written");
  }

  std::uint64_t freed() const { return freed_; }

  void require_all_freed_once() {
    require(retired_nodes_.size() == retired_ - freed_, "the count is not the number of nodes");
    retired_nodes_.free_some_alone(100, [this](node* dead) { free(dead); });
    require(freed_ == retired_, "a node was lost, or came twice");
    require(retired_nodes_.size() == 0, "a node is counted that is not there");
  }

 private:
  static constexpr std::uint64_t written = 1;
  static constexpr std::uint64_t erased = 2;

  void free(node* dead) {
    require(dead->content.load(std::memory_order_relaxed) == erased,
            "a node was freed before all was seen that was done to it");
    require(dead->content.exchange(written + erased, std::memory_order_relaxed) == erased,
            "a node was freed twice");
    ++freed_;
    Sync::fresh_memory(dead, sizeof *dead);
  }
  void require_bounded() {
    require(retired_nodes_.size() <= most_held + erasers_, "more nodes wait than may");
  }

  std::uint64_t erasers_;
  std::vector<std::unique_ptr<node>> nodes_;
  typename Sync::template atomic<node*> place_{nullptr};
  tiny_nodes<Sync> retired_nodes_;
  std::uint64_t retired_ = 0;
  std::uint64_t freed_ = 0;
};

// Each thread replaces the node so often; one more reads it, and one trims.
template <class Sync>
void replace_together(program& p, std::uint64_t erasers, unsigned times, bool reads, bool trims) {
  const auto all = std::make_shared<node_place<Sync>>(erasers);
  for (std::uint64_t n = 0; n < erasers; ++n) {
    std::vector<watched_node<Sync>*> mine;
    for (unsigned more = 0; more < times; ++more) mine.push_back(all->make());
    p.thread([=] {
      for (watched_node<Sync>* const each : mine) all->replace(each);
    });
  }
  if (reads) p.thread([=] { all->read(); });
  if (trims) p.thread([=] { all->trim(); });
  const happening frees = p.must_happen("a node is freed while the threads run");
  p.finally([=] {
    frees.note(all->freed() != 0);
    all->require_all_freed_once();
  });
}
template <class Sync>
void erase_while_reading(program& p) {
  replace_together<Sync>(p, 1, 4, true, false);
}
template <class Sync>
void erase_by_two(program& p) {
  replace_together<Sync>(p, 2, 3, false, false);
}
template <class Sync>
void erase_by_two_while_reading(program& p) {
  replace_together<Sync>(p, 2, 2, true, false);
}
template <class Sync>
void erase_while_trimming(program& p) {
  replace_together<Sync>(p, 2, 1, false, true);
}

TEST(retired_nodes, are_freed_after_their_last_reader) {
  expect_no_failure(erase_while_reading<interleaved_sync>);
  expect_no_failure(erase_by_two_while_reading<interleaved_sync>);
}
TEST(retired_nodes, are_bounded_and_freed_once) {
  expect_no_failure(erase_by_two<interleaved_sync>);
  expect_no_failure(erase_while_trimming<interleaved_sync>);
}

TEST(broken_nodes, no_grace_period) {
  expect_caught(erase_while_reading<no_grace_period>, "uses memory");
}
TEST(broken_nodes, several_have_the_right) {
  expect_caught(erase_by_two<several_have_the_right>, "a node");
}
TEST(broken_nodes, counted_when_added) {
  expect_caught(erase_while_trimming<counted_when_added>, "more nodes wait than may");
}
TEST(broken_nodes, relaxed_list) {
  expect_caught(erase_while_trimming<relaxed_list>, "before all was seen");
}

}  // namespace
