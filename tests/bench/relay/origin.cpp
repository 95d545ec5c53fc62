// Tiny single-threaded TLS origin (epoll + OpenSSL) for the proxy bench.
//   origin PORT CERT KEY BODYFILE
// GET /bytes/N         -> N bytes, application/octet-stream, Content-Length
// POST <any>           -> 200, BODYFILE as application/vnd.ms-sync.wbxml
// any /ping?n=N&ms=T   -> held until N pings are held (or 150 s after the first) and T ms more,
//                         then all are answered at once: an EAS Ping hanging request.
// GET /stats           -> text counters
// Request bodies with Content-Length or chunked are read and dropped. 127.0.0.1 only.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace {

int ep;
SSL_CTX* ctx;
std::string wbxml;
std::vector<char> filler(1 << 20, 'x');
long n_conn, n_req, n_resumed, n_hold_total;

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

struct Conn {
  int fd;
  SSL* ssl;
  bool hs = false, held = false;
  std::string in;
  std::string out;  // head (and small body)
  size_t outoff = 0;
  size_t bulk = 0;  // filler bytes still to send
  size_t lastw = 0;
};

std::unordered_set<Conn*> held;
size_t hold_n = 0;
int hold_ms = 0;
double hold_first = 0, hold_release = 0;

void drop(Conn* c) {
  held.erase(c);
  SSL_free(c->ssl);
  close(c->fd);
  delete c;
}

void respond(Conn* c, const char* type, const char* body, size_t len, size_t bulk = 0) {
  char h[256];
  int n = snprintf(
      h, sizeof h,
      "HTTP/1.1 200 OK\r\nServer: bench-origin\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
      type, len + bulk);
  c->out.assign(h, n);
  c->out.append(body, len);
  c->outoff = 0;
  c->bulk = bulk;
}

// Takes one full request from c->in. False: more bytes are needed.
bool take(Conn* c) {
  size_t e = c->in.find("\r\n\r\n");
  if (e == std::string::npos) return false;
  std::string head = c->in.substr(0, e + 2);
  size_t need = e + 4, clen = 0;
  bool chunked = false;
  for (size_t p = head.find("\r\n"); p != std::string::npos && p + 2 < head.size();
       p = head.find("\r\n", p + 2)) {
    if (!strncasecmp(&head[p + 2], "content-length:", 15))
      clen = strtoul(&head[p + 17], nullptr, 10);
    if (!strncasecmp(&head[p + 2], "transfer-encoding:", 18)) chunked = true;
  }
  if (chunked) {
    for (;;) {
      size_t l = c->in.find("\r\n", need);
      if (l == std::string::npos) return false;
      size_t k = strtoul(&c->in[need], nullptr, 16);
      need = l + 2 + k + 2;
      if (need > c->in.size()) return false;
      if (!k) break;
    }
  } else {
    need += clen;
    if (c->in.size() < need) return false;
  }
  c->in.erase(0, need);
  n_req++;
  size_t sp = head.find(' ');
  std::string path = head.substr(sp + 1, head.find(' ', sp + 1) - sp - 1);
  if (path.rfind("/ping", 0) == 0) {
    size_t q = path.find("n="), m = path.find("ms=");
    hold_n = q == std::string::npos ? 1 : strtoul(&path[q + 2], nullptr, 10);
    hold_ms = m == std::string::npos ? 20000 : atoi(&path[m + 3]);
    if (held.empty()) hold_first = now(), hold_release = hold_first + 150;
    held.insert(c);
    c->held = true;
    n_hold_total++;
    if (held.size() >= hold_n) hold_release = now() + hold_ms / 1000.0;
  } else if (path.rfind("/bytes/", 0) == 0) {
    respond(c, "application/octet-stream", "", 0, strtoul(&path[7], nullptr, 10));
  } else if (path.rfind("/stats", 0) == 0) {
    char b[200];
    int n = snprintf(b, sizeof b, "conns %ld resumed %ld reqs %ld held_now %zu held_total %ld\n",
                     n_conn, n_resumed, n_req, held.size(), n_hold_total);
    respond(c, "text/plain", b, n);
  } else {
    respond(c, "application/vnd.ms-sync.wbxml", wbxml.data(), wbxml.size());
  }
  return true;
}

bool want(Conn* c, int r) {  // true: would block; false: dead
  int e = SSL_get_error(c->ssl, r);
  return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}

void drive(Conn* c) {
  if (!c->hs) {
    int r = SSL_accept(c->ssl);
    if (r != 1) {
      if (!want(c, r)) drop(c);
      return;
    }
    c->hs = true;
    n_conn++;
    if (SSL_session_reused(c->ssl)) n_resumed++;
  }
  char buf[16384];
  for (;;) {
    while (c->outoff < c->out.size() || c->bulk) {
      bool small = c->outoff < c->out.size();
      const char* p = small ? c->out.data() + c->outoff : filler.data();
      size_t n = small ? c->out.size() - c->outoff : std::min<size_t>(c->bulk, 16384);
      int r = SSL_write(c->ssl, p, n);
      if (r <= 0) {
        if (!want(c, r)) drop(c);
        return;
      }
      if (small)
        c->outoff += r;
      else
        c->bulk -= r;
    }
    if (!c->held && take(c)) continue;
    int r = SSL_read(c->ssl, buf, sizeof buf);
    if (r <= 0) {
      if (!want(c, r)) drop(c);
      return;
    }
    c->in.append(buf, r);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return fprintf(stderr, "origin PORT CERT KEY BODYFILE\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
  std::ifstream f(argv[4], std::ios::binary);
  wbxml.assign(std::istreambuf_iterator<char>(f), {});
  ctx = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(ctx, argv[2]) != 1 ||
      SSL_CTX_use_PrivateKey_file(ctx, argv[3], SSL_FILETYPE_PEM) != 1)
    return fprintf(stderr, "cert/key\n"), 1;
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(atoi(argv[1]));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(ls, (sockaddr*)&a, sizeof a) || listen(ls, 4096)) return perror("bind"), 1;
  ep = epoll_create1(EPOLL_CLOEXEC);
  epoll_event ev{EPOLLIN, {.ptr = nullptr}};
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &ev);
  epoll_event evs[256];
  for (;;) {
    int n = epoll_wait(ep, evs, 256, held.empty() ? -1 : 50);
    for (int i = 0; i < n; i++) {
      if (evs[i].data.ptr) {
        drive((Conn*)evs[i].data.ptr);
        continue;
      }
      for (int fd; (fd = accept4(ls, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Conn* c = new Conn{fd, SSL_new(ctx)};
        SSL_set_fd(c->ssl, fd);
        SSL_set_accept_state(c->ssl);
        epoll_event e{EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, {.ptr = c}};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
      }
    }
    if (!held.empty() && now() >= hold_release) {
      std::vector<Conn*> v(held.begin(), held.end());
      held.clear();
      hold_release = 1e18;
      for (Conn* c : v) {
        c->held = false;
        respond(c, "application/vnd.ms-sync.wbxml", wbxml.data(), wbxml.size());
        drive(c);
      }
    }
  }
}
