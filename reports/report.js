
'use strict';
/* Filters, keys, deep links and wire logs of the report. What is below a case's line waits as the
 * text of a <noscript> until the case is opened. What came from the IUT is only ever set as
 * textContent, or stands escaped in the markup. The page reads without this too. */
(function () {
  var root = document.documentElement;
  var form = document.getElementById('filters');
  var shown = document.getElementById('shown');
  var boxes = list(form.querySelectorAll('input[name=v]'));
  var fields = {};
  ['family', 'command', 'requirement', 'grade', 'standing', 'q'].forEach(function (name) {
    var field = form.querySelector('[name=' + name + ']');
    if (field) fields[name] = field; /* no standing without baseline or waivers */
  });
  var cases = list(document.querySelectorAll('details.case')).map(function (e) {
    return { e: e, id: e.id.slice(5), v: e.getAttribute('data-v'), family: e.getAttribute('data-f'),
      command: e.getAttribute('data-c'), grade: e.getAttribute('data-g'),
      standing: e.getAttribute('data-s') || '', on: true, words: null,
      requirements: ' ' + e.getAttribute('data-r').toLowerCase() };
  });
  var known = {}; /* requirements, in lower case */
  var linked = ''; /* the case that the address names */
  var FAILS = ['fail', 'failinf', 'error', 'inconclusive', 'missing', 'flaky'];
  /* Arrows point to where the bytes go: right is away from the tester, through the module, out into
   * the network. */
  var marks = {
    tx: ['\u2192', 'sent to the module'], rx: ['\u2190', 'received from the module'],
    prx: ['\u2192', 'the peer received'], ptx: ['\u2190', 'the peer sent'], peer: ['\u00b7', ''],
    broker: ['', ''],
    note: ['note', ''], line: ['line', ''], breach: ['breach', ''], deviation: ['deviation', ''],
    wait: ['', ''], cut: ['\u2026', ''], none: ['', '']
  };
  var MOST_LANES = 6; /* peers with a column of their own; the others share one */
  var FOLD = 200; /* characters of payload that are shown unfolded */
  var MOST_PRINTED = 200; /* cases that are opened for the printer */

  function list(nodes) {
    return Array.prototype.slice.call(nodes);
  }

  function element(name, className, content) {
    var e = document.createElement(name);
    if (className) e.className = className;
    if (content !== undefined) e.textContent = content;
    return e;
  }

  /* --- the wire log of a case --- */

  /* Escapes such as \r and \x1b stand back, so that the text stands out. */
  function bytes(cell, content) {
    content.split(/(\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|[rnt0\\]))/).forEach(function (part, i) {
      if (part) cell.appendChild(i % 2 ? element('span', 'x', part) : document.createTextNode(part));
    });
  }

  /* Bytes, the long ones behind their beginning; those are laid out when they are asked for. */
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

  function head_of(lanes) {
    var head = element('tr');
    [['ms', ''], ['delta', '']].concat(lanes.count > 1 ? lanes.names : [['bytes', '']]).forEach(function (name, i) {
      var th = element('th', i < 2 ? 't' : i === 2 ? 'l module' : 'l', name[0]);
      if (name[1]) th.appendChild(element('small', '', name[1]));
      th.scope = 'col';
      head.appendChild(th);
    });
    return head;
  }

  /* The logs stand at the end of the file: before it is read, the log as plain text remains. */
  function fill(box) {
    var data = document.getElementById(box.getAttribute('data-wire'));
    if (!data || box.querySelector('table')) return;
    var events = JSON.parse(data.textContent);
    if (events.length && events[0][1] === 'none') {
      box.textContent = 'Left out here: the page holds enough of them. It is in the journal.';
      return;
    }
    var lanes = lanes_of(events);
    var table = element('table', lanes.count > 1 ? 'lanes' : '');
    var body = element('tbody');
    var before = null;
    table.appendChild(element('caption', 'vh', 'Wire log'));
    table.appendChild(element('thead')).appendChild(head_of(lanes));
    events.forEach(function (event) {
      if (event[1] === 'lane') return;
      body.appendChild(row(event, before, lanes));
      if (event[1] !== 'cut' && event[1] !== 'wait') before = event[0];
    });
    table.appendChild(body);
    if (lanes.count > 1)
      box.parentNode.insertBefore(element('p', 'hint',
        '\u2192 away from the tester, through the module, to the peer; \u2190 back.'), box);
    box.textContent = '';
    box.appendChild(table);
  }

  /* --- cases --- */

  /* The markup below a case's line: the report's own, read as a browser without scripts reads it. */
  function unpack(details) {
    var packed = details.querySelector('noscript');
    if (packed) {
      var template = document.createElement('template');
      template.innerHTML = packed.textContent;
      details.replaceChild(template.content, packed);
    }
    list(details.querySelectorAll('.wire[data-wire]')).forEach(fill);
  }

  function open(details) {
    details.hidden = false;
    unpack(details);
    details.open = true;
  }

  function case_of(id) {
    return document.getElementById('case=' + id);
  }

  function go(details) {
    details.querySelector('summary').focus({ preventScroll: true });
    details.scrollIntoView({ block: details.open ? 'start' : 'nearest' });
  }

  function inside() {
    return document.activeElement && document.activeElement.closest('details.case');
  }

  /* From the case that has the focus, or else the one that was linked to, or else an end. */
  function step(by, fails) {
    var visible = cases.filter(function (c) {
      return !c.e.hidden && (!fails || FAILS.indexOf(c.v) >= 0);
    });
    var here = inside() || (linked && case_of(linked));
    var next = null;
    if (!here) {
      next = visible[by > 0 ? 0 : visible.length - 1];
    } else {
      var after = function (c) {
        var place = here.compareDocumentPosition(c.e);
        return c.e !== here && Boolean(place & (by > 0 ? 4 : 2)); /* following, preceding */
      };
      var beyond = visible.filter(after);
      next = beyond[by > 0 ? 0 : beyond.length - 1];
    }
    if (next) go(next.e);
    else say(fails ? 'no further fail shown' : 'no further case shown');
  }

  function close_all() {
    cases.forEach(function (c) { if (c.e.open) c.e.open = false; });
  }

  /* --- filters --- */

  function words(c) {
    if (c.words === null)
      c.words = (c.e.querySelector('summary').textContent + c.requirements).toLowerCase();
    return c.words;
  }

  /* "GSLP-1" is that requirement, not GSLP-12; "gslp" is all of the command's. */
  function names(c, requirement) {
    return c.requirements.indexOf(known[requirement] ? ' ' + requirement + ' ' : requirement) >= 0;
  }

  function say(more) {
    var count = cases.filter(function (c) { return c.on; }).length;
    shown.textContent = count + ' of ' + cases.length + ' cases' + (more ? '; ' + more : '');
    root.setAttribute('data-shown', String(count));
  }

  function apply() {
    var verdicts = boxes.filter(function (box) { return box.checked; }).map(function (box) { return box.value; });
    var wanted = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    var requirement = fields.requirement.value.trim().toLowerCase();
    cases.forEach(function (c) {
      c.on = (!verdicts.length || verdicts.indexOf(c.v) >= 0) &&
        ['family', 'command', 'grade', 'standing'].every(function (name) {
          return !fields[name] || !fields[name].value || c[name] === fields[name].value;
        }) &&
        (!requirement || names(c, requirement)) &&
        wanted.every(function (word) { return words(c).indexOf(word) >= 0; });
      if (c.e.hidden === c.on) c.e.hidden = !c.on;
    });
    say();
  }

  function options(select, names) {
    while (select.options.length > 1) select.remove(1);
    names.forEach(function (name) { select.appendChild(element('option', '', name)); });
  }

  function values(name, of) {
    var seen = {};
    of.forEach(function (c) { seen[c[name]] = true; });
    return Object.keys(seen).filter(Boolean);
  }

  /* Only the commands of the family that is chosen. */
  function choices() {
    var command = fields.command.value;
    var family = fields.family.value;
    options(fields.command, values('command', cases.filter(function (c) {
      return !family || c.family === family;
    })).sort());
    fields.command.value = command;
    if (!fields.command.value) fields.command.value = '';
  }

  /* --- the address: #case=ID · #req=ID · #v=fail,error&command=AT&q=words, and a case with filters --- */

  function address() {
    var parts = [];
    var on = boxes.filter(function (box) { return box.checked; }).map(function (box) { return box.value; });
    if (on.length) parts.push('v=' + on.join(','));
    Object.keys(fields).forEach(function (name) {
      if (fields[name].value) parts.push(name + '=' + encodeURIComponent(fields[name].value));
    });
    if (linked) parts.push('case=' + encodeURI(linked));
    try { history.replaceState(null, '', '#' + (parts.length ? parts.join('&') : 'cases')); } catch (e) { /* a sandbox may forbid it */ }
  }

  /* Browsers bear no more than a few changes a second. */
  var memory = 0;
  function remember() {
    clearTimeout(memory);
    memory = setTimeout(address, 100);
  }

  function decode(value) {
    try { return decodeURIComponent(value); } catch (e) { return value; }
  }

  function told() {
    var found = {};
    location.hash.slice(1).split('&').forEach(function (part) {
      var at = part.indexOf('=');
      if (at > 0) found[part.slice(0, at)] = decode(part.slice(at + 1));
    });
    return found;
  }

  function set_filters(found) {
    var verdicts = (found.v || '').split(',');
    boxes.forEach(function (box) { box.checked = verdicts.indexOf(box.value) >= 0; });
    fields.family.value = found.family || '';
    choices();
    Object.keys(fields).forEach(function (name) { fields[name].value = found[name] || ''; });
    apply();
  }

  function follow() {
    var found = told();
    var filtered = found.v !== undefined || Object.keys(fields).some(function (name) { return found[name] !== undefined; });
    linked = '';
    if (filtered) {
      set_filters(found);
      if (found.case === undefined) {
        form.scrollIntoView();
        document.getElementById('h-cases').focus({ preventScroll: true });
      }
    }
    list(document.querySelectorAll('tr.target')).forEach(function (tr) { tr.classList.remove('target'); });
    if (found.req !== undefined) {
      var tr = document.getElementById('req=' + found.req);
      if (tr) {
        tr.classList.add('target');
        tr.tabIndex = -1;
        tr.focus({ preventScroll: true });
        tr.scrollIntoView({ block: 'center' });
      }
    }
    if (found.case !== undefined) {
      var details = case_of(found.case);
      if (!details) {
        say('no case ' + found.case + ' in this run');
        form.scrollIntoView();
        return;
      }
      linked = found.case;
      open(details);
      go(details);
    }
  }

  function copy(button) {
    var line = button.parentNode.querySelector('pre').textContent;
    var done = function () { button.textContent = 'copied'; };
    if (navigator.clipboard) navigator.clipboard.writeText(line).then(done, function () {});
  }

  /* --- paper: what did not pass is printed with all that is known of it --- */

  var for_paper = [];
  function before_print() {
    for_paper = cases.filter(function (c) {
      return !c.e.hidden && !c.e.open && FAILS.indexOf(c.v) >= 0;
    }).slice(0, MOST_PRINTED);
    for_paper.forEach(function (c) { open(c.e); });
  }

  function after_print() {
    for_paper.forEach(function (c) { c.e.open = false; });
    for_paper = [];
  }

  /* --- what there is to choose from, and to click on --- */

  function furnish() {
    options(fields.family, values('family', cases));
    choices();
    var ids = document.getElementById('requirement-ids');
    list(document.querySelectorAll('.ledger tbody tr')).forEach(function (tr) {
      var id = tr.id.slice(4);
      var cell = tr.querySelector('td[data-n]');
      var count = Number(cell.getAttribute('data-n'));
      var option = element('option');
      option.value = id;
      ids.appendChild(option);
      known[id.toLowerCase()] = true;
      if (!count) return;
      var link = element('a', '', count + (count === 1 ? ' case' : ' cases'));
      link.href = '#requirement=' + encodeURIComponent(id);
      link.setAttribute('aria-label', link.textContent + ' of ' + id);
      cell.appendChild(link);
    });
    list(document.querySelectorAll('.counts li')).forEach(function (li) {
      var word = li.querySelector('small');
      var link = element('a', '', word.textContent);
      link.href = '#v=' + li.getAttribute('data-v');
      word.textContent = '';
      word.appendChild(link);
    });
    form.hidden = false;
    document.getElementById('keys').hidden = false;
  }

  var later = 0;
  function soon() {
    clearTimeout(later);
    later = setTimeout(function () { apply(); remember(); }, 60);
  }

  var KEYS = {
    j: function () { step(1, false); }, k: function () { step(-1, false); },
    n: function () { step(1, true); }, p: function () { step(-1, true); },
    '/': function () { fields.q.focus(); fields.q.select(); }
  };

  document.addEventListener('toggle', function (event) {
    var details = event.target;
    if (!details.classList || !details.classList.contains('case')) return;
    if (for_paper.length) return;
    var id = details.id.slice(5);
    if (details.open) {
      unpack(details);
      linked = id;
    } else if (linked === id) {
      linked = '';
    }
    remember();
  }, true);
  document.addEventListener('click', function (event) {
    var button = event.target.closest('button');
    if (!button) return;
    if (button.classList.contains('copy')) copy(button);
    else if (button.getAttribute('data-step')) step(Number(button.getAttribute('data-step')), true);
    else if (button.getAttribute('data-close')) close_all();
  });
  document.addEventListener('keydown', function (event) {
    var typing = /^(SELECT|TEXTAREA)$/.test(event.target.tagName) ||
      (event.target.tagName === 'INPUT' && event.target.type !== 'checkbox');
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      var here = inside();
      if (typing) event.target.blur();
      else if (here && here.open) { here.open = false; go(here); }
      return;
    }
    if (typing || !document.getElementById('single-keys').checked || !KEYS.hasOwnProperty(event.key)) return;
    KEYS[event.key]();
    event.preventDefault();
  });
  form.addEventListener('input', function (event) {
    if (event.target === fields.family) choices();
    soon();
  });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('reset', function () { setTimeout(function () { choices(); apply(); remember(); }, 0); });
  window.addEventListener('hashchange', follow);
  window.addEventListener('beforeprint', before_print);
  window.addEventListener('afterprint', after_print);
  document.addEventListener('DOMContentLoaded', function () {
    cases.forEach(function (c) { if (c.e.open) unpack(c.e); });
  });
  /* A browser goes to the address once more at the end, and takes the focus away. */
  window.addEventListener('load', function () {
    setTimeout(function () {
      if (linked && document.activeElement === document.body) go(case_of(linked));
      root.setAttribute('data-complete', '1');
    }, 0);
  });

  furnish();
  apply();
  follow();
  root.setAttribute('data-ready', '1');
}());
