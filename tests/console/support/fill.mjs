// A shop's weeks of work, so that pages have something to show: contacts, lists, campaigns that ended, answers.
import { until } from './world.mjs';

export const hostile = {
  first_name: '<b>Ann</b>\u202e\u0007',
  last_name: '"><script>alert(1)</script>',
  external_id: 'javascript:alert(1)//\u2066x',
  source: '<img src=x onerror=alert(1)>',
  body: 'Is <i>oat</i> milk \u202Eklim\u202C {{x}} <script>alert(1)</script>?',
  target: 'https://acme.example/?q=%3Cscript%3E&x=<b>',
};

const firsts = ['Ana', 'Ben', 'Chloé', 'David', 'Elif', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Kaito', 'Lena', 'Mia', 'Noah', 'Olga', 'Pedro', 'Quinn', 'Rosa', 'Sven', 'Tara', 'Uma', 'Viktor', 'Wanda', 'Xin', 'Yusuf', 'Zoé'];
const lasts = ['García', 'Smith', 'Nakamura', 'Okafor', 'Larsen', 'Rossi', 'Novák', 'Dubois', 'Silva', 'Haddad', 'Kim', 'Becker'];
export const phone = (index) => `+1415555${String(index).padStart(4, '0')}`;

export async function fill(world, { contacts = 240, hostileToo = false } = {}) {
  const rows = ['phone,first_name,last_name,email,city,tags'];
  for (let i = 0; i < contacts; ++i) {
    const first = firsts[i % firsts.length];
    const last = lasts[(i * 7) % lasts.length];
    rows.push(`${phone(i)},${first},${last},${first.normalize('NFD').replace(/[^a-z]/gi, '').toLowerCase()}${i}@mail.example,Oakland,${i % 9 ? '' : 'vip'}`);
  }
  world.cli(['import', 'run', '-', '--list', 'spring', '--consent-source', 'web form 2026'], rows.join('\n'));
  world.cli(['list', 'create', 'regulars', '--name', 'Regulars']);
  world.cli(['template', 'create', 'spring-sale', '--body', 'Hi {{first_name|there}}, 20% off all beans this week: {{link:https://acme.example/spring}} STOP to end']);
  world.cli(['campaign', 'create', 'spring-sale', '--template', 'spring-sale', '--audience', 'list:spring']);
  world.cli(['campaign', 'launch', 'spring-sale', '--key', 'a', '--yes']);
  await until('the campaign is settled', () => {
    const report = world.json(['report', 'campaign', 'spring-sale']);
    return report.status === 'finished' && report.receipts_outstanding === 0;
  }, 60_000);
  const told = world.json(['message', 'list', '--campaign', 'spring-sale', '--status', 'delivered', '--limit', '6']);
  const says = ['Do you have oat milk?', 'See you at 5! ☕', 'too many messages', 'Is the Oakland shop open on Sunday? We would be eight people, with two small children.', 'Thanks!'];
  for (const [at, body] of says.entries()) await world.inbound(told[at].phone, body);
  await until('the texts are here', () => world.json(['inbox', 'list']).length >= says.length);
  world.cli(['template', 'create', 'summer-menu', '--body', 'Hi {{first_name|there}}, iced lattes are back. STOP to end']);
  world.cli(['campaign', 'create', 'summer-menu', '--template', 'summer-menu', '--audience', 'tag:vip']);
  world.cli(['keyword', 'create', 'HOURS', '--reply', 'We are open 7 to 6, on Sundays 8 to 4.']);
  world.cli(['link', 'create', 'https://acme.example/menu', '--name', 'Menu on the counter']);
  if (!hostileToo) return;
  world.cli(['contact', 'add', '+14155559001', '--first-name', hostile.first_name, '--last-name', hostile.last_name, '--external-id', hostile.external_id]);
  world.cli(['consent', 'opt-in', '+14155559001', '--source', hostile.source]);
  world.cli(['link', 'create', hostile.target, '--name', hostile.source]);
  await world.inbound('+14155559001', hostile.body);
  await until('the hostile text is here', () => world.json(['inbox', 'list']).length > says.length);
}
