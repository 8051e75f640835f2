// A value that records cannot be read into: nobody could follow a map of them.
#include <cstdint>

#include <steady/records.hpp>

struct price {
  explicit price(std::uint64_t n) : cents(n) {}
  std::uint64_t cents;
};

template <>
struct steady::codec<price> {
  static std::string name() { return "price"; }
  static void write(byte_buffer& out, const price& value) { out.number<8>(value.cents); }
  static bool read(byte_reader& in, price& value) { return in.number<8>(value.cents); }
};

int main() {
  steady::byte_buffer out;
  const price value(100);
  steady::append_element(out, 1, &value);
}
