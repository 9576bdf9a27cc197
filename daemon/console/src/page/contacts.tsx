import '../ui/common';
import { store } from '../store';
import { useEffect, useState } from 'preact/hooks';
import { newKey, path, post, withQuery } from '../api/client';
import { usePages, useRead } from '../api/read';
import { barred } from '../api/session';
import type { Contact, ContactView, List, Page as ListPage } from '../api/types';
import { fullName, visible } from '../format';
import { go, type PageProps, to } from '../route';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Choice, Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Empty, Tag, Time, Wrong } from '../ui/state';
import { PagedTable } from '../ui/table';
import { say } from '../ui/toast';
import { contacts as w } from 'words/contacts';
import { words } from 'words/shared';
import style from './contacts.module.css';

interface Filter {
  tenant: string;
  search: string;
  list: string;
  tag: string;
}
// Kept while one looks at a contact and comes back. Not in the address: it is personal.
const kept = store<Filter>({ tenant: '', search: '', list: '', tag: '' });

export default function Contacts({ tenant }: PageProps) {
  const none = { tenant, search: '', list: '', tag: '' };
  const filter = kept.value.tenant === tenant ? kept.value : none;
  const set = (part: Partial<Filter>) => (kept.value = { ...filter, ...part });
  const [typed, setTyped] = useState(filter.search);
  const [tagTyped, setTagTyped] = useState(filter.tag);
  const [adding, setAdding] = useState(false);
  const [tagging, setTagging] = useState(false);
  const lists = useRead<ListPage<List>>(withQuery(path(tenant, 'lists'), { limit: 200 }));

  useEffect(() => {
    if (typed.trim() === filter.search && tagTyped.trim() === filter.tag) return;
    const timer = setTimeout(() => set({ search: typed.trim(), tag: tagTyped.trim() }), 250);
    return () => clearTimeout(timer);
  }, [typed, tagTyped]);

  const { search, list, tag } = filter;
  const isFiltered = search !== '' || list !== '' || tag !== '';
  const pages = usePages<Contact>(
    search
      ? withQuery(path(tenant, 'contacts', 'search'), { limit: 50 })
      : withQuery(path(tenant, 'contacts'), { limit: 50, list, tag }),
    search ? { search, ...(list ? { list } : {}), ...(tag ? { tag } : {}) } : undefined,
  );
  const clear = () => {
    setTyped('');
    setTagTyped('');
    kept.value = none;
  };
  const add = (
    <Button kind="primary" barred={barred(tenant, 'contacts:write')} onClick={() => setAdding(true)}>
      {w.add}
    </Button>
  );
  return (
    <Page title={w.title} actions={add}>
      <search class={style.filters}>
        <Field label={w.search}>
          <input
            type="search"
            placeholder={w.searchHint}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </Field>
        <Field label={w.list}>
          <select value={list} onChange={(event) => set({ list: event.currentTarget.value })}>
            <option value="">{w.anyList}</option>
            {lists.data?.data.map((one) => (
              <option key={one.slug} value={one.slug}>
                {visible(one.name) || one.slug}
              </option>
            ))}
          </select>
        </Field>
        <Field label={w.tag}>
          <input
            type="text"
            autocomplete="off"
            placeholder={w.anyTag}
            value={tagTyped}
            onInput={(event) => setTagTyped(event.currentTarget.value)}
          />
        </Field>
      </search>
      {isFiltered && pages.rows && pages.rows.length > 0 && (
        <div class="row">
          <Button barred={barred(tenant, 'contacts:write')} onClick={() => setTagging(true)}>
            {w.bulk}
          </Button>
          <Button kind="quiet" onClick={clear}>
            {w.clear}
          </Button>
        </div>
      )}
      <div class="card flush">
        <PagedTable
          caption={w.title}
          pages={pages}
          id={(one) => one.id}
          empty={
            isFiltered ? (
              <Empty title={w.noneFound}>
                <p class="soft">{w.noneFoundAbout}</p>
                <Button onClick={clear}>{w.clear}</Button>
              </Empty>
            ) : (
              <Empty title={w.noneYet}>
                <p class="soft">{w.noneYetAbout}</p>
              </Empty>
            )
          }
          columns={[
            {
              name: w.name,
              cell: (one) => (
                <a href={to(tenant, 'contacts', one.id)}>
                  <bdi>{fullName(one) || <span class="soft">{w.noName}</span>}</bdi>
                </a>
              ),
            },
            { name: w.phone, cell: (one) => <span class="nowrap">{one.phone}</span> },
            {
              name: w.tags,
              wide: true,
              cell: (one) => (
                <span class="row">
                  {one.tags.slice(0, 6).map((name) => (
                    <Tag key={name}>{visible(name)}</Tag>
                  ))}
                </span>
              ),
            },
            { name: w.added, wide: true, cell: (one) => <Time at={one.created_at} /> },
          ]}
        />
      </div>
      {adding && (
        <AddContact tenant={tenant} lists={lists.data?.data ?? []} onClose={() => setAdding(false)} />
      )}
      {tagging && (
        <TagAll
          tenant={tenant}
          filter={filter}
          onClose={() => setTagging(false)}
          onDone={() => {
            setTagging(false);
            pages.reload();
          }}
        />
      )}
    </Page>
  );
}

