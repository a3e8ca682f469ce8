#pragma once

#include <string>
#include <vector>

namespace niwaki {

/// What a user puts on time, people and misses; the table [economics] of a recipe. 0: not given, to be typed into the
/// page. Prices are in one currency, whichever it is.
struct EconomicInputs {
  std::string currency;
  double images_a_day = 0.0;
  double machine_hour = 0.0;             // price
  double review_minutes = 0.0;           // of a person, for each image that is handed on
  double reader_hour = 0.0;              // price of that person's hour
  double missed_finding = 0.0;           // cost of a positive image that is not called, of each class ...
  std::vector<std::string> class_costs;  // "class=5000": ... but of these
  double deferral_rate = 0.0;            // share of the images that a guard hands on; 0: the recommended guard's
  double switching = 0.0;                // price of the switch, once: validation, roll-out, training of people
  void check() const;                    // throws InputError naming the key
};

/// The cost of each of these classes, by column. Throws InputError for a class that is not among them, or named twice.
std::vector<double> missed_costs(const EconomicInputs& inputs, const std::vector<std::string>& classes);

/// Calls visit(key, field, meaning) for every key of [economics].
template <typename SomeInputs, typename Visitor>
void visit_economic_fields(SomeInputs& inputs, Visitor&& visit) {
  visit("economics.currency", inputs.currency, "in which prices are given, such as EUR");
  visit("economics.images_a_day", inputs.images_a_day, "images that are read a day; 0: not given");
  visit("economics.machine_hour", inputs.machine_hour, "price of an hour of the machine");
  visit("economics.review_minutes", inputs.review_minutes, "minutes of a person for an image that a guard hands on");
  visit("economics.reader_hour", inputs.reader_hour, "price of an hour of that person");
  visit("economics.missed_finding", inputs.missed_finding, "cost that is put on a missed finding of any class");
  visit("economics.class_costs", inputs.class_costs, "\"class=5000\": the cost of single classes");
  visit("economics.deferral_rate", inputs.deferral_rate,
        "share of images that a guard hands on; 0: the recommended guard's");
  visit("economics.switching", inputs.switching, "price of the switch, paid once");
}

}  // namespace niwaki
