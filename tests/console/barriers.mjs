// Everybody can use every page, dialog and refusal: axe finds nothing against WCAG 2.2 AA, by day and by night, on a
// phone and on a desk, and nothing goes sideways.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findBarriers, openPage, overflow, settled } from './support/browser.mjs';
import { openAll } from './support/pages.mjs';

let all;
before(async () => (all = await openAll()));
after(async () => all?.stop());

for (const [width, colorScheme] of [
  [320, 'dark'],
  [1280, 'light'],
])
  test(`no page has a barrier or goes sideways at ${width} px, ${colorScheme}`, async () => {
    await all.look({ viewport: { width, height: 800 }, colorScheme }, async (page) => {
      for (const [name, path] of Object.entries(all.pages)) {
        await page.goto(path);
        await settled(page);
        assert.deepEqual(await findBarriers(page), [], name);
        assert.equal(await overflow(page), 0, `${name} goes sideways`);
        assert.equal(await page.locator('h1').count(), 1, name);
        assert.match(await page.title(), / · smscrm$/, name);
      }
    });
  });

test('dialogs and what was refused have no barrier either', async () => {
  await all.look({ viewport: { width: 320, height: 700 }, colorScheme: 'dark' }, async (page) => {
    const dialogs = {
      [all.pages.contacts]: 'Add a contact',
      [all.pages.campaigns]: 'New campaign',
      [all.pages['a draft']]: 'Send a test',
      [all.pages.links]: 'New link',
      [all.pages.keywords]: 'Add a keyword',
    };
    for (const [path, button] of Object.entries(dialogs)) {
      await page.goto(path);
      await settled(page);
      await page.getByRole('button', { name: button }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      assert.deepEqual(await findBarriers(page), [], button);
      assert.equal(await overflow(page), 0, button);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
    await page.goto('/t/acme/contacts');
    await page.getByRole('button', { name: 'Add a contact' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Number').fill('12');
    await dialog.getByRole('button', { name: 'Add a contact' }).click();
    const alert = dialog.getByRole('alert');
    await alert.waitFor();
    assert.equal(await alert.evaluate((box) => box === document.activeElement), true, 'what was refused has the focus');
    assert.deepEqual(await findBarriers(page), []);
  });
});

test('signing in has no barrier, and a wrong password says so in its place', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, context, faults } = await openPage(all.browser, all.world.url, {
      viewport: { width: 320, height: 700 },
      colorScheme,
    });
    await page.goto('/t/acme/contacts');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    if (colorScheme === 'light') {
      await page.getByLabel('Email address').fill('mia@acme.example');
      await page.getByLabel('Password').fill('not this one at all');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
      assert.deepEqual(await findBarriers(page), []);
    }
    assert.deepEqual(faults, []);
    await context.close();
  }
});
