
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

  function inside() {
    return document.activeElement && document.activeElement.closest('details.case');
  }

  function worse(element) {
    return / (regressed|deleted|missing|lost) /.test(element.getAttribute('data-k'));
  }

  /* From the case that has the focus, or else an end. */
  function step(by, only_worse) {
    var here = inside();
    var beyond = cases.filter(function (element) {
      return !element.hidden && element.tagName === 'DETAILS' && element !== here && (!only_worse || worse(element)) &&
        (!here || Boolean(here.compareDocumentPosition(element) & (by > 0 ? 4 : 2))); /* following, preceding */
    });
    var next = beyond[by > 0 ? 0 : beyond.length - 1];
    if (!next) return;
    next.querySelector('summary').focus();
    next.scrollIntoView({ block: 'nearest' });
  }

  var KEYS = {
    j: function () { step(1, false); }, k: function () { step(-1, false); },
    n: function () { step(1, true); }, p: function () { step(-1, true); },
    '/': function () { text.focus(); text.select(); }
  };

  document.addEventListener('keydown', function (event) {
    var typing = /^(SELECT|TEXTAREA)$/.test(event.target.tagName) ||
      (event.target.tagName === 'INPUT' && event.target.type !== 'checkbox');
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      var here = inside();
      if (typing) event.target.blur();
      else if (here && here.open) { here.open = false; here.querySelector('summary').focus(); }
      return;
    }
    if (typing || !document.getElementById('single-keys').checked || !KEYS.hasOwnProperty(event.key)) return;
    KEYS[event.key]();
    event.preventDefault();
  });

  /* On paper what got worse stands with its logs. */
  var for_paper = [];
  window.addEventListener('beforeprint', function () {
    for_paper = cases.filter(function (element) {
      return !element.hidden && element.tagName === 'DETAILS' && !element.open && worse(element);
    });
    for_paper.forEach(function (element) { element.open = true; });
  });
  window.addEventListener('afterprint', function () {
    for_paper.forEach(function (element) { element.open = false; });
    for_paper = [];
  });
  /* An open case is one that can be linked to. */
  document.addEventListener('toggle', function (event) {
    var element = event.target;
    if (!element.classList || !element.classList.contains('case') || !element.open || for_paper.length) return;
    try { history.replaceState(null, '', '#' + encodeURI(element.id)); } catch (e) { /* as above */ }
  }, true);
  form.addEventListener('input', function () { apply(); remember(); });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('reset', function () { setTimeout(function () { apply(); remember(); }, 0); });
  window.addEventListener('hashchange', follow);

  form.hidden = false;
  document.getElementById('keys').hidden = false;
  apply();
  follow();
  document.documentElement.setAttribute('data-ready', '1');
}());
