// What people write: conversations beside the list of them, and texts that may be opt-outs, most urgent first.
import '../ui/common';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isProblem, newKey, path, post, type Problem, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import { barred, may } from '../api/session';
import type { Contact, Exchange, Inbound, Page as ListPage, Review } from '../api/types';
import { visible } from '../format';
import { type PageProps, to } from '../route';
import { countParts } from '../text';
import { Button } from '../ui/button';
import { Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Badge, Empty, Loading, Time, Wrong } from '../ui/state';
import { say } from '../ui/toast';
import { inbox as w } from 'words/inbox';
import { words } from 'words/shared';
import tabs from '../ui/tabs.module.css';
import bubbles from '../ui/bubble.module.css';
import style from './inbox.module.css';

export default function InboxPage({ tenant, id }: PageProps) {
  const reviews = usePages<Review>(
    withQuery(path(tenant, 'opt-out-reviews'), { limit: 50 }),
    undefined,
    30_000,
  );
  const waiting = reviews.rows?.length ?? 0;
  const tab = (href: string, label: string, current: boolean) => (
    <a class={tabs.tab} href={href} aria-current={current ? 'page' : undefined}>
      {label}
    </a>
  );
  const showsReviews = id === 'reviews';
  return (
    <Page title={w.title}>
      <nav class={tabs.tabs} aria-label={w.title}>
        {tab(to(tenant, 'inbox'), w.conversations, !showsReviews)}
        {tab(
          to(tenant, 'inbox', 'reviews'),
          waiting ? `${w.reviewsTab} (${waiting})` : w.reviewsTab,
          showsReviews,
        )}
      </nav>
      {showsReviews ? <Reviews tenant={tenant} pages={reviews} /> : <Conversations tenant={tenant} id={id} />}
    </Page>
  );
}

// One row a person: their last text, and how many of theirs nobody has read.
interface Talk {
  last: Inbound;
  unread: Inbound[];
}
function talks(rows: Inbound[]): Talk[] {
  const found = new Map<string, Talk>();
  for (const row of rows) {
    const talk = found.get(row.phone) ?? { last: row, unread: [] };
    if (!row.read_at) talk.unread.push(row);
    found.set(row.phone, talk);
  }
  return [...found.values()];
}

