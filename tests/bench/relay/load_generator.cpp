// Load generator for TLS-intercepting forward proxies: epoll + OpenSSL, one thread, closed loop.
//   HTTP CONNECT -> TLS (verified) -> HTTP/1.1, or TLS straight to a server (--direct).
// Modes
//   ka    keep-alive requests on C connections                 (requests/s, latency, CPU per
//   request) new   one CONNECT + full TLS handshake + request per turn  (connections/s, CPU per
//   connection) bulk  like ka, but the figure is bytes                     (MB/s, CPU per MB) idle
//   opens C tunnels, each with one hanging request       (RSS per connection, all answered?)
// One JSON line on stdout. CPU of the proxy's whole process tree is read from /proc at the start
// and the end of the measuring window, so it belongs to exactly the counted requests.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
namespace {

using std::string;

struct Opt {
  string label = "x", mode = "ka", proxy, direct, authority = "localhost:9443", sni = "localhost",
         ca, path = "/", method = "GET";
  string body, expect, ctype = "application/vnd.ms-sync.wbxml", ciphers;
  int c = 16, open_par = 32, tls12 = 0;
  double secs = 4, warm = 1, deadline = 200;
  long expect_len = -1;
  bool insecure = false, sni_count = false;
  std::vector<int> target, origin;
} o;

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
string slurp(const string& f) {
  std::ifstream s(f, std::ios::binary);
  if (!s) fprintf(stderr, "cannot read %s\n", f.c_str()), exit(2);
  return string(std::istreambuf_iterator<char>(s), {});
}

// ---- process trees -------------------------------------------------------------------------
std::vector<int> tree(const std::vector<int>& roots) {
  std::multimap<int, int> kids;
  if (DIR* d = opendir("/proc")) {
    while (dirent* e = readdir(d)) {
      int pid = atoi(e->d_name), ppid;
      if (pid <= 0) continue;
      std::ifstream f("/proc/" + string(e->d_name) + "/stat");
      string l;
      getline(f, l);
      size_t p = l.rfind(')');
      if (p != string::npos && sscanf(l.c_str() + p + 2, "%*c %d", &ppid) == 1)
        kids.insert({ppid, pid});
    }
    closedir(d);
  }
  std::vector<int> v = roots;
  for (size_t i = 0; i < v.size(); i++)
    for (auto [a, b] = kids.equal_range(v[i]); a != b; ++a) v.push_back(a->second);
  return v;
}
double cpu(const std::vector<int>& pids, double* user = nullptr) {
  double s = 0, us = 0;
  for (int p : pids) {
    std::ifstream f("/proc/" + std::to_string(p) + "/stat");
    string l;
    getline(f, l);
    size_t q = l.rfind(')');
    long u, k, cu, ck;
    if (q != string::npos &&
        sscanf(l.c_str() + q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld", &u,
               &k, &cu, &ck) == 4)
      s += u + k + cu + ck, us += u + cu;
  }
  if (user) *user = us / sysconf(_SC_CLK_TCK);
  return s / sysconf(_SC_CLK_TCK);
}
long field(const string& file, const char* key) {
  std::ifstream f(file);
  for (string l; getline(f, l);)
    if (l.rfind(key, 0) == 0) return atol(l.c_str() + strlen(key));
  return 0;
}
void mem(const std::vector<int>& pids, long& rss, long& pss) {  // KiB
  rss = pss = 0;
  for (int p : pids) {
    rss += field("/proc/" + std::to_string(p) + "/status", "VmRSS:");
    pss += field("/proc/" + std::to_string(p) + "/smaps_rollup", "Pss:");
  }
}
double self_cpu() {
  rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}
double busy_all() {  // all CPUs: user nice system irq softirq steal
  long v[8] = {};
  std::ifstream f("/proc/stat");
  string l;
  getline(f, l);
  sscanf(l.c_str(), "cpu %ld %ld %ld %ld %ld %ld %ld %ld", v, v + 1, v + 2, v + 3, v + 4, v + 5,
         v + 6, v + 7);
  return double(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / sysconf(_SC_CLK_TCK);
}

// ---- counters ------------------------------------------------------------------------------
bool counting = false, stopping = false;
long n_ok, n_conn, err_conn, err_proxy, err_tls, err_http, err_body, err_closed, n_open;
unsigned long long bytes_in;
std::vector<float> lat, lat_hs;  // ms
string first_error;
void note(const char* what, const string& more = "") {
  if (first_error.empty()) {
    char b[200] = "";
    if (unsigned long e = ERR_peek_last_error()) ERR_error_string_n(e, b, sizeof b);
    first_error = string(what) + " " + more + " " + b;
    for (char& ch : first_error)
      if ((unsigned char)ch < 32 || ch == '"' || ch == '\\') ch = ' ';  // it goes into JSON
  }
  ERR_clear_error();
}

// ---- connections ---------------------------------------------------------------------------
enum St { CONN, PWRITE, PREAD, TLS, WRITE, HEAD, BODY, CHUNK, DONE };
struct Conn {
  int fd = -1;
  SSL* ssl = nullptr;
  St st = CONN;
  string pre, head;  // CONNECT text; head (and chunked data) being gathered
  size_t off = 0, got = 0, left = 0, chunkpos = 0;
  bool until_close = false, close_after = false, fresh = true;
  double t0 = 0, treq = 0;
};
int ep;
SSL_CTX* ctx;
sockaddr_in addr;
string request;
std::vector<Conn> conns;
long sni_next;
double t_first_answer, t_last_answer;
std::vector<Conn*> reopen;

void shut(Conn* c, bool clean) {
  if (c->ssl) {
    if (clean) SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    c->ssl = nullptr;
  }
  if (c->fd >= 0) close(c->fd), c->fd = -1;
  ERR_clear_error();
}
void fail(Conn* c, long& counter, const char* what, const string& more = "") {
  counter++;
  note(what, more);
  shut(c, false);
  c->st = DONE;
  if (o.mode != "idle") reopen.push_back(c);
}
void start(Conn* c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  c->st = CONN;
  c->off = 0;
  c->fresh = true;
  c->head.clear();
  c->t0 = now();
  if (connect(c->fd, (sockaddr*)&addr, sizeof addr) && errno != EINPROGRESS)
    return fail(c, err_conn, "connect");
  epoll_event e{EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, {.ptr = c}};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}
bool again(SSL* s, int r) {
  int e = SSL_get_error(s, r);
  return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}
void begin_tls(Conn* c) {
  c->ssl = SSL_new(ctx);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_connect_state(c->ssl);
  string name = o.sni;
  if (o.sni_count) {
    char b[64];
    snprintf(b, sizeof b, "h%09ld.bench.test", sni_next++);
    name = b;
  }
  SSL_set_tlsext_host_name(c->ssl, name.c_str());
  if (!o.insecure) SSL_set1_host(c->ssl, name.c_str());
  c->st = TLS;
}
void send_next(Conn* c) {
  c->st = WRITE;
  c->off = c->got = 0;
  c->head.clear();
  c->until_close = c->close_after = false;
  c->treq = (o.mode == "new") ? c->t0 : now();
}
bool body_bytes(Conn* c, const char* p, size_t n) {  // true: still as expected
  if (counting) bytes_in += n;
  bool good = o.expect.empty() ||
              (c->got + n <= o.expect.size() && !memcmp(o.expect.data() + c->got, p, n));
  c->got += n;
  return good;
}
void finished(Conn* c) {
  double t = now();
  if (o.expect_len >= 0 && (long)c->got != o.expect_len)
    return fail(c, err_body, "length", std::to_string(c->got));
  if (o.mode == "idle") {
    if (!t_first_answer) t_first_answer = t;
    t_last_answer = t;
    n_ok++;
    c->st = DONE;
    return;
  }
  if (counting) {
    n_ok++;
    lat.push_back(float((t - c->treq) * 1e3));
  }
  if (o.mode == "new" || c->close_after) {
    shut(c, true);
    c->st = DONE;
    reopen.push_back(c);
    return;
  }
  if (stopping) {
    c->st = DONE;
    return;
  }
  send_next(c);
}
// Chunked: gathers into c->head, consumes what is whole.
void chunked(Conn* c) {
  for (;;) {
    if (c->left) {
      size_t n = std::min(c->left, c->head.size() - c->chunkpos);
      size_t data = std::min(n, c->left > 2 ? c->left - 2 : 0);
      if (data && !body_bytes(c, c->head.data() + c->chunkpos, data))
        return fail(c, err_body, "body differs");
      c->left -= n;
      c->chunkpos += n;
      if (c->left) break;
      if (c->until_close) {
        c->until_close = false;
        return finished(c);
      }  // last chunk seen
    }
    size_t e = c->head.find("\r\n", c->chunkpos);
    if (e == string::npos) break;
    size_t k = strtoul(c->head.c_str() + c->chunkpos, nullptr, 16);
    c->chunkpos = e + 2;
    c->left = k + 2;
    if (!k) c->until_close = true;
  }
  c->head.erase(0, c->chunkpos);
  c->chunkpos = 0;
}
void got_head(Conn* c, size_t end) {
  string h = c->head.substr(0, end + 2), rest = c->head.substr(end + 4);
  int status = h.size() > 12 ? atoi(h.c_str() + 9) : 0;
  if (status != 200) return fail(c, err_http, "status", h.substr(0, 60));
  long len = -1;
  bool chunk = false;
  for (size_t p = h.find("\r\n"); p != string::npos && p + 2 < h.size();
       p = h.find("\r\n", p + 2)) {
    const char* s = &h[p + 2];
    if (!strncasecmp(s, "content-length:", 15)) len = atol(s + 15);
    if (!strncasecmp(s, "transfer-encoding: chunked", 26)) chunk = true;
    if (!strncasecmp(s, "connection: close", 17)) c->close_after = true;
  }
  if (chunk) {
    c->st = CHUNK;
    c->head = rest;
    c->chunkpos = c->left = 0;
    return chunked(c);
  }
  c->st = BODY;
  c->until_close = len < 0;
  c->left = len < 0 ? 0 : len;
  if (c->until_close) c->close_after = true;
  if (!rest.empty()) {
    if (!body_bytes(c, rest.data(), rest.size())) return fail(c, err_body, "body differs");
    c->left -= std::min(c->left, rest.size());
  }
  if (!c->left && !c->until_close) finished(c);
}
char buf[65536];
void drive(Conn* c) {
  for (;;) {
    switch (c->st) {
      case DONE:
        if (c->fd >= 0 && o.mode == "idle") return;
        return;
      case CONN: {
        int e = 0;
        socklen_t l = sizeof e;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &l);
        if (e) return fail(c, err_conn, "connect", strerror(e));
        sockaddr_in peer;
        l = sizeof peer;
        if (getpeername(c->fd, (sockaddr*)&peer, &l)) return;  // not connected yet
        if (o.proxy.empty())
          begin_tls(c);
        else
          c->pre = "CONNECT " + o.authority + " HTTP/1.1\r\nHost: " + o.authority + "\r\n\r\n",
          c->st = PWRITE;
        break;
      }
      case PWRITE: {
        ssize_t r = write(c->fd, c->pre.data(), c->pre.size());
        if (r != (ssize_t)c->pre.size()) return fail(c, err_conn, "write CONNECT");
        c->pre.clear();
        c->st = PREAD;
        break;
      }
      case PREAD: {
        ssize_t r = read(c->fd, buf, 4096);
        if (r < 0 && errno == EAGAIN) return;
        if (r <= 0) return fail(c, err_proxy, "proxy closed");
        c->pre.append(buf, r);
        if (c->pre.find("\r\n\r\n") == string::npos) break;
        if (c->pre.size() < 12 || c->pre.compare(9, 3, "200"))
          return fail(c, err_proxy, "CONNECT", c->pre.substr(0, 60));
        c->pre = string();
        begin_tls(c);
        break;
      }
      case TLS: {
        int r = SSL_connect(c->ssl);
        if (r != 1) {
          if (again(c->ssl, r)) return;
          return fail(c, err_tls, "tls",
                      X509_verify_cert_error_string(SSL_get_verify_result(c->ssl)));
        }
        if (counting || o.mode == "idle") n_conn++, lat_hs.push_back(float((now() - c->t0) * 1e3));
        n_open++;
        send_next(c);
        break;
      }
      case WRITE: {
        int r = SSL_write(c->ssl, request.data() + c->off, request.size() - c->off);
        if (r <= 0) {
          if (again(c->ssl, r)) return;
          return fail(c, err_closed, "write");
        }
        c->off += r;
        if (c->off == request.size()) c->st = HEAD;
        break;
      }
      default: {
        int r = SSL_read(c->ssl, buf, sizeof buf);
        if (r <= 0) {
          if (again(c->ssl, r)) return;
          if (c->st == BODY && c->until_close) {
            finished(c);
            return;
          }
          return fail(c, err_closed, "closed while reading");
        }
        if (c->st == BODY) {
          if (!body_bytes(c, buf, r)) return fail(c, err_body, "body differs");
          if (c->until_close) break;
          c->left -= std::min(c->left, (size_t)r);
          if (!c->left) finished(c);
        } else {
          c->head.append(buf, r);
          if (c->st == CHUNK) {
            chunked(c);
            break;
          }
          size_t e = c->head.find("\r\n\r\n");
          if (e != string::npos) got_head(c, e);
        }
        if (c->st == DONE) return;
      }
    }
  }
}
void pump(int ms) {
  static epoll_event evs[512];
  int n = epoll_wait(ep, evs, 512, ms);
  for (int i = 0; i < n; i++) drive((Conn*)evs[i].data.ptr);
  std::vector<Conn*> v;
  v.swap(reopen);
  for (Conn* c : v)
    if (!stopping) start(c);
}
double pct(std::vector<float>& v, double p) {
  if (v.empty()) return 0;
  size_t k = std::min(v.size() - 1, size_t(p * v.size()));
  std::nth_element(v.begin(), v.begin() + k, v.end());
  return v[k];
}

}  // namespace

