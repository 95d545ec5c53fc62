#include "proxy/pipeline/assembler.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::pipeline {
namespace {

using http::Direction;
using http::Event;
using model::ConnectionEvent;
using model::Ending;

bool contains_ignoring_case(std::string_view text, std::string_view lower_case_word) {
  const auto same = [](char c, char wanted) {
    return (c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) == wanted;
  };
  return std::search(text.begin(), text.end(), lower_case_word.begin(), lower_case_word.end(),
                     same) != text.end();
}

bool is_sync_type(const model::HeaderList& head) {
  const auto type = head.find("Content-Type");
  return type && contains_ignoring_case(*type, "application/vnd.ms-sync");
}

/// Whether the bodies of the exchange are what eastap is there for.
bool is_of_interest(std::string_view target, const model::HeaderList& head) {
  const std::string_view path = target.substr(0, target.find('?'));
  return contains_ignoring_case(path, "/microsoft-server-activesync") ||
         contains_ignoring_case(path, "/autodiscover") || is_sync_type(head);
}

/// Words for an ending when nothing more exact is known.
std::string words(Ending ending, bool answer_began) {
  const std::string_view point =
      answer_began ? " before the answer was complete and delivered" : " before an answer came";
  switch (ending) {
    case Ending::open:
    case Ending::complete: return {};
    case Ending::device_closed: return "the device closed the connection" + std::string{point};
    case Ending::device_reset: return "the device reset the connection" + std::string{point};
    case Ending::server_closed: return "the server closed the connection" + std::string{point};
    case Ending::server_reset: return "the server reset the connection" + std::string{point};
    case Ending::proxy_stopped: return "eastap was stopped" + std::string{point};
    case Ending::proxy_failed: return "eastap gave the connection up" + std::string{point};
  }
  return {};
}

/// The first octets of what is not HTTP, in hexadecimal and without what could be a credential: of
/// text only the first two words of the first line (SMTP, IMAP and POP3 clients send secrets
/// third).
std::string shown_octets(std::string_view octets, std::size_t most) {
  octets = octets.substr(0, most);
  const auto is_text = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; };
  const std::size_t line = std::min(octets.find_first_of("\r\n"), octets.size());
  if (std::all_of(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(line), is_text)) {
    const std::size_t first = octets.find(' ');
    const std::size_t second =
        first == std::string_view::npos ? first : octets.find_first_of(" ?:=", first + 1);
    octets = octets.substr(0, std::min(line, second));
    const std::size_t colon = octets.find_first_of(":=");  // a field, not a start line
    octets = octets.substr(0, colon);
  }
  return to_hex(octets);
}

}  // namespace

/// An exchange that has not ended.
struct Assembler::Open {
  ExchangeId id;
  std::shared_ptr<model::Message> request;  // changed only until it is over
  std::shared_ptr<model::Message> response;
  std::uint64_t request_at = 0;  // offsets in the streams
  std::uint64_t response_at = 0, response_end = 0;
  std::uint64_t announced = 0;  // Content-Length of the message that is arriving
  bool of_interest = false;
  bool is_connect = false;
  bool request_over = false;          // complete, or nothing more of it will come
  bool response_over = false;         // came to its end
  Timestamp progress_at{};            // when it was last shown as far as it came
  std::uint64_t progress_octets = 0;  // … and how far that was
  std::string interim;                // the last 1xx head, for when nothing follows
  std::string error;

  void add(model::Message& message, std::string_view piece, std::size_t keep,
           std::size_t reserve_at_once) const {
    message.body_size += piece.size();
    const std::size_t kept = message.body.size();
    piece = piece.substr(0, keep - std::min(keep, kept));
    if (piece.empty()) return;
    if (const std::size_t need = kept + piece.size(); need > message.body.capacity()) {
      // Announced lengths may lie: at most doubling, but never beyond what is announced.
      std::size_t room = std::max(need, std::max(reserve_at_once, 2 * kept));
      if (announced > 0) {
        room = std::max<std::size_t>(need, std::min<std::uint64_t>(room, announced));
      } else if (kept == 0) {
        room = need;
      }
      message.body.reserve(std::min(room, std::max(keep, need)));
    }
    message.body.append(piece);
  }

