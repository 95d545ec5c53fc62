#include "proxy/portal/front_page.hpp"

namespace eastap::portal {

const char* const kStyleSheet =
    R"(:root{--paper:#f4f5f7;--card:#fff;--ink:#1a1c20;--soft:#5a606b;--line:#d5d9e0;--link:#0a58b5;--good:#12703a;--bad:#a8331c;--open:#6b5a00}
@media (prefers-color-scheme:dark){:root{--paper:#111317;--card:#1c1f25;--ink:#eceef2;--soft:#a6adba;--line:#363b45;--link:#7db4ff;--good:#5fd38c;--bad:#ff9179;--open:#e6cd5a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:1rem;max-width:42rem;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.2;margin:.25rem 0 .5rem}
h2{font-size:1.125rem;line-height:1.3;margin:0 0 .5rem}
header p,footer p,.small{color:var(--soft);font-size:.9375rem}
a{color:var(--link)}
nav{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0}
nav a{flex:1 0 28%;text-align:center;padding:.6rem .5rem;border:1px solid var(--line);border-radius:.6rem;background:var(--card);text-decoration:none}
nav a[aria-current]{border-color:var(--link);background:var(--link);color:var(--card);font-weight:600}
.card{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1rem;margin:0 0 1rem}
.card.good,.card.bad,.card.open{border-left:.4rem solid}
.card.good{border-left-color:var(--good)}.card.good h2{color:var(--good)}
.card.bad{border-left-color:var(--bad)}.card.bad h2{color:var(--bad)}
.card.open{border-left-color:var(--open)}
ol,ul{margin:0;padding-left:1.4rem}
li{margin:0 0 .7rem}
li:last-child,.card>:last-child,.card>p:last-of-type{margin-bottom:0}
.get{display:inline-block;padding:.5rem .8rem;margin:.25rem .25rem .25rem 0;min-height:2.75rem;border:1px solid var(--link);border-radius:.6rem;background:none;color:var(--link);font:inherit;font-weight:600;text-decoration:none}
.one{white-space:nowrap}
code{font:.9375em ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace;background:var(--paper);padding:.1em .3em;border-radius:.3em}
summary{font-weight:600;cursor:pointer;min-height:1.75rem}
label{display:block;margin:.8rem 0 0}
label.check{display:flex;gap:.6rem;align-items:center}
input:not([type=checkbox]){display:block;width:100%;padding:.6rem;margin-top:.25rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper);color:inherit;font:inherit}
input[type=checkbox]{width:1.25rem;height:1.25rem}
.qr{display:block;width:min(100%,16rem);margin:1rem auto}
)";

// The test: the browser calls the probe, then asks the proxy what it saw of that call. Words come
// from the proxy, so that a page without this script says the same.
const char* const kScript = R"('use strict';
(function () {
  var root = document.documentElement;
  var card = document.getElementById('test');
  var platform = root.dataset.platform;
  // An iPad calls itself a Mac; a Mac has no touch screen.
  if (platform === 'macos' && root.dataset.chosen === '0' && navigator.maxTouchPoints > 1) {
    location.replace('/?platform=ipados');
    return;
  }
  if (!card || !window.fetch) return;
  var running = false;
  function show(verdict) {
    card.className = 'card ' + (verdict.good ? 'good' : 'bad');
    card.dataset.word = verdict.word;
    document.getElementById('title').textContent = verdict.title;
    var list = document.getElementById('advice');
    list.textContent = '';
    verdict.advice.forEach(function (line) {
      var item = document.createElement('li');
      item.textContent = line;
      list.appendChild(item);
    });
  }
  function ask(browser, began) {
    var age = Math.max(0, Date.now() - began);
    return fetch('/status.json?platform=' + platform + '&browser=' + browser + '&age=' + age, {cache: 'no-store'})
      .then(function (answer) { return answer.json(); })
      .then(show, function () {
        show({good: false, word: 'no_answer', title: 'The proxy does not answer.',
              advice: ['It may have been stopped, or this device is on another network now.']});
      });
  }
  function pause(time) { return new Promise(function (done) { setTimeout(done, time); }); }
  function test() {
    if (running) return;
    running = true;
    var began = Date.now();
    var stop = window.AbortController ? new AbortController() : null;
    var limit = setTimeout(function () { if (stop) stop.abort(); }, 8000);
    fetch(root.dataset.probe + '?' + began, {cache: 'no-store', credentials: 'omit', signal: stop ? stop.signal : undefined})
      .then(function (answer) { return answer.ok ? 'ok' : 'failed'; }, function () { return 'failed'; })
      .then(function (browser) {
        clearTimeout(limit);
        // A refusal reaches the proxy's log a moment after it reaches us.
        return pause(browser === 'ok' ? 0 : 300).then(function () { return ask(browser, began); });
      })
      .then(function () { running = false; });
  }
  document.getElementById('again').addEventListener('click', function (event) {
    event.preventDefault();
    test();
  });
  setInterval(function () {
    if (document.visibilityState === 'visible' && !card.classList.contains('good')) test();
  }, 4000);
  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'visible') test();
  });
  test();
})();
)";

}  // namespace eastap::portal
