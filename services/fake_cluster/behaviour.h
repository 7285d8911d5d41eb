// The catalogue of what a cluster may do to its client, and the text form in which one is chosen.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tms::fake_cluster {

class Exchange;

// How much of the request is read before a behaviour acts.
enum class Phase {
  kAccepted,     // nothing: it acts on the connection, before TLS
  kSomeRequest,  // `bytes` of it, whatever they are
  kSomeBody,     // the head and at least `bytes` of the body
  kRequest,      // all
};

// One row of the catalogue.
struct Behaviour {
  std::string_view name;
  // Keys that it takes besides `applied` and `salt`, separated by spaces.
  std::string_view keys;
  // What the client gets; also what a hit says.
  std::string_view help;
  // Whether the cluster takes the action on, unless `applied` says otherwise.
  bool applies = false;
  boost::asio::awaitable<void> (*run)(Exchange& exchange) = nullptr;
  Phase phase = Phase::kRequest;
};

// Every behaviour, in the order of the help.
std::span<const Behaviour> Catalogue();

// The catalogue as lines of text.
std::string DescribeCatalogue();

// A behaviour with its parameters.
class Choice {
 public:
  // `text` is NAME or NAME~key=value~key=value…; an error says what is wrong with it.
  static absl::StatusOr<Choice> Parse(std::string_view text);

  const Behaviour& behaviour() const { return *behaviour_; }
  bool applies() const { return Int("applied", behaviour_->applies ? 1 : 0) != 0; }

  int64_t Int(std::string_view key, int64_t otherwise) const;
  std::string Text(std::string_view key, std::string_view otherwise) const;

  // The text form without the salt, which may be part of a secret.
  std::string ToText() const;

 private:
  explicit Choice(const Behaviour* behaviour) : behaviour_(behaviour) {}

  const Behaviour* behaviour_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace tms::fake_cluster