  static void trim(std::string& body) {
    if (body.capacity() > body.size() + std::max<std::size_t>(512, body.size() / 4)) {
      body.shrink_to_fit();
    }
  }
};

Assembler::Assembler(std::shared_ptr<const model::Connection> connection, ExchangeIds& ids,
                     Output& output, const AssemblerLimits& limits, const http::Masker& masker)
    : connection_{std::move(connection)},
      ids_{ids},
      output_{output},
      masker_{masker},
      limits_{limits},
      requests_{Direction::request, limits.http},
      responses_{Direction::response, limits.http} {}

Assembler::~Assembler() = default;

Assembler::Open* Assembler::answering() const {
  return answered_ < open_.size() ? open_[answered_].get() : nullptr;
}

void Assembler::note(ConnectionEvent::Kind kind, std::string reason, std::string detail,
                     Timestamp now) {
  ConnectionEvent event;
  event.kind = kind;
  event.time = now;
  event.connection = connection_;
  event.reason = std::move(reason);
  event.detail = std::move(detail);
  output_.take(std::move(event));
}

// ---- the device's direction
// -----------------------------------------------------------------------

void Assembler::from_device(std::span<const std::byte> octets, Timestamp now) {
  if (deaf_) return;
  Events events;
  requests_.feed(octets, events);
  on_requests(events, now);
  if (requests_.is_idle() || receiving_ != nullptr) {
    requests_.shrink();
  } else if (!request_began_) {
    request_began_ = now;
  }
  settle(now);
}

void Assembler::on_requests(const Events& events, Timestamp now) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    switch (event.kind) {
      case Event::Kind::head: begin_request(event, now); break;
      case Event::Kind::body:
        if (receiving_ != nullptr) {
          const std::size_t keep = receiving_->of_interest ? limits_.body : limits_.other_body;
          receiving_->add(*receiving_->request, event.octets, keep, limits_.reserve);
        }
        break;
      case Event::Kind::trailers:
        if (receiving_ != nullptr) {
          model::Message& message = *receiving_->request;
          message.head = model::HeaderList{message.head.raw() + masker_.head(event.octets)};
        }
        break;
      case Event::Kind::end: request_ended(event, now); break;
      case Event::Kind::malformed: malformed(Direction::request, events, i, now); break;
      case Event::Kind::opaque: opaque_up_ += event.octets.size(); break;
      case Event::Kind::truncated: request_cut(event, now); break;
      case Event::Kind::interim:
      case Event::Kind::remark: break;  // the pipeline finds them in the head again
    }
  }
}

void Assembler::begin_request(const Event& event, Timestamp now) {
  const Timestamp began = std::exchange(request_began_, std::nullopt).value_or(now);
  if (open_.size() >= limits_.open_requests) {
    if (!overflown_) {
      overflown_ = true;
      note(ConnectionEvent::Kind::proxy_note, "too_many_requests",
           std::to_string(open_.size()) +
               " requests wait for an answer on this connection; what follows on it is relayed but "
               "not decoded",
           now);
    }
    requests_.become_opaque();
    return;
  }
  responses_.expect(event.head.method);
  auto open = std::make_unique<Open>();
  open->id = ids_.take();
  open->request = std::make_shared<model::Message>();
  open->request->head = model::HeaderList{masker_.head(event.octets)};
  open->request->began = began;
  open->request_at = event.offset;
  open->announced = event.head.content_length;
  open->of_interest = is_of_interest(event.head.target, open->request->head);
  open->is_connect = event.head.method == "CONNECT";
  if (!broken_.empty()) open->error = broken_;
  receiving_ = open.get();
  open_.push_back(std::move(open));
}

void Assembler::request_ended(const Event& event, Timestamp now) {
  if (receiving_ == nullptr) return;
  Open& open = *std::exchange(receiving_, nullptr);
  model::Message& request = *open.request;
  Open::trim(request.body);
  request.complete = true;
  request.wire_size = event.offset - open.request_at;
  request.ended = now;
  open.request_over = true;
  // Answered and delivered before it was complete: settle() hands it on, once.
  if (open.response_over && delivered_ >= open.response_end) return;
  model::Exchange exchange;
  exchange.id = open.id;
  exchange.connection = connection_;
  exchange.request = open.request;
  output_.take(std::move(exchange));
}

