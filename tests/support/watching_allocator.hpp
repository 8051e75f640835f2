// An allocator that writes down every block and every element that goes through it, and notices
// what does not add up.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace support {

struct allocation_book {
  std::map<const void*, std::size_t> blocks;    // to bytes
  std::map<const void*, std::size_t> elements;  // that were constructed and not destroyed, to bytes
  std::size_t allocations = 0;
  std::size_t constructions = 0;
  std::string mistake;    // the first
  std::string last_call;  // the types that construct() was given last

  void note(const char* what) {
    if (mistake.empty()) mistake = what;
  }
};

// What can be told of arguments: their types, and whether they are given away.
template <class... Arguments>
std::string call_of() {
  std::string call;
  ((call += typeid(Arguments).name(), call += std::is_lvalue_reference_v<Arguments> ? "&" : "&&",
    call += std::is_const_v<std::remove_reference_t<Arguments>> ? " const; " : "; "),
   ...);
  return call;
}

template <class T>
class watching_allocator {
 public:
  using value_type = T;

  explicit watching_allocator(allocation_book& book) noexcept : book_(&book) {}
  template <class U>
  watching_allocator(const watching_allocator<U>& other) noexcept : book_(&other.book()) {}

  // Copies of a container write into another book, if this one names it.
  watching_allocator select_on_container_copy_construction() const {
    watching_allocator selected(*this);
    if (for_copies_ != nullptr) selected.book_ = for_copies_;
    return selected;
  }
  void write_copies_into(allocation_book& book) { for_copies_ = &book; }

  T* allocate(std::size_t count) {
    T* const block = std::allocator<T>().allocate(count);
    ++book_->allocations;
    book_->blocks.emplace(block, count * sizeof(T));
    return block;
  }
  void deallocate(T* block, std::size_t count) noexcept {
    const auto found = book_->blocks.find(block);
    if (found == book_->blocks.end()) return book_->note("a block comes from elsewhere");
    if (found->second != count * sizeof(T)) book_->note("a block has another size");
    book_->blocks.erase(found);
    std::allocator<T>().deallocate(block, count);
  }

  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    std::construct_at(at, std::forward<Arguments>(arguments)...);
    ++book_->constructions;
    book_->last_call = call_of<Arguments&&...>();
    if (!book_->elements.emplace(at, sizeof(U)).second) book_->note("constructed twice");
  }
  template <class U>
  void destroy(U* at) noexcept {
    const auto found = book_->elements.find(at);
    if (found == book_->elements.end()) return book_->note("destroyed, and was not constructed");
    if (found->second != sizeof(U)) book_->note("destroyed as another type");
    book_->elements.erase(found);
    std::destroy_at(at);
  }

  allocation_book& book() const noexcept { return *book_; }

  template <class U>
  friend bool operator==(const watching_allocator& a, const watching_allocator<U>& b) noexcept {
    return &a.book() == &b.book();
  }

 private:
  allocation_book* book_;
  allocation_book* for_copies_ = nullptr;
};

}  // namespace support
