import '../ui/common';
import { useState } from 'preact/hooks';
import { path, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import { may } from '../api/session';
import type { Failure, Status } from '../api/types';
import { visible } from '../format';
import { type PageProps, to } from '../route';
import { Button } from '../ui/button';
import { statusTone } from '../ui/audience';
import { Figures, OutcomeTable, reach, shares } from '../ui/outcome';
import { FailureBars } from '../ui/failure';
import { Page } from '../ui/page';
import { Badge, Empty, Loading, Note, Progress, Time, Wrong } from '../ui/state';
import { PagedTable } from '../ui/table';
import { reports as w } from 'words/reports';
import { words } from 'words/shared';

interface Message {
  id: number;
  contact: number | null;
  phone: string;
  status: string;
  error: string;
  error_meaning: string;
  status_at: string;
}
const missed = ['failed', 'undelivered', 'expired', 'unknown'];

export default function Report({ tenant, id }: PageProps) {
  const read = useRead<Status>(path(tenant, 'reports', 'campaigns', id), 5_000);
  const failures = useRead<{ data: Failure[] }>(
    withQuery(path(tenant, 'reports', 'failures'), { campaign: id }),
  );
  const status = read.data;
  const back = { href: to(tenant, 'reports'), label: w.title };
  if (!status)
    return (
      <Page title={w.of(id)} back={back}>
        {read.problem ? <Wrong problem={read.problem} retry={() => void read.reload()} /> : <Loading />}
      </Page>
    );
  const found = reach(status);
  return (
    <Page
      title={w.of(status.campaign)}
      back={back}
      aside={<Badge tone={statusTone(status.status)}>{words.status[status.status]}</Badge>}
      about={
        <>
          {words.run.launchedAt} <Time at={status.launched_at} />
        </>
      }
      actions={
        <>
          <a href={to(tenant, 'campaigns', status.campaign)}>{words.campaigns.name}</a>
          <Button onClick={() => print()}>{w.print}</Button>
        </>
      }
    >
      <Wrong problem={read.problem} retry={() => void read.reload()} />
      {status.receipts_outstanding > 0 && <Note>{words.run.receipts(status.receipts_outstanding)}</Note>}
      <section class="card stack" aria-label={words.run.people}>
        <Progress
          label={words.run.progress(found.left, found.texted)}
          whole={found.texted}
          shares={shares(status)}
        />
        <Figures status={status} />
      </section>
      <div class="two">
        <section class="card flush" aria-labelledby="outcome">
          <h2 id="outcome">{words.run.outcome}</h2>
          <OutcomeTable status={status} />
        </section>
        <section class="card flush" aria-labelledby="failures">
          <h2 id="failures">{w.failures}</h2>
          <Wrong problem={failures.problem} retry={() => void failures.reload()} />
          {!failures.data && !failures.problem && <Loading />}
          {failures.data &&
            (failures.data.data.length ? (
              <FailureBars rows={failures.data.data} beside />
            ) : (
              <Empty title={w.noMissed} />
            ))}
        </section>
      </div>
      {may(tenant, 'messages:read') && <Missed tenant={tenant} campaign={id} status={status} />}
    </Page>
  );
}

// Who did not get it, by name of the state: the list that people ask for.
function Missed({ tenant, campaign, status }: { tenant: string; campaign: string; status: Status }) {
  const there = missed.filter((one) => (one === 'unknown' ? status.unknown : status.outcomes[one]) ?? 0);
  const [chosen, setChosen] = useState<string | undefined>();
  const state = chosen ?? there[0];
  const pages = usePages<Message>(
    state ? withQuery(path(tenant, 'messages'), { limit: 50, campaign, status: state }) : null,
  );
  if (!state) return null;
  return (
    <section class="card flush" aria-labelledby="missed">
      <header class="row apart">
        <h2 id="missed">{w.missed}</h2>
        <label class="row">
          <span>{words.run.state}</span>
          <select value={state} onChange={(event) => setChosen(event.currentTarget.value)}>
            {there.map((one) => (
              <option key={one} value={one}>
                {words.outcome[one]}
              </option>
            ))}
          </select>
        </label>
      </header>
      <PagedTable
        caption={w.missed}
        pages={pages}
        id={(one) => one.id}
        empty={<Empty title={w.noMissed} />}
        columns={[
          {
            name: w.number,
            cell: (one) =>
              one.contact ? <a href={to(tenant, 'contacts', one.contact)}>{one.phone}</a> : one.phone,
          },
          {
            name: w.why,
            cell: (one) => visible(one.error_meaning || one.error) || words.outcome[one.status],
          },
          { name: words.campaigns.when, wide: true, cell: (one) => <Time at={one.status_at} /> },
        ]}
      />
    </section>
  );
}
