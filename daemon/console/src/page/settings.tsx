import '../ui/common';
import { useState } from 'preact/hooks';
import { newKey, patch, path, post, remove, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import { barred, may } from '../api/session';
import type { Delivery, Keyword, List, Page as ListPage, Sender, Tenant, Webhook } from '../api/types';
import { number, visible } from '../format';
import { type PageProps, to } from '../route';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Choice, Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Badge, Empty, Loading, Note, Time, Wrong, type Tone } from '../ui/state';
import { PagedTable } from '../ui/table';
import { say } from '../ui/toast';
import { settings as w } from 'words/settings';
import { words } from 'words/shared';
import tabs from '../ui/tabs.module.css';

export default function Settings({ tenant, id }: PageProps) {
  const sections = [
    { id: '', label: w.tenant, page: <TenantSettings tenant={tenant} /> },
    { id: 'senders', label: w.senders, page: <Senders tenant={tenant} /> },
    { id: 'keywords', label: w.keywords, page: <Keywords tenant={tenant} /> },
    ...(may(tenant, 'webhooks:read')
      ? [{ id: 'webhooks', label: w.webhooks, page: <Webhooks tenant={tenant} /> }]
      : []),
  ];
  const shown = sections.find((one) => one.id === id);
  return (
    <Page title={w.title}>
      <nav class={tabs.tabs} aria-label={w.title}>
        {sections.map((one) => (
          <a
            key={one.id}
            class={tabs.tab}
            href={one.id ? to(tenant, 'settings', one.id) : to(tenant, 'settings')}
            aria-current={one === shown ? 'page' : undefined}
          >
            {one.label}
          </a>
        ))}
      </nav>
      {shown ? shown.page : <p>{words.notFound}</p>}
    </Page>
  );
}

function TenantSettings({ tenant }: { tenant: string }) {
  const read = useRead<Tenant>(path(tenant));
  const one = read.data;
  if (!one)
    return read.problem ? <Wrong problem={read.problem} retry={() => void read.reload()} /> : <Loading />;
  const facts: [string, string][] = [
    [w.name, visible(one.name)],
    [w.slug, one.slug],
    [w.zone, one.timezone],
    [w.country, one.country],
    [w.consent, w.consentOf[one.consent] ?? one.consent],
    [w.quiet, one.quiet_hours === 'off' ? w.off : one.quiet_hours],
    [w.cap, one.daily_cap === null ? w.noCap : number(one.daily_cap)],
    [w.retries, number(one.undelivered_retries)],
    [w.stopReply, visible(one.stop_reply) || w.carrier],
    [w.startReply, visible(one.start_reply) || w.carrier],
    [w.helpReply, visible(one.help_reply) || w.carrier],
    [w.linkUrl, visible(one.link_url)],
  ];
  return (
    <div class="stack">
      <section class="card">
        <dl class="facts">
          {facts
            .filter(([, value]) => value)
            .map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd class="theirs">{value}</dd>
              </>
            ))}
        </dl>
      </section>
      <p class="small soft">{w.tenantAbout}</p>
    </div>
  );
}

function Senders({ tenant }: { tenant: string }) {
  const pages = usePages<Sender>(withQuery(path(tenant, 'senders'), { limit: 200 }));
  return (
    <div class="stack">
      <div class="card flush">
        <PagedTable
          caption={w.senders}
          pages={pages}
          id={(one) => one.id}
          empty={
            <Empty title={w.noSenders}>
              <p class="soft">{w.noSendersAbout}</p>
            </Empty>
          }
          columns={[
            { name: w.address, cell: (one) => <span class="mono">{one.address}</span> },
            { name: words.kind, cell: (one) => words.senderKinds[one.kind] ?? one.kind },
            { name: w.pool, wide: true, cell: (one) => visible(one.pool) || '–' },
            { name: words.rate, number: true, cell: (one) => number(one.rate) },
            {
              name: w.dailyCap,
              number: true,
              wide: true,
              cell: (one) => (one.daily_cap === null ? w.noCap : number(one.daily_cap)),
            },
          ]}
        />
      </div>
      <p class="small soft">{w.sendersAbout}</p>
    </div>
  );
}

