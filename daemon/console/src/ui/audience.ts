// What pages say of campaigns and whom they are for, in the same words.
import type { List } from '../api/types';
import { words } from 'words/shared';
import type { Option } from './combobox';
import type { Tone } from './state';

export function statusTone(status: string): Tone {
  if (status === 'running') return 'live';
  if (status === 'paused') return 'warn';
  if (status === 'finished') return 'good';
  return 'plain';
}

export function audienceName(audience: string): string {
  if (audience === 'all') return words.audience.everybody;
  if (audience.startsWith('list:')) return words.audience.list(audience.slice(5));
  if (audience.startsWith('tag:')) return words.audience.tag(audience.slice(4));
  return audience;
}

export const audienceOptions = (lists: List[]): Option[] => [
  { value: 'all', label: words.audience.everybody },
  ...lists.map((list) => ({
    value: `list:${list.slug}`,
    label: words.audience.list(list.slug),
    about: words.people(list.contacts),
  })),
];

export const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((all, one) => all + one, 0);
