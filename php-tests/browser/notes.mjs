// Creates, edits, searches and deletes a note through the page, as a person does.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const url = process.env.NOTES_URL;
const pictures = process.env.SCREENSHOTS;
let passed = 0;
let failed = 0;
const problems = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || undefined,
  headless: true,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
context.setDefaultTimeout(8000);
const page = await context.newPage();
page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
page.on('console', (message) => {
  // A refused request shows up here too; the steps that provoke one say so.
  if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) problems.push(`console: ${message.text()}`);
});

async function step(name, work) {
  try {
    await work();
    assert.deepEqual(problems.splice(0), [], 'the browser complained');
    passed++;
    console.log(`pass ${name}`);
  } catch (error) {
    failed++;
    problems.length = 0;
    console.log(`FAIL ${name}: ${error.message}`);
    await page.screenshot({ path: `${pictures}/failed-${failed}.png` }).catch(() => {});
  }
}

const notes = page.locator('.note');
const note = (title) => page.locator('.note', { has: page.getByRole('button', { name: title, exact: true }) });
const saved = (title) => page.locator('.note:not(.pending)', { has: page.getByRole('button', { name: title, exact: true }) });
const toast = page.locator('.toast');
const picture = async (name) => {
  await page.waitForTimeout(400); // until nothing moves any more
  await page.screenshot({ path: `${pictures}/${name}.png` });
};

async function write(title, body) {
  await page.getByLabel('Title').fill(title);
  await page.getByLabel('Text').fill(body);
  await page.getByRole('button', { name: 'Save' }).click();
}

async function api(path, options) {
  return page.evaluate(async ([p, o]) => {
    const answer = await fetch(p, o);
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  }, [path, options]);
}

await step('the page opens empty', async () => {
  const answer = await page.goto(url);
  assert.equal(answer.status(), 200);
  await page.getByRole('heading', { name: 'No notes yet' }).waitFor();
  assert.equal(await page.title(), 'Notes');
});

await step('create', async () => {
  await page.getByRole('button', { name: 'New note' }).click();
  await write('Buy bread', 'Rye, and some butter.\nBefore noon.');
  await saved('Buy bread').waitFor();
  assert.equal(await page.locator('#count').textContent(), '1 note');
});

await step('it is still there after a reload', async () => {
  await page.reload();
  await saved('Buy bread').waitFor();
  assert.match(await note('Buy bread').locator('.text').textContent(), /Rye, and some butter/);
});

await step('markup stays text', async () => {
  await page.keyboard.press('n');
  await write('<b>bold</b> & "quotes"', '<script>document.title = "broken"</script> — žluťoučký 🐎');
  await saved('<b>bold</b> & "quotes"').waitFor();
  await page.reload();
  await saved('<b>bold</b> & "quotes"').waitFor();
  assert.equal(await page.title(), 'Notes');
  assert.match(await note('<b>bold</b> & "quotes"').locator('.text').textContent(), /🐎/);
});

await step('a bad title is explained and nothing is lost', async () => {
  await page.getByRole('button', { name: 'New note' }).click();
  await write('   ', 'the text that must not be lost');
  await page.getByText('Title must have 1 to 200 characters').waitFor();
  assert.equal(await page.getByLabel('Text').inputValue(), 'the text that must not be lost');
  assert.equal(await page.getByLabel('Title').getAttribute('aria-invalid'), 'true');
  assert.equal(await notes.count(), 2);
  await page.getByRole('button', { name: 'Cancel' }).click();
});

await step('edit', async () => {
  await note('Buy bread').getByRole('button', { name: 'Edit Buy bread' }).click();
  assert.equal(await page.getByLabel('Title').inputValue(), 'Buy bread');
  await page.getByLabel('Title').fill('Buy rye bread');
  await page.keyboard.press('Control+Enter');
  await saved('Buy rye bread').waitFor();
  assert.equal(await note('Buy bread').count(), 0);
  await page.reload();
  await saved('Buy rye bread').waitFor();
  assert.equal(await notes.count(), 2);
});

await step('search finds and marks', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('BUTTER');
  await page.getByText('1 note with “BUTTER”').waitFor();
  assert.equal(await notes.count(), 1);
  assert.equal(await note('Buy rye bread').locator('mark').textContent(), 'butter');
  await page.getByRole('searchbox').fill('100%_nothing');
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  await page.getByRole('searchbox').fill('');
  await saved('Buy rye bread').waitFor();
});

