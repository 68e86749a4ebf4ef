'use strict';
const search = document.getElementById('search');
const levels = [...document.querySelectorAll('.tools input[type=checkbox]')];
const items = [...document.querySelectorAll('[data-text]')];
const shown = document.getElementById('shown');

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const on = levels.filter((level) => level.checked).map((level) => level.value);
  let count = 0;
  for (const item of items) {
    const fits = words.every((word) => item.dataset.text.includes(word)) && (on.length === 0 || on.includes(item.dataset.level));
    item.hidden = !fits;
    if (fits && item.classList.contains('finding')) count += 1;
  }
  shown.textContent = `${count} of ${items.filter((item) => item.classList.contains('finding')).length} findings shown`;
}

search.addEventListener('input', filter);
for (const level of levels) level.addEventListener('change', filter);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  if (event.key === 'Escape' && document.activeElement === search) { search.value = ''; filter(); }
});
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
}
window.addEventListener('hashchange', openTarget);
window.addEventListener('beforeprint', () => { for (const one of document.querySelectorAll('details')) one.open = true; });
openTarget();
filter();