int main(int argc, char** argv) {
  auto pids = [](const char* s) {
    std::vector<int> v;
    for (const char* p = s; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : nullptr)
      v.push_back(atoi(p));
    return v;
  };
  for (int i = 1; i < argc; i++) {
    string a = argv[i];
    auto val = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (a == "--label")
      o.label = val();
    else if (a == "--mode")
      o.mode = val();
    else if (a == "--proxy")
      o.proxy = val();  // 127.0.0.1:PORT
    else if (a == "--direct")
      o.direct = val();  // 127.0.0.1:PORT
    else if (a == "--authority")
      o.authority = val();  // what CONNECT asks for
    else if (a == "--sni")
      o.sni = val();
    else if (a == "--sni-count")
      o.sni_count = true, sni_next = atol(val());
    else if (a == "--ca")
      o.ca = val();
    else if (a == "--insecure")
      o.insecure = true;
    else if (a == "--ciphers")
      o.ciphers = val();
    else if (a == "--tls12")
      o.tls12 = 1;
    else if (a == "--path")
      o.path = val();
    else if (a == "--post")
      o.method = "POST", o.body = slurp(val());
    else if (a == "--expect")
      o.expect = slurp(val()), o.expect_len = o.expect.size();
    else if (a == "--expect-len")
      o.expect_len = atol(val());
    else if (a == "-c")
      o.c = atoi(val());
    else if (a == "--open")
      o.open_par = atoi(val());
    else if (a == "-t")
      o.secs = atof(val());
    else if (a == "-w")
      o.warm = atof(val());
    else if (a == "--deadline")
      o.deadline = atof(val());
    else if (a == "--target")
      o.target = pids(val());
    else if (a == "--origin")
      o.origin = pids(val());
    else
      return fprintf(stderr, "unknown option %s\n", a.c_str()), 2;
  }
  signal(SIGPIPE, SIG_IGN);
  rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
  string dest = o.proxy.empty() ? o.direct : o.proxy;
  addr.sin_family = AF_INET;
  addr.sin_port = htons(atoi(dest.c_str() + dest.find(':') + 1));
  inet_pton(AF_INET, dest.substr(0, dest.find(':')).c_str(), &addr.sin_addr);

  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);  // every handshake is a full one
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  if (o.tls12) SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  if (!o.ciphers.empty()) SSL_CTX_set_ciphersuites(ctx, o.ciphers.c_str());
  if (!o.insecure) {
    if (o.ca.empty() || SSL_CTX_load_verify_locations(ctx, o.ca.c_str(), nullptr) != 1)
      return fprintf(stderr, "ca\n"), 2;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  }
  request = o.method + " " + o.path + " HTTP/1.1\r\nHost: " + o.authority +
            "\r\nUser-Agent: Apple-iPhone14C5/2102.79\r\n";
  if (o.method == "POST")
    request += "Content-Type: " + o.ctype +
               "\r\nMS-ASProtocolVersion: 16.1\r\nX-MS-PolicyKey: 1234567890\r\nAuthorization: "
               "Basic dXNlcjpwYXNz\r\nContent-Length: " +
               std::to_string(o.body.size()) + "\r\n";
  request += "Accept: */*\r\n\r\n" + o.body;

  ep = epoll_create1(EPOLL_CLOEXEC);
  conns.resize(o.c);
  lat.reserve(1 << 20);
  double begin = now();
  long rss0, pss0, rss = 0, pss = 0, rss_max = 0;
  mem(tree(o.target), rss0, pss0);
  auto errors = [] { return err_conn + err_proxy + err_tls + err_http + err_body + err_closed; };

  if (o.mode == "idle") {
    double cpu0 = cpu(tree(o.target)), opened_at = 0, tick = 0;
    int next = 0;
    for (;;) {
      int pending = next - n_open - (err_conn + err_proxy + err_tls);
      while (next < o.c && pending < o.open_par) start(&conns[next++]), pending++;
      pump(100);
      double t = now();
      if (!opened_at && n_open + err_conn + err_proxy + err_tls >= o.c) opened_at = t;
      if (opened_at && !t_first_answer && t - tick > 2)
        tick = t, mem(tree(o.target), rss, pss), rss_max = std::max(rss_max, rss);
      if (n_ok + errors() >= o.c || t - begin > o.deadline) break;
    }
    long rss_after, pss_after;
    mem(tree(o.target), rss_after, pss_after);
    double total = cpu(tree(o.target)) - cpu0;
    printf(
        "{\"label\":\"%s\",\"mode\":\"idle\",\"c\":%d,\"opened\":%ld,\"open_s\":%.2f,\"answered\":%"
        "ld,\"errors\":%ld,"
        "\"rss0_kb\":%ld,\"pss0_kb\":%ld,\"rss_kb\":%ld,\"pss_kb\":%ld,\"rss_after_kb\":%ld,"
        "\"rss_per_conn_kb\":%.2f,\"pss_per_conn_kb\":%.2f,\"answer_spread_ms\":%.1f,\"cpu_total_"
        "s\":%.3f,\"first_error\":\"%.80s\"}\n",
        o.label.c_str(), o.c, n_open, opened_at - begin, n_ok, errors(), rss0, pss0, rss, pss,
        rss_after, double(rss - rss0) / std::max(1L, n_open),
        double(pss - pss0) / std::max(1L, n_open), (t_last_answer - t_first_answer) * 1e3, total,
        first_error.c_str());
    for (auto& c : conns) shut(&c, true);
    return n_ok == o.c ? 0 : 1;
  }

  for (auto& c : conns) start(&c);
  while (now() - begin < o.warm) pump(20);
  lat_hs.clear();
  auto tt = tree(o.target), to = tree(o.origin);
  double us0, us1;
  double t0 = now(), c0 = cpu(tt, &us0), g0 = cpu(to), s0 = self_cpu(), b0 = busy_all(), mtick = t0;
  counting = true;
  while (now() - t0 < o.secs) {
    pump(20);
    if (now() - mtick > 0.5) {
      mtick = now();
      rss = 0;
      for (int p : tt) rss += field("/proc/" + std::to_string(p) + "/status", "VmRSS:");
      rss_max = std::max(rss_max, rss);
    }
    if (errors() > 2000 && errors() > 10 * n_ok) break;
  }
  counting = false;
  double t1 = now();
  double ct = cpu(tree(o.target), &us1) - c0, cg = cpu(tree(o.origin)) - g0, cs = self_cpu() - s0,
         cb = busy_all() - b0;
  stopping = true;
  mem(tree(o.target), rss, pss);
  rss_max = std::max(rss, rss_max);
  double d = t1 - t0, mb = bytes_in / 1e6, n = std::max(1L, n_ok);
  printf(
      "{\"label\":\"%s\",\"mode\":\"%s\",\"c\":%d,\"secs\":%.3f,\"n\":%ld,\"rps\":%.1f,\"conn_"
      "rate\":%.1f,\"mb_s\":%.2f,"
      "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f,\"hs_p50_ms\":%.3f,\"hs_"
      "p99_ms\":%.3f,"
      "\"errors\":%ld,\"cpu_us_req\":%.2f,\"cpu_user_us_req\":%.2f,\"cpu_us_mb\":%.2f,\"target_"
      "cores\":%.3f,\"origin_cores\":%.3f,"
      "\"self_cores\":%.3f,\"foreign_cores\":%.3f,\"rss_max_kb\":%ld,\"pss_kb\":%ld,\"first_"
      "error\":\"%.80s\"}\n",
      o.label.c_str(), o.mode.c_str(), o.c, d, n_ok, n_ok / d, n_conn / d, mb / d, pct(lat, .5),
      pct(lat, .99), pct(lat, .999), pct(lat, 1), pct(lat_hs, .5), pct(lat_hs, .99), errors(),
      ct / n * 1e6, (us1 - us0) / n * 1e6, mb > 0 ? ct / mb * 1e6 : 0.0, ct / d, cg / d, cs / d,
      cb / d - (ct + cg + cs) / d, rss_max, pss, first_error.c_str());
  for (auto& c : conns) shut(&c, true);
  return n_ok ? 0 : 1;
}
