#include "http/pushed_answer.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include "http/parts.hpp"

namespace http {

void PushedAnswer::begin(std::string head, const Push& push) {
  send(std::vector<Text>(1, std::make_shared<const std::string>(std::move(head))));
  source_ = push(*this);
}

void PushedAnswer::go_on() {
  if (!send_more() || busy()) return;
  channel_.unset();
  channel_.expect(0);
  if (finished_)
    on_end_(true);
  else
    source_->sent();
}

bool PushedAnswer::end() {
  source_.reset();
  if (!chunked_) return false;
  host_.parts.assign(1, buffer(kLastChunk));
  return channel_.write(host_.parts) == kLastChunk.size();
}

void PushedAnswer::push(std::vector<Text> parts) {
  std::size_t size = 0;
  for (const Text& part : parts) size += part->size();
  if (channel_.closed() || size == 0) return;
  if (chunked_) {
    static const Text kEnd = std::make_shared<const std::string>(kLineEnd);
    parts.insert(parts.begin(), std::make_shared<const std::string>(fmt::format("{:x}\r\n", size)));
    parts.push_back(kEnd);
  }
  // The head is still on its way.
  if (busy())
    parts_.insert(parts_.end(), parts.begin(), parts.end());
  else
    send(std::move(parts));
}

void PushedAnswer::finish() {
  if (std::exchange(finished_, true) || busy()) return;
  on_end_(true);
}

void PushedAnswer::send(std::vector<Text> parts) {
  parts_ = std::move(parts);
  sent_ = 0;
  if (send_more()) return;
  host_.slow.set(channel_, std::chrono::steady_clock::now());
  channel_.expect(EPOLLOUT);
}

/// True: all is sent, or the client is gone.
bool PushedAnswer::send_more() {
  host_.parts.clear();
  for (const Text& part : parts_) host_.parts.push_back(buffer(*part));
  consume(host_.parts, sent_);
  const auto count = channel_.write(host_.parts);
  if (!count) {
    on_end_(false);
    return true;
  }
  sent_ += *count;
  if (boost::asio::buffer_size(host_.parts) > *count) return false;
  parts_ = {};
  return true;
}

}  // namespace http
