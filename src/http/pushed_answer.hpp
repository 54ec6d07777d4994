#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "http/channel.hpp"
#include "http/session_host.hpp"

namespace http {

/// An answer that a source pushes, and what its client did not take yet. A source waits for that, so that a slow client
/// costs no more than one push.
class PushedAnswer final : public PushWriter {
 public:
  /// All outlive it. `on_end` is called in the middle of a push or an event: true when the source has finished and all
  /// is sent, false when the client is gone.
  PushedAnswer(Channel& channel, SessionHost& host, bool chunked, std::function<void(bool)> on_end)
      : channel_(channel), host_(host), chunked_(chunked), on_end_(std::move(on_end)) {}

  /// Sends the head and begins the rest.
  void begin(std::string head, const Push& push);
  /// The client takes more.
  void go_on();
  /// Sends the last chunk, if there are chunks. False: the connection cannot go on.
  bool end();

  void push(std::vector<Text> parts) override;
  bool busy() const override { return !parts_.empty(); }
  void finish() override;

 private:
  void send(std::vector<Text> parts);
  bool send_more();

  Channel& channel_;
  SessionHost& host_;
  const bool chunked_;
  std::function<void(bool)> on_end_;
  std::unique_ptr<PushSource> source_;
  /// The push that is on its way, and how many bytes of it are sent.
  std::vector<Text> parts_;
  std::size_t sent_ = 0;
  bool finished_ = false;
};

}  // namespace http
