import '../ui/common';
import { useState } from 'preact/hooks';
import { newKey, patch, path, post, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import { barred } from '../api/session';
import type { Link } from '../api/types';
import { number, visible } from '../format';
import { go, type PageProps, to } from '../route';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Badge, Empty, Loading, Time, Wrong } from '../ui/state';
import { PagedTable } from '../ui/table';
import { say } from '../ui/toast';
import { links as w } from 'words/links';
import { words } from 'words/shared';

const isOver = (one: Link) =>
  one.disabled_at !== null || (one.expires_at !== null && new Date(one.expires_at).getTime() < Date.now());
const title = (one: Link) =>
  one.campaign ? w.ofCampaign(one.campaign) : visible(one.name) || visible(one.target_url);

export default function Links({ tenant, id }: PageProps) {
  return id ? <OneLink tenant={tenant} id={id} /> : <AllLinks tenant={tenant} />;
}

function AllLinks({ tenant }: { tenant: string }) {
  const [making, setMaking] = useState(false);
  const pages = usePages<Link>(withQuery(path(tenant, 'links'), { limit: 50 }));
  const make = (
    <Button kind="primary" barred={barred(tenant, 'links:write')} onClick={() => setMaking(true)}>
      {w.make}
    </Button>
  );
  return (
    <Page title={w.title} actions={pages.rows?.length ? make : undefined}>
      <div class="card flush">
        <PagedTable
          caption={w.title}
          pages={pages}
          id={(one) => one.id}
          empty={
            <Empty title={w.noneYet}>
              <p class="soft">{w.noneYetAbout}</p>
              {make}
            </Empty>
          }
          columns={[
            {
              name: w.name,
              cell: (one) => (
                <div>
                  <a href={to(tenant, 'links', one.id)}>
                    <bdi>{title(one)}</bdi>
                  </a>
                  <p class="small soft theirs">{visible(one.target_url)}</p>
                </div>
              ),
            },
            { name: w.clicks, number: true, cell: (one) => number(one.clicks) },
            { name: w.unique, number: true, wide: true, cell: (one) => number(one.unique_clicks) },
            {
              name: words.state,
              wide: true,
              cell: (one) => (
                <Badge tone={isOver(one) ? 'plain' : 'good'}>{isOver(one) ? w.ended : w.active}</Badge>
              ),
            },
            { name: w.created, wide: true, cell: (one) => <Time at={one.created_at} /> },
          ]}
        />
      </div>
      {making && <NewLink tenant={tenant} onClose={() => setMaking(false)} />}
    </Page>
  );
}

function NewLink({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const { busy, problem, run } = useStep();
  const [key] = useState(newKey);
  const [target, setTarget] = useState('');
  const [name, setName] = useState('');
  return (
    <Dialog
      title={w.make}
      onClose={onClose}
      onSubmit={() =>
        void run(async () => {
          const made = await post<Link>(
            path(tenant, 'links'),
            { target_url: target, ...(name ? { name } : {}) },
            { key },
          );
          say(w.made);
          go(to(tenant, 'links', made.id));
        })
      }
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.make}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <Field label={w.target} hint={w.targetHint} error={faultAt(problem, 'target_url')}>
        <input
          type="url"
          required
          placeholder="https://"
          value={target}
          onInput={(event) => setTarget(event.currentTarget.value)}
        />
      </Field>
      <Field label={w.name} error={faultAt(problem, 'name')}>
        <input maxLength={200} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
    </Dialog>
  );
}

function OneLink({ tenant, id }: { tenant: string; id: string }) {
  const read = useRead<Link>(path(tenant, 'links', id));
  const { busy, problem, run } = useStep();
  const [asking, setAsking] = useState(false);
  const link = read.data;
  const back = { href: to(tenant, 'links'), label: w.title };
  if (!link)
    return (
      <Page title={w.details} back={back}>
        {read.problem ? <Wrong problem={read.problem} retry={() => void read.reload()} /> : <Loading />}
      </Page>
    );
  const set = (enabled: boolean) =>
    run(async () => {
      await patch(path(tenant, 'links', id), { enabled });
      setAsking(false);
      await read.reload();
    });
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    say(words.copied);
  };
  const hits = Object.entries(link.hits ?? {});
  return (
    <Page
      title={title(link)}
      back={back}
      narrow
      aside={<Badge tone={isOver(link) ? 'plain' : 'good'}>{isOver(link) ? w.ended : w.active}</Badge>}
      actions={
        link.disabled_at ? (
          <Button busy={busy} barred={barred(tenant, 'links:write')} onClick={() => void set(true)}>
            {w.enable}
          </Button>
        ) : (
          <Button barred={barred(tenant, 'links:write')} onClick={() => setAsking(true)}>
            {w.disable}
          </Button>
        )
      }
    >
      <Wrong problem={problem} focus />
      <section class="card">
        <dl class="facts">
          {link.short_url && (
            <>
              <dt>{w.shortUrl}</dt>
              <dd class="row">
                <span class="mono">{link.short_url}</span>
                <Button onClick={() => void copy(link.short_url ?? '')}>{words.copy}</Button>
              </dd>
            </>
          )}
          <dt>{w.target}</dt>
          <dd class="theirs">{visible(link.target_url)}</dd>
          {link.campaign && (
            <>
              <dt>{words.campaigns.name}</dt>
              <dd>
                <a href={to(tenant, 'campaigns', link.campaign)}>{link.campaign}</a>
              </dd>
            </>
          )}
          <dt>{w.clicks}</dt>
          <dd>{number(link.clicks)}</dd>
          <dt>{w.unique}</dt>
          <dd>{number(link.unique_clicks)}</dd>
          {hits.map(([kind, count]) => (
            <>
              <dt>{words.hitKind[kind] ?? kind}</dt>
              <dd>{number(count)}</dd>
            </>
          ))}
          <dt>{w.created}</dt>
          <dd>
            <Time at={link.created_at} />
          </dd>
          <dt>{w.expires}</dt>
          <dd>{link.expires_at ? <Time at={link.expires_at} /> : w.never}</dd>
        </dl>
      </section>
      {asking && (
        <Dialog
          title={w.disableTitle}
          onClose={() => setAsking(false)}
          onSubmit={() => void set(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{words.cancel}</Button>
              <Button kind="danger" type="submit" busy={busy}>
                {w.disable}
              </Button>
            </>
          }
        >
          <p>{w.disableAbout}</p>
        </Dialog>
      )}
    </Page>
  );
}
