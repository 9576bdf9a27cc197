// The consent ledger of a number: asked for by POST, for a number stands in no address.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { isProblem, path, post, type Problem } from '../api/client';
import { may } from '../api/session';
import type { ConsentEvent } from '../api/types';

export function useLedger(tenant: string, phone: string | undefined) {
  const [state, setState] = useState<{ data?: ConsentEvent[]; problem?: Problem }>({});
  const reload = useCallback(async () => {
    if (!phone || !may(tenant, 'consent:read')) return;
    try {
      const answer = await post<{ data: ConsentEvent[] }>(path(tenant, 'consent', 'history'), { phone });
      setState({ data: answer.data.reverse() });
    } catch (failure) {
      if (!isProblem(failure)) throw failure;
      setState({ problem: failure });
    }
  }, [tenant, phone]);
  useEffect(() => void reload(), [reload]);
  return { ...state, reload };
}
