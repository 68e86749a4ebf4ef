// Opens HTML reports in a real browser, without a network, and uses them as people do. Each problem is a line on stderr.
// Arguments: the browser, the folder for screenshots, the report of a drifted monorepo, a report of 2,000 tables.
import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

const [executablePath, pictures, drifted, large] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const problems = [];
const check = (what, holds) => { if (!holds) problems.push(what); };

async function open(file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('console', (message) => { if (message.type() === 'error') problems.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) problems.push(`network: ${request.url()}`); });
  await page.goto(pathToFileURL(file).href);
  return page;
}

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const visible = (page, selector) => page.locator(`${selector}:visible`).count();
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function search(page, text) {
  await page.locator('#search').fill(text);
  await settled(page);
}

async function filters(page) {
  const all = await visible(page, 'details.finding');
  check('there are findings', all >= 3);
  await search(page, 'user_profiles');
  const some = await visible(page, 'details.finding');
  check('the search narrows the findings', some > 0 && some < all);
  check('the search narrows the matrix', (await visible(page, '.matrix tbody tr')) < (await page.locator('.matrix tbody tr').count()));
  check('what is shown is counted', (await page.locator('#shown').innerText()) === `${some} of ${all} findings`);
  await search(page, 'no such thing');
  check('nothing found is said', (await visible(page, '.empty')) >= 2);
  await page.locator('#clear').click();
  check('clear shows everything', (await visible(page, 'details.finding')) === all);
  await page.locator('#level').selectOption('warning');
  const warnings = await visible(page, 'details.finding');
  check('the level narrows the findings', warnings === (await page.locator('details.finding[data-level=warning]').count()));
  await page.locator('#level').selectOption('');
  const kind = await page.locator('details.finding').first().getAttribute('data-kind');
  await page.locator('#kind').selectOption(kind);
  check('the type narrows the findings', (await visible(page, 'details.finding')) === (await page.locator(`details.finding[data-kind=${kind}]`).count()));
  await page.locator('#clear').click();
}

async function keyboard(page) {
  await page.locator('body').click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('/');
  check('`/` goes to the search', await page.evaluate(() => document.activeElement.id === 'search'));
  await page.keyboard.type('bio');
  check('`/` is not typed', (await page.locator('#search').inputValue()) === 'bio');
  await page.keyboard.press('Escape');
  check('Escape clears the search', (await page.locator('#search').inputValue()) === '');
  await page.keyboard.press('j');
  check('`j` goes to a finding', await page.evaluate(() => document.activeElement.matches('details.finding > summary')));
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('j');
  check('`j` goes on', (await page.evaluate(() => document.activeElement.textContent)) !== first);
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check('what has the focus has a ring', ring === 'solid');
  await page.keyboard.press('Enter');
  check('Enter unfolds a finding', await page.evaluate(() => document.activeElement.parentElement.open));
  await page.keyboard.press('Enter');
  await page.reload();
  const order = [];
  for (let presses = 0; presses < 14; presses += 1) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.textContent));
  }
  check(`Tab leads in order: ${order}`, order[0] === 'skip' && order.indexOf('search') > 0 && order.indexOf('search') < order.indexOf('theme'));
}

async function entities(page) {
  const name = page.locator('.matrix tbody a').first();
  const target = (await name.getAttribute('href')).slice(1);
  await name.click();
  await settled(page);
  check('a name in the matrix unfolds its table', await page.evaluate((id) => document.getElementById(id).open, target));
  check('disagreements are marked', (await page.locator('.entity .mark').count()) >= 2);
  check('contracts have a column', (await page.locator('.entity th', { hasText: /^Contracts/ }).count()) >= 1);
  const heads = await page.locator('.matrix thead th').allInnerTexts();
  check(`the matrix has six columns: ${heads}`, heads.length === 6);
  const boxes = page.locator('.diagram .entity');
  check('there is a diagram', (await boxes.count()) >= 10);
  await boxes.nth(3).hover();
  check('a table shows its neighbours', await page.evaluate(() => document.querySelector('.diagram svg').classList.contains('active')));
  await page.mouse.move(2, 2);
}

