
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
  /* Arrows point to where the bytes go: right is away from the tester, through the module, out into
   * the network. */
  var marks = {
    tx: ['\u2192', 'sent to the module'], rx: ['\u2190', 'received from the module'],
    prx: ['\u2192', 'the peer received'], ptx: ['\u2190', 'the peer sent'], peer: ['\u00b7', ''],
    broker: ['', ''],
    note: ['note', ''], line: ['line', ''], breach: ['breach', ''], deviation: ['deviation', ''],
    wait: ['', ''], cut: ['\u2026', '']
  };
  var MOST_LANES = 6; /* peers with a column of their own; the others share one */
  var FOLD = 200; /* characters of payload that are shown unfolded */

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

  /* Bytes, the long ones behind their beginning. */
  function payload(cell, event) {
    var content = event[2];
    if (content.length <= FOLD) {
      bytes(cell, content);
      return;
    }
    var folded = element('details', 'fold');
    var summary = element('summary');
    bytes(summary, content.slice(0, 40).replace(/\\(x[0-9a-f]?)?$/, ''));
    summary.appendChild(element('span', 'x', ' \u2026 ' + event[3] + ' bytes'));
    var all = element('div');
    bytes(all, content);
    folded.appendChild(summary);
    folded.appendChild(all);
    cell.appendChild(folded);
  }

  function time(cells, event, before) {
    cells.appendChild(element('td', 't', (event[0] / 1000).toFixed(3)));
    cells.appendChild(element('td', 'd', before === null ? '' : '+' + ((event[0] - before) / 1000).toFixed(3)));
  }

  function mark(cell, kind, lane, event) {
    if (!marks[kind][0]) return;
    var k = element('span', 'k', marks[kind][0]);
    if (marks[kind][1]) {
      k.setAttribute('role', 'img');
      k.setAttribute('aria-label', marks[kind][1]);
    }
    if (lane && lane.shared) cell.appendChild(element('span', 'p', 'peer ' + event[5]));
    if (lane && event[6] >= 0 && (lane.shared || lane.connections > 1))
      cell.appendChild(element('span', 'p', '#' + event[6]));
    cell.appendChild(k);
    cell.appendChild(document.createTextNode('\u00a0'));
  }

  /* A row has a cell in the lane of the one that it is about; what is about the case goes across. */
  function row(event, before, lanes) {
    var kind = marks[event[1]] ? event[1] : 'note';
    var r = element('tr', kind);
    var lane = event[5] === undefined ? null : lanes.of[event[5]] || null;
    var at = lane ? lane.at : 0;
    var across = !lane && kind !== 'tx' && kind !== 'rx';
    if (kind === 'cut' || kind === 'wait') {
      r.appendChild(element('td', 't'));
      r.appendChild(element('td', 'd'));
    } else {
      time(r, event, before);
    }
    for (var i = 0; i < lanes.count; i++) {
      var b = element('td', i === at || across ? 'b' : 'n');
      if (across) b.colSpan = lanes.count;
      if (i === at || across) {
        mark(b, kind, lane, event);
        if (kind === 'cut') b.appendChild(document.createTextNode(event[2] + ' bytes of this log left out; all of it is in the journal'));
        else if (/^p?[rt]x$/.test(kind)) payload(b, event);
        else b.appendChild(document.createTextNode(event[2]));
        if (event[4]) b.appendChild(element('span', 'x', ' [cut]'));
      }
      r.appendChild(b);
      if (across) break;
    }
    return r;
  }

  function lanes_of(events) {
    var lanes = { of: {}, names: [['module\u2019s line', '']], count: 1 };
    var peers = events.filter(function (event) { return event[1] === 'lane'; });
    var count = peers.filter(function (event) { return event[5] >= 0; }).length;
    peers.forEach(function (event, i) {
      var shared = event[5] >= 0 && count > MOST_LANES && i >= MOST_LANES - 1;
      if (event[5] < 0) lanes.names.push(['MQTT broker', event[2]]);
      else if (!shared) lanes.names.push(['peer ' + event[5], event[2]]);
      else if (i === MOST_LANES - 1) lanes.names.push(['the other ' + (count - i) + ' peers', '']);
      lanes.of[event[5]] = { at: lanes.names.length - 1, shared: shared, connections: event[3] };
    });
    lanes.count = lanes.names.length;
    return lanes;
  }

  function fill(box) {
    var data = document.getElementById(box.getAttribute('data-wire'));
    if (!data || box.firstChild) return;
    var events = JSON.parse(data.textContent);
    var lanes = lanes_of(events);
    var table = element('table', lanes.count > 1 ? 'lanes' : '');
    var head = element('tr');
    [['ms', ''], ['delta', '']].concat(lanes.count > 1 ? lanes.names : [['bytes', '']]).forEach(function (name, i) {
      var th = element('th', i < 2 ? 't' : i === 2 ? 'l module' : 'l', name[0]);
      if (name[1]) th.appendChild(element('small', '', name[1]));
      th.scope = 'col';
      head.appendChild(th);
    });
    table.appendChild(head);
    var before = null;
    events.forEach(function (event) {
      if (event[1] === 'lane') return;
      table.appendChild(row(event, before, lanes));
      if (event[1] !== 'cut' && event[1] !== 'wait') before = event[0];
    });
    if (lanes.count > 1)
      box.parentNode.insertBefore(element('p', 'hint',
        '\u2192 away from the tester, through the module, to the peer; \u2190 back.'), box);
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
