// Erases, while a plugin compares it, a key of the map that both share. Says whether it was kept.
#include <cstdint>
#include <cstdio>
#include <thread>

#include <dlfcn.h>

#include "shared.hpp"

int main(int, char** arguments) {
  void* const library = dlopen(arguments[1], RTLD_NOW);
  if (library == nullptr) return std::puts(dlerror()), 2;
  using function = void (*)(const shared_map*, gate*);
  const auto look_up = reinterpret_cast<function>(dlsym(library, "look_up"));

  shared_map map;
  gate at;
  for (std::uint64_t n = 0; n < 1000; ++n) map.try_emplace(n, "x");
  std::thread reader([&] { look_up(&map, &at); });
  while (!at.is_reached) std::this_thread::yield();
  for (std::uint64_t n = 0; n < 900; ++n) map.erase(n);
  at.is_open = true;
  reader.join();
  std::puts(at.key_was_there ? "kept" : "destroyed");
}