function Keywords({ tenant }: { tenant: string }) {
  const pages = usePages<Keyword>(withQuery(path(tenant, 'keywords'), { limit: 200 }));
  const [editing, setEditing] = useState<Keyword | 'new' | undefined>();
  const [deleting, setDeleting] = useState<Keyword | undefined>();
  const bar = barred(tenant, 'settings:write');
  const add = (
    <Button kind="primary" barred={bar} onClick={() => setEditing('new')}>
      {w.addKeyword}
    </Button>
  );
  const done = () => {
    setEditing(undefined);
    setDeleting(undefined);
    pages.reload();
  };
  return (
    <div class="stack">
      {!!pages.rows?.length && <div class="row">{add}</div>}
      <div class="card flush">
        <PagedTable
          caption={w.keywords}
          pages={pages}
          id={(one) => one.keyword}
          empty={
            <Empty title={w.noKeywords}>
              <p class="soft">{w.noKeywordsAbout}</p>
              {add}
            </Empty>
          }
          columns={[
            {
              name: w.keyword,
              cell: (one) => (
                <span class="row">
                  <bdi>{visible(one.keyword)}</bdi>
                  {one.stops && <Badge tone="warn">{w.stops}</Badge>}
                </span>
              ),
            },
            { name: w.reply, cell: (one) => <span class="theirs">{visible(one.reply) || '–'}</span> },
            { name: w.list, wide: true, cell: (one) => one.list || '–' },
            {
              name: w.change,
              cell: (one) => (
                <span class="row">
                  <Button
                    disabled={!!bar}
                    onClick={() => setEditing(one)}
                    aria-label={`${w.change}: ${one.keyword}`}
                  >
                    {w.change}
                  </Button>
                  <Button
                    kind="quiet"
                    disabled={!!bar}
                    onClick={() => setDeleting(one)}
                    aria-label={`${words.delete}: ${one.keyword}`}
                  >
                    {words.delete}
                  </Button>
                </span>
              ),
            },
          ]}
        />
      </div>
      {editing && (
        <EditKeyword
          tenant={tenant}
          keyword={editing === 'new' ? undefined : editing}
          onClose={() => setEditing(undefined)}
          onDone={done}
        />
      )}
      {deleting && (
        <Sure
          title={w.deleteKeyword(visible(deleting.keyword))}
          about={w.deleteKeywordAbout}
          button={words.delete}
          onClose={() => setDeleting(undefined)}
          act={async () => {
            await remove(path(tenant, 'keywords', deleting.keyword));
            say(w.keywordDeleted);
            done();
          }}
        />
      )}
    </div>
  );
}

function EditKeyword(props: {
  tenant: string;
  keyword: Keyword | undefined;
  onClose: () => void;
  onDone: () => void;
}) {
  const { tenant, keyword, onClose, onDone } = props;
  const lists = useRead<ListPage<List>>(withQuery(path(tenant, 'lists'), { limit: 200 }));
  const { busy, problem, run } = useStep();
  const [key] = useState(newKey);
  const [word, setWord] = useState(keyword?.keyword ?? '');
  const [reply, setReply] = useState(keyword?.reply ?? '');
  const [list, setList] = useState(keyword?.list ?? '');
  const [stops, setStops] = useState(false);
  const save = () =>
    run(async () => {
      if (keyword) {
        await patch(path(tenant, 'keywords', keyword.keyword), { reply, list });
        say(words.saved);
      } else {
        await post(
          path(tenant, 'keywords'),
          { keyword: word, reply, stops, ...(list ? { list } : {}) },
          { key },
        );
        say(w.keywordAdded);
      }
      onDone();
    });
  return (
    <Dialog
      title={keyword ? `${w.change}: ${visible(keyword.keyword)}` : w.addKeyword}
      onClose={onClose}
      onSubmit={() => void save()}
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {words.save}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      {!keyword && (
        <Field label={w.keyword} error={faultAt(problem, 'keyword')}>
          <input
            required
            maxLength={100}
            value={word}
            onInput={(event) => setWord(event.currentTarget.value)}
          />
        </Field>
      )}
      <Field label={w.reply} hint={w.replyHint} error={faultAt(problem, 'reply')}>
        <textarea
          rows={3}
          maxLength={1600}
          value={reply}
          onInput={(event) => setReply(event.currentTarget.value)}
        />
      </Field>
      <Field label={w.list} error={faultAt(problem, 'list')}>
        <select value={list} onChange={(event) => setList(event.currentTarget.value)}>
          <option value="">{w.noList}</option>
          {lists.data?.data.map((one) => (
            <option key={one.slug} value={one.slug}>
              {one.slug}
            </option>
          ))}
        </select>
      </Field>
      {!keyword && <Choice checked={stops} label={w.stops} hint={w.stopsHint} onChange={setStops} />}
    </Dialog>
  );
}

const webhookTone = (state: string): Tone =>
  state === 'disabled'
    ? 'plain'
    : state === 'failing'
      ? 'bad'
      : state === 'delivered' || state === 'active' || state === 'enabled'
        ? 'good'
        : 'warn';

