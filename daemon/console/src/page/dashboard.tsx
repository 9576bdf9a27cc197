import '../ui/common';
import { path, withQuery } from '../api/client';
import { useRead } from '../api/read';
import { barred, may, membership } from '../api/session';
import type { Campaign, Failure, Inbound, Page as ListPage, Review, Status } from '../api/types';
import { number, visible } from '../format';
import { go, type PageProps, to } from '../route';
import { Button, LinkButton } from '../ui/button';
import { statusTone } from '../ui/audience';
import { reach, shares } from '../ui/outcome';
import { failureName } from '../ui/failure';
import { Page } from '../ui/page';
import { Badge, Empty, Loading, Note, Progress, Time, Wrong } from '../ui/state';
import { dashboard as w } from 'words/dashboard';
import { words } from 'words/shared';
import style from './dashboard.module.css';

// What happens now and what waits for somebody. Each card reads for itself: a slow one holds no other up.
export default function Dashboard({ tenant }: PageProps) {
  return (
    <Page title={w.title} about={membership(tenant)?.name}>
      {may(tenant, 'inbox:read') && <Reviews tenant={tenant} />}
      <div class="two">
        <Campaigns tenant={tenant} />
        <div class="stack">
          {may(tenant, 'inbox:read') && <Latest tenant={tenant} />}
          {may(tenant, 'reports:read') && <Failures tenant={tenant} />}
        </div>
      </div>
    </Page>
  );
}

function Reviews({ tenant }: { tenant: string }) {
  const read = useRead<ListPage<Review>>(withQuery(path(tenant, 'opt-out-reviews'), { limit: 50 }), 30_000);
  const waiting = read.data?.data ?? [];
  const first = waiting[0];
  if (!first) return null;
  return (
    <Note>
      <div class="row apart">
        <p>
          <strong>{w.reviewsAbout(waiting.length)}</strong>{' '}
          <span class="soft">
            {w.due} <Time at={first.due_at} relative />
          </span>
        </p>
        <LinkButton href={to(tenant, 'inbox', 'reviews')}>{w.decide}</LinkButton>
      </div>
    </Note>
  );
}

function Campaigns({ tenant }: { tenant: string }) {
  const read = useRead<ListPage<Campaign>>(withQuery(path(tenant, 'campaigns'), { limit: 8 }), 15_000);
  const rows = read.data?.data;
  return (
    <section class="card flush" aria-labelledby="campaigns">
      <header class="row apart">
        <h2 id="campaigns">{w.campaigns}</h2>
        {rows && rows.length > 0 && <a href={to(tenant, 'campaigns')}>{w.allCampaigns}</a>}
      </header>
      <Wrong problem={read.problem} retry={() => void read.reload()} />
      {!rows && !read.problem && <Loading />}
      {rows?.length === 0 && (
        <Empty title={w.noCampaigns}>
          <p class="soft">{w.noCampaignsAbout}</p>
          <Button
            kind="primary"
            barred={barred(tenant, 'campaigns:write')}
            onClick={() => go(to(tenant, 'campaigns'))}
          >
            {w.first}
          </Button>
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <ul>
          {rows.map((one) => (
            <li key={one.id} class={style.item}>
              <div class="row apart">
                <a href={to(tenant, 'campaigns', one.slug)}>
                  <strong>{one.slug}</strong>
                </a>
                <Badge tone={statusTone(one.status)}>{words.status[one.status]}</Badge>
              </div>
              <p class="small soft">
                {one.launched_at && <>{words.people(one.messages)} · </>}
                <Time at={one.launched_at ?? one.created_at} />
              </p>
              {(one.status === 'running' || one.status === 'paused') && (
                <Live tenant={tenant} slug={one.slug} />
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Live({ tenant, slug }: { tenant: string; slug: string }) {
  const { data } = useRead<Status>(path(tenant, 'campaigns', slug, 'status'), 3000);
  if (!data) return null;
  const found = reach(data);
  const label = words.run.progress(found.left, found.texted);
  return (
    <div class="stack tight">
      <Progress label={label} whole={found.texted} shares={shares(data)} />
      <p class="small">{label}</p>
    </div>
  );
}

function Latest({ tenant }: { tenant: string }) {
  const read = useRead<ListPage<Inbound>>(
    withQuery(path(tenant, 'inbox'), { limit: 50, keywords: false }),
    20_000,
  );
  const rows = read.data?.data;
  return (
    <section class="card flush" aria-labelledby="inbox">
      <header class="row apart">
        <h2 id="inbox">{w.inbox}</h2>
        {rows && rows.length > 0 && <a href={to(tenant, 'inbox')}>{w.openInbox}</a>}
      </header>
      <Wrong problem={read.problem} retry={() => void read.reload()} />
      {!rows && !read.problem && <Loading lines={3} />}
      {rows?.length === 0 && (
        <Empty title={w.noInbox}>
          <p class="soft">{w.noInboxAbout}</p>
        </Empty>
      )}
      <ul>
        {rows?.slice(0, 4).map((one) => (
          <li key={one.id} class={style.item}>
            <div class="row apart">
              <a href={to(tenant, 'inbox', one.id)}>
                <strong>{visible(one.name) || one.phone}</strong>
              </a>
              <span class="small soft">
                <Time at={one.received_at} />
              </span>
            </div>
            <p class={`small soft ${style.line}`} dir="auto">
              {visible(one.body)}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

const week_ago = () =>
  new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7 * 86_400_000).toISOString();

function Failures({ tenant }: { tenant: string }) {
  const read = useRead<{ data: Failure[] }>(
    withQuery(path(tenant, 'reports', 'failures'), { since: week_ago() }),
  );
  const rows = read.data?.data;
  return (
    <section class="card flush" aria-labelledby="failures">
      <header>
        <h2 id="failures">{w.failures}</h2>
        <p class="small soft">{w.failuresAbout}</p>
      </header>
      <Wrong problem={read.problem} retry={() => void read.reload()} />
      {!rows && !read.problem && <Loading lines={3} />}
      {rows?.length === 0 && <Empty title={w.noFailures} />}
      <ul>
        {rows?.slice(0, 5).map((one) => (
          <li key={`${one.status} ${one.error_code}`} class={`${style.item} row apart`}>
            <span>{failureName(one)}</span>
            <span class="number">{number(one.messages)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
