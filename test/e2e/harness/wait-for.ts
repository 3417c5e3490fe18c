/** Waits until `probe` gives a value that is neither undefined nor false. @throws Error, naming `what`, at the deadline */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined | false> | T | undefined | false, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    // Taken before the look: whoever was held up until after the deadline looks once more.
    const isLate = Date.now() > deadline;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (isLate) throw new Error(`waited ${timeoutMs} ms in vain: ${what}${last === undefined ? "" : ` (${String(last)})`}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
