'use strict';
const byId = (id) => document.getElementById(id);
const search = byId('search');
const level = byId('level');
const kind = byId('kind');
const shown = byId('shown');
const items = [...document.querySelectorAll('[data-text]')].map((element) => ({
  element, text: element.dataset.text, level: element.dataset.level, kind: element.dataset.kind,
  finding: element.classList.contains('finding'), section: element.closest('[data-filtered]'), hidden: false,
}));
const sections = [...document.querySelectorAll('[data-filtered]')];
const findings = items.filter((item) => item.finding).length;

function fits(item, words) {
  const bad = level.value === '' || item.level === level.value || (level.value === 'any' && item.level !== 'ok');
  const same = !item.finding || kind.value === '' || item.kind === kind.value;
  return bad && same && words.every((word) => item.text.includes(word));
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  const left = new Set();
  for (const item of items) {
    const hidden = !fits(item, words);
    if (hidden !== item.hidden) {
      item.hidden = hidden;
      item.element.hidden = hidden;
    }
    if (hidden) continue;
    left.add(item.section);
    if (item.finding) count += 1;
  }
  shown.textContent = count === findings ? `${findings} findings` : `${count} of ${findings} findings`;
  for (const section of sections) section.querySelector('.empty').hidden = left.has(section) || !section.querySelector('[data-text]');
}

let waiting = 0;
function soon() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(filter);
}

function clear() {
  search.value = '';
  level.value = '';
  kind.value = '';
  filter();
}

search.addEventListener('input', soon);
level.addEventListener('change', filter);
kind.addEventListener('change', filter);
byId('clear').addEventListener('click', () => { clear(); search.focus(); });

const typing = (target) => target instanceof HTMLInputElement || target instanceof HTMLSelectElement;

function step(by) {
  const open = [...document.querySelectorAll('details.finding:not([hidden]) > summary')];
  const at = open.indexOf(document.activeElement);
  const next = open[at < 0 ? 0 : Math.min(Math.max(at + by, 0), open.length - 1)];
  if (next) { next.focus(); next.scrollIntoView({ block: 'nearest' }); }
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') { clear(); search.blur(); }
  else if (typing(event.target)) return;
  else if (event.key === '/') { event.preventDefault(); search.focus(); search.select(); }
  else if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
});

byId('unfold').addEventListener('click', (event) => {
  const open = event.currentTarget.getAttribute('aria-pressed') !== 'true';
  for (const item of items) if (!item.hidden && item.element instanceof HTMLDetailsElement) item.element.open = open;
  event.currentTarget.setAttribute('aria-pressed', String(open));
  event.currentTarget.textContent = open ? 'Fold all' : 'Unfold all';
});

const remembered = { get() { try { return localStorage.getItem('theme'); } catch { return null; } },
  set(theme) { try { localStorage.setItem('theme', theme); } catch { /* a page from disk may have no storage */ } } };
function theme(name) { document.documentElement.dataset.theme = name; }
if (remembered.get()) theme(remembered.get());
byId('theme').addEventListener('click', () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === 'dark';
  theme(dark ? 'light' : 'dark');
  remembered.set(dark ? 'light' : 'dark');
});

function openTarget() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  if (target.hidden) clear();
  target.open = true;
  target.scrollIntoView();
  target.firstElementChild.focus({ preventScroll: true });
}
window.addEventListener('hashchange', openTarget);

const closed = [];
window.addEventListener('beforeprint', () => {
  if (byId('main').classList.contains('long')) return;
  for (const one of document.querySelectorAll('details:not([open])')) { closed.push(one); one.open = true; }
});
window.addEventListener('afterprint', () => { for (const one of closed.splice(0)) one.open = false; });

const svg = document.querySelector('.diagram svg');
function light(name) {
  if (!svg) return;
  svg.classList.toggle('active', name !== null);
  const near = new Set([name]);
  for (const edge of svg.querySelectorAll('[data-from]')) {
    const on = edge.dataset.from === name || edge.dataset.to === name;
    edge.classList.toggle('on', on);
    if (on) { near.add(edge.dataset.from); near.add(edge.dataset.to); }
  }
  for (const box of svg.querySelectorAll('.entity')) box.classList.toggle('on', near.has(box.dataset.name));
}
for (const box of svg ? svg.querySelectorAll('.entity') : []) {
  box.addEventListener('pointerenter', () => light(box.dataset.name));
  box.addEventListener('pointerleave', () => light(null));
  box.addEventListener('focusin', () => light(box.dataset.name));
  box.addEventListener('focusout', () => light(null));
}

// The diagram fits its frame at first; then its width is a factor of that in which it was drawn.
const drawn = svg ? svg.viewBox.baseVal.width : 0;
function zoom(to) {
  const factor = Math.min(Math.max(to, 0.1), 4);
  svg.classList.add('zoomed');
  svg.setAttribute('width', String(drawn * factor));
  svg.removeAttribute('height');
}
const fitted = () => svg.getBoundingClientRect().width / drawn;
for (const button of document.querySelectorAll('[data-zoom]')) {
  button.addEventListener('click', () => {
    const by = { in: 1.25, out: 0.8 }[button.dataset.zoom];
    if (by) zoom(fitted() * by);
    else if (button.dataset.zoom === 'whole') zoom(1);
    else svg.classList.remove('zoomed');
  });
}
if (svg) {
  svg.parentElement.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(fitted() * (event.deltaY < 0 ? 1.1 : 0.9));
  }, { passive: false });
}

openTarget();
filter();
