// Every page, on a world that has something to show and something hostile on each.
import { openPage, signIn, startBrowser } from './browser.mjs';
import { fill } from './fill.mjs';
import { password, startWorld } from './world.mjs';

export async function openAll() {
  const world = await startWorld({ settings: 'failed = 0.1\nundelivered = 0.1' });
  const browser = await startBrowser();
  await fill(world, { contacts: 24, hostileToo: true });
  world.cli(['webhook', 'add', 'crm', '--url', 'https://192.0.2.1/hooks', '--events', 'inbound']);
  const odd = world.json(['contact', 'show', '+14155559001']).id;
  const talk = world.json(['inbox', 'list']).find((one) => one.phone === '+14155559001').id;
  const link = world.json(['link', 'list']).find((one) => one.target_url.includes('script')).id;
  const pages = {
    dashboard: '/t/acme',
    contacts: '/t/acme/contacts',
    contact: `/t/acme/contacts/${odd}`,
    campaigns: '/t/acme/campaigns',
    'a campaign that was launched': '/t/acme/campaigns/spring-sale',
    'a draft': '/t/acme/campaigns/summer-menu',
    inbox: '/t/acme/inbox',
    'a conversation': `/t/acme/inbox/${talk}`,
    reviews: '/t/acme/inbox/reviews',
    reports: '/t/acme/reports',
    'a report': '/t/acme/reports/spring-sale',
    links: '/t/acme/links',
    'a link': `/t/acme/links/${link}`,
    settings: '/t/acme/settings',
    senders: '/t/acme/settings/senders',
    keywords: '/t/acme/settings/keywords',
    webhooks: '/t/acme/settings/webhooks',
    'the own account': '/me',
    'an address of nothing': '/t/acme/nothing',
  };
  const { page, context } = await openPage(browser, world.url);
  await signIn(page, world.invite('mia@acme.example'), password);
  const storageState = await context.storageState();
  await context.close();
  // A page of whoever is signed in; nothing may go wrong on it.
  const look = async (options, what) => {
    const opened = await openPage(browser, world.url, { storageState, ...options });
    await what(opened.page);
    await opened.context.close();
    if (opened.faults.length) throw new Error(opened.faults.join('; '));
  };
  const stop = async () => {
    await browser.close();
    await world.stop();
  };
  return { world, browser, pages, storageState, look, stop };
}
