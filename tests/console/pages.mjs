// What every page is, whatever is on it: light to load, unmoved by what strangers put into names, texts and addresses,
// usable by keys alone, honest about what one may not do, and careful with what one has typed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findBarriers, openPage, settled, signIn } from './support/browser.mjs';
import { hostile, phone } from './support/fill.mjs';
import { openAll } from './support/pages.mjs';
import { password } from './support/world.mjs';

let all;
before(async () => (all = await openAll()));
after(async () => all?.stop());

test('the first view of a page is light', async () => {
  for (const name of ['dashboard', 'contacts', 'contact', 'campaigns', 'a draft', 'a conversation', 'a report', 'settings']) {
    const path = all.pages[name];
    const { page, context } = await openPage(all.browser, all.world.url, { storageState: all.storageState });
    let bytes = 0;
    const files = [];
    page.on('response', (response) => {
      const { pathname, protocol } = new URL(response.url());
      if (protocol === 'data:' || pathname.startsWith('/api/')) return;
      files.push(pathname);
      bytes += Number(response.headers()['content-length']);
    });
    await page.goto(path);
    await settled(page);
    assert.ok(bytes > 10_000 && bytes <= 25_000, `${name}: ${bytes} bytes in ${files.length} files`);
    assert.ok(files.length <= 9, `${name}: ${files.length} requests: ${files}`);
    await context.close();
  }
});

test('what strangers write shows as text, and turns nothing around', async () => {
  await all.look({}, async (page) => {
    page.on('dialog', () => assert.fail('a script of a stranger ran'));
    const shows = async (path, text) => {
      await page.goto(path);
      await settled(page);
      await page.getByText(text).first().waitFor();
      assert.equal(await page.locator('main :is(script, img[src="x"], i, b)').count(), 0, path);
      const body = await page.locator('main').innerText();
      assert.doesNotMatch(body, /[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069]/, path);
    };
    await shows(all.pages.contact, '<b>Ann</b>');
    await shows(all.pages.contact, hostile.source);
    await shows(all.pages.contact, '<script>alert(1)</script>?');
    await shows(all.pages['a conversation'], 'Is <i>oat</i> milk');
    await shows(all.pages.dashboard, '<b>Ann</b>');
    await shows(all.pages.links, hostile.source);
    await shows(all.pages['a link'], 'https://acme.example/?q=%3Cscript%3E');
    // A target is shown, never followed from here.
    assert.equal(await page.locator(`a[href*="acme.example"]`).count(), 0);
    await page.goto(all.pages.contacts);
    await page.getByLabel('Search').fill('<b>');
    await page.getByRole('link', { name: /<b>Ann<\/b>/ }).waitFor();
  });
});

test('keys alone open a section and keep the focus where one is', async () => {
  await all.look({}, async (page) => {
    await page.goto('/t/acme');
    await settled(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.getByRole('link', { name: 'Contacts' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Contacts' }).waitFor();
    await settled(page);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  });
});

test('a viewer sees what may not be done, with the role that may', async () => {
  const { page, context, faults } = await openPage(all.browser, all.world.url);
  await signIn(page, all.world.invite('vic@acme.example', 'viewer'), password);
  assert.equal(await page.getByRole('link', { name: 'Inbox' }).count(), 0, 'of an agent');
  await page.goto(all.pages['a draft']);
  await settled(page);
  await page.getByText('Needs the role editor').first().waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Text' }).isDisabled(), true);
  await page.goto('/t/other');
  await page.getByRole('heading', { name: 'Nothing is here' }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test('an answer that breaks off is told and asked for again, and is no page', async () => {
  const { page, context, faults } = await openPage(all.browser, all.world.url, { storageState: all.storageState });
  const broken = [
    { contentType: 'application/json', body: '{"id": "7", "phone": "+1' },
    { contentType: 'text/html', body: '<h1>Please sign in to this network</h1>' },
  ];
  const isContact = (url) => /\/api\/v1\/tenants\/acme\/contacts\/\d+$/.test(url.pathname);
  await page.route(isContact, (route) => (broken.length ? route.fulfill(broken.shift()) : route.fallback()));
  await page.goto(all.pages.contact);
  for (let times = 0; times < 2; ++times) {
    await page.getByText('The server cannot be reached').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
  }
  await page.getByRole('heading', { name: 'Consent' }).waitFor();
  assert.deepEqual(faults, []);
  await page.unroute(isContact);
  await page.route(isContact, (route) => route.fulfill({ contentType: 'application/json', body: '{' }));
  await page.getByRole('button', { name: 'Change' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('it may have been done or not').waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test('a session that ends asks for the password and loses nothing', async () => {
  await all.look({}, async (page) => {
    const { id } = all.world.json(['contact', 'show', phone(1)]);
    await page.goto(`/t/acme/contacts/${id}`);
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByLabel('First name').fill('Bénédicte');
    all.world.cli(['user', 'sessions', 'mia@acme.example', '--end-all']);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: /Bénédicte/ }).waitFor();
    assert.equal(all.world.json(['contact', 'show', phone(1)]).first_name, 'Bénédicte');
  });
});
