
'use strict';
/* Filters, deep links and wire logs of the report. What came from the IUT is only ever set as
 * textContent. The page reads without this too. */
(function () {
  var cases = Array.prototype.slice.call(document.querySelectorAll('details.case'));
  var form = document.getElementById('filters');
  var shown = document.getElementById('shown');
  var boxes = Array.prototype.slice.call(form.querySelectorAll('input[name=v]'));
  var text = form.querySelector('input[name=q]');
  var command = form.querySelector('select[name=command]');
  var grade = form.querySelector('select[name=grade]');
  var arrows = { tx: '\u2192', rx: '\u2190', note: 'note', line: 'line', breach: 'breach',
    deviation: 'deviation', cut: '\u2026' };

  function element(name, className, content) {
    var e = document.createElement(name);
    if (className) e.className = className;
    if (content !== undefined) e.textContent = content;
    return e;
  }

  /* Escapes such as \r and \x1b stand back, so that the text stands out. */
  function bytes(cell, content) {
    content.split(/(\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|[rnt0\\]))/).forEach(function (part, i) {
      if (part) cell.appendChild(i % 2 ? element('span', 'x', part) : document.createTextNode(part));
    });
  }

  function row(event, before) {
    var kind = arrows[event[1]] ? event[1] : 'note';
    var r = element('tr', kind);
    var cut = kind === 'cut';
    r.appendChild(element('td', 't', cut ? '' : (event[0] / 1000).toFixed(3)));
    r.appendChild(element('td', 'd', cut || before === null ? '' : '+' + ((event[0] - before) / 1000).toFixed(3)));
    var k = element('td', 'k', arrows[kind]);
    if (kind === 'tx' || kind === 'rx') k.setAttribute('aria-label', kind === 'tx' ? 'sent' : 'received');
    r.appendChild(k);
    var b = element('td', 'b');
    if (cut) b.textContent = event[2] + ' bytes of this log left out; all of it is in the journal';
    else if (kind === 'tx' || kind === 'rx') bytes(b, event[2]);
    else b.textContent = event[2];
    if (event[3]) b.appendChild(element('span', 'x', ' [cut]'));
    r.appendChild(b);
    return r;
  }

  function fill(box) {
    var data = document.getElementById(box.getAttribute('data-wire'));
    if (!data || box.firstChild) return;
    var events = JSON.parse(data.textContent);
    var table = element('table');
    var head = element('tr');
    ['ms', 'delta', '', 'bytes'].forEach(function (name, i) {
      var th = element('th', i < 2 ? 't' : '', name);
      th.scope = 'col';
      head.appendChild(th);
    });
    table.appendChild(head);
    var before = null;
    events.forEach(function (event) {
      table.appendChild(row(event, before));
      if (event[1] !== 'cut') before = event[0];
    });
    box.appendChild(table);
  }

  function open(details) {
    details.hidden = false;
    details.open = true;
    Array.prototype.forEach.call(details.querySelectorAll('.wire[data-wire]'), fill);
  }

  function words(details) {
    if (details.words === undefined)
      details.words = (details.querySelector('summary').textContent + ' ' +
        details.getAttribute('data-r')).toLowerCase();
    return details.words;
  }

  function apply() {
    var verdicts = {};
    boxes.forEach(function (box) { verdicts[box.value] = box.checked; });
    var all = boxes.every(function (box) { return !box.checked; });
    var wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    cases.forEach(function (details) {
      var on = (all || verdicts[details.getAttribute('data-v')]) &&
        (!command.value || details.getAttribute('data-c') === command.value) &&
        (!grade.value || details.getAttribute('data-g') === grade.value) &&
        wanted.every(function (word) { return words(details).indexOf(word) >= 0; });
      details.hidden = !on;
      if (on) count++;
    });
    shown.textContent = count + ' of ' + cases.length + ' cases';
    document.documentElement.setAttribute('data-shown', String(count));
  }

  function remember() {
    var parts = [];
    var on = boxes.filter(function (box) { return box.checked; }).map(function (box) { return box.value; });
    if (on.length) parts.push('v=' + on.join(','));
    if (command.value) parts.push('command=' + encodeURIComponent(command.value));
    if (grade.value) parts.push('grade=' + grade.value);
    if (text.value) parts.push('q=' + encodeURIComponent(text.value));
    try { history.replaceState(null, '', '#' + (parts.length ? parts.join('&') : 'cases')); } catch (e) { /* a sandbox may forbid it */ }
  }

  function decode(value) {
    try { return decodeURIComponent(value); } catch (e) { return value; }
  }

  /* #case=ID · #req=ID · #v=fail,error&command=AT&grade=stated&q=words */
  function follow() {
    var found = {};
    location.hash.slice(1).split('&').forEach(function (part) {
      var at = part.indexOf('=');
      if (at > 0) found[part.slice(0, at)] = decode(part.slice(at + 1));
    });
    if (found.v !== undefined || found.command !== undefined || found.grade !== undefined || found.q !== undefined) {
      var list = (found.v || '').split(',');
      boxes.forEach(function (box) { box.checked = list.indexOf(box.value) >= 0; });
      command.value = found.command || '';
      grade.value = found.grade || '';
      text.value = found.q || '';
      apply();
      if (found.case === undefined) form.scrollIntoView();
    }
    Array.prototype.forEach.call(document.querySelectorAll('tr.target'), function (tr) { tr.classList.remove('target'); });
    if (found.req !== undefined) {
      var tr = document.getElementById('req=' + found.req);
      if (tr) { tr.classList.add('target'); tr.scrollIntoView({ block: 'center' }); }
    }
    if (found.case !== undefined) {
      var details = document.getElementById('case=' + found.case);
      if (details) {
        open(details);
        details.scrollIntoView();
        details.querySelector('summary').focus({ preventScroll: true });
      }
    }
  }

  function step(by) {
    var visible = cases.filter(function (details) { return !details.hidden; });
    var at = visible.indexOf(document.activeElement && document.activeElement.closest('details.case'));
    var next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : at + by];
    if (next) {
      next.querySelector('summary').focus();
      next.scrollIntoView({ block: 'nearest' });
    }
  }

  function copy(button) {
    var line = button.parentNode.querySelector('pre').textContent;
    var done = function () { button.textContent = 'copied'; };
    if (navigator.clipboard) navigator.clipboard.writeText(line).then(done, function () {});
  }

  document.addEventListener('toggle', function (event) {
    if (event.target.classList && event.target.classList.contains('case') && event.target.open) open(event.target);
  }, true);
  document.addEventListener('click', function (event) {
    if (event.target.classList.contains('copy')) copy(event.target);
  });
  document.addEventListener('keydown', function (event) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === 'Escape' && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'j') step(1);
    else if (event.key === 'k') step(-1);
    else if (event.key === '/') { text.focus(); event.preventDefault(); }
  });
  form.addEventListener('input', function () { apply(); remember(); });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('reset', function () { setTimeout(function () { apply(); remember(); }, 0); });
  window.addEventListener('hashchange', follow);

  form.hidden = false;
  Array.prototype.forEach.call(document.querySelectorAll('.copy'), function (button) { button.hidden = false; });
  apply();
  follow();
  document.documentElement.setAttribute('data-ready', '1');
}());
