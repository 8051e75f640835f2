// Whether what several threads saw of one key can be explained: each operation must seem to happen
// at one instant between its invocation and its response, and one after the other they must be what
// a single element does that is there with a value, or absent.
//
// The search is that of Wing and Gong, in the order of events as Lowe does it: it walks through
// invocations and responses and keeps every state in which the element can be, together with the
// set of running operations that have happened already. When one responds it must have happened: in
// each state where it has not, it happens now, after any of the others that run. States are kept in
// a set, so none is followed twice. Cost: proportional to the history's length, and in the worst
// case to 2^(threads at once).
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace support {

struct operation {
  enum kind_type : std::uint8_t {
    insert,    // true if it was absent; it is `argument` then
    assign,    // true if it was absent; it is `argument` in any case
    erase,     // true if it was there
    find,      // true if it was there, and was `seen`
    exchange,  // true if it was there, and was `seen`; it is `argument` then
  };

  kind_type kind;
  bool result;
  std::uint64_t argument;
  std::uint64_t seen;
  std::uint64_t invoked;    // instants: all of a history differ
  std::uint64_t responded;  // later than `invoked`
};

using history = std::vector<operation>;  // of one key, in any order

// The element: its value, or none.
using element_state = std::optional<std::uint64_t>;

// Whether the operation can happen in this state with its result; `state` is then the next.
inline bool happens(const operation& done, element_state& state) {
  const bool there = state.has_value();
  switch (done.kind) {
    case operation::insert:
      if (done.result == there) return false;
      if (!there) state = done.argument;
      return true;
    case operation::assign:
      if (done.result == there) return false;
      state = done.argument;
      return true;
    case operation::erase:
      if (done.result != there) return false;
      state.reset();
      return true;
    case operation::find:
      return done.result == there && (!there || *state == done.seen);
    case operation::exchange:
      if (done.result != there || (there && *state != done.seen)) return false;
      if (there) state = done.argument;
      return true;
  }
  return false;
}

class linearizability_search {
 public:
  // A history of at most 64 operations at once.
  explicit linearizability_search(const history& all) : all_(all) {
    for (std::size_t n = 0; n < all.size(); ++n) {
      events_.push_back({all[n].invoked, n, false});
      events_.push_back({all[n].responded, n, true});
    }
    std::sort(events_.begin(), events_.end(),
              [](const event& a, const event& b) { return a.instant < b.instant; });
  }

  // The operation that cannot have seen what it saw: there is an explanation for all before its
  // response, but none that includes it. None if all can be explained.
  std::optional<std::size_t> first_impossible(element_state initial = {}) {
    possible_ = {{initial, 0}};
    for (const event& next : events_) {
      if (!next.is_response) {
        invoke(next.operation);
      } else if (!respond(next.operation)) {
        return next.operation;
      }
    }
    return std::nullopt;
  }

 private:
  struct event {
    std::uint64_t instant;
    std::size_t operation;
    bool is_response;
  };
  struct possibility {
    element_state state;
    std::uint64_t happened;  // a bit for every place in running_

    friend auto operator<=>(const possibility&, const possibility&) = default;
  };

  static std::uint64_t bit(std::size_t place) { return std::uint64_t{1} << place; }

  void invoke(std::size_t operation) {
    const auto place = std::find(running_.begin(), running_.end(), none);
    if (place != running_.end()) {
      *place = operation;
    } else {
      running_.push_back(operation);
    }
  }

  // False if nothing is possible any more.
  bool respond(std::size_t operation) {
    const auto at = std::find(running_.begin(), running_.end(), operation);
    const auto place = static_cast<std::size_t>(at - running_.begin());
    std::set<possibility> next;
    std::set<possibility> followed;
    for (const possibility& each : possible_) let_happen(each, place, next, followed);
    *at = none;
    possible_ = std::move(next);
    return !possible_.empty();
  }

  // Puts into `next` all that is possible once the operation at `place` has happened.
  void let_happen(const possibility& now, std::size_t place, std::set<possibility>& next,
                  std::set<possibility>& followed) const {
    if ((now.happened & bit(place)) != 0) {
      next.insert({now.state, now.happened & ~bit(place)});
      return;
    }
    if (!followed.insert(now).second) return;
    for (std::size_t n = 0; n < running_.size(); ++n) {
      if (running_[n] == none || (now.happened & bit(n)) != 0) continue;
      possibility after = now;
      if (!happens(all_[running_[n]], after.state)) continue;
      after.happened |= bit(n);
      let_happen(after, place, next, followed);
    }
  }

  static constexpr std::size_t none = ~std::size_t{0};

  const history& all_;
  std::vector<event> events_;
  std::vector<std::size_t> running_;  // operations, or `none`
  std::set<possibility> possible_;
};

// ---- for people ----

inline std::string describe(const operation& done) {
  static constexpr const char* names[] = {"insert", "assign", "erase", "find", "exchange"};
  const bool writes = done.kind != operation::erase && done.kind != operation::find;
  const bool saw =
      done.result && (done.kind == operation::find || done.kind == operation::exchange);
  std::string text = "  [" + std::to_string(done.invoked) + ", " + std::to_string(done.responded);
  text += std::string("] ") + names[done.kind];
  if (writes) text += " " + std::to_string(done.argument);
  text += done.result ? " -> true" : " -> false";
  if (saw) text += ", saw " + std::to_string(done.seen);
  return text + "\n";
}

// Empty if the history can be explained; otherwise what ran at about the same time.
inline std::string objection_to(const history& all, element_state initial = {}) {
  const auto impossible = linearizability_search(all).first_impossible(initial);
  if (!impossible) return {};
  const operation& bad = all[*impossible];
  history around;
  std::copy_if(all.begin(), all.end(), std::back_inserter(around), [&](const operation& each) {
    return each.responded + 40 > bad.invoked && each.invoked < bad.responded;
  });
  std::sort(around.begin(), around.end(),
            [](const operation& a, const operation& b) { return a.invoked < b.invoked; });
  std::string text = "no order of these explains the last response\n" + describe(bad) + "among\n";
  for (const operation& each : around) text += describe(each);
  return text;
}

}  // namespace support
