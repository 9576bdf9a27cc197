#!/usr/bin/env node
// Makes contacts, texts them with a campaign, and follows it to its end. Node 18 or later, without packages.
//   SMSCRM=https://sms.example.com/api/v1/tenants/acme SMSCRM_KEY=smscrm_… ./campaign.mjs NAME NUMBER...
import { setTimeout as sleep } from 'node:timers/promises';

const { SMSCRM, SMSCRM_KEY } = process.env;

// The answer. A 429 or 503 is waited out; any other refusal ends the program.
async function call(method, path, body, key) {
  for (;;) {
    const answer = await fetch(SMSCRM + path, {
      method,
      headers: {
        Authorization: `Bearer ${SMSCRM_KEY}`,
        ...(body && { 'Content-Type': 'application/json' }),
        ...(key && { 'Idempotency-Key': key }),
      },
      body: body && JSON.stringify(body),
    });
    if (answer.ok) return answer.json();
    if (answer.status !== 429 && answer.status !== 503) throw new Error((await answer.json()).detail);
    await sleep(1000 * Number(answer.headers.get('Retry-After') ?? 1));
  }
}

const [name, ...numbers] = process.argv.slice(2);
await call('POST', '/lists', { list: name }, `${name} list`);
for (const phone of numbers)
  await call('POST', '/contacts', { phone, lists: [name], consent_source: 'example' }, `${name} ${phone}`);
await call('POST', '/templates', { template: name, body: 'Hi {{first_name|there}}! STOP to end' }, `${name} text`);
await call('POST', '/campaigns', { campaign: name, template: name, audience: `list:${name}` }, `${name} campaign`);
if ((await call('GET', `/campaigns/${name}`)).status === 'draft') {
  const plan = await call('POST', `/campaigns/${name}/preflight`);
  await call('POST', `/campaigns/${name}/launch`, { plan_hash: plan.plan_hash }, `${name} launch`);
}
while ((await call('GET', `/campaigns/${name}`)).status !== 'finished') await sleep(1000);
console.log(JSON.stringify(await call('GET', `/campaigns/${name}/status`)));
