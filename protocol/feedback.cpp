#include "protocol/feedback.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace entente::protocol {

namespace {

constexpr std::size_t satisfied_from = 4;  // the score

}  // namespace

std::int64_t answers(const FeedbackCount& count) {
    return std::reduce(count.scores.begin(), count.scores.end());
}

std::int64_t satisfied(const FeedbackCount& count) {
    return std::reduce(count.scores.begin() + (satisfied_from - 1), count.scores.end());
}

std::int64_t mean_hundredths(const FeedbackCount& count) {
    const std::int64_t n = answers(count);
    if (n == 0) return 0;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < count.scores.size(); ++i) sum += static_cast<std::int64_t>(i + 1) * count.scores[i];
    return (sum * 100 + n / 2) / n;
}

PercentRange share_of(std::int64_t part, std::int64_t whole) {
    if (whole <= 0) return {};
    constexpr double z = 1.959963984540054;  // two-sided 95 % of the normal distribution
    const auto n = static_cast<double>(whole);
    const double p = static_cast<double>(part) / n;
    const double middle = p + z * z / (2 * n);
    const double reach = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    const double scale = 1 + z * z / n;
    PercentRange range;
    range.percent = static_cast<int>((part * 100 + whole / 2) / whole);
    range.low = std::clamp(static_cast<int>(std::floor(100 * (middle - reach) / scale)), 0, range.percent);
    range.high = std::clamp(static_cast<int>(std::ceil(100 * (middle + reach) / scale)), range.percent, 100);
    return range;
}

}  // namespace entente::protocol