function Webhooks({ tenant }: { tenant: string }) {
  const pages = usePages<Webhook>(withQuery(path(tenant, 'webhooks'), { limit: 200 }), undefined, 15_000);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Webhook | undefined>();
  const [shown, setShown] = useState<string | undefined>();
  const { busy, problem, run } = useStep();
  const bar = barred(tenant, 'webhooks:write');
  const add = (
    <Button kind="primary" barred={bar} onClick={() => setAdding(true)}>
      {w.addWebhook}
    </Button>
  );
  return (
    <div class="stack">
      <Wrong problem={problem} focus />
      {!!pages.rows?.length && <div class="row">{add}</div>}
      {!pages.rows && (pages.problem ? <Wrong problem={pages.problem} retry={pages.reload} /> : <Loading />)}
      {pages.rows?.length === 0 && (
        <div class="card flush">
          <Empty title={w.noWebhooks}>
            <p class="soft">{w.noWebhooksAbout}</p>
            {add}
          </Empty>
        </div>
      )}
      {pages.rows?.map((one) => (
        <section key={one.webhook} class="card stack" aria-label={one.webhook}>
          <div class="row apart">
            <div>
              <h2>{one.webhook}</h2>
              <p class="small soft theirs">{visible(one.url)}</p>
            </div>
            <Badge tone={webhookTone(one.state)}>{w.states[one.state] ?? one.state}</Badge>
          </div>
          <p class="small">
            {w.events}: <span class="mono">{one.events.join(', ')}</span>
          </p>
          {one.last_error && <Note>{visible(one.last_error)}</Note>}
          <div class="row">
            <Button
              onClick={() => setShown(shown === one.webhook ? undefined : one.webhook)}
              aria-expanded={shown === one.webhook}
            >
              {w.deliveries}
            </Button>
            <Button
              busy={busy}
              barred={bar}
              onClick={() =>
                void run(async () => {
                  await patch(path(tenant, 'webhooks', one.webhook), { enabled: one.state === 'disabled' });
                  pages.reload();
                })
              }
            >
              {one.state === 'disabled' ? w.enable : w.disable}
            </Button>
            {!bar && (
              <Button kind="quiet" onClick={() => setRemoving(one)}>
                {words.delete}
              </Button>
            )}
          </div>
          {shown === one.webhook && <Deliveries tenant={tenant} webhook={one.webhook} />}
        </section>
      ))}
      {adding && (
        <AddWebhook
          tenant={tenant}
          onClose={() => {
            setAdding(false);
            pages.reload();
          }}
        />
      )}
      {removing && (
        <Sure
          title={w.removeWebhook(removing.webhook)}
          about={w.removeWebhookAbout}
          button={words.delete}
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await remove(path(tenant, 'webhooks', removing.webhook));
            setRemoving(undefined);
            pages.reload();
          }}
        />
      )}
    </div>
  );
}

function Deliveries({ tenant, webhook }: { tenant: string; webhook: string }) {
  const pages = usePages<Delivery>(
    withQuery(path(tenant, 'webhooks', webhook, 'deliveries'), { limit: 20 }),
    undefined,
    10_000,
  );
  return (
    <PagedTable
      caption={w.deliveries}
      pages={pages}
      id={(one) => one.delivery}
      empty={<Empty title={w.noDeliveries} />}
      columns={[
        { name: w.events, cell: (one) => <span class="mono">{one.type}</span> },
        {
          name: words.state,
          cell: (one) => <Badge tone={webhookTone(one.state)}>{w.states[one.state] ?? one.state}</Badge>,
        },
        { name: w.answer, wide: true, cell: (one) => one.http_status ?? (visible(one.error) || '–') },
        { name: w.attempts, number: true, wide: true, cell: (one) => number(one.attempts) },
        { name: words.campaigns.when, cell: (one) => <Time at={one.created_at} /> },
      ]}
    />
  );
}

function AddWebhook({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const { busy, problem, run } = useStep();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState('message.*, inbound');
  const [secret, setSecret] = useState('');
  if (secret)
    return (
      <Dialog
        title={w.secretTitle}
        onClose={onClose}
        onSubmit={onClose}
        actions={
          <>
            <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => say(words.copied))}>
              {words.copy}
            </Button>
            <Button kind="primary" type="submit">
              {words.close}
            </Button>
          </>
        }
      >
        <p>{w.secretAbout}</p>
        <p class="mono theirs">{secret}</p>
      </Dialog>
    );
  return (
    <Dialog
      title={w.addWebhook}
      onClose={onClose}
      onSubmit={() =>
        void run(async () => {
          const wanted = events
            .split(',')
            .map((one) => one.trim())
            .filter(Boolean);
          const made = await post<Webhook>(path(tenant, 'webhooks'), { webhook: name, url, events: wanted });
          setSecret(made.secret ?? '');
        })
      }
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.addWebhook}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <Field label={w.webhook} hint={words.newNameHint} error={faultAt(problem, 'webhook')}>
        <input
          required
          maxLength={100}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field label={w.url} hint={w.urlHint} error={faultAt(problem, 'url')}>
        <input type="url" required value={url} onInput={(event) => setUrl(event.currentTarget.value)} />
      </Field>
      <Field label={w.events} hint={w.eventsHint} error={faultAt(problem, 'events')}>
        <input required value={events} onInput={(event) => setEvents(event.currentTarget.value)} />
      </Field>
    </Dialog>
  );
}

// What cannot be taken back, or is missed: asked first, with what it means.
function Sure(props: {
  title: string;
  about: string;
  button: string;
  onClose: () => void;
  act: () => Promise<void>;
}) {
  const { busy, problem, run } = useStep();
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      onSubmit={() => void run(props.act)}
      actions={
        <>
          <Button onClick={props.onClose}>{words.cancel}</Button>
          <Button kind="danger" type="submit" busy={busy}>
            {props.button}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <p>{props.about}</p>
    </Dialog>
  );
}
