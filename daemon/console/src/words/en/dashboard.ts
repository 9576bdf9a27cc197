import { number } from '../../format';

export const dashboard = {
  title: 'Dashboard',
  campaigns: 'Latest campaigns',
  noCampaigns: 'No campaign yet',
  noCampaignsAbout: 'A campaign sends one text to a list of people. It is a draft until you launch it.',
  first: 'Make a campaign',
  inbox: 'People wrote',
  noInbox: 'Nothing to answer',
  noInboxAbout: 'What people write shows here. Who texts STOP is opted out at once.',
  reviews: 'May be opt-outs',
  reviewsAbout: (n: number) =>
    n === 1 ? '1 text waits for your decision' : `${number(n)} texts wait for your decision`,
  decide: 'Decide',
  due: 'The first is due',
  failures: 'Why texts did not arrive',
  failuresAbout: 'In the last 7 days',
  noFailures: 'Nothing failed in the last 7 days',
  running: 'Being sent now',
  openInbox: 'Open the inbox',
  allCampaigns: 'All campaigns',
  lists: 'Lists',
  noLists: 'No list yet',
};
