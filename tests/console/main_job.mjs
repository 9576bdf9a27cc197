// The main job as somebody does it who never saw a shell: in by a link, a contact, a text, a look before the launch,
// the launch, an answer, a decision, the report.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, signIn, startBrowser } from './support/browser.mjs';
import { fill, phone } from './support/fill.mjs';
import { password, startWorld, until } from './support/world.mjs';

let world, browser, page, faults;

before(async () => {
  world = await startWorld();
  await fill(world, { contacts: 30 });
  browser = await startBrowser();
  ({ page, faults } = await openPage(browser, world.url));
  page.setDefaultTimeout(15_000);
});
after(async () => {
  await browser?.close();
  await world?.stop();
});

const heading = (name) => page.getByRole('heading', { level: 1, name });
const go = (name) => page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name, exact: true }).click();

test('a link and a chosen password let one in, once', async () => {
  const link = world.invite('mia@acme.example');
  await signIn(page, link, password);
  assert.equal(new URL(page.url()).pathname, '/t/acme');
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script can read the cookie');
  const other = await openPage(browser, world.url);
  await other.page.goto(link);
  await other.page.getByRole('button', { name: 'Go on' }).click();
  await other.page.getByRole('alert').filter({ hasText: 'used' }).waitFor();
  await other.context.close();
});

