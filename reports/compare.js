
'use strict';
/* Filters and deep links of a comparison. The page reads without this too. */
(function () {
  var cases = Array.prototype.slice.call(document.querySelectorAll('.case'));
  var form = document.getElementById('filters');
  var shown = document.getElementById('shown');
  var same = document.getElementById('same');
  var boxes = Array.prototype.slice.call(form.querySelectorAll('input[name=kind]'));
  var text = form.querySelector('input[name=q]');
  var family = form.querySelector('select[name=family]');

  function words(element) {
    if (element.words === undefined)
      element.words = (element.querySelector('summary,.id').textContent + ' ' +
        Array.prototype.map.call(element.querySelectorAll('.body b'), function (b) { return b.textContent; }).join(' ')).toLowerCase();
    return element.words;
  }

  function apply() {
    var kinds = boxes.filter(function (box) { return box.checked; }).map(function (box) { return ' ' + box.value + ' '; });
    var wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    var count = 0;
    cases.forEach(function (element) {
      var has = element.getAttribute('data-k');
      var on = (!kinds.length || kinds.some(function (kind) { return has.indexOf(kind) >= 0; })) &&
        (!family.value || element.getAttribute('data-f') === family.value) &&
        wanted.every(function (word) { return words(element).indexOf(word) >= 0; });
      element.hidden = !on;
      if (on) count++;
    });
    if (kinds.indexOf(' unchanged ') >= 0) same.open = true;
    shown.textContent = count + ' of ' + cases.length + ' cases';
    document.documentElement.setAttribute('data-shown', String(count));
  }

  function remember() {
    var parts = [];
    var on = boxes.filter(function (box) { return box.checked; }).map(function (box) { return box.value; });
    if (on.length) parts.push('kind=' + on.join(','));
    if (family.value) parts.push('family=' + encodeURIComponent(family.value));
    if (text.value) parts.push('q=' + encodeURIComponent(text.value));
    try { history.replaceState(null, '', '#' + (parts.length ? parts.join('&') : 'cases')); } catch (e) { /* a sandbox may forbid it */ }
  }

  function decode(value) {
    try { return decodeURIComponent(value); } catch (e) { return value; }
  }

  /* #case=ID · #kind=regressed,bytes&family=wifi&q=words */
  function follow() {
    var found = {};
    location.hash.slice(1).split('&').forEach(function (part) {
      var at = part.indexOf('=');
      if (at > 0) found[part.slice(0, at)] = decode(part.slice(at + 1));
    });
    if (found.kind !== undefined || found.family !== undefined || found.q !== undefined) {
      var list = (found.kind || '').split(',');
      boxes.forEach(function (box) { box.checked = list.indexOf(box.value) >= 0; });
      family.value = found.family || '';
      text.value = found.q || '';
      apply();
      if (found.case === undefined) form.scrollIntoView();
    }
    var element = found.case !== undefined && document.getElementById('case=' + found.case);
    if (element) {
      element.hidden = false;
      if (element.tagName === 'DETAILS') element.open = true;
      else same.open = true;
      element.scrollIntoView();
      var summary = element.querySelector('summary');
      if (summary) summary.focus({ preventScroll: true });
    }
  }

  function step(by) {
    var visible = cases.filter(function (element) { return !element.hidden && element.tagName === 'DETAILS'; });
    var at = visible.indexOf(document.activeElement && document.activeElement.closest('details.case'));
    var next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : at + by];
    if (next) {
      next.querySelector('summary').focus();
      next.scrollIntoView({ block: 'nearest' });
    }
  }

  document.addEventListener('keydown', function (event) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === 'Escape' && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'j') step(1);
    else if (event.key === 'k') step(-1);
    else if (event.key === '/') { text.focus(); event.preventDefault(); }
  });
  /* An open case is one that can be linked to. */
  document.addEventListener('toggle', function (event) {
    var element = event.target;
    if (!element.classList || !element.classList.contains('case') || !element.open) return;
    try { history.replaceState(null, '', '#' + encodeURI(element.id)); } catch (e) { /* as above */ }
  }, true);
  form.addEventListener('input', function () { apply(); remember(); });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('reset', function () { setTimeout(function () { apply(); remember(); }, 0); });
  window.addEventListener('hashchange', follow);

  form.hidden = false;
  apply();
  follow();
  document.documentElement.setAttribute('data-ready', '1');
}());
