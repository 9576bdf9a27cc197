// Pictures of the console, for docs/ and for whoever changes it: node screenshots.mjs [DIR]; see scripts/screenshots.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPage, settled, signIn, startBrowser } from './support/browser.mjs';
import { fill } from './support/fill.mjs';
import { password, startWorld } from './support/world.mjs';

const folder = process.argv[2];
const docs = join(dirname(fileURLToPath(import.meta.url)), '../../docs');
const pages = {
  dashboard: '/t/acme',
  inbox: '/t/acme/inbox/4',
  reviews: '/t/acme/inbox/reviews',
  contacts: '/t/acme/contacts',
  contact: '/t/acme/contacts/1',
  campaigns: '/t/acme/campaigns',
  draft: '/t/acme/campaigns/summer-menu',
  campaign: '/t/acme/campaigns/spring-sale',
  reports: '/t/acme/reports',
  report: '/t/acme/reports/spring-sale',
  links: '/t/acme/links',
  settings: '/t/acme/settings',
  senders: '/t/acme/settings/senders',
  keywords: '/t/acme/settings/keywords',
  webhooks: '/t/acme/settings/webhooks',
  me: '/me',
};
const all = [360, 768, 1280].flatMap((width) => ['light', 'dark'].map((scheme) => [width, scheme]));
// What docs/ shows.
const few = [
  ['dashboard', 1280, 'light'],
  ['draft', 1280, 'light'],
  ['inbox', 1280, 'dark'],
  ['campaign', 360, 'light'],
];

const world = await startWorld({ settings: 'failed = 0.02\nundelivered = 0.04' });
const browser = await startBrowser();
try {
  await fill(world);
  const first = await openPage(browser, world.url);
  await signIn(first.page, world.invite('mia@acme.example'), password);
  const storageState = await first.context.storageState();
  const wanted = folder ? all.flatMap(([width, scheme]) => Object.keys(pages).map((name) => [name, width, scheme])) : few;
  if (folder) mkdirSync(folder, { recursive: true });
  for (const [name, width, colorScheme] of wanted) {
    const { page, context } = await openPage(browser, world.url, {
      storageState,
      colorScheme,
      viewport: { width, height: width < 700 ? 760 : 800 },
    });
    await page.goto(pages[name]);
    await settled(page);
    await page.waitForTimeout(700);
    const path = folder ? join(folder, `${name}-${width}-${colorScheme}.png`) : join(docs, `console-${name}.png`);
    await page.screenshot({ path, fullPage: folder !== undefined });
    console.log(path);
    await context.close();
  }
} finally {
  await browser.close();
  await world.stop();
}
