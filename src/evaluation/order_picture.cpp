#include "evaluation/order_picture.hpp"

#include <algorithm>
#include <sstream>

#include "base/svg.hpp"

namespace segue {
namespace {

constexpr std::size_t kBeside = 3;
constexpr int kField = 240, kWidth = 300, kHeight = 320;  // of the square, and with what is around it
constexpr int kLeft = 48, kTop = 34, kHead = 30;

class Field {
 public:
  Field(std::ostringstream& out, const PicturedOrder& pictured, int left, int top)
      : out_(out), order_(pictured.order), title_(pictured.title), left_(left), top_(top) {}

  void draw() {
    out_ << "<text x='" << left_ + kField / 2 << "' y='" << top_ - 10 << "' text-anchor='middle'>"
         << svg_text(title_) << "</text>\n";
    axes();
    for (std::size_t place = 0; place < order_.size(); ++place) {
      if (joined(place))
        out_ << "<path d='M" << x(place - 1) << ' ' << y(order_[place - 1]) << "L" << x(place) << ' '
             << y(order_[place]) << "' stroke='#2f6fb0' stroke-width='2'/>\n";
    }
    for (std::size_t place = 0; place < order_.size(); ++place) {
      const bool alone = !joined(place) && !joined(place + 1);
      out_ << "<circle cx='" << x(place) << "' cy='" << y(order_[place]) << "' r='1.5' fill='"
           << (alone ? "#d1662b" : "#2f6fb0") << "'/>\n";
    }
  }

 private:
  // Whether the piece at `place` truly follows the one before it.
  bool joined(std::size_t place) const {
    return place > 0 && place < order_.size() && order_[place] == order_[place - 1] + 1;
  }
  double share(std::size_t place) const {
    return (static_cast<double>(place) + 0.5) / static_cast<double>(order_.size());
  }
  double x(std::size_t place) const { return left_ + kField * share(place); }
  double y(std::size_t piece) const { return top_ + kField * (1 - share(piece)); }

  void axes() {
    out_ << "<rect x='" << left_ << "' y='" << top_ << "' width='" << kField << "' height='" << kField
         << "' fill='none' stroke='#ddd'/>\n";
    const auto step = std::max<std::size_t>(
        1, static_cast<std::size_t>(tick_step(static_cast<double>(order_.size()))));
    for (std::size_t place = step - 1; place < order_.size(); place += step) {
      out_ << "<text x='" << x(place) << "' y='" << top_ + kField + 14 << "' text-anchor='middle'>"
           << place + 1 << "</text>\n<text x='" << left_ - 6 << "' y='" << y(place) + 4
           << "' text-anchor='end'>" << place + 1 << "</text>\n";
    }
    out_ << "<text x='" << left_ + kField / 2 << "' y='" << top_ + kField + 30
         << "' text-anchor='middle'>place found</text>\n<text transform='translate(" << left_ - 34 << ' '
         << top_ + kField / 2 << ") rotate(-90)' text-anchor='middle'>true place</text>\n";
  }

  std::ostringstream& out_;
  const std::vector<std::size_t>& order_;
  const std::string& title_;
  int left_, top_;
};

}  // namespace

std::string order_svg(const std::string& title, const std::vector<PicturedOrder>& orders) {
  const auto beside = static_cast<int>(std::clamp<std::size_t>(orders.size(), 1, kBeside));
  const auto rows = static_cast<int>((orders.size() + kBeside - 1) / kBeside);
  std::ostringstream out;
  out << svg_head(beside * kWidth + 10, rows * kHeight + kHead, title);
  for (std::size_t i = 0; i < orders.size(); ++i) {
    Field(out, orders[i], static_cast<int>(i % kBeside) * kWidth + kLeft,
          static_cast<int>(i / kBeside) * kHeight + kHead + kTop)
        .draw();
  }
  out << "</svg>\n";
  return out.str();
}

}  // namespace segue