test('a contact is added with consent and found again', async () => {
  await go('Contacts');
  await page.getByRole('button', { name: 'Add a contact' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Number').fill('12');
  await dialog.getByRole('button', { name: 'Add a contact' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Number').fill('(415) 555-7000');
  await dialog.getByLabel('First name').fill('Zoé');
  await dialog.getByLabel('How they agreed').fill('asked at the counter');
  await dialog.getByLabel('spring').check();
  await dialog.getByRole('button', { name: 'Add a contact' }).click();
  await heading('Zoé').waitFor();
  await page.getByText('May be texted', { exact: true }).waitFor();
  await page.getByText('asked at the counter').first().waitFor();
  await go('Contacts');
  await page.getByLabel('Search').fill('zoe');
  await page.getByRole('link', { name: 'Zoé', exact: true }).waitFor();
  assert.equal(new URL(page.url()).search, '', 'what one looks for stands in no address');
  await page.getByRole('button', { name: 'Clear the search' }).click();
});

test('a campaign is written with a preview, checked and launched', async () => {
  await go('Campaigns');
  await page.getByRole('button', { name: 'New campaign' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the campaign').fill('oat-milk');
  await dialog.getByLabel('Audience').fill('spring');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Make a draft' }).click();
  await heading('oat-milk').waitFor();

  const text = page.getByRole('textbox', { name: 'Text' });
  const preview = page.getByRole('region', { name: 'Preview' });
  await text.fill('Hi {{first_name|there}}, oat milk is here ✓ STOP to end');
  await preview.getByText(/^Hi Ana, oat milk is here/).waitFor();
  await preview.getByText('Characters that make each part shorter: ✓').waitFor();
  await text.fill('Hi {{first_name|there}}, oat milk is here: {{link:https://acme.example/oat}} STOP to end');
  await preview.getByText(/\/r\//).waitFor();
  await preview.getByText('plain letters').waitFor();
  await until('the draft is saved', () => /oat milk is here: /.test(world.json(['template', 'show', 'oat-milk']).body));
  await page.getByText(/Draft saved at/).waitFor();

  await page.reload();
  await until('the draft is there after a reload', async () => /oat milk is here: /.test(await text.inputValue()));

  await page.getByRole('button', { name: 'Check before launch' }).click();
  await page.getByRole('heading', { name: 'What a launch would do' }).waitFor();
  await page.getByText('1 of them waits at first').waitFor();
  await page.getByRole('button', { name: 'Text 31 people' }).click();
  await dialog.getByText(/31 people get 31 parts/).waitFor();
  await dialog.getByText(/cannot be taken back/).waitFor();
  await dialog.getByRole('button', { name: 'Text 31 people' }).click();
  // One of them wrote what may be an opt-out: their text waits for a decision, and the page says so.
  await page.getByText('30 of 31 have left').waitFor();
  await page.getByText('Why texts wait').waitFor();
  await page.getByText('Being sent', { exact: true }).waitFor();
});

test('a draft that was changed elsewhere is not overwritten unseen', async () => {
  await go('Campaigns');
  await page.getByRole('link', { name: 'summer-menu' }).click();
  const text = page.getByRole('textbox', { name: 'Text' });
  await text.waitFor();
  await page.getByRole('region', { name: 'Preview' }).getByText(/iced lattes/).waitFor();
  world.cli(['template', 'update', 'summer-menu', '--body', 'Theirs. STOP to end']);
  await text.fill('Mine. STOP to end');
  await page.getByText('Somebody else changed this draft meanwhile.').waitFor();
  await page.getByRole('button', { name: 'Show their version' }).click();
  await until('their version shows', async () => (await text.inputValue()).startsWith('Theirs'));
});

test('a draft is sent at its time, or not, when that is taken back', async () => {
  world.cli(['template', 'create', 'later', '--body', 'Later. STOP to end']);
  world.cli(['campaign', 'create', 'later', '--template', 'later', '--audience', 'list:spring']);
  await page.goto('/t/acme/campaigns/later');
  await page.getByRole('button', { name: 'Check before launch' }).click();
  await page.getByRole('button', { name: 'Send later' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Day and time').fill('2001-01-02T09:00');
  await dialog.getByRole('button', { name: 'Send it then' }).click();
  await dialog.getByText(/has passed/).waitFor();
  await dialog.getByLabel('Day and time').fill('2035-01-02T09:00');
  await dialog.getByRole('button', { name: 'Send it then' }).click();
  await page.getByText('Will be sent').waitFor();
  assert.match(world.json(['schedule', 'list'])[0].due_at, /^2035-01-02T/);
  await page.getByRole('button', { name: 'Do not send it then' }).click();
  await page.getByText('Will be sent').waitFor({ state: 'detached' });
  assert.equal(world.json(['schedule', 'list']).length, 0);

  world.cli(['campaign', 'schedule', 'later', '--at', new Date(Date.now() + 8000).toISOString()]);
  await page.reload();
  await page.getByText('Will be sent').waitFor();
  await page.getByRole('button', { name: 'Check before launch' }).waitFor({ state: 'detached' });
  assert.notEqual(world.json(['campaign', 'show', 'later']).status, 'draft');
});

test('a campaign is paused in one press and canceled by its number', async () => {
  world.cli(['sender', 'update', '+15005550006', '--rate', '2']);
  world.cli(['template', 'create', 'slow', '--body', 'Slow. STOP to end']);
  world.cli(['campaign', 'create', 'slow', '--template', 'slow', '--audience', 'list:spring']);
  world.cli(['campaign', 'launch', 'slow', '--key', 'slow', '--yes']);
  await page.goto('/t/acme/campaigns/slow');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused', { exact: true }).first().waitFor();
  assert.equal(world.json(['campaign', 'show', 'slow']).status, 'paused');
  await page.getByRole('button', { name: 'Cancel the rest' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: /Cancel \d+ texts that wait\?/ }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel the rest' }).click();
  await page.getByText('Canceled', { exact: true }).first().waitFor();
  world.cli(['sender', 'update', '+15005550006', '--rate', '200']);
});

test('an answer is read and replied to', async () => {
  await go('Inbox');
  await page.getByRole('link', { name: /Do you have oat milk/ }).click();
  const talk = page.getByRole('log');
  await talk.getByText(/20% off all beans/).waitFor();
  await page.getByLabel('Reply').fill('We do, and it is on us today.');
  await page.getByRole('button', { name: 'Send' }).click();
  await talk.getByText('We do, and it is on us today.').waitFor();
  await until('it is read', () => world.json(['inbox', 'list']).find((one) => /oat milk/.test(one.body)).read_at);
});

test('a text that may be an opt-out is decided, and holds', async () => {
  await page.getByRole('link', { name: 'May be opt-outs (1)' }).click();
  await page.getByText('too many messages').waitFor();
  await page.getByRole('button', { name: 'It is an opt-out' }).click();
  await page.getByText('Nothing waits for a decision').waitFor();
  const { phone: number } = world.json(['inbox', 'list']).find((one) => one.body === 'too many messages');
  assert.equal(world.json(['consent', 'show', number]).may_be_texted, false);
});

test('the report says what came of it', async () => {
  await go('Reports');
  await page.getByText('Every text that was made is accounted for.').waitFor();
  const account = world.json(['report', 'account']);
  const figures = await page.locator('dl').first().innerText();
  assert.match(figures, new RegExp(`Sent\\s+${account.sent}\\b`));
  assert.match(figures, new RegExp(`Delivered\\s+${account.outcomes.delivered}\\b`));
  await page.getByText('As a table').click();
  await page.getByRole('row', { name: new RegExp(`\\b${account.sent}\\b`) }).first().waitFor();
  await page.getByRole('link', { name: 'oat-milk' }).click();
  await heading('Report: oat-milk').waitFor();
  const row = page.getByRole('row', { name: /^Delivered/ });
  await row.waitFor();
  assert.match(await row.innerText(), /30/);
  await page.getByText('Finished', { exact: true }).waitFor();
});

test('whoever must never be texted is put on the list, and taken off again', async () => {
  const { id } = world.json(['contact', 'show', phone(3)]);
  await page.goto(`/t/acme/contacts/${id}`);
  await page.getByRole('button', { name: 'Never text again' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Why').fill('asked by letter');
  await dialog.getByRole('button', { name: 'Never text again' }).click();
  await page.getByText('May not be texted', { exact: true }).waitFor();
  assert.equal(world.json(['contact', 'show', phone(3)]).dnc, true);
  await page.getByRole('button', { name: 'Take off the do-not-contact list' }).click();
  await page.getByText('May be texted', { exact: true }).waitFor();
});

test('a keyword and a link are made', async () => {
  await go('Settings');
  await page.getByRole('link', { name: 'Keywords' }).click();
  await page.getByRole('button', { name: 'Add a keyword' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Word').fill('menu');
  await dialog.getByLabel('Answer').fill('See acme.example/menu');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('rowheader', { name: 'MENU' }).waitFor();
  await go('Links');
  await page.getByRole('button', { name: 'New link' }).click();
  await dialog.getByLabel('Leads to').fill('https://acme.example/poster');
  await dialog.getByLabel('What it is for').fill('Poster');
  await dialog.getByRole('button', { name: 'New link' }).click();
  await heading('Poster').waitFor();
  const short = await page.getByText(`${world.url}/r/`).innerText();
  const followed = await fetch(short, { redirect: 'manual' });
  assert.equal(followed.headers.get('location'), 'https://acme.example/poster');
});

test('nothing of it was an error, a refusal by the policy or a request elsewhere', () => {
  assert.deepEqual(faults, []);
});