// Boxes of the diagram do not lie over each other, and no text runs out of its box.
async function diagram(page) {
  const wrong = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.diagram .entity')].map((box) => [box.dataset.name, box.querySelector('.box').getBBox(), box]);
    const over = [];
    for (const [name, box, element] of boxes) {
      for (const [other, its] of boxes) {
        if (name < other && box.x < its.x + its.width && its.x < box.x + box.width && box.y < its.y + its.height && its.y < box.y + box.height) over.push(`${name} lies over ${other}`);
      }
      for (const text of element.querySelectorAll('text')) {
        const bounds = text.getBBox();
        if (bounds.x + bounds.width > box.x + box.width || bounds.y + bounds.height > box.y + box.height) over.push(`${name}: ${text.textContent} runs out`);
      }
    }
    return over;
  });
  check(`diagram: ${wrong}`, wrong.length === 0);
}

async function themes() {
  const page = await open(drifted);
  const light = await background(page);
  await page.screenshot({ path: `${pictures}/light-wide.png` });
  await page.screenshot({ path: `${pictures}/light-whole.png`, fullPage: true });
  await page.locator('#theme').click();
  const dark = await background(page);
  check('the button makes it dark', light !== dark);
  await page.reload();
  await page.locator('#theme').click();
  const system = await open(drifted, { colorScheme: 'dark' });
  check('the system makes it dark', (await background(system)) === dark);
  await system.screenshot({ path: `${pictures}/dark-wide.png` });
  await system.screenshot({ path: `${pictures}/dark-whole.png`, fullPage: true });
  const narrow = await open(drifted, { viewport: { width: 390, height: 800 } });
  const overflow = await narrow.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(`a narrow window needs no scrolling sideways (${overflow})`, overflow <= 0);
  await narrow.screenshot({ path: `${pictures}/light-narrow.png` });
  const narrowDark = await open(drifted, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
  await narrowDark.screenshot({ path: `${pictures}/dark-narrow.png` });
}

async function print(page) {
  const closed = await page.locator('details:not([open])').count();
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  check('print unfolds everything', closed > 0 && (await page.locator('details:not([open])').count()) === 0);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  check('and folds it again', (await page.locator('details:not([open])').count()) === closed);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  check('print has no tools', !(await page.locator('.tools').isVisible()));
  check('print is light', (await background(page)) === 'rgb(255, 255, 255)');
  await page.pdf({ path: `${pictures}/print.pdf`, format: 'A4' });
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
}

async function withoutScript() {
  const page = await open(drifted, { javaScriptEnabled: false });
  check('findings are there without a script', (await visible(page, 'details.finding')) >= 3);
}

async function manyTables() {
  const started = performance.now();
  const page = await open(large);
  await settled(page);
  const opened = performance.now() - started;
  const rows = await page.locator('.matrix tbody tr').count();
  check(`2,000 tables are there (${rows})`, rows === 2000);
  const typed = await page.evaluate(async () => {
    const field = document.getElementById('search');
    const began = performance.now();
    field.value = 'table_0777';
    field.dispatchEvent(new Event('input'));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    document.body.getBoundingClientRect();
    return performance.now() - began;
  });
  check('one of 2,000 is found', (await visible(page, '.matrix tbody tr')) === 1);
  await page.screenshot({ path: `${pictures}/large.png` });
  return { opened: Math.round(opened), filtered: Math.round(typed) };
}

const page = await open(drifted);
await filters(page);
await keyboard(page);
await entities(page);
await diagram(page);
await print(page);
await themes();
await withoutScript();
const times = large ? await manyTables() : {};
await browser.close();
problems.forEach((problem) => console.error(problem));
console.log(JSON.stringify({ problems: problems.length, milliseconds: times }));
process.exitCode = problems.length > 0 ? 1 : 0;
