// Probes: places in the machine code that tracers such as bpftrace, perf and SystemTap can watch
// while the program runs, without its help (USDT; debug/bpftrace/). A probe that nobody watches is
// one instruction that does nothing. They are in what happens rarely: migrations, reseedings,
// failed allocations; none is in a lookup or a plain insertion.
//
//   steady:migration_begin    (container, kind, from, to)                     buckets
//   steady:migration_step     (container, kind, from, to, driver, count)      intervals moved
//   steady:migration_end      (container, kind, from, to)
//   steady:reseed_suspected   (container, size, chain)                        overflow buckets
//   steady:allocation_failed  (container, bytes)                              memory or addresses
//
// kind: 0 grow, 1 compact, 2 shrink, 3 reseed. driver: 0 insert, 1 erase, 2 trim, 3 call, 4 walk
// (steady::stats::steps). `container` is an address that names it: the address of a hash_map, and
// one inside of a concurrent_hash_map.
//
// STEADY_PROBES: 0 leaves them out. Otherwise they are there where the system has <sys/sdt.h>
// (Debian: systemtap-sdt-dev); that header is needed only where the program is built.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>

#if !defined(STEADY_PROBES)
#if defined(__linux__) && defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define STEADY_PROBES 1
#endif
#endif
#endif
#if !defined(STEADY_PROBES)
#define STEADY_PROBES 0
#endif

#if STEADY_PROBES
#include <sys/sdt.h>
#endif

namespace steady::detail {

inline constexpr bool has_probes = STEADY_PROBES;

// Of a migration, as probes tell it.
struct migration_route {
  std::uint64_t kind;
  std::uint64_t from;  // buckets
  std::uint64_t to;
};

#if STEADY_PROBES

STEADY_ALWAYS_INLINE void probe_migration_begin(const void* container,
                                                const migration_route& of) noexcept {
  STAP_PROBE4(steady, migration_begin, container, of.kind, of.from, of.to);
}
STEADY_ALWAYS_INLINE void probe_migration_step(const void* container, const migration_route& of,
                                               std::uint64_t by, std::uint64_t count) noexcept {
  STAP_PROBE6(steady, migration_step, container, of.kind, of.from, of.to, by, count);
}
STEADY_ALWAYS_INLINE void probe_migration_end(const void* container,
                                              const migration_route& of) noexcept {
  STAP_PROBE4(steady, migration_end, container, of.kind, of.from, of.to);
}
STEADY_ALWAYS_INLINE void probe_reseed_suspected(const void* container, std::uint64_t size,
                                                 std::uint64_t chain) noexcept {
  STAP_PROBE3(steady, reseed_suspected, container, size, chain);
}
STEADY_ALWAYS_INLINE void probe_allocation_failed(const void* container,
                                                  std::uint64_t bytes) noexcept {
  STAP_PROBE2(steady, allocation_failed, container, bytes);
}

#else

STEADY_ALWAYS_INLINE void probe_migration_begin(const void*, const migration_route&) noexcept {}
STEADY_ALWAYS_INLINE void probe_migration_step(const void*, const migration_route&, std::uint64_t,
                                               std::uint64_t) noexcept {}
STEADY_ALWAYS_INLINE void probe_migration_end(const void*, const migration_route&) noexcept {}
STEADY_ALWAYS_INLINE void probe_reseed_suspected(const void*, std::uint64_t,
                                                 std::uint64_t) noexcept {}
STEADY_ALWAYS_INLINE void probe_allocation_failed(const void*, std::uint64_t) noexcept {}

#endif

}  // namespace steady::detail
