import '../ui/common';
import { useState } from 'preact/hooks';
import { isProblem, newKey, path, post, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import { barred } from '../api/session';
import type { Campaign, List, Page as ListPage, Template } from '../api/types';
import { number, visible } from '../format';
import { go, type PageProps, to } from '../route';
import { audienceName, audienceOptions, statusTone } from '../ui/audience';
import { Button } from '../ui/button';
import { Combobox } from '../ui/combobox';
import { Dialog } from '../ui/dialog';
import { Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Badge, Empty, Time, Wrong } from '../ui/state';
import { PagedTable } from '../ui/table';
import { words } from 'words/shared';
import { wizard as wizardWords } from 'words/wizard';

const w = words.campaigns;
const starter = 'Hi {{first_name|there}}, … STOP to end';

export default function Campaigns({ tenant }: PageProps) {
  const [status, setStatus] = useState('');
  const [making, setMaking] = useState(false);
  const pages = usePages<Campaign>(
    withQuery(path(tenant, 'campaigns'), { limit: 50, status }),
    undefined,
    10_000,
  );
  const make = (
    <Button kind="primary" barred={barred(tenant, 'campaigns:write')} onClick={() => setMaking(true)}>
      {w.make}
    </Button>
  );
  return (
    <Page title={w.title} actions={pages.rows?.length ? make : undefined}>
      <div class="row">
        <label class="row">
          <span>{w.filter}</span>
          <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
            <option value="">{w.any}</option>
            {Object.entries(words.status).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="card flush">
        <PagedTable
          caption={w.title}
          pages={pages}
          id={(one) => one.id}
          empty={
            status ? (
              <Empty title={w.noneYet} />
            ) : (
              <Empty title={w.noneYet}>
                <p class="soft">{w.noneYetAbout}</p>
                {make}
              </Empty>
            )
          }
          columns={[
            { name: w.name, cell: (one) => <a href={to(tenant, 'campaigns', one.slug)}>{one.slug}</a> },
            {
              name: w.status,
              cell: (one) => <Badge tone={statusTone(one.status)}>{words.status[one.status]}</Badge>,
            },
            { name: w.audience, wide: true, cell: (one) => visible(audienceName(one.audience)) },
            {
              name: w.people,
              number: true,
              wide: true,
              cell: (one) => (one.launched_at ? number(one.messages) : '–'),
            },
            { name: w.when, wide: true, cell: (one) => <Time at={one.launched_at ?? one.created_at} /> },
          ]}
        />
      </div>
      {making && <NewCampaign tenant={tenant} onClose={() => setMaking(false)} />}
    </Page>
  );
}

function NewCampaign({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const lists = useRead<ListPage<List>>(withQuery(path(tenant, 'lists'), { limit: 200 }));
  const templates = useRead<ListPage<Template>>(withQuery(path(tenant, 'templates'), { limit: 200 }));
  const { busy, problem, run } = useStep();
  const [name, setName] = useState('');
  const [audience, setAudience] = useState('all');
  const [template, setTemplate] = useState('');
  const create = () =>
    run(async () => {
      const body = template || (await newTemplate(tenant, name));
      await post(path(tenant, 'campaigns'), { campaign: name, template: body, audience }, { key: newKey() });
      go(to(tenant, 'campaigns', name));
    });
  return (
    <Dialog
      title={w.newTitle}
      onClose={onClose}
      onSubmit={() => void create()}
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.create}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <Field label={w.newName} hint={words.newNameHint} error={faultAt(problem, 'campaign')}>
        <input
          required
          autoFocus
          maxLength={100}
          autocomplete="off"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field label={wizardWords.audience} hint={wizardWords.typeTag} error={faultAt(problem, 'audience')}>
        <Combobox
          free={(typed) => (typed.startsWith('tag:') ? typed : undefined)}
          options={audienceOptions(lists.data?.data ?? [])}
          value={audience}
          onChange={setAudience}
        />
      </Field>
      <Field label={wizardWords.useTemplate}>
        <select value={template} onChange={(event) => setTemplate(event.currentTarget.value)}>
          <option value="">{wizardWords.ownText}</option>
          {templates.data?.data.map((one) => (
            <option key={one.slug} value={one.slug}>
              {one.slug}
            </option>
          ))}
        </select>
      </Field>
    </Dialog>
  );
}

// A text of the campaign's own, under its name or the next that is free.
async function newTemplate(tenant: string, name: string): Promise<string> {
  for (let turn = 1; ; ++turn) {
    const slug = turn === 1 ? name : `${name}-${turn}`;
    try {
      await post(path(tenant, 'templates'), { template: slug, body: starter });
      return slug;
    } catch (failure) {
      if (!isProblem(failure) || failure.status !== 409 || turn === 20) throw failure;
    }
  }
}