await step('a note as a page', async () => {
  const href = await note('<b>bold</b> & "quotes"').locator('.page').getAttribute('href');
  const other = await context.newPage();
  const answer = await other.goto(url + href);
  assert.equal(answer.status(), 200);
  assert.equal(await other.locator('h1').textContent(), '<b>bold</b> & "quotes"');
  await other.screenshot({ path: `${pictures}/page.png` });
  await other.close();
});

await step('what is read is remembered in the session', async () => {
  const other = await context.newPage();
  await other.goto(url + await note('Buy rye bread').locator('.page').getAttribute('href'));
  await other.getByText('Read before').waitFor();
  assert.equal(await other.getByRole('link', { name: '<b>bold</b> & "quotes"' }).count(), 1);
  await other.close();
});

await step('a picture made by a task worker', async () => {
  const href = await note('Buy rye bread').locator('.page').getAttribute('href');
  const size = await page.evaluate(async (address) => {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    return [picture.naturalWidth, picture.naturalHeight];
  }, `${href}/picture.png`);
  assert.deepEqual(size, [64, 64]);
});

await step('what another writes appears by itself', async () => {
  const answer = await fetch(`${url}/api/notes`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"title": "From elsewhere"}' });
  assert.equal(answer.status, 201);
  await saved('From elsewhere').waitFor();
  await fetch(`${url}/api/notes/${(await answer.json()).id}`, { method: 'DELETE' });
  await saved('From elsewhere').waitFor({ state: 'detached' });
});

await step('a lost server shows, and the list stays as it was', async () => {
  await page.route('**/api/notes/*', (route) => route.abort());
  await note('Buy rye bread').getByRole('button', { name: 'Delete Buy rye bread' }).click();
  await toast.filter({ hasText: 'is not deleted: The server cannot be reached.' }).waitFor();
  assert.equal(await notes.count(), 2);
  await page.unroute('**/api/notes/*');
  await toast.getByRole('button').click();
});

await step('delete, and undo', async () => {
  await note('Buy rye bread').getByRole('button', { name: 'Delete Buy rye bread' }).click();
  await toast.filter({ hasText: 'Deleted “Buy rye bread”' }).waitFor();
  assert.equal(await note('Buy rye bread').count(), 0);
  await toast.getByRole('button', { name: 'Undo' }).click();
  await saved('Buy rye bread').waitFor();
  await note('Buy rye bread').getByRole('button', { name: 'Delete Buy rye bread' }).click();
  await toast.filter({ hasText: 'Deleted “Buy rye bread”' }).waitFor();
  await page.reload();
  await saved('<b>bold</b> & "quotes"').waitFor();
  assert.equal(await notes.count(), 1);
});

await step('the API says what was wrong', async () => {
  const missing = await api('/api/notes/999999', { headers: { Accept: 'application/problem+json' } });
  assert.equal(missing.status, 404);
  assert.match(missing.type, /application\/problem\+json/);
  assert.equal(JSON.parse(missing.text).detail, 'There is no note 999999');
  assert.equal((await api('/api/notes/abc')).status, 404);
  const json = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const wrong = await api('/api/notes', { method: 'POST', headers: json, body: '{"title": 5, "body": 7, "colour": "red"}' });
  assert.equal(wrong.status, 422);
  assert.deepEqual(Object.keys(JSON.parse(wrong.text).errors).sort(), ['body', 'title']);
  assert.equal((await api('/api/notes', { method: 'POST', headers: json, body: '{' })).status, 400);
  assert.equal((await api('/api/notes?page=first', { headers: json })).status, 400);
  assert.equal((await api('/api/notes', { method: 'PATCH' })).status, 405);
  const made = await api('/api/notes', { method: 'POST', headers: json, body: '{"title": "From the API"}' });
  assert.equal(made.status, 201);
  const id = JSON.parse(made.text).id;
  assert.equal((await api(`/api/notes/${id}`, { method: 'DELETE' })).status, 204);
  assert.equal((await api(`/api/notes/${id}`, { method: 'DELETE' })).status, 404);
});

await step('many notes come in pages', async () => {
  await page.evaluate(async () => {
    for (let i = 1; i <= 30; i++) {
      await fetch('/api/notes', { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ title: `Idea ${i}`, body: 'Something worth keeping, in a few words. '.repeat(1 + i % 4) }) });
    }
  });
  await page.reload();
  await page.getByText('31 notes').waitFor();
  assert.equal(await notes.count(), 24);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.note').length === 31);
  assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0);
});

await step('it fits a phone, in the dark', async () => {
  await page.evaluate(() => scrollTo(0, 0));
  await picture('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture('dark');
  await page.setViewportSize({ width: 375, height: 760 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'it scrolls sideways');
  await page.getByRole('button', { name: 'New note' }).click();
  await picture('phone');
});

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
