#include "training/curves.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/committed_file.hpp"
#include "base/svg.hpp"

namespace segue {
namespace {

using Series = double EpochRecord::*;
constexpr const char* kTrainColour = "#2f6fb0";
constexpr const char* kValidationColour = "#d1662b";

// One pair of axes with two curves.
class Plot {
 public:
  Plot(std::ostringstream& out, const std::vector<EpochRecord>& records, double left)
      : out_(out), records_(records), left_(left) {}

  void draw(const std::string& title, Series train, Series validation) {
    find_range(train, validation);
    out_ << "<text x='" << left_ + kWidth / 2 << "' y='44' text-anchor='middle'>" << title
         << "</text>\n";
    horizontal_lines();
    epochs_below();
    out_ << "<path d='M" << left_ << ' ' << kTop << "V" << kTop + kHeight << "H" << left_ + kWidth
         << "' fill='none' stroke='#444'/>\n";
    curve(train, kTrainColour);
    curve(validation, kValidationColour);
  }

 private:
  static constexpr double kTop = 56, kWidth = 380, kHeight = 240;

  void find_range(Series train, Series validation) {
    low_ = INFINITY;
    high_ = -INFINITY;
    for (const EpochRecord& record : records_) {
      for (const Series series : {train, validation}) {
        if (!std::isfinite(record.*series)) continue;
        low_ = std::min(low_, record.*series);
        high_ = std::max(high_, record.*series);
      }
    }
    if (!(low_ <= high_)) low_ = high_ = 0;
    step_ = tick_step(high_ - low_);
    low_ = std::floor(low_ / step_) * step_;
    high_ = std::max(std::ceil(high_ / step_) * step_, low_ + step_);
  }

  double x(int epoch) const {
    const int last = std::max(records_.empty() ? 1 : records_.back().epoch, 2);
    return left_ + kWidth * (epoch - 1) / (last - 1);
  }
  double y(double value) const { return kTop + kHeight * (high_ - value) / (high_ - low_); }

  void horizontal_lines() {
    for (double value = low_; value < high_ + step_ / 2; value += step_) {
      out_ << "<path d='M" << left_ << ' ' << y(value) << "h" << kWidth << "' stroke='#ddd'/>"
           << "<text x='" << left_ - 6 << "' y='" << y(value) + 4 << "' text-anchor='end'>"
           << std::round(value * 1e6) / 1e6 << "</text>\n";
    }
  }

  void epochs_below() {
    const int last = records_.empty() ? 1 : records_.back().epoch;
    const int step = std::max(1, static_cast<int>(tick_step(last)));
    for (int epoch = step == 1 ? 1 : step; epoch <= last; epoch += step) {
      out_ << "<text x='" << x(epoch) << "' y='" << kTop + kHeight + 16 << "' text-anchor='middle'>"
           << epoch << "</text>\n";
    }
    out_ << "<text x='" << left_ + kWidth / 2 << "' y='" << kTop + kHeight + 34
         << "' text-anchor='middle'>epoch</text>\n";
  }

  void curve(Series series, const char* colour) {
    out_ << "<polyline fill='none' stroke='" << colour << "' stroke-width='2' points='";
    for (const EpochRecord& record : records_) {
      if (std::isfinite(record.*series)) out_ << x(record.epoch) << ',' << y(record.*series) << ' ';
    }
    out_ << "'/>\n";
  }

  std::ostringstream& out_;
  const std::vector<EpochRecord>& records_;
  double left_;
  double low_ = 0, high_ = 1, step_ = 1;
};

nlohmann::json finite_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

double number_of(const nlohmann::json& json) { return json.is_null() ? NAN : json.get<double>(); }

}  // namespace

void to_json(nlohmann::json& json, const EpochRecord& record) {
  json = {{"epoch", record.epoch},
          {"train_loss", record.train_loss},
          {"train_auc", finite_or_null(record.train_auc)},
          {"validation_loss", finite_or_null(record.validation_loss)},
          {"validation_auc", record.validation_auc},
          {"learning_rate", record.learning_rate},
          {"seconds", record.seconds}};
}

void from_json(const nlohmann::json& json, EpochRecord& record) {
  record.epoch = json.at("epoch").get<int>();
  record.train_loss = json.at("train_loss").get<double>();
  record.train_auc = number_of(json.at("train_auc"));
  record.validation_loss = number_of(json.at("validation_loss"));
  record.validation_auc = json.at("validation_auc").get<double>();
  record.learning_rate = json.at("learning_rate").get<double>();
  record.seconds = json.at("seconds").get<double>();
}

std::string curves_svg(const std::string& title, const std::vector<EpochRecord>& records) {
  std::ostringstream out;
  out << svg_head(900, 350, title) << "<text x='720' y='20' fill='" << kTrainColour << "'>train</text>\n"
      << "<text x='770' y='20' fill='" << kValidationColour << "'>validation</text>\n";
  Plot(out, records, 60).draw("loss", &EpochRecord::train_loss, &EpochRecord::validation_loss);
  Plot(out, records, 500)
      .draw("AUC, next against same track", &EpochRecord::train_auc, &EpochRecord::validation_auc);
  out << "</svg>\n";
  return out.str();
}

void write_curves(const std::filesystem::path& folder, const std::string& title,
                  const std::vector<EpochRecord>& records) {
  std::ostringstream csv;
  csv << "epoch,train_loss,train_auc,validation_loss,validation_auc,learning_rate,seconds\n";
  const auto figure = [](double value) {  // an empty field where there is none
    std::ostringstream text;
    if (std::isfinite(value)) text << value;
    return text.str();
  };
  for (const EpochRecord& r : records) {
    csv << r.epoch << ',' << figure(r.train_loss) << ',' << figure(r.train_auc) << ','
        << figure(r.validation_loss) << ',' << figure(r.validation_auc) << ',' << r.learning_rate << ','
        << r.seconds << '\n';
  }
  write_text_file(folder / "curves.csv", csv.str());
  write_text_file(folder / "curves.svg", curves_svg(title, records));
}

}  // namespace segue
