// A join: orders are matched with customers, many keys in one call. While the customer of one order
// is compared, those of the next are already on their way from memory.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <steady/hash_map.hpp>

struct order {
  std::uint64_t customer;
  std::uint32_t cents;
};

int main() {
  steady::hash_map<std::uint64_t, std::string> country_of;
  for (std::uint64_t customer = 0; customer < 1'000'000; ++customer) {
    country_of.emplace(customer, customer % 3 == 0 ? "NO" : "JP");
  }
  std::vector<order> orders;
  std::vector<std::uint64_t> customers;  // the keys, in the order of `orders`
  for (std::uint64_t n = 0; n < 3'000'000; ++n) {
    orders.push_back({n * 7919 % 1'200'000, 100});  // some customers are gone
    customers.push_back(orders.back().customer);
  }

  steady::hash_map<std::string, std::uint64_t> cents_by_country;
  const std::size_t matched =
      country_of.visit_indexed(customers, [&](const auto& customer, std::size_t index) {
        cents_by_country[customer.second] += orders[index].cents;
      });

  std::printf("%zu of %zu orders have a customer\n", matched, orders.size());
  for (const auto& [country, cents] : cents_by_country) {
    std::printf("%s: %llu\n", country.c_str(), static_cast<unsigned long long>(cents / 100));
  }
}