void Assembler::request_cut(const Event& event, Timestamp now) {
  const bool head_under_way = !event.octets.empty();
  if (head_under_way) {
    const std::size_t line_end = event.octets.find('\n');
    const auto start = http::read_start_line(event.octets.substr(0, line_end), Direction::request);
    if (line_end == std::string_view::npos || !start) {
      note(ConnectionEvent::Kind::malformed, "request",
           "the connection ended after " + std::to_string(event.octets.size()) +
               " octets of a request; they begin " + shown_octets(event.octets, 32) +
               " (hexadecimal)",
           now);
      return;
    }
    Event partial = event;
    partial.head = *start;
    begin_request(partial, now);
  }
  if (receiving_ == nullptr) return;
  Open& open = *std::exchange(receiving_, nullptr);
  open.request_over = true;
  open.request->wire_size = requests_.octets_fed() - open.request_at;
  open.request->ended = now;
  open.error = "request " + event.text;
}

// ---- the server's direction
// -----------------------------------------------------------------------

void Assembler::from_server(std::span<const std::byte> octets, Timestamp now) {
  if (deaf_) return;
  Events events;
  responses_.feed(octets, events);
  on_responses(events, now);
  offer_progress(now);
  if (responses_.is_idle() || (answering() != nullptr && answering()->response != nullptr)) {
    responses_.shrink();
  } else if (!response_began_) {
    response_began_ = now;
  }
  settle(now);
}

void Assembler::on_responses(const Events& events, Timestamp now) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    Open* const open = answering();
    model::Message* const message = open != nullptr ? open->response.get() : nullptr;
    switch (event.kind) {
      case Event::Kind::interim:
        if (open != nullptr) open->interim = masker_.head(event.octets);
        if (open != nullptr) open->response_at = event.offset;
        response_began_.reset();
        break;
      case Event::Kind::head: begin_response(event, now); break;
      case Event::Kind::body:
        if (message != nullptr) {
          const std::size_t keep = open->of_interest ? limits_.body : limits_.other_body;
          open->add(*message, event.octets, keep, limits_.reserve);
        }
        break;
      case Event::Kind::trailers:
        if (message != nullptr) {
          message->head = model::HeaderList{message->head.raw() + masker_.head(event.octets)};
        }
        break;
      case Event::Kind::end: response_ended(event, now); break;
      case Event::Kind::malformed: malformed(Direction::response, events, i, now); break;
      case Event::Kind::opaque: opaque_down_ += event.octets.size(); break;
      case Event::Kind::truncated: response_cut(event); break;
      case Event::Kind::remark: break;
    }
  }
}

void Assembler::begin_response(const Event& event, Timestamp now) {
  const Timestamp began = std::exchange(response_began_, std::nullopt).value_or(now);
  Open* const open = answering();
  if (open == nullptr) {
    if (!overflown_ && !std::exchange(unasked_noted_, true)) {
      const std::string head = masker_.head(event.octets);
      note(ConnectionEvent::Kind::proxy_note, "answer_without_request",
           "the server sent \"" + std::string{model::HeaderList{head}.start_line()} +
               "\" without being asked",
           now);
    }
    return;
  }
  open->interim.clear();
  open->response = std::make_shared<model::Message>();
  open->response->head = model::HeaderList{masker_.head(event.octets)};
  open->response->began = began;
  open->response_at = event.offset;
  open->announced = event.head.content_length;
  if (!open->of_interest) open->of_interest = is_sync_type(open->response->head);
  if (event.head.framing == http::Framing::opaque) {
    upgraded_ = true;
    requests_.become_opaque();
  } else if (open->is_connect) {
    requests_.resume_after_connect();
  }
}

