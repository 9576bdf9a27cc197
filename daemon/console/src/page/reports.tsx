import '../ui/common';
import { useState } from 'preact/hooks';
import { path, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import type { Campaign, Failure } from '../api/types';
import { number } from '../format';
import { type PageProps, to } from '../route';
import { statusTone } from '../ui/audience';
import { Page } from '../ui/page';
import { Badge, Empty, Loading, Time, Wrong } from '../ui/state';
import { PagedTable } from '../ui/table';
import { reports as w } from 'words/reports';
import { words } from 'words/shared';
import { FailureBars } from '../ui/failure';
import { AccountReport } from './account-report';

const hour = 3_600_000;
// To the hour, so that a second look at it is answered from what is known.
const sinceDays = (days: number) =>
  new Date(Math.floor(Date.now() / hour) * hour - days * 24 * hour).toISOString();

const stepOf = (days: number) => (days === 1 ? 'hour' : days > 90 ? 'week' : 'day');

export default function Reports({ tenant }: PageProps) {
  const [days, setDays] = useState(30);
  const pages = usePages<Campaign>(withQuery(path(tenant, 'campaigns'), { limit: 50 }));
  const failures = useRead<{ data: Failure[] }>(
    withQuery(path(tenant, 'reports', 'failures'), { since: sinceDays(days) }),
  );
  const launched = pages.rows?.filter((one) => one.launched_at !== null);
  return (
    <Page
      title={w.title}
      actions={
        <label class="row">
          <span>{w.period}</span>
          <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {[1, 7, 30, 90, 365].map((one) => (
              <option key={one} value={one}>
                {w.days(one)}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <AccountReport tenant={tenant} from={sinceDays(days)} step={stepOf(days)} />
      <section class="card flush" aria-labelledby="campaigns">
        <h2 id="campaigns">{w.campaigns}</h2>
        <PagedTable
          caption={w.campaigns}
          pages={{ ...pages, rows: launched }}
          id={(one) => one.id}
          empty={
            <Empty title={w.noCampaigns}>
              <p class="soft">{w.noCampaignsAbout}</p>
            </Empty>
          }
          columns={[
            {
              name: words.campaigns.name,
              cell: (one) => <a href={to(tenant, 'reports', one.slug)}>{one.slug}</a>,
            },
            {
              name: words.campaigns.status,
              cell: (one) => <Badge tone={statusTone(one.status)}>{words.status[one.status]}</Badge>,
            },
            { name: words.campaigns.people, number: true, wide: true, cell: (one) => number(one.messages) },
            { name: words.run.launchedAt, wide: true, cell: (one) => <Time at={one.launched_at} /> },
            { name: words.run.finishedAt, wide: true, cell: (one) => <Time at={one.finished_at} /> },
          ]}
        />
      </section>
      <section class="card flush" aria-labelledby="failures">
        <h2 id="failures">{w.failures}</h2>
        <Wrong problem={failures.problem} retry={() => void failures.reload()} />
        {!failures.data && !failures.problem && <Loading />}
        {failures.data &&
          (failures.data.data.length ? (
            <FailureBars rows={failures.data.data} />
          ) : (
            <Empty title={w.noFailures} />
          ))}
      </section>
    </Page>
  );
}
