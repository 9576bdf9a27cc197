// What the API answers with, as docs/api.md and the samples of the command line's JSON have it.
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
export interface Money {
  amount: string;
  currency: string;
  estimated?: boolean;
}
export interface Tenant {
  id: number;
  slug: string;
  name: string;
  timezone: string;
  country: string;
  consent: string;
  quiet_hours: string;
  stop_reply: string;
  start_reply: string;
  help_reply: string;
  link_url: string;
  opt_out_scope: string;
  hold_reviews: boolean;
  unknown_policy: string;
  undelivered_retries: number;
  daily_cap: number | null;
  created_at: string;
}
export interface Sender {
  id: number;
  address: string;
  kind: string;
  rate: number;
  pool: string;
  daily_cap: number | null;
}
export interface Contact {
  id: number;
  phone: string;
  first_name: string;
  last_name: string;
  email: string;
  timezone: string;
  country: string;
  external_id: string;
  attributes: Record<string, string>;
  tags: string[];
  created_at: string;
  updated_at: string;
}
export interface ContactView extends Contact {
  lists: string[];
  consent: string;
  consent_at: string | null;
  opted_out_of: string[];
  dnc: boolean;
  may_be_texted: boolean;
  because: string;
  messages: number;
  recent_messages: number;
  last_inbound_at: string | null;
}
export interface Exchange {
  at: string;
  direction: 'in' | 'out';
  status: string;
  body: string;
  sender: string;
  campaign: string;
  message: number | null;
  inbound: number | null;
}
export interface ConsentEvent {
  recorded_at: string;
  occurred_at: string;
  phone: string;
  action: 'opt_in' | 'opt_out';
  method: string;
  scope: string;
  source: string;
}
export interface List {
  id: number;
  slug: string;
  name: string;
  contacts: number;
  created_at: string;
}
export interface Template {
  id: number;
  slug: string;
  body: string;
  fields: string[];
  links: string[];
  created_at: string;
  updated_at: string;
}
export interface Preview {
  text: string;
  encoding: 'gsm7' | 'ucs2';
  units: number;
  parts: number;
  missing_fields: string[];
}
export type CampaignStatus = 'draft' | 'running' | 'paused' | 'finished' | 'canceled';
export interface Campaign {
  id: number;
  slug: string;
  kind: 'marketing' | 'transactional';
  status: CampaignStatus;
  template: string;
  audience: string;
  senders: string[];
  rate: number | null;
  expires_after_seconds: number | null;
  links_expire_after_seconds: number | null;
  messages: number;
  created_at: string;
  scheduled_at: string | null;
  launched_at: string | null;
  started_at: string | null;
  finished_at: string | null;
}
export interface Hold {
  code: string;
  message: string;
  hint: string;
  until: string | null;
}
export interface Warning {
  code: string;
  message: string;
  phone: string | null;
  character: string | null;
}
export interface SampleText {
  phone: string;
  text: string;
  parts: number;
  encoding: string;
}
export interface Plan {
  campaign: string;
  audience: number;
  skipped: Record<string, number>;
  recipients: number;
  held: Record<string, number>;
  parts: number;
  cost: Money | null;
  encoding: { gsm7: number; ucs2: number };
  samples: { longest: SampleText | null; ucs2: SampleText | null };
  warnings: Warning[];
  missing_fields: Record<string, number>;
  finishes_at: string | null;
  plan_hash: string;
  waits_for: Hold[];
}
export interface Status {
  campaign: string;
  status: CampaignStatus;
  stage: string;
  audience: number;
  skipped: Record<string, number>;
  waiting: number;
  in_flight: number;
  unknown: number;
  outcomes: Record<string, number>;
  retries_waiting: number;
  receipts_outstanding: number;
  parts: number;
  cost: Money;
  clicks: number;
  unique_clicks: number;
  replies: number;
  opt_outs: number;
  holds: Hold[];
  launched_at: string | null;
  started_at: string | null;
  finished_at: string | null;
}
export interface Failure {
  status: string;
  error_code: number | null;
  error_meaning: string;
  error_remedy: string;
  messages: number;
  campaigns: number;
  last_at: string;
}
export interface Inbound {
  id: number;
  received_at: string;
  phone: string;
  name: string;
  to: string;
  body: string;
  keyword: string;
  campaign: string;
  media: unknown[];
  read_at: string | null;
  answered_at: string | null;
}
export interface Review {
  id: number;
  due_at: string;
  received_at: string;
  phone: string;
  campaign: string;
  rule: string;
  not_own: string;
  body: string;
}
export interface Link {
  id: number;
  name: string;
  campaign: string;
  target_url: string;
  clicks: number;
  unique_clicks: number;
  created_at: string;
  expires_at: string | null;
  disabled_at: string | null;
  hits?: Record<string, number>;
  short_url?: string;
}
export interface Keyword {
  keyword: string;
  reply: string;
  list: string | null;
  stops: boolean;
}
export interface Webhook {
  webhook: string;
  url: string;
  events: string[];
  state: string;
  disabled_reason: string;
  last_attempt_at: string | null;
  last_success_at: string | null;
  last_status: number | null;
  last_error: string;
  waiting?: number;
  retrying?: number;
  failed?: number;
  secret?: string;
}
export interface Delivery {
  delivery: number;
  type: string;
  state: string;
  created_at: string;
  attempts: number;
  http_status: number | null;
  error: string;
}
