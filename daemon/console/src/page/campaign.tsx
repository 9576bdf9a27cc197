import '../ui/common';
import { useEffect, useState } from 'preact/hooks';
import { path } from '../api/client';
import { useRead } from '../api/read';
import type { Campaign } from '../api/types';
import { type PageProps, to } from '../route';
import { statusTone } from '../ui/audience';
import { lazy } from '../ui/lazy';
import { Page } from '../ui/page';
import { Badge, Loading, Wrong } from '../ui/state';
import { words } from 'words/shared';

const CampaignDraft = lazy(() => import('./campaign-draft').then((module) => module.CampaignDraft));
const CampaignRun = lazy(() => import('./campaign-run').then((module) => module.CampaignRun));

// A draft is worked on; what was launched is watched.
export default function CampaignPage({ tenant, id }: PageProps) {
  // What is planned comes to its time while somebody looks on.
  const [waits, setWaits] = useState(false);
  const read = useRead<Campaign>(path(tenant, 'campaigns', id), waits ? 10_000 : 0);
  const campaign = read.data;
  const is_planned = campaign?.status === 'draft' && !!campaign.scheduled_at;
  useEffect(() => setWaits(is_planned), [is_planned]);
  const back = { href: to(tenant, 'campaigns'), label: words.campaigns.title };
  if (!campaign)
    return (
      <Page title={id} back={back}>
        {read.problem ? <Wrong problem={read.problem} retry={() => void read.reload()} /> : <Loading />}
      </Page>
    );
  return (
    <Page
      title={campaign.slug}
      back={back}
      aside={<Badge tone={statusTone(campaign.status)}>{words.status[campaign.status]}</Badge>}
    >
      {campaign.status === 'draft' ? (
        <CampaignDraft
          key={campaign.scheduled_at}
          tenant={tenant}
          slug={campaign.slug}
          plannedFor={campaign.scheduled_at}
          onLaunched={() => void read.reload()}
        />
      ) : (
        <CampaignRun tenant={tenant} campaign={campaign} onChanged={() => void read.reload()} />
      )}
    </Page>
  );
}