void Assembler::response_ended(const Event& event, Timestamp now) {
  Open* const open = answering();
  if (open == nullptr || open->response == nullptr) return;  // of an answer that nobody asked for
  model::Message& response = *open->response;
  Open::trim(response.body);
  response.complete = true;
  response.wire_size = event.offset - open->response_at;
  response.ended = now;
  open->response_end = event.offset;
  open->response_over = true;
  ++answered_;
}

void Assembler::offer_progress(Timestamp now) {
  if (deaf_) return;
  Open* const open = answering();
  if (open == nullptr || !open->response || !open->of_interest || !open->request_over) return;
  const model::Message& response = *open->response;
  if (response.body_size == open->progress_octets) return;  // nothing came, or nothing new
  const bool is_first = open->progress_at == Timestamp{};
  const Timestamp due = is_first ? response.began + limits_.progress_first
                                 : open->progress_at + limits_.progress_again;
  if (now < due) return;
  open->progress_at = now;
  open->progress_octets = response.body_size;
  auto so_far = std::make_shared<model::Message>();
  so_far->head = response.head;
  so_far->body = response.body.substr(0, limits_.progress_body);
  so_far->body_size = response.body_size;
  so_far->wire_size = responses_.octets_fed() - open->response_at;
  so_far->began = response.began;
  so_far->ended = now;
  Progress progress;
  progress.exchange.id = open->id;
  progress.exchange.connection = connection_;
  progress.exchange.request = open->request;
  progress.exchange.response = std::move(so_far);
  output_.take(std::move(progress));
}

void Assembler::response_cut(const Event& event) {
  Open* const open = answering();
  if (open == nullptr) return;
  open->error = "answer " + event.text;
  if (event.octets.empty() || open->response != nullptr) return;
  open->response = std::make_shared<model::Message>();
  open->response->head = model::HeaderList{masker_.head(event.octets)};
  open->response->began = response_began_.value_or(closed_at_);
  open->response_at = event.offset;
}

// ---- both
// -----------------------------------------------------------------------------------------

void Assembler::malformed(Direction direction, const Events& events, std::size_t index,
                          Timestamp now) {
  const Event& event = events[index];
  const bool request = direction == Direction::request;
  Open* const open = request ? receiving_ : answering();
  const bool in_body = request ? open != nullptr : open != nullptr && open->response != nullptr;
  std::string detail = std::string{request ? "the device's" : "the server's"} + " data at octet " +
                       std::to_string(event.offset) + ": " + event.text;
  if (index + 1 < events.size() && events[index + 1].kind == Event::Kind::opaque) {
    // Inside a body the octets may be anybody's words: enough to recognise, too few to tell.
    const std::string shown = shown_octets(events[index + 1].octets, in_body ? 8 : 32);
    if (!shown.empty()) detail += "; it begins " + shown + " (hexadecimal)";
  }
  if (request && open != nullptr) {
    receiving_ = nullptr;
    open->request_over = true;
    open->request->wire_size = event.offset - open->request_at;
    open->request->ended = now;
    open->error = "the request's framing is broken: " + event.text;
  }
  if (!request) {
    broken_ = "the answers on this connection can no longer be told apart: " + event.text;
    if (open != nullptr) open->error = "the answer's framing is broken: " + event.text;
    for (std::size_t i = answered_ + 1; i < open_.size(); ++i) open_[i]->error = broken_;
  }
  note(ConnectionEvent::Kind::malformed, request ? "request" : "response", std::move(detail), now);
}

void Assembler::delivered_to_device(std::uint64_t octets_total, Timestamp now) {
  if (deaf_) return;
  delivered_ = std::max(delivered_, octets_total);
  settle(now);
}

void Assembler::settle(Timestamp now) {
  while (!open_.empty()) {
    const Open& front = *open_.front();
    const bool nothing_more = front.request_over || device_gone_ || server_gone_;
    if (front.response_over) {
      if (delivered_ < front.response_end || !nothing_more) return;
      end_front(Ending::complete, now);
    } else if (server_gone_ && (front.request_over || device_gone_)) {
      end_front(closed_by_, closed_at_);
    } else {
      return;
    }
  }
}

