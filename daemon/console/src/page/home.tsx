import '../ui/common';
import { useEffect } from 'preact/hooks';
import { me } from '../api/session';
import { go, to } from '../route';
import { Page } from '../ui/page';
import { Empty } from '../ui/state';
import { home as w } from 'words/home';

// Who has one tenant goes there; who has several chooses.
export default function Home() {
  const tenants = me.value?.tenants ?? [];
  const only = tenants.length === 1 ? tenants[0] : undefined;
  useEffect(() => {
    if (only) go(to(only.tenant), { replace: true });
  }, [only]);
  if (only) return null;
  return (
    <Page title={w.title} narrow>
      {tenants.length === 0 ? (
        <div class="card flush">
          <Empty title={w.none}>
            <p class="soft">{w.noneAbout}</p>
          </Empty>
        </div>
      ) : (
        <ul class="stack tight">
          {tenants.map((one) => (
            <li key={one.tenant} class="card">
              <a href={to(one.tenant)}>
                <strong>{one.name || one.tenant}</strong>
              </a>{' '}
              <span class="soft">{one.role}</span>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
