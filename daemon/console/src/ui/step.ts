import { useRef, useState } from 'preact/hooks';
import { isProblem, type Problem } from '../api/client';

// Runs one thing at a time, and keeps what went wrong.
export function useStep() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const running = useRef(false);
  const run = async (step: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      await step();
    } catch (failure) {
      if (!isProblem(failure)) throw failure;
      setProblem(failure);
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, problem, run, setProblem };
}