void Assembler::end_front(Ending ending, Timestamp now) {
  const std::unique_ptr<Open> open = std::move(open_.front());
  open_.erase(open_.begin());
  if (answered_ > 0) --answered_;
  if (receiving_ == open.get()) receiving_ = nullptr;
  if (!open->request_over) {
    Open::trim(open->request->body);
    open->request->wire_size = requests_.octets_fed() - open->request_at;
    open->request->ended = now;
  }
  if (!open->response && !open->interim.empty()) {  // 100 Continue, and nothing after it
    open->response = std::make_shared<model::Message>();
    open->response->began = now;
    open->response->head = model::HeaderList{std::move(open->interim)};
  }
  if (open->response && !open->response_over) {
    Open::trim(open->response->body);
    open->response->wire_size = responses_.octets_fed() - open->response_at;
    open->response->ended = now;
  }
  model::Exchange exchange;
  exchange.id = open->id;
  exchange.connection = connection_;
  exchange.request = open->request;
  exchange.response = open->response;
  exchange.ending = ending;
  exchange.ended = std::max(now, open->request->ended);
  if (open->response && delivered_ > open->response_at) {
    exchange.delivered_octets = std::min(delivered_ - open->response_at, open->response->wire_size);
  }
  if (ending != Ending::complete) {
    exchange.error = words(ending, open->response != nullptr);
    if (!open->error.empty()) exchange.error += " (" + open->error + ")";
    if (!error_.empty()) exchange.error += ": " + error_;
  }
  output_.take(std::move(exchange));
}

void Assembler::end_all(Ending ending, Timestamp now) {
  while (!open_.empty()) {
    const Open& front = *open_.front();
    const bool whole = front.response_over && delivered_ >= front.response_end;
    end_front(whole ? Ending::complete : ending, now);
  }
}

void Assembler::side_closed(Ending how, Timestamp now) {
  if (closed_by_ != Ending::open) return;
  closed_by_ = how;
  closed_at_ = now;
}

void Assembler::device_closed(Timestamp now, bool reset) {
  if (deaf_) return;
  if (!std::exchange(device_gone_, true)) {
    side_closed(reset ? Ending::device_reset : Ending::device_closed, now);
    Events events;
    requests_.peer_closed(events, reset);
    on_requests(events, now);
    requests_.shrink();
  }
  if (!reset) {
    settle(now);
    return;
  }
  // Nothing can be delivered any more, whoever closed first.
  cut_answers(now);
  end_all(server_gone_ ? Ending::device_reset : closed_by_, now);
  deaf_ = true;
}

void Assembler::server_closed(Timestamp now, bool reset) {
  if (deaf_ || std::exchange(server_gone_, true)) return;
  side_closed(reset ? Ending::server_reset : Ending::server_closed, now);
  Events events;
  responses_.peer_closed(events, reset);  // a reset does not end a read-until-close body
  on_responses(events, now);
  responses_.shrink();
  settle(now);
}

void Assembler::cut_answers(Timestamp now) {
  if (server_gone_) return;
  Events events;
  responses_.peer_closed(events, true);
  on_responses(events, now);
}

void Assembler::stopped(Timestamp now, Ending ending, std::string error) {
  if (stopped_) return;
  if (ending == Ending::open || ending == Ending::complete) ending = Ending::proxy_failed;
  if (closed_by_ == Ending::open) {
    error_ = std::move(error);
  } else {
    ending = closed_by_;
  }
  if (!deaf_) {
    Events events;
    if (!device_gone_) requests_.peer_closed(events, true);
    on_requests(events, now);
    cut_answers(now);
    end_all(ending, now);
  }
  deaf_ = stopped_ = true;
  if (upgraded_) {
    ConnectionEvent event;
    event.kind = ConnectionEvent::Kind::proxy_note;
    event.time = now;
    event.connection = connection_;
    event.reason = "upgraded";
    event.detail =
        "the connection left HTTP (upgrade or CONNECT); what followed was relayed as it is";
    event.octets_up = opaque_up_;
    event.octets_down = opaque_down_;
    output_.take(std::move(event));
  }
}

}  // namespace eastap::pipeline