function Conversations({ tenant, id }: { tenant: string; id: string }) {
  const [unread, setUnread] = useState(false);
  const pages = usePages<Inbound>(
    withQuery(path(tenant, 'inbox'), { limit: 50, keywords: false, unread: unread || undefined }),
    undefined,
    8000,
  );
  const all = talks(pages.rows ?? []);
  const chosen = pages.rows?.find((one) => String(one.id) === id);
  const alone = useRead<Inbound>(id && pages.rows && !chosen ? path(tenant, 'inbox', id) : null);
  const inbound = chosen ?? alone.data;
  const list = useRef<HTMLUListElement>(null);
  const move = (event: KeyboardEvent) => {
    const links = [...(list.current?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const next = event.key === 'ArrowDown' ? at + 1 : event.key === 'ArrowUp' ? at - 1 : -1;
    if (at < 0 || !links[next]) return;
    event.preventDefault();
    links[next].focus();
  };
  return (
    <div class={`${style.panes} ${id ? style.one : ''}`}>
      <section class={`card flush ${style.list}`} aria-label={w.conversations}>
        <header class="row">
          <label class="row">
            <input
              type="checkbox"
              checked={unread}
              onChange={(event) => setUnread(event.currentTarget.checked)}
            />
            {w.unread}
          </label>
        </header>
        {!pages.rows ? (
          pages.problem ? (
            <Wrong problem={pages.problem} retry={pages.reload} />
          ) : (
            <Loading lines={8} />
          )
        ) : all.length === 0 ? (
          <Empty title={unread ? w.noUnread : w.noneYet}>
            {!unread && <p class="soft">{w.noneYetAbout}</p>}
          </Empty>
        ) : (
          <ul ref={list} onKeyDown={move}>
            {all.map(({ last, unread: open }) => (
              <li key={last.phone}>
                <a
                  class={style.talk}
                  href={to(tenant, 'inbox', last.id)}
                  aria-current={inbound?.phone === last.phone ? 'true' : undefined}
                >
                  <span class="row apart">
                    <strong class={style.line}>{visible(last.name) || last.phone}</strong>
                    <span class="small soft">
                      <Time at={last.received_at} />
                    </span>
                  </span>
                  <span class="row apart">
                    <span class={`small soft ${style.line}`} dir="auto">
                      {visible(last.body) || w.media(last.media.length)}
                    </span>
                    {open.length > 0 && (
                      <Badge tone="live">
                        {open.length}
                        <span class="hidden"> {w.unreadMark}</span>
                      </Badge>
                    )}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
        {pages.more && (
          <div class={style.more}>
            <Button onClick={pages.more} busy={pages.loading}>
              {words.showMore}
            </Button>
          </div>
        )}
      </section>
      {inbound ? (
        <Conversation
          key={inbound.phone}
          tenant={tenant}
          inbound={inbound}
          unread={all.find((one) => one.last.phone === inbound.phone)?.unread ?? []}
          own={(pages.rows ?? []).filter((one) => one.phone === inbound.phone)}
          onRead={pages.reload}
        />
      ) : alone.problem ? (
        <Wrong problem={alone.problem} retry={() => void alone.reload()} />
      ) : (
        <section class={`card ${style.none}`}>
          <p>
            <strong>{w.choose}</strong>
          </p>
          <p class="soft">{w.chooseAbout}</p>
        </section>
      )}
    </div>
  );
}

// The contact of a number; null: it is of none.
function useContact(tenant: string, phone: string) {
  const [found, setFound] = useState<{ contact?: Contact | null; problem?: Problem }>({});
  useEffect(() => {
    if (!may(tenant, 'contacts:read')) return setFound({ contact: null });
    post<ListPage<Contact>>(path(tenant, 'contacts', 'search'), { search: phone })
      .then(({ data }) => setFound({ contact: data.find((one) => one.phone === phone) ?? null }))
      .catch((failure) => isProblem(failure) && setFound({ problem: failure }));
  }, [tenant, phone]);
  return found;
}

interface ConversationProps {
  tenant: string;
  inbound: Inbound;
  unread: Inbound[];
  own: Inbound[];
  onRead: () => void;
}

function Conversation({ tenant, inbound, unread, own, onRead }: ConversationProps) {
  const { contact, problem } = useContact(tenant, inbound.phone);
  const read = useRead<{ data: Exchange[] }>(
    contact ? `${path(tenant, 'contacts', contact.id)}/conversation` : null,
    8000,
  );
  const newest = unread.map((one) => one.id).join();
  useEffect(() => {
    if (!newest || !may(tenant, 'inbox:write')) return;
    Promise.all(newest.split(',').map((one) => post(path(tenant, 'inbox', one, 'read'))))
      .then(onRead)
      .catch((failure) => {
        if (!isProblem(failure)) throw failure;
      });
  }, [newest]);
  // Of who is no contact only what they wrote is known here.
  const texts: Exchange[] | undefined =
    contact === null
      ? [...own].reverse().map((one) => ({
          at: one.received_at,
          direction: 'in' as const,
          status: 'received',
          body: one.body,
          sender: one.to,
          campaign: one.campaign,
          message: null,
          inbound: one.id,
        }))
      : read.data?.data;
  const end = useRef<HTMLDivElement>(null);
  const count = texts?.length ?? 0;
  useEffect(() => {
    const box = end.current?.parentElement;
    if (box) box.scrollTop = box.scrollHeight;
  }, [count]);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus({ preventScroll: true }), []);
  return (
    <section class={`card flush ${style.conversation}`} aria-labelledby="who">
      <header class="row apart">
        <div>
          <a class={`${style.back} small`} href={to(tenant, 'inbox')}>
            {words.back}
          </a>
          <h2 id="who" ref={head} tabIndex={-1}>
            <bdi>{visible(inbound.name) || inbound.phone}</bdi>
          </h2>
          <p class="small soft">
            {inbound.phone} {w.to} {inbound.to}
          </p>
        </div>
        {contact ? (
          <a href={to(tenant, 'contacts', contact.id)}>{w.contact}</a>
        ) : (
          contact === null && <span class="soft small">{w.unknown}</span>
        )}
      </header>
      <div class={style.texts} tabIndex={0} role="log" aria-label={w.title}>
        <Wrong problem={problem ?? read.problem} retry={() => void read.reload()} />
        {!texts && !problem && !read.problem && <Loading />}
        <ol class={bubbles.timeline}>
          {texts?.map((one) => (
            <li
              key={`${one.direction}${one.message ?? one.inbound}`}
              class={one.direction === 'in' ? bubbles.in : bubbles.out}
            >
              <p class={`${bubbles.text} theirs`} dir="auto">
                {visible(one.body)}
              </p>
              <p class="small soft row">
                <Time at={one.at} />
                {one.direction === 'out' && <span>{words.outcome[one.status] ?? one.status}</span>}
                {one.campaign && <a href={to(tenant, 'campaigns', one.campaign)}>{one.campaign}</a>}
              </p>
            </li>
          ))}
        </ol>
        <div ref={end} />
      </div>
      <Reply
        tenant={tenant}
        inbound={inbound}
        onSent={() => {
          void read.reload();
          onRead();
        }}
      />
    </section>
  );
}

// What is typed stays with its conversation while one looks at others.
const typedFor = new Map<string, string>();

function Reply({ tenant, inbound, onSent }: { tenant: string; inbound: Inbound; onSent: () => void }) {
  const { busy, problem, run } = useStep();
  const [body, setBody] = useState(typedFor.get(inbound.phone) ?? '');
  const [key, setKey] = useState(newKey);
  const type = (text: string) => {
    setBody(text);
    setKey(newKey());
    typedFor.set(inbound.phone, text);
  };
  const send = () => {
    if (!body.trim()) return;
    void run(async () => {
      await post(path(tenant, 'inbox', inbound.id, 'reply'), { body }, { key });
      say(w.sent);
      type('');
      onSent();
    });
  };
  return (
    <form
      class={style.reply}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Wrong problem={problem} focus />
      <Field
        label={w.reply}
        hint={body ? w.replyHint(countParts(body)) : undefined}
        error={faultAt(problem, 'body')}
      >
        <textarea
          rows={3}
          maxLength={1600}
          required
          disabled={!may(tenant, 'inbox:write')}
          value={body}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
          }}
        />
      </Field>
      <div class="row">
        <Button kind="primary" type="submit" busy={busy} barred={barred(tenant, 'inbox:write')}>
          {w.send}
        </Button>
      </div>
    </form>
  );
}

function Reviews({ tenant, pages }: { tenant: string; pages: ReturnType<typeof usePages<Review>> }) {
  const { busy, problem, run } = useStep();
  const decide = (one: Review, verb: 'accept' | 'dismiss') =>
    run(async () => {
      await post(path(tenant, 'opt-out-reviews', one.id, verb));
      say(verb === 'accept' ? w.accepted : w.dismissed);
      pages.reload();
    });
  if (!pages.rows)
    return pages.problem ? <Wrong problem={pages.problem} retry={pages.reload} /> : <Loading />;
  if (pages.rows.length === 0)
    return (
      <div class="card flush">
        <Empty title={w.noReviews}>
          <p class="soft">{w.noReviewsAbout}</p>
        </Empty>
      </div>
    );
  const bar = barred(tenant, 'consent:write');
  return (
    <div class="stack">
      <p class="soft">{w.reviewsAbout}</p>
      <Wrong problem={problem} focus />
      <ul class="stack">
        {pages.rows.map((one) => {
          const late = new Date(one.due_at).getTime() < Date.now();
          return (
            <li key={one.id} class="card stack">
              <div class="row apart">
                <a href={to(tenant, 'inbox', one.id)}>
                  <strong>{one.phone}</strong>
                </a>
                <Badge tone={late ? 'bad' : 'warn'}>
                  {late ? w.overdue : w.due} <Time at={one.due_at} relative />
                </Badge>
              </div>
              <p class={`${style.quote} theirs`} dir="auto">
                {visible(one.body)}
              </p>
              <div class="row">
                <Button kind="danger" busy={busy} barred={bar} onClick={() => void decide(one, 'accept')}>
                  {w.accept}
                </Button>
                <Button busy={busy} barred={bar} onClick={() => void decide(one, 'dismiss')}>
                  {w.dismiss}
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
      {pages.more && (
        <Button onClick={pages.more} busy={pages.loading}>
          {words.showMore}
        </Button>
      )}
    </div>
  );
}