function AddContact({ tenant, lists, onClose }: { tenant: string; lists: List[]; onClose: () => void }) {
  const { busy, problem, run } = useStep();
  const [key] = useState(newKey);
  const [values, setValues] = useState({
    phone: '',
    first_name: '',
    last_name: '',
    email: '',
    consent_source: '',
  });
  const [on, setOn] = useState<string[]>([]);
  const input = (name: keyof typeof values, type: string, required = false) => (
    <input
      type={type}
      required={required}
      autocomplete="off"
      value={values[name]}
      onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
    />
  );
  const add = () =>
    run(async () => {
      const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
      const made = await post<ContactView>(
        path(tenant, 'contacts'),
        { ...filled, ...(on.length ? { lists: on } : {}) },
        { key },
      );
      say(w.created(fullName(made) || made.phone));
      go(to(tenant, 'contacts', made.id));
    });
  return (
    <Dialog
      title={w.add}
      onClose={onClose}
      onSubmit={() => void add()}
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.add}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <Field label={w.phone} hint={w.phoneHint} error={faultAt(problem, 'phone')}>
        {input('phone', 'tel', true)}
      </Field>
      <div class="pair">
        <Field label={w.firstName} error={faultAt(problem, 'first_name')}>
          {input('first_name', 'text')}
        </Field>
        <Field label={w.lastName} error={faultAt(problem, 'last_name')}>
          {input('last_name', 'text')}
        </Field>
      </div>
      <Field label={w.email} error={faultAt(problem, 'email')}>
        {input('email', 'email')}
      </Field>
      <Field label={w.consentSource} hint={w.consentSourceHint} error={faultAt(problem, 'consent_source')}>
        {input('consent_source', 'text')}
      </Field>
      {lists.length > 0 && (
        <fieldset>
          <legend>
            <strong>{w.lists}</strong>
          </legend>
          {lists.slice(0, 12).map((one) => (
            <Choice
              key={one.slug}
              checked={on.includes(one.slug)}
              label={visible(one.name) || one.slug}
              onChange={(checked) =>
                setOn(checked ? [...on, one.slug] : on.filter((slug) => slug !== one.slug))
              }
            />
          ))}
        </fieldset>
      )}
    </Dialog>
  );
}

function TagAll(props: { tenant: string; filter: Filter; onClose: () => void; onDone: () => void }) {
  const { tenant, filter, onClose, onDone } = props;
  const { busy, problem, run } = useStep();
  const [tag, setTag] = useState('');
  const { search, list } = filter;
  return (
    <Dialog
      title={w.bulkTitle}
      onClose={onClose}
      onSubmit={() =>
        void run(async () => {
          const wanted = {
            ...(search ? { search } : {}),
            ...(list ? { list } : {}),
            ...(filter.tag ? { tag: filter.tag } : {}),
          };
          const done = await post<{ matched?: number; contacts?: number; changed?: number }>(
            path(tenant, 'contacts', 'tags'),
            { add: [tag], ...wanted },
          );
          say(w.bulkDone(done.matched ?? done.contacts ?? 0, done.changed ?? 0));
          onDone();
        })
      }
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.bulkDo}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <p>{w.bulkAbout}</p>
      <Field label={w.bulkTag} error={faultAt(problem, 'add')}>
        <input
          required
          autoFocus
          maxLength={100}
          value={tag}
          onInput={(event) => setTag(event.currentTarget.value)}
        />
      </Field>
    </Dialog>
  );
}
